/* SPDX-License-Identifier: GPL-3.0-or-later */
/* select.h: regular expressions (PCRE2) over text from files. A hostile pattern ends by the match limit. */
#ifndef LM_DICOM_SELECT_H
#define LM_DICOM_SELECT_H

#include "base/err.h"
#include <stdbool.h>

typedef struct lm_select lm_select;

/* Compile. LM_EUSAGE says what is wrong with the pattern, and where. */
LM_CHECKED lm_status lm_select_new(const char *regex, lm_select **ret, lm_err *err);
/* Does the pattern occur in text (UTF-8)? LM_EUSAGE when the match limit is hit. */
LM_CHECKED lm_status lm_select_match(const lm_select *s, const char *text, bool *hit, lm_err *err);
void lm_select_release(lm_select *s);

/* PCRE2's version, "10.42". */
void lm_select_version(char buf[32]);

#endif
