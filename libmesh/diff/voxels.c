/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/voxels.h"
#include "base/mem.h"
#include "volume/edt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Distances are float32: what equals the tolerance is within it. */
#define VOXELS_ROUND (1 + 1e-6)

/* ---- overlap ---- */

/* Samples that two lists of runs share. */
static uint64_t voxels_both(const lm_region *a, const lm_region *b)
{
    uint64_t n = 0;
    for (size_t i = 0, j = 0; i < a->n_runs && j < b->n_runs;) {
        const lm_run *x = &a->run[i], *y = &b->run[j];
        uint64_t from = x->start > y->start ? x->start : y->start, xe = x->start + x->n, ye = y->start + y->n,
                 to = xe < ye ? xe : ye;
        if (to > from) n += to - from;
        if (xe < ye) i++;
        else j++;
    }
    return n;
}

/* ---- borders and their distances ---- */

typedef struct {
    size_t n[3], count;
    uint8_t *border[2];
    float *d2, *d[2]; /* distances of the border voxels, in the order of the samples */
    size_t found[2];
} voxels_work;

static void voxels_border(const uint8_t *in, const size_t n[3], uint8_t *out, uint64_t *found)
{
    const size_t step[3] = {1, n[0], n[0] * n[1]};
    for (size_t at = 0, k = 0; k < n[2]; k++)
        for (size_t j = 0; j < n[1]; j++)
            for (size_t i = 0; i < n[0]; i++, at++) {
                const size_t p[3] = {i, j, k};
                bool edge = false;
                for (int a = 0; a < 3 && in[at] && !edge; a++)
                    edge = p[a] == 0 || p[a] + 1 == n[a] || !in[at - step[a]] || !in[at + step[a]];
                out[at] = edge;
                *found += edge;
            }
}

