/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshmeasure: measure a mesh, judge it, and put the part in place only when the verdict allows. */
#include "cli/cli.h"
#include "diff/reference.h"
#include "format/meshfile.h"
#include "format/pick.h"
#include "format/landmarks.h"
#include "measure/expect.h"
#include "measure/facts.h"
#include "measure/junit.h"
#include "measure/ledger.h"
#include "measure/grown.h"
#include "measure/reported.h"
#include "measure/reviewed.h"
#include "measure/spec.h"
#include "measure/vessel_facts.h"
#include "reports/report.h"
#include "surface/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    cli_list section, fit, expect, tol, against, measurement, output, stage;
    const char *label, *space, *case_id, *report, *json, *spec, *landmarks, *scan_back, *junit, *density, *bed, *units,
        *acknowledge, *probability;
    bool keep_names, write_failed, quiet, verbose;
    size_t threads;
    bool vessel; /* and where from, where to, and what to write */
    const char *from, *to, *centreline;
} a;

static const cli_opt opts[] = {
    {"expect", 'e', CLI_LIST, "NAME=VALUE", NULL, "judge a quantity; NAME=VALUE,tol=T sets its own tolerance (may be repeated)",
     &a.expect, LM_UNIT_NONE},
    {"tol", 't', CLI_LIST, "T", NULL,
     "tolerance: 1%, 0.5mm, 2ml; one of each kind (else 1 %, against a source also half a voxel edge)", &a.tol, LM_UNIT_NONE},
    {"spec", 0, CLI_TEXT, "FILE", NULL, "tolerances per quantity, and expectations, as JSON; see the manual", &a.spec,
     LM_UNIT_NONE},
    {"landmarks", 0, CLI_TEXT, "FILE", NULL,
     "distances, angles and diameters between landmarks, with what was read on the images (text, .mrk.json)", &a.landmarks,
     LM_UNIT_NONE},
    {"stage", 0, CLI_LIST, "NAME=FILE", NULL, "measure the landmarks on this mesh too (may be repeated)", &a.stage, LM_UNIT_NONE},
    {"scan-back", 0, CLI_TEXT, "FILE", NULL, "measure the landmarks on this scan of the print too, a mesh in its place",
     &a.scan_back, LM_UNIT_NONE},
    {"against", 'a', CLI_LIST, "PATH", NULL,
     "judge against the DICOM source that the records name, a structured report on it, or a mask by itself (may be repeated)",
     &a.against, LM_UNIT_NONE},
    {"measurement", 0, CLI_LIST, "WHICH", NULL,
     "of a structured report: tracking id, its number in the list, or a regular expression (else its one volume; may be repeated)",
     &a.measurement, LM_UNIT_NONE},
    {"acknowledge", 0, CLI_TEXT, "FILE", NULL, "who has looked at which region of dcmseg's --review; see the manual",
     &a.acknowledge, LM_UNIT_NONE},
    {"output", 'o', CLI_LIST, "FILE", NULL, "write the part, by suffix .3mf .stl .ply; '-' sends PLY (may be repeated)", &a.output,
     LM_UNIT_NONE},
    {"section", 0, CLI_LIST, "PLANE", NULL, "area, perimeter and diameters in a plane: z=12.5mm or nx,ny,nz,d (may be repeated)",
     &a.section, LM_UNIT_NONE},
    {"fit", 0, CLI_LIST, "SHAPE[:REGION]", NULL,
     "fit a sphere, cylinder or plane, within :ball=x,y,z,r :box=x0,y0,z0,x1,y1,z1 or :part=N (may be repeated)", &a.fit,
     LM_UNIT_NONE},
    {"density", 0, CLI_TEXT, "D", NULL, "mass of the print: 1.15g/cm3, or with where it is from, '1.15g/cm3:resin data sheet'",
     &a.density, LM_UNIT_NONE},
    {"bed", 0, CLI_TEXT, "X,Y,Z", NULL, "size of the printer's bed in mm: does the part fit, as it stands and turned", &a.bed,
     LM_UNIT_NONE},
    {"vessel", 0, CLI_FLAG, NULL, NULL, "follow a vessel, or a tree of vessels, along its centreline: lengths, diameters, areas",
     &a.vessel, LM_UNIT_NONE},
    {"from", 0, CLI_TEXT, "X,Y,Z", NULL, "of the vessel: begin at this place (patient mm)", &a.from, LM_UNIT_NONE},
    {"to", 0, CLI_TEXT, "X,Y,Z", NULL, "... and end at this one, without branches", &a.to, LM_UNIT_NONE},
    {"centreline", 0, CLI_TEXT, "FILE", NULL, "write the points of the centreline, their diameters and areas as CSV", &a.centreline,
     LM_UNIT_NONE},
    {"units", 0, CLI_TEXT, "U,V", NULL, "show lengths, areas, volumes in these, such as cm,ml, in table and report", &a.units,
     LM_UNIT_NONE},
    {"label", 0, CLI_TEXT, "WHICH", NULL,
     "of several parts, and of a mask by itself, take what has this number, or a name that matches", &a.label, LM_UNIT_NONE},
    {"space", 0, CLI_TEXT, "LPS|RAS", NULL, "where the axes of a NIfTI mask lead that does not state it", &a.space, LM_UNIT_NONE},
    {"probability", 0, CLI_TEXT, "P", NULL,
     "of a fractional mask by itself: from this part of its maximum on a sample is inside (else 0.5)", &a.probability,
     LM_UNIT_NONE},
    {"keep-names", 0, CLI_FLAG, NULL, NULL, "keep names of parts also when they are no anatomical terms", &a.keep_names,
     LM_UNIT_NONE},
    {"write-failed", 0, CLI_FLAG, NULL, NULL, "write the part also when the answer is no, marked FAILED in name and metadata",
     &a.write_failed, LM_UNIT_NONE},
    CLI_OPT_CASE(&a.case_id),
    CLI_OPT_REPORT(&a.report),
    CLI_OPT_JSON(&a.json),
    {"junit", 0, CLI_TEXT, "FILE", NULL, "write the verdicts as JUnit XML", &a.junit, LM_UNIT_NONE},
    CLI_OPT_THREADS(&a.threads),
    CLI_OPT_QUIET(&a.quiet),
    CLI_OPT_VERBOSE(&a.verbose),
    CLI_OPT_END,
};

