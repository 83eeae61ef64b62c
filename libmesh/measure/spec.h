/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spec.h: what a lab allows, in a file: tolerances per quantity, and expectations (JSON; man/meshmeasure.1).
 *
 *   { "schema": 1, "name": "liver models",
 *     "tolerances": { "volume": "2%", "box": "0.5mm", "dice": "0.02" },
 *     "expect": [ { "name": "volume", "value": "1731ml", "tol": "1%" } ] }
 * Only "schema" must be there. Unknown keys, names that stand twice, and units that do not fit are refused. */
#ifndef LM_MEASURE_SPEC_H
#define LM_MEASURE_SPEC_H

#include "base/io.h"
#include "measure/expect.h"

enum { LM_SPEC_MAX = 64, LM_SPEC_BYTES = 1 << 20 };

typedef struct {
    size_t n, n_expect;
    struct {
        char name[LM_VERDICT_NAME];
        lm_quantity tol; /* percent, or in the unit of the quantity */
    } tol[LM_SPEC_MAX];
    lm_expect expect[LM_SPEC_MAX];
} lm_spec;

/* LM_EFORMAT: no JSON, or too long; LM_EUSAGE: a key, name or value that is not known, or stands twice. */
LM_CHECKED lm_status lm_spec_read(lm_in *in, lm_spec *out, lm_err *err);
/* The tolerance of an expectation that has none of its own. */
void lm_spec_expect(const lm_spec *s, lm_expect *e);
/* Judge again what has a tolerance here: quantities of parts and sides of the box by their common name ("volume", "box"), those of
 * reports as "reported-volume" and so on. LM_EUSAGE when the unit does not fit. */
LM_CHECKED lm_status lm_spec_apply(const lm_spec *s, lm_measurement *m, lm_err *err);

#endif
