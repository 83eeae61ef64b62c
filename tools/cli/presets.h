/* SPDX-License-Identifier: GPL-3.0-or-later */
/* presets.h: files of steps under a name, among the installed data. */
#ifndef TOOLS_CLI_PRESETS_H
#define TOOLS_CLI_PRESETS_H

#include "volume/preset.h"

/* LM_EUSAGE names all that are there, when there is none of that name. */
LM_CHECKED lm_status cli_preset(const char *name, lm_preset *out, lm_err *err);

#endif
