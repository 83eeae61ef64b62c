/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/against.h"
#include "measure/ledger.h"
#include "stream/volfile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- 1 the records ---- */

static lm_status against_foreign(lm_err *err, const char *why)
{
    return lm_err_set(err, LM_ERULE, NULL,
                      "records are missing or do not belong to this mesh: %s; no verdict against a source is possible", why);
}

lm_status lm_against_record(const lm_records *rec, const json_t **dcmseg, lm_err *err)
{
    size_t first = rec->n;
    if (!rec->n) return against_foreign(err, "it carries none (STL and 3MF never do; feed the PLY that the pipe sends)");
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

static double against_number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The recorded options as lm_segment wants them. */
static lm_status against_options(const json_t *dcmseg, lm_segment_opt *out, lm_err *err)
{
    const json_t *o = json_object_get(dcmseg, "options"), *t = json_object_get(o, "threshold"), *keep = json_object_get(o, "keep");
    const char *word = json_string_value(keep);
    *out = (lm_segment_opt)LM_SEGMENT_OPT_INIT;
    if (json_is_true(json_object_get(o, "mask")) || json_object_get(o, "label"))
        return lm_err_set(
            err, LM_ERULE, NULL,
            "the object was made with a mask, which the record names by its SHA-256 only: it cannot be replayed from the "
            "series alone");
    out->lo = against_number(t, "lo");
    if (json_is_number(json_object_get(t, "hi"))) out->hi = against_number(t, "hi");
    if (word && !strcmp(word, "largest")) out->keep = 1;
    else if (json_is_integer(keep) && json_integer_value(keep) > 0) out->keep = (size_t)json_integer_value(keep);
    else if (!word || strcmp(word, "all")) out->lo = NAN;
    size_t i;
    json_t *r;
    json_array_foreach(json_object_get(o, "roi"), i, r)
        if (!json_is_string(r) || lm_roi_add(&out->roi, json_string_value(r), err)) out->lo = NAN;
    if (isfinite(out->lo)) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL,
                      "the record of dcmseg does not say how it segmented (threshold, keep, roi): it cannot be replayed");
}

/* ---- 2 the source again ---- */

static lm_status against_same(const json_t *recorded, const char *name, double now, lm_err *err)
{
    double was = json_is_number(recorded) ? json_number_value(recorded) : NAN;
    if (fabs(was - now) <= 1e-9 * (1 + fabs(now))) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL, "the records do not belong to this source: %s is %.12g, recorded is %.12g", name, now,
                      was);
}

/* Every number of the replayed segmentation is the recorded one. */
static lm_status against_compare(const json_t *seg, const lm_segment_facts *f, lm_err *err)
{
    const json_t *ext = json_object_get(seg, "extents_mm");
    const struct {
        const char *name;
        double now;
    } one[] = {
        {"iso", f->iso},
        {"voxel_count", (double)f->voxel_count},
        {"voxel_mm3", f->voxel_mm3},
        {"at_level_mm3", f->at_level_mm3},
        {"components_found", (double)f->components_found},
        {"components_kept", (double)f->components_kept},
        {"dropped_voxels", (double)f->dropped_voxels},
        {"roi_cut_voxels", (double)f->roi_cut_voxels},
    };
    lm_status rc = LM_OK;
    for (size_t i = 0; i < sizeof one / sizeof *one && !rc; i++)
        rc = against_same(json_object_get(seg, one[i].name), one[i].name, one[i].now, err);
    for (size_t c = 0; c < 3 && !rc; c++)
        if (!(rc = against_same(json_array_get(json_object_get(seg, "centroid_mm"), c), "centroid_mm", f->centroid_mm[c], err)) &&
            !(rc = against_same(json_array_get(json_object_get(ext, "lo"), c), "extents_mm.lo", f->lo_mm[c], err)))
            rc = against_same(json_array_get(json_object_get(ext, "hi"), c), "extents_mm.hi", f->hi_mm[c], err);
    return rc;
}

static lm_status against_find(const lm_source *src, const char *hash, size_t *series, lm_err *err)
{
    size_t n = lm_source_count(src);
    for (size_t i = 0; i < n; i++) {
        json_t *j = lm_source_json(src, i, err);
        if (!j) return LM_ENOMEM;
        const char *h = json_string_value(json_object_get(j, "series"));
        bool hit = h && !strcmp(h, hash);
        json_decref(j);
        if (!hit) continue;
        *series = i;
        return LM_OK;
    }
    return lm_err_set(err, LM_ERULE, NULL, "the series that the mesh was made from (%.16s) is not among the %zu series given", hash,
                      n);
}

