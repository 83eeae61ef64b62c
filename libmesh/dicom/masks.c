/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/masks.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "dicom/select.h"
#include "stream/volfile.h"
#include "volume/priority.h"
#include "volume/terms.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MASKS_LIST = 240 };

void lm_masks_release(lm_masks *m)
{
    lm_regions_release(&m->regions);
    json_decref(m->facts);
    lm_tree_release(m->fractions);
    *m = (lm_masks)LM_MASKS_INIT;
}

static lm_status masks_warn(lm_masks *m, const char *rule, const char *text, lm_err *err)
{
    json_t *list = json_object_get(m->facts, "warnings"), *w = json_pack("{s:s?, s:s}", "rule", rule, "text", text);
    if (!list && !json_object_set_new(m->facts, "warnings", json_array())) list = json_object_get(m->facts, "warnings");
    return w && list && !json_array_append_new(list, w) ? LM_OK : lm_err_nomem(err, 0);
}

/* ---- reading ---- */

static lm_status masks_facts(lm_masks *m, const char *kind, const char *sha256, const json_t *findings, lm_err *err)
{
    lm_vol grid = lm_regions_grid(&m->regions);
    size_t i;
    json_t *f;
    lm_status rc = LM_OK;
    m->facts = json_pack("{s:s, s:s, s:[I, I, I], s:[f, f, f]}", "kind", kind, "sha256_file", sha256, "size", (json_int_t)grid.n[0],
                         (json_int_t)grid.n[1], (json_int_t)grid.n[2], "spacing_mm", lm_vol_spacing(&grid, 0),
                         lm_vol_spacing(&grid, 1), lm_vol_spacing(&grid, 2));
    if (!m->facts) return lm_err_nomem(err, 0);
    json_array_foreach(findings, i, f)
        if (!rc)
            rc = masks_warn(m, json_string_value(json_object_get(f, "rule")), json_string_value(json_object_get(f, "text")), err);
    return rc;
}

static lm_status masks_volume(lm_in *in, const lm_masks_opt *opt, lm_volfile_kind kind, lm_masks *out, lm_err *err)
{
    lm_records *rec = lm_mem_calloc(1, sizeof *rec, err);
    if (!rec) return LM_ENOMEM;
    lm_hash_sha256 sha;
    char hex[LM_SHA256_HEX];
    lm_hash_sha256_init(&sha);
    lm_io_hash(in, &sha);
    lm_status rc = lm_volfile_regions(in, opt->axes, &out->regions, rec, err);
    if (!rc) {
        lm_hash_sha256_hex(&sha, hex);
        rc = masks_facts(out, lm_volfile_name(kind), hex, rec->findings, err);
    }
    lm_record_release(rec);
    free(rec);
    return rc;
}

lm_status lm_masks_series(const lm_source *s, size_t series, const lm_masks_opt *opt, lm_masks *out, lm_err *err)
{
    const lm_segmask_opt so = {.level = opt->level,
                               .threads = opt->threads,
                               .identity = opt->identity,
                               .grid = opt->grid,
                               .grid_frame = opt->grid_frame ? opt->grid_frame : ""};
    lm_segmask m = LM_SEGMASK_INIT;
    lm_masks_release(out);
    lm_status rc = lm_segmask_read(s, series, &so, &m, err);
    if (rc) return rc;
    out->regions = m.regions;
    out->facts = m.facts;
    out->fractions = m.fractions;
    memcpy(out->frame, m.frame, sizeof out->frame);
    return LM_OK;
}

static lm_status masks_dicom(const char *path, const lm_masks_opt *opt, lm_masks *out, lm_err *err)
{
    const lm_source_opt so = {.threads = opt->threads, .identity = opt->identity};
    lm_source *s = NULL;
    size_t series = 0;
    lm_status rc = lm_source_scan(&path, 1, &so, &s, err);
    if (!rc) rc = lm_segmask_find(s, &series, err);
    if (!rc) rc = lm_masks_series(s, series, opt, out, err);
    lm_source_release(s);
    return rc;
}

