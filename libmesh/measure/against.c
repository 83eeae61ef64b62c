/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 the records, 2 the mesh in the field, 3 the mesh and its labels, 4 all of it */
#include "measure/against.h"
#include "base/mem.h"
#include "measure/ledger.h"
#include "surface/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lm_against_release(lm_against_facts *f)
{
    lm_verdict_list_release(&f->list);
    *f = (lm_against_facts)LM_AGAINST_FACTS_INIT;
}

/* ---- 1 the records ---- */

static lm_status against_foreign(lm_err *err, const char *why)
{
    return lm_err_set(err, LM_ERULE, NULL,
                      "records are missing or do not belong to this mesh: %s; no verdict against a source is possible", why);
}

lm_status lm_against_record(const lm_records *rec, const json_t **dcmseg, lm_err *err)
{
    size_t first = rec->n;
    if (!rec->n)
        return against_foreign(err, "it carries none (STL and 3MF never do; feed the PLY that the pipe sends, or name the file of "
                                    "a mask to compare with that)");
    if (!rec->belong) return against_foreign(err, "the mesh was changed after the last record was written");
    for (size_t i = 0; i < rec->n; i++) {
        const char *tool = json_string_value(json_object_get(rec->item[i], "tool"));
        if (tool && !strcmp(tool, "dcmseg")) first = i;
    }
    if (first == rec->n) return against_foreign(err, "there is no record of dcmseg");
    for (size_t i = first + 1; i < rec->n; i++) {
        const json_t *in = json_object_get(rec->item[i], "in"), *out = json_object_get(rec->item[i - 1], "out");
        if (!json_is_object(in) || !json_is_object(out) || !json_equal(in, out))
            return against_foreign(err, "what one tool sent is not what the next one read");
    }
    *dcmseg = rec->item[first];
    return LM_OK;
}

/* ---- 2 the mesh in the field ---- */

/* One quantity; part is the number of a part, 0: the whole. *ret lives until the next call. */
typedef struct {
    const char *name;
    lm_unit unit;
    double value, u, reference;
    const char *is;
    double tol;
    const char *tol_is;
} against_one;

static lm_status against_add(lm_against_facts *out, uint32_t part, const against_one *q, const char *note, lm_err *err)
{
    lm_measurement m = {.unit = q->unit,
                        .absolute = q->unit != LM_UNIT_MM3,
                        .value = q->value,
                        .u_value = q->u,
                        .reference = q->reference,
                        .reference_is = q->is,
                        .tol = q->tol,
                        .tol_is = q->tol_is};
    if (part) snprintf(m.name, sizeof m.name, "%.30s of part %" PRIu32, q->name, part);
    else snprintf(m.name, sizeof m.name, "%s", q->name);
    lm_verdict_measurement(&m);
    if (note) snprintf(m.note, sizeof m.note, "%s", note);
    return lm_verdict_add(&out->list, &m, err);
}

/* Samples that a surface within tol_mm of its place can pass: at least one. */
static size_t against_near(double tol_mm, double spacing)
{
    double steps = tol_mm / spacing;
    return !(steps > 1) ? 1 : steps < 1e6 ? (size_t)steps + 1 : 1000000;
}

lm_against_limits lm_against_limits_of(const lm_vol *grid, const lm_tol *given)
{
    lm_against_limits l = {.edge = INFINITY, .is = given->has[LM_UNIT_MM] ? "--tol" : "default: half the smallest voxel edge"};
    for (int a = 0; a < 3; a++) l.edge = lm_vol_spacing(grid, a) < l.edge ? lm_vol_spacing(grid, a) : l.edge;
    l.tol_mm = given->has[LM_UNIT_MM] ? given->value[LM_UNIT_MM] : LM_AGAINST_EDGES * l.edge;
    for (int a = 0; a < 3; a++) l.near[a] = against_near(l.tol_mm, lm_vol_spacing(grid, a));
    return l;
}

/* Of the box along x, y or z. Relaxed nets may go as far as their voxels reach, half a cell. */
static double against_tol_box(const lm_vol *grid, const lm_against_limits *l, bool relaxed, const lm_tol *given, int c)
{
    double half = 0;
    for (int a = 0; a < 3; a++) half += 0.5 * fabs(grid->dir[a][c]);
    return relaxed && !given->has[LM_UNIT_MM] && half > l->tol_mm ? half : l->tol_mm;
}

