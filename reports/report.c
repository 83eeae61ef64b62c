/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: values - verdict and head - pictures - measurements - ledger - integrity - key/value sections - warnings -
 * provenance and replay - files - sign-off - the page. */
#include "reports/report.h"
#include "base/num.h"
#include "base/version.h"
#include "reports/chart.h"
#include "reports/digits.h"
#include "reports/html.h"
#include "reports/picture.h"
#include "reports/png.h"
#include "report_css.h"
#include "surface/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NBSP "\xc2\xa0"

/* ---- values ---- */
static const json_t *report_get(const json_t *o, const char *key)
{
    return json_object_get(o, key);
}

static bool report_num(const json_t *o, const char *key, double *v)
{
    const json_t *j = report_get(o, key);
    if (!json_is_number(j)) return false;
    *v = json_number_value(j);
    return true;
}

static const char *report_str(const json_t *o, const char *key)
{
    return json_string_value(report_get(o, key));
}

static void report_key(lm_html *h, const json_t *o, const char *key)
{
    lm_html_json(h, report_get(o, key));
}

/* How a unit of the facts is written for people. */
static const char *report_unit(const char *unit)
{
    static const char *const known[][2] = {{"mm3", "mm\xc2\xb3"}, {"mm2", "mm\xc2\xb2"}, {"deg", "\xc2\xb0"}, {"percent", "%"}, {"1", ""}, {"count", ""}};
    if (!unit) return "";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(unit, known[i][0])) return known[i][1];
    return unit;
}

/* "value +- u unit"; plus: a difference, with its sign. u <= 0: none is shown. u is rounded up, so that it stays a bound. */
static void report_amount(lm_html *h, double v, double u, int places, const char *unit, bool plus)
{
    char a[LM_DIGITS_TEXT], b[LM_DIGITS_TEXT];
    if (plus) lm_digits_signed(v, places, a);
    else lm_digits_fixed(v, places, a);
    lm_html_put(h, "<span class=\"n\">%s", a);
    if (u > 0) {
        lm_digits_up(u, places, b);
        lm_html_put(h, "\xc2\xa0\xc2\xb1\xc2\xa0%s", b);
    }
    if (*unit) lm_html_put(h, NBSP "%s", unit);
    lm_html_put(h, "</span>");
}

/* An amount in the unit of the facts; a volume, unless tiny, in millilitres below it as well. Places follow from known_to (0: unknown). */
static void report_both(lm_html *h, double v, double u, double known_to, double size, const char *unit, bool plus)
{
    report_amount(h, v, u, lm_digits_places(known_to, size), report_unit(unit), plus);
    if (unit && !strcmp(unit, "mm3") && (known_to >= 0.001 || size >= 1 || size <= -1)) {
        lm_html_put(h, "<br/><span class=\"sub\">");
        report_amount(h, v / 1000, u >= 0 ? u / 1000 : u, lm_digits_places(known_to / 1000, size / 1000), "ml", plus);
        lm_html_put(h, "</span>");
    }
}

/* "sha256_pixels" -> "SHA-256 of the pixels", "slice_step_mm" -> "Slice step (mm)", "centroid-x" -> "Centroid x". */
static void report_label(lm_html *h, const char *key)
{
    static const char *const known[][2] = {
        {"kvp", "Tube voltage (kV)"}, {"kernel", "Convolution kernel"}, {"tilt_deg", "Gantry tilt (\xc2\xb0)"},
        {"sha256_pixels", "SHA-256 of the pixel data"}, {"series", "Series (hash)"}, {"frame", "Frame of reference (hash)"},
        {"size", "Size (voxels)"}, {"spacing_mm", "Voxel spacing (mm)"}, {"slice_step_mm", "Slice step (mm)"},
        {"thickness_mm", "Slice thickness (mm)"}, {"lossy", "Lossy compression"}, {"instances", "Instances"}, {"lo", "From"}, {"hi", "To"},
    };
    static const char *const suffix[][2] = {{"_mm3", "mm\xc2\xb3"}, {"_mm2", "mm\xc2\xb2"}, {"_mm", "mm"}, {"_deg", "\xc2\xb0"}, {"_hu", "HU"},
                                            {"_percent", "%"}, {"_ml", "ml"}, {"_s", "s"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(key, known[i][0])) {
            lm_html_put(h, "%s", known[i][1]);
            return;
        }
    size_t n = strlen(key);
    const char *unit = NULL;
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix && !unit; i++) {
        size_t k = strlen(suffix[i][0]);
        if (n > k && !strcmp(key + n - k, suffix[i][0])) unit = suffix[i][1], n -= k;
    }
    for (size_t i = 0; i < n;) {
        size_t k = strcspn(key + i, "_-");
        if (k > n - i) k = n - i;
        char first = key[i] >= 'a' && key[i] <= 'z' && i == 0 ? (char)(key[i] - 'a' + 'A') : key[i];
        if (k) {
            lm_html_text(h, &first, (unsigned char)first < 0x80 ? 1 : 0);
            size_t skip = (unsigned char)first < 0x80 ? 1 : 0;
            lm_html_text(h, key + i + skip, k - skip);
        }
        i += k;
        if (i < n) lm_html_put(h, " "), i++;
    }
    if (unit) lm_html_put(h, " (%s)", unit);
}

/* A threshold as the records have it, {"lo":..,"hi":..|null} with its "unit" beside it: its bounds. */
static bool report_range(const json_t *v, const json_t *beside, double *lo, double *hi, bool *has_hi, const char **unit)
{
    if (!report_num(v, "lo", lo)) return false;
    *has_hi = report_num(v, "hi", hi);
    *unit = report_str(beside, "unit");
    if (!*unit || !strcmp(*unit, "1")) *unit = "";
    return true;
}

/* ---- tables ---- */
static void report_section(lm_html *h, const char *id, const char *title)
{
    lm_html_put(h, "\n<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 id=\"h-%s\">%s</h2>\n", id, id, id, title);
}

