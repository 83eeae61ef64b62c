/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/segmask.h"
#include "dicom/source_load.h"
#include "base/bytes.h"
#include "dicom/rtstruct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void lm_segmask_release(lm_segmask *m)
{
    lm_regions_release(&m->regions);
    json_decref(m->facts);
    lm_tree_release(m->fractions);
    *m = (lm_segmask)LM_SEGMASK_INIT;
}

/* ---- which series ---- */

static lm_dicom_kind segmask_kind(const lm_source *s, size_t series, const lm_dicom_file **head)
{
    lm_source_member(s, series, 0, head);
    return (*head)->kind;
}

bool lm_segmask_is(const lm_source *s, size_t series)
{
    const lm_dicom_file *h;
    lm_dicom_kind k = segmask_kind(s, series, &h);
    return k == LM_DICOM_SEG || k == LM_DICOM_RTSTRUCT;
}

bool lm_segmask_stands(const lm_source *s, size_t series)
{
    const lm_dicom_file *h;
    return segmask_kind(s, series, &h) == LM_DICOM_SEG;
}

lm_status lm_segmask_find(const lm_source *s, size_t *series, lm_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < lm_source_count(s); i++)
        if (lm_segmask_is(s, i) && lm_source_wanted(s, i) && !n++) *series = i;
    if (n == 1) return LM_OK;
    return lm_err_set(err, LM_ERULE, "G-3",
                      n ? "there are %zu segmentations and structure sets: name the file of the one that is meant"
                        : "there is no DICOM segmentation and no structure set (%zu)",
                      n);
}

static lm_status segmask_tree(const lm_source *s, size_t series, bool pixels, const lm_segmask_opt *opt, lm_tree **t,
                              const char **name, lm_err *err)
{
    const lm_dicom_file *head;
    size_t n = lm_source_members(s, series);
    if (n != 1)
        return lm_err_set(err, LM_ERULE, "G-3", "the series holds %zu segmentations or structure sets: name the file of one", n);
    lm_tree_file f = lm_source_member(s, series, 0, &head);
    /* deflated masks unpack to a hundred times their size and more */
    bool deflated = !strcmp(head->transfer, "1.2.840.10008.1.2.1.99");
    lm_tree_opt o = {.threads = opt->threads,
                     .pixels = pixels,
                     .max_value = SIZE_MAX,
                     .max_memory = deflated ? (size_t)3 << 30 : 0,
                     .max_bytes = deflated ? (size_t)1 << 30 : 0};
    *name = f.name;
    return lm_tree_read(&f, 1, &o, t, err);
}

static bool segmask_image(const lm_source *s, size_t series, const lm_dicom_file **head)
{
    lm_dicom_kind k = segmask_kind(s, series, head);
    return k == LM_DICOM_SLICE || k == LM_DICOM_MULTIFRAME;
}

lm_status lm_segmask_images(const lm_source *s, size_t series, const lm_source *among, const lm_segmask_opt *opt, size_t *images,
                            lm_err *err)
{
    const lm_dicom_file *h;
    const char *name;
    char uid[LM_UID], frame[LM_UID];
    size_t slices = 0;
    lm_tree *t = NULL;
    lm_status rc = segmask_tree(s, series, false, opt, &t, &name, err);
    if (rc) return rc;
    if (segmask_kind(s, series, &h) == LM_DICOM_RTSTRUCT) slices = lm_rtstruct_reference(t, uid, frame);
    else {
        lm_tree_code(lm_tree_at(lm_tree_root(t), 0x00081115, 0), 0x0020000e, 0, uid, sizeof uid);
        lm_tree_code(lm_tree_root(t), 0x00200052, 0, frame, sizeof frame);
    }
    lm_tree_release(t);
    static const lm_identity plain = LM_IDENTITY_INIT;
    char shown[LM_IDENTITY_TEXT] = "not named", count[40] = "";
    size_t n = 0, same = 0, first = 0;
    if (slices) snprintf(count, sizeof count, "%zu images, ", slices);
    if (uid[0]) lm_identity_uid(opt->identity ? opt->identity : &plain, uid, shown);
    for (size_t i = 0; i < lm_source_count(among); i++) {
        if (!segmask_image(among, i, &h)) continue;
        if (uid[0] && !strcmp(h->series, uid) && !n++) *images = i;
        if (frame[0] && !strcmp(h->frame, frame) && !same++) first = i;
    }
    if (!n && same == 1) *images = first, n = 1;
    if (n == 1) return LM_OK;
    return lm_err_set(
        err, LM_ERULE, "G-3",
        n ? "'%s' was drawn on a series that is %zu volumes here: choose one with --series and give this file with --mask"
          : "'%s' needs the images that it was drawn on, and they are not among the files (%zu found): give their folder too "
            "(%sseries %s "
            "in dcmseg --info --json), or a label map in place of this file",
        name, n, count, shown);
}

