/* SPDX-License-Identifier: GPL-3.0-or-later */
/* share.h: walls that two parts have each for themselves become one wall of both (mesh.h, label_back).
 *
 * Two triangles of different parts are one wall when their corners are at the same three positions, bit-equal but for -0, and
 * they face opposite ways. Each part keeps the triangles it had; nothing moves. Left alone are triangles that meet more
 * than one other there, and those with a corner where one of the parts has two vertices at one position. */
#ifndef LM_SURFACE_SHARE_H
#define LM_SURFACE_SHARE_H

#include "surface/mesh.h"

/* m as lm_mesh_validate accepts it; without labels it stays as it is. Of a wall the first triangle stays, of the vertices of its
 * corners the first; the rest keeps its order. *walls: triangles that became walls. */
LM_CHECKED lm_status lm_share_run(lm_mesh *m, size_t *walls, lm_err *err);
/* Are the parts patches of one surface and no bodies: has one of them an open edge that another part closes (by position)? */
LM_CHECKED lm_status lm_share_patches(const lm_mesh *m, bool *yes, lm_err *err);

#endif
