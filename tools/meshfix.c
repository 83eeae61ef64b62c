/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshfix: check a mesh, or repair it; nothing that is not valid is sent on. */
#include "cli/cli.h"
#include "diff/mend_json.h"
#include "diff/mend_table.h"
#include "diff/mend_text.h"
#include "format/meshfile.h"
#include "format/pick.h"
#include "stream/places_json.h"

#include <stdio.h>
#include <string.h>

static struct {
    cli_quantity nearby, weld, rebuild, max_move, max_volume;
    bool check, keep_names, write_failed, verbose, quiet;
    size_t threads, smooth;
    const char *label, *keep, *skip, *only, *cut, *cut_off, *mark, *decimate, *output, *json;
} a = {.keep = "all"};

static const cli_opt opts[] = {
    {"check", 0, CLI_FLAG, NULL, NULL, "repair nothing: print what is wrong (the mesh goes on with -o only)", &a.check,
     LM_UNIT_NONE},
    {"mark", 0, CLI_TEXT, "FILE", NULL, "with --check: write the mesh as PLY with the faulty triangles in colour", &a.mark,
     LM_UNIT_NONE},
    {"nearby", 0, CLI_QUANTITY, "LENGTH", NULL, "first let libadmesh match triangles whose edges nearly meet (soups)", &a.nearby,
     LM_UNIT_MM},
    {"weld", 0, CLI_QUANTITY, "LENGTH", NULL, "join vertices of open edges that are no farther apart than this", &a.weld,
     LM_UNIT_MM},
    {"rebuild", 0, CLI_QUANTITY, "LENGTH", NULL, "the last resort where other repairs fail: a new surface, on a grid of this step",
     &a.rebuild, LM_UNIT_MM},
    {"keep", 'k', CLI_TEXT, "WHAT", NULL,
     "all (the default), largest, the N largest shells, or those of at least a volume (5mm3, 2ml)", &a.keep, LM_UNIT_NONE},
    {"label", 0, CLI_TEXT, "WHICH", NULL, "of several parts take one: its number, or a regular expression on its name", &a.label,
     LM_UNIT_NONE},
    {"keep-names", 0, CLI_FLAG, NULL, NULL, "keep names of parts also when they are no anatomical terms", &a.keep_names,
     LM_UNIT_NONE},
    {"skip", 0, CLI_TEXT, "STEPS", NULL, "leave these repairs out: their names, separated by commas (holes,cut)", &a.skip,
     LM_UNIT_NONE},
    {"only", 0, CLI_TEXT, "STEPS", NULL, "make these repairs only", &a.only, LM_UNIT_NONE},
    {"smooth", 0, CLI_COUNT, "PASSES", NULL, "make the surface smooth, volumes kept, in so many passes (10 is a good number)",
     &a.smooth, LM_UNIT_NONE},
    {"decimate", 0, CLI_TEXT, "WHAT", NULL,
     "fewer triangles: 200000, 10%, a file of 20MB, or as few as stay within 0.1mm of the surface", &a.decimate, LM_UNIT_NONE},
    {"max-move", 0, CLI_QUANTITY, "LENGTH", NULL, "send nothing on when the surface that stays was moved by more", &a.max_move,
     LM_UNIT_MM},
    {"max-volume-change", 0, CLI_QUANTITY, "PERCENT|VOLUME", NULL, "send nothing on when the repairs changed more volume",
     &a.max_volume, LM_UNIT_MM3},
    {"cut", 0, CLI_TEXT, "PLANE", NULL, "then cut: z=12.5mm keeps what is below, z=12.5mm,above the rest; or nx,ny,nz,d", &a.cut,
     LM_UNIT_NONE},
    {"cut-off", 0, CLI_TEXT, "FILE", NULL, "write what --cut takes away to FILE", &a.cut_off, LM_UNIT_NONE},
    {"write-failed", 0, CLI_FLAG, NULL, NULL, "write -o FILE also when it is not valid, marked FAILED in name and metadata",
     &a.write_failed, LM_UNIT_NONE},
    CLI_OPT_OUTPUT(&a.output),
    CLI_OPT_JSON(&a.json),
    CLI_OPT_THREADS(&a.threads),
    CLI_OPT_QUIET(&a.quiet),
    CLI_OPT_VERBOSE(&a.verbose),
    CLI_OPT_END,
};

