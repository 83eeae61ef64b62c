/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/wall_page.h"
#include "reports/digits.h"

static void wall_page_row(lm_html *h, const char *name, const json_t *o, const char *key, int places, const char *unit)
{
    double x;
    lm_html_put(h, "<tr><th scope=\"row\">%s</th><td>", name);
    if (lm_cell_num(o, key, &x)) lm_cell_amount(h, x, -1, places, unit, false);
    else lm_html_not_stated(h);
    lm_html_put(h, "</td></tr>\n");
}

static void wall_page_spots(lm_html *h, const json_t *list)
{
    double x;
    lm_cell_table(h, "wide", "Places that are thinner", "Where|Least>|Area>");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        lm_html_put(h, "<tr>");
        lm_cell_td(h, "Where", false);
        lm_cell_list(h, lm_cell_get(one, "at"), ", ", 2, "mm");
        lm_html_put(h, "</td>");
        lm_cell_td(h, "Least", true);
        if (lm_cell_num(one, "least_mm", &x)) lm_cell_amount(h, x, -1, 3, "mm", false);
        lm_html_put(h, "</td>");
        lm_cell_td(h, "Area", true);
        if (lm_cell_num(one, "area_mm2", &x)) lm_cell_amount(h, x, -1, 2, "mm2", false);
        lm_html_put(h, "</td></tr>\n");
    }
    lm_cell_table_end(h);
}

void lm_wall_page(lm_html *h, const json_t *facts)
{
    const json_t *w = lm_cell_get(facts, "wall"), *spots = lm_cell_get(w, "thin_places");
    double more;
    char t[LM_DIGITS_TEXT];
    if (!json_is_object(w)) return;
    lm_cell_section(h, "walls", "Walls");
    lm_html_put(
        h, "<table class=\"pairs\">\n<caption>Checked again on the part as it is written, by the largest balls inside</caption>\n"
           "<tbody>\n");
    wall_page_row(h, "Least wall asked for", w, "wall_mm", 3, "mm");
    wall_page_row(h, "Least wall found", w, "min_ball_mm", 3, "mm");
    wall_page_row(h, "Area that is thinner", w, "thin_mm2", 2, "mm2");
    wall_page_row(h, "Area of all", w, "area_mm2", 0, "mm2");
    lm_cell_table_end(h);
    if (json_array_size(spots)) {
        if (json_is_true(lm_cell_get(w, "allowed")))
            lm_html_put(
                h, "<p><strong>Thinner places were let pass by name</strong> (<code>--allow thin</code>): look at each.</p>\n");
        wall_page_spots(h, spots);
        if (lm_cell_num(w, "thin_samples_elsewhere", &more) && more > 0) {
            lm_digits_count((long long)more, t);
            lm_html_put(h, "<p class=\"note\">And %s thin points that are not in this list.</p>\n", t);
        }
    } else lm_html_put(h, "<p class=\"note\">Nowhere thinner.</p>\n");
    lm_cell_section_end(h);
}
