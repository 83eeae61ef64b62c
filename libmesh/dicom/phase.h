/* SPDX-License-Identifier: GPL-3.0-or-later */
/* phase.h: what tells apart volumes that share places (G-3): temporal position, echo, cardiac phase, b-value, image type,
 * acquisition, kernel, stack, trigger time; and how a user names one of them. */
#ifndef LM_DICOM_PHASE_H
#define LM_DICOM_PHASE_H

#include "base/err.h"
#include "dicom/scan.h"

enum { LM_PHASE_KEYS = 10, LM_PHASE_TEXT = 96 };
/* Keys are 0 .. LM_PHASE_KEYS-1, most telling first. */
const char *lm_phase_name(int key);
int lm_phase_cmp(const lm_dicom_file *a, const lm_dicom_file *b, int key);  /* <0, 0, >0; not stated comes last */
void lm_phase_text(const lm_dicom_file *f, int key, char *buf, size_t cap); /* "echo 2", "no echo" */

typedef struct {
    size_t number; /* from 1; 0: by text */
    char text[LM_PHASE_TEXT];
} lm_phase_choice;
/* "2": the second; "b-value 1000" or "b-value=1000": as it stands in the list. LM_EUSAGE. */
LM_CHECKED lm_status lm_phase_parse(const char *text, lm_phase_choice *out, lm_err *err);
/* Is it phase `number` whose terms are `differs` ("temporal position 2, echo 2")? Letters compare without case. */
bool lm_phase_match(const lm_phase_choice *c, size_t number, const char *differs);

#endif
