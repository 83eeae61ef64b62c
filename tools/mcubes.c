/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mcubes: isosurface of a volume stream, as a valid mesh. */
#include "cli/cli.h"
#include "format/meshfile.h"
#include "stream/audit_json.h"
#include "stream/nrrd.h"
#include "surface/audit.h"
#include "surface/mcubes.h"
#include "surface/relief.h"
#include "volume/segment.h"

#include <math.h>
#include <string.h>

static struct {
    cli_quantity iso, relief, base, pixel;
    const char *window;
    bool open, verbose, quiet;
    size_t threads;
    const char *output, *json;
} a = {.output = "-"};

static const cli_opt opts[] = {
    {"iso", 0, CLI_QUANTITY, "LEVEL", NULL, "level of the surface, in the unit of the samples (else the stream's own)", &a.iso,
     LM_UNIT_HU},
    {"open", 0, CLI_FLAG, NULL, NULL, "leave the surface open where the object leaves the volume", &a.open, LM_UNIT_NONE},
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
    .purpose = "Make the surface of {value >= level} in a volume (NRRD) as a mesh (PLY, or by the suffix of FILE).",
    .usage = "[options] [VOLUME]",
    .opts = opts,
    .notes = "Exit: 0 a valid mesh was written; 1 nothing crosses the level, or the mesh is not valid; 2 trouble.",
    .max_args = 1,
};

/* What the surface is compared with: the volume at level that dcmseg measured, or the same measured here. */
static lm_status reference(const lm_vol *vol, const lm_records *rec, double iso, double *mm3, lm_err *err)
{
    const json_t *seg = json_object_get(lm_record_last(rec, "dcmseg"), "segment");
    const json_t *level = json_object_get(seg, "iso"), *at = json_object_get(seg, "at_level_mm3");
    if (rec->belong && json_is_number(at) && json_is_number(level) && json_number_value(level) == iso) {
        *mm3 = json_number_value(at);
        return LM_OK;
    }
    lm_segment_facts facts;
    lm_vol view = *vol;
    view.iso = iso;
    view.has_iso = true;
    lm_status rc = lm_segment_measure(&view, (int)a.threads, &facts, err);
    *mm3 = facts.at_level_mm3;
    return rc;
}

/* No point of the mesh leaves the cell whose corners it separates, so it is nowhere farther from the level than the cell's
 * longest diagonal. */
static double cell_diagonal(const lm_vol *v)
{
    double longest = 0;
    for (int s = 0; s < 4; s++) {
        double d2 = 0;
        for (int c = 0; c < 3; c++) {
            double x = v->dir[0][c] + (s & 1 ? -1 : 1) * v->dir[1][c] + (s & 2 ? -1 : 1) * v->dir[2][c];
            d2 += x * x;
        }
        if (d2 > longest) longest = d2;
    }
    return sqrt(longest);
}

static lm_status record(const lm_vol *vol, const lm_mesh *mesh, const lm_audit *audit, double iso, lm_records *rec, lm_err *err)
{
    double before = 0, clamp = 0;
    lm_status rc;
    json_t *r = lm_record_new(rec, "mcubes", err);
    if (!r) return err->code;
    if ((rc = lm_mcubes_clamp(vol, &clamp, err)) || (rc = reference(vol, rec, iso, &before, err)) ||
        (rc = lm_record_ledger(r, "change", "volume_at_level", before, "mesh", lm_mesh_volume(mesh), cell_diagonal(vol), err))) {
        json_decref(r);
        return rc;
    }
    json_t *o = json_object_get(r, "options"), *audit_json = lm_audit_json(audit, err);
    if (!audit_json || json_object_set_new(o, "iso", json_real(iso)) || json_object_set_new(o, "open", json_boolean(a.open)) ||
        json_object_set_new(r, "clamp", json_real(clamp)) || json_object_set_new(r, "audit", audit_json)) {
        json_decref(r);
        return lm_err_nomem(err, 0);
    }
    return lm_record_append(rec, r, err);
}

/* Valid, or as much as was asked for: an open surface may have open edges and nothing else. */
static lm_status accept(const lm_audit *audit, lm_err *err)
{
    char line[LM_ERR_TEXT];
    bool good = audit->valid;
    if (a.open && audit->intersect_tested) {
        good = true;
        for (int f = 0; f < LM_FAULTS; f++) good &= f == LM_FAULT_OPEN_EDGE || audit->count[f] == 0;
    }
    if (good) return LM_OK;
    lm_audit_line(audit, line, sizeof line);
    return lm_err_set(err, LM_ENO, NULL, "the surface is not valid: %s", line);
}

/* ---- relief ---- */