/* ---- facts ---- */

static bool segmask_put(json_t *o, const char *key, json_t *v)
{
    return v && !json_object_set_new(o, key, v);
}

static bool segmask_warn(json_t *o, const lm_series_warning *w, int n, int left)
{
    json_t *list = json_array();
    bool ok = list;
    for (int i = 0; i < n && ok; i++)
        ok = !json_array_append_new(list, json_pack("{s:s*, s:s}", "rule", w[i].rule[0] ? w[i].rule : NULL, "text", w[i].text));
    if (ok && left)
        ok = !json_array_append_new(list,
                                    json_pack("{s:o}", "text", json_sprintf("%d more warnings of this kind were left out", left)));
    if (ok) return segmask_put(o, "warnings", list);
    json_decref(list);
    return false;
}

static json_t *segmask_common(const char *kind, const lm_dicom_file *h, const lm_segmask *m, const lm_segmask_opt *opt)
{
    char series[LM_IDENTITY_TEXT], frame[LM_IDENTITY_TEXT], key[LM_IDENTITY_HASH];
    static const lm_identity plain = LM_IDENTITY_INIT;
    const lm_identity *id = opt->identity ? opt->identity : &plain;
    lm_vol g = lm_regions_grid(&m->regions);
    lm_identity_uid(id, h->series, series);
    lm_identity_uid(id, m->frame, frame);
    lm_identity_key_name(id, key);
    return json_pack("{s:s, s:s*, s:s, s:s*, s:s, s:[I,I,I], s:[f,f,f]}", "kind", kind, "modality",
                     h->modality[0] ? h->modality : NULL, "series", series, "frame", m->frame[0] ? frame : NULL, "uid_key",
                     id->show ? "shown" : key, "size", (json_int_t)g.n[0], (json_int_t)g.n[1], (json_int_t)g.n[2], "spacing_mm",
                     lm_vol_spacing(&g, 0), lm_vol_spacing(&g, 1), lm_vol_spacing(&g, 2));
}

static json_t *segmask_seg_facts(const lm_dicom_file *h, const lm_segmask *m, const lm_seg_facts *f, const lm_segmask_opt *opt)
{
    static const char *const type[] = {"binary", "probability", "occupancy", "labelmap"};
    lm_vol g = lm_regions_grid(&m->regions);
    json_t *o = segmask_common("dicom-seg", h, m, opt), *list = f->type == LM_SEG_OCCUPANCY ? json_array() : NULL;
    bool ok = o && segmask_put(o, "type", json_string(type[f->type])) && segmask_put(o, "sha256_pixels", json_string(f->sha256)) &&
              segmask_put(o, "transfer_syntax", json_string(f->transfer)) &&
              segmask_put(o, "frames", json_integer((json_int_t)f->frames)) && segmask_put(o, "lossy", json_boolean(f->lossy)) &&
              segmask_warn(o, f->warning, f->n_warnings, 0);
    if (ok && f->thickness_mm > 0) ok = segmask_put(o, "thickness_mm", json_real(f->thickness_mm));
    if (ok && f->maximum)
        ok = segmask_put(o, "level", json_real(f->level)) && segmask_put(o, "maximum", json_integer((json_int_t)f->maximum));
    for (size_t i = 0; i < m->regions.count && list && ok; i++)
        ok = !json_array_append_new(list, json_pack("{s:I, s:f}", "label", (json_int_t)m->regions.item[i].part.label, "mm3",
                                                    (double)f->sum[i] / f->maximum * fabs(lm_vol_det(&g))));
    if (ok && list) ok = !json_object_set(o, "occupancy", list);
    json_decref(list);
    if (ok) return o;
    json_decref(o);
    return NULL;
}

