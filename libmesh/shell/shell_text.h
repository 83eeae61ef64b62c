/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_text.h: what meshshell did and found (shell.h), for people. */
#ifndef LM_SHELL_SHELL_TEXT_H
#define LM_SHELL_SHELL_TEXT_H

#include "base/io.h"
#include "shell/shell.h"

/* The table of a check. */
void lm_shell_table(const lm_shell *s, lm_out *out);
/* The answer: LM_OK, or LM_ENO with what is in the way. Before that `say` takes what there is to note: places that are thin,
 * holes, hollows that stay closed; with verbose what was done. */
LM_CHECKED lm_status lm_shell_answer(const lm_shell *s, bool verbose, void (*say)(const char *text), lm_err *err);

#endif
