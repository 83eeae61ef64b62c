/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every quantity of a mesh, of its parts and of its sections, moved by 2^20 mm: not a digit changes but where the place is told. */
#include "measure/fit.h"
#include "measure/perpart.h"
#include "measure/section.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const double shift[3] = {1048576, -1048576, 1048576};

/* A ball with a hollow, and a bent box beside it, in eighths of a millimetre, which float32 holds there too. */
static void body(lm_mesh *m, bool far)
{
    shape_sphere(m, (double[]){3, -7, 11}, 24, 48, 31);
    size_t ball = m->nv;
    shape_box(m, (double[]){-2, -12, 6}, (double[]){5, -3, 17}, true);
    shape_box(m, (double[]){40, 3, -9}, (double[]){71, 22, 30}, false);
    for (size_t i = 0; i < 3 * m->nv; i++) {
        double x = floor((double)m->pos[i] * 8) / 8;
        if (i >= 3 * ball + 24 && i % 3 == 0) x += floor((double)m->pos[i + 1] * 2) / 8;
        m->pos[i] = (float)(x + (far ? shift[i % 3] : 0));
    }
    m->label = malloc(m->nt * sizeof *m->label);
    for (size_t t = 0; t < m->nt; t++) m->label[t] = t + 12 < m->nt ? 1 : 2;
}

static void same_place(const double near[3], const double far[3], double tol)
{
    for (int c = 0; c < 3; c++) assert_true(fabs(far[c] - shift[c] - near[c]) <= tol);
}

static void same_mass(const lm_mass *a, const lm_mass *b)
{
    assert_true(a->has_volume && a->volume_mm3 == b->volume_mm3 && a->area_mm2 == b->area_mm2);
    assert_true(a->parts == b->parts && a->cavities == b->cavities);
    for (size_t i = 0; i < a->parts; i++)
        assert_true(a->part[i].volume_mm3 == b->part[i].volume_mm3 && a->part[i].area_mm2 == b->part[i].area_mm2);
    same_place(a->lo_mm, b->lo_mm, 0);
    same_place(a->hi_mm, b->hi_mm, 0);
    same_place(a->centroid_mm, b->centroid_mm, 3e-10); /* a double has no more digits there */
}

static void same_shape(const lm_shape *a, const lm_shape *b)
{
    assert_true(a->has_axes && a->diameter.mm == b->diameter.mm && a->diameter.point[0] == b->diameter.point[0]);
    assert_true(a->convex_mm3 == b->convex_mm3 && a->convex_mm2 == b->convex_mm2 && a->cavity_mm3 == b->cavity_mm3);
    assert_true(a->sphericity == b->sphericity && a->compactness1 == b->compactness1 && a->compactness2 == b->compactness2);
    assert_true(a->asphericity == b->asphericity && a->disproportion == b->disproportion && a->elongation == b->elongation);
    assert_true(a->surface_to_volume == b->surface_to_volume && a->flatness == b->flatness &&
                a->box.volume_mm3 == b->box.volume_mm3);
    assert_true(a->density_box == b->density_box && a->density_obb == b->density_obb && a->density_convex == b->density_convex);
    for (int k = 0; k < 3; k++) {
        assert_true(a->length_mm[k] == b->length_mm[k] && a->box.size_mm[k] == b->box.size_mm[k]);
        for (int c = 0; c < 3; c++) assert_true(a->axis[k][c] == b->axis[k][c] && a->box.axis[k][c] == b->box.axis[k][c]);
    }
    same_place(a->box.centre_mm, b->box.centre_mm, 1e-9);
}

