/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mcubes: isosurface of a volume stream, as a valid mesh. */
#include "cli/cli.h"
#include "format/meshfile.h"
#include "stream/audit_json.h"
#include "stream/preserve_json.h"
#include "stream/volfile.h"
#include "surface/audit_parts.h"
#include "surface/mclabels.h"
#include "surface/mcubes.h"
#include "surface/relax.h"
#include "surface/relief.h"
#include "volume/terms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_LISTED = 1000 }; /* a record of more would be too long for a stream */
#define NO_RELAX SIZE_MAX

static struct {
    cli_quantity iso, inside, outside, relief, base, pixel;
    const char *window, *method, *output, *json;
    bool open, preserve, labels, keep_names, verbose, quiet;
    size_t threads, relax;
} a = {.output = "-", .relax = NO_RELAX};

static const cli_opt opts[] = {
    {"iso", 0, CLI_QUANTITY, "LEVEL", NULL, "level of the surface, in the unit of the samples (else the stream's own)", &a.iso,
     LM_UNIT_HU},
    {"open", 0, CLI_FLAG, NULL, NULL, "leave the surface open where the object leaves the volume", &a.open, LM_UNIT_NONE},
    {"preserve-volume", 0, CLI_FLAG, NULL, NULL, "move the level of each piece so that it has its two-class partial volume",
     &a.preserve, LM_UNIT_NONE},
    {"inside", 0, CLI_QUANTITY, "VALUE", NULL, "of the partial volume: value of samples wholly inside (else their mean nearby)",
     &a.inside, LM_UNIT_HU},
    {"outside", 0, CLI_QUANTITY, "VALUE", NULL, "of the partial volume: value of samples wholly outside", &a.outside, LM_UNIT_HU},
    {"labels", 0, CLI_FLAG, NULL, NULL, "the samples are labels: a part for each, walls between parts in common", &a.labels,
     LM_UNIT_NONE},
    {"method", 0, CLI_TEXT, "nets|mc", NULL,
     "with labels: smoothed surface nets (default), or plain marching cubes of each label by itself, as IBSI defines", &a.method,
     LM_UNIT_NONE},
    {"relax", 0, CLI_COUNT, "N", NULL, "with nets: steps of smoothing (default 30); 0: the surface of the voxels", &a.relax,
     LM_UNIT_NONE},
    {"keep-names", 0, CLI_FLAG, NULL, NULL, "keep names of parts also when they are no anatomical terms", &a.keep_names,
     LM_UNIT_NONE},
    {"relief", 0, CLI_QUANTITY, "HEIGHT", NULL, "make a solid of one image (dcmseg --frame), brightness as height: not anatomy",
     &a.relief, LM_UNIT_MM},
    {"base", 0, CLI_QUANTITY, "T", "2mm", "with --relief: thickness under the darkest pixel", &a.base, LM_UNIT_MM},
    {"pixel", 0, CLI_QUANTITY, "SIZE", NULL, "with --relief: edge of a pixel, where the image does not say it", &a.pixel,
     LM_UNIT_MM},
    {"window", 0, CLI_TEXT, "LO:HI", NULL,
     "with --relief: values of the lowest and the highest point; HI:LO raises the dark (default: least and greatest)", &a.window,
     LM_UNIT_NONE},
    CLI_OPT_OUTPUT(&a.output),
    CLI_OPT_JSON(&a.json),
    CLI_OPT_THREADS(&a.threads),
    CLI_OPT_QUIET(&a.quiet),
    CLI_OPT_VERBOSE(&a.verbose),
    CLI_OPT_END,
};

static const cli_tool tool = {
    .name = "mcubes",
    .purpose =
        "Make the surface of {value >= level}, or of labels, in a volume (NRRD, NIfTI) as a mesh (PLY, or by the suffix of FILE).",
    .usage = "[options] [VOLUME]",
    .opts = opts,
    .notes = "Exit: 0 a valid mesh was written; 1 nothing crosses the level, or the mesh is not valid; 2 trouble.",
    .max_args = 1,
};

