/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 what is given, 2 the recorded options, 3 the images, 4 the mask, 5 the segmentation */
#include "measure/replay.h"
#include "dicom/channelset.h"
#include "dicom/source_facts.h"
#include "dicom/source_load.h"
#include "dicom/stepfiles.h"
#include "base/mem.h"
#include "segment/object.h"
#include "stream/volfile.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLAY_LABELS = 65535, REPLAY_NUMBER = 12 };

void lm_replay_release(lm_replay *r)
{
    lm_vol_release(&r->vol);
    lm_pieces_release(&r->pieces);
    lm_regions_release(&r->labels);
    *r = (lm_replay)LM_REPLAY_INIT;
}

/* ---- 1 what is given ---- */

typedef struct {
    const char **volume, **dicom; /* the paths by what they are; owned */
    size_t volumes, dicoms;
    lm_source *src; /* of dicom; NULL: there are none */
    lm_source_opt so;
    lm_identity id;
} replay_from;

static void replay_close(replay_from *f)
{
    lm_source_release(f->src);
    free(f->volume);
    free(f->dicom);
}

static lm_status replay_open(const char *const *paths, size_t n, const json_t *dcmseg, const lm_replay_opt *opt, replay_from *f,
                             lm_err *err)
{
    const json_t *source = json_object_get(dcmseg, "source");
    const char *gaps = json_string_value(json_object_get(json_object_get(source, "gaps"), "choice"));
    bool volume;
    f->id.show = json_is_true(json_object_get(json_object_get(dcmseg, "options"), "show-identity"));
    f->so =
        (lm_source_opt){.threads = opt->threads, .progress = opt->progress, .progress_ctx = opt->progress_ctx, .identity = &f->id};
    const char *motion = json_string_value(json_object_get(json_object_get(dcmseg, "options"), "motion"));
    f->so.unshift = motion && !strcmp(motion, "correct");
    lm_status rc = gaps ? lm_gaps_parse(gaps, &f->so.gaps, err) : LM_OK;
    if (!rc) rc = lm_identity_load(&f->id, err);
    if (!rc) rc = lm_identity_same_key(&f->id, json_string_value(json_object_get(source, "uid_key")), err);
    if (!rc && (!(f->volume = lm_mem_alloc(n, sizeof *f->volume, err)) || !(f->dicom = lm_mem_alloc(n, sizeof *f->dicom, err))))
        rc = LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        if ((rc = lm_volfile_is(paths[i], &volume, err))) break;
        if (volume) f->volume[f->volumes++] = paths[i];
        else f->dicom[f->dicoms++] = paths[i];
    }
    return rc || !f->dicoms ? rc : lm_source_scan(f->dicom, f->dicoms, &f->so, &f->src, err);
}

/* ---- 2 the recorded options ---- */

static double replay_number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

typedef struct {
    lm_segment_opt seg; /* lo is NAN where there was no threshold */
    bool threshold;
    lm_steps steps; /* n = 0: no more than seg says */
    lm_channels channels;
} replay_how;

static bool replay_steps(const json_t *list, lm_steps *out, lm_err *err)
{
    size_t i;
    json_t *one;
    bool clear = !list || json_array_size(list);
    json_array_foreach(list, i, one) {
        const char *name = json_string_value(json_array_get(one, 0)), *args = json_string_value(json_array_get(one, 1));
        clear = clear && name && args && !lm_steps_add(out, name, args, err);
    }
    return clear;
}

