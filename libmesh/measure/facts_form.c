/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/facts_form.h"
#include "measure/vessel_facts.h"
#include "stream/audit_json.h"

#include <math.h>
#include <stdio.h>

enum { FORM_TEXT = 256 };

/* ---- 1 JSON ---- */

static json_t *form_real(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *form_vector(const double v[3])
{
    return json_pack("[o, o, o]", form_real(v[0]), form_real(v[1]), form_real(v[2]));
}

/* Under the names of IBSI where it has one. */
static json_t *form_shape(const lm_shape *s, long long genus)
{
    json_t *axes = json_array();
    for (int a = 0; a < 3 && s->has_axes; a++)
        if (json_array_append_new(axes,
                                  json_pack("{s:f, s:o}", "length_mm", s->length_mm[a], "direction", form_vector(s->axis[a]))))
            return json_decref(axes), NULL;
    json_t *box = json_pack("{s:o, s:o, s:[o, o, o], s:f}", "extents_mm", form_vector(s->box.size_mm), "centre_mm",
                            form_vector(s->box.centre_mm), "axes", form_vector(s->box.axis[0]), form_vector(s->box.axis[1]),
                            form_vector(s->box.axis[2]), "volume_mm3", s->box.volume_mm3);
    json_t *j = json_pack("{s:f, s:I, s:f, s:o, s:o, s:{s:f, s:f}}", "maximum_3d_diameter_mm", s->diameter.mm, "genus",
                          (json_int_t)genus, "cavities_mm3", s->cavity_mm3, "axes", axes, "oriented_box", box, "convex_hull",
                          "volume_mm3", s->convex_mm3, "area_mm2", s->convex_mm2);
    if (!j || !s->has_axes) return j;
    json_t *more =
        json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o}", "sphericity", s->sphericity, "asphericity",
                  s->asphericity, "compactness_1", s->compactness1, "compactness_2", s->compactness2, "spherical_disproportion",
                  s->disproportion, "surface_to_volume_per_mm", s->surface_to_volume, "elongation", s->elongation, "flatness",
                  s->flatness, "volume_density_box", form_real(s->density_box), "volume_density_oriented_box",
                  form_real(s->density_obb), "volume_density_convex_hull", form_real(s->density_convex));
    if (more && !json_object_update_new(j, more)) return j;
    json_decref(j);
    return NULL;
}

static json_t *form_sections(const lm_facts *f)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < f->n_sections; i++) {
        const lm_section *s = &f->section[i];
        if (json_array_append_new(list,
                                  json_pack("{s:o, s:f, s:o, s:f, s:f, s:f}", "normal", form_vector(s->plane.normal), "offset_mm",
                                            s->plane.offset_mm, "area_mm2", form_real(s->area_mm2), "perimeter_mm", s->perimeter_mm,
                                            "max_diameter_mm", s->max_mm, "min_diameter_mm", s->min_mm)))
            return json_decref(list), NULL;
    }
    return list;
}

static json_t *form_region(const lm_fit_ask *a)
{
    static const char *const name[] = {"all", "ball", "box", "part"};
    json_t *at = json_array();
    for (int k = 0; at && k < (a->region == LM_FIT_BALL ? 4 : a->region == LM_FIT_BOX ? 6 : 0); k++)
        json_array_append_new(at, json_real(a->at[k]));
    if (a->region == LM_FIT_PART) json_array_append_new(at, json_integer(a->part));
    return json_pack("{s:s, s:o}", "kind", name[a->region], "at", at);
}

