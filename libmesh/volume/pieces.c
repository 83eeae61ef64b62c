/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/pieces.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/label.h"
#include "volume/mask.h"
#include "volume/moments.h"

#include <math.h>
#include <stdlib.h>

void lm_pieces_release(lm_pieces *p)
{
    lm_regions_release(&p->piece);
    free(p->of_piece);
    *p = (lm_pieces)LM_PIECES_INIT;
}

/* Numbers of the largest components, the largest first, in best[]; returns how many. */
static size_t pieces_largest(const lm_label *l, size_t best[LM_PIECES_MAX])
{
    size_t n = 0;
    for (size_t c = 0; c < l->comps; c++) {
        size_t at = n < LM_PIECES_MAX ? n++ : n;
        while (at && l->size[c] > l->size[best[at - 1]]) {
            if (at < LM_PIECES_MAX) best[at] = best[at - 1];
            at--;
        }
        if (at < LM_PIECES_MAX) best[at] = c;
    }
    return n;
}

static lm_status pieces_regions(const lm_vol *v, const lm_label *l, lm_regions *out, lm_err *err)
{
    size_t best[LM_PIECES_MAX] = {0}, n = pieces_largest(l, best), rows = v->n[1] * v->n[2];
    lm_status rc = LM_OK;
    lm_region *g;
    lm_regions_on(out, v);
    for (size_t i = 0; i < n && !rc; i++) rc = lm_regions_add(out, &(lm_part){.label = (uint32_t)i + 1}, &g, err);
    for (size_t r = 0; r < rows && !rc; r++)
        for (size_t i = l->row[r]; i < l->row[r + 1] && !rc; i++)
            for (size_t k = 0; k < n && !rc; k++)
                if (best[k] == l->comp[i])
                    rc = lm_regions_run(out, &out->item[k], r * v->n[0] + l->start[i], l->end[i] - l->start[i], err);
    return rc;
}

lm_status lm_pieces_of(const lm_vol *v, double level, int threads, lm_pieces *out, lm_err *err)
{
    lm_label l = LM_LABEL_INIT;
    bool pick[LM_PIECES_MAX] = {false};
    lm_pieces_release(out);
    lm_status rc = lm_label_components(v, level, lm_pool_threads(threads), &l, err);
    if (!rc) rc = pieces_regions(v, &l, &out->piece, err);
    out->found = l.comps;
    lm_label_release(&l);
    for (size_t i = 0; i < out->piece.count && !rc; i++) {
        uint64_t *bits = NULL;
        pick[i] = true;
        rc = lm_regions_bits(&out->piece, pick, &bits, err);
        if (!rc) rc = lm_moments_part(v, level, bits, threads, &out->level_mm3[i], err);
        pick[i] = false;
        free(bits);
    }
    if (rc) lm_pieces_release(out);
    return rc;
}

lm_status lm_pieces_partial(lm_pieces *p, const lm_vol *v, double level, const uint64_t *was, const lm_partial_opt *opt,
                            lm_err *err)
{
    lm_regions whole = LM_REGIONS_INIT;
    uint64_t *now = NULL; /* a piece does not count as what is outside of another */
    lm_status rc = was ? LM_OK : lm_mask_all(v, level, opt->threads, &now, err);
    if (now) was = now;
    if (!rc) rc = lm_regions_from_level(v, level, &(lm_part){.label = 1}, &whole, err);
    if (!rc) rc = lm_partial_of(v, &whole, was, opt, &p->whole, err);
    lm_regions_release(&whole);
    if (!rc && !(p->of_piece = lm_mem_calloc(p->piece.count + 1, sizeof *p->of_piece, err))) rc = LM_ENOMEM;
    if (!rc && p->found == 1) p->of_piece[0] = p->whole;
    else if (!rc) rc = lm_partial_of(v, &p->piece, was, opt, p->of_piece, err);
    free(now);
    p->partial = !rc;
    return rc;
}

/* ---- labels ---- */

static int pieces_cmp(const void *a, const void *b)
{
    const lm_region *const *p = a, *const *q = b;
    if ((*p)->voxels != (*q)->voxels) return (*p)->voxels > (*q)->voxels ? -1 : 1;
    return (*p > *q) - (*p < *q);
}

/* Volume at 0.5 of one region, from a window one sample wider than it. */
static lm_status pieces_level(const lm_regions *r, size_t i, int threads, double *mm3, lm_err *err)
{
    lm_regions on = *r; /* the runs stay r's */
    lm_vol v = LM_VOL_INIT;
    lm_moments m = {.volume_mm3 = 0};
    size_t lo[3], hi[3];
    *mm3 = 0;
    on.item += i;
    on.count = 1;
    if (!lm_regions_box(&on, NULL, lo, hi)) return LM_OK;
    for (int a = 0; a < 3; a++) {
        if (lo[a]) lo[a]--;
        if (hi[a] + 1 < r->n[a]) hi[a]++;
    }
    lm_status rc = lm_regions_window(&on, NULL, lo, hi, &v, err);
    if (!rc) rc = lm_moments_of(&v, 0.5, threads, &m, err);
    if (!rc) *mm3 = m.volume_mm3;
    lm_vol_release(&v);
    return rc;
}

lm_status lm_pieces_labels(const lm_regions *r, const lm_vol *grey, const lm_partial_opt *opt, size_t most, lm_label_volumes *out,
                           lm_err *err)
{
    const size_t n = r->count < most ? r->count : most;
    const lm_region **by_size = lm_mem_alloc(r->count + 1, sizeof *by_size, err);
    lm_regions some = *r; /* the runs stay r's */
    lm_partial *p = lm_mem_calloc(n + 1, sizeof *p, err);
    some.item = lm_mem_alloc(n + 1, sizeof *some.item, err);
    some.count = n;
    lm_status rc = by_size && p && some.item ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < r->count && !rc; i++) {
        by_size[i] = &r->item[i];
        out[i] = (lm_label_volumes){.level_mm3 = NAN};
    }
    if (!rc) qsort(by_size, r->count, sizeof *by_size, pieces_cmp);
    for (size_t i = 0; i < n && !rc; i++) some.item[i] = *by_size[i];
    if (!rc && grey) rc = lm_partial_of(grey, &some, NULL, opt, p, err);
    for (size_t i = 0; i < n && !rc; i++) {
        size_t at = (size_t)(by_size[i] - r->item);
        out[at].partial = p[i];
        rc = pieces_level(r, at, opt->threads, &out[at].level_mm3, err);
    }
    free(some.item);
    free(p);
    free(by_size);
    return rc;
}
