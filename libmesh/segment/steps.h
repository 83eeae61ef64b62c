/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steps.h: a segmentation as a list of steps, run in the order they were given: filters of grey values, then what makes an object,
 * then what changes it. The same list on the same volume gives the same object, whatever the number of threads. */
#ifndef LM_SEGMENT_STEPS_H
#define LM_SEGMENT_STEPS_H

#include "segment/step.h"

enum { LM_STEPS_MAX = 64 };
typedef struct {
    size_t n;
    lm_step step[LM_STEPS_MAX];
} lm_steps;

/* All kinds, one after the other, or NULL when i is past the last. */
const lm_step_kind *lm_steps_kind(size_t i);
/* Add a step. LM_EUSAGE says what is wrong: an unknown word, arguments, too many steps. */
LM_CHECKED lm_status lm_steps_add(lm_steps *s, const char *name, const char *args, lm_err *err);
/* Does the order make sense: filters first, no change of an object before there is one (mask: one is there from the beginning)? */
LM_CHECKED lm_status lm_steps_check(const lm_steps *s, bool mask, lm_err *err);
/* Is there a step that makes an object, a threshold or another? */
bool lm_steps_make(const lm_steps *s);
/* More than a threshold and then a choice of the largest pieces: then lm_steps_run is needed. */
bool lm_steps_beyond(const lm_steps *s);
/* The last step of that name, or NULL. */
const lm_step *lm_steps_find(const lm_steps *s, const char *name);

/* What the tool says while it works; done: steps that are. */
typedef void (*lm_steps_progress)(void *ctx, const char *step, size_t done, size_t all);
/* Run all on w (vol, channels, and where a mask is laid bits with object set; the rest is filled in). facts[s->n]: of each step.
 * LM_ENO: a step left nothing, and the text names it. Frames name the step. Release w->bits in any case. */
LM_CHECKED lm_status lm_steps_run(const lm_steps *s, lm_step_work *w, lm_steps_progress progress, void *ctx, lm_step_facts *facts,
                                  lm_err *err);

#endif
