/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: the script - what is in the scene, as JSON - the section. */
#include "reports/viewer.h"
#include "base/mem.h"
#include "reports/digits.h"
#include "reports/page.h"
#include "reports/preview.h"
#include "reports/scene.h"
#include "three_revision.h"

#include <stdlib.h>
#include <string.h>

/* ---- the script ---- */
extern const unsigned char lm_viewer_js[]; /* built into the program: $(B)/gen/viewer_js.S */
extern const uint64_t lm_viewer_js_size;

const char *lm_viewer_revision(void)
{
    return THREE_REVISION;
}

void lm_viewer_script(char source[LM_PAGE_SOURCE])
{
    lm_page_source(lm_viewer_js, lm_viewer_js_size, source);
}

/* ---- what is in the scene ---- */
/* Of parts without a colour of their own. Told apart by people who see few colours (Okabe and Ito 2008), after that of bone. */
static const uint8_t viewer_rgb[][3] = {{222, 205, 172}, {86, 180, 233}, {230, 159, 0},  {0, 158, 115},
                                        {204, 121, 167}, {213, 94, 0},   {240, 228, 66}, {0, 114, 178}};

static json_t *viewer_parts(const lm_mesh *m, const lm_scene *s)
{
    json_t *list = json_array();
    for (size_t i = 0, k = 0; i < s->n_run; i++) {
        if (i && s->run[i].label == s->run[i - 1].label) continue;
        const lm_part *part = lm_parts_find(&m->parts, s->run[i].label);
        const uint8_t *rgb = part && part->has_rgb ? part->rgb : viewer_rgb[k++ % (sizeof viewer_rgb / sizeof *viewer_rgb)];
        char buf[LM_PART_NAME];
        json_array_append_new(list, json_pack("{s:i,s:s,s:[i,i,i]}", "label", (int)s->run[i].label, "name",
                                              s->run[i].label ? lm_parts_name(&m->parts, s->run[i].label, buf) : "model", "rgb",
                                              (int)rgb[0], (int)rgb[1], (int)rgb[2]));
    }
    return list;
}

static json_t *viewer_runs(const lm_scene *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n_run; i++)
        json_array_append_new(list, json_pack("[i,i,I]", (int)s->run[i].label, (int)s->run[i].back, (json_int_t)s->run[i].nt));
    return list;
}

static json_t *viewer_vector(const double v[3])
{
    return json_pack("[f,f,f]", v[0], v[1], v[2]);
}

static void viewer_place(json_t *list, const char *kind, const char *name, const json_t *at)
{
    if (json_array_size(at) == 3)
        json_array_append_new(list, json_pack("{s:s,s:s*,s:O}", "kind", kind, "name", name, "at", (json_t *)at));
}

/* Where a reader may want to go: thin places, the vessel's least and its narrowing, landmarks. */
static json_t *viewer_places(const json_t *facts)
{
    json_t *list = json_array();
    const json_t *thin = lm_cell_get(lm_cell_get(facts, "wall"), "thin_places"), *vessel = lm_cell_get(facts, "vessel"),
                 *marks = lm_cell_get(facts, "landmarks");
    for (size_t i = 0; i < json_array_size(thin) && i < 20; i++) {
        const json_t *one = json_array_get(thin, i);
        char text[LM_DIGITS_TEXT + 8] = "";
        double mm;
        if (lm_cell_num(one, "least_mm", &mm)) {
            lm_digits_fixed(mm, 3, text);
            strcat(text, " mm");
        }
        viewer_place(list, "Thin wall", text, lm_cell_get(one, "at"));
    }
    viewer_place(list, "Least lumen", NULL, lm_cell_get(lm_cell_get(vessel, "least"), "place_mm"));
    viewer_place(list, "Narrowing", NULL, lm_cell_get(lm_cell_get(vessel, "narrowing"), "place_mm"));
    for (size_t i = 0; i < json_array_size(marks); i++) {
        const json_t *one = json_array_get(marks, i);
        viewer_place(list, "Landmark", lm_cell_str(one, "name"), lm_cell_get(one, "at"));
    }
    return list;
}

/* What the last tool that measured vertices said it measured. */
static const char *viewer_quality(const json_t *facts)
{
    const json_t *records = lm_cell_get(facts, "records");
    const char *name = "value";
    for (size_t i = 0; i < json_array_size(records); i++) {
        const char *tool = lm_cell_str(json_array_get(records, i), "tool");
        if (tool && !strcmp(tool, "meshdiff")) name = "deviation";
        if (tool && !strcmp(tool, "meshshell")) name = "wall thickness";
    }
    return name;
}

static json_t *viewer_scene(const json_t *facts, const lm_mesh *m, const lm_scene *s, double moved_mm)
{
    json_t *o = json_pack("{s:I,s:I,s:f,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "vertices", (json_int_t)s->nv, "triangles",
                          (json_int_t)s->nt, "step", s->step, "origin", viewer_vector(s->origin), "lo", viewer_vector(s->lo), "hi",
                          viewer_vector(s->hi), "parts", viewer_parts(m, s), "runs", viewer_runs(s), "places", viewer_places(facts),
                          "patient", m->space != LM_SPACE_UNKNOWN);
    if (o && moved_mm > 0) json_object_set_new(o, "moved_mm", json_real(moved_mm));
    if (o && s->has_quality)
        json_object_set_new(o, "quality",
                            json_pack("{s:s,s:f,s:f,s:b}", "name", viewer_quality(facts), "lo", s->quality_lo, "hi", s->quality_hi,
                                      "diverges", m->quality_range > 0));
    return o;
}

