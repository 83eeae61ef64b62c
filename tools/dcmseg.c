/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dcmseg: a DICOM series or a volume of another program, segmented by steps, as a volume stream. */
#include "cli/cli.h"
#include "cli/asking.h"
#include "cli/presets.h"
#include "cli/sweeping.h"
#include "base/mem.h"
#include "dicom/channelset.h"
#include "dicom/fusion.h"
#include "dicom/gdcm_shim.h"
#include "dicom/masks.h"
#include "dicom/segrecord.h"
#include "dicom/select.h"
#include "dicom/source.h"
#include "dicom/source_facts.h"
#include "dicom/source_frame.h"
#include "dicom/source_load.h"
#include "dicom/source_pick.h"
#include "dicom/stepfiles.h"
#include "stream/nrrd.h"
#include "stream/reviewlist.h"
#include "stream/volfile.h"
#include "segment/object.h"
#include "volume/preset.h"
#include "volume/terms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATHS = 65536, LINE = 1024, STEP_KINDS = 64 };
#define NO_FRAME SIZE_MAX

static struct {
    bool list, info, explain, show_identity, keep_names, verbose, quiet;
    const char *series, *files, *gaps, *phase, *preset, *where, *verify, *case_id, *output, *json;
    const char *mask, *space, *probability, *inside, *outside, *prob, *review, *points, *map, *fuse, *disagreement, *sweep, *report,
        *seed;
    cli_steps steps;
    bool grey, labels; /* what is sent, where the user said so */
    cli_list roi, label, channel, outputs;
    size_t threads, frame;
    const char *motion, *priority;
} a = {.output = "-", .frame = NO_FRAME, .probability = "0.5"};

static const cli_opt own_opts[] = {
    {"list", 'l', CLI_FLAG, NULL, NULL, "list the series that are found, and end", &a.list, LM_UNIT_NONE},
    {"info", 'i', CLI_FLAG, NULL, NULL, "say what there is to know of the series that are found, with a histogram, and end",
     &a.info, LM_UNIT_NONE},
    {"series", 's', CLI_TEXT, "REGEX", NULL, "the series whose description, modality, number or UID matches", &a.series,
     LM_UNIT_NONE},
    {"channel", 0, CLI_LIST, "NAME=SERIES", NULL,
     "several series (or volumes of files) on one grid under names, for --expr, --values and --basis; the first is segmented",
     &a.channel, LM_UNIT_NONE},
    {"files", 0, CLI_TEXT, "LIST", NULL,
     "read the paths that the file LIST names, one on a line or ended by NUL ('-': standard input)", &a.files, LM_UNIT_NONE},
    {"gaps", 0, CLI_TEXT, "WHAT", "fail", "uneven steps between slices: fail, interpolate missing slices, or resample", &a.gaps,
     LM_UNIT_NONE},
    {"motion", 0, CLI_TEXT, "WHAT", "keep", "slices that moved within their plane: keep them, or correct: move them back",
     &a.motion, LM_UNIT_NONE},
    {"phase", 0, CLI_TEXT, "N|TERM", NULL, "of several volumes that share places the N-th, or that with the term: 'echo 2'",
     &a.phase, LM_UNIT_NONE},
    {"where", 'w', CLI_TEXT, "CONDITION", NULL,
     "the series for whose files it holds: 'SeriesDescription~bone && SliceThickness<=1.5'; see the manual", &a.where,
     LM_UNIT_NONE},
    {"preset", 'p', CLI_STEP, "NAME", NULL,
     "the steps of a named tissue: bone, skin, soft, fat, lung, vessel, metal; with --seed: liver, airway", &a.steps, LM_UNIT_NONE},
    {"seed", 0, CLI_TEXT, "PLACE", NULL, "a place in the tissue, for a preset that grows from one: X,Y,Z (mm, LPS) or voxel=I,J,K",
     &a.seed, LM_UNIT_NONE},
    {"explain", 0, CLI_FLAG, NULL, NULL, "print the steps that are asked for, those of a preset too, and end", &a.explain,
     LM_UNIT_NONE},
    {"sweep", 0, CLI_TEXT, "LO:HI:STEP", NULL,
     "say what each threshold from LO to HI would give, with leaks and a plateau, and end; filters may stand with it", &a.sweep,
     LM_UNIT_NONE},
    {"roi", 'r', CLI_LIST, "SHAPE", NULL,
     "only what lies in box:X0,Y0,Z0,X1,Y1,Z1, sphere:X,Y,Z,R or cylinder:X0,Y0,Z0,X1,Y1,Z1,R (mm, LPS); may be repeated", &a.roi,
     LM_UNIT_NONE},
    {"frame", 'f', CLI_COUNT, "N", NULL, "one image, number N of the series, as it is: a stream of two dimensions, no volume",
     &a.frame, LM_UNIT_NONE},
    {"verify", 0, CLI_TEXT, "RECORD", NULL,
     "compare with what a stream (NRRD, PLY) or JSON says was read, name what changed, and end", &a.verify, LM_UNIT_NONE},
    CLI_OPT_CASE(&a.case_id),
    {"show-identity", 0, CLI_FLAG, NULL, NULL, "let UIDs go out as they are, not as keyed hashes; the record and the report say so",
     &a.show_identity, LM_UNIT_NONE},
    {"keep-names", 0, CLI_FLAG, NULL, NULL,
     "let names of labels go out that are no anatomical terms; the record and the report say so", &a.keep_names, LM_UNIT_NONE},
    {"mask", 'm', CLI_TEXT, "FILE", NULL,
     "the object is what the segments in FILE cover (DICOM SEG, RTSTRUCT, NRRD, .seg.nrrd, NIfTI); without PATH they are all there "
     "is",
     &a.mask, LM_UNIT_NONE},
    {"label", 0, CLI_LIST, "REGEX|N", NULL, "of a mask the segments with such a name, or number N; may be repeated", &a.label,
     LM_UNIT_NONE},
    {"priority", 0, CLI_TEXT, "L,L,...", NULL, "of segments that overlap: which come first, by name or number", &a.priority,
     LM_UNIT_NONE},
    {"probability", 0, CLI_TEXT, "P", "0.5", "of a fractional segmentation: from this part of its maximum on a sample is inside",
     &a.probability, LM_UNIT_NONE},
    {"fuse", 0, CLI_TEXT, "HOW", NULL,
     "each PATH is a mask or probability map of the same grid: make them one by majority, staple or mean", &a.fuse, LM_UNIT_NONE},
    {"disagreement", 0, CLI_TEXT, "FILE", NULL, "of --fuse: write how far the inputs disagree, sample by sample (NRRD)",
     &a.disagreement, LM_UNIT_NONE},
    {"prob", 0, CLI_TEXT, "MAP", NULL, "how sure the object is, sample by sample: a volume of 0 to 1 on its grid (NRRD, NIfTI)",
     &a.prob, LM_UNIT_NONE},
    {"review", 0, CLI_TEXT, "P", NULL,
     "list the regions of the object in which --prob is below P; the report stays open until each is acknowledged", &a.review,
     LM_UNIT_NONE},
    {"review-points", 0, CLI_TEXT, "FILE", NULL, "write their centres as landmarks (text, or .mrk.json for 3D Slicer)", &a.points,
     LM_UNIT_NONE},
    {"walker-map", 0, CLI_TEXT, "FILE", NULL, "write the probability that --walker found as a volume (NRRD)", &a.map, LM_UNIT_NONE},
    {"inside", 0, CLI_TEXT, "VALUE", NULL, "of the partial volume: value of samples wholly inside (else their mean nearby)",
     &a.inside, LM_UNIT_NONE},
    {"outside", 0, CLI_TEXT, "VALUE", NULL, "of the partial volume: value of samples wholly outside", &a.outside, LM_UNIT_NONE},
    {"space", 0, CLI_TEXT, "LPS|RAS", NULL, "where the axes of a NIfTI file lead that does not state it", &a.space, LM_UNIT_NONE},
    {"output", 'o', CLI_LIST, "grey|labels|FILE", NULL,
     "write to FILE instead of standard output ('-'); grey or labels: what is sent, a field with its level or a label map",
     &a.outputs, LM_UNIT_NONE},
    CLI_OPT_JSON(&a.json),
    {"report", 0, CLI_TEXT, "FILE", NULL, "of --sweep: write charts and table as HTML to FILE", &a.report, LM_UNIT_NONE},
    CLI_OPT_THREADS(&a.threads),
    CLI_OPT_QUIET(&a.quiet),
    CLI_OPT_VERBOSE(&a.verbose),
    CLI_OPT_END,
};

