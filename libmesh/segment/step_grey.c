/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_grey.h"
#include "base/num.h"
#include "segment/gauss.h"
#include "segment/median.h"

#include <stdio.h>
#include <string.h>

/* Filters have no answer for NaN: it is refused, with its place. */
static lm_status grey_check(const lm_vol *v, lm_err *err)
{
    double lo, hi;
    return v->type >= LM_F32 ? lm_vol_range(v, &lo, &hi, err) : LM_OK;
}

/* "R", or "RI,RJ,RK". */
static lm_status grey_parse_median(lm_step *s, const char *text, lm_err *err)
{
    size_t r[3] = {0, 0, 0}, n = 0;
    for (const char *at = text; n < 3; n++) {
        char one[16];
        const size_t len = strcspn(at, ",");
        snprintf(one, sizeof one, "%.*s", len < 15 ? (int)len : 15, at);
        if (!lm_num_size(one, LM_MEDIAN_MOST, &r[n])) break;
        at += len;
        if (!*at++) {
            n++;
            if (n == 1) r[1] = r[2] = r[0];
            if (n == 2 || !(r[0] + r[1] + r[2])) break;
            for (int a = 0; a < 3; a++) s->num[a] = (double)r[a];
            if (r[0] == r[1] && r[1] == r[2]) snprintf(s->args, sizeof s->args, "%zu", r[0]);
            else snprintf(s->args, sizeof s->args, "%zu,%zu,%zu", r[0], r[1], r[2]);
            return LM_OK;
        }
    }
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "'%s': a radius in samples from 1 to %d is needed, or three for columns, rows, slices: 1,1,0", text,
                      (int)LM_MEDIAN_MOST);
}

static lm_status grey_median(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    (void)f;
    lm_status rc = grey_check(w->vol, err);
    return rc ? rc : lm_median(w->vol, (const size_t[3]){(size_t)s->num[0], (size_t)s->num[1], (size_t)s->num[2]}, w->threads, err);
}

static lm_status grey_gauss(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    (void)f;
    lm_status rc = grey_check(w->vol, err);
    return rc ? rc : lm_gauss(w->vol, s->num[0], w->threads, err);
}

const lm_step_kind lm_step_grey[] = {
    {"median", 0, "R", "median of the box of radius R samples (or RI,RJ,RK) around each", true, false, grey_parse_median,
     grey_median},
    {"gauss", 0, "MM", "smooth grey values by a Gaussian of sigma MM", true, false, lm_step_length, grey_gauss},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