static void report_section_end(lm_html *h)
{
    lm_html_put(h, "</section>\n");
}

/* heads: "Name|Value>|..."; a trailing ">" sets a column of numbers. */
static void report_table(lm_html *h, const char *cls, const char *caption, const char *heads)
{
    lm_html_put(h, "<table class=\"%s\">\n<caption>%s</caption>\n<thead><tr>", cls, caption);
    while (*heads) {
        size_t n = strcspn(heads, "|");
        bool number = n && heads[n - 1] == '>';
        lm_html_put(h, number ? "<th scope=\"col\" class=\"num\">" : "<th scope=\"col\">");
        lm_html_text(h, heads, number ? n - 1 : n);
        lm_html_put(h, "</th>");
        heads += n + (heads[n] == '|');
    }
    lm_html_put(h, "</tr></thead>\n<tbody>\n");
}

static void report_table_end(lm_html *h)
{
    lm_html_put(h, "</tbody>\n</table>\n");
}

/* The label is shown in front of the cell where the page is too narrow for a table. */
static void report_td(lm_html *h, const char *label, bool number)
{
    lm_html_put(h, number ? "<td class=\"num\" data-label=\"%s\">" : "<td data-label=\"%s\">", label);
}

static void report_td_key(lm_html *h, const char *label, bool number, const json_t *o, const char *key)
{
    report_td(h, label, number);
    report_key(h, o, key);
    lm_html_put(h, "</td>");
}

static void report_missing(lm_html *h)
{
    lm_html_put(h, "<p>");
    lm_html_not_stated(h);
    lm_html_put(h, "</p>\n");
}

/* Two columns, one row per key, in the order of the object. */
static void report_pairs(lm_html *h, const char *caption, const json_t *o)
{
    const char *key;
    json_t *v;
    if (!json_is_object(o) || !json_object_size(o)) {
        report_missing(h);
        return;
    }
    lm_html_put(h, "<table class=\"pairs\">\n<caption>%s</caption>\n<tbody>\n", caption);
    json_object_foreach((json_t *)o, key, v) {
        lm_html_put(h, "<tr><th scope=\"row\">");
        report_label(h, key);
        lm_html_put(h, strncmp(key, "sha256", 6) ? "</th><td>" : "</th><td class=\"hash\">");
        double lo, hi;
        bool has_hi;
        const char *unit;
        if (!strcmp(key, "threshold") && report_range(v, o, &lo, &hi, &has_hi, &unit)) {
            char t[LM_DIGITS_TEXT];
            lm_digits_plain(lo, t);
            lm_html_put(h, has_hi ? "from %s" NBSP "%s" : "%s" NBSP "%s and above", t, unit);
            if (has_hi) {
                lm_digits_plain(hi, t);
                lm_html_put(h, " to %s" NBSP "%s", t, unit);
            }
        } else lm_html_json(h, v);
        lm_html_put(h, "</td></tr>\n");
    }
    report_table_end(h);
}

/* ---- verdict and head ---- */
typedef enum { REPORT_PASS, REPORT_FAIL, REPORT_UNDECIDED, REPORT_NONE } report_verdict;

static const struct {
    const char *key, *word, *cls, *sense;
    const char *icon; /* shapes differ, so that they can be told apart without colour */
} report_verdicts[] = {
    {"pass", "PASS", "pass", "within the stated tolerances",
     "<circle cx=\"12\" cy=\"12\" r=\"10\"/><path d=\"M7 12.5l3.5 3.5L17 8.5\"/>"},
    {"fail", "FAIL", "fail", "outside the stated tolerances",
     "<path d=\"M8 2h8l6 6v8l-6 6H8l-6-6V8z\"/><path d=\"M8.5 8.5l7 7M15.5 8.5l-7 7\"/>"},
    {"undecided", "UNDECIDED", "undecided", "cannot be decided within the stated tolerances",
     "<path d=\"M12 1.5L22.5 12 12 22.5 1.5 12z\"/><path d=\"M9.6 9.6c0-3.4 5-3.2 5-.2 0 2-2.6 2-2.6 4.2M12 16.4v.6\"/>"},
    {"none", "NOT JUDGED", "none", "nothing was compared",
     "<rect x=\"2\" y=\"2\" width=\"20\" height=\"20\" rx=\"3\"/><path d=\"M7 12h10\"/>"},
};

static report_verdict report_verdict_of(const json_t *o)
{
    const char *v = report_str(o, "verdict");
    for (int i = 0; v && i < REPORT_NONE; i++)
        if (!strcmp(v, report_verdicts[i].key)) return (report_verdict)i;
    return REPORT_NONE;
}

