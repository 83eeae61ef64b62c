/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html.h: write markup with every value escaped. The result is well-formed XML as well, which the tests use.
 *
 * Bytes go to an lm_out and into a SHA-256 at the same time, so that a page can state the hash of what stands above. */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "base/hash.h"
#include "base/io.h"
#include <jansson.h>

typedef struct {
    lm_out *out;
    lm_hash_sha256 sha;
    const json_t *shown_in; /* units asked for, as the facts have them (cell.h); NULL: none. Borrowed */
} lm_html;

enum { LM_HTML_TEXT_MAX = 4000 }; /* bytes of one value that are shown; the page says when it cut */

void lm_html_init(lm_html *h, lm_out *out);
/* Markup with values: each %s takes a string, escaped; %% is a per cent sign; nothing else is known. */
void lm_html_put(lm_html *h, const char *markup, ...) LM_PRINTF(2, 3);
/* n bytes of text: & < > " ' become references; control characters, text direction overrides, characters XML does not
 * allow and broken UTF-8 become U+FFFD. */
void lm_html_text(lm_html *h, const char *s, size_t n);
/* Bytes as they are (ours only). */
void lm_html_raw(lm_html *h, const void *p, size_t n);
void lm_html_base64(lm_html *h, const unsigned char *p, size_t n);
/* Any JSON value as text: numbers grouped, yes and no, lists with commas, objects as "key value"; missing or null: a
 * marked "not stated". */
void lm_html_json(lm_html *h, const json_t *v);
void lm_html_not_stated(lm_html *h);
/* Hash of everything written so far. */
void lm_html_hash(const lm_html *h, char hex[LM_SHA256_HEX]);

#endif
