/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/fusion.h"
#include "base/hash.h"
#include "stream/probmap.h"
#include "stream/volfile.h"

#include <math.h>
#include <string.h>

static const char *const fusion_words[] = {"majority", "staple", "mean"}; /* in the order of lm_fuse_how */

lm_status lm_fusion_word(const char *text, lm_fuse_how *out, lm_err *err)
{
    for (int i = 0; i < 3; i++)
        if (!strcmp(text, fusion_words[i])) return *out = (lm_fuse_how)i, LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--fuse '%.40s': majority, staple or mean", text);
}

/* A mask as 0 and 1. */
static lm_status fusion_mask(const char *path, const lm_fusion_opt *opt, lm_vol *out, json_t **facts, lm_err *err)
{
    lm_masks m = LM_MASKS_INIT;
    lm_status rc = lm_masks_read(path, &opt->masks, &m, err);
    if (!rc) rc = lm_masks_pick(&m, opt->label, opt->labels, &opt->masks, err);
    if (!rc) rc = lm_masks_only(&m, &opt->masks, err);
    if (!rc) rc = lm_regions_mask(&m.regions, NULL, out, err);
    if (!rc) *facts = json_incref(m.facts);
    lm_masks_release(&m);
    return rc;
}

static lm_status fusion_one(const char *path, const lm_fusion_opt *opt, lm_vol *out, json_t **facts, lm_err *err)
{
    bool volume = false;
    lm_in *in = NULL;
    if (!strcmp(path, "-")) return lm_err_set(err, LM_EUSAGE, NULL, "--fuse: the files have names");
    lm_status rc = lm_volfile_is(path, &volume, err);
    if (!rc && volume && !(rc = lm_io_open(path, &in, err))) rc = lm_volfile_load(in, opt->masks.axes, out, facts, err);
    lm_io_close(in);
    if (!rc && volume && out->type >= LM_F32) return lm_probmap_check(out, err);
    if (rc) return rc;
    json_decref(*facts);
    *facts = NULL;
    lm_vol_release(out);
    return fusion_mask(path, opt, out, facts, err);
}

/* What proves an input to be this one. */
static const char *fusion_proof(const json_t *facts)
{
    static const char *const keys[] = {"sha256_file", "sha256_contours", "sha256_pixels"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *s = json_string_value(json_object_get(facts, keys[i]));
        if (s) return s;
    }
    return "";
}

static json_t *fusion_real(double x)
{
    return isnan(x) ? json_null() : json_real(x);
}

static lm_status fusion_facts(const lm_vol *v, lm_fuse_how how, double level, const lm_fused *f, json_t *inputs, json_t **ret,
                              lm_err *err)
{
    char pixels[LM_SHA256_HEX];
    bool ok = true;
    lm_hash_sha256_of(v->data, lm_vol_count(v) * sizeof(float), pixels);
    json_t *o = json_pack("{s:s, s:s, s:f, s:s, s:[I, I, I], s:[f, f, f], s:I, s:O, s:[]}", "kind", "fusion", "method",
                          fusion_words[how], "level", level, "sha256_pixels", pixels, "size", (json_int_t)v->n[0],
                          (json_int_t)v->n[1], (json_int_t)v->n[2], "spacing_mm", lm_vol_spacing(v, 0), lm_vol_spacing(v, 1),
                          lm_vol_spacing(v, 2), "ties", (json_int_t)f->ties, "inputs", inputs, "warnings");
    for (size_t i = 0; o && i < json_array_size(inputs) && ok; i++) {
        json_t *one = json_array_get(inputs, i);
        if (how != LM_FUSE_MEAN) ok = !json_object_set_new(one, "dice", fusion_real(f->of[i].dice));
        if (how == LM_FUSE_STAPLE && ok)
            ok = !json_object_update_new(
                one, json_pack("{s:f, s:f}", "sensitivity", f->of[i].sensitivity, "specificity", f->of[i].specificity));
    }
    if (o && ok && how == LM_FUSE_STAPLE)
        ok = !json_object_update_new(
            o, json_pack("{s:I, s:f, s:f}", "rounds", (json_int_t)f->rounds, "change", f->change, "prior", f->prior));
    if (o && ok) return *ret = o, LM_OK;
    json_decref(o);
    return lm_err_nomem(err, 0);
}

/* Add one file, on the grid of out; the first makes it. */
static lm_status fusion_add(const char *path, const lm_fusion_opt *opt, bool disagreement, lm_vol *out, lm_fuse *f, json_t *inputs,
                            lm_err *err)
{
    lm_vol v = LM_VOL_INIT;
    json_t *facts = NULL;
    lm_status rc = fusion_one(path, opt, &v, &facts, err);
    if (!rc && !out->data) {
        rc = lm_vol_alloc(out, v.n, LM_F32, err);
        memcpy(out->dir, v.dir, sizeof out->dir);
        memcpy(out->origin, v.origin, sizeof out->origin);
        if (!rc) rc = lm_fuse_begin(f, opt->how, lm_vol_count(out), disagreement, err);
    }
    if (!rc) rc = lm_probmap_place(&v, out, err);
    if (!rc) rc = lm_fuse_add(f, &v, v.type >= LM_F32 ? opt->masks.level : 0.5, err);
    json_t *one = !rc ? json_pack("{s:O?, s:s}", "kind", json_object_get(facts, "kind"), "sha256", fusion_proof(facts)) : NULL;
    if (!rc && json_array_append_new(inputs, one)) rc = lm_err_nomem(err, 0);
    json_decref(facts);
    lm_vol_release(&v);
    return rc ? lm_err_frame(err, "--fuse '%s'", path) : LM_OK;
}

lm_status lm_fusion_read(const char *const *path, size_t n, const lm_fusion_opt *opt, lm_vol *out, lm_vol *disagreement,
                         json_t **facts, lm_err *err)
{
    lm_fuse f = {.votes = NULL};
    lm_fused found;
    json_t *inputs = json_array();
    lm_status rc = inputs ? LM_OK : lm_err_nomem(err, 0);
    lm_vol_release(out);
    if (disagreement) lm_vol_release(disagreement);
    for (size_t i = 0; i < n && !rc; i++) rc = fusion_add(path[i], opt, disagreement, out, &f, inputs, err);
    if (!rc && disagreement && !(rc = lm_vol_alloc(disagreement, out->n, LM_F32, err))) {
        memcpy(disagreement->dir, out->dir, sizeof out->dir);
        memcpy(disagreement->origin, out->origin, sizeof out->origin);
    }
    if (!rc) rc = lm_fuse_end(&f, out->data, disagreement ? disagreement->data : NULL, &found, err);
    if (!rc) rc = fusion_facts(out, opt->how, opt->masks.level, &found, inputs, facts, err);
    out->iso = opt->how == LM_FUSE_MAJORITY ? 0.5 : opt->masks.level;
    out->has_iso = !rc;
    lm_fuse_release(&f);
    json_decref(inputs);
    if (rc) lm_vol_release(out);
    if (rc && disagreement) lm_vol_release(disagreement);
    return rc;
}
