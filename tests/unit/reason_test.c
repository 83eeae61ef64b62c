/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a mesh is no body: each kind, and what is said of it. */
#include "repair/reason.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;

/* Frees the mesh. */
static void is(lm_reason_kind kind, size_t pieces, size_t bodies, const char *says)
{
    lm_reason r;
    char text[500];
    assert_int_equal(lm_reason_find(&mesh, 12, 2, &r, &err), LM_OK);
    assert_int_equal(r.kind, kind);
    if (kind != LM_REASON_FAULTS) assert_int_equal(r.pieces, pieces);
    assert_int_equal(r.bodies, bodies);
    lm_reason_text(&r, text, sizeof text);
    if (*says) assert_non_null(strstr(text, says));
    else assert_int_equal(*text, 0);
    lm_mesh_release(&mesh);
}

static void sheet(float x)
{
    uint32_t v = vert(x, 0, 0);
    vert(x + 1, 0, 0), vert(x + 1, 1, 0), vert(x, 1, 0);
    quad(v, v + 1, v + 2, v + 3);
}

static void kinds(void **state)
{
    (void)state;
    lm_reason r;
    is(LM_REASON_NOTHING, 0, 0, "facing both ways");
    assert_int_equal(lm_reason_find(&mesh, 0, 2, &r, &err), LM_OK);
    assert_int_equal(r.kind, LM_REASON_POINTS);
    sheet(0);
    is(LM_REASON_SHEET, 1, 0, "an open sheet bounds no volume");
    for (int i = 0; i < 5; i++) tri(vert(0, 0, (float)i), vert(1, 0, (float)i), vert(0, 1, (float)i));
    is(LM_REASON_SOUP, 5, 0, "5 triangles that share no edges");
    box(0, 0, 0, 2, false);
    box(5, 0, 0, 2, false);
    box(5.5F, 0.5F, 0.5F, 1, true); /* a cavity is no body */
    sheet(20);
    sheet(30);
    is(LM_REASON_STRAY, 2, 2,
       "2 open pieces of 4 triangles in all, the first at (20, 0, 0) mm, bound no volume: --keep 2 leaves them out");
    box(0, 0, 0, 2, true);
    sheet(20);
    is(LM_REASON_STRAY, 1, 1, "--keep 1 leaves it out");
    box(0, 0, 0, 2, false); /* a body with a hole encloses something */
    mesh.nt--;
    is(LM_REASON_FAULTS, 0, 0, "");
    box(0, 0, 0, 2, false);
    mesh.nt--;
    box(5, 0, 0, 2, false);
    sheet(20);
    is(LM_REASON_FAULTS, 0, 1, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
