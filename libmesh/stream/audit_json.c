/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/audit_json.h"

#include <math.h>

/* Numbers of meshes that are no meshes may be infinite, which JSON has no word for. */
static json_t *audit_json_real(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *audit_json_point(const double p[3])
{
    return json_pack("[o, o, o]", audit_json_real(p[0]), audit_json_real(p[1]), audit_json_real(p[2]));
}

json_t *lm_audit_json(const lm_audit *a, lm_err *err)
{
    json_t *o = json_object();
    bool bad = !o;
    for (int f = 0; f < LM_FAULTS; f++)
        bad |= json_object_set_new(o, lm_audit_fault_name((lm_fault)f), json_integer((json_int_t)a->count[f])) != 0;
    const struct {
        const char *key;
        json_t *value;
    } more[] = {
        {"triangles", json_integer((json_int_t)a->triangles)},
        {"vertices", json_integer((json_int_t)a->vertices)},
        {"edges", json_integer((json_int_t)a->edges)},
        {"unreferenced", json_integer((json_int_t)a->unreferenced)},
        {"holes", json_integer((json_int_t)a->holes)},
        {"components", json_integer((json_int_t)a->components)},
        {"cavities", json_integer((json_int_t)a->cavities)},
        {"euler", json_integer(a->euler)},
        {"genus", a->has_genus ? json_integer(a->genus) : json_null()},
        {"volume_mm3", audit_json_real(a->volume_mm3)},
        {"area_mm2", audit_json_real(a->area_mm2)},
        {"min_edge_mm", audit_json_real(a->min_edge_mm)},
        {"max_edge_mm", audit_json_real(a->max_edge_mm)},
        {"box_mm", a->lo[0] <= a->hi[0] ? json_pack("[o, o]", audit_json_point(a->lo), audit_json_point(a->hi)) : json_null()},
        {"intersect_tested", json_boolean(a->intersect_tested)},
        {"closed", json_boolean(a->closed)},
        {"manifold", json_boolean(a->manifold)},
        {"oriented", json_boolean(a->oriented)},
        {"valid", json_boolean(a->valid)},
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) bad |= json_object_set_new(o, more[i].key, more[i].value) != 0;
    if (!bad) return o;
    json_decref(o);
    lm_err_nomem(err, sizeof(json_t));
    return NULL;
}

json_t *lm_audit_parts_json(const lm_audit_parts *a, const lm_parts *names, lm_err *err)
{
    json_t *list = json_array();
    bool bad = !list;
    for (size_t i = 0; i < a->n && i < LM_AUDIT_JSON_PARTS && !bad; i++) {
        const lm_audit *p = &a->part[i];
        char name[LM_PART_NAME];
        json_t *box = p->lo[0] <= p->hi[0] ? json_pack("[o, o]", audit_json_point(p->lo), audit_json_point(p->hi)) : json_null();
        bad = json_array_append_new(list, json_pack("{s:I, s:s, s:b, s:I, s:o, s:o, s:o}", "label", (json_int_t)a->label[i], "name",
                                                    lm_parts_name(names, a->label[i], name), "valid", p->valid, "triangles",
                                                    (json_int_t)p->triangles, "volume_mm3", audit_json_real(p->volume_mm3),
                                                    "area_mm2", audit_json_real(p->area_mm2), "box_mm", box)) != 0;
    }
    if (!bad) return list;
    json_decref(list);
    lm_err_nomem(err, sizeof(json_t));
    return NULL;
}
