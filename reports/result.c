/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: measurements - ledger - integrity */
#include "reports/result.h"
#include "reports/chart.h"
#include "reports/digits.h"
#include "surface/audit.h"

#include <string.h>

/* ---- measurements ---- */
static void result_measurement(lm_html *h, const json_t *m)
{
    double value, ref, diff = 0, pct, u = 0, tol = 0;
    const char *unit = lm_cell_str(m, "unit"), *name = lm_cell_str(m, "name"), *note = lm_cell_str(m, "note");
    bool has_u = lm_cell_num(m, "uncertainty", &u) && u >= 0, has_tol = lm_cell_num(m, "tolerance", &tol) && tol >= 0;
    /* As many digits as the uncertainty allows, and no more than the tolerance asks for. */
    double known = has_u ? u : 0;
    if (has_tol && known < tol / 40) known = tol / 40;
    lm_html_put(h, "<tr><th scope=\"row\">");
    if (name) lm_cell_label(h, name);
    else lm_html_not_stated(h);
    if (note && *note && (strcmp(lm_cell_verdict_of(m)->key, "pass") || json_is_true(lm_cell_get(m, "within_rounding")))) {
        lm_html_put(h, "<br/><span class=\"sub\">");
        lm_cell_key(h, m, "note");
        lm_html_put(h, "</span>");
    }
    lm_html_put(h, "</th>");
    lm_cell_td(h, "Measured", true);
    if (lm_cell_num(m, "value", &value)) lm_cell_both(h, value, -1, known, value, unit, false);
    else value = 0, lm_html_not_stated(h);
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Reference", true);
    if (lm_cell_num(m, "reference", &ref)) lm_cell_both(h, ref, -1, known, ref, unit, false);
    else ref = 0, lm_html_not_stated(h);
    if (lm_cell_str(m, "reference_is")) {
        lm_html_put(h, "<br/><span class=\"sub\">");
        lm_cell_key(h, m, "reference_is");
        lm_html_put(h, "</span>");
    }
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Difference", true);
    bool has_diff = lm_cell_num(m, "difference", &diff);
    if (has_diff) {
        lm_cell_both(h, diff, has_u ? u : -1, known, diff, unit, true);
        if (lm_cell_num(m, "difference_percent", &pct)) {
            double size = ref < 0 ? -ref : ref;
            lm_html_put(h, "<br/><span class=\"sub\">");
            lm_cell_amount(h, pct, -1, size > 0 && known > 0 ? lm_digits_places(known / size * 100, 1) : 3, "%", true);
            lm_html_put(h, "</span>");
        }
    } else lm_html_not_stated(h);
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Tolerance", true);
    if (has_tol) {
        lm_cell_both(h, tol, -1, tol, tol, unit, false);
        if (ref != 0 && lm_cell_num(m, "difference_percent", &pct)) {
            lm_html_put(h, "<br/><span class=\"sub\">");
            lm_cell_amount(h, tol / (ref < 0 ? -ref : ref) * 100, -1, 2, "%", false);
            lm_html_put(h, "</span>");
        }
    } else lm_html_not_stated(h);
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Verdict", false);
    lm_cell_badge(h, lm_cell_verdict_of(m));
    if (has_diff && has_tol && tol > 0) lm_chart_gauge(h, diff, has_u ? u : 0, tol);
    lm_html_put(h, "</td></tr>\n");
}

/* x, y, z in mm. */
static void result_vector(lm_html *h, const json_t *v, double u)
{
    if (json_array_size(v) != 3) {
        lm_html_not_stated(h);
        return;
    }
    lm_cell_list(h, v, ", ", u > 0 ? lm_digits_places(u, 1) : 3, "mm");
}

/* How well the volume is known, item by item. */
static void result_budget(lm_html *h, const json_t *facts)
{
    const json_t *u = lm_cell_get(facts, "uncertainty"), *list = lm_cell_get(u, "items"), *one;
    size_t i;
    double x;
    if (json_array_size(list) < 2) return;
    lm_cell_table(h, "uncertainty", "How well the volume is known", "Item|Kind|Amount>|Of what");
    json_array_foreach(list, i, one) {
        lm_html_put(h, "<tr>");
        lm_cell_td_key(h, "Item", false, one, "name");
        lm_cell_td_key(h, "Kind", false, one, "kind");
        lm_cell_td(h, "Amount", true);
        if (lm_cell_num(one, "mm3", &x)) lm_cell_both(h, x, -1, 0, x, "mm3", false);
        lm_html_put(h, "</td>");
        lm_cell_td_key(h, "Of what", false, one, "text");
        lm_html_put(h, "</tr>\n");
    }
    lm_html_put(h, "<tr>");
    lm_cell_td(h, "Item", false);
    lm_html_put(h, "together</td>");
    lm_cell_td_key(h, "Kind", false, u, "rule");
    lm_cell_td(h, "Amount", true);
    if (lm_cell_num(u, "volume_mm3", &x)) lm_cell_both(h, x, -1, 0, x, "mm3", false);
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Of what", false);
    lm_html_put(h, "</td></tr>\n");
    lm_cell_table_end(h);
}

