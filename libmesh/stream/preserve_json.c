/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/preserve_json.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *word, *text;
} preserve_why[] = {
    [LM_PRESERVE_SMALL] = {"no-pure-samples", "no sample lies wholly inside or outside; --inside and --outside give the values"},
    [LM_PRESERVE_UNKNOWN] = {"not-measured", "their partial volume is not in the record of dcmseg, which cut the grey values"},
    [LM_PRESERVE_UNCERTAIN] = {"uncertain",
                               "the uncertainty of their partial volume (two standard deviations) is more than the move"},
    [LM_PRESERVE_BEYOND] = {"beyond", "too many samples would have to change sides: the level is far from half way"},
};

static double preserve_number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static lm_partial preserve_partial(const json_t *o)
{
    lm_partial p = {.volume_mm3 = preserve_number(o, "mm3"), .u_mm3 = preserve_number(o, "u_mm3")};
    p.stated = isfinite(p.volume_mm3) && isfinite(p.u_mm3) && p.u_mm3 >= 0;
    return p;
}

lm_status lm_preserve_source(const json_t *dcmseg, double iso, lm_preserve_opt *opt, lm_partial **list, lm_err *err)
{
    const json_t *o = json_object_get(dcmseg, "options"), *seg = json_object_get(dcmseg, "segment"),
                 *threshold = json_object_get(o, "threshold"), *whole = json_object_get(seg, "partial"),
                 *pieces = json_object_get(seg, "pieces");
    bool cut = preserve_number(seg, "dropped_voxels") > 0 || preserve_number(seg, "roi_cut_voxels") > 0 ||
               (json_is_true(json_object_get(o, "mask")) && threshold);
    bool in = !isnan(opt->partial.inside), out = !isnan(opt->partial.outside);
    *list = NULL;
    opt->from = LM_PRESERVE_NOTHING;
    if (json_is_number(json_object_get(threshold, "hi"))) return LM_OK;
    if (cut && in != out)
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "--%s alone: dcmseg has cut the grey values, and both --inside and --outside are needed",
                          in ? "inside" : "outside");
    if (!cut || in) {
        opt->from = LM_PRESERVE_MEASURE;
        if (!in) opt->partial.inside = preserve_number(o, "inside");
        if (!out) opt->partial.outside = preserve_number(o, "outside");
        return LM_OK;
    }
    if (!json_is_object(whole) || preserve_number(seg, "iso") != iso) return LM_OK;
    opt->from = LM_PRESERVE_STATED;
    opt->whole = preserve_partial(whole);
    opt->n = json_array_size(pieces);
    if (!(*list = lm_mem_calloc(opt->n, sizeof **list, err))) return LM_ENOMEM;
    for (size_t i = 0; i < opt->n; i++) (*list)[i] = preserve_partial(json_object_get(json_array_get(pieces, i), "partial"));
    opt->of_piece = *list;
    return LM_OK;
}

static json_t *preserve_real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *lm_preserve_json(const lm_preserve_facts *f, lm_err *err)
{
    double u, mm3 = lm_preserve_reference(f, 0, &u);
    json_t *pieces = json_array(), *left = json_object();
    bool ok = pieces && left;
    for (int w = LM_PRESERVE_MOVED + 1; w < LM_PRESERVE_WHYS && ok; w++)
        ok = !json_object_set_new(left, preserve_why[w].word, json_integer((json_int_t)f->count[w]));
    for (size_t i = 0; i < f->n && i < LM_PRESERVE_LISTED && ok; i++) {
        const lm_preserve_piece *p = &f->piece[i];
        json_t *one = json_pack("{s:I, s:f, s:o, s:o, s:f, s:f, s:f, s:f}", "voxel_count", (json_int_t)p->voxels, "plain_mm3",
                                p->plain_mm3, "partial_mm3", preserve_real(p->partial_mm3), "u_mm3", preserve_real(p->u_mm3),
                                "mesh_mm3", p->mesh_mm3, "shift", p->shift, "u_shift", p->u_shift, "held", p->held);
        if (one && p->why != LM_PRESERVE_MOVED) ok = !json_object_set_new(one, "left", json_string(preserve_why[p->why].word));
        if (!one || json_array_append_new(pieces, one)) ok = false;
    }
    json_t *all = ok ? json_pack("{s:I, s:I, s:O, s:f, s:f, s:f, s:O}", "found", (json_int_t)f->n, "moved",
                                 (json_int_t)f->count[LM_PRESERVE_MOVED], "left", left, "partial_mm3", mm3, "u_mm3", u, "moved_mm",
                                 f->moved_mm, "pieces", pieces)
                     : NULL;
    json_decref(left);
    json_decref(pieces);
    if (!all) lm_err_nomem(err, 0);
    return all;
}

bool lm_preserve_text(const lm_preserve_facts *f, lm_preserve_why why, char text[LM_PRESERVE_TEXT])
{
    double all = 0, left = 0;
    if (!f->count[why]) return false;
    for (size_t i = 0; i < f->n; i++) {
        all += f->piece[i].plain_mm3;
        if (f->piece[i].why == why) left += f->piece[i].plain_mm3;
    }
    double share = all > 0 ? 100 * left / all : 0;
    if (why == LM_PRESERVE_MOVED)
        snprintf(text, LM_PRESERVE_TEXT,
                 "%zu of %zu pieces (%.3g %% of the volume) were moved from the level to their two-class partial volume, by %.3g "
                 "mm at most",
                 f->count[why], f->n, share, f->moved_mm);
    else
        snprintf(text, LM_PRESERVE_TEXT, "%zu of %zu pieces (%.3g %% of the volume) stay at the level: %s", f->count[why], f->n,
                 share, preserve_why[why].text);
    return true;
}
