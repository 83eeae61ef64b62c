/* SPDX-License-Identifier: GPL-3.0-or-later */
/* picture.h: still pictures of a mesh from six fixed sides, drawn in software.
 *
 * Orthographic, all views at one scale, so that lengths compare between them. Triangles are snapped to 1/256 sample and
 * filled by integer edge functions with the top-left rule (every sample of a closed surface is hit exactly once per
 * sheet), depth by z-buffer, 2x2 samples per pixel. Normals are smoothed over vertices up to a crease angle. Pits are
 * darkened by the difference of the depth to its blurred self (Luft, Colditz, Deussen: Image enhancement by unsharp
 * masking the depth buffer, SIGGRAPH 2006). The inside of the surface, where an opening or a flipped triangle shows it,
 * is drawn in red. Only + - * / sqrt: the same pixels everywhere, for any number of threads.
 *
 * Directions in LPS (x to the patient's left, y to posterior, z to superior):
 *   anterior      seen from the front: patient's left on the right, superior up
 *   left lateral  seen from the patient's left: posterior on the right, superior up
 *   superior      seen from above: patient's right on the right, anterior up
 *   posterior, right lateral, inferior: from the other side, turned about the axis that is up */
#ifndef REPORTS_PICTURE_H
#define REPORTS_PICTURE_H

#include "surface/mesh.h"

typedef enum {
    LM_PICTURE_ANTERIOR,
    LM_PICTURE_LEFT,
    LM_PICTURE_SUPERIOR,
    LM_PICTURE_POSTERIOR,
    LM_PICTURE_RIGHT,
    LM_PICTURE_INFERIOR,
    LM_PICTURE_VIEWS
} lm_picture_view;

typedef struct {
    int side;        /* pixels across and down */
    uint8_t *pixels; /* side*side palette indices, top row first, owned */
    double mm_per_pixel;
    double width_mm, height_mm;              /* extents of the mesh in this view */
    const char *name;                        /* "anterior", ... or "along +y", ... when the space is not known */
    const char *left, *right, *top, *bottom; /* letters L R A P S I, or axis names */
} lm_picture;

enum { LM_PICTURE_SIDE = 560 };

/* All views. mesh: indices valid, coordinates finite, at least one triangle; RAS is turned to LPS, and of an unknown space
 * no side of the body is claimed. threads as lm_pool_threads. Scratch: 12 bytes per vertex, and 17 MB per view at
 * LM_PICTURE_SIDE. On error nothing is held. */
LM_CHECKED lm_status lm_picture_draw(const lm_mesh *mesh, int side, int threads, lm_picture out[LM_PICTURE_VIEWS], lm_err *err);
void lm_picture_release(lm_picture out[LM_PICTURE_VIEWS]);
/* Colours of the indices: 0 is clear, then the shades of the outside, of the inside, and of half-covered outlines. */
void lm_picture_palette(uint8_t rgba[256][4]);
bool lm_picture_is_inside(uint8_t index);

#endif
