/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grown and original: what was added to a plate, judged; and everything that makes it another answer. */
#include "measure/grown.h"
#include "shell/shell_json.h"
#include "shell/thicken.h"
#include "stream/ply.h"
#include "surface/audit.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

typedef struct {
    lm_mesh m, out;
    lm_records rec;
    lm_original o;
    lm_grown g;
    lm_verdict_list list;
} part;

/* A plate of 1 mm beside a block, thickened to 1.5 mm, with the record that meshshell writes. */
static void grow(part *p, const char *allow)
{
    lm_err err = LM_ERR_INIT;
    lm_thicken_facts f;
    lm_wall_facts w;
    lm_audit x;
    uint32_t crc;
    uint64_t bytes;
    const lm_thicken_opt opt = {.wall_mm = 1.5, .min_gap_mm = 0.5, .side = allow ? LM_MEDIAL_INSIDE : LM_MEDIAL_BOTH};
    *p = (part){.list = LM_VERDICT_LIST_INIT};
    shape_box(&p->m, (double[]){20, 0, 0}, (double[]){25, 5, 5}, false);
    shape_box(&p->m, (double[]){0, 0, 0}, (double[]){6, 6, 1}, false);
    assert_int_equal(lm_thicken(&p->m, &opt, &p->out, &f, &w, &err), LM_OK);
    assert_int_equal(lm_audit_run(&p->out, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, &err), LM_OK);
    assert_int_equal(lm_ply_checksum(&p->m, &crc, &bytes, &err), LM_OK);
    p->rec.crc = crc;
    p->rec.bytes = bytes;
    json_t *r = lm_record_new(&p->rec, "meshshell", &err);
    if (allow) json_object_set_new(json_object_get(r, "options"), "allow", json_string(allow));
    assert_int_equal(lm_shell_json_wall(r, &w, &err), LM_OK);
    assert_int_equal(lm_shell_json_thicken(r, &f, p->out.before, &x, &err), LM_OK);
    assert_int_equal(lm_record_append(&p->rec, r, &err), LM_OK);
    assert_int_equal(lm_ply_checksum(&p->out, &crc, &bytes, &err), LM_OK);
    assert_int_equal(lm_record_seal(&p->rec, crc, bytes, &err), LM_OK);
    p->rec.belong = true;
}

static void drop(part *p)
{
    lm_verdict_list_release(&p->list);
    lm_record_release(&p->rec);
    lm_mesh_release(&p->m);
    lm_mesh_release(&p->out);
}

static lm_status judge(part *p)
{
    lm_err err = LM_ERR_INIT;
    const lm_grown_opt opt = {.threads = 2};
    lm_verdict_list_release(&p->list);
    lm_status rc = lm_original_find(&p->rec, &p->out, &p->o, &err);
    return rc ? rc : lm_grown_judge(&p->rec, &p->o, &opt, &p->list, &p->g, &err);
}

static lm_verdict verdict(const part *p, const char *name)
{
    for (size_t i = 0; i < p->list.n; i++)
        if (!strcmp(p->list.item[i].name, name)) return p->list.item[i].verdict;
    fail_msg("no %s", name);
    return LM_VERDICT_NONE;
}

static void the_mesh_before_and_the_wall(void **state)
{
    (void)state;
    part p;
    grow(&p, NULL);
    assert_int_equal(judge(&p), LM_OK);
    assert_true(p.o.changed && p.o.grow == p.rec.item[0] && !p.o.stage);
    assert_int_equal(p.o.solid.nv, 16);
    assert_int_equal(p.o.solid.nt, 24);
    assert_memory_equal(p.o.solid.pos, p.m.pos, 16 * 12);
    assert_memory_equal(p.o.solid.tri, p.m.tri, 24 * 12);
    assert_int_equal(p.list.n, 4);
    assert_int_equal(lm_verdict_overall(p.list.item, p.list.n), LM_VERDICT_PASS);
    assert_true(p.g.checked && !p.g.allowed && p.g.wall.thin_samples == 0);
    drop(&p);
}

