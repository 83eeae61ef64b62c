/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/png.h"
#include "base/mem.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    unsigned char *p;
    size_t n, cap;
} png_sink;

static void png_put(png_structp png, png_bytep p, png_size_t n)
{
    png_sink *s = png_get_io_ptr(png);
    size_t need;
    if (!lm_mem_add(s->n, n, &need) || lm_mem_grow(&s->p, &s->cap, need, 1, NULL)) png_error(png, "memory");
    memcpy(s->p + s->n, p, n);
    s->n = need;
}

static void png_flush_nothing(png_structp png)
{
    (void)png;
}

static void png_fail(png_structp png, png_const_charp text)
{
    (void)text;
    longjmp(*(jmp_buf *)png_get_error_ptr(png), 1);
}

static void png_warn(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

lm_status lm_png_encode(const uint8_t *pixels, size_t wide, size_t high, const uint8_t rgba[256][4], unsigned char **ret, size_t *n,
                        lm_err *err)
{
    jmp_buf env;
    png_sink sink = {0};
    png_color colour[256];
    png_byte alpha[256];
    png_infop info = NULL;
    for (int i = 0; i < 256; i++) {
        colour[i] = (png_color){rgba[i][0], rgba[i][1], rgba[i][2]};
        alpha[i] = rgba[i][3];
    }
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &env, png_fail, png_warn);
    if (png) info = png_create_info_struct(png);
    if (!info || setjmp(env)) { /* only memory can run out: the sink never fails otherwise */
        png_destroy_write_struct(&png, &info);
        free(sink.p);
        return lm_err_nomem(err, wide * high);
    }
    png_set_write_fn(png, &sink, png_put, png_flush_nothing);
    png_set_IHDR(png, info, (png_uint_32)wide, (png_uint_32)high, 8, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, colour, 256);
    png_set_tRNS(png, info, alpha, 256, NULL);
    /* The palette is ordered by shade, so neighbours differ little and a filter helps, as it does for grey. Level 9
     * takes five times as long and saves a tenth. */
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(png, 6);
    png_set_compression_strategy(png, 1 /* Z_FILTERED */);
    png_write_info(png, info);
    for (size_t y = 0; y < high; y++) png_write_row(png, pixels + y * wide);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    *ret = sink.p;
    *n = sink.n;
    return LM_OK;
}

const char *lm_png_version(void)
{
    return png_get_libpng_ver(NULL);
}