lm_status lm_masks_read(const char *path, const lm_masks_opt *opt, lm_masks *out, lm_err *err)
{
    lm_in *in = NULL;
    const unsigned char *p;
    size_t got;
    struct stat st;
    lm_volfile_kind kind = LM_VOLFILE_NONE;
    lm_masks_release(out);
    bool piped = !strcmp(path, "-"), folder = !piped && !stat(path, &st) && S_ISDIR(st.st_mode);
    lm_status rc = folder ? LM_OK : lm_io_open(path, &in, err);
    if (rc) return rc;
    if (!folder && !(rc = lm_io_peek(in, LM_VOLFILE_HEAD, &p, &got, err))) kind = lm_volfile_sniff(p, got);
    if (!rc && kind) rc = masks_volume(in, opt, kind, out, err);
    else if (!rc && piped)
        rc = lm_err_set(err, LM_EFORMAT, NULL, "no mask that is read from standard input: NRRD, .seg.nrrd or NIfTI");
    else if (!rc) rc = masks_dicom(path, opt, out, err);
    if (rc) {
        lm_err_frame(err, "cannot read the mask '%s'", folder ? path : lm_io_name(in));
        lm_masks_release(out);
    }
    lm_io_close(in);
    return rc;
}

const char *lm_masks_proof(const json_t *facts)
{
    static const char *const keys[] = {"sha256_file", "sha256_contours", "sha256_pixels"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *s = json_string_value(json_object_get(facts, keys[i]));
        if (s) return s;
    }
    return NULL;
}

lm_status lm_masks_grey(const lm_masks *m, const lm_masks_opt *opt, lm_vol *out, lm_err *err)
{
    const lm_seg_opt so = {.level = opt->level, .threads = opt->threads};
    return lm_seg_grey(m->fractions, m->regions.item[0].part.label, &so, out, err);
}

/* ---- picking ---- */

static void masks_name(const lm_region *g, const lm_masks_opt *opt, char out[LM_PART_NAME])
{
    lm_identity_name(opt->identity, g->part.name, g->part.label, out, LM_PART_NAME);
}

/* "1 liver, 2 part-2, ..." */
static void masks_list(const lm_masks *m, const lm_masks_opt *opt, char list[MASKS_LIST])
{
    char name[LM_PART_NAME];
    size_t at = 0, i = 0;
    list[0] = 0;
    for (; i < m->regions.count && at + LM_PART_NAME + 20 < MASKS_LIST; i++) {
        masks_name(&m->regions.item[i], opt, name);
        at += (size_t)snprintf(list + at, MASKS_LIST - at, "%s%" PRIu32 " %s", i ? ", " : "", m->regions.item[i].part.label, name);
    }
    if (i < m->regions.count) snprintf(list + at, MASKS_LIST - at, ", ...");
}

lm_status lm_masks_only(const lm_masks *m, const lm_masks_opt *opt, lm_err *err)
{
    char list[MASKS_LIST];
    if (m->regions.count < 2) return LM_OK;
    masks_list(m, opt, list);
    return lm_err_set(err, LM_EUSAGE, NULL, "the mask has %zu labels: choose with --label (--label . takes all): %s",
                      m->regions.count, list);
}

static lm_status masks_none(const lm_masks *m, const char *text, const lm_masks_opt *opt, lm_err *err)
{
    char list[MASKS_LIST];
    masks_list(m, opt, list);
    return lm_err_set(err, LM_EUSAGE, NULL, "no label is '%.80s'; there are %zu: %s", text, m->regions.count, list);
}

static lm_status masks_match(const lm_masks *m, const char *text, const lm_masks_opt *opt, bool *pick, lm_err *err)
{
    size_t number, hits = 0;
    lm_select *s = NULL;
    bool is_number = lm_num_size(text, UINT32_MAX, &number);
    lm_status rc = is_number ? LM_OK : lm_select_new(text, &s, err);
    for (size_t i = 0; i < m->regions.count && !rc; i++) {
        const lm_region *g = &m->regions.item[i];
        bool hit = is_number && g->part.label == number;
        if (!is_number) rc = lm_select_match(s, g->part.name, &hit, err);
        if (!is_number && !rc && !hit) rc = lm_select_match(s, g->meaning, &hit, err);
        pick[i] |= hit;
        hits += hit;
    }
    lm_select_release(s);
    return rc || hits ? rc : masks_none(m, text, opt, err);
}

