/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/priority.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t n, cap;
    lm_run *run; /* ascending, apart */
} priority_runs;

static lm_status priority_put(priority_runs *to, uint64_t start, uint64_t n, lm_err *err)
{
    lm_status rc = lm_mem_grow(&to->run, &to->cap, to->n + 1, sizeof *to->run, err);
    if (!rc) to->run[to->n++] = (lm_run){start, n};
    return rc;
}

/* What of g is not taken, as new runs of g; *lost samples were. */
static lm_status priority_without(lm_region *g, const priority_runs *taken, uint64_t *lost, lm_err *err)
{
    priority_runs left = {.n = 0};
    lm_status rc = LM_OK;
    uint64_t voxels = 0;
    for (size_t i = 0, t = 0; i < g->n_runs && !rc; i++) {
        uint64_t at = g->run[i].start;
        const uint64_t end = at + g->run[i].n;
        while (t < taken->n && taken->run[t].start + taken->run[t].n <= at) t++;
        for (size_t k = t; at < end && !rc; k++) {
            const uint64_t next = k < taken->n && taken->run[k].start < end ? taken->run[k].start : end;
            if (next > at) {
                rc = priority_put(&left, at, next - at, err);
                voxels += next - at;
            }
            at = next < end ? taken->run[k].start + taken->run[k].n : end;
        }
    }
    if (rc) {
        free(left.run);
        return rc;
    }
    *lost = g->voxels - voxels;
    free(g->run);
    g->run = left.run;
    g->n_runs = left.n;
    g->cap = left.cap;
    g->voxels = voxels;
    return LM_OK;
}

/* taken and g, which share nothing, as one. */
static lm_status priority_join(priority_runs *taken, const lm_region *g, lm_err *err)
{
    priority_runs all = {.n = 0};
    lm_status rc = LM_OK;
    for (size_t i = 0, k = 0; (i < taken->n || k < g->n_runs) && !rc;) {
        const bool mine = k == g->n_runs || (i < taken->n && taken->run[i].start < g->run[k].start);
        const lm_run *next = mine ? &taken->run[i++] : &g->run[k++];
        lm_run *last = all.n ? &all.run[all.n - 1] : NULL;
        if (last && last->start + last->n == next->start) last->n += next->n;
        else rc = priority_put(&all, next->start, next->n, err);
    }
    free(taken->run);
    *taken = all;
    return rc;
}

lm_status lm_priority_apply(lm_regions *r, const uint32_t *label, size_t n, uint64_t *lost, lm_err *err)
{
    priority_runs taken = {.n = 0};
    lm_status rc = LM_OK;
    bool *named = lm_mem_calloc(r->count, sizeof *named, err);
    if (!named) return LM_ENOMEM;
    memset(lost, 0, r->count * sizeof *lost);
    for (size_t i = 0; i < n && !rc; i++) {
        lm_region *g = lm_regions_find(r, label[i]);
        const size_t at = g ? (size_t)(g - r->item) : 0;
        if (!g || named[at]) continue;
        named[at] = true;
        rc = priority_without(g, &taken, &lost[at], err);
        if (!rc) rc = priority_join(&taken, g, err);
    }
    for (size_t i = 0; i < r->count && !rc; i++)
        if (!named[i]) rc = priority_without(&r->item[i], &taken, &lost[i], err);
    free(taken.run);
    free(named);
    return rc;
}
