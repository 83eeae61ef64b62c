/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_region.h"
#include "base/num.h"
#include "segment/grow.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A length in mm above 0, or with bare a plain number above 0; the whole of n bytes. */
static lm_status region_amount(const char *text, size_t n, bool bare, double *out, lm_err *err)
{
    char one[LM_NUM_TEXT];
    lm_quantity q;
    snprintf(one, sizeof one, "%.*s", (int)(n < sizeof one - 1 ? n : sizeof one - 1), text);
    lm_status rc = lm_num_quantity(one, bare ? LM_UNIT_NONE : LM_UNIT_MM, &q, err);
    if (rc) return rc;
    if (q.unit != (bare ? LM_UNIT_NONE : LM_UNIT_MM) || !(q.value > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': %s above 0 is needed", one, bare ? "a number" : "a length");
    *out = q.value;
    return LM_OK;
}

/* Pieces apart by ';': "X,Y,Z" (mm), "voxel=I,J,K", "gradient=G", "neck=MM". */
static lm_status region_read(const char *text, lm_grow_opt *g, lm_err *err)
{
    *g = (lm_grow_opt){.gradient = INFINITY};
    for (const char *at = text;; at++) {
        const size_t n = strcspn(at, ";");
        const bool voxel = !strncmp(at, "voxel=", 6);
        lm_status rc = LM_OK;
        if (!strncmp(at, "gradient=", 9)) rc = region_amount(at + 9, n - 9, true, &g->gradient, err);
        else if (!strncmp(at, "neck=", 5)) rc = region_amount(at + 5, n - 5, false, &g->neck_mm, err);
        else {
            if (g->n == LM_GROW_SEEDS) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d seeds", (int)LM_GROW_SEEDS);
            if (!lm_step_place(at + (voxel ? 6 : 0), n - (voxel ? 6 : 0), g->seed[g->n].at))
                return lm_err_set(err, LM_EUSAGE, NULL, "'%.*s': X,Y,Z in mm, voxel=I,J,K, gradient=G or neck=MM is needed", (int)n,
                                  at);
            g->seed[g->n++].voxel = voxel;
        }
        if (rc) return rc;
        at += n;
        if (!*at) break;
    }
    return g->n ? LM_OK : lm_err_set(err, LM_EUSAGE, NULL, "'%s': there is no seed in it", text);
}

/* The same seeds and limits again, in numbers that read back as the same. */
static lm_status region_write(const lm_grow_opt *g, lm_step *s, lm_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n && n < sizeof s->args; i++) {
        char t[3][LM_NUM_TEXT];
        for (int a = 0; a < 3; a++) lm_num_f64(g->seed[i].at[a], t[a]);
        n += (size_t)snprintf(s->args + n, sizeof s->args - n, "%s%s%s,%s,%s", i ? ";" : "", g->seed[i].voxel ? "voxel=" : "", t[0],
                              t[1], t[2]);
    }
    char t[LM_NUM_TEXT];
    if (isfinite(g->gradient) && n < sizeof s->args) {
        lm_num_f64(g->gradient, t);
        n += (size_t)snprintf(s->args + n, sizeof s->args - n, ";gradient=%s", t);
    }
    if (g->neck_mm > 0 && n < sizeof s->args) {
        lm_num_f64(g->neck_mm, t);
        n += (size_t)snprintf(s->args + n, sizeof s->args - n, ";neck=%smm", t);
    }
    if (n < sizeof s->args) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "the list of seeds is longer than %d characters: give it in several steps",
                      (int)sizeof s->args - 1);
}

static lm_status region_parse(lm_step *s, const char *text, lm_err *err)
{
    lm_grow_opt g;
    lm_status rc = region_read(text, &g, err);
    return rc ? rc : region_write(&g, s, err);
}

static lm_status region_grow(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_grow_opt g;
    (void)f;
    lm_status rc = region_read(s->args, &g, err);
    if (!rc && isfinite(g.gradient)) rc = lm_step_values(w, err);
    return rc ? rc : lm_grow(&w->bits, w->vol, &g, w->threads, err);
}

const lm_step_kind lm_step_region[] = {
    {"grow", 0, "SEEDS", "keep what hangs together with seeds: X,Y,Z[;X,Y,Z...][;neck=MM][;gradient=G]", false, false, region_parse,
     region_grow},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
