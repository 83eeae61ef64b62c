/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshconv: a mesh from one format into another. Nothing is repaired; what is not valid is said. */
#include "cli/cli.h"
#include "format/meshfile.h"
#include "format/pick.h"
#include "stream/audit_json.h"
#include "surface/audit_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct {
    bool join, keep_names, verbose, quiet;
    size_t threads;
    const char *label, *output, *format, *unit, *space, *case_id, *json;
} a;

static const cli_opt opts[] = {
    {"unit", 0, CLI_TEXT, "UNIT", NULL, "unit of an input that states none: um, mm, cm, m, inch, ft (without: mm)", &a.unit,
     LM_UNIT_NONE},
    {"space", 0, CLI_TEXT, "LPS|RAS", NULL, "patient space of an input that states none; RAS is turned into LPS", &a.space,
     LM_UNIT_NONE},
    {"label", 0, CLI_TEXT, "WHICH", NULL, "of several parts keep one: its number, or a regular expression on its name", &a.label,
     LM_UNIT_NONE},
    {"join-parts", 0, CLI_FLAG, NULL, NULL, "take several parts as one, without the walls between them", &a.join, LM_UNIT_NONE},
    {"keep-names", 0, CLI_FLAG, NULL, NULL, "keep names of parts also when they are no anatomical terms", &a.keep_names,
     LM_UNIT_NONE},
    {"format", 0, CLI_TEXT, "NAME", NULL,
     "ply, stl, stl-ascii, 3mf, obj or off, whatever the suffix of -o (without: by suffix, ply on a pipe)", &a.format,
     LM_UNIT_NONE},
    CLI_OPT_CASE(&a.case_id),
    CLI_OPT_OUTPUT(&a.output),
    CLI_OPT_JSON(&a.json),
    CLI_OPT_THREADS(&a.threads),
    CLI_OPT_QUIET(&a.quiet),
    CLI_OPT_VERBOSE(&a.verbose),
    CLI_OPT_END,
};

static const cli_tool tool = {
    .name = "meshconv",
    .purpose = "Convert a mesh: PLY, STL, 3MF, OBJ, OFF in and out.",
    .usage = "[options] [MESH]",
    .opts = opts,
    .notes = "Exit: 0 written (a mesh that is not valid too: it is said); 2 trouble.",
    .max_args = 1,
};

static struct {
    lm_mesh mesh;
    lm_records rec;
    lm_audit_parts audit;
    lm_meshfile_in in;
    lm_meshfile_opt out;
    size_t parts;   /* in the input, 1 when it has no labels */
    uint32_t label; /* the one that --label names */
} s;

static lm_status usage(lm_err *err)
{
    if (!a.output) a.output = "-";
    if (a.unit && !(s.in.unit_mm = lm_num_unit_mm(a.unit, strlen(a.unit))))
        return lm_err_set(err, LM_EUSAGE, NULL, "--unit %s: um, mm, cm, m, inch and ft are known", a.unit);
    if (a.space) {
        s.in.space = !strcasecmp(a.space, "lps") ? LM_SPACE_LPS : !strcasecmp(a.space, "ras") ? LM_SPACE_RAS : LM_SPACE_UNKNOWN;
        if (s.in.space == LM_SPACE_UNKNOWN) return lm_err_set(err, LM_EUSAGE, NULL, "--space %s: LPS and RAS are known", a.space);
    }
    if (a.join && a.label) return lm_err_set(err, LM_EUSAGE, NULL, "--label keeps one part, --join-parts all: name one of them");
    s.in.parts = !a.join;
    s.in.keep_names = a.keep_names;
    s.out = (lm_meshfile_opt){.case_id = a.case_id, .threads = (int)a.threads};
    const char *outputs[2] = {a.output, a.json};
    lm_status rc = a.format ? lm_meshfile_parse(a.format, &s.out.format, err) : lm_meshfile_suffix(a.output, &s.out.format, err);
    bool text = s.out.format == LM_MESHFILE_OBJ || s.out.format == LM_MESHFILE_OFF || s.out.format == LM_MESHFILE_STL_ASCII;
    if (!rc) rc = cli_text("case", a.case_id, err);
    return rc ? rc : cli_outputs(outputs, 2, !text, err);
}

/* What --label asks for. */
static lm_status choose(lm_err *err)
{
    uint32_t *label = NULL;
    lm_status rc = lm_mesh_labels(&s.mesh, &label, &s.parts, err);
    if (!s.mesh.label) s.parts = 1;
    free(label);
    return rc || !a.label ? rc : lm_pick_part(&s.mesh, &s.rec, a.label, &s.label, err);
}

