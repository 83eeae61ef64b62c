/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source.h: from files and folders to series, and from a series to a volume with its facts (STANDARDS 1, 2).
 *
 * Files are looked at and decoded by GDCM in child processes with limits on memory and time; a child that dies is an
 * error that names the file. Geometry is our own (G-1 .. G-7): order by position on the normal, spacing from positions,
 * tilt as shear, rescale per slice; what is irregular, duplicate, mixed or missing is refused with its rule id. */
#ifndef LM_DICOM_SOURCE_H
#define LM_DICOM_SOURCE_H

#include "base/io.h"
#include "dicom/digest.h"
#include "dicom/gaps.h"
#include "dicom/identity.h"
#include "dicom/scan.h"
#include "dicom/series.h"
#include "dicom/tree.h"
#include "volume/volume.h"
#include <jansson.h>

typedef struct lm_source lm_source; /* what was found in the files: a list of series */

typedef struct {
    int threads;                                                    /* child processes; 0: as lm_pool_threads */
    lm_in *std_in;                                                  /* what "-" is, when it is open already, or NULL */
    const char *list;                                               /* file that lists further paths (lm_files_add_list), or NULL */
    lm_gaps_choice gaps;                                            /* what to do about uneven steps */
    const char *phase;                                              /* among volumes that share places (phase.h), or NULL */
    const char *where;                                              /* condition (where.h) that a chosen series meets, or NULL */
    size_t max_memory;                                              /* bytes one child may take; 0: as its files need */
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
    const lm_identity *identity; /* how UIDs go out, copied; NULL: hashed under the built-in key */
} lm_source_opt;
#define LM_SOURCE_OPT_INIT \
    { \
        .threads = 0 \
    }

/* Look at all files of the paths and of opt->list (files.h). A path that is a file must be DICOM, or an archive; files in a folder
 * or archive that are not DICOM are counted and left, archives among them too. LM_EFORMAT when there is none. */
LM_CHECKED lm_status lm_source_scan(const char *const *paths, size_t n, const lm_source_opt *opt, lm_source **ret, lm_err *err);
void lm_source_release(lm_source *s);
size_t lm_source_count(const lm_source *s);
/* Files in folders and archives that were left because they are no DICOM objects; how many of them are archives. */
size_t lm_source_left(const lm_source *s);
size_t lm_source_packed(const lm_source *s);
/* The files of a series: how many; and one of them, for lm_tree_read, with what its header says (head may be NULL). Both live as
 * long as s. */
size_t lm_source_members(const lm_source *s, size_t series);
lm_tree_file lm_source_member(const lm_source *s, size_t series, size_t i, const lm_dicom_file **head);
/* Geometry and warnings of a series, as far as headers tell; lives as long as s. */
const lm_series *lm_source_series(const lm_source *s, size_t series);
/* What names a series in records (identity.h): as in lm_source_json; or, whole, the same for all parts of it. */
void lm_source_uid(const lm_source *s, size_t series, bool whole, char uid[LM_IDENTITY_TEXT]);
/* Digests of the images of a series, in the order of its members, all but the pixels': *d is owned. */
LM_CHECKED lm_status lm_source_digests(const lm_source *s, size_t series, const lm_source_opt *opt, lm_digest **d, lm_err *err);
/* Does opt->where hold for each of its files? True without it. */
bool lm_source_wanted(const lm_source *s, size_t series);
/* One series in one line for people: number, modality, size, spacing or the rule that refuses it, and with `text` its description,
 * which may hold a name. */
void lm_source_describe(const lm_source *s, size_t series, bool text, char *buf, size_t cap);
/* The same facts for programs (new reference). UIDs by identity.h. */
LM_CHECKED json_t *lm_source_json(const lm_source *s, size_t series, lm_err *err);
/* Choose by PCRE2 over description, modality, number and UID (NULL: no choice made). Exactly one must remain, else LM_ERULE
 * G-3 with the list in the text's first line; series that are no volumes at all (SR, RTSTRUCT, presentation states,
 * radiographs, localizers) do not count as candidates unless nothing else is there. A series whose slices cannot be one
 * volume counts as several, numbered "3.1", "3.2". Series that are not lm_source_wanted are passed over.
 * With images, every series of images is a candidate, radiographs and localizers too. */
LM_CHECKED lm_status lm_source_select(const lm_source *s, const char *regex, bool images, size_t *series, lm_err *err);
/* Decode. facts (new reference) is the "source" object of the dcmseg record: kind, modality, series and frame (hashes),
 * instances, sha256_pixels (SHA-256 over the SHA-256 digests of each slice's stored pixel data, uncompressed, little-endian,
 * in slice order: it can be made in parallel, and lossless recompression does not change it), size, spacing_mm, slice_step_mm,
 * sha256_files and digests (digest.h), thickness_mm, tilt_deg, kernel, kvp, lossy, rescale_type, warnings [{rule,text}], gaps (what
 * opt->gaps made), phase {number,of,what}, motion [{slice,rest,px,mm}] (shift.h); never names, dates, paths or free text. UIDs by
 * identity.h; uid_key says under which key, or "shown". Samples are rescaled values: int16 where slope and intercept are whole
 * numbers and all fits, else float32. Padding samples (0028,0120) get the least value of the others. */
LM_CHECKED lm_status lm_source_load(const lm_source *s, size_t series, const lm_source_opt *opt, lm_vol *vol, json_t **facts,
                                    lm_err *err);
/* One image, number `frame` (from 1): a frame of the multi-frame object that is the series, else one of its images, by place
 * or Instance Number. vol becomes an image (lm_vol.image) of rescaled values with the pixels' spacing along dir: Pixel Spacing,
 * else that on the detector, else none (vol->unscaled); which stands in facts (kind "dicom-image"). Padding as above. */
LM_CHECKED lm_status lm_source_frame(const lm_source *s, size_t series, size_t frame, const lm_source_opt *opt, lm_vol *vol,
                                     json_t **facts, lm_err *err);

#endif
