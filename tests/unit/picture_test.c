/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/picture.h"
#include "reports/png.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

/* A sphere of `rings` x 2*rings quads about c, outward, appended to m (which has room). */
static void add_sphere(lm_mesh *m, const double c[3], double r, int rings)
{
    size_t base = m->nv;
    int seg = 2 * rings;
    for (int i = 0; i <= rings; i++)
        for (int j = 0; j < seg; j++) {
            double a = 3.14159265358979323846 * i / rings, b = 3.14159265358979323846 * 2 * j / seg;
            float *p = m->pos + 3 * m->nv++;
            p[0] = (float)(c[0] + r * sin(a) * cos(b));
            p[1] = (float)(c[1] + r * sin(a) * sin(b));
            p[2] = (float)(c[2] + r * cos(a));
        }
    for (int i = 0; i < rings; i++)
        for (int j = 0; j < seg; j++) {
            uint32_t q[4] = {(uint32_t)(base + (size_t)(i * seg + j)), (uint32_t)(base + (size_t)((i + 1) * seg + j)),
                             (uint32_t)(base + (size_t)((i + 1) * seg + (j + 1) % seg)),
                             (uint32_t)(base + (size_t)(i * seg + (j + 1) % seg))};
            uint32_t t[6] = {q[0], q[1], q[2], q[0], q[2], q[3]};
            memcpy(m->tri + 3 * m->nt, t, sizeof t);
            m->nt += 2;
        }
}

static void room(lm_mesh *m, size_t spheres, int rings)
{
    lm_err err = LM_ERR_INIT;
    assert_int_equal(
        lm_mesh_alloc(m, spheres * (size_t)(rings + 1) * 2 * (size_t)rings, spheres * 4 * (size_t)rings * (size_t)rings, &err),
        LM_OK);
    m->nv = m->nt = 0;
    m->space = LM_SPACE_LPS;
}

static void draw(const lm_mesh *m, int side, int threads, lm_picture out[LM_PICTURE_VIEWS])
{
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_picture_draw(m, side, threads, out, &err), LM_OK);
}

/* Covered area in mm2 and its centre, right and up from the middle of the picture. */
static double silhouette(const lm_picture *p, double centre[2])
{
    uint8_t rgba[256][4];
    double area = 0, x = 0, y = 0;
    lm_picture_palette(rgba);
    for (int r = 0; r < p->side; r++)
        for (int c = 0; c < p->side; c++) {
            double a = rgba[p->pixels[(size_t)r * (size_t)p->side + (size_t)c]][3] / 255.0;
            area += a, x += a * (c + 0.5 - p->side / 2.0), y -= a * (r + 0.5 - p->side / 2.0);
        }
    centre[0] = x / area * p->mm_per_pixel, centre[1] = y / area * p->mm_per_pixel;
    return area * p->mm_per_pixel * p->mm_per_pixel;
}

static void silhouette_of_a_sphere_has_its_area(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_picture pic[LM_PICTURE_VIEWS];
    room(&m, 1, 64);
    add_sphere(&m, (double[3]){100, -250, 1000}, 20, 64);
    draw(&m, LM_PICTURE_SIDE, 1, pic);
    for (int v = 0; v < LM_PICTURE_VIEWS; v++) {
        double c[2], area = silhouette(&pic[v], c), want = 3.14159265358979 * 20 * 20;
        assert_true(fabs(area - want) < 0.01 * want);
        assert_true(fabs(c[0]) < 0.05 && fabs(c[1]) < 0.05);
        assert_true(fabs(pic[v].width_mm - 40) < 0.1 && fabs(pic[v].height_mm - 40) < 0.1);
        for (int i = 0; i < pic[v].side * pic[v].side; i++) assert_false(lm_picture_is_inside(pic[v].pixels[i]));
    }
    lm_picture_release(pic);
    lm_mesh_release(&m);
}

