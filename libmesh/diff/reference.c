/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 what is given, 2 the mask and its images, 3 frames of reference, 4 judging */
#include "diff/reference.h"
#include "base/mem.h"
#include "dicom/masks.h"
#include "dicom/source_load.h"
#include "dicom/source_pick.h"
#include "segment/step.h"
#include "stream/volfile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void lm_reference_release(lm_reference *r)
{
    free(r->mask);
    free(r->rest);
    *r = (lm_reference)LM_REFERENCE_INIT;
}

/* ---- 1 what is given ---- */

static bool reference_word(const json_t *o, const char *key, const char *a, const char *b)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s && (!strcmp(s, a) || !strcmp(s, b));
}

/* Did a step read a file? */
static bool reference_step(const json_t *dcmseg)
{
    const json_t *steps = json_object_get(json_object_get(dcmseg, "options"), "steps");
    bool any = false;
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const char *args = json_string_value(json_array_get(json_array_get(steps, i), 1));
        any = any || (args && !strncmp(args, LM_STEP_SHA256, strlen(LM_STEP_SHA256)));
    }
    return any;
}

/* Do the records rest on a mask? Then all masks are there to read the source again. */
static bool reference_recorded(const json_t *dcmseg)
{
    return reference_step(dcmseg) || json_object_get(dcmseg, "mask") ||
           json_object_get(json_object_get(dcmseg, "options"), "label") ||
           reference_word(json_object_get(dcmseg, "source"), "kind", "dicom-seg", "dicom-rtstruct");
}

/* Is the volume in this file the one that the records name? */
static bool reference_source(const char *path, const json_t *dcmseg)
{
    const json_t *source = json_object_get(dcmseg, "source");
    const char *was = json_string_value(json_object_get(source, "sha256_pixels")), *now = NULL;
    lm_in *in = NULL;
    lm_vol vol = LM_VOL_INIT;
    json_t *facts = NULL;
    if (!was || !reference_word(source, "kind", "nrrd", "nifti")) return false;
    /* where the axes lead does not change the samples */
    if (!lm_io_open(path, &in, NULL) && !lm_volfile_load(in, "LPS", &vol, &facts, NULL))
        now = json_string_value(json_object_get(facts, "sha256_pixels"));
    bool is = now && !strcmp(now, was);
    lm_io_close(in);
    lm_vol_release(&vol);
    json_decref(facts);
    return is;
}

/* A file that begins as DICOM does; with a label, folders and archives too. */
static bool reference_dicom(const char *path, bool any)
{
    unsigned char head[132];
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode)) return any;
    FILE *f = fopen(path, "rb");
    bool is = f && fread(head, 1, sizeof head, f) == sizeof head && !memcmp(head + 128, "DICM", 4);
    if (f) fclose(f);
    return is || any;
}

/* *alone: there is nothing beside masks in it. */
static lm_status reference_look(const char *path, const lm_reference_opt *opt, bool *mask, bool *alone, lm_err *err)
{
    const lm_source_opt so = {.threads = opt->threads};
    lm_source *s = NULL;
    lm_status rc = lm_source_scan(&path, 1, &so, &s, err);
    for (size_t i = 0; !rc && i < lm_source_count(s); i++) {
        bool is = lm_segmask_is(s, i);
        *mask = *mask || is;
        *alone = *alone && is;
    }
    lm_source_release(s);
    return rc;
}

lm_status lm_reference_open(const char *const *paths, size_t n, const lm_records *rec, const lm_reference_opt *opt,
                            lm_reference *out, lm_err *err)
{
    const json_t *dcmseg = lm_record_last(rec, "dcmseg");
    lm_status rc = LM_OK;
    lm_reference_release(out);
    out->alone = !rec->n;
    bool none = rec->n && (!rec->belong || !dcmseg || reference_recorded(dcmseg));
    if (!(out->mask = lm_mem_alloc(n, sizeof *out->mask, err)) || !(out->rest = lm_mem_alloc(n, sizeof *out->rest, err)))
        rc = LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        bool mask = false, alone = true, volume = false;
        if (!none && !(rc = lm_volfile_is(paths[i], &volume, err))) {
            if (volume) mask = !reference_source(paths[i], dcmseg);
            else if (reference_dicom(paths[i], opt->label)) rc = reference_look(paths[i], opt, &mask, &alone, err);
        }
        if (mask) out->mask[out->n++] = paths[i];
        if (!mask || !alone) out->rest[out->n_rest++] = paths[i];
    }
    if (rc) lm_reference_release(out);
    return rc;
}