static cli_opt opts[sizeof own_opts / sizeof *own_opts + STEP_KINDS]; /* with one for each kind of step */

/* The steps stand in the help after --preset. */
static void make_opts(void)
{
    size_t n = 0;
    for (const cli_opt *o = own_opts;; o++) {
        opts[n++] = *o;
        if (!o->name) break;
        for (size_t i = 0; !strcmp(o->name, "preset") && i < STEP_KINDS; i++) {
            const lm_step_kind *k = lm_steps_kind(i);
            if (!k) break;
            opts[n++] = (cli_opt){k->name, k->letter, CLI_STEP, k->value, NULL, k->help, &a.steps, LM_UNIT_NONE};
        }
    }
}

static const cli_tool tool = {
    .name = "dcmseg",
    .purpose =
        "Read a DICOM series from folders, files or archives (zip, tar), keep what lies above a threshold, write a volume (NRRD).",
    .usage = "[options] PATH...",
    .opts = opts,
    .notes = "Exit: 0 a volume was written; 1 nothing lies above the threshold; 2 trouble.\n"
             "Example: dcmseg CT/ --series Thorax --preset bone | mcubes | meshfix -o bone.ply",
    .min_args = 0,
    .max_args = PATHS,
};

/* ---- what to keep ---- */

typedef struct {
    lm_steps steps;
    const char *keep; /* which pieces, in words */
    lm_segment_opt seg;
    bool hounsfield;      /* a value was given in HU */
    bool occupancy;       /* no threshold: of a mask, which is 0 or 1 */
    lm_sweep_range sweep; /* with --sweep */
    lm_partial_opt partial;
} choice;

/* The steps of a preset; its choice of pieces only where the user makes none. */
static lm_status preset_steps(const char *name, bool keep, choice *c, lm_err *err)
{
    lm_preset p;
    lm_status rc = cli_preset(name, &p, err);
    if (!rc && a.verbose && p.note[0]) cli_note(&tool, "preset %s: %s", name, p.note);
    bool used = false;
    for (size_t i = 0; i < p.n && !rc; i++) {
        char args[LM_PRESET_ARGS];
        if (!keep && !strcmp(p.step[i].name, "keep")) continue;
        if ((rc = cli_preset_seed(p.step[i].args, a.seed, args, &used, err)) ||
            (rc = lm_steps_add(&c->steps, p.step[i].name, args, err)))
            lm_err_frame(err, "preset '%s', line %zu", name, p.step[i].line);
    }
    if (!rc && a.seed && !used) rc = lm_err_set(err, LM_EUSAGE, NULL, "--seed: preset '%s' grows from no place", name);
    return rc;
}

