/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chart.h: small drawings as inline SVG, coloured by the page's style sheet. */
#ifndef REPORTS_CHART_H
#define REPORTS_CHART_H

#include "reports/html.h"

/* The volume ledger as steps: the difference from the first volume in per cent, one level per entry, numbered as the
 * rows of the table. A gap in the line shows that an entry does not begin with the volume the one before ended with.
 * Writes nothing when an entry lacks its volumes or when there are none or more than fit (24). */
void lm_chart_ledger(lm_html *h, const json_t *ledger);
/* Where difference +- u lies between -tol and +tol, as a bar with the tolerance marked. tol > 0. */
void lm_chart_gauge(lm_html *h, double difference, double u, double tol);
/* The inscribed diameter along each branch of a vessel ("points" of the facts), one after the other, the least marked. Writes
 * nothing when there are none or more than fit (60). */
void lm_chart_branches(lm_html *h, const json_t *branches);
/* One number of each level of a sweep (stream/sweep_json.h) over the levels: its plateau as a band, leaks marked. Writes nothing
 * when there are fewer than two levels or the number is nowhere above 0. */
void lm_chart_sweep(lm_html *h, const json_t *sweep, const char *key, const char *title);

#endif