static const cli_tool tool = {
    .name = "meshmeasure",
    .purpose = "Measure a mesh; judge it against numbers or against its DICOM source; write part, report and facts.",
    .usage = "[options] [MESH]",
    .opts = opts,
    .notes = "Exit: 0 measured, or all judged values pass and the mesh is valid; 1 no, or it cannot be decided; 2 trouble.",
    .max_args = 1,
};

enum { PARTS = CLI_LIST_MAX, NAME = 4096 };

typedef struct { /* one file on its way */
    lm_out *out;
    lm_meshfile_format format;
    lm_hash_sha256 sha;
    uint64_t bytes;
} part;

static struct {
    lm_expect expect[CLI_LIST_MAX + LM_SPEC_MAX]; /* of the command line, then of the specification */
    size_t expected;
    lm_spec spec;
    lm_units units;
    double level; /* --probability; 0: not given */
    lm_calipers calipers;
    lm_replay replay; /* the source, for these */
    lm_vol mask;
    lm_trim_plane plane[CLI_LIST_MAX];
    lm_section section[CLI_LIST_MAX];
    lm_fit_ask ask[CLI_LIST_MAX];
    lm_fit fit[CLI_LIST_MAX];
    lm_against_opt aopt;
    lm_meshfile_format format[PARTS];
    bool to_stdout;       /* a mesh goes there, so no table */
    lm_mesh all;          /* with what stands beside the anatomy, which mesh is without; empty: there is nothing */
    lm_mesh mesh, joined; /* joined: of several parts, all as one body */
    uint32_t label;
    lm_records rec;
    lm_audit_parts audit;
    lm_mass mass, whole; /* whole: of joined */
    lm_shape shape, before_shape;
    lm_original original; /* before the first intended change; its measures are before and before_shape */
    lm_mass before;
    lm_grown grown;
    lm_perpart each;
    lm_density density;
    lm_bed bed;
    lm_vessel_ask route;
    lm_vessel vessel;
    lm_print print;
    bool belonged; /* the records, before a part was taken out */
    lm_verdict_list list;
    lm_budget budget;
    lm_against_facts against;
    lm_admesh_result second;
    json_t *options, *facts, *references, *review;
    lm_reviewed reviewed; /* --acknowledge */
    lm_reported reported;
    lm_overlay overlay;
    lm_reference reference;
    part part[PARTS];
    size_t parts;
    lm_out *report, *json, *junit, *centreline;
} s;

static void progress(void *ctx, const char *what, double fraction)
{
    (void)ctx;
    cli_progress(&tool, a.quiet, what, fraction);
}

/* The specification behind the command line: a name in both is refused. */
static lm_status read_spec(lm_err *err)
{
    lm_in *in = NULL;
    s.expected = a.expect.n;
    if (!a.spec) return LM_OK;
    lm_status rc = strcmp(a.spec, "-") ? lm_io_open(a.spec, &in, err)
                                       : lm_err_set(err, LM_EUSAGE, NULL, "--spec: standard input is for the mesh");
    if (!rc) rc = lm_spec_read(in, &s.spec, err);
    lm_io_close(in);
    for (size_t i = 0; i < s.spec.n_expect && !rc; i++) {
        for (size_t k = 0; k < a.expect.n; k++)
            if (lm_expect_same(&s.expect[k], &s.spec.expect[i]))
                return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is expected by --expect and by --spec", lm_expect_name(&s.expect[k]));
        s.expect[s.expected++] = s.spec.expect[i];
    }
    for (size_t i = 0; i < s.expected; i++) lm_spec_expect(&s.spec, &s.expect[i]);
    return rc;
}

