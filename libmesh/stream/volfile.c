/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/volfile.h"
#include "base/hash.h"
#include "base/mem.h"
#include "stream/nifti.h"
#include "stream/nrrd.h"
#include "stream/segnrrd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

lm_volfile_kind lm_volfile_sniff(const unsigned char *head, size_t n)
{
    if (n >= 8 && !memcmp(head, "NRRD000", 7)) return LM_VOLFILE_NRRD;
    return lm_nifti_sniff(head, n) ? LM_VOLFILE_NIFTI : LM_VOLFILE_NONE;
}

lm_status lm_volfile_is(const char *path, bool *is, lm_err *err)
{
    const unsigned char *p;
    lm_in *in = NULL;
    struct stat st;
    size_t got;
    *is = false;
    if (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size) return LM_OK;
    lm_status rc = lm_io_open(path, &in, err);
    if (!rc && !(rc = lm_io_peek(in, LM_VOLFILE_HEAD, &p, &got, err))) *is = lm_volfile_sniff(p, got) != LM_VOLFILE_NONE;
    lm_io_close(in);
    return rc;
}

const char *lm_volfile_name(lm_volfile_kind k)
{
    static const char *const name[] = {NULL, "nrrd", "nifti"};
    return name[k];
}

static lm_status volfile_kind(lm_in *in, lm_volfile_kind *k, lm_err *err)
{
    const unsigned char *p;
    size_t got;
    lm_status rc = lm_io_peek(in, LM_VOLFILE_HEAD, &p, &got, err);
    if (rc) return rc;
    *k = lm_volfile_sniff(p, got);
    return *k ? LM_OK
              : lm_err_set(err, LM_EFORMAT, NULL, "neither NRRD nor NIfTI: it starts with '%.*s'", (int)(got < 12 ? got : 12), p);
}

lm_status lm_volfile_read(lm_in *in, const char *axes, lm_vol *vol, lm_records *rec, lm_err *err)
{
    lm_volfile_kind k;
    lm_vol_release(vol);
    lm_record_release(rec);
    lm_status rc = volfile_kind(in, &k, err);
    if (rc) return rc;
    return k == LM_VOLFILE_NRRD ? lm_nrrd_read(in, vol, rec, err) : lm_nifti_read(in, axes, vol, rec, err);
}

lm_status lm_volfile_open(lm_in *in, lm_nrrd **rest, lm_vol *grid, lm_records *rec, lm_err *err)
{
    lm_volfile_kind k;
    lm_vol_release(grid);
    lm_record_release(rec);
    *rest = NULL;
    lm_status rc = volfile_kind(in, &k, err);
    if (rc) return rc;
    return k == LM_VOLFILE_NRRD ? lm_nrrd_open(in, rest, grid, rec, err) : lm_nifti_read(in, NULL, grid, rec, err);
}

lm_status lm_volfile_slices(lm_nrrd *rest, lm_vol *grid, lm_slices *out, lm_err *err)
{
    const bool sliced = rest && lm_nrrd_sliced(rest);
    lm_status rc = rest && !sliced ? lm_nrrd_samples(rest, grid, err) : LM_OK;
    if (!rc) *out = lm_slices_of(grid, sliced ? lm_nrrd_slices : NULL, rest);
    return rc;
}

static json_t *volfile_facts(const lm_vol *v, const char *kind, lm_hash_sha256 *file, const json_t *findings)
{
    char whole[LM_SHA256_HEX], pixels[LM_SHA256_HEX];
    size_t i;
    json_t *f, *warnings = json_array();
    lm_hash_sha256_hex(file, whole);
    lm_hash_sha256_of(v->data, lm_vol_count(v) * lm_vol_type_size(v->type), pixels);
    json_array_foreach(findings, i, f)
        if (warnings && json_array_append_new(warnings, json_pack("{s:O?, s:O?}", "rule", json_object_get(f, "rule"), "text",
                                                                  json_object_get(f, "text")))) {
            json_decref(warnings);
            warnings = NULL;
        }
    return json_pack("{s:s, s:s, s:s, s:[I, I, I], s:[f, f, f], s:o}", "kind", kind, "sha256_file", whole, "sha256_pixels", pixels,
                     "size", (json_int_t)v->n[0], (json_int_t)v->n[1], (json_int_t)v->n[2], "spacing_mm", lm_vol_spacing(v, 0),
                     lm_vol_spacing(v, 1), lm_vol_spacing(v, 2), "warnings", warnings);
}

lm_status lm_volfile_load(lm_in *in, const char *axes, lm_vol *vol, json_t **facts, lm_err *err)
{
    lm_volfile_kind k;
    lm_hash_sha256 sha;
    lm_records *rec = lm_mem_calloc(1, sizeof *rec, err);
    lm_hash_sha256_init(&sha);
    lm_io_hash(in, &sha);
    lm_status rc = rec ? volfile_kind(in, &k, err) : LM_ENOMEM;
    if (!rc) rc = lm_volfile_read(in, axes, vol, rec, err);
    if (!rc && vol->image) rc = lm_err_set(err, LM_ERULE, NULL, "this is an image, not a volume");
    if (!rc && !(*facts = volfile_facts(vol, lm_volfile_name(k), &sha, rec->findings))) rc = lm_err_nomem(err, 0);
    lm_io_hash(in, NULL);
    if (rec) lm_record_release(rec);
    free(rec);
    if (rc) lm_vol_release(vol);
    return rc;
}

/* ---- layers of segments ---- */

