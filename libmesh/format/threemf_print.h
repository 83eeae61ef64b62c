/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threemf_print.h: vertices and triangles as the XML of a 3MF model. */
#ifndef LM_FORMAT_THREEMF_PRINT_H
#define LM_FORMAT_THREEMF_PRINT_H

#include <stddef.h>
#include <stdint.h>

enum {                                                                             /* most bytes of one */
       LM_THREEMF_VERTEX = sizeof "<vertex x=\"\" y=\"\" z=\"\"/>\n" - 1 + 3 * 16, /* "-1.23456789e-38" has 15 */
       LM_THREEMF_TRIANGLE = sizeof "<triangle v1=\"\" v2=\"\" v3=\"\"/>\n" - 1 + 3 * 10
};

/* n of them to o, which has room for n times the most and LM_NUM_TEXT more; returns the end. Coordinates are finite. */
char *lm_threemf_print_vertices(char *o, const float *pos, size_t n);
char *lm_threemf_print_triangles(char *o, const uint32_t *tri, size_t n);

#endif
