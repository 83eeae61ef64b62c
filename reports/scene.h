/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scene.h: a mesh in few bytes, for the 3D view inside the report.
 *
 * Triangles stand in runs of the same part before and behind them. Coordinates are whole steps of 2^-10 mm (more where the mesh
 * is over 10^6 mm long) from an origin that is a whole number of steps; so a distance between two points is right to 0.002 mm.
 * Vertices come in the order in which the triangles name them. Packed is, as raw deflate (RFC 1951):
 *   3 numbers for each vertex: its coordinates less those of the one before, zigzag
 *   3 numbers for each triangle: how far the corner's index lies below the next one not used yet (0: that one)
 *   with quality: a byte for each vertex: 0 none, else 1 + 254 (q - lo) / (hi - lo), rounded
 * Numbers are LEB128: seven bits a byte, the low ones first, the top bit says that another follows. */
#ifndef REPORTS_SCENE_H
#define REPORTS_SCENE_H

#include "surface/mesh.h"

typedef struct {
    uint32_t label, back; /* 0: none */
    size_t nt;
} lm_scene_run;

typedef struct {
    unsigned char *p; /* n bytes packed, of size unpacked; owned */
    size_t n, size;
    size_t nv, nt;
    double step, origin[3], lo[3], hi[3]; /* mm; LPS, unless the space is not known */
    size_t n_run;
    lm_scene_run *run; /* ascending by label, then back; owned */
    bool has_quality;
    double quality_lo, quality_hi;
} lm_scene;

/* mesh: lm_mesh_validate, with triangles; RAS is turned to LPS. LM_ENOMEM. On error nothing is held. */
LM_CHECKED lm_status lm_scene_make(const lm_mesh *mesh, lm_scene *out, lm_err *err);
void lm_scene_release(lm_scene *s);

#endif
