/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/audit.h"
#include "surface/relax.h"
#include "surface/split.h"
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

typedef struct {
    lm_mesh mesh;
    lm_relax_facts facts;
    size_t parts, bad;
    lm_audit audit[8]; /* of the first parts, ascending */
} result;

/* Relax, and audit every part by itself. */
static void run(const lm_vol *v, unsigned steps, result *r)
{
    lm_nets net = LM_NETS_INIT;
    lm_relax_opt o = {.steps = steps, .threads = 2};
    *r = (result){.mesh = LM_MESH_INIT, .facts = LM_RELAX_FACTS_INIT};
    assert_int_equal(lm_nets_make(v, 2, &net, NULL), LM_OK);
    assert_int_equal(lm_relax(&net, v, &o, &r->mesh, &r->facts, NULL), LM_OK);
    assert_int_equal(lm_mesh_validate(&r->mesh, NULL), LM_OK);
    lm_split s = LM_SPLIT_INIT;
    assert_int_equal(lm_split_make(&r->mesh, &s, NULL), LM_OK);
    assert_int_equal(s.n, r->facts.n);
    r->parts = s.n;
    double cell = fabs(lm_vol_det(v));
    for (size_t i = 0; i < s.n; i++) {
        lm_mesh part = LM_MESH_INIT;
        lm_audit a;
        char line[256];
        assert_int_equal(s.label[i], r->facts.part[i].label);
        assert_int_equal(lm_split_part(&r->mesh, &s, i, NULL, &part, NULL, NULL), LM_OK);
        assert_int_equal(lm_audit_run(&part, &(lm_audit_opt){.threads = 1}, &a, NULL), LM_OK);
        lm_audit_line(&a, line, sizeof line);
        if (!a.valid) print_message("label %u: %s\n", s.label[i], line);
        r->bad += !a.valid;
        if (i < 8) r->audit[i] = a;
        assert_true(fabs(a.volume_mm3 / cell - r->facts.part[i].volume_voxels) <= 1e-4 * r->facts.part[i].volume_voxels);
        lm_mesh_release(&part);
    }
    lm_split_release(&s);
}

static void done(result *r)
{
    lm_mesh_release(&r->mesh);
    lm_relax_release(&r->facts);
}

static void volume(lm_vol *v, size_t nx, size_t ny, size_t nz, lm_type type)
{
    assert_int_equal(lm_vol_alloc(v, (size_t[]){nx, ny, nz}, type, NULL), LM_OK);
    memset(v->data, 0, nx * ny * nz * lm_vol_type_size(type));
}

/* A ball of radius r mm about the middle of the grid, cut into `parts` by planes through its centre. */
static void ball(lm_vol *v, double r, int parts)
{
    uint8_t *l = v->data;
    double mid[3], p[3];
    lm_vol_to_world(v, (double[]){(double)v->n[0] / 2.0 - 0.37, (double)v->n[1] / 2.0 - 0.61, (double)v->n[2] / 2.0 - 0.45}, mid);
    for (size_t k = 0; k < v->n[2]; k++)
        for (size_t j = 0; j < v->n[1]; j++)
            for (size_t i = 0; i < v->n[0]; i++, l++) {
                lm_vol_to_world(v, (double[]){(double)i, (double)j, (double)k}, p);
                double x = p[0] - mid[0], y = p[1] - mid[1], z = p[2] - mid[2];
                if (x * x + y * y + z * z > r * r) continue;
                *l = (uint8_t)(1 + (parts > 1 && x + 0.3 * z > 0) + 2 * (parts > 2 && y - 0.2 * z > 0));
            }
}

static void a_ball_has_the_area_of_a_ball(void **state)
{
    (void)state;
    lm_vol v = LM_VOL_INIT;
    result r, raw;
    volume(&v, 48, 48, 48, LM_U8);
    ball(&v, 20, 1);
    run(&v, LM_RELAX_STEPS, &r);
    run(&v, 0, &raw);
    double count = (double)r.facts.part[0].voxels, radius = cbrt(count * 3 / (4 * M_PI)), area = 4 * M_PI * radius * radius;
    assert_true(r.bad == 0 && raw.bad == 0 && r.facts.part[0].smooth && !raw.facts.part[0].smooth);
    print_message("volume %+.5f %%, area %+.3f %%, voxels' own %+.1f %%\n", 100 * (r.audit[0].volume_mm3 / count - 1),
                  100 * (r.audit[0].area_mm2 / area - 1), 100 * (raw.audit[0].area_mm2 / area - 1));
    assert_true(fabs(r.audit[0].volume_mm3 / count - 1) < 1e-5);
    assert_true(fabs(raw.audit[0].volume_mm3 / count - 1) < 1e-5);
    assert_true(fabs(r.audit[0].area_mm2 / area - 1) < 0.003);
    assert_true(raw.audit[0].area_mm2 / area > 1.45); /* stairs: 1.5 times the area */
    /* and those of the ball that was drawn: no point of the surface is half a voxel from it */
    double far = 0, mid[3], drawn = 4 * M_PI * 400;
    lm_vol_to_world(&v, (double[]){24 - 0.37, 24 - 0.61, 24 - 0.45}, mid);
    for (size_t i = 0; i < r.mesh.nv; i++) {
        double d2 = 0;
        for (size_t c = 0; c < 3; c++) d2 += ((double)r.mesh.pos[3 * i + c] - mid[c]) * ((double)r.mesh.pos[3 * i + c] - mid[c]);
        far = fmax(far, fabs(sqrt(d2) - 20));
    }
    for (size_t t = 0; t < r.mesh.nt; t++) { /* the middle of a triangle lies deepest */
        double d2 = 0;
        for (size_t c = 0; c < 3; c++) {
            double x = -mid[c];
            for (size_t k = 0; k < 3; k++) x += (double)r.mesh.pos[3 * (size_t)r.mesh.tri[3 * t + k] + c] / 3;
            d2 += x * x;
        }
        far = fmax(far, fabs(sqrt(d2) - 20));
    }
    print_message("area %+.3f %%, farthest %.3f voxels\n", 100 * (r.audit[0].area_mm2 / drawn - 1), far);
    assert_true(fabs(r.audit[0].area_mm2 / drawn - 1) < 0.003 && far < 0.5);
    /* 2^-17: rounding of coordinates up to 48 to float32, on three axes */
    assert_true(r.facts.moved_mm > 0.1 && r.facts.moved_mm <= LM_RELAX_REACH * sqrt(3) + 0x1p-17 && raw.facts.moved_mm == 0);
    done(&r);
    done(&raw);
    lm_vol_release(&v);
}

