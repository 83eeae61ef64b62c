/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 the record, 2 the images that are there, 3 pairing, 4 the answer */
#include "dicom/verify.h"
#include "dicom/source_facts.h"
#include "dicom/source_load.h"
#include "base/child.h"
#include "base/mem.h"
#include "dicom/decode.h"
#include "dicom/geometry.h"
#include "stream/nrrd.h"
#include "stream/ply.h"
#include "stream/volfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { VERIFY_JSON = 64 << 20, VERIFY_HEAD = 16 };

/* ---- 1 the record ---- */

static lm_status verify_json(lm_in *in, json_t **top, lm_err *err)
{
    char *text = NULL;
    size_t n;
    json_error_t why;
    lm_status rc = lm_io_slurp(in, VERIFY_JSON, &text, &n, err);
    if (rc) return rc;
    *top = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    free(text);
    return *top ? LM_OK : lm_err_set(err, LM_EFORMAT, NULL, "line %d is no JSON: %.100s", why.line, why.text);
}

static lm_status verify_stream(lm_in *in, bool ply, json_t **top, lm_err *err)
{
    lm_records rec = LM_RECORDS_INIT;
    lm_vol vol = LM_VOL_INIT;
    lm_mesh mesh = LM_MESH_INIT;
    lm_status rc = ply ? lm_ply_read(in, &mesh, &rec, err) : lm_nrrd_read(in, &vol, &rec, err);
    if (!rc) *top = json_incref(lm_record_last(&rec, "dcmseg"));
    lm_record_release(&rec);
    lm_vol_release(&vol);
    lm_mesh_release(&mesh);
    return rc;
}

lm_status lm_verify_record(const char *path, json_t **record, bool *shown, lm_err *err)
{
    const unsigned char *head;
    size_t got;
    lm_in *in = NULL;
    json_t *top = NULL;
    lm_status rc = lm_io_open(path, &in, err);
    if (!rc) rc = lm_io_peek(in, VERIFY_HEAD, &head, &got, err);
    if (!rc) {
        bool ply = got >= 4 && !memcmp(head, "ply", 3), nrrd = got >= 4 && !memcmp(head, "NRRD", 4);
        rc = ply || nrrd ? verify_stream(in, ply, &top, err) : verify_json(in, &top, err);
    }
    lm_io_close(in);
    json_t *source = json_object_get(top, "source");
    const char *key = json_string_value(json_object_get(source, "uid_key"));
    *shown = key && !strcmp(key, "shown");
    *record = json_is_object(source) ? json_pack("{s:O, s:O*}", "source", source, "mask", json_object_get(top, "mask")) : NULL;
    bool none = !json_is_object(source);
    json_decref(top);
    if (rc) return lm_err_frame(err, "the record '%s'", path);
    if (*record) return LM_OK;
    return none ? lm_err_set(err, LM_ERULE, NULL, "'%s' holds no record of dcmseg: what was read cannot be told", path)
                : lm_err_nomem(err, 0);
}

/* ---- 2 the images that are there ---- */

typedef struct {
    lm_digest d;
    lm_gdcm_file from;
    const lm_dicom_file *head;
    bool paired;
} verify_image;

typedef struct {
    size_t n, cap;
    verify_image *item;
} verify_list;

static lm_status verify_add(const lm_source *s, size_t series, const lm_source_opt *opt, verify_list *l, lm_err *err)
{
    lm_digest *d = NULL;
    size_t n = lm_source_members(s, series);
    lm_status rc = lm_mem_grow(&l->item, &l->cap, l->n + n, sizeof *l->item, err);
    if (!rc) rc = lm_source_digests(s, series, opt, &d, err);
    for (size_t i = 0; i < n && !rc; i++) {
        verify_image *v = &l->item[l->n++];
        *v = (verify_image){.d = d[i]};
        v->from = lm_source_member(s, series, i, &v->head).at;
    }
    free(d);
    return rc;
}

/* All images of the series, or of the part of it, that the record names. */
static lm_status verify_find(const lm_source *s, const json_t *source, const lm_source_opt *opt, verify_list *l, lm_err *err)
{
    const char *was = json_string_value(json_object_get(source, "series"));
    char uid[LM_IDENTITY_TEXT];
    lm_status rc = LM_OK;
    if (!was) return lm_err_set(err, LM_ERULE, NULL, "the record names no DICOM series");
    for (int whole = 0; whole < 2 && !l->n; whole++) /* a change may have split it into parts */
        for (size_t i = 0; i < lm_source_count(s) && !rc; i++) {
            lm_source_uid(s, i, whole, uid);
            if (!strcmp(uid, was)) rc = verify_add(s, i, opt, l, err);
        }
    if (!rc && !l->n)
        rc = lm_err_set(err, LM_ENO, NULL, "the series of the record (%.16s) is not among the %zu series given", was,
                        lm_source_count(s));
    return rc;
}

