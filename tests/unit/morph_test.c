/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Balls in mm against their definition, sample by sample; rows of bits; pieces and cavities against flooding. */
#include "segment/islands.h"
#include "segment/morph.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;
static uint64_t rnd(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static lm_vol grid(const size_t n[3], const double step[3])
{
    lm_vol v = {.n = {n[0], n[1], n[2]}, .type = LM_U8};
    for (int a = 0; a < 3; a++) v.dir[a][a] = step[a];
    return v;
}

/* One in `sparse` samples is inside, at random. */
static lm_bits random_bits(const size_t n[3], uint64_t sparse)
{
    lm_bits b = LM_BITS_INIT;
    assert_int_equal(lm_bits_alloc(&b, n, NULL), LM_OK);
    for (size_t k = 0; k < n[2]; k++)
        for (size_t j = 0; j < n[1]; j++)
            for (size_t i = 0; i < n[0]; i++)
                if (!rnd(sparse)) lm_bits_set(lm_bits_row(&b, j, k), i, i + 1, true);
    return b;
}

static size_t at_of(const lm_bits *b, size_t i, size_t j, size_t k)
{
    return (k * b->n[1] + j) * b->n[0] + i;
}

static uint8_t *bytes_of(const lm_bits *b)
{
    uint8_t *f = malloc(b->n[0] * b->n[1] * b->n[2]);
    for (size_t k = 0; k < b->n[2]; k++)
        for (size_t j = 0; j < b->n[1]; j++)
            for (size_t i = 0; i < b->n[0]; i++) f[at_of(b, i, j, k)] = lm_bits_get(b, i, j, k);
    return f;
}

/* All within r of what is `value` becomes it: every pair of samples. */
static void brute(uint8_t *f, const size_t n[3], const double step[3], double r, uint8_t value)
{
    const size_t count = n[0] * n[1] * n[2];
    uint8_t *was = malloc(count);
    memcpy(was, f, count);
    for (size_t p = 0; p < count; p++)
        for (size_t q = 0; q < count && f[p] != value; q++) {
            const double d[3] = {((double)(p % n[0]) - (double)(q % n[0])) * step[0],
                                 ((double)(p / n[0] % n[1]) - (double)(q / n[0] % n[1])) * step[1],
                                 ((double)(p / n[0] / n[1]) - (double)(q / n[0] / n[1])) * step[2]};
            if (was[q] == value && d[0] * d[0] + d[1] * d[1] + d[2] * d[2] <= r * r * (1 + 1e-9)) f[p] = value;
        }
    free(was);
}

static void balls(void **state)
{
    (void)state;
    static const size_t size[][3] = {{1, 1, 1}, {70, 3, 2}, {9, 8, 7}, {5, 12, 6}};
    static const double step[3] = {0.5, 0.7, 1.25}, radius[] = {0.3, 0.5, 0.75, 1.4, 2.1, 50};
    seed = 20261122;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (size_t r = 0; r < sizeof radius / sizeof *radius; r++)
            for (lm_morph_kind kind = LM_MORPH_DILATE; kind <= LM_MORPH_HOLLOW; kind++) {
                const size_t *n = size[s], count = n[0] * n[1] * n[2];
                const lm_vol v = grid(n, step);
                lm_bits b = random_bits(n, kind == LM_MORPH_DILATE || kind == LM_MORPH_CLOSE ? 20 : 2);
                for (size_t k = 0; kind >= LM_MORPH_ERODE && k < n[2]; k++) /* something to wear down */
                    for (size_t j = 0; j < n[1]; j++) lm_bits_set(lm_bits_row(&b, j, k), n[0] / 4, n[0], true);
                uint8_t *want = bytes_of(&b), *was = bytes_of(&b);
                const bool grow = kind == LM_MORPH_DILATE || kind == LM_MORPH_CLOSE;
                brute(want, n, step, radius[r], grow);
                if (kind == LM_MORPH_OPEN || kind == LM_MORPH_CLOSE) brute(want, n, step, radius[r], !grow);
                for (size_t i = 0; kind == LM_MORPH_HOLLOW && i < count; i++) want[i] = was[i] && !want[i];
                assert_int_equal(lm_morph(&b, &v, kind, radius[r], 1 + (int)r % 3, NULL), LM_OK);
                uint8_t *got = bytes_of(&b);
                assert_memory_equal(got, want, count);
                free(got);
                free(want);
                free(was);
                lm_bits_release(&b);
            }
}

static void refused(void **state)
{
    (void)state;
    const size_t n[3] = {4, 4, 4};
    const double step[3] = {1, 1, 1};
    lm_vol v = grid(n, step);
    lm_bits b = random_bits(n, 2);
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_morph(&b, &v, LM_MORPH_OPEN, 0, 1, &err), LM_EUSAGE);
    assert_int_equal(lm_morph(&b, &v, LM_MORPH_OPEN, NAN, 1, &err), LM_EUSAGE);
    v.dir[2][1] = 0.2;
    assert_int_equal(lm_morph(&b, &v, LM_MORPH_OPEN, 1, 1, &err), LM_ERULE);
    assert_string_equal(err.rule, "G-5");
    lm_bits_release(&b);
}