double lm_against_tol_mm3(const lm_tol *given, double reference, double edge, double area)
{
    double percent = given->has[LM_UNIT_PERCENT] ? given->value[LM_UNIT_PERCENT] : LM_AGAINST_VOLUME_PERCENT;
    double tol = percent / 100 * reference, surface = LM_AGAINST_SURFACE * edge * area;
    if (given->has[LM_UNIT_MM3]) return given->value[LM_UNIT_MM3];
    return !given->has[LM_UNIT_PERCENT] && surface > tol ? surface : tol;
}

const char *lm_against_tol_is(const lm_tol *given)
{
    return given->has[LM_UNIT_MM3] || given->has[LM_UNIT_PERCENT]
               ? "--tol"
               : "default: 1 %, or 0.05 voxel edges times the area if that is more";
}

/* What a mesh is compared with. */
typedef struct {
    const lm_vol *vol;
    const lm_segment_facts *facts;
    const lm_moved *moved; /* where the surface should be when not at the level, or NULL */
    uint32_t part;         /* 0: the whole */
    bool counted;          /* its volume is the voxel count, not that at level */
    lm_overlap overlap;    /* result */
} against_body;

static lm_status against_place(const against_body *b, const lm_against_limits *l, const lm_mass *mass, const lm_tol *given,
                               lm_against_facts *out, lm_err *err)
{
    static const char *const axis[2][3] = {{"min-x", "min-y", "min-z"}, {"max-x", "max-y", "max-z"}};
    const lm_segment_facts *f = b->facts;
    const lm_moved *m = b->moved;
    const double *centroid = m ? m->centroid_mm : f->centroid_mm, *least = m ? m->lo_mm : f->lo_mm, *most = m ? m->hi_mm : f->hi_mm;
    const char *box = m ? "box of the moved surface" : "box at level";
    double shift = 0;
    for (int a = 0; a < 3; a++) shift += (mass->centroid_mm[a] - centroid[a]) * (mass->centroid_mm[a] - centroid[a]);
    const against_one centre = {"centroid-shift",    LM_UNIT_MM, sqrt(shift),
                                mass->u_centroid_mm, 0,          m ? "centroid of the moved surface" : "centroid at level",
                                l->tol_mm,           l->is};
    lm_status rc = against_add(out, b->part, &centre, NULL, err);
    for (int a = 0; a < 3 && !rc; a++) {
        double tol = against_tol_box(b->vol, l, b->counted, given, a);
        const char *from = tol > l->tol_mm ? "default: half a cell" : l->is;
        const against_one lo = {axis[0][a], LM_UNIT_MM, mass->lo_mm[a], mass->u_box_mm[a], least[a], box, tol, from},
                          hi = {axis[1][a], LM_UNIT_MM, mass->hi_mm[a], mass->u_box_mm[a], most[a], box, tol, from};
        if (!(rc = against_add(out, b->part, &lo, NULL, err))) rc = against_add(out, b->part, &hi, NULL, err);
    }
    return rc;
}

/* The named volume. */
static const char *against_volume(const against_body *b, double *mm3, double *u)
{
    *mm3 = b->counted ? (double)b->facts->voxel_count * b->facts->voxel_mm3 : b->facts->at_level_mm3;
    if (!b->moved) return b->counted ? "voxel count" : "volume at level";
    *mm3 = b->moved->volume_mm3;
    *u = b->moved->u_volume_mm3;
    return b->moved->moved == b->moved->pieces ? "two-class partial volume"
                                               : "partial volume of what was moved, volume at level of the rest";
}

