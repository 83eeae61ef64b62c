/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_facts.h: what is known of a series before its pixels are read, for people and for programs. */
#ifndef LM_DICOM_SOURCE_FACTS_H
#define LM_DICOM_SOURCE_FACTS_H

#include "dicom/source.h"
#include <jansson.h>

/* What names a series in records (identity.h): as in lm_source_json; or, whole, the same for all parts of it. */
void lm_source_uid(const lm_source *s, size_t series, bool whole, char uid[LM_IDENTITY_TEXT]);
/* One series in one line for people: number, modality, size, spacing or the rule that refuses it, and with `text` its description,
 * which may hold a name. */
void lm_source_describe(const lm_source *s, size_t series, bool text, char *buf, size_t cap);
/* The same facts for programs (new reference). UIDs by identity.h. */
LM_CHECKED json_t *lm_source_json(const lm_source *s, size_t series, lm_err *err);

#endif
