/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page.h: what stands round every page: nothing from outside, the style sheet within, and a content policy that
 * allows no style and no script but those it names by hash. */
#ifndef REPORTS_PAGE_H
#define REPORTS_PAGE_H

#include "reports/html.h"

/* "'sha256-...'", what a content policy says of text that stands in the page. */
enum { LM_PAGE_SOURCE = 56 };
void lm_page_source(const void *text, size_t n, char source[LM_PAGE_SOURCE]);
/* Up to the text of the title, which the caller puts. script: the source of the one that may run, or NULL. */
void lm_page_begin(lm_html *h, const char *script);
/* Behind it, up to what is shown. */
void lm_page_body(lm_html *h);
void lm_page_end(lm_html *h);

#endif