/* --inside, --outside: one value, in the unit of the samples or in HU. */
static lm_status class_value(const char *text, double *out, choice *c, lm_err *err)
{
    lm_segment_opt one = LM_SEGMENT_OPT_INIT;
    lm_status rc = lm_preset_threshold(text, &one, &c->hounsfield, err);
    if (!rc && isfinite(one.hi)) rc = lm_err_set(err, LM_EUSAGE, NULL, "'%s' is a range, and one value is needed", text);
    *out = one.lo;
    return rc;
}

static bool asked(const char *step)
{
    for (size_t i = 0; i < a.steps.n; i++)
        if (!strcmp(a.steps.item[i].name, step)) return true;
    return false;
}

/* What is fused has its level, unless another is asked for: from before the first step that needs an object. */
static lm_status fused_level(choice *c, lm_err *err)
{
    return lm_steps_add(&c->steps, "threshold", strcmp(a.fuse, "mean") ? "0.5" : a.probability, err);
}

static bool filters(const char *step)
{
    const lm_step_kind *k;
    for (size_t i = 0; (k = lm_steps_kind(i)); i++)
        if (!strcmp(k->name, step)) return k->grey;
    return false;
}

/* The steps in their order, those of a preset in its place; then what of them is an option of old. */
static lm_status choose_steps(choice *c, lm_err *err)
{
    lm_status rc = LM_OK;
    bool preset = false;
    bool level = a.fuse && !asked("threshold") && !asked("preset");
    for (size_t i = 0; i < a.steps.n && !rc; i++) {
        const char *name = a.steps.item[i].name, *value = a.steps.item[i].value;
        if (level && !filters(name)) {
            level = false;
            if ((rc = fused_level(c, err))) break;
        }
        if (strcmp(name, "preset")) rc = lm_steps_add(&c->steps, name, value, err);
        else if (preset) rc = lm_err_set(err, LM_EUSAGE, NULL, "--preset is given twice");
        else {
            rc = preset_steps(value, !asked("keep"), c, err);
            preset = true;
            if (!cli_preset_own(value)) a.preset = value; /* a file's name says something of its owner: the record has the steps */
        }
    }
    if (!rc && a.seed && !preset)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "--seed is for a preset that grows from a place; without one say --grow PLACE");
    if (!rc && level) rc = fused_level(c, err);
    if (!rc && (rc = lm_steps_check(&c->steps, a.mask || (a.label.n && !a.fuse), err))) return rc;
    for (size_t i = 0; i < c->steps.n; i++) c->hounsfield |= c->steps.step[i].hounsfield;
    const lm_step *t = lm_steps_find(&c->steps, "threshold"), *k = lm_steps_find(&c->steps, "keep");
    if (!rc && a.sweep) rc = cli_sweep_check(&c->steps, err);
    c->occupancy = !t;
    c->seg.lo = t ? t->num[0] : 0.5;
    c->seg.hi = t ? t->num[1] : INFINITY;
    c->seg.keep = k ? (size_t)k->num[0] : 0;
    c->keep = k ? k->args : "all";
    return rc;
}

static lm_status choose(choice *c, lm_err *err)
{
    *c = (choice){.seg = LM_SEGMENT_OPT_INIT, .partial = LM_PARTIAL_OPT_INIT};
    if (a.frame != NO_FRAME && (a.steps.n || a.roi.n || a.mask || a.label.n || a.labels))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "--frame takes an image as it is: leave out --preset, --roi, --mask, --label and all steps");
    if (a.report && !a.sweep)
        return lm_err_set(err, LM_EUSAGE, NULL, "--report is for --sweep here; meshmeasure writes the report of a part");
    if (a.sweep &&
        (a.frame != NO_FRAME || a.mask || a.label.n || a.labels || a.grey || a.inside || a.outside || a.prob || a.review))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "--sweep is about grey values: leave out --frame, --mask, --label, --prob, --review, --inside, --outside "
                          "and what --output would send");
    if (a.frame != NO_FRAME) return LM_OK;
    if (a.priority && !a.mask && !a.label.n)
        return lm_err_set(err, LM_EUSAGE, NULL, "--priority orders the segments of a mask: give --mask or --label");
    if (asked("threshold") && asked("preset")) return lm_err_set(err, LM_EUSAGE, NULL, "give only one of --threshold and --preset");
    lm_status rc = LM_OK;
    for (size_t i = 0; i < a.roi.n && !rc; i++) rc = lm_roi_add(&c->seg.roi, a.roi.item[i], err);
    if (!rc && a.inside) rc = class_value(a.inside, &c->partial.inside, c, err);
    if (!rc && a.outside) rc = class_value(a.outside, &c->partial.outside, c, err);
    if (!rc && a.sweep && !(rc = lm_sweep_parse(a.sweep, &c->sweep, err))) c->hounsfield |= c->sweep.hounsfield;
    if (rc && a.sweep) lm_err_frame(err, "--sweep");
    return rc ? rc : choose_steps(c, err);
}

/* The steps as options, one on a line, to type again. */
static lm_status explain(const choice *c, lm_err *err)
{
    lm_out *out = NULL;
    lm_status rc = lm_io_create(a.output, true, &out, err);
    if (rc) return rc;
    for (size_t i = 0; i < c->steps.n; i++) {
        const lm_step *s = &c->steps.step[i];
        char text[LM_STEP_ARGS + 64];
        snprintf(text, sizeof text, "--%s '%s'", s->kind->name, s->args);
        lm_io_printf(out, "%-32s # %s\n", text, s->kind->help);
    }
    return lm_io_commit(out, err);
}

/* ---- what is read ---- */

