/* SPDX-License-Identifier: GPL-3.0-or-later */
/* volfile.h: volumes and masks in files of other programs, recognised by content: NRRD (nrrd.h), 3D Slicer's segmentations
 * (segnrrd.h), NIfTI (nifti.h). */
#ifndef LM_STREAM_VOLFILE_H
#define LM_STREAM_VOLFILE_H

#include "base/io.h"
#include "stream/nrrd.h"
#include "volume/regions.h"
#include "volume/slices.h"

typedef enum { LM_VOLFILE_NONE, LM_VOLFILE_NRRD, LM_VOLFILE_NIFTI } lm_volfile_kind;
enum { LM_VOLFILE_HEAD = 65536 }; /* bytes that are enough to tell */

/* What these first bytes of a file (LM_VOLFILE_HEAD, or all) begin; nothing of it is consumed. */
lm_volfile_kind lm_volfile_sniff(const unsigned char *head, size_t n);
/* Is the file at path one? What is not there, or empty, or no plain file is none. */
LM_CHECKED lm_status lm_volfile_is(const char *path, bool *is, lm_err *err);
const char *lm_volfile_name(lm_volfile_kind k); /* "nrrd", "nifti", NULL */
/* Read the volume. axes: as lm_nifti_read, or NULL. vol and rec are initialised by the caller and replaced. LM_EFORMAT when the
 * content is neither. On error both are empty. */
LM_CHECKED lm_status lm_volfile_read(lm_in *in, const char *axes, lm_vol *vol, lm_records *rec, lm_err *err);
/* The same in two steps, so that large volumes need not be held: what comes before the samples, then the samples, either slice by
 * slice or all at once (lm_nrrd_samples). *rest is what is still to be read (close it), or NULL when grid has its samples already:
 * that is so of NIfTI, whose scaling depends on all of them. */
LM_CHECKED lm_status lm_volfile_open(lm_in *in, lm_nrrd **rest, lm_vol *grid, lm_records *rec, lm_err *err);
/* The samples as slices: read as they are asked for, where lm_nrrd_sliced says so, else from memory. out holds on to rest, grid. */
LM_CHECKED lm_status lm_volfile_slices(lm_nrrd *rest, lm_vol *grid, lm_slices *out, lm_err *err);
/* Read it as the source of a pipe: facts (new reference) is the "source" object of the first record: kind, sha256_file (of the file
 * as it is), sha256_pixels (of the samples, little-endian: the same however they are packed), size, spacing_mm, warnings
 * [{rule,text}]. An image (lm_vol.image) is LM_ERULE. */
LM_CHECKED lm_status lm_volfile_load(lm_in *in, const char *axes, lm_vol *vol, json_t **facts, lm_err *err);
/* Read it as a mask: the labels of a label map, or the segments of a segmentation, which may overlap, with all the keys
 * say of them. A label that no segment has is a region without name, unless there are several layers (LM_EFORMAT then); a
 * segment without samples is there too. LM_ERULE for what is no label map (lm_regions_from_vol). out is replaced. */
LM_CHECKED lm_status lm_volfile_regions(lm_in *in, const char *axes, lm_regions *out, lm_records *rec, lm_err *err);

#endif