static lm_status read_landmarks(lm_err *err)
{
    lm_in *in = NULL;
    lm_status sc = LM_OK;
    for (size_t i = 0; i < a.stage.n && !sc; i++) sc = lm_landmarks_check(a.stage.item[i], err);
    if (!sc && !a.landmarks && (a.stage.n || a.scan_back))
        sc = lm_err_set(err, LM_EUSAGE, NULL, "--stage and --scan-back need --landmarks: what is to be measured there");
    if (sc || !a.landmarks) return sc;
    s.aopt.keep = &s.replay;
    lm_status rc = strcmp(a.landmarks, "-") ? lm_io_open(a.landmarks, &in, err)
                                            : lm_err_set(err, LM_EUSAGE, NULL, "--landmarks: standard input is for the mesh");
    if (!rc) rc = lm_caliper_read(in, &s.calipers, err);
    lm_io_close(in);
    return rc;
}

static lm_status read_acknowledged(lm_err *err)
{
    lm_in *in = NULL;
    if (!a.acknowledge) return LM_OK;
    lm_status rc = strcmp(a.acknowledge, "-") ? lm_io_open(a.acknowledge, &in, err)
                                              : lm_err_set(err, LM_EUSAGE, NULL, "--acknowledge: standard input is for the mesh");
    if (!rc) rc = lm_reviewed_read(in, &s.reviewed, err);
    lm_io_close(in);
    return rc;
}

/* What is said of vessels needs one, what is said of mass a density. */
static lm_status check_needs(lm_err *err)
{
    const char *needs = a.from ? "--from" : a.to ? "--to" : a.centreline ? "--centreline" : NULL;
    for (size_t i = 0; i < s.expected && !needs; i++)
        if (lm_expect_of_vessel(&s.expect[i])) needs = lm_expect_name(&s.expect[i]);
    for (size_t i = 0; i < s.expected && !a.density; i++)
        if (lm_expect_of_print(&s.expect[i]))
            return lm_err_set(err, LM_EUSAGE, NULL, "%s needs --density", lm_expect_name(&s.expect[i]));
    return needs && !a.vessel ? lm_err_set(err, LM_EUSAGE, NULL, "%s needs --vessel", needs) : LM_OK;
}

/* What can be said of the options before anything is read. */
static lm_status check_options(lm_err *err)
{
    lm_status rc = LM_OK;
    size_t to_stdout = 0;
    const char *outputs[CLI_LIST_MAX + 4];
    for (size_t i = 0; i < a.tol.n && !rc; i++) rc = lm_verdict_tol(a.tol.item[i], &s.aopt.tol, err);
    for (size_t i = 0; i < a.expect.n && !rc; i++) {
        rc = lm_expect_parse(a.expect.item[i], &s.expect[i], err);
        for (size_t k = 0; k < i && !rc; k++)
            if (lm_expect_same(&s.expect[k], &s.expect[i]))
                rc = lm_err_set(err, LM_EUSAGE, NULL, "--expect: '%s' is expected twice", lm_expect_name(&s.expect[i]));
    }
    for (size_t i = 0; i < a.section.n && !rc; i++)
        if ((rc = lm_trim_parse(a.section.item[i], &s.plane[i], err))) lm_err_frame(err, "--section");
    if (!rc && a.density && (rc = lm_print_density(a.density, &s.density, err))) lm_err_frame(err, "--density");
    if (!rc && a.bed && (rc = lm_print_bed(a.bed, &s.bed, err))) lm_err_frame(err, "--bed");
    if (!rc && a.units && (rc = lm_units_parse(a.units, &s.units, err))) lm_err_frame(err, "--units");
    if (!rc) rc = lm_vessel_parse(a.from, a.to, &s.route, err);
    if (!rc) rc = read_spec(err);
    if (!rc) rc = read_landmarks(err);
    if (!rc) rc = read_acknowledged(err);
    for (size_t i = 0; i < a.fit.n && !rc; i++)
        if ((rc = lm_fit_parse(a.fit.item[i], &s.ask[i], err))) lm_err_frame(err, "--fit");
    if (!rc) rc = check_needs(err);
    for (size_t i = 0; i < s.expected && !rc; i++) {
        lm_measurement m;
        rc = lm_expect_judge(&s.expect[i], &s.mass, &s.shape, &s.aopt.tol, &m, err);
        if (!rc && s.expect[i].fit > a.fit.n)
            rc = lm_err_set(err, LM_EUSAGE, NULL, "'%s' is expected, but --fit was given %zu times", m.name, a.fit.n);
    }
    for (size_t i = 0; i < a.output.n && !rc; i++) {
        rc = lm_meshfile_suffix(a.output.item[i], &s.format[i], err);
        to_stdout += !strcmp(a.output.item[i], "-");
        outputs[i] = a.output.item[i];
    }
    for (size_t i = 0; i < a.against.n && !rc; i++)
        if (!strcmp(a.against.item[i], "-"))
            rc = lm_err_set(err, LM_EUSAGE, NULL, "--against: the source has a name; standard input is for the mesh");
    if (!rc && a.space && strcmp(a.space, "LPS") && strcmp(a.space, "RAS"))
        rc = lm_err_set(err, LM_EUSAGE, NULL, "--space '%s': LPS or RAS", a.space);
    if (!rc && a.probability && (!lm_num_all(a.probability, &s.level) || !(s.level > 0 && s.level <= 1)))
        rc = lm_err_set(err, LM_EUSAGE, NULL, "--probability '%.40s': more than 0, at most 1", a.probability);
    if (!rc && a.probability && !a.against.n)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "--probability needs --against: a fractional segmentation");
    if (!rc && a.measurement.n && !a.against.n)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "--measurement needs --against: the structured report");
    if (rc) return rc;
    s.to_stdout = to_stdout > 0;
    outputs[a.output.n] = a.report;
    outputs[a.output.n + 1] = a.json;
    outputs[a.output.n + 2] = a.junit;
    outputs[a.output.n + 3] = a.centreline;
    if ((rc = cli_outputs(outputs, a.output.n + 4, a.output.n, err))) return rc;
    if (a.write_failed && a.output.n == to_stdout)
        return lm_err_set(err, LM_EUSAGE, NULL, "--write-failed needs -o FILE: a part that failed is never piped on");
    s.options = json_pack("{s:[], s:[], s:b}", "expect", "tol", "against", a.against.n > 0); /* never the path */
    for (size_t i = 0; i < a.section.n; i++) {
        if (!i && json_object_set_new(s.options, "section", json_array())) return lm_err_nomem(err, 0);
        json_array_append_new(json_object_get(s.options, "section"), json_string(a.section.item[i]));
    }
    for (size_t i = 0; i < a.fit.n; i++) {
        if (!i && json_object_set_new(s.options, "fit", json_array())) return lm_err_nomem(err, 0);
        json_array_append_new(json_object_get(s.options, "fit"), json_string(a.fit.item[i]));
    }
    if ((a.density && json_object_set_new(s.options, "density", json_string(a.density))) ||
        (a.bed && json_object_set_new(s.options, "bed", json_string(a.bed))) ||
        (s.level > 0 && json_object_set_new(s.options, "probability", json_real(s.level))) ||
        (a.units && json_object_set_new(s.options, "units", json_string(a.units))) ||
        (a.vessel && json_object_set_new(s.options, "vessel", json_true())) ||
        (a.from && json_object_set_new(s.options, "from", json_string(a.from))) ||
        (a.to && json_object_set_new(s.options, "to", json_string(a.to))) ||
        (a.acknowledge && json_object_set_new(s.options, "acknowledge", json_true())) ||
        (a.spec && json_object_set_new(s.options, "spec", json_true())) ||
        (a.landmarks && json_object_set_new(s.options, "landmarks", json_true())))
        return lm_err_nomem(err, 0);
    for (size_t i = 0; i < a.expect.n; i++)
        json_array_append_new(json_object_get(s.options, "expect"), json_string(a.expect.item[i]));
    for (size_t i = 0; i < a.tol.n; i++) json_array_append_new(json_object_get(s.options, "tol"), json_string(a.tol.item[i]));
    return s.options ? cli_text("case", a.case_id, err) : lm_err_nomem(err, 0);
}

