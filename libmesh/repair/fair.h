/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fair.h: patches over holes made as fine and as smooth as what is around them.
 *
 * Triangles too large for the edges nearby are split at their middle and edges are flipped until none is (Liepa, Filling holes in
 * meshes, Symposium on Geometry Processing 2003); the wanted edge grows by a quarter of the distance from the border of the hole,
 * so that a large hole costs about as many vertices as its border has. The new vertices then take the place where the surface bends
 * least and goes on smoothly from the triangles around: the sum of squared Laplacians over them and the border is minimal (Kobbelt
 * et al., Interactive multi-resolution modeling on arbitrary meshes, SIGGRAPH 1998), with mean value weights (Floater, Mean value
 * coordinates, CAGD 20, 2003), by conjugate gradients. A patch that meets its border at an angle, by 60 degrees or more in the
 * mean, closes a body that was cut off there: it stays as it was. So does one that would meet the mesh; where only its smooth shape
 * would, it stays in the shape it had. */
#ifndef LM_REPAIR_FAIR_H
#define LM_REPAIR_FAIR_H

#include "repair/spots.h"

typedef struct {
    size_t patches, vertices; /* patches made finer; vertices put into them */
} lm_fair;

/* The patches are the triangles from `first` on, joined by edges, as lm_holes_fill drew them: nothing but border vertices, and the
 * mesh with them is closed there. Vertices come after those there are; none of these moves. */
LM_CHECKED lm_status lm_fair_run(lm_mesh *m, size_t first, int threads, lm_fair *out, lm_spots *where, lm_err *err);

#endif