/* The series of the record, or the grey volume of another program. */
static lm_status against_load(const char *const *paths, size_t n, const json_t *source, const lm_source_opt *so, lm_vol *vol,
                              json_t **again, lm_err *err)
{
    const char *hash = json_string_value(json_object_get(source, "series")),
               *kind = json_string_value(json_object_get(source, "kind"));
    lm_source *src = NULL;
    lm_in *in = NULL;
    size_t series = 0;
    lm_status rc;
    if (kind && (!strcmp(kind, "nrrd") || !strcmp(kind, "nifti"))) {
        if (n != 1)
            return lm_err_set(err, LM_ERULE, NULL, "the mesh was made from one file (%s), and %zu paths were given", kind, n);
        if (!(rc = lm_io_open(paths[0], &in, err))) rc = lm_volfile_load(in, NULL, vol, again, err);
        lm_io_close(in);
        return rc;
    }
    if (!hash)
        return lm_err_set(err, LM_ERULE, NULL, "the record of dcmseg names no DICOM series: a verdict against a source needs one");
    if (!(rc = lm_source_scan(paths, n, so, &src, err)) && !(rc = against_find(src, hash, &series, err)))
        rc = lm_source_load(src, series, so, vol, again, err);
    lm_source_release(src);
    return rc;
}

lm_status lm_against_replay(const char *const *paths, size_t n, const json_t *dcmseg, const lm_against_opt *opt, lm_vol *vol,
                            lm_segment_facts *facts, lm_err *err)
{
    const json_t *source = json_object_get(dcmseg, "source"), *seg = json_object_get(dcmseg, "segment");
    const char *was = json_string_value(json_object_get(source, "sha256_pixels"));
    lm_identity id = {.show = json_is_true(json_object_get(json_object_get(dcmseg, "options"), "show-identity"))};
    lm_source_opt so = {.threads = opt->threads, .progress = opt->progress, .progress_ctx = opt->progress_ctx, .identity = &id};
    lm_segment_opt how;
    json_t *again = NULL;
    const char *gaps = json_string_value(json_object_get(json_object_get(source, "gaps"), "choice"));
    lm_status rc = against_options(dcmseg, &how, err);
    if (!rc && gaps) rc = lm_gaps_parse(gaps, &so.gaps, err);
    if (rc) return rc;
    if (!was || !json_is_object(seg))
        return lm_err_set(err, LM_ERULE, NULL, "the record of dcmseg names no DICOM series: a verdict against a source needs one");
    if ((rc = lm_identity_load(&id, err)) ||
        (rc = lm_identity_same_key(&id, json_string_value(json_object_get(source, "uid_key")), err)))
        return rc;
    if ((rc = against_load(paths, n, source, &so, vol, &again, err))) goto done;
    const char *now = json_string_value(json_object_get(again, "sha256_pixels"));
    if (!now || strcmp(now, was)) {
        rc = lm_err_set(err, LM_ERULE, NULL,
                        "the pixels of the series are not those that the mesh was made from (SHA-256 %.16s, recorded %.16s)",
                        now ? now : "none", was);
        goto done;
    }
    how.threads = opt->threads;
    if (!(rc = lm_segment(vol, &how, facts, err))) rc = against_compare(seg, facts, err);
    if (rc == LM_ENO) err->code = rc = LM_ERULE; /* nothing inside, though the record says there was: trouble, no answer */
done:
    json_decref(again);
    if (rc) lm_vol_release(vol);
    return rc;
}

/* ---- 3 the mesh in the field ---- */

static lm_measurement *against_add(lm_against_facts *out, const char *name, lm_unit unit, double value, double u, double reference,
                                   const char *is, double tol)
{
    lm_measurement *m = &out->item[out->n++];
    *m = (lm_measurement){.unit = unit,
                          .absolute = unit != LM_UNIT_MM3,
                          .value = value,
                          .u_value = u,
                          .reference = reference,
                          .reference_is = is,
                          .tol = tol};
    snprintf(m->name, sizeof m->name, "%s", name);
    lm_verdict_measurement(m);
    return m;
}

/* Samples that a surface within tol_mm of its place can pass: at least one. */
static size_t against_near(double tol_mm, double spacing)
{
    double steps = tol_mm / spacing;
    return !(steps > 1) ? 1 : steps < 1e6 ? (size_t)steps + 1 : 1000000;
}