typedef struct {
    lm_vol vol;
    json_t *source;   /* facts of the record */
    const char *unit; /* "HU" or "1" */
    char frame[LM_UID];
    lm_masks mask;
    lm_stepfiles files; /* of the steps */
    lm_channels channels;
    json_t *channel_list; /* for the record; NULL: none are named */
    const lm_identity *identity;
    lm_pieces pieces;           /* volumes of the object */
    lm_label_volumes *of_label; /* of the mask's segments; owned */
    bool alone;                 /* there is nothing but the mask */
    double level;               /* --probability */
    lm_vol map, disagreement;   /* --walker-map, --disagreement */
    json_t *review;             /* what is to be looked at, or NULL */
} input;

static void input_release(input *in)
{
    lm_vol_release(&in->vol);
    lm_vol_release(&in->map);
    lm_vol_release(&in->disagreement);
    json_decref(in->source);
    json_decref(in->review);
    json_decref(in->channel_list);
    lm_channels_release(&in->channels);
    lm_masks_release(&in->mask);
    lm_stepfiles_release(&in->files);
    lm_pieces_release(&in->pieces);
    free(in->of_label);
}

/* object: NULL where labels go out as they are; labels: what goes out as a label map, or NULL. */
static lm_segrecord record_of(const choice *c, const input *in, const lm_object *object, const lm_regions *labels)
{
    bool masked = in->mask.facts;
    return (lm_segrecord){.case_id = a.case_id,
                          .identity = in->identity,
                          .unshift = a.motion && !strcmp(a.motion, "correct"),
                          .keep = c->keep,
                          .preset = a.preset,
                          .space = a.space,
                          .seg = &c->seg,
                          .occupancy = c->occupancy,
                          .by_label = a.label.n || in->alone, /* alone: the replay names the file as PATH, and --label says that it
                                                                 is a mask */
                          .alone = in->alone,
                          .partial = &c->partial,
                          .source = in->source,
                          .channels = in->channel_list,
                          .unit = in->unit,
                          .mask = masked ? &in->mask : NULL,
                          .facts = object ? &object->facts : NULL,
                          .steps = object && lm_steps_beyond(&c->steps) ? &c->steps : NULL,
                          .step_facts = object ? object->step : NULL,
                          .pieces = in->pieces.found ? &in->pieces : NULL,
                          .labels = labels,
                          .of_label = masked ? in->of_label : NULL,
                          .grey = !in->alone,
                          .review = in->review};
}

/* ---- the work ---- */

static void progress(void *ctx, const char *what, double fraction)
{
    (void)ctx;
    cli_progress(&tool, a.quiet, what, fraction);
}

/* "HU" when the series has Hounsfield units: CT that does not say otherwise. */
static lm_status unit_of(const lm_source *src, size_t series, const choice *c, const char **unit, lm_err *err)
{
    json_t *facts = lm_source_json(src, series, err);
    if (!facts) return LM_ENOMEM;
    const char *modality = json_string_value(json_object_get(facts, "modality")),
               *type = json_string_value(json_object_get(facts, "rescale_type"));
    bool hu = modality && !strcmp(modality, "CT") && (!type || !strcmp(type, "HU") || !strcmp(type, "US"));
    lm_status rc = LM_OK;
    if (!hu && c->hounsfield && !json_object_get(facts, "refused"))
        rc = lm_err_set(err, LM_EUSAGE, NULL,
                        "a value is given in HU, and the series (%s%s%s) is not in Hounsfield units: give plain numbers",
                        modality ? modality : "no modality", type ? ", rescale type " : "", type ? type : "");
    *unit = hu ? "HU" : "1";
    json_decref(facts);
    return rc;
}

/* What stands in the way of trust in it, for people. */
static void say_warnings(const json_t *facts)
{
    size_t i;
    json_t *w;
    json_array_foreach(json_object_get(facts, "warnings"), i, w)
        cli_note(&tool, "%s", json_string_value(json_object_get(w, "text")));
}

static void say(const lm_source *src, const json_t *source)
{
    if (a.quiet) return;
    if (lm_source_packed(src))
        cli_note(&tool, "%zu files are archives inside what was read; they were not opened", lm_source_packed(src));
    say_warnings(source);
}

static lm_status image(const lm_source *src, const lm_source_opt *opt, lm_out *out, lm_out **json, lm_err *err)
{
    lm_vol vol = LM_VOL_INIT;
    lm_records rec = LM_RECORDS_INIT;
    json_t *source = NULL, *mine = NULL;
    size_t series;
    lm_status rc = lm_source_select(src, a.series, true, &series, err);
    if (!rc) rc = lm_source_frame(src, series, a.frame, opt, &vol, &source, err);
    if (!rc) say(src, source);
    const lm_segrecord record = {.case_id = a.case_id, .identity = opt->identity};
    if (!rc && !(rc = lm_segrecord_start(&record, &mine, err))) {
        if (json_object_set_new(json_object_get(mine, "options"), "frame", json_integer((json_int_t)a.frame)) ||
            json_object_set(mine, "source", source))
            rc = lm_err_nomem(err, 0);
        if (!rc) rc = lm_segrecord_warnings(mine, source, err);
        if (rc) json_decref(mine);
        else rc = lm_record_append(&rec, mine, err);
    }
    if (!rc) rc = lm_nrrd_write(out, &vol, &rec, err);
    if (!rc && a.json) rc = cli_json(a.json, mine, json, err);
    cli_progress_done(a.quiet);
    json_decref(source);
    lm_record_release(&rec);
    lm_vol_release(&vol);
    return rc;
}

/* Without threshold and mask there is no object. */
static lm_status need_object(const choice *c, lm_err *err)
{
    if (a.mask || a.sweep || lm_steps_make(&c->steps)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "give one of --threshold and --preset (or --mask, or --list)");
}

