/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places of faults: as many as the audit counts, on random meshes; kinds of meeting by hand. */
#include "surface/places.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;
static uint32_t seed;

static uint32_t dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static lm_audit look(lm_places *p, int threads)
{
    lm_audit a;
    lm_audit_opt opt = {.threads = threads};
    assert_int_equal(lm_audit_run(&mesh, &opt, &a, &err), LM_OK);
    assert_int_equal(lm_places_add(p, &mesh, &a, NULL, threads, &err), LM_OK);
    return a;
}

/* Between few points, so that all faults come up: every fault has its places, the first where the audit says. */
static void as_the_audit_counts(void **state)
{
    (void)state;
    for (uint32_t run = 1; run <= 400; run++) {
        lm_places p = LM_PLACES_INIT, q = LM_PLACES_INIT;
        size_t count[LM_FAULTS] = {0}, first[LM_FAULTS];
        seed = run;
        for (uint32_t n = 4 + dice(20); n--;) vert((float)dice(4), (float)dice(4), (float)dice(3));
        for (uint32_t n = 1 + dice(30); n--;) tri(dice((uint32_t)mesh.nv), dice((uint32_t)mesh.nv), dice((uint32_t)mesh.nv));
        unsigned char *used = calloc(mesh.nv, 1);
        for (size_t i = 0; i < 3 * mesh.nt; i++) used[mesh.tri[i]] = 1;
        for (size_t v = mesh.nv; v-- > 0;) /* those no triangle names have no place */
            if (!used[v]) tri((uint32_t)v, (uint32_t)v, (uint32_t)v);
        free(used);
        lm_audit a = look(&p, 1);
        look(&q, 3);
        for (size_t i = 0; i < p.n; i++)
            if (!count[p.list[i].fault]++) first[p.list[i].fault] = p.list[i].triangle;
        for (int f = 0; f < LM_FAULTS; f++) {
            if (f == LM_FAULT_INVERTED) continue;
            if (count[f] != a.count[f])
                fail_msg("seed %u: %zu places of %zu %s", run, count[f], a.count[f], lm_audit_fault_text((lm_fault)f));
            bool vertex = f == LM_FAULT_COINCIDENT || f == LM_FAULT_NONMANIFOLD_VERTEX;
            if (count[f] && !vertex) assert_int_equal(first[f], a.first[f]);
        }
        assert_int_equal(p.kind[LM_PLACE_TOUCHES] + p.kind[LM_PLACE_CROSSES] + p.kind[LM_PLACE_OVERLAPS],
                         a.count[LM_FAULT_SELF_INTERSECT]);
        assert_int_equal(p.n, q.n);
        assert_memory_equal(p.list, q.list, p.n * sizeof *p.list);
        lm_places_release(&p);
        lm_places_release(&q);
        lm_mesh_release(&mesh);
    }
}

static void kinds(void **state)
{
    (void)state;
    static const struct {
        float v[6][3];
        lm_place_kind kind;
    } pair[] = {
        {{{0, 0, 0}, {4, 0, 0}, {0, 4, 0}, {1, 1, -1}, {1, 1, 1}, {9, 9, 1}}, LM_PLACE_CROSSES},
        {{{0, 0, 0}, {4, 0, 0}, {0, 4, 0}, {1, 1, 0}, {1, 1, 1}, {2, 1, 1}}, LM_PLACE_TOUCHES},   /* a corner inside */
        {{{0, 0, 0}, {4, 0, 0}, {0, 4, 0}, {1, 1, 0}, {2, 1, 0}, {1, 1, 2}}, LM_PLACE_TOUCHES},   /* an edge on it */
        {{{0, 0, 0}, {4, 0, 0}, {0, 4, 0}, {2, -1, 0}, {2, 1, 0}, {3, 1, 0}}, LM_PLACE_OVERLAPS}, /* one plane */
        {{{0, 0, 0}, {4, 0, 0}, {0, 4, 0}, {1, 1, 0}, {2, 1, 0}, {1, 2, 0}}, LM_PLACE_OVERLAPS},  /* within */
        {{{0, 0, 0}, {4, 0, 0}, {0, 4, 0}, {1, 0, 0}, {2, 0, 0}, {1, -2, 0}}, LM_PLACE_TOUCHES},  /* along an edge */
        {{{0, 0, 0}, {0, 4, 0}, {0, 0, 4}, {0, 1, 1}, {0, 2, 1}, {0, 1, 9}}, LM_PLACE_OVERLAPS},
    };
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++)
        for (int turn = 0; turn < 2; turn++) {
            lm_places p = LM_PLACES_INIT;
            for (int k = 0; k < 6; k++) vert(pair[i].v[k][0], pair[i].v[k][1], pair[i].v[k][2]);
            if (turn) tri(3, 5, 4), tri(0, 2, 1);
            else tri(0, 1, 2), tri(3, 4, 5);
            look(&p, 1);
            if (p.kind[pair[i].kind] != 1) fail_msg("pair %zu", i);
            lm_places_release(&p);
            lm_mesh_release(&mesh);
        }
}

static void notes(void **state)
{
    (void)state;
    lm_places p = LM_PLACES_INIT;
    box(0, 0, 0, 10, false);
    assert_true(look(&p, 1).valid);
    assert_true(p.n == 0 && p.slivers == 0 && p.short_edges == 0);
    lm_mesh_release(&mesh);
    tetra(vert(0, 0, 0), vert(10, 0, 0), vert(5, 0.009f, 0), vert(5, 0.001f, 0.005f));
    assert_true(look(&p, 1).valid);
    assert_true(p.n == 0 && p.slivers >= 2 && p.short_edges == 2); /* one edge of 0.0094 mm, a side of two triangles */
    lm_places_release(&p);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_audit_counts), cmocka_unit_test(kinds), cmocka_unit_test(notes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
