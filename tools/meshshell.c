/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshshell: give thin walls a least thickness, hollow a solid to a wall, or check how thick walls are. */
#include "cli/cli.h"
#include "format/meshfile.h"
#include "format/pick.h"
#include "shell/extras.h"
#include "shell/shell_json.h"
#include "shell/tube_json.h"

#include <stdlib.h>
#include <string.h>

static struct {
    cli_quantity min_wall, hollow, from_surface, check_wall, grid, max_memory, min_gap, plug, qa_cube;
    cli_list drain, cut;
    bool join, verbose, quiet;
    size_t threads;
    const char *side, *allow, *up, *ball_bar, *label, *output, *json;
} a;

static const cli_opt opts[] = {
    {"min-wall", 0, CLI_QUANTITY, "LENGTH", NULL, "add material where the solid is thinner than this, and nowhere else",
     &a.min_wall, LM_UNIT_MM},
    {"hollow", 0, CLI_QUANTITY, "LENGTH", NULL, "hollow the solid to a wall of this thickness; the outer surface stays as it is",
     &a.hollow, LM_UNIT_MM},
    {"wall-from-surface", 0, CLI_QUANTITY, "LENGTH", NULL,
     "make an open surface, the lumen of a vessel, a wall of this thickness around it, with flat ends", &a.from_surface,
     LM_UNIT_MM},
    {"cut", 0, CLI_LIST, "PLANE", NULL,
     "with --wall-from-surface: cut the surface open first: z=12.5mm keeps what is below, z=12.5mm,above the rest; or nx,ny,nz,d",
     &a.cut, LM_UNIT_NONE},
    {"check-wall", 0, CLI_QUANTITY, "LENGTH", NULL, "is the solid at least this thick everywhere? (the mesh goes on with -o only)",
     &a.check_wall, LM_UNIT_MM},
    {"grid", 0, CLI_QUANTITY, "STEP", NULL,
     "grid step of --hollow and --wall-from-surface, at most and by default a third of the wall", &a.grid, LM_UNIT_MM},
    {"side", 0, CLI_TEXT, "WHERE", "both", "sides that --min-wall adds to: outside, inside (the walls of cavities), both", &a.side,
     LM_UNIT_NONE},
    {"min-gap", 0, CLI_QUANTITY, "LENGTH", NULL, "gaps that --min-wall leaves open, by default a third of the wall", &a.min_gap,
     LM_UNIT_MM},
    {"drain", 0, CLI_LIST, "D[@X,Y,Z]", NULL,
     "holes of this diameter into what --hollow hollows: at its lowest point, or at a place (may be repeated)", &a.drain,
     LM_UNIT_NONE},
    {"up", 0, CLI_TEXT, "X,Y,Z", NULL, "away from the print bed: 0,0,1 where nothing else is said", &a.up, LM_UNIT_NONE},
    {"plug", 0, CLI_QUANTITY, "LENGTH", NULL, "add a plug for each drain hole, narrower than the hole by this on all sides",
     &a.plug, LM_UNIT_MM},
    {"qa-cube", 0, CLI_QUANTITY, "LENGTH", NULL, "put a cube with this edge beside the part, to measure the print by", &a.qa_cube,
     LM_UNIT_MM},
    {"qa-ball-bar", 0, CLI_TEXT, "D,L", NULL, "put a bar beside the part: balls of diameter D, centres L apart", &a.ball_bar,
     LM_UNIT_NONE},
    {"allow", 0, CLI_TEXT, "NAME", NULL, "pass and list: thin (what --min-wall left thin), closed (hollows without a drain hole)",
     &a.allow, LM_UNIT_NONE},
    {"label", 0, CLI_TEXT, "WHICH", NULL, "of several parts take one: its number, or a regular expression on its name", &a.label,
     LM_UNIT_NONE},
    {"join-parts", 0, CLI_FLAG, NULL, NULL, "take several parts as one, without the walls between them", &a.join, LM_UNIT_NONE},
    {"max-memory", 0, CLI_NUMBER, "MIB", "8192", "most memory that the grid may take, in MiB", &a.max_memory, LM_UNIT_NONE},
    CLI_OPT_OUTPUT(&a.output),
    CLI_OPT_JSON(&a.json),
    CLI_OPT_THREADS(&a.threads),
    CLI_OPT_QUIET(&a.quiet),
    CLI_OPT_VERBOSE(&a.verbose),
    CLI_OPT_END,
};

