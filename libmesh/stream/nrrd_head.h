/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nrrd_head.h: the header of an NRRD file, checked, as numbers; and its text as far as segmentations need it (segnrrd.h). */
#ifndef LM_STREAM_NRRD_HEAD_H
#define LM_STREAM_NRRD_HEAD_H

#include "base/io.h"
#include "stream/record.h"
#include "volume/volume.h"

typedef enum { LM_NRRD_RAW, LM_NRRD_GZIP, LM_NRRD_TEXT } lm_nrrd_encoding;

typedef struct {
    char *name, *value; /* one block, at name; value unescaped */
} lm_nrrd_key;

typedef struct {
    unsigned seen; /* fields, to find repeated and missing ones */
    bool big;      /* byte order of the payload */
    int dimension; /* 2: an image, 3, or 4: a list of layers */
    bool image;    /* meshqa_kind says so */
    int wide;      /* 64-bit integers: 1 signed, 2 unsigned; vol.type is then LM_I32 or LM_U32 */
    lm_nrrd_encoding encoding;
    const double *sign; /* from the file's space to LPS, per coordinate */
    size_t layers;      /* of volumes, sample by sample; 1 unless dimension is 4 */
    size_t bytes;       /* of all samples */
    lm_vol vol;         /* geometry; no samples */
    lm_record_payload said;
    lm_nrrd_key *key; /* keys that begin with "Segment", in order of the file; owned */
    size_t keys, cap;
} lm_nrrd_head;
#define LM_NRRD_HEAD_INIT \
    { \
        .layers = 1 \
    }

/* Read up to the payload. rec gets the records, with gaps on error. h is initialised by the caller; release it in any case. */
LM_CHECKED lm_status lm_nrrd_head_read(lm_in *in, lm_nrrd_head *h, lm_records *rec, lm_err *err);
void lm_nrrd_head_release(lm_nrrd_head *h);
/* Bytes of one sample as it stands in the payload. */
size_t lm_nrrd_head_width(const lm_nrrd_head *h);

#endif
