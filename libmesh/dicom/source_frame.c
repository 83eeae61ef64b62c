/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/source_frame.h"
#include "base/hash.h"
#include "base/mem.h"
#include "dicom/geometry.h"
#include "dicom/source_data.h"

#include <string.h>
#include <sys/mman.h>

enum { SOURCE_FRAME_MB = 4096 }; /* most that the frames of one object may take */

/* Which file and which of its frames (from 0) is image `frame` (from 1) of the series. */
static lm_status source_frame_of(const lm_source *s, const lm_series *r, size_t frame, size_t *file, size_t *at, size_t *of,
                                 lm_err *err)
{
    size_t frames = 0, several = 0, all;
    for (size_t i = 0; i < r->n; i++) {
        const lm_dicom_file *f = &s->head[r->member[i]];
        bool object = f->kind != LM_DICOM_SLICE && f->frames > 1;
        frames += object ? f->frames : 1;
        several += object;
    }
    if (several && r->n > 1)
        return lm_err_set(err, LM_ERULE, NULL,
                          "%zu of %zu files of the series have several frames: name the one file that is meant", several, r->n);
    if (!frame || frame > frames)
        return lm_err_set(err, LM_EUSAGE, NULL, "--frame %zu: the series has %zu, from 1 on", frame, frames);
    *file = r->member[several ? 0 : frame - 1];
    *at = several ? frame - 1 : 0;
    *of = frames;
    const lm_dicom_file *f = &s->head[*file];
    if (f->kind == LM_DICOM_OTHER || f->kind == LM_DICOM_SEG || f->kind == LM_DICOM_RTSTRUCT)
        return lm_err_set(err, LM_ERULE, NULL, "no grey image in it (modality %s)", f->modality[0] ? f->modality : "not stated");
    /* nuclear medicine and secondary capture have spacing and rescale where one-frame images have them */
    static const char nuclear[] = "1.2.840.10008.5.1.4.1.1.20", capture[] = "1.2.840.10008.5.1.4.1.1.7";
    if (f->kind == LM_DICOM_MULTIFRAME && strcmp(f->sop_class, nuclear) && strncmp(f->sop_class, capture, sizeof capture - 1))
        return lm_err_set(err, LM_ERULE, NULL, "not supported: multi-frame objects of SOP class %s", f->sop_class);
    lm_status rc = lm_geometry_grey(f, err);
    if (!rc && (!lm_mem_mul(lm_decode_bytes(f), f->frames, &all) || all > (size_t)SOURCE_FRAME_MB << 20))
        rc = lm_err_set(err, LM_ERANGE, NULL, "%u frames of %u x %u pixels are more than %d MB", f->frames, f->columns, f->rows,
                        (int)SOURCE_FRAME_MB);
    return rc;
}

static bool source_spacing_good(bool has, const double v[2])
{
    return has && v[0] > 1e-4 && v[0] < 1e3 && v[1] > 1e-4 && v[1] < 1e3;
}

/* Lengths in a radiograph: in the plane of the patient when someone calibrated it, else on the detector, which shows
 * everything larger than it is. Returns what they are, or NULL. */
static const char *source_frame_scale(const lm_dicom_file *f, lm_series *w, lm_vol *vol)
{
    bool patient = source_spacing_good(f->has_spacing, f->spacing),
         detector = source_spacing_good(f->has_detector_spacing, f->detector_spacing);
    const double *v = patient ? f->spacing : f->detector_spacing;
    vol->image = true;
    vol->unscaled = !patient && !detector;
    memset(vol->dir, 0, sizeof vol->dir);
    memset(vol->origin, 0, sizeof vol->origin);
    vol->dir[0][0] = vol->unscaled ? 1 : v[1]; /* trap 1: the first number lies between rows */
    vol->dir[1][1] = vol->unscaled ? 1 : v[0];
    vol->dir[2][2] = 1;
    if (vol->unscaled)
        lm_series_warn(w, "G-1", "neither Pixel Spacing nor Imager Pixel Spacing is stated: sizes in mm are not known");
    else if (!patient)
        lm_series_warn(w, "G-7",
                       "the pixel spacing is that on the detector (0018,1164): things in the body are smaller than they measure");
    else if (f->kind == LM_DICOM_PROJECTION)
        lm_series_warn(w, "G-7", "a projection: Pixel Spacing holds in one plane of the body only");
    return patient ? "pixel-spacing" : detector ? "detector" : NULL;
}

