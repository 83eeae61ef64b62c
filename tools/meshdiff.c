/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshdiff: how far two meshes are apart, both ways, with bounds; or two segmentations, or two images. None is changed. */
#include "cli/cli.h"
#include "base/mem.h"
#include "dicom/masks.h"
#include "diff/compare.h"
#include "diff/images.h"
#include "diff/voxels.h"
#include "format/meshfile.h"
#include "format/pick.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct {
    cli_quantity tol, precision, range, contains, value_tol;
    bool maximum, overlap, mirror, volumes, images, verbose, quiet;
    size_t threads, border;
    const char *label, *align, *output, *json;
} a;

static const cli_opt opts[] = {
    {"tol", 't', CLI_QUANTITY, "LENGTH", NULL, "exit 0 only when no point is farther from the other mesh than this", &a.tol,
     LM_UNIT_MM},
    {"precision", 0, CLI_QUANTITY, "LENGTH", "0.001mm", "how close the bounds of the maximum are to come", &a.precision,
     LM_UNIT_MM},
    {"maximum", 0, CLI_FLAG, NULL, NULL, "the maximum alone, in a part of the time", &a.maximum, LM_UNIT_NONE},
    {"range", 0, CLI_QUANTITY, "LENGTH", NULL, "histogram and colours reach so far to both sides of 0 (else as far as the maximum)",
     &a.range, LM_UNIT_MM},
    {"label", 0, CLI_TEXT, "WHICH", NULL, "of several parts or labels take one: its number, or a regular expression on its name",
     &a.label, LM_UNIT_NONE},
    {"overlap", 0, CLI_FLAG, NULL, NULL, "also what the solids have in common: volumes, Dice, Jaccard, with bounds", &a.overlap,
     LM_UNIT_NONE},
    {"align", 0, CLI_TEXT, "rigid", NULL, "move A onto B first, turned and shifted, never mirrored; the motion is told", &a.align,
     LM_UNIT_NONE},
    {"mirror", 0, CLI_FLAG, NULL, NULL, "instead: exit 0 only when A is of the same side as B, not its mirror image", &a.mirror,
     LM_UNIT_NONE},
    {"contains", 0, CLI_QUANTITY, "LENGTH", NULL, "instead: exit 0 only when B lies inside A by this much or more, everywhere",
     &a.contains, LM_UNIT_MM},
    {"volumes", 0, CLI_FLAG, NULL, NULL, "A and B are segmentations of one grid: Dice and distances by voxels, label by label",
     &a.volumes, LM_UNIT_NONE},
    {"images", 0, CLI_FLAG, NULL, NULL, "A and B are grey volumes or DICOM series: exit 0 only when all samples are equal",
     &a.images, LM_UNIT_NONE},
    {"border", 0, CLI_COUNT, "N", "0", "with --images: leave out N samples at each face", &a.border, LM_UNIT_NONE},
    {"value-tol", 0, CLI_NUMBER, "VALUE", "0", "with --images: differences up to this do not count", &a.value_tol, LM_UNIT_NONE},
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
    .purpose = "Measure how far two meshes are apart, both ways, with bounds that hold; or two segmentations; or two images.",
    .usage = "[options] A B",
    .opts = opts,
    .notes = "Exit: 0 within the tolerance, or none was given; 1 not, or it cannot be decided; 2 trouble.",
    .min_args = 2,
    .max_args = 2,
};

static struct {
    lm_mesh mesh[2];
    lm_records rec[2];
    lm_compare compare; /* of meshes */
    lm_verdict verdict;
    uint32_t label; /* of A, or of B when A has one part */
    char why[LM_ERR_TEXT];
} s;