static lm_status load_images(const lm_source *src, size_t series, const lm_source_opt *opt, const choice *c, input *in, lm_err *err)
{
    const lm_dicom_file *head;
    lm_status rc = unit_of(src, series, c, &in->unit, err);
    if (!rc && a.verbose) {
        char line[LINE];
        lm_source_describe(src, series, a.show_identity, line, sizeof line);
        cli_note(&tool, "series %s", line);
    }
    if (!rc) rc = lm_source_load(src, series, opt, &in->vol, &in->source, err);
    if (rc) return rc;
    lm_source_member(src, series, 0, &head);
    snprintf(in->frame, sizeof in->frame, "%s", head->frame);
    say(src, in->source);
    return LM_OK;
}

/* What of the mask that was read is meant, and where it goes. */
static lm_status place_mask(const lm_masks_opt *opt, input *in, lm_err *err)
{
    uint32_t *order = NULL;
    size_t n = 0;
    lm_status rc = a.priority ? lm_masks_order(&in->mask, a.priority, opt, &order, &n, err) : LM_OK;
    if (!rc) rc = lm_masks_pick(&in->mask, a.label.item, a.label.n, opt, err);
    if (!rc && a.priority) rc = lm_masks_rank(&in->mask, order, n, err);
    free(order);
    if (!rc && !in->alone) rc = lm_masks_place(&in->mask, &in->vol, in->frame, err);
    if (!rc && !a.quiet) say_warnings(in->mask.facts);
    if (rc || !in->alone) return rc;
    in->unit = "1";
    in->source = json_incref(in->mask.facts);
    return LM_OK;
}

static lm_masks_opt mask_opt(const lm_identity *identity, const input *in)
{
    return (lm_masks_opt){.axes = a.space,
                          .identity = identity,
                          .level = in->level,
                          .threads = (int)a.threads,
                          .grid = in->alone ? NULL : &in->vol,
                          .grid_frame = in->frame};
}

/* The chosen series: images; or a mask, which brings the images that it was drawn on where it needs them. */
static lm_status load_series(const lm_source *src, const lm_source_opt *opt, const choice *c, input *in, lm_err *err)
{
    size_t series, images = 0;
    bool mask = a.label.n && !a.mask && !a.series;
    lm_status rc = mask ? lm_segmask_find(src, &series, err) : lm_source_select(src, a.series, false, &series, err);
    if (rc) return rc;
    if (a.mask || !lm_segmask_is(src, series)) {
        rc = need_object(c, err);
        return rc ? rc : load_images(src, series, opt, c, in, err);
    }
    const lm_segmask_opt so = {.threads = (int)a.threads};
    in->alone = c->occupancy && lm_segmask_stands(src, series);
    if (!in->alone && !(rc = lm_segmask_images(src, series, src, &so, &images, err)))
        rc = load_images(src, images, opt, c, in, err);
    if (rc) return rc;
    const lm_masks_opt mo = mask_opt(opt->identity, in);
    cli_progress_done(a.quiet);
    rc = lm_masks_series(src, series, &mo, &in->mask, err);
    return rc ? rc : place_mask(&mo, in, err);
}

/* A grey volume of another program. */
static lm_status load_file(lm_in *file, const choice *c, input *in, lm_err *err)
{
    if (a.series || a.phase || a.where)
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is a volume, not DICOM: leave out --series, --where and --phase",
                          lm_io_name(file));
    lm_status rc = need_object(c, err);
    if (rc) return rc;
    rc = lm_volfile_load(file, a.space, &in->vol, &in->source, err);
    if (rc) return lm_err_frame(err, "cannot read '%s'", lm_io_name(file));
    in->unit = c->hounsfield ? "HU" : "1"; /* the file does not say; the user does */
    if (!a.quiet) say_warnings(in->source);
    return LM_OK;
}

/* The first as the volume that is segmented, the others beside it. */
static lm_status load_channels(const lm_source *src, const lm_source_opt *opt, const choice *c, input *in, lm_err *err)
{
    const char *series;
    size_t n, which;
    bool file = false;
    lm_in *f = NULL;
    lm_status rc = a.series || a.label.n
                       ? lm_err_set(err, LM_EUSAGE, NULL, "--channel names the series: leave out --series and --label")
                       : lm_channelset_split(a.channel.item[0], &n, &series, err);
    if (!rc) rc = need_object(c, err);
    if (!rc) rc = lm_volfile_is(series, &file, err);
    if (rc) return rc;
    snprintf(in->channels.first, sizeof in->channels.first, "%.*s", (int)n, a.channel.item[0]);
    if (file && !(rc = lm_io_open(series, &f, err))) rc = load_file(f, c, in, err);
    if (!file && !src)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "'%.80s' is no volume's file, and there is no PATH with series", series);
    if (!rc && !file && !(rc = lm_source_select(src, series, false, &which, err))) rc = load_images(src, which, opt, c, in, err);
    lm_io_close(f);
    const lm_channelset_from from = {src, opt, a.space, &in->vol, in->frame};
    in->channel_list = json_pack("[{s:s}]", "name", in->channels.first);
    for (size_t i = 1; i < a.channel.n && !rc; i++)
        rc = lm_channelset_add(&from, a.channel.item[i], &in->channels, in->channel_list, err);
    return rc;
}

/* Masks and maps, made one. */
static lm_status load_fused(const char *const *paths, size_t n, const lm_identity *identity, input *in, lm_err *err)
{
    lm_fusion_opt opt = {.masks = {.axes = a.space, .identity = identity, .level = in->level, .threads = (int)a.threads},
                         .label = a.label.item,
                         .labels = a.label.n};
    lm_status rc = lm_fusion_word(a.fuse, &opt.how, err);
    if (!rc) rc = lm_fusion_read(paths, n, &opt, &in->vol, a.disagreement ? &in->disagreement : NULL, &in->source, err);
    in->unit = "1";
    return rc;
}

