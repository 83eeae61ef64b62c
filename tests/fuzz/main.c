/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain main for the fuzz targets: runs each file it is given, so that the corpora are regression tests without clang. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (!f) return fprintf(stderr, "cannot open %s\n", argv[i]), 1;
        fseek(f, 0, SEEK_END);
        long n = ftell(f);
        rewind(f);
        uint8_t *p = malloc(n > 0 ? (size_t)n : 1);
        if (!p || fread(p, 1, (size_t)n, f) != (size_t)n) return fprintf(stderr, "cannot read %s\n", argv[i]), 1;
        fclose(f);
        LLVMFuzzerTestOneInput(p, (size_t)n);
        free(p);
    }
    return 0;
}