/* Facts that are told for each label: of those that are kept. */
static void masks_keep_facts(lm_masks *m)
{
    static const char *const lists[] = {"occupancy", "contours", "tracking"};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        json_t *list = json_object_get(m->facts, lists[k]);
        for (size_t i = json_array_size(list); i-- > 0;) {
            json_int_t label = json_integer_value(json_object_get(json_array_get(list, i), "label"));
            bool kept = false;
            for (size_t r = 0; r < m->regions.count; r++) kept |= m->regions.item[r].part.label == label;
            if (!kept) json_array_remove(list, i);
        }
    }
}

lm_status lm_masks_pick(lm_masks *m, const char *const *text, size_t n, const lm_masks_opt *opt, lm_err *err)
{
    lm_regions *r = &m->regions;
    bool *pick = lm_mem_calloc(r->count, sizeof *pick, err);
    lm_status rc = pick ? LM_OK : LM_ENOMEM;
    size_t kept = 0;
    uint64_t voxels = 0;
    for (size_t i = 0; i < n && !rc; i++) rc = masks_match(m, text[i], opt, pick, err);
    for (size_t i = 0; i < r->count && !rc; i++) {
        lm_region *g = &r->item[i];
        if (n && !pick[i]) {
            free(g->run);
            continue;
        }
        char name[LM_PART_NAME];
        masks_name(g, opt, name);
        memcpy(g->part.name, name, sizeof name);
        if (!lm_terms_known(g->meaning) && !(opt->identity && opt->identity->keep_names)) g->meaning[0] = 0;
        voxels += g->voxels;
        r->item[kept++] = *g;
    }
    if (!rc) {
        r->count = kept;
        masks_keep_facts(m);
    }
    free(pick);
    if (!rc && !voxels)
        rc = lm_err_set(err, LM_ENO, NULL, "nothing is inside: the %zu labels of the mask that are meant have no voxel", kept);
    return rc;
}

lm_status lm_masks_order(const lm_masks *m, const char *text, const lm_masks_opt *opt, uint32_t **label, size_t *n, lm_err *err)
{
    const size_t count = m->regions.count;
    char one[LM_PART_NAME];
    lm_status rc = LM_OK;
    bool *pick = lm_mem_calloc(2 * count, sizeof *pick, err);
    *n = 0;
    if (!pick) return LM_ENOMEM;
    bool *done = pick + count;
    if (!(*label = lm_mem_alloc(count, sizeof **label, err))) rc = LM_ENOMEM;
    for (const char *at = text; !rc; at++) {
        const size_t length = strcspn(at, ",");
        if (!length || length >= sizeof one)
            rc = lm_err_set(err, LM_EUSAGE, NULL, "--priority '%.80s': names or numbers of segments apart by commas", text);
        if (rc) break;
        snprintf(one, sizeof one, "%.*s", (int)length, at);
        memset(pick, 0, count * sizeof *pick);
        rc = masks_match(m, one, opt, pick, err);
        for (size_t i = 0; i < count && !rc; i++) {
            if (pick[i] && !done[i]) (*label)[(*n)++] = m->regions.item[i].part.label;
            done[i] = done[i] || pick[i];
        }
        at += length;
        if (!*at) break;
    }
    free(pick);
    if (rc) {
        free(*label);
        *label = NULL;
    }
    return rc;
}

lm_status lm_masks_rank(lm_masks *m, const uint32_t *label, size_t n, lm_err *err)
{
    lm_regions *r = &m->regions;
    uint64_t *lost = lm_mem_calloc(r->count, sizeof *lost, err);
    json_t *list = json_array();
    if (!lost) {
        json_decref(list);
        return LM_ENOMEM;
    }
    lm_status rc = lm_priority_apply(r, label, n, lost, err);
    for (size_t i = 0; i < n && !rc; i++) {
        const lm_region *g = lm_regions_find(r, label[i]);
        if (g && json_array_append_new(
                     list, json_pack("{s:I, s:I}", "label", (json_int_t)label[i], "lost_voxels", (json_int_t)lost[g - r->item])))
            rc = lm_err_nomem(err, 0);
    }
    for (size_t i = 0; i < r->count && !rc; i++) {
        char text[200];
        if (!lost[i]) continue;
        snprintf(text, sizeof text,
                 "%" PRIu64 " voxels of label %" PRIu32 " (%.64s) belong to labels of higher priority; %" PRIu64 " are left",
                 lost[i], r->item[i].part.label, r->item[i].part.name, r->item[i].voxels);
        rc = masks_warn(m, NULL, text, err);
    }
    if (!rc && json_object_set(m->facts, "priority", list)) rc = lm_err_nomem(err, 0);
    json_decref(list);
    free(lost);
    return rc;
}

