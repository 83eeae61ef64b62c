/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pick.h: one of several parts, as the user names it (--label). */
#ifndef LM_FORMAT_PICK_H
#define LM_FORMAT_PICK_H

#include "stream/record.h"
#include "surface/mesh.h"

/* The part that text names: its number, or a regular expression (PCRE2) that its name, "part-N" where it has none, must match
 * somewhere. Exactly one part must answer: else LM_EUSAGE lists them. */
LM_CHECKED lm_status lm_pick_label(const lm_mesh *m, const char *text, uint32_t *label, lm_err *err);
/* That part alone, without labels, its name and colour those of part 1; a note in rec, whose records no longer belong to the
 * mesh. A mesh of one part stays as it is. */
LM_CHECKED lm_status lm_pick_part(lm_mesh *m, lm_records *rec, const char *text, uint32_t *label, lm_err *err);
/* For tools that work on one body: the part that text names, or, text NULL, the only one. LM_EUSAGE with a list when there are
 * several: nobody can say which is meant, or whether they are one. */
LM_CHECKED lm_status lm_pick_body(lm_mesh *m, lm_records *rec, const char *text, uint32_t *label, lm_err *err);

#endif