static json_t *source_frame_facts(const lm_source *s, const lm_dicom_file *f, const lm_series *r, const lm_series *w,
                                  const lm_vol *vol, size_t frame, size_t frames, const char *scale, const unsigned char sha256[32])
{
    char uid[LM_IDENTITY_TEXT], key[LM_IDENTITY_HASH], hex[LM_SHA256_HEX];
    lm_hash_sha256 sha;
    lm_source_identity(s, f, r, uid);
    lm_hash_sha256_init(&sha); /* over the digest of the one slice, as a series has it */
    lm_hash_sha256_update(&sha, sha256, 32);
    lm_hash_sha256_hex(&sha, hex);
    const double spacing[2] = {vol->dir[0][0], vol->dir[1][1]};
    return json_pack("{s:s, s:s*, s:s, s:s, s:I, s:I, s:s, s:[I,I], s:o, s:s?, s:s, s:b, s:s*, s:o}", "kind", "dicom-image",
                     "modality", f->modality[0] ? f->modality : NULL, "series", uid, "uid_key", lm_source_key(s, key),
                     "frame_number", (json_int_t)frame, "frames", (json_int_t)frames, "sha256_pixels", hex, "size",
                     (json_int_t)f->columns, (json_int_t)f->rows, "spacing_mm", scale ? lm_source_vector(spacing, 2) : json_null(),
                     "spacing_of", scale, "photometric", f->photometric, "lossy", f->lossy, "rescale_type",
                     f->rescale_type[0] ? f->rescale_type : NULL, "warnings", lm_source_warnings(w));
}

lm_status lm_source_frame(const lm_source *s, size_t series, size_t frame, const lm_source_opt *opt, lm_vol *vol, json_t **facts,
                          lm_err *err)
{
    const lm_series *r = &s->list.item[series];
    size_t file = 0, frames = 0, zero = 0, bytes;
    bool fits = false;
    lm_source_loading l = {.s = s};
    lm_status rc = source_frame_of(s, r, frame, &file, &l.frame, &frames, err);
    if (rc) return rc;
    const lm_dicom_file *f = &s->head[file];
    lm_series one = {.n = 1, .member = &file, .slice = &zero, .slices = 1, .kind = f->kind}; /* gains warnings */
    l.r = &one;
    l.type = lm_decode_whole(f) ? LM_I16 : LM_F32;
    if (!(l.fact = lm_child_map(1, sizeof *l.fact, &bytes, err))) return LM_ENOMEM;
    rc = lm_source_decode(&l, opt, vol, &fits, err);
    if (!rc && l.type == LM_I16 && !fits) {
        l.type = LM_F32;
        rc = lm_source_decode(&l, opt, vol, &fits, err);
    }
    if (!rc) rc = lm_source_padding(&l, &one, vol, err);
    if (!rc) {
        const char *scale = source_frame_scale(f, &one, vol);
        if (!strcmp(f->photometric, "MONOCHROME1")) lm_series_warn(&one, "", "MONOCHROME1: the least value is the brightest");
        if (f->lossy) lm_series_warn(&one, "G-8", "the image went through lossy compression");
        if (!(*facts = source_frame_facts(s, f, r, &one, vol, frame, frames, scale, l.fact->sha256))) rc = lm_err_nomem(err, 0);
    }
    munmap(l.fact, bytes);
    if (rc) lm_vol_release(vol);
    return rc;
}
