/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/stl_parts.h"
#include "base/mem.h"
#include "surface/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void stl_parts_safe(const char *name, char *out)
{
    for (const char *s = name; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
        if ((c & 0xc0) != 0x80) *out++ = plain ? *s : '_'; /* the rest of a UTF-8 character adds nothing */
    }
    *out = 0;
}

static int stl_parts_order(const void *a, const void *b)
{
    const lm_stl_parts_file *const *x = a, *const *y = b;
    int by_name = strcasecmp((*x)->name, (*y)->name);
    return by_name ? by_name : ((*x)->label > (*y)->label) - ((*x)->label < (*y)->label);
}

/* Names that occur more than once get their label; so do those that a label made equal to another. */
static bool stl_parts_part(lm_stl_parts_file **sorted, size_t n)
{
    bool changed = false;
    qsort(sorted, n, sizeof *sorted, stl_parts_order);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && !strcasecmp(sorted[end]->name, sorted[i]->name); end++) {
        }
        for (size_t k = i; k < end && end > i + 1; k++) {
            size_t len = strlen(sorted[k]->name);
            if (len + 12 > LM_STL_PARTS_NAME) len = LM_STL_PARTS_NAME - 12;
            snprintf(sorted[k]->name + len, LM_STL_PARTS_NAME - len, "-%u", sorted[k]->label);
            changed = true;
        }
    }
    return changed;
}

lm_status lm_stl_parts_names(const lm_parts *parts, const uint32_t *label, size_t n, lm_stl_parts_file **list, lm_err *err)
{
    char name[LM_PART_NAME];
    lm_stl_parts_file *file = lm_mem_calloc(n, sizeof *file, err), **sorted = lm_mem_alloc(n, sizeof *sorted, err);
    if (!file || !sorted) {
        free(file);
        free(sorted);
        return LM_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &file[i];
        file[i].label = label[i];
        stl_parts_safe(lm_parts_name(parts, label[i], name), file[i].name);
    }
    while (stl_parts_part(sorted, n)) {
    }
    free(sorted);
    *list = file;
    return LM_OK;
}

/* One part; appended to *out. */
static lm_status stl_parts_one(const char *path, const lm_stl_opt *opt, const lm_mesh *part, const char *file, lm_out **out,
                               lm_err *err)
{
    enum { NAME = 4096 };
    char full[NAME];
    lm_out *one = NULL;
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    int stem = (int)(dot ? dot - path : (long)strlen(path));
    if (snprintf(full, sizeof full, "%.*s-%s%s", stem, path, file, dot ? dot : "") >= NAME)
        return lm_err_set(err, LM_EUSAGE, NULL, "the name of the output is too long");
    lm_status rc = lm_io_create(full, opt->ascii, &one, err);
    if (rc) return rc;
    if ((rc = lm_stl_write(one, opt, part, err))) lm_err_frame(err, "cannot write '%s'", full);
    else rc = lm_io_flush(one, err);
    if (rc) lm_io_abort(one);
    else if (*out) lm_io_follow(*out, one);
    else *out = one;
    return rc;
}

lm_status lm_stl_parts_stage(const char *path, const lm_stl_opt *opt, const lm_mesh *m, lm_out **out, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    lm_mesh part = LM_MESH_INIT;
    lm_stl_parts_file *file = NULL;
    uint32_t *scratch = NULL;
    char name[LM_PART_NAME];
    *out = NULL;
    if (!strcmp(path, "-"))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "STL holds one part, and standard output one file: choose a part, join them, or name a file (-o out.stl "
                          "writes out-NAME.stl for each)");
    lm_status rc = lm_split_make(m, &s, err);
    if (!rc) rc = lm_stl_parts_names(&m->parts, s.label, s.n, &file, err);
    if (!rc && !(scratch = lm_split_scratch(m, err))) rc = LM_ENOMEM;
    for (size_t i = 0; i < s.n && !rc; i++) {
        lm_stl_opt o = *opt;
        o.name = lm_parts_name(&m->parts, s.label[i], name);
        if (!(rc = lm_split_part(m, &s, i, scratch, &part, NULL, err))) rc = stl_parts_one(path, &o, &part, file[i].name, out, err);
    }
    if (rc) {
        lm_io_abort(*out);
        *out = NULL;
    }
    free(file);
    free(scratch);
    lm_mesh_release(&part);
    lm_split_release(&s);
    return rc;
}
