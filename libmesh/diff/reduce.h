/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reduce.h: a mesh decimated (repair/decimate.h), and proof of how far it is from what it was (deviation.h).
 *
 * With an error to keep, vertices are tied to the surface as it was while it is decimated; then every triangle of both is proven to
 * be within the error of the other surface (beyond.h), and where one is not it is done again with a tighter tie there, at last with
 * none to give; where the volume is not kept, with a tighter tie everywhere. With
 * a number of triangles, the distance is what it is, and stated. */
#ifndef LM_DIFF_REDUCE_H
#define LM_DIFF_REDUCE_H

#include "surface/mesh.h"

typedef struct { /* one of them above 0 */
    size_t triangles;
    double percent, bytes, error_mm;
} lm_reduce_target;
#define LM_REDUCE_TARGET_INIT \
    { \
        .triangles = 0 \
    }

/* "200000", "10%", "20MB" (B, kB, MB, GB: powers of 1000) or "0.1mm". */
LM_CHECKED lm_status lm_reduce_parse(const char *text, lm_reduce_target *out, lm_err *err);

#define LM_REDUCE_VOLUME 0.1 /* percent of each part's volume that may change */

typedef enum {
    LM_REDUCE_DONE,
    LM_REDUCE_STUCK, /* topology, shape or neighbours leave more triangles than were asked for */
    LM_REDUCE_VOLUME_LOST,
    LM_REDUCE_FAR /* the error could not be proven */
} lm_reduce_why;

typedef struct {
    lm_reduce_why why;
    size_t want, before, after; /* triangles asked for (0: an error was), before, after */
    size_t collapses, tries;    /* 0 tries: the mesh had no more triangles than asked for, and is as it was */
    double lower_mm, upper_mm;  /* the Hausdorff distance from what it was lies between */
    float far_at[3];            /* where it was found to be as far as lower_mm */
    double volume_mm3;          /* change, of all parts together */
    double volume_percent;      /* change of the part where it is greatest, and that part's label */
    uint32_t volume_label;
} lm_reduce;

/* m must be valid, each part of it; it is decimated also when out->why is not DONE. target: triangles, percent or error. On error m
 * is empty. */
LM_CHECKED lm_status lm_reduce_run(lm_mesh *m, const lm_reduce_target *target, int threads, lm_reduce *out, lm_err *err);
/* Why it is not done, in one line. */
void lm_reduce_text(const lm_reduce *r, char *buf, size_t cap);

#endif
