/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

/* Text from files goes into messages: no control character may reach a terminal or break the one-line rule. */
static void LM_PRINTF(2, 0) err_put(lm_err *err, const char *fmt, va_list ap)
{
    if (err->n >= LM_ERR_FRAMES) return;
    char *s = err->text[err->n++];
    vsnprintf(s, LM_ERR_TEXT, fmt, ap);
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f) *s = '?';
}

lm_status lm_err_set(lm_err *err, lm_status code, const char *rule, const char *fmt, ...)
{
    if (!err) return code;
    err->code = code;
    err->n = 0;
    snprintf(err->rule, sizeof err->rule, "%s", rule ? rule : "");
    va_list ap;
    va_start(ap, fmt);
    err_put(err, fmt, ap);
    va_end(ap);
    return code;
}

lm_status lm_err_frame(lm_err *err, const char *fmt, ...)
{
    if (!err) return LM_EIO;
    va_list ap;
    va_start(ap, fmt);
    err_put(err, fmt, ap);
    va_end(ap);
    return err->code;
}

lm_status lm_err_nomem(lm_err *err, size_t bytes)
{
    return bytes ? lm_err_set(err, LM_ENOMEM, NULL, "out of memory (%zu bytes asked for)", bytes)
                 : lm_err_set(err, LM_ENOMEM, NULL, "out of memory");
}

void lm_err_line(const lm_err *err, char *buf, size_t cap)
{
    size_t at = 0;
    buf[0] = 0;
    for (int i = err->n - 1; i >= 0 && at < cap; i--)
        at += (size_t)snprintf(buf + at, cap - at, "%s%s", at ? ": " : "", err->text[i]);
    if (err->rule[0] && at < cap) snprintf(buf + at, cap - at, " [%s]", err->rule);
}
