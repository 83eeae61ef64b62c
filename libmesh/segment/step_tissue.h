/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_tissue.h: what steps know of what a scan shows: the body on its table, values like those around a place. */
#ifndef LM_SEGMENT_STEP_TISSUE_H
#define LM_SEGMENT_STEP_TISSUE_H

#include "segment/step.h"

extern const lm_step_kind lm_step_tissue[]; /* ends with a NULL name */

/* A threshold "near:X,Y,Z" (mm) or "near:voxel=I,J,K", then ";radius=MM" (15) and ";times=K" (3): into num from 2 on, which becomes
 * method, or with voxel the number after it. */
LM_CHECKED lm_status lm_step_near_parse(lm_step *s, const char *text, int method, lm_err *err);
/* The range: mean and so many deviations to both sides of what near.h finds there. */
LM_CHECKED lm_status lm_step_near_range(const lm_step *s, const lm_vol *v, bool voxel, double *lo, double *hi, lm_step_facts *f,
                                        lm_err *err);

#endif
