/* SPDX-License-Identifier: GPL-3.0-or-later */
/* package.h: ZIP packages as 3MF has them (OPC), the one place that knows libzip. Nothing is ever unpacked to disk: names are
 * only compared. Written packages have fixed times, so that the same input gives the same bytes. */
#ifndef LM_FORMAT_PACKAGE_H
#define LM_FORMAT_PACKAGE_H

#include "base/io.h"
#include "format/deflate.h"

/* All n parts in order; names are relative to the root. Not committed. */
LM_CHECKED lm_status lm_package_write(lm_out *out, const char *const *name, const lm_deflated *part, size_t n, lm_err *err);

/* Limits on what is read: of the file, of all that is unpacked, of the entries, and of how much a part over LM_PACKAGE_FREE
 * bytes may grow (model XML grows 6- to 30-fold). */
#define LM_PACKAGE_FILE ((size_t)4 << 30)
#define LM_PACKAGE_UNPACKED ((uint64_t)16 << 30)
enum { LM_PACKAGE_ENTRIES = 10000, LM_PACKAGE_RATIO = 200, LM_PACKAGE_FREE = 16 << 20 };

typedef struct lm_package lm_package;
/* The whole input is taken into memory. LM_EFORMAT when it is no sound ZIP archive. */
LM_CHECKED lm_status lm_package_open(lm_in *in, lm_package **ret, lm_err *err);
void lm_package_close(lm_package *p); /* NULL is fine */
/* name: without the leading '/', compared without regard to ASCII case; two parts of one name are LM_ERULE 3MF-01. */
LM_CHECKED lm_status lm_package_has(const lm_package *p, const char *name, bool *yes, lm_err *err);
/* Unpack a part, checksum checked; *ret has a 0 behind it, free() it. */
LM_CHECKED lm_status lm_package_read(lm_package *p, const char *name, char **ret, size_t *n, lm_err *err);

#endif
