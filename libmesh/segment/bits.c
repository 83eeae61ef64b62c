/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/bits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t bits_words(const lm_bits *b)
{
    return b->words * b->n[1] * b->n[2];
}

static lm_status bits_take(lm_bits *out, const size_t n[3], bool zero, lm_err *err)
{
    lm_bits b = {.n = {n[0], n[1], n[2]}, .words = lm_mask_words(n[0])};
    size_t rows, all;
    lm_bits_release(out);
    if (!lm_mem_mul(n[1], n[2], &rows) || !lm_mem_mul(rows, b.words, &all))
        return lm_err_set(err, LM_ERANGE, NULL, "a grid of %zu x %zu x %zu samples is too large", n[0], n[1], n[2]);
    b.row = zero ? lm_mem_calloc(all, sizeof *b.row, err) : lm_mem_alloc(all, sizeof *b.row, err);
    if (!b.row) return LM_ENOMEM;
    *out = b;
    return LM_OK;
}

lm_status lm_bits_alloc(lm_bits *out, const size_t n[3], lm_err *err)
{
    return bits_take(out, n, true, err);
}

lm_status lm_bits_copy(const lm_bits *b, lm_bits *out, lm_err *err)
{
    lm_status rc = bits_take(out, b->n, false, err);
    if (!rc) memcpy(out->row, b->row, bits_words(b) * sizeof *b->row);
    return rc;
}

void lm_bits_release(lm_bits *b)
{
    free(b->row);
    *b = (lm_bits)LM_BITS_INIT;
}

void lm_bits_set(uint64_t *row, size_t first, size_t last, bool value)
{
    for (size_t w = first / 64; w * 64 < last; w++) {
        const size_t from = w * 64 < first ? first - w * 64 : 0, to = last - w * 64 < 64 ? last - w * 64 : 64;
        const uint64_t these = (to == 64 ? ~(uint64_t)0 : ((uint64_t)1 << to) - 1) & ~(((uint64_t)1 << from) - 1);
        row[w] = value ? row[w] | these : row[w] & ~these;
    }
}

uint64_t lm_bits_count(const lm_bits *b)
{
    uint64_t n = 0;
    for (size_t w = 0; w < bits_words(b); w++) n += (uint64_t)__builtin_popcountll(b->row[w]);
    return n;
}

bool lm_bits_box(const lm_bits *b, size_t lo[3], size_t hi[3])
{
    bool any = false;
    for (size_t k = 0; k < b->n[2]; k++)
        for (size_t j = 0; j < b->n[1]; j++) {
            const uint64_t *r = lm_bits_row(b, j, k);
            size_t first = 0, last = b->words;
            while (first < last && !r[first]) first++;
            if (first == last) continue;
            while (!r[last - 1]) last--;
            const size_t at[2][3] = {{first * 64 + (size_t)__builtin_ctzll(r[first]), j, k},
                                     {last * 64 - 1 - (size_t)__builtin_clzll(r[last - 1]), j, k}};
            for (int a = 0; a < 3; a++) {
                if (!any || at[0][a] < lo[a]) lo[a] = at[0][a];
                if (!any || at[1][a] > hi[a]) hi[a] = at[1][a];
            }
            any = true;
        }
    return any;
}

void lm_bits_combine(lm_bits *a, const lm_bits *b, lm_bits_op op)
{
    for (size_t w = 0; w < bits_words(a); w++) {
        if (op == LM_BITS_AND) a->row[w] &= b->row[w];
        else if (op == LM_BITS_OR) a->row[w] |= b->row[w];
        else a->row[w] &= ~b->row[w];
    }
}

void lm_bits_invert(lm_bits *b)
{
    for (size_t k = 0; k < b->n[2]; k++)
        for (size_t j = 0; j < b->n[1]; j++) {
            uint64_t *r = lm_bits_row(b, j, k);
            for (size_t w = 0; w < b->words; w++) r[w] = ~r[w];
            lm_bits_set(r, b->n[0], b->words * 64, false);
        }
}
