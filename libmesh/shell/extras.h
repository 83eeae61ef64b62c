/* SPDX-License-Identifier: GPL-3.0-or-later */
/* extras.h: what a part gets after its wall: drain holes, plugs for them, bodies of known size beside it; and their entries in the
 * books. Plugs and reference bodies are parts of their own behind the first, under reserved names (refbody.h). */
#ifndef LM_SHELL_EXTRAS_H
#define LM_SHELL_EXTRAS_H

#include "shell/drain.h"
#include "shell/refbody.h"
#include "stream/record.h"

typedef struct { /* as the user wrote it; NULL, 0: not */
    size_t drains;
    const char *const *drain;
    const char *up, *ball_bar;
    double plug_gap_mm, cube_mm;
} lm_extras_text;

typedef struct {
    size_t n;
    lm_drain_ask ask[256];
    double up[3], plug_gap_mm;
    lm_refbody_opt reference;
} lm_extras_opt;
/* LM_EUSAGE, with the name of the option. */
LM_CHECKED lm_status lm_extras_parse(const lm_extras_text *text, lm_extras_opt *out, lm_err *err);

typedef struct {
    lm_drain_facts drain;
    size_t n; /* bodies added */
    double before_mm3, plugs_mm3, reference_mm3;
} lm_extras;
#define LM_EXTRAS_INIT \
    { \
        .n = 0 \
    }

/* m: valid, one part; outer_triangles, wall_mm as in drain.h. It becomes the part with its holes, and the bodies as further parts.
 * Errors of drain.h. */
LM_CHECKED lm_status lm_extras_run(lm_mesh *m, size_t outer_triangles, double wall_mm, const lm_extras_opt *opt, int threads,
                                   lm_extras *out, lm_err *err);
void lm_extras_release(lm_extras *x);
/* The true sizes of the bodies beside the part as the records have them, as text for people; NULL when there are none. */
const char *lm_extras_sizes(const lm_records *rec, char *buf, size_t cap);
/* "drain", "reference", their options, and their entries of the ledger behind those that are there; audit.after becomes that of the
 * drained part. */
LM_CHECKED lm_status lm_extras_json(json_t *rec, const lm_extras_opt *opt, const lm_extras *x, lm_err *err);

#endif
