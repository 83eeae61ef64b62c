/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of DICOM elements, as a file could hold them, through parsing, grouping and geometry. GDCM itself, which runs in
 * child processes because it does not stand this, stays out.
 * Input: records of element index, length, bytes; index 255 begins the next file. */
#include "dicom/charset.h"
#include "dicom/series.h"
#include <stdlib.h>
#include <string.h>

enum { FILES = 12 };
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lm_gdcm_value value[64];
    static lm_dicom_file file[FILES];
    size_t n = 0, at = 0;
    while (n < FILES && at < size) {
        if (!n) /* later files begin as copies of the one before: series come about */
            for (size_t i = 0; i < lm_scan_tag_count; i++) value[i].length = -1;
        for (; at + 2 <= size && data[at] != 255;) {
            size_t tag = data[at] % lm_scan_tag_count, length = data[at + 1];
            at += 2;
            if (length > size - at) length = size - at;
            value[tag].length = (int)length;
            memcpy(value[tag].bytes, data + at, length);
            at += length;
        }
        at++;
        lm_scan_parse(value, &file[n++]);
    }
    lm_series_list list;
    lm_err err = LM_ERR_INIT;
    if (lm_series_group(file, n, n & 1 ? LM_GAPS_RESAMPLE : LM_GAPS_INTERPOLATE, &list, &err)) return 0;
    size_t members = 0;
    for (size_t i = 0; i < list.n; i++) {
        members += list.item[i].n;
        if (!list.item[i].refusal.code && !(list.item[i].step_mm > 0)) abort();
    }
    if (members != n) abort();
    lm_series_release(&list);
    for (size_t i = 0; i < n; i++)
        for (const char *p = file[i].description; *p; p += lm_charset_utf8_length((const unsigned char *)p, strlen(p)))
            if (!lm_charset_utf8_length((const unsigned char *)p, strlen(p))) abort();
    return 0;
}
