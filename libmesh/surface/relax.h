/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relax.h: a net of label surfaces made smooth, with every part keeping its volume and no vertex leaving its cell.
 *
 * Constrained elastic surface nets (Gibson 1998): every vertex moves to the middle of its neighbours as far as the box around
 * its place allows, LM_RELAX_REACH of a step each way. Where three or more parts meet, neighbours are those along that seam.
 * After each step the volumes are restored by pressure (surface/pressure.h), so that the net comes to rest at the least
 * area for the given volumes. Boxes do not keep triangles from crossing: those that do go back, half the way at a time. */
#ifndef LM_SURFACE_RELAX_H
#define LM_SURFACE_RELAX_H

#include "surface/nets.h"

/* Half a step would let neighbours meet. */
#define LM_RELAX_REACH 0.45
/* A part that has not its volume within this is put back in place, and is then exact. */
#define LM_RELAX_TOLERANCE 0.001 /* parts of LM_RELAX_LARGE voxels and more */
#define LM_RELAX_TOLERANCE_SMALL 0.01
enum { LM_RELAX_LARGE = 10000, LM_RELAX_STEPS = 30 };

typedef struct {
    unsigned steps; /* 0: the surface of the voxels as it is */
    int threads;
    void (*progress)(void *ctx, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_relax_opt;
#define LM_RELAX_OPT_INIT \
    { \
        .steps = LM_RELAX_STEPS \
    }

typedef struct {
    uint32_t label;
    uint64_t voxels;
    double volume_voxels; /* of the part in `out`, before its coordinates are rounded to float32 */
    bool smooth;          /* false: put back in place */
} lm_relax_part;

typedef struct {
    size_t n;
    lm_relax_part *part; /* ascending by label; owned */
    double moved_mm;     /* no point of the surface is farther than this from where it was in place */
    size_t back;         /* vertices that went back because of crossing triangles */
} lm_relax_facts;
#define LM_RELAX_FACTS_INIT \
    { \
        .n = 0 \
    }

/*   net    as lm_nets_make left it; used up
 *   grid   the volume it was made of: its geometry; parts are copied
 *   out    replaced: mm, LPS, with label and label_back
 * Memory: about 100 bytes per vertex beside the net. On error out and facts are empty. */
LM_CHECKED lm_status lm_relax(lm_nets *net, const lm_vol *grid, const lm_relax_opt *opt, lm_mesh *out, lm_relax_facts *facts,
                              lm_err *err);
void lm_relax_release(lm_relax_facts *f);

#endif
