/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_page.h: the section that states how a part was made printable: the wall of a hollow part as measured, its drain holes, the
 * bodies of known size beside it with their nominal sizes. From the records of meshshell. */
#ifndef REPORTS_SHELL_PAGE_H
#define REPORTS_SHELL_PAGE_H

#include "reports/cell.h"

/* Nothing where no record has any of these. */
void lm_shell_page(lm_html *h, const json_t *facts);

#endif
