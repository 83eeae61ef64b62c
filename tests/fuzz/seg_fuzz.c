/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A data set as a child process hands it over, read as a segmentation: places of frames, bits, RLE, deflate, label values. Codecs
 * that run in child processes stay out. Runs must lie on the grid, in order, and be as many as are said. */
#include "dicom/seg.h"
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ours(const lm_tree_item *root)
{
    char uid[LM_UID];
    lm_tree_code(root, 0x00020010, 0, uid, sizeof uid);
    return !lm_tree_fragments(root, 0x7fe00010) || !strcmp(uid, "1.2.840.10008.1.2.5") || !strcmp(uid, "1.2.840.10008.1.2.8.1");
}

static void check(const lm_regions *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const lm_region *g = &r->item[i];
        uint64_t voxels = 0, end = 0;
        for (size_t k = 0; k < g->n_runs; k++) {
            if (g->run[k].start < end || !g->run[k].n) abort();
            end = g->run[k].start + g->run[k].n;
            voxels += g->run[k].n;
        }
        if (voxels != g->voxels || end > (uint64_t)r->n[0] * r->n[1] * r->n[2]) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_tree *t = NULL;
    lm_err err = LM_ERR_INIT;
    lm_regions r;
    lm_seg_facts f;
    if (lm_tree_rebuild(data, size, &t, &err)) return 0;
    if (ours(lm_tree_root(t)) && !lm_seg_read(t, NULL, &r, &f, &err)) {
        check(&r);
        lm_regions_release(&r);
        lm_seg_facts_release(&f);
    }
    lm_tree_release(t);
    return 0;
}