static const cli_tool tool = {
    .name = "meshshell",
    .purpose = "Give the thin walls of a solid mesh a least thickness, hollow it to a wall, or check how thick its walls are.",
    .usage = "--min-wall LENGTH | --hollow LENGTH | --wall-from-surface LENGTH | --check-wall LENGTH [options] [MESH]",
    .opts = opts,
    .notes = "Exit: 0 the walls are as asked for, by the check; 1 no (what is in the way is named); 2 trouble.",
    .max_args = 1,
};

static struct {
    lm_mesh mesh, out;
    lm_records rec;
    lm_audit before_audit, after;
    lm_hollow_facts hollow;
    lm_trim_plane cut[CLI_LIST_MAX];
    lm_tube_facts tube;
    lm_thicken_facts thicken;
    lm_wall_facts wall;
    lm_medial_side side;
    lm_extras_opt extras_opt;
    lm_extras extras;
    float *before; /* places before --min-wall */
    lm_meshfile_format format;
    uint32_t label;
    bool good;
} s;

static lm_status length(const cli_quantity *q, const char *name, lm_err *err)
{
    if (!q->text || (q->q.unit != LM_UNIT_PERCENT && q->q.value > 0)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--%s %s: a length above 0 is needed", name, q->text);
}

static lm_status min_wall_usage(lm_err *err)
{
    static const char *const side[] = {"both", "outside", "inside"};
    while (s.side < 3 && strcmp(a.side, side[s.side])) s.side++;
    if (s.side == 3) return lm_err_set(err, LM_EUSAGE, NULL, "--side %.40s: outside, inside or both", a.side);
    if (a.allow && strcmp(a.allow, a.hollow.text ? "closed" : "thin"))
        return lm_err_set(err, LM_EUSAGE, NULL, "--allow %.40s: thin, or closed with --hollow, is all there is", a.allow);
    if (a.min_gap.text && (a.min_gap.q.unit == LM_UNIT_PERCENT || !(a.min_gap.q.value >= 0)))
        return lm_err_set(err, LM_EUSAGE, NULL, "--min-gap %s: a length of 0 or more is needed", a.min_gap.text);
    if (!a.min_wall.text && (s.side || a.min_gap.text || (a.allow && !a.drain.n && !a.from_surface.text)))
        return lm_err_set(err, LM_EUSAGE, NULL, "--side and --min-gap are for --min-wall, --allow for that and for --drain");
    return LM_OK;
}

static lm_status cut_usage(lm_err *err)
{
    if (a.cut.n && !a.from_surface.text)
        return lm_err_set(err, LM_EUSAGE, NULL, "--cut is for --wall-from-surface (see also meshfix)");
    for (size_t i = 0; i < a.cut.n; i++)
        if (lm_trim_parse(a.cut.item[i], &s.cut[i], err)) return lm_err_frame(err, "--cut");
    return LM_OK;
}

static bool extras(void)
{
    return a.drain.n || a.qa_cube.text || a.ball_bar;
}

static lm_status extras_usage(lm_err *err)
{
    const lm_extras_text text = {.drains = a.drain.n,
                                 .drain = a.drain.item,
                                 .up = a.up,
                                 .ball_bar = a.ball_bar,
                                 .plug_gap_mm = a.plug.text ? a.plug.q.value : 0,
                                 .cube_mm = a.qa_cube.text ? a.qa_cube.q.value : 0};
    if (a.drain.n && !a.hollow.text) return lm_err_set(err, LM_EUSAGE, NULL, "--drain is for --hollow");
    if (a.plug.text && !a.drain.n) return lm_err_set(err, LM_EUSAGE, NULL, "--plug is for the holes of --drain");
    if (a.up && !extras()) return lm_err_set(err, LM_EUSAGE, NULL, "--up is for --drain, --qa-cube and --qa-ball-bar");
    if (extras() && a.check_wall.text)
        return lm_err_set(err, LM_EUSAGE, NULL, "--check-wall changes nothing: leave --qa-cube and --qa-ball-bar out");
    return lm_extras_parse(&text, &s.extras_opt, err);
}

static lm_status usage(lm_err *err)
{
    lm_status rc;
    int verbs = !!a.min_wall.text + !!a.hollow.text + !!a.from_surface.text + !!a.check_wall.text;
    if (verbs > 1 || (!verbs && !extras()))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "one of --min-wall, --hollow, --wall-from-surface and --check-wall LENGTH is needed");
    if ((rc = length(&a.min_wall, "min-wall", err)) || (rc = length(&a.hollow, "hollow", err)) ||
        (rc = length(&a.check_wall, "check-wall", err)) || (rc = length(&a.grid, "grid", err)) || (rc = min_wall_usage(err)) ||
        (rc = length(&a.plug, "plug", err)) || (rc = length(&a.qa_cube, "qa-cube", err)) || (rc = extras_usage(err)) ||
        (rc = length(&a.from_surface, "wall-from-surface", err)) || (rc = cut_usage(err)))
        return rc;
    if (a.grid.text && !a.hollow.text && !a.from_surface.text)
        return lm_err_set(err, LM_EUSAGE, NULL, "--grid is for --hollow and --wall-from-surface: nothing else uses a grid");
    if (!(a.max_memory.q.value >= 1 && a.max_memory.q.value <= 1e9))
        return lm_err_set(err, LM_EUSAGE, NULL, "--max-memory %s: 1 MiB or more is needed", a.max_memory.text);
    if (a.join && a.label) return lm_err_set(err, LM_EUSAGE, NULL, "--label takes one part, --join-parts all: name one of them");
    if (!a.output && !a.check_wall.text) a.output = "-";
    const char *outputs[2] = {a.output, a.json};
    if ((rc = cli_outputs(outputs, 2, 1, err))) return rc;
    return a.output ? lm_meshfile_suffix(a.output, &s.format, err) : LM_OK;
}

