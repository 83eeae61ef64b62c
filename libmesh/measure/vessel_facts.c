/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/vessel_facts.h"
#include "base/num.h"

#include <math.h>
#include <string.h>

enum { VESSEL_FACTS_ROWS = 20, VESSEL_FACTS_TEXT = 256 };

/* ---- JSON ---- */

static json_t *vessel_facts_real(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *vessel_facts_at(const double p[3])
{
    return json_pack("[f, f, f]", p[0], p[1], p[2]);
}

static json_t *vessel_facts_points(const lm_centreline_branch *b, const lm_section *s, const uint8_t *flag)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < b->n; i++) {
        const lm_centreline_point *p = &b->point[i];
        const bool cut = s[i].segments > 0;
        json_t *row = json_pack("[f, f, f, f, o, o, o, o, o, o, s?]", p->s_mm, p->at[0], p->at[1], p->at[2],
                                vessel_facts_real(p->fork ? NAN : 2 * p->radius_mm), vessel_facts_real(cut ? s[i].area_mm2 : NAN),
                                vessel_facts_real(lm_vessel_equivalent(&s[i])), vessel_facts_real(cut ? s[i].max_mm : NAN),
                                vessel_facts_real(cut ? s[i].min_mm : NAN), vessel_facts_real(cut ? s[i].perimeter_mm : NAN),
                                lm_vessel_limits_text(flag[i]));
        if (json_array_append_new(list, row)) return json_decref(list), NULL;
    }
    return list;
}

static json_t *vessel_facts_spot(const lm_vessel *v, size_t b, size_t at, double d)
{
    if (b == SIZE_MAX || !v->branch[b].n || isnan(d)) return json_null();
    const lm_centreline_point *p = &v->line.branch[b].point[at];
    return json_pack("{s:f, s:i, s:f, s:o, s:b}", "diameter_mm", d, "branch", (int)b + 1, "along_mm", p->s_mm, "place_mm",
                     vessel_facts_at(p->at), "resolved", !(v->limits.flag[b][at] & LM_VESSEL_THIN));
}

static json_t *vessel_facts_narrow(const lm_vessel *v, size_t b)
{
    if (b == SIZE_MAX || !(v->branch[b].degree > 0)) return json_null();
    const lm_vessel_branch *x = &v->branch[b];
    json_t *j = vessel_facts_spot(v, b, x->narrow_at, 2 * v->line.branch[b].point[x->narrow_at].radius_mm);
    if (json_object_set_new(j, "degree", json_real(x->degree)) ||
        json_object_set_new(j, "reference_mm", json_real(x->reference_mm)))
        return json_decref(j), NULL;
    return j;
}

static json_t *vessel_facts_branch(const lm_vessel *v, size_t b)
{
    const lm_centreline_branch *l = &v->line.branch[b];
    const lm_vessel_branch *x = &v->branch[b];
    json_t *nodes = l->closed ? json_null() : json_pack("[i, i]", (int)l->node[0] + 1, (int)l->node[1] + 1);
    return json_pack("{s:i, s:o, s:f, s:o, s:o, s:[f, f], s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "branch", (int)b + 1, "nodes",
                     nodes, "length_mm", x->length_mm, "chord_mm", vessel_facts_real(l->closed ? NAN : x->chord_mm), "tortuosity",
                     vessel_facts_real(l->closed || !(x->chord_mm > 0) ? NAN : x->length_mm / x->chord_mm), "beyond_mm",
                     l->beyond_mm[0], l->beyond_mm[1], "not_resolved_mm", x->thin_mm, "near_cut_mm", x->near_cut_mm,
                     "mean_diameter_mm", vessel_facts_real(x->mean_mm), "mean_area_mm2", vessel_facts_real(x->mean_area_mm2),
                     "least", vessel_facts_spot(v, b, x->least_at, x->least_mm), "greatest",
                     vessel_facts_spot(v, b, x->most_at, x->most_mm), "narrowing", vessel_facts_narrow(v, b), "points",
                     vessel_facts_points(l, v->section[b], v->limits.flag[b]));
}

static json_t *vessel_facts_limits(const lm_vessel *v)
{
    const lm_vessel_limits *l = &v->limits;
    return json_pack("{s:f, s:s, s:f, s:f, s:I, s:I, s:f}", "voxel_mm", l->voxel_mm, "voxel_is",
                     l->of_records ? "widest edge, of the records" : "taken from the triangles", "resolved_from_mm",
                     LM_VESSEL_RESOLVED * l->voxel_mm, "not_resolved_mm", v->thin_mm, "cut_ends", (json_int_t)l->cut_ends, "cuts",
                     (json_int_t)l->cuts, "near_cut_mm", v->near_cut_mm);
}

