/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digest.h: SHA-256 of the images of a series and of the files they came in, so that a later look can name what changed.
 *
 * In records (man/meshqa-stream.5) as "digests": one string for each image, in slice order: "[=]NUMBER PIXELS FILE", where NUMBER
 * is the Instance Number or "-", PIXELS the first 16 hex digits of the SHA-256 of the stored pixel data (decode.h), FILE the first
 * 8 of that of the file; "=" stands before an image that shares the place of the one before. About 35 bytes each; left out of
 * series of more than LM_DIGEST_MOST images. */
#ifndef LM_DICOM_DIGEST_H
#define LM_DICOM_DIGEST_H

#include "base/err.h"
#include "base/hash.h"
#include "dicom/gdcm_shim.h"
#include <jansson.h>
#include <stdbool.h>

enum { LM_DIGEST_MOST = 8192, LM_DIGEST_PIXELS = 8, LM_DIGEST_FILE = 4 /* bytes that records keep */ };
typedef struct {
    size_t slice; /* from 0 */
    bool has_instance;
    long instance;
    unsigned char pixels[32], file[32]; /* zero: not known; from a record: the first bytes */
} lm_digest;

/* SHA-256 of n files, in child processes. LM_EIO: one cannot be read, *bad says which. */
LM_CHECKED lm_status lm_digest_files(const lm_gdcm_file *file, size_t n, int threads, unsigned char (*sha)[32], size_t *bad,
                                     lm_err *err);
/* The same for n images, of which some may be frames of one file: file[i] is a number that names the file of image i. Fills
 * d[i].file. */
LM_CHECKED lm_status lm_digest_images(const lm_gdcm_file *from, const size_t *file, size_t n, int threads, lm_digest *d,
                                      size_t *bad, lm_err *err);
/* SHA-256 over the distinct digests of the files in ascending order, whatever the files' names and order. */
lm_status lm_digest_total(const lm_digest *d, size_t n, char hex[LM_SHA256_HEX], lm_err *err);
/* The array for a record; NULL on no memory. d: in slice order. */
json_t *lm_digest_json(const lm_digest *d, size_t n);
/* Back from a record: *d is owned. LM_EFORMAT: not of the form above. */
LM_CHECKED lm_status lm_digest_parse(const json_t *list, lm_digest **d, size_t *n, lm_err *err);

#endif
