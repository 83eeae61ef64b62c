/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 looking at the files, 2 the list */
#include "dicom/source.h"
#include "base/mem.h"
#include "dicom/dicomdir.h"
#include "dicom/enhanced.h"
#include "dicom/source_data.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SOURCE_READER_MB = 64, SOURCE_TREES = 64 };

void lm_source_release(lm_source *s)
{
    if (!s) return;
    lm_files_release(&s->files);
    if (s->head) munmap(s->head, s->head_bytes);
    if (s->holds) munmap(s->holds, s->holds_bytes);
    lm_where_release(s->where);
    lm_series_release(&s->list);
    free(s);
}

/* ---- 1 looking at the files ---- */

/* What a run of children came to, as an error that names the file. */
lm_status lm_source_child_error(const char *name, const lm_child_end *end, lm_err *err)
{
    if (end->why == LM_CHILD_TIME)
        return lm_err_set(err, LM_EFORMAT, NULL, "'%s' took too long to read: file damaged or not supported", name);
    return lm_err_set(err, LM_EFORMAT, NULL, "'%s' cannot be read: file damaged or not supported", name);
}

static int source_scan_one(void *ctx, size_t i)
{
    lm_source *s = ctx;
    const lm_gdcm_file from = {s->files.item[i].path, s->files.item[i].data, s->files.item[i].size};
    lm_scan_file(&from, &s->head[i]);
    if (s->where && s->head[i].state == LM_SCAN_DICOM)
        s->holds[i] = (unsigned char)lm_where_file(s->where, &from, s->files.item[i].size,
                                                   !strcmp(s->head[i].transfer, "1.2.840.10008.1.2.1.99"));
    return 0;
}

/* A reader needs the largest file about twice and some working memory. GDCM takes (and clears) memory for any length that
 * a file states, so that without a close limit a hostile one could use up the machine. */
lm_child_job lm_source_job(const lm_source_opt *opt, size_t n, const char *what, size_t largest_file, size_t work)
{
    lm_child_job job = {.n = n, .what = what, .max_memory = ((size_t)SOURCE_READER_MB << 20) + 2 * largest_file + work};
    job.seconds = 10 + (unsigned)((largest_file + work) >> 20); /* there are files of 400 bytes that GDCM never ends with */
    if (!opt) return job;
    job.children = opt->threads;
    if (opt->max_memory && opt->max_memory < job.max_memory) job.max_memory = opt->max_memory;
    job.progress = opt->progress;
    job.progress_ctx = opt->progress_ctx;
    return job;
}

static lm_status source_judge(lm_source *s, lm_err *err)
{
    for (size_t i = 0; i < s->files.n; i++) {
        const lm_files_item *f = &s->files.item[i];
        lm_dicom_file *h = &s->head[i];
        switch (h->state) {
        case LM_SCAN_DICOM:
            if (strcmp(h->sop_class, LM_DICOMDIR_CLASS)) break;
            h->state = LM_SCAN_FOREIGN; /* one in a folder: its files are found without it */
            s->left++;
            break;
        case LM_SCAN_ARCHIVE: s->packed++; /* fall through */
        case LM_SCAN_FOREIGN:
            if (f->asked) return lm_err_set(err, LM_EFORMAT, NULL, "'%s' is not DICOM", f->name);
            s->left++;
            break;
        case LM_SCAN_SYNTAX: /* left aside when it is no image: a segmentation must not stand in the way of its CT */
            if (f->asked || lm_scan_is_image(h))
                return lm_err_set(err, LM_ERULE, NULL, "'%s' is in transfer syntax %s, which is not supported", f->name,
                                  h->transfer);
            s->left++;
            break;
        case LM_SCAN_DAMAGED: return lm_err_set(err, LM_EFORMAT, NULL, "'%s' is DICOM but cut off or damaged", f->name);
        case LM_SCAN_MEMORY: return lm_err_set(err, LM_ENOMEM, NULL, "'%s' needs more memory than a reader may take", f->name);
        case LM_SCAN_UNREADABLE: return lm_err_set(err, LM_EIO, NULL, "cannot read '%s'", f->name);
        }
    }
    if (s->left == s->files.n)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          s->packed
                              ? "none of %zu files is DICOM; %zu are archives, which are read only where they are named themselves"
                          : s->files.n ? "none of %zu files is DICOM"
                                       : "there are no files (%zu)",
                          s->files.n, s->packed);
    return LM_OK;
}

