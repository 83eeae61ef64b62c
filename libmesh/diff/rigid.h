/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rigid.h: motions of space without reflection, and the small eigenvalue problems they come from; + - * / and sqrt only. */
#ifndef LM_DIFF_RIGID_H
#define LM_DIFF_RIGID_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    double r[3][3], t[3]; /* x becomes r x + t; r is a rotation */
} lm_rigid;

enum { LM_RIGID_EIGEN = 6 };
/* Eigenvalues of a symmetric matrix of n rows by Jacobi rotations: descending in w, their unit vectors the rows of v; a is used up.
 * Only the first n rows and columns count. */
void lm_rigid_eigen(int n, double a[LM_RIGID_EIGEN][LM_RIGID_EIGEN], double w[LM_RIGID_EIGEN],
                    double v[LM_RIGID_EIGEN][LM_RIGID_EIGEN]);
/* The rotation of a quaternion that is not 0 (real part first), of any length. */
void lm_rigid_rotation(const double q[4], double r[3][3]);
/* The motion by m, then the turn by about the vector turn (radians, exact to the third order) about the point c and the shift. */
void lm_rigid_then(const lm_rigid *m, const double c[3], const double turn[3], const double shift[3], lm_rigid *out);
/* The rotation and shift with the least sum of squares from n points p to points q, both 3 numbers each (Horn, Closed-form solution
 * of absolute orientation using unit quaternions, JOSA A 4, 1987); which: those that count. */
void lm_rigid_fit(const double *p, const double *q, const size_t *which, size_t n, lm_rigid *out);
void lm_rigid_apply(const lm_rigid *m, const double p[3], double out[3]);
/* Degrees, 0 to 180, and the unit vector it turns about (0 0 1 when it does not turn). */
double lm_rigid_angle(const lm_rigid *m, double axis[3]);

#endif
