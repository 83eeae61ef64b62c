/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/admesh.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* A box of 10 x 20 x 30 mm: volume 6000. */
static const float box_pos[] = {0, 0, 0, 10, 0, 0, 10, 20, 0, 0, 20, 0, 0, 0, 30, 10, 0, 30, 10, 20, 30, 0, 20, 30};
static const uint32_t box_tri[] = {0, 2, 1, 0, 3, 2, 4, 5, 6, 4, 6, 7, 0, 1, 5, 0, 5, 4,
                                   1, 2, 6, 1, 6, 5, 2, 3, 7, 2, 7, 6, 3, 0, 4, 3, 4, 7};

static void boxes(lm_mesh *m, uint32_t n)
{
    assert_int_equal(lm_mesh_alloc(m, 8 * n, 12 * n, NULL), LM_OK);
    for (uint32_t b = 0; b < n; b++) {
        memcpy(m->pos + 24 * b, box_pos, sizeof box_pos);
        for (size_t i = 0; i < 8; i++) m->pos[24 * b + 3 * i] += 100 * (float)b;
        for (size_t i = 0; i < 36; i++) m->tri[36 * b + i] = box_tri[i] + 8 * b;
    }
}

/* The verdict, with standard output watched: a stream may be on it. */
static lm_admesh_result verdict(const lm_mesh *m)
{
    lm_admesh_result r;
    char path[] = "/tmp/admesh_test.XXXXXX";
    struct stat st;
    fflush(stdout);
    int fd = mkstemp(path), keep = dup(1);
    assert_true(fd >= 0 && keep >= 0 && dup2(fd, 1) == 1);
    lm_status rc = lm_admesh_check(m, &r, NULL);
    fflush(stdout);
    dup2(keep, 1);
    close(keep);
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    unlink(path);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(rc, LM_OK);
    return r;
}

static void two_boxes_are_good(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    boxes(&m, 2);
    m.pos[0] = -0.0f; /* one vertex, both zeros seen as one */
    lm_admesh_result r = verdict(&m);
    assert_true(r.good);
    assert_int_equal(r.facets, 24);
    assert_int_equal(r.open_edges, 0);
    assert_int_equal(r.parts, 2);
    assert_true(r.volume_mm3 > 11999.9 && r.volume_mm3 < 12000.1);
    lm_mesh_release(&m);
}

static void open_edges_are_counted(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    boxes(&m, 1);
    m.nt = 11; /* three edges lose their partner: three facets with one open edge */
    lm_admesh_result r = verdict(&m);
    assert_false(r.good);
    assert_int_equal(r.open_edges, 3);
    assert_int_equal(r.open_1, 3);
    assert_int_equal(r.open_2, 0);
    m.nt = 1;
    r = verdict(&m);
    assert_int_equal(r.open_3, 1);
    assert_int_equal(r.open_edges, 3);
    m.nt = 2; /* two facets joined by one edge */
    r = verdict(&m);
    assert_int_equal(r.open_2, 2);
    assert_int_equal(r.open_edges, 4);
    assert_int_equal(r.parts, 1);
    lm_mesh_release(&m);
}

static void flipped_inverted_and_degenerate_are_bad(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    boxes(&m, 1);
    uint32_t t = m.tri[30];
    m.tri[30] = m.tri[31], m.tri[31] = t;
    lm_admesh_result r = verdict(&m);
    assert_false(r.good);
    assert_int_equal(r.reversed, 1);
    boxes(&m, 1);
    for (size_t i = 0; i < 36; i += 3) t = m.tri[i], m.tri[i] = m.tri[i + 1], m.tri[i + 1] = t;
    r = verdict(&m);
    assert_false(r.good);
    assert_true(r.volume_mm3 < -5999.9 && r.volume_mm3 > -6000.1);
    boxes(&m, 1);
    m.tri[0] = m.tri[1];
    r = verdict(&m);
    assert_false(r.good);
    assert_int_equal(r.degenerate, 1);
    for (size_t i = 0; i < 36; i++) m.tri[i] = 5; /* nothing is left */
    r = verdict(&m);
    assert_false(r.good);
    assert_int_equal(r.degenerate, 12);
    lm_mesh_release(&m);
}

static void no_facets_are_an_error(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_admesh_result r;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_admesh_check(&m, &r, &err), LM_ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_boxes_are_good),
        cmocka_unit_test(open_edges_are_counted),
        cmocka_unit_test(flipped_inverted_and_degenerate_are_bad),
        cmocka_unit_test(no_facets_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
