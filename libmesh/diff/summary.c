/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/summary.h"

#include <math.h>
#include <stdio.h>

/* ---- JSON ---- */

static json_t *summary_number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *summary_value(const lm_samples_value *v)
{
    return json_pack("{s:o, s:o, s:o}", "value", summary_number(v->value), "lower", summary_number(v->lower), "upper",
                     summary_number(v->upper));
}

static json_t *summary_percentiles(const lm_samples_value *v)
{
    json_t *o = json_object();
    for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++) {
        char key[8];
        snprintf(key, sizeof key, "p%.0f", lm_samples_percent[p]);
        json_object_set_new(o, key, summary_value(&v[p]));
    }
    return o;
}

/* The third of what goes by the name HD95: the mean of both directions. */
static json_t *summary_mean_percentiles(const lm_deviation_side side[2])
{
    lm_samples_value v[LM_SAMPLES_PERCENTILES];
    for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++) {
        const lm_samples_value *a = &side[0].percentile[p], *b = &side[1].percentile[p];
        v[p] = (lm_samples_value){(a->value + b->value) / 2, (a->lower + b->lower) / 2, (a->upper + b->upper) / 2};
    }
    return summary_percentiles(v);
}

static json_t *summary_histogram(const lm_deviation_side *s)
{
    json_t *o = json_array();
    for (int b = 0; b < LM_SAMPLES_BINS; b++) json_array_append_new(o, summary_number(s->share[b]));
    return o;
}

static json_t *summary_maximum(const lm_deviation_side *s)
{
    return json_pack("{s:f, s:f, s:[f,f,f], s:[f,f,f], s:I}", "max_lower_mm", s->lower, "max_upper_mm", s->upper, "at_mm", s->at[0],
                     s->at[1], s->at[2], "nearest_mm", s->to[0], s->to[1], s->to[2], "samples", (json_int_t)s->samples);
}

static json_t *summary_side(const lm_deviation_side *s, double within_mm)
{
    json_t *o = summary_maximum(s);
    if (o)
        json_object_update_new(o, json_pack("{s:o, s:o, s:o, s:o, s:f}", "mean_mm", summary_value(&s->mean), "rms_mm",
                                            summary_value(&s->rms), "percentiles_mm", summary_percentiles(s->percentile),
                                            "histogram", summary_histogram(s), "area_mm2", s->area_mm2));
    if (o && s->has_sign)
        json_object_update_new(o, json_pack("{s:o, s:f, s:f}", "signed_mean_mm", summary_value(&s->bias), "outside_at_least_mm",
                                            s->outside_mm, "inside_at_least_mm", s->inside_mm));
    if (o && within_mm >= 0) json_object_set_new(o, "within", summary_value(&s->within));
    return o;
}

json_t *lm_summary_deviation(const lm_deviation *d, double within_mm, lm_err *err)
{
    if (d->maximum) {
        json_t *m = json_pack("{s:f, s:f, s:o, s:o}", "hausdorff_lower_mm", d->lower, "hausdorff_upper_mm", d->upper, "a_to_b",
                              summary_maximum(&d->side[0]), "b_to_a", summary_maximum(&d->side[1]));
        if (!m) lm_err_nomem(err, sizeof(json_t));
        return m;
    }
    json_t *o =
        json_pack("{s:f, s:f, s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:o}", "hausdorff_lower_mm", d->lower, "hausdorff_upper_mm",
                  d->upper, "a_to_b", summary_side(&d->side[0], within_mm), "b_to_a", summary_side(&d->side[1], within_mm),
                  "mean_mm", summary_value(&d->mean), "rms_mm", summary_value(&d->rms), "histogram_range_mm", d->range_mm,
                  "larger_percentiles_mm", summary_percentiles(d->larger), "pooled_percentiles_mm", summary_percentiles(d->pooled),
                  "mean_percentiles_mm", summary_mean_percentiles(d->side));
    if (o && within_mm >= 0)
        json_object_update_new(o, json_pack("{s:o, s:f}", "within", summary_value(&d->within), "within_limit_mm", within_mm));
    if (!o) lm_err_nomem(err, sizeof(json_t));
    return o;
}

/* ---- table ---- */

static void summary_row(lm_out *out, const char *what, double x, double y, double both, const lm_samples_value *bounds)
{
    const double v[3] = {x, y, both};
    lm_io_printf(out, "%-32s", what);
    for (int i = 0; i < 3; i++) {
        if (isfinite(v[i])) lm_io_printf(out, " %13.6f", v[i]);
        else lm_io_printf(out, " %13s", "-");
    }
    if (bounds && isfinite(bounds->lower)) lm_io_printf(out, "   %.6f to %.6f", bounds->lower, bounds->upper);
    lm_io_printf(out, "\n");
}

