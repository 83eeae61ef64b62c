/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 looking at the files, 2 the list, 3 choosing, 4 loading, 5 one image */
#include "dicom/source.h"
#include "base/child.h"
#include "base/hash.h"
#include "base/mem.h"
#include "dicom/decode.h"
#include "dicom/dicomdir.h"
#include "dicom/digest.h"
#include "dicom/enhanced.h"
#include "dicom/files.h"
#include "dicom/geometry.h"
#include "dicom/phase.h"
#include "dicom/select.h"
#include "dicom/where.h"
#include "volume/shift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SOURCE_READER_MB = 64, SOURCE_TREES = 64 };

struct lm_source {
    lm_files files;
    size_t left, packed;
    size_t images;
    lm_dicom_file *head; /* mapped; one for each file, or for each frame of enhanced objects */
    size_t head_bytes;
    lm_series_list list;
    lm_identity identity;
    bool phased; /* by the choice that follows */
    lm_phase_choice phase;
    lm_where *where;      /* or NULL */
    unsigned char *holds; /* with where: shared memory, for each file an lm_where_answer */
    size_t holds_bytes;
};

/* The file that holds an image (an index of head). */
static const lm_files_item *source_file(const lm_source *s, size_t image)
{
    return &s->files.item[s->head[image].file];
}

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
static lm_status source_child_error(const char *name, const lm_child_end *end, lm_err *err)
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
static lm_child_job source_job(const lm_source_opt *opt, size_t n, const char *what, size_t largest_file, size_t work)
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
    lm_child_job job = source_job(opt, s->files.n, "reading headers", largest, s->where ? lm_where_memory(s->where, largest) : 0);
    lm_child_end end;
    job.fn = source_scan_one;
    job.ctx = s;
    lm_status rc = lm_child_run(&job, &end, err);
    if (rc) return rc;
    return end.why == LM_CHILD_DONE ? LM_OK : source_child_error(s->files.item[end.item].name, &end, err);
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
    const lm_files_item *f = source_file(s, file);
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

static const lm_dicom_file *source_head(const lm_source *s, size_t series)
{
    return &s->head[s->list.item[series].member[0]];
}

/* "3", "3.2" for a part, "-" when not stated. */
static void source_number(const lm_source *s, size_t series, char buf[48])
{
    const lm_series *r = &s->list.item[series];
    const lm_dicom_file *h = source_head(s, series);
    int at = h->has_number ? snprintf(buf, 48, "%ld", h->number) : snprintf(buf, 48, "-");
    if (r->parts > 1) snprintf(buf + at, 48 - (size_t)at, ".%d", r->part);
}

static double source_spacing(const lm_series *r, int axis)
{
    return sqrt(r->dir[axis][0] * r->dir[axis][0] + r->dir[axis][1] * r->dir[axis][1] + r->dir[axis][2] * r->dir[axis][2]);
}

void lm_source_describe(const lm_source *s, size_t series, bool text, char *buf, size_t cap)
{
    const lm_series *r = &s->list.item[series];
    const lm_dicom_file *h = source_head(s, series);
    char number[48], size[48] = "-", step[64] = "-", why[LM_ERR_TEXT + 32] = "", twice[64] = "";
    source_number(s, series, number);
    if (h->rows) snprintf(size, sizeof size, "%ux%ux%zu", h->columns, h->rows, r->slices);
    if (!r->refusal.code)
        snprintf(step, sizeof step, "%.4g x %.4g x %.4g mm", source_spacing(r, 0), source_spacing(r, 1), r->step_mm);
    else lm_err_line(&r->refusal, why, sizeof why);
    if (r->duplicates) snprintf(twice, sizeof twice, " (%zu files share a place with another)", r->duplicates);
    snprintf(buf, cap, "%-7s %-9s %5zu  %-14s %-26s %s%s%s%s%s%s%s", number, h->modality[0] ? h->modality : "-", r->n, size, step,
             text ? h->description : "", r->differs[0] ? " (" : "", r->differs, r->differs[0] ? ")" : "", twice,
             why[0] ? "; no volume: " : "", why);
}

/* What names a series here: its UID, or number and modality where a de-identifier took that; and the part of it. */
static void source_identity(const lm_source *s, const lm_dicom_file *h, const lm_series *r, char uid[LM_IDENTITY_TEXT])
{
    char text[LM_UID + 80];
    int at =
        h->series[0] ? snprintf(text, sizeof text, "%s", h->series) : snprintf(text, sizeof text, "%ld %s", h->number, h->modality);
    if (r->parts > 1) snprintf(text + at, sizeof text - (size_t)at, "/%d", r->part);
    lm_identity_uid(&s->identity, text, uid);
}

