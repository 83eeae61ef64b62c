/* SPDX-License-Identifier: GPL-3.0-or-later */
/* alone.h: holes of one component that others reach into, filled as if it were there by itself.
 *
 * Parts of a model are often modelled one by one and pushed into each other, open where they are hidden: no patch fits that meets
 * nothing. Here a patch may meet other components, though not its own; what meets is then cut and joined (arrange.h). */
#ifndef LM_REPAIR_ALONE_H
#define LM_REPAIR_ALONE_H

#include "repair/spots.h"

typedef struct {
    size_t filled, left;        /* loops of open edges */
    size_t triangles, vertices; /* drawn, put into patches */
    double area_mm2;
} lm_alone;

/* m as for lm_holes_fill, without labels. Triangles and vertices that are there stay as they are, new ones come after them. */
LM_CHECKED lm_status lm_alone_fill(lm_mesh *m, int threads, lm_alone *out, lm_spots *where, lm_err *err);

#endif