static lm_status replay_options(const json_t *dcmseg, bool masked, replay_how *how, lm_err *err)
{
    lm_segment_opt *out = &how->seg;
    const json_t *o = json_object_get(dcmseg, "options"), *t = json_object_get(o, "threshold"), *keep = json_object_get(o, "keep");
    const char *word = json_string_value(keep);
    bool clear;
    *how = (replay_how){.seg = LM_SEGMENT_OPT_INIT, .threshold = t};
    clear = replay_steps(json_object_get(o, "steps"), &how->steps, err) && (t || masked || lm_steps_make(&how->steps));
    out->lo = replay_number(t, "lo");
    if (t && !isfinite(out->lo)) clear = false;
    if (json_is_number(json_object_get(t, "hi"))) out->hi = replay_number(t, "hi");
    if (word && !strcmp(word, "largest")) out->keep = 1;
    else if (json_is_integer(keep) && json_integer_value(keep) > 0) out->keep = (size_t)json_integer_value(keep);
    else if (word ? strcmp(word, "all") != 0 : keep || !masked) clear = false; /* labels as they are have none */
    size_t i;
    json_t *r;
    json_array_foreach(json_object_get(o, "roi"), i, r)
        if (!json_is_string(r) || lm_roi_add(&out->roi, json_string_value(r), err)) clear = false;
    if (clear) return LM_OK;
    return lm_err_set(
        err, LM_ERULE, NULL,
        "the record of dcmseg does not say how it segmented (threshold, keep, roi, steps), or this version does not know "
        "its steps: it cannot be replayed");
}

/* ---- 3 the images ---- */

static lm_status replay_find(const lm_source *src, const char *hash, size_t *series, lm_err *err)
{
    size_t n = src ? lm_source_count(src) : 0;
    char uid[LM_IDENTITY_TEXT];
    for (size_t i = 0; i < n; i++) {
        lm_source_uid(src, i, false, uid);
        if (strcmp(uid, hash)) continue;
        *series = i;
        return LM_OK;
    }
    return lm_err_set(err, LM_ERULE, NULL, "the series that the mesh was made from (%.16s) is not among the %zu series given", hash,
                      n);
}

static lm_status replay_series(const replay_from *f, const json_t *source, lm_vol *vol, json_t **again, char frame[LM_UID],
                               lm_err *err)
{
    const char *hash = json_string_value(json_object_get(source, "series"));
    const lm_dicom_file *head;
    size_t series = 0;
    if (!hash)
        return lm_err_set(err, LM_ERULE, NULL, "the record of dcmseg names no DICOM series: a verdict against a source needs one");
    lm_status rc = replay_find(f->src, hash, &series, err);
    if (!rc) rc = lm_source_load(f->src, series, &f->so, vol, again, err);
    if (rc) return rc;
    lm_source_member(f->src, series, 0, &head);
    snprintf(frame, LM_UID, "%s", head->frame);
    return LM_OK;
}

static lm_status replay_pixels(const json_t *again, const char *was, lm_err *err)
{
    const char *now = json_string_value(json_object_get(again, "sha256_pixels"));
    if (now && !strcmp(now, was)) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL,
                      "the pixels of the series are not those that the mesh was made from (SHA-256 %.16s, recorded %.16s)",
                      now ? now : "none", was);
}

/* Of the volumes of other programs the one with these samples. */
static lm_status replay_volume(const replay_from *f, const char *axes, const char *was, lm_vol *vol, lm_err *err)
{
    json_t *again = NULL;
    lm_status rc = LM_OK;
    for (size_t i = 0; i < f->volumes; i++) {
        lm_in *in = NULL;
        if (!(rc = lm_io_open(f->volume[i], &in, err))) rc = lm_volfile_load(in, axes, vol, &again, err);
        lm_io_close(in);
        bool hit = !rc && !replay_pixels(again, was, err);
        json_decref(again);
        again = NULL;
        if (hit) return LM_OK;
        lm_vol_release(vol);
        if (rc && f->volumes == 1) return rc;
    }
    return lm_err_set(err, LM_ERULE, NULL,
                      "the volume that the mesh was made from (pixels with SHA-256 %.16s) is not among the paths", was);
}