static void report_icon(lm_html *h, report_verdict v)
{
    lm_html_put(h, "<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">");
    lm_html_raw(h, report_verdicts[v].icon, strlen(report_verdicts[v].icon));
    lm_html_put(h, "</svg>");
}

static void report_badge(lm_html *h, report_verdict v)
{
    lm_html_put(h, "<span class=\"badge %s\">", report_verdicts[v].cls);
    report_icon(h, v);
    lm_html_put(h, "%s</span>", report_verdicts[v].word);
}

static void report_tile(lm_html *h, const char *name)
{
    lm_html_put(h, "<div><dt>%s</dt><dd>", name);
}

static void report_head(lm_html *h, const json_t *facts)
{
    report_verdict v = report_verdict_of(facts);
    const json_t *q = report_get(facts, "quantities"), *final = report_get(report_get(facts, "integrity"), "final");
    double x, scale;
    lm_html_put(h, "<header class=\"top %s\" id=\"verdict\">\n<p class=\"kind\">Quality report of a 3D-print model</p>\n<div class=\"verdict\">",
                report_verdicts[v].cls);
    report_icon(h, v);
    lm_html_put(h, "<div><h1>%s</h1><p class=\"sense\">", report_verdicts[v].word);
    if (report_str(facts, "reason")) report_key(h, facts, "reason");
    else lm_html_put(h, "%s", report_verdicts[v].sense);
    lm_html_put(h, "</p></div></div>\n<div class=\"ident\"><p><span class=\"lbl\">Case</span> <strong>");
    report_key(h, facts, "case");
    lm_html_put(h, "</strong></p>\n<p class=\"scale\"><span class=\"lbl\">Scale</span> <strong>");
    if (report_num(facts, "scale", &scale) && scale > 0) {
        char t[LM_DIGITS_TEXT];
        lm_digits_plain(scale >= 1 ? scale : 1 / scale, t);
        if (scale >= 1) lm_html_put(h, "%s" NBSP ":" NBSP "1", t);
        else lm_html_put(h, "1" NBSP ":" NBSP "%s", t);
    } else lm_html_not_stated(h);
    lm_html_put(h, "</strong></p></div>\n<dl class=\"tiles\">\n");
    report_tile(h, "Volume");
    if (report_num(q, "volume_mm3", &x)) {
        report_amount(h, x / 1000, -1, lm_digits_places(0, x / 1000), "ml", false);
        lm_html_put(h, " <span class=\"sub\">");
        report_amount(h, x, -1, lm_digits_places(0, x), "mm\xc2\xb3", false);
        lm_html_put(h, "</span>");
    } else lm_html_not_stated(h);
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Size");
    const json_t *e = report_get(q, "extents_mm");
    if (json_array_size(e) == 3) {
        for (size_t i = 0; i < 3; i++) {
            lm_html_put(h, i ? NBSP "\xc3\x97 " : "");
            report_amount(h, json_number_value(json_array_get(e, i)), -1, 1, i == 2 ? "mm" : "", false);
        }
    } else lm_html_not_stated(h);
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Surface");
    if (report_num(q, "area_mm2", &x)) report_amount(h, x / 100, -1, lm_digits_places(0, x), "cm\xc2\xb2", false);
    else lm_html_not_stated(h);
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Triangles");
    report_key(h, final, "triangles");
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Components");
    report_key(h, json_is_number(report_get(q, "components")) ? q : final, "components");
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Valid for print");
    report_key(h, final, "valid");
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Warnings");
    const json_t *list = report_get(facts, "warnings");
    size_t warnings = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *level = report_str(json_array_get(list, i), "level");
        if (level && !strcmp(level, "warning")) warnings++;
    }
    if (json_is_array(list)) {
        char t[LM_DIGITS_TEXT];
        lm_digits_count((long long)warnings, t);
        lm_html_put(h, warnings ? "<a href=\"#warnings\">%s</a>" : "%s", warnings ? t : "none");
    } else lm_html_not_stated(h);
    lm_html_put(h, "</dd></div>\n</dl>\n</header>\n");
}

/* ---- pictures ---- */
/* 1, 2 or 5 times a power of ten, about a quarter of the picture. */
static double report_bar_length(double size_mm)
{
    double step = 1e-6;
    while (step * 10 <= size_mm / 3 && step < 1e30) step *= 10;
    return step * 5 <= size_mm / 3 ? step * 5 : step * 2 <= size_mm / 3 ? step * 2 : step;
}

static lm_status report_pictures(lm_html *h, const lm_mesh *mesh, lm_err *err)
{
    lm_picture pic[LM_PICTURE_VIEWS];
    uint8_t rgba[256][4];
    bool inside = false;
    lm_status st = lm_picture_draw(mesh, LM_PICTURE_SIDE, 0, pic, err);
    if (st) return st;
    lm_picture_palette(rgba);
    report_section(h, "pictures", "Pictures");
    lm_html_put(h, "<div class=\"views\">\n");
    for (int i = 0; i < LM_PICTURE_VIEWS && !st; i++) {
        const lm_picture *p = &pic[i];
        unsigned char *png = NULL;
        size_t n = 0;
        if ((st = lm_png_encode(p->pixels, p->side, (const uint8_t(*)[4])rgba, &png, &n, err)) != LM_OK) break;
        for (size_t k = 0; k < (size_t)p->side * (size_t)p->side && !inside; k++) inside = lm_picture_is_inside(p->pixels[k]);
        double size = p->mm_per_pixel * p->side, bar = report_bar_length(size);
        char w[LM_DIGITS_TEXT], t[LM_DIGITS_TEXT], side[32], pct[32];
        int places = size < 20 ? 2 : 1;
        lm_digits_fixed(p->width_mm, places, w);
        lm_digits_fixed(p->height_mm, places, t);
        snprintf(side, sizeof side, "%d", p->side);
        lm_html_put(h, "<figure>\n<div class=\"view\"><img width=\"%s\" height=\"%s\" alt=\"The model, %s view: %s on the left, %s on the right, %s up; ",
                    side, side, p->name, p->left, p->right, p->top);
        lm_html_put(h, "%s mm wide, %s mm high\" src=\"data:image/png;base64,", w, t);
        lm_html_base64(h, png, n);
        free(png);
        snprintf(pct, sizeof pct, "%.3f", bar / size * 100);
        lm_html_put(h, "\"/><span class=\"dir l\">%s</span><span class=\"dir r\">%s</span><span class=\"dir t\">%s</span><span class=\"dir b\">%s</span>",
                    p->left, p->right, p->top, p->bottom);
        lm_digits_plain(bar, t);
        lm_html_put(h, "<span class=\"barbox\"><span class=\"bar\" style=\"width:%s%%\"><span>%s" NBSP "mm</span></span></span></div>\n", pct, t);
        lm_digits_fixed(p->height_mm, places, t);
        lm_html_put(h, "<figcaption><strong>%s</strong> %s" NBSP "\xc3\x97" NBSP "%s" NBSP "mm</figcaption>\n</figure>\n", p->name, w, t);
    }
    lm_html_put(h, "</div>\n<p class=\"note\">Orthographic, all at one scale. %s", mesh->space == LM_SPACE_UNKNOWN
                    ? "The file does not say how its axes lie in the body, so no side is claimed."
                    : "R, L: the patient\xe2\x80\x99s right and left; A, P: front and back; S, I: up and down.");
    lm_html_put(h, "%s</p>\n", inside ? " Red is the inside of the surface, seen through an opening or by flipped triangles." : "");
    report_section_end(h);
    lm_picture_release(pic);
    return st;
}

