/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/shell_json.h"
#include "stream/audit_json.h"
#include "stream/ply.h"

#include <stdio.h>

static json_t *shell_json_place(const double p[3])
{
    return json_pack("[f, f, f]", p[0], p[1], p[2]);
}

static json_t *shell_json_bins(const double *bin)
{
    json_t *list = json_array();
    for (int i = 0; i < LM_WALL_BINS; i++) json_array_append_new(list, json_real(bin[i]));
    return list;
}

lm_status lm_shell_json_wall(json_t *rec, const lm_wall_facts *w, lm_err *err)
{
    json_t *spots = json_array();
    for (size_t i = 0; i < w->spots; i++)
        json_array_append_new(spots, json_pack("{s:o, s:f, s:f}", "at", shell_json_place(w->spot[i].at), "least_mm",
                                               w->spot[i].least_mm, "area_mm2", w->spot[i].area_mm2));
    json_t *o = json_pack("{s:f, s:f, s:b, s:I, s:I, s:f, s:f, s:f, s:o, s:f, s:o, s:f, s:o, s:o, s:o, s:I}", "wall_mm", w->wall_mm,
                          "tolerance_mm", w->tol_mm, "thick_enough", w->thin_samples == 0, "samples", (json_int_t)w->samples,
                          "thin_samples", (json_int_t)w->thin_samples, "area_mm2", w->area_mm2, "thin_mm2", w->thin_mm2,
                          "min_ball_mm", w->min_ball_mm, "min_ball_at", shell_json_place(w->ball_at), "min_ray_mm", w->min_ray_mm,
                          "min_ray_at", shell_json_place(w->ray_at), "bin_mm", w->wall_mm / LM_WALL_BINS * 2, "ball_mm2",
                          shell_json_bins(w->ball_mm2), "ray_mm2", shell_json_bins(w->ray_mm2), "thin_places", spots,
                          "thin_samples_elsewhere", (json_int_t)w->spots_over);
    return json_object_set_new(rec, "wall", o) ? lm_err_nomem(err, sizeof(json_t)) : LM_OK;
}

/* What was done, the audit, and the intended change. */
static lm_status shell_json_done(json_t *rec, const char *key, json_t *done, const lm_audit *after, double before_mm3,
                                 const char *region, double moved_mm, double bound_mm, lm_err *err)
{
    json_t *audit = lm_audit_json(after, err);
    if (json_object_set_new(rec, key, done) || json_object_set_new(rec, "audit", json_pack("{s:o}", "after", audit)))
        return lm_err_nomem(err, sizeof(json_t));
    lm_status rc = lm_record_ledger(rec, "intended", "mesh", before_mm3, "mesh", after->volume_mm3, moved_mm, err);
    if (rc) return rc;
    json_t *entry = json_array_get(json_object_get(rec, "ledger"), 0);
    if (json_object_set_new(entry, "region", json_string(region)) || json_object_set_new(entry, "bound_mm", json_real(bound_mm)))
        return lm_err_nomem(err, sizeof(json_t));
    return LM_OK;
}

lm_status lm_shell_json_hollow(json_t *rec, const lm_hollow_facts *h, const lm_audit *after, lm_err *err)
{
    char text[200];
    json_t *o = json_pack("{s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "wall_mm", h->wall_mm, "grid_mm",
                          h->step_mm, "tolerance_mm", h->tol_mm, "outer_vertices", (json_int_t)h->outer_vertices, "outer_triangles",
                          (json_int_t)h->outer_triangles, "pockets", (json_int_t)h->pockets, "pockets_left_solid",
                          (json_int_t)h->too_small, "loose_pieces", (json_int_t)h->loose, "vertices_deeper", (json_int_t)h->deeper,
                          "vertices_held", (json_int_t)h->held, "cavity_mm3", h->cavity_mm3, "measured",
                          json_pack("{s:f, s:f, s:f, s:o}", "min_mm", h->min_mm, "mean_mm", h->mean_mm, "max_mm", h->max_mm,
                                    "min_at", shell_json_place(h->min_at)));
    /* the outer surface has not moved at all */
    lm_status rc = shell_json_done(rec, "hollow", o, after, h->outer_mm3, "inner wall", 0, h->tol_mm, err);
    if (!rc && h->too_small) {
        snprintf(text, sizeof text, "%zu pockets with less room than a ball as wide as the wall are left solid", h->too_small);
        rc = lm_record_finding(rec, "note", NULL, text, err);
    }
    if (rc || !h->loose) return rc;
    snprintf(text, sizeof text, "%zu pieces of wall inside the pockets hang on nothing: the walls of cavities that the solid had",
             h->loose);
    return lm_record_finding(rec, "warning", NULL, text, err);
}

static lm_status shell_json_before(json_t *rec, json_t *done, const lm_mesh *before, lm_err *err)
{
    uint32_t crc;
    uint64_t bytes;
    lm_status rc = lm_ply_checksum(before, &crc, &bytes, err);
    if (rc) return rc;
    json_t *sum = lm_record_sum(crc, bytes);
    if (sum && json_equal(sum, json_object_get(rec, "in"))) json_decref(sum);
    else if (json_object_set_new(done, "before", sum)) return lm_err_nomem(err, sizeof(json_t));
    return LM_OK;
}

lm_status lm_shell_json_thicken(json_t *rec, const lm_thicken_facts *f, const lm_mesh *before, const lm_audit *after, lm_err *err)
{
    json_t *o = json_pack("{s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f}", "wall_mm", f->wall_mm, "min_gap_mm",
                          f->min_gap_mm, "passes", (json_int_t)f->passes, "own_vertices", (json_int_t)f->own_vertices,
                          "vertices_covered", (json_int_t)f->covered, "vertices_added", (json_int_t)f->added, "made_again",
                          (json_int_t)f->again, "balls_without_room", (json_int_t)f->tight, "added_mm3",
                          f->after_mm3 - f->before_mm3, "touched_mm2", f->touched_mm2, "max_move_mm", f->max_move_mm);
    lm_status rc = o && before ? shell_json_before(rec, o, before, err) : LM_OK;
    if (rc) return json_decref(o), rc;
    return shell_json_done(rec, "min_wall", o, after, f->before_mm3, "thin walls", f->max_move_mm, f->max_move_mm, err);
}