static lm_status load_mask(const char *path, const lm_identity *identity, input *in, lm_err *err)
{
    const lm_masks_opt opt = mask_opt(identity, in);
    lm_status rc = lm_masks_read(path, &opt, &in->mask, err);
    return rc ? rc : place_mask(&opt, in, err);
}

/* Labels as they are. */
static lm_status send_labels(const choice *c, const input *in, const lm_object *f, const lm_regions *r, lm_out *out, lm_out **json,
                             lm_err *err)
{
    lm_vol map = LM_VOL_INIT;
    lm_records rec = LM_RECORDS_INIT;
    json_t *mine = NULL;
    lm_status rc = lm_regions_to_vol(r, &map, err);
    const lm_segrecord record = record_of(c, in, f, r);
    if (!rc) rc = lm_segrecord_new(&record, &mine, err);
    if (!rc) rc = lm_record_append(&rec, mine, err);
    if (!rc) rc = lm_nrrd_write_labels(out, &map, r, &rec, err);
    if (!rc && a.json) rc = cli_json(a.json, mine, json, err);
    if (!rc && a.verbose) cli_note(&tool, "%zu labels", r->count);
    lm_record_release(&rec);
    lm_vol_release(&map);
    return rc;
}

static lm_status send_field(const choice *c, const input *in, const lm_object *object, lm_out *out, lm_out **json, lm_err *err)
{
    lm_records rec = LM_RECORDS_INIT;
    json_t *mine = NULL;
    const lm_segment_facts *f = &object->facts;
    const lm_segrecord record = record_of(c, in, object, NULL);
    lm_status rc = lm_segrecord_new(&record, &mine, err);
    if (!rc) rc = lm_record_append(&rec, mine, err);
    if (!rc) rc = lm_nrrd_write(out, &in->vol, &rec, err);
    if (!rc && a.json) rc = cli_json(a.json, mine, json, err);
    if (!rc && a.verbose)
        cli_note(&tool, "%zu voxels, %.6g mm3 at level %g, %zu of %zu pieces", f->voxel_count, f->at_level_mm3, f->iso,
                 f->components_kept, f->components_found);
    lm_record_release(&rec);
    return rc;
}

/* The object of a threshold as a label map of one label, named after the preset. */
static lm_status send_object(const choice *c, const input *in, const lm_object *f, lm_out *out, lm_out **json, lm_err *err)
{
    lm_regions r = LM_REGIONS_INIT;
    lm_part part = {.label = 1};
    lm_terms_name(a.preset ? a.preset : "", 1, false, part.name, sizeof part.name);
    lm_status rc = lm_regions_from_level(&in->vol, in->vol.iso, &part, &r, err);
    if (!rc) rc = send_labels(c, in, f, &r, out, json, err);
    lm_regions_release(&r);
    return rc;
}

/* Volumes of the mask's segments, partial ones by the grey values. */
static lm_status measure_labels(const choice *c, input *in, lm_err *err)
{
    const lm_regions *r = &in->mask.regions;
    if (!(in->of_label = lm_mem_calloc(r->count, sizeof *in->of_label, err))) return LM_ENOMEM;
    return lm_pieces_labels(r, in->alone ? NULL : &in->vol, &c->partial, LM_SEGRECORD_PARTS, in->of_label, err);
}

static void step_progress(void *ctx, const char *step, size_t done, size_t all)
{
    progress(ctx, step, (double)done / (double)all);
}

/* Cut the object out and measure it. */
static lm_status cut_and_measure(choice *c, input *in, lm_object *object, lm_err *err)
{
    uint64_t *mask = NULL;
    lm_object_opt opt = {.seg = c->seg,
                         .steps = lm_steps_beyond(&c->steps) ? &c->steps : NULL,
                         .channels = &in->channels,
                         .occupancy = c->occupancy && in->mask.facts,
                         .measure = true,
                         .partial = &c->partial,
                         .map = a.map ? &in->map : NULL,
                         .progress = step_progress};
    lm_status rc = in->mask.facts && !c->occupancy ? lm_regions_bits(&in->mask.regions, NULL, &mask, err) : LM_OK;
    opt.seg.mask = mask;
    lm_masks_opt mo = mask_opt(in->identity, in);
    mo.grid = &in->vol;
    if (!rc) rc = lm_stepfiles_read(&c->steps, &mo, &in->files, err);
    progress(NULL, "segmenting", 0);
    if (!rc) rc = lm_object_cut(&in->vol, &opt, object, err);
    in->pieces = object->pieces;
    if (!rc && !c->occupancy) rc = lm_segment_step(&in->vol, (int)a.threads, &object->facts, err);
    free(mask);
    return rc;
}

/* What of the object that goes out is to be looked at; v: NULL where it is the mask's segments. The points go with the stream. */
static lm_status review(input *in, const lm_vol *v, lm_out *out, lm_err *err)
{
    lm_reviewlist_ask ask = {.path = a.prob, .axes = a.space, .threads = (int)a.threads};
    lm_out *points = NULL;
    if (!a.review) return LM_OK;
    progress(NULL, "review", 0);
    if (!lm_num_all(a.review, &ask.limit)) return LM_EUSAGE; /* was looked at before */
    lm_status rc = lm_reviewlist_of(v, &in->mask.regions, &ask, &in->review, err);
    if (rc) return rc;
    const size_t n = json_array_size(json_object_get(in->review, "regions"));
    if (!a.quiet) cli_note(&tool, "regions below %s that are to be looked at: %zu", a.review, n);
    if (!a.points) return LM_OK;
    const char *dot = strrchr(a.points, '.');
    if ((rc = lm_io_create(a.points, true, &points, err))) return rc;
    lm_io_follow(out, points);
    return lm_reviewlist_points(in->review, dot && !strcmp(dot, ".json"), points, err);
}

