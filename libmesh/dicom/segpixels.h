/* SPDX-License-Identifier: GPL-3.0-or-later */
/* segpixels.h: the pixels of a segmentation object, frame by frame (STANDARDS 4; PS3.5 8, A.4, annex G).
 *
 * GDCM gives wrong pixels for 1-bit data and aborts on 1-bit RLE (DEPENDENCIES, GDCM 2), so bits, RLE and deflate are unpacked
 * here; JPEG, JPEG-LS and JPEG 2000 frames go through its codecs in child processes, a batch at a time. One frame is held at a
 * time, of a batch at most 64 MiB. */
#ifndef LM_DICOM_SEGPIXELS_H
#define LM_DICOM_SEGPIXELS_H

#include "dicom/tree.h"

typedef struct lm_segpixels lm_segpixels;

typedef struct {
    size_t pixels, frames; /* of one frame; in all */
    unsigned columns, rows;
    unsigned bits; /* 1, 8 or 16 */
    int threads;   /* for the children */
} lm_segpixels_format;

/* root holds Pixel Data and must outlive the reader. Frames will come in this order (frames indices, which outlive it too).
 * LM_EFORMAT: lengths or fragments that do not fit; LM_ERULE: a transfer syntax that is not supported, by UID. */
LM_CHECKED lm_status lm_segpixels_open(const lm_tree_item *root, const lm_segpixels_format *f, const size_t *order,
                                       lm_segpixels **ret, lm_err *err);
/* The next frame: f.pixels samples of one byte (0 and 1 when bits is 1), or two where bits is 16. Valid until the next call. */
LM_CHECKED lm_status lm_segpixels_next(lm_segpixels *p, const void **samples, lm_err *err);
void lm_segpixels_close(lm_segpixels *p);

/* n bits from bit `from` of p (least significant first, PS3.5 8.1.1) as bytes 0 and 1. */
void lm_segpixels_bits(const unsigned char *p, size_t from, size_t n, unsigned char *out);
/* One RLE frame (PS3.5 annex G) of n bytes at p: `segments` byte planes of `want` bytes each, the first the most significant, into
 * out, one behind the other. LM_EFORMAT when it is not so. */
LM_CHECKED lm_status lm_segpixels_rle(const unsigned char *p, size_t n, unsigned segments, unsigned char *out, size_t want,
                                      lm_err *err);

#endif