static lm_status against_judge(against_body *b, const lm_mesh *mesh, const lm_mass *mass, const lm_against_opt *opt,
                               lm_against_facts *out, lm_err *err)
{
    const lm_against_limits l = lm_against_limits_of(b->vol, &opt->tol);
    double u = 0, reference;
    const char *is = against_volume(b, &reference, &u);
    char note[LM_VERDICT_TEXT];
    lm_status rc = lm_voxelize_overlap(mesh, b->vol, l.near, opt->threads, &b->overlap, err);
    const against_one volume = {"volume",
                                LM_UNIT_MM3,
                                mass->volume_mm3,
                                mass->u_volume_mm3 + u,
                                reference,
                                is,
                                lm_against_tol_mm3(&opt->tol, reference, l.edge, mass->area_mm2),
                                lm_against_tol_is(&opt->tol)};
    const lm_overlap *o = &b->overlap;
    if (!rc) rc = against_add(out, b->part, &volume, NULL, err);
    if (!rc) rc = against_place(b, &l, mass, &opt->tol, out, err);
    snprintf(note, sizeof note, "%zu voxels in the mesh, %zu in the mask, %zu in both; at least %g wanted", o->mesh, o->mask,
             o->both, LM_AGAINST_DICE);
    const against_one dice = {"dice",   LM_UNIT_NONE, o->dice, 0, 1, "mesh as voxels and mask the same", 1 - LM_AGAINST_DICE,
                              "default"},
                      lost = {
                          "misplaced", LM_UNIT_NONE, (double)o->misplaced, 0, 0, "voxels of one only, away from the mask's surface",
                          0,           "default"};
    if (!rc) rc = against_add(out, b->part, &dice, note, err);
    return rc ? rc : against_add(out, b->part, &lost, NULL, err);
}

lm_status lm_against_field(const lm_vol *vol, const lm_segment_facts *facts, const lm_moved *moved, const lm_mesh *mesh,
                           const lm_mass *mass, const lm_against_opt *opt, lm_against_facts *out, lm_err *err)
{
    against_body b = {.vol = vol, .facts = facts, .moved = moved};
    if (opt->progress) opt->progress(opt->progress_ctx, "comparing with the source", 0);
    lm_status rc = against_judge(&b, mesh, mass, opt, out, err);
    out->segment = *facts;
    out->overlap = b.overlap;
    return rc;
}

/* ---- 3 the mesh and its labels ---- */

/* The picked regions as a field of 0 and 1, no larger than they, the mesh and what is near to them. */
static lm_status against_window(const lm_regions *r, const bool *pick, const lm_mesh *mesh, const lm_against_opt *opt, lm_vol *vol,
                                lm_segment_facts *facts, lm_err *err)
{
    const lm_vol grid = lm_regions_grid(r);
    const lm_against_limits l = lm_against_limits_of(&grid, &opt->tol);
    double inv[3][3];
    size_t lo[3] = {0, 0, 0}, hi[3] = {0, 0, 0};
    lm_vol_inverse(&grid, inv);
    if (!lm_regions_box(r, pick, lo, hi)) return lm_err_set(err, LM_ERULE, NULL, "a label of the record has no voxel");
    for (size_t v = 0; v < mesh->nv; v++)
        for (int a = 0; a < 3; a++) {
            double at = 0;
            for (size_t c = 0; c < 3; c++) at += inv[a][c] * ((double)mesh->pos[3 * v + c] - grid.origin[c]);
            double last = (double)(grid.n[a] - 1), cut = at < 0 ? 0 : at > last ? last : at;
            if ((size_t)cut < lo[a]) lo[a] = (size_t)cut;
            if (cut > (double)hi[a]) hi[a] = (size_t)cut + ((double)(size_t)cut < cut);
        }
    for (int a = 0; a < 3; a++) {
        size_t margin = l.near[a] + 2;
        lo[a] = lo[a] > margin ? lo[a] - margin : 0;
        hi[a] = grid.n[a] - 1 - hi[a] > margin ? hi[a] + margin : grid.n[a] - 1;
    }
    lm_status rc = lm_regions_window(r, pick, lo, hi, vol, err);
    vol->iso = 0.5;
    vol->has_iso = true;
    return rc ? rc : lm_segment_measure(vol, opt->threads, facts, err);
}

static lm_status against_region(const lm_regions *r, const bool *pick, uint32_t part, bool counted, const lm_mesh *mesh,
                                const lm_mass *mass, const lm_against_opt *opt, lm_against_facts *out, lm_err *err)
{
    lm_vol vol = LM_VOL_INIT;
    lm_segment_facts facts;
    lm_status rc = against_window(r, pick, mesh, opt, &vol, &facts, err);
    against_body b = {.vol = &vol, .facts = &facts, .part = part, .counted = counted};
    if (!rc) rc = against_judge(&b, mesh, mass, opt, out, err);
    if (!rc && !part) {
        out->segment = facts;
        out->overlap = b.overlap;
    }
    lm_vol_release(&vol);
    return rc;
}

