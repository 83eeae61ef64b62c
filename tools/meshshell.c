/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshshell: hollow a solid to a wall of given thickness, or check how thick its walls are. */
#include "cli/cli.h"
#include "format/meshfile.h"
#include "format/pick.h"
#include "shell/hollow.h"
#include "shell/wall.h"
#include "stream/audit_json.h"
#include "surface/audit.h"

#include <stdio.h>
#include <string.h>

static struct {
    cli_quantity hollow, check_wall, grid, max_memory;
    bool join, verbose, quiet;
    size_t threads;
    const char *label, *output, *json;
} a;

static const cli_opt opts[] = {
    {"hollow", 0, CLI_QUANTITY, "LENGTH", NULL, "hollow the solid to a wall of this thickness; the outer surface stays as it is",
     &a.hollow, LM_UNIT_MM},
    {"check-wall", 0, CLI_QUANTITY, "LENGTH", NULL, "is the solid at least this thick everywhere? (the mesh goes on with -o only)",
     &a.check_wall, LM_UNIT_MM},
    {"grid", 0, CLI_QUANTITY, "STEP", NULL, "grid step of --hollow, at most and by default a third of the wall", &a.grid,
     LM_UNIT_MM},
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
    .purpose = "Hollow a solid mesh to a wall of given thickness, or check how thick its walls are.",
    .usage = "--hollow LENGTH | --check-wall LENGTH [options] [MESH]",
    .opts = opts,
    .notes = "Exit: 0 hollowed, with the wall asked for, or thick enough; 1 no (what is in the way is named); 2 trouble.",
    .max_args = 1,
};

static struct {
    lm_mesh mesh, out;
    lm_records rec;
    lm_audit before, after;
    lm_hollow_facts hollow;
    lm_wall_facts wall;
    lm_meshfile_format format;
    uint32_t label;
    bool good;
} s;

