/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_pick.h: one series of those that were found. */
#ifndef LM_DICOM_SOURCE_PICK_H
#define LM_DICOM_SOURCE_PICK_H

#include "dicom/source.h"

/* Choose by PCRE2 over description, modality, number and UID (NULL: no choice made). Exactly one must remain, else LM_ERULE
 * G-3 with the list in the text's first line; series that are no volumes at all (SR, RTSTRUCT, presentation states,
 * radiographs, localizers) do not count as candidates unless nothing else is there. A series whose slices cannot be one
 * volume counts as several, numbered "3.1", "3.2". Series that are not lm_source_wanted are passed over.
 * With images, every series of images is a candidate, radiographs and localizers too. */
LM_CHECKED lm_status lm_source_select(const lm_source *s, const char *regex, bool images, size_t *series, lm_err *err);

#endif
