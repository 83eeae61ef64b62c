/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend_table.h: what was found in a mesh (mend.h), as a table for people. */
#ifndef LM_DIFF_MEND_TABLE_H
#define LM_DIFF_MEND_TABLE_H

#include "base/io.h"
#include "diff/mend.h"

/* Figures and faults of the mesh as it is, each fault with its first place. */
void lm_mend_table(const lm_mend *s, lm_out *out);
/* Step i of the repairs, then of the finish, in one line; false: nothing was done, or there is no such step. */
bool lm_mend_step(const lm_mend *s, int i, char *buf, size_t cap);

#endif
