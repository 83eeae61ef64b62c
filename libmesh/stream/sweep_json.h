/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_json.h: a sweep of levels (segment/sweep.h) as JSON and as a table for people; the keys stand in dcmseg(1). */
#ifndef LM_STREAM_SWEEP_JSON_H
#define LM_STREAM_SWEEP_JSON_H

#include "base/io.h"
#include "segment/sweep.h"
#include <jansson.h>

/* New reference; NULL: LM_ENOMEM. unit: "HU" or "1". */
LM_CHECKED json_t *lm_sweep_json(const lm_sweep *s, const char *unit, lm_err *err);
void lm_sweep_table(const lm_sweep *s, const char *unit, lm_out *out);

#endif
