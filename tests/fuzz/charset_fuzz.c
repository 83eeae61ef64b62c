/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes in any character set become well-formed UTF-8 that fits. Input: length of the set's name, the name, the text. */
#include "dicom/charset.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    size_t n_set = data[0] % 64;
    if (n_set > size - 1) n_set = size - 1;
    const char *set = (const char *)data + 1, *text = set + n_set;
    size_t n = size - 1 - n_set, cap = n % 2 ? 3 * n + 1 : n / 2 + 1;
    char *out = malloc(cap);
    if (!out) return 0;
    lm_charset_utf8(set, n_set, text, n, n % 3, out, cap);
    size_t len = strlen(out);
    if (len >= cap) abort();
    for (size_t at = 0, k; at < len; at += k)
        if (!(k = lm_charset_utf8_length((const unsigned char *)out + at, len - at))) abort();
    free(out);
    return 0;
}
