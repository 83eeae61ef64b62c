/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cell.h: what all sections of the report are made of: values taken from the facts, numbers with units and uncertainty,
 * tables, verdict badges. A value that is missing reads "not stated". */
#ifndef REPORTS_CELL_H
#define REPORTS_CELL_H

#include "reports/html.h"

#include <jansson.h>
#include <stdbool.h>

#define LM_CELL_NBSP "\xc2\xa0"

typedef struct {
    const char *key, *word, *cls, *sense;
    const char *icon; /* shapes differ, so that they can be told apart without colour */
} lm_cell_verdict;

const json_t *lm_cell_get(const json_t *o, const char *key);
bool lm_cell_num(const json_t *o, const char *key, double *v);
const char *lm_cell_str(const json_t *o, const char *key);
void lm_cell_key(lm_html *h, const json_t *o, const char *key);
/* The unit that numbers in `unit` ("mm", "mm2", "mm3"; any other stays) are shown in, as the facts ask, and its factor. */
const char *lm_cell_shown(const lm_html *h, const char *unit, double *factor);
/* As many decimal places as show the same in a unit that is so many times as large. */
int lm_cell_places(int places, double factor);
/* "value +- u unit"; plus: a difference, with its sign. u <= 0: none is shown. u is rounded up, so that it stays a bound. mm, mm2
 * and mm3 turn to the units of h->shown_in, with as many places more. */
void lm_cell_amount(lm_html *h, double v, double u, int places, const char *unit, bool plus);
/* Numbers of a list with something between them, the unit behind the last. */
void lm_cell_list(lm_html *h, const json_t *list, const char *between, int places, const char *unit);
/* An amount in the unit of the facts; a volume, unless tiny, in millilitres below it as well. Places follow from known_to (0:
 * unknown). */
void lm_cell_both(lm_html *h, double v, double u, double known_to, double size, const char *unit, bool plus);
/* "sha256_pixels" -> "SHA-256 of the pixels", "slice_step_mm" -> "Slice step (mm)", "centroid-x" -> "Centroid x". */
void lm_cell_label(lm_html *h, const char *key);
/* A threshold as the records have it, {"lo":..,"hi":..|null} with its "unit" beside it: its bounds. */
bool lm_cell_range(const json_t *v, const json_t *beside, double *lo, double *hi, bool *has_hi, const char **unit);

void lm_cell_section(lm_html *h, const char *id, const char *title);
void lm_cell_section_end(lm_html *h);
/* heads: "Name|Value>|..."; a trailing ">" sets a column of numbers. */
void lm_cell_table(lm_html *h, const char *cls, const char *caption, const char *heads);
void lm_cell_table_end(lm_html *h);
/* The label is shown in front of the cell where the page is too narrow for a table. */
void lm_cell_td(lm_html *h, const char *label, bool number);
void lm_cell_td_key(lm_html *h, const char *label, bool number, const json_t *o, const char *key);
void lm_cell_missing(lm_html *h);
/* Two columns, one row per key, in the order of the object. */
void lm_cell_pairs(lm_html *h, const char *caption, const json_t *o);
/* How the verdict of an object is shown; static. One that is missing or unknown is "none". */
const lm_cell_verdict *lm_cell_verdict_of(const json_t *o);
void lm_cell_icon(lm_html *h, const lm_cell_verdict *v);
void lm_cell_badge(lm_html *h, const lm_cell_verdict *v);

#endif