static const cli_tool tool = {
    .name = "meshfix",
    .purpose = "Check a mesh (PLY, STL, 3MF, OBJ, OFF) for all that keeps it from being printed, or repair it.",
    .usage = "[options] [MESH]",
    .opts = opts,
    .notes = "Exit: 0 the mesh is valid (as it was, or after repair); 1 it is not, and is not sent on; 2 trouble.",
    .max_args = 1,
};

enum { NAME = 4096 };

static struct {
    lm_mesh mesh;
    lm_records rec, off_rec;
    uint32_t label;
    lm_meshfile_in in;
    lm_trim_plane plane;
    lm_mend_opt opt;
    lm_mend mend;
    lm_meshfile_format format;
    char name[NAME]; /* where the mesh goes */
} s;

static lm_status usage_keep(lm_err *err)
{
    lm_quantity q;
    if (!strcmp(a.keep, "all")) return LM_OK;
    if (!strcmp(a.keep, "largest")) s.opt.repair.keep.most = 1;
    else if (!lm_num_size(a.keep, 1000000000, &s.opt.repair.keep.most)) {
        lm_status rc = lm_num_quantity(a.keep, LM_UNIT_NONE, &q, err);
        if (rc) return lm_err_frame(err, "--keep");
        if (q.unit == LM_UNIT_MM3) s.opt.repair.keep.min_mm3 = q.value;
    }
    if (s.opt.repair.keep.most || s.opt.repair.keep.min_mm3 > 0) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "--keep '%s': all, largest, a number of shells from 1, or a volume with its unit above 0", a.keep);
}

static lm_status usage_steps(lm_err *err)
{
    unsigned only;
    lm_status rc;
    if (a.skip && (rc = lm_repair_kinds(a.skip, &s.opt.repair.skip, err))) return lm_err_frame(err, "--skip");
    if (!a.only) return LM_OK;
    if (a.skip) return lm_err_set(err, LM_EUSAGE, NULL, "--skip and --only: one of them is enough");
    if ((rc = lm_repair_kinds(a.only, &only, err))) return lm_err_frame(err, "--only");
    s.opt.repair.skip = ~only & ((1U << LM_REPAIR_STEPS) - 1);
    return LM_OK;
}

