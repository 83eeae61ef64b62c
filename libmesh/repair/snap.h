/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snap.h: what rounding left nearly touching, joined: between the rounds of arrange.h.
 *
 * Points of an arrangement that are rounded to float32 leave surfaces that nearly coincide meeting anew at places a few units in
 * the last place apart, more of them from round to round. Where two triangles meet, a corner of one that is no farther from the
 * other than a tolerance is put into it: into its corner, its edge, with all triangles there, or its inside, as 3D snap rounding
 * does with its hot cubes (Hobby, Practical segment intersection with finite precision output, Computational Geometry 13, 1999;
 * Devillers, Lazard, Lenhart, 3D snap rounding, SoCG 2018). No vertex moves but those that become one; surfaces bend by less than
 * the tolerance. Triangles that then lie on each other, facing opposite ways, go. A mesh with as many triangles each way at every
 * edge has so afterwards. */
#ifndef LM_REPAIR_SNAP_H
#define LM_REPAIR_SNAP_H

#include "surface/mesh.h"

typedef struct {
    size_t pairs;       /* of triangles that met when last looked at; 0: none does */
    size_t joined;      /* corners put into corners, edges and triangles */
    double max_move_mm; /* of the surface */
} lm_snap;

/* tol_mm: above 0; where vertices nearer than that meet nothing they stay. m: lm_mesh_validate, no labels, no triangle repeats a
 * vertex, no two vertices coincide. On error m is some mesh. */
LM_CHECKED lm_status lm_snap_run(lm_mesh *m, double tol_mm, int threads, lm_snap *out, lm_err *err);

#endif