static int voxels_order(const void *a, const void *b)
{
    float x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Of n sorted distances the least that 95 % or more do not exceed. */
static double voxels_p95(const float *d, size_t n)
{
    return (double)d[(95 * n + 99) / 100 - 1];
}

static void voxels_sum(const voxels_work *w, double tol_mm, lm_voxels_pair *p)
{
    double sum[2] = {0, 0};
    size_t near = 0;
    const size_t all = w->found[0] + w->found[1];
    for (int s = 0; s < 2; s++) {
        for (size_t i = 0; i < w->found[s]; i++) {
            sum[s] += (double)w->d[s][i];
            near += (double)w->d[s][i] <= tol_mm * VOXELS_ROUND;
        }
        qsort(w->d[s], w->found[s], sizeof *w->d[s], voxels_order);
        p->hausdorff[s] = (double)w->d[s][w->found[s] - 1];
        p->p95[s] = voxels_p95(w->d[s], w->found[s]);
        p->mean[s] = sum[s] / (double)w->found[s];
    }
    p->assd = (sum[0] + sum[1]) / (double)all;
    p->within = tol_mm >= 0 ? (double)near / (double)all : NAN;
    qsort(w->d[0], all, sizeof *w->d[0], voxels_order); /* both lie in one block */
    p->p95_pooled = voxels_p95(w->d[0], all);
    p->apart = true;
}

static lm_status voxels_distances(const lm_regions *r[2], const bool *pick[2], const double step[3], double tol_mm, int threads,
                                  lm_voxels_pair *p, lm_err *err)
{
    voxels_work w = {.count = 1};
    lm_vol mask[2] = {LM_VOL_INIT, LM_VOL_INIT};
    size_t lo[3], hi[3], l[3], h[3];
    lm_status rc = LM_OK;
    (void)lm_regions_box(r[0], pick[0], lo, hi);
    (void)lm_regions_box(r[1], pick[1], l, h);
    for (int a = 0; a < 3; a++) {
        lo[a] = l[a] < lo[a] ? l[a] : lo[a];
        hi[a] = h[a] > hi[a] ? h[a] : hi[a];
        w.n[a] = hi[a] - lo[a] + 1;
        w.count *= w.n[a];
    }
    for (int s = 0; s < 2 && !rc; s++) {
        if ((rc = lm_regions_window(r[s], pick[s], lo, hi, &mask[s], err))) break;
        if (!(w.border[s] = lm_mem_alloc(w.count, 1, err))) rc = LM_ENOMEM;
        else voxels_border(mask[s].data, w.n, w.border[s], &p->border[s]);
        lm_vol_release(&mask[s]);
        w.found[s] = (size_t)p->border[s];
    }
    if (!rc && (!(w.d2 = lm_mem_alloc(w.count, sizeof *w.d2, err)) ||
                !(w.d[0] = lm_mem_alloc(w.found[0] + w.found[1], sizeof *w.d[0], err))))
        rc = LM_ENOMEM;
    for (int s = 0; s < 2 && !rc; s++) {
        if ((rc = lm_edt_squared(w.border[1 - s], w.n, step, threads, w.d2, err))) break;
        if (s) w.d[1] = w.d[0] + w.found[0];
        for (size_t i = 0, at = 0; i < w.count; i++)
            if (w.border[s][i]) w.d[s][at++] = (float)sqrt((double)w.d2[i]);
    }
    if (!rc) voxels_sum(&w, tol_mm, p);
    for (int s = 0; s < 2; s++) free(w.border[s]);
    free(w.d2);
    free(w.d[0]);
    return rc;
}

/* ---- all regions ---- */

/* x, y: indices of the regions, or SIZE_MAX. */
static lm_status voxels_pair(const lm_regions *a, const lm_regions *b, size_t x, size_t y, double tol_mm, int threads,
                             lm_voxels *out, lm_err *err)
{
    const lm_regions *r[2] = {a, b};
    const size_t at[2] = {x, y};
    const lm_region *g[2] = {NULL, NULL};
    bool *pick[2] = {NULL, NULL};
    lm_voxels_pair *p = &out->pair[out->n];
    lm_status rc = LM_OK;
    const lm_vol grid = lm_regions_grid(a);
    *p = (lm_voxels_pair){.within = NAN};
    for (int s = 0; s < 2; s++) {
        if (at[s] == SIZE_MAX) continue;
        g[s] = &r[s]->item[at[s]];
        p->label[s] = g[s]->part.label;
        p->voxels[s] = g[s]->voxels;
        p->mm3[s] = (double)g[s]->voxels * fabs(lm_vol_det(&grid));
        if (!p->name[0]) snprintf(p->name, sizeof p->name, "%s", g[s]->part.name);
    }
    if (g[0] && g[1]) p->both = voxels_both(g[0], g[1]);
    const double sum = (double)(p->voxels[0] + p->voxels[1]), shared = (double)p->both;
    p->dice = sum > 0 ? 2 * shared / sum : NAN;
    p->jaccard = sum > 0 ? shared / (sum - shared) : NAN;
    out->n++;
    if (out->sheared || !p->voxels[0] || !p->voxels[1]) return LM_OK;
    for (int s = 0; s < 2 && !rc; s++) {
        if (!(pick[s] = lm_mem_calloc(r[s]->count, sizeof(bool), err))) rc = LM_ENOMEM;
        else pick[s][at[s]] = true;
    }
    if (!rc) rc = voxels_distances(r, (const bool *[2]){pick[0], pick[1]}, out->step_mm, tol_mm, threads, p, err);
    free(pick[0]);
    free(pick[1]);
    return rc;
}

/* b on the grid of a, which must hold all of it, sample for sample. */
static lm_status voxels_place(const lm_regions *a, const lm_regions *b, lm_regions *out, lm_err *err)
{
    bool same;
    double gap;
    uint64_t was = 0, is = 0;
    const lm_vol grid = lm_regions_grid(a);
    lm_regions_fit(b, &grid, &same, &gap);
    if (!same)
        return lm_err_set(err, LM_ERULE, NULL,
                          "the samples of B lie up to %.3g voxels beside those of A: bring both onto one grid (dcmseg --mask does)",
                          gap);
    lm_status rc = lm_regions_regrid(b, &grid, out, err);
    for (size_t i = 0; i < b->count; i++) was += b->item[i].voxels;
    for (size_t i = 0; i < out->count; i++) is += out->item[i].voxels;
    if (!rc && is != was)
        rc = lm_err_set(err, LM_ERULE, NULL, "%" PRIu64 " voxels of B lie beyond the grid of A: name the larger one first",
                        was - is);
    return rc;
}

static bool voxels_sheared(const lm_vol *v)
{
    for (int a = 0; a < 3; a++) {
        const double *x = v->dir[a], *y = v->dir[(a + 1) % 3];
        if (fabs(x[0] * y[0] + x[1] * y[1] + x[2] * y[2]) > 1e-6 * lm_vol_spacing(v, a) * lm_vol_spacing(v, (a + 1) % 3))
            return true;
    }
    return false;
}

lm_status lm_voxels_compare(const lm_regions *a, const lm_regions *b, double tol_mm, int threads, lm_voxels *out, lm_err *err)
{
    lm_regions placed = LM_REGIONS_INIT;
    const lm_vol grid = lm_regions_grid(a);
    *out = (lm_voxels){.sheared = voxels_sheared(&grid)};
    for (int k = 0; k < 3; k++) out->step_mm[k] = lm_vol_spacing(&grid, k);
    lm_status rc = voxels_place(a, b, &placed, err);
    b = &placed;
    if (!rc && !(a->count + b->count)) rc = lm_err_set(err, LM_ERULE, NULL, "neither has a label: there is nothing to compare");
    if (!rc && !(out->pair = lm_mem_calloc(a->count + b->count, sizeof *out->pair, err))) rc = LM_ENOMEM;
    if (!rc && a->count == 1 && b->count == 1) rc = voxels_pair(a, b, 0, 0, tol_mm, threads, out, err);
    else
        for (size_t i = 0, j = 0; (i < a->count || j < b->count) && !rc;) {
            const uint32_t x = i < a->count ? a->item[i].part.label : UINT32_MAX,
                           y = j < b->count ? b->item[j].part.label : UINT32_MAX;
            rc = voxels_pair(a, b, x <= y ? i : SIZE_MAX, y <= x ? j : SIZE_MAX, tol_mm, threads, out, err);
            i += x <= y;
            j += y <= x;
        }
    lm_regions_release(&placed);
    if (rc) lm_voxels_release(out);
    return rc;
}

void lm_voxels_release(lm_voxels *v)
{
    free(v->pair);
    *v = (lm_voxels)LM_VOXELS_INIT;
}

lm_verdict lm_voxels_judge(const lm_voxels *v, double tol_mm)
{
    lm_verdict worst = LM_VERDICT_PASS;
    for (size_t i = 0; i < v->n; i++) {
        const lm_voxels_pair *p = &v->pair[i];
        lm_verdict one = fmax(p->hausdorff[0], p->hausdorff[1]) <= tol_mm * VOXELS_ROUND ? LM_VERDICT_PASS : LM_VERDICT_FAIL;
        if (!p->apart)
            one = p->both == p->voxels[0] && p->both == p->voxels[1] ? LM_VERDICT_PASS
                  : p->voxels[0] && p->voxels[1]                     ? LM_VERDICT_UNDECIDED
                                                                     : LM_VERDICT_FAIL;
        worst = lm_verdict_worst(worst, one);
    }
    return worst;
}

/* ---- for programs and people ---- */

static json_t *voxels_number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *voxels_json(const lm_voxels_pair *p)
{
    json_t *o =
        json_pack("{s:[I,I], s:s, s:[I,I], s:I, s:[f,f], s:o, s:o}", "label", (json_int_t)p->label[0], (json_int_t)p->label[1],
                  "name", p->name, "voxels", (json_int_t)p->voxels[0], (json_int_t)p->voxels[1], "both", (json_int_t)p->both,
                  "voxel_count_mm3", p->mm3[0], p->mm3[1], "dice", voxels_number(p->dice), "jaccard", voxels_number(p->jaccard));
    if (o && p->apart)
        json_object_update_new(
            o, json_pack("{s:[I,I], s:[f,f], s:f, s:[f,f], s:f, s:f, s:[f,f], s:f, s:o}", "border_voxels", (json_int_t)p->border[0],
                         (json_int_t)p->border[1], "hausdorff_directed_mm", p->hausdorff[0], p->hausdorff[1], "hausdorff_mm",
                         fmax(p->hausdorff[0], p->hausdorff[1]), "p95_directed_mm", p->p95[0], p->p95[1], "p95_larger_mm",
                         fmax(p->p95[0], p->p95[1]), "p95_pooled_mm", p->p95_pooled, "mean_directed_mm", p->mean[0], p->mean[1],
                         "assd_mm", p->assd, "surface_dice", voxels_number(p->within)));
    return o;
}

json_t *lm_voxels_json(const lm_voxels *v, lm_err *err)
{
    json_t *all = json_array();
    bool bad = !all;
    for (size_t i = 0; i < v->n && !bad; i++) bad = json_array_append_new(all, voxels_json(&v->pair[i])) != 0;
    if (!bad) return all;
    json_decref(all);
    lm_err_nomem(err, sizeof(json_t));
    return NULL;
}

static void voxels_cell(lm_out *out, double v, int digits)
{
    if (isfinite(v)) lm_io_printf(out, " %11.*f", digits, v);
    else lm_io_printf(out, " %11s", "-");
}

void lm_voxels_table(const lm_voxels *v, lm_out *out)
{
    lm_io_printf(out, "%-12s %11s %11s %11s %11s %11s %11s %11s %11s %11s  %s\n", "label", "voxels A", "voxels B", "Dice",
                 "Jaccard", "HD mm", "HD95 larger", "HD95 pooled", "ASSD mm", "surf. Dice", "name");
    for (size_t i = 0; i < v->n; i++) {
        const lm_voxels_pair *p = &v->pair[i];
        char label[32];
        if (p->label[0] == p->label[1] || !p->label[0] || !p->label[1])
            snprintf(label, sizeof label, "%" PRIu32, p->label[p->label[0] ? 0 : 1]);
        else snprintf(label, sizeof label, "%" PRIu32 ", %" PRIu32, p->label[0], p->label[1]);
        lm_io_printf(out, "%-12s %11" PRIu64 " %11" PRIu64, label, p->voxels[0], p->voxels[1]);
        voxels_cell(out, p->dice, 6);
        voxels_cell(out, p->jaccard, 6);
        voxels_cell(out, p->apart ? fmax(p->hausdorff[0], p->hausdorff[1]) : NAN, 4);
        voxels_cell(out, p->apart ? fmax(p->p95[0], p->p95[1]) : NAN, 4);
        voxels_cell(out, p->apart ? p->p95_pooled : NAN, 4);
        voxels_cell(out, p->apart ? p->assd : NAN, 4);
        voxels_cell(out, p->within, 6);
        lm_io_printf(out, "  %s\n", p->name);
    }
    if (v->sheared) lm_io_printf(out, "the axes of the grid are not perpendicular: no distances\n");
    else
        lm_io_printf(
            out, "distances between the centres of border voxels, each weighing the same; HD95: of the two directions the larger,\n"
                 "or of both borders pooled; ASSD: mean of both pooled; surface Dice: share of both within --tol\n");
}
