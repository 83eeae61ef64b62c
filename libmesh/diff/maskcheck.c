/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/maskcheck.h"
#include "volume/segment.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the lattice over both ---- */

static void maskcheck_mesh_box(const lm_mesh *m, const lm_vol *grid, double lo[3], double hi[3])
{
    double inv[3][3];
    lm_vol_inverse(grid, inv);
    for (int a = 0; a < 3; a++) lo[a] = INFINITY, hi[a] = -INFINITY;
    for (size_t v = 0; v < m->nv; v++)
        for (int a = 0; a < 3; a++) {
            double at = 0;
            for (size_t c = 0; c < 3; c++) at += inv[a][c] * ((double)m->pos[3 * v + c] - grid->origin[c]);
            lo[a] = at < lo[a] ? at : lo[a];
            hi[a] = at > hi[a] ? at : hi[a];
        }
}

/* Geometry of the mask's lattice over mask and mesh, and what is near; *beside: they have nothing in common. */
static lm_status maskcheck_lattice(const lm_regions *mask, const lm_mesh *mesh, const lm_against_limits *l, lm_vol *out,
                                   bool *beside, lm_err *err)
{
    const lm_vol grid = lm_regions_grid(mask);
    size_t lo[3] = {0, 0, 0}, hi[3] = {0, 0, 0};
    double first[3], mlo[3], mhi[3], samples = 1;
    *out = grid;
    *beside = false;
    (void)lm_regions_box(mask, NULL, lo, hi);
    maskcheck_mesh_box(mesh, &grid, mlo, mhi);
    for (int a = 0; a < 3; a++) {
        double margin = (double)(l->near[a] + 2), from = (double)lo[a], to = (double)hi[a];
        *beside = *beside || mlo[a] > to + 1 || mhi[a] < from - 1;
        from = floor(fmin(from, mlo[a])) - margin;
        to = ceil(fmax(to, mhi[a])) + margin;
        first[a] = from;
        samples *= to - from + 1;
        out->n[a] = samples <= LM_MASKCHECK_SAMPLES ? (size_t)(to - from) + 1 : 1;
    }
    lm_vol_to_world(&grid, first, out->origin);
    if (*beside || samples <= LM_MASKCHECK_SAMPLES) return LM_OK;
    return lm_err_set(err, LM_ERANGE, NULL,
                      "mesh and mask together reach over %.3g voxels of the mask, more than %.3g: are they in the same unit?",
                      samples, LM_MASKCHECK_SAMPLES);
}

typedef struct {
    uint8_t *in;
    size_t n[3];
} maskcheck_rows;

static lm_status maskcheck_row(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    const maskcheck_rows *r = ctx;
    uint8_t *row = r->in + (k * r->n[1] + j) * r->n[0];
    (void)slab;
    (void)err;
    for (size_t i = 0; i < r->n[0]; i++) row[i] = turns[i] > 0;
    return LM_OK;
}

/* The mesh as the one region on the lattice of `grid`. */
static lm_status maskcheck_voxels(const lm_mesh *mesh, const lm_vol *grid, int threads, lm_regions *out, lm_err *err)
{
    const lm_part part = {.label = 1};
    lm_vol v = LM_VOL_INIT;
    lm_status rc = lm_vol_alloc(&v, grid->n, LM_U8, err);
    if (rc) return rc;
    memcpy(v.dir, grid->dir, sizeof v.dir);
    memcpy(v.origin, grid->origin, sizeof v.origin);
    maskcheck_rows rows = {.in = v.data, .n = {v.n[0], v.n[1], v.n[2]}};
    rc = lm_voxelize(mesh, &v, threads, maskcheck_row, &rows, err);
    if (!rc) rc = lm_regions_from_level(&v, 1, &part, out, err);
    lm_vol_release(&v);
    return rc;
}

/* ---- the named volume ---- */

