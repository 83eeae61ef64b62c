/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_object.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "segment/islands.h"
#include "segment/morph.h"
#include "volume/preset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- threshold ---- */

static lm_status object_parse_threshold(lm_step *s, const char *text, lm_err *err)
{
    lm_segment_opt o = LM_SEGMENT_OPT_INIT;
    char lo[LM_NUM_TEXT], hi[LM_NUM_TEXT] = "";
    lm_status rc = lm_preset_threshold(text, &o, &s->hounsfield, err);
    if (rc) return rc;
    s->num[0] = o.lo;
    s->num[1] = o.hi;
    lm_num_f64(o.lo, lo);
    if (isfinite(o.hi)) lm_num_f64(o.hi, hi);
    const char *unit = s->hounsfield ? "HU" : "";
    snprintf(s->args, sizeof s->args, "%s%s%s%s%s", lo, unit, hi[0] ? ":" : "", hi, hi[0] ? unit : "");
    return LM_OK;
}

typedef struct {
    const lm_vol *v;
    lm_bits *b;
    double lo, hi;
    bool lay; /* on what is inside already */
} object_cut;

/* Inside is what is at least lo, and at most hi: below the next double. */
static lm_status object_cut_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const object_cut *c = ctx;
    const size_t words = c->b->words;
    const bool two = isfinite(c->hi);
    (void)worker;
    uint64_t *in = lm_mem_alloc(2 * words, sizeof *in, err), *over = in ? in + words : NULL;
    if (!in) return LM_ENOMEM;
    for (size_t j = 0; j < c->b->n[1]; j++) {
        uint64_t *row = lm_bits_row(c->b, j, k);
        const size_t first = (k * c->b->n[1] + j) * c->b->n[0];
        lm_mask_row(c->v, c->lo, first, in);
        if (two) lm_mask_row(c->v, nextafter(c->hi, INFINITY), first, over);
        for (size_t w = 0; w < words; w++) {
            const uint64_t now = two ? in[w] & ~over[w] : in[w];
            row[w] = c->lay ? row[w] & now : now;
        }
    }
    free(in);
    return LM_OK;
}

static lm_status object_threshold(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    (void)f;
    object_cut c = {.v = w->vol, .b = &w->bits, .lo = s->num[0], .hi = s->num[1], .lay = w->object};
    const bool level_only = w->masked && isnan(w->lo);
    w->lo = s->num[0];
    w->hi = s->num[1];
    if (level_only) return LM_OK;
    return lm_pool_run(w->threads, w->bits.n[2], object_cut_slice, &c, err);
}

/* ---- pieces ---- */

static void object_pieces(lm_step_facts *f, const lm_islands *i)
{
    lm_step_fact(f, "pieces_found", (double)i->found);
    lm_step_fact(f, "pieces_kept", (double)i->kept);
}

/* As many samples as make the volume: at least, or at most. */
static uint64_t object_samples(const lm_step_work *w, double mm3, bool at_least)
{
    const double n = mm3 / fabs(lm_vol_det(w->vol)) * (at_least ? 1 - 1e-12 : 1 + 1e-12);
    return n < 1e18 ? (uint64_t)(at_least ? ceil(n) : floor(n)) : UINT64_MAX;
}

static lm_status object_parse_keep(lm_step *s, const char *text, lm_err *err)
{
    lm_segment_opt o = LM_SEGMENT_OPT_INIT;
    lm_status rc = lm_preset_keep(text, &o, err);
    s->num[0] = (double)o.keep;
    if (!rc) snprintf(s->args, sizeof s->args, "%.31s", text);
    return rc;
}

static lm_status object_keep(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_islands i;
    if (!(s->num[0] > 0)) return LM_OK;
    lm_status rc = lm_islands_largest(&w->bits, (size_t)s->num[0], LM_LABEL_FACES, w->threads, &i, err);
    if (!rc) object_pieces(f, &i);
    return rc;
}

static lm_status object_islands(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_islands i;
    lm_status rc = lm_islands_least(&w->bits, object_samples(w, s->num[0], true), LM_LABEL_FACES, w->threads, &i, err);
    if (!rc) object_pieces(f, &i);
    return rc;
}

static lm_status object_fill(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_islands i;
    lm_status rc = lm_islands_fill(&w->bits, object_samples(w, s->num[0], false), w->threads, &i, err);
    if (!rc) lm_step_fact(f, "cavities_filled", (double)(i.found - i.kept));
    if (!rc) lm_step_fact(f, "cavities_left", (double)i.kept);
    return rc;
}

static lm_status object_parse_border(lm_step *s, const char *text, lm_err *err)
{
    if (strcmp(text, "drop")) return lm_err_set(err, LM_EUSAGE, NULL, "'%s': drop is all there is", text);
    snprintf(s->args, sizeof s->args, "drop");
    return LM_OK;
}

static lm_status object_border(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_islands i;
    (void)s;
    lm_status rc = lm_islands_inner(&w->bits, LM_LABEL_FACES, w->threads, &i, err);
    if (!rc) object_pieces(f, &i);
    return rc;
}

/* ---- balls ---- */

#define OBJECT_MORPH(name, what) \
    static lm_status object_##name(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err) \
    { \
        (void)f; \
        return lm_morph(&w->bits, w->vol, what, s->num[0], w->threads, err); \
    }
OBJECT_MORPH(erode, LM_MORPH_ERODE)
OBJECT_MORPH(dilate, LM_MORPH_DILATE)
OBJECT_MORPH(open, LM_MORPH_OPEN)
OBJECT_MORPH(close, LM_MORPH_CLOSE)
OBJECT_MORPH(hollow, LM_MORPH_HOLLOW)

const lm_step_kind lm_step_object[] = {
    {"threshold", 't', "LO[:HI]", "keep values from LO (up to HI); HU for CT", false, true, object_parse_threshold,
     object_threshold},
    {"keep", 'k', "WHAT", "all, largest, or the N largest pieces", false, false, object_parse_keep, object_keep},
    {"islands", 0, "VOLUME", "drop pieces smaller than VOLUME", false, false, lm_step_volume, object_islands},
    {"fill", 0, "all|VOLUME", "fill cavities, all or up to VOLUME", false, false, lm_step_volume, object_fill},
    {"border", 0, "drop", "drop pieces that reach the edge of the volume", false, false, object_parse_border, object_border},
    {"erode", 0, "MM", "take off what is within MM of outside", false, false, lm_step_length, object_erode},
    {"dilate", 0, "MM", "add what is within MM of the object", false, false, lm_step_length, object_dilate},
    {"open", 0, "MM", "take off what no ball of radius MM reaches from inside", false, false, lm_step_length, object_open},
    {"close", 0, "MM", "fill what no ball of radius MM reaches from outside", false, false, lm_step_length, object_close},
    {"hollow", 0, "MM", "leave a wall of MM below the surface", false, false, lm_step_length, object_hollow},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