/* A map beside the stream, which it goes with. */
static lm_status send_map(const char *path, const lm_vol *v, lm_out *out, lm_err *err)
{
    lm_records none = LM_RECORDS_INIT;
    lm_out *map = NULL;
    if (!path) return LM_OK;
    lm_status rc = lm_io_create(path, false, &map, err);
    if (rc) return rc;
    lm_io_follow(out, map);
    return lm_nrrd_write(map, v, &none, err);
}

static lm_status segment(choice *c, input *in, lm_out *out, lm_out **json, lm_err *err)
{
    lm_object object = {.pieces = LM_PIECES_INIT};
    bool masked = in->mask.facts, labels = a.labels || (masked && c->occupancy && !a.grey && in->mask.regions.count > 1);
    if (in->alone && !c->occupancy)
        return lm_err_set(err, LM_EUSAGE, NULL, "a threshold needs grey values, and there is only a mask: give the series as PATH");
    if (masked && labels && (c->steps.n || a.roi.n))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "labels go out as they are: leave out --preset, --roi and all steps, or say --output grey");
    c->seg.threads = c->partial.threads = (int)a.threads;
    lm_status rc = masked && c->occupancy ? measure_labels(c, in, err) : LM_OK;
    if (rc) return rc;
    if (masked && labels) {
        rc = review(in, NULL, out, err);
        return rc ? rc : send_labels(c, in, NULL, &in->mask.regions, out, json, err);
    }
    if (masked && in->alone && in->mask.fractions && in->mask.regions.count == 1) { /* its fractions are finer than in or out */
        const lm_masks_opt mo = mask_opt(NULL, in);
        rc = lm_masks_grey(&in->mask, &mo, &in->vol, err);
        c->seg.lo = in->vol.iso;
    } else if (masked && c->occupancy) rc = lm_regions_mask(&in->mask.regions, NULL, &in->vol, err);
    if (!rc) rc = cut_and_measure(c, in, &object, err);
    if (!rc) rc = review(in, &in->vol, out, err);
    if (!rc) rc = send_map(a.map, &in->map, out, err);
    if (!rc) rc = send_map(a.disagreement, &in->disagreement, out, err);
    cli_progress_done(a.quiet);
    if (rc) return rc;
    c->seg.lo = object.lo; /* what a step has found */
    c->seg.hi = object.hi;
    return labels ? send_object(c, in, &object, out, json, err) : send_field(c, in, &object, out, json, err);
}

static lm_status sweep(const choice *c, input *in, lm_err *err)
{
    const cli_sweep_opt opt = {.range = c->sweep,
                               .steps = &c->steps,
                               .channels = &in->channels,
                               .roi = &c->seg.roi,
                               .unit = in->unit,
                               .case_id = a.case_id,
                               .source = in->source,
                               .output = a.output,
                               .report = a.report,
                               .json = a.json,
                               .threads = (int)a.threads,
                               .progress = step_progress};
    lm_status rc = cli_sweep(&in->vol, &opt, err);
    cli_progress_done(a.quiet);
    return rc;
}

/* ---- the command line ---- */

/* -o FILE, --output grey, --output labels. */
static lm_status parse_outputs(lm_err *err)
{
    for (size_t i = 0; i < a.outputs.n; i++) {
        const char *o = a.outputs.item[i];
        if (!strcmp(o, "grey")) a.grey = true;
        else if (!strcmp(o, "labels")) a.labels = true;
        else if (strcmp(a.output, "-"))
            return lm_err_set(err, LM_EUSAGE, NULL, "--output names two files, '%s' and '%s'", a.output, o);
        else a.output = o;
    }
    if (a.grey && a.labels) return lm_err_set(err, LM_EUSAGE, NULL, "--output is grey or labels, not both");
    if (a.space && strcmp(a.space, "LPS") && strcmp(a.space, "RAS"))
        return lm_err_set(err, LM_EUSAGE, NULL, "--space '%s': LPS or RAS", a.space);
    return LM_OK;
}

static lm_status parse_probability(double *level, lm_err *err)
{
    if (lm_num_all(a.probability, level) && *level > 0 && *level <= 1) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--probability '%s': more than 0, at most 1", a.probability);
}

static lm_status parse_review(lm_err *err)
{
    double limit;
    if (!a.review != !a.prob)
        return lm_err_set(err, LM_EUSAGE, NULL, "--prob and --review belong together: a map, and the limit below which to look");
    if (a.map && !asked("walker")) return lm_err_set(err, LM_EUSAGE, NULL, "--walker-map needs --walker");
    if (a.disagreement && !a.fuse) return lm_err_set(err, LM_EUSAGE, NULL, "--disagreement needs --fuse");
    if (a.fuse &&
        (a.list || a.info || a.verify || a.files || a.mask || a.series || a.where || a.phase || a.channel.n || a.frame != NO_FRAME))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "--fuse takes masks and maps: leave out --list, --info, --verify, --files, --mask, --series, --where, "
                          "--phase, --channel and --frame");
    if (a.points && !a.review) return lm_err_set(err, LM_EUSAGE, NULL, "--review-points needs --review");
    if (a.prob && !strcmp(a.prob, "-")) return lm_err_set(err, LM_EUSAGE, NULL, "--prob: the map has a name; '-' is for PATH");
    if ((a.review || a.map) && (a.list || a.info || a.verify || a.sweep || a.frame != NO_FRAME))
        return lm_err_set(err, LM_EUSAGE, NULL,
                          "--review and --walker-map are of a segmentation that is written, and there is none");
    if (!a.review || (lm_num_all(a.review, &limit) && limit > 0 && limit <= 1)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--review '%s': more than 0, at most 1", a.review);
}