/* A part that only one side has. */
static lm_status against_lonely(uint32_t part, double mesh_mm3, double label_mm3, const lm_tol *given, lm_against_facts *out,
                                lm_err *err)
{
    const against_one q = {"volume",
                           LM_UNIT_MM3,
                           mesh_mm3,
                           0,
                           label_mm3,
                           "voxel count",
                           lm_against_tol_mm3(given, label_mm3, 0, 0),
                           lm_against_tol_is(given)};
    return against_add(out, part, &q, label_mm3 > 0 ? "the mesh has no such part" : "the source has no such label", err);
}

static lm_status against_part(const lm_regions *r, const lm_split *s, size_t i, const lm_mesh *mesh, bool counted, bool *pick,
                              uint32_t *scratch, const lm_against_opt *opt, lm_against_facts *out, lm_err *err)
{
    const lm_region *g = lm_regions_find(r, s->label[i]);
    lm_mesh part = LM_MESH_INIT;
    lm_mass mass = LM_MASS_INIT;
    lm_status rc = lm_split_part(mesh, s, i, scratch, &part, NULL, err);
    if (!rc) rc = lm_mass_measure(&part, &mass, err);
    if (!rc && (!g || !g->voxels)) rc = against_lonely(s->label[i], mass.volume_mm3, 0, &opt->tol, out, err);
    else if (!rc) {
        pick[g - r->item] = true;
        rc = against_region(r, pick, s->label[i], counted, &part, &mass, opt, out, err);
        pick[g - r->item] = false;
    }
    lm_mass_release(&mass);
    lm_mesh_release(&part);
    return rc;
}

/* Each part by itself; labels that no part has. */
static lm_status against_parts(const lm_regions *r, const lm_mesh *mesh, bool counted, const lm_against_opt *opt,
                               lm_against_facts *out, lm_err *err)
{
    const lm_vol grid = lm_regions_grid(r);
    lm_split s = LM_SPLIT_INIT;
    bool *pick = NULL;
    uint32_t *scratch = NULL;
    lm_status rc = lm_split_make(mesh, &s, err);
    if (!rc && (!(pick = lm_mem_calloc(r->count, sizeof *pick, err)) || !(scratch = lm_split_scratch(mesh, err)))) rc = LM_ENOMEM;
    for (size_t i = 0; i < s.n && !rc; i++) {
        if (opt->progress) opt->progress(opt->progress_ctx, "comparing with the source", (double)i / (double)s.n);
        rc = against_part(r, &s, i, mesh, counted, pick, scratch, opt, out, err);
    }
    for (size_t i = 0, k = 0; i < r->count && !rc; i++) {
        const lm_region *g = &r->item[i];
        while (k < s.n && s.label[k] < g->part.label) k++;
        if (g->voxels && (k == s.n || s.label[k] != g->part.label))
            rc = against_lonely(g->part.label, 0, (double)g->voxels * fabs(lm_vol_det(&grid)), &opt->tol, out, err);
    }
    free(scratch);
    free(pick);
    lm_split_release(&s);
    return rc;
}

lm_status lm_against_labels(const lm_regions *r, const lm_mesh *mesh, const lm_mesh *body, const lm_mass *mass, bool counted,
                            const lm_against_opt *opt, lm_against_facts *out, lm_err *err)
{
    bool *pick = NULL;
    size_t i = 0;
    while (opt->label && i < r->count && r->item[i].part.label != opt->label) i++;
    if (i == r->count)
        return lm_err_set(err, LM_ERULE, NULL, "the record of dcmseg has no label %" PRIu32 ", which the part has", opt->label);
    if (opt->label && !(pick = lm_mem_calloc(r->count, sizeof *pick, err))) return LM_ENOMEM;
    if (pick) pick[i] = true;
    if (opt->progress) opt->progress(opt->progress_ctx, "comparing with the source", 0);
    lm_status rc = against_region(r, pick, 0, counted, body, mass, opt, out, err);
    free(pick);
    return rc || opt->label || !mesh->label || r->count < 2 ? rc : against_parts(r, mesh, counted, opt, out, err);
}

