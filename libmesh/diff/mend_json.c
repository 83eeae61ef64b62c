/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/mend_json.h"
#include "diff/mend_text.h"
#include "measure/facts.h"
#include "stream/audit_json.h"
#include "stream/places_json.h"

static json_t *mend_steps(const lm_mend *s, double *moved)
{
    json_t *list = json_array();
    *moved = 0;
    for (int i = 0; i < LM_REPAIR_STEPS && s->repair.touched; i++) {
        const lm_repair_step *p = &s->repair.step[i];
        if (p->max_move_mm > *moved) *moved = p->max_move_mm;
        json_t *o =
            json_pack("{s:s, s:I, s:o, s:f, s:f}", "step", lm_repair_name((lm_repair_kind)i), "count", (json_int_t)p->count,
                      "places", lm_spots_json(&p->where), "max_move_mm", p->max_move_mm, "volume_change_mm3", p->volume_change_mm3);
        if (i == LM_REPAIR_HOLES && p->count) {
            json_object_set_new(o, "triangles", json_integer((json_int_t)s->repair.hole_triangles));
            json_object_set_new(o, "area_mm2", json_real(s->repair.hole_area_mm2));
        }
        json_array_append_new(list, o);
    }
    if (lm_finish_json(&s->finish, list, NULL)) {
        json_decref(list);
        return NULL;
    }
    for (int i = 0; i < LM_FINISH_STEPS; i++) *moved += s->finish.step[i].max_move_mm;
    return list;
}

static lm_status mend_into(void *r, const char *text, lm_err *err)
{
    return lm_record_finding(r, "warning", NULL, text, err);
}

static lm_status mend_findings(const lm_mend *s, json_t *r, lm_err *err)
{
    lm_status rc = lm_mend_remarks(s, LM_MEND_NAMED, mend_into, r, err);
    if (!rc && s->repair.touched && !s->before.all.closed)
        rc = lm_record_finding(r, "note", NULL, "the mesh was not closed before repair: its volume then is no volume of a body",
                               err);
    if (!rc && !s->good && s->opt->failed)
        rc = lm_record_finding(r, "warning", NULL,
                               s->within ? "FAILED: written although it is not valid"
                                         : "FAILED: written although the repairs went beyond their limits",
                               err);
    return rc;
}

/* off: the other half's. */
static bool mend_cut_json(const lm_mend *s, json_t *r, bool off, lm_err *err)
{
    if (!s->trimmed) return false;
    const double *n = s->opt->plane->normal;
    json_t *o = json_pack("{s:[f, f, f], s:f, s:f, s:b, s:f, s:I}", "normal", n[0], n[1], n[2], "offset_mm",
                          s->opt->plane->offset_mm + s->trim.shift_mm, "shift_mm", s->trim.shift_mm, "off", off, "cap_area_mm2",
                          s->trim.cap_area_mm2, "cap_triangles", (json_int_t)s->trim.cap_triangles);
    return json_object_set_new(r, "cut", o) != 0 ||
           lm_record_ledger(r, "intended", "mesh", s->volume[1], "mesh", off ? s->trim.off_mm3 : s->trim.kept_mm3, 0, err);
}

/* With --check: where the faults are, and what else was seen. */
static bool mend_seen(const lm_mend *s, json_t *r, lm_err *err)
{
    const size_t *k = s->places.kind;
    return json_object_set_new(r, "places", lm_places_json(&s->places, err)) != 0 ||
           json_object_set_new(r, "meeting",
                               json_pack("{s:I, s:I, s:I}", "touching", (json_int_t)k[LM_PLACE_TOUCHES], "crossing",
                                         (json_int_t)k[LM_PLACE_CROSSES], "overlapping", (json_int_t)k[LM_PLACE_OVERLAPS])) != 0 ||
           json_object_set_new(r, "second_opinion", lm_facts_second(s->asked ? &s->second : NULL)) != 0 ||
           json_object_set_new(r, "notes",
                               json_pack("{s:I, s:I}", "slivers", (json_int_t)s->places.slivers, "short_sides",
                                         (json_int_t)s->places.short_edges)) != 0;
}

static bool mend_changed(const lm_mend *s, json_t *r)
{
    return json_object_set_new(r, "change",
                               json_pack("{s:f, s:f, s:f, s:b}", "max_move_mm", s->change.move_mm, "volume_mm3",
                                         s->change.volume_mm3, "volume_percent", s->change.volume_percent, "within", s->within)) !=
           0;
}

lm_status lm_mend_json(const lm_mend *s, bool off, json_t *r, lm_err *err)
{
    double moved;
    lm_status rc;
    const lm_audit_parts *now = off ? &s->off_audit : s->after;
    json_t *before = lm_audit_json(&s->before.all, err), *after = before ? lm_audit_json(&now->all, err) : NULL;
    bool bad = json_object_set_new(r, "audit", json_pack("{s:o, s:o}", "before", before, "after", after)) != 0;
    bad |= json_object_set_new(r, "repairs", mend_steps(s, &moved)) != 0;
    bad |= s->opt->check ? mend_seen(s, r, err) : mend_changed(s, r);
    if (s->mesh->label) bad |= json_object_set_new(r, "parts", lm_audit_parts_json(now, &s->mesh->parts, err)) != 0;
    if (s->repair.walls.walls)
        bad |= json_object_set_new(r, "walls",
                                   json_pack("{s:I, s:I}", "triangles", (json_int_t)s->repair.walls.walls, "lost",
                                             (json_int_t)s->repair.walls.lost)) != 0;
    rc = bad ? lm_err_nomem(err, sizeof(json_t))
             : lm_record_ledger(r, "change", "mesh", s->volume[0], "mesh", s->volume[1], moved, err);
    if (!rc && mend_cut_json(s, r, off, err)) rc = lm_err_nomem(err, sizeof(json_t));
    return rc ? rc : mend_findings(s, r, err);
}