static void summary_shares(const lm_deviation *d, double within_mm, lm_out *out)
{
    const lm_deviation_side *s = d->side;
    char what[64];
    if (within_mm >= 0) {
        const lm_samples_value *v = &d->within, percent = {100 * v->value, 100 * v->lower, 100 * v->upper};
        snprintf(what, sizeof what, "%% of area within %g mm", within_mm);
        summary_row(out, what, 100 * s[0].within.value, 100 * s[1].within.value, percent.value, &percent);
    }
    if (!(d->range_mm > 0)) return;
    double width = 2 * d->range_mm / LM_SAMPLES_BINS;
    bool sign = s[0].has_sign || s[1].has_sign;
    lm_io_printf(out, "%% of area by %s in mm\n", sign ? "distance (negative: inside the other solid)" : "distance");
    for (int b = sign ? 0 : LM_SAMPLES_BINS / 2; b < LM_SAMPLES_BINS; b++) {
        if (!(s[0].share[b] > 0 || s[1].share[b] > 0)) continue;
        snprintf(what, sizeof what, "  %10.4g to %.4g%s", (b - LM_SAMPLES_BINS / 2) * width, (b + 1 - LM_SAMPLES_BINS / 2) * width,
                 b == 0                     ? " or less"
                 : b + 1 == LM_SAMPLES_BINS ? " or more"
                                            : "");
        summary_row(out, what, 100 * s[0].share[b], 100 * s[1].share[b], NAN, NULL);
    }
}

static void summary_points(const lm_deviation *d, lm_out *out)
{
    for (int i = 0; i < 2; i++) {
        const double *p = d->side[i].at, *q = d->side[i].to;
        lm_io_printf(out, "farthest of %c: %.6f %.6f %.6f, nearest to it on %c: %.6f %.6f %.6f\n", 'A' + i, p[0], p[1], p[2],
                     'B' - i, q[0], q[1], q[2]);
    }
}

void lm_summary_table(const lm_deviation *d, double within_mm, lm_out *out)
{
    const lm_deviation_side *x = &d->side[0], *y = &d->side[1];
    char what[64];
    lm_io_printf(out, "%-32s %13s %13s %13s   %s\n", "distance in mm", "A to B", "B to A", "both", "bounds of both");
    summary_row(out, "maximum, at least", x->lower, y->lower, d->lower, NULL);
    summary_row(out, "maximum, at most", x->upper, y->upper, d->upper, NULL);
    if (d->maximum) {
        summary_points(d, out);
        return;
    }
    if (x->has_sign || y->has_sign) {
        summary_row(out, "outside the other, at least", x->has_sign ? x->outside_mm : NAN, y->has_sign ? y->outside_mm : NAN, NAN,
                    NULL);
        summary_row(out, "inside the other, at least", x->has_sign ? x->inside_mm : NAN, y->has_sign ? y->inside_mm : NAN, NAN,
                    NULL);
        summary_row(out, "mean, inside negative", x->bias.value, y->bias.value, NAN, NULL);
    }
    summary_row(out, "mean", x->mean.value, y->mean.value, d->mean.value, &d->mean);
    summary_row(out, "root mean square", x->rms.value, y->rms.value, d->rms.value, &d->rms);
    for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++) {
        snprintf(what, sizeof what, "percentile %.0f, the larger", lm_samples_percent[p]);
        summary_row(out, what, x->percentile[p].value, y->percentile[p].value, d->larger[p].value, &d->larger[p]);
    }
    for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++) {
        const double a = x->percentile[p].value, b = y->percentile[p].value;
        snprintf(what, sizeof what, "percentile %.0f, mean of both", lm_samples_percent[p]);
        summary_row(out, what, NAN, NAN, (a + b) / 2, NULL);
    }
    for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++) {
        snprintf(what, sizeof what, "percentile %.0f, pooled", lm_samples_percent[p]);
        summary_row(out, what, NAN, NAN, d->pooled[p].value, &d->pooled[p]);
    }
    summary_shares(d, within_mm, out);
    lm_io_printf(out,
                 "maximum of both: Hausdorff distance; mean, root mean square: of both surfaces pooled; all by area;\n"
                 "percentile p: p %% of the area are no farther than this; of both the larger one, the mean of both, or of both\n"
                 "surfaces pooled: all three go by the name HD95 where p is 95\n");
    summary_points(d, out);
}