/* ---- measurements ---- */
static void report_measurement(lm_html *h, const json_t *m)
{
    double value, ref, diff = 0, pct, u = 0, tol = 0;
    const char *unit = report_str(m, "unit"), *name = report_str(m, "name"), *note = report_str(m, "note");
    bool has_u = report_num(m, "uncertainty", &u) && u >= 0, has_tol = report_num(m, "tolerance", &tol) && tol >= 0;
    /* As many digits as the uncertainty allows, and no more than the tolerance asks for. */
    double known = has_u ? u : 0;
    if (has_tol && known < tol / 40) known = tol / 40;
    lm_html_put(h, "<tr><th scope=\"row\">");
    if (name) report_label(h, name);
    else lm_html_not_stated(h);
    if (note && *note && report_verdict_of(m) != REPORT_PASS) {
        lm_html_put(h, "<br/><span class=\"sub\">");
        report_key(h, m, "note");
        lm_html_put(h, "</span>");
    }
    lm_html_put(h, "</th>");
    report_td(h, "Measured", true);
    if (report_num(m, "value", &value)) report_both(h, value, -1, known, value, unit, false);
    else value = 0, lm_html_not_stated(h);
    lm_html_put(h, "</td>");
    report_td(h, "Reference", true);
    if (report_num(m, "reference", &ref)) report_both(h, ref, -1, known, ref, unit, false);
    else ref = 0, lm_html_not_stated(h);
    if (report_str(m, "reference_is")) {
        lm_html_put(h, "<br/><span class=\"sub\">");
        report_key(h, m, "reference_is");
        lm_html_put(h, "</span>");
    }
    lm_html_put(h, "</td>");
    report_td(h, "Difference", true);
    bool has_diff = report_num(m, "difference", &diff);
    if (has_diff) {
        report_both(h, diff, has_u ? u : -1, known, diff, unit, true);
        if (report_num(m, "difference_percent", &pct)) {
            double size = ref < 0 ? -ref : ref;
            lm_html_put(h, "<br/><span class=\"sub\">");
            report_amount(h, pct, -1, size > 0 && known > 0 ? lm_digits_places(known / size * 100, 1) : 3, "%", true);
            lm_html_put(h, "</span>");
        }
    } else lm_html_not_stated(h);
    lm_html_put(h, "</td>");
    report_td(h, "Tolerance", true);
    if (has_tol) {
        report_both(h, tol, -1, tol, tol, unit, false);
        if (ref != 0 && report_num(m, "difference_percent", &pct)) {
            lm_html_put(h, "<br/><span class=\"sub\">");
            report_amount(h, tol / (ref < 0 ? -ref : ref) * 100, -1, 2, "%", false);
            lm_html_put(h, "</span>");
        }
    } else lm_html_not_stated(h);
    lm_html_put(h, "</td>");
    report_td(h, "Verdict", false);
    report_badge(h, report_verdict_of(m));
    if (has_diff && has_tol && tol > 0) lm_chart_gauge(h, diff, has_u ? u : 0, tol);
    lm_html_put(h, "</td></tr>\n");
}

/* x, y, z in mm. */
static void report_vector(lm_html *h, const json_t *v, double u)
{
    if (json_array_size(v) != 3) {
        lm_html_not_stated(h);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        lm_html_put(h, i ? ", " : "");
        report_amount(h, json_number_value(json_array_get(v, i)), -1, u > 0 ? lm_digits_places(u, 1) : 3, i == 2 ? "mm" : "", false);
    }
}

static void report_quantities(lm_html *h, const json_t *q)
{
    static const char *const rows[][4] = { /* name, key, key of the uncertainty, unit */
        {"Volume", "volume_mm3", "volume_uncertainty_mm3", "mm3"},
        {"Surface area", "area_mm2", "area_uncertainty_mm2", "mm2"},
    };
    double x, u;
    if (!json_is_object(q)) {
        report_missing(h);
        return;
    }
    lm_html_put(h, "<table class=\"pairs\">\n<caption>The final mesh, in patient coordinates (x to the left, y to the back, z up)</caption>\n<tbody>\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lm_html_put(h, "<tr><th scope=\"row\">%s</th><td>", rows[i][0]);
        if (!report_num(q, rows[i][2], &u)) u = -1;
        if (report_num(q, rows[i][1], &x)) report_both(h, x, u, u > 0 ? u : 0, x, rows[i][3], false);
        else lm_html_not_stated(h);
        lm_html_put(h, "</td></tr>\n");
    }
    if (!report_num(q, "centroid_uncertainty_mm", &u)) u = 0;
    lm_html_put(h, "<tr><th scope=\"row\">Extents</th><td>");
    report_vector(h, report_get(q, "extents_mm"), 0);
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Box from</th><td>");
    report_vector(h, report_get(report_get(q, "box_mm"), "lo"), 0);
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Box to</th><td>");
    report_vector(h, report_get(report_get(q, "box_mm"), "hi"), 0);
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Centroid</th><td>");
    report_vector(h, report_get(q, "centroid_mm"), u);
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Components</th><td>");
    report_key(h, q, "components");
    lm_html_put(h, "</td></tr>\n<tr><th scope=\"row\">Cavities</th><td>");
    report_key(h, q, "cavities");
    lm_html_put(h, "</td></tr>\n");
    const json_t *parts = report_get(q, "component_volumes_mm3");
    size_t n = json_array_size(parts), shown = n > 12 ? 12 : n;
    double all = 0, cavities = 0; /* the list of the facts may be cut */
    if (report_num(q, "components", &all) && report_num(q, "cavities", &cavities) && all + cavities > (double)n && all + cavities < 1e15)
        n = (size_t)(all + cavities);
    if (shown > 1) {
        lm_html_put(h, "<tr><th scope=\"row\">Volume of each, largest first; cavities negative</th><td>");
        for (size_t i = 0; i < shown; i++) {
            x = json_number_value(json_array_get(parts, i));
            lm_html_put(h, i ? ", " : "");
            report_amount(h, x / 1000, -1, lm_digits_places(0, x / 1000), "ml", false);
        }
        if (shown < n) {
            char t[LM_DIGITS_TEXT];
            lm_digits_count((long long)(n - shown), t);
            lm_html_put(h, " and %s more", t);
        }
        lm_html_put(h, "</td></tr>\n");
    }
    report_table_end(h);
}

