/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a child process hands over as a data set (gdcm_shim.h, the flat form): GDCM itself, which runs in it because it does not
 * stand this, stays out. Whatever is rebuilt is walked through. */
#include "dicom/tree.h"
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const lm_tree_item *item, int depth)
{
    static const uint32_t sequences[] = {0x00091002, 0x00620002, 0x0062000f, 0x00209116, 0x52009229};
    static const uint32_t values[] = {0x00020010, 0x00080005, 0x00080100, 0x00200037, 0x00620004, 0x00620005, 0x7fe00010};
    if (depth > LM_TREE_DEPTH) abort();
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double x[6];
        char text[65];
        size_t n;
        lm_tree_numbers(item, values[i], x, 6);
        lm_tree_text(item, values[i], text, sizeof text);
        lm_tree_code(item, values[i], 1, text, sizeof text);
        for (size_t k = 0; k < lm_tree_fragments(item, values[i]); k++) lm_tree_fragment(item, values[i], k, &n);
    }
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        for (size_t k = 0; k < lm_tree_items(item, sequences[i]); k++) walk(lm_tree_at(item, sequences[i], k), depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_tree *t = NULL;
    lm_err err = LM_ERR_INIT;
    if (lm_tree_rebuild(data, size, &t, &err)) return 0;
    walk(lm_tree_root(t), 1);
    lm_tree_release(t);
    return 0;
}
