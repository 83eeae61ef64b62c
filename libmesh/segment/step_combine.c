/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_combine.h"
#include "volume/regions.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FILE[;label=REGEX|N]...: looked into when the file is read. */
static lm_status combine_parse(lm_step *s, const char *text, lm_err *err)
{
    lm_status rc = lm_step_file(s, LM_STEP_MASK, text, err);
    for (const char *at = text + strcspn(text, ";"); *at && !rc; at += strcspn(at, ";")) {
        at++;
        if (strncmp(at, "label=", 6) != 0 || !at[6] || at[6] == ';')
            rc = lm_err_set(err, LM_EUSAGE, NULL, "'%.80s': FILE or FILE;label=REGEX|N is needed", text);
    }
    return rc;
}

/* "512 x 512 x 70 samples of 0.7 x 0.7 x 5 mm from -170, -170, 20" */
static void combine_grid(const lm_vol *v, char text[160])
{
    snprintf(text, 160, "%zu x %zu x %zu samples of %.6g x %.6g x %.6g mm from %.6g, %.6g, %.6g", v->n[0], v->n[1], v->n[2],
             lm_vol_spacing(v, 0), lm_vol_spacing(v, 1), lm_vol_spacing(v, 2), v->origin[0], v->origin[1], v->origin[2]);
}

/* The file's mask as bits on the grid of the object, sample for sample. */
static lm_status combine_bits(const lm_step *s, const lm_step_work *w, lm_bits *out, lm_err *err)
{
    lm_regions here = LM_REGIONS_INIT;
    bool same;
    double gap;
    assert(s->mask);
    lm_regions_fit(s->mask, w->vol, &same, &gap);
    if (!same) {
        const lm_vol grid = lm_regions_grid(s->mask);
        char is[160], should[160];
        combine_grid(&grid, is);
        combine_grid(w->vol, should);
        return lm_err_set(
            err, LM_ERULE, "G-1",
            "the mask is on another grid, %s; the volume has %s; masks are not resampled here: bring it onto this grid", is,
            should);
    }
    lm_status rc = lm_regions_regrid(s->mask, w->vol, &here, err);
    *out = (lm_bits){.n = {w->vol->n[0], w->vol->n[1], w->vol->n[2]}, .words = lm_mask_words(w->vol->n[0])};
    if (!rc) rc = lm_regions_bits(&here, NULL, &out->row, err);
    lm_regions_release(&here);
    return rc;
}

static lm_status combine_with(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_bits_op op, lm_err *err)
{
    lm_bits with;
    lm_status rc = combine_bits(s, w, &with, err);
    if (rc) return rc;
    lm_step_fact(f, "mask_voxels", (double)lm_bits_count(&with));
    lm_bits_combine(&w->bits, &with, op);
    lm_bits_release(&with);
    return LM_OK;
}

static lm_status combine_and(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    return combine_with(s, w, f, LM_BITS_AND, err);
}

static lm_status combine_or(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    return combine_with(s, w, f, LM_BITS_OR, err);
}

static lm_status combine_minus(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    return combine_with(s, w, f, LM_BITS_WITHOUT, err);
}

const lm_step_kind lm_step_combine[] = {
    {"and", 0, "MASK[;label=L]", "keep what the mask in the file MASK covers too (its labels L: name or number)", false, false,
     combine_parse, combine_and},
    {"or", 0, "MASK[;label=L]", "add what the mask covers", false, false, combine_parse, combine_or},
    {"minus", 0, "MASK[;label=L]", "take off what the mask covers", false, false, combine_parse, combine_minus},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