static void maskcheck_volume(const lm_regions *mask, const lm_mass *mass, const lm_maskcheck_opt *opt, lm_maskcheck *out)
{
    const lm_partial *p = opt->partial;
    const lm_vol g = lm_regions_grid(mask);
    const double d[3] = {lm_vol_spacing(&g, 0), lm_vol_spacing(&g, 1), lm_vol_spacing(&g, 2)};
    out->voxel_mm3 = fabs(lm_vol_det(&g));
    out->volume_is = opt->volume_is ? opt->volume_is : "voxel count of the mask";
    out->volume_mm3 = (double)mask->item[0].voxels * out->voxel_mm3;
    out->u_mm3 = sqrt(mass->area_mm2 / ((d[0] * d[1] + d[1] * d[2] + d[2] * d[0]) / 3) / 12) * out->voxel_mm3;
    if (opt->occupied_mm3 > 0 && fabs(opt->occupied_mm3 - out->volume_mm3) > 1e-6 * out->voxel_mm3) {
        out->volume_is = "sum of the occupancies of the mask"; /* known no better: how they were found is not told */
        out->volume_mm3 = opt->occupied_mm3;
        return;
    }
    if (!p || !p->stated || !(p->u_mm3 <= out->u_mm3)) return;
    out->volume_is = "two-class partial volume of the mask";
    out->volume_mm3 = p->volume_mm3;
    out->u_mm3 = p->u_mm3;
}

/* ---- judging ---- */

static lm_status maskcheck_add(const lm_maskcheck_opt *opt, const char *name, lm_measurement *m, const char *note,
                               lm_verdict_list *list, lm_err *err)
{
    snprintf(m->name, sizeof m->name, "mask %s%s", name, opt->suffix);
    lm_verdict_measurement(m);
    size_t at = strlen(m->note);
    if (note[0]) snprintf(m->note + at, sizeof m->note - at, "; %s", note);
    return lm_verdict_add(list, m, err);
}

static lm_status maskcheck_distances(const lm_maskcheck *c, const lm_against_limits *l, const lm_vol *grid,
                                     const lm_maskcheck_opt *opt, lm_verdict_list *list, lm_err *err)
{
    double widest = 0;
    bool given = opt->tol->has[LM_UNIT_MM];
    for (int a = 0; a < 3; a++) widest = fmax(widest, lm_vol_spacing(grid, a));
    lm_measurement far = {.unit = LM_UNIT_MM,
                          .absolute = true,
                          .value = c->pair.apart ? fmax(c->pair.p95[0], c->pair.p95[1]) : NAN,
                          .reference_is = "borders in one place: the larger of the two directed 95th percentiles",
                          .tol = given ? l->tol_mm : widest,
                          .tol_is = given ? "--tol" : "default: the widest voxel edge"},
                   mean = {.unit = LM_UNIT_MM,
                           .absolute = true,
                           .value = c->pair.apart ? c->pair.assd : NAN,
                           .reference_is = "borders in one place: mean over both",
                           .tol = l->tol_mm,
                           .tol_is = l->is};
    lm_status rc = maskcheck_add(opt, "hd95", &far, "", list, err);
    return rc ? rc : maskcheck_add(opt, "assd", &mean, "", list, err);
}

static lm_status maskcheck_overlap(const lm_maskcheck *c, const lm_maskcheck_opt *opt, lm_verdict_list *list, lm_err *err)
{
    char note[LM_VERDICT_TEXT];
    lm_measurement dice = {.absolute = true,
                           .unit = LM_UNIT_NONE,
                           .value = c->overlap.dice,
                           .reference = 1,
                           .reference_is = "mesh as voxels and mask the same",
                           .tol = 1 - LM_AGAINST_DICE,
                           .tol_is = "default"},
                   lost = {.absolute = true,
                           .unit = LM_UNIT_NONE,
                           .value = (double)c->overlap.misplaced,
                           .reference_is = "voxels of one only, away from the mask's surface",
                           .tol_is = "default"};
    snprintf(note, sizeof note, "%zu voxels in the mesh, %zu in the mask, %zu in both%s", c->overlap.mesh, c->overlap.mask,
             c->overlap.both, c->sheared ? "; the axes of the grid are not perpendicular: no distances" : "");
    lm_status rc = maskcheck_add(opt, "dice", &dice, c->beside ? "the mesh lies wholly beside the mask" : note, list, err);
    return rc || c->beside ? rc : maskcheck_add(opt, "misplaced", &lost, "", list, err);
}