void lm_source_uid(const lm_source *s, size_t series, bool whole, char uid[LM_IDENTITY_TEXT])
{
    lm_series r = s->list.item[series];
    if (whole) r.parts = 1;
    source_identity(s, &s->head[r.member[0]], &r, uid);
}

static const char *source_key(const lm_source *s, char name[LM_IDENTITY_HASH])
{
    lm_identity_key_name(&s->identity, name);
    return s->identity.show ? "shown" : name;
}

static json_t *source_warnings(const lm_series *r)
{
    json_t *a = json_array();
    for (int i = 0; a && i < r->n_warnings; i++) {
        const lm_series_warning *w = &r->warning[i];
        json_t *o = w->rule[0] ? json_pack("{s:s, s:s}", "rule", w->rule, "text", w->text) : json_pack("{s:s}", "text", w->text);
        if (json_array_append_new(a, o)) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

static json_t *source_vector(const double *v, int n)
{
    json_t *a = json_array();
    for (int i = 0; a && i < n; i++) {
        if (json_array_append_new(a, json_real(v[i]))) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

/* Rescale Type is free text; only the standard's own terms (PS3.3 C.11.1.1.2) go out. */
static const char *source_rescale(const char *type)
{
    static const char *const term[] = {"OD", "HU", "US", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"};
    for (size_t i = 0; i < sizeof term / sizeof *term; i++)
        if (!strcmp(type, term[i])) return term[i];
    return type[0] ? "other" : NULL;
}

static int source_cmp_size(const void *a, const void *b)
{
    size_t p = *(const size_t *)a, q = *(const size_t *)b;
    return p < q ? -1 : p > q;
}

/* Files that hold the images of a series: the frames of one object count once. */
static size_t source_instances(const lm_source *s, const lm_series *r)
{
    size_t n = 0, *file = lm_mem_alloc(r->n, sizeof *file, NULL);
    if (!file) return r->n;
    for (size_t i = 0; i < r->n; i++) file[i] = s->head[r->member[i]].file;
    qsort(file, r->n, sizeof *file, source_cmp_size);
    for (size_t i = 0; i < r->n; i++) n += !i || file[i] != file[i - 1];
    free(file);
    return n;
}

/* Absent facts are null. Allow-listed values only: see the contract of lm_source_load. */
static json_t *source_facts_of(const lm_source *s, const lm_series *r, const char *sha)
{
    const lm_dicom_file *h = &s->head[r->member[0]];
    char uid[LM_IDENTITY_TEXT], frame[LM_IDENTITY_TEXT], key[LM_IDENTITY_HASH];
    double spacing[3] = {0};
    source_identity(s, h, r, uid);
    lm_identity_uid(&s->identity, h->frame, frame);
    for (int a = 0; a < 3; a++) spacing[a] = source_spacing(r, a);
    return json_pack("{s:s, s:s*, s:s, s:s*, s:s, s:I, s:s*, s:[I,I,I], s:o*, s:f, s:o*, s:f, s:s*, s:o*, s:b, s:s*, s:o}", "kind",
                     "dicom", "modality", h->modality[0] ? h->modality : NULL, "series", uid, "frame", h->frame[0] ? frame : NULL,
                     "uid_key", source_key(s, key), "instances", (json_int_t)source_instances(s, r), "sha256_pixels", sha, "size",
                     (json_int_t)h->columns, (json_int_t)h->rows, (json_int_t)r->slices, "spacing_mm", source_vector(spacing, 3),
                     "slice_step_mm", r->step_mm, "thickness_mm", r->thickness_mm > 0 ? json_real(r->thickness_mm) : NULL,
                     "tilt_deg", r->tilt_deg, "kernel", h->kernel[0] ? h->kernel : NULL, "kvp",
                     h->kvp > 0 ? json_real(h->kvp) : NULL, "lossy", r->lossy > 0, "rescale_type", source_rescale(h->rescale_type),
                     "warnings", source_warnings(r));
}

/* What --gaps made, as {choice, kind, steps, read, made, made_slices: [[first, last], ...] from 1}; NULL: nothing. */
static json_t *source_gaps(const lm_gaps *g, bool *ok)
{
    if (!g->at) return NULL;
    json_t *runs = json_array();
    for (size_t k = 0, first, last; runs && lm_gaps_next(g, &k, &first, &last);)
        if (json_array_append_new(runs, json_pack("[I,I]", (json_int_t)first + 1, (json_int_t)last + 1))) *ok = false;
    json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "choice", lm_gaps_name(g->choice), "kind",
                          g->kind == LM_GAPS_MISSING ? "missing" : "variable", "steps", g->text, "read", (json_int_t)g->read,
                          "made", (json_int_t)g->made, "made_slices", runs);
    *ok &= o != NULL;
    return o;
}

static json_t *source_facts(const lm_source *s, const lm_series *r, const char *sha)
{
    bool ok = true;
    json_t *o = source_facts_of(s, r, sha), *gaps = source_gaps(&r->gaps, &ok);
    ok &= o != NULL;
    if (ok && gaps) ok = !json_object_set(o, "gaps", gaps);
    if (ok && r->phases > 1)
        ok =
            !json_object_set_new(o, "phase", json_pack("{s:i, s:i, s:s}", "number", r->phase, "of", r->phases, "what", r->differs));
    json_decref(gaps);
    if (ok) return o;
    json_decref(o);
    return NULL;
}

json_t *lm_source_json(const lm_source *s, size_t series, lm_err *err)
{
    const lm_series *r = &s->list.item[series];
    const lm_dicom_file *h = source_head(s, series);
    char number[48], uid[LM_IDENTITY_TEXT];
    source_number(s, series, number);
    source_identity(s, h, r, uid);
    json_t *o;
    if (r->refusal.code)
        o = json_pack("{s:s, s:s*, s:s, s:I, s:{s:s*, s:s}}", "number", number, "modality", h->modality[0] ? h->modality : NULL,
                      "series", uid, "instances", (json_int_t)source_instances(s, r), "refused", "rule",
                      r->refusal.rule[0] ? r->refusal.rule : NULL, "text", r->refusal.text[0]);
    else {
        o = json_pack("{s:s}", "number", number);
        json_t *facts = source_facts(s, r, NULL);
        if (!o || !facts || json_object_update_new(o, facts)) {
            json_decref(o);
            o = NULL;
        }
    }
    if (!o) lm_err_nomem(err, 0);
    return o;
}

/* ---- 3 choosing ---- */

static bool source_candidate(const lm_series *r, bool images)
{
    if (images && r->kind == LM_DICOM_PROJECTION) return true;
    return (r->kind == LM_DICOM_SLICE || r->kind == LM_DICOM_MULTIFRAME) && (images || !r->localizer);
}

static bool source_phase(const lm_source *s, const lm_series *r)
{
    return r->phases > 1 && lm_phase_match(&s->phase, (size_t)r->phase, r->differs);
}

bool lm_source_wanted(const lm_source *s, size_t series)
{
    const lm_series *r = &s->list.item[series];
    for (size_t i = 0; s->where && i < r->n; i++)
        if (s->holds[s->head[r->member[i]].file] != LM_WHERE_YES) return false;
    return true;
}

static lm_status source_matches(const lm_source *s, size_t series, const lm_select *regex, bool *hit, lm_err *err)
{
    const lm_dicom_file *h = source_head(s, series);
    char number[48];
    source_number(s, series, number);
    const char *field[] = {h->description, h->modality, number, h->series};
    *hit = false;
    for (size_t i = 0; i < sizeof field / sizeof *field && !*hit; i++) {
        lm_status rc = lm_select_match(regex, field[i], hit, err);
        if (rc) return rc;
    }
    return LM_OK;
}

/* "2 CT 143x161x48, 3.1 MR 256x256x60 'echo 1' ..." of the marked series; no descriptions, which may hold names. */
static void source_names_of(const lm_source *s, const bool *in, char *buf, size_t cap)
{
    size_t at = 0, hidden = 0;
    buf[0] = 0;
    for (size_t i = 0; i < s->list.n; i++) {
        const lm_series *r = &s->list.item[i];
        const lm_dicom_file *h = source_head(s, i);
        char number[48], one[160];
        if (!in[i]) continue;
        source_number(s, i, number);
        int n = snprintf(one, sizeof one, "%s%s %s %ux%ux%zu%s%s%s", at ? ", " : "", number, h->modality[0] ? h->modality : "-",
                         h->columns, h->rows, r->slices, r->differs[0] ? " '" : "", r->differs, r->differs[0] ? "'" : "");
        if (hidden || n < 0 || at + (size_t)n + 24 > cap) hidden++;
        else memcpy(buf + at, one, (size_t)n + 1), at += (size_t)n;
    }
    if (hidden) snprintf(buf + at, cap - at, " and %zu more", hidden);
}

lm_status lm_source_select(const lm_source *s, const char *regex, bool images, size_t *series, lm_err *err)
{
    lm_select *sel = NULL;
    lm_status rc = regex ? lm_select_new(regex, &sel, err) : LM_OK;
    if (rc) return rc;
    size_t n = s->list.n, hits = 0, phases = 0, volumes = 0, usable = 0, first = 0, first_volume = 0;
    bool *in = lm_mem_calloc(n, sizeof *in, err);
    if (!in) rc = LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        in[i] = lm_source_wanted(s, i);
        if (in[i] && sel && (rc = source_matches(s, i, sel, &in[i], err))) break;
        if (!in[i]) continue;
        if (s->list.item[i].phases > 1) phases++;
        if (s->phased && !source_phase(s, &s->list.item[i])) {
            in[i] = false;
            continue;
        }
        if (!hits++) first = i;
        usable += images || !s->list.item[i].refusal.code || s->list.item[i].kind == LM_DICOM_SEG ||
                  s->list.item[i].kind == LM_DICOM_RTSTRUCT;
        if (source_candidate(&s->list.item[i], images) && !volumes++) first_volume = i;
    }
    if (!rc && s->phased && !phases)
        rc = lm_err_set(err, LM_ERULE, "G-3", "--phase: no series has several volumes that share places");
    if (!rc && volumes == 1) *series = first_volume;
    else if (!rc && !volumes && hits == 1) *series = first;
    else if (!rc) {
        char list[280], number[48];
        if (hits) source_number(s, volumes ? first_volume : first, number);
        for (size_t i = 0; i < n; i++)
            in[i] = hits ? in[i] && (!volumes || source_candidate(&s->list.item[i], images))
                         : source_candidate(&s->list.item[i], images);
        source_names_of(s, in, list, sizeof list);
        if (hits && !usable) { /* no choice would help */
            *err = s->list.item[volumes ? first_volume : first].refusal;
            rc = lm_err_frame(err, "none of %zu series is a usable volume (--list); series %s", hits, number);
        } else if (!hits)
            rc = lm_err_set(err, LM_ERULE, "G-3", "no series matches %s; there %s: %s",
                            !s->phased          ? regex ? s->where ? "--series and --where" : "the expression" : "--where"
                            : regex || s->where ? "the expression and --phase"
                                                : "--phase",
                            n == 1 ? "is" : "are", list);
        else
            rc = lm_err_set(err, LM_ERULE, "G-3", "%zu series%s, choose one with %s: %s", volumes ? volumes : hits,
                            regex || s->where ? " match" : "", phases ? "--series and --phase" : "--series", list);
    }
    free(in);
    lm_select_release(sel);
    return rc;
}

/* ---- 4 loading ---- */

typedef struct {
    const lm_source *s;
    const lm_series *r;
    size_t frame; /* of a member whose frames do not stand for themselves, from 0 */
    lm_type type;
    char *out;             /* shared: the volume */
    lm_decode_slice *fact; /* shared: one for each member */
} source_load;

static int source_load_one(void *ctx, size_t i)
{
    static lm_decode_reader keep; /* of this child */
    source_load *l = ctx;
    size_t file = l->r->member[i], slice = l->r->slice[i];
    const lm_dicom_file *f = &l->s->head[file];
    bool twin = i > 0 && l->r->slice[i - 1] == slice; /* a duplicate is only compared */
    size_t bytes = (size_t)f->rows * f->columns * lm_vol_type_size(l->type);
    const lm_files_item *of = source_file(l->s, file);
    const lm_gdcm_file from = {of->path, of->data, of->size};
    size_t frame = f->kind == LM_DICOM_SLICE ? f->frame_at : l->frame;
    return lm_decode_file(&keep, &from, f, frame, l->type, twin ? NULL : l->out + slice * bytes, &l->fact[i]) != LM_DECODE_OK;
}

static lm_status source_load_error(const source_load *l, size_t i, lm_err *err)
{
    const lm_decode_slice *d = &l->fact[i];
    const lm_dicom_file *f = &l->s->head[l->r->member[i]];
    const char *name = source_file(l->s, l->r->member[i])->name;
    switch (d->status) {
    case LM_DECODE_MEMORY: return lm_err_set(err, LM_ENOMEM, NULL, "'%s' needs more memory than a reader may take", name);
    case LM_DECODE_NO_PIXELS: return lm_err_set(err, LM_EFORMAT, NULL, "'%s' has no pixel data", name);
    case LM_DECODE_LENGTH:
        return lm_err_set(err, LM_EFORMAT, NULL, "'%s': pixel data of %zu bytes where %u x %u pixels of %u bits need %zu", name,
                          d->got, f->columns, f->rows, f->bits_allocated, lm_decode_bytes(f) * f->frames);
    case LM_DECODE_CODEC:
        return lm_err_set(err, LM_EFORMAT, NULL, "'%s': the pixel data are damaged, or transfer syntax %s is not supported", name,
                          f->transfer);
    default: return lm_err_set(err, LM_EFORMAT, NULL, "'%s' is cut off or damaged", name);
    }
}

/* All slices into one shared mapping of the type; *fits is false when int16 cannot hold them. */
static lm_status source_decode(source_load *l, const lm_source_opt *opt, lm_vol *vol, bool *fits, lm_err *err)
{
    const lm_dicom_file *h = &l->s->head[l->r->member[0]];
    const size_t n[3] = {h->columns, h->rows, l->r->slices};
    size_t count, bytes;
    lm_vol_release(vol);
    if (!lm_mem_mul(n[0] * n[1], n[2], &count)) return lm_err_set(err, LM_ERANGE, NULL, "the series is too large");
    if (!(l->out = lm_child_map(count, lm_vol_type_size(l->type), &bytes, err))) return LM_ENOMEM;
    vol->data = l->out;
    vol->mapped = bytes;
    vol->type = l->type;
    memcpy(vol->n, n, sizeof n);
    /* compressed slices pass through arrays of wider numbers, compressed frames all at once */
    size_t largest = 0, frames = 1;
    for (size_t i = 0; i < l->r->n; i++) {
        size_t size = source_file(l->s, l->r->member[i])->size, several = l->s->head[l->r->member[i]].frames;
        largest = size > largest ? size : largest;
        frames = several > frames ? several : frames;
    }
    size_t work = 16 * n[0] * n[1] * 4 + (frames > 1 ? 4 * lm_decode_bytes(h) * frames : 0);
    lm_child_job job = source_job(opt, l->r->n, "decoding", largest, work);
    lm_child_end end;
    job.fn = source_load_one;
    job.ctx = l;
    lm_status rc = lm_child_run(&job, &end, err);
    if (rc) return rc;
    if (end.why == LM_CHILD_FAILED) return source_load_error(l, end.item, err);
    if (end.why != LM_CHILD_DONE) return source_child_error(source_file(l->s, l->r->member[end.item])->name, &end, err);
    *fits = true;
    for (size_t i = 0; i < l->r->n; i++) *fits &= l->fact[i].fits;
    return LM_OK;
}

/* G-4: what shares a place must be the same image. */
static lm_status source_duplicates(const source_load *l, lm_err *err)
{
    for (size_t i = 1; i < l->r->n; i++) {
        const lm_dicom_file *a = &l->s->head[l->r->member[i - 1]], *b = &l->s->head[l->r->member[i]];
        if (l->r->slice[i] != l->r->slice[i - 1]) continue;
        if (memcmp(l->fact[i].sha256, l->fact[i - 1].sha256, sizeof l->fact[i].sha256) || a->slope != b->slope ||
            a->intercept != b->intercept)
            return lm_err_set(err, LM_ERULE, "G-4",
                              "%zu of %zu slices share a place with another that has other pixels: several volumes in one series? "
                              "The first pair: '%s', '%s'",
                              l->r->duplicates, l->r->n, source_file(l->s, l->r->member[i - 1])->name,
                              source_file(l->s, l->r->member[i])->name);
    }
    return LM_OK;
}

/* Padding is no measurement: it takes the least value that was measured, so that no threshold finds it. */
static lm_status source_padding(const source_load *l, lm_series *w, lm_vol *vol, lm_err *err)
{
    double lo = INFINITY, hi = -INFINITY;
    size_t padded = 0, plane = vol->n[0] * vol->n[1];
    for (size_t i = 0; i < l->r->n; i++) {
        lo = fmin(lo, l->fact[i].lo);
        hi = fmax(hi, l->fact[i].hi);
        padded += l->fact[i].padded;
    }
    if (lo > hi) return lm_err_set(err, LM_ERULE, NULL, "every sample is padding: there is no image");
    if (!(lo > -1e30 && hi < 1e30))
        return lm_err_set(err, LM_ERULE, NULL, "rescaled values reach from %g to %g: not usable", lo, hi);
    if (!padded) return LM_OK;
    for (size_t i = 0; i < l->r->n; i++) {
        if (!l->fact[i].padded || (i && l->r->slice[i] == l->r->slice[i - 1])) continue;
        size_t at = l->r->slice[i] * plane;
        if (vol->type == LM_I16) {
            int16_t *p = (int16_t *)vol->data + at, pad = lm_decode_padding(&l->s->head[l->r->member[i]]);
            for (size_t k = 0; k < plane; k++) p[k] = p[k] == pad ? (int16_t)lo : p[k];
        } else {
            float *p = (float *)vol->data + at;
            for (size_t k = 0; k < plane; k++) p[k] = isnan(p[k]) ? (float)lo : p[k];
        }
    }
    lm_series_warn(w, "", "%zu samples are padding (0028,0120); they count as the least measured value, %g", padded, lo);
    return LM_OK;
}

/* Slices that moved: notes for people; for programs a list, or NULL when there is none. */
static json_t *source_motion(const lm_shift *m, size_t slices, lm_series *w, bool *ok)
{
    json_t *list = m->n ? json_array() : NULL;
    for (size_t i = 0; i < m->n && i < LM_SHIFT_MAX; i++) {
        const lm_shift_item *t = &m->item[i];
        if (json_array_append_new(list, json_pack("{s:I, s:b, s:[f,f], s:f}", "slice", (json_int_t)t->slice + 1, "rest", t->rest,
                                                  "px", t->px[0], t->px[1], "mm", t->mm)))
            *ok = false;
        if (i < 4)
            lm_series_warn(w, "",
                           "slice %zu of %zu%s off its neighbours by %.2f mm within the plane (%.1f pixels along rows, %.1f down "
                           "columns): motion?",
                           t->slice + 1, slices, t->rest ? " and all behind it lie" : " lies", t->mm, t->px[0], t->px[1]);
    }
    if (m->n > 4) lm_series_warn(w, "", "%zu more places where slices lie off their neighbours", m->n - 4);
    return list;
}

/* Digests of the members of a series but for their pixels: *d is owned. */
lm_status lm_source_digests(const lm_source *s, size_t series, const lm_source_opt *opt, lm_digest **d, lm_err *err)
{
    const lm_series *r = &s->list.item[series];
    size_t bad = 0;
    lm_gdcm_file *from = lm_mem_alloc(r->n, sizeof *from, err);
    size_t *file = lm_mem_alloc(r->n, sizeof *file, err);
    lm_digest *out = lm_mem_calloc(r->n, sizeof *out, err);
    lm_status rc = from && file && out ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < r->n && !rc; i++) {
        const lm_dicom_file *f = &s->head[r->member[i]];
        from[i] = lm_source_member(s, series, i, NULL).at;
        file[i] = f->file;
        out[i] = (lm_digest){.slice = r->slice[i], .has_instance = f->has_instance, .instance = f->instance};
    }
    if (!rc) rc = lm_digest_images(from, file, r->n, opt ? opt->threads : 0, out, &bad, err);
    if (rc == LM_EIO) lm_err_frame(err, "'%s'", source_file(s, r->member[bad])->name);
    free(from);
    free(file);
    if (rc) free(out);
    else *d = out;
    return rc;
}

/* What names the files and the single images, into facts. */
static lm_status source_hash(const source_load *l, size_t series, const lm_source_opt *opt, json_t *facts, lm_err *err)
{
    const size_t n = l->r->n;
    char files[LM_SHA256_HEX];
    lm_digest *d = NULL;
    lm_status rc = lm_source_digests(l->s, series, opt, &d, err);
    if (rc) return rc;
    for (size_t i = 0; i < n; i++) memcpy(d[i].pixels, l->fact[i].sha256, sizeof d[i].pixels);
    rc = lm_digest_total(d, n, files, err);
    if (!rc && (json_object_set_new(facts, "sha256_files", json_string(files)) ||
                (n <= LM_DIGEST_MOST && json_object_set_new(facts, "digests", lm_digest_json(d, n)))))
        rc = lm_err_nomem(err, 0);
    free(d);
    return rc;
}

lm_status lm_source_load(const lm_source *s, size_t series, const lm_source_opt *opt, lm_vol *vol, json_t **facts, lm_err *err)
{
    lm_series copy = s->list.item[series], *r = &copy; /* gains warnings; its arrays stay with s */
    if (r->refusal.code) {
        if (err) *err = r->refusal;
        return r->refusal.code;
    }
    size_t fact_bytes;
    bool fits = false;
    source_load l = {.s = s, .r = r, .type = LM_I16};
    if (!(l.fact = lm_child_map(r->n, sizeof *l.fact, &fact_bytes, err))) return LM_ENOMEM;
    for (size_t i = 0; i < r->n; i++) {
        const lm_dicom_file *f = &s->head[r->member[i]];
        if (!lm_decode_whole(f)) l.type = LM_F32;
    }
    lm_status rc = source_decode(&l, opt, vol, &fits, err);
    if (!rc && l.type == LM_I16 && !fits) { /* rare: values beyond int16 */
        l.type = LM_F32;
        rc = source_decode(&l, opt, vol, &fits, err);
    }
    if (!rc) rc = source_duplicates(&l, err);
    if (!rc) rc = source_padding(&l, r, vol, err);
    lm_shift motion = {.n = 0};
    if (!rc) { /* on what was read, before slices are made */
        memcpy(vol->dir, r->dir, sizeof vol->dir);
        rc = lm_shift_find(vol, r->gaps.read, opt ? opt->threads : 0, &motion, err);
    }
    if (!rc) lm_gaps_fill(&r->gaps, vol);
    if (!rc && r->duplicates)
        lm_series_warn(r, "G-4", "%zu images are there twice, with equal pixels; one of each was used", r->duplicates);
    if (!rc) {
        memcpy(vol->dir, r->dir, sizeof vol->dir);
        memcpy(vol->origin, r->origin, sizeof vol->origin);
        rc = lm_vol_check(vol, err);
    }
    if (!rc) {
        char hex[LM_SHA256_HEX];
        lm_hash_sha256 sha;
        lm_hash_sha256_init(&sha);
        for (size_t i = 0; i < r->n; i++)
            if (!i || r->slice[i] != r->slice[i - 1]) lm_hash_sha256_update(&sha, l.fact[i].sha256, sizeof l.fact[i].sha256);
        lm_hash_sha256_hex(&sha, hex);
        bool ok = true;
        json_t *moved = source_motion(&motion, r->gaps.read, r, &ok);
        *facts = source_facts(s, r, hex);
        if (!*facts || !ok || (moved && json_object_set(*facts, "motion", moved))) rc = lm_err_nomem(err, 0);
        if (!rc) rc = source_hash(&l, series, opt, *facts, err);
        if (rc) {
            json_decref(*facts);
            *facts = NULL;
        }
        json_decref(moved);
    }
    munmap(l.fact, fact_bytes);
    if (rc) lm_vol_release(vol);
    return rc;
}

/* ---- 5 one image ---- */

enum { SOURCE_FRAME_MB = 4096 }; /* most that the frames of one object may take */

/* Which file and which of its frames (from 0) is image `frame` (from 1) of the series. */
static lm_status source_frame_of(const lm_source *s, const lm_series *r, size_t frame, size_t *file, size_t *at, size_t *of,
                                 lm_err *err)
{
    size_t frames = 0, several = 0, all;
    for (size_t i = 0; i < r->n; i++) {
        const lm_dicom_file *f = &s->head[r->member[i]];
        bool object = f->kind != LM_DICOM_SLICE && f->frames > 1;
        frames += object ? f->frames : 1;
        several += object;
    }
    if (several && r->n > 1)
        return lm_err_set(err, LM_ERULE, NULL,
                          "%zu of %zu files of the series have several frames: name the one file that is meant", several, r->n);
    if (!frame || frame > frames)
        return lm_err_set(err, LM_EUSAGE, NULL, "--frame %zu: the series has %zu, from 1 on", frame, frames);
    *file = r->member[several ? 0 : frame - 1];
    *at = several ? frame - 1 : 0;
    *of = frames;
    const lm_dicom_file *f = &s->head[*file];
    if (f->kind == LM_DICOM_OTHER || f->kind == LM_DICOM_SEG || f->kind == LM_DICOM_RTSTRUCT)
        return lm_err_set(err, LM_ERULE, NULL, "no grey image in it (modality %s)", f->modality[0] ? f->modality : "not stated");
    /* nuclear medicine and secondary capture have spacing and rescale where one-frame images have them */
    static const char nuclear[] = "1.2.840.10008.5.1.4.1.1.20", capture[] = "1.2.840.10008.5.1.4.1.1.7";
    if (f->kind == LM_DICOM_MULTIFRAME && strcmp(f->sop_class, nuclear) && strncmp(f->sop_class, capture, sizeof capture - 1))
        return lm_err_set(err, LM_ERULE, NULL, "not supported: multi-frame objects of SOP class %s", f->sop_class);
    lm_status rc = lm_geometry_grey(f, err);
    if (!rc && (!lm_mem_mul(lm_decode_bytes(f), f->frames, &all) || all > (size_t)SOURCE_FRAME_MB << 20))
        rc = lm_err_set(err, LM_ERANGE, NULL, "%u frames of %u x %u pixels are more than %d MB", f->frames, f->columns, f->rows,
                        (int)SOURCE_FRAME_MB);
    return rc;
}

static bool source_spacing_good(bool has, const double v[2])
{
    return has && v[0] > 1e-4 && v[0] < 1e3 && v[1] > 1e-4 && v[1] < 1e3;
}

/* Lengths in a radiograph: in the plane of the patient when someone calibrated it, else on the detector, which shows
 * everything larger than it is. Returns what they are, or NULL. */
static const char *source_frame_scale(const lm_dicom_file *f, lm_series *w, lm_vol *vol)
{
    bool patient = source_spacing_good(f->has_spacing, f->spacing),
         detector = source_spacing_good(f->has_detector_spacing, f->detector_spacing);
    const double *v = patient ? f->spacing : f->detector_spacing;
    vol->image = true;
    vol->unscaled = !patient && !detector;
    memset(vol->dir, 0, sizeof vol->dir);
    memset(vol->origin, 0, sizeof vol->origin);
    vol->dir[0][0] = vol->unscaled ? 1 : v[1]; /* trap 1: the first number lies between rows */
    vol->dir[1][1] = vol->unscaled ? 1 : v[0];
    vol->dir[2][2] = 1;
    if (vol->unscaled)
        lm_series_warn(w, "G-1", "neither Pixel Spacing nor Imager Pixel Spacing is stated: sizes in mm are not known");
    else if (!patient)
        lm_series_warn(w, "G-7",
                       "the pixel spacing is that on the detector (0018,1164): things in the body are smaller than they measure");
    else if (f->kind == LM_DICOM_PROJECTION)
        lm_series_warn(w, "G-7", "a projection: Pixel Spacing holds in one plane of the body only");
    return patient ? "pixel-spacing" : detector ? "detector" : NULL;
}

static json_t *source_frame_facts(const lm_source *s, const lm_dicom_file *f, const lm_series *r, const lm_series *w,
                                  const lm_vol *vol, size_t frame, size_t frames, const char *scale, const unsigned char sha256[32])
{
    char uid[LM_IDENTITY_TEXT], key[LM_IDENTITY_HASH], hex[LM_SHA256_HEX];
    lm_hash_sha256 sha;
    source_identity(s, f, r, uid);
    lm_hash_sha256_init(&sha); /* over the digest of the one slice, as a series has it */
    lm_hash_sha256_update(&sha, sha256, 32);
    lm_hash_sha256_hex(&sha, hex);
    const double spacing[2] = {vol->dir[0][0], vol->dir[1][1]};
    return json_pack("{s:s, s:s*, s:s, s:s, s:I, s:I, s:s, s:[I,I], s:o, s:s?, s:s, s:b, s:s*, s:o}", "kind", "dicom-image",
                     "modality", f->modality[0] ? f->modality : NULL, "series", uid, "uid_key", source_key(s, key), "frame_number",
                     (json_int_t)frame, "frames", (json_int_t)frames, "sha256_pixels", hex, "size", (json_int_t)f->columns,
                     (json_int_t)f->rows, "spacing_mm", scale ? source_vector(spacing, 2) : json_null(), "spacing_of", scale,
                     "photometric", f->photometric, "lossy", f->lossy, "rescale_type", f->rescale_type[0] ? f->rescale_type : NULL,
                     "warnings", source_warnings(w));
}

lm_status lm_source_frame(const lm_source *s, size_t series, size_t frame, const lm_source_opt *opt, lm_vol *vol, json_t **facts,
                          lm_err *err)
{
    const lm_series *r = &s->list.item[series];
    size_t file = 0, frames = 0, zero = 0, bytes;
    bool fits = false;
    source_load l = {.s = s};
    lm_status rc = source_frame_of(s, r, frame, &file, &l.frame, &frames, err);
    if (rc) return rc;
    const lm_dicom_file *f = &s->head[file];
    lm_series one = {.n = 1, .member = &file, .slice = &zero, .slices = 1, .kind = f->kind}; /* gains warnings */
    l.r = &one;
    l.type = lm_decode_whole(f) ? LM_I16 : LM_F32;
    if (!(l.fact = lm_child_map(1, sizeof *l.fact, &bytes, err))) return LM_ENOMEM;
    rc = source_decode(&l, opt, vol, &fits, err);
    if (!rc && l.type == LM_I16 && !fits) {
        l.type = LM_F32;
        rc = source_decode(&l, opt, vol, &fits, err);
    }
    if (!rc) rc = source_padding(&l, &one, vol, err);
    if (!rc) {
        const char *scale = source_frame_scale(f, &one, vol);
        if (!strcmp(f->photometric, "MONOCHROME1")) lm_series_warn(&one, "", "MONOCHROME1: the least value is the brightest");
        if (f->lossy) lm_series_warn(&one, "G-8", "the image went through lossy compression");
        if (!(*facts = source_frame_facts(s, f, r, &one, vol, frame, frames, scale, l.fact->sha256))) rc = lm_err_nomem(err, 0);
    }
    munmap(l.fact, bytes);
    if (rc) lm_vol_release(vol);
    return rc;
}
