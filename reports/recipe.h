/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recipe.h: the sections that state how the part was made: each tool of the pipe, and the pipe to type again. */
#ifndef REPORTS_RECIPE_H
#define REPORTS_RECIPE_H

#include "reports/cell.h"

void lm_recipe_provenance(lm_html *h, const json_t *facts);
void lm_recipe_replay(lm_html *h, const json_t *facts);

#endif
