/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preview.h: a mesh with fewer triangles, for looking at only.
 *
 * Vertex clustering (Rossignac and Borrel: Multi-resolution 3D approximations for rendering complex scenes, 1993): all vertices
 * in one cell of a cubic grid become the one of them that lies nearest to their mean. Every triangle that is left is the image
 * of one of the mesh whose corners moved by at most moved_mm, so no point of the preview lies farther than that from the mesh.
 * What is thinner than a cell may close or vanish: nothing is measured on it but by eye. */
#ifndef REPORTS_PREVIEW_H
#define REPORTS_PREVIEW_H

#include "surface/mesh.h"

/* At most `budget` triangles (at least 100), on the finest grid of a row of cells that grow by a fifth. mesh: lm_mesh_validate. out
 * is made anew, with labels, parts, quality and space. Same bytes for the same mesh. LM_ENOMEM. */
LM_CHECKED lm_status lm_preview_make(const lm_mesh *mesh, size_t budget, lm_mesh *out, double *moved_mm, lm_err *err);

#endif
