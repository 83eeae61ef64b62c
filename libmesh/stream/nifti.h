/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nifti.h: volumes as NIfTI-1 or -2 in one file (.nii), also packed by gzip (.nii.gz) (STANDARDS 0.4, 10).
 *
 * Read: both byte orders; integers of 8 to 64 bits, float, double; one volume (dimensions beyond the third must be 1). Place
 * and axes come from the sform if it has a code, else from the qform, else from what the caller says, else the file is
 * refused; RAS turns into LPS by negating x and y, exactly. Lengths by xyzt_units (an unknown unit is taken as mm, with a
 * warning). Samples are scl_slope * stored + scl_inter, where the slope is a number other than 0: as int16 or int32 where
 * slope and intercept are whole and all fit, else float (double for 32-bit integers and double).
 * Warned of: an sform whose steps are not the voxel sizes, or that is far from the qform. Header extensions are skipped.
 * Refused by name: Analyze 7.5 and .hdr/.img pairs, complex, RGB, bits, 128-bit samples. */
#ifndef LM_STREAM_NIFTI_H
#define LM_STREAM_NIFTI_H

#include "base/io.h"
#include "stream/record.h"
#include "volume/volume.h"

enum { LM_NIFTI_HEAD = 65536 }; /* bytes that are enough for lm_nifti_sniff */
/* Do these first bytes of a file (LM_NIFTI_HEAD, or all) begin a NIfTI or Analyze file, packed or not? */
bool lm_nifti_sniff(const unsigned char *head, size_t n);
/* vol and rec are initialised by the caller and replaced; rec holds findings only. axes: what the axes of a file without
 * orientation mean, "LPS" or "RAS" (the first sample is the origin then), or NULL. On error both are empty. */
LM_CHECKED lm_status lm_nifti_read(lm_in *in, const char *axes, lm_vol *vol, lm_records *rec, lm_err *err);

#endif
