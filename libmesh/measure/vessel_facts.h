/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vessel_facts.h: what was measured along a vessel, as JSON (man/meshqa-report.5), as a table for people, and as rows for a
 * spreadsheet. */
#ifndef LM_MEASURE_VESSEL_FACTS_H
#define LM_MEASURE_VESSEL_FACTS_H

#include "base/io.h"
#include "measure/units.h"
#include "measure/vessel.h"
#include <jansson.h>

/* New reference; NULL: no memory. */
json_t *lm_vessel_json(const lm_vessel *v);
void lm_vessel_table(const lm_vessel *v, const lm_units *units, lm_out *out);
/* One line per point, first a line of names; what is not there is empty. */
void lm_vessel_csv(const lm_vessel *v, lm_out *out);

#endif
