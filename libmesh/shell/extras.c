/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/extras.h"
#include "base/mem.h"
#include "base/num.h"
#include "repair/boolean.h"
#include "stream/audit_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is asked ---- */

lm_status lm_extras_parse(const lm_extras_text *text, lm_extras_opt *out, lm_err *err)
{
    size_t automatic = 0;
    *out = (lm_extras_opt){.n = text->drains, .up = {0, 0, 1}, .plug_gap_mm = text->plug_gap_mm};
    out->reference.cube_mm = text->cube_mm;
    for (size_t i = 0; i < text->drains; i++) {
        if (lm_drain_parse(text->drain[i], &out->ask[i], err)) return lm_err_frame(err, "--drain");
        automatic += !out->ask[i].placed;
    }
    if (automatic > 1) return lm_err_set(err, LM_EUSAGE, NULL, "--drain without a place: once is enough, it is for every hollow");
    if (text->up && (!lm_drain_point(text->up, out->up) || !(fabs(out->up[0]) + fabs(out->up[1]) + fabs(out->up[2]) > 0)))
        return lm_err_set(err, LM_EUSAGE, NULL, "--up '%.40s': a direction is three numbers, not all 0, as in 0,0,1", text->up);
    if (text->ball_bar && lm_refbody_parse(text->ball_bar, &out->reference.ball_mm, &out->reference.centre_mm, err))
        return lm_err_frame(err, "--qa-ball-bar");
    return LM_OK;
}

/* ---- the bodies ---- */

/* Body behind m as further parts: its labels, or 1, behind those there are; named "name", or "name-N" where it has labels. */
static lm_status extras_add(lm_mesh *m, const lm_mesh *body, const char *name, uint32_t *last, lm_err *err)
{
    lm_mesh all = LM_MESH_INIT;
    lm_parts parts = LM_PARTS_INIT;
    uint32_t most = 0;
    lm_status rc = lm_boolean_append(m, body, false, &all, err);
    if (!rc) rc = lm_parts_copy(&m->parts, &parts, err);
    if (!rc && !(all.label = lm_mem_alloc(all.nt, sizeof *all.label, err))) rc = LM_ENOMEM;
    for (size_t t = 0; t < all.nt && !rc; t++) {
        uint32_t own = t < m->nt ? 0 : body->label ? body->label[t - m->nt] : 1;
        all.label[t] = t >= m->nt ? *last + own : m->label ? m->label[t] : 1;
        most = own > most ? own : most;
    }
    for (uint32_t i = 1; i <= most && !rc; i++) {
        lm_part p = {.label = *last + i};
        if (body->label) snprintf(p.name, sizeof p.name, "%s-%u", name, i);
        else snprintf(p.name, sizeof p.name, "%s", name);
        rc = lm_parts_add(&parts, &p, err);
    }
    if (rc) {
        lm_mesh_release(&all);
        lm_parts_release(&parts);
        return rc;
    }
    *last += most;
    all.parts = parts;
    lm_mesh_release(m);
    *m = all;
    return LM_OK;
}

lm_status lm_extras_run(lm_mesh *m, size_t outer_triangles, double wall_mm, const lm_extras_opt *opt, int threads, lm_extras *out,
                        lm_err *err)
{
    lm_mesh holed = LM_MESH_INIT, plugs = LM_MESH_INIT, cube = LM_MESH_INIT, bar = LM_MESH_INIT;
    uint32_t last = 1;
    lm_status rc = LM_OK;
    *out = (lm_extras){.before_mm3 = lm_mesh_volume(m)};
    if (opt->n) {
        const lm_drain_opt dopt = {.n = opt->n,
                                   .ask = opt->ask,
                                   .up = {opt->up[0], opt->up[1], opt->up[2]},
                                   .wall_mm = wall_mm,
                                   .plug_gap_mm = opt->plug_gap_mm,
                                   .threads = threads};
        if ((rc = lm_drain(m, outer_triangles, &dopt, &holed, opt->plug_gap_mm > 0 ? &plugs : NULL, &out->drain, err))) goto done;
        holed.parts = m->parts;
        m->parts = (lm_parts)LM_PARTS_INIT;
        lm_mesh_release(m);
        *m = holed;
        holed = (lm_mesh)LM_MESH_INIT;
    }
    if ((rc = lm_refbody_make(m, &opt->reference, opt->up, &cube, &bar, err))) goto done;
    out->plugs_mm3 = plugs.nt ? lm_mesh_volume(&plugs) : 0;
    out->reference_mm3 = (cube.nt ? lm_mesh_volume(&cube) : 0) + (bar.nt ? lm_mesh_volume(&bar) : 0);
    if (plugs.nt) rc = extras_add(m, &plugs, "plug", &last, err);
    if (!rc && cube.nt) rc = extras_add(m, &cube, LM_REFBODY_CUBE, &last, err);
    if (!rc && bar.nt) rc = extras_add(m, &bar, LM_REFBODY_BAR, &last, err);
    out->n = last - 1;
done:
    lm_mesh_release(&holed);
    lm_mesh_release(&plugs);
    lm_mesh_release(&cube);
    lm_mesh_release(&bar);
    return rc;
}

