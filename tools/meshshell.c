/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshshell: give thin walls a least thickness, hollow a solid to a wall, or check how thick walls are. */
#include "cli/cli.h"
#include "format/meshfile.h"
#include "format/pick.h"
#include "shell/shell.h"
#include "shell/shell_text.h"

#include <stdlib.h>
#include <string.h>

static struct {
    cli_quantity min_wall, hollow, from_surface, check_wall, grid, max_memory, min_gap, plug, qa_cube;
    cli_list drain, cut;
    bool join, verbose, quiet;
    size_t threads;
    const char *side, *allow, *up, *ball_bar, *label, *scale, *shrinkage, *output, *json;
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
    {"scale", 0, CLI_TEXT, "S", NULL,
     "print at this scale, 0.5, 50% or 1:2; all lengths are meant at print size, and walls asked for before are checked again",
     &a.scale, LM_UNIT_NONE},
    {"shrinkage", 0, CLI_TEXT, "X%,Y%,Z%", NULL,
     "what the print loses of its length along each axis, or one for all: the part is made that much larger, last of all",
     &a.shrinkage, LM_UNIT_NONE},
    {"allow", 0, CLI_TEXT, "NAME[,NAME]", NULL,
     "pass and list: thin (walls thinner than asked for), closed (hollows without a drain hole)", &a.allow, LM_UNIT_NONE},
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
    .usage = "--min-wall LENGTH | --hollow LENGTH | --wall-from-surface LENGTH | --check-wall LENGTH | --scale S [options] [MESH]",
    .opts = opts,
    .notes = "Exit: 0 the walls are as asked for, by the check; 1 no (what is in the way is named); 2 trouble.",
    .max_args = 1,
};

static struct {
    lm_mesh mesh;
    lm_records rec;
    lm_shell_opt opt;
    lm_shell shell;
    lm_meshfile_format format;
} s;

static double mm(const cli_quantity *q)
{
    return q->text ? q->q.value : 0;
}

static lm_status length(const cli_quantity *q, const char *name, lm_err *err)
{
    if (!q->text || (q->q.unit != LM_UNIT_PERCENT && q->q.value > 0)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--%s %s: a length above 0 is needed", name, q->text);
}

static lm_status min_wall_usage(lm_err *err)
{
    static const char *const side[] = {"both", "outside", "inside"};
    int k = 0;
    while (k < 3 && strcmp(a.side, side[k])) k++;
    if (k == 3) return lm_err_set(err, LM_EUSAGE, NULL, "--side %.40s: outside, inside or both", a.side);
    s.opt.side = (lm_medial_side)k;
    s.opt.side_text = a.side;
    s.opt.min_gap_mm = a.min_gap.text ? a.min_gap.q.value : -1;
    if (a.min_gap.text && (a.min_gap.q.unit == LM_UNIT_PERCENT || !(a.min_gap.q.value >= 0)))
        return lm_err_set(err, LM_EUSAGE, NULL, "--min-gap %s: a length of 0 or more is needed", a.min_gap.text);
    if (!a.min_wall.text && (k || a.min_gap.text))
        return lm_err_set(err, LM_EUSAGE, NULL, "--side and --min-gap are for --min-wall");
    return LM_OK;
}

static lm_status cut_usage(lm_err *err)
{
    if (a.cut.n && !a.from_surface.text)
        return lm_err_set(err, LM_EUSAGE, NULL, "--cut is for --wall-from-surface (see also meshfix)");
    for (size_t i = 0; i < a.cut.n; i++) {
        if (lm_trim_parse(a.cut.item[i], &s.opt.cut[i], err)) return lm_err_frame(err, "--cut");
        s.opt.cut_text[i] = a.cut.item[i];
    }
    s.opt.cuts = a.cut.n;
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
                                 .plug_gap_mm = mm(&a.plug),
                                 .cube_mm = mm(&a.qa_cube)};
    if (a.drain.n && !a.hollow.text) return lm_err_set(err, LM_EUSAGE, NULL, "--drain is for --hollow");
    if (a.plug.text && !a.drain.n) return lm_err_set(err, LM_EUSAGE, NULL, "--plug is for the holes of --drain");
    if (a.up && !extras()) return lm_err_set(err, LM_EUSAGE, NULL, "--up is for --drain, --qa-cube and --qa-ball-bar");
    if (extras() && a.check_wall.text)
        return lm_err_set(err, LM_EUSAGE, NULL, "--check-wall changes nothing: leave --qa-cube and --qa-ball-bar out");
    return lm_extras_parse(&text, &s.opt.extras, err);
}