json_t *lm_vessel_json(const lm_vessel *v)
{
    json_t *branches = json_array(), *nodes = json_array();
    for (size_t b = 0; b < v->line.n; b++)
        if (json_array_append_new(branches, vessel_facts_branch(v, b))) goto fail;
    for (size_t i = 0; i < v->line.n_nodes; i++) {
        const lm_centreline_node *n = &v->line.node[i];
        if (json_array_append_new(nodes,
                                  json_pack("{s:i, s:o, s:s, s:i, s:o, s:b}", "node", (int)i + 1, "place_mm",
                                            vessel_facts_at(n->at), "kind", n->degree == 1 ? "end" : "fork", "branches",
                                            (int)n->degree, "radius_mm", vessel_facts_real(n->radius_mm), "cut", v->limits.cut[i])))
            goto fail;
    }
    return json_pack("{s:s, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:o, s:o, s:[s,s,s,s,s,s,s,s,s,s,s], s:o, s:o, s:o, s:o}", "method",
                     "maximal inscribed balls, least ways by inverse radius (Antiga, Steinman 2004)", "length_mm", v->length_mm,
                     "mean_equivalent_diameter_mm", v->diameter_mm, "smoothing_mm", v->line.off_mm, "volume_of_sections", v->fill,
                     "ends", (json_int_t)v->ends, "forks", (json_int_t)v->forks, "loops", (json_int_t)v->loops, "least",
                     vessel_facts_spot(v, v->least, v->least == SIZE_MAX ? 0 : v->branch[v->least].least_at,
                                       v->least == SIZE_MAX ? 0 : v->branch[v->least].least_mm),
                     "narrowing", vessel_facts_narrow(v, v->narrow), "columns", "along_mm", "x_mm", "y_mm", "z_mm", "diameter_mm",
                     "area_mm2", "equivalent_diameter_mm", "max_feret_mm", "min_feret_mm", "perimeter_mm", "flag", "branches",
                     branches, "nodes", nodes, "limits", vessel_facts_limits(v), "known_to",
                     json_pack("{s:f, s:f, s:f}", "length", LM_VESSEL_U_LENGTH, "diameter", LM_VESSEL_U_DIAMETER, "fork_radii",
                               LM_VESSEL_U_FORK));
fail:
    json_decref(branches);
    json_decref(nodes);
    return NULL;
}

/* ---- table ---- */

/* One branch, in a line. */
static void vessel_facts_line(const lm_vessel *v, size_t b, const lm_units *units, lm_out *out)
{
    const lm_vessel_branch *x = &v->branch[b];
    const double wide[3] = {x->least_mm, x->mean_mm, x->most_mm};
    char length[LM_NUM_TEXT], chord[LM_NUM_TEXT], area[LM_NUM_TEXT], text[3][LM_NUM_TEXT];
    lm_units_text(units, x->length_mm, LM_UNIT_MM, length, sizeof length);
    lm_units_text(units, x->chord_mm, LM_UNIT_MM, chord, sizeof chord);
    lm_io_printf(out, "  %-12zu %16s   ", b + 1, length);
    if (v->line.branch[b].closed) lm_io_printf(out, "a ring; ");
    else lm_io_printf(out, "%s, %.3f; ", chord, x->chord_mm > 0 ? x->length_mm / x->chord_mm : 1);
    if (!x->n) {
        lm_io_printf(out, "within its forks\n");
        return;
    }
    for (int i = 0; i < 3; i++) lm_units_text(units, wide[i], LM_UNIT_MM, text[i], sizeof text[i]);
    lm_units_text(units, x->mean_area_mm2, LM_UNIT_MM2, area, sizeof area);
    lm_io_printf(out, "%s, %s, %s; %s", text[0], text[1], text[2], area);
    lm_units_text(units, x->thin_mm, LM_UNIT_MM, text[0], sizeof text[0]);
    if (x->thin_mm > 0) lm_io_printf(out, "; %s of it not resolved", text[0]);
    lm_io_printf(out, x->near_cut_mm > 0 ? "; cut\n" : "\n");
}

/* "branch 1 at 12.300 mm" */
static void vessel_facts_where(const lm_vessel *v, size_t b, size_t at, const lm_units *units, lm_out *out)
{
    char along[LM_NUM_TEXT];
    lm_units_text(units, v->line.branch[b].point[at].s_mm, LM_UNIT_MM, along, sizeof along);
    lm_io_printf(out, "branch %zu at %s: ", b + 1, along);
}

