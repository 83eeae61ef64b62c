/* SPDX-License-Identifier: GPL-3.0-or-later */
/* planehull.h: convex hull of points in a plane, and what calipers that turn round it find.
 *
 * Hull by Andrew's monotone chain (IPL 9, 1979), in rounded arithmetic. Diameters by rotating calipers (Shamos, 1978); the
 * rectangle of least area has a side along one of the hull's (Freeman and Shapira, CACM 18, 1975). */
#ifndef LM_MEASURE_PLANEHULL_H
#define LM_MEASURE_PLANEHULL_H

#include <stddef.h>

typedef struct {
    double x, y;
} lm_planehull_point;

/* p is sorted; hull has room for 2 n + 1. Returns how many corners it has, counter-clockwise from the leftmost. */
size_t lm_planehull_make(lm_planehull_point *p, size_t n, lm_planehull_point *hull);
/* The largest distance of two corners, and the least of two parallel lines round all. */
void lm_planehull_widths(const lm_planehull_point *hull, size_t n, double *most, double *least);
/* The longest chord at right angles to the largest distance (of equal ones to the first along the hull). */
double lm_planehull_across(const lm_planehull_point *hull, size_t n);
/* Direction of length 1 along a side of the rectangle of least area, and that area; of fewer than three corners area 0. */
void lm_planehull_rectangle(const lm_planehull_point *hull, size_t n, lm_planehull_point *along, double *area);

#endif