static void progress(void *ctx, const char *what, double fraction)
{
    (void)ctx;
    cli_progress(&tool, a.quiet, what, fraction);
}

/* ---- the work ---- */

static lm_status load(const char *path, lm_err *err)
{
    const lm_meshfile_in in = {.parts = !a.join, .bodies = true};
    lm_status rc = lm_meshfile_load_as(path, &in, &s.mesh, &s.rec, err);
    return rc ? rc : lm_pick_body(&s.mesh, &s.rec, a.label, &s.label, err);
}

static lm_status valid(const lm_audit *x, const char *what, lm_err *err)
{
    char line[LM_ERR_TEXT];
    if (x->valid) return LM_OK;
    lm_audit_line(x, line, sizeof line);
    return lm_err_set(err, LM_ENO, NULL, "%s: %.300s", what, line);
}

static lm_status check_wall(lm_mesh *m, double wall_mm, bool quality, lm_err *err)
{
    const lm_wall_opt opt = {.wall_mm = wall_mm, .wide = true, .threads = (int)a.threads, .progress = progress};
    return lm_wall_check(m, &opt, quality, &s.wall, err);
}

static lm_hollow_opt on_grid(const cli_quantity *wall)
{
    return (lm_hollow_opt){.wall_mm = wall->q.value,
                           .step_mm = a.grid.text ? a.grid.q.value : 0,
                           .max_memory = (size_t)(a.max_memory.q.value * 0x1p20),
                           .threads = (int)a.threads,
                           .progress = progress};
}

static lm_status hollow(lm_err *err)
{
    const lm_hollow_opt opt = on_grid(&a.hollow);
    return lm_hollow(&s.mesh, &opt, &s.out, &s.hollow, err);
}

/* The wall around a lumen; its check is that of --check-wall. */
static lm_status tube(lm_err *err)
{
    const lm_tube_opt opt = {.hollow = on_grid(&a.from_surface), .cuts = a.cut.n, .cut = s.cut};
    lm_status rc = lm_tube(&s.mesh, &opt, &s.out, &s.tube, err);
    s.hollow = s.tube.hollow;
    return rc ? rc : check_wall(&s.out, a.from_surface.q.value, false, err);
}