/* What a fit does not have, or does not tell, is null. */
static json_t *form_fits(const lm_shape *s)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < s->n_fits; i++) {
        const lm_fit *f = &s->fit[i];
        bool plane = f->ask.kind == LM_FIT_PLANE, ball = f->ask.kind == LM_FIT_SPHERE, ok = f->determined;
        json_t *one = json_pack("{s:s, s:o, s:I, s:f, s:b, s:s}", "shape", lm_fit_name(f->ask.kind), "region", form_region(&f->ask),
                                "vertices", (json_int_t)f->vertices, "area_mm2", f->area_mm2, "determined", ok, "note", f->note);
        json_t *more = json_pack(
            "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "diameter_mm", form_real(ok && !plane ? f->diameter_mm : NAN),
            "diameter_uncertainty_mm", form_real(ok && !plane ? f->u_diameter_mm : NAN), "centre_mm",
            ok ? form_vector(f->centre_mm) : json_null(), "centre_uncertainty_mm", form_real(ok ? f->u_centre_mm : NAN),
            "direction", ok && !ball ? form_vector(f->direction) : json_null(), "direction_uncertainty_deg",
            form_real(ok && !ball ? f->u_degree : NAN), "length_mm", form_real(ok && !plane && !ball ? f->length_mm : NAN),
            "rms_mm", form_real(ok ? f->rms_mm : NAN), "max_mm", form_real(ok ? f->max_mm : NAN), "condition",
            form_real(ok ? f->condition : NAN));
        if (!one || json_object_update_new(one, more) || json_array_append_new(list, one)) return json_decref(list), NULL;
    }
    return list;
}

static json_t *form_print(const lm_facts *f, const lm_print *p)
{
    const lm_density *d = f->density;
    json_t *j =
        json_pack("{s:o, s:o}", "volume_mm3", form_real(p->volume_mm3), "volume_uncertainty_mm3", form_real(p->u_volume_mm3));
    if (j && d &&
        json_object_update_new(j,
                               json_pack("{s:o, s:o, s:f, s:f, s:o}", "mass_g", form_real(p->mass_g), "mass_uncertainty_g",
                                         form_real(p->u_mass_g), "density_g_per_cm3", d->g_per_cm3, "density_uncertainty_g_per_cm3",
                                         d->u_g_per_cm3, "density_source", d->source[0] ? json_string(d->source) : json_null())))
        json_decref(j), j = NULL;
    if (j && f->bed &&
        json_object_set_new(j, "bed",
                            json_pack("{s:o, s:o, s:o, s:b, s:o, s:b}", "size_mm", form_vector(f->bed->mm), "part_mm",
                                      form_vector(p->size_mm), "beyond_mm", form_vector(p->beyond_mm), "fits", p->fits, "turned_mm",
                                      form_vector(p->turned_mm), "fits_turned", p->fits_turned)))
        json_decref(j), j = NULL;
    return j;
}

static bool form_set(json_t *o, const char *key, json_t *v)
{
    return json_object_set_new(o, key, v) == 0;
}

lm_status lm_facts_form_json(const lm_facts *f, json_t *facts, lm_err *err)
{
    if (f->shape && !form_set(facts, "shape", form_shape(f->shape, f->audit->genus))) return lm_err_nomem(err, 0);
    if (f->n_sections && !form_set(facts, "sections", form_sections(f))) return lm_err_nomem(err, 0);
    if (f->shape && f->shape->n_fits && !form_set(facts, "fits", form_fits(f->shape))) return lm_err_nomem(err, 0);
    if (f->shape && f->shape->vessel && !form_set(facts, "vessel", lm_vessel_json(f->shape->vessel))) return lm_err_nomem(err, 0);
    if (f->print && !form_set(facts, "print", form_print(f, f->print))) return lm_err_nomem(err, 0);
    return LM_OK;
}

/* What the list of audits does not have of a part. */
static bool form_part(const lm_facts *f, const lm_perpart_one *p, long long genus, json_t *one)
{
    lm_print print;
    bool ok = form_set(one, "centroid_mm", form_vector(p->mass.centroid_mm)) &&
              form_set(one, "components", json_integer((json_int_t)(p->mass.parts - p->mass.cavities))) &&
              form_set(one, "cavities", json_integer((json_int_t)p->mass.cavities)) &&
              form_set(one, "shape", form_shape(&p->shape, genus));
    lm_print_of(&p->mass, &p->shape, f->density, f->bed, &print);
    return ok && (!f->print || form_set(one, "print", form_print(f, &print)));
}

