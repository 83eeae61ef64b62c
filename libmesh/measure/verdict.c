/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/verdict.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *lm_verdict_name(lm_verdict v)
{
    static const char *const names[] = {"none", "pass", "undecided", "fail"};
    return names[v];
}

lm_verdict lm_verdict_judge(double m, double r, double u, double tol)
{
    double d = fabs(m - r);
    if (d + u <= tol) return LM_VERDICT_PASS;
    if (d - u > tol) return LM_VERDICT_FAIL;
    return LM_VERDICT_UNDECIDED; /* also where m or u is NAN or u infinite */
}

void lm_verdict_shown(const lm_measurement *m, double value, char *buf, size_t cap)
{
    lm_units_as(value, m->unit, m->as, m->factor, buf, cap);
}

const char *lm_verdict_agrees(const lm_measurement *m, char *buf, size_t cap)
{
    const bool ml = m->unit == LM_UNIT_MM3 && fabs(m->reference) >= 1000;
    const double factor = m->as ? m->factor : ml ? 1000 : 1;
    buf[0] = 0;
    if (m->u_reference > 0 && fabs(m->value - m->reference) <= m->u_reference)
        snprintf(buf, cap, "agrees within the rounding of the reference (+-%.6g %s)", m->u_reference / factor,
                 m->as ? m->as
                 : ml  ? "ml"
                       : lm_units_name(m->unit));
    return buf;
}

void lm_verdict_measurement(lm_measurement *m)
{
    double u = m->u_value + m->u_reference, d = fabs(m->value - m->reference);
    char a[LM_NUM_TEXT], b[LM_NUM_TEXT], c[LM_NUM_TEXT], agrees[LM_VERDICT_AGREES];
    m->verdict = lm_verdict_judge(m->value, m->reference, u, m->tol);
    if (isnan(m->value)) {
        snprintf(m->note, sizeof m->note, "could not be measured");
        return;
    }
    lm_verdict_shown(m, d, a, sizeof a);
    lm_verdict_shown(m, u, b, sizeof b);
    lm_verdict_shown(m, m->tol, c, sizeof c);
    lm_verdict_agrees(m, agrees, sizeof agrees);
    switch (m->verdict) {
    case LM_VERDICT_PASS:
        snprintf(m->note, sizeof m->note, "differs by %s, known to %s, allowed %s%s%s", a, b, c, agrees[0] ? ": " : "", agrees);
        break;
    case LM_VERDICT_FAIL: snprintf(m->note, sizeof m->note, "differs by %s, known to %s: more than the %s allowed", a, b, c); break;
    default:
        snprintf(m->note, sizeof m->note, "differs by %s, known to %s: cannot be decided with a tolerance of %s%s%s", a, b, c,
                 agrees[0] ? ", though it " : "", agrees);
    }
}

void lm_verdict_show_in(lm_measurement *m, const lm_units *units)
{
    const lm_units_one *one = lm_units_of(units, m->unit);
    lm_measurement own = *m;
    if (!one || !one->as) return;
    m->as = one->as;
    m->factor = one->factor;
    lm_verdict_measurement(&own);
    if (!strcmp(own.note, m->note)) lm_verdict_measurement(m); /* another sentence stays as it is */
}

lm_status lm_verdict_add(lm_verdict_list *l, const lm_measurement *m, lm_err *err)
{
    lm_status rc = lm_mem_grow(&l->item, &l->cap, l->n + 1, sizeof *l->item, err);
    if (!rc) l->item[l->n++] = *m;
    return rc;
}

void lm_verdict_list_release(lm_verdict_list *l)
{
    free(l->item);
    *l = (lm_verdict_list)LM_VERDICT_LIST_INIT;
}

lm_verdict lm_verdict_overall(const lm_measurement *m, size_t n)
{
    lm_verdict v = LM_VERDICT_NONE;
    for (size_t i = 0; i < n; i++) v = lm_verdict_worst(v, m[i].verdict);
    return v;
}

static json_t *verdict_real(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

json_t *lm_verdict_json(const lm_measurement *m, lm_err *err)
{
    char agrees[LM_VERDICT_AGREES];
    double d = m->value - m->reference;
    bool share = m->reference != 0 && !m->absolute;
    json_t *j = json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:b, s:s, s:s}", "name", m->name, "unit",
                          lm_units_name(m->unit), "value", verdict_real(m->value), "reference", verdict_real(m->reference),
                          "reference_is", m->reference_is, "difference", verdict_real(d), "difference_percent",
                          verdict_real(share ? 100 * d / m->reference : NAN), "uncertainty",
                          verdict_real(m->u_value + m->u_reference), "tolerance", verdict_real(m->tol), "tolerance_is",
                          m->tol_is ? m->tol_is : "none", "verdict", lm_verdict_name(m->verdict), "within_rounding",
                          *lm_verdict_agrees(m, agrees, sizeof agrees) != 0, "rule", LM_VERDICT_RULE, "note", m->note);
    if (!j) lm_err_nomem(err, sizeof *m);
    return j;
}

lm_status lm_verdict_tol(const char *text, lm_tol *tol, lm_err *err)
{
    lm_quantity q;
    lm_status rc = lm_num_quantity(text, LM_UNIT_NONE, &q, err);
    if (rc) return rc;
    if (q.unit == LM_UNIT_NONE || q.unit == LM_UNIT_HU)
        return lm_err_set(err, LM_EUSAGE, NULL, "tolerance '%s': give a percentage, length, area or volume: 1%%, 0.5mm, 2ml", text);
    if (q.value < 0) return lm_err_set(err, LM_EUSAGE, NULL, "tolerance '%s' is negative", text);
    if (tol->has[q.unit]) return lm_err_set(err, LM_EUSAGE, NULL, "tolerance '%s': there is one of this kind already", text);
    tol->has[q.unit] = true;
    tol->value[q.unit] = q.value;
    return LM_OK;
}
