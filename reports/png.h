/* SPDX-License-Identifier: GPL-3.0-or-later */
/* png.h: palette pictures as PNG bytes, by libpng (this is the only file that knows it). No time, no text chunks, fixed
 * compression settings: the same pixels give the same bytes for the same libpng and zlib. */
#ifndef REPORTS_PNG_H
#define REPORTS_PNG_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* wide*high palette indices, top row first; rgba has 256 entries. *ret is free()d by the caller. */
LM_CHECKED lm_status lm_png_encode(const uint8_t *pixels, size_t wide, size_t high, const uint8_t rgba[256][4], unsigned char **ret,
                                   size_t *n, lm_err *err);
/* Libraries in use, for the record: "1.6.39". */
const char *lm_png_version(void);

#endif