static void mass_and_shape_of_all_and_of_each(void **state)
{
    (void)state;
    lm_mesh near = LM_MESH_INIT, far = LM_MESH_INIT;
    lm_mass a = LM_MASS_INIT, b = LM_MASS_INIT;
    lm_perpart pa = LM_PERPART_INIT, pb = LM_PERPART_INIT;
    lm_shape sa, sb;
    lm_err err = LM_ERR_INIT;
    body(&near, false);
    body(&far, true);
    assert_int_equal(lm_perpart_run(&near, &pa, &err), LM_OK);
    assert_int_equal(lm_perpart_run(&far, &pb, &err), LM_OK);
    assert_true(pa.n == 2 && pb.n == 2 && pa.item[0].mass.cavities == 1);
    for (size_t i = 0; i < 2; i++) {
        same_mass(&pa.item[i].mass, &pb.item[i].mass);
        same_shape(&pa.item[i].shape, &pb.item[i].shape);
    }
    if (lm_mass_measure(&near, &a, &err) || lm_mass_measure(&far, &b, &err) || lm_shape_of(&near, &a, &sa, &err) ||
        lm_shape_of(&far, &b, &sb, &err))
        fail_msg("%s", err.text[0]);
    same_mass(&a, &b);
    same_shape(&sa, &sb);
    double sum = pb.item[0].mass.volume_mm3 + pb.item[1].mass.volume_mm3;
    assert_true(fabs(b.volume_mm3 - sum) <= 1e-13 * sum);
    lm_perpart_release(&pa);
    lm_perpart_release(&pb);
    lm_mass_release(&a);
    lm_mass_release(&b);
    lm_mesh_release(&near);
    lm_mesh_release(&far);
}

static void sections_and_fits(void **state)
{
    (void)state;
    static const lm_trim_plane plane[] = {{{0, 0, 1}, 12.5}, {{1, 0, 0}, 3}, {{0.6, 0.8, 0}, 1}, {{0.48, 0.6, 0.64}, -4}};
    static const lm_fit_ask ask[] = {{LM_FIT_SPHERE, LM_FIT_BALL, {3, -7, 35, 20}, 0},
                                     {LM_FIT_SPHERE, LM_FIT_BOX, {-30, -40, -20, 30, 30, 11}, 0},
                                     {LM_FIT_PLANE, LM_FIT_BOX, {30, 0, 29, 90, 30, 31}, 0},
                                     {LM_FIT_CYLINDER, LM_FIT_PART, {0}, 2}};
    lm_mesh near = LM_MESH_INIT, far = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    body(&near, false);
    body(&far, true);
    for (size_t i = 0; i < sizeof plane / sizeof *plane; i++) {
        lm_section a, b;
        lm_trim_plane q = plane[i];
        double tol = i < 2 ? 0 : 1e-7; /* the offset of a slanting plane is rounded itself */
        for (int c = 0; c < 3; c++) q.offset_mm += q.normal[c] * shift[c];
        if (lm_section_of(&near, &plane[i], true, &a, &err) || lm_section_of(&far, &q, true, &b, &err)) fail_msg("%s", err.text[0]);
        assert_true(a.area_mm2 > 100 && a.segments == b.segments && fabs(a.area_mm2 - b.area_mm2) <= tol * a.area_mm2);
        assert_true(fabs(a.perimeter_mm - b.perimeter_mm) <= tol * a.perimeter_mm);
        assert_true(fabs(a.max_mm - b.max_mm) <= tol * a.max_mm && fabs(a.min_mm - b.min_mm) <= tol * a.max_mm);
    }
    for (size_t i = 0; i < sizeof ask / sizeof *ask; i++) {
        lm_fit a, b;
        lm_fit_ask q = ask[i];
        for (int c = 0; c < 6; c++)
            if (q.region == LM_FIT_BOX || (q.region == LM_FIT_BALL && c < 3)) q.at[c] += shift[c % 3];
        if (lm_fit_run(&near, &ask[i], &a, &err) || lm_fit_run(&far, &q, &b, &err)) fail_msg("%zu: %s", i, err.text[0]);
        assert_true(a.determined == b.determined && a.vertices == b.vertices && a.area_mm2 == b.area_mm2);
        assert_true(a.diameter_mm == b.diameter_mm && a.rms_mm == b.rms_mm && a.max_mm == b.max_mm);
        assert_true(i == 3 || a.determined);
        if (a.determined) same_place(a.centre_mm, b.centre_mm, 1e-9);
    }
    lm_mesh_release(&near);
    lm_mesh_release(&far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mass_and_shape_of_all_and_of_each),
        cmocka_unit_test(sections_and_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
