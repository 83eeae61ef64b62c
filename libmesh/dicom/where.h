/* SPDX-License-Identifier: GPL-3.0-or-later */
/* where.h: conditions on the elements of a DICOM header, as the user writes them.
 *
 *   expr    = and { "||" and }                       and   = unary { "&&" unary }
 *   unary   = "!" unary | "(" expr ")" | "exists" element | element operator literal
 *   element = { sequence "." } one            sequence, one = ( Keyword | "(gggg,eeee)" ) [ "[" number "]" ]
 *   operator = ~ !~ = != < <= > >=
 *   literal = a word without blanks and without any of ()&|!=<>~"' | "..." | '...'   (\" within "...", \' within '...')
 *
 * Keywords are those of the DICOM dictionary (SliceThickness); elements of the file meta information, of the root data set and of
 * sequences count, but nothing from group 7FE0 on. ~ searches for a regular expression (PCRE2) in the whole text, values parted by
 * backslashes; [i] takes the i-th value, from 1. The other operators compare the first value, or the i-th: a word that is a number
 * with numbers, else text with text, byte by byte. Text is UTF-8 by Specific Character Set, of the first 256 bytes. What is not
 * there, or is empty, or is no number where one is needed, compares as false with every operator.
 *
 * Within sequences a test holds when it holds in any of the items (of any frame, say), with != and !~ too; "S[i].E" asks the i-th
 * item alone, from 1; "!(S.E = x)": in none of them. "exists S": the sequence has an item; "exists S[i]": an i-th one. */
#ifndef LM_DICOM_WHERE_H
#define LM_DICOM_WHERE_H

#include "base/err.h"
#include "dicom/gdcm_shim.h"
#include "dicom/tree.h"
#include <stdbool.h>

typedef struct lm_where lm_where;
enum { LM_WHERE_TEXT = 4096, LM_WHERE_DEPTH = 32, LM_WHERE_TAGS = 64, LM_WHERE_PATH = 8, LM_WHERE_INDEX = 65536 };
typedef enum { LM_WHERE_NO, LM_WHERE_YES, LM_WHERE_SLOW, LM_WHERE_UNREAD } lm_where_answer;

/* Parse. LM_EUSAGE says what is wrong, and at which character. */
LM_CHECKED lm_status lm_where_new(const char *text, lm_where **ret, lm_err *err);
void lm_where_release(lm_where *w);
/* The elements that lm_where_match needs, for lm_gdcm_header; at most LM_WHERE_TAGS, owned by w. */
const uint32_t *lm_where_tags(const lm_where *w, size_t *n);
/* Does it ask for anything in sequences? */
bool lm_where_nested(const lm_where *w);
/* Does it hold for a file with these values, one for each of the tags, and (where lm_where_nested; else NULL) this data set?
 * LM_EUSAGE when a regular expression hits its limit. */
LM_CHECKED lm_status lm_where_match(const lm_where *w, const lm_gdcm_value *value, const lm_tree_item *root, bool *hit,
                                    lm_err *err);
/* Does it hold for the file of `size` bytes? For children (child.h): GDCM reads it. SLOW: a regular expression hit its limit;
 * UNREAD: damaged, or its data set is larger than its file explains. */
lm_where_answer lm_where_file(const lm_where *w, const lm_gdcm_file *from, size_t size, bool deflated);
/* Memory it may need for that beyond what reading a header needs. */
size_t lm_where_memory(const lm_where *w, size_t size);

#endif
