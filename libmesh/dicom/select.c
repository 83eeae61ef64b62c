/* SPDX-License-Identifier: GPL-3.0-or-later */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "dicom/select.h"
#include "base/mem.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SELECT_MATCH_LIMIT = 1000000, SELECT_HEAP_KB = 65536 };

struct lm_select {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

lm_status lm_select_new(const char *regex, lm_select **ret, lm_err *err)
{
    int code;
    PCRE2_SIZE at;
    lm_select *s = lm_mem_calloc(1, sizeof *s, err);
    if (!s) return LM_ENOMEM;
    s->code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code, &at, NULL);
    if (!s->code) {
        PCRE2_UCHAR text[160];
        pcre2_get_error_message(code, text, sizeof text);
        lm_select_release(s);
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is no regular expression: %s (at character %zu)", regex, (char *)text,
                          (size_t)at);
    }
    pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE); /* matching falls back to the interpreter where there is none */
    s->match = pcre2_match_data_create_from_pattern(s->code, NULL);
    s->context = pcre2_match_context_create(NULL);
    if (!s->match || !s->context) {
        lm_select_release(s);
        return lm_err_nomem(err, sizeof *s);
    }
    pcre2_set_match_limit(s->context, SELECT_MATCH_LIMIT);
    pcre2_set_heap_limit(s->context, SELECT_HEAP_KB);
    *ret = s;
    return LM_OK;
}

lm_status lm_select_match(const lm_select *s, const char *text, bool *hit, lm_err *err)
{
    int rc = pcre2_match(s->code, (PCRE2_SPTR)text, strlen(text), 0, 0, s->match, s->context);
    *hit = rc >= 0;
    if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH) return LM_OK;
    PCRE2_UCHAR why[160];
    pcre2_get_error_message(rc, why, sizeof why);
    return lm_err_set(err, LM_EUSAGE, NULL, "the regular expression cannot be matched: %s", (char *)why);
}

void lm_select_release(lm_select *s)
{
    if (!s) return;
    pcre2_match_context_free(s->context);
    pcre2_match_data_free(s->match);
    pcre2_code_free(s->code);
    free(s);
}

/* Length of the well-formed UTF-8 sequence at p (RFC 3629), or 0. */
static size_t select_utf8_length(const unsigned char *p)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    uint32_t u = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2) return 0;
        u = u << 6 | (p[i] & 0x3f);
    }
    return n && u >= least[n] && u <= 0x10ffff && !(u >= 0xd800 && u < 0xe000) ? n : 0;
}

void lm_select_utf8(const char *text, char *out, size_t cap)
{
    const unsigned char *p = (const unsigned char *)text;
    bool utf8 = true;
    for (size_t n; *p && utf8; p += n)
        if (!(n = select_utf8_length(p))) utf8 = false, n = 1;
    size_t at = 0, n;
    for (p = (const unsigned char *)text; *p; p += n) {
        n = utf8 ? select_utf8_length(p) : 1;
        if (at + (utf8 ? n : 2) >= cap) break;
        if (utf8) memcpy(out + at, p, n), at += n;
        else if (*p < 0x80) out[at++] = (char)*p;
        else {
            out[at++] = (char)(0xc0 | *p >> 6);
            out[at++] = (char)(0x80 | (*p & 0x3f));
        }
    }
    out[at] = 0;
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f ||
            ((unsigned char)*c == 0xc2 && (unsigned char)c[1] < 0xa0 && (unsigned char)c[1] >= 0x80)) {
            if ((unsigned char)*c == 0xc2) *c++ = ' '; /* C1 control characters are two bytes */
            *c = ' ';
        }
}

void lm_select_version(char buf[32])
{
    char text[64] = "";
    pcre2_config(PCRE2_CONFIG_VERSION, text); /* "10.42 2022-12-11" */
    snprintf(buf, 32, "%.*s", (int)strcspn(text, " "), text);
}