static lm_reported_opt reported_opt(void)
{
    return (lm_reported_opt){.threads = (int)a.threads, .tol = &s.aopt.tol, .n_pick = a.measurement.n, .pick = a.measurement.item};
}

/* What it is judged against, sorted: reports, masks by themselves, and what the records name. */
static lm_reference_opt reference_opt(void)
{
    return (lm_reference_opt){.threads = (int)a.threads,
                              .label = a.label,
                              .axes = a.space,
                              .level = s.level,
                              .keep_names = a.keep_names,
                              .tol = &s.aopt.tol,
                              .keep = a.landmarks ? &s.mask : NULL,
                              .progress = progress};
}

static lm_status sources(lm_err *err)
{
    const lm_reported_opt ro = reported_opt();
    const lm_reference_opt fo = reference_opt();
    if (!a.against.n) return LM_OK;
    lm_status rc = lm_reported_open(a.against.item, a.against.n, &ro, &s.reported, err);
    if (!rc) rc = lm_reference_open(s.reported.rest, s.reported.n_rest, &s.rec, &fo, &s.reference, err);
    if (!rc && s.reference.n && !(s.references = json_array())) rc = lm_err_nomem(err, 0);
    return rc;
}

/* Plugs and bodies of known size go into the files with the part; they are not measured with it. */
static lm_status anatomy_only(lm_err *err)
{
    lm_mesh only = LM_MESH_INIT;
    size_t n = 0;
    lm_status rc = lm_ledger_anatomy(&s.mesh, &only, &n, err);
    if (rc || !n) {
        lm_mesh_release(&only);
        return rc;
    }
    if (!a.quiet) cli_note(&tool, "%zu bodies beside the part, plugs or of known size, are written with it and not measured", n);
    s.all = s.mesh;
    s.mesh = only;
    return LM_OK;
}

/* What is audited and written. */
static const lm_mesh *whole(void)
{
    return s.all.nt ? &s.all : &s.mesh;
}

/* The mesh, or the part of it that is asked for. */
static lm_status load(const char *path, lm_err *err)
{
    const lm_meshfile_in in = {.parts = true, .bodies = true, .keep_names = a.keep_names};
    lm_status rc = lm_meshfile_load_as(path, &in, &s.mesh, &s.rec, err);
    s.belonged = s.rec.belong;
    if (!rc) rc = sources(err);
    if (!rc && a.label && (s.mesh.label || !s.reference.n)) rc = lm_pick_part(&s.mesh, &s.rec, a.label, &s.label, err);
    if (!rc && !a.label) rc = anatomy_only(err);
    if (rc) return rc;
    bool bad = s.label && json_object_set_new(s.options, "label", json_integer((json_int_t)s.label));
    if (a.keep_names) bad |= json_object_set_new(s.options, "keep-names", json_true()) != 0;
    return bad ? lm_err_nomem(err, sizeof(json_t)) : LM_OK;
}

