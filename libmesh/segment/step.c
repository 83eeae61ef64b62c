/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/step.h"
#include "base/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void step_args(lm_step *s, const char *unit)
{
    char number[LM_NUM_TEXT];
    lm_num_f64(s->num[0], number);
    snprintf(s->args, sizeof s->args, "%s%s", number, unit);
}

lm_status lm_step_length(lm_step *s, const char *text, lm_err *err)
{
    lm_quantity q;
    lm_status rc = lm_num_quantity(text, LM_UNIT_MM, &q, err);
    if (rc) return rc;
    if (q.unit != LM_UNIT_MM || !(q.value > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': a length above 0 is needed, such as 1.5mm", text);
    s->num[0] = q.value;
    step_args(s, "mm");
    return LM_OK;
}

lm_status lm_step_volume(lm_step *s, const char *text, lm_err *err)
{
    lm_quantity q;
    if (!strcmp(text, "all")) {
        s->num[0] = INFINITY;
        snprintf(s->args, sizeof s->args, "all");
        return LM_OK;
    }
    lm_status rc = lm_num_quantity(text, LM_UNIT_MM3, &q, err);
    if (rc) return rc;
    if (q.unit != LM_UNIT_MM3 || !(q.value > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': a volume above 0 is needed, such as 20mm3 or 1ml, or all", text);
    s->num[0] = q.value;
    step_args(s, "mm3");
    return LM_OK;
}

lm_status lm_step_file(lm_step *s, lm_step_reads reads, const char *text, lm_err *err)
{
    s->reads = reads;
    if (!text[0] || text[0] == ';') return lm_err_set(err, LM_EUSAGE, NULL, "the name of a file is needed");
    if (strlen(text) >= sizeof s->args) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d characters", (int)sizeof s->args - 1);
    snprintf(s->args, sizeof s->args, "%s", text);
    return LM_OK;
}

lm_status lm_step_values(const lm_step_work *w, lm_err *err)
{
    if (!w->masked || !isnan(w->lo)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "it looks at grey values: with a mask a --threshold must stand before it");
}

bool lm_step_place(const char *text, size_t n, double at[3])
{
    const char *end = text + n;
    for (int a = 0; a < 3; a++)
        if (!(text = lm_num_parse(text, end, &at[a])) || (a < 2 && (text == end || *text++ != ','))) return false;
    return text == end;
}

void lm_step_fact(lm_step_facts *f, const char *name, double value)
{
    if (f->n == LM_STEP_FACTS) return;
    f->fact[f->n].name = name;
    f->fact[f->n++].value = value;
}
