/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tube_json.h: what meshshell --wall-from-surface did as JSON (man/meshshell.1). */
#ifndef LM_SHELL_TUBE_JSON_H
#define LM_SHELL_TUBE_JSON_H

#include "shell/tube.h"
#include "stream/record.h"
#include "surface/audit.h"

/* "tube", "audit" and the entry of the ledger; after: the tube. */
LM_CHECKED lm_status lm_tube_json(json_t *rec, const lm_tube_facts *f, const lm_audit *after, lm_err *err);

#endif
