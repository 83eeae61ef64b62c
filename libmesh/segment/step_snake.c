/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_snake.h"
#include "base/num.h"
#include "segment/snake.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SNAKE_ITERATIONS = 10000, SNAKE_SMOOTHING = 100, SNAKE_FIELDS = 4 };
/* A snake's num: iterations, smoothing; Chan-Vese: lambda1, lambda2; geodesic: balloon, threshold (NAN: found), sigma, alpha. */

/* Numbers apart by ':' up to ';' or the end, into num[]; those not given stay. Returns what follows, or NULL. */
static const char *snake_fields(const char *text, double num[SNAKE_FIELDS], size_t *n)
{
    const char *end = text + strcspn(text, ";");
    for (*n = 0; *n < SNAKE_FIELDS; text++) {
        if (!(text = lm_num_parse(text, end, &num[*n]))) return NULL;
        ++*n;
        if (text == end) return end;
        if (*text != ':') return NULL;
    }
    return NULL;
}

/* Iterations and how many curvature operators in each. */
static lm_status snake_counts(const lm_step *s, const char *text, lm_err *err)
{
    const double *n = s->num;
    if (n[0] >= 1 && n[0] <= SNAKE_ITERATIONS && n[0] == floor(n[0]) && n[1] >= 0 && n[1] <= SNAKE_SMOOTHING && n[1] == floor(n[1]))
        return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "'%s': iterations are 1 to %d, smoothing 0 to %d", text, (int)SNAKE_ITERATIONS,
                      (int)SNAKE_SMOOTHING);
}

static lm_status snake_parse_regions(lm_step *s, const char *text, lm_err *err)
{
    char t[4][LM_NUM_TEXT];
    double num[SNAKE_FIELDS] = {0, 1, 1, 1};
    size_t n;
    const char *rest = snake_fields(text, num, &n);
    if (!rest || *rest || n == 3)
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': ITERATIONS[:SMOOTHING[:LAMBDA1:LAMBDA2]] is needed, such as 50:1", text);
    memcpy(s->num, num, sizeof num);
    if (!(num[2] > 0 && num[3] > 0)) return lm_err_set(err, LM_EUSAGE, NULL, "'%s': both lambdas are above 0", text);
    for (int i = 0; i < 4; i++) lm_num_f64(num[i], t[i]);
    snprintf(s->args, sizeof s->args, "%s:%s:%s:%s", t[0], t[1], t[2], t[3]);
    return snake_counts(s, text, err);
}

/* ";sigma=MM", ";alpha=A" after the numbers, in any order. */
static lm_status snake_edge_options(lm_step *s, const char *at, const char *text, lm_err *err)
{
    while (*at++ == ';') {
        const size_t n = strcspn(at, ";");
        const bool sigma = !strncmp(at, "sigma=", 6);
        char one[LM_NUM_TEXT] = "";
        lm_quantity q = {.value = 0};
        if (n > 6 && n - 6 < sizeof one) memcpy(one, at + 6, n - 6);
        const lm_unit unit = sigma ? LM_UNIT_MM : LM_UNIT_NONE;
        if ((!sigma && strncmp(at, "alpha=", 6) != 0) || lm_num_quantity(one, unit, &q, NULL) || q.unit != unit || !(q.value > 0))
            return lm_err_set(err, LM_EUSAGE, NULL, "'%s': after the numbers ;sigma=MM and ;alpha=A can stand, both above 0", text);
        s->num[sigma ? 4 : 5] = q.value;
        at += n;
    }
    return LM_OK;
}

static lm_status snake_parse_edges(lm_step *s, const char *text, lm_err *err)
{
    char t[6][LM_NUM_TEXT];
    double num[SNAKE_FIELDS] = {0, 1, 0, NAN};
    size_t n;
    const char *rest = snake_fields(text, num, &n);
    if (!rest)
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "'%s': ITERATIONS[:SMOOTHING[:BALLOON[:THRESHOLD]]][;sigma=MM][;alpha=A] is needed, such as 100:1:1",
                          text);
    memcpy(s->num, num, sizeof num);
    s->num[4] = s->num[5] = 1;
    lm_status rc = snake_edge_options(s, rest, text, err);
    if (!rc) rc = snake_counts(s, text, err);
    if (!rc && n == 4 && !(num[3] > 0 && num[3] < 1))
        rc = lm_err_set(err, LM_EUSAGE, NULL, "'%s': the threshold of the edge image is between 0 and 1", text);
    if (rc) return rc;
    for (int i = 0; i < 6; i++)
        if (i != 3) lm_num_f64(s->num[i], t[i]);
    t[3][0] = 0;
    if (n == 4) lm_num_f64(num[3], t[3]);
    snprintf(s->args, sizeof s->args, "%s:%s:%s%s%s;sigma=%smm;alpha=%s", t[0], t[1], t[2], n == 4 ? ":" : "", t[3], t[4], t[5]);
    return LM_OK;
}

static lm_status snake_regions(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    const lm_snake_opt o = {
        .iterations = (size_t)s->num[0], .smoothing = (size_t)s->num[1], .lambda1 = s->num[2], .lambda2 = s->num[3]};
    lm_snake found;
    lm_status rc = lm_step_values(w, err);
    if (!rc) rc = lm_snake_regions(&w->bits, w->vol, &o, w->threads, &found, err);
    if (rc) return rc;
    lm_step_fact(f, "mean_inside", found.inside);
    lm_step_fact(f, "mean_outside", found.outside);
    lm_step_fact(f, "moved_last", (double)found.moved);
    return LM_OK;
}

static lm_status snake_edges(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    const lm_snake_opt o = {.iterations = (size_t)s->num[0],
                            .smoothing = (size_t)s->num[1],
                            .balloon = s->num[2],
                            .threshold = s->num[3],
                            .sigma_mm = s->num[4],
                            .alpha = s->num[5]};
    lm_snake found;
    lm_status rc = lm_step_values(w, err);
    if (!rc) rc = lm_snake_edges(&w->bits, w->vol, &o, w->threads, &found, err);
    if (rc) return rc;
    if (o.balloon != 0) lm_step_fact(f, "threshold", found.threshold);
    lm_step_fact(f, "moved_last", (double)found.moved);
    return LM_OK;
}

const lm_step_kind lm_step_snake[] = {
    {"chanvese", 0, "N[:S[:L1:L2]]", "move the surface N times to what is nearer to its side's mean, with S smoothings each", false,
     false, snake_parse_regions, snake_regions},
    {"geodesic", 0, "N[:S[:B[:T]]]", "move the surface N times to the steepest edges; balloon B, limit T; ;sigma=MM, ;alpha=A",
     false, false, snake_parse_edges, snake_edges},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
