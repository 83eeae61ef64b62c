/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step_channel.h"
#include "segment/basis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static lm_status channel_text(lm_step *s, const char *text, lm_err *err)
{
    s->channels = true;
    if (strlen(text) >= sizeof s->args) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d characters", (int)sizeof s->args - 1);
    snprintf(s->args, sizeof s->args, "%s", text);
    for (char *c = s->args; *c; c++)
        if (*c == '\n' || *c == '\t') *c = ' ';
    return LM_OK;
}

static lm_status channel_parse(lm_step *s, const char *text, bool condition, lm_err *err)
{
    lm_expr e;
    lm_status rc = lm_expr_parse(text, &e, err);
    if (!rc && e.condition != condition)
        rc = condition ? lm_err_set(err, LM_EUSAGE, NULL, "'%.60s' is a number, and a condition is needed, such as a > 150", text)
                       : lm_err_set(err, LM_EUSAGE, NULL, "'%.60s' is a condition, and a number is needed: see --expr", text);
    return rc ? rc : channel_text(s, text, err);
}

static lm_status channel_parse_condition(lm_step *s, const char *text, lm_err *err)
{
    return channel_parse(s, text, true, err);
}

static lm_status channel_parse_values(lm_step *s, const char *text, lm_err *err)
{
    return channel_parse(s, text, false, err);
}

static lm_status channel_parse_basis(lm_step *s, const char *text, lm_err *err)
{
    lm_basis b;
    double w[LM_BASIS_MAX][LM_BASIS_MAX];
    lm_status rc = lm_basis_parse(text, &b, err);
    if (!rc) rc = lm_basis_solve(&b, w, err);
    return rc ? rc : channel_text(s, text, err);
}

static lm_status channel_where(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_expr e;
    (void)f;
    lm_status rc = lm_expr_parse(s->args, &e, err);
    return rc ? rc : lm_channels_where(w->channels, w->vol, &e, w->object, w->threads, &w->bits, err);
}

static lm_status channel_values(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    lm_expr e;
    uint64_t undefined;
    lm_status rc = lm_expr_parse(s->args, &e, err);
    if (!rc) rc = lm_channels_values(w->channels, w->vol, &e, w->threads, &undefined, err);
    if (!rc) lm_step_fact(f, "undefined_samples", (double)undefined);
    return rc;
}

/* Beside the work: what noise of 1 in each channel does to each fraction. */
static lm_status channel_basis(const lm_step *s, lm_step_work *w, lm_step_facts *f, lm_err *err)
{
    static const char *const name[] = {"noise_gain_1", "noise_gain_2", "noise_gain_3", "noise_gain_4", "noise_gain_5"};
    lm_basis b;
    double m[LM_BASIS_MAX][LM_BASIS_MAX];
    lm_status rc = lm_basis_parse(s->args, &b, err);
    if (!rc) rc = lm_basis_solve(&b, m, err);
    if (!rc) rc = lm_basis_apply(&b, w->channels, w->vol, w->threads, err);
    for (size_t i = 0; i < b.n && !rc; i++) {
        double sum = 0;
        for (size_t c = 0; c < b.channels; c++) sum += m[i][c] * m[i][c];
        lm_step_fact(f, name[i], sqrt(sum));
    }
    return rc;
}

const lm_step_kind lm_step_channel[] = {
    {"basis", 0, "MATERIALS", "volume fractions by the values of pure materials in the channels: 'NAME=V:V,NAME=V:V,NAME=V:V'",
     true, false, channel_parse_basis, channel_basis},
    {"values", 0, "EXPR", "make the grey values an expression of the channels: 'a - 0.5 * b'", true, false, channel_parse_values,
     channel_values},
    {"expr", 0, "CONDITION", "keep where a condition on the channels holds: 'a > 150 && b / a < 0.6'", false, true,
     channel_parse_condition, channel_where},
    {NULL, 0, NULL, NULL, false, false, NULL, NULL},
};
