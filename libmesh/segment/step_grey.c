/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_grey.h"
#include "base/num.h"
#include "segment/bilateral.h"
#include "segment/diffuse.h"
#include "segment/gauss.h"
#include "segment/median.h"
#include "segment/normalise.h"
#include "segment/resample.h"
#include "segment/reshape.h"

#include <math.h>
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
    return lm_gauss(w->vol, s->num[0], w->threads, err);
}

static const char *const grey_kernels[] = {"linear", "cubic", "lanczos"}; /* in the order of lm_resample_kernel */

/* "MM" or "MM,MM,MM", then ":KERNEL". */
static lm_status grey_parse_resample(lm_step *s, const char *text, lm_err *err)
{
    const size_t n = strcspn(text, ":");
    int kernel = text[n] ? 0 : LM_RESAMPLE_CUBIC;
    size_t steps = 0;
    while (text[n] && kernel < 3 && strcmp(text + n + 1, grey_kernels[kernel]) != 0) kernel++;
    for (size_t at = 0; at <= n && steps < 4; steps++) {
        char one[LM_NUM_TEXT];
        const size_t len = strcspn(text + at, ",:");
        lm_quantity q;
        snprintf(one, sizeof one, "%.*s", (int)(len < sizeof one - 1 ? len : sizeof one - 1), text + at);
        lm_status rc = lm_num_quantity(one, LM_UNIT_MM, &q, err);
        if (rc) return rc;
        if (steps == 3 || q.unit != LM_UNIT_MM || !(q.value > 0)) break;
        s->num[steps] = q.value;
        at += len + 1;
    }
    if (kernel == 3 || (steps != 1 && steps != 3))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "'%s': a step above 0, or three, and linear, cubic or lanczos is needed: 0.5mm:lanczos", text);
    char t[3][LM_NUM_TEXT];
    if (steps == 1) s->num[1] = s->num[2] = s->num[0];
    for (int a = 0; a < 3; a++) lm_num_f64(s->num[a], t[a]);
    s->num[3] = kernel;
    s->object = true;
    if (steps == 1) snprintf(s->args, sizeof s->args, "%smm:%s", t[0], grey_kernels[kernel]);
    else snprintf(s->args, sizeof s->args, "%smm,%smm,%smm:%s", t[0], t[1], t[2], grey_kernels[kernel]);
    return LM_OK;
}

static lm_status grey_resample(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_reshape_facts shape;
    lm_status rc = grey_check(w->vol, err);
    if (!rc && w->object) {
        if (!(rc = lm_reshape(&w->bits, w->vol, s->num, w->threads, &shape, err))) {
            lm_step_fact(f, "level_mm", shape.level_mm);
            lm_step_fact(f, "volume_change_percent", shape.change_percent);
        }
    }
    if (!rc) rc = lm_resample(w->vol, s->num, (lm_resample_kernel)(int)s->num[3], w->threads, err);
    if (!rc) lm_step_fact(f, "samples", (double)lm_vol_count(w->vol));
    return rc;
}

static const char *const grey_norms[] = {"z", "percentile"}; /* in the order of lm_normalise_what */

static lm_status grey_parse_normalise(lm_step *s, const char *text, lm_err *err)
{
    const size_t n = strcspn(text, ":");
    char number[LM_NUM_TEXT] = "";
    int what = 0;
    while (what < 2 && (strlen(grey_norms[what]) != n || strncmp(text, grey_norms[what], n) != 0)) what++;
    s->num[1] = -INFINITY;
    if (what == 2 || (text[n] && !lm_num_all(text + n + 1, &s->num[1])))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': z or percentile is needed, then :VALUE from which on samples count", text);
    s->num[0] = what;
    if (text[n]) lm_num_f64(s->num[1], number);
    snprintf(s->args, sizeof s->args, "%s%s%s", grey_norms[what], text[n] ? ":" : "", number);
    return LM_OK;
}

