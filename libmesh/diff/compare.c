/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/compare.h"
#include "diff/summary.h"
#include "stream/audit_json.h"

#include <stdio.h>

static lm_status compare_contains(const lm_mesh mesh[2], lm_compare *c, lm_err *err)
{
    lm_status rc = lm_contain_run(&mesh[0], &mesh[1], c->opt.threads, &c->contain, err);
    if (rc) return rc;
    c->verdict = lm_contain_judge(&c->contain, c->opt.margin_mm);
    if (c->verdict != LM_VERDICT_PASS) lm_contain_line(&c->contain, c->opt.margin_mm, c->why, sizeof c->why);
    return LM_OK;
}

static lm_status compare_mirror(const lm_mesh mesh[2], lm_compare *c, lm_err *err)
{
    lm_status rc = lm_align_side(&mesh[0], &mesh[1], c->opt.threads, &c->mirror, err);
    if (rc) return rc;
    c->verdict = c->mirror.verdict;
    if (c->verdict != LM_VERDICT_PASS) lm_align_side_line(&c->mirror, c->why, sizeof c->why);
    return LM_OK;
}

static void compare_judge(lm_compare *c)
{
    const double tol = c->opt.tol_mm;
    c->verdict = lm_deviation_judge(&c->dev, tol);
    if (c->verdict == LM_VERDICT_FAIL)
        snprintf(c->why, sizeof c->why, "the meshes are at least %.6f mm apart, the tolerance is %g mm", c->dev.lower, tol);
    else if (c->verdict == LM_VERDICT_UNDECIDED)
        snprintf(c->why, sizeof c->why,
                 "cannot be decided: the meshes are from %.9g to %.9g mm apart, the tolerance of %g mm lies between: ask for a "
                 "smaller --precision",
                 c->dev.lower, c->dev.upper, tol);
}

lm_status lm_compare_run(lm_mesh mesh[2], const lm_compare_opt *opt, float *quality, lm_compare *out, lm_err *err)
{
    lm_deviation_opt dopt = {.precision_mm = opt->precision_mm,
                             .maximum = opt->maximum,
                             .within_mm = opt->tol_mm,
                             .range_mm = opt->range_mm,
                             .threads = opt->threads};
    const bool solids = opt->overlap || opt->contains;
    lm_status rc = LM_OK;
    *out = (lm_compare){.opt = *opt, .audited = !opt->mirror && (solids || !opt->maximum)};
    if (opt->mirror) return compare_mirror(mesh, out, err);
    if (opt->align) {
        if ((rc = lm_align_run(&mesh[0], &mesh[1], false, opt->threads, &out->align, err))) return rc;
        lm_align_apply(&out->align, &mesh[0]);
        mesh[0].space = mesh[1].space;
    }
    for (int i = 0; i < 2 && out->audited && !rc; i++) {
        const lm_audit_opt aopt = {.threads = opt->threads};
        rc = lm_audit_run(&mesh[i], &aopt, &out->audit[i], err);
        dopt.signed_by[i] = !rc && out->audit[i].valid;
        if (!rc && solids) rc = lm_solids_need(&mesh[i], &out->audit[i], i ? "mesh B" : "mesh A", opt->threads, err);
    }
    if (rc) return rc;
    if (opt->contains) return compare_contains(mesh, out, err);
    if ((rc = lm_deviation_run(&mesh[0], &mesh[1], &dopt, quality, &out->dev, err))) return rc;
    if (opt->tol_mm >= 0) compare_judge(out);
    return opt->overlap ? lm_solids_run(&mesh[0], &mesh[1], opt->threads, &out->solids, err) : LM_OK;
}

static bool compare_set(json_t *o, const char *key, json_t *value)
{
    return json_object_set_new(o, key, value) == 0;
}

lm_status lm_compare_record(const lm_compare *c, json_t *r, lm_err *err)
{
    const lm_compare_opt *opt = &c->opt;
    json_t *o = json_object_get(r, "options");
    bool good = true;
    if (opt->align) good = compare_set(o, "align", json_string("rigid")) && compare_set(r, "align", lm_align_json(&c->align, err));
    if (good && c->audited) {
        json_t *x = lm_audit_json(&c->audit[0], err), *y = x ? lm_audit_json(&c->audit[1], err) : NULL;
        good = compare_set(r, "audit", json_pack("{s:o, s:o}", "a", x, "b", y));
    }
    if (good && opt->overlap)
        good = compare_set(o, "overlap", json_true()) && compare_set(r, "overlap", lm_solids_json(&c->solids, err));
    if (good && opt->tol_mm >= 0) good = compare_set(o, "tol_mm", json_real(opt->tol_mm));
    if (good && opt->range_mm > 0) good = compare_set(o, "range_mm", json_real(opt->range_mm));
    if (!good) return lm_err_nomem(err, sizeof(json_t));
    if (opt->mirror) good = compare_set(o, "mirror", json_true()) && compare_set(r, "mirror", lm_align_side_json(&c->mirror, err));
    else if (opt->contains)
        good = compare_set(o, "contains_mm", json_real(opt->margin_mm)) &&
               compare_set(r, "contains", lm_contain_json(&c->contain, opt->margin_mm, err));
    else
        good = (!opt->maximum || compare_set(o, "maximum", json_true())) &&
               compare_set(o, "precision_mm", json_real(opt->precision_mm)) &&
               compare_set(r, "deviation", lm_summary_deviation(&c->dev, opt->tol_mm, err));
    good = good && compare_set(r, "verdict", json_string(lm_verdict_name(c->verdict)));
    return good ? LM_OK : lm_err_nomem(err, sizeof(json_t));
}

void lm_compare_table(const lm_compare *c, lm_out *out)
{
    const lm_compare_opt *opt = &c->opt;
    char line[LM_ERR_TEXT];
    if (opt->mirror) {
        lm_align_side_line(&c->mirror, line, sizeof line);
        lm_io_printf(out, "%s\n", line);
        return;
    }
    if (opt->align) {
        lm_align_table(&c->align, out);
        lm_io_printf(out, "all below: after alignment\n");
    }
    if (opt->contains) {
        lm_contain_line(&c->contain, opt->margin_mm, line, sizeof line);
        lm_io_printf(out, "%s\ncontains: %s\n", line, lm_verdict_name(c->verdict));
        return;
    }
    lm_summary_table(&c->dev, opt->tol_mm, out);
    if (opt->overlap) lm_solids_table(&c->solids, out);
    if (opt->tol_mm >= 0) lm_io_printf(out, "tolerance %g mm: %s\n", opt->tol_mm, lm_verdict_name(c->verdict));
}
