/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/html.h"
#include "reports/digits.h"

#include <stdarg.h>
#include <string.h>

enum { HTML_DEPTH = 4, HTML_ITEMS = 200 };

void lm_html_init(lm_html *h, lm_out *out)
{
    h->out = out;
    lm_hash_sha256_init(&h->sha);
}

void lm_html_raw(lm_html *h, const void *p, size_t n)
{
    if (!n) return;
    lm_io_write(h->out, p, n);
    lm_hash_sha256_update(&h->sha, p, n);
}

static void html_str(lm_html *h, const char *s)
{
    lm_html_raw(h, s, strlen(s));
}

/* Length of the UTF-8 sequence at s that may be shown as it is, else 0 with *skip bytes to replace by U+FFFD. */
static size_t html_sequence(const unsigned char *s, size_t n, size_t *skip)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    *skip = 1;
    size_t len = s[0] < 0x80                   ? 1
                 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                               : 0;
    if (len == 0 || len > n) return 0;
    uint32_t c = len == 1 ? s[0] : s[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0;
    *skip = len;
    if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0)) return 0; /* controls */
    if ((c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c < 0xfdf0)) return 0;           /* not characters */
    if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029)
        return 0; /* they turn the reading direction of what stands around them */
    return len;
}

void lm_html_text(lm_html *h, const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t shown = n;
    if (n > LM_HTML_TEXT_MAX) {
        shown = LM_HTML_TEXT_MAX;
        while (shown && (s[shown] & 0xc0) == 0x80) shown--;
    }
    size_t from = 0, i = 0;
    while (i < shown) {
        const char *ref = NULL;
        size_t skip = 1, len;
        switch (s[i]) {
        case '&': ref = "&amp;"; break;
        case '<': ref = "&lt;"; break;
        case '>': ref = "&gt;"; break;
        case '"': ref = "&quot;"; break;
        case '\'': ref = "&#39;"; break;
        default:
            len = html_sequence(s + i, shown - i, &skip);
            if (len) {
                i += len;
                continue;
            }
            ref = "\xef\xbf\xbd";
        }
        lm_html_raw(h, text + from, i - from);
        html_str(h, ref);
        from = i += skip;
    }
    lm_html_raw(h, text + from, i - from);
    if (shown < n) {
        char count[LM_DIGITS_TEXT];
        lm_digits_count((json_int_t)n, count);
        html_str(h, "\xe2\x80\xa6 (cut, ");
        html_str(h, count);
        html_str(h, " bytes in all)");
    }
}

void lm_html_put(lm_html *h, const char *markup, ...)
{
    va_list ap;
    va_start(ap, markup);
    const char *p = markup;
    while (*p) {
        size_t n = strcspn(p, "%");
        lm_html_raw(h, p, n);
        p += n;
        if (!*p) break;
        if (p[1] == 's') {
            const char *s = va_arg(ap, const char *);
            lm_html_text(h, s, strlen(s));
        } else html_str(h, "%");
        p += 2;
    }
    va_end(ap);
}

void lm_html_base64(lm_html *h, const unsigned char *p, size_t n)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char buf[4096];
    size_t k = 0;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        buf[k++] = abc[v >> 18];
        buf[k++] = abc[v >> 12 & 63];
        buf[k++] = i + 1 < n ? abc[v >> 6 & 63] : '=';
        buf[k++] = i + 2 < n ? abc[v & 63] : '=';
        if (k == sizeof buf || i + 3 >= n) {
            lm_html_raw(h, buf, k);
            k = 0;
        }
    }
}

void lm_html_not_stated(lm_html *h)
{
    html_str(h, "<span class=\"ns\">not stated</span>");
}

static void html_value(lm_html *h, const json_t *v, int depth)
{
    char text[LM_DIGITS_TEXT];
    const char *sep = "";
    size_t i, left = HTML_ITEMS;
    json_t *item;
    const char *key;
    switch (v ? json_typeof(v) : JSON_NULL) {
    case JSON_STRING: lm_html_text(h, json_string_value(v), json_string_length(v)); return;
    case JSON_INTEGER:
        lm_digits_count(json_integer_value(v), text);
        html_str(h, text);
        return;
    case JSON_REAL:
        lm_digits_plain(json_real_value(v), text);
        html_str(h, text);
        return;
    case JSON_TRUE: html_str(h, "yes"); return;
    case JSON_FALSE: html_str(h, "no"); return;
    case JSON_NULL: lm_html_not_stated(h); return;
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    if (depth == HTML_DEPTH || (json_is_array(v) && !json_array_size(v)) || (json_is_object(v) && !json_object_size(v))) {
        html_str(h, depth == HTML_DEPTH ? "\xe2\x80\xa6" : "none");
        return;
    }
    if (json_is_array(v)) {
        json_array_foreach((json_t *)v, i, item) {
            html_str(h, sep);
            if (!left--) {
                html_str(h, "\xe2\x80\xa6");
                return;
            }
            html_value(h, item, depth + 1);
            sep = ", ";
        }
        return;
    }
    json_object_foreach((json_t *)v, key, item) {
        html_str(h, sep);
        if (!left--) {
            html_str(h, "\xe2\x80\xa6");
            return;
        }
        lm_html_put(h, "<span class=\"k\">%s</span> ", key);
        html_value(h, item, depth + 1);
        sep = "; ";
    }
}

void lm_html_json(lm_html *h, const json_t *v)
{
    html_value(h, v, 0);
}

void lm_html_hash(const lm_html *h, char hex[LM_SHA256_HEX])
{
    lm_hash_sha256 copy = h->sha;
    lm_hash_sha256_hex(&copy, hex);
}
