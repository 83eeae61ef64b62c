/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tricell.h: a piece of a triangle whose corners' distances from another surface are known, and how far it can be from that
 * surface.
 *
 * The distance from one triangle is convex, so that the greatest distance of the corners from any one triangle of the other surface
 * bounds the distance over the whole cell (Tang, Lee and Kim, see deviation.h); and the distance grows by no more than the way. */
#ifndef LM_DIFF_TRICELL_H
#define LM_DIFF_TRICELL_H

#include "surface/nearest.h"

typedef struct {
    double p[3], d;
    uint32_t t; /* nearest triangle */
} lm_tricell_corner;

typedef struct {
    lm_tricell_corner c[3];
    double hi; /* d is nowhere greater */
    uint32_t depth;
} lm_tricell;

static inline double lm_tricell_dist2(const double a[3], const double b[3])
{
    double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
    return x * x + y * y + z * z;
}

/* Squared distance of p from triangle t. */
double lm_tricell_from(const lm_nearest *to, uint32_t t, const double p[3]);
/* Lower x->hi by all that is known of the corners; when that leaves more than `enough`, by a search. */
void lm_tricell_bound(const lm_nearest *to, lm_tricell *x, double enough);
/* Is there one triangle that no corner of x, of which the points alone are known, is farther from than most? Lowers x->hi then.
 * near: one to be looked at first, or LM_NEAREST_NONE; becomes the one that was found. Which is found does not depend on threads.
 */
bool lm_tricell_within(const lm_nearest *to, lm_tricell *x, double most, uint32_t *near);

#endif
