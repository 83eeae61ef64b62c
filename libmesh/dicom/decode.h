/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decode.h: from stored pixel data to rescaled samples (STANDARDS 2). */
#ifndef LM_DICOM_DECODE_H
#define LM_DICOM_DECODE_H

#include "dicom/scan.h"
#include "volume/volume.h"

enum {
    LM_DECODE_OK = 0,
    LM_DECODE_UNREADABLE, /* cut or damaged */
    LM_DECODE_MEMORY,
    LM_DECODE_NO_PIXELS,
    LM_DECODE_LENGTH,
    LM_DECODE_CODEC
};

/* What is known of one slice after decoding. */
typedef struct {
    int status;               /* LM_DECODE_... */
    size_t got;               /* bytes, when LM_DECODE_LENGTH */
    unsigned char sha256[32]; /* of the stored pixel data as decoded, little-endian, bits allocated wide */
    double lo, hi;            /* range of the rescaled samples that are no padding; INFINITY, -INFINITY when there is none */
    size_t padded;            /* samples that are padding (0028,0120) */
    bool fits;                /* all samples are whole and within int16 */
} lm_decode_slice;

/* n stored samples (bits_allocated wide, host order) to rescaled ones: masked to the stored bits, sign-extended,
 * slope*v + intercept in double. out is int16 or float (type), or NULL: facts only. Padding gets lm_decode_padding's value,
 * which in int16 no other sample may have (else fits is false), and is NaN in float. */
void lm_decode_samples(const lm_dicom_file *f, const void *stored, size_t n, lm_type type, void *out, lm_decode_slice *r);
bool lm_decode_whole(const lm_dicom_file *f); /* slope and intercept are whole numbers */
int16_t lm_decode_padding(const lm_dicom_file *f);
/* Bytes of one slice as stored. */
static inline size_t lm_decode_bytes(const lm_dicom_file *f)
{
    return (size_t)f->rows * f->columns * (f->bits_allocated / 8);
}
/* What a child keeps from one image to the next: room for a slice, and the last object that has several frames. */
typedef struct {
    lm_gdcm_file from;
    lm_gdcm_object *object;
    void *stored;
    size_t stored_bytes;
} lm_decode_reader;
/* Decode one frame (from 0) of one file: in a child process. *keep begins zeroed. Returns r->status. */
int lm_decode_file(lm_decode_reader *keep, const lm_gdcm_file *from, const lm_dicom_file *f, size_t frame, lm_type type, void *out,
                   lm_decode_slice *r);
void lm_decode_forget(lm_decode_reader *keep);

#endif
