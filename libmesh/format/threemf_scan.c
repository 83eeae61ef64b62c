/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/threemf_scan.h"
#include "base/num.h"

#include <string.h>

/* What lm_num_parse takes, but a point needs a digit behind it. */
const char *lm_threemf_scan_number(const char *s, const char *end, double *v)
{
    const char *p = lm_num_parse(s, end, v), *dot = p ? memchr(s, '.', (size_t)(p - s)) : NULL;
    return dot && (dot + 1 == end || dot[1] < '0' || dot[1] > '9') ? NULL : p;
}

const char *lm_threemf_scan_u32(const char *s, const char *end, uint32_t *v)
{
    uint64_t x = 0;
    const char *p = s;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        if ((x = x * 10 + (uint64_t)(*p - '0')) > INT32_MAX) return NULL;
    *v = (uint32_t)x;
    return p > s ? p : NULL;
}

static const char *threemf_scan_skip(const char *s, const char *end)
{
    while (s < end && lm_threemf_scan_blank(*s)) s++;
    return s;
}

static const char *threemf_scan_literal(const char *s, const char *end, const char *word, size_t n)
{
    return s && (size_t)(end - s) >= n && !memcmp(s, word, n) ? s + n : NULL;
}
#define LITERAL(s, end, word) threemf_scan_literal(s, end, word, sizeof word - 1)

static const char *threemf_scan_vertex(const char *s, const char *end, double p[3])
{
    if ((s = LITERAL(s, end, "<vertex x=\""))) s = lm_threemf_scan_number(s, end, &p[0]);
    if ((s = LITERAL(s, end, "\" y=\""))) s = lm_threemf_scan_number(s, end, &p[1]);
    if ((s = LITERAL(s, end, "\" z=\""))) s = lm_threemf_scan_number(s, end, &p[2]);
    if (!(s = LITERAL(s, end, "\""))) return NULL;
    return LITERAL(threemf_scan_skip(s, end), end, "/>");
}

static const char *threemf_scan_triangle(const char *s, const char *end, uint32_t v[3])
{
    if ((s = LITERAL(s, end, "<triangle v1=\""))) s = lm_threemf_scan_u32(s, end, &v[0]);
    if ((s = LITERAL(s, end, "\" v2=\""))) s = lm_threemf_scan_u32(s, end, &v[1]);
    if ((s = LITERAL(s, end, "\" v3=\""))) s = lm_threemf_scan_u32(s, end, &v[2]);
    if (!(s = LITERAL(s, end, "\""))) return NULL;
    return LITERAL(threemf_scan_skip(s, end), end, "/>");
}

const char *lm_threemf_scan_vertices(const char *s, const char *end, double *out, size_t max, size_t *n)
{
    const char *next;
    for (*n = 0; *n < max && (next = threemf_scan_vertex(threemf_scan_skip(s, end), end, out + 3 * *n)); ++*n) s = next;
    return s;
}

const char *lm_threemf_scan_triangles(const char *s, const char *end, uint32_t *out, size_t max, size_t *n)
{
    const char *next;
    for (*n = 0; *n < max && (next = threemf_scan_triangle(threemf_scan_skip(s, end), end, out + 3 * *n)); ++*n) s = next;
    return s;
}

const char *lm_threemf_scan_list(const char *s, const char *end)
{
    while (s < end) {
        const char *lt = memchr(s, '<', (size_t)(end - s)), *next;
        if (!lt) return end;
        if ((next = LITERAL(lt, end, "<vertices>")) || (next = LITERAL(lt, end, "<triangles>"))) return next;
        s = lt + 1;
    }
    return end;
}