/* The case that the scan was read for is the one that the part is for. */
static lm_status same_case(lm_facts *f, lm_err *err)
{
    const char *was = s.rec.belong ? lm_record_case(&s.rec) : NULL;
    if (was && a.case_id && strcmp(was, a.case_id))
        return lm_err_set(err, LM_ERULE, NULL, "--case '%s', but the mesh was made for case '%s'", a.case_id, was);
    f->case_id = a.case_id ? a.case_id : was;
    return LM_OK;
}

/* Numbers that do not come from this mesh speak of the anatomy: what is known of its volume is the whole budget. */
static lm_mass anatomy(const lm_mass *m)
{
    lm_mass known = *m; /* borrowed */
    lm_budget_volume(s.belonged ? &s.rec : NULL, m, &s.budget);
    if (m->has_volume) known.u_volume_mm3 = s.budget.u_mm3;
    return known;
}

/* What is expected is said of the solid before it was changed on purpose. */
static lm_status expectations(lm_err *err)
{
    const bool other = s.original.changed;
    const lm_mass known = anatomy(other ? &s.before : &s.mass);
    lm_status rc = LM_OK;
    s.before_shape.n_fits = s.shape.n_fits;
    s.before_shape.fit = s.fit;
    for (size_t i = 0; i < s.expected && !rc; i++) {
        lm_measurement m;
        rc = lm_expect_judge(&s.expect[i], &known, other ? &s.before_shape : &s.shape, &s.aopt.tol, &m, err);
        if (!rc && other && !m.note[0]) snprintf(m.note, sizeof m.note, "%s", s.original.note);
        if (!rc) rc = lm_verdict_add(&s.list, &m, err);
    }
    return rc;
}

/* An open mesh is not asked for a volume. */
static lm_status solid(lm_err *err)
{
    const char *asked = a.density ? "--density" : NULL;
    for (size_t i = 0; i < s.expected && !asked; i++)
        if (lm_expect_of_solid(&s.expect[i])) asked = lm_expect_name(&s.expect[i]);
    lm_status rc = asked ? lm_mass_solid(&s.mass, err) : LM_OK;
    return rc ? lm_err_frame(err, "%s", asked) : LM_OK;
}

/* Several parts are measured one beside the other: a wall counts for both. */
static lm_status mass(lm_facts *f, lm_err *err)
{
    size_t walls;
    f->audit = &s.audit.all;
    if (!s.mesh.label) return lm_mass_measure(&s.mesh, &s.mass, err);
    if (!s.all.nt) f->parts = &s.audit;
    f->names = &s.mesh.parts;
    lm_status rc = lm_split_expand(&s.mesh, &s.joined, err);
    if (!rc) rc = lm_mass_measure(&s.joined, &s.mass, err);
    if (rc || (rc = lm_mesh_copy(&s.mesh, &s.joined, err)) || (rc = lm_split_join(&s.joined, &walls, err))) return rc;
    return lm_mass_measure(&s.joined, &s.whole, err);
}

static lm_status form(lm_facts *f, lm_err *err)
{
    const lm_mesh *body = s.mesh.label ? &s.joined : &s.mesh;
    lm_status rc = LM_OK;
    f->shape = &s.shape;
    f->section = s.section;
    progress(NULL, "measure", 0);
    for (size_t i = 0; i < a.section.n && !rc; i++, f->n_sections++)
        rc = lm_section_of(body, &s.plane[i], s.mass.has_volume, &s.section[i], err);
    if (!rc && s.mesh.label && !(rc = lm_perpart_run(&s.mesh, &s.each, err))) f->each = &s.each;
    if (!rc) rc = lm_shape_of(body, s.mesh.label ? &s.whole : &s.mass, &s.shape, err);
    s.shape.fit = s.fit;
    for (size_t i = 0; i < a.fit.n && !rc; i++, s.shape.n_fits++)
        rc = lm_fit_run(s.ask[i].region == LM_FIT_PART ? &s.mesh : body, &s.ask[i], &s.fit[i], err);
    return rc;
}

static lm_status vessel(lm_err *err)
{
    char line[LM_ERR_TEXT];
    if (!a.vessel) return LM_OK;
    if (s.mesh.label) return lm_err_set(err, LM_EUSAGE, NULL, "--vessel measures one part: choose it with --label");
    if (!s.audit.all.valid) {
        lm_audit_line(&s.audit.all, line, sizeof line);
        return lm_err_set(err, LM_ERULE, NULL, "--vessel needs a valid mesh, see meshfix: %.300s", line);
    }
    s.route.voxel_mm = lm_budget_edge(s.belonged ? &s.rec : NULL);
    lm_status rc = lm_vessel_measure(&s.mesh, &s.mass, &s.route, (int)a.threads, &s.vessel, err);
    if (rc) return lm_err_frame(err, "--vessel");
    s.shape.vessel = &s.vessel;
    return LM_OK;
}