lm_status lm_facts_form_parts(const lm_facts *f, json_t *facts, lm_err *err)
{
    json_t *list = lm_audit_parts_json(f->parts, f->names, err);
    if (!form_set(facts, "parts", list)) return lm_err_nomem(err, 0);
    for (size_t i = 0; f->each && i < json_array_size(list); i++) /* both ascend by label */
        if (!form_part(f, &f->each->item[i], f->parts->part[i].genus, json_array_get(list, i))) return lm_err_nomem(err, 0);
    return LM_OK;
}

/* ---- 2 table ---- */

static void form_lengths(const lm_units *units, lm_out *out, const char *name, const double v[3], const char *what)
{
    char text[FORM_TEXT];
    lm_units_lengths(units, v, 3, " ", text, sizeof text);
    lm_io_printf(out, "%-14s %s   %s\n", name, text, what);
}

static void form_shape_lines(const lm_units *units, const lm_shape *s, const lm_audit *audit, lm_out *out)
{
    char a[LM_NUM_TEXT];
    if (!s) return;
    lm_units_text(units, s->diameter.mm, LM_UNIT_MM, a, sizeof a);
    lm_io_printf(out, "%-14s %16s   largest distance of two points\n", "diameter", a);
    if (s->has_axes) {
        form_lengths(units, out, "axes", s->length_mm, "major, minor, least: 4 sqrt(covariance of the solid)");
        lm_io_printf(out, "%-14s %16.4f\n", "sphericity", s->sphericity);
    }
    form_lengths(units, out, "oriented box", s->box.size_mm, "turned, of the least volume found");
    if (s->convex_mm3 > 0) {
        lm_units_text(units, s->convex_mm3, LM_UNIT_MM3, a, sizeof a);
        lm_io_printf(out, "%-14s %16s   ", "convex hull", a);
        lm_io_printf(out, s->has_axes ? "%.2f %% of it filled\n" : "\n", 100 * s->density_convex);
    }
    lm_units_text(units, s->cavity_mm3, LM_UNIT_MM3, a, sizeof a);
    if (s->cavity_mm3 > 0) lm_io_printf(out, "%-14s %16s   trapped\n", "cavities", a);
    if (audit->genus) lm_io_printf(out, "%-14s %16lld   handles\n", "genus", (long long)audit->genus);
}

static void form_direction(const double v[3], char text[FORM_TEXT])
{
    char c[3][LM_NUM_TEXT];
    for (int i = 0; i < 3; i++) lm_num_fixed(v[i], 4, c[i], sizeof c[i]);
    snprintf(text, FORM_TEXT, "%s %s %s", c[0], c[1], c[2]);
}

static void form_section_lines(const lm_facts *f, lm_out *out)
{
    const lm_units *units = &f->units;
    char a[4][LM_NUM_TEXT];
    for (size_t i = 0; i < f->n_sections; i++) {
        const lm_section *s = &f->section[i];
        lm_units_text(units, s->area_mm2, LM_UNIT_MM2, a[0], sizeof a[0]);
        lm_units_text(units, s->perimeter_mm, LM_UNIT_MM, a[1], sizeof a[1]);
        lm_units_text(units, s->max_mm, LM_UNIT_MM, a[2], sizeof a[2]);
        lm_units_text(units, s->min_mm, LM_UNIT_MM, a[3], sizeof a[3]);
        if (!(s->perimeter_mm > 0)) lm_io_printf(out, "section %-6zu %16s   the plane does not meet the mesh\n", i + 1, a[0]);
        else lm_io_printf(out, "section %-6zu %16s   perimeter %s, diameters %s and %s\n", i + 1, a[0], a[1], a[2], a[3]);
    }
}

