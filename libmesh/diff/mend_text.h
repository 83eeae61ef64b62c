/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend_text.h: what was found and done to a mesh (mend.h), in sentences for people. */
#ifndef LM_DIFF_MEND_TEXT_H
#define LM_DIFF_MEND_TEXT_H

#include "diff/mend.h"

enum { LM_MEND_TEXT = 300, LM_MEND_NAMED = 20 }; /* length of a text; holes named one by one */

/* What the parts are not yet, beside the counts of the audit; `say` takes each text. At most `most` holes are named.
 * Fails only when `say` does. */
lm_status lm_mend_remarks(const lm_mend *s, size_t most, lm_status (*say)(void *ctx, const char *text, lm_err *err), void *ctx,
                          lm_err *err);
/* Why it is not good, in one line. */
void lm_mend_no(const lm_mend *s, char *buf, size_t cap);

#endif