/* Mass and bed: of the mesh as it is written. */
static lm_status print(lm_facts *f, lm_err *err)
{
    lm_measurement m;
    f->density = a.density ? &s.density : NULL;
    f->bed = a.bed ? &s.bed : NULL;
    if (a.density || a.bed) f->print = &s.print;
    lm_print_of(&s.mass, &s.shape, f->density, f->bed, &s.print);
    s.shape.print = s.before_shape.print = &s.print;
    if (!a.bed) return LM_OK;
    lm_print_judge(&s.print, &s.bed, &m);
    return lm_verdict_add(&s.list, &m, err);
}

/* What the reports say is of the solid before it was changed on purpose. */
static lm_status reported(const lm_reported *r, const lm_reported_opt *opt, lm_err *err)
{
    const lm_mass *of = s.original.changed ? &s.before : &s.mass, known = anatomy(of);
    const bool belong = s.rec.belong;
    s.rec.belong = s.belonged;
    lm_reported_opt own = *opt;
    own.body = s.original.changed ? &s.original.solid : s.mesh.label ? &s.joined : &s.mesh;
    lm_status rc =
        lm_reported_judge(r, &s.rec, of, s.original.changed ? &s.before_shape : &s.shape, known.u_volume_mm3, &own, &s.list, err);
    s.rec.belong = belong;
    return rc;
}

static lm_status against_seen(void *ctx, const lm_vol *source, const lm_mesh *solid, lm_err *err)
{
    return lm_overlay_cut(source, solid, ctx, err);
}

/* Several parts are compared as one body without walls too. A part that was taken out still has the records of the whole. */
static lm_status against_source(const char *const *paths, size_t n, lm_facts *f, lm_err *err)
{
    bool belong = s.rec.belong;
    s.aopt.label = belong != s.belonged ? s.label : 0;
    s.aopt.seen = a.report ? against_seen : NULL;
    s.aopt.seen_ctx = &s.overlay;
    s.rec.belong = s.belonged;
    lm_status rc = lm_against(paths, n, &s.rec, &s.mesh, s.mesh.label ? &s.joined : &s.mesh, s.mesh.label ? &s.whole : &s.mass,
                              &s.aopt, &s.against, err);
    s.rec.belong = belong;
    for (size_t i = 0; i < s.against.list.n && !rc; i++) rc = lm_verdict_add(&s.list, &s.against.list.item[i], err);
    if (!rc) f->against = &s.against;
    return rc;
}

static lm_status against(lm_facts *f, lm_err *err)
{
    const lm_reported_opt ro = reported_opt();
    const lm_reference_opt fo = reference_opt();
    bool belong = s.rec.belong;
    lm_status rc = s.reported.n ? reported(&s.reported, &ro, err) : LM_OK;
    s.rec.belong = s.belonged;
    if (!rc && s.reference.n)
        rc = lm_reference_judge(&s.reference, &s.rec, s.mesh.label ? &s.joined : &s.mesh, s.mesh.label ? &s.whole : &s.mass, &fo,
                                &s.list, &s.budget, s.references, err);
    s.rec.belong = belong;
    f->references = s.references;
    if (!rc && s.reference.n_rest && !(s.reference.n && s.reference.alone))
        rc = against_source(s.reference.rest, s.reference.n_rest, f, err);
    f->unplaced = s.reported.n && !s.reference.n && !f->against;
    return rc;
}

/* On the mesh, on what it was made from as far as that was read, and on what else was given. */
static lm_status landmarks(lm_err *err)
{
    lm_landmarks_opt opt = {.stage = a.stage.item,
                            .stages = a.stage.n,
                            .scan_back = a.scan_back,
                            .tol = &s.aopt.tol,
                            .keep_names = a.keep_names,
                            .threads = (int)a.threads};
    lm_status rc = LM_OK;
    if (s.replay.of_labels) rc = lm_replay_mask(&s.replay, s.aopt.label, &s.mask, err);
    opt.field = s.replay.vol.data ? &s.replay.vol : s.mask.data ? &s.mask : NULL;
    opt.grey = s.replay.vol.data && s.replay.grey;
    return rc ? rc
              : lm_landmarks_judge(&s.calipers,
                                   s.original.rounding_mm3 > 0 ? &s.original.solid
                                   : s.mesh.label              ? &s.joined
                                                               : &s.mesh,
                                   &opt, &s.list, err);
}

/* The solid before the first intended change, and its measures. */
static lm_status original(lm_err *err)
{
    const lm_mesh *body = s.mesh.label ? &s.joined : &s.mesh;
    lm_status rc = s.rec.belong ? lm_original_find(&s.rec, body, &s.original, err)
                   : s.belonged ? lm_original_part(&s.rec, body, &s.original, err)
                                : LM_OK;
    if (!rc && s.original.changed) rc = lm_mass_measure(&s.original.solid, &s.before, err);
    return !rc && s.original.changed ? lm_shape_of(&s.original.solid, &s.before, &s.before_shape, err) : rc;
}