static void report_measurements(lm_html *h, const json_t *facts)
{
    const json_t *list = report_get(facts, "measurements");
    size_t n = json_array_size(list);
    const char *rule = NULL;
    report_section(h, "measurements", "Measurements");
    if (!n) {
        if (json_is_array(list)) lm_html_put(h, "<p>Nothing was compared: no reference was given.</p>\n");
        else report_missing(h);
    } else {
        report_table(h, "wide cards", "Each value against its reference", "Quantity|Measured>|Reference>|Difference \xc2\xb1 uncertainty>|Tolerance>|Verdict");
        for (size_t i = 0; i < n; i++) {
            report_measurement(h, json_array_get(list, i));
            if (!rule) rule = report_str(json_array_get(list, i), "rule");
        }
        report_table_end(h);
        lm_html_put(h, "<p class=\"note\">Verdict rule: ");
        if (rule) lm_html_put(h, "pass if <code>%s</code>. ", rule);
        lm_html_put(h, "m is the measured value, r the reference, u all uncertainties together, tol the tolerance. Fail if |m \xe2\x88\x92 r| \xe2\x88\x92 u "
                       "&gt; tol. What lies between cannot be decided.</p>\n");
    }
    report_quantities(h, report_get(facts, "quantities"));
    if (json_is_object(report_get(facts, "overlap"))) report_pairs(h, "Overlap of mesh and source, in voxels", report_get(facts, "overlap"));
    report_section_end(h);
}

/* ---- ledger ---- */
static void report_ledger(lm_html *h, const json_t *facts)
{
    const json_t *list = report_get(facts, "ledger"), *e;
    size_t n = json_array_size(list), gaps = 0;
    double last = -1;
    report_section(h, "ledger", "Volume ledger");
    if (!n) {
        if (json_is_array(list)) lm_html_put(h, "<p>No stage stated a volume.</p>\n");
        else report_missing(h);
        report_section_end(h);
        return;
    }
    lm_chart_ledger(h, list);
    report_table(h, "wide cards", "Where volume goes, stage by stage", "Step|From|To|Before>|After>|Change>|Surface moved>");
    for (size_t i = 0; i < n; i++) {
        double before, after, change, pct, moved;
        char t[LM_DIGITS_TEXT];
        e = json_array_get(list, i);
        lm_digits_count((long long)i + 1, t);
        lm_html_put(h, "<tr><th scope=\"row\">%s" NBSP, t);
        report_key(h, e, "stage");
        const char *kind = report_str(e, "kind");
        if (kind && !strcmp(kind, "intended")) lm_html_put(h, "<br/><span class=\"sub\">intended change</span>");
        lm_html_put(h, "</th>");
        for (int side = 0; side < 2; side++) {
            const char *what = report_str(e, side ? "to" : "from");
            report_td(h, side ? "To" : "From", false);
            if (what) report_label(h, what);
            else lm_html_not_stated(h);
            lm_html_put(h, "</td>");
        }
        bool has_before = report_num(e, "before_mm3", &before), has_after = report_num(e, "after_mm3", &after);
        bool has_change = report_num(e, "change_mm3", &change);
        double size = has_change ? change : 0;
        if (size < 0) size = -size;
        /* Enough places to see the change in the volumes, but not fewer than their first six digits. */
        double known = has_before && size > 0 && size < before ? size : 0;
        report_td(h, "Before", true);
        if (has_before) report_both(h, before, -1, known, before, "mm3", false);
        else lm_html_not_stated(h);
        lm_html_put(h, "</td>");
        report_td(h, "After", true);
        if (has_after) report_both(h, after, -1, known, after, "mm3", false);
        else lm_html_not_stated(h);
        lm_html_put(h, "</td>");
        report_td(h, "Change", true);
        if (has_change) report_both(h, change, -1, size, size, "mm3", true);
        else lm_html_not_stated(h);
        if (report_num(e, "change_percent", &pct)) {
            lm_html_put(h, "<br/><span class=\"sub\">");
            report_amount(h, pct, -1, pct != 0 ? lm_digits_places(pct < 0 ? -pct : pct, 1) : 0, "%", true);
            lm_html_put(h, "</span>");
        }
        lm_html_put(h, "</td>");
        report_td(h, "Surface moved", true);
        if (report_num(e, "moved_mm", &moved)) {
            lm_html_put(h, "at most ");
            report_amount(h, moved, -1, moved > 0 ? lm_digits_places(moved, 1) : 0, "mm", false);
        } else lm_html_not_stated(h);
        lm_html_put(h, "</td></tr>\n");
        if (has_before && last >= 0) {
            double d = before - last;
            if ((d < 0 ? -d : d) > 1e-6 * last) gaps++;
        }
        last = has_after ? after : -1;
    }
    report_table_end(h);
    if (gaps) lm_html_put(h, "<p class=\"note\">The books do not close: a stage does not begin with the volume that the stage before it ended with.</p>\n");
    else lm_html_put(h, "<p class=\"note\">The books close: each stage begins with the volume that the stage before it ended with.</p>\n");
    report_section_end(h);
}

