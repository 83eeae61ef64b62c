/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/review_page.h"
#include "reports/digits.h"

static void review_page_by(lm_html *h, const json_t *one)
{
    lm_cell_td(h, "Acknowledged", false);
    if (lm_cell_str(one, "acknowledged")) {
        lm_html_put(h, "<span class=\"good\">");
        lm_cell_key(h, one, "acknowledged");
        lm_html_put(h, " \xe2\x9c\x93</span></td></tr>\n");
    } else lm_html_put(h, "<span class=\"bad\">no \xe2\x9c\x97</span></td></tr>\n");
}

static void review_page_volume(lm_html *h, const json_t *one)
{
    double x;
    lm_cell_td(h, "Volume", true);
    if (lm_cell_num(one, "mm3", &x)) lm_cell_amount(h, x, -1, lm_digits_places(0, x), "mm\xc2\xb3", false);
    else lm_html_not_stated(h);
    lm_html_put(h, "</td>");
}

static void review_page_region(lm_html *h, const json_t *one)
{
    const json_t *at = lm_cell_get(one, "centre_mm"), *slices = lm_cell_get(one, "slices");
    static const char *const share[][2] = {{"Least", "least"}, {"Mean", "mean"}};
    double x;
    lm_html_put(h, "<tr><th scope=\"row\">");
    lm_cell_key(h, one, "region");
    lm_html_put(h, "</th>");
    review_page_volume(h, one);
    lm_cell_td(h, "Centre", true);
    for (size_t i = 0; i < 3; i++) {
        lm_html_put(h, i ? ", " : "");
        lm_cell_amount(h, json_number_value(json_array_get(at, i)), -1, 1, i == 2 ? "mm" : "", false);
    }
    lm_html_put(h, "</td>");
    lm_cell_td(h, "Slices", true);
    lm_html_json(h, json_array_get(slices, 0));
    lm_html_put(h, "\xe2\x80\x93");
    lm_html_json(h, json_array_get(slices, 1));
    lm_html_put(h, "</td>");
    for (size_t i = 0; i < 2; i++) {
        lm_cell_td(h, share[i][0], true);
        if (lm_cell_num(one, share[i][1], &x)) lm_cell_amount(h, x, -1, 3, "", false);
        else lm_html_not_stated(h);
        lm_html_put(h, "</td>");
    }
    review_page_by(h, one);
}

void lm_review_page(lm_html *h, const json_t *facts)
{
    const json_t *r = lm_cell_get(facts, "review"), *list = lm_cell_get(r, "regions"), *rest = lm_cell_get(r, "rest");
    if (!json_is_object(r)) return;
    lm_cell_section(h, "review", "Review of confidence");
    lm_html_put(h, "<p>Regions of the object in which the probability is below ");
    lm_cell_key(h, r, "limit");
    lm_html_put(h, "; the largest first. Slices are counted from 1.</p>\n");
    if (!json_array_size(list)) lm_html_put(h, "<p>There are none.</p>\n");
    else {
        lm_cell_table(h, "wide cards", "To be looked at on the images", "Region|Volume>|Centre>|Slices>|Least>|Mean>|Acknowledged");
        for (size_t i = 0; i < json_array_size(list); i++) review_page_region(h, json_array_get(list, i));
        if (rest) {
            lm_html_put(h, "<tr><th scope=\"row\">rest: ");
            lm_cell_key(h, rest, "count");
            lm_html_put(h, " more</th>");
            review_page_volume(h, rest);
            lm_html_put(h, "<td></td><td></td><td></td><td></td>");
            review_page_by(h, rest);
        }
        lm_cell_table_end(h);
    }
    lm_html_put(h, "<p class=\"note\">To acknowledge: a file with the line <code>review ");
    lm_cell_key(h, r, "id");
    lm_html_put(h, "</code> and, for each region, one with its number and initials, such as <code>1 AB</code>; "
                   "<code>meshmeasure --acknowledge FILE</code>.</p>\n");
    lm_cell_section_end(h);
}

void lm_review_signoff(lm_html *h, const json_t *facts)
{
    const json_t *r = lm_cell_get(facts, "review");
    double open;
    if (!lm_cell_num(r, "open", &open)) return;
    if (open > 0) {
        lm_html_put(h, "<p><strong class=\"bad\">Not signed off:</strong> regions of the <a href=\"#review\">review of "
                       "confidence</a> that nobody has acknowledged: ");
        lm_cell_key(h, r, "open");
        lm_html_put(h, ".</p>\n");
    } else lm_html_put(h, "<p>All regions of the <a href=\"#review\">review of confidence</a> are acknowledged.</p>\n");
}
