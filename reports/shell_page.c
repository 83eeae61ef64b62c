/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/shell_page.h"
#include "reports/digits.h"

#include <string.h>

static void shell_page_row(lm_html *h, const char *name, const json_t *o, const char *key, int places, const char *unit)
{
    double x;
    lm_html_put(h, "<tr><th scope=\"row\">%s</th><td>", name);
    if (lm_cell_num(o, key, &x)) lm_cell_amount(h, x, -1, places, unit, false);
    else lm_html_not_stated(h);
    lm_html_put(h, "</td></tr>\n");
}

static void shell_page_place(lm_html *h, const char *label, const json_t *at, const char *unit)
{
    lm_cell_td(h, label, false);
    for (size_t i = 0; i < 3; i++) {
        lm_html_put(h, i ? ", " : "");
        lm_cell_amount(h, json_number_value(json_array_get(at, i)), -1, 2, i == 2 ? unit : "", false);
    }
    lm_html_put(h, "</td>");
}

static void shell_page_length(lm_html *h, const char *label, const json_t *o, const char *key)
{
    double x;
    lm_cell_td(h, label, true);
    if (lm_cell_num(o, key, &x)) lm_cell_amount(h, x, -1, 3, "mm", false);
    lm_html_put(h, "</td>");
}

static void shell_page_hollow(lm_html *h, const json_t *o)
{
    const json_t *m = lm_cell_get(o, "measured");
    lm_html_put(h,
                "<table class=\"pairs\">\n<caption>Hollow: distance of the inner wall and the outer surface, measured between all "
                "corners, edges and faces</caption>\n<tbody>\n");
    shell_page_row(h, "Wall asked for", o, "wall_mm", 3, "mm");
    shell_page_row(h, "Least wall", m, "min_mm", 4, "mm");
    shell_page_row(h, "Mean wall", m, "mean_mm", 3, "mm");
    shell_page_row(h, "Tolerance", o, "tolerance_mm", 4, "mm");
    shell_page_row(h, "Hollowed out", o, "cavity_mm3", 0, "mm\xc2\xb3");
    lm_html_put(h, "<tr><th scope=\"row\">Pockets, and left solid</th><td>");
    lm_cell_key(h, o, "pockets");
    lm_html_put(h, ", ");
    lm_cell_key(h, o, "pockets_left_solid");
    lm_html_put(h, "</td></tr>\n");
    lm_cell_table_end(h);
}

static void shell_page_drain(lm_html *h, const json_t *o)
{
    const json_t *list = lm_cell_get(o, "holes"), *hollows = lm_cell_get(o, "hollows");
    size_t closed = 0;
    lm_cell_table(h, "wide cards", "Drain holes", "Hole|Why|Where|Outward|Diameter>|Wall>");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        char t[LM_DIGITS_TEXT];
        lm_digits_count((long long)i + 1, t);
        lm_html_put(h, "<tr><th scope=\"row\">%s</th>", t);
        lm_cell_td_key(h, "Why", false, one, "place");
        shell_page_place(h, "Where", lm_cell_get(one, "at"), "mm");
        shell_page_place(h, "Outward", lm_cell_get(one, "outward"), "");
        shell_page_length(h, "Diameter", one, "diameter_mm");
        shell_page_length(h, "Wall", one, "wall_mm");
        lm_html_put(h, "</tr>\n");
    }
    lm_cell_table_end(h);
    for (size_t i = 0; i < json_array_size(hollows); i++)
        closed += json_integer_value(lm_cell_get(json_array_get(hollows, i), "holes")) == 0;
    if (!closed) return;
    char t[LM_DIGITS_TEXT];
    lm_digits_count((long long)closed, t);
    lm_html_put(h, "<p><strong>Hollows without a hole: %s.</strong> See the warnings for where they are.</p>\n", t);
}

static void shell_page_reference(lm_html *h, const json_t *list)
{
    lm_cell_table(h, "wide cards", "Bodies of known size beside the part, to measure the print by",
                  "Body|Measure|Nominal>|On the print>");
    for (size_t i = 0; i < json_array_size(list); i++) {
        static const struct {
            const char *key, *name;
        } size[] = {{"edge_mm", "edge"}, {"ball_mm", "diameter of the balls"}, {"centres_mm", "distance of their centres"}};
        const json_t *one = json_array_get(list, i);
        for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
            if (!lm_cell_get(one, size[k].key)) continue;
            lm_html_put(h, "<tr><th scope=\"row\">");
            lm_cell_key(h, one, "name");
            lm_html_put(h, "</th>");
            lm_cell_td(h, "Measure", false);
            lm_html_put(h, "%s</td>", size[k].name);
            shell_page_length(h, "Nominal", one, size[k].key);
            lm_cell_td(h, "On the print", true);
            lm_html_put(h, "<span class=\"sub\">to be measured</span></td></tr>\n");
        }
    }
    lm_cell_table_end(h);
}

void lm_shell_page(lm_html *h, const json_t *facts)
{
    const json_t *list = lm_cell_get(facts, "records"), *hollow = NULL, *drain = NULL, *reference = NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *r = json_array_get(list, i);
        const char *tool = lm_cell_str(r, "tool");
        if (!tool || strcmp(tool, "meshshell")) continue;
        if (lm_cell_get(r, "hollow")) hollow = lm_cell_get(r, "hollow");
        if (lm_cell_get(r, "drain")) drain = lm_cell_get(r, "drain");
        if (lm_cell_get(r, "reference")) reference = lm_cell_get(r, "reference");
    }
    if (!hollow && !drain && !reference) return;
    lm_cell_section(h, "shell", "Made for printing");
    if (hollow) shell_page_hollow(h, hollow);
    if (drain) shell_page_drain(h, drain);
    if (reference) shell_page_reference(h, reference);
    lm_cell_section_end(h);
}
