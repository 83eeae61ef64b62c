/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A data set as a child process hands it over, read as a structure set onto a small grid: runs must lie on it, in order, and be as
 * many as are said. */
#include "dicom/rtstruct.h"
#include <math.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const lm_regions *r, const lm_rtstruct_facts *f)
{
    if (f->n != r->count) abort();
    for (size_t i = 0; i < r->count; i++) {
        const lm_region *g = &r->item[i];
        uint64_t voxels = 0, end = 0;
        for (size_t k = 0; k < g->n_runs; k++) {
            if (g->run[k].start < end || !g->run[k].n) abort();
            end = g->run[k].start + g->run[k].n;
            voxels += g->run[k].n;
        }
        if (voxels != g->voxels || end > 960 || !(f->roi[i].contours.contour_mm3 >= 0)) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const lm_vol grid = {.n = {12, 10, 8}, .dir = {{1, 0, 0}, {0, 2, 0}, {0, 0.5, 3}}, .origin = {100, 200, 300}};
    lm_tree *t = NULL;
    lm_err err = LM_ERR_INIT;
    lm_regions r;
    lm_rtstruct_facts f;
    if (lm_tree_rebuild(data, size, &t, &err)) return 0;
    if (!lm_rtstruct_read(t, &grid, "2.25.3", &r, &f, &err)) {
        check(&r, &f);
        lm_regions_release(&r);
        lm_rtstruct_facts_release(&f);
    }
    lm_tree_release(t);
    return 0;
}