/* ---- integrity ---- */
static void report_audit_cell(lm_html *h, const char *label, const json_t *audit, const char *key, bool fault)
{
    const json_t *v = report_get(audit, key);
    report_td(h, label, true);
    if (fault && json_is_integer(v)) {
        lm_html_put(h, json_integer_value(v) ? "<span class=\"bad\">" : "<span class=\"good\">");
        lm_html_json(h, v);
        lm_html_put(h, json_integer_value(v) ? " \xe2\x9c\x97</span>" : " \xe2\x9c\x93</span>");
    } else if (json_is_boolean(v)) {
        lm_html_put(h, json_is_true(v) ? "<span class=\"good\">yes \xe2\x9c\x93</span>" : "<span class=\"bad\">no \xe2\x9c\x97</span>");
    } else lm_html_json(h, v);
    lm_html_put(h, "</td>");
}

static void report_integrity(lm_html *h, const json_t *facts)
{
    /* Which rule of the 3MF core specification a fault would break (the sheet of rules is in the manual). */
    static const char *const rule[LM_FAULTS] = {
        [LM_FAULT_NONFINITE] = "3MF-04",        [LM_FAULT_BAD_INDEX] = "3MF-14",         [LM_FAULT_DEGENERATE] = "3MF-14, 3MF-15",
        [LM_FAULT_DUPLICATE] = "3MF-11",        [LM_FAULT_COINCIDENT] = "3MF-15",        [LM_FAULT_OPEN_EDGE] = "3MF-11",
        [LM_FAULT_NONMANIFOLD_EDGE] = "3MF-11", [LM_FAULT_NONMANIFOLD_VERTEX] = "",      [LM_FAULT_FLIPPED] = "3MF-12",
        [LM_FAULT_INVERTED] = "3MF-13",         [LM_FAULT_SELF_INTERSECT] = "3MF-15",
    };
    static const char *const plain[][2] = {
        {"triangles", "Triangles"}, {"vertices", "Vertices"}, {"components", "Components"}, {"cavities", "Cavities"},
        {"genus", "Genus (handles)"}, {"euler", "Euler number"}, {"unreferenced", "Vertices no triangle uses"},
    };
    static const char *const words[][3] = {
        {"closed", "Watertight", "no open edge"},
        {"manifold", "Manifold", "two triangles at every edge, one fan at every vertex"},
        {"oriented", "Oriented", "neighbours agree"},
        {"valid", "Valid for print", "all of these, outward, and no fault below"},
    };
    const json_t *in = report_get(facts, "integrity"), *before = report_get(in, "before"), *final = report_get(in, "final");
    report_section(h, "integrity", "Integrity of the mesh");
    report_table(h, "integrity", "Judged by exact predicates on the numbers as written", "Property|Rule|Before repair>|Final mesh>");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        lm_html_put(h, "<tr><th scope=\"row\">%s <span class=\"sub\">%s</span></th><td data-label=\"Rule\"></td>", words[i][1], words[i][2]);
        report_audit_cell(h, "Before repair", before, words[i][0], false);
        report_audit_cell(h, "Final mesh", final, words[i][0], false);
        lm_html_put(h, "</tr>\n");
    }
    for (int f = 0; f < LM_FAULTS; f++) {
        lm_html_put(h, "<tr><th scope=\"row\">%s</th><td data-label=\"Rule\">%s</td>", lm_audit_fault_text((lm_fault)f), rule[f]);
        report_audit_cell(h, "Before repair", before, lm_audit_fault_name((lm_fault)f), true);
        report_audit_cell(h, "Final mesh", final, lm_audit_fault_name((lm_fault)f), true);
        lm_html_put(h, "</tr>\n");
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        lm_html_put(h, "<tr><th scope=\"row\">%s</th><td data-label=\"Rule\"></td>", plain[i][1]);
        report_audit_cell(h, "Before repair", before, plain[i][0], false);
        report_audit_cell(h, "Final mesh", final, plain[i][0], false);
        lm_html_put(h, "</tr>\n");
    }
    report_table_end(h);
    lm_html_put(h, "<h3>Second opinion</h3>\n");
    report_pairs(h, "An independent program on the file as written", report_get(facts, "second_opinion"));
    report_section_end(h);
}

/* ---- warnings ---- */
static void report_warnings(lm_html *h, const json_t *facts)
{
    const json_t *list = report_get(facts, "warnings"), *w;
    size_t n = json_array_size(list);
    report_section(h, "warnings", "Warnings");
    if (!n && json_is_array(list)) lm_html_put(h, "<p>None.</p>\n");
    else if (!n) report_missing(h);
    else lm_html_put(h, "<ul class=\"warnings\">\n");
    for (size_t i = 0; i < n; i++) {
        w = json_array_get(list, i);
        const char *rule = report_str(w, "rule"), *level = report_str(w, "level");
        lm_html_put(h, level && !strcmp(level, "warning") ? "<li class=\"warning\"><strong>" : "<li><strong>");
        report_key(h, w, "level");
        if (rule && *rule) lm_html_put(h, " %s", rule);
        lm_html_put(h, "</strong> ");
        report_key(h, w, "text");
        lm_html_put(h, "</li>\n");
    }
    if (n) lm_html_put(h, "</ul>\n");
    report_section_end(h);
}

/* ---- provenance and replay ---- */
/* A word of a command line, quoted unless it is plain; control characters cannot leave the quotes. */
static void report_word(lm_html *h, const char *s, size_t n)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,%@";
    bool quote = n == 0;
    for (size_t i = 0; i < n && !quote; i++) quote = !s[i] || !strchr(plain, s[i]);
    if (!quote) {
        lm_html_text(h, s, n);
        return;
    }
    lm_html_put(h, "%s", "'");
    for (size_t i = 0, from = 0; i <= n; i++)
        if (i == n || s[i] == '\'') {
            lm_html_text(h, s + from, i - from);
            if (i < n) lm_html_put(h, "%s", "'\\''");
            from = i + 1;
        }
    lm_html_put(h, "%s", "'");
}

