/* SPDX-License-Identifier: GPL-3.0-or-later */
/* presets.h: files of steps under a name, among the installed data, or of the user's own. */
#ifndef TOOLS_CLI_PRESETS_H
#define TOOLS_CLI_PRESETS_H

#include "volume/preset.h"

/* Is it the name of a file of the user's own, one that ends in ".preset"? */
bool cli_preset_own(const char *name);
/* LM_EUSAGE names all that are there, when there is none of that name. */
LM_CHECKED lm_status cli_preset(const char *name, lm_preset *out, lm_err *err);
/* Put the seed where the arguments of a preset's step say "@seed": out, of LM_PRESET_ARGS bytes. LM_EUSAGE: seed is NULL, or the
 * text becomes too long. *used is set where there was one. */
LM_CHECKED lm_status cli_preset_seed(const char *args, const char *seed, char *out, bool *used, lm_err *err);

#endif