static lm_status replay_images(const replay_from *f, const json_t *source, const char *axes, lm_vol *vol, char frame[LM_UID],
                               lm_err *err)
{
    const char *was = json_string_value(json_object_get(source, "sha256_pixels")),
               *kind = json_string_value(json_object_get(source, "kind"));
    json_t *again = NULL;
    if (!was)
        return lm_err_set(err, LM_ERULE, NULL, "the record of dcmseg names no DICOM series: a verdict against a source needs one");
    if (kind && !strcmp(kind, "fusion"))
        return lm_err_set(
            err, LM_ERULE, NULL,
            "the mesh was made from masks that were fused on the way: keep what dcmseg --fuse gives as a file and start from that");
    if (kind && (!strcmp(kind, "nrrd") || !strcmp(kind, "nifti"))) return replay_volume(f, axes, was, vol, err);
    lm_status rc = replay_series(f, source, vol, &again, frame, err);
    if (!rc) rc = replay_pixels(again, was, err);
    json_decref(again);
    return rc;
}

/* The channels beside the first, which is vol. */
static lm_status replay_channels(const replay_from *f, const json_t *list, const char *axes, const lm_vol *vol, const char *frame,
                                 lm_channels *out, lm_err *err)
{
    lm_status rc = LM_OK;
    const char *first = json_string_value(json_object_get(json_array_get(list, 0), "name"));
    if (first && strlen(first) < sizeof out->first) snprintf(out->first, sizeof out->first, "%s", first);
    for (size_t i = 1; i < json_array_size(list) && !rc; i++) {
        const json_t *one = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        char other[LM_UID] = "";
        lm_vol v = LM_VOL_INIT;
        if (!name) rc = lm_err_set(err, LM_ERULE, NULL, "the record names no channel %zu", i + 1);
        if (!rc) rc = replay_images(f, json_object_get(one, "source"), axes, &v, other, err);
        if (!rc) rc = lm_channelset_frame(frame, other, err);
        if (!rc) rc = lm_channels_add(out, name, strlen(name), vol, &v, err);
        lm_vol_release(&v);
    }
    return rc;
}

/* ---- 4 the mask ---- */

static bool replay_is(const lm_masks *m, const char *proof)
{
    const char *now = lm_masks_proof(m->facts);
    return now && !strcmp(now, proof);
}

/* Of all masks that are given that with this checksum, of that series (NULL: of any). */
static lm_status replay_mask_find(const replay_from *f, const char *proof, const char *series, const lm_masks_opt *mo, lm_masks *m,
                                  lm_err *err)
{
    size_t masks = 0;
    if (!proof) return lm_err_set(err, LM_ERULE, NULL, "the record of dcmseg names no checksum of its mask: it cannot be replayed");
    for (size_t i = 0; i < f->volumes; i++, masks++) {
        lm_status rc = lm_masks_read(f->volume[i], mo, m, err);
        if (!rc && replay_is(m, proof)) return LM_OK;
        if (rc == LM_ENOMEM) return rc; /* what is no mask is another file */
    }
    for (size_t i = 0; f->src && i < lm_source_count(f->src); i++) {
        char uid[LM_IDENTITY_TEXT];
        if (!lm_segmask_is(f->src, i)) continue;
        masks++;
        lm_source_uid(f->src, i, false, uid);
        if (series && strcmp(uid, series)) continue;
        lm_status rc = lm_masks_series(f->src, i, mo, m, err);
        if (rc && (series || rc == LM_ENOMEM)) return rc;
        if (!rc && replay_is(m, proof)) return LM_OK;
    }
    lm_masks_release(m);
    return lm_err_set(
        err, LM_ERULE, NULL,
        "the mask that the mesh was made with (SHA-256 %.16s) is not among the %zu masks given: name its file with --against "
        "too",
        proof, masks);
}

/* The segments that were taken, by number; none named: all. */
static lm_status replay_pick(lm_masks *m, const json_t *dcmseg, const lm_masks_opt *mo, lm_err *err)
{
    const json_t *list = json_object_get(json_object_get(dcmseg, "options"), "label");
    size_t n = json_array_size(list);
    char(*number)[REPLAY_NUMBER] = NULL;
    const char **text = NULL;
    lm_status rc = LM_OK;
    if (n > REPLAY_LABELS) return lm_err_set(err, LM_ERANGE, NULL, "the record names %zu labels", n);
    if (!(number = lm_mem_alloc(n, sizeof *number, err)) || !(text = lm_mem_alloc(n, sizeof *text, err))) rc = LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        json_int_t v = json_integer_value(json_array_get(list, i));
        if (v < 1 || v > UINT32_MAX) rc = lm_err_set(err, LM_ERULE, NULL, "the record names a label that is none");
        else snprintf(number[i], REPLAY_NUMBER, "%" PRIu32, (uint32_t)v);
        text[i] = number[i];
    }
    if (!rc) rc = lm_masks_pick(m, text, n, mo, err);
    if (rc == LM_EUSAGE || rc == LM_ENO) err->code = rc = LM_ERULE;
    free(text);
    free(number);
    return rc;
}

