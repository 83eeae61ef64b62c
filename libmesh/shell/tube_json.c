/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/tube_json.h"
#include "stream/audit_json.h"

lm_status lm_tube_json(json_t *rec, const lm_tube_facts *f, const lm_audit *after, lm_err *err)
{
    const lm_hollow_facts *h = &f->hollow;
    json_t *audit = lm_audit_json(after, err);
    json_t *measured = json_pack("{s:f, s:f, s:f, s:[f, f, f]}", "min_mm", h->min_mm, "mean_mm", h->mean_mm, "max_mm", h->max_mm,
                                 "min_at", h->min_at[0], h->min_at[1], h->min_at[2]);
    json_t *o =
        json_pack("{s:f, s:f, s:f, s:I, s:I, s:I, s:f, s:f, s:o}", "wall_mm", h->wall_mm, "grid_mm", h->step_mm, "tolerance_mm",
                  h->tol_mm, "ends", (json_int_t)f->ends, "lumen_vertices", (json_int_t)f->lumen_vertices, "lumen_triangles",
                  (json_int_t)f->lumen_triangles, "lumen_mm3", f->lumen_mm3, "ends_flat_to_mm", f->flat_mm, "measured", measured);
    if (!audit || json_object_set_new(rec, "tube", o) || json_object_set_new(rec, "audit", json_pack("{s:o}", "after", audit)))
        return lm_err_nomem(err, sizeof(json_t));
    lm_status rc = lm_record_ledger(rec, "intended", "mesh", f->before_mm3, "mesh", after->volume_mm3, 0, err);
    json_t *entry = json_array_get(json_object_get(rec, "ledger"), 0);
    if (!rc && (json_object_set_new(entry, "region", json_string("tube wall")) ||
                json_object_set_new(entry, "bound_mm", json_real(h->tol_mm))))
        rc = lm_err_nomem(err, sizeof(json_t));
    return rc;
}