static void form_fit_lines(const lm_units *units, const lm_shape *s, lm_out *out)
{
    char a[6][LM_NUM_TEXT], at[FORM_TEXT], to[FORM_TEXT];
    for (size_t i = 0; s && i < s->n_fits; i++) {
        const lm_fit *f = &s->fit[i];
        const char *name = lm_fit_name(f->ask.kind);
        lm_units_text(units, f->rms_mm, LM_UNIT_MM, a[2], sizeof a[2]);
        lm_units_text(units, f->max_mm, LM_UNIT_MM, a[3], sizeof a[3]);
        if (!f->determined) {
            lm_io_printf(out, "fit %-10zu %16s   undetermined: %s\n", i + 1, name, f->note);
            continue;
        }
        lm_units_lengths(units, f->centre_mm, 3, " ", at, sizeof at);
        form_direction(f->direction, to);
        if (f->ask.kind == LM_FIT_PLANE)
            lm_io_printf(out, "fit %-10zu %16s   through %s, normal %s known to %.2g deg", i + 1, name, at, to, f->u_degree);
        else {
            lm_units_text(units, f->diameter_mm, LM_UNIT_MM, a[0], sizeof a[0]);
            lm_units_text(units, f->u_diameter_mm, LM_UNIT_MM, a[1], sizeof a[1]);
            lm_io_printf(out, "fit %-10zu %16s   diameter %s known to %s, %s %s", i + 1, name, a[0], a[1],
                         f->ask.kind == LM_FIT_SPHERE ? "centre" : "axis through", at);
            lm_units_text(units, f->length_mm, LM_UNIT_MM, a[4], sizeof a[4]);
            if (f->ask.kind == LM_FIT_CYLINDER) lm_io_printf(out, " along %s known to %.2g deg, %s long", to, f->u_degree, a[4]);
        }
        lm_units_text(units, f->area_mm2, LM_UNIT_MM2, a[5], sizeof a[5]);
        lm_io_printf(out, "; residual rms %s, largest %s; %zu vertices, %s\n", a[2], a[3], f->vertices, a[5]);
    }
}

/* label 0: all together. */
static void form_print_lines(const lm_facts *f, const lm_print *p, uint32_t label, lm_out *out)
{
    char of[40] = "", mass[LM_NUM_TEXT] = "-", u[LM_NUM_TEXT] = "-", size[FORM_TEXT], bed[FORM_TEXT];
    if (label) snprintf(of, sizeof of, " of part %u", label);
    if (p->has_mass) {
        snprintf(mass, sizeof mass, p->mass_g < 0.001 ? "%.1e g" : "%.3f g", p->mass_g);
        snprintf(u, sizeof u, p->u_mass_g < 0.001 ? "%.1e g" : "%.3f g", p->u_mass_g);
    }
    if (f->density)
        lm_io_printf(out, "mass%-10s %16s   known to %s; %.6g g/cm3, source: %s\n", of, mass, u, f->density->g_per_cm3,
                     f->density->source[0] ? f->density->source : "not stated");
    if (!p->has_bed) return;
    lm_units_lengths(&f->units, p->size_mm, 3, " x ", size, sizeof size);
    lm_units_lengths(&f->units, f->bed->mm, 3, " x ", bed, sizeof bed);
    lm_io_printf(out, "bed%-11s %16s   %s on %s; turned along its oriented box: %s\n", of, p->fits ? "fits" : "does not fit", size,
                 bed, p->fits_turned ? "fits" : "does not fit");
}

void lm_facts_form_table(const lm_facts *f, lm_out *out)
{
    form_shape_lines(&f->units, f->shape, f->audit, out);
    form_section_lines(f, out);
    form_fit_lines(&f->units, f->shape, out);
    if (f->shape && f->shape->vessel) lm_vessel_table(f->shape->vessel, &f->units, out);
    if (!f->print) return;
    form_print_lines(f, f->print, 0, out);
    for (size_t i = 0; f->each && i < f->each->n; i++) {
        lm_print p;
        lm_print_of(&f->each->item[i].mass, &f->each->item[i].shape, f->density, f->bed, &p);
        form_print_lines(f, &p, f->each->item[i].label, out);
    }
}
