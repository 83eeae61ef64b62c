/* SPDX-License-Identifier: GPL-3.0-or-later */
/* facts_form.h: shape, sections and print (mass, bed) among the facts (facts.h), for all parts together and for each. */
#ifndef LM_MEASURE_FACTS_FORM_H
#define LM_MEASURE_FACTS_FORM_H

#include "measure/facts.h"

/* Add "shape", "sections", "vessel" and "print" to the facts, each where it was measured. */
LM_CHECKED lm_status lm_facts_form_json(const lm_facts *f, json_t *facts, lm_err *err);
/* Add "parts": each with its audit, quantities, shape and print. */
LM_CHECKED lm_status lm_facts_form_parts(const lm_facts *f, json_t *facts, lm_err *err);
/* Their lines of the table. */
void lm_facts_form_table(const lm_facts *f, lm_out *out);

#endif
