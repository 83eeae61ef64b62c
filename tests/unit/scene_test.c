/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/scene.h"
#include "base/inflate.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/parts_ball.h"

/* What a reader of the format gets back. */
typedef struct {
    double *pos;
    uint32_t *tri;
    const unsigned char *shade;
    unsigned char *text;
} unpacked;

static uint64_t number(const unsigned char **p)
{
    uint64_t x = 0;
    for (int k = 0;; k += 7) {
        x |= (uint64_t)(**p & 127) << k;
        if (!(*(*p)++ & 128)) return x;
    }
}

static unpacked unpack(const lm_scene *s)
{
    unpacked u = {calloc(3 * s->nv, sizeof(double)), calloc(3 * s->nt, sizeof(uint32_t)), NULL, malloc(s->size)};
    size_t got;
    double last[3] = {0};
    assert_int_equal(lm_inflate(s->p, s->n, u.text, s->size, &got, NULL), LM_OK);
    assert_int_equal(got, s->size);
    const unsigned char *p = u.text;
    for (size_t i = 0; i < 3 * s->nv; i++) {
        uint64_t z = number(&p);
        last[i % 3] += z & 1 ? -(double)(z + 1) / 2 : (double)z / 2;
        u.pos[i] = s->origin[i % 3] + last[i % 3] * s->step;
    }
    uint32_t next = 0;
    for (size_t i = 0; i < 3 * s->nt; i++) {
        u.tri[i] = next - (uint32_t)number(&p);
        next += u.tri[i] == next;
    }
    assert_int_equal(next, s->nv);
    u.shade = p;
    assert_int_equal(s->size - (size_t)(p - u.text), s->has_quality ? s->nv : 0);
    return u;
}

static void drop(unpacked *u, lm_scene *s)
{
    free(u->pos);
    free(u->tri);
    free(u->text);
    lm_scene_release(s);
}

/* Triangle t of the scene is triangle `of` of the mesh, corner by corner, to half a step. */
static void same(const lm_mesh *m, size_t of, const lm_scene *s, const unpacked *u, size_t t)
{
    double sign = m->space == LM_SPACE_RAS ? -1 : 1;
    for (size_t c = 0; c < 3; c++)
        for (size_t a = 0; a < 3; a++) {
            double x = m->pos[3 * (size_t)m->tri[3 * of + c] + a] * (a < 2 ? sign : 1);
            assert_true(fabs(u->pos[3 * (size_t)u->tri[3 * t + c] + a] - x) <= s->step / 2);
        }
}

static void triangles_come_back_part_by_part(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_scene s;
    parts_ball(&m, 3);
    assert_non_null(m.label_back);
    assert_int_equal(lm_scene_make(&m, &s, NULL), LM_OK);
    unpacked u = unpack(&s);
    assert_int_equal(s.nt, m.nt);
    assert_true(s.step == 0x1p-10);
    size_t t = 0;
    for (size_t r = 0; r < s.n_run; r++) {
        size_t of = 0;
        assert_true(!r || s.run[r].label > s.run[r - 1].label ||
                    (s.run[r].label == s.run[r - 1].label && s.run[r].back > s.run[r - 1].back));
        for (size_t k = 0; k < s.run[r].nt; k++, t++, of++) { /* those of the run, in their order */
            while (m.label[of] != s.run[r].label || m.label_back[of] != s.run[r].back) of++;
            same(&m, of, &s, &u, t);
        }
    }
    assert_int_equal(t, m.nt);
    drop(&u, &s);
    lm_mesh_release(&m);
}

/* Far from the origin, turned from RAS, larger than 2^30 steps, with values of which some are missing. */
static void far_places_turned_axes_and_values(void **state)
{
    (void)state;
    static const float shift[] = {0, 1e6f, -4e8f};
    static const float size[] = {30, 1000, 3e6f};
    for (int k = 0; k < 3; k++) {
        float pos[12] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
        uint32_t tri[12] = {0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3};
        float quality[4] = {-1, NAN, 0.5f, 2};
        for (int i = 0; i < 12; i++) pos[i] = pos[i] * size[k] + shift[k];
        lm_mesh m = {.nv = 4, .nt = 4, .pos = pos, .tri = tri, .quality = quality, .space = k == 1 ? LM_SPACE_RAS : LM_SPACE_LPS};
        lm_scene s;
        assert_int_equal(lm_scene_make(&m, &s, NULL), LM_OK);
        unpacked u = unpack(&s);
        for (size_t t = 0; t < 4; t++) same(&m, t, &s, &u, t);
        assert_int_equal(s.n_run, 1);
        assert_true(s.has_quality && s.quality_lo == -1 && s.quality_hi == 2);
        static const unsigned char want[] = {1, 128, 0,
                                             255}; /* vertices 0, 2, 1, 3: as the first triangle and the next name them */
        assert_memory_equal(u.shade, want, 4);
        assert_true(s.step == (k < 2 ? 0x1p-10 : 0x1p-8));
        drop(&u, &s);
    }
}

static void few_bytes(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_scene s;
    parts_ball(&m, 0);
    assert_int_equal(lm_scene_make(&m, &s, NULL), LM_OK);
    assert_true(s.n < 12 * m.nt); /* a binary STL takes 50 */
    lm_scene_release(&s);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triangles_come_back_part_by_part),
        cmocka_unit_test(far_places_turned_axes_and_values),
        cmocka_unit_test(few_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