/* The order of overlapping segments. */
static lm_status replay_priority(lm_masks *m, const json_t *options, const lm_masks_opt *mo, lm_err *err)
{
    const char *text = json_string_value(json_object_get(options, "priority"));
    uint32_t *label = NULL;
    size_t n;
    if (!text) return LM_OK;
    lm_status rc = lm_masks_order(m, text, mo, &label, &n, err);
    if (!rc) rc = lm_masks_rank(m, label, n, err);
    if (rc == LM_EUSAGE) err->code = rc = LM_ERULE;
    free(label);
    return rc;
}

/* Edits, as the record tells them: [text, samples] each. */
static lm_status replay_edits(const json_t *list, lm_steps *s, size_t step, lm_stepfiles *files, lm_err *err)
{
    lm_edits e = LM_EDITS_INIT;
    lm_status rc = LM_OK;
    for (size_t i = 0; i < json_array_size(list) && !rc; i++) {
        const json_t *text = json_array_get(json_array_get(list, i), 0);
        rc = json_is_string(text) ? lm_edits_line(&e, json_string_value(text), json_string_length(text), i + 1, err)
                                  : lm_err_set(err, LM_ERULE, NULL, "the record does not tell its edits");
    }
    if (!rc) rc = lm_stepfiles_put_edits(s, step, &e, files, err);
    lm_edits_release(&e);
    return rc;
}

/* The files that steps read, by their checksums; edits stand in the record (done: its segment.steps). */
static lm_status replay_step_files(const replay_from *f, const lm_masks_opt *mo, const json_t *done, lm_steps *s,
                                   lm_stepfiles *files, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < s->n && !rc; i++) {
        char proof[LM_SHA256_HEX];
        lm_masks m = LM_MASKS_INIT;
        if (s->step[i].reads == LM_STEP_NO_FILE) continue;
        if (!lm_stepfiles_sum(&s->step[i], proof)) rc = lm_err_set(err, LM_ERULE, NULL, "the record names no checksum of its file");
        else if (s->step[i].reads == LM_STEP_EDITS)
            rc = replay_edits(json_object_get(json_array_get(done, i), "edits"), s, i, files, err);
        else rc = replay_mask_find(f, proof, NULL, mo, &m, err);
        if (!rc && s->step[i].reads == LM_STEP_MASK) rc = lm_stepfiles_put(s, i, &m, mo, files, err);
        if (rc) lm_err_frame(err, "step %zu, --%s", i + 1, s->step[i].kind->name);
        if (rc == LM_EUSAGE || rc == LM_ENO || rc == LM_EFORMAT) err->code = rc = LM_ERULE;
        lm_masks_release(&m);
    }
    return rc;
}

/* ---- 5 the segmentation ---- */

static lm_status replay_same(const json_t *recorded, const char *name, double now, lm_err *err)
{
    double was = json_is_number(recorded) ? json_number_value(recorded) : NAN;
    if (fabs(was - now) <= 1e-9 * (1 + fabs(now))) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL, "the records do not belong to this source: %s is %.12g, recorded is %.12g", name, now,
                      was);
}

