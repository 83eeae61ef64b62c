/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/markers.h"
#include "base/mem.h"
#include "segment/grid.h"
#include "segment/morph.h"

#include <math.h>
#include <stdlib.h>

void lm_markers_release(lm_markers *m)
{
    free(m->of);
    *m = (lm_markers){.of = NULL};
}

void lm_markers_apply(const lm_markers *m, const uint8_t *inside, lm_bits *b)
{
    for (size_t k = 0; k < m->n[2]; k++)
        for (size_t j = 0; j < m->n[1]; j++) {
            uint64_t *row = lm_bits_row(b, m->lo[1] + j, m->lo[2] + k);
            for (size_t i = 0; i < m->n[0]; i++, inside++) lm_bits_set(row, m->lo[0] + i, m->lo[0] + i + 1, *inside);
        }
}

/* The box of b and one sample around it, as far as the grid goes. */
static lm_status markers_box(const lm_bits *b, lm_markers *m, lm_err *err)
{
    size_t hi[3], all;
    if (!lm_bits_box(b, m->lo, hi)) return lm_err_set(err, LM_EUSAGE, NULL, "there is no object to begin with");
    for (int a = 0; a < 3; a++) {
        const size_t last = hi[a] + 1 < b->n[a] ? hi[a] + 1 : hi[a];
        m->lo[a] -= m->lo[a] > 0;
        m->n[a] = last - m->lo[a] + 1;
    }
    if (!lm_mem_mul(m->n[0], m->n[1] * m->n[2], &all) || all >= UINT32_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "a box of 2^32 samples: cut it with --roi");
    m->of = lm_mem_calloc(all, 1, err);
    return m->of ? LM_OK : LM_ENOMEM;
}

/* Where `open` is set, and by `in` what the rest is. */
static void markers_fill(lm_markers *m, const lm_bits *open, const lm_bits *in)
{
    uint8_t *of = m->of;
    for (size_t k = m->lo[2]; k < m->lo[2] + m->n[2]; k++)
        for (size_t j = m->lo[1]; j < m->lo[1] + m->n[1]; j++)
            for (size_t i = m->lo[0]; i < m->lo[0] + m->n[0]; i++, of++)
                *of = in && lm_bits_get(in, i, j, k) ? LM_MARKERS_IN
                      : lm_bits_get(open, i, j, k)   ? LM_MARKERS_OPEN
                      : in                           ? LM_MARKERS_OUT
                                                     : LM_MARKERS_NONE;
}

static lm_status markers_band(const lm_bits *b, const lm_vol *v, double band_mm, int threads, lm_markers *m, lm_err *err)
{
    lm_bits open = LM_BITS_INIT, in = LM_BITS_INIT;
    lm_status rc = lm_bits_copy(b, &open, err);
    if (!rc) rc = lm_bits_copy(b, &in, err);
    if (!rc) rc = lm_morph(&open, v, LM_MORPH_DILATE, band_mm, threads, err);
    if (!rc) rc = lm_morph(&in, v, LM_MORPH_ERODE, band_mm, threads, err);
    if (!rc) rc = markers_box(&open, m, err);
    if (!rc) markers_fill(m, &open, &in);
    lm_bits_release(&open);
    lm_bits_release(&in);
    return rc;
}

static lm_status markers_ball(const lm_vol *v, const lm_markers_ball *ball, lm_markers *m, lm_err *err)
{
    double inv[3][3], near[3];
    size_t hits = 0;
    lm_vol_inverse(v, inv);
    for (int a = 0; a < 3; a++) {
        near[a] = 0;
        for (int c = 0; c < 3; c++) near[a] += inv[a][c] * (ball->at[c] - v->origin[c]);
        near[a] = floor(near[a] + 0.5);
    }
    for (size_t k = 0, at = 0; k < m->n[2]; k++)
        for (size_t j = 0; j < m->n[1]; j++)
            for (size_t i = 0; i < m->n[0]; i++, at++) {
                const double ijk[3] = {(double)(m->lo[0] + i), (double)(m->lo[1] + j), (double)(m->lo[2] + k)};
                double xyz[3], d2 = 0;
                if (m->of[at] == LM_MARKERS_NONE) continue;
                lm_vol_to_world(v, ijk, xyz);
                for (int c = 0; c < 3; c++) d2 += (xyz[c] - ball->at[c]) * (xyz[c] - ball->at[c]);
                if (d2 > ball->radius_mm * ball->radius_mm && (ijk[0] != near[0] || ijk[1] != near[1] || ijk[2] != near[2]))
                    continue;
                m->of[at] = ball->in ? LM_MARKERS_IN : LM_MARKERS_OUT;
                hits++;
            }
    return hits ? LM_OK
                : lm_err_set(err, LM_EUSAGE, NULL, "the seed %g,%g,%g lies outside of what is looked at", ball->at[0], ball->at[1],
                             ball->at[2]);
}

static lm_status markers_count(lm_markers *m, lm_err *err)
{
    size_t n[4] = {0};
    for (size_t at = 0; at < m->n[0] * m->n[1] * m->n[2]; at++) n[m->of[at]]++;
    m->open = n[LM_MARKERS_OPEN];
    m->in = n[LM_MARKERS_IN];
    m->out = n[LM_MARKERS_OUT];
    if (!m->in)
        return lm_err_set(err, LM_EUSAGE, NULL, "nothing is known to be inside: give a narrower band, or a seed with in=X,Y,Z,R");
    if (!m->out) return lm_err_set(err, LM_EUSAGE, NULL, "nothing is known to be outside: give a seed with out=X,Y,Z,R");
    return m->open ? LM_OK : lm_err_set(err, LM_EUSAGE, NULL, "nothing is open: give a wider band");
}

lm_status lm_markers_make(const lm_bits *b, const lm_vol *v, const lm_markers_opt *opt, int threads, lm_markers *out, lm_err *err)
{
    double step[3];
    *out = (lm_markers){.of = NULL};
    lm_status rc = lm_grid_steps(v, step, err);
    if (!rc && isfinite(opt->band_mm)) rc = markers_band(b, v, opt->band_mm, threads, out, err);
    else if (!rc && !(rc = markers_box(b, out, err))) markers_fill(out, b, NULL);
    for (size_t i = 0; i < opt->n && !rc; i++) rc = markers_ball(v, &opt->ball[i], out, err);
    if (!rc) rc = markers_count(out, err);
    if (rc) lm_markers_release(out);
    return rc;
}
