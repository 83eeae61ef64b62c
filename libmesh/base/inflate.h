/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inflate.h: raw deflate (RFC 1951) from memory to memory, by libdeflate. */
#ifndef LM_BASE_INFLATE_H
#define LM_BASE_INFLATE_H

#include "base/err.h"

/* Unpack n bytes at p into at most cap bytes at out; *got says how many came. LM_EFORMAT: damaged, or more than cap. Bytes behind
 * the end of the deflated data are passed over (DICOM pads to even length). */
LM_CHECKED lm_status lm_inflate(const void *p, size_t n, void *out, size_t cap, size_t *got, lm_err *err);

#endif
