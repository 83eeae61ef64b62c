/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_json.h: what meshshell did as JSON, for its record and --json (man/meshshell.1). */
#ifndef LM_SHELL_SHELL_JSON_H
#define LM_SHELL_SHELL_JSON_H

#include "shell/hollow.h"
#include "shell/thicken.h"
#include "shell/wall.h"
#include "stream/record.h"
#include "surface/audit.h"

/* "wall": the figures of a check; thin places with their coordinates. */
LM_CHECKED lm_status lm_shell_json_wall(json_t *rec, const lm_wall_facts *w, lm_err *err);
/* "hollow", "audit" and the entry of the ledger; after: the volume of the hollow part. */
LM_CHECKED lm_status lm_shell_json_hollow(json_t *rec, const lm_hollow_facts *h, const lm_audit *after, lm_err *err);
/* "min_wall", "audit" and the entry of the ledger. before: the solid that goes with the mesh, or NULL; its checksum is said where
 * it is not that of what was read ("in"), as of one part of several. */
LM_CHECKED lm_status lm_shell_json_thicken(json_t *rec, const lm_thicken_facts *f, const lm_mesh *before, const lm_audit *after,
                                           lm_err *err);

#endif