static lm_status thicken(lm_err *err)
{
    const lm_thicken_opt opt = {.wall_mm = a.min_wall.q.value,
                                .min_gap_mm = a.min_gap.text ? a.min_gap.q.value : a.min_wall.q.value / 3,
                                .side = s.side,
                                .threads = (int)a.threads,
                                .progress = progress};
    return lm_thicken(&s.mesh, &opt, &s.out, &s.before, &s.thicken, &s.wall, err);
}

/* Holes into what was hollowed, and what goes beside the part. */
static lm_status add(lm_err *err)
{
    if (!s.good || !extras()) return LM_OK;
    cli_progress(&tool, a.quiet, "holes and bodies beside the part", 0.92);
    lm_status rc = lm_extras_run(&s.out, s.hollow.outer_triangles, s.hollow.wall_mm, &s.extras_opt, (int)a.threads, &s.extras, err);
    if (!rc && s.extras.drain.closed && !a.allow) s.good = false;
    return rc;
}

static lm_status work(lm_err *err)
{
    const lm_audit_opt aopt = {.threads = (int)a.threads};
    lm_status rc;
    cli_progress(&tool, a.quiet, "check", 0);
    if (a.from_surface.text) s.before_audit.valid = true; /* it looks for itself */
    else if ((rc = lm_audit_run(&s.mesh, &aopt, &s.before_audit, err))) return rc;
    if ((rc = valid(&s.before_audit, "the mesh is no solid to work on, repair it first (meshfix)", err))) return rc;
    if (a.check_wall.text) rc = check_wall(&s.mesh, a.check_wall.q.value, a.output != NULL, err);
    else if (a.hollow.text) rc = hollow(err);
    else if (a.from_surface.text) rc = tube(err);
    else rc = a.min_wall.text ? thicken(err) : lm_mesh_copy(&s.mesh, &s.out, err);
    s.good = !rc && (a.allow || s.wall.thin_samples == 0);
    if (rc || a.check_wall.text) return rc;
    if (s.mesh.before) { /* the oldest is the anatomy */
        s.out.before = s.mesh.before;
        s.mesh.before = NULL;
    }
    cli_progress(&tool, a.quiet, "check again", 0.9);
    if ((rc = lm_audit_run(&s.out, &aopt, &s.after, err))) return rc;
    s.good = s.good && s.after.valid && (!s.hollow.wall_mm || s.hollow.min_mm >= s.hollow.wall_mm - s.hollow.tol_mm);
    return add(err);
}

/* ---- the record ---- */

static lm_status record(lm_err *err)
{
    json_t *r = lm_record_new(&s.rec, tool.name, err);
    if (!r) return LM_ENOMEM;
    json_t *o = json_object_get(r, "options");
    lm_status rc = LM_OK;
    if (a.hollow.text) json_object_set_new(o, "hollow_mm", json_real(a.hollow.q.value));
    if (a.from_surface.text) json_object_set_new(o, "wall-from-surface_mm", json_real(a.from_surface.q.value));
    for (size_t i = 0; i < a.cut.n; i++) {
        if (!i) json_object_set_new(o, "cut", json_array());
        json_array_append_new(json_object_get(o, "cut"), json_string(a.cut.item[i]));
    }
    if (a.check_wall.text) json_object_set_new(o, "check_wall_mm", json_real(a.check_wall.q.value));
    if (a.min_wall.text) {
        json_object_set_new(o, "min_wall_mm", json_real(a.min_wall.q.value));
        json_object_set_new(o, "min_gap_mm", json_real(s.thicken.min_gap_mm));
        json_object_set_new(o, "side", json_string(a.side));
    }
    if (a.allow) json_object_set_new(o, "allow", json_string(a.allow));
    if (a.label) json_object_set_new(o, "label", json_integer((json_int_t)s.label));
    if (a.join) json_object_set_new(o, "join-parts", json_true());
    if (a.grid.text) json_object_set_new(o, "grid_mm", json_real(a.grid.q.value));
    if (a.hollow.text) rc = lm_shell_json_hollow(r, &s.hollow, &s.after, err);
    else if (a.min_wall.text || a.check_wall.text || a.from_surface.text) rc = lm_shell_json_wall(r, &s.wall, err);
    if (!rc && a.from_surface.text) rc = lm_tube_json(r, &s.tube, &s.after, err);
    if (!rc && a.min_wall.text) rc = lm_shell_json_thicken(r, &s.thicken, s.out.before, &s.after, err);
    if (!rc && s.extras.before_mm3 > 0) rc = lm_extras_json(r, &s.extras_opt, &s.extras, err);
    if (!rc) return lm_record_append(&s.rec, r, err);
    json_decref(r);
    return rc;
}