static struct {
    lm_vol vol;    /* without samples where they are read slice by slice */
    lm_nrrd *rest; /* of the input, behind the header */
    lm_slices slices;
    lm_regions regions;
    lm_records rec;
    lm_mesh mesh;
    lm_audit_parts audit;
    lm_relief_opt relief;
    lm_relax_facts relaxed;
    lm_preserve_facts preserved;
    double iso, at_level; /* volume of {f >= iso}, mm3 */
    bool labels;          /* regions are what the surface is of */
} s;

/* ---- a level in grey values ---- */

/* What the surface is compared with: the volume at level that dcmseg measured of these samples, or the same measured here. */
static bool reference(double *mm3)
{
    const json_t *seg = json_object_get(lm_record_last(&s.rec, "dcmseg"), "segment");
    const json_t *level = json_object_get(seg, "iso"), *at = json_object_get(seg, "at_level_mm3");
    if (!s.rec.belong || !json_is_number(at) || !json_is_number(level) || json_number_value(level) != s.iso) return false;
    *mm3 = json_number_value(at);
    return true;
}

static lm_status grey_surface(lm_err *err)
{
    lm_moments moments = {.volume_mm3 = 0};
    const bool known = reference(&s.at_level);
    const lm_mcubes_opt opt = {.iso = s.iso, .open = a.open, .threads = (int)a.threads, .moments = known ? NULL : &moments};
    lm_status rc = lm_mcubes_slices(&s.slices, &opt, &s.mesh, err);
    if (!rc && !known) s.at_level = moments.volume_mm3;
    return rc;
}

static void moving(void *ctx, double fraction)
{
    (void)ctx;
    cli_progress(&tool, a.quiet, "surface", 0.5 * fraction);
}

static lm_status preserve(lm_err *err)
{
    lm_preserve_opt opt = LM_PRESERVE_OPT_INIT;
    lm_partial *list = NULL;
    lm_moments moments;
    opt.threads = (int)a.threads;
    opt.progress = moving;
    if (a.inside.text) opt.partial.inside = a.inside.q.value;
    if (a.outside.text) opt.partial.outside = a.outside.q.value;
    lm_status rc = s.rest ? lm_nrrd_samples(s.rest, &s.vol, err) : LM_OK;
    if (!rc && !reference(&s.at_level)) {
        rc = lm_moments_of(&s.vol, s.iso, (int)a.threads, &moments, err);
        s.at_level = moments.volume_mm3;
    }
    if (!rc) rc = lm_preserve_source(s.rec.belong ? lm_record_last(&s.rec, "dcmseg") : NULL, s.iso, &opt, &list, err);
    if (!rc) rc = lm_preserve(&s.vol, s.iso, &opt, &s.mesh, &s.preserved, err);
    free(list);
    return rc;
}

/* What was moved and what was not. */
static lm_status preserve_record(json_t *r, double *plain, lm_err *err)
{
    char text[LM_PRESERVE_TEXT];
    json_t *o = json_object_get(r, "options"), *what = lm_preserve_json(&s.preserved, err);
    if (!what) return LM_ENOMEM;
    if (json_object_set_new(r, "preserve", what) || json_object_set_new(o, "preserve-volume", json_true()) ||
        (a.inside.text && json_object_set_new(o, "inside", json_real(a.inside.q.value))) ||
        (a.outside.text && json_object_set_new(o, "outside", json_real(a.outside.q.value))))
        return lm_err_nomem(err, 0);
    lm_status rc = LM_OK;
    *plain = 0;
    for (size_t i = 0; i < s.preserved.n; i++) *plain += s.preserved.piece[i].plain_mm3;
    for (lm_preserve_why w = LM_PRESERVE_MOVED; w < LM_PRESERVE_WHYS && !rc; w++)
        if (lm_preserve_text(&s.preserved, w, text))
            rc = lm_record_finding(r, s.preserved.count[LM_PRESERVE_MOVED] ? "note" : "warning", NULL, text, err);
    return rc;
}