/* JSON inside markup: no character that HTML or XML would take for its own. */
static lm_status viewer_json(lm_html *h, const json_t *o, lm_err *err)
{
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    if (!text) return lm_err_nomem(err, 0);
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "<>&");
        lm_html_raw(h, p, n);
        p += n;
        if (!*p) break;
        lm_html_raw(h, *p == '<' ? "\\u003c" : *p == '>' ? "\\u003e" : "\\u0026", 6);
        p++;
    }
    free(text);
    return LM_OK;
}

/* ---- the section ---- */
static void viewer_controls(lm_html *h)
{
    lm_html_put(
        h,
        "<div id=\"viewer\" hidden=\"hidden\">\n<div class=\"tools\">\n"
        "<span role=\"group\" aria-label=\"View from\" id=\"v-from\"></span>\n"
        "<button type=\"button\" id=\"v-measure\" aria-pressed=\"false\">Measure</button>\n"
        "<button type=\"button\" id=\"v-reset\">Reset</button>\n"
        "<label>Slice <select id=\"v-axis\"><option value=\"\">none</option></select></label>\n"
        "<label><span class=\"hide\">Slice position</span><input type=\"range\" id=\"v-slice\" min=\"0\" max=\"1000\" "
        "value=\"500\" "
        "disabled=\"disabled\"/></label>\n<output id=\"v-at\"></output>\n"
        "<label id=\"v-colour-box\" hidden=\"hidden\">Colour <select id=\"v-colour\"></select></label>\n"
        "<label id=\"v-goto-box\" hidden=\"hidden\">Go to <select id=\"v-goto\"></select></label>\n</div>\n"
        "<div id=\"v-stage\" tabindex=\"0\" role=\"application\" aria-label=\"3D view of the model\" aria-describedby=\"v-keys\">"
        "<span class=\"dir l\" id=\"v-l\"></span><span class=\"dir r\" id=\"v-r\"></span><span class=\"dir t\" id=\"v-t\"></span>"
        "<span class=\"dir b\" id=\"v-b\"></span><span class=\"barbox\"><span class=\"bar\" id=\"v-bar\"><span "
        "id=\"v-mm\"></span></span></span><span id=\"v-legend\" hidden=\"hidden\"><span id=\"v-hi\"></span><span "
        "id=\"v-ramp\"></span><span id=\"v-lo\"></span></span></div>\n"
        "<fieldset id=\"v-parts\" hidden=\"hidden\"><legend>Parts</legend></fieldset>\n"
        "<p id=\"v-said\" role=\"status\" aria-live=\"polite\"></p>\n"
        "<p class=\"note\" id=\"v-keys\">Drag to turn, right drag or two fingers to move, wheel or pinch to zoom. Keys, when the "
        "view "
        "has the focus: arrows turn, Shift and arrows move, + and - zoom, 1 to 6 views, S slice, [ and ] move it, M measure, Enter "
        "takes the point in the middle, Esc ends, 0 resets.</p>\n</div>\n");
}

lm_status lm_viewer_section(lm_html *h, const json_t *facts, const lm_mesh *mesh, lm_err *err)
{
    lm_mesh small = LM_MESH_INIT;
    lm_scene s = {0};
    double moved = 0;
    lm_status st = mesh->nt > LM_VIEWER_TRIANGLES ? lm_preview_make(mesh, LM_VIEWER_TRIANGLES, &small, &moved, err) : LM_OK;
    if (!st) st = lm_scene_make(small.nt ? &small : mesh, &s, err);
    if (!st) {
        char t[LM_DIGITS_TEXT];
        lm_cell_section(h, "view3d", "3D view");
        lm_html_put(h,
                    "<p id=\"v-none\">The 3D view needs a browser with WebGL that runs the script of this page. The pictures above "
                    "show the model without it.</p>\n");
        viewer_controls(h);
        if (small.nt) {
            lm_digits_count((long long)s.nt, t);
            lm_html_put(h, "<p class=\"note\"><strong>A preview</strong> of %s triangles; the part has ", t);
            lm_digits_count((long long)mesh->nt, t);
            lm_html_put(h, "%s. No point of the preview lies farther than ", t);
            lm_cell_amount(h, moved, -1, 2, "mm", false);
            lm_html_put(h, " from the part. Lengths that are measured on it are as coarse.</p>\n");
        }
        lm_html_put(h, "<script type=\"application/json\" id=\"scene\">");
        json_t *o = viewer_scene(facts, mesh, &s, moved);
        st = viewer_json(h, o, err);
        json_decref(o);
        lm_html_put(h, "</script>\n<script type=\"application/octet-stream\" id=\"mesh\">");
        lm_html_base64(h, s.p, s.n);
        lm_html_put(h, "</script>\n<script>");
        lm_html_raw(h, lm_viewer_js, lm_viewer_js_size);
        lm_html_put(h, "</script>\n");
        lm_cell_section_end(h);
    }
    lm_scene_release(&s);
    lm_mesh_release(&small);
    return st;
}