/* One option as it would be typed. What was off or not given is left out. */
static void report_option(lm_html *h, const json_t *options, const char *key, const json_t *v)
{
    char text[3 * LM_NUM_TEXT] = "", name[80];
    const char *value = text, *unit;
    double lo, hi;
    bool has_hi;
    if (json_is_array(v)) {
        for (size_t i = 0; i < json_array_size(v); i++)
            if (!json_is_array(json_array_get(v, i))) report_option(h, options, key, json_array_get(v, i));
        return;
    }
    if (report_range(v, options, &lo, &hi, &has_hi, &unit)) {
        char a[LM_NUM_TEXT], b[LM_NUM_TEXT] = "";
        const char *u = !strcmp(unit, "HU") ? unit : "";
        lm_num_f64(lo, a);
        if (has_hi) lm_num_f64(hi, b);
        snprintf(text, sizeof text, "%s%s%s%s%s", a, u, has_hi ? ":" : "", b, has_hi ? u : "");
    } else if (json_is_string(v)) value = json_string_value(v);
    else if (json_is_integer(v)) snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    else if (json_is_real(v)) lm_num_f64(json_real_value(v), text);
    else if (!json_is_true(v)) return;
    else if (!strcmp(key, "against")) value = "SERIES"; /* paths are never recorded */
    snprintf(name, sizeof name, "--%s", key);
    lm_html_put(h, " ");
    report_word(h, name, strlen(name));
    if (json_is_true(v) && !*value) return;
    lm_html_put(h, *value == '-' ? "=" : " "); /* what begins with a minus must not look like an option */
    report_word(h, value, json_is_string(v) ? json_string_length(v) : strlen(value));
}

static void report_options(lm_html *h, const json_t *options)
{
    const char *key;
    json_t *v;
    bool range = json_is_object(report_get(options, "threshold")); /* then the preset has said all it had to say */
    json_object_foreach((json_t *)options, key, v)
        if (!range || (strcmp(key, "preset") && strcmp(key, "unit"))) report_option(h, options, key, v);
}

static void report_command(lm_html *h, const json_t *tool, const json_t *options, bool first)
{
    const char *name = json_string_value(tool);
    if (!first) lm_html_put(h, " |\n  ");
    if (name) report_word(h, name, json_string_length(tool));
    else lm_html_put(h, "?");
    if (first) lm_html_put(h, " %s", name && !strcmp(name, "dcmseg") ? "SERIES" : "INPUT");
    report_options(h, options);
}

static void report_payload(lm_html *h, const char *label, const json_t *p)
{
    report_td(h, label, false);
    if (json_is_object(p)) {
        lm_html_put(h, "<span class=\"hash\">");
        report_key(h, p, "crc32");
        lm_html_put(h, "</span><br/><span class=\"sub\">");
        report_key(h, p, "bytes");
        lm_html_put(h, " bytes</span>");
    } else lm_html_not_stated(h);
    lm_html_put(h, "</td>");
}

static void report_provenance(lm_html *h, const json_t *facts)
{
    const json_t *list = report_get(facts, "records");
    size_t n = json_array_size(list), breaks = 0;
    report_section(h, "provenance", "Provenance");
    if (!n) {
        if (json_is_array(list)) lm_html_put(h, "<p>The mesh carries no records: where it comes from cannot be shown.</p>\n");
        else report_missing(h);
        report_section_end(h);
        return;
    }
    report_table(h, "wide cards", "Each tool, with the payload it read and sent on", "Tool|Options|CRC-32 in|CRC-32 out");
    for (size_t i = 0; i < n; i++) {
        const json_t *r = json_array_get(list, i);
        lm_html_put(h, "<tr><th scope=\"row\">");
        report_key(h, r, "tool");
        lm_html_put(h, " <span class=\"sub\">");
        report_key(h, r, "version");
        lm_html_put(h, "</span></th>");
        lm_html_put(h, "<td class=\"hash\" data-label=\"Options\">");
        report_options(h, report_get(r, "options"));
        lm_html_put(h, "</td>");
        if (i == 0 && !report_get(r, "in")) lm_html_put(h, "<td data-label=\"CRC-32 in\">the source</td>");
        else report_payload(h, "CRC-32 in", report_get(r, "in"));
        report_payload(h, "CRC-32 out", report_get(r, "out"));
        lm_html_put(h, "</tr>\n");
        const char *in = report_str(report_get(r, "in"), "crc32");
        const char *out = i ? report_str(report_get(json_array_get(list, i - 1), "out"), "crc32") : NULL;
        if (i && (!in || !out || strcmp(in, out))) breaks++;
    }
    report_table_end(h);
    lm_html_put(h, "<p class=\"note\">%s</p>\n", breaks ? "The chain is broken: a tool did not read what the tool before it sent."
                                                        : "The chain is whole: each tool read what the tool before it sent.");
    report_section_end(h);
}

static void report_replay(lm_html *h, const json_t *facts)
{
    const json_t *list = report_get(facts, "records");
    size_t n = json_array_size(list);
    report_section(h, "replay", "Replay recipe");
    if (!n) report_missing(h);
    else {
        lm_html_put(h, "<p>The same pipe with every option as it was resolved. The same source and versions give the same bytes.</p>\n<pre><code>");
        for (size_t i = 0; i < n; i++) {
            const json_t *r = json_array_get(list, i);
            report_command(h, report_get(r, "tool"), report_get(r, "options"), i == 0);
        }
        const char *tool = report_str(facts, "tool"), *last = report_str(json_array_get(list, n - 1), "tool");
        if (json_is_object(report_get(facts, "options")) && tool && (!last || strcmp(tool, last)))
            report_command(h, report_get(facts, "tool"), report_get(facts, "options"), false);
        if (tool && (json_is_object(report_get(facts, "options")) || (last && !strcmp(tool, last))))
            report_option(h, NULL, "case", report_get(facts, "case")); /* it goes into the files, too */
        lm_html_put(h, "</code></pre>\n");
    }
    report_section_end(h);
}

