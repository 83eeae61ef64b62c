/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshdiff: how far two meshes are apart, both ways, with bounds; neither is changed. */
#include "cli/cli.h"
#include "base/mem.h"
#include "diff/summary.h"
#include "format/meshfile.h"
#include "format/pick.h"
#include "stream/audit_json.h"
#include "surface/audit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct {
    cli_quantity tol, precision, range;
    bool verbose, quiet;
    size_t threads;
    const char *label, *output, *json;
} a;

static const cli_opt opts[] = {
    {"tol", 't', CLI_QUANTITY, "LENGTH", NULL, "exit 0 only when no point is farther from the other mesh than this", &a.tol,
     LM_UNIT_MM},
    {"precision", 0, CLI_QUANTITY, "LENGTH", "0.001mm", "how close the bounds of the maximum are to come", &a.precision,
     LM_UNIT_MM},
    {"range", 0, CLI_QUANTITY, "LENGTH", NULL, "histogram and colours reach so far to both sides of 0 (else as far as the maximum)",
     &a.range, LM_UNIT_MM},
    {"label", 0, CLI_TEXT, "WHICH", NULL, "of meshes of several parts take one: its number, or a regular expression on its name",
     &a.label, LM_UNIT_NONE},
    {"output", 'o', CLI_TEXT, "FILE", NULL,
     "write A as PLY with its distance from B as quality and colours ('-': instead of the table)", &a.output, LM_UNIT_NONE},
    CLI_OPT_JSON(&a.json),
    CLI_OPT_THREADS(&a.threads),
    CLI_OPT_QUIET(&a.quiet),
    CLI_OPT_VERBOSE(&a.verbose),
    CLI_OPT_END,
};

static const cli_tool tool = {
    .name = "meshdiff",
    .purpose = "Measure how far the surfaces of two meshes are apart, both ways, with bounds that hold.",
    .usage = "[options] A B",
    .opts = opts,
    .notes = "Exit: 0 within the tolerance, or none was given; 1 not, or it cannot be decided; 2 trouble.",
    .min_args = 2,
    .max_args = 2,
};

static struct {
    lm_mesh mesh[2];
    lm_records rec[2];
    lm_audit audit[2];
    lm_deviation dev;
    lm_verdict verdict;
    uint32_t label; /* of A, or of B when A has one part */
    char why[LM_ERR_TEXT];
} s;

static lm_status usage(const char *const args[2], lm_err *err)
{
    lm_meshfile_format format;
    bool to_stdout = a.output && !strcmp(a.output, "-");
    if (!strcmp(args[0], "-") && !strcmp(args[1], "-"))
        return lm_err_set(err, LM_EUSAGE, NULL, "only one of the meshes can come from standard input");
    if (a.tol.text && a.tol.q.unit != LM_UNIT_MM)
        return lm_err_set(err, LM_EUSAGE, NULL, "--tol %s: a length is needed, as 0.1mm", a.tol.text);
    if (a.tol.text && a.tol.q.value < 0)
        return lm_err_set(err, LM_EUSAGE, NULL, "--tol %s: a length of 0 or more is needed", a.tol.text);
    if (a.precision.q.unit != LM_UNIT_MM || !(a.precision.q.value > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "--precision %s: a length above 0 is needed", a.precision.text);
    if (a.range.text && (a.range.q.unit != LM_UNIT_MM || !(a.range.q.value > 0)))
        return lm_err_set(err, LM_EUSAGE, NULL, "--range %s: a length above 0 is needed", a.range.text);
    if (a.json && !strcmp(a.json, "-") && to_stdout)
        return lm_err_set(err, LM_EUSAGE, NULL, "--json -: standard output carries the mesh, name a file for one of them");
    lm_status rc = cli_outputs((const char *const[]){a.output, a.json}, 2, 1, err);
    if (rc || !a.output) return rc;
    rc = lm_meshfile_suffix(a.output, &format, err);
    if (!rc && format != LM_MESHFILE_PLY)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "--output %s: only PLY carries the distances, use .ply", a.output);
    return rc;
}

