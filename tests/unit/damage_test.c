/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixtures/gen/damage.h"
#include "fixtures/gen/lathe.h"
#include "fixtures/gen/patch.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A torus of n x n vertices, somewhere in space. */
static void torus(lm_mesh *m, size_t n)
{
    double(*at)[2] = malloc(n * sizeof *at), volume = 0;
    lathe_profile p = {.at = (const double(*)[2])at, .n = n, .ring = true, .shift = {31.7, -12.3, 250.9}};
    assert_non_null(at);
    for (size_t k = 0; k < n; k++) {
        at[k][0] = 20 + 8 * cos(2 * M_PI * (double)k / (double)n);
        at[k][1] = 8 * sin(2 * M_PI * (double)k / (double)n);
    }
    assert_int_equal(lathe_add(m, &p, n, &volume, NULL), LM_OK);
    free(at);
}

static void patches_are_discs_of_known_size(void **state)
{
    static patch p;
    static const size_t triangles[] = {0, 6, 24, 54, 96},
                        loop[] = {0, 6, 12, 18, 24}; /* 6 r^2 and 6 r: each vertex has six neighbours */
    lm_mesh m = LM_MESH_INIT;
    patch_map map;
    (void)state;
    torus(&m, 30);
    assert_int_equal(patch_map_make(&m, &map, NULL), LM_OK);
    for (int r = 1; r <= 4; r++) {
        assert_true(patch_grow(&map, 400, r, &p));
        assert_int_equal(p.nt, triangles[r]);
        assert_int_equal(p.loop, loop[r]);
        for (size_t i = 0; i < p.loop; i++) assert_int_equal(p.edge[i][1], p.edge[(i + 1) % p.loop][0]);
    }
    assert_false(patch_grow(&map, 400, 15, &p)); /* meets itself round the tube */
    assert_true(patch_grow(&map, 400, 2, &p));
    patch_claim(&map, &p);
    assert_false(patch_grow(&map, 400, 1, &p));
    assert_false(patch_grow(&map, 404, 1, &p)); /* four edges on along the profile: its outer vertices are one edge away */
    assert_true(patch_grow(&map, 405, 1, &p));
    patch_map_release(&map);
    m.nt--; /* an open neighbourhood is none */
    assert_int_equal(patch_map_make(&m, &map, NULL), LM_OK);
    assert_false(patch_grow(&map, m.tri[3 * m.nt], 1, &p));
    patch_map_release(&map);
    lm_mesh_release(&m);
}

static void check(const lm_mesh *m, const damage_truth *t, const char *what, uint64_t seed)
{
    lm_audit a;
    lm_audit_opt opt = LM_AUDIT_OPT_INIT;
    assert_int_equal(lm_audit_run(m, &opt, &a, NULL), LM_OK);
    for (int f = 0; f < LM_FAULTS; f++)
        if (a.count[f] != t->fault[f])
            fail_msg("%s, seed %u: %zu %s, planted %zu", what, (unsigned)seed, a.count[f], lm_audit_fault_name((lm_fault)f),
                     t->fault[f]);
    assert_int_equal(a.unreferenced, 0);
    assert_int_equal(a.holes, t->holes);
    assert_int_equal(a.components, 1 + t->components);
}

static void the_audit_finds_exactly_what_was_planted(void **state)
{
    lm_mesh sound = LM_MESH_INIT;
    damage_truth t;
    (void)state;
    torus(&sound, 60);
    for (uint64_t seed = 0; seed < 8; seed++)
        for (int k = 0; k <= DAMAGE_KINDS; k++) {
            size_t want[DAMAGE_KINDS] = {3, 3, 3, 3, 3, 3}, some[DAMAGE_KINDS] = {0};
            lm_mesh m = LM_MESH_INIT;
            assert_int_equal(lm_mesh_copy(&sound, &m, NULL), LM_OK);
            if (k < DAMAGE_KINDS) some[k] = 5;
            assert_int_equal(damage_plant(&m, k < DAMAGE_KINDS ? some : want, seed, &t, NULL), LM_OK);
            for (int i = 0; i < DAMAGE_KINDS; i++) assert_int_equal(t.planted[i], k < DAMAGE_KINDS ? some[i] : want[i]);
            check(&m, &t, k < DAMAGE_KINDS ? damage_names[k] : "all", seed);
            lm_mesh_release(&m);
        }
    lm_mesh_release(&sound);
}

static void no_room_is_an_error(void **state)
{
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    damage_truth t;
    (void)state;
    torus(&m, 12);
    assert_int_equal(damage_plant(&m, (size_t[DAMAGE_KINDS]){[DAMAGE_SEAMS] = 100}, 1, &t, &err), LM_ERANGE);
    assert_non_null(strstr(err.text[0], "no room for more than"));
    assert_int_equal(m.nt, 288); /* as it was */
    lm_mesh_release(&m);
    assert_int_equal(damage_plant(&m, (size_t[DAMAGE_KINDS]){1}, 1, &t, &err), LM_ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patches_are_discs_of_known_size),
        cmocka_unit_test(the_audit_finds_exactly_what_was_planted),
        cmocka_unit_test(no_room_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
