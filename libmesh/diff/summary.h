/* SPDX-License-Identifier: GPL-3.0-or-later */
/* summary.h: a deviation (deviation.h) as JSON for records, and as a table for people. */
#ifndef LM_DIFF_SUMMARY_H
#define LM_DIFF_SUMMARY_H

#include "base/io.h"
#include "diff/deviation.h"

/* New reference; numbers that do not exist are null. within_mm: the limit of the shares; negative: none. NULL: no memory. */
LM_CHECKED json_t *lm_summary_deviation(const lm_deviation *d, double within_mm, lm_err *err);
void lm_summary_table(const lm_deviation *d, double within_mm, lm_out *out);

#endif
