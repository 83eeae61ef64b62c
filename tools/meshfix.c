/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshfix: check a mesh, or repair it; nothing that is not valid is sent on. */
#include "cli/cli.h"
#include "diff/finish.h"
#include "format/meshfile.h"
#include "format/pick.h"
#include "measure/facts.h"
#include "repair/limits.h"
#include "repair/repair_parts.h"
#include "repair/trim.h"
#include "stream/audit_json.h"
#include "stream/places_json.h"
#include "surface/split.h"

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
    lm_records rec;
    lm_audit_parts before, later;
    const lm_audit_parts *after; /* one of them */
    uint32_t label;
    lm_meshfile_in in;
    lm_keep_opt keep;
    unsigned skip; /* steps, as bits */
    lm_limits limits;
    lm_limits_result change;
    lm_repair_parts repair;
    lm_reduce_target target;
    lm_finish finish;
    lm_places places; /* with --check */
    lm_admesh_result second;
    bool asked; /* libadmesh, and it had an answer */
    lm_trim_plane plane;
    lm_trim trim;
    bool trimmed;
    lm_err untrimmed; /* why not */
    lm_mesh off;      /* what was cut off, with its records */
    lm_audit_parts off_audit;
    lm_records off_rec;
    bool within;      /* the limits */
    bool good;        /* valid, and within them, and all parts are there and fit each other */
    double volume[2]; /* before, after: of the mesh as a whole, closed or not */
    lm_meshfile_format format;
    char name[NAME]; /* where the mesh goes */
} s;

static lm_status usage_keep(lm_err *err)
{
    lm_quantity q;
    if (!strcmp(a.keep, "all")) return LM_OK;
    if (!strcmp(a.keep, "largest")) s.keep.most = 1;
    else if (!lm_num_size(a.keep, 1000000000, &s.keep.most)) {
        lm_status rc = lm_num_quantity(a.keep, LM_UNIT_NONE, &q, err);
        if (rc) return lm_err_frame(err, "--keep");
        if (q.unit == LM_UNIT_MM3) s.keep.min_mm3 = q.value;
    }
    if (s.keep.most || s.keep.min_mm3 > 0) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "--keep '%s': all, largest, a number of shells from 1, or a volume with its unit above 0", a.keep);
}

static lm_status usage_steps(lm_err *err)
{
    unsigned only;
    lm_status rc;
    if (a.skip && (rc = lm_repair_kinds(a.skip, &s.skip, err))) return lm_err_frame(err, "--skip");
    if (!a.only) return LM_OK;
    if (a.skip) return lm_err_set(err, LM_EUSAGE, NULL, "--skip and --only: one of them is enough");
    if ((rc = lm_repair_kinds(a.only, &only, err))) return lm_err_frame(err, "--only");
    s.skip = ~only & ((1U << LM_REPAIR_STEPS) - 1);
    return LM_OK;
}