typedef struct {
    verify_image **image;
    lm_decode_slice *fact; /* shared */
} verify_job;

static int verify_decode_one(void *ctx, size_t i)
{
    static lm_decode_reader keep; /* of this child */
    const verify_job *j = ctx;
    const verify_image *v = j->image[i];
    size_t frame = v->head->kind == LM_DICOM_SLICE ? v->head->frame_at : 0;
    lm_decode_file(&keep, &v->from, v->head, frame, LM_F32, NULL, &j->fact[i]);
    return 0;
}

/* Pixels of those that no file digest paired; what cannot be decoded keeps zeros, which no record holds. */
static lm_status verify_pixels(verify_list *l, const lm_source_opt *opt, lm_err *err)
{
    size_t n = 0, bytes, largest = 0;
    verify_job j = {.image = lm_mem_alloc(l->n, sizeof *j.image, err)};
    if (!j.image) return LM_ENOMEM;
    for (size_t i = 0; i < l->n; i++) {
        const lm_dicom_file *f = l->item[i].head;
        size_t all = f->samples ? lm_decode_bytes(f) * f->frames : 0;
        if (l->item[i].paired || !lm_scan_is_image(f) || lm_geometry_grey(f, NULL)) continue;
        j.image[n++] = &l->item[i];
        if (all > largest) largest = all;
    }
    if (!(j.fact = lm_child_map(n, sizeof *j.fact, &bytes, err))) {
        free(j.image);
        return LM_ENOMEM;
    }
    lm_status rc = LM_OK;
    for (size_t from = 0; from < n && !rc;) { /* a child that dies ends its run: that image is damaged, go on behind it */
        verify_job rest = {j.image + from, j.fact + from};
        lm_child_job job = {
            .n = n - from, .children = opt ? opt->threads : 0, .fn = verify_decode_one, .ctx = &rest, .what = "decoding"};
        lm_child_end end;
        job.max_memory = ((size_t)256 << 20) + 8 * largest;
        rc = lm_child_run(&job, &end, err);
        from = rc || end.why == LM_CHILD_DONE ? n : from + end.item + 1;
    }
    for (size_t i = 0; i < n && !rc; i++)
        if (j.fact[i].status == LM_DECODE_OK) memcpy(j.image[i]->d.pixels, j.fact[i].sha256, sizeof j.image[i]->d.pixels);
    munmap(j.fact, bytes);
    free(j.image);
    return rc;
}

/* ---- 3 pairing ---- */

typedef bool verify_alike(const lm_digest *a, const lm_digest *b);

static bool verify_number(const lm_digest *a, const lm_digest *b)
{
    return a->has_instance && b->has_instance && a->instance == b->instance;
}

static bool verify_file(const lm_digest *a, const lm_digest *b)
{
    return !memcmp(a->file, b->file, LM_DIGEST_FILE) && a->has_instance == b->has_instance && a->instance == b->instance;
}

static bool verify_number_slice(const lm_digest *a, const lm_digest *b)
{
    return verify_number(a, b) && a->slice == b->slice;
}

static bool verify_same_pixels(const lm_digest *a, const lm_digest *b)
{
    return !memcmp(a->pixels, b->pixels, LM_DIGEST_PIXELS);
}

static bool verify_slice(const lm_digest *a, const lm_digest *b)
{
    return !a->has_instance && !b->has_instance && a->slice == b->slice;
}

static lm_status verify_change(lm_verify *v, size_t *cap, lm_verify_kind kind, const lm_digest *image, lm_err *err)
{
    lm_status rc = lm_mem_grow(&v->change, cap, v->n + 1, sizeof *v->change, err);
    if (!rc) v->change[v->n++] = (lm_verify_change){kind, *image};
    return rc;
}

/* Pair what is alike among those that are left; v NULL: nothing is noted (they are the same). */
static lm_status verify_pair(const lm_digest *rec, bool *done, size_t n, verify_list *l, verify_alike *alike, lm_verify *v,
                             size_t *cap, lm_err *err)
{
    size_t next = 0; /* both lists are by slice: the partner is mostly the next one */
    for (size_t i = 0; i < n; i++) {
        if (done[i]) continue;
        for (size_t k = 0; k < l->n; k++) {
            verify_image *m = &l->item[(next + k) % l->n];
            if (m->paired || !alike(&rec[i], &m->d)) continue;
            m->paired = done[i] = true;
            next = (size_t)(m - l->item) + 1;
            lm_verify_kind kind = verify_same_pixels(&rec[i], &m->d) ? LM_VERIFY_HEADER : LM_VERIFY_PIXELS;
            lm_status rc = v ? verify_change(v, cap, kind, &rec[i], err) : LM_OK;
            if (rc) return rc;
            break;
        }
    }
    return LM_OK;
}