static lm_status grey_record(json_t *r, lm_err *err)
{
    double clamp = 0, plain = s.audit.all.volume_mm3;
    lm_status rc = lm_mcubes_clamp(&s.vol, &clamp, err);
    if (!rc && a.preserve) rc = preserve_record(r, &plain, err);
    /* No point of the mesh leaves the cell whose corners it separates: that is how far it can be from the level. */
    if (!rc) rc = lm_record_ledger(r, "change", "volume_at_level", s.at_level, "mesh", plain, lm_vol_diagonal(&s.vol), err);
    if (!rc && a.preserve)
        rc = lm_record_ledger(r, "change", "mesh", plain, "mesh", s.audit.all.volume_mm3, s.preserved.moved_mm, err);
    if (rc) return rc;
    json_t *o = json_object_get(r, "options");
    return json_object_set_new(o, "iso", json_real(s.iso)) || json_object_set_new(o, "open", json_boolean(a.open)) ||
                   json_object_set_new(r, "clamp", json_real(clamp))
               ? lm_err_nomem(err, 0)
               : LM_OK;
}

/* ---- labels ---- */

static lm_status label_options(lm_err *err)
{
    bool mc = a.method && !strcmp(a.method, "mc");
    if (a.method && !mc && strcmp(a.method, "nets"))
        return lm_err_set(err, LM_EUSAGE, NULL, "--method %s: nets and mc are known", a.method);
    if (mc && a.relax != NO_RELAX)
        return lm_err_set(err, LM_EUSAGE, NULL, "--relax is for --method nets: marching cubes are not smoothed");
    if (a.relax != NO_RELAX && a.relax > 1000) return lm_err_set(err, LM_EUSAGE, NULL, "--relax %zu: at most 1000 steps", a.relax);
    if (a.relax == NO_RELAX) a.relax = LM_RELAX_STEPS;
    if (a.labels && (a.iso.text || a.open || a.relief.text))
        return lm_err_set(err, LM_EUSAGE, NULL, "--labels have no level, no border and no height: leave out --%s",
                          a.iso.text ? "iso"
                          : a.open   ? "open"
                                     : "relief");
    if (!a.preserve && (a.inside.text || a.outside.text))
        return lm_err_set(err, LM_EUSAGE, NULL, "--%s is for --preserve-volume", a.inside.text ? "inside" : "outside");
    if (a.preserve && (a.open || a.labels || a.relief.text))
        return lm_err_set(err, LM_EUSAGE, NULL, "--preserve-volume moves a closed surface at a level: leave out --%s",
                          a.open     ? "open"
                          : a.labels ? "labels, which keep their volume by --method nets"
                                     : "relief");
    return LM_OK;
}

static void relaxing(void *ctx, double fraction)
{
    (void)ctx;
    cli_progress(&tool, a.quiet, "surface", 0.1 + 0.4 * fraction);
}

static lm_status label_surface(lm_err *err)
{
    lm_nets net = LM_NETS_INIT;
    lm_vol map = LM_VOL_INIT;
    lm_relax_opt opt = {.steps = (unsigned)a.relax, .threads = (int)a.threads, .progress = relaxing};
    for (size_t i = 0; i < s.regions.count && !a.keep_names; i++) {
        char *name = s.regions.item[i].part.name;
        if (name[0] && !lm_terms_known(name)) name[0] = 0;
    }
    if (a.method && !strcmp(a.method, "mc")) return lm_mclabels(&s.regions, (int)a.threads, &s.mesh, err);
    lm_status rc = lm_regions_to_vol(&s.regions, &map, err);
    if (rc == LM_ERULE)
        return lm_err_frame(err, "--method nets needs one label for each sample (--method mc takes segments that overlap)");
    if (!rc) rc = lm_nets_make(&map, (int)a.threads, &net, err);
    if (!rc) rc = lm_relax(&net, &map, &opt, &s.mesh, &s.relaxed, err);
    lm_vol_release(&map);
    return rc;
}

/* Of each part what went in and what came out. */
static lm_status label_parts(json_t *r, double voxel, lm_err *err)
{
    json_t *list = json_array();
    size_t rough = 0;
    if (!list || json_object_set_new(r, "parts", list)) return lm_err_nomem(err, 0);
    for (size_t i = 0; i < s.audit.n; i++) {
        const lm_region *g = lm_regions_find(&s.regions, s.audit.label[i]);
        bool smooth = s.relaxed.n && s.relaxed.part[i].smooth;
        char name[LM_PART_NAME];
        rough += a.relax && s.relaxed.n && !smooth;
        if (i < PARTS_LISTED &&
            json_array_append_new(list, json_pack("{s:I, s:s, s:I, s:f, s:f, s:b}", "label", (json_int_t)s.audit.label[i], "name",
                                                  lm_parts_name(&s.mesh.parts, s.audit.label[i], name), "voxel_count",
                                                  (json_int_t)g->voxels, "voxel_count_mm3", (double)g->voxels * voxel, "mesh_mm3",
                                                  s.audit.part[i].volume_mm3, "smooth", smooth)))
            return lm_err_nomem(err, 0);
    }
    if (json_object_set_new(r, "part_count", json_integer((json_int_t)s.audit.n))) return lm_err_nomem(err, 0);
    if (!rough) return LM_OK;
    char text[160];
    snprintf(text, sizeof text, "%zu of %zu parts are left as voxels: smoothed, they would not keep their volume", rough,
             s.audit.n);
    return lm_record_finding(r, "note", NULL, text, err);
}