static void result_quantities(lm_html *h, const json_t *facts)
{
    const json_t *q = lm_cell_get(facts, "quantities");
    static const char *const rows[][4] = {
        /* name, key, key of the uncertainty, unit */
        {"Volume", "volume_mm3", "volume_uncertainty_mm3", "mm3"},
        {"Surface area", "area_mm2", "area_uncertainty_mm2", "mm2"},
    };
    double x, u;
    if (!json_is_object(q)) {
        lm_cell_missing(h);
        return;
    }
    lm_html_put(h, "<table class=\"pairs\">\n<caption>The final mesh, in %s</caption>\n<tbody>\n",
                json_is_false(lm_cell_get(facts, "anatomy")) ? "its own coordinates"
                                                             : "patient coordinates (x to the left, y to the back, z up)");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lm_html_put(h, "<tr><th scope=\"row\">%s</th><td>", rows[i][0]);
        if (!lm_cell_num(q, rows[i][2], &u)) u = -1;
        if (lm_cell_num(q, rows[i][1], &x)) lm_cell_both(h, x, u, u > 0 ? u : 0, x, rows[i][3], false);
        else lm_html_not_stated(h);
        lm_html_put(h, "</td></tr>\n");
    }
    if (!lm_cell_num(q, "centroid_uncertainty_mm", &u)) u = 0;
    lm_html_put(h, "<tr><th scope=\"row\">Extents</th><td>");
    result_vector(h, lm_cell_get(q, "extents_mm"), 0);
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Box from</th><td>");
    result_vector(h, lm_cell_get(lm_cell_get(q, "box_mm"), "lo"), 0);
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Box to</th><td>");
    result_vector(h, lm_cell_get(lm_cell_get(q, "box_mm"), "hi"), 0);
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Centroid</th><td>");
    result_vector(h, lm_cell_get(q, "centroid_mm"), u);
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Components</th><td>");
    lm_cell_key(h, q, "components");
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Cavities</th><td>");
    lm_cell_key(h, q, "cavities");
    lm_html_put(h, "</td></tr>\n");
    const json_t *parts = lm_cell_get(q, "component_volumes_mm3");
    size_t n = json_array_size(parts), shown = n > 12 ? 12 : n;
    double all = 0, cavities = 0; /* the list of the facts may be cut */
    if (lm_cell_num(q, "components", &all) && lm_cell_num(q, "cavities", &cavities) && all + cavities > (double)n &&
        all + cavities < 1e15)
        n = (size_t)(all + cavities);
    if (shown > 1) {
        lm_html_put(h, "<tr><th scope=\"row\">Volume of each, largest first; cavities negative</th><td>");
        for (size_t i = 0; i < shown; i++) {
            x = json_number_value(json_array_get(parts, i));
            lm_html_put(h, i ? ", " : "");
            if (h->shown_in) lm_cell_both(h, x, -1, 0, x, "mm3", false);
            else lm_cell_amount(h, x / 1000, -1, lm_digits_places(0, x / 1000), "ml", false);
        }
        if (shown < n) {
            char t[LM_DIGITS_TEXT];
            lm_digits_count((long long)(n - shown), t);
            lm_html_put(h, " and %s more", t);
        }
        lm_html_put(h, "</td></tr>\n");
    }
    lm_cell_table_end(h);
}

