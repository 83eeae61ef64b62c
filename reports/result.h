/* SPDX-License-Identifier: GPL-3.0-or-later */
/* result.h: the sections that state results: measurements, volume ledger, integrity. */
#ifndef REPORTS_RESULT_H
#define REPORTS_RESULT_H

#include "reports/cell.h"

void lm_result_measurements(lm_html *h, const json_t *facts);
void lm_result_ledger(lm_html *h, const json_t *facts);
void lm_result_integrity(lm_html *h, const json_t *facts);

#endif