/* ---- what goes out ---- */

static void table(lm_out *out)
{
    const lm_wall_facts *w = &s.wall;
    lm_io_printf(out, "%-34s %12.6g mm\n", "wall asked for", w->wall_mm);
    lm_io_printf(out, "%-34s %12.6g mm   at %.6g %.6g %.6g\n", "least by ball", w->min_ball_mm, w->ball_at[0], w->ball_at[1],
                 w->ball_at[2]);
    lm_io_printf(out, "%-34s %12.6g mm   at %.6g %.6g %.6g\n", "least by ray", w->min_ray_mm, w->ray_at[0], w->ray_at[1],
                 w->ray_at[2]);
    lm_io_printf(out, "%-34s %12.6g mm2  of %.6g\n", "area that is too thin", w->thin_mm2, w->area_mm2);
    lm_io_printf(out, "%-34s %12zu      of %zu\n", "samples that are too thin", w->thin_samples, w->samples);
    for (int i = 0; i < LM_WALL_BINS; i++)
        lm_io_printf(out, "%5.4g to %-5.4g mm %18s %12.6g mm2  by ray %.6g\n", 2 * w->wall_mm / LM_WALL_BINS * i,
                     2 * w->wall_mm / LM_WALL_BINS * (i + 1), i + 1 == LM_WALL_BINS ? "or more" : "", w->ball_mm2[i],
                     w->ray_mm2[i]);
    lm_io_printf(out, "%-34s %12s\n", "thick enough", s.good ? "yes" : "no");
}

/* Mesh and JSON are put in place after all was written, so that trouble leaves nothing. */
static lm_status write_all(lm_err *err)
{
    lm_out *json = NULL, *mesh = NULL, *out = NULL;
    lm_status rc = LM_OK;
    bool checked = a.check_wall.text, to_stdout = (a.json && !strcmp(a.json, "-")) || (a.output && !strcmp(a.output, "-"));
    if (a.json && (rc = cli_json(a.json, s.rec.item[s.rec.n - 1], &json, err))) goto done;
    if (a.output && (s.good || checked)) {
        lm_meshfile_opt opt = {.format = s.format, .threads = (int)a.threads};
        cli_progress(&tool, a.quiet, "write", 0.95);
        if ((rc = lm_meshfile_stage(a.output, &opt, checked ? &s.mesh : &s.out, &s.rec, &mesh, err))) goto done;
    }
    if (checked && !to_stdout) {
        cli_progress_done(a.quiet);
        if ((rc = lm_io_create("-", true, &out, err))) goto done;
        table(out);
        rc = lm_io_commit(out, err);
    }
    if (!rc && mesh) {
        rc = lm_io_commit(mesh, err);
        mesh = NULL;
    }
    if (!rc && json) {
        rc = lm_io_commit(json, err);
        json = NULL;
    }
done:
    lm_io_abort(mesh);
    lm_io_abort(json);
    return rc;
}

static lm_status thin(const char *what, lm_err *err)
{
    const lm_wall_facts *w = &s.wall;
    return lm_err_set(err, LM_ENO, NULL, "%s %.6g mm: least %.4g mm at (%.6g, %.6g, %.6g), on %.4g of %.4g mm2", what, w->wall_mm,
                      w->min_ball_mm, w->ball_at[0], w->ball_at[1], w->ball_at[2], w->thin_mm2, w->area_mm2);
}

