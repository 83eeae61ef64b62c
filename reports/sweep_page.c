/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/sweep_page.h"
#include "reports/cell.h"
#include "reports/chart.h"
#include "reports/page.h"

#include <string.h>

static void sweep_page_number(lm_html *h, const char *label, const json_t *row, const char *key, double unit, int places)
{
    double v;
    lm_cell_td(h, label, true);
    if (lm_cell_num(row, key, &v)) lm_cell_amount(h, v / unit, -1, places, "", false);
    lm_html_put(h, "</td>");
}

static void sweep_page_row(lm_html *h, const json_t *row)
{
    const bool leak = json_is_true(lm_cell_get(row, "leak")), border = json_is_true(lm_cell_get(row, "border"));
    lm_html_put(h, "<tr><th scope=\"row\">");
    lm_cell_key(h, row, "level");
    lm_html_put(h, "</th>");
    sweep_page_number(h, "Volume", row, "volume_mm3", 1000, 3);
    sweep_page_number(h, "Area", row, "area_mm2", 100, 2);
    sweep_page_number(h, "Pieces", row, "pieces", 1, 0);
    sweep_page_number(h, "Largest", row, "largest_mm3", 1000, 3);
    sweep_page_number(h, "Cavities", row, "cavities", 1, 0);
    sweep_page_number(h, "Genus", row, "genus", 1, 0);
    lm_cell_td(h, "Notes", false);
    lm_html_put(h, "%s%s%s</td></tr>\n", leak ? "leak" : "", leak && border ? ", " : "", border ? "at the border" : "");
}

void lm_sweep_page(lm_out *out, const json_t *facts)
{
    const json_t *sweep = lm_cell_get(facts, "sweep"), *rows = lm_cell_get(sweep, "levels"),
                 *plateau = lm_cell_get(sweep, "plateau");
    const char *unit = lm_cell_str(sweep, "unit");
    const bool hu = unit && !strcmp(unit, "HU");
    lm_html page, *h = &page;
    lm_html_init(h, out);
    lm_page_begin(h, NULL);
    lm_html_put(h, "Sweep of levels");
    lm_page_body(h);
    lm_html_put(h, "<h1>Sweep of levels</h1>\n<p>The object of each level: all samples that reach it. ");
    if (json_is_object(plateau)) {
        lm_html_put(h, "Its volume changes least from ");
        lm_cell_key(h, plateau, "from");
        lm_html_put(h, " to ");
        lm_cell_key(h, plateau, "to");
        lm_html_put(h, hu ? " HU; <strong>suggested: " : "; <strong>suggested: ");
        lm_cell_key(h, plateau, "level");
        lm_html_put(h, hu ? " HU</strong>. Look at the images before you take it.</p>\n"
                          : "</strong>. Look at the images before you take it.</p>\n");
    } else lm_html_put(h, "There is no plateau among these levels.</p>\n");
    lm_chart_sweep(h, sweep, "volume_mm3", "Volume, mm\xc2\xb3");
    lm_chart_sweep(h, sweep, "largest_mm3", "Volume of the largest piece, mm\xc2\xb3");
    lm_chart_sweep(h, sweep, "area_mm2", "Area, mm\xc2\xb2");
    lm_chart_sweep(h, sweep, "pieces", "Pieces");
    lm_html_put(
        h, "<p class=\"note\">Band: the plateau. Circles: the object leaks, that is, its largest piece reaches the edge of the "
           "volume, or grows much more than from level to level elsewhere.</p>\n");
    lm_cell_table(h, "wide cards", "Volumes in ml, areas in cm\xc2\xb2",
                  hu ? "Level, HU|Volume>|Area>|Pieces>|Largest>|Cavities>|Genus>|Notes"
                     : "Level|Volume>|Area>|Pieces>|Largest>|Cavities>|Genus>|Notes");
    for (size_t i = 0; i < json_array_size(rows); i++) sweep_page_row(h, json_array_get(rows, i));
    lm_cell_table_end(h);
    lm_page_end(h);
}
