/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A data set as a child process hands it over, read as a structured report: texts end, numbers that pass are finite with a unit. */
#include "dicom/sr.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_tree *t = NULL;
    lm_err err = LM_ERR_INIT;
    lm_sr s = LM_SR_INIT;
    if (lm_tree_rebuild(data, size, &t, &err)) return 0;
    if (!lm_sr_read(t, &s, &err)) {
        for (size_t i = 0; i < s.n; i++) {
            lm_quantity q;
            char line[80];
            lm_sr_line(&s.item[i], line, sizeof line);
            if (strlen(line) >= sizeof line || s.item[i].group > s.groups) abort();
            if (!lm_sr_value(&s.item[i], &q, &err) && (!(q.value >= 0) || !isfinite(q.value) || !(q.ulp >= 0))) abort();
        }
        lm_sr_release(&s);
    }
    lm_tree_release(t);
    return 0;
}
