/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vessel_page.h: the section on what was measured along a vessel, where it was: table of branches, and their diameters drawn. */
#ifndef REPORTS_VESSEL_PAGE_H
#define REPORTS_VESSEL_PAGE_H

#include "reports/cell.h"

void lm_vessel_page(lm_html *h, const json_t *facts);

#endif