/* ---- files ---- */
static void report_files(lm_html *h, const json_t *facts)
{
    const json_t *list = report_get(facts, "files");
    size_t n = json_array_size(list);
    report_section(h, "files", "Files");
    if (!n && json_is_array(list)) lm_html_put(h, "<p>No part was written.</p>\n");
    else if (!n) report_missing(h);
    else {
        report_table(h, "wide cards", "What was written", "Format|Bytes>|SHA-256");
        for (size_t i = 0; i < n; i++) {
            const json_t *f = json_array_get(list, i);
            lm_html_put(h, "<tr><th scope=\"row\">");
            report_key(h, f, "format");
            lm_html_put(h, "</th>");
            report_td_key(h, "Bytes", true, f, "bytes");
            lm_html_put(h, "<td class=\"hash\" data-label=\"SHA-256\">");
            report_key(h, f, "sha256");
            lm_html_put(h, "</td></tr>\n");
        }
        report_table_end(h);
    }
    report_section_end(h);
}

/* ---- sign-off ---- */
static void report_signoff(lm_html *h)
{
    static const char *const who[] = {"Operator", "Reviewer", "Physician"};
    char hex[LM_SHA256_HEX];
    lm_html_hash(h, hex); /* of every byte before the line that begins this section */
    lm_html_put(h, "<section id=\"signoff\" aria-labelledby=\"h-signoff\">\n<h2 id=\"h-signoff\">Sign-off</h2>\n");
    report_table(h, "sign", "Empty until signed", "Role|Name|Signature|Date");
    for (size_t i = 0; i < sizeof who / sizeof *who; i++)
        lm_html_put(h, "<tr><th scope=\"row\">%s</th><td></td><td></td><td></td></tr>\n", who[i]);
    report_table_end(h);
    lm_html_put(h, "<p>SHA-256 of the report body, which is what is signed:<br/><span class=\"hash\" id=\"body-hash\">%s</span></p>\n", hex);
    lm_html_put(h, "<p class=\"note\">To check: <code>sed '/^&lt;section id=\"signoff\"/,$d' report.html | sha256sum</code></p>\n");
    report_section_end(h);
}

/* ---- the page ---- */
static void report_begin(lm_html *h, const json_t *facts)
{
    static const char *const toc[][2] = {
        {"pictures", "Pictures"}, {"measurements", "Measurements"}, {"ledger", "Ledger"}, {"integrity", "Integrity"}, {"source", "Source"},
        {"segmentation", "Segmentation"}, {"warnings", "Warnings"}, {"provenance", "Provenance"}, {"replay", "Replay"}, {"files", "Files"},
        {"software", "Software"}, {"signoff", "Sign-off"},
    };
    lm_html_put(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"/>\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n"
                   "<meta name=\"referrer\" content=\"no-referrer\"/>\n<meta name=\"generator\" content=\"meshqa %s\"/>\n<title>%s",
                LM_VERSION, report_verdicts[report_verdict_of(facts)].word);
    if (report_str(facts, "case")) {
        lm_html_put(h, ": ");
        report_key(h, facts, "case");
    }
    lm_html_put(h, " - quality report</title>\n<style>\n");
    lm_html_raw(h, report_css, sizeof report_css - 1);
    lm_html_put(h, "</style>\n</head>\n<body>\n<main>\n");
    report_head(h, facts);
    lm_html_put(h, "<nav aria-label=\"Sections\"><ul>");
    for (size_t i = 0; i < sizeof toc / sizeof *toc; i++) lm_html_put(h, "<li><a href=\"#%s\">%s</a></li>", toc[i][0], toc[i][1]);
    lm_html_put(h, "</ul></nav>\n");
}

lm_status lm_report_write(lm_out *out, const json_t *facts, const lm_mesh *mesh, lm_err *err)
{
    lm_html page, *h = &page;
    if (!json_is_object(facts)) return lm_err_set(err, LM_EFORMAT, NULL, "the facts of a report are a JSON object");
    lm_html_init(h, out);
    report_begin(h, facts);
    if (mesh && mesh->nt) {
        lm_status st = report_pictures(h, mesh, err);
        if (st) return st;
    } else {
        report_section(h, "pictures", "Pictures");
        lm_html_put(h, "<p>None: no mesh was given.</p>\n");
        report_section_end(h);
    }
    report_measurements(h, facts);
    report_ledger(h, facts);
    report_integrity(h, facts);
    report_section(h, "source", "Source");
    report_pairs(h, "The scan, without identity", report_get(facts, "source"));
    report_section_end(h);
    report_section(h, "segmentation", "Segmentation");
    report_pairs(h, "Method and every parameter", report_get(facts, "segmentation"));
    report_section_end(h);
    report_warnings(h, facts);
    report_provenance(h, facts);
    report_replay(h, facts);
    report_files(h, facts);
    report_section(h, "software", "Software and libraries");
    report_pairs(h, "Versions in use", report_get(facts, "software"));
    lm_html_put(h, "<p class=\"note\">Free software under the GNU General Public License, version 3 or later. Pictures by libpng %s.</p>\n", lm_png_version());
    report_section_end(h);
    lm_html_put(h, "\n<p class=\"statement\"><strong>Not a cleared medical device.</strong> It produces evidence for the lab\xe2\x80\x99s own procedures.</p>\n");
    report_signoff(h);
    lm_html_put(h, "</main>\n</body>\n</html>\n");
    return LM_OK;
}