void lm_result_measurements(lm_html *h, const json_t *facts)
{
    const json_t *list = lm_cell_get(facts, "measurements");
    size_t n = json_array_size(list);
    const char *rule = NULL;
    lm_cell_section(h, "measurements", "Measurements");
    if (!n) {
        if (json_is_array(list)) lm_html_put(h, "<p>Nothing was compared: no reference was given.</p>\n");
        else lm_cell_missing(h);
    } else {
        lm_cell_table(h, "wide cards", "Each value against its reference",
                      "Quantity|Measured>|Reference>|Difference \xc2\xb1 uncertainty>|Tolerance>|Verdict");
        for (size_t i = 0; i < n; i++) {
            result_measurement(h, json_array_get(list, i));
            if (!rule) rule = lm_cell_str(json_array_get(list, i), "rule");
        }
        lm_cell_table_end(h);
        lm_html_put(h, "<p class=\"note\">Verdict rule: ");
        if (rule) lm_html_put(h, "pass if <code>%s</code>. ", rule);
        lm_html_put(h, "m is the measured value, r the reference, u all uncertainties together, tol the tolerance. Fail if |m "
                       "\xe2\x88\x92 r| \xe2\x88\x92 u "
                       "&gt; tol. What lies between cannot be decided.</p>\n");
    }
    result_quantities(h, facts);
    result_budget(h, facts);
    if (json_is_object(lm_cell_get(facts, "overlap")))
        lm_cell_pairs(h, "Overlap of mesh and source, in voxels", lm_cell_get(facts, "overlap"));
    lm_cell_section_end(h);
}

/* ---- ledger ---- */

void lm_result_ledger(lm_html *h, const json_t *facts)
{
    const json_t *list = lm_cell_get(facts, "ledger"), *e;
    size_t n = json_array_size(list), gaps = 0;
    double last = -1;
    lm_cell_section(h, "ledger", "Volume ledger");
    if (!n) {
        if (json_is_array(list)) lm_html_put(h, "<p>No stage stated a volume.</p>\n");
        else lm_cell_missing(h);
        lm_cell_section_end(h);
        return;
    }
    lm_chart_ledger(h, list);
    lm_cell_table(h, "wide cards", "Where volume goes, stage by stage", "Step|From|To|Before>|After>|Change>|Surface moved>");
    for (size_t i = 0; i < n; i++) {
        double before, after, change, pct, moved;
        char t[LM_DIGITS_TEXT];
        e = json_array_get(list, i);
        lm_digits_count((long long)i + 1, t);
        lm_html_put(h, "<tr><th scope=\"row\">%s" LM_CELL_NBSP, t);
        lm_cell_key(h, e, "stage");
        const char *kind = lm_cell_str(e, "kind");
        if (kind && !strcmp(kind, "intended")) lm_html_put(h, "<br/><span class=\"sub\">intended change</span>");
        lm_html_put(h, "</th>");
        for (int side = 0; side < 2; side++) {
            const char *what = lm_cell_str(e, side ? "to" : "from");
            lm_cell_td(h, side ? "To" : "From", false);
            if (what) lm_cell_label(h, what);
            else lm_html_not_stated(h);
            lm_html_put(h, "</td>");
        }
        bool has_before = lm_cell_num(e, "before_mm3", &before), has_after = lm_cell_num(e, "after_mm3", &after);
        bool has_change = lm_cell_num(e, "change_mm3", &change);
        double size = has_change ? change : 0;
        if (size < 0) size = -size;
        /* Enough places to see the change in the volumes, but not fewer than their first six digits. */
        double known = has_before && size > 0 && size < before ? size : 0;
        lm_cell_td(h, "Before", true);
        if (has_before) lm_cell_both(h, before, -1, known, before, "mm3", false);
        else lm_html_not_stated(h);
        lm_html_put(h, "</td>");
        lm_cell_td(h, "After", true);
        if (has_after) lm_cell_both(h, after, -1, known, after, "mm3", false);
        else lm_html_not_stated(h);
        lm_html_put(h, "</td>");
        lm_cell_td(h, "Change", true);
        if (has_change) lm_cell_both(h, change, -1, size, size, "mm3", true);
        else lm_html_not_stated(h);
        if (lm_cell_num(e, "change_percent", &pct)) {
            lm_html_put(h, "<br/><span class=\"sub\">");
            lm_cell_amount(h, pct, -1, pct != 0 ? lm_digits_places(pct < 0 ? -pct : pct, 1) : 0, "%", true);
            lm_html_put(h, "</span>");
        }
        lm_html_put(h, "</td>");
        lm_cell_td(h, "Surface moved", true);
        if (lm_cell_num(e, "moved_mm", &moved)) {
            lm_html_put(h, "at most ");
            lm_cell_amount(h, moved, -1, moved > 0 ? lm_digits_places(moved, 1) : 0, "mm", false);
        } else lm_html_not_stated(h);
        lm_html_put(h, "</td></tr>\n");
        if (has_before && last >= 0) {
            double d = before - last;
            if ((d < 0 ? -d : d) > 1e-6 * last) gaps++;
        }
        last = has_after ? after : -1;
    }
    lm_cell_table_end(h);
    if (gaps)
        lm_html_put(h, "<p class=\"note\">The books do not close: a stage does not begin with the volume that the stage before it "
                       "ended with.</p>\n");
    else
        lm_html_put(
            h, "<p class=\"note\">The books close: each stage begins with the volume that the stage before it ended with.</p>\n");
    lm_cell_section_end(h);
}