static lm_status grey_normalise(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_normalised n;
    const bool z = s->num[0] == LM_NORMALISE_Z;
    lm_status rc = lm_normalise(w->vol, (lm_normalise_what)(int)s->num[0], s->num[1], w->threads, &n, err);
    if (rc) return rc;
    lm_step_fact(f, z ? "mean" : "percentile_1", n.a);
    lm_step_fact(f, z ? "deviation" : "percentile_99", z ? n.b - n.a : n.b);
    lm_step_fact(f, "constant_slices", (double)n.constant);
    return LM_OK;
}

/* "N:K", then ":STEP". */
static lm_status grey_parse_diffuse(lm_step *s, const char *text, lm_err *err)
{
    char rounds[8], t[2][LM_NUM_TEXT];
    const size_t n = strcspn(text, ":");
    size_t all = 0;
    const char *end = text + strlen(text);
    snprintf(rounds, sizeof rounds, "%.*s", n < sizeof rounds ? (int)n : 0, text);
    const char *at = text[n] && lm_num_size(rounds, LM_DIFFUSE_MOST, &all) ? lm_num_parse(text + n + 1, end, &s->num[1]) : NULL;
    const bool step = at && *at == ':';
    s->num[0] = (double)all;
    if (step) at = lm_num_parse(at + 1, end, &s->num[2]);
    if (!all || !at || *at || !(s->num[1] > 0) || !isfinite(s->num[1]) || (step && !(s->num[2] > 0)))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "'%s': rounds from 1 to %d and K above 0 are needed, such as 10:50, or a step too: 10:50:0.05", text,
                          (int)LM_DIFFUSE_MOST);
    for (int i = 0; i < 2; i++) lm_num_f64(s->num[1 + i], t[i]);
    if (step) snprintf(s->args, sizeof s->args, "%zu:%s:%s", all, t[0], t[1]);
    else snprintf(s->args, sizeof s->args, "%zu:%s", all, t[0]);
    return LM_OK;
}

static lm_status grey_diffuse(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    double step;
    lm_status rc = lm_diffuse(w->vol, &(lm_diffuse_opt){.rounds = (size_t)s->num[0], .k_per_mm = s->num[1], .step_mm2 = s->num[2]},
                              w->threads, &step, err);
    if (!rc) lm_step_fact(f, "step_mm2", step);
    return rc;
}

/* "MM:VALUE". */
static lm_status grey_parse_bilateral(lm_step *s, const char *text, lm_err *err)
{
    char one[LM_NUM_TEXT], value[LM_NUM_TEXT];
    const size_t n = strcspn(text, ":");
    snprintf(one, sizeof one, "%.*s", n < sizeof one ? (int)n : 0, text);
    if (!text[n] || !lm_num_all(text + n + 1, &s->num[1]) || !(s->num[1] > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': a length and a difference of values above 0 are needed: 1.5mm:40", text);
    lm_status rc = lm_step_length(s, one, err);
    if (rc) return rc;
    lm_num_f64(s->num[1], value);
    const size_t used = strlen(s->args);
    snprintf(s->args + used, sizeof s->args - used, ":%s", value);
    return LM_OK;
}

static lm_status grey_bilateral(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    (void)f;
    return lm_bilateral(w->vol, s->num[0], s->num[1], w->threads, err);
}

const lm_step_kind lm_step_grey[] = {
    {"median", 0, "R", "median of the box of radius R samples (or RI,RJ,RK) around each", true, false, grey_parse_median,
     grey_median},
    {"gauss", 0, "MM", "smooth grey values by a Gaussian of sigma MM", true, false, lm_step_length, grey_gauss},
    {"diffuse", 0, "N:K[:STEP]", "N rounds of diffusion that halts where values change by more than K in a mm", true, false,
     grey_parse_diffuse, grey_diffuse},
    {"bilateral", 0, "MM:VALUE", "mean of samples near by (Gaussian of sigma MM) and of like values (sigma VALUE)", true, false,
     grey_parse_bilateral, grey_bilateral},
    {"resample", 0, "MM[:KERNEL]", "steps of MM (or MM,MM,MM) from sample to sample; linear, cubic (default) or lanczos", true,
     false, grey_parse_resample, grey_resample},
    {"normalise", 0, "WHAT[:VALUE]", "bring slices of MR to the same z (mean and deviation) or percentile (1st and 99th)", true,
     false, grey_parse_normalise, grey_normalise},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