static int verify_cmp(const void *a, const void *b)
{
    const lm_verify_change *p = a, *q = b;
    if ((p->kind == LM_VERIFY_ADDED) != (q->kind == LM_VERIFY_ADDED)) return p->kind == LM_VERIFY_ADDED ? 1 : -1;
    if (p->image.slice != q->image.slice) return p->image.slice < q->image.slice ? -1 : 1;
    return (p->image.instance > q->image.instance) - (p->image.instance < q->image.instance);
}

static lm_status verify_compare(const lm_digest *rec, size_t n, verify_list *l, const lm_source_opt *opt, lm_verify *out,
                                lm_err *err)
{
    static verify_alike *const rest[] = {verify_number_slice, verify_number, verify_same_pixels, verify_slice};
    size_t cap = 0;
    bool *done = lm_mem_calloc(n, sizeof *done, err);
    if (!done) return LM_ENOMEM;
    lm_status rc = verify_pair(rec, done, n, l, verify_file, NULL, &cap, err);
    for (size_t i = 0; i < n; i++) out->same += done[i];
    if (!rc && (out->same < n || out->same < l->n)) rc = verify_pixels(l, opt, err);
    for (size_t i = 0; i < sizeof rest / sizeof *rest && !rc; i++) rc = verify_pair(rec, done, n, l, rest[i], out, &cap, err);
    for (size_t i = 0; i < n && !rc; i++)
        if (!done[i]) rc = verify_change(out, &cap, LM_VERIFY_MISSING, &rec[i], err);
    for (size_t i = 0; i < l->n && !rc; i++)
        if (!l->item[i].paired) rc = verify_change(out, &cap, LM_VERIFY_ADDED, &l->item[i].d, err);
    if (out->n) qsort(out->change, out->n, sizeof *out->change, verify_cmp);
    free(done);
    return rc;
}

/* Beginnings of digests may agree by chance, or by intent; the digest of them all may not. */
static lm_status verify_total(const json_t *source, const verify_list *l, lm_err *err)
{
    const char *was = json_string_value(json_object_get(source, "sha256_files"));
    char now[LM_SHA256_HEX];
    lm_digest *d = lm_mem_alloc(l->n, sizeof *d, err);
    if (!d) return LM_ENOMEM;
    for (size_t i = 0; i < l->n; i++) d[i] = l->item[i].d;
    lm_status rc = lm_digest_total(d, l->n, now, err);
    if (!rc && (!was || strcmp(was, now)))
        rc = lm_err_set(err, LM_ERULE, NULL,
                        "the record contradicts itself: its digests of images are those found, that of all files is not");
    free(d);
    return rc;
}

/* ---- 4 the answer ---- */

/* The images of the series. */
static lm_status verify_series(const lm_source *s, const json_t *source, const lm_source_opt *opt, lm_verify *out, lm_err *err)
{
    lm_digest *rec = NULL;
    size_t n_rec = 0;
    verify_list l = {0};
    lm_status rc = lm_digest_parse(json_object_get(source, "digests"), &rec, &n_rec, err);
    if (!rc) rc = verify_find(s, source, opt, &l, err);
    if (!rc) {
        out->recorded = n_rec;
        out->found = l.n;
        rc = verify_compare(rec, n_rec, &l, opt, out, err);
    }
    if (!rc && !out->n) rc = verify_total(source, &l, err);
    free(rec);
    free(l.item);
    return rc;
}

/* The parts of the record that are DICOM, among those paths. */
static lm_status verify_dicom(const json_t *record, const char *const *paths, size_t n, const lm_source_opt *opt, lm_verify *out,
                              lm_err *err)
{
    const json_t *source = json_object_get(record, "source"), *mask = json_object_get(record, "mask");
    bool images = !lm_verify_is_volume(source) && !lm_verify_is_mask(source),
         masks = lm_verify_is_mask(source) || lm_verify_is_mask(mask);
    const json_t *keyed = lm_verify_is_volume(source) ? mask : source;
    lm_source *s = NULL;
    lm_status rc = LM_OK;
    if (!images && !masks)
        return n ? lm_err_set(err, LM_EUSAGE, NULL, "'%s' is neither NRRD nor NIfTI, and the record names nothing else", paths[0])
                 : LM_OK;
    if (opt && opt->identity) rc = lm_identity_same_key(opt->identity, json_string_value(json_object_get(keyed, "uid_key")), err);
    if (!rc && (n || images || (opt && opt->list))) rc = lm_source_scan(paths, n, opt, &s, err);
    if (!rc && images) rc = verify_series(s, source, opt, out, err);
    if (!rc && masks) rc = lm_verify_mask(s, lm_verify_is_mask(mask) ? mask : source, opt, &out->file[out->n_files++], err);
    lm_source_release(s);
    return rc;
}

