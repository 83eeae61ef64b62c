/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/object.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The object that is there before the first step: a mask's, or all that reaches the level. */
static lm_status object_start(const lm_vol *v, const lm_segment_opt *seg, bool occupancy, lm_step_work *w, lm_err *err)
{
    lm_status rc;
    if (seg->mask) {
        if ((rc = lm_bits_alloc(&w->bits, v->n, err))) return rc;
        memcpy(w->bits.row, seg->mask, w->bits.words * v->n[1] * v->n[2] * sizeof *seg->mask);
    } else if (occupancy) {
        w->bits = (lm_bits){.n = {v->n[0], v->n[1], v->n[2]}, .words = lm_mask_words(v->n[0])};
        if ((rc = lm_mask_all(v, seg->lo, seg->threads, &w->bits.row, err))) return rc;
    }
    w->object = w->bits.row;
    return LM_OK;
}

/* The object of steps without a threshold: what the values were says nothing of where its surface lies. */
static lm_status object_field(lm_vol *v, const lm_bits *b, lm_err *err)
{
    uint8_t *x = lm_mem_alloc(lm_vol_count(v), 1, err);
    if (!x) return LM_ENOMEM;
    for (size_t k = 0; k < b->n[2]; k++)
        for (size_t j = 0; j < b->n[1]; j++)
            for (size_t i = 0; i < b->n[0]; i++) x[(k * b->n[1] + j) * b->n[0] + i] = lm_bits_get(b, i, j, k);
    lm_vol_replace(v, LM_U8, x);
    return LM_OK;
}

lm_status lm_object_cut(lm_vol *v, const lm_object_opt *opt, lm_object *out, lm_err *err)
{
    lm_segment_opt seg = opt->seg;
    lm_step_work w = {.vol = v, .roi = &opt->seg.roi, .map = opt->map, .threads = seg.threads};
    lm_channels none = LM_CHANNELS_INIT;
    bool field = opt->occupancy;
    uint64_t *was = NULL;
    lm_status rc = LM_OK;
    *out = (lm_object){.pieces = LM_PIECES_INIT};
    w.channels = opt->channels ? opt->channels : &none;
    if (opt->steps) {
        rc = object_start(v, &seg, opt->occupancy, &w, err);
        if (!rc) rc = lm_steps_run(opt->steps, &w, opt->progress, opt->ctx, out->step, err);
        if (!rc && !opt->occupancy && isnan(w.lo)) {
            field = true;
            rc = object_field(v, &w.bits, err);
            w.lo = 0.5;
        }
        if (!opt->occupancy) {
            seg.lo = w.lo;
            seg.hi = w.hi;
        }
        seg.mask = w.bits.row;
        seg.keep = 0;
        seg.roi.n = 0;
    }
    out->lo = seg.lo;
    out->hi = seg.hi;
    const bool partial = opt->measure && opt->partial && !field && isinf(seg.hi);
    if (!rc && partial) rc = lm_mask_all(v, seg.lo, seg.threads, &was, err);
    if (!rc) rc = lm_segment(v, &seg, &out->facts, err);
    out->facts.roi_cut_voxels += w.roi_cut;
    lm_bits_release(&w.bits);
    lm_channels_release(&none);
    if (!rc && opt->measure) rc = lm_pieces_of(v, v->iso, seg.threads, &out->pieces, err);
    if (!rc && partial) rc = lm_pieces_partial(&out->pieces, v, v->iso, was, opt->partial, err);
    free(was);
    return rc;
}
