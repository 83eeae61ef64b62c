/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/stl_parts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

static void names_are_safe_and_unique(void **state)
{
    (void)state;
    static const struct {
        const char *name, *file;
    } t[] = {
        {"left kidney", "left_kidney"},
        {"", "part-2"},
        {"../../etc/passwd", ".._.._etc_passwd"},
        {"L\xc3\xa9sion", "L_sion"},
        {"Bone", "Bone-5"},
        {"bone", "bone-6"},
        {"a", "a-7"},
        {"a", "a-8-8"},
        {"a-8", "a-8-9"},
        {"a:b*c?\"<>|\\", "a_b_c______"},
    };
    enum { N = sizeof t / sizeof *t };
    lm_err err = LM_ERR_INIT;
    lm_parts parts = LM_PARTS_INIT;
    lm_stl_parts_file *f = NULL;
    uint32_t label[N];
    for (uint32_t i = 0; i < N; i++) {
        lm_part p = {.label = label[i] = i + 1};
        strcpy(p.name, t[i].name);
        assert_int_equal(lm_parts_add(&parts, &p, &err), LM_OK);
    }
    assert_int_equal(lm_stl_parts_names(&parts, label, N, &f, &err), LM_OK);
    for (size_t i = 0; i < N; i++) assert_string_equal(f[i].name, t[i].file);
    free(f);
    lm_parts_release(&parts);
    for (uint32_t i = 0; i < N; i++) { /* long and all alike */
        lm_part p = {.label = label[i] = UINT32_MAX - N + i};
        memset(p.name, 'x', LM_PART_NAME - 1);
        assert_int_equal(lm_parts_add(&parts, &p, &err), LM_OK);
    }
    assert_int_equal(lm_stl_parts_names(&parts, label, N, &f, &err), LM_OK);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < i; k++) assert_string_not_equal(f[i].name, f[k].name);
    free(f);
    lm_parts_release(&parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_safe_and_unique)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