/* Several parts are one body here, unless one of them is asked for. */
static lm_status load(const char *const args[2], lm_err *err)
{
    const lm_meshfile_in in = {.parts = a.label != NULL, .bodies = true};
    lm_status rc = LM_OK;
    bool several = false;
    for (int i = 1; i >= 0 && !rc; i--) {
        if ((rc = lm_meshfile_load_as(args[i], &in, &s.mesh[i], &s.rec[i], err)) || !s.mesh[i].label) continue;
        several = true;
        rc = lm_pick_part(&s.mesh[i], &s.rec[i], a.label, &s.label, err);
        if (rc) lm_err_frame(err, "mesh %c", 'A' + i);
    }
    if (rc || !a.label || several) return rc;
    return lm_err_set(err, LM_EUSAGE, NULL, "--label %.40s: neither mesh has several parts", a.label);
}

static lm_status work(lm_err *err)
{
    lm_audit_opt aopt = {.threads = (int)a.threads};
    lm_deviation_opt opt = {.precision_mm = a.precision.q.value,
                            .within_mm = a.tol.text ? a.tol.q.value : -1,
                            .range_mm = a.range.text ? a.range.q.value : 0,
                            .threads = (int)a.threads};
    lm_status rc;
    float *quality = NULL;
    if (a.output) {
        if (!s.mesh[0].quality && !(s.mesh[0].quality = lm_mem_alloc(s.mesh[0].nv, sizeof(float), err))) return LM_ENOMEM;
        quality = s.mesh[0].quality;
    }
    cli_progress(&tool, a.quiet, "check", 0.1);
    for (int i = 0; i < 2; i++) {
        if ((rc = lm_audit_run(&s.mesh[i], &aopt, &s.audit[i], err))) return rc;
        opt.signed_by[i] = s.audit[i].valid;
    }
    cli_progress(&tool, a.quiet, "measure", 0.4);
    if ((rc = lm_deviation_run(&s.mesh[0], &s.mesh[1], &opt, quality, &s.dev, err))) return rc;
    s.mesh[0].quality_range = s.dev.range_mm;
    if (!a.tol.text) return LM_OK;
    s.verdict = lm_deviation_judge(&s.dev, a.tol.q.value);
    if (s.verdict == LM_VERDICT_FAIL)
        snprintf(s.why, sizeof s.why, "the meshes are at least %.6f mm apart, the tolerance is %g mm", s.dev.lower, a.tol.q.value);
    else if (s.verdict == LM_VERDICT_UNDECIDED)
        snprintf(s.why, sizeof s.why,
                 "cannot be decided: the meshes are from %.9g to %.9g mm apart, the tolerance of %g mm lies between: ask for a "
                 "smaller --precision",
                 s.dev.lower, s.dev.upper, a.tol.q.value);
    return LM_OK;
}

/* ---- record and JSON ---- */

/* What was said while the meshes were read: A's stands in the record already. */
static lm_status reading(json_t *r, lm_err *err)
{
    const json_t *said[2] = {json_object_get(r, "findings"), s.rec[1].findings};
    lm_status rc = LM_OK;
    for (int i = 0; i < 2; i++)
        for (size_t k = 0, n = json_array_size(said[i]); k < n && !rc; k++) {
            const json_t *f = json_array_get(said[i], k);
            char text[400];
            snprintf(text, sizeof text, "mesh %c: %s", 'A' + i, json_string_value(json_object_get(f, "text")));
            if (!a.quiet) cli_note(&tool, "%s", text);
            if (i)
                rc = lm_record_finding(r, json_string_value(json_object_get(f, "level")),
                                       json_string_value(json_object_get(f, "rule")), text, err);
        }
    return rc;
}

/* What a reader of the numbers must know. */
static lm_status findings(json_t *r, lm_err *err)
{
    lm_status rc = reading(r, err);
    for (int i = 0; i < 2 && !rc; i++) {
        char line[300], text[400];
        if (s.audit[i].valid) continue;
        lm_audit_line(&s.audit[i], line, sizeof line);
        snprintf(text, sizeof text, "mesh %c is not valid, and was measured as it is: %s", 'A' + i, line);
        rc = lm_record_finding(r, "note", NULL, text, err);
        if (!a.quiet) cli_note(&tool, "%s", text);
    }
    if (!rc && (s.mesh[0].space == LM_SPACE_UNKNOWN) != (s.mesh[1].space == LM_SPACE_UNKNOWN)) {
        const char *text = "one mesh does not say in which coordinates it is (LPS or RAS): taken as those of the other";
        rc = lm_record_finding(r, "note", NULL, text, err);
        if (!a.quiet) cli_note(&tool, "%s", text);
    }
    if (!rc && (s.dev.side[0].wide || s.dev.side[1].wide)) {
        const char *text = "the bounds did not come as close as --precision asks for; they hold as they are";
        rc = lm_record_finding(r, "warning", NULL, text, err);
        if (!a.quiet) cli_note(&tool, "%s", text);
    }
    return rc;
}

