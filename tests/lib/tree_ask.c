/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tree_ask FILE: a data set as tree.h has it, asked by lines "TAG[INDEX] TAG[INDEX] ... TAG" on standard input (tags in hex).
 * Prints for each what stands there: "items N", "numbers A B ...", "bytes HEX", or "none". */
#include "dicom/tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void answer(const lm_tree_item *item, uint32_t tag)
{
    static double v[1 << 20];
    size_t n = lm_tree_numbers(item, tag, v, 1 << 20), items = lm_tree_items(item, tag), bytes;
    const unsigned char *p = lm_tree_bytes(item, tag, &bytes);
    if (!lm_tree_has(item, tag)) printf("none");
    else if (items || !strcmp(lm_tree_vr(item, tag), "SQ")) printf("items %zu", items);
    else if (n) {
        printf("numbers");
        for (size_t i = 0; i < n; i++) printf(" %.17g", v[i]);
    } else {
        printf("bytes ");
        for (size_t i = 0; p && i < bytes; i++) printf("%02x", p[i]);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    char line[1024];
    lm_err err = LM_ERR_INIT;
    lm_tree *t;
    if (argc != 2) return 2;
    const lm_tree_file f = {.at = {.path = argv[1]}, .name = argv[1]};
    if (lm_tree_read(&f, 1, &(lm_tree_opt){.max_value = SIZE_MAX}, &t, &err)) {
        lm_err_line(&err, line, sizeof line);
        return fprintf(stderr, "%s\n", line), 2;
    }
    while (fgets(line, sizeof line, stdin)) {
        const lm_tree_item *item = lm_tree_root(t);
        for (char *p = line;;) {
            uint32_t tag = (uint32_t)strtoul(p, &p, 16);
            if (*p != '[') {
                answer(item, tag);
                break;
            }
            item = lm_tree_at(item, tag, strtoul(p + 1, &p, 10));
            p += 2;
        }
    }
    lm_tree_release(t);
    return 0;
}