static json_t *segmask_rt_facts(const lm_dicom_file *h, const lm_segmask *m, const lm_rtstruct_facts *f, const char *sha,
                                const lm_segmask_opt *opt)
{
    json_t *o = segmask_common("dicom-rtstruct", h, m, opt), *list = json_array();
    bool ok = o && list && segmask_put(o, "sha256_contours", json_string(sha)) &&
              segmask_warn(o, f->warning, f->n_warnings, f->warnings_left);
    for (size_t i = 0; i < m->regions.count && ok; i++) {
        const lm_contours_facts *c = &f->roi[i].contours;
        json_t *stated = isfinite(f->roi[i].stated_mm3) ? json_real(f->roi[i].stated_mm3) : NULL;
        ok = !json_array_append_new(list,
                                    json_pack("{s:I, s:I, s:I, s:f, s:f, s:o*}", "label", (json_int_t)m->regions.item[i].part.label,
                                              "planes", (json_int_t)c->planes, "contours", (json_int_t)c->contours, "step_mm",
                                              c->step_mm, "contour_mm3", c->contour_mm3, "stated_mm3", stated));
    }
    if (ok) ok = !json_object_set(o, "contours", list);
    json_decref(list);
    if (ok) return o;
    json_decref(o);
    return NULL;
}

/* ---- reading ---- */

/* Over Contour Data of all contours, each with its length before it. */
static void segmask_sha(const lm_tree *t, char hex[LM_SHA256_HEX])
{
    const lm_tree_item *r = lm_tree_root(t);
    lm_hash_sha256 sha;
    lm_hash_sha256_init(&sha);
    for (size_t i = 0; i < lm_tree_items(r, 0x30060039); i++) {
        const lm_tree_item *roi = lm_tree_at(r, 0x30060039, i);
        for (size_t k = 0; k < lm_tree_items(roi, 0x30060040); k++) {
            unsigned char length[4];
            size_t n;
            const void *p = lm_tree_bytes(lm_tree_at(roi, 0x30060040, k), 0x30060050, &n);
            lm_put32(length, (uint32_t)n);
            lm_hash_sha256_update(&sha, length, sizeof length);
            if (p) lm_hash_sha256_update(&sha, p, n);
        }
    }
    lm_hash_sha256_hex(&sha, hex);
}

