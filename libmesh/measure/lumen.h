/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lumen.h: the ways through a solid of tubes, roughly: on a grid, from end to end, each where it is widest.
 *
 * Least ways from one root (ways.h). Ends are found as of Sato et al. (TEASAR, Pacific Graphics 2000): the sample farthest from the
 * root ends the first path; what lies within 2 R of a path is its own, and the farthest of the rest ends the next, unless it
 * reaches less than its own diameter beyond the wall of the path it leaves. Where the ways from neighbours lead apart, and meet
 * late or never, the tube goes on there: it is a ring, or has a loop. Topology comes from here, places do not (centreline.h). */
#ifndef LM_MEASURE_LUMEN_H
#define LM_MEASURE_LUMEN_H

#include "surface/nearest.h"

enum { LM_LUMEN_PATHS = 4000 };

typedef struct {
    bool free;     /* a tip of the tube, or a place that was asked for */
    size_t path;   /* else: the path, of a lower or any other number, ... */
    size_t at;     /* ... and its point where this one leaves it */
    double tip[3]; /* free: the inside sample that is farthest out */
} lm_lumen_end;

typedef struct {
    size_t n;
    double (*at)[3]; /* n samples, from end[0] to end[1], without those near a free end; owned */
    double *r;       /* how far each is from the surface; owned */
    bool closed;     /* the last is followed by the first; ends mean nothing */
    lm_lumen_end end[2];
} lm_lumen_path;

typedef struct {
    size_t n;
    lm_lumen_path *path; /* those that others leave come first; owned */
    double step_mm;
    size_t samples;
} lm_lumen;
#define LM_LUMEN_INIT \
    { \
        .n = 0 \
    }

typedef struct {
    double volume_mm3, area_mm2; /* of m */
    size_t loops;                /* genus of m: no more ends are joined than that */
    const double *from, *to;     /* NULL: find the ends; both: one path from one to the other; one: paths from it to all ends */
    int threads;
} lm_lumen_opt;

/* m valid (audit.h), near built over it. LM_ERULE: no inside sample, or more than LM_LUMEN_PATHS paths: not tubes; a place that was
 * asked for is not in the solid, nor within LM_WAYS_SNAP of it; no way from one to the other. Memory: that of ways.h and 13 bytes
 * per sample. On error out is empty. */
LM_CHECKED lm_status lm_lumen_find(const lm_mesh *m, const lm_nearest *near, const lm_lumen_opt *opt, lm_lumen *out, lm_err *err);
void lm_lumen_release(lm_lumen *l); /* accepts a zeroed struct; leaves LM_LUMEN_INIT */

#endif