/* Heads for the frames of enhanced objects, in place of that of the file: images from `at` on. */
static lm_status source_expand(const lm_source *s, const size_t *file, size_t n, const lm_source_opt *opt, lm_dicom_file *head,
                               size_t *at, lm_err *err)
{
    lm_tree_file from[SOURCE_TREES] = {{.name = NULL}};
    lm_tree *tree[SOURCE_TREES];
    lm_tree_opt how = {.threads = opt ? opt->threads : 0};
    for (size_t i = 0; i < n; i++) {
        const lm_files_item *f = &s->files.item[file[i]];
        from[i] = (lm_tree_file){.at = {f->path, f->data, f->size}, .name = f->name};
    }
    lm_status rc = lm_tree_read(from, n, &how, tree, err);
    if (rc) return rc;
    for (size_t i = 0; i < n; i++) {
        if (!rc && (rc = lm_enhanced_frames(tree[i], &s->head[file[i]], head + *at, err))) lm_err_frame(err, "'%s'", from[i].name);
        if (!rc) *at += s->head[file[i]].frames;
        lm_tree_release(tree[i]);
    }
    return rc;
}

/* From a head for each file to one for each image. */
static lm_status source_frames(lm_source *s, const lm_source_opt *opt, lm_err *err)
{
    size_t enhanced = 0, frames = 0, at = 0, bytes, waiting = 0, batch[SOURCE_TREES];
    for (size_t i = 0; i < s->files.n; i++) {
        s->head[i].file = i;
        if (s->head[i].state != LM_SCAN_DICOM || !lm_enhanced_is(&s->head[i])) continue;
        if (s->head[i].frames > LM_ENHANCED_FRAMES)
            return lm_err_set(err, LM_ERANGE, NULL, "'%s' has %u frames, more than %d", s->files.item[i].name, s->head[i].frames,
                              (int)LM_ENHANCED_FRAMES);
        enhanced++;
        frames += s->head[i].frames;
    }
    s->images = s->files.n - enhanced + frames;
    if (!enhanced) return LM_OK;
    if (s->images > LM_FILES_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d images", (int)LM_FILES_MAX);
    lm_dicom_file *head = lm_child_map(s->images, sizeof *head, &bytes, err);
    if (!head) return LM_ENOMEM;
    lm_status rc = LM_OK;
    for (size_t i = 0; i < s->files.n && !rc; i++) {
        if (s->head[i].state != LM_SCAN_DICOM || !lm_enhanced_is(&s->head[i])) head[at++] = s->head[i];
        else batch[waiting++] = i;
        if (waiting < SOURCE_TREES) continue;
        rc = source_expand(s, batch, waiting, opt, head, &at, err);
        waiting = 0;
    }
    if (!rc && waiting) rc = source_expand(s, batch, waiting, opt, head, &at, err);
    munmap(rc ? (void *)head : (void *)s->head, rc ? bytes : s->head_bytes);
    if (rc) return rc;
    s->head = head;
    s->head_bytes = bytes;
    return LM_OK;
}

/* A head for each file, by children. */
static lm_status source_look(lm_source *s, const lm_source_opt *opt, lm_err *err)
{
    if (!(s->head = lm_child_map(s->files.n, sizeof *s->head, &s->head_bytes, err))) return LM_ENOMEM;
    if (s->where && !(s->holds = lm_child_map(s->files.n, 1, &s->holds_bytes, err))) return LM_ENOMEM;
    size_t largest = 0;
    for (size_t i = 0; i < s->files.n; i++) largest = s->files.item[i].size > largest ? s->files.item[i].size : largest;
    lm_child_job job =
        lm_source_job(opt, s->files.n, "reading headers", largest, s->where ? lm_where_memory(s->where, largest) : 0);
    lm_child_end end;
    job.fn = source_scan_one;
    job.ctx = s;
    lm_status rc = lm_child_run(&job, &end, err);
    if (rc) return rc;
    return end.why == LM_CHILD_DONE ? LM_OK : lm_source_child_error(s->files.item[end.item].name, &end, err);
}

/* In place of each DICOMDIR that the user named the files that it names; then all are looked at anew. */
static lm_status source_dicomdirs(lm_source *s, const lm_source_opt *opt, lm_err *err)
{
    size_t dirs = 0, n = s->files.n;
    lm_tree_opt how = {.threads = opt ? opt->threads : 0};
    for (size_t i = n; i-- > 0;) {
        lm_tree *t = NULL;
        if (!s->files.item[i].asked || s->head[i].state != LM_SCAN_DICOM || strcmp(s->head[i].sop_class, LM_DICOMDIR_CLASS))
            continue;
        const lm_tree_file from = {.at = {.path = s->files.item[i].path}, .name = s->files.item[i].name};
        lm_status rc = lm_tree_read(&from, 1, &how, &t, err);
        if (rc) return rc;
        rc = lm_dicomdir_add(t, from.at.path, &s->files, err);
        lm_tree_release(t);
        if (rc) return lm_err_frame(err, "DICOMDIR '%s'", s->files.item[i].name);
        lm_files_drop(&s->files, i);
        dirs++;
    }
    if (!dirs) return LM_OK;
    munmap(s->head, s->head_bytes);
    if (s->holds) munmap(s->holds, s->holds_bytes);
    s->head = NULL;
    s->holds = NULL;
    return source_look(s, opt, err);
}

/* Every file must have an answer to the condition. */
static lm_status source_told(const lm_source *s, lm_err *err)
{
    for (size_t i = 0; i < s->files.n; i++) {
        const char *name = s->files.item[i].name;
        if (s->holds[i] == LM_WHERE_SLOW)
            return lm_err_set(err, LM_EUSAGE, NULL, "--where: a regular expression takes too long to match in '%s'", name);
        if (s->holds[i] == LM_WHERE_UNREAD)
            return lm_err_set(err, LM_EFORMAT, NULL, "--where: the elements of '%s' cannot be read: damaged or too large", name);
    }
    return LM_OK;
}

lm_status lm_source_scan(const char *const *paths, size_t n, const lm_source_opt *opt, lm_source **ret, lm_err *err)
{
    lm_source *s = lm_mem_calloc(1, sizeof *s, err);
    if (!s) return LM_ENOMEM;
    if (opt && opt->identity) s->identity = *opt->identity;
    lm_status rc = LM_OK;
    if (opt && opt->phase) {
        s->phased = true;
        rc = lm_phase_parse(opt->phase, &s->phase, err);
    }
    if (!rc && opt && opt->where) rc = lm_where_new(opt->where, &s->where, err);
    s->files.show = s->identity.show;
    if (!rc && opt) s->files.std_in = opt->std_in;
    if (!rc && opt && opt->list) rc = lm_files_add_list(&s->files, opt->list, err);
    for (size_t i = 0; i < n && !rc; i++) rc = lm_files_add(&s->files, paths[i], err);
    if (!rc) rc = source_look(s, opt, err);
    if (!rc) rc = source_dicomdirs(s, opt, err);
    if (!rc) rc = source_judge(s, err);
    if (!rc && s->where) rc = source_told(s, err);
    if (!rc) rc = source_frames(s, opt, err);
    if (!rc) rc = lm_series_group(s->head, s->images, opt ? opt->gaps : LM_GAPS_FAIL, &s->list, err);
    if (rc) lm_source_release(s);
    else *ret = s;
    return rc;
}

/* ---- 2 the list ---- */

size_t lm_source_count(const lm_source *s)
{
    return s->list.n;
}

const lm_series *lm_source_series(const lm_source *s, size_t series)
{
    return &s->list.item[series];
}

size_t lm_source_members(const lm_source *s, size_t series)
{
    return s->list.item[series].n;
}

lm_tree_file lm_source_member(const lm_source *s, size_t series, size_t i, const lm_dicom_file **head)
{
    size_t file = s->list.item[series].member[i];
    const lm_files_item *f = lm_source_file(s, file);
    if (head) *head = &s->head[file];
    return (lm_tree_file){.at = {f->path, f->data, f->size}, .name = f->name};
}

size_t lm_source_left(const lm_source *s)
{
    return s->left;
}

size_t lm_source_packed(const lm_source *s)
{
    return s->packed;
}

const lm_dicom_file *lm_source_head(const lm_source *s, size_t series)
{
    return &s->head[s->list.item[series].member[0]];
}

const lm_files_item *lm_source_file(const lm_source *s, size_t image)
{
    return &s->files.item[s->head[image].file];
}

bool lm_source_wanted(const lm_source *s, size_t series)
{
    const lm_series *r = &s->list.item[series];
    for (size_t i = 0; s->where && i < r->n; i++)
        if (s->holds[s->head[r->member[i]].file] != LM_WHERE_YES) return false;
    return true;
}
