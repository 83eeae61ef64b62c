/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a script of edits: what is read has a text that reads back as the same, and runs on a small sheared grid. */
#include "segment/edits.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const lm_edits *e)
{
    static char text[LM_EDITS_LINE], twice[LM_EDITS_LINE];
    for (size_t i = 0; i < e->n; i++) {
        lm_edits one = LM_EDITS_INIT;
        lm_edits_text(&e->item[i], text);
        if (lm_edits_line(&one, text, strlen(text), 1, NULL) || one.n != 1) abort();
        lm_edits_text(&one.item[0], twice);
        if (strcmp(text, twice)) abort();
        lm_edits_release(&one);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_edits e = LM_EDITS_INIT;
    lm_in *in = NULL;
    lm_bits b = LM_BITS_INIT;
    const lm_vol v = {.n = {9, 7, 5}, .dir = {{1, 0, 0}, {0.5, 1, 0}, {0, 0, -3}}, .origin = {-4, -3, 6}};
    if (size && !lm_io_open_mem(data, size, &in, NULL) && !lm_edits_read(in, &e, NULL)) {
        again(&e);
        if (e.n <= 32 && !lm_bits_alloc(&b, v.n, NULL)) {
            lm_bits_set(lm_bits_row(&b, 3, 2), 2, 7, true);
            lm_status rc = lm_edits_run(&e, &b, &v, 1, NULL);
            (void)rc;
        }
    }
    lm_io_close(in);
    lm_bits_release(&b);
    lm_edits_release(&e);
    return 0;
}
