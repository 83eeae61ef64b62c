/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nets.h: the surfaces between all labels of a label volume at once, as a net of quads that is ready to be relaxed
 * (surface/relax.h).
 *
 * SurfaceNets (Gibson, MICCAI 1998; for several labels Frisken, JCGT 11, 2022): a vertex in each grid cell whose corners
 * differ, one for each sheet (surface/netcell.h), and a quad around each grid edge whose ends differ. A wall between two
 * labels is stored once: `label` is the smaller of the two that is not 0, `label_back` the other, 0 for background and all that
 * lies outside the volume. In place, before any relaxing, the net is the surface of the voxels, with vertices at their corners. */
#ifndef LM_SURFACE_NETS_H
#define LM_SURFACE_NETS_H

#include "surface/mesh.h"
#include "volume/volume.h"

typedef struct {
    lm_mesh mesh;     /* positions in steps of the grid (i j k), not in mm, counter-clockwise seen from outside of `label` in a
                         grid with a positive determinant */
    size_t quads;     /* triangles 2q and 2q+1 of quad q: corners 0 1 2 and 0 2 3; the others are triangles by themselves */
    int32_t *home;    /* 3*nv: twice the centre of the cell (or grid edge) that each vertex belongs to, in steps; owned */
    size_t n_labels;  /* that occur, without 0 */
    uint32_t *label;  /* ascending; owned */
    uint64_t *voxels; /* of each; owned */
} lm_nets;
#define LM_NETS_INIT \
    { \
        .quads = 0 \
    }

/*   vol  an integer type (else LM_ERULE), values 0 .. 2^32-1; 0 is background
 *   out  replaced; the same for any number of threads
 * Scratch: 16 bytes for each cell of two layers per thread. LM_ENO when there is no label, LM_ERULE for a negative value,
 * LM_ERANGE over 2^32-1 vertices or triangles. On error out is empty. */
LM_CHECKED lm_status lm_nets_make(const lm_vol *vol, int threads, lm_nets *out, lm_err *err);
void lm_nets_release(lm_nets *n);

#endif