/* What the mesh does not tell. */
static void vessel_facts_limits_lines(const lm_vessel *v, const lm_units *units, lm_out *out)
{
    const lm_vessel_limits *l = &v->limits;
    char a[LM_NUM_TEXT], b[LM_NUM_TEXT], c[LM_NUM_TEXT];
    lm_units_text(units, LM_VESSEL_RESOLVED * l->voxel_mm, LM_UNIT_MM, a, sizeof a);
    lm_units_text(units, l->voxel_mm, LM_UNIT_MM, b, sizeof b);
    lm_units_text(units, v->thin_mm, LM_UNIT_MM, c, sizeof c);
    lm_io_printf(out, "%-14s %16s   %g voxels of %s (%s); %s of the centreline is thinner: not resolved\n", "resolved from", a,
                 LM_VESSEL_RESOLVED, b, l->of_records ? "widest edge, by the records" : "as the triangles are",
                 v->thin_mm > 0 ? c : "nothing");
    lm_units_text(units, v->near_cut_mm, LM_UNIT_MM, a, sizeof a);
    if (l->cut_ends || l->cuts)
        lm_io_printf(
            out,
            "%-14s %16zu   cut ends, %zu cuts: flat, at the border of the image or trimmed; %s near them count for no least "
            "lumen and no narrowing\n",
            "cut", l->cut_ends, l->cuts, a);
}

void lm_vessel_table(const lm_vessel *v, const lm_units *units, lm_out *out)
{
    char a[LM_NUM_TEXT], b[LM_NUM_TEXT], place[VESSEL_FACTS_TEXT];
    lm_units_text(units, v->length_mm, LM_UNIT_MM, a, sizeof a);
    lm_io_printf(out, "%-14s %16s   %zu branch%s, %zu ends, %zu forks%s\n", "centreline", a, v->line.n, v->line.n == 1 ? "" : "es",
                 v->ends, v->forks, v->loops ? ", closed loops" : "");
    if (v->least != SIZE_MAX) {
        const size_t at = v->branch[v->least].least_at;
        const lm_centreline_point *p = &v->line.branch[v->least].point[at];
        lm_units_text(units, 2 * p->radius_mm, LM_UNIT_MM, a, sizeof a);
        lm_units_lengths(units, p->at, 3, " ", place, sizeof place);
        lm_io_printf(out, "%-14s %16s   ", "least lumen", a);
        vessel_facts_where(v, v->least, at, units, out);
        lm_io_printf(out, "%s%s\n", place, v->limits.flag[v->least][at] & LM_VESSEL_THIN ? "; NOT RESOLVED" : "");
    }
    if (v->narrow != SIZE_MAX) {
        const lm_vessel_branch *x = &v->branch[v->narrow];
        lm_units_text(units, 2 * v->line.branch[v->narrow].point[x->narrow_at].radius_mm, LM_UNIT_MM, a, sizeof a);
        lm_units_text(units, x->reference_mm, LM_UNIT_MM, b, sizeof b);
        lm_io_printf(out, "%-14s %14.1f %%   ", "narrowing", 100 * x->degree);
        vessel_facts_where(v, v->narrow, x->narrow_at, units, out);
        lm_io_printf(out, "%s of %s, the lesser of the largest on both sides%s\n", a, b,
                     v->limits.flag[v->narrow][x->narrow_at] & LM_VESSEL_THIN ? "; NOT RESOLVED" : "");
    }
    vessel_facts_limits_lines(v, units, out);
    lm_io_printf(out, "%-14s %16s   chord, length / chord; least, mean, greatest inscribed diameter; mean area\n", "branch",
                 "length");
    for (size_t i = 0; i < v->line.n && i < VESSEL_FACTS_ROWS; i++) vessel_facts_line(v, i, units, out);
    if (v->line.n > VESSEL_FACTS_ROWS) lm_io_printf(out, "  and %zu more, in the facts (--json)\n", v->line.n - VESSEL_FACTS_ROWS);
}

/* ---- rows ---- */

static void vessel_facts_cell(lm_out *out, double v)
{
    char text[LM_NUM_TEXT] = "";
    if (isfinite(v)) lm_num_f64(v, text);
    lm_io_printf(out, ",%s", text);
}

void lm_vessel_csv(const lm_vessel *v, lm_out *out)
{
    lm_io_printf(out, "branch,along_mm,x_mm,y_mm,z_mm,diameter_mm,area_mm2,equivalent_diameter_mm,max_feret_mm,min_feret_mm,"
                      "perimeter_mm,flag\n");
    for (size_t b = 0; b < v->line.n; b++)
        for (size_t i = 0; i < v->line.branch[b].n; i++) {
            const lm_centreline_point *p = &v->line.branch[b].point[i];
            const lm_section *s = &v->section[b][i];
            const bool cut = s->segments > 0;
            lm_io_printf(out, "%zu", b + 1);
            const double cell[10] = {p->s_mm,
                                     p->at[0],
                                     p->at[1],
                                     p->at[2],
                                     p->fork ? NAN : 2 * p->radius_mm,
                                     cut ? s->area_mm2 : NAN,
                                     lm_vessel_equivalent(s),
                                     cut ? s->max_mm : NAN,
                                     cut ? s->min_mm : NAN,
                                     cut ? s->perimeter_mm : NAN};
            const char *flag = lm_vessel_limits_text(v->limits.flag[b][i]);
            for (size_t k = 0; k < sizeof cell / sizeof *cell; k++) vessel_facts_cell(out, cell[k]);
            lm_io_printf(out, ",%s\n", flag ? flag : "");
        }
}