/* ---- 2 the mask and its images ---- */

typedef struct {
    lm_identity id;
    lm_masks mask;
    lm_vol grey;         /* of the images, where there are any */
    char frame[LM_UID];  /* theirs */
    lm_regions one;      /* what is meant of the mask, as one region */
    bool has_grey, fits; /* fits: on the samples of the mask */
    lm_partial partial;
} reference_work;

static void reference_close(reference_work *w)
{
    lm_masks_release(&w->mask);
    lm_vol_release(&w->grey);
    lm_regions_release(&w->one);
}

static lm_status reference_load(const lm_source *s, size_t series, const lm_reference_opt *opt, reference_work *w, lm_err *err)
{
    const lm_source_opt so = {
        .threads = opt->threads, .identity = &w->id, .progress = opt->progress, .progress_ctx = opt->progress_ctx};
    const lm_dicom_file *head;
    json_t *facts = NULL;
    lm_status rc = lm_source_load(s, series, &so, &w->grey, &facts, err);
    json_decref(facts);
    if (rc) return rc;
    lm_source_member(s, series, 0, &head);
    snprintf(w->frame, sizeof w->frame, "%s", head->frame);
    w->has_grey = true;
    return LM_OK;
}

/* A label map says nothing of images: the only series that is given may be its. */
static lm_status reference_volume(const char *path, const lm_source *images, const lm_masks_opt *mo, const lm_reference_opt *opt,
                                  reference_work *w, lm_err *err)
{
    size_t series;
    lm_err why = LM_ERR_INIT;
    lm_status rc = lm_masks_read(path, mo, &w->mask, err);
    if (!rc && images && !lm_source_select(images, NULL, false, &series, &why)) rc = reference_load(images, series, opt, w, err);
    return rc;
}

static lm_status reference_object(const char *path, const lm_source *images, bool need, lm_masks_opt *mo,
                                  const lm_reference_opt *opt, reference_work *w, lm_err *err)
{
    const lm_source_opt so = {.threads = opt->threads, .identity = &w->id};
    const lm_segmask_opt sm = {.threads = opt->threads};
    lm_source *s = NULL;
    lm_err why = LM_ERR_INIT;
    size_t mask = 0, series = 0;
    lm_status rc = lm_source_scan(&path, 1, &so, &s, err);
    if (!rc) rc = lm_segmask_find(s, &mask, err);
    bool stands = !rc && lm_segmask_stands(s, mask);
    if (!rc && (images || !stands)) {
        lm_status found = lm_segmask_images(s, mask, images ? images : s, &sm, &series, stands && !need ? &why : err);
        if (!found) rc = reference_load(images ? images : s, series, opt, w, err);
        else if (!stands || need) rc = found;
    }
    if (w->has_grey) {
        mo->grid = &w->grey;
        mo->grid_frame = w->frame;
    }
    if (!rc) rc = lm_masks_series(s, mask, mo, &w->mask, err);
    lm_source_release(s);
    return rc;
}

/* Everything that is meant as one region, on the samples of the mask. */
static lm_status reference_union(reference_work *w, lm_err *err)
{
    const lm_part part = {.label = 1};
    lm_vol v = LM_VOL_INIT;
    lm_status rc = lm_regions_mask(&w->mask.regions, NULL, &v, err);
    if (!rc) rc = lm_regions_from_level(&v, 1, &part, &w->one, err);
    lm_vol_release(&v);
    return rc;
}