/* Material that was added is judged by itself, where anything is. */
static lm_status grown(lm_facts *f, lm_err *err)
{
    const lm_grown_opt opt = {.threads = (int)a.threads, .progress = progress};
    if (!s.rec.belong || !(a.against.n || a.output.n || s.expected)) return LM_OK;
    progress(NULL, "walls", 0);
    f->grown = &s.grown;
    return lm_grown_judge(&s.rec, &s.original, &opt, &s.list, &s.grown, err);
}

/* A part that was taken out still has the review of the whole. */
static lm_status reviewed(lm_facts *f, lm_err *err)
{
    const bool belong = s.rec.belong;
    s.rec.belong = s.belonged;
    lm_status rc = lm_reviewed_judge(&s.rec, a.acknowledge ? &s.reviewed : NULL, &s.list, &s.review, err);
    s.rec.belong = belong;
    f->review = s.review;
    return rc;
}

/* Measure and judge; f is filled in. */
static lm_status judge(lm_facts *f, lm_err *err)
{
    lm_audit_opt aopt = {.threads = (int)a.threads};
    lm_status rc;
    progress(NULL, "check", 0);
    if ((rc = lm_audit_parts_run(whole(), &aopt, &s.audit, err)) || (rc = mass(f, err)) || (rc = solid(err)) ||
        (rc = form(f, err)) || (rc = original(err)))
        return rc;
    if ((rc = vessel(err))) return rc;
    anatomy(&s.mass);
    f->budget = &s.budget;
    if ((rc = print(f, err))) return rc;
    if (s.expected && (rc = expectations(err))) return rc;
    if ((a.against.n && (rc = against(f, err))) || (rc = grown(f, err))) return rc;
    if (a.output.n) {
        if ((rc = lm_admesh_check(whole(), &s.second, err))) return rc;
        f->second = &s.second;
    }
    if (s.calipers.n && (rc = landmarks(err))) return rc;
    f->landmarks = a.landmarks ? &s.calipers : NULL;
    f->keep_names = a.keep_names;
    if ((rc = reviewed(f, err))) return rc;
    for (size_t i = 0; i < s.list.n; i++)
        if ((rc = lm_spec_apply(&s.spec, &s.list.item[i], err))) return rc;
    for (size_t i = 0; i < s.list.n; i++) lm_verdict_show_in(&s.list.item[i], &s.units);
    f->units = s.units;
    f->n = s.list.n;
    f->item = s.list.item;
    f->judged = f->n || a.output.n;
    return LM_OK;
}

/* Facts, from the records that belong to the mesh; then this tool's own record for the stream it may send on. */
static lm_status account(lm_facts *f, const char *verdict, lm_err *err)
{
    json_t *r = lm_record_new(&s.rec, tool.name, err);
    if (!r) return LM_ENOMEM;
    if (s.rec.n && !s.rec.belong) {
        lm_record_release(&s.rec);
        f->foreign = true;
    }
    if (json_object_set(r, "options", s.options) || json_object_set_new(r, "verdict", json_string(verdict))) lm_err_nomem(err, 0);
    else if ((s.facts = lm_facts_json(f, err))) return lm_record_append(&s.rec, r, err);
    json_decref(r);
    return err->code;
}

/* "part.3mf" becomes "part.FAILED.3mf". */
static void failed_name(const char *path, char buf[NAME])
{
    const char *dot = strrchr(path, '.');
    snprintf(buf, NAME, "%.*s.FAILED%s", (int)(dot - path), path, dot);
}

/* One part to its temporary. A mesh that 3MF does not allow is left out where the user asked for what failed. */
static lm_status write_part(size_t i, bool failed, const char *verdict, lm_err *err)
{
    char name[NAME], hex[LM_SHA256_HEX];
    part *p = &s.part[s.parts];
    const lm_part *only = lm_parts_find(&s.mesh.parts, 1);
    lm_meshfile_opt opt = {.format = s.format[i],
                           .title = failed                  ? "FAILED part"
                                    : only && only->name[0] ? only->name
                                                            : "part",
                           .case_id = a.case_id,
                           .verdict = failed ? "FAILED" : verdict,
                           .threads = (int)a.threads};
    if (!strcmp(a.output.item[i], "-")) return LM_OK; /* a stream cannot be taken back: it goes last */
    if (failed) failed_name(a.output.item[i], name);
    else snprintf(name, sizeof name, "%s", a.output.item[i]);
    lm_status rc = lm_io_create(name, opt.format == LM_MESHFILE_STL_ASCII, &p->out, err);
    if (rc) return rc;
    lm_io_tap(p->out, &p->sha, &p->bytes);
    rc = lm_meshfile_write(p->out, &opt, whole(), &s.rec, err);
    if (rc == LM_ERULE && failed) {
        lm_io_abort(p->out);
        p->out = NULL;
        if (!a.quiet) cli_note(&tool, "%s is not written: %s", name, err->text[0]);
        return LM_OK;
    }
    s.parts++;
    if (rc || (rc = lm_io_flush(p->out, err))) return lm_err_frame(err, "cannot write '%s'", name);
    lm_hash_sha256_hex(&p->sha, hex);
    return lm_facts_file(s.facts, lm_meshfile_name(s.format[i]), p->bytes, hex, err);
}

