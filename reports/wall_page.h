/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wall_page.h: the section that states how thick the walls are: what was asked for, the least, and every place that was let pass.
 */
#ifndef REPORTS_WALL_PAGE_H
#define REPORTS_WALL_PAGE_H

#include "reports/cell.h"

/* Nothing where the facts have no "wall". */
void lm_wall_page(lm_html *h, const json_t *facts);

#endif