static void rows(void **state)
{
    (void)state;
    const size_t n[3] = {129, 2, 3};
    for (size_t first = 0; first <= 129; first += 3)
        for (size_t last = first; last <= 129; last += 7) {
            lm_bits b = LM_BITS_INIT, c = LM_BITS_INIT;
            size_t lo[3], hi[3];
            assert_int_equal(lm_bits_alloc(&b, n, NULL), LM_OK);
            lm_bits_set(lm_bits_row(&b, 1, 2), first, last, true);
            assert_int_equal(lm_bits_count(&b), last - first);
            assert_int_equal(lm_bits_box(&b, lo, hi), last > first);
            if (last > first) {
                assert_int_equal(lo[0], first);
                assert_int_equal(hi[0], last - 1);
                assert_int_equal(lo[1] + hi[1], 2);
                assert_int_equal(lo[2] + hi[2], 4);
            }
            assert_int_equal(lm_bits_copy(&b, &c, NULL), LM_OK);
            lm_bits_invert(&c);
            assert_int_equal(lm_bits_count(&c), 129 * 6 - (last - first));
            lm_bits_combine(&c, &b, LM_BITS_OR);
            assert_int_equal(lm_bits_count(&c), 129 * 6);
            lm_bits_combine(&c, &b, LM_BITS_WITHOUT);
            lm_bits_combine(&c, &b, LM_BITS_AND);
            assert_int_equal(lm_bits_count(&c), 0);
            lm_bits_release(&b);
            lm_bits_release(&c);
        }
}

/* Components by flooding: mark[] gets their number in the order of their first sample. */
static size_t flood(const uint8_t *f, const size_t n[3], int touch, size_t *mark)
{
    const size_t count = n[0] * n[1] * n[2];
    size_t found = 0, *stack = malloc(count * sizeof *stack);
    for (size_t p = 0; p < count; p++) mark[p] = SIZE_MAX;
    for (size_t p = 0; p < count; p++) {
        if (!f[p] || mark[p] != SIZE_MAX) continue;
        size_t top = 0;
        stack[top++] = p;
        mark[p] = found;
        while (top) {
            const size_t q = stack[--top];
            const long at[3] = {(long)(q % n[0]), (long)(q / n[0] % n[1]), (long)(q / n[0] / n[1])};
            for (int d = 0; d < 27; d++) {
                const long e[3] = {d % 3 - 1, d / 3 % 3 - 1, d / 9 - 1};
                const long apart = labs(e[0]) + labs(e[1]) + labs(e[2]);
                bool in = apart && apart <= (touch == 6 ? 1 : touch == 18 ? 2 : 3);
                for (int a = 0; a < 3; a++) in = in && at[a] + e[a] >= 0 && at[a] + e[a] < (long)n[a];
                const size_t to = in ? ((size_t)(at[2] + e[2]) * n[1] + (size_t)(at[1] + e[1])) * n[0] + (size_t)(at[0] + e[0]) : 0;
                if (!in || !f[to] || mark[to] != SIZE_MAX) continue;
                mark[to] = found;
                stack[top++] = to;
            }
        }
        found++;
    }
    free(stack);
    return found;
}

static bool on_edge(const size_t n[3], size_t p)
{
    const size_t at[3] = {p % n[0], p / n[0] % n[1], p / n[0] / n[1]};
    for (int a = 0; a < 3; a++)
        if (!at[a] || at[a] + 1 == n[a]) return true;
    return false;
}

