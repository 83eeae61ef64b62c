/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/num.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double num_pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* strtod needs a terminated string and must not see hex, inf or nan: the token is copied after its shape was checked.
 * The tools never call setlocale, so the decimal point is a point. */
static bool num_slow(const char *s, size_t n, double *out)
{
    char buf[512];
    if (n >= sizeof buf) return false;
    memcpy(buf, s, n);
    buf[n] = 0;
    *out = strtod(buf, NULL);
    return isfinite(*out);
}

const char *lm_num_parse(const char *s, const char *end, double *out)
{
    const char *p = s;
    bool neg = false, sticky = false;
    uint64_t mant = 0;
    int digits = 0, exp10 = 0;
    if (p < end && (*p == '-' || *p == '+')) neg = *p++ == '-';
    const char *first = p;
    for (; p < end && *p >= '0' && *p <= '9'; p++, digits++) {
        if (mant < 1000000000000000000u) mant = mant * 10 + (uint64_t)(*p - '0');
        else exp10++, sticky = true;
    }
    if (p < end && *p == '.') {
        for (p++; p < end && *p >= '0' && *p <= '9'; p++, digits++) {
            if (mant < 1000000000000000000u) mant = mant * 10 + (uint64_t)(*p - '0'), exp10--;
            else sticky = true;
        }
    }
    if (!digits || p == first) return NULL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *q = p + 1;
        bool eneg = false;
        int e = 0;
        if (q < end && (*q == '-' || *q == '+')) eneg = *q++ == '-';
        if (q < end && *q >= '0' && *q <= '9') {
            for (; q < end && *q >= '0' && *q <= '9'; q++)
                if (e < 100000) e = e * 10 + (*q - '0');
            exp10 += eneg ? -e : e;
            p = q;
        }
    }
    /* Clinger's fast path: both the digits and the power of ten are exact doubles, so one rounding remains. */
    if (!sticky && mant < (1ull << 53) && exp10 >= -22 && exp10 <= 22) {
        double v = (double)mant;
        v = exp10 < 0 ? v / num_pow10[-exp10] : v * num_pow10[exp10];
        *out = neg ? -v : v;
        return p;
    }
    return num_slow(s, (size_t)(p - s), out) ? p : NULL;
}

bool lm_num_all(const char *s, double *out)
{
    const char *end = s + strlen(s);
    return lm_num_parse(s, end, out) == end;
}

bool lm_num_size(const char *s, size_t max, size_t *out)
{
    size_t v = 0;
    if (!*s) return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9' || v > (max - (size_t)(*s - '0')) / 10) return false;
        v = v * 10 + (size_t)(*s - '0');
    }
    *out = v;
    return v <= max;
}

size_t lm_num_f64(double v, char buf[LM_NUM_TEXT])
{
    for (int digits = 15;; digits++) {
        int n = snprintf(buf, LM_NUM_TEXT, "%.*g", digits, v == 0 ? 0.0 : v);
        if (digits == 17 || strtod(buf, NULL) == v) return (size_t)n;
    }
}

size_t lm_num_f32(float v, char buf[LM_NUM_TEXT])
{
    double a = v < 0 ? -(double)v : (double)v;
    if (a == 0) {
        memcpy(buf, "0", 2);
        return 1;
    }
    if (a < 1e-4 || a >= 1e9) return (size_t)snprintf(buf, LM_NUM_TEXT, "%.9g", (double)v);
    /* 9 significant digits by one exact-enough multiplication: a float has 24 bits, so an error of 2^-53 in the product
     * is far below what could change the float that the digits read back as (proved over all exponents in num_test). */
    int whole = 1;
    while (whole < 9 && a >= num_pow10[whole]) whole++;
    int frac = 9 - whole;
    if (a < 1) { /* neither the 0 before the point nor zeros right after it are significant digits */
        frac = 9;
        for (double t = a * 10; t < 1; t *= 10) frac++;
    }
    uint64_t d = (uint64_t)(a * num_pow10[frac] + 0.5);
    uint64_t ip = d, fp = 0, scale = 1;
    for (int i = 0; i < frac; i++) scale *= 10;
    ip = d / scale;
    fp = d % scale;
    char *o = buf, tmp[24];
    int k = 0;
    if (v < 0) *o++ = '-';
    do tmp[k++] = (char)('0' + ip % 10);
    while (ip /= 10);
    while (k) *o++ = tmp[--k];
    if (fp) {
        *o++ = '.';
        for (int i = frac - 1; i >= 0; i--, fp /= 10) o[i] = (char)('0' + fp % 10);
        o += frac;
        while (o[-1] == '0') o--;
    }
    *o = 0;
    return (size_t)(o - buf);
}

