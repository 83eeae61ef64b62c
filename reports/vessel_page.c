/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/vessel_page.h"
#include "reports/chart.h"

#include <stdio.h>

enum { VESSEL_PAGE_ROWS = 50 };

static void vessel_page_number(lm_html *h, const char *label, const json_t *o, const char *key, const char *unit, int places)
{
    double v;
    lm_cell_td(h, label, true);
    if (lm_cell_num(o, key, &v)) lm_cell_amount(h, v, -1, places, unit, false);
    else lm_html_put(h, "-");
    lm_html_put(h, "</td>");
}

static void vessel_page_branch(lm_html *h, const json_t *b, size_t number)
{
    const json_t *narrow = lm_cell_get(b, "narrowing");
    char text[32];
    double degree;
    snprintf(text, sizeof text, "%zu", number);
    lm_html_put(h, "<tr><th scope=\"row\">%s</th>", text);
    vessel_page_number(h, "Length", b, "length_mm", "mm", 2);
    vessel_page_number(h, "Length / chord", b, "tortuosity", "", 3);
    vessel_page_number(h, "Least diameter", lm_cell_get(b, "least"), "diameter_mm", "mm", 3);
    vessel_page_number(h, "Mean", b, "mean_diameter_mm", "mm", 3);
    vessel_page_number(h, "Greatest", lm_cell_get(b, "greatest"), "diameter_mm", "mm", 3);
    vessel_page_number(h, "Mean area", b, "mean_area_mm2", "mm2", 2);
    lm_cell_td(h, "Narrowing", true);
    if (lm_cell_num(narrow, "degree", &degree)) lm_cell_amount(h, 100 * degree, -1, 1, "%", false);
    else lm_html_put(h, "-");
    lm_html_put(h, "</td>");
    vessel_page_number(h, "Not resolved", b, "not_resolved_mm", "mm", 1);
    vessel_page_number(h, "Near a cut", b, "near_cut_mm", "mm", 1);
    lm_html_put(h, "</tr>\n");
}

void lm_vessel_page(lm_html *h, const json_t *facts)
{
    const json_t *v = lm_cell_get(facts, "vessel"), *list = lm_cell_get(v, "branches");
    if (!v) return;
    lm_cell_section(h, "vessel", "Vessel");
    lm_chart_branches(h, list);
    lm_cell_table(h, "", "Along the centreline: inscribed diameters, areas of sections across it",
                  "Branch|Length>|Length / chord>|Least diameter>|Mean>|Greatest>|Mean area>|Narrowing>|Not resolved>|Near a cut>");
    for (size_t i = 0; i < json_array_size(list) && i < VESSEL_PAGE_ROWS; i++)
        vessel_page_branch(h, json_array_get(list, i), i + 1);
    lm_cell_table_end(h);
    lm_cell_pairs(h, "What the voxels do not tell", lm_cell_get(v, "limits"));
    json_t *rest = json_copy((json_t *)v);
    json_object_del(rest, "branches");
    json_object_del(rest, "nodes");
    json_object_del(rest, "limits");
    json_object_del(rest, "columns");
    lm_cell_pairs(h, "The whole", rest);
    json_decref(rest);
    lm_cell_section_end(h);
}