/* ---- integrity ---- */
static void result_audit_cell(lm_html *h, const char *label, const json_t *audit, const char *key, bool fault)
{
    const json_t *v = lm_cell_get(audit, key);
    lm_cell_td(h, label, true);
    if (fault && json_is_integer(v)) {
        lm_html_put(h, json_integer_value(v) ? "<span class=\"bad\">" : "<span class=\"good\">");
        lm_html_json(h, v);
        lm_html_put(h, json_integer_value(v) ? " \xe2\x9c\x97</span>" : " \xe2\x9c\x93</span>");
    } else if (json_is_boolean(v)) {
        lm_html_put(h, json_is_true(v) ? "<span class=\"good\">yes \xe2\x9c\x93</span>"
                                       : "<span class=\"bad\">no \xe2\x9c\x97</span>");
    } else lm_html_json(h, v);
    lm_html_put(h, "</td>");
}

void lm_result_integrity(lm_html *h, const json_t *facts)
{
    /* Which rule of the 3MF core specification a fault would break (the sheet of rules is in the manual). */
    static const char *const rule[LM_FAULTS] = {
        [LM_FAULT_NONFINITE] = "3MF-04",        [LM_FAULT_BAD_INDEX] = "3MF-14",      [LM_FAULT_DEGENERATE] = "3MF-14, 3MF-15",
        [LM_FAULT_DUPLICATE] = "3MF-11",        [LM_FAULT_COINCIDENT] = "3MF-15",     [LM_FAULT_OPEN_EDGE] = "3MF-11",
        [LM_FAULT_NONMANIFOLD_EDGE] = "3MF-11", [LM_FAULT_NONMANIFOLD_VERTEX] = "",   [LM_FAULT_FLIPPED] = "3MF-12",
        [LM_FAULT_INVERTED] = "3MF-13",         [LM_FAULT_SELF_INTERSECT] = "3MF-15",
    };
    static const char *const plain[][2] = {
        {"triangles", "Triangles"},
        {"vertices", "Vertices"},
        {"components", "Components"},
        {"cavities", "Cavities"},
        {"genus", "Genus (handles)"},
        {"euler", "Euler number"},
        {"unreferenced", "Vertices no triangle uses"},
    };
    static const char *const words[][3] = {
        {"closed", "Watertight", "no open edge"},
        {"manifold", "Manifold", "two triangles at every edge, one fan at every vertex"},
        {"oriented", "Oriented", "neighbours agree"},
        {"valid", "Valid for print", "all of these, outward, and no fault below"},
    };
    const json_t *in = lm_cell_get(facts, "integrity"), *before = lm_cell_get(in, "before"), *final = lm_cell_get(in, "final");
    lm_cell_section(h, "integrity", "Integrity of the mesh");
    lm_cell_table(h, "integrity", "Judged by exact predicates on the numbers as written",
                  "Property|Rule|Before repair>|Final mesh>");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        lm_html_put(h, "<tr><th scope=\"row\">%s <span class=\"sub\">%s</span></th><td data-label=\"Rule\"></td>", words[i][1],
                    words[i][2]);
        result_audit_cell(h, "Before repair", before, words[i][0], false);
        result_audit_cell(h, "Final mesh", final, words[i][0], false);
        lm_html_put(h, "</tr>\n");
    }
    for (int f = 0; f < LM_FAULTS; f++) {
        lm_html_put(h, "<tr><th scope=\"row\">%s</th><td data-label=\"Rule\">%s</td>", lm_audit_fault_text((lm_fault)f), rule[f]);
        result_audit_cell(h, "Before repair", before, lm_audit_fault_name((lm_fault)f), true);
        result_audit_cell(h, "Final mesh", final, lm_audit_fault_name((lm_fault)f), true);
        lm_html_put(h, "</tr>\n");
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        lm_html_put(h, "<tr><th scope=\"row\">%s</th><td data-label=\"Rule\"></td>", plain[i][1]);
        result_audit_cell(h, "Before repair", before, plain[i][0], false);
        result_audit_cell(h, "Final mesh", final, plain[i][0], false);
        lm_html_put(h, "</tr>\n");
    }
    lm_cell_table_end(h);
    lm_html_put(h, "<h3>Second opinion</h3>\n");
    lm_cell_pairs(h, "An independent program on the file as written", lm_cell_get(facts, "second_opinion"));
    lm_cell_section_end(h);
}
