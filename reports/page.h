/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page.h: what stands round every page: no script, nothing from outside, the style sheet within. */
#ifndef REPORTS_PAGE_H
#define REPORTS_PAGE_H

#include "reports/html.h"

/* Up to the text of the title, which the caller puts. */
void lm_page_begin(lm_html *h);
/* Behind it, up to what is shown. */
void lm_page_body(lm_html *h);
void lm_page_end(lm_html *h);

#endif
