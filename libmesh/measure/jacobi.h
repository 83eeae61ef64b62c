/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jacobi.h: eigenvalues and eigenvectors of a symmetric 3 x 3 matrix by Jacobi's rotations, with + - * / sqrt alone. */
#ifndef LM_MEASURE_JACOBI_H
#define LM_MEASURE_JACOBI_H

/* a becomes diagonal, in no order; the rows of v are its unit eigenvectors. */
void lm_jacobi_run(double a[3][3], double v[3][3]);

#endif