/* The stage before may have ended with the volume at level of the same samples: the books go on from there. */
static lm_status label_carry(json_t *r, double voxels_mm3, lm_err *err)
{
    const json_t *list = s.rec.n ? json_object_get(s.rec.item[s.rec.n - 1], "ledger") : NULL;
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    const char *to = json_string_value(json_object_get(last, "to"));
    if (!s.rec.belong || !to || strcmp(to, "volume_at_level")) return LM_OK;
    return lm_record_ledger(r, "change", to, json_number_value(json_object_get(last, "after_mm3")), "voxel_count", voxels_mm3, -1,
                            err);
}

static lm_status label_record(json_t *r, lm_err *err)
{
    lm_vol grid = lm_regions_grid(&s.regions);
    double voxel = fabs(lm_vol_det(&grid)), before = 0;
    bool nets = s.relaxed.n > 0;
    json_t *o = json_object_get(r, "options");
    for (size_t i = 0; i < s.regions.count; i++) before += (double)s.regions.item[i].voxels * voxel;
    lm_status rc = label_carry(r, before, err);
    if (!rc)
        rc = lm_record_ledger(r, "change", "voxel_count", before, "mesh", s.audit.all.volume_mm3,
                              nets ? s.relaxed.moved_mm : lm_vol_diagonal(&grid), err);
    if (!rc) rc = label_parts(r, voxel, err);
    if (rc) return rc;
    return json_object_set_new(o, "labels", json_true()) || json_object_set_new(o, "method", json_string(nets ? "nets" : "mc")) ||
                   (nets && json_object_set_new(o, "relax", json_integer((json_int_t)a.relax))) ||
                   (a.keep_names && json_object_set_new(o, "keep-names", json_true()))
               ? lm_err_nomem(err, 0)
               : LM_OK;
}

/* ---- relief ---- */