/* ---- placing ---- */

static uint64_t masks_voxels(const lm_regions *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->count; i++) n += r->item[i].voxels;
    return n;
}

lm_status lm_masks_place(lm_masks *m, const lm_vol *to, const char *frame, lm_err *err)
{
    bool same;
    double gap;
    char text[200];
    lm_regions now = LM_REGIONS_INIT;
    if (m->frame[0] && frame[0] && strcmp(m->frame, frame))
        return lm_err_set(err, LM_ERULE, "G-3",
                          "mask and series are in different frames of reference: their coordinates do not belong together");
    lm_regions_fit(&m->regions, to, &same, &gap);
    lm_vol from = lm_regions_grid(&m->regions);
    uint64_t before = masks_voxels(&m->regions), after;
    const double was = (double)before * fabs(lm_vol_det(&from));
    m->own_mm3 = was;
    lm_status rc = lm_regions_regrid(&m->regions, to, &now, err);
    if (rc) return rc;
    lm_regions_release(&m->regions);
    m->regions = now;
    after = masks_voxels(&now);
    if (!after)
        return lm_err_set(err, LM_ERULE, NULL,
                          "the mask lies wholly outside the series: do they belong to the same patient and study?");
    if (json_object_set_new(m->facts, "placed", json_pack("{s:b, s:f}", "resampled", !same, "gap_voxels", same ? 0 : gap)))
        return lm_err_nomem(err, 0);
    if (!same) {
        snprintf(text, sizeof text,
                 "the mask is on another grid than the series: each sample takes what the nearest of the mask has; "
                 "%.6g mm3 became %.6g mm3",
                 was, (double)after * fabs(lm_vol_det(to)));
        rc = masks_warn(m, NULL, text, err);
    } else if (after < before) {
        snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 " voxels of the mask lie outside the series and are lost",
                 before - after, before);
        rc = masks_warn(m, NULL, text, err);
    }
    return rc;
}

json_t *lm_masks_partial(const lm_partial *p)
{
    if (!p->stated) return json_pack("{s:s}", "refused", "no pure sample of a class: give --inside and --outside");
    return json_pack("{s:f, s:f, s:f, s:f, s:I, s:I}", "mm3", p->volume_mm3, "u_mm3", p->u_mm3, "inside", p->inside, "outside",
                     p->outside, "mixed", (json_int_t)p->mixed, "undecided", (json_int_t)p->undecided);
}

json_t *lm_masks_labels(const lm_regions *r, const lm_label_volumes *v, bool grey, lm_err *err)
{
    lm_vol grid = lm_regions_grid(r);
    double mm3 = fabs(lm_vol_det(&grid));
    json_t *list = json_array();
    bool ok = list;
    for (size_t i = 0; i < r->count && ok; i++) {
        const lm_region *g = &r->item[i];
        json_t *one = json_pack("{s:I, s:s, s:I, s:f}", "label", (json_int_t)g->part.label, "name", g->part.name, "voxel_count",
                                (json_int_t)g->voxels, "voxel_count_mm3", (double)g->voxels * mm3);
        bool stated = one && v && !isnan(v[i].level_mm3);
        if (stated) ok = !json_object_set_new(one, "at_level_mm3", json_real(v[i].level_mm3));
        if (stated && grey && ok) ok = !json_object_set_new(one, "partial", lm_masks_partial(&v[i].partial));
        if (one && g->code[0] && ok)
            ok = !json_object_update_new(one,
                                         json_pack("{s:s, s:s, s:s}", "scheme", g->scheme, "code", g->code, "meaning", g->meaning));
        if (!one || json_array_append_new(list, one)) ok = false;
    }
    if (ok) return list;
    json_decref(list);
    lm_err_nomem(err, 0);
    return NULL;
}