void lm_num_fixed(double v, int places, char *buf, size_t cap)
{
    snprintf(buf, cap, "%.*f", places, v);
    if (*buf == '-' && !strpbrk(buf, "123456789")) snprintf(buf, cap, "%.*f", places, 0.0);
}

static const struct {
    const char *name;
    lm_unit unit;
    double factor;
} num_units[] = {
    {"mm", LM_UNIT_MM, 1},     {"um", LM_UNIT_MM, 1e-3},  {"cm", LM_UNIT_MM, 10},  {"m", LM_UNIT_MM, 1000},
    {"mm2", LM_UNIT_MM2, 1},   {"cm2", LM_UNIT_MM2, 100}, {"mm3", LM_UNIT_MM3, 1}, {"cm3", LM_UNIT_MM3, 1000},
    {"ml", LM_UNIT_MM3, 1000}, {"mL", LM_UNIT_MM3, 1000}, {"l", LM_UNIT_MM3, 1e6}, {"L", LM_UNIT_MM3, 1e6},
    {"%", LM_UNIT_PERCENT, 1}, {"HU", LM_UNIT_HU, 1},     {"deg", LM_UNIT_DEG, 1}, {"g", LM_UNIT_G, 1},
    {"kg", LM_UNIT_G, 1000},
};

bool lm_num_unit(const char *name, lm_unit *unit, const char **as, double *factor)
{
    for (size_t i = 0; i < sizeof num_units / sizeof *num_units; i++) {
        if (strcmp(name, num_units[i].name)) continue;
        *unit = num_units[i].unit;
        *as = num_units[i].name;
        *factor = num_units[i].factor;
        return true;
    }
    return false;
}

/* Half a unit of the last digit written: "12.50" -> 0.005. */
static double num_half_digit(const char *s, const char *end)
{
    int frac = 0, e = 0;
    bool point = false;
    for (; s < end; s++) {
        if (*s == '.') point = true;
        else if (*s == 'e' || *s == 'E') {
            e = atoi(s + 1);
            break;
        } else if (point) frac++;
    }
    int k = e - frac;
    if (k < -22 || k > 22) return 0;
    return 0.5 * (k < 0 ? 1 / num_pow10[-k] : num_pow10[k]);
}

lm_status lm_num_quantity(const char *s, lm_unit bare, lm_quantity *out, lm_err *err)
{
    double v;
    const char *end = s + strlen(s), *u = lm_num_parse(s, end, &v);
    if (!u) return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is no number with a unit (such as 1.5mm, 1731ml, 2%%, 300HU)", s);
    double factor = 1;
    out->unit = bare;
    out->as = NULL;
    if (*u && !lm_num_unit(u, &out->unit, &out->as, &factor))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "unit '%s' in '%s' is unknown (um mm cm m, mm2 cm2, mm3 cm3 ml l, g kg, HU, deg, %%)", u, s);
    out->factor = factor;
    out->value = v * factor;
    out->ulp = num_half_digit(s, u) * factor;
    return LM_OK;
}

double lm_num_unit_mm(const char *s, size_t n)
{
    static const struct {
        double mm;
        const char *name[8];
    } unit[] = {
        {1, {"mm", "millimeter", "millimeters", "millimetre", "millimetres"}},
        {0.001, {"um", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"}},
        {10, {"cm", "centimeter", "centimeters", "centimetre", "centimetres"}},
        {1000, {"m", "meter", "meters", "metre", "metres"}},
        {25.4, {"inch", "in", "inches"}},
        {304.8, {"ft", "foot", "feet"}},
    };
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
        for (size_t k = 0; k < 8 && unit[i].name[k]; k++)
            if (strlen(unit[i].name[k]) == n && !strncasecmp(s, unit[i].name[k], n)) return unit[i].mm;
    return 0;
}