/* Tracking UIDs (0062,0021), which name the thing that a segment shows over several examinations. */
static lm_status segmask_tracking(const lm_tree *t, const lm_segmask_opt *opt, json_t *facts, lm_err *err)
{
    static const lm_identity plain = LM_IDENTITY_INIT;
    const lm_tree_item *r = lm_tree_root(t);
    json_t *list = json_array();
    bool ok = list;
    for (size_t i = 0; i < lm_tree_items(r, 0x00620002) && ok; i++) {
        const lm_tree_item *s = lm_tree_at(r, 0x00620002, i);
        char uid[LM_UID], text[LM_IDENTITY_TEXT];
        int64_t number;
        if (!lm_tree_whole(s, 0x00620004, &number) || !lm_tree_code(s, 0x00620021, 0, uid, sizeof uid) || !uid[0]) continue;
        lm_identity_uid(opt->identity ? opt->identity : &plain, uid, text);
        ok = !json_array_append_new(list, json_pack("{s:I, s:s}", "label", (json_int_t)number, "uid", text));
    }
    if (ok && json_array_size(list)) ok = !json_object_set(facts, "tracking", list);
    json_decref(list);
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

static lm_status segmask_seg(const lm_tree *t, const lm_dicom_file *h, const lm_segmask_opt *opt, lm_segmask *out, bool *fractions,
                             lm_err *err)
{
    lm_seg_facts f;
    const lm_seg_opt so = {.level = opt->level, .threads = opt->threads};
    lm_status rc = lm_seg_read(t, &so, &out->regions, &f, err);
    if (rc) return rc;
    memcpy(out->frame, f.frame_uid, sizeof out->frame);
    if (!(out->facts = segmask_seg_facts(h, out, &f, opt))) rc = lm_err_nomem(err, 0);
    if (!rc) rc = segmask_tracking(t, opt, out->facts, err);
    *fractions = f.maximum;
    lm_seg_facts_release(&f);
    return rc;
}

static lm_status segmask_rt(const lm_tree *t, const lm_dicom_file *h, const lm_segmask_opt *opt, lm_segmask *out, lm_err *err)
{
    lm_rtstruct_facts f;
    char hex[LM_SHA256_HEX], series[LM_UID];
    if (!opt->grid)
        return lm_err_set(err, LM_EUSAGE, NULL, "contours have no grid of their own: give the images that they were drawn on too");
    lm_status rc = lm_rtstruct_read(t, opt->grid, opt->grid_frame, &out->regions, &f, err);
    if (rc) return rc;
    (void)lm_rtstruct_reference(t, series, out->frame);
    segmask_sha(t, hex);
    if (!(out->facts = segmask_rt_facts(h, out, &f, hex, opt))) rc = lm_err_nomem(err, 0);
    lm_rtstruct_facts_release(&f);
    return rc;
}

lm_status lm_segmask_files(const lm_source *s, size_t series, const lm_segmask_opt *opt, char hex[LM_SHA256_HEX], lm_err *err)
{
    const lm_source_opt so = {.threads = opt->threads};
    lm_digest *d = NULL;
    lm_status rc = lm_source_digests(s, series, &so, &d, err);
    if (!rc) rc = lm_digest_total(d, lm_source_members(s, series), hex, err);
    free(d);
    return rc;
}

lm_status lm_segmask_content(const lm_source *s, size_t series, const lm_segmask_opt *opt, char hex[LM_SHA256_HEX], lm_err *err)
{
    const char *name;
    lm_tree *t = NULL;
    lm_segmask m = LM_SEGMASK_INIT;
    if (lm_segmask_stands(s, series)) {
        lm_status rc = lm_segmask_read(s, series, opt, &m, err);
        if (!rc) memcpy(hex, json_string_value(json_object_get(m.facts, "sha256_pixels")), LM_SHA256_HEX);
        lm_segmask_release(&m);
        return rc;
    }
    lm_status rc = segmask_tree(s, series, false, opt, &t, &name, err);
    if (!rc) segmask_sha(t, hex);
    lm_tree_release(t);
    return rc;
}

lm_status lm_segmask_read(const lm_source *s, size_t series, const lm_segmask_opt *opt, lm_segmask *out, lm_err *err)
{
    const lm_dicom_file *h;
    const char *name;
    char files[LM_SHA256_HEX];
    lm_tree *t = NULL;
    bool seg = segmask_kind(s, series, &h) == LM_DICOM_SEG, fractions = false;
    lm_segmask_release(out);
    lm_status rc = segmask_tree(s, series, seg, opt, &t, &name, err);
    if (rc) return rc;
    rc = seg ? segmask_seg(t, h, opt, out, &fractions, err) : segmask_rt(t, h, opt, out, err);
    if (!rc) rc = lm_segmask_files(s, series, opt, files, err);
    if (!rc && !segmask_put(out->facts, "sha256_files", json_string(files))) rc = lm_err_nomem(err, 0);
    if (fractions && !rc) out->fractions = t;
    else lm_tree_release(t);
    if (!rc) return LM_OK;
    lm_segmask_release(out);
    return lm_err_frame(err, "'%s'", name);
}
