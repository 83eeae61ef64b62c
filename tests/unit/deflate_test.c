/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/deflate.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

static uint32_t rng = 1;

static uint32_t next(void)
{
    rng = rng * 1664525u + 1013904223u;
    return rng >> 8;
}

enum { TEXTS = 5 };
/* Texts that make libdeflate choose every kind of block: stored, fixed, dynamic; one byte over and over; numbers. */
static void fill(unsigned char *p, size_t n, int kind)
{
    for (size_t i = 0; i < n; i++) {
        unsigned any = next();
        switch (kind) {
        case 0: p[i] = (unsigned char)any; break;
        case 1: p[i] = 'x'; break;
        case 2: p[i] = (unsigned char)"<vertex x=\"1.25\"/>\n"[i % 19]; break;
        case 3: p[i] = (unsigned char)('0' + any % 10); break;
        default: p[i] = (unsigned char)(i / 70000 % 2 ? any : 'a' + i % 7);
        }
    }
}

/* zlib's inflate takes the whole stream, to its last byte, and finds the text. */
static void same(const lm_deflated *d, const unsigned char *text, size_t n)
{
    unsigned char *out = malloc(n + 1);
    z_stream z = {.next_in = d->p, .avail_in = (uInt)d->n, .next_out = out, .avail_out = (uInt)n + 1};
    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    assert_int_equal(z.total_out, n);
    assert_memory_equal(out, text, n);
    assert_int_equal(d->size, n);
    assert_int_equal(d->crc, crc32(0, text, (uInt)n));
    inflateEnd(&z);
    free(out);
}

static void pieces_of_any_size_join_to_the_text(void **state)
{
    enum { N = 400000, MOST = 64 };
    static const size_t sizes[] = {0, 1, 2, 7, 63, 300, 5000, 65535, 65536, 131072};
    lm_deflate *d = NULL;
    unsigned char *text = malloc(N);
    (void)state;
    assert_int_equal(lm_deflate_new(&d, NULL), LM_OK);
    for (int kind = 0; kind < TEXTS; kind++)
        for (int round = 0; round < 6; round++) {
            lm_deflated piece[MOST] = {{0}}, whole = {0};
            size_t k = 0, at = 0, end = round ? N / (size_t)round : 0;
            fill(text, end, kind);
            while (k < MOST) {
                size_t n = k + 1 == MOST || round == 1 ? end - at : sizes[next() % 10];
                if (n > end - at) n = end - at;
                assert_int_equal(lm_deflate_piece(d, text + at, n, &piece[k++], NULL), LM_OK);
                at += n;
                if (at == end && round != 2) break; /* round 2: empty pieces to the end */
            }
            assert_int_equal(at, end);
            assert_int_equal(lm_deflate_join(piece, k, &whole, NULL), LM_OK);
            same(&whole, text, end);
            free(whole.p);
            for (size_t i = 0; i < k; i++) free(piece[i].p);
        }
    lm_deflate_free(d);
    free(text);
}

static void a_piece_is_open_and_ends_on_a_byte(void **state)
{
    enum { N = 200000 };
    lm_deflate *d = NULL;
    unsigned char *text = malloc(N), *out = malloc(N + 1);
    (void)state;
    assert_int_equal(lm_deflate_new(&d, NULL), LM_OK);
    for (int kind = 0; kind < TEXTS; kind++) {
        lm_deflated p = {0};
        fill(text, N, kind);
        assert_int_equal(lm_deflate_piece(d, text, N, &p, NULL), LM_OK);
        z_stream z = {.next_in = p.p, .avail_in = (uInt)p.n, .next_out = out, .avail_out = N + 1};
        assert_int_equal(inflateInit2(&z, -15), Z_OK);
        assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK); /* wants more */
        assert_int_equal(z.avail_in, 0);
        assert_int_equal(z.data_type & 7, 0);
        assert_int_equal(z.total_out, N);
        assert_memory_equal(out, text, N);
        inflateEnd(&z);
        free(p.p);
    }
    lm_deflate_free(d);
    free(text);
    free(out);
}

static void what_was_packed_before_leaves_no_trace(void **state)
{
    lm_deflate *d = NULL;
    unsigned char *text = malloc(100000);
    lm_deflated a = {0}, b = {0}, other = {0};
    (void)state;
    assert_int_equal(lm_deflate_new(&d, NULL), LM_OK);
    fill(text, 100000, 3);
    assert_int_equal(lm_deflate_piece(d, text, 60000, &a, NULL), LM_OK);
    assert_int_equal(lm_deflate_piece(d, text + 1, 99999, &other, NULL), LM_OK);
    assert_int_equal(lm_deflate_piece(d, text, 60000, &b, NULL), LM_OK);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    lm_deflate_free(d);
    free(a.p);
    free(b.p);
    free(other.p);
    free(text);
}

static void small_texts_as_a_whole(void **state)
{
    unsigned char text[1000];
    (void)state;
    for (int kind = 0; kind < TEXTS; kind++) {
        lm_deflated d = {0};
        fill(text, sizeof text, kind);
        assert_int_equal(lm_deflate_all(text, sizeof text, &d, NULL), LM_OK);
        same(&d, text, sizeof text);
        free(d.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_join_to_the_text),
        cmocka_unit_test(a_piece_is_open_and_ends_on_a_byte),
        cmocka_unit_test(what_was_packed_before_leaves_no_trace),
        cmocka_unit_test(small_texts_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