static lm_status maskcheck_measure(const lm_regions *mask, const lm_mesh *mesh, const lm_against_limits *l, const lm_vol *lattice,
                                   const lm_maskcheck_opt *opt, lm_maskcheck *out, double centroid[3], lm_err *err)
{
    lm_regions all = LM_REGIONS_INIT, own = LM_REGIONS_INIT;
    lm_vol vol = LM_VOL_INIT;
    lm_segment_facts facts;
    lm_voxels v = LM_VOXELS_INIT;
    lm_status rc = out->beside ? lm_regions_mask(mask, NULL, &vol, err) : lm_regions_regrid(mask, lattice, &all, err);
    if (!rc && !out->beside) rc = lm_regions_mask(&all, NULL, &vol, err);
    vol.iso = 0.5;
    vol.has_iso = true;
    if (!rc && !(rc = lm_segment_measure(&vol, opt->threads, &facts, err)))
        memcpy(centroid, facts.centroid_mm, 3 * sizeof *centroid);
    out->overlap.mask = (size_t)mask->item[0].voxels;
    if (!rc && !out->beside && !(rc = lm_voxelize_overlap(mesh, &vol, l->near, opt->threads, &out->overlap, err))) {
        lm_vol_release(&vol);
        rc = maskcheck_voxels(mesh, lattice, opt->threads, &own, err);
        if (!rc && own.count == 1) rc = lm_voxels_compare(&own, &all, -1, opt->threads, &v, err);
        if (!rc && v.n) out->pair = v.pair[0];
        out->sheared = v.sheared;
    }
    lm_voxels_release(&v);
    lm_vol_release(&vol);
    lm_regions_release(&own);
    lm_regions_release(&all);
    return rc;
}

lm_status lm_maskcheck_run(const lm_regions *mask, const lm_mesh *mesh, const lm_mass *mass, const lm_maskcheck_opt *opt,
                           lm_maskcheck *out, lm_verdict_list *list, lm_err *err)
{
    const lm_vol grid = lm_regions_grid(mask);
    const lm_against_limits l = lm_against_limits_of(&grid, opt->tol);
    lm_vol lattice;
    double centroid[3] = {0, 0, 0}, shift = 0;
    *out = (lm_maskcheck){.beside = false};
    maskcheck_volume(mask, mass, opt, out);
    lm_status rc = maskcheck_lattice(mask, mesh, &l, &lattice, &out->beside, err);
    if (!rc) rc = maskcheck_measure(mask, mesh, &l, &lattice, opt, out, centroid, err);
    if (rc) return rc;
    for (int a = 0; a < 3; a++) shift += (mass->centroid_mm[a] - centroid[a]) * (mass->centroid_mm[a] - centroid[a]);
    lm_measurement volume = {.unit = LM_UNIT_MM3,
                             .value = mass->volume_mm3,
                             .u_value = mass->u_volume_mm3 + 2 * out->u_mm3,
                             .reference = out->volume_mm3,
                             .reference_is = out->volume_is,
                             .tol = lm_against_tol_mm3(opt->tol, out->volume_mm3, l.edge, mass->area_mm2),
                             .tol_is = lm_against_tol_is(opt->tol)},
                   place = {.unit = LM_UNIT_MM,
                            .absolute = true,
                            .value = sqrt(shift),
                            .u_value = mass->u_centroid_mm,
                            .reference_is = "centroid of the mask",
                            .tol = l.tol_mm,
                            .tol_is = l.is};
    if ((rc = maskcheck_add(opt, "volume", &volume, "", list, err))) return rc;
    if ((rc = maskcheck_add(opt, "centroid-shift", &place, opt->note, list, err))) return rc;
    if ((rc = maskcheck_overlap(out, opt, list, err))) return rc;
    return out->beside || out->sheared ? LM_OK : maskcheck_distances(out, &l, &grid, opt, list, err);
}

json_t *lm_maskcheck_json(const lm_maskcheck *m, lm_err *err)
{
    const lm_overlap *o = &m->overlap;
    const lm_voxels_pair *p = &m->pair;
    json_t *j = json_pack("{s:s, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:f, s:f}", "volume_is", m->volume_is, "volume_mm3",
                          m->volume_mm3, "volume_uncertainty_mm3", m->u_mm3, "voxel_mm3", m->voxel_mm3, "mesh_voxels",
                          (json_int_t)o->mesh, "mask_voxels", (json_int_t)o->mask, "common_voxels", (json_int_t)o->both,
                          "misplaced_voxels", (json_int_t)o->misplaced, "dice", o->dice, "jaccard", o->jaccard);
    if (j && (!p->apart ||
              !json_object_update_new(j, json_pack("{s:f, s:f, s:f, s:f}", "hausdorff_mm", fmax(p->hausdorff[0], p->hausdorff[1]),
                                                   "p95_larger_mm", fmax(p->p95[0], p->p95[1]), "p95_pooled_mm", p->p95_pooled,
                                                   "assd_mm", p->assd))))
        return j;
    json_decref(j);
    lm_err_nomem(err, sizeof *m);
    return NULL;
}