static lm_status length(const cli_quantity *q, const char *name, lm_err *err)
{
    if (!q->text || (q->q.unit != LM_UNIT_PERCENT && q->q.value > 0)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--%s %s: a length above 0 is needed", name, q->text);
}

static lm_status relief_options(lm_err *err)
{
    lm_relief_opt *opt = &s.relief;
    lm_status rc;
    *opt = (lm_relief_opt)LM_RELIEF_OPT_INIT;
    if (!a.relief.text && (a.pixel.text || a.window))
        return lm_err_set(err, LM_EUSAGE, NULL, "--%s is for --relief", a.pixel.text ? "pixel" : "window");
    if (a.relief.text && (a.iso.text || a.open))
        return lm_err_set(err, LM_EUSAGE, NULL, "--relief has no level and no border: leave out --%s", a.open ? "open" : "iso");
    if ((rc = length(&a.relief, "relief", err)) || (rc = length(&a.base, "base", err)) || (rc = length(&a.pixel, "pixel", err)))
        return rc;
    opt->height_mm = a.relief.q.value;
    opt->base_mm = a.base.q.value;
    if (a.pixel.text) opt->pixel_mm = a.pixel.q.value;
    const char *colon = a.window ? strchr(a.window, ':') : NULL, *end = colon ? lm_num_parse(a.window, colon, &opt->lo) : NULL;
    if (a.window && (!colon || end != colon || !lm_num_all(colon + 1, &opt->hi) || opt->lo == opt->hi))
        return lm_err_set(err, LM_EUSAGE, NULL, "--window '%s': two numbers LO:HI that differ are needed", a.window);
    return LM_OK;
}

static lm_status relief_record(json_t *r, lm_err *err)
{
    const lm_relief_opt *opt = &s.relief;
    if (json_object_update_new(json_object_get(r, "options"),
                               json_pack("{s:f, s:f, s:o, s:{s:f, s:f}}", "relief", opt->height_mm, "base", opt->base_mm, "pixel",
                                         opt->pixel_mm > 0 ? json_real(opt->pixel_mm) : json_null(), "window", "lo", opt->lo, "hi",
                                         opt->hi)) ||
        json_object_set_new(r, "anatomy", json_false()))
        return lm_err_nomem(err, 0);
    return lm_record_finding(r, "warning", "G-7", "relief of one image: height is brightness, the model is not anatomy", err);
}

/* ---- all ---- */

static lm_status reading(lm_status rc, const lm_in *in, lm_err *err)
{
    return rc ? lm_err_frame(err, "cannot read '%s'", lm_io_name(in)) : LM_OK;
}

/* Labels, an image, or a volume and the level to cut it at: of which the samples are read when the surface is made. */
static lm_status read_volume(lm_in *in, lm_err *err)
{
    s.labels = a.labels;
    lm_status rc =
        a.labels ? lm_volfile_regions(in, NULL, &s.regions, &s.rec, err) : lm_volfile_open(in, &s.rest, &s.vol, &s.rec, err);
    if (rc || a.labels) return reading(rc, in, err);
    const bool level = a.iso.text || s.vol.has_iso;
    s.labels = !a.relief.text && !s.vol.image && !level && s.vol.parts.n;
    if (s.labels && a.preserve)
        return lm_err_set(err, LM_EUSAGE, NULL, "--preserve-volume is for grey volumes, and this one holds labels");
    if (a.relief.text || s.labels) {
        if (s.rest && (rc = lm_nrrd_samples(s.rest, &s.vol, err))) return reading(rc, in, err);
        return s.labels ? lm_regions_from_vol(&s.vol, &s.regions, err) : LM_OK;
    }
    if (s.vol.image)
        return lm_err_set(err, LM_ERULE, "G-7",
                          "the stream is an image (dcmseg --frame), not a volume: it has no surface; --relief raises it");
    if (!level)
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "the stream carries no level: say --iso LEVEL, or --labels when its samples are labels");
    if (a.method || a.keep_names)
        return lm_err_set(err, LM_EUSAGE, NULL, "--%s is for labels, and this is a grey volume",
                          a.method ? "method" : "keep-names");
    s.iso = a.iso.text ? a.iso.q.value : s.vol.iso;
    return a.preserve ? LM_OK : reading(lm_volfile_slices(s.rest, &s.vol, &s.slices, err), in, err);
}

static lm_status make(lm_in *in, lm_err *err)
{
    cli_progress(&tool, a.quiet, "surface", 0);
    lm_status rc = s.labels        ? label_surface(err)
                   : a.relief.text ? lm_relief(&s.vol, &s.relief, &s.mesh, err)
                   : a.preserve    ? preserve(err)
                                   : grey_surface(err);
    return rc == LM_EFORMAT || rc == LM_EIO ? reading(rc, in, err) : rc; /* slices are read on the way */
}

/* Valid, or as much as was asked for: an open surface may have open edges and nothing else. */
static lm_status check(lm_err *err)
{
    char line[LM_ERR_TEXT];
    lm_audit_opt opt = {.threads = (int)a.threads};
    cli_progress(&tool, a.quiet, "check", 0.5);
    lm_status rc = lm_audit_parts_run(&s.mesh, &opt, &s.audit, err);
    if (rc) return rc;
    const lm_audit *all = &s.audit.all;
    bool good = all->valid;
    if (a.open && all->intersect_tested) {
        good = true;
        for (int f = 0; f < LM_FAULTS; f++) good &= f == LM_FAULT_OPEN_EDGE || all->count[f] == 0;
    }
    if (good) return LM_OK;
    lm_audit_parts_line(&s.audit, &s.mesh.parts, line, sizeof line);
    return lm_err_set(err, LM_ENO, NULL, "the surface is not valid: %s", line);
}