/* What the kind of A and B leaves without a meaning. */
static lm_status usage_kind(lm_err *err)
{
    const struct {
        bool given, fits;
        const char *name;
    } option[] = {
        {a.images, !a.volumes, "--volumes"},
        {a.contains.text, !a.images && !a.volumes, "--contains"},
        {a.maximum, !a.images && !a.volumes, "--maximum"},
        {a.align, !a.images && !a.volumes, "--align"},
        {a.mirror, !a.images && !a.volumes, "--mirror"},
        {a.tol.text, !a.images, "--tol"},
        {a.label, !a.images, "--label"},
        {a.range.text, !a.images && !a.volumes, "--range"},
        {a.overlap, !a.images && !a.volumes, "--overlap"},
        {a.output, !a.images && !a.volumes, "--output"},
        {a.border > 0, a.images, "--border"},
        {a.value_tol.q.value != 0, a.images, "--value-tol"},
    };
    for (size_t i = 0; i < sizeof option / sizeof *option; i++)
        if (option[i].given && !option[i].fits)
            return lm_err_set(err, LM_EUSAGE, NULL, "%s does not go with %s", option[i].name,
                              a.images    ? "--images"
                              : a.volumes ? "--volumes"
                                          : "meshes: it is for --images");
    const char *distance = a.tol.text ? "--tol" : a.range.text ? "--range" : a.overlap ? "--overlap" : a.output ? "--output" : NULL;
    if (!distance && a.maximum) distance = "--maximum";
    if (a.mirror && !distance) distance = a.contains.text ? "--contains" : a.align ? "--align" : NULL;
    if ((a.contains.text || a.mirror) && distance)
        return lm_err_set(err, LM_EUSAGE, NULL, "%s does not go with %s, which measures no deviation", distance,
                          a.mirror ? "--mirror" : "--contains");
    if (a.maximum && (a.range.text || a.output))
        return lm_err_set(err, LM_EUSAGE, NULL, "%s does not go with --maximum, which measures nothing else",
                          a.output ? "--output" : "--range");
    if (a.align && strcmp(a.align, "rigid") != 0)
        return lm_err_set(err, LM_EUSAGE, NULL, "--align %.40s: there is rigid only", a.align);
    if (a.contains.text && (a.contains.q.unit != LM_UNIT_MM || !(a.contains.q.value >= 0)))
        return lm_err_set(err, LM_EUSAGE, NULL, "--contains %s: a length of 0 or more is needed", a.contains.text);
    if (!(a.value_tol.q.value >= 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "--value-tol %s: 0 or more is needed", a.value_tol.text);
    return LM_OK;
}

static lm_status usage(const char *const args[2], lm_err *err)
{
    lm_meshfile_format format;
    bool to_stdout = a.output && !strcmp(a.output, "-");
    lm_status kind = usage_kind(err);
    if (kind) return kind;
    if (!strcmp(args[0], "-") && !strcmp(args[1], "-"))
        return lm_err_set(err, LM_EUSAGE, NULL, "only one of A and B can come from standard input");
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
    const lm_compare_opt opt = {.mirror = a.mirror,
                                .contains = a.contains.text != NULL,
                                .align = a.align != NULL,
                                .maximum = a.maximum,
                                .overlap = a.overlap,
                                .margin_mm = a.contains.q.value,
                                .precision_mm = a.precision.q.value,
                                .tol_mm = a.tol.text ? a.tol.q.value : -1,
                                .range_mm = a.range.text ? a.range.q.value : 0,
                                .threads = (int)a.threads};
    lm_mesh *m = &s.mesh[0];
    if (a.output && !m->quality && !(m->quality = lm_mem_alloc(m->nv, sizeof(float), err))) return LM_ENOMEM;
    cli_progress(&tool, a.quiet, "measure", 0.2);
    lm_status rc = lm_compare_run(s.mesh, &opt, a.output ? m->quality : NULL, &s.compare, err);
    if (rc) return rc;
    m->quality_range = s.compare.dev.range_mm;
    s.verdict = s.compare.verdict;
    snprintf(s.why, sizeof s.why, "%s", s.compare.why);
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
        if (s.compare.audit[i].valid || !s.compare.audited) continue;
        lm_audit_line(&s.compare.audit[i], line, sizeof line);
        snprintf(text, sizeof text, "mesh %c is not valid, and was measured as it is: %s", 'A' + i, line);
        rc = lm_record_finding(r, "note", NULL, text, err);
        if (!a.quiet) cli_note(&tool, "%s", text);
    }
    if (!rc && (s.mesh[0].space == LM_SPACE_UNKNOWN) != (s.mesh[1].space == LM_SPACE_UNKNOWN)) {
        const char *text = "one mesh does not say in which coordinates it is (LPS or RAS): taken as those of the other";
        rc = lm_record_finding(r, "note", NULL, text, err);
        if (!a.quiet) cli_note(&tool, "%s", text);
    }
    if (!rc && (s.compare.dev.side[0].wide || s.compare.dev.side[1].wide)) {
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
    rc = lm_compare_record(&s.compare, r, err);
    if (!rc && a.label && json_object_set_new(json_object_get(r, "options"), "label", json_integer((json_int_t)s.label)))
        rc = lm_err_nomem(err, sizeof(json_t));
    if (!rc) rc = findings(r, err);
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
        lm_compare_table(&s.compare, out);
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

/* ---- segmentations and images ---- */

static lm_status write_facts(const char *key, json_t *facts, lm_out *table, lm_err *err)
{
    lm_out *json = NULL;
    json_t *all =
        json_pack("{s:i, s:s, s:o, s:s}", "schema", 1, "tool", tool.name, key, facts, "verdict", lm_verdict_name(s.verdict));
    lm_status rc = all ? LM_OK : lm_err_nomem(err, sizeof(json_t));
    if (!rc && a.json) rc = cli_json(a.json, all, &json, err);
    cli_progress_done(a.quiet);
    if (rc || (a.json && !strcmp(a.json, "-"))) lm_io_abort(table);
    else rc = lm_io_commit(table, err);
    if (!rc && json) rc = lm_io_commit(json, err);
    else lm_io_abort(json);
    json_decref(all);
    return rc;
}

static lm_status segmentations(const char *const args[2], lm_err *err)
{
    lm_identity id = {.show = false};
    lm_masks m[2] = {LM_MASKS_INIT, LM_MASKS_INIT};
    lm_voxels v = LM_VOXELS_INIT;
    lm_out *table = NULL;
    json_t *facts = NULL;
    const double tol = a.tol.text ? a.tol.q.value : -1;
    lm_status rc = lm_identity_load(&id, err);
    const lm_masks_opt opt = {.identity = &id, .threads = (int)a.threads};
    for (int i = 0; i < 2 && !rc; i++) {
        cli_progress(&tool, a.quiet, "read", 0.2 * i);
        rc = lm_masks_read(args[i], &opt, &m[i], err);
        if (!rc) rc = lm_masks_pick(&m[i], &a.label, a.label != NULL, &opt, err);
        if (rc) lm_err_frame(err, "segmentation %c", 'A' + i);
    }
    if (!rc && m[0].frame[0] && m[1].frame[0] && strcmp(m[0].frame, m[1].frame) != 0)
        rc = lm_err_set(err, LM_ERULE, NULL, "A and B are of different frames of reference: their places cannot be compared");
    cli_progress(&tool, a.quiet, "measure", 0.4);
    if (!rc) rc = lm_voxels_compare(&m[0].regions, &m[1].regions, tol, (int)a.threads, &v, err);
    if (!rc && a.tol.text) {
        s.verdict = lm_voxels_judge(&v, tol);
        if (s.verdict != LM_VERDICT_PASS) snprintf(s.why, sizeof s.why, "not all labels are within %g mm of each other", tol);
    }
    if (!rc && !(facts = lm_voxels_json(&v, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_io_create("-", true, &table, err);
    if (!rc) {
        lm_voxels_table(&v, table);
        if (a.tol.text) lm_io_printf(table, "tolerance %g mm: %s\n", tol, lm_verdict_name(s.verdict));
        rc = write_facts("volumes", facts, table, err);
    } else json_decref(facts);
    lm_voxels_release(&v);
    for (int i = 0; i < 2; i++) lm_masks_release(&m[i]);
    return rc;
}

static lm_status images(const char *const args[2], lm_err *err)
{
    const lm_images_opt opt = {.border = a.border, .allowed = a.value_tol.q.value, .threads = (int)a.threads};
    lm_vol vol[2] = {LM_VOL_INIT, LM_VOL_INIT};
    lm_images d = {.compared = 0};
    lm_out *table = NULL;
    json_t *facts = NULL;
    lm_status rc = LM_OK;
    for (int i = 0; i < 2 && !rc; i++) {
        cli_progress(&tool, a.quiet, "read", 0.4 * i);
        rc = lm_images_read(args[i], (int)a.threads, &vol[i], err);
    }
    cli_progress(&tool, a.quiet, "compare", 0.8);
    if (!rc) rc = lm_images_compare(&vol[0], &vol[1], &opt, &d, err);
    if (!rc) {
        s.verdict = d.same_grid && !d.differ ? LM_VERDICT_PASS : LM_VERDICT_FAIL;
        if (!d.same_grid) snprintf(s.why, sizeof s.why, "the grids differ: %s", d.grid);
        else if (d.differ)
            snprintf(s.why, sizeof s.why, "%llu of %llu samples differ", (unsigned long long)d.differ,
                     (unsigned long long)d.compared);
        if (!(facts = lm_images_json(&d, err))) rc = LM_ENOMEM;
    }
    if (!rc) rc = lm_io_create("-", true, &table, err);
    if (!rc) {
        lm_images_table(&d, table);
        rc = write_facts("images", facts, table, err);
    } else json_decref(facts);
    for (int i = 0; i < 2; i++) lm_vol_release(&vol[i]);
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
    if (a.images || a.volumes) {
        if (a.images ? images(args, &err) : segmentations(args, &err)) goto fail;
    } else if (load(args, &err) || work(&err) || record(&err) || write_all(&err)) goto fail;
    else if (a.verbose)
        cli_note(&tool, "%zu and %zu points were measured", s.compare.dev.side[0].samples, s.compare.dev.side[1].samples);
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
