/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweeping.h: dcmseg --sweep: filter, measure at every level, and say so: a table, JSON, a page. */
#ifndef TOOLS_CLI_SWEEPING_H
#define TOOLS_CLI_SWEEPING_H

#include "base/io.h"
#include "segment/steps.h"
#include "segment/sweep.h"
#include <jansson.h>

typedef struct {
    lm_sweep_range range;
    const lm_steps *steps; /* filters only */
    lm_channels *channels; /* not NULL */
    const lm_roi *roi;
    const char *unit, *case_id; /* "HU" or "1"; own case id or NULL */
    const json_t *source;
    const char *output, *report, *json; /* files, "-": standard output; the last two may be NULL */
    int threads;
    lm_steps_progress progress;
} cli_sweep_opt;

/* A sweep answers about thresholds: LM_EUSAGE where a step makes or changes an object. */
LM_CHECKED lm_status cli_sweep_check(const lm_steps *s, lm_err *err);
/* v is changed by the filters. All outputs are put in place together, or none. */
LM_CHECKED lm_status cli_sweep(lm_vol *v, const cli_sweep_opt *opt, lm_err *err);

#endif