/* What is said of walls that may be thin, or hollows that may be closed, needs some; scales. */
static lm_status scale_usage(lm_err *err)
{
    lm_status rc = a.allow ? lm_shell_allow(a.allow, &s.opt, err) : LM_OK;
    if (!rc && s.opt.closed && !a.drain.n) rc = lm_err_set(err, LM_EUSAGE, NULL, "--allow closed is for --drain");
    if (!rc && s.opt.thin && !a.min_wall.text && !a.hollow.text && !a.from_surface.text && !a.scale)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "--allow thin is for --min-wall, --hollow, --wall-from-surface and --scale");
    if (!rc && a.scale) rc = lm_scale_parse(a.scale, &s.opt.scale, err);
    if (!rc && a.shrinkage) rc = lm_scale_shrinkage(a.shrinkage, s.opt.shrinkage, err);
    return rc;
}

static lm_status usage(lm_err *err)
{
    lm_status rc;
    int verbs = !!a.min_wall.text + !!a.hollow.text + !!a.from_surface.text + !!a.check_wall.text;
    if (verbs > 1 || (!verbs && !extras() && !a.scale && !a.shrinkage))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "one of --min-wall, --hollow, --wall-from-surface and --check-wall LENGTH is needed, or --scale");
    if ((rc = length(&a.min_wall, "min-wall", err)) || (rc = length(&a.hollow, "hollow", err)) ||
        (rc = length(&a.check_wall, "check-wall", err)) || (rc = length(&a.grid, "grid", err)) || (rc = min_wall_usage(err)) ||
        (rc = length(&a.plug, "plug", err)) || (rc = length(&a.qa_cube, "qa-cube", err)) || (rc = extras_usage(err)) ||
        (rc = length(&a.from_surface, "wall-from-surface", err)) || (rc = cut_usage(err)) || (rc = scale_usage(err)))
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

static void say(const char *text)
{
    if (!a.quiet) cli_note(&tool, "%s", text);
}

/* What is scaled may have several parts; whose wall is meant must be said. */
static lm_status load(const char *path, lm_err *err)
{
    const lm_meshfile_in in = {.parts = !a.join, .bodies = true};
    const bool one = a.min_wall.text || a.hollow.text || a.from_surface.text || a.check_wall.text || extras() || a.label;
    lm_status rc = lm_meshfile_load_as(path, &in, &s.mesh, &s.rec, err);
    return rc || !one ? rc : lm_pick_body(&s.mesh, &s.rec, a.label, &s.opt.label, err);
}

static lm_status work(lm_err *err)
{
    s.opt.min_wall_mm = mm(&a.min_wall);
    s.opt.hollow_mm = mm(&a.hollow);
    s.opt.tube_mm = mm(&a.from_surface);
    s.opt.check_mm = mm(&a.check_wall);
    s.opt.step_mm = mm(&a.grid);
    s.opt.quality = a.output != NULL;
    s.opt.joined = a.join;
    s.opt.max_memory = (size_t)(a.max_memory.q.value * 0x1p20);
    s.opt.threads = (int)a.threads;
    s.opt.progress = progress;
    return lm_shell_run(&s.mesh, &s.rec, &s.opt, &s.shell, err);
}

/* Mesh and JSON are put in place after all was written, so that trouble leaves nothing. */
static lm_status write_all(lm_err *err)
{
    lm_out *json = NULL, *mesh = NULL, *out = NULL;
    lm_status rc = LM_OK;
    bool checked = a.check_wall.text, to_stdout = (a.json && !strcmp(a.json, "-")) || (a.output && !strcmp(a.output, "-"));
    if (a.json && (rc = cli_json(a.json, s.shell.facts, &json, err))) goto done;
    if (a.output && (s.shell.good || checked)) {
        lm_meshfile_opt opt = {.format = s.format, .threads = (int)a.threads};
        cli_progress(&tool, a.quiet, "write", 0.95);
        if ((rc = lm_meshfile_stage(a.output, &opt, checked ? &s.mesh : &s.shell.out, &s.rec, &mesh, err))) goto done;
    }
    if (checked && !to_stdout) {
        cli_progress_done(a.quiet);
        if ((rc = lm_io_create("-", true, &out, err))) goto done;
        lm_shell_table(&s.shell, out);
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

int main(int argc, char **argv)
{
    const char *args[1] = {"-"};
    size_t n;
    int rc;
    lm_err err = LM_ERR_INIT;

    if (cli_parse(&tool, argc, argv, args, 1, &n, &rc)) return rc;
    if (usage(&err) || load(args[0], &err) || work(&err) || write_all(&err)) rc = cli_fail(&tool, &err);
    else {
        cli_progress_done(a.quiet);
        if (lm_shell_answer(&s.shell, a.verbose, say, &err)) rc = cli_fail(&tool, &err);
    }
    lm_shell_release(&s.shell);
    lm_record_release(&s.rec);
    lm_mesh_release(&s.mesh);
    return rc;
}