/* Four parts that meet along a line and in no gap: a tilted, mirrored, stretched grid. */
static void parts_share_their_walls(void **state)
{
    (void)state;
    static const double dir[3][3] = {{-0.8, 0.1, 0}, {0, 0.9, 0.2}, {0.1, 0.5, 2}};
    lm_vol v = LM_VOL_INIT;
    result r;
    volume(&v, 56, 56, 30, LM_U8);
    memcpy(v.dir, dir, sizeof dir);
    v.origin[0] = -300;
    ball(&v, 20, 4);
    assert_int_equal(lm_parts_add(&v.parts, &(lm_part){.label = 2, .name = "liver"}, NULL), LM_OK);
    run(&v, LM_RELAX_STEPS, &r);
    assert_true(r.bad == 0 && r.parts == 4 && lm_vol_det(&v) < 0);
    assert_string_equal(lm_parts_find(&r.mesh.parts, 2)->name, "liver");
    double sum = 0, count = 0, cell = fabs(lm_vol_det(&v));
    for (size_t i = 0; i < 4; i++) {
        double n = (double)r.facts.part[i].voxels;
        print_message("part %zu: %g voxels, volume %+.5f %%\n", i, n, 100 * (r.audit[i].volume_mm3 / cell / n - 1));
        assert_true(r.facts.part[i].smooth && fabs(r.audit[i].volume_mm3 / cell / n - 1) < (n >= 10000 ? 0.001 : 0.01));
        sum += r.audit[i].volume_mm3;
        count += n * cell;
    }
    lm_audit whole; /* without the walls it is one body of the same volume */
    size_t walls = 0;
    assert_int_equal(lm_split_join(&r.mesh, &walls, NULL), LM_OK);
    assert_int_equal(lm_audit_run(&r.mesh, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &whole, NULL), LM_OK);
    assert_true(whole.valid && walls > 1000 && whole.components == 1);
    assert_true(fabs(whole.volume_mm3 / sum - 1) < 1e-6 && fabs(sum / count - 1) < 1e-3);
    done(&r);
    lm_vol_release(&v);
}

static void noise_stays_valid(void **state)
{
    (void)state;
    size_t bad = 0, rough = 0, all = 0;
    for (int round = 0; round < 60; round++) {
        lm_vol v = LM_VOL_INIT;
        uint32_t labels = 1 + next() % 5, seed = rng, sparse = 1 + next() % 3;
        volume(&v, 2 + next() % 8, 2 + next() % 8, 2 + next() % 8, LM_U16);
        for (size_t i = 0; i < lm_vol_count(&v); i++)
            ((uint16_t *)v.data)[i] = (uint16_t)(next() % sparse ? 0 : next() % (labels + 1));
        ((uint16_t *)v.data)[0] = 1;
        result r;
        run(&v, 10, &r);
        for (size_t i = 0; i < r.facts.n; i++) {
            double n = (double)r.facts.part[i].voxels, off = fabs(r.facts.part[i].volume_voxels / n - 1);
            rough += !r.facts.part[i].smooth;
            all++;
            if (r.facts.part[i].smooth) assert_true(off <= 0.01);
        }
        if (r.bad) print_message("seed %u, %zu x %zu x %zu\n", seed, v.n[0], v.n[1], v.n[2]);
        bad += r.bad;
        done(&r);
        lm_vol_release(&v);
    }
    print_message("%zu of %zu parts were left as voxels\n", rough, all);
    assert_int_equal(bad, 0);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    lm_vol v = LM_VOL_INIT;
    volume(&v, 40, 40, 40, LM_U8);
    ball(&v, 15, 4);
    lm_mesh m[2] = {LM_MESH_INIT, LM_MESH_INIT};
    for (int i = 0; i < 2; i++) {
        lm_nets net = LM_NETS_INIT;
        lm_relax_facts f;
        lm_relax_opt o = {.steps = 12, .threads = 1 + 4 * i};
        assert_int_equal(lm_nets_make(&v, 1 + 2 * i, &net, NULL), LM_OK);
        assert_int_equal(lm_relax(&net, &v, &o, &m[i], &f, NULL), LM_OK);
        lm_relax_release(&f);
    }
    assert_true(m[0].nv == m[1].nv && m[0].nt == m[1].nt);
    assert_memory_equal(m[0].pos, m[1].pos, m[0].nv * 3 * sizeof(float));
    assert_memory_equal(m[0].tri, m[1].tri, m[0].nt * 3 * sizeof(uint32_t));
    assert_memory_equal(m[0].label_back, m[1].label_back, m[0].nt * sizeof(uint32_t));
    lm_mesh_release(&m[0]);
    lm_mesh_release(&m[1]);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ball_has_the_area_of_a_ball),
        cmocka_unit_test(parts_share_their_walls),
        cmocka_unit_test(noise_stays_valid),
        cmocka_unit_test(threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
