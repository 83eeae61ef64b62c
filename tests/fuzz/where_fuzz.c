/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a condition, asked of any bytes as values. Input: the condition up to a zero byte; then for each element length,
 * VR and bytes; the rest is the data set in the flat form of gdcm_shim.h. */
#include "dicom/where.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lm_gdcm_value value[LM_WHERE_TAGS];
    static const char vrs[][3] = {"", "DS", "US", "FD", "LO", "PN", "SS", "UN", "FL", "AT"};
    const uint8_t *end = memchr(data, 0, size);
    lm_where *w = NULL;
    lm_err err = LM_ERR_INIT;
    if (!end || lm_where_new((const char *)data, &w, &err)) return 0;
    size_t n, at = (size_t)(end - data) + 1;
    lm_where_tags(w, &n);
    if (n > LM_WHERE_TAGS) abort();
    for (size_t i = 0; i < n; i++) {
        value[i] = (lm_gdcm_value){.length = -1};
        if (at + 2 > size) continue;
        size_t length = data[at];
        memcpy(value[i].vr, vrs[data[at + 1] % (sizeof vrs / sizeof *vrs)], 2);
        at += 2;
        if (length > size - at) length = size - at;
        value[i].length = (int)length;
        memcpy(value[i].bytes, data + at, length);
        at += length;
    }
    bool hit;
    lm_tree *t = NULL;
    lm_status rc = lm_where_nested(w) && at < size ? lm_tree_rebuild(data + at, size - at, &t, &err) : LM_OK;
    if (!rc) rc = lm_where_match(w, value, t ? lm_tree_root(t) : NULL, &hit, &err);
    lm_tree_release(t);
    lm_where_release(w);
    return 0;
}