lm_status lm_against_field(const lm_vol *vol, const lm_segment_facts *facts, const lm_mesh *mesh, const lm_mass *mass,
                           const lm_against_opt *opt, lm_against_facts *out, lm_err *err)
{
    static const char *const axis[2][3] = {{"min-x", "min-y", "min-z"}, {"max-x", "max-y", "max-z"}};
    const lm_tol *given = &opt->tol;
    double edge = INFINITY, shift = 0;
    size_t near[3];
    out->segment = *facts;
    for (int a = 0; a < 3; a++) {
        double d = mass->centroid_mm[a] - facts->centroid_mm[a];
        shift += d * d;
        edge = lm_vol_spacing(vol, a) < edge ? lm_vol_spacing(vol, a) : edge;
    }
    double tol_mm = given->has[LM_UNIT_MM] ? given->value[LM_UNIT_MM] : LM_AGAINST_EDGES * edge;
    for (int a = 0; a < 3; a++) near[a] = against_near(tol_mm, lm_vol_spacing(vol, a));
    if (opt->progress) opt->progress(opt->progress_ctx, "comparing with the source", 0);
    lm_status rc = lm_voxelize_overlap(mesh, vol, near, opt->threads, &out->overlap, err);
    if (rc) return rc;
    double percent = given->has[LM_UNIT_PERCENT] ? given->value[LM_UNIT_PERCENT] : LM_AGAINST_VOLUME_PERCENT;
    double tol_mm3 = percent / 100 * facts->at_level_mm3, surface = LM_AGAINST_SURFACE * edge * mass->area_mm2;
    if (given->has[LM_UNIT_MM3]) tol_mm3 = given->value[LM_UNIT_MM3];
    else if (!given->has[LM_UNIT_PERCENT] && surface > tol_mm3) tol_mm3 = surface;
    against_add(out, "volume", LM_UNIT_MM3, mass->volume_mm3, mass->u_volume_mm3, facts->at_level_mm3, "volume at level", tol_mm3);
    against_add(out, "centroid-shift", LM_UNIT_MM, sqrt(shift), mass->u_centroid_mm, 0, "centroid at level", tol_mm);
    for (int a = 0; a < 3; a++) {
        against_add(out, axis[0][a], LM_UNIT_MM, mass->lo_mm[a], mass->u_box_mm[a], facts->lo_mm[a], "box at level", tol_mm);
        against_add(out, axis[1][a], LM_UNIT_MM, mass->hi_mm[a], mass->u_box_mm[a], facts->hi_mm[a], "box at level", tol_mm);
    }
    lm_measurement *dice =
        against_add(out, "dice", LM_UNIT_NONE, out->overlap.dice, 0, 1, "mesh as voxels and mask the same", 1 - LM_AGAINST_DICE);
    snprintf(dice->note, sizeof dice->note, "%zu voxels in the mesh, %zu in the mask, %zu in both; at least %g wanted",
             out->overlap.mesh, out->overlap.mask, out->overlap.both, LM_AGAINST_DICE);
    against_add(out, "misplaced", LM_UNIT_NONE, (double)out->overlap.misplaced, 0, 0,
                "voxels of one only, away from the mask's surface", 0);
    return LM_OK;
}

lm_status lm_against(const char *const *paths, size_t n, const lm_records *rec, const lm_mesh *mesh, const lm_mass *mass,
                     const lm_against_opt *opt, lm_against_facts *out, lm_err *err)
{
    const json_t *dcmseg = NULL;
    lm_vol vol = LM_VOL_INIT;
    lm_segment_facts facts;
    json_t *ledger = NULL;
    lm_mesh solid;
    lm_mass outer = LM_MASS_INIT;
    bool hollow;
    *out = (lm_against_facts)LM_AGAINST_FACTS_INIT;
    lm_status rc = lm_against_record(rec, &dcmseg, err);
    if (rc) return rc;
    if (!(ledger = lm_ledger_collect(rec, err))) return LM_ENOMEM;
    size_t intended = lm_ledger_intended(ledger);
    if (!(rc = lm_ledger_solid(rec, mesh, &solid, &hollow, err)) && !hollow && intended < json_array_size(ledger)) {
        /* the mesh before the intended change is not in the stream, and this one is another solid on purpose */
        const char *stage = json_string_value(json_object_get(json_array_get(ledger, intended), "stage"));
        rc = lm_err_set(err, LM_ERULE, NULL,
                        "%.40s changed the mesh on purpose: judge the mesh before that stage against the source",
                        stage ? stage : "a stage");
    }
    if (!rc && (!hollow || !(rc = lm_mass_measure(&solid, &outer, err))) &&
        !(rc = lm_against_replay(paths, n, dcmseg, opt, &vol, &facts, err)) &&
        !(rc = lm_against_field(&vol, &facts, &solid, hollow ? &outer : mass, opt, out, err)))
        lm_ledger_check(ledger, lm_mesh_volume(mesh), &out->item[out->n++]);
    lm_mass_release(&outer);
    json_decref(ledger);
    lm_vol_release(&vol);
    return rc;
}
