/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/mesh.h"
#include "volume/parts.h"
#include "volume/volume.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lm_parts parts;
static lm_err err;

static lm_status add(uint32_t label, const char *name)
{
    lm_part p = {.label = label, .has_rgb = label & 1, .rgb = {(uint8_t)label, 2, 3}};
    strncpy(p.name, name, sizeof p.name);
    err = (lm_err)LM_ERR_INIT;
    return lm_parts_add(&parts, &p, &err);
}

static void found_in_any_order(void **state)
{
    (void)state;
    static const uint32_t in[] = {7, 2, 4000000000u, 1, 3};
    char name[LM_PART_NAME];
    for (size_t i = 0; i < 5; i++) assert_int_equal(add(in[i], i == 1 ? "" : "bone"), LM_OK);
    for (size_t i = 1; i < parts.n; i++) assert_true(parts.item[i - 1].label < parts.item[i].label);
    assert_int_equal(parts.n, 5);
    assert_int_equal(lm_parts_find(&parts, 7)->rgb[0], 7);
    assert_null(lm_parts_find(&parts, 5));
    assert_string_equal(lm_parts_name(&parts, 3, name), "bone");
    assert_string_equal(lm_parts_name(&parts, 2, name), "part-2");
    assert_string_equal(lm_parts_name(&parts, 5, name), "part-5");
    lm_parts_release(&parts);
}

static void what_is_refused(void **state)
{
    (void)state;
    char full[LM_PART_NAME];
    memset(full, 'x', sizeof full); /* not terminated */
    assert_int_equal(add(3, "a"), LM_OK);
    assert_int_equal(add(3, "b"), LM_ERULE);
    assert_non_null(strstr(err.text[0], "label 3"));
    assert_int_equal(add(0, "a"), LM_ERULE);
    assert_int_equal(add(4, "a\nb"), LM_ERULE);
    assert_int_equal(add(4, full), LM_ERULE);
    full[LM_PART_NAME - 1] = 0;
    assert_int_equal(add(4, full), LM_OK);
    assert_int_equal(parts.n, 2);
    lm_parts_release(&parts);
    for (uint32_t i = 1; i <= LM_PARTS_MAX; i++)
        if (add(i, "")) fail_msg("%u", i);
    assert_int_equal(add(LM_PARTS_MAX + 1, ""), LM_ERANGE);
    lm_parts_release(&parts);
}

static void foreign_text_becomes_a_name(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        bool same;
    } t[] = {
        {"Leber", "Leber", true},
        {"", "", true},
        {"Sch\xc3\xa4"
         "del \xe9\xa0\xad \xf0\x9f\xa6\xb4",
         "Sch\xc3\xa4"
         "del \xe9\xa0\xad \xf0\x9f\xa6\xb4",
         true},
        {"  two  words ", "two  words", false},
        {"a\tb\x7f", "a_b_", false},
        {"\x1b[31mred", "_[31mred", false},
        {"\xc2\x85\xe2\x80\xaetxt", "__txt", false},      /* NEL; right-to-left override */
        {"\xc0\xaf\xed\xa0\x80x", "_____x", false},       /* overlong slash, surrogate */
        {"cut \xe9\xa0", "cut __", false},                /* a character that ends too early */
        {"\xf4\x90\x80\x80\xef\xbf\xbf", "_____", false}, /* past the last; no character */
        {"x\xef\xbb\xbf\xf3\xa0\x81\x81", "x__", false},  /* byte order mark; tag */
    };
    char name[LM_PART_NAME], text[200];
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        bool same = lm_parts_clean(t[i].text, strlen(t[i].text), name);
        if (same != t[i].same || strcmp(name, t[i].name)) fail_msg("case %zu: '%s' %d", i, name, same);
        assert_true(lm_parts_clean(name, strlen(name), text)); /* once is enough */
    }
    assert_false(lm_parts_clean("a\0b", 3, name));
    assert_string_equal(name, "a_b");
    for (size_t lead = 0; lead < 3; lead++) { /* cut between characters of three bytes, wherever they begin */
        memset(text, 'a', lead);
        for (size_t i = 0; i < 30; i++) memcpy(text + lead + 3 * i, "\xe9\xa0\xad", 3);
        assert_false(lm_parts_clean(text, lead + 90, name));
        assert_int_equal(strlen(name), lead + 3 * ((LM_PART_NAME - 1 - lead) / 3));
    }
}

static void meshes_carry_them(void **state)
{
    (void)state;
    lm_mesh from = LM_MESH_INIT, to = LM_MESH_INIT;
    lm_vol vol = LM_VOL_INIT;
    assert_int_equal(lm_mesh_alloc(&from, 3, 1, &err), LM_OK);
    memset(from.pos, 0, 9 * sizeof *from.pos);
    memset(from.tri, 0, 3 * sizeof *from.tri);
    assert_int_equal(add(1, "a"), LM_OK);
    assert_int_equal(lm_parts_copy(&parts, &from.parts, &err), LM_OK);
    assert_int_equal(lm_parts_copy(&parts, &vol.parts, &err), LM_OK);
    assert_int_equal(lm_mesh_copy(&from, &to, &err), LM_OK);
    lm_mesh_release(&from);
    assert_int_equal(from.parts.n, 0);
    assert_string_equal(to.parts.item[0].name, "a");
    lm_mesh_release(&to);
    lm_vol_release(&vol);
    lm_parts_release(&parts);
    assert_int_equal(lm_parts_copy(&parts, &parts, &err), LM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_in_any_order),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(foreign_text_becomes_a_name),
        cmocka_unit_test(meshes_carry_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