static void pieces(void **state)
{
    (void)state;
    static const size_t size[][3] = {{1, 1, 1}, {67, 4, 3}, {9, 11, 19}, {3, 2, 33}};
    seed = 20261123;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (int round = 0; round < 40; round++) {
            static const lm_label_touch how[] = {LM_LABEL_FACES, LM_LABEL_EDGES, LM_LABEL_CORNERS};
            const size_t *n = size[s], count = n[0] * n[1] * n[2];
            const lm_label_touch touch = how[round % 3];
            const int what = round / 3 % 4;
            lm_bits b = random_bits(n, 1 + (uint64_t)(round % 7)), with = random_bits(n, 30);
            uint8_t *f = bytes_of(&b), *w = bytes_of(&with);
            if (what == 3)
                for (size_t p = 0; p < count; p++) f[p] = !f[p]; /* cavities are pieces of outside */
            size_t *mark = malloc(count * sizeof *mark), comps = flood(f, n, what == 3 ? 6 : (int)touch, mark), kept = 0,
                   cavities = 0;
            uint64_t *volume = calloc(comps + 1, sizeof *volume);
            bool *edge = calloc(comps + 1, 1), *meets = calloc(comps + 1, 1), *keep = calloc(comps + 1, 1);
            for (size_t p = 0; p < count; p++)
                if (f[p]) {
                    volume[mark[p]]++;
                    edge[mark[p]] |= on_edge(n, p);
                    meets[mark[p]] |= w[p];
                }
            for (size_t c = 0; c < comps; c++) {
                keep[c] = what == 0 ? volume[c] >= 3 : what == 1 ? meets[c] : what == 2 ? !edge[c] : edge[c] || volume[c] > 2;
                cavities += !edge[c];
            }
            lm_islands got;
            if (what == 0) assert_int_equal(lm_islands_least(&b, 3, touch, 2, &got, NULL), LM_OK);
            else if (what == 1) assert_int_equal(lm_islands_meeting(&b, &with, false, touch, 2, &got, NULL), LM_OK);
            else if (what == 2) assert_int_equal(lm_islands_inner(&b, touch, 2, &got, NULL), LM_OK);
            else assert_int_equal(lm_islands_fill(&b, 2, 2, &got, NULL), LM_OK);
            uint8_t *now = bytes_of(&b);
            uint64_t changed = 0;
            for (size_t p = 0; p < count; p++) {
                const bool stays = f[p] && keep[mark[p]];
                assert_int_equal(now[p], what == 3 ? !stays : stays);
                changed += f[p] && !stays;
            }
            for (size_t c = 0; c < comps; c++) kept += keep[c] && (what != 3 || !edge[c]);
            assert_int_equal(got.found, what == 3 ? cavities : comps);
            assert_int_equal(got.kept, kept);
            assert_int_equal(got.changed, changed);
            free(now);
            free(f);
            free(w);
            free(mark);
            free(volume);
            free(edge);
            free(meets);
            free(keep);
            lm_bits_release(&b);
            lm_bits_release(&with);
        }
}

static void largest(void **state)
{
    (void)state;
    const size_t n[3] = {20, 3, 1};
    lm_bits b = LM_BITS_INIT;
    lm_islands got;
    assert_int_equal(lm_bits_alloc(&b, n, NULL), LM_OK);
    lm_bits_set(lm_bits_row(&b, 0, 0), 0, 3, true); /* 3 samples, twice: the first one counts as larger */
    lm_bits_set(lm_bits_row(&b, 0, 0), 5, 8, true);
    lm_bits_set(lm_bits_row(&b, 2, 0), 9, 14, true); /* 5 */
    lm_bits_set(lm_bits_row(&b, 0, 0), 19, 20, true);
    assert_int_equal(lm_islands_largest(&b, 2, LM_LABEL_FACES, 1, &got, NULL), LM_OK);
    assert_int_equal(got.found, 4);
    assert_int_equal(got.kept, 2);
    assert_int_equal(got.changed, 4);
    assert_true(lm_bits_get(&b, 0, 0, 0) && lm_bits_get(&b, 13, 2, 0) && !lm_bits_get(&b, 5, 0, 0));
    lm_bits_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(balls), cmocka_unit_test(refused), cmocka_unit_test(rows),
                                       cmocka_unit_test(pieces), cmocka_unit_test(largest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
