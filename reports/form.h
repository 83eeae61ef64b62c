/* SPDX-License-Identifier: GPL-3.0-or-later */
/* form.h: the section on the shape of the model: lengths and ratios, its parts, planar sections, fits, mass and bed. */
#ifndef REPORTS_FORM_H
#define REPORTS_FORM_H

#include "reports/cell.h"

/* Each part of it where the facts have it; nothing at all without "shape". */
void lm_form_section(lm_html *h, const json_t *facts);

#endif
