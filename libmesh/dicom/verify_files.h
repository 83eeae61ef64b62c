/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify_files.h: are the volume of another program (NRRD, NIfTI) that was the source, and the mask, still what a record says?
 *
 * A file is known by the SHA-256 of its bytes; where that differs, by that of its samples, where the record has it. A DICOM mask is
 * known by its series, then by the same two. */
#ifndef LM_DICOM_VERIFY_FILES_H
#define LM_DICOM_VERIFY_FILES_H

#include "dicom/digest.h"
#include "dicom/source.h"
#include <jansson.h>

typedef enum {
    LM_VERIFY_FILE_SAME,
    LM_VERIFY_FILE_HEADER,  /* other bytes, the same samples or contours */
    LM_VERIFY_FILE_SAMPLES, /* other samples or contours */
    LM_VERIFY_FILE_CHANGED, /* other bytes; the record cannot tell which, or it cannot be read any more */
    LM_VERIFY_FILE_MISSING  /* none of the files is it, or could have been */
} lm_verify_state;
typedef struct {
    const char *what; /* "volume" or "mask" */
    lm_verify_state state;
    size_t path; /* its place among the paths, from 1; 0: a series of DICOM, or missing */
} lm_verify_file;
enum { LM_VERIFY_FILES = 2 };

/* Of facts (source or mask of a record): a volume of another program; a DICOM mask; neither. */
bool lm_verify_is_volume(const json_t *facts);
bool lm_verify_is_mask(const json_t *facts);
/* The files among those paths (path[i] stands at place at[i], from 1) that are the volumes of the record {source, mask}; out and
 * *n_out gain one for each that the record has. A file that is no recorded one is the changed one when it is the only one left. */
LM_CHECKED lm_status lm_verify_volumes(const json_t *record, const char *const *path, const size_t *at, size_t n, int threads,
                                       lm_verify_file out[LM_VERIFY_FILES], size_t *n_out, lm_err *err);
/* A DICOM mask of that series, by its facts. */
LM_CHECKED lm_status lm_verify_mask(const lm_source *s, const json_t *facts, const lm_source_opt *opt, lm_verify_file *out,
                                    lm_err *err);

#endif
