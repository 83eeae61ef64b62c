/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/audit.h"
#include "surface/relief.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint32_t rng = 20261121;
static uint32_t next(void)
{
    rng = rng * 1664525u + 1013904223u;
    return rng >> 8;
}

static void image(lm_vol *v, size_t nx, size_t ny, lm_type type, double sx, double sy)
{
    assert_int_equal(lm_vol_alloc(v, (size_t[]){nx, ny, 1}, type, NULL), LM_OK);
    memset(v->data, 0, nx * ny * lm_vol_type_size(type));
    v->dir[0][0] = sx;
    v->dir[1][1] = sy;
    v->image = true;
}

static void valid(const lm_mesh *m)
{
    lm_audit a;
    char line[256];
    assert_int_equal(lm_audit_run(m, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &a, NULL), LM_OK);
    lm_audit_line(&a, line, sizeof line);
    assert_string_equal(line, "valid");
    assert_int_equal(a.components, 1);
    assert_int_equal(a.genus, 0);
}

/* A ramp is flat: (nx-1) sx (ny-1) sy (base + height/2), whichever diagonals are taken. */
static void ramp_has_its_volume(void **state)
{
    (void)state;
    lm_vol v = LM_VOL_INIT;
    lm_mesh m = LM_MESH_INIT;
    image(&v, 17, 9, LM_I16, 0.5, 0.25);
    for (int j = 0; j < 9; j++)
        for (int i = 0; i < 17; i++) ((int16_t *)v.data)[j * 17 + i] = (int16_t)(100 * i - 300);
    lm_relief_opt o = LM_RELIEF_OPT_INIT;
    o.height_mm = 4, o.base_mm = 1.5;
    assert_int_equal(lm_relief(&v, &o, &m, NULL), LM_OK);
    valid(&m);
    assert_true(o.lo == -300 && o.hi == 1300 && m.space == LM_SPACE_UNKNOWN);
    assert_float_equal(lm_mesh_volume(&m), 16 * 0.5 * 8 * 0.25 * (1.5 + 2), 1e-5);
    assert_true(m.pos[2] == 1.5f && m.pos[3 * 16 + 2] == 5.5f);     /* dark at the left, bright at the right */
    assert_true(m.pos[1] == 2.0f && m.pos[3 * 8 * 17 + 1] == 0.0f); /* first row at the top */
    lm_mesh_release(&m);
    o.lo = 0, o.hi = 1000; /* clamped at both ends: 3 pixels flat, 10 rising, 3 flat */
    assert_int_equal(lm_relief(&v, &o, &m, NULL), LM_OK);
    valid(&m);
    assert_float_equal(lm_mesh_volume(&m), 2 * (8 * 1.5 + 0.5 * (10 * 2 + 3 * 4)), 1e-5);
    lm_mesh_release(&m);
    lm_vol_release(&v);
}

static void noise_of_any_type_is_valid(void **state)
{
    (void)state;
    static const lm_type type[] = {LM_I8, LM_U8, LM_I16, LM_U16, LM_I32, LM_U32, LM_F32, LM_F64};
    for (size_t t = 0; t < 8; t++) {
        size_t nx = 2 + next() % 40, ny = 2 + next() % 40;
        lm_vol v = LM_VOL_INIT;
        lm_mesh m = LM_MESH_INIT;
        image(&v, nx, ny, type[t], 0.1 + next() % 100 / 100.0, 0.139);
        for (size_t i = 0; i < nx * ny; i++) {
            if (type[t] == LM_F32) ((float *)v.data)[i] = (float)next() - 1e6f;
            else if (type[t] == LM_F64) ((double *)v.data)[i] = (double)next() / 7;
            else ((unsigned char *)v.data)[i * lm_vol_type_size(type[t])] = (unsigned char)(next() % 5 ? next() : 255);
        }
        lm_relief_opt o = LM_RELIEF_OPT_INIT;
        o.height_mm = 10, o.base_mm = 1e-3;
        print_message("%zu x %zu, type %d\n", nx, ny, (int)type[t]);
        assert_int_equal(lm_relief(&v, &o, &m, NULL), LM_OK);
        valid(&m);
        lm_mesh_release(&m);
        lm_vol_release(&v);
    }
}

/* A ridge along a diagonal keeps its height in both directions. */
static void ridges_are_not_cut(void **state)
{
    (void)state;
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        lm_vol v = LM_VOL_INIT;
        lm_mesh m = LM_MESH_INIT;
        image(&v, 8, 8, LM_U8, 1, 1);
        for (size_t i = 0; i < 8; i++) ((uint8_t *)v.data)[i * 8 + (mirrored ? 7 - i : i)] = 1;
        lm_relief_opt o = LM_RELIEF_OPT_INIT;
        o.height_mm = 6, o.base_mm = 1;
        assert_int_equal(lm_relief(&v, &o, &m, NULL), LM_OK);
        valid(&m);
        /* 7 squares with the ridge as their diagonal: two tetrahedra over half a square, 6/3 high on average; 12 squares beside
         * them with one corner up: a sixth of 6. */
        assert_float_equal(lm_mesh_volume(&m), 49 + 7 * 4.0 + 12 * 1.0, 1e-4);
        lm_mesh_release(&m);
        lm_vol_release(&v);
    }
}

static void refusals(void **state)
{
    (void)state;
    lm_vol v = LM_VOL_INIT;
    lm_mesh m = LM_MESH_INIT;
    lm_err e = LM_ERR_INIT;
    image(&v, 3, 3, LM_F32, 1, 1);
    lm_relief_opt good = LM_RELIEF_OPT_INIT, o;
    good.height_mm = good.base_mm = 1;
    o = good;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ENO); /* all equal */
    float *f = v.data;
    f[4] = INFINITY;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERULE);
    f[4] = NAN;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERULE);
    f[4] = 1;
    o.pixel_mm = 1;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERULE); /* stated twice */
    v.unscaled = true;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_OK);
    lm_mesh_release(&m);
    o = good;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERULE); /* not at all */
    v.unscaled = false;
    o.lo = 5, o.hi = 5;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERULE);
    o = good;
    o.height_mm = 0;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERULE);
    o = good;
    o.base_mm = 1e-60;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERANGE);
    o = good;
    v.dir[0][0] = 1e-50;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERANGE);
    v.dir[0][0] = 1;
    v.image = false;
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERULE);
    lm_vol_release(&v);
    image(&v, 9, 1, LM_F32, 1, 1);
    assert_int_equal(lm_relief(&v, &o, &m, &e), LM_ERULE);
    assert_null(m.pos);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ramp_has_its_volume),
        cmocka_unit_test(noise_of_any_type_is_valid),
        cmocka_unit_test(ridges_are_not_cut),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
