/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: head - pictures - warnings - files - sign-off - the page. */
#include "reports/report.h"
#include "base/num.h"
#include "reports/digits.h"
#include "reports/cell.h"
#include "reports/form.h"
#include "reports/page.h"
#include "reports/picture.h"
#include "reports/png.h"
#include "reports/recipe.h"
#include "reports/result.h"
#include "reports/review_page.h"
#include "reports/shell_page.h"
#include "reports/vessel_page.h"
#include "reports/viewer.h"
#include "reports/wall_page.h"

#include <stdio.h>
#include <string.h>

/* ---- head ---- */
static void report_tile(lm_html *h, const char *name)
{
    lm_html_put(h, "<div><dt>%s</dt><dd>", name);
}

static void report_head(lm_html *h, const json_t *facts)
{
    const lm_cell_verdict *v = lm_cell_verdict_of(facts);
    const json_t *q = lm_cell_get(facts, "quantities"), *final = lm_cell_get(lm_cell_get(facts, "integrity"), "final");
    double x, scale;
    lm_html_put(h,
                "<header class=\"top %s\" id=\"verdict\">\n<p class=\"kind\">Quality report of a 3D-print model</p>\n<div "
                "class=\"verdict\">",
                v->cls);
    lm_cell_icon(h, v);
    lm_html_put(h, "<div><h1>%s</h1><p class=\"sense\">", v->word);
    if (lm_cell_str(facts, "reason")) lm_cell_key(h, facts, "reason");
    else lm_html_put(h, "%s", v->sense);
    lm_html_put(h, "</p></div></div>\n");
    if (json_is_false(lm_cell_get(facts, "anatomy")))
        lm_html_put(h, "<p class=\"not-anatomy\"><strong>Not anatomy.</strong> This solid is a relief of one image: its height is "
                       "brightness, not the depth of a body.</p>\n");
    lm_html_put(h, "<div class=\"ident\"><p><span class=\"lbl\">Case</span> <strong>");
    lm_cell_key(h, facts, "case");
    lm_html_put(h, "</strong></p>\n<p class=\"scale\"><span class=\"lbl\">Scale</span> <strong>");
    if (lm_cell_num(facts, "scale", &scale) && scale > 0) {
        char t[LM_DIGITS_TEXT], six[LM_NUM_TEXT];
        snprintf(six, sizeof six, "%.6g", scale >= 1 ? scale : 1 / scale); /* as it stands in names and metadata */
        if (lm_num_all(six, &x)) lm_digits_plain(x, t);
        if (scale >= 1) lm_html_put(h, "%s" LM_CELL_NBSP ":" LM_CELL_NBSP "1", t);
        else lm_html_put(h, "1" LM_CELL_NBSP ":" LM_CELL_NBSP "%s", t);
    } else lm_html_not_stated(h);
    if (lm_cell_str(facts, "shrinkage")) {
        lm_html_put(h, "</strong> <span class=\"sub\">in the file larger for a shrinkage of ");
        lm_cell_key(h, facts, "shrinkage");
        lm_html_put(h, "</span><strong>");
    }
    lm_html_put(h, "</strong></p></div>\n<dl class=\"tiles\">\n");
    report_tile(h, "Volume");
    if (h->shown_in && lm_cell_num(q, "volume_mm3", &x)) lm_cell_both(h, x, -1, 0, x, "mm3", false);
    else if (lm_cell_num(q, "volume_mm3", &x)) {
        lm_cell_amount(h, x / 1000, -1, lm_digits_places(0, x / 1000), "ml", false);
        lm_html_put(h, " <span class=\"sub\">");
        lm_cell_amount(h, x, -1, lm_digits_places(0, x), "mm3", false);
        lm_html_put(h, "</span>");
    } else lm_html_not_stated(h);
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Size");
    lm_cell_list(h, lm_cell_get(q, "extents_mm"), LM_CELL_NBSP "\xc3\x97 ", 1, "mm");
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Surface");
    if (h->shown_in && lm_cell_num(q, "area_mm2", &x)) lm_cell_both(h, x, -1, 0, x, "mm2", false);
    else if (lm_cell_num(q, "area_mm2", &x)) lm_cell_amount(h, x / 100, -1, lm_digits_places(0, x), "cm\xc2\xb2", false);
    else lm_html_not_stated(h);
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Triangles");
    lm_cell_key(h, final, "triangles");
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Components");
    lm_cell_key(h, json_is_number(lm_cell_get(q, "components")) ? q : final, "components");
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Valid for print");
    lm_cell_key(h, final, "valid");
    lm_html_put(h, "</dd></div>\n");
    report_tile(h, "Warnings");
    const json_t *list = lm_cell_get(facts, "warnings");
    size_t warnings = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *level = lm_cell_str(json_array_get(list, i), "level");
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
static double report_bar_length(double size)
{
    double step = 1e-6;
    while (step * 10 <= size / 3 && step < 1e30) step *= 10;
    return step * 5 <= size / 3 ? step * 5 : step * 2 <= size / 3 ? step * 2 : step;
}

static lm_status report_pictures(lm_html *h, const lm_mesh *mesh, lm_err *err)
{
    lm_picture pic[LM_PICTURE_VIEWS];
    uint8_t rgba[256][4];
    bool inside = false;
    lm_status st = lm_picture_draw(mesh, LM_PICTURE_SIDE, 0, pic, err);
    if (st) return st;
    lm_picture_palette(rgba);
    lm_cell_section(h, "pictures", "Pictures");
    lm_html_put(h, "<div class=\"views\">\n");
    for (int i = 0; i < LM_PICTURE_VIEWS && !st; i++) {
        const lm_picture *p = &pic[i];
        unsigned char *png = NULL;
        size_t n = 0;
        if ((st = lm_png_encode(p->pixels, (size_t)p->side, (size_t)p->side, (const uint8_t(*)[4])rgba, &png, &n, err)) != LM_OK)
            break;
        for (size_t k = 0; k < (size_t)p->side * (size_t)p->side && !inside; k++) inside = lm_picture_is_inside(p->pixels[k]);
        double factor, size, bar;
        const char *unit = lm_cell_shown(h, "mm", &factor);
        size = p->mm_per_pixel * p->side / factor, bar = report_bar_length(size);
        char w[LM_DIGITS_TEXT], t[LM_DIGITS_TEXT], side[32], pct[32];
        int places = lm_cell_places(size * factor < 20 ? 2 : 1, factor);
        lm_digits_fixed(p->width_mm / factor, places, w);
        lm_digits_fixed(p->height_mm / factor, places, t);
        snprintf(side, sizeof side, "%d", p->side);
        lm_html_put(h,
                    "<figure>\n<div class=\"view\"><img width=\"%s\" height=\"%s\" alt=\"The model, %s view: %s on the left, %s on "
                    "the right, %s up; ",
                    side, side, p->name, p->left, p->right, p->top);
        lm_html_put(h, "%s %s wide, %s %s high\" src=\"data:image/png;base64,", w, unit, t, unit);
        lm_html_base64(h, png, n);
        free(png);
        snprintf(pct, sizeof pct, "%.3f", bar / size * 100);
        lm_html_put(h,
                    "\"/><span class=\"dir l\">%s</span><span class=\"dir r\">%s</span><span class=\"dir t\">%s</span><span "
                    "class=\"dir b\">%s</span>",
                    p->left, p->right, p->top, p->bottom);
        lm_digits_plain(bar, t);
        lm_html_put(h,
                    "<span class=\"barbox\"><svg class=\"scalebar\" width=\"%s%%\" height=\"8\" aria-hidden=\"true\"><path "
                    "d=\"M1 0v7\"/><path d=\"M0 7h4000\"/></svg><span>%s" LM_CELL_NBSP "%s</span></span></div>\n",
                    pct, t, unit);
        lm_digits_fixed(p->height_mm / factor, places, t);
        lm_html_put(h,
                    "<figcaption><strong>%s</strong> %s" LM_CELL_NBSP "\xc3\x97" LM_CELL_NBSP "%s" LM_CELL_NBSP
                    "%s</figcaption>\n</figure>\n",
                    p->name, w, t, unit);
    }
    lm_html_put(h, "</div>\n<p class=\"note\">Orthographic, all at one scale. %s",
                mesh->space == LM_SPACE_UNKNOWN
                    ? "The file does not say how its axes lie in the body, so no side is claimed."
                    : "R, L: the patient\xe2\x80\x99s right and left; A, P: front and back; S, I: up and down.");
    lm_html_put(h, "%s</p>\n", inside ? " Red is the inside of the surface, seen through an opening or by flipped triangles." : "");
    lm_cell_section_end(h);
    lm_picture_release(pic);
    return st;
}

/* ---- warnings ---- */
static void report_warnings(lm_html *h, const json_t *facts)
{
    const json_t *list = lm_cell_get(facts, "warnings"), *w;
    size_t n = json_array_size(list);
    lm_cell_section(h, "warnings", "Warnings");
    if (!n && json_is_array(list)) lm_html_put(h, "<p>None.</p>\n");
    else if (!n) lm_cell_missing(h);
    else lm_html_put(h, "<ul class=\"warnings\">\n");
    for (size_t i = 0; i < n; i++) {
        w = json_array_get(list, i);
        const char *rule = lm_cell_str(w, "rule"), *level = lm_cell_str(w, "level");
        lm_html_put(h, level && !strcmp(level, "warning") ? "<li class=\"warning\"><strong>" : "<li><strong>");
        lm_cell_key(h, w, "level");
        if (rule && *rule) lm_html_put(h, " %s", rule);
        lm_html_put(h, "</strong> ");
        lm_cell_key(h, w, "text");
        lm_html_put(h, "</li>\n");
    }
    if (n) lm_html_put(h, "</ul>\n");
    lm_cell_section_end(h);
}

/* ---- files ---- */
static void report_files(lm_html *h, const json_t *facts)
{
    const json_t *list = lm_cell_get(facts, "files");
    size_t n = json_array_size(list);
    lm_cell_section(h, "files", "Files");
    if (!n && json_is_array(list)) lm_html_put(h, "<p>No part was written.</p>\n");
    else if (!n) lm_cell_missing(h);
    else {
        lm_cell_table(h, "wide cards", "What was written", "Format|Bytes>|SHA-256");
        for (size_t i = 0; i < n; i++) {
            const json_t *f = json_array_get(list, i);
            lm_html_put(h, "<tr><th scope=\"row\">");
            lm_cell_key(h, f, "format");
            lm_html_put(h, "</th>");
            lm_cell_td_key(h, "Bytes", true, f, "bytes");
            lm_html_put(h, "<td class=\"hash\" data-label=\"SHA-256\">");
            lm_cell_key(h, f, "sha256");
            lm_html_put(h, "</td></tr>\n");
        }
        lm_cell_table_end(h);
    }
    lm_cell_section_end(h);
}

/* ---- sign-off ---- */
static void report_signoff(lm_html *h, const json_t *facts)
{
    static const char *const who[] = {"Operator", "Reviewer", "Physician"};
    char hex[LM_SHA256_HEX];
    lm_html_hash(h, hex); /* of every byte before the line that begins this section */
    lm_html_put(h, "<section id=\"signoff\" aria-labelledby=\"h-signoff\">\n<h2 id=\"h-signoff\">Sign-off</h2>\n");
    lm_review_signoff(h, facts);
    lm_cell_table(h, "sign", "Empty until signed", "Role|Name|Signature|Date");
    for (size_t i = 0; i < sizeof who / sizeof *who; i++)
        lm_html_put(h, "<tr><th scope=\"row\">%s</th><td></td><td></td><td></td></tr>\n", who[i]);
    lm_cell_table_end(h);
    lm_html_put(h,
                "<p>SHA-256 of the report body, which is what is signed:<br/><span class=\"hash\" id=\"body-hash\">%s</span></p>\n",
                hex);
    lm_html_put(h, "<p class=\"note\">To check: <code>sed '/^&lt;section id=\"signoff\"/,$d' report.html | sha256sum</code></p>\n");
    lm_cell_section_end(h);
}

/* ---- the page ---- */
/* drawn: there is a mesh to look at; overlay: slices of its source as well. */
static void report_begin(lm_html *h, const json_t *facts, bool drawn, bool overlay)
{
    static const char *const toc[][2] = {
        {"pictures", "Pictures"},
        {"view3d", "3D view"},
        {"overlay", "Contour"},
        {"measurements", "Measurements"},
        {"shape", "Shape"},
        {"ledger", "Ledger"},
        {"integrity", "Integrity"},
        {"source", "Source"},
        {"segmentation", "Segmentation"},
        {"warnings", "Warnings"},
        {"provenance", "Provenance"},
        {"replay", "Replay"},
        {"files", "Files"},
        {"software", "Software"},
        {"signoff", "Sign-off"},
    };
    char script[LM_PAGE_SOURCE];
    lm_viewer_script(script);
    lm_page_begin(h, drawn ? script : NULL);
    lm_html_put(h, "%s", lm_cell_verdict_of(facts)->word);
    if (lm_cell_str(facts, "case")) {
        lm_html_put(h, ": ");
        lm_cell_key(h, facts, "case");
    }
    lm_html_put(h, " - quality report");
    lm_page_body(h);
    report_head(h, facts);
    lm_html_put(h, "<nav aria-label=\"Sections\"><ul>");
    if (lm_cell_get(facts, "vessel")) lm_html_put(h, "<li><a href=\"#vessel\">Vessel</a></li>");
    if (lm_cell_get(facts, "review")) lm_html_put(h, "<li><a href=\"#review\">Review</a></li>");
    for (size_t i = 0; i < sizeof toc / sizeof *toc; i++)
        if ((strcmp(toc[i][0], "shape") || json_is_object(lm_cell_get(facts, "shape"))) && (strcmp(toc[i][0], "view3d") || drawn) &&
            (strcmp(toc[i][0], "overlay") || overlay))
            lm_html_put(h, "<li><a href=\"#%s\">%s</a></li>", toc[i][0], toc[i][1]);
    lm_html_put(h, "</ul></nav>\n");
}

/* " HU" of CT; the values of other images have no unit that a reader could rely on. */
static const char *report_unit(const json_t *facts)
{
    const char *modality = lm_cell_str(lm_cell_get(facts, "source"), "modality");
    return modality && !strcmp(modality, "CT") ? " HU" : "";
}

lm_status lm_report_write(lm_out *out, const json_t *facts, const lm_mesh *mesh, const lm_overlay *overlay, lm_err *err)
{
    lm_html page, *h = &page;
    if (!json_is_object(facts)) return lm_err_set(err, LM_EFORMAT, NULL, "the facts of a report are a JSON object");
    lm_html_init(h, out);
    h->shown_in = lm_cell_get(facts, "shown_in");
    report_begin(h, facts, mesh && mesh->nt, overlay && overlay->drawn);
    if (mesh && mesh->nt) {
        lm_status st = report_pictures(h, mesh, err);
        if (!st) st = lm_viewer_section(h, facts, mesh, err);
        if (!st) st = lm_overlay_section(h, overlay, report_unit(facts), err);
        if (st) return st;
    } else {
        lm_cell_section(h, "pictures", "Pictures");
        lm_html_put(h, "<p>None: no mesh was given.</p>\n");
        lm_cell_section_end(h);
    }
    lm_result_measurements(h, facts);
    lm_form_section(h, facts);
    lm_vessel_page(h, facts);
    lm_result_ledger(h, facts);
    lm_wall_page(h, facts);
    lm_shell_page(h, facts);
    lm_result_integrity(h, facts);
    lm_cell_section(h, "source", "Source");
    json_t *source = json_copy((json_t *)lm_cell_get(facts, "source"));
    json_object_del(source, "digests"); /* one for each image: for dcmseg --verify, not for people */
    lm_cell_pairs(h, "The scan, without identity", source);
    json_decref(source);
    if (lm_cell_get(facts, "mask")) lm_cell_pairs(h, "The mask, without identity", lm_cell_get(facts, "mask"));
    lm_cell_section_end(h);
    lm_cell_section(h, "segmentation", "Segmentation");
    lm_cell_pairs(h, "Method and every parameter", lm_cell_get(facts, "segmentation"));
    lm_cell_section_end(h);
    lm_review_page(h, facts);
    report_warnings(h, facts);
    lm_recipe_provenance(h, facts);
    lm_recipe_replay(h, facts);
    report_files(h, facts);
    lm_cell_section(h, "software", "Software and libraries");
    lm_cell_pairs(h, "Versions in use", lm_cell_get(facts, "software"));
    lm_html_put(h,
                "<p class=\"note\">Free software under the GNU General Public License, version 3 or later. Pictures by libpng %s; "
                "3D view by "
                "three.js r%s (MIT licence).</p>\n",
                lm_png_version(), lm_viewer_revision());
    lm_cell_section_end(h);
    lm_html_put(h, "\n<p class=\"statement\"><strong>Not a cleared medical device.</strong> It produces evidence for the "
                   "lab\xe2\x80\x99s own procedures.</p>\n");
    report_signoff(h, facts);
    lm_page_end(h);
    return LM_OK;
}
