/* SPDX-License-Identifier: GPL-3.0-or-later */
/* review_page.h: regions of which the segmentation is not sure, and who has looked at them. */
#ifndef REPORTS_REVIEW_PAGE_H
#define REPORTS_REVIEW_PAGE_H

#include "reports/cell.h"

/* Nothing where facts have no "review". */
void lm_review_page(lm_html *h, const json_t *facts);
/* In the section for signatures: how many regions are open. */
void lm_review_signoff(lm_html *h, const json_t *facts);

#endif