/* Every number of the replayed segmentation is the recorded one. */
static lm_status replay_compare(const json_t *seg, const lm_segment_facts *f, lm_err *err)
{
    const json_t *ext = json_object_get(seg, "extents_mm");
    const struct {
        const char *name;
        double now;
    } one[] = {
        {"iso", f->iso},
        {"voxel_count", (double)f->voxel_count},
        {"voxel_mm3", f->voxel_mm3},
        {"at_level_mm3", f->at_level_mm3},
        {"components_found", (double)f->components_found},
        {"components_kept", (double)f->components_kept},
        {"dropped_voxels", (double)f->dropped_voxels},
        {"roi_cut_voxels", (double)f->roi_cut_voxels},
    };
    lm_status rc = LM_OK;
    for (size_t i = 0; i < sizeof one / sizeof *one && !rc; i++)
        rc = replay_same(json_object_get(seg, one[i].name), one[i].name, one[i].now, err);
    for (size_t c = 0; c < 3 && !rc; c++)
        if (!(rc = replay_same(json_array_get(json_object_get(seg, "centroid_mm"), c), "centroid_mm", f->centroid_mm[c], err)) &&
            !(rc = replay_same(json_array_get(json_object_get(ext, "lo"), c), "extents_mm.lo", f->lo_mm[c], err)))
            rc = replay_same(json_array_get(json_object_get(ext, "hi"), c), "extents_mm.hi", f->hi_mm[c], err);
    return rc;
}

static lm_status replay_compare_labels(const json_t *was, const lm_regions *now, lm_err *err)
{
    lm_status rc = LM_OK;
    if (json_array_size(was) != now->count)
        rc = lm_err_set(err, LM_ERULE, NULL, "the records do not belong to this mask: it has %zu labels, recorded are %zu",
                        now->count, json_array_size(was));
    for (size_t i = 0; i < now->count && !rc; i++) {
        const json_t *one = json_array_get(was, i);
        rc = replay_same(json_object_get(one, "label"), "label", now->item[i].part.label, err);
        if (!rc) rc = replay_same(json_object_get(one, "voxel_count"), "voxel_count of a label", (double)now->item[i].voxels, err);
    }
    return rc;
}

/* The field of a mask without threshold (finer than in or out where it has fractions), or grey values under a mask. */
static lm_status replay_segment(const lm_masks *m, bool alone, const lm_masks_opt *mo, const json_t *options, bool partial,
                                replay_how *how, lm_replay *out, lm_err *err)
{
    uint64_t *bits = NULL;
    lm_object object = {.pieces = LM_PIECES_INIT};
    const lm_partial_opt po = {
        .inside = replay_number(options, "inside"), .outside = replay_number(options, "outside"), .threads = how->seg.threads};
    lm_object_opt o = {.seg = how->seg,
                       .steps = how->steps.n ? &how->steps : NULL,
                       .channels = &how->channels,
                       .measure = partial,
                       .partial = &po};
    lm_status rc = LM_OK;
    out->grey = how->threshold || m->facts;
    if (m->facts && how->threshold) rc = lm_regions_bits(&m->regions, NULL, &bits, err);
    else if (m->facts && alone && m->fractions && m->regions.count == 1) {
        rc = lm_masks_grey(m, mo, &out->vol, err);
        o.seg.lo = out->vol.iso;
    } else if (m->facts) {
        rc = lm_regions_mask(&m->regions, NULL, &out->vol, err);
        o.seg.lo = 0.5;
        out->grey = false;
    }
    o.occupancy = !how->threshold && m->facts;
    o.measure = partial && how->threshold && isinf(how->seg.hi);
    o.seg.mask = bits;
    if (!rc) rc = lm_object_cut(&out->vol, &o, &object, err);
    free(bits);
    if (!rc) {
        out->facts = object.facts;
        out->pieces = object.pieces;
    }
    if (rc == LM_ENO) err->code = rc = LM_ERULE; /* nothing inside, though the record says there was: trouble, no answer */
    return rc;
}

