/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/source_load.h"
#include "base/hash.h"
#include "base/mem.h"
#include "dicom/decode.h"
#include "dicom/source_data.h"
#include "volume/unshift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int source_load_one(void *ctx, size_t i)
{
    static lm_decode_reader keep; /* of this child */
    lm_source_loading *l = ctx;
    size_t file = l->r->member[i], slice = l->r->slice[i];
    const lm_dicom_file *f = &l->s->head[file];
    bool twin = i > 0 && l->r->slice[i - 1] == slice; /* a duplicate is only compared */
    size_t bytes = (size_t)f->rows * f->columns * lm_vol_type_size(l->type);
    const lm_files_item *of = lm_source_file(l->s, file);
    const lm_gdcm_file from = {of->path, of->data, of->size};
    size_t frame = f->kind == LM_DICOM_SLICE ? f->frame_at : l->frame;
    return lm_decode_file(&keep, &from, f, frame, l->type, twin ? NULL : l->out + slice * bytes, &l->fact[i]) != LM_DECODE_OK;
}

static lm_status source_load_error(const lm_source_loading *l, size_t i, lm_err *err)
{
    const lm_decode_slice *d = &l->fact[i];
    const lm_dicom_file *f = &l->s->head[l->r->member[i]];
    const char *name = lm_source_file(l->s, l->r->member[i])->name;
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
lm_status lm_source_decode(lm_source_loading *l, const lm_source_opt *opt, lm_vol *vol, bool *fits, lm_err *err)
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
        size_t size = lm_source_file(l->s, l->r->member[i])->size, several = l->s->head[l->r->member[i]].frames;
        largest = size > largest ? size : largest;
        frames = several > frames ? several : frames;
    }
    size_t work = 16 * n[0] * n[1] * 4 + (frames > 1 ? 4 * lm_decode_bytes(h) * frames : 0);
    lm_child_job job = lm_source_job(opt, l->r->n, "decoding", largest, work);
    lm_child_end end;
    job.fn = source_load_one;
    job.ctx = l;
    lm_status rc = lm_child_run(&job, &end, err);
    if (rc) return rc;
    if (end.why == LM_CHILD_FAILED) return source_load_error(l, end.item, err);
    if (end.why != LM_CHILD_DONE) return lm_source_child_error(lm_source_file(l->s, l->r->member[end.item])->name, &end, err);
    *fits = true;
    for (size_t i = 0; i < l->r->n; i++) *fits &= l->fact[i].fits;
    return LM_OK;
}

/* G-4: what shares a place must be the same image. */
static lm_status source_duplicates(const lm_source_loading *l, lm_err *err)
{
    for (size_t i = 1; i < l->r->n; i++) {
        const lm_dicom_file *a = &l->s->head[l->r->member[i - 1]], *b = &l->s->head[l->r->member[i]];
        if (l->r->slice[i] != l->r->slice[i - 1]) continue;
        if (memcmp(l->fact[i].sha256, l->fact[i - 1].sha256, sizeof l->fact[i].sha256) || a->slope != b->slope ||
            a->intercept != b->intercept)
            return lm_err_set(err, LM_ERULE, "G-4",
                              "%zu of %zu slices share a place with another that has other pixels: several volumes in one series? "
                              "The first pair: '%s', '%s'",
                              l->r->duplicates, l->r->n, lm_source_file(l->s, l->r->member[i - 1])->name,
                              lm_source_file(l->s, l->r->member[i])->name);
    }
    return LM_OK;
}

/* Padding is no measurement: it takes the least value that was measured, so that no threshold finds it. */
lm_status lm_source_padding(const lm_source_loading *l, lm_series *w, lm_vol *vol, lm_err *err)
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
static json_t *source_motion(const lm_shift *m, size_t slices, bool back, lm_series *w, bool *ok)
{
    json_t *list = m->n ? json_array() : NULL;
    for (size_t i = 0; i < m->n && i < LM_SHIFT_MAX; i++) {
        const lm_shift_item *t = &m->item[i];
        if (json_array_append_new(list, json_pack("{s:I, s:b, s:[f,f], s:f}", "slice", (json_int_t)t->slice + 1, "rest", t->rest,
                                                  "px", t->px[0], t->px[1], "mm", t->mm)) ||
            (back && json_object_set_new(json_array_get(list, i), "moved_back", json_true())))
            *ok = false;
        if (i < 4)
            lm_series_warn(w, "",
                           "slice %zu of %zu%s off its neighbours by %.2f mm within the plane (%.1f pixels along rows, %.1f down "
                           "columns)%s",
                           t->slice + 1, slices, t->rest ? " and all behind it lie" : " lies", t->mm, t->px[0], t->px[1],
                           back ? ", and was moved back: the samples are interpolated" : ": motion?");
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
    if (rc == LM_EIO) lm_err_frame(err, "'%s'", lm_source_file(s, r->member[bad])->name);
    free(from);
    free(file);
    if (rc) free(out);
    else *d = out;
    return rc;
}

/* What names the files and the single images, into facts. */
static lm_status source_hash(const lm_source_loading *l, size_t series, const lm_source_opt *opt, json_t *facts, lm_err *err)
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
    lm_source_loading l = {.s = s, .r = r, .type = LM_I16};
    if (!(l.fact = lm_child_map(r->n, sizeof *l.fact, &fact_bytes, err))) return LM_ENOMEM;
    for (size_t i = 0; i < r->n; i++) {
        const lm_dicom_file *f = &s->head[r->member[i]];
        if (!lm_decode_whole(f)) l.type = LM_F32;
    }
    lm_status rc = lm_source_decode(&l, opt, vol, &fits, err);
    if (!rc && l.type == LM_I16 && !fits) { /* rare: values beyond int16 */
        l.type = LM_F32;
        rc = lm_source_decode(&l, opt, vol, &fits, err);
    }
    if (!rc) rc = source_duplicates(&l, err);
    if (!rc) rc = lm_source_padding(&l, r, vol, err);
    lm_shift motion = {.n = 0};
    const bool back = opt && opt->unshift;
    if (!rc) { /* on what was read, before slices are made */
        memcpy(vol->dir, r->dir, sizeof vol->dir);
        rc = lm_shift_find(vol, r->gaps.read, opt ? opt->threads : 0, &motion, err);
    }
    if (!rc && back && motion.n) rc = lm_unshift(vol, r->gaps.read, &motion, opt->threads, err);
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
        json_t *moved = source_motion(&motion, r->gaps.read, back, r, &ok);
        *facts = lm_source_facts(s, r, hex);
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
