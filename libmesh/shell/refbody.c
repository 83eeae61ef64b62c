/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/refbody.h"
#include "base/mem.h"
#include "base/num.h"
#include "repair/boolean.h"
#include "shell/prism.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    REFBODY_ROUND = 64,                              /* meridians; the profile of a ball has half as many steps */
    REFBODY_NECK = 5,                                /* steps from a ball's pole to the bar: 28 degrees */
    REFBODY_RINGS = REFBODY_ROUND - 2 * REFBODY_NECK /* of the whole profile, without its two poles */
};

lm_status lm_refbody_parse(const char *text, double *ball_mm, double *centre_mm, lm_err *err)
{
    char part[2][32];
    const char *comma = strchr(text, ',');
    lm_quantity q[2];
    if (!comma || comma - text >= 32 || strlen(comma + 1) >= 32)
        return lm_err_set(err, LM_EUSAGE, NULL, "'%.40s': diameter and distance are needed, as in 8mm,40mm", text);
    memcpy(part[0], text, (size_t)(comma - text));
    part[0][comma - text] = 0;
    memcpy(part[1], comma + 1, strlen(comma));
    for (int i = 0; i < 2; i++) {
        lm_status rc = lm_num_quantity(part[i], LM_UNIT_MM, &q[i], err);
        if (rc) return rc;
        if (q[i].unit != LM_UNIT_MM) return lm_err_set(err, LM_EUSAGE, NULL, "'%.40s': two lengths are needed", text);
    }
    if (!(q[0].value > 0 && q[1].value > q[0].value))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%.40s': the centres must be farther apart than the balls are wide", text);
    *ball_mm = q[0].value;
    *centre_mm = q[1].value;
    return LM_OK;
}

bool lm_refbody_name(const char *name)
{
    if (!strcmp(name, LM_REFBODY_CUBE) || !strcmp(name, LM_REFBODY_BAR)) return true;
    return !strncmp(name, "plug-", 5) && name[5] && strspn(name + 5, "0123456789") == strlen(name + 5);
}

typedef struct {
    double axis[3][3]; /* beside the part, along the bed, up */
    double next, mid, bed;
} refbody_bed;

static void refbody_bed_of(const lm_mesh *part, const double up[3], refbody_bed *b)
{
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY}, len = 0;
    for (int c = 0; c < 3; c++) len += up[c] * up[c];
    for (int c = 0; c < 3; c++) b->axis[2][c] = up[c] / sqrt(len);
    lm_prism_frame(b->axis[2], b->axis[0], b->axis[1]);
    for (size_t v = 0; v < part->nv; v++)
        for (int k = 0; k < 3; k++) {
            double x = 0;
            for (size_t c = 0; c < 3; c++) x += b->axis[k][c] * part->pos[3 * v + c];
            lo[k] = x < lo[k] ? x : lo[k];
            hi[k] = x > hi[k] ? x : hi[k];
        }
    b->next = hi[0] + LM_REFBODY_GAP_MM;
    b->mid = 0.5 * (lo[1] + hi[1]);
    b->bed = lo[2];
}

static void refbody_put(const refbody_bed *b, double beside, double along, double up, float *p)
{
    for (int c = 0; c < 3; c++) p[c] = (float)(beside * b->axis[0][c] + along * b->axis[1][c] + up * b->axis[2][c]);
}

static lm_status refbody_cube(refbody_bed *b, double edge, lm_mesh *out, lm_err *err)
{
    const double lo[3] = {0, 0, 0}, hi[3] = {1, 1, 1};
    lm_status rc = lm_boolean_box(lo, hi, out, err);
    if (rc) return rc;
    for (size_t v = 0; v < 8; v++)
        refbody_put(b, b->next + (v & 1 ? edge : 0), b->mid + (v & 2 ? edge / 2 : -edge / 2), b->bed + (v & 4 ? edge : 0),
                    out->pos + 3 * v);
    b->next += edge + LM_REFBODY_GAP_MM;
    return LM_OK;
}

/* A profile turned about the line through both centres, along the bed: ball, bar, ball. */
static lm_status refbody_bar(refbody_bed *b, double ball, double centre, lm_mesh *out, lm_err *err)
{
    enum { N = REFBODY_ROUND, R = REFBODY_RINGS };
    double circle[N][2], r = ball / 2, beside = b->next + r;
    lm_prism_circle(N, circle);
    lm_mesh_release(out);
    lm_status rc = lm_mesh_alloc(out, (size_t)R * N + 2, (size_t)2 * R * N, err);
    if (rc) return rc;
    for (size_t i = 0; i < R; i++) { /* half of the rings belong to each ball */
        size_t k = i < R / 2 ? i + 1 : N / 2 - (R - i);
        double x = -circle[k][0] * r + (i < R / 2 ? -centre : centre) / 2, out_mm = circle[k][1] * r;
        for (size_t j = 0; j < N; j++)
            refbody_put(b, beside + out_mm * circle[j][0], b->mid + x, b->bed + r + out_mm * circle[j][1],
                        out->pos + 3 * (i * N + j));
    }
    for (size_t e = 0; e < 2; e++)
        refbody_put(b, beside, b->mid + (e ? 1 : -1) * (centre / 2 + r), b->bed + r, out->pos + 3 * ((size_t)R * N + e));
    uint32_t *t = out->tri;
    for (uint32_t j = 0; j < N; j++) { /* beside, along, up is right-handed: seen along `along`, circles turn right */
        uint32_t k = (j + 1) % N, last = (R - 1) * N;
        memcpy(t, (uint32_t[]){R * N, j, k, R * N + 1, last + k, last + j}, 6 * sizeof *t);
        t += 6;
        for (uint32_t i = 0; i + 1 < R; i++, t += 6) {
            uint32_t p = i * N, q = p + N;
            memcpy(t, (uint32_t[]){p + j, q + j, q + k, p + j, q + k, p + k}, 6 * sizeof *t);
        }
    }
    b->next += ball + LM_REFBODY_GAP_MM;
    return LM_OK;
}

lm_status lm_refbody_make(const lm_mesh *part, const lm_refbody_opt *opt, const double up[3], lm_mesh *cube, lm_mesh *bar,
                          lm_err *err)
{
    refbody_bed b;
    lm_status rc = LM_OK;
    refbody_bed_of(part, up, &b);
    if (opt->cube_mm > 0) rc = refbody_cube(&b, opt->cube_mm, cube, err);
    if (!rc && opt->ball_mm > 0) rc = refbody_bar(&b, opt->ball_mm, opt->centre_mm, bar, err);
    return rc;
}