static lm_status record(lm_err *err)
{
    json_t *r = lm_record_new(&s.rec, tool.name, err), *audit = r ? lm_audit_json(&s.audit.all, err) : NULL;
    lm_status rc = !audit          ? LM_ENOMEM
                   : s.labels      ? label_record(r, err)
                   : a.relief.text ? relief_record(r, err)
                                   : grey_record(r, err);
    if (!rc && json_object_set(r, "audit", audit)) rc = lm_err_nomem(err, 0);
    json_decref(audit);
    if (!rc) return lm_record_append(&s.rec, r, err);
    json_decref(r);
    return rc;
}

static lm_status write_all(const lm_meshfile_opt *opt, lm_err *err)
{
    lm_out *json = NULL;
    cli_progress(&tool, a.quiet, "write", 0.9);
    lm_status rc = a.json ? cli_json(a.json, s.rec.item[s.rec.n - 1], &json, err) : LM_OK;
    if (!rc) rc = lm_meshfile_save(a.output, opt, &s.mesh, &s.rec, err);
    if (!rc && json) return lm_io_commit(json, err);
    lm_io_abort(json);
    return rc;
}

static void say(void)
{
    char text[LM_PRESERVE_TEXT];
    for (lm_preserve_why w = LM_PRESERVE_MOVED + 1; w < LM_PRESERVE_WHYS && !a.quiet; w++)
        if (lm_preserve_text(&s.preserved, w, text)) cli_note(&tool, "%s", text);
    if (a.relief.text && !a.quiet) cli_note(&tool, "relief of one image: height is brightness, the model is not anatomy");
    if (!a.verbose) return;
    if (a.relief.text)
        cli_note(&tool, "values %g to %g: %zu vertices, %zu triangles", s.relief.lo, s.relief.hi, s.mesh.nv, s.mesh.nt);
    else if (s.labels)
        cli_note(&tool, "%zu parts: %zu vertices, %zu triangles, %.6g mm3, moved %.3g mm at most, %zu vertices held back",
                 s.audit.n, s.mesh.nv, s.mesh.nt, s.audit.all.volume_mm3, s.relaxed.moved_mm, s.relaxed.back);
    else if (a.preserve)
        cli_note(&tool, "level %g, %zu of %zu pieces moved by %.3g mm at most: %zu vertices, %zu triangles, %.6g mm3", s.iso,
                 s.preserved.count[LM_PRESERVE_MOVED], s.preserved.n, s.preserved.moved_mm, s.mesh.nv, s.mesh.nt,
                 s.audit.all.volume_mm3);
    else cli_note(&tool, "level %g: %zu vertices, %zu triangles, %.6g mm3", s.iso, s.mesh.nv, s.mesh.nt, s.audit.all.volume_mm3);
}

int main(int argc, char **argv)
{
    const char *args[1] = {"-"};
    size_t n;
    int rc;
    lm_err err = LM_ERR_INIT;
    lm_in *in = NULL;
    lm_meshfile_opt fopt = LM_MESHFILE_OPT_INIT;

    if (cli_parse(&tool, argc, argv, args, 1, &n, &rc)) return rc;
    const char *outputs[2] = {a.output, a.json};
    const cli_quantity *level[3] = {&a.iso, &a.inside, &a.outside};
    for (int i = 0; i < 3 && !err.code; i++)
        if (level[i]->text && level[i]->q.unit == LM_UNIT_PERCENT)
            lm_err_set(&err, LM_EUSAGE, NULL, "%s: a level is a number, or a number with HU", level[i]->text);
    fopt.threads = (int)a.threads;
    if (err.code || relief_options(&err) || label_options(&err) || cli_outputs(outputs, 2, 1, &err) ||
        lm_meshfile_suffix(a.output, &fopt.format, &err) || lm_io_open(args[0], &in, &err) || read_volume(in, &err) ||
        make(in, &err) || check(&err) || record(&err) || write_all(&fopt, &err))
        rc = cli_fail(&tool, &err);
    else {
        cli_progress_done(a.quiet);
        say();
    }
    lm_slices_release(&s.slices);
    lm_nrrd_close(s.rest);
    lm_io_close(in);
    lm_vol_release(&s.vol);
    lm_regions_release(&s.regions);
    lm_record_release(&s.rec);
    lm_mesh_release(&s.mesh);
    lm_audit_parts_release(&s.audit);
    lm_relax_release(&s.relaxed);
    lm_preserve_release(&s.preserved);
    return rc;
}
