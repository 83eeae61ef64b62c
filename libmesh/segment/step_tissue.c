/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_tissue.h"
#include "base/num.h"
#include "segment/body.h"
#include "segment/near.h"

#include <stdio.h>
#include <string.h>

/* ---- table ---- */

/* "remove" (from -300 HU on is body), or "remove:LEVEL". num: level. */
static lm_status tissue_parse_table(lm_step *s, const char *text, lm_err *err)
{
    lm_quantity q = {.value = -300, .unit = LM_UNIT_HU};
    char level[LM_NUM_TEXT];
    lm_status rc = LM_OK;
    if (strncmp(text, "remove", 6) != 0 || (text[6] && text[6] != ':'))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': remove, or remove:LEVEL, is all there is", text);
    if (text[6]) rc = lm_num_quantity(text + 7, LM_UNIT_NONE, &q, err);
    if (!rc && q.unit != LM_UNIT_NONE && q.unit != LM_UNIT_HU)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "'%s' is no level: a number, or a number with HU", text + 7);
    if (rc) return rc;
    s->num[0] = q.value;
    s->hounsfield = q.unit == LM_UNIT_HU;
    lm_num_f64(q.value, level);
    snprintf(s->args, sizeof s->args, "remove:%s%s", level, s->hounsfield ? "HU" : "");
    return LM_OK;
}

static lm_status tissue_table(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_body b;
    lm_status rc = lm_body_alone(w->vol, s->num[0], w->threads, &b, err);
    if (rc) return rc;
    lm_step_fact(f, "voxels_of_body", (double)b.inside);
    lm_step_fact(f, "voxels_removed", (double)b.removed);
    return LM_OK;
}

/* ---- near ---- */

/* num: 2 method; 3 to 5 place; 6 radius; 7 times. */
lm_status lm_step_near_parse(lm_step *s, const char *text, int method, lm_err *err)
{
    const char *place = text + 5;
    const bool voxel = !strncmp(place, "voxel=", 6);
    const size_t n = strcspn(place, ";");
    char t[5][LM_NUM_TEXT], one[LM_NUM_TEXT];
    lm_quantity q;
    s->num[2] = method + voxel;
    s->num[6] = 15;
    s->num[7] = 3;
    if (!lm_step_place(place + (voxel ? 6 : 0), n - (voxel ? 6 : 0), s->num + 3))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "'%s': near:X,Y,Z in mm or near:voxel=I,J,K is needed, then ;radius=MM and ;times=K", text);
    for (const char *at = place + n; *at; at += 1 + strcspn(at + 1, ";")) {
        const bool radius = !strncmp(at, ";radius=", 8), times = !strncmp(at, ";times=", 7);
        const char *value = at + (radius ? 8 : 7);
        if (!radius && !times) return lm_err_set(err, LM_EUSAGE, NULL, "'%s': radius=MM and times=K is all there is", at + 1);
        snprintf(one, sizeof one, "%.*s", (int)strcspn(value, ";"), value);
        lm_status rc = lm_num_quantity(one, radius ? LM_UNIT_MM : LM_UNIT_NONE, &q, err);
        if (rc) return rc;
        if (!(q.value > 0) || q.unit != (radius ? LM_UNIT_MM : LM_UNIT_NONE))
            return lm_err_set(err, LM_EUSAGE, NULL, "'%s': %s above 0 is needed", one, radius ? "a length" : "a number");
        s->num[radius ? 6 : 7] = q.value;
    }
    for (int a = 0; a < 5; a++) lm_num_f64(s->num[3 + a], t[a]);
    snprintf(s->args, sizeof s->args, "near:%s%s,%s,%s;radius=%smm;times=%s", voxel ? "voxel=" : "", t[0], t[1], t[2], t[3], t[4]);
    return LM_OK;
}

lm_status lm_step_near_range(const lm_step *s, const lm_vol *v, bool voxel, double *lo, double *hi, lm_step_facts *f, lm_err *err)
{
    const lm_grow_opt seed = {.n = 1, .seed = {{.at = {s->num[3], s->num[4], s->num[5]}, .voxel = voxel}}};
    lm_near m;
    lm_status rc = lm_near_fit(v, &seed, s->num[6], &m, err);
    if (rc) return rc;
    *lo = m.mean - s->num[7] * m.deviation;
    *hi = m.mean + s->num[7] * m.deviation;
    lm_step_fact(f, "mean", m.mean);
    lm_step_fact(f, "deviation", m.deviation);
    lm_step_fact(f, "share", m.share);
    return LM_OK;
}

const lm_step_kind lm_step_tissue[] = {
    {"table", 0, "remove[:LEVEL]", "take table and headrest away: what is outside the body becomes the darkest value", true, false,
     tissue_parse_table, tissue_table},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
