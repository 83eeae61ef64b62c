/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/mclabels.h"
#include "base/mem.h"
#include "surface/mcubes.h"
#include "surface/share.h"

#include <stdlib.h>
#include <string.h>

/* The box of a region's samples, and one more all around. */
static lm_status mclabels_mask(const lm_regions *r, const lm_region *g, lm_vol *out, lm_err *err)
{
    size_t lo[3] = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, hi[3] = {0}, n[3];
    for (size_t i = 0; i < g->n_runs; i++) {
        uint64_t s = g->run[i].start;
        size_t at[3] = {s % r->n[0], s / r->n[0] % r->n[1], s / r->n[0] / r->n[1]}, end = at[0] + g->run[i].n - 1;
        for (int a = 0; a < 3; a++) {
            size_t last = a ? at[a] : end;
            if (at[a] < lo[a]) lo[a] = at[a];
            if (last > hi[a]) hi[a] = last;
        }
    }
    for (int a = 0; a < 3; a++) n[a] = hi[a] - lo[a] + 3;
    lm_status rc = lm_vol_alloc(out, n, LM_U8, err);
    if (rc) return rc;
    memset(out->data, 0, lm_vol_count(out));
    lm_vol grid = lm_regions_grid(r);
    memcpy(out->dir, r->dir, sizeof out->dir);
    lm_vol_to_world(&grid, (double[]){(double)lo[0] - 1, (double)lo[1] - 1, (double)lo[2] - 1}, out->origin);
    for (size_t i = 0; i < g->n_runs; i++) {
        uint64_t s = g->run[i].start;
        size_t x = s % r->n[0] - lo[0] + 1, y = s / r->n[0] % r->n[1] - lo[1] + 1, z = s / r->n[0] / r->n[1] - lo[2] + 1;
        memset((uint8_t *)out->data + (z * n[1] + y) * n[0] + x, 1, g->run[i].n);
    }
    return LM_OK;
}

/* Add a part to the parts so far. */
static lm_status mclabels_append(lm_mesh *all, const lm_mesh *part, uint32_t label, size_t *vcap, size_t *tcap, size_t *lcap,
                                 lm_err *err)
{
    lm_status rc;
    if (part->nv > UINT32_MAX - all->nv || part->nt > UINT32_MAX - all->nt)
        return lm_err_set(err, LM_ERANGE, NULL, "all parts together have more than 4294967295 vertices or triangles");
    if ((rc = lm_mem_grow(&all->pos, vcap, all->nv + part->nv, 3 * sizeof *all->pos, err)) ||
        (rc = lm_mem_grow(&all->tri, tcap, all->nt + part->nt, 3 * sizeof *all->tri, err)) ||
        (rc = lm_mem_grow(&all->label, lcap, all->nt + part->nt, sizeof *all->label, err)))
        return rc;
    memcpy(all->pos + 3 * all->nv, part->pos, 3 * part->nv * sizeof *part->pos);
    for (size_t i = 0; i < 3 * part->nt; i++) all->tri[3 * all->nt + i] = part->tri[i] + (uint32_t)all->nv;
    for (size_t t = 0; t < part->nt; t++) all->label[all->nt + t] = label;
    all->nv += part->nv;
    all->nt += part->nt;
    return LM_OK;
}

lm_status lm_mclabels(const lm_regions *r, int threads, lm_mesh *out, lm_err *err)
{
    size_t vcap = 0, tcap = 0, lcap = 0, walls;
    lm_mcubes_opt opt = {.iso = 0.5, .threads = threads};
    lm_status rc = LM_OK;
    lm_mesh_release(out);
    for (size_t i = 0; i < r->count && !rc; i++) {
        const lm_region *g = &r->item[i];
        lm_vol mask = LM_VOL_INIT;
        lm_mesh part = LM_MESH_INIT;
        if (!g->n_runs) continue;
        if (!(rc = mclabels_mask(r, g, &mask, err)) && !(rc = lm_mcubes(&mask, &opt, &part, err)) &&
            !(rc = mclabels_append(out, &part, g->part.label, &vcap, &tcap, &lcap, err)))
            rc = lm_parts_add(&out->parts, &g->part, err);
        lm_vol_release(&mask);
        lm_mesh_release(&part);
    }
    out->space = LM_SPACE_LPS;
    if (!rc && !out->nt) rc = lm_err_set(err, LM_ENO, NULL, "there is no label: all samples are 0");
    if (!rc) rc = lm_share_run(out, &walls, err);
    if (rc) lm_mesh_release(out);
    return rc;
}
