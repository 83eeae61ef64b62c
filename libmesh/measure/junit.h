/* SPDX-License-Identifier: GPL-3.0-or-later */
/* junit.h: the verdicts as JUnit XML, which build servers show: a test for the validity of the mesh, and one for each value that
 * was judged. What fails or cannot be decided is a failure. */
#ifndef LM_MEASURE_JUNIT_H
#define LM_MEASURE_JUNIT_H

#include "base/io.h"
#include <jansson.h>

/* From the facts (facts.h). Never a time or a host: the same bytes for the same facts. */
void lm_junit_write(lm_out *out, const json_t *facts);

#endif
