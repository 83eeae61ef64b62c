/* SPDX-License-Identifier: GPL-3.0-or-later */
/* landmarks.h: landmarks measured on everything there is: the mesh in hand, the volume and the mask that it was made from, meshes
 * of other stages from files, and a scan of the print (measure/caliper_judge.h). */
#ifndef LM_FORMAT_LANDMARKS_H
#define LM_FORMAT_LANDMARKS_H

#include "measure/caliper_judge.h"

enum { LM_LANDMARKS_MAX = 32 };

typedef struct {
    const char *const *stage; /* NAME=FILE; names that are no anatomical terms nor tools become numbers, unless keep_names */
    size_t stages;            /* at most LM_LANDMARKS_MAX */
    const char *scan_back;    /* file of a mesh, brought into the place of this one (meshdiff --align), or NULL */
    const lm_vol *field;      /* with its level, or NULL */
    bool grey;                /* it is finer than in or out: both volume and mask; else the mask alone */
    const lm_tol *tol;
    bool keep_names;
    int threads;
} lm_landmarks_opt;

/* Is it NAME=FILE? LM_EUSAGE. */
LM_CHECKED lm_status lm_landmarks_check(const char *text, lm_err *err);
/* Measure all, the mesh in hand first, and add to list. LM_ERULE: a mesh is in RAS; errors of reading with the file's name. */
LM_CHECKED lm_status lm_landmarks_judge(const lm_calipers *c, const lm_mesh *mesh, const lm_landmarks_opt *opt,
                                        lm_verdict_list *list, lm_err *err);

#endif