lm_status lm_verify_run(const json_t *record, const char *const *paths, size_t n, const lm_source_opt *opt, lm_verify *out,
                        lm_err *err)
{
    const char **volume = lm_mem_calloc(n + 1, sizeof *volume, err), **dicom = lm_mem_calloc(n + 1, sizeof *dicom, err);
    size_t *at = lm_mem_calloc(n + 1, sizeof *at, err), volumes = 0, dicoms = 0;
    lm_status rc = volume && dicom && at ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        bool is;
        if ((rc = lm_volfile_is(paths[i], &is, err))) break;
        if (is) at[volumes] = i + 1, volume[volumes++] = paths[i];
        else dicom[dicoms++] = paths[i];
    }
    if (!rc) rc = lm_verify_volumes(record, volume, at, volumes, opt ? opt->threads : 0, out->file, &out->n_files, err);
    if (!rc) rc = verify_dicom(record, dicom, dicoms, opt, out, err);
    free(volume);
    free(dicom);
    free(at);
    if (rc) lm_verify_release(out);
    return rc;
}

size_t lm_verify_changed(const lm_verify *v)
{
    size_t n = v->n;
    for (size_t i = 0; i < v->n_files; i++) n += v->file[i].state != LM_VERIFY_FILE_SAME;
    return n;
}

void lm_verify_release(lm_verify *v)
{
    free(v->change);
    *v = (lm_verify)LM_VERIFY_INIT;
}

static const char *const verify_names[] = {"pixels", "header", "missing", "added"}, *const verify_states[] = {"same", "header",
                                                                                                              "samples", "changed",
                                                                                                              "missing"};

static void verify_file_line(const lm_verify_file *f, lm_out *out)
{
    static const char *const what[] = {"as recorded", "its header changed, what it holds did not", "what it holds changed",
                                       "it changed", "missing"};
    char place[40] = "";
    if (f->path) snprintf(place, sizeof place, " (path %zu)", f->path);
    lm_io_printf(out, "%s%s: %s\n", f->what, place, what[f->state]);
}

void lm_verify_table(const lm_verify *v, lm_out *out)
{
    static const char *const what[] = {"its pixels changed", "its header changed, its pixels did not", "missing", "added"};
    size_t count[4] = {0};
    for (size_t i = 0; i < v->n; i++) {
        const lm_verify_change *c = &v->change[i];
        char number[40] = "no instance number";
        if (c->image.has_instance) snprintf(number, sizeof number, "instance %ld", c->image.instance);
        if (c->kind == LM_VERIFY_ADDED) lm_io_printf(out, "%s: %s\n", number, what[c->kind]);
        else lm_io_printf(out, "slice %zu (%s): %s\n", c->image.slice + 1, number, what[c->kind]);
        count[c->kind]++;
    }
    for (size_t i = 0; i < v->n_files; i++) verify_file_line(&v->file[i], out);
    if (!v->recorded && !v->found) return;
    lm_io_printf(out, "%zu images recorded, %zu found: %zu as recorded, %zu changed, %zu missing, %zu added\n", v->recorded,
                 v->found, v->same, count[LM_VERIFY_PIXELS] + count[LM_VERIFY_HEADER], count[LM_VERIFY_MISSING],
                 count[LM_VERIFY_ADDED]);
}

json_t *lm_verify_json(const lm_verify *v)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < v->n; i++) {
        const lm_verify_change *c = &v->change[i];
        json_t *slice = c->kind == LM_VERIFY_ADDED ? NULL : json_integer((json_int_t)c->image.slice + 1);
        json_t *instance = c->image.has_instance ? json_integer(c->image.instance) : NULL;
        if (json_array_append_new(
                list, json_pack("{s:s, s:o*, s:o*}", "kind", verify_names[c->kind], "slice", slice, "instance", instance))) {
            json_decref(list);
            return NULL;
        }
    }
    json_t *files = list ? json_array() : NULL;
    for (size_t i = 0; files && i < v->n_files; i++) {
        const lm_verify_file *f = &v->file[i];
        json_t *path = f->path ? json_integer((json_int_t)f->path) : NULL;
        if (json_array_append_new(files,
                                  json_pack("{s:s, s:s, s:o*}", "what", f->what, "state", verify_states[f->state], "path", path)))
            json_decref(files), files = NULL;
    }
    return json_pack("{s:I, s:I, s:I, s:o, s:o}", "recorded", (json_int_t)v->recorded, "found", (json_int_t)v->found, "same",
                     (json_int_t)v->same, "changes", list, "files", files);
}
