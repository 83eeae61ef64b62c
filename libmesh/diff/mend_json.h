/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend_json.h: what was found and done to a mesh (mend.h), as the record of meshfix has it (man/meshfix.1). */
#ifndef LM_DIFF_MEND_JSON_H
#define LM_DIFF_MEND_JSON_H

#include "diff/mend.h"
#include <jansson.h>

/* Adds audit, repairs, places, change, parts, walls, cut, ledger and findings to the record r. off: of what was cut off. */
LM_CHECKED lm_status lm_mend_json(const lm_mend *s, bool off, json_t *r, lm_err *err);

#endif
