/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gzip.h: reading what gzip has packed (one member or several), by zlib. */
#ifndef LM_BASE_GZIP_H
#define LM_BASE_GZIP_H

#include "base/io.h"

/* An input that gives the bytes packed in `from`, which must outlive it and is read to its end. What is damaged or cut is an
 * LM_EFORMAT while reading. Memory: 2 blocks of 256 KiB. */
LM_CHECKED lm_status lm_gzip_open(lm_in *from, lm_in **ret, lm_err *err);
/* Unpack the beginning of a gzip file, n bytes at p, into head: how many bytes came, 0 when it is none. */
size_t lm_gzip_head(const unsigned char *p, size_t n, unsigned char *head, size_t cap);

#endif