/* The two-class partial volume, where the images have the very samples of the mask. */
static lm_status reference_partial(const lm_reference_opt *opt, reference_work *w, lm_err *err)
{
    lm_partial_opt po = LM_PARTIAL_OPT_INIT;
    lm_regions on = LM_REGIONS_INIT;
    double gap;
    po.threads = opt->threads;
    if (w->mask.frame[0] && w->frame[0] && strcmp(w->mask.frame, w->frame))
        return lm_err_set(err, LM_ERULE, "G-3",
                          "mask and series are in different frames of reference: their coordinates do not belong together");
    lm_regions_fit(&w->one, &w->grey, &w->fits, &gap);
    if (!w->fits) return LM_OK;
    lm_status rc = lm_regions_regrid(&w->one, &w->grey, &on, err);
    if (!rc && on.count == 1 && on.item[0].voxels == w->one.item[0].voxels)
        rc = lm_partial_of(&w->grey, &on, NULL, &po, &w->partial, err);
    lm_regions_release(&on);
    return rc;
}

static lm_status reference_read(const char *path, const lm_source *images, bool need, const lm_reference_opt *opt,
                                reference_work *w, lm_err *err)
{
    lm_masks_opt mo = {.axes = opt->axes, .level = opt->level, .identity = &w->id, .threads = opt->threads};
    bool volume;
    lm_status rc = lm_volfile_is(path, &volume, err);
    if (!rc)
        rc = volume ? reference_volume(path, images, &mo, opt, w, err) : reference_object(path, images, need, &mo, opt, w, err);
    if (!rc && !opt->label) rc = lm_masks_only(&w->mask, &mo, err);
    if (!rc) rc = lm_masks_pick(&w->mask, &opt->label, opt->label ? 1 : 0, &mo, err);
    if (rc == LM_ENO) err->code = rc = LM_ERULE; /* an empty reference is no answer */
    if (!rc) rc = reference_union(w, err);
    if (!rc && w->has_grey) rc = reference_partial(opt, w, err);
    return rc;
}

/* ---- 3 frames of reference ---- */

/* note: what is not known of them. */
static lm_status reference_frame(const reference_work *w, const json_t *dcmseg, const char **note, lm_err *err)
{
    const json_t *source = json_object_get(dcmseg, "source");
    const char *was = json_string_value(json_object_get(source, "frame"));
    char now[LM_IDENTITY_TEXT];
    lm_identity id = w->id;
    *note = !w->mask.frame[0] && !was ? "the frames of reference of mesh and mask are not known"
            : !was                    ? "the mesh does not tell its frame of reference"
            : !w->mask.frame[0]       ? "the mask does not tell its frame of reference"
                                      : "";
    if (!was || !w->mask.frame[0]) return LM_OK;
    id.show = json_is_true(json_object_get(json_object_get(dcmseg, "options"), "show-identity"));
    lm_status rc = lm_identity_same_key(&id, json_string_value(json_object_get(source, "uid_key")), err);
    if (rc) return rc;
    lm_identity_uid(&id, w->mask.frame, now);
    if (!strcmp(now, was)) return LM_OK;
    return lm_err_set(err, LM_ERULE, "G-3",
                      "mesh and mask are in different frames of reference: their coordinates do not belong together");
}

/* ---- 4 judging ---- */

static lm_status reference_facts(const reference_work *w, const lm_maskcheck *c, const char *note, bool given, json_t *facts,
                                 lm_err *err)
{
    json_t *labels = lm_masks_labels(&w->mask.regions, NULL, false, err), *one = labels ? lm_maskcheck_json(c, err) : NULL;
    bool ok = one && !json_object_set(one, "labels", labels) && !json_object_set(one, "mask", w->mask.facts) &&
              !json_object_set_new(one, "frame_of_reference", json_string(note[0] ? note : "the same")) &&
              (!json_object_get(w->mask.facts, "maximum") ||
               !json_object_set_new(one, "level_is", json_string(given ? "--probability" : "default"))) &&
              (!w->fits || !json_object_set_new(one, "partial", lm_masks_partial(&w->partial)));
    json_decref(labels);
    if (ok) return json_array_append_new(facts, one) ? lm_err_nomem(err, 0) : LM_OK;
    json_decref(one);
    return err->code ? err->code : lm_err_nomem(err, 0);
}

