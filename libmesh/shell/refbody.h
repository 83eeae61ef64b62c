/* SPDX-License-Identifier: GPL-3.0-or-later */
/* refbody.h: bodies of known size beside a part, to measure the print by: a cube, and a bar with a ball at each end (as the ball
 * bars of ISO 10360 test coordinate measuring machines). They stand on the bed plane, the lowest of the part against `up`, at
 * least LM_REFBODY_GAP_MM off the part's box and off each other, and touch nothing. */
#ifndef LM_SHELL_REFBODY_H
#define LM_SHELL_REFBODY_H

#include "surface/mesh.h"

#define LM_REFBODY_GAP_MM 5.0

typedef struct {
    double cube_mm;            /* edge; 0: none */
    double ball_mm, centre_mm; /* diameter of the balls, distance of their centres; 0: none */
} lm_refbody_opt;

/* "8mm,40mm": balls and distance, which must be more than the diameter. LM_EUSAGE. */
LM_CHECKED lm_status lm_refbody_parse(const char *text, double *ball_mm, double *centre_mm, lm_err *err);
/* The names of their parts, which no anatomy has. */
#define LM_REFBODY_CUBE "qa-cube"
#define LM_REFBODY_BAR "qa-ball-bar"
/* Is this the name of a body that a tool put beside an anatomy: one of those, or a plug ("plug-3")? */
bool lm_refbody_name(const char *name);
/* Beside part, for the direction up (not 0). Both initialised by the caller, empty when not asked for. The balls are polyhedra with
 * their corners on the sphere: 64 meridians; smaller than it by 0.5 % in volume, by nothing in its diameters along the axes. */
LM_CHECKED lm_status lm_refbody_make(const lm_mesh *part, const lm_refbody_opt *opt, const double up[3], lm_mesh *cube,
                                     lm_mesh *bar, lm_err *err);

#endif
