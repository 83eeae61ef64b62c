/* SPDX-License-Identifier: GPL-3.0-or-later */
/* payload.h: samples as they come. The size that a header claims is not trusted: memory grows with what has been read. */
#ifndef LM_STREAM_PAYLOAD_H
#define LM_STREAM_PAYLOAD_H

#include "base/io.h"
#include "volume/volume.h"

typedef struct {
    unsigned char *p; /* owned; from malloc */
    size_t used, cap, total;
    const char *what; /* format, for messages: "NRRD" */
} lm_payload;

/* Room for more bytes behind p+used: at least 1 unless all have come; *n is how many. */
LM_CHECKED lm_status lm_payload_room(lm_payload *s, size_t *n, lm_err *err);
/* Read the next n bytes (of total) to `to` instead, as lm_payload_read does. */
LM_CHECKED lm_status lm_payload_next(lm_in *in, lm_payload *s, void *to, size_t n, size_t swap, uint32_t *crc, lm_err *err);
/* Read up to total, reversing the bytes of each element of `swap` (1: none); *crc goes on over the turned bytes. LM_EFORMAT
 * when the input ends before. */
LM_CHECKED lm_status lm_payload_read(lm_in *in, lm_payload *s, size_t swap, uint32_t *crc, lm_err *err);
/* Nothing may follow in the input. */
LM_CHECKED lm_status lm_payload_end(lm_in *in, const lm_payload *s, lm_err *err);
/* "FORMAT payload: GOT of TOTAL bytes, input cut off" */
LM_CHECKED lm_status lm_payload_short(const lm_payload *s, size_t got, lm_err *err);
/* 64-bit integers to 32-bit ones, in place: signed where all fit, else unsigned (*type). LM_ERULE when neither holds them. */
LM_CHECKED lm_status lm_payload_narrow(lm_payload *s, bool is_signed, lm_type *type, lm_err *err);

#endif