static lm_status length(const cli_quantity *q, const char *name, lm_err *err)
{
    if (!q->text || (q->q.unit != LM_UNIT_PERCENT && q->q.value > 0)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--%s %s: a length above 0 is needed", name, q->text);
}

static lm_status usage(lm_err *err)
{
    lm_status rc;
    if (!a.hollow.text == !a.check_wall.text)
        return lm_err_set(err, LM_EUSAGE, NULL, "one of --hollow LENGTH and --check-wall LENGTH is needed");
    if ((rc = length(&a.hollow, "hollow", err)) || (rc = length(&a.check_wall, "check-wall", err)) ||
        (rc = length(&a.grid, "grid", err)))
        return rc;
    if (a.grid.text && !a.hollow.text) return lm_err_set(err, LM_EUSAGE, NULL, "--grid is for --hollow: the check uses no grid");
    if (!(a.max_memory.q.value >= 1 && a.max_memory.q.value <= 1e9))
        return lm_err_set(err, LM_EUSAGE, NULL, "--max-memory %s: 1 MiB or more is needed", a.max_memory.text);
    if (a.join && a.label) return lm_err_set(err, LM_EUSAGE, NULL, "--label takes one part, --join-parts all: name one of them");
    if (!a.output && a.hollow.text) a.output = "-";
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

static lm_status work(lm_err *err)
{
    lm_audit_opt aopt = {.threads = (int)a.threads};
    lm_hollow_opt hopt = {.wall_mm = a.hollow.q.value,
                          .step_mm = a.grid.text ? a.grid.q.value : 0,
                          .max_memory = (size_t)(a.max_memory.q.value * 0x1p20),
                          .threads = (int)a.threads,
                          .progress = progress};
    lm_wall_opt wopt = {.wall_mm = a.check_wall.q.value, .threads = (int)a.threads, .progress = progress};
    lm_status rc;
    cli_progress(&tool, a.quiet, "check", 0);
    if ((rc = lm_audit_run(&s.mesh, &aopt, &s.before, err)) ||
        (rc = valid(&s.before, "the mesh is no solid to work on, repair it first (meshfix)", err)))
        return rc;
    if (a.check_wall.text) {
        rc = lm_wall_check(&s.mesh, &wopt, a.output != NULL, &s.wall, err);
        s.good = s.wall.thin_samples == 0;
        return rc;
    }
    if ((rc = lm_hollow(&s.mesh, &hopt, &s.out, &s.hollow, err))) return rc;
    cli_progress(&tool, a.quiet, "check again", 0.9);
    if ((rc = lm_audit_run(&s.out, &aopt, &s.after, err))) return rc;
    s.good = s.after.valid && s.hollow.min_mm >= s.hollow.wall_mm - s.hollow.tol_mm;
    return LM_OK;
}

/* ---- the record ---- */

static json_t *place(const double p[3])
{
    return json_pack("[f, f, f]", p[0], p[1], p[2]);
}

static lm_status hollow_record(json_t *r, lm_err *err)
{
    const lm_hollow_facts *h = &s.hollow;
    char text[200];
    json_t *o = json_pack("{s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "wall_mm", h->wall_mm, "grid_mm",
                          h->step_mm, "tolerance_mm", h->tol_mm, "outer_vertices", (json_int_t)h->outer_vertices, "outer_triangles",
                          (json_int_t)h->outer_triangles, "pockets", (json_int_t)h->pockets, "pockets_left_solid",
                          (json_int_t)h->too_small, "loose_pieces", (json_int_t)h->loose, "vertices_deeper", (json_int_t)h->deeper,
                          "vertices_held", (json_int_t)h->held, "cavity_mm3", h->cavity_mm3, "measured",
                          json_pack("{s:f, s:f, s:f, s:o}", "min_mm", h->min_mm, "mean_mm", h->mean_mm, "max_mm", h->max_mm,
                                    "min_at", place(h->min_at)));
    json_t *audit = lm_audit_json(&s.after, err);
    if (json_object_set_new(r, "hollow", o) || json_object_set_new(r, "audit", json_pack("{s:o}", "after", audit)))
        return lm_err_nomem(err, sizeof(json_t));
    /* the outer surface has not moved at all */
    lm_status rc = lm_record_ledger(r, "intended", "mesh", h->outer_mm3, "mesh", lm_mesh_volume(&s.out), 0, err);
    if (rc) return rc;
    json_t *entry = json_array_get(json_object_get(r, "ledger"), 0);
    if (json_object_set_new(entry, "region", json_string("inner wall")) ||
        json_object_set_new(entry, "bound_mm", json_real(h->tol_mm)))
        return lm_err_nomem(err, sizeof(json_t));
    if (h->too_small) {
        snprintf(text, sizeof text, "%zu pockets with less room than a ball as wide as the wall are left solid", h->too_small);
        if ((rc = lm_record_finding(r, "note", NULL, text, err))) return rc;
    }
    if (!h->loose) return LM_OK;
    snprintf(text, sizeof text, "%zu pieces of wall inside the pockets hang on nothing: the walls of cavities that the solid had",
             h->loose);
    return lm_record_finding(r, "warning", NULL, text, err);
}

static lm_status wall_record(json_t *r, lm_err *err)
{
    const lm_wall_facts *w = &s.wall;
    json_t *ball = json_array(), *ray = json_array();
    for (int i = 0; i < LM_WALL_BINS; i++) {
        json_array_append_new(ball, json_real(w->ball_mm2[i]));
        json_array_append_new(ray, json_real(w->ray_mm2[i]));
    }
    json_t *o = json_pack("{s:f, s:f, s:b, s:I, s:I, s:f, s:f, s:f, s:o, s:f, s:o, s:f, s:o, s:o}", "wall_mm", w->wall_mm,
                          "tolerance_mm", w->tol_mm, "thick_enough", s.good, "samples", (json_int_t)w->samples, "thin_samples",
                          (json_int_t)w->thin_samples, "area_mm2", w->area_mm2, "thin_mm2", w->thin_mm2, "min_ball_mm",
                          w->min_ball_mm, "min_ball_at", place(w->ball_at), "min_ray_mm", w->min_ray_mm, "min_ray_at",
                          place(w->ray_at), "bin_mm", w->wall_mm / LM_WALL_BINS * 2, "ball_mm2", ball, "ray_mm2", ray);
    return json_object_set_new(r, "wall", o) ? lm_err_nomem(err, sizeof(json_t)) : LM_OK;
}

static lm_status record(lm_err *err)
{
    json_t *r = lm_record_new(&s.rec, tool.name, err);
    if (!r) return LM_ENOMEM;
    json_t *o = json_object_get(r, "options");
    lm_status rc = LM_OK;
    if (a.hollow.text) json_object_set_new(o, "hollow_mm", json_real(a.hollow.q.value));
    else json_object_set_new(o, "check_wall_mm", json_real(a.check_wall.q.value));
    if (a.label) json_object_set_new(o, "label", json_integer((json_int_t)s.label));
    if (a.join) json_object_set_new(o, "join-parts", json_true());
    if (a.grid.text) json_object_set_new(o, "grid_mm", json_real(a.grid.q.value));
    rc = a.hollow.text ? hollow_record(r, err) : wall_record(r, err);
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
    bool hollow = a.hollow.text, to_stdout = (a.json && !strcmp(a.json, "-")) || (a.output && !strcmp(a.output, "-"));
    if (a.json && (rc = cli_json(a.json, s.rec.item[s.rec.n - 1], &json, err))) goto done;
    if (a.output && (s.good || !hollow)) {
        lm_meshfile_opt opt = {.format = s.format, .threads = (int)a.threads};
        cli_progress(&tool, a.quiet, "write", 0.95);
        if ((rc = lm_meshfile_stage(a.output, &opt, hollow ? &s.out : &s.mesh, &s.rec, &mesh, err))) goto done;
    }
    if (!hollow && !to_stdout) {
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

static lm_status answer(lm_err *err)
{
    const lm_hollow_facts *h = &s.hollow;
    const lm_wall_facts *w = &s.wall;
    lm_status rc;
    if (a.check_wall.text)
        return s.good
                   ? LM_OK
                   : lm_err_set(err, LM_ENO, NULL, "thinner than %.6g mm: least %.4g mm at (%.6g, %.6g, %.6g), on %.4g of %.4g mm2",
                                w->wall_mm, w->min_ball_mm, w->ball_at[0], w->ball_at[1], w->ball_at[2], w->thin_mm2, w->area_mm2);
    if (a.verbose)
        cli_note(&tool, "wall %.6g mm (mean %.6g, most %.6g), %zu pockets, %zu left solid, %zu vertices held", h->min_mm,
                 h->mean_mm, h->max_mm, h->pockets, h->too_small, h->held);
    if ((rc = valid(&s.after, "the hollow part is not valid, and not sent on; try a smaller --grid", err)) || s.good) return rc;
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
    return rc;
}