static lm_status usage_limits(lm_err *err)
{
    const cli_quantity *v = &a.max_volume;
    s.limits = (lm_limits)LM_LIMITS_INIT;
    if (a.max_move.text && (a.max_move.q.unit != LM_UNIT_MM || a.max_move.q.value < 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "--max-move %s: a length is needed", a.max_move.text);
    if (v->text && v->q.value < 0) return lm_err_set(err, LM_EUSAGE, NULL, "--max-volume-change %s is below 0", v->text);
    if (a.max_move.text) s.limits.max_move_mm = a.max_move.q.value;
    if (v->text) *(v->q.unit == LM_UNIT_PERCENT ? &s.limits.max_volume_percent : &s.limits.max_volume_mm3) = v->q.value;
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
    bool keeps = s.keep.most || s.keep.min_mm3 > 0;
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
    if (a.decimate && (rc = lm_reduce_parse(a.decimate, &s.target, err))) return lm_err_frame(err, "--decimate");
    return LM_OK;
}

/* Parts that are there no more, though no shell was to go. */
static size_t gone(void)
{
    return s.keep.most || s.keep.min_mm3 > 0 ? 0 : s.before.n - s.after->n - s.trim.parts_gone;
}

/* Of the mesh as it is now, closed or not; of several parts all together. */
static double volume(const lm_audit_parts *now)
{
    return s.mesh.label ? now->all.volume_mm3 : lm_mesh_volume(&s.mesh);
}

/* What is wanted beyond repair, of a mesh that is valid. */
static lm_status finish(lm_err *err)
{
    lm_finish_opt opt = {.passes = (unsigned)a.smooth, .decimate = a.decimate, .max_move_mm = s.limits.max_move_mm};
    lm_status rc;
    s.finish = (lm_finish)LM_FINISH_INIT;
    if ((!a.smooth && !a.decimate) || !s.after->all.valid) return LM_OK;
    if (opt.max_move_mm >= 0) { /* of which the repairs had their share */
        lm_limits_check(&s.limits, s.repair.step, NULL, 0, 0, &s.change);
        opt.max_move_mm = opt.max_move_mm > s.change.move_mm ? opt.max_move_mm - s.change.move_mm : 0;
    }
    cli_progress(&tool, a.quiet, a.smooth ? "smooth" : "decimate", 0.7);
    if (s.target.bytes > 0 && (rc = lm_meshfile_fits(&s.mesh, s.format, &s.rec, s.target.bytes, &s.target.triangles, err)))
        return lm_err_frame(err, "--decimate %s", a.decimate);
    opt.target = s.target;
    opt.threads = (int)a.threads;
    return lm_finish_run(&s.mesh, &opt, &s.finish, err);
}

/* Judge the mesh again. */
static lm_status judge(lm_err *err)
{
    lm_audit_opt aopt = {.threads = (int)a.threads};
    lm_audit_parts_release(&s.later);
    s.after = &s.later;
    return lm_audit_parts_run(&s.mesh, &aopt, &s.later, err);
}

/* Where the faults are, part by part. */
static lm_status places(lm_err *err)
{
    lm_split parts = LM_SPLIT_INIT;
    cli_progress(&tool, a.quiet, "places", 0.7);
    s.asked = lm_admesh_check(&s.mesh, &s.second, NULL) == LM_OK; /* for information: without it the answer is the same */
    if (!s.mesh.label) return lm_places_add(&s.places, &s.mesh, &s.before.all, NULL, (int)a.threads, err);
    lm_status rc = lm_split_make(&s.mesh, &parts, err);
    for (size_t i = 0; i < parts.n && !rc; i++) {
        lm_mesh part = LM_MESH_INIT;
        if (!(rc = lm_split_part(&s.mesh, &parts, i, NULL, &part, NULL, err)))
            rc = lm_places_add(&s.places, &part, &s.before.part[i], parts.tri + parts.at[i], (int)a.threads, err);
        lm_mesh_release(&part);
    }
    lm_split_release(&parts);
    return rc;
}

/* Cut what is good. A plane that cannot be is an answer, not trouble. */
static lm_status cut(lm_err *err)
{
    lm_audit_opt aopt = {.threads = (int)a.threads};
    cli_progress(&tool, a.quiet, "cut", 0.8);
    lm_status rc = lm_trim_run(&s.mesh, &s.plane, (int)a.threads, a.cut_off ? &s.off : NULL, &s.trim, err);
    s.trimmed = !rc;
    if (rc == LM_ENO) {
        s.untrimmed = *err;
        s.good = false;
        return LM_OK;
    }
    if (!rc) rc = judge(err);
    if (!rc && s.off.nt) rc = lm_audit_parts_run(&s.off, &aopt, &s.off_audit, err);
    return rc;
}

static lm_status work(lm_err *err)
{
    lm_audit_opt aopt = {.threads = (int)a.threads};
    lm_repair_opt ropt = {.weld_mm = a.weld.text ? a.weld.q.value : 0,
                          .nearby_mm = a.nearby.text ? a.nearby.q.value : 0,
                          .keep = s.keep,
                          .rebuild_mm = a.rebuild.text ? a.rebuild.q.value : 0,
                          .skip = s.skip,
                          .threads = (int)a.threads};
    lm_status rc = a.label ? lm_pick_part(&s.mesh, &s.rec, a.label, &s.label, err) : LM_OK;
    if (rc) return rc;
    cli_progress(&tool, a.quiet, "check", 0.1);
    if ((rc = lm_audit_parts_run(&s.mesh, &aopt, &s.before, err))) return rc;
    s.volume[0] = volume(&s.before);
    s.after = &s.before;
    if (a.check && (rc = places(err))) return rc;
    if (!a.check) {
        cli_progress(&tool, a.quiet, "repair", 0.4);
        if ((rc = lm_repair_parts_run(&s.mesh, &s.before, &ropt, &s.repair, err))) return rc;
    }
    if (s.repair.touched) { /* a valid mesh keeps its bytes */
        cli_progress(&tool, a.quiet, "check again", 0.6);
        if ((rc = judge(err))) return rc;
    }
    if ((rc = finish(err)) || (s.finish.touched && (rc = judge(err)))) return rc;
    s.volume[1] = volume(s.after);
    s.within = lm_limits_check(&s.limits, s.repair.step, s.finish.step, LM_FINISH_STEPS, s.volume[!s.before.all.closed], &s.change);
    s.good = s.after->all.valid && s.within && s.finish.done && !s.repair.walls.lost && !gone();
    return a.cut && s.good ? cut(err) : LM_OK;
}

static json_t *steps_json(double *moved)
{
    json_t *list = json_array();
    *moved = 0;
    for (int i = 0; i < LM_REPAIR_STEPS && s.repair.touched; i++) {
        const lm_repair_step *p = &s.repair.step[i];
        if (p->max_move_mm > *moved) *moved = p->max_move_mm;
        json_t *o = json_pack("{s:s, s:I, s:f, s:f}", "step", lm_repair_name((lm_repair_kind)i), "count", (json_int_t)p->count,
                              "max_move_mm", p->max_move_mm, "volume_change_mm3", p->volume_change_mm3);
        if (i == LM_REPAIR_HOLES && p->count) {
            json_object_set_new(o, "triangles", json_integer((json_int_t)s.repair.hole_triangles));
            json_object_set_new(o, "area_mm2", json_real(s.repair.hole_area_mm2));
        }
        json_array_append_new(list, o);
    }
    if (lm_finish_json(&s.finish, list, NULL)) {
        json_decref(list);
        return NULL;
    }
    for (int i = 0; i < LM_FINISH_STEPS; i++) *moved += s.finish.step[i].max_move_mm;
    return list;
}

enum { TEXT = 300, NAMED = 20 }; /* holes named one by one */

/* "part 2 (liver): " in front of what is said of one of several. */
static int of_part(uint32_t label, char *text)
{
    char name[LM_PART_NAME];
    text[0] = 0;
    return s.mesh.label ? snprintf(text, TEXT, "part %u (%s): ", label, lm_parts_name(&s.mesh.parts, label, name)) : 0;
}

static void hole_text(uint32_t label, const lm_hole *h, char *text)
{
    char at[3][LM_NUM_TEXT];
    int n = of_part(label, text);
    for (int k = 0; k < 3; k++) lm_num_f32(h->at[k], at[k]);
    snprintf(text + n, (size_t)(TEXT - n),
             h->why == LM_HOLE_UNTRACED ? "%u open edges from (%s, %s, %s) mm on make no loop: %s"
                                        : "hole of %u edges at (%s, %s, %s) mm is not filled: %s",
             h->edges, at[0], at[1], at[2], lm_holes_why(h->why));
}

static void side_text(uint32_t label, const lm_repair *r, char *text)
{
    char at[3][LM_NUM_TEXT];
    int n = of_part(label, text);
    for (int k = 0; k < 3; k++) lm_num_f32(r->nonorientable_at[k], at[k]);
    n += snprintf(text + n, (size_t)(TEXT - n), "%zu piece%s with one side only (as a Moebius strip or a Klein bottle), the first ",
                  r->nonorientable, r->nonorientable == 1 ? "" : "s");
    if (!s.mesh.label) n += snprintf(text + n, (size_t)(TEXT - n), "with triangle %u ", r->nonorientable_first);
    snprintf(text + n, (size_t)(TEXT - n), "at (%s, %s, %s) mm: cannot be oriented", at[0], at[1], at[2]);
}

/* The first of them; false when there is none. */
static bool one_sided(char *text)
{
    size_t i = 0;
    while (i < s.repair.n && !s.repair.part[i].nonorientable) i++;
    if (i == s.repair.n || s.after->all.valid) return false;
    side_text(s.repair.label[i], &s.repair.part[i], text);
    return true;
}

static void wall_text(char *text)
{
    const lm_walls *w = &s.repair.walls;
    char name[2][LM_PART_NAME], at[3][LM_NUM_TEXT];
    for (int k = 0; k < 3; k++) lm_num_f32(w->at[k], at[k]);
    snprintf(text, TEXT,
             "the wall between part %u (%s) and part %u (%s) could not be kept at %zu triangles, the first at (%s, %s, %s) mm",
             w->between[0], lm_parts_name(&s.mesh.parts, w->between[0], name[0]), w->between[1],
             lm_parts_name(&s.mesh.parts, w->between[1], name[1]), w->lost, at[0], at[1], at[2]);
}

/* What was done is more than was allowed. */
static void limit_text(char *text)
{
    const lm_limits_result *c = &s.change;
    int n = 0;
    if (c->move_beyond)
        n = snprintf(text, TEXT, "the surface would move by %.6g mm, more than --max-move %s%s", c->move_mm, a.max_move.text,
                     c->volume_beyond ? "; " : "");
    if (c->volume_beyond)
        snprintf(text + n, (size_t)(TEXT - n), "the volume would change by %.6g mm3 (%.4g %%), more than --max-volume-change %s",
                 c->volume_mm3, c->volume_percent, a.max_volume.text);
}

/* The surface is a new one, or why it is not. */
static void rebuild_text(uint32_t label, const lm_repair *r, char *text)
{
    const lm_rebuild *b = &r->rebuild;
    int n = of_part(label, text);
    if (r->step[LM_REPAIR_REBUILD].count)
        snprintf(text + n, (size_t)(TEXT - n),
                 "other repairs were not enough: the whole surface was rebuilt on a grid of %.4g mm; the old one lies within %.4g "
                 "mm of it, holes were bridged by up to %.4g mm",
                 b->step_mm, b->max_move_mm, b->max_bridge_mm);
    else
        snprintf(text + n, (size_t)(TEXT - n),
                 "not rebuilt: on a grid of %.4g mm surface would be lost up to %.4g mm away, at (%.6g, %.6g, %.6g) mm; a finer "
                 "--rebuild may keep it",
                 b->step_mm, b->max_move_mm, (double)b->lost_at[0], (double)b->lost_at[1], (double)b->lost_at[2]);
}

/* What cutting did, or why it did not. */
static void cut_text(char *text)
{
    if (!s.trimmed) lm_err_line(&s.untrimmed, text, TEXT);
    else snprintf(text, TEXT, "no valid halves at the plane itself: it was moved by %.3g mm", s.trim.shift_mm);
}

/* What the parts are not yet, beside the counts of the audit; `say` takes each text. At most `most` holes are named. */
static lm_status remarks(size_t most, lm_status (*say)(void *ctx, const char *text, lm_err *err), void *ctx, lm_err *err)
{
    char text[TEXT];
    lm_status rc = LM_OK;
    size_t named = 0;
    for (size_t i = 0; i < s.repair.n && !rc; i++)
        for (size_t k = 0; k < s.repair.part[i].holes_left && named < most && !rc; k++, named++) {
            hole_text(s.repair.label[i], &s.repair.part[i].hole[k], text);
            rc = say(ctx, text, err);
        }
    if (!rc && most > 1 && s.repair.holes_left > most) {
        snprintf(text, sizeof text, "%zu more holes are not filled", s.repair.holes_left - most);
        rc = say(ctx, text, err);
    }
    for (size_t i = 0; i < s.repair.n && !rc; i++) {
        if (!s.repair.part[i].nonorientable) continue;
        side_text(s.repair.label[i], &s.repair.part[i], text);
        rc = say(ctx, text, err);
    }
    for (size_t i = 0; i < s.repair.n && !rc; i++) {
        if (!(s.repair.part[i].rebuild.step_mm > 0)) continue;
        rebuild_text(s.repair.label[i], &s.repair.part[i], text);
        rc = say(ctx, text, err);
    }
    if (!rc && gone()) {
        snprintf(text, sizeof text, "%zu part(s) enclosed nothing and are gone", gone());
        rc = say(ctx, text, err);
    }
    if (!rc && s.repair.walls.lost) {
        wall_text(text);
        rc = say(ctx, text, err);
    }
    if (!rc && !s.finish.done) {
        lm_finish_text(&s.finish, text, sizeof text);
        rc = say(ctx, text, err);
    }
    if (!rc && (s.untrimmed.code || s.trim.shift_mm != 0)) {
        cut_text(text);
        rc = say(ctx, text, err);
    }
    if (rc || s.within) return rc;
    limit_text(text);
    return say(ctx, text, err);
}

static lm_status into_record(void *r, const char *text, lm_err *err)
{
    return lm_record_finding(r, "warning", NULL, text, err);
}

static lm_status findings(json_t *r, lm_err *err)
{
    lm_status rc = remarks(NAMED, into_record, r, err);
    if (!rc && s.repair.touched && !s.before.all.closed)
        rc = lm_record_finding(r, "note", NULL, "the mesh was not closed before repair: its volume then is no volume of a body",
                               err);
    if (!rc && !s.good && a.write_failed)
        rc = lm_record_finding(r, "warning", NULL,
                               s.within ? "FAILED: written although it is not valid"
                                        : "FAILED: written although the repairs went beyond their limits",
                               err);
    return rc;
}

/* Under their long names, as they would be typed. */
static bool options(json_t *o)
{
    char steps[TEXT] = "", text[LM_NUM_TEXT + 4];
    bool bad = json_object_set_new(o, "check", json_boolean(a.check)) != 0;
    if (a.nearby.text) bad |= json_object_set_new(o, "nearby", json_real(a.nearby.q.value)) != 0;
    if (a.weld.text) bad |= json_object_set_new(o, "weld", json_real(a.weld.q.value)) != 0;
    if (a.rebuild.text) bad |= json_object_set_new(o, "rebuild", json_real(a.rebuild.q.value)) != 0;
    if (s.keep.most) bad |= json_object_set_new(o, "keep", json_integer((json_int_t)s.keep.most)) != 0;
    if (s.keep.min_mm3 > 0) {
        snprintf(text + lm_num_f64(s.keep.min_mm3, text), 4, "mm3");
        bad |= json_object_set_new(o, "keep", json_string(text)) != 0;
    }
    for (int k = 0; k < LM_REPAIR_STEPS; k++) {
        size_t n = strlen(steps);
        if (s.skip >> k & 1) snprintf(steps + n, sizeof steps - n, "%s%s", n ? "," : "", lm_repair_name((lm_repair_kind)k));
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

/* off: the other half's. */
static bool cut_json(json_t *r, bool off, lm_err *err)
{
    const double *n = s.plane.normal;
    if (!s.trimmed) return false;
    json_t *o = json_pack("{s:[f, f, f], s:f, s:f, s:b, s:f, s:I}", "normal", n[0], n[1], n[2], "offset_mm",
                          s.plane.offset_mm + s.trim.shift_mm, "shift_mm", s.trim.shift_mm, "off", off, "cap_area_mm2",
                          s.trim.cap_area_mm2, "cap_triangles", (json_int_t)s.trim.cap_triangles);
    return json_object_set_new(r, "cut", o) != 0 ||
           lm_record_ledger(r, "intended", "mesh", s.volume[1], "mesh", off ? s.trim.off_mm3 : s.trim.kept_mm3, 0, err);
}

/* off: of the half that was cut off. */
static lm_status record(lm_records *rec, bool off, lm_err *err)
{
    double moved;
    lm_status rc;
    const lm_audit_parts *now = off ? &s.off_audit : s.after;
    json_t *r = lm_record_new(rec, "meshfix", err);
    if (!r) return LM_ENOMEM;
    json_t *before = lm_audit_json(&s.before.all, err), *after = before ? lm_audit_json(&now->all, err) : NULL,
           *steps = steps_json(&moved);
    bool bad = options(json_object_get(r, "options"));
    json_t *audit = json_pack("{s:o, s:o}", "before", before, "after", after);
    bad |= json_object_set_new(r, "audit", audit) != 0;
    bad |= json_object_set_new(r, "repairs", steps) != 0;
    if (a.check) {
        const size_t *k = s.places.kind;
        bad |= json_object_set_new(r, "places", lm_places_json(&s.places, err)) != 0;
        bad |=
            json_object_set_new(r, "meeting",
                                json_pack("{s:I, s:I, s:I}", "touching", (json_int_t)k[LM_PLACE_TOUCHES], "crossing",
                                          (json_int_t)k[LM_PLACE_CROSSES], "overlapping", (json_int_t)k[LM_PLACE_OVERLAPS])) != 0;
        bad |= json_object_set_new(r, "second_opinion", lm_facts_second(s.asked ? &s.second : NULL)) != 0;
        bad |= json_object_set_new(r, "notes",
                                   json_pack("{s:I, s:I}", "slivers", (json_int_t)s.places.slivers, "short_sides",
                                             (json_int_t)s.places.short_edges)) != 0;
    }
    if (!a.check)
        bad |=
            json_object_set_new(r, "change",
                                json_pack("{s:f, s:f, s:f, s:b}", "max_move_mm", s.change.move_mm, "volume_mm3",
                                          s.change.volume_mm3, "volume_percent", s.change.volume_percent, "within", s.within)) != 0;
    if (s.mesh.label) bad |= json_object_set_new(r, "parts", lm_audit_parts_json(now, &s.mesh.parts, err)) != 0;
    if (s.repair.walls.walls)
        bad |= json_object_set_new(r, "walls",
                                   json_pack("{s:I, s:I}", "triangles", (json_int_t)s.repair.walls.walls, "lost",
                                             (json_int_t)s.repair.walls.lost)) != 0;
    rc = bad ? lm_err_nomem(err, sizeof(json_t))
             : lm_record_ledger(r, "change", "mesh", s.volume[0], "mesh", s.volume[1], moved, err);
    if (!rc && cut_json(r, off, err)) rc = lm_err_nomem(err, sizeof(json_t));
    if (rc || (rc = findings(r, err))) {
        json_decref(r);
        return rc;
    }
    return lm_record_append(rec, r, err);
}

/* Of both halves, where there are two. */
static lm_status records(lm_err *err)
{
    lm_status rc = LM_OK;
    if (s.off.nt) {
        s.off_rec = s.rec;
        for (size_t i = 0; i < s.off_rec.n; i++) json_incref(s.off_rec.item[i]);
        json_incref(s.off_rec.findings);
        rc = record(&s.off_rec, true, err);
    }
    return rc ? rc : record(&s.rec, false, err);
}

static void table_parts(lm_out *out)
{
    char name[LM_PART_NAME], line[LM_ERR_TEXT];
    for (size_t i = 0; i < s.after->n; i++) {
        const lm_audit *x = &s.after->part[i];
        lm_audit_line(x, line, sizeof line);
        lm_io_printf(out, "part %-10u %-32s %14.10g mm3   %s\n", s.after->label[i],
                     lm_parts_name(&s.mesh.parts, s.after->label[i], name), x->volume_mm3, line);
    }
}

/* The first place of a fault. */
static void table_place(lm_out *out, lm_fault f)
{
    char at[3][LM_NUM_TEXT];
    size_t i = 0;
    while (i < s.places.n && s.places.list[i].fault != f) i++;
    if (i == s.places.n) return;
    for (int k = 0; k < 3; k++) lm_num_f32(s.places.list[i].at[k], at[k]);
    lm_io_printf(out, " at (%s, %s, %s) mm", at[0], at[1], at[2]);
}

static void table_notes(lm_out *out)
{
    static const char *const how[LM_PLACE_KINDS] = {NULL, "  that touch", "  that cross", "  that overlap in one plane"};
    for (int k = 1; k < LM_PLACE_KINDS && s.after->all.count[LM_FAULT_SELF_INTERSECT]; k++)
        lm_io_printf(out, "%-48s %14zu\n", how[k], s.places.kind[k]);
    lm_io_printf(out, "%-48s %14zu\n", "note: triangles lower than 1/100 of their length", s.places.slivers);
    lm_io_printf(out, "%-48s %14zu\n", "note: sides of triangles below 0.01 mm", s.places.short_edges);
}

static void table(lm_out *out)
{
    const lm_audit *x = &s.after->all;
    const struct {
        const char *what;
        double value;
        const char *unit;
    } row[] = {
        {"triangles", (double)x->triangles, ""},
        {"vertices", (double)x->vertices, ""},
        {"vertices in no triangle", (double)x->unreferenced, ""},
        {"components", (double)x->components, ""},
        {"cavities", (double)x->cavities, ""},
        {"holes", (double)x->holes, ""},
        {"volume", x->volume_mm3, " mm3"},
        {"area", x->area_mm2, " mm2"},
        {"shortest edge", x->min_edge_mm, " mm"},
        {"longest edge", x->max_edge_mm, " mm"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        lm_io_printf(out, "%-48s %14.10g%s\n", row[i].what, row[i].value, row[i].unit);
    if (x->has_genus) lm_io_printf(out, "%-48s %14ld\n", "genus", x->genus);
    for (int f = 0; f < LM_FAULTS; f++) {
        bool vertex = f == LM_FAULT_NONFINITE || f == LM_FAULT_COINCIDENT || f == LM_FAULT_NONMANIFOLD_VERTEX;
        lm_io_printf(out, "%-48s %14zu", lm_audit_fault_text((lm_fault)f), x->count[f]);
        if (x->count[f]) lm_io_printf(out, "   first: %s %zu", vertex ? "vertex" : "triangle", x->first[f]);
        if (x->count[f] && f == LM_FAULT_SELF_INTERSECT) lm_io_printf(out, " and %zu", x->second);
        table_place(out, (lm_fault)f);
        lm_io_printf(out, "\n");
    }
    table_notes(out);
    if (s.asked)
        lm_io_printf(out, "%-48s %14s   %zu degenerate, %zu open edges, %zu reversed\n", "second opinion (libadmesh)",
                     s.second.good ? "good" : "not good", s.second.degenerate, s.second.open_edges, s.second.reversed);
    lm_io_printf(out, "%-48s %14s\n", "valid", x->valid ? "yes" : "no");
    if (s.mesh.label) table_parts(out);
}

/* "part.stl" becomes "part.FAILED.stl". */
static void name_output(void)
{
    const char *slash = strrchr(a.output, '/'), *dot = strrchr(slash ? slash : a.output, '.');
    if (s.good || !dot) snprintf(s.name, NAME, "%s", a.output);
    else snprintf(s.name, NAME, "%.*s.FAILED%s", (int)(dot - a.output), a.output, dot);
}

/* Mesh and JSON are put in place after all was written, so that trouble leaves nothing. */
static lm_status write_all(lm_err *err)
{
    lm_out *json = NULL, *mesh = NULL, *off = NULL, *mark = NULL, *out = NULL;
    lm_status rc = LM_OK;
    bool json_stdout = a.json && !strcmp(a.json, "-");
    if (a.json && (rc = cli_json(a.json, s.rec.item[s.rec.n - 1], &json, err))) goto done;
    if (a.output && (s.good || a.write_failed)) {
        lm_meshfile_opt opt = {.format = s.format, .title = s.good ? NULL : "FAILED part", .verdict = s.good ? NULL : "FAILED"};
        name_output();
        cli_progress(&tool, a.quiet, "write", 0.9);
        if ((rc = lm_meshfile_stage(s.name, &opt, &s.mesh, &s.rec, &mesh, err))) goto done;
    }
    if (a.mark && ((rc = lm_io_create(a.mark, false, &mark, err)) || (rc = lm_places_mark(mark, &s.mesh, &s.places, err)) ||
                   (rc = lm_io_flush(mark, err))))
        goto done;
    if (s.off.nt && s.good) {
        lm_meshfile_opt opt = {.title = NULL};
        if ((rc = lm_meshfile_suffix(a.cut_off, &opt.format, err)) ||
            (rc = lm_meshfile_stage(a.cut_off, &opt, &s.off, &s.off_rec, &off, err)))
            goto done;
    }
    if (a.check && !json_stdout && !(a.output && !strcmp(a.output, "-"))) {
        cli_progress_done(a.quiet);
        if ((rc = lm_io_create("-", true, &out, err))) goto done;
        table(out);
        rc = lm_io_commit(out, err);
    }
    if (!rc && mesh) {
        rc = lm_io_commit(mesh, err);
        mesh = NULL;
    }
    if (!rc && mark) {
        rc = lm_io_commit(mark, err);
        mark = NULL;
    }
    if (!rc && off) {
        rc = lm_io_commit(off, err);
        off = NULL;
    }
    if (!rc && json) {
        rc = lm_io_commit(json, err);
        json = NULL;
    }
done:
    lm_io_abort(mesh);
    lm_io_abort(off);
    lm_io_abort(mark);
    lm_io_abort(json);
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
    char line[TEXT];
    for (int i = 0; i < LM_REPAIR_STEPS && a.verbose; i++)
        if (s.repair.step[i].count)
            cli_note(&tool, "%s: %zu, moved %.3g mm, volume %+.6g mm3", lm_repair_name((lm_repair_kind)i), s.repair.step[i].count,
                     s.repair.step[i].max_move_mm, s.repair.step[i].volume_change_mm3);
    for (int i = 0; i < LM_FINISH_STEPS && a.verbose; i++)
        if (lm_finish_say(&s.finish, i, line, sizeof line)) cli_note(&tool, "%s", line);
    if (!a.quiet) (void)remarks(a.verbose ? NAMED : 1, onto_stderr, NULL, NULL);
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
        if (!s.good) {
            if (!s.within) limit_text(line);
            else if (s.untrimmed.code) cut_text(line);
            else if (!s.finish.done && s.after->all.valid) lm_finish_text(&s.finish, line, sizeof line);
            else if (s.repair.walls.lost && s.after->all.valid) snprintf(line, sizeof line, "the parts no longer fit each other");
            else if (gone() && s.after->all.valid) snprintf(line, sizeof line, "%zu part(s) are gone", gone());
            else if (!one_sided(line)) {
                lm_audit_parts_line(s.after, &s.mesh.parts, line, sizeof line);
                if (!a.check && !a.rebuild.text)
                    snprintf(line + strlen(line), sizeof line - strlen(line), "; --rebuild LENGTH asks for a new surface");
            }
            lm_err_set(&err, LM_ENO, NULL, "%s%s: %s",
                       !s.within                              ? "beyond the limits"
                       : s.untrimmed.code                     ? "not cut"
                       : !s.after->all.valid || s.finish.done ? "not valid"
                                                              : "not done as asked",
                       a.check                                          ? ""
                       : a.write_failed                                 ? " (written all the same)"
                       : s.within && s.finish.done && !s.untrimmed.code ? " after repair, and not sent on"
                                                                        : ", and not sent on",
                       line);
            rc = cli_fail(&tool, &err);
        }
    }
    lm_record_release(&s.rec);
    lm_record_release(&s.off_rec);
    lm_audit_parts_release(&s.off_audit);
    lm_places_release(&s.places);
    lm_mesh_release(&s.off);
    lm_repair_parts_release(&s.repair);
    lm_audit_parts_release(&s.before);
    lm_audit_parts_release(&s.later);
    lm_mesh_release(&s.mesh);
    return rc;
}
