/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/inflate.h"

#include <libdeflate.h>

lm_status lm_inflate(const void *p, size_t n, void *out, size_t cap, size_t *got, lm_err *err)
{
    size_t used;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    if (!d) return lm_err_nomem(err, 0);
    enum libdeflate_result r = libdeflate_deflate_decompress_ex(d, p, n, out, cap, &used, got);
    libdeflate_free_decompressor(d);
    if (r == LIBDEFLATE_SUCCESS) return LM_OK;
    return lm_err_set(err, LM_EFORMAT, NULL,
                      r == LIBDEFLATE_INSUFFICIENT_SPACE ? "deflated data of more than %zu bytes"
                                                         : "damaged deflated data (%zu bytes expected)",
                      cap);
}