/* Write everything beside its place; nothing is renamed before all of it is on the disk. */
static lm_status write_all(const lm_facts *f, lm_verdict v, const char *verdict, lm_err *err)
{
    bool failed = v == LM_VERDICT_FAIL || v == LM_VERDICT_UNDECIDED;
    lm_status rc = LM_OK;
    progress(NULL, "write", 0.5);
    for (size_t i = 0; i < a.output.n && !rc && (!failed || a.write_failed); i++) rc = write_part(i, failed, verdict, err);
    if (!rc && a.report && !(rc = lm_io_create(a.report, true, &s.report, err)) &&
        !(rc = lm_report_write(s.report, s.facts, &s.mesh, &s.overlay, err)))
        rc = lm_io_flush(s.report, err);
    if (!rc && a.centreline && !(rc = lm_io_create(a.centreline, true, &s.centreline, err))) {
        lm_vessel_csv(&s.vessel, s.centreline);
        rc = lm_io_flush(s.centreline, err);
    }
    if (!rc && a.json) rc = cli_json(a.json, s.facts, &s.json, err);
    if (!rc && a.junit && !(rc = lm_io_create(a.junit, true, &s.junit, err))) {
        lm_junit_write(s.junit, s.facts);
        rc = lm_io_flush(s.junit, err);
    }
    if (!rc && !s.to_stdout && !(a.json && !strcmp(a.json, "-")) && !(a.junit && !strcmp(a.junit, "-")) &&
        !(a.centreline && !strcmp(a.centreline, "-")) && !(a.report && !strcmp(a.report, "-"))) {
        lm_out *table = NULL;
        if (!(rc = lm_io_create("-", true, &table, err))) {
            lm_facts_table(f, table);
            rc = lm_io_commit(table, err);
        }
    }
    lm_meshfile_opt ply = {.format = LM_MESHFILE_PLY, .case_id = a.case_id, .verdict = verdict};
    if (!rc && s.to_stdout && !failed) rc = lm_meshfile_save("-", &ply, whole(), &s.rec, err);
    return rc;
}

static lm_status take(lm_out **out, lm_err *err)
{
    lm_out *o = *out;
    *out = NULL;
    return o ? lm_io_commit(o, err) : LM_OK;
}

static lm_status put_in_place(lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < s.parts && !rc; i++) rc = take(&s.part[i].out, err);
    if (!rc) rc = take(&s.report, err);
    if (!rc) rc = take(&s.junit, err);
    if (!rc) rc = take(&s.centreline, err);
    return rc ? rc : take(&s.json, err);
}

static void release(void)
{
    for (size_t i = 0; i < PARTS; i++) lm_io_abort(s.part[i].out);
    lm_io_abort(s.report);
    lm_io_abort(s.json);
    lm_io_abort(s.junit);
    lm_io_abort(s.centreline);
    lm_vessel_release(&s.vessel);
    lm_overlay_release(&s.overlay);
    json_decref(s.options);
    json_decref(s.facts);
    json_decref(s.references);
    json_decref(s.review);
    lm_reported_release(&s.reported);
    lm_reference_release(&s.reference);
    lm_record_release(&s.rec);
    lm_verdict_list_release(&s.list);
    lm_caliper_release(&s.calipers);
    lm_replay_release(&s.replay);
    lm_vol_release(&s.mask);
    lm_against_release(&s.against);
    lm_mass_release(&s.mass);
    lm_mass_release(&s.whole);
    lm_perpart_release(&s.each);
    lm_mass_release(&s.before);
    lm_original_release(&s.original);
    lm_audit_parts_release(&s.audit);
    lm_mesh_release(&s.joined);
    lm_mesh_release(&s.mesh);
    lm_mesh_release(&s.all);
}

int main(int argc, char **argv)
{
    const char *args[1] = {"-"};
    char reason[LM_ERR_TEXT * 2];
    size_t n;
    int rc;
    lm_err err = LM_ERR_INIT;
    lm_facts f = {.rec = &s.rec, .audit = &s.audit.all, .mass = &s.mass};

    if (cli_parse(&tool, argc, argv, args, 1, &n, &rc)) return rc;
    s.aopt.threads = (int)a.threads;
    s.aopt.progress = progress;
    if (check_options(&err) || load(args[0], &err) || same_case(&f, &err) || judge(&f, &err)) goto fail;
    f.options = s.options;
    lm_verdict v = lm_facts_verdict(&f, reason, sizeof reason);
    if (account(&f, lm_verdict_name(v), &err) || write_all(&f, v, lm_verdict_name(v), &err) || put_in_place(&err)) goto fail;
    cli_progress_done(a.quiet);
    if (v == LM_VERDICT_FAIL || v == LM_VERDICT_UNDECIDED) {
        rc = CLI_NO;
        if (!a.quiet)
            cli_note(&tool, "%s: %s%s", lm_verdict_name(v), reason,
                     a.output.n && !a.write_failed ? "; the part is not written" : "");
    } else if (a.verbose) cli_note(&tool, "%s: %s", lm_verdict_name(v), reason);
    goto done;
fail:
    rc = cli_fail(&tool, &err);
done:
    release();
    return rc;
}
