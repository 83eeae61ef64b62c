/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/pieces.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/label.h"
#include "volume/mask.h"

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

lm_status lm_pieces_of(const lm_vol *v, double level, const uint64_t *was, const lm_partial_opt *opt, lm_pieces *out, lm_err *err)
{
    lm_label l = LM_LABEL_INIT;
    lm_regions whole = LM_REGIONS_INIT;
    uint64_t *now = NULL; /* a piece does not count as what is outside of another */
    lm_pieces_release(out);
    lm_status rc = was ? LM_OK : lm_mask_all(v, level, opt->threads, &now, err);
    if (now) was = now;
    if (!rc) rc = lm_regions_from_level(v, level, &(lm_part){.label = 1}, &whole, err);
    if (!rc) rc = lm_partial_of(v, &whole, was, opt, &out->whole, err);
    lm_regions_release(&whole);
    if (!rc) rc = lm_label_components(v, level, lm_pool_threads(opt->threads), &l, err);
    out->found = l.comps;
    if (!rc && l.comps > 1) {
        if (!(rc = pieces_regions(v, &l, &out->piece, err)) &&
            !(out->of_piece = lm_mem_calloc(out->piece.count, sizeof *out->of_piece, err)))
            rc = LM_ENOMEM;
        if (!rc) rc = lm_partial_of(v, &out->piece, was, opt, out->of_piece, err);
    }
    lm_label_release(&l);
    free(now);
    if (rc) lm_pieces_release(out);
    return rc;
}
