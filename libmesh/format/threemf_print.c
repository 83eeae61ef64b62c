/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/threemf_print.h"
#include "base/num.h"

#include <string.h>

static char *print_put(char *o, const char *s, size_t n)
{
    memcpy(o, s, n);
    return o + n;
}
#define PRINT_PUT(o, literal) print_put(o, literal, sizeof literal - 1)

static char *print_put_u32(char *o, uint32_t v)
{
    static const char pair[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
        "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
        "99";
    int digits = 1;
    for (uint32_t t = v; t >= 10; t /= 10) digits++;
    char *at = o + digits;
    for (; v >= 100; v /= 100) memcpy(at -= 2, pair + 2 * (v % 100), 2);
    if (v >= 10) memcpy(o, pair + 2 * v, 2);
    else *o = (char)('0' + v);
    return o + digits;
}

char *lm_threemf_print_vertices(char *o, const float *pos, size_t n)
{
    for (const float *p = pos; p < pos + 3 * n; p += 3) {
        o = PRINT_PUT(o, "<vertex x=\"");
        o += lm_num_f32(p[0], o);
        o = PRINT_PUT(o, "\" y=\"");
        o += lm_num_f32(p[1], o);
        o = PRINT_PUT(o, "\" z=\"");
        o += lm_num_f32(p[2], o);
        o = PRINT_PUT(o, "\"/>\n");
    }
    return o;
}

char *lm_threemf_print_triangles(char *o, const uint32_t *tri, size_t n)
{
    for (const uint32_t *v = tri; v < tri + 3 * n; v += 3) {
        o = print_put_u32(PRINT_PUT(o, "<triangle v1=\""), v[0]);
        o = print_put_u32(PRINT_PUT(o, "\" v2=\""), v[1]);
        o = print_put_u32(PRINT_PUT(o, "\" v3=\""), v[2]);
        o = PRINT_PUT(o, "\"/>\n");
    }
    return o;
}