/* Layer `at` of `layers`, which lie sample by sample. */
static lm_status volfile_layer(const lm_vol *v, size_t layers, size_t at, lm_vol *out, lm_err *err)
{
    size_t w = lm_vol_type_size(v->type), count = lm_vol_count(v);
    lm_status rc = lm_vol_alloc(out, v->n, v->type, err);
    if (rc) return rc;
    memcpy(out->dir, v->dir, sizeof out->dir);
    memcpy(out->origin, v->origin, sizeof out->origin);
    const char *from = (const char *)v->data + at * w;
    char *to = out->data;
    for (size_t i = 0; i < count; i++) memcpy(to + i * w, from + i * layers * w, w);
    return LM_OK;
}

static const lm_segnrrd_item *volfile_find(const lm_segnrrd *seg, size_t layer, uint32_t value)
{
    size_t lo = 0, hi = seg->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const lm_segnrrd_item *m = &seg->item[mid];
        if (m->layer < layer || (m->layer == layer && m->value < value)) lo = mid + 1;
        else hi = mid;
    }
    return lo < seg->n && seg->item[lo].layer == layer && seg->item[lo].value == value ? &seg->item[lo] : NULL;
}

/* Move the labels of one layer to where they belong. */
static lm_status volfile_sort(const lm_segnrrd *seg, size_t layer, size_t layers, lm_regions *from, lm_regions *to, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < from->count && !rc; i++) {
        lm_region *g = &from->item[i], *now;
        const lm_segnrrd_item *item = volfile_find(seg, layer, g->part.label);
        if (!item && layers > 1)
            return lm_err_set(err, LM_EFORMAT, NULL, "NRRD: layer %zu holds the value %" PRIu32 ", which no segment has", layer,
                              g->part.label);
        if ((rc = lm_regions_add(to, item ? &item->region.part : &g->part, &now, err))) break;
        lm_region kept = item ? item->region : *g;
        kept.part = now->part;
        kept.run = g->run, kept.n_runs = g->n_runs, kept.cap = g->cap, kept.voxels = g->voxels;
        *now = kept;
        g->run = NULL;
        g->n_runs = 0;
    }
    return rc;
}

/* Segments that no sample belongs to. */
static lm_status volfile_empty(const lm_segnrrd *seg, lm_regions *to, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < seg->n && !rc; i++) {
        const lm_region *g = &seg->item[i].region;
        lm_region *now;
        if (!lm_regions_find(to, g->part.label) && !(rc = lm_regions_add(to, &g->part, &now, err))) *now = *g;
    }
    return rc;
}

static lm_status volfile_layers(const lm_vol *v, const lm_nrrd_head *h, const lm_segnrrd *seg, lm_regions *out, lm_err *err)
{
    lm_status rc = LM_OK;
    lm_regions_on(out, v);
    for (size_t l = 0; l < h->layers && !rc; l++) {
        lm_vol one = LM_VOL_INIT;
        lm_regions found = LM_REGIONS_INIT;
        if (h->layers > 1) rc = volfile_layer(v, h->layers, l, &one, err);
        if (!rc) rc = lm_regions_from_vol(h->layers > 1 ? &one : v, &found, err);
        if (!rc) rc = volfile_sort(seg, l, h->layers, &found, out, err);
        lm_regions_release(&found);
        lm_vol_release(&one);
    }
    return rc ? rc : volfile_empty(seg, out, err);
}

static lm_status volfile_segments(lm_in *in, lm_regions *out, lm_records *rec, lm_err *err)
{
    lm_nrrd_head h = LM_NRRD_HEAD_INIT;
    lm_segnrrd seg = LM_SEGNRRD_INIT;
    lm_vol v = LM_VOL_INIT;
    uint32_t crc;
    memset(rec->item, 0, sizeof rec->item);
    lm_status rc = lm_nrrd_head_read(in, &h, rec, err);
    if (!rc && h.vol.image) rc = lm_err_set(err, LM_ERULE, NULL, "the file is an image, not a volume");
    if (!rc) rc = lm_segnrrd_parse(&h, &seg, err);
    if (!rc) {
        v = h.vol;
        rc = lm_nrrd_payload(in, &h, &v.type, &v.data, &crc, err);
    }
    if (!rc) rc = volfile_layers(&v, &h, &seg, out, err);
    if (!rc && h.vol.has_iso && out->count > 1)
        rc = lm_err_set(err, LM_ERULE, NULL, "the file is a grey field with a level (meshqa_iso) and %zu values, not a mask",
                        out->count);
    if (!rc) lm_record_check(rec, crc, h.bytes);
    else rec->n = LM_RECORDS_MAX; /* with gaps; see nrrd.c */
    lm_vol_release(&v);
    lm_segnrrd_release(&seg);
    lm_nrrd_head_release(&h);
    return rc;
}

lm_status lm_volfile_regions(lm_in *in, const char *axes, lm_regions *out, lm_records *rec, lm_err *err)
{
    lm_volfile_kind k;
    lm_regions_release(out);
    lm_record_release(rec);
    lm_status rc = volfile_kind(in, &k, err);
    if (!rc && k == LM_VOLFILE_NRRD) rc = volfile_segments(in, out, rec, err);
    else if (!rc) {
        lm_vol v = LM_VOL_INIT;
        rc = lm_nifti_read(in, axes, &v, rec, err);
        if (!rc) rc = lm_regions_from_vol(&v, out, err);
        lm_vol_release(&v);
    }
    if (!rc) return LM_OK;
    lm_regions_release(out);
    lm_record_release(rec);
    return rc;
}
