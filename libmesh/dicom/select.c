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

void lm_select_version(char buf[32])
{
    char text[64] = "";
    pcre2_config(PCRE2_CONFIG_VERSION, text); /* "10.42 2022-12-11" */
    snprintf(buf, 32, "%.*s", (int)strcspn(text, " "), text);
}