static lm_status usage_limits(lm_err *err)
{
    const cli_quantity *v = &a.max_volume;
    s.opt.limits = (lm_limits)LM_LIMITS_INIT;
    if (a.max_move.text && (a.max_move.q.unit != LM_UNIT_MM || a.max_move.q.value < 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "--max-move %s: a length is needed", a.max_move.text);
    if (v->text && v->q.value < 0) return lm_err_set(err, LM_EUSAGE, NULL, "--max-volume-change %s is below 0", v->text);
    if (a.max_move.text) s.opt.limits.max_move_mm = a.max_move.q.value;
    if (v->text) *(v->q.unit == LM_UNIT_PERCENT ? &s.opt.limits.max_volume_percent : &s.opt.limits.max_volume_mm3) = v->q.value;
    return LM_OK;
}

static lm_status usage(lm_err *err)
{
    lm_status rc = usage_keep(err);
    if (rc || (rc = usage_steps(err)) || (rc = usage_limits(err))) return rc;
    s.in = (lm_meshfile_in){.parts = true, .bodies = true, .keep_names = a.keep_names};
    bool to_stdout = a.output && !strcmp(a.output, "-");
    if (!a.output && !a.check) {
        a.output = "-";
        to_stdout = true;
    }
    bool keeps = s.opt.repair.keep.most || s.opt.repair.keep.min_mm3 > 0;
    const char *alters = keeps               ? "keep"
                         : a.nearby.text     ? "nearby"
                         : a.weld.text       ? "weld"
                         : a.rebuild.text    ? "rebuild"
                         : a.skip            ? "skip"
                         : a.only            ? "only"
                         : a.smooth          ? "smooth"
                         : a.decimate        ? "decimate"
                         : a.cut             ? "cut"
                         : a.max_move.text   ? "max-move"
                         : a.max_volume.text ? "max-volume-change"
                                             : NULL;
    if (a.check && alters) return lm_err_set(err, LM_EUSAGE, NULL, "--check changes nothing: leave --%s out", alters);
    if (a.weld.text && (a.weld.q.unit == LM_UNIT_PERCENT || a.weld.q.value <= 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "--weld %s: a length above 0 is needed", a.weld.text);
    if (a.nearby.text && (a.nearby.q.unit == LM_UNIT_PERCENT || a.nearby.q.value <= 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "--nearby %s: a length above 0 is needed", a.nearby.text);
    if (a.rebuild.text && (a.rebuild.q.unit == LM_UNIT_PERCENT || a.rebuild.q.value <= 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "--rebuild %s: a length above 0 is needed", a.rebuild.text);
    if (a.write_failed && (!a.output || to_stdout))
        return lm_err_set(err, LM_EUSAGE, NULL, "--write-failed needs -o FILE: a mesh that is not valid is never piped on");
    if (a.cut && (rc = lm_trim_parse(a.cut, &s.plane, err))) return lm_err_frame(err, "--cut");
    lm_meshfile_format format;
    if (a.cut_off && !a.cut) return lm_err_set(err, LM_EUSAGE, NULL, "--cut-off FILE needs --cut PLANE");
    if (a.cut_off && (rc = lm_meshfile_suffix(a.cut_off, &format, err))) return rc;
    if (a.mark && !a.check) return lm_err_set(err, LM_EUSAGE, NULL, "--mark FILE needs --check");
    const char *outputs[4] = {a.output, a.cut_off, a.mark, a.json};
    rc = cli_outputs(outputs, 4, 3, err);
    if (rc || (a.output && (rc = lm_meshfile_suffix(a.output, &s.format, err)))) return rc;
    if (a.smooth > LM_SMOOTH_PASSES_MAX)
        return lm_err_set(err, LM_EUSAGE, NULL, "--smooth %zu: at most %d passes", a.smooth, LM_SMOOTH_PASSES_MAX);
    if (a.decimate && (rc = lm_reduce_parse(a.decimate, &s.opt.target, err))) return lm_err_frame(err, "--decimate");
    return LM_OK;
}

static void progress(void *ctx, const char *what, double fraction)
{
    (void)ctx;
    cli_progress(&tool, a.quiet, what, fraction);
}

static lm_status fits(void *ctx, double bytes, size_t *triangles, lm_err *err)
{
    (void)ctx;
    if (!lm_meshfile_fits(&s.mesh, s.format, &s.rec, bytes, triangles, err)) return LM_OK;
    return lm_err_frame(err, "--decimate %s", a.decimate);
}

static lm_status work(lm_err *err)
{
    s.opt.check = a.check;
    s.opt.repair.weld_mm = a.weld.text ? a.weld.q.value : 0;
    s.opt.repair.nearby_mm = a.nearby.text ? a.nearby.q.value : 0;
    s.opt.repair.rebuild_mm = a.rebuild.text ? a.rebuild.q.value : 0;
    s.opt.repair.threads = s.opt.threads = (int)a.threads;
    s.opt.passes = (unsigned)a.smooth;
    s.opt.decimate = a.decimate != NULL;
    s.opt.move_text = a.max_move.text;
    s.opt.volume_text = a.max_volume.text;
    s.opt.plane = a.cut ? &s.plane : NULL;
    s.opt.off = a.cut_off != NULL;
    s.opt.failed = a.write_failed;
    s.opt.fits = fits;
    s.opt.progress = progress;
    lm_status rc = a.label ? lm_pick_part(&s.mesh, &s.rec, a.label, &s.label, err) : LM_OK;
    return rc ? rc : lm_mend_run(&s.mesh, &s.opt, &s.mend, err);
}

/* Under their long names, as they would be typed. */
static bool options(json_t *o)
{
    char steps[LM_MEND_TEXT] = "", text[LM_NUM_TEXT + 4];
    bool bad = json_object_set_new(o, "check", json_boolean(a.check)) != 0;
    if (a.nearby.text) bad |= json_object_set_new(o, "nearby", json_real(a.nearby.q.value)) != 0;
    if (a.weld.text) bad |= json_object_set_new(o, "weld", json_real(a.weld.q.value)) != 0;
    if (a.rebuild.text) bad |= json_object_set_new(o, "rebuild", json_real(a.rebuild.q.value)) != 0;
    if (s.opt.repair.keep.most) bad |= json_object_set_new(o, "keep", json_integer((json_int_t)s.opt.repair.keep.most)) != 0;
    if (s.opt.repair.keep.min_mm3 > 0) {
        snprintf(text + lm_num_f64(s.opt.repair.keep.min_mm3, text), 4, "mm3");
        bad |= json_object_set_new(o, "keep", json_string(text)) != 0;
    }
    for (int k = 0; k < LM_REPAIR_STEPS; k++) {
        size_t n = strlen(steps);
        if (s.opt.repair.skip >> k & 1)
            snprintf(steps + n, sizeof steps - n, "%s%s", n ? "," : "", lm_repair_name((lm_repair_kind)k));
    }
    if (*steps) bad |= json_object_set_new(o, "skip", json_string(steps)) != 0;
    if (a.smooth) bad |= json_object_set_new(o, "smooth", json_integer((json_int_t)a.smooth)) != 0;
    if (a.decimate) bad |= json_object_set_new(o, "decimate", json_string(a.decimate)) != 0;
    if (a.max_move.text) bad |= json_object_set_new(o, "max-move", json_real(a.max_move.q.value)) != 0;
    if (a.max_volume.text) {
        snprintf(text + lm_num_f64(a.max_volume.q.value, text), 4, "%s", a.max_volume.q.unit == LM_UNIT_PERCENT ? "%" : "mm3");
        bad |= json_object_set_new(o, "max-volume-change", json_string(text)) != 0;
    }
    if (a.cut) bad |= json_object_set_new(o, "cut", json_string(a.cut)) != 0;
    if (a.label) bad |= json_object_set_new(o, "label", json_integer((json_int_t)s.label)) != 0;
    if (a.keep_names) bad |= json_object_set_new(o, "keep-names", json_true()) != 0;
    if (a.write_failed) bad |= json_object_set_new(o, "write-failed", json_true()) != 0;
    return bad;
}

/* off: of the half that was cut off. */
static lm_status record(lm_records *rec, bool off, lm_err *err)
{
    json_t *r = lm_record_new(rec, "meshfix", err);
    if (!r) return LM_ENOMEM;
    lm_status rc = options(json_object_get(r, "options")) ? lm_err_nomem(err, sizeof(json_t)) : lm_mend_json(&s.mend, off, r, err);
    if (!rc) return lm_record_append(rec, r, err);
    json_decref(r);
    return rc;
}

/* Of both halves, where there are two. */
static lm_status records(lm_err *err)
{
    lm_status rc = LM_OK;
    if (s.mend.off.nt) {
        s.off_rec = s.rec;
        for (size_t i = 0; i < s.off_rec.n; i++) json_incref(s.off_rec.item[i]);
        json_incref(s.off_rec.findings);
        rc = record(&s.off_rec, true, err);
    }
    return rc ? rc : record(&s.rec, false, err);
}

/* "part.stl" becomes "part.FAILED.stl". */
static void name_output(void)
{
    const char *slash = strrchr(a.output, '/'), *dot = strrchr(slash ? slash : a.output, '.');
    if (s.mend.good || !dot) snprintf(s.name, NAME, "%s", a.output);
    else snprintf(s.name, NAME, "%.*s.FAILED%s", (int)(dot - a.output), a.output, dot);
}

enum { MESH, MARK, OFF, JSON, FILES };

/* All that goes into files, not yet in place. */
static lm_status stage(lm_out *out[FILES], lm_err *err)
{
    const bool good = s.mend.good;
    lm_status rc = LM_OK;
    if (a.json && (rc = cli_json(a.json, s.rec.item[s.rec.n - 1], &out[JSON], err))) return rc;
    if (a.output && (good || a.write_failed)) {
        lm_meshfile_opt opt = {.format = s.format, .title = good ? NULL : "FAILED part", .verdict = good ? NULL : "FAILED"};
        name_output();
        cli_progress(&tool, a.quiet, "write", 0.9);
        if ((rc = lm_meshfile_stage(s.name, &opt, &s.mesh, &s.rec, &out[MESH], err))) return rc;
    }
    if (a.mark && ((rc = lm_io_create(a.mark, false, &out[MARK], err)) ||
                   (rc = lm_places_mark(out[MARK], &s.mesh, &s.mend.places, err)) || (rc = lm_io_flush(out[MARK], err))))
        return rc;
    if (s.mend.off.nt && good) {
        lm_meshfile_opt opt = {.title = NULL};
        if (!(rc = lm_meshfile_suffix(a.cut_off, &opt.format, err)))
            rc = lm_meshfile_stage(a.cut_off, &opt, &s.mend.off, &s.off_rec, &out[OFF], err);
    }
    return rc;
}

/* Mesh and JSON are put in place after all was written, so that trouble leaves nothing. */
static lm_status write_all(lm_err *err)
{
    lm_out *out[FILES] = {NULL}, *table = NULL;
    lm_status rc = stage(out, err);
    if (!rc && a.check && !(a.json && !strcmp(a.json, "-")) && !(a.output && !strcmp(a.output, "-"))) {
        cli_progress_done(a.quiet);
        if (!(rc = lm_io_create("-", true, &table, err))) {
            lm_mend_table(&s.mend, table);
            rc = lm_io_commit(table, err);
        }
    }
    for (int i = 0; i < FILES; i++)
        if (rc || !out[i]) lm_io_abort(out[i]);
        else rc = lm_io_commit(out[i], err);
    return rc;
}

static lm_status onto_stderr(void *ctx, const char *text, lm_err *err)
{
    (void)ctx;
    (void)err;
    cli_note(&tool, "%s", text);
    return LM_OK;
}

static void say(void)
{
    char line[LM_MEND_TEXT];
    for (int i = 0; i < LM_REPAIR_STEPS + LM_FINISH_STEPS && a.verbose; i++)
        if (lm_mend_step(&s.mend, i, line, sizeof line)) cli_note(&tool, "%s", line);
    if (!a.quiet) (void)lm_mend_remarks(&s.mend, a.verbose ? LM_MEND_NAMED : 1, onto_stderr, NULL, NULL);
}

int main(int argc, char **argv)
{
    const char *args[1] = {"-"};
    size_t n;
    int rc;
    lm_err err = LM_ERR_INIT;
    char line[LM_ERR_TEXT];

    if (cli_parse(&tool, argc, argv, args, 1, &n, &rc)) return rc;
    if (usage(&err) || lm_meshfile_load_as(args[0], &s.in, &s.mesh, &s.rec, &err) || work(&err) || records(&err) || write_all(&err))
        rc = cli_fail(&tool, &err);
    else {
        cli_progress_done(a.quiet);
        say();
        if (!s.mend.good) {
            lm_mend_no(&s.mend, line, sizeof line);
            lm_err_set(&err, LM_ENO, NULL, "%s", line);
            rc = cli_fail(&tool, &err);
        }
    }
    lm_record_release(&s.rec);
    lm_record_release(&s.off_rec);
    lm_mend_release(&s.mend);
    lm_mesh_release(&s.mesh);
    return rc;
}
