/* SPDX-License-Identifier: GPL-3.0-or-later */
/* implicit.h: exact points where lines and planes of a mesh meet.
 *
 * Vertices lie on an integer grid (2^40 steps along the longest side at most). A point is a vertex, or where a line through two
 * vertices meets a plane, or where three planes meet, as homogeneous integers (base/bigint.h), so that every question about
 * it has an exact answer (implicit points: Attene, Indirect predicates for geometric constructions, CAD 126, 2020; here without his
 * floating-point expressions). Points at one position are one point, however they came about. Comparisons are decided by the
 * coordinates rounded down to 2^-10 steps where those suffice. */
#ifndef LM_REPAIR_IMPLICIT_H
#define LM_REPAIR_IMPLICIT_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 lm_wide;

enum { LM_IMPLICIT_BITS = 39, LM_IMPLICIT_FRACTION = 10 }; /* of a coordinate; and so many below the grid in `key` */
#define LM_IMPLICIT_NONE UINT32_MAX

typedef struct {
    lm_wide n[3], d; /* n . x = d, of vertices on the grid */
} lm_implicit_plane;

typedef struct {
    int64_t key[3];  /* floor(coordinate * 2^LM_IMPLICIT_FRACTION) */
    size_t limb;     /* first limb of the numerators and the denominator, one behind the other */
    uint8_t size[4]; /* limbs of each; size[3] 0: the coordinates are integers, key says all */
    int8_t sign[4];
} lm_implicit_point;

typedef struct {
    size_t n;
    lm_implicit_point *point; /* owned, as all below */
    uint64_t *limb;
    uint32_t *slot;
    size_t cap, limbs, limb_cap, slots;
} lm_implicit;
#define LM_IMPLICIT_INIT \
    { \
        .n = 0 \
    }

void lm_implicit_release(lm_implicit *s);
/* The plane through three vertices; n is 0 when they are on a line. */
lm_implicit_plane lm_implicit_through(const int64_t a[3], const int64_t b[3], const int64_t c[3]);
/* +1 on the side that n points to. */
int lm_implicit_vertex_side(const lm_implicit_plane *p, const int64_t v[3]);
/* Each sets *id to the number of the point. */
LM_CHECKED lm_status lm_implicit_vertex(lm_implicit *s, const int64_t v[3], uint32_t *id, lm_err *err);
/* The line through a and b must not be parallel to the plane. */
LM_CHECKED lm_status lm_implicit_line(lm_implicit *s, const int64_t a[3], const int64_t b[3], const lm_implicit_plane *p,
                                      uint32_t *id, lm_err *err);
/* *id LM_IMPLICIT_NONE when the planes have no single point in common. */
LM_CHECKED lm_status lm_implicit_planes(lm_implicit *s, const lm_implicit_plane p[3], uint32_t *id, lm_err *err);
/* weight[0] * p[0] + ..., over the sum of the weights (positive). */
LM_CHECKED lm_status lm_implicit_mean(lm_implicit *s, const uint32_t p[3], const int weight[3], uint32_t *id, lm_err *err);
/* Sign of coordinate c of p less that of q. */
int lm_implicit_compare(const lm_implicit *s, uint32_t p, uint32_t q, int c);
/* Do p, q, r turn left, seen along axis c with the next two axes as x and y? */
int lm_implicit_turn(const lm_implicit *s, uint32_t p, uint32_t q, uint32_t r, int c);
/* +1: p lies on the side that the plane's n points to. */
int lm_implicit_side(const lm_implicit *s, uint32_t p, const lm_implicit_plane *plane);

#endif