/* Of a fractional mask: what its volume is called, and of an occupancy, which alone may be summed (STANDARDS 4), the sum. */
static void reference_fractions(const reference_work *w, bool given, lm_maskcheck_opt *out)
{
    static const char *const name[2][2] = {
        {"voxel count of the mask: probability from 0.5 on (default)",
         "voxel count of the mask: probability from --probability on"},
        {"voxel count of the mask: occupancy from 0.5 on (default)", "voxel count of the mask: occupancy from --probability on"}};
    const json_t *all = json_object_get(w->mask.facts, "occupancy"), *one;
    const bool occupancy = reference_word(w->mask.facts, "type", "occupancy", "occupancy");
    const double most = json_number_value(json_object_get(w->mask.facts, "maximum"));
    size_t i;
    if (!(most > 0)) return;
    out->volume_is = name[occupancy][given];
    if (w->mask.regions.count != 1) return; /* several may share what they occupy */
    json_array_foreach(all, i, one)
        if (json_integer_value(json_object_get(one, "label")) == (json_int_t)w->mask.regions.item[0].part.label)
            out->occupied_mm3 = json_number_value(json_object_get(one, "mm3"));
}

static lm_status reference_one(const lm_reference *r, size_t i, const lm_source *images, const lm_records *rec, const lm_mesh *body,
                               const lm_mass *mass, const lm_reference_opt *opt, lm_verdict_list *list, lm_budget *budget,
                               json_t *facts, lm_err *err)
{
    reference_work w = {.id = {.keep_names = opt->keep_names}, .mask = LM_MASKS_INIT};
    const json_t *dcmseg = rec->belong ? lm_record_last(rec, "dcmseg") : NULL;
    const char *note = "";
    char suffix[24] = "";
    lm_maskcheck c = {.volume_is = NULL};
    if (r->n > 1) snprintf(suffix, sizeof suffix, " %zu", i + 1);
    lm_status rc = lm_identity_load(&w.id, err);
    if (!rc) rc = reference_read(r->mask[i], images, r->alone, opt, &w, err);
    if (!rc) rc = reference_frame(&w, dcmseg, &note, err);
    lm_maskcheck_opt mo = {
        .tol = opt->tol, .partial = w.fits ? &w.partial : NULL, .suffix = suffix, .note = note, .threads = opt->threads};
    if (!rc) reference_fractions(&w, opt->level > 0, &mo);
    if (!rc && opt->progress) opt->progress(opt->progress_ctx, "comparing with the mask", 0);
    if (!rc) rc = lm_maskcheck_run(&w.one, body, mass, &mo, &c, list, err);
    if (!rc) lm_budget_reference(budget, c.volume_is, suffix, c.voxel_mm3, c.u_mm3);
    if (!rc && opt->keep && !i && !(rc = lm_regions_mask(&w.one, NULL, opt->keep, err))) {
        opt->keep->iso = 0.5;
        opt->keep->has_iso = true;
    }
    if (!rc) rc = reference_facts(&w, &c, note, opt->level > 0, facts, err);
    reference_close(&w);
    return rc;
}

lm_status lm_reference_judge(const lm_reference *r, const lm_records *rec, const lm_mesh *body, const lm_mass *mass,
                             const lm_reference_opt *opt, lm_verdict_list *list, lm_budget *budget, json_t *facts, lm_err *err)
{
    const lm_source_opt so = {.threads = opt->threads};
    lm_source *images = NULL;
    lm_original o = {.solid = *body};
    lm_mass outer = LM_MASS_INIT;
    lm_status rc = LM_OK;
    if (body->space == LM_SPACE_RAS)
        return lm_err_set(err, LM_ERULE, NULL, "masks are placed in LPS, and the mesh is in RAS: turn it with meshconv first");
    if (rec->belong) rc = lm_against_solid(rec, body, &o, err);
    if (!rc && o.changed) rc = lm_mass_measure(&o.solid, &outer, err);
    if (!rc && r->n_rest) rc = lm_source_scan(r->rest, r->n_rest, &so, &images, err);
    for (size_t i = 0; i < r->n && !rc; i++)
        rc = reference_one(r, i, images, rec, &o.solid, o.changed ? &outer : mass, opt, list, budget, facts, err);
    lm_source_release(images);
    lm_mass_release(&outer);
    lm_original_release(&o);
    return rc;
}