static lm_status work(lm_err *err)
{
    lm_audit_opt opt = {.threads = (int)a.threads};
    lm_status rc = choose(err);
    cli_progress(&tool, a.quiet, "check", 0.3);
    return rc ? rc : lm_audit_parts_run(&s.mesh, &opt, &s.audit, err);
}

static lm_status record(lm_err *err)
{
    char line[LM_ERR_TEXT], text[LM_ERR_TEXT + 40];
    json_t *r = lm_record_new(&s.rec, "meshconv", err), *o = json_object_get(r, "options"),
           *audit = r ? lm_audit_json(&s.audit.all, err) : NULL;
    double volume = s.audit.all.volume_mm3;
    bool bad = !audit || json_object_set_new(r, "audit", json_pack("{s:o}", "after", audit)) != 0;
    if (!bad && a.unit) bad = json_object_set_new(o, "unit", json_string(a.unit)) != 0;
    if (!bad && a.space) bad = json_object_set_new(o, "space", json_string(s.in.space == LM_SPACE_RAS ? "RAS" : "LPS")) != 0;
    if (!bad && a.label) bad = json_object_set_new(o, "label", json_integer((json_int_t)s.label)) != 0;
    if (!bad && a.keep_names) bad = json_object_set_new(o, "keep-names", json_true()) != 0;
    if (!bad && a.join) bad = json_object_set_new(o, "join-parts", json_true()) != 0;
    if (!bad) bad = json_object_set_new(r, "parts", lm_audit_parts_json(&s.audit, &s.mesh.parts, err)) != 0;
    lm_status rc = bad ? lm_err_nomem(err, sizeof(json_t)) : lm_record_ledger(r, "change", "mesh", volume, "mesh", volume, 0, err);
    if (!rc && !s.audit.all.valid) {
        lm_audit_parts_line(&s.audit, &s.mesh.parts, line, sizeof line);
        snprintf(text, sizeof text, "not valid, kept as it is: %s", line);
        rc = lm_record_finding(r, "warning", NULL, text, err);
    }
    if (!rc) return lm_record_append(&s.rec, r, err);
    json_decref(r);
    return rc;
}

/* The JSON is put in place after the mesh was written, so that trouble leaves nothing. */
static lm_status write_all(lm_err *err)
{
    lm_out *json = NULL;
    lm_status rc = LM_OK;
    if (a.json && (rc = cli_json(a.json, s.rec.item[s.rec.n - 1], &json, err))) goto done;
    cli_progress(&tool, a.quiet, "write", 0.7);
    if ((rc = lm_meshfile_save(a.output, &s.out, &s.mesh, &s.rec, err)) || !json) goto done;
    rc = lm_io_commit(json, err);
    json = NULL;
done:
    lm_io_abort(json);
    return rc;
}

/* Warnings always, notes with -v. */
static void say(void)
{
    const json_t *list = json_object_get(s.rec.item[s.rec.n - 1], "findings");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *f = json_array_get(list, i);
        const char *level = json_string_value(json_object_get(f, "level"));
        if (a.verbose || !strcmp(level, "warning")) cli_note(&tool, "%s", json_string_value(json_object_get(f, "text")));
    }
}

int main(int argc, char **argv)
{
    const char *args[1] = {"-"};
    size_t n;
    int rc;
    lm_err err = LM_ERR_INIT;

    if (cli_parse(&tool, argc, argv, args, 1, &n, &rc)) return rc;
    if (usage(&err) || lm_meshfile_load_as(args[0], &s.in, &s.mesh, &s.rec, &err) || work(&err) || record(&err) || write_all(&err))
        rc = cli_fail(&tool, &err);
    else {
        cli_progress_done(a.quiet);
        if (!a.quiet) say();
        bool stl = s.out.format == LM_MESHFILE_STL || s.out.format == LM_MESHFILE_STL_ASCII;
        if (!a.quiet && stl && s.mesh.label) {
            const char *slash = strrchr(a.output, '/'), *dot = strrchr(slash ? slash : a.output, '.');
            int stem = dot ? (int)(dot - a.output) : (int)strlen(a.output);
            cli_note(&tool, "%zu parts, a file for each: %.*s-NAME%s", s.parts, stem, a.output, dot ? dot : "");
        }
    }
    lm_record_release(&s.rec);
    lm_audit_parts_release(&s.audit);
    lm_mesh_release(&s.mesh);
    return rc;
}
