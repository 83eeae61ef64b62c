/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/islands.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    lm_label l;
    bool *kept; /* by component */
} islands_pieces;

static void islands_release(islands_pieces *p)
{
    lm_label_release(&p->l);
    free(p->kept);
}

static lm_status islands_find(const lm_bits *b, lm_label_touch touch, int threads, islands_pieces *p, lm_err *err)
{
    lm_status rc = lm_label_bits(b->row, b->n, touch, threads, &p->l, err);
    if (!rc && !(p->kept = lm_mem_calloc(p->l.comps, sizeof *p->kept, err))) rc = LM_ENOMEM;
    return rc;
}

/* Samples of the pieces that are not kept become value. */
static void islands_apply(lm_bits *b, const islands_pieces *p, bool value, lm_islands *out)
{
    const lm_label *l = &p->l;
    *out = (lm_islands){.found = l->comps};
    for (size_t c = 0; c < l->comps; c++) {
        if (p->kept[c]) out->kept++;
        else out->changed += l->size[c];
    }
    if (!out->changed) return;
    for (size_t r = 0; r < b->n[1] * b->n[2]; r++)
        for (size_t i = l->row[r]; i < l->row[r + 1]; i++)
            if (!p->kept[l->comp[i]]) lm_bits_set(b->row + r * b->words, l->start[i], l->end[i], value);
}

/* Mark the pieces that hold a sample on a face of the volume. */
static void islands_mark_edge(const lm_bits *b, const lm_label *l, bool *mark)
{
    for (size_t k = 0; k < b->n[2]; k++)
        for (size_t j = 0; j < b->n[1]; j++) {
            const size_t r = k * b->n[1] + j;
            const bool face = !j || !k || j + 1 == b->n[1] || k + 1 == b->n[2];
            for (size_t i = l->row[r]; i < l->row[r + 1]; i++)
                if (face || !l->start[i] || l->end[i] == b->n[0]) mark[l->comp[i]] = true;
        }
}

lm_status lm_islands_largest(lm_bits *b, size_t n, lm_label_touch touch, int threads, lm_islands *out, lm_err *err)
{
    islands_pieces p = {.kept = NULL};
    size_t kept;
    lm_status rc = islands_find(b, touch, threads, &p, err);
    if (!rc) rc = lm_label_largest(&p.l, n, p.kept, &kept, err);
    if (!rc) islands_apply(b, &p, false, out);
    islands_release(&p);
    return rc;
}

lm_status lm_islands_least(lm_bits *b, uint64_t samples, lm_label_touch touch, int threads, lm_islands *out, lm_err *err)
{
    islands_pieces p = {.kept = NULL};
    lm_status rc = islands_find(b, touch, threads, &p, err);
    for (size_t c = 0; c < p.l.comps && !rc; c++) p.kept[c] = p.l.size[c] >= samples;
    if (!rc) islands_apply(b, &p, false, out);
    islands_release(&p);
    return rc;
}

lm_status lm_islands_meeting(lm_bits *b, const lm_bits *with, bool without, lm_label_touch touch, int threads, lm_islands *out,
                             lm_err *err)
{
    islands_pieces p = {.kept = NULL};
    lm_status rc = islands_find(b, touch, threads, &p, err);
    const lm_label *l = &p.l;
    for (size_t r = 0; r < b->n[1] * b->n[2] && !rc; r++)
        for (size_t i = l->row[r]; i < l->row[r + 1]; i++) {
            const uint64_t *w = with->row + r * with->words;
            for (size_t s = l->start[i]; s < l->end[i] && !p.kept[l->comp[i]]; s++)
                if (w[s / 64] >> s % 64 & 1) p.kept[l->comp[i]] = true;
        }
    for (size_t c = 0; c < l->comps && without && !rc; c++) p.kept[c] = !p.kept[c];
    if (!rc) islands_apply(b, &p, false, out);
    islands_release(&p);
    return rc;
}

lm_status lm_islands_inner(lm_bits *b, lm_label_touch touch, int threads, lm_islands *out, lm_err *err)
{
    islands_pieces p = {.kept = NULL};
    lm_status rc = islands_find(b, touch, threads, &p, err);
    if (!rc) islands_mark_edge(b, &p.l, p.kept);
    for (size_t c = 0; c < p.l.comps && !rc; c++) p.kept[c] = !p.kept[c];
    if (!rc) islands_apply(b, &p, false, out);
    islands_release(&p);
    return rc;
}

lm_status lm_islands_fill(lm_bits *b, uint64_t samples, int threads, lm_islands *out, lm_err *err)
{
    islands_pieces p = {.kept = NULL};
    lm_bits_invert(b);
    lm_status rc = islands_find(b, LM_LABEL_FACES, threads, &p, err);
    lm_bits_invert(b);
    if (!rc) islands_mark_edge(b, &p.l, p.kept);
    size_t open = 0;
    for (size_t c = 0; c < p.l.comps && !rc; c++) {
        open += p.kept[c];
        p.kept[c] |= p.l.size[c] > samples;
    }
    if (!rc) islands_apply(b, &p, true, out);
    if (!rc) {
        out->found -= open; /* what is open is no cavity */
        out->kept -= open;
    }
    islands_release(&p);
    return rc;
}