/* A large ball at the origin and a small one to the patient's left, front and top, in turn: where must it be seen? */
static void sides_of_the_body_are_not_swapped(void **state)
{
    (void)state;
    static const struct {
        double at[3];
        double want[LM_PICTURE_VIEWS][2]; /* sign of right, up in each view */
    } t[] = {
        {{40, 0, 0}, {{1, 0}, {0, 0}, {-1, 0}, {-1, 0}, {0, 0}, {1, 0}}}, /* patient's left */
        {{0, -40, 0}, {{0, 0}, {-1, 0}, {0, 1}, {0, 0}, {1, 0}, {0, 1}}}, /* front */
        {{0, 0, 40}, {{0, 1}, {0, 1}, {0, 0}, {0, 1}, {0, 1}, {0, 0}}},   /* up */
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (int ras = 0; ras < 2; ras++) {
            lm_mesh m = LM_MESH_INIT;
            lm_picture pic[LM_PICTURE_VIEWS];
            double turn = ras ? -1 : 1;
            room(&m, 2, 24);
            m.space = ras ? LM_SPACE_RAS : LM_SPACE_LPS;
            add_sphere(&m, (double[3]){0, 0, 0}, 20, 24);
            add_sphere(&m, (double[3]){turn * t[i].at[0], turn * t[i].at[1], t[i].at[2]}, 8, 24);
            draw(&m, 240, 1, pic);
            for (int v = 0; v < LM_PICTURE_VIEWS; v++) {
                /* the box reaches from -20 to 48: the large ball's centre lies 14 mm from the middle, away from the small one */
                double c[2];
                silhouette(&pic[v], c);
                for (int k = 0; k < 2; k++) {
                    double want = t[i].want[v][k];
                    if (want == 0) assert_true(fabs(c[k]) < 0.5);
                    else assert_true(c[k] * want < -5);
                }
            }
            assert_string_equal(pic[LM_PICTURE_ANTERIOR].right, "L");
            assert_string_equal(pic[LM_PICTURE_LEFT].left, "A");
            assert_string_equal(pic[LM_PICTURE_SUPERIOR].top, "A");
            assert_string_equal(pic[LM_PICTURE_SUPERIOR].right, "R");
            lm_picture_release(pic);
            lm_mesh_release(&m);
        }
}

/* What is nearer to the viewer hides what is behind: a small flipped ball (drawn red) in front of, then behind a large one. */
static void nearer_hides_farther_and_flipped_is_red(void **state)
{
    (void)state;
    static const double front[LM_PICTURE_VIEWS][3] = {{0, -60, 0}, {60, 0, 0}, {0, 0, 60}, {0, 60, 0}, {-60, 0, 0}, {0, 0, -60}};
    for (int v = 0; v < LM_PICTURE_VIEWS; v++)
        for (int behind = 0; behind < 2; behind++) {
            lm_mesh m = LM_MESH_INIT;
            lm_picture pic[LM_PICTURE_VIEWS];
            double s = behind ? -1 : 1;
            room(&m, 2, 24);
            add_sphere(&m, (double[3]){0, 0, 0}, 20, 24);
            size_t half = m.nt;
            add_sphere(&m, (double[3]){s * front[v][0], s * front[v][1], s * front[v][2]}, 8, 24);
            for (size_t i = half; i < m.nt; i++) {
                uint32_t k = m.tri[3 * i];
                m.tri[3 * i] = m.tri[3 * i + 1], m.tri[3 * i + 1] = k;
            }
            draw(&m, 240, 1, pic);
            size_t red = 0;
            for (int i = 0; i < 240 * 240; i++) red += lm_picture_is_inside(pic[v].pixels[i]);
            double mm2 = (double)red * pic[v].mm_per_pixel * pic[v].mm_per_pixel;
            if (behind) assert_int_equal(red, 0);
            else assert_true(fabs(mm2 - 3.14159 * 64) < 0.06 * 3.14159 * 64);
            lm_picture_release(pic);
            lm_mesh_release(&m);
        }
}

static void threads_do_not_change_a_byte(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_picture a[LM_PICTURE_VIEWS], b[LM_PICTURE_VIEWS];
    uint8_t rgba[256][4];
    room(&m, 1, 40);
    add_sphere(&m, (double[3]){3, 5, 7}, 11, 40);
    draw(&m, 200, 1, a);
    draw(&m, 200, 3, b);
    lm_picture_palette(rgba);
    for (int v = 0; v < LM_PICTURE_VIEWS; v++) {
        unsigned char *p = NULL, *q = NULL;
        size_t n = 0, k = 0;
        lm_err err = LM_ERR_INIT;
        assert_memory_equal(a[v].pixels, b[v].pixels, 200 * 200);
        assert_int_equal(lm_png_encode(a[v].pixels, 200, 200, (const uint8_t(*)[4])rgba, &p, &n, &err), LM_OK);
        assert_int_equal(lm_png_encode(b[v].pixels, 200, 200, (const uint8_t(*)[4])rgba, &q, &k, &err), LM_OK);
        assert_int_equal(n, k);
        assert_memory_equal(p, q, n);
        assert_memory_equal(p, "\x89PNG\r\n\x1a\n", 8);
        assert_null(memmem(p, n, "tIME", 4));
        free(p);
        free(q);
    }
    lm_picture_release(a);
    lm_picture_release(b);
    lm_mesh_release(&m);
}

/* Flat, single, huge, and all in one point: nothing divides by zero or leaves the picture. */
static void odd_meshes_are_drawn(void **state)
{
    (void)state;
    static const float odd[][9] = {
        {0, 0, 0, 1, 0, 0, 0, 1, 0},
        {5, 5, 5, 5, 5, 5, 5, 5, 5},
        {-3e38f, 0, 0, 3e38f, 0, 0, 0, 3e38f, 3e38f},
        {0, 0, 0, 1e-40f, 0, 0, 0, 1e-40f, 0},
        {1e6f, 1e6f, 1e6f, 1e6f, 1e6f, 1e6f, 1e6f + 0.0625f, 1e6f, 1e6f},
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (int threads = 1; threads < 3; threads++) {
            lm_err err = LM_ERR_INIT;
            lm_mesh m = LM_MESH_INIT;
            lm_picture pic[LM_PICTURE_VIEWS];
            assert_int_equal(lm_mesh_alloc(&m, 3, 1, &err), LM_OK);
            memcpy(m.pos, odd[i], sizeof odd[i]);
            memcpy(m.tri, (uint32_t[3]){0, 1, 2}, 12);
            draw(&m, 64, threads, pic);
            if (i == 0) {
                double c[2];
                assert_true(fabs(silhouette(&pic[LM_PICTURE_SUPERIOR], c) - 0.5) < 0.02);
            }
            lm_picture_release(pic);
            lm_mesh_release(&m);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silhouette_of_a_sphere_has_its_area),
        cmocka_unit_test(sides_of_the_body_are_not_swapped),
        cmocka_unit_test(nearer_hides_farther_and_flipped_is_red),
        cmocka_unit_test(threads_do_not_change_a_byte),
        cmocka_unit_test(odd_meshes_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
