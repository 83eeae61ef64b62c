/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chance.h: random numbers from a seed that the test prints, and the audit of what it made. Include after cmocka.h. */
#ifndef TESTS_UNIT_CHANCE_H
#define TESTS_UNIT_CHANCE_H

#include "surface/audit.h"

static lm_err err;
static uint32_t seed;

static uint32_t dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static lm_audit look(const lm_mesh *m)
{
    lm_audit a;
    lm_audit_opt opt = {.threads = 2};
    assert_int_equal(lm_audit_run(m, &opt, &a, &err), LM_OK);
    return a;
}

#endif
