/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/digits.h"
#include "base/num.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_SPACE "\xe2\x80\xaf" /* U+202F narrow no-break space */
#define DIGITS_MINUS "\xe2\x88\x92" /* U+2212 */

int lm_digits_places(double u, double size)
{
    int want = 2;
    if (!(u > 0)) {
        u = size < 0 ? -size : size;
        want = 6;
        if (!(u > 0)) return 0;
    }
    int places = want - 1; /* right for 1 <= u < 10 */
    for (; u >= 10 && places > 0; u /= 10) places--;
    for (; u < 1 && places < 6; u *= 10) places++;
    return places > 6 ? 6 : places;
}

/* in: what printf made: sign, digits, rest. Groups the digits before the point and, by fives and more, after it. */
static void digits_group(const char *in, bool plus, char text[LM_DIGITS_TEXT])
{
    bool zero = strspn(in, "-0.") == strlen(in), neg = *in == '-';
    char *o = text;
    if (neg) in++;
    if (neg && !zero) o = stpcpy(o, DIGITS_MINUS);
    if (!neg && plus && !zero) *o++ = '+';
    size_t whole = strspn(in, "0123456789"), frac = in[whole] == '.' ? strspn(in + whole + 1, "0123456789") : 0;
    for (size_t i = 0; i < whole; i++) {
        if (i && whole > 4 && (whole - i) % 3 == 0) o = stpcpy(o, DIGITS_SPACE);
        *o++ = in[i];
    }
    in += whole;
    if (frac) {
        *o++ = *in++;
        for (size_t i = 0; i < frac; i++) {
            if (i && frac > 4 && i % 3 == 0) o = stpcpy(o, DIGITS_SPACE);
            *o++ = *in++;
        }
    }
    strcpy(o, in); /* an exponent, or nothing */
}

static void digits_format(double v, int places, bool plus, char text[LM_DIGITS_TEXT])
{
    char buf[LM_NUM_TEXT + 16];
    if (v >= 1e15 || v <= -1e15) snprintf(buf, sizeof buf, "%.6g", v);
    else snprintf(buf, sizeof buf, "%.*f", places, v);
    digits_group(buf, plus, text);
}

void lm_digits_fixed(double v, int places, char text[LM_DIGITS_TEXT])
{
    digits_format(v, places, false, text);
}

void lm_digits_up(double v, int places, char text[LM_DIGITS_TEXT])
{
    double scale = 1;
    for (int i = 0; i < places; i++) scale *= 10;
    if (v * scale < 1e15) {
        double whole = (double)(int64_t)(v * scale);
        v = (whole < v * scale ? whole + 1 : whole) / scale;
    }
    lm_digits_fixed(v, places, text);
}

void lm_digits_signed(double v, int places, char text[LM_DIGITS_TEXT])
{
    digits_format(v, places, true, text);
}

void lm_digits_plain(double v, char text[LM_DIGITS_TEXT])
{
    char buf[LM_NUM_TEXT];
    snprintf(buf, sizeof buf, "%.9g", v);
    digits_group(buf, false, text);
}

void lm_digits_count(long long n, char text[LM_DIGITS_TEXT])
{
    char buf[LM_NUM_TEXT];
    snprintf(buf, sizeof buf, "%lld", n);
    digits_group(buf, false, text);
}
