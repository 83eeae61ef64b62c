/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include <assert.h>

void lm_bytes_swap(void *p, size_t n, size_t width)
{
    unsigned char *b = p;
    assert(width == 2 || width == 4 || width == 8);
    for (size_t i = 0; i < n; i++, b += width)
        for (size_t k = 0; k < width / 2; k++) {
            unsigned char t = b[k];
            b[k] = b[width - 1 - k];
            b[width - 1 - k] = t;
        }
}
