/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: cells - lengths and ratios - parts - planar sections - fits - mass and bed */
#include "reports/form.h"
#include "reports/digits.h"

#include <string.h>

/* ---- cells ---- */

static void form_amount(lm_html *h, const json_t *o, const char *key, const char *u_key, const char *unit)
{
    double v, u = -1;
    if (!lm_cell_num(o, key, &v)) {
        lm_html_not_stated(h);
        return;
    }
    if (!u_key || !lm_cell_num(o, u_key, &u)) u = -1;
    lm_cell_both(h, v, u, u > 0 ? u : 0, v, unit, false);
}

static void form_td(lm_html *h, const char *label, const json_t *o, const char *key, const char *u_key, const char *unit)
{
    lm_cell_td(h, label, true);
    form_amount(h, o, key, u_key, unit);
    lm_html_put(h, "</td>");
}

static void form_row(lm_html *h, const char *name)
{
    lm_html_put(h, "<tr><th scope=\"row\">%s</th><td>", name);
}

static void form_row_end(lm_html *h)
{
    lm_html_put(h, "</td></tr>\n");
}

/* ---- lengths and ratios ---- */

static void form_shape(lm_html *h, const json_t *s)
{
    static const char *const ratio[][2] = {{"sphericity", "Sphericity (1: a ball)"},
                                           {"elongation", "Elongation"},
                                           {"flatness", "Flatness"},
                                           {"volume_density_convex_hull", "Share of the convex hull that is filled"}};
    const json_t *axes = lm_cell_get(s, "axes"), *box = lm_cell_get(s, "oriented_box"), *hull = lm_cell_get(s, "convex_hull");
    double x;
    lm_html_put(h, "<table class=\"pairs\">\n<caption>The model as one body; names as IBSI has them</caption>\n<tbody>\n");
    form_row(h, "Largest diameter");
    form_amount(h, s, "maximum_3d_diameter_mm", NULL, "mm");
    form_row_end(h);
    if (json_array_size(axes) == 3) {
        form_row(h, "Major, minor, least axis");
        for (size_t i = 0; i < 3; i++) {
            lm_html_put(h, i ? ", " : "");
            form_amount(h, json_array_get(axes, i), "length_mm", NULL, "mm");
        }
        form_row_end(h);
    }
    form_row(h, "Oriented box (least volume found)");
    lm_cell_list(h, lm_cell_get(box, "extents_mm"), LM_CELL_NBSP "\xc3\x97 ", 3, "mm");
    form_row_end(h);
    form_row(h, "Convex hull");
    form_amount(h, hull, "volume_mm3", NULL, "mm3");
    form_row_end(h);
    for (size_t i = 0; i < sizeof ratio / sizeof *ratio; i++) {
        if (!lm_cell_num(s, ratio[i][0], &x)) continue;
        form_row(h, ratio[i][1]);
        lm_cell_amount(h, x, -1, 4, "", false);
        form_row_end(h);
    }
    form_row(h, "Genus (handles)");
    lm_cell_key(h, s, "genus");
    form_row_end(h);
    form_row(h, "Trapped cavities");
    form_amount(h, s, "cavities_mm3", NULL, "mm3");
    form_row_end(h);
    lm_cell_table_end(h);
}

/* ---- parts ---- */

static void form_parts(lm_html *h, const json_t *list)
{
    size_t i;
    const json_t *one;
    if (!json_array_size(list)) return;
    lm_cell_table(h, "wide cards", "Each part; a wall that two share counts for both",
                  "Part|Volume>|Area>|Diameter>|Oriented box>|Valid");
    json_array_foreach(list, i, one) {
        const json_t *s = lm_cell_get(one, "shape");
        lm_html_put(h, "<tr><th scope=\"row\">");
        lm_cell_key(h, one, "name");
        lm_html_put(h, "</th>");
        lm_cell_td(h, "Volume", true);
        form_amount(h, one, "volume_mm3", NULL, "mm3");
        if (json_is_number(lm_cell_get(lm_cell_get(one, "print"), "mass_g"))) {
            lm_html_put(h, "<br/><span class=\"sub\">");
            form_amount(h, lm_cell_get(one, "print"), "mass_g", "mass_uncertainty_g", "g");
            lm_html_put(h, "</span>");
        }
        lm_html_put(h, "</td>");
        form_td(h, "Area", one, "area_mm2", NULL, "mm2");
        form_td(h, "Diameter", s, "maximum_3d_diameter_mm", NULL, "mm");
        lm_cell_td(h, "Oriented box", true);
        lm_cell_list(h, lm_cell_get(lm_cell_get(s, "oriented_box"), "extents_mm"), LM_CELL_NBSP "\xc3\x97 ", 2, "mm");
        lm_html_put(h, "</td>");
        lm_cell_td_key(h, "Valid", false, one, "valid");
        lm_html_put(h, "</tr>\n");
    }
    lm_cell_table_end(h);
}

/* ---- planar sections ---- */

static void form_sections(lm_html *h, const json_t *list)
{
    size_t i;
    const json_t *one;
    if (!json_array_size(list)) return;
    lm_cell_table(h, "wide cards", "Planar sections: points p with normal \xc2\xb7 p = offset",
                  "Normal|Offset>|Area>|Perimeter>|Largest diameter>|Least diameter>");
    json_array_foreach(list, i, one) {
        lm_html_put(h, "<tr><th scope=\"row\">");
        lm_cell_list(h, lm_cell_get(one, "normal"), ", ", 4, "");
        lm_html_put(h, "</th>");
        form_td(h, "Offset", one, "offset_mm", NULL, "mm");
        form_td(h, "Area", one, "area_mm2", NULL, "mm2");
        form_td(h, "Perimeter", one, "perimeter_mm", NULL, "mm");
        form_td(h, "Largest", one, "max_diameter_mm", NULL, "mm");
        form_td(h, "Least", one, "min_diameter_mm", NULL, "mm");
        lm_html_put(h, "</tr>\n");
    }
    lm_cell_table_end(h);
}