/* Is the only operand a volume of another program? It is left open then, as is standard input. */
static lm_status open_volume(const char *path, bool *volume, lm_in **in, lm_err *err)
{
    struct stat st;
    const unsigned char *p;
    size_t got;
    *volume = false;
    if (strcmp(path, "-") && (stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size))
        return LM_OK; /* the scan says what is wrong */
    lm_status rc = lm_io_open(path, in, err);
    if (!rc && !(rc = lm_io_peek(*in, LM_VOLFILE_HEAD, &p, &got, err))) *volume = lm_volfile_sniff(p, got) != LM_VOLFILE_NONE;
    if ((rc || !*volume) && strcmp(path, "-")) {
        lm_io_close(*in);
        *in = NULL;
    }
    return rc;
}

static lm_status work(const char **paths, size_t n, lm_source_opt *opt, choice *c, lm_out *out, lm_out **json, lm_err *err)
{
    input in = {.identity = opt->identity, .alone = !n && !a.files && a.mask && !a.channel.n};
    lm_in *file = NULL;
    lm_source *src = NULL;
    bool volume = false;
    const char *mask = a.mask;
    const cli_ask_opt ask = {a.output, a.json, a.space, a.quiet};
    lm_status rc = LM_OK;
    if (n == 1 && !a.files && !a.list && !a.fuse && a.frame == NO_FRAME && !a.channel.n) {
        bool operand = a.label.n && !mask, piped = !strcmp(paths[0], "-"); /* operand: a volume there is the mask */
        if (!operand || !piped) rc = open_volume(paths[0], &volume, &file, err);
        in.alone = operand && (volume || piped);
        if (in.alone) mask = paths[0];
    }
    if (!rc) rc = parse_probability(&in.level, err);
    opt->std_in = volume ? NULL : file;
    if (!rc && !in.alone && !volume && !a.fuse && (n || a.files)) rc = lm_source_scan(paths, n, opt, &src, err);
    cli_progress_done(a.quiet);
    if (rc) goto done;
    if ((a.list && !src) || (a.info && !src && !file))
        rc = lm_err_set(err, LM_EUSAGE, NULL, "--%s needs a PATH%s", a.list ? "list" : "info", a.list ? " with DICOM in it" : "");
    else if (a.list) rc = cli_ask_list(src, &ask, json, err);
    else if (a.info) rc = cli_ask_info(src, file, opt, &ask, json, err);
    else if (a.frame != NO_FRAME) rc = image(src, opt, out, json, err);
    else {
        if (a.fuse) rc = load_fused(paths, n, opt->identity, &in, err);
        else if (a.channel.n) rc = load_channels(src, opt, c, &in, err);
        else if (volume && !in.alone) rc = load_file(file, c, &in, err);
        else if (!in.alone) rc = load_series(src, opt, c, &in, err);
        if (!rc && mask) rc = load_mask(mask, opt->identity, &in, err);
        if (!rc) rc = a.sweep ? sweep(c, &in, err) : segment(c, &in, out, json, err);
    }
done:
    input_release(&in);
    lm_source_release(src);
    lm_io_close(file);
    return rc;
}

int main(int argc, char **argv)
{
    static const char *paths[PATHS];
    lm_err err = LM_ERR_INIT;
    lm_out *out = NULL, *json = NULL;
    choice c;
    size_t n;
    int code;
    make_opts();
    if (cli_parse(&tool, argc, argv, paths, PATHS, &n, &code)) return code;
    lm_identity identity = {.show = a.show_identity, .keep_names = a.keep_names};
    lm_source_opt opt = {.threads = (int)a.threads,
                         .list = a.files,
                         .phase = a.phase,
                         .progress = progress,
                         .identity = &identity,
                         .where = a.where};
    lm_status rc = parse_outputs(&err);
    lm_fuse_how how;
    if (!rc && a.fuse) rc = lm_fusion_word(a.fuse, &how, &err);
    if (!rc) rc = parse_review(&err);
    const char *outputs[6] = {a.output, a.map, a.disagreement, a.json, a.points, a.report};
    if (!rc && !n && !a.files && !a.mask && !a.explain && !a.channel.n)
        rc = lm_err_set(&err, LM_EUSAGE, NULL, "give a PATH, --files or --mask; see --help");
    if (!rc) rc = cli_outputs(outputs, 6, !a.list && !a.info && !a.verify && !a.explain && !a.sweep, &err);
    if (!rc) rc = lm_gaps_parse(a.gaps, &opt.gaps, &err);
    opt.unshift = !strcmp(a.motion, "correct");
    if (!rc && !opt.unshift && strcmp(a.motion, "keep"))
        rc = lm_err_set(&err, LM_EUSAGE, NULL, "--motion '%s': keep or correct", a.motion);
    if (!rc) rc = cli_text("case", a.case_id, &err);
    if (!rc) rc = lm_identity_load(&identity, &err);
    if (!rc && a.verify) {
        const cli_ask_opt ask = {a.output, a.json, a.space, a.quiet};
        rc = cli_ask_verify(paths, n, &opt, &identity, a.verify, &ask, &err);
        return rc ? cli_fail(&tool, &err) : CLI_GOOD;
    }
    if (!rc && a.explain) {
        if (!(rc = choose(&c, &err))) rc = explain(&c, &err);
        return rc ? cli_fail(&tool, &err) : CLI_GOOD;
    }
    if (!rc && !a.list && !a.info && !(rc = choose(&c, &err)) && !a.sweep) rc = lm_io_create(a.output, false, &out, &err);
    if (!rc) rc = work(paths, n, &opt, &c, out, &json, &err);
    if (!rc && out) rc = lm_io_commit(out, &err);
    else lm_io_abort(out);
    if (!rc && json) rc = lm_io_commit(json, &err);
    else lm_io_abort(json);
    return rc ? cli_fail(&tool, &err) : CLI_GOOD;
}