/* ---- 4 all of it ---- */

/* How the mesh of labels was made: surface nets keep the volume of the voxels, marching cubes that at level. */
static bool against_counted(const lm_records *rec)
{
    const char *how = json_string_value(json_object_get(json_object_get(lm_record_last(rec, "mcubes"), "options"), "method"));
    return how && !strcmp(how, "nets");
}

lm_status lm_against_solid(const lm_records *rec, const lm_mesh *body, lm_original *o, lm_err *err)
{
    lm_status rc = lm_original_find(rec, body, o, err);
    if (rc || !o->stage) return rc;
    return lm_err_set(err, LM_ERULE, NULL, "%.40s changed the mesh on purpose: judge the mesh before that stage against the source",
                      o->stage);
}

typedef struct {
    const lm_against_opt *opt;
    const lm_mesh *solid;
} against_look;

static lm_status against_seen(void *ctx, const lm_vol *source, lm_err *err)
{
    const against_look *l = ctx;
    return l->opt->seen(l->opt->seen_ctx, source, l->solid, err);
}

lm_status lm_against(const char *const *paths, size_t n, const lm_records *rec, const lm_mesh *mesh, const lm_mesh *body,
                     const lm_mass *mass, const lm_against_opt *opt, lm_against_facts *out, lm_err *err)
{
    const json_t *dcmseg = NULL;
    const json_t *mcubes = lm_moved_record(rec);
    lm_original o = {.changed = false}, parts = {.changed = false};
    against_look look = {opt, &o.solid};
    const lm_replay_opt ro = {.partial = mcubes,
                              .threads = opt->threads,
                              .seen = opt->seen ? against_seen : NULL,
                              .seen_ctx = &look,
                              .progress = opt->progress,
                              .progress_ctx = opt->progress_ctx};
    lm_moved moved = {.moved = 0};
    lm_replay again = LM_REPLAY_INIT;
    lm_mass outer = LM_MASS_INIT;
    lm_measurement books;
    lm_against_release(out);
    lm_status rc = lm_against_record(rec, &dcmseg, err);
    if (rc) return rc;
    json_t *ledger = lm_ledger_collect(rec, err);
    if (!ledger) return LM_ENOMEM;
    rc = lm_against_solid(rec, body, &o, err);
    if (!rc && o.changed) rc = lm_mass_measure(&o.solid, &outer, err);
    if (o.changed) mass = &outer;
    if (!rc) rc = lm_replay_run(paths, n, dcmseg, &ro, &again, err);
    if (!rc && mesh->label && o.changed) rc = lm_original_part(rec, mesh, &parts, err);
    if (!rc && again.of_labels)
        rc = lm_against_labels(&again.labels,
                               parts.changed ? &parts.solid
                               : o.changed   ? &o.solid
                                             : mesh,
                               &o.solid, mass, against_counted(rec), opt, out, err);
    else if (!rc && opt->label)
        rc = lm_err_set(err, LM_ERULE, NULL, "the record of dcmseg has no labels, and one part was taken: judge the whole mesh");
    else if (!rc && (!mcubes || !(rc = lm_moved_make(&again.vol, &again.pieces, again.facts.at_level_mm3, dcmseg, mcubes,
                                                     opt->threads, &moved, err))))
        rc = lm_against_field(&again.vol, &again.facts, moved.moved ? &moved : NULL, &o.solid, mass, opt, out, err);
    if (!rc && !opt->label) { /* the books are those of the whole */
        lm_ledger_check(ledger, lm_mesh_volume(body), &books);
        rc = lm_verdict_add(&out->list, &books, err);
    }
    if (!rc && opt->keep) {
        lm_replay_release(opt->keep);
        *opt->keep = again;
        again = (lm_replay)LM_REPLAY_INIT;
    }
    lm_mass_release(&outer);
    lm_original_release(&o);
    lm_original_release(&parts);
    json_decref(ledger);
    lm_replay_release(&again);
    if (rc) lm_against_release(out);
    return rc;
}