/* ---- fits ---- */

static void form_fit(lm_html *h, const json_t *one)
{
    const json_t *region = lm_cell_get(one, "region");
    bool told = json_is_true(lm_cell_get(one, "determined"));
    lm_html_put(h, "<tr><th scope=\"row\">");
    lm_cell_key(h, one, "shape");
    lm_html_put(h, "<br/><span class=\"sub\">");
    lm_cell_key(h, region, "kind");
    lm_html_put(h, " ");
    if (json_array_size(lm_cell_get(region, "at"))) lm_html_json(h, lm_cell_get(region, "at"));
    lm_html_put(h, "</span></th>");
    lm_cell_td(h, "Diameter", true);
    if (!told) {
        lm_html_put(h, "undetermined<br/><span class=\"sub\">");
        lm_cell_key(h, one, "note");
        lm_html_put(h, "</span>");
    } else if (json_is_number(lm_cell_get(one, "diameter_mm"))) form_amount(h, one, "diameter_mm", "diameter_uncertainty_mm", "mm");
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Place", true);
    if (told) lm_cell_list(h, lm_cell_get(one, "centre_mm"), ", ", 3, "mm");
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Direction", true);
    if (told && json_array_size(lm_cell_get(one, "direction"))) {
        lm_cell_list(h, lm_cell_get(one, "direction"), ", ", 4, "");
        lm_html_put(h, "<br/><span class=\"sub\">known to ");
        form_amount(h, one, "direction_uncertainty_deg", NULL, "deg");
        lm_html_put(h, "</span>");
    }
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Residual", true);
    if (told) {
        form_amount(h, one, "rms_mm", NULL, "mm");
        lm_html_put(h, "<br/><span class=\"sub\">largest ");
        form_amount(h, one, "max_mm", NULL, "mm");
        lm_html_put(h, "</span>");
    }
    lm_html_put(h, "</td>");
    lm_cell_td_key(h, "Vertices", true, one, "vertices");
    lm_html_put(h, "</tr>\n");
}

static void form_fits(lm_html *h, const json_t *list)
{
    size_t i;
    const json_t *one;
    if (!json_array_size(list)) return;
    lm_cell_table(h, "wide cards", "Fitted by least squares",
                  "Fit|Diameter>|Centre, or a point on axis or plane>|Axis or normal>|Residual, rms>|Vertices>");
    json_array_foreach(list, i, one) form_fit(h, one);
    lm_cell_table_end(h);
    lm_html_put(h,
                "<p class=\"note\">\xc2\xb1 says how well the region tells a value (two standard errors); how round or flat it is, "
                "say the residuals.</p>\n");
}

/* ---- mass and bed ---- */

static void form_bed(lm_html *h, const json_t *bed)
{
    if (!json_is_object(bed)) return;
    form_row(h, "Printer\xe2\x80\x99s bed");
    lm_cell_list(h, lm_cell_get(bed, "size_mm"), LM_CELL_NBSP "\xc3\x97 ", 1, "mm");
    form_row_end(h);
    form_row(h, "Fits as it stands");
    lm_cell_key(h, bed, "fits");
    lm_html_put(h, " <span class=\"sub\">");
    lm_cell_list(h, lm_cell_get(bed, "part_mm"), LM_CELL_NBSP "\xc3\x97 ", 1, "mm");
    lm_html_put(h, "</span>");
    form_row_end(h);
    form_row(h, "Fits turned along its oriented box");
    lm_cell_key(h, bed, "fits_turned");
    lm_html_put(h, " <span class=\"sub\">");
    lm_cell_list(h, lm_cell_get(bed, "turned_mm"), LM_CELL_NBSP "\xc3\x97 ", 1, "mm");
    lm_html_put(h, "</span>");
    form_row_end(h);
}

static void form_print(lm_html *h, const json_t *p)
{
    if (!json_is_object(p)) return;
    lm_html_put(h, "<table class=\"pairs\">\n<caption>The print: without supports, infill and shrinkage</caption>\n<tbody>\n");
    form_row(h, "Print volume");
    form_amount(h, p, "volume_mm3", "volume_uncertainty_mm3", "mm3");
    form_row_end(h);
    if (lm_cell_get(p, "density_g_per_cm3")) {
        form_row(h, "Density");
        form_amount(h, p, "density_g_per_cm3", "density_uncertainty_g_per_cm3", "g/cm\xc2\xb3");
        lm_html_put(h, " <span class=\"sub\">source: ");
        lm_cell_key(h, p, "density_source");
        lm_html_put(h, "</span>");
        form_row_end(h);
        form_row(h, "Mass");
        form_amount(h, p, "mass_g", "mass_uncertainty_g", "g");
        form_row_end(h);
    }
    form_bed(h, lm_cell_get(p, "bed"));
    lm_cell_table_end(h);
}

void lm_form_section(lm_html *h, const json_t *facts)
{
    const json_t *shape = lm_cell_get(facts, "shape");
    if (!json_is_object(shape)) return;
    lm_cell_section(h, "shape", "Shape");
    form_shape(h, shape);
    form_parts(h, lm_cell_get(facts, "parts"));
    form_sections(h, lm_cell_get(facts, "sections"));
    form_fits(h, lm_cell_get(facts, "fits"));
    form_print(h, lm_cell_get(facts, "print"));
    lm_cell_section_end(h);
}
