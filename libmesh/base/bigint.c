/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bigint.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void bigint_trim(lm_bigint *r)
{
    while (r->n && !r->limb[r->n - 1]) r->n--;
    if (!r->n) r->sign = 0;
}

void lm_bigint_set(lm_bigint *r, double x, int shift)
{
    int exponent;
    double m = frexp(x, &exponent); /* x = m * 2^exponent, 53 bits of m */
    uint64_t bits = (uint64_t)ldexp(fabs(m), 53);
    int left = exponent - 53 + shift;
    for (; left < 0 && bits && !(bits & 1); left++) bits >>= 1;
    assert(left >= 0 || !bits);
    r->sign = x > 0 ? 1 : -1;
    r->n = 1;
    r->limb[0] = bits;
    bigint_trim(r);
    if (r->n) lm_bigint_shift(r, r, left);
}

void lm_bigint_shift(lm_bigint *r, const lm_bigint *a, int left)
{
    const int whole = left / 64, part = left % 64, n = a->n;
    r->sign = a->sign;
    r->n = n ? n + whole + 1 : 0;
    assert(r->n <= LM_BIGINT_LIMBS);
    for (int i = r->n - 1; i >= 0; i--) {
        int from = i - whole;
        uint64_t hi = from >= 0 && from < n ? a->limb[from] : 0, lo = from >= 1 && from <= n ? a->limb[from - 1] : 0;
        r->limb[i] = part ? hi << part | lo >> (64 - part) : hi;
    }
    bigint_trim(r);
}

static int bigint_compare(const lm_bigint *a, const lm_bigint *b)
{
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    for (int i = a->n - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* |a| + |b| */
static void bigint_join(lm_bigint *r, const lm_bigint *a, const lm_bigint *b, int sign)
{
    const lm_bigint *l = a->n >= b->n ? a : b, *s = a->n >= b->n ? b : a;
    const int n = l->n, m = s->n;
    unsigned __int128 carry = 0;
    for (int i = 0; i < n; i++) {
        carry += (unsigned __int128)l->limb[i] + (i < m ? s->limb[i] : 0);
        r->limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    r->n = n;
    if (carry) {
        assert(n < LM_BIGINT_LIMBS);
        r->limb[r->n++] = (uint64_t)carry;
    }
    r->sign = sign;
    bigint_trim(r);
}

/* |a| - |b|, which is not negative */
static void bigint_part(lm_bigint *r, const lm_bigint *a, const lm_bigint *b, int sign)
{
    const int n = a->n, m = b->n;
    uint64_t borrow = 0;
    for (int i = 0; i < n; i++) {
        uint64_t x = a->limb[i], y = i < m ? b->limb[i] : 0;
        r->limb[i] = x - y - borrow;
        borrow = x < y || (x == y && borrow);
    }
    r->n = n;
    r->sign = sign;
    bigint_trim(r);
}

static void bigint_sum(lm_bigint *r, const lm_bigint *a, const lm_bigint *b, int b_sign)
{
    const int a_sign = a->sign;
    if (!b_sign || !a_sign || a_sign == b_sign) bigint_join(r, a, b, a_sign ? a_sign : b_sign);
    else if (bigint_compare(a, b) >= 0) bigint_part(r, a, b, a_sign);
    else bigint_part(r, b, a, b_sign);
}

void lm_bigint_add(lm_bigint *r, const lm_bigint *a, const lm_bigint *b)
{
    bigint_sum(r, a, b, b->sign);
}

void lm_bigint_sub(lm_bigint *r, const lm_bigint *a, const lm_bigint *b)
{
    bigint_sum(r, a, b, -b->sign);
}

void lm_bigint_mul(lm_bigint *r, const lm_bigint *a, const lm_bigint *b)
{
    uint64_t p[LM_BIGINT_LIMBS];
    const int n = a->n + b->n;
    assert(n <= LM_BIGINT_LIMBS);
    memset(p, 0, (size_t)n * sizeof *p);
    for (int i = 0; i < a->n; i++) {
        unsigned __int128 carry = 0;
        for (int k = 0; k < b->n; k++) {
            carry += (unsigned __int128)a->limb[i] * b->limb[k] + p[i + k];
            p[i + k] = (uint64_t)carry;
            carry >>= 64;
        }
        p[i + b->n] = (uint64_t)carry;
    }
    r->sign = a->sign * b->sign;
    r->n = n;
    memcpy(r->limb, p, (size_t)n * sizeof *p);
    bigint_trim(r);
}