static lm_status replay_again(const replay_from *f, const json_t *dcmseg, const lm_replay_opt *opt, lm_replay *out, lm_err *err)
{
    const json_t *o = json_object_get(dcmseg, "options"), *source = json_object_get(dcmseg, "source");
    const char *sent = json_string_value(json_object_get(o, "output"));
    bool masked = json_is_true(json_object_get(o, "mask")), alone = !masked && json_object_get(o, "label"),
         labels = sent && !strcmp(sent, "labels");
    double level = replay_number(o, "probability");
    const char *axes = json_string_value(json_object_get(o, "space"));
    char frame[LM_UID] = "";
    lm_masks m = LM_MASKS_INIT;
    lm_stepfiles files = {.mask = {LM_MASKS_INIT}};
    replay_how how;
    lm_status rc = replay_options(dcmseg, masked || alone, &how, err);
    if (!rc && !alone) rc = replay_images(f, source, axes, &out->vol, frame, err);
    if (!rc && !alone) rc = replay_channels(f, json_object_get(dcmseg, "channels"), axes, &out->vol, frame, &how.channels, err);
    if (!rc && !alone && opt->seen) rc = opt->seen(opt->seen_ctx, &out->vol, err);
    const lm_masks_opt mo = {.identity = &f->id,
                             .axes = axes,
                             .level = isfinite(level) && level > 0 && level <= 1 ? level : 0,
                             .threads = opt->threads,
                             .grid = alone ? NULL : &out->vol,
                             .grid_frame = frame};
    const json_t *was = masked ? json_object_get(dcmseg, "mask") : source;
    if (!rc && (masked || alone))
        rc = replay_mask_find(f, lm_masks_proof(was), json_string_value(json_object_get(was, "series")), &mo, &m, err);
    if (!rc && (masked || alone)) rc = replay_pick(&m, dcmseg, &mo, err);
    if (!rc && m.facts) rc = replay_priority(&m, o, &mo, err);
    if (!rc && masked) rc = lm_masks_place(&m, &out->vol, frame, err);
    if (!rc) rc = replay_step_files(f, &mo, json_object_get(json_object_get(dcmseg, "segment"), "steps"), &how.steps, &files, err);
    how.seg.threads = opt->threads;
    if (!rc && m.facts && labels) {
        rc = replay_compare_labels(json_object_get(dcmseg, "labels"), &m.regions, err);
        out->labels = m.regions;
        m.regions = (lm_regions)LM_REGIONS_INIT;
    } else if (!rc) {
        if (!(rc = replay_segment(&m, alone, &mo, o, opt->partial, &how, out, err)))
            rc = replay_compare(json_object_get(dcmseg, "segment"), &out->facts, err);
        const lm_part part = {.label = 1};
        if (!rc && labels) rc = lm_regions_from_level(&out->vol, out->vol.iso, &part, &out->labels, err);
    }
    out->of_labels = labels;
    if (labels) lm_vol_release(&out->vol);
    lm_masks_release(&m);
    lm_stepfiles_release(&files);
    lm_channels_release(&how.channels);
    return rc;
}

lm_status lm_replay_mask(const lm_replay *r, uint32_t label, lm_vol *out, lm_err *err)
{
    bool *pick = NULL;
    size_t i = 0;
    while (label && i < r->labels.count && r->labels.item[i].part.label != label) i++;
    if (label && i == r->labels.count) return lm_err_set(err, LM_ERULE, NULL, "the source has no label %" PRIu32, label);
    if (label && !(pick = lm_mem_calloc(r->labels.count, sizeof *pick, err))) return LM_ENOMEM;
    if (label) pick[i] = true;
    lm_status rc = lm_regions_mask(&r->labels, pick, out, err);
    free(pick);
    out->iso = 0.5;
    out->has_iso = !rc;
    return rc;
}

lm_status lm_replay_run(const char *const *paths, size_t n, const json_t *dcmseg, const lm_replay_opt *opt, lm_replay *out,
                        lm_err *err)
{
    replay_from f = {.volumes = 0};
    replay_how how;
    const json_t *o = json_object_get(dcmseg, "options");
    /* what cannot be replayed at all is said before anything is read */
    lm_status rc = replay_options(dcmseg, json_is_true(json_object_get(o, "mask")) || json_object_get(o, "label"), &how, err);
    if (!rc) rc = replay_open(paths, n, dcmseg, opt, &f, err);
    if (!rc) rc = replay_again(&f, dcmseg, opt, out, err);
    replay_close(&f);
    if (rc) lm_replay_release(out);
    return rc;
}