static lm_status length(const cli_quantity *q, const char *name, lm_err *err)
{
    if (!q->text || (q->q.unit != LM_UNIT_PERCENT && q->q.value > 0)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--%s %s: a length above 0 is needed", name, q->text);
}

static lm_status relief_options(lm_relief_opt *opt, lm_err *err)
{
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

static lm_status relief_record(const lm_relief_opt *opt, const lm_audit *audit, lm_records *rec, lm_err *err)
{
    json_t *r = lm_record_new(rec, "mcubes", err), *audit_json = r ? lm_audit_json(audit, err) : NULL;
    lm_status rc = audit_json ? LM_OK : LM_ENOMEM;
    if (!rc && (json_object_update_new(json_object_get(r, "options"),
                                       json_pack("{s:f, s:f, s:o, s:{s:f, s:f}}", "relief", opt->height_mm, "base", opt->base_mm,
                                                 "pixel", opt->pixel_mm > 0 ? json_real(opt->pixel_mm) : json_null(), "window",
                                                 "lo", opt->lo, "hi", opt->hi)) ||
                json_object_set(r, "audit", audit_json) || json_object_set_new(r, "anatomy", json_false())))
        rc = lm_err_nomem(err, 0);
    if (!rc)
        rc = lm_record_finding(r, "warning", "G-7", "relief of one image: height is brightness, the model is not anatomy", err);
    json_decref(audit_json);
    if (!rc) return lm_record_append(rec, r, err);
    json_decref(r);
    return rc;
}

/* ---- surface ---- */

/* A volume and the level to cut it at. */
static lm_status read_volume(lm_in *in, lm_vol *vol, lm_records *rec, lm_err *err)
{
    if (a.iso.text && a.iso.q.unit == LM_UNIT_PERCENT)
        return lm_err_set(err, LM_EUSAGE, NULL, "--iso %s: a level is a number, or a number with HU", a.iso.text);
    if (lm_nrrd_read(in, vol, rec, err)) return lm_err_frame(err, "cannot read '%s'", lm_io_name(in));
    if (a.relief.text) return LM_OK;
    if (vol->image)
        return lm_err_set(err, LM_ERULE, "G-7",
                          "the stream is an image (dcmseg --frame), not a volume: it has no surface; --relief raises it");
    if (!a.iso.text && !vol->has_iso) return lm_err_set(err, LM_EUSAGE, NULL, "the stream carries no level: say --iso LEVEL");
    return LM_OK;
}

int main(int argc, char **argv)
{
    const char *args[1] = {"-"};
    size_t n;
    int rc;
    lm_err err = LM_ERR_INIT;
    lm_in *in = NULL;
    lm_out *json = NULL;
    lm_vol vol = LM_VOL_INIT;
    lm_mesh mesh = LM_MESH_INIT;
    lm_records rec = LM_RECORDS_INIT;
    lm_audit audit;
    lm_audit_opt aopt = LM_AUDIT_OPT_INIT;
    lm_mcubes_opt mopt = LM_MCUBES_OPT_INIT;
    lm_meshfile_opt fopt = LM_MESHFILE_OPT_INIT;
    lm_relief_opt ropt;

    if (cli_parse(&tool, argc, argv, args, 1, &n, &rc)) return rc;
    const char *outputs[2] = {a.output, a.json};
    if (relief_options(&ropt, &err) || cli_outputs(outputs, 2, 1, &err) || lm_meshfile_suffix(a.output, &fopt.format, &err))
        goto fail;
    if (lm_io_open(args[0], &in, &err) || read_volume(in, &vol, &rec, &err)) goto fail;
    mopt.iso = a.iso.text ? a.iso.q.value : vol.iso;
    mopt.open = a.open;
    mopt.threads = aopt.threads = (int)a.threads;
    cli_progress(&tool, a.quiet, "surface", 0);
    if (a.relief.text ? lm_relief(&vol, &ropt, &mesh, &err) : lm_mcubes(&vol, &mopt, &mesh, &err)) goto fail;
    cli_progress(&tool, a.quiet, "check", 0.5);
    if (lm_audit_run(&mesh, &aopt, &audit, &err) || accept(&audit, &err) ||
        (a.relief.text ? relief_record(&ropt, &audit, &rec, &err) : record(&vol, &mesh, &audit, mopt.iso, &rec, &err)))
        goto fail;
    lm_vol_release(&vol);
    cli_progress(&tool, a.quiet, "write", 0.9);
    if ((a.json && cli_json(a.json, rec.item[rec.n - 1], &json, &err)) || lm_meshfile_save(a.output, &fopt, &mesh, &rec, &err))
        goto fail;
    lm_out *ready = json;
    json = NULL;
    if (ready && lm_io_commit(ready, &err)) goto fail;
    cli_progress_done(a.quiet);
    if (a.relief.text && !a.quiet) cli_note(&tool, "relief of one image: height is brightness, the model is not anatomy");
    if (a.verbose && a.relief.text)
        cli_note(&tool, "values %g to %g: %zu vertices, %zu triangles", ropt.lo, ropt.hi, mesh.nv, mesh.nt);
    else if (a.verbose)
        cli_note(&tool, "level %g: %zu vertices, %zu triangles, %.6g mm3", mopt.iso, mesh.nv, mesh.nt, audit.volume_mm3);
    goto done;
fail:
    rc = cli_fail(&tool, &err);
done:
    lm_io_abort(json);
    lm_io_close(in);
    lm_record_release(&rec);
    lm_mesh_release(&mesh);
    lm_vol_release(&vol);
    return rc;
}
