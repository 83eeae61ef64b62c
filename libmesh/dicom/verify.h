/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify.h: is a source still what a record says? Names each image that changed, is missing, or came in, by slice and Instance
 * Number, and the volume or mask of another program that changed, by its place among the paths; never by path.
 *
 * Images are paired by the digest of their file; what is left by Instance Number and slice, by Instance Number, by pixels, and,
 * where there are no Instance Numbers, by slice. Volumes and masks are known by their checksums alone (verify_files.h). */
#ifndef LM_DICOM_VERIFY_H
#define LM_DICOM_VERIFY_H

#include "base/io.h"
#include "dicom/source.h"
#include "dicom/verify_files.h"

typedef enum { LM_VERIFY_PIXELS, LM_VERIFY_HEADER, LM_VERIFY_MISSING, LM_VERIFY_ADDED } lm_verify_kind;
typedef struct {
    lm_verify_kind kind; /* HEADER: the file is another, its pixels are as they were */
    lm_digest image;     /* as recorded; ADDED: as found */
} lm_verify_change;

typedef struct {
    size_t recorded, found, same; /* images; all 0 where the source is none */
    size_t n;
    lm_verify_change *change; /* owned; by slice, then Instance Number */
    size_t n_files;
    lm_verify_file file[LM_VERIFY_FILES]; /* the volume that was the source, the mask */
} lm_verify;
#define LM_VERIFY_INIT \
    { \
        .n = 0 \
    }

/* Source and mask (where there was one) of the newest dcmseg record in a stream (NRRD, PLY) or in JSON (--json of dcmseg or
 * meshmeasure): *record a new object {source, mask}; *shown: UIDs stand in it as they are. LM_EFORMAT: no such file; LM_ERULE: it
 * holds no such record. */
LM_CHECKED lm_status lm_verify_record(const char *path, json_t **record, bool *shown, lm_err *err);
/* Compare with what is in the paths. opt->identity: the key, and shown for show. LM_EUSAGE: the record was made under another key;
 * LM_ENO: the series is not there, out is empty. LM_OK also when something changed: see lm_verify_changed. */
LM_CHECKED lm_status lm_verify_run(const json_t *record, const char *const *paths, size_t n, const lm_source_opt *opt,
                                   lm_verify *out, lm_err *err);
/* Images and files that are not as recorded. */
size_t lm_verify_changed(const lm_verify *v);
void lm_verify_release(lm_verify *v);
/* One line for each change and each file, and one with the counts of images. */
void lm_verify_table(const lm_verify *v, lm_out *out);
/* The same for programs (new reference): recorded, found, same, changes [{kind, slice, instance}], files [{what, state, path}].
 * NULL on no memory. */
json_t *lm_verify_json(const lm_verify *v);

#endif