void lm_extras_release(lm_extras *x)
{
    lm_drain_release(&x->drain);
}

/* ---- the books ---- */

static json_t *extras_place(const double p[3])
{
    return json_pack("[f, f, f]", p[0], p[1], p[2]);
}

/* beside: a body of its own, no change of the part. */
static lm_status extras_entry(json_t *rec, const char *region, bool beside, double before, double after, lm_err *err)
{
    lm_status rc =
        lm_record_ledger(rec, "intended", beside ? "nothing" : "mesh", before, beside ? "bodies" : "mesh", after, 0, err);
    json_t *list = json_object_get(rec, "ledger"), *entry = json_array_get(list, json_array_size(list) - 1);
    if (rc) return rc;
    bool bad = json_object_set_new(entry, "region", json_string(region)) != 0;
    if (beside) bad |= json_object_set_new(entry, "beside", json_true()) != 0;
    return bad ? lm_err_nomem(err, sizeof(json_t)) : LM_OK;
}

static json_t *extras_holes(const lm_drain_facts *f)
{
    static const char *const why[] = {"asked", "lowest", "highest"};
    json_t *list = json_array();
    for (size_t i = 0; i < f->n; i++) {
        const lm_drain_hole *h = &f->hole[i];
        json_t *o =
            json_pack("{s:s, s:I, s:f, s:o, s:o, s:f}", "place", why[h->why], "hollow", (json_int_t)h->hollow + 1, "diameter_mm",
                      h->diameter_mm, "at", extras_place(h->at), "outward", extras_place(h->out), "wall_mm", h->wall_mm);
        if (!isnan(h->left_mm)) json_object_set_new(o, "left_below_mm", json_real(h->left_mm));
        json_array_append_new(list, o);
    }
    return list;
}

/* The hollows, and a finding for each that stays closed. */
static lm_status extras_hollows(json_t *rec, const lm_drain_facts *f, json_t *drain, lm_err *err)
{
    json_t *list = json_array();
    lm_status rc = LM_OK;
    for (size_t i = 0; i < f->cavities && !rc; i++) {
        char text[300];
        const lm_drain_hollow *h = &f->hollow[i];
        json_array_append_new(list, json_pack("{s:I, s:o, s:f, s:f}", "holes", (json_int_t)h->holes, "lowest",
                                              extras_place(h->lowest), "height_mm", h->height_mm, "volume_mm3", h->volume_mm3));
        if (h->holes && !h->why) continue;
        snprintf(text, sizeof text, "%s of %.6g mm3 with its lowest point at (%.6g, %.6g, %.6g): %s",
                 h->holes ? "the hollow" : "stays closed: the hollow", h->volume_mm3, h->lowest[0], h->lowest[1], h->lowest[2],
                 h->why ? h->why : "no hole was asked for there");
        rc = lm_record_finding(rec, h->holes ? "note" : "warning", NULL, text, err);
    }
    return !rc && json_object_set_new(drain, "hollows", list) ? lm_err_nomem(err, sizeof(json_t)) : rc;
}

static lm_status extras_drain(json_t *rec, const lm_extras_opt *opt, const lm_extras *x, lm_err *err)
{
    const lm_drain_facts *f = &x->drain;
    json_t *audit = lm_audit_json(&f->after, err), *o;
    if (!audit || json_object_set_new(rec, "audit", json_pack("{s:o}", "after", audit))) return lm_err_nomem(err, sizeof(json_t));
    o = json_pack("{s:i, s:o, s:I, s:f}", "facets", (int)LM_DRAIN_FACETS, "holes", extras_holes(f), "outer_triangles",
                  (json_int_t)f->outer_triangles, "filled_mm3", f->filled_mm3);
    if (opt->plug_gap_mm > 0) json_object_set_new(o, "plug_gap_mm", json_real(opt->plug_gap_mm));
    lm_status rc = extras_hollows(rec, f, o, err);
    if (json_object_set_new(rec, "drain", o) && !rc) rc = lm_err_nomem(err, sizeof(json_t));
    return rc ? rc : extras_entry(rec, "drain holes", false, x->before_mm3, f->after.volume_mm3, err);
}

