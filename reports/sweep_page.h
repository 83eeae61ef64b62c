/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep_page.h: a sweep of levels as a page of its own: charts, table, and the plateau that it suggests. */
#ifndef REPORTS_SWEEP_PAGE_H
#define REPORTS_SWEEP_PAGE_H

#include "base/io.h"
#include <jansson.h>

/* facts: {"sweep": as stream/sweep_json.h has it, "case": optional}. The caller commits out; failed writes show there. */
void lm_sweep_page(lm_out *out, const json_t *facts);

#endif
