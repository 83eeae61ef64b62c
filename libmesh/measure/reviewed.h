/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reviewed.h: regions that dcmseg --review listed, and who has looked at each: until all are acknowledged nothing can be signed
 * off.
 *
 * A review file is text: first which list it is about, then a line for each region, with initials or a word:
 *     review 0123456789abcdef
 *     1 AB
 *     2 AB
 *     rest AB
 * What follows '#' is for people. */
#ifndef LM_MEASURE_REVIEWED_H
#define LM_MEASURE_REVIEWED_H

#include "base/io.h"
#include "measure/verdict.h"
#include "stream/record.h"

enum { LM_REVIEWED_MAX = 1000, LM_REVIEWED_WORD = 25, LM_REVIEWED_ID = 16 };

typedef struct {
    char id[LM_REVIEWED_ID + 1];
    size_t n;
    struct {
        size_t region;             /* 0: rest */
        char by[LM_REVIEWED_WORD]; /* letters, digits, '.', '-', '_' */
    } item[LM_REVIEWED_MAX];
} lm_reviewed;

/* LM_EUSAGE with the line: no such line, a region twice. */
LM_CHECKED lm_status lm_reviewed_read(lm_in *in, lm_reviewed *out, lm_err *err);
/* Of the newest record of dcmseg, when it has a list (else *facts is NULL): the list again, each region with "acknowledged" (by, or
 * null), and how many are "open" (new reference); "review" joins the values that are judged, undecided while any is open. given:
 * the file, or NULL. LM_EUSAGE: it is about another list, or about none, or names a region that is not in it; LM_ERULE: the
 * record's list cannot be read. */
LM_CHECKED lm_status lm_reviewed_judge(const lm_records *rec, const lm_reviewed *given, lm_verdict_list *list, json_t **facts,
                                       lm_err *err);

#endif