/* The block was thick enough: a vertex of it that moves, or a facet that leaves its surface, is seen by itself. */
static void what_changed_elsewhere_fails(void **state)
{
    (void)state;
    part p;
    grow(&p, NULL);
    p.out.pos[3 * 7 + 2] += 0x1p-10f; /* a corner of the block: 5 + 1/1024 */
    assert_int_equal(judge(&p), LM_OK);
    assert_int_equal(verdict(&p, "moved-elsewhere"), LM_VERDICT_FAIL);
    assert_int_equal(verdict(&p, "added-volume"), LM_VERDICT_FAIL);
    assert_int_equal(verdict(&p, "wall-move"), LM_VERDICT_PASS); /* that is little */
    p.out.pos[3 * 7 + 2] += 2;
    assert_int_equal(judge(&p), LM_OK);
    assert_int_equal(verdict(&p, "wall-move"), LM_VERDICT_FAIL);
    p.out.pos[3 * 7 + 2] = p.m.pos[3 * 7 + 2];
    assert_int_equal(judge(&p), LM_OK);
    assert_int_equal(verdict(&p, "moved-elsewhere"), LM_VERDICT_PASS);
    memcpy(p.out.tri, (uint32_t[]){0, 3, 5}, 3 * sizeof *p.out.tri); /* through the block */
    assert_int_equal(judge(&p), LM_OK);
    assert_int_equal(verdict(&p, "moved-elsewhere"), LM_VERDICT_FAIL);
    drop(&p);
}

/* Material taken away again where it was added: the wall is thin, and the books do not agree. */
static void a_thin_wall_fails(void **state)
{
    (void)state;
    part p;
    grow(&p, NULL);
    for (size_t v = 8; v < p.out.nv; v++)
        if (p.out.pos[3 * v] < 10) p.out.pos[3 * v + 2] = 0.5f + 0.8f * (p.out.pos[3 * v + 2] - 0.5f);
    assert_int_equal(judge(&p), LM_OK);
    assert_int_equal(verdict(&p, "least-wall"), LM_VERDICT_FAIL);
    assert_int_equal(verdict(&p, "added-volume"), LM_VERDICT_FAIL);
    drop(&p);
}

static void thin_places_pass_by_name_only(void **state)
{
    (void)state;
    part p;
    grow(&p, "thin"); /* inside only: there is no cavity, so nothing moves */
    assert_null(p.out.before);
    drop(&p);
    grow(&p, NULL);
    /* the same mesh, asked for more: thin places that the record does not name */
    json_object_set_new(json_object_get(p.rec.item[0], "wall"), "wall_mm", json_real(1.8));
    assert_int_equal(judge(&p), LM_OK);
    assert_int_equal(verdict(&p, "least-wall"), LM_VERDICT_FAIL);
    json_object_set_new(json_object_get(p.rec.item[0], "options"), "allow", json_string("thin"));
    assert_int_equal(judge(&p), LM_OK);
    assert_int_equal(verdict(&p, "least-wall"), LM_VERDICT_FAIL); /* none were thin when it was allowed */
    json_object_set_new(json_object_get(p.rec.item[0], "wall"), "thin_samples", json_integer(1000000));
    assert_int_equal(judge(&p), LM_OK);
    assert_int_equal(verdict(&p, "least-wall"), LM_VERDICT_PASS);
    assert_true(p.g.allowed && p.g.wall.thin_samples > 0 && p.g.wall.spots > 0);
    drop(&p);
}

static void another_mesh_before_is_an_error(void **state)
{
    (void)state;
    part p;
    grow(&p, NULL);
    p.out.before->pos[0] += 1;
    assert_int_equal(judge(&p), LM_ERULE);
    p.out.before->pos[0] -= 1;
    assert_int_equal(judge(&p), LM_OK);
    /* the mesh is not the one that the stage sent: nobody can tell what it was before */
    json_object_set_new(p.rec.item[0], "out", lm_record_sum(1, 2));
    json_t *next = lm_record_new(&p.rec, "meshfix", &(lm_err)LM_ERR_INIT);
    json_object_set_new(next, "in", lm_record_sum(1, 2));
    json_object_set_new(next, "out", lm_record_sum(3, 4));
    assert_int_equal(lm_record_append(&p.rec, next, &(lm_err)LM_ERR_INIT), LM_OK);
    assert_int_equal(lm_original_find(&p.rec, &p.out, &p.o, &(lm_err)LM_ERR_INIT), LM_OK);
    assert_true(!p.o.changed && !p.o.grow);
    assert_string_equal(p.o.stage, "meshshell");
    drop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mesh_before_and_the_wall),
        cmocka_unit_test(what_changed_elsewhere_fails),
        cmocka_unit_test(a_thin_wall_fails),
        cmocka_unit_test(thin_places_pass_by_name_only),
        cmocka_unit_test(another_mesh_before_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