static lm_status answer_thicken(lm_err *err)
{
    const lm_thicken_facts *f = &s.thicken;
    lm_status rc = valid(&s.after, "the thickened part is not valid, and not sent on", err);
    if (rc) return rc;
    if (a.verbose && a.from_surface.text)
        cli_note(&tool, "wall %.6g mm (mean %.6g, most %.6g), %zu flat ends", s.hollow.min_mm, s.hollow.mean_mm, s.hollow.max_mm,
                 s.tube.ends);
    else if (a.verbose)
        cli_note(&tool, "%.6g mm3 added on %.6g mm2 in %d passes, largest move %.4g mm, %zu vertices held",
                 f->after_mm3 - f->before_mm3, f->touched_mm2, f->passes, f->max_move_mm, f->held);
    for (size_t i = 0; i < s.wall.spots && !a.quiet; i++)
        cli_note(&tool, "still thin: %.4g mm at (%.6g, %.6g, %.6g), %.4g mm2", s.wall.spot[i].least_mm, s.wall.spot[i].at[0],
                 s.wall.spot[i].at[1], s.wall.spot[i].at[2], s.wall.spot[i].area_mm2);
    if (s.good) return LM_OK;
    return thin("not sent on (--allow thin passes it): in places still thinner than", err);
}

/* Of the holes: where they are, and what stays closed. */
static lm_status answer_drain(lm_err *err)
{
    const lm_drain_facts *d = &s.extras.drain;
    for (size_t i = 0; i < d->n && !a.quiet; i++)
        cli_note(&tool, "drain hole of %.6g mm at (%.6g, %.6g, %.6g), outward (%.3f, %.3f, %.3f)", d->hole[i].diameter_mm,
                 d->hole[i].at[0], d->hole[i].at[1], d->hole[i].at[2], d->hole[i].out[0], d->hole[i].out[1], d->hole[i].out[2]);
    for (size_t i = 0; i < d->cavities && !a.quiet; i++)
        if (!d->hollow[i].holes)
            cli_note(&tool, "stays closed: a hollow of %.4g mm3, lowest at (%.6g, %.6g, %.6g)", d->hollow[i].volume_mm3,
                     d->hollow[i].lowest[0], d->hollow[i].lowest[1], d->hollow[i].lowest[2]);
    if (s.good || !d->closed) return LM_OK;
    return lm_err_set(err, LM_ENO, NULL, "not sent on (--allow closed passes it): %zu of %zu hollows have no drain hole", d->closed,
                      d->cavities);
}

static lm_status answer(lm_err *err)
{
    const lm_hollow_facts *h = &s.hollow;
    lm_status rc;
    if (!a.check_wall.text && !a.min_wall.text && !a.hollow.text && !a.from_surface.text) return LM_OK;
    if (a.check_wall.text) return s.good ? LM_OK : thin("thinner than", err);
    if (a.min_wall.text || a.from_surface.text) return answer_thicken(err);
    if (a.verbose)
        cli_note(&tool, "wall %.6g mm (mean %.6g, most %.6g), %zu pockets, %zu left solid, %zu vertices held", h->min_mm,
                 h->mean_mm, h->max_mm, h->pockets, h->too_small, h->held);
    if ((rc = valid(&s.after, "the hollow part is not valid, and not sent on; try a smaller --grid", err)) ||
        (rc = answer_drain(err)) || s.good)
        return rc;
    return lm_err_set(
        err, LM_ENO, NULL,
        "the wall is %.6g mm at (%.6g, %.6g, %.6g), less than %.6g by more than %.2g: not sent on; try a smaller --grid", h->min_mm,
        h->min_at[0], h->min_at[1], h->min_at[2], h->wall_mm, h->tol_mm);
}

int main(int argc, char **argv)
{
    const char *args[1] = {"-"};
    size_t n;
    int rc;
    lm_err err = LM_ERR_INIT;

    if (cli_parse(&tool, argc, argv, args, 1, &n, &rc)) return rc;
    if (usage(&err) || load(args[0], &err) || work(&err) || record(&err) || write_all(&err)) rc = cli_fail(&tool, &err);
    else {
        cli_progress_done(a.quiet);
        if (answer(&err)) rc = cli_fail(&tool, &err);
    }
    lm_record_release(&s.rec);
    lm_mesh_release(&s.mesh);
    lm_mesh_release(&s.out);
    lm_extras_release(&s.extras);
    free(s.before);
    return rc;
}