static lm_status record(lm_err *err)
{
    lm_status rc;
    json_t *r = lm_record_new(&s.rec[0], tool.name, err);
    if (!r) return LM_ENOMEM;
    json_t *o = json_object_get(r, "options"), *x = lm_audit_json(&s.audit[0], err),
           *y = x ? lm_audit_json(&s.audit[1], err) : NULL;
    bool bad = json_object_set_new(o, "precision_mm", json_real(a.precision.q.value)) != 0;
    if (a.label) bad |= json_object_set_new(o, "label", json_integer((json_int_t)s.label)) != 0;
    if (a.tol.text) bad |= json_object_set_new(o, "tol_mm", json_real(a.tol.q.value)) != 0;
    if (a.range.text) bad |= json_object_set_new(o, "range_mm", json_real(a.range.q.value)) != 0;
    bad |= json_object_set_new(r, "audit", json_pack("{s:o, s:o}", "a", x, "b", y)) != 0;
    bad |= json_object_set_new(r, "deviation", lm_summary_deviation(&s.dev, a.tol.text ? a.tol.q.value : -1, err)) != 0;
    bad |= json_object_set_new(r, "verdict", json_string(lm_verdict_name(s.verdict))) != 0;
    rc = bad ? lm_err_nomem(err, sizeof(json_t)) : findings(r, err);
    if (!rc) return lm_record_append(&s.rec[0], r, err);
    json_decref(r);
    return rc;
}

/* ---- writing ---- */

/* All is written before anything is put in place, so that trouble leaves nothing. A stream is not sent when the answer is no:
 * the next tool must not go on. */
static lm_status write_all(lm_err *err)
{
    lm_out *json = NULL, *mesh = NULL, *out = NULL;
    bool stream = a.output && !strcmp(a.output, "-"), no = s.verdict == LM_VERDICT_FAIL || s.verdict == LM_VERDICT_UNDECIDED;
    lm_status rc = LM_OK;
    if (a.json && (rc = cli_json(a.json, s.rec[0].item[s.rec[0].n - 1], &json, err))) goto done;
    if (a.output && !(stream && no)) {
        lm_meshfile_opt opt = {.format = LM_MESHFILE_PLY};
        cli_progress(&tool, a.quiet, "write", 0.9);
        if ((rc = lm_meshfile_stage(a.output, &opt, &s.mesh[0], &s.rec[0], &mesh, err))) goto done;
    }
    cli_progress_done(a.quiet);
    if (!stream && !(a.json && !strcmp(a.json, "-"))) {
        if ((rc = lm_io_create("-", true, &out, err))) goto done;
        lm_summary_table(&s.dev, a.tol.text ? a.tol.q.value : -1, out);
        if (a.tol.text) lm_io_printf(out, "tolerance %g mm: %s\n", a.tol.q.value, lm_verdict_name(s.verdict));
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
    const char *args[2];
    size_t n;
    int rc;
    lm_err err = LM_ERR_INIT;

    if (cli_parse(&tool, argc, argv, args, 2, &n, &rc)) return rc;
    if (usage(args, &err)) goto fail;
    if (load(args, &err) || work(&err) || record(&err) || write_all(&err)) goto fail;
    if (a.verbose) cli_note(&tool, "%zu and %zu points were measured", s.dev.side[0].samples, s.dev.side[1].samples);
    if (s.why[0]) {
        lm_err_set(&err, LM_ENO, NULL, "%s", s.why);
        goto fail;
    }
    goto done;
fail:
    rc = cli_fail(&tool, &err);
done:
    for (int i = 0; i < 2; i++) {
        lm_record_release(&s.rec[i]);
        lm_mesh_release(&s.mesh[i]);
    }
    return rc;
}
