/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finish.h: what is done to a valid mesh beyond repair, in this order: smoothing (repair/smooth.h), decimation (reduce.h). */
#ifndef LM_DIFF_FINISH_H
#define LM_DIFF_FINISH_H

#include "diff/reduce.h"
#include "repair/repair.h"
#include "repair/smooth.h"
#include <jansson.h>

typedef struct {
    unsigned passes;         /* of smoothing; 0: none */
    bool decimate;           /* to target */
    lm_reduce_target target; /* triangles, percent or error */
    double max_move_mm;      /* for both together; below 0: no bound. Smoothing gets what an error leaves, else half of it */
    int threads;
} lm_finish_opt;
#define LM_FINISH_OPT_INIT \
    { \
        .max_move_mm = -1 \
    }

enum { LM_FINISH_SMOOTH, LM_FINISH_DECIMATE, LM_FINISH_STEPS };
typedef struct {
    unsigned passes;
    lm_smooth smooth;
    lm_reduce reduce;
    lm_repair_step step[LM_FINISH_STEPS]; /* of the surface as it then was; count: vertices moved, edges drawn together */
    bool touched;                         /* the mesh is not as it was */
    bool done;                            /* as was asked; what failed ends it */
} lm_finish;
#define LM_FINISH_INIT \
    { \
        .done = true \
    }

/* m must be valid, each part of it. On error m is some mesh. */
LM_CHECKED lm_status lm_finish_run(lm_mesh *m, const lm_finish_opt *opt, lm_finish *out, lm_err *err);
/* Steps that were taken, as the record has them, appended to list. */
LM_CHECKED lm_status lm_finish_json(const lm_finish *f, json_t *list, lm_err *err);
/* Of step i: what was done (false: nothing); why not all of it was. */
bool lm_finish_say(const lm_finish *f, int i, char *buf, size_t cap);
void lm_finish_text(const lm_finish *f, char *buf, size_t cap);

#endif
