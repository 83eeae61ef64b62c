/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threemf_scan.h: the numbers of 3MF, and its lists of vertices and triangles in their plain form, which are nearly the whole
 * file: <vertex x="1" y="2" z="3"/> and <triangle v1="0" v2="1" v3="2"/>, attributes in this order, one blank between them, no
 * others; any XML blanks before an element and before its end. They are read without an XML parser; at the first element of
 * another form the caller's parser goes on. Text is [s, end), not terminated. */
#ifndef LM_FORMAT_THREEMF_SCAN_H
#define LM_FORMAT_THREEMF_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An XML blank. */
static inline bool lm_threemf_scan_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ST_Number (3MF-04) and ST_ResourceIndex (3MF-14: below 2^31). Return the first character not used, or NULL. */
const char *lm_threemf_scan_number(const char *s, const char *end, double *v);
const char *lm_threemf_scan_u32(const char *s, const char *end, uint32_t *v);

/* Read at most max elements into out (three values each) and set *n. Return what follows the last one that was read: s itself
 * when the first has another form. */
const char *lm_threemf_scan_vertices(const char *s, const char *end, double *out, size_t max, size_t *n);
const char *lm_threemf_scan_triangles(const char *s, const char *end, uint32_t *out, size_t max, size_t *n);

/* The end of the next "<vertices>" or "<triangles>" (which may stand in a comment), else end. */
const char *lm_threemf_scan_list(const char *s, const char *end);

#endif