static lm_status extras_options(json_t *rec, const lm_extras_opt *opt, lm_err *err)
{
    json_t *o = json_object_get(rec, "options"), *list = json_array();
    char text[4 * LM_NUM_TEXT];
    bool bad = false;
    for (size_t i = 0; i < opt->n; i++) {
        const lm_drain_ask *a = &opt->ask[i];
        if (a->placed) snprintf(text, sizeof text, "%.9gmm@%.9g,%.9g,%.9g", a->diameter_mm, a->at[0], a->at[1], a->at[2]);
        else snprintf(text, sizeof text, "%.9gmm", a->diameter_mm);
        bad |= json_array_append_new(list, json_string(text)) != 0;
    }
    if (opt->n) bad |= json_object_set(o, "drain", list) != 0;
    json_decref(list);
    snprintf(text, sizeof text, "%.9g,%.9g,%.9g", opt->up[0], opt->up[1], opt->up[2]);
    if (strcmp(text, "0,0,1")) bad |= json_object_set_new(o, "up", json_string(text)) != 0;
    if (opt->plug_gap_mm > 0) bad |= json_object_set_new(o, "plug_mm", json_real(opt->plug_gap_mm)) != 0;
    if (opt->reference.cube_mm > 0) bad |= json_object_set_new(o, "qa-cube_mm", json_real(opt->reference.cube_mm)) != 0;
    snprintf(text, sizeof text, "%.9gmm,%.9gmm", opt->reference.ball_mm, opt->reference.centre_mm);
    if (opt->reference.ball_mm > 0) bad |= json_object_set_new(o, "qa-ball-bar", json_string(text)) != 0;
    return bad ? lm_err_nomem(err, sizeof(json_t)) : LM_OK;
}

lm_status lm_extras_json(json_t *rec, const lm_extras_opt *opt, const lm_extras *x, lm_err *err)
{
    const lm_refbody_opt *r = &opt->reference;
    lm_status rc = extras_options(rec, opt, err);
    if (!rc && opt->n) rc = extras_drain(rec, opt, x, err);
    if (!rc && x->plugs_mm3 > 0) rc = extras_entry(rec, "plugs beside the part", true, 0, x->plugs_mm3, err);
    if (rc || !(x->reference_mm3 > 0)) return rc;
    json_t *list = json_array();
    if (r->cube_mm > 0) json_array_append_new(list, json_pack("{s:s, s:f}", "name", LM_REFBODY_CUBE, "edge_mm", r->cube_mm));
    if (r->ball_mm > 0)
        json_array_append_new(
            list, json_pack("{s:s, s:f, s:f}", "name", LM_REFBODY_BAR, "ball_mm", r->ball_mm, "centres_mm", r->centre_mm));
    if (json_object_set_new(rec, "reference", list)) return lm_err_nomem(err, sizeof(json_t));
    return extras_entry(rec, "reference bodies beside the part", true, 0, x->reference_mm3, err);
}

const char *lm_extras_sizes(const lm_records *rec, char *buf, size_t cap)
{
    const json_t *list = json_object_get(lm_record_last(rec, "meshshell"), "reference");
    size_t n = 0;
    buf[0] = 0;
    for (size_t i = 0; i < json_array_size(list) && n < cap; i++) {
        const json_t *o = json_array_get(list, i), *edge = json_object_get(o, "edge_mm");
        const char *name = edge ? LM_REFBODY_CUBE : LM_REFBODY_BAR, *sep = i ? "; " : "";
        if (edge) n += (size_t)snprintf(buf + n, cap - n, "%s%s: edge %.6g mm", sep, name, json_number_value(edge));
        else
            n += (size_t)snprintf(buf + n, cap - n, "%s%s: balls %.6g mm, centres %.6g mm", sep, name,
                                  json_number_value(json_object_get(o, "ball_mm")),
                                  json_number_value(json_object_get(o, "centres_mm")));
    }
    return buf[0] ? buf : NULL;
}
