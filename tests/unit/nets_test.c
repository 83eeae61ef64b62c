/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/audit.h"
#include "surface/nets.h"
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

static void volume(lm_vol *v, size_t nx, size_t ny, size_t nz, lm_type type)
{
    assert_int_equal(lm_vol_alloc(v, (size_t[]){nx, ny, nz}, type, NULL), LM_OK);
    memset(v->data, 0, nx * ny * nz * lm_vol_type_size(type));
}

/* Every part by itself is closed, manifold, oriented outward; nothing intersects. Returns whether it is so, and says what not. */
static bool parts_are_valid(const lm_nets *n)
{
    bool good = true;
    lm_split s = LM_SPLIT_INIT;
    uint32_t *scratch = lm_split_scratch(&n->mesh, NULL);
    assert_int_equal(lm_split_make(&n->mesh, &s, NULL), LM_OK);
    assert_int_equal(s.n, n->n_labels);
    for (size_t i = 0; i < s.n; i++) {
        lm_mesh part = LM_MESH_INIT;
        lm_audit a;
        char line[256];
        assert_int_equal(s.label[i], n->label[i]);
        assert_int_equal(lm_split_part(&n->mesh, &s, i, scratch, &part, NULL, NULL), LM_OK);
        assert_int_equal(lm_audit_run(&part, &(lm_audit_opt){.threads = 1}, &a, NULL), LM_OK);
        lm_audit_line(&a, line, sizeof line);
        if (!a.valid) print_message("label %u: %s\n", n->label[i], line);
        good = good && a.valid;
        lm_mesh_release(&part);
    }
    free(scratch);
    lm_split_release(&s);
    return good;
}

static void show(const lm_vol *v)
{
    for (size_t i = 0; i < lm_vol_count(v); i++) print_message("%g%s", lm_vol_at(v, i), (i + 1) % v->n[0] ? " " : "\n");
}

/* All ways in which the eight corners of a cell can be equal or not, each class once as background: a fifth of them, all with
 * MESHQA_LONG. */
static void every_cell_is_valid(void **state)
{
    (void)state;
    lm_vol v = LM_VOL_INIT;
    lm_nets n = LM_NETS_INIT;
    volume(&v, 2, 2, 2, LM_U8);
    uint8_t *l = v.data, cls[8] = {0};
    size_t patterns = 0, bad = 0;
    for (;;) { /* restricted growth strings */
        int classes = 0;
        for (int c = 0; c < 8; c++) classes = cls[c] + 1 > classes ? cls[c] + 1 : classes;
        for (int zero = 0; zero <= classes; zero++) {
            for (int turn = 0; turn < 2; turn++) { /* numbers rising and falling: the smaller one has its way on a diagonal */
                for (int c = 0; c < 8; c++) l[c] = (uint8_t)(cls[c] + 1 == zero ? 0 : turn ? 9 - cls[c] : cls[c] + 1);
                if ((classes == 1 && zero == 1) || ((patterns + (size_t)(2 * zero + turn)) % 5 && !getenv("MESHQA_LONG"))) continue;
                assert_int_equal(lm_nets_make(&v, 1, &n, NULL), LM_OK);
                if (!parts_are_valid(&n) && bad++ < 5) show(&v);
            }
        }
        patterns++;
        int at = 7;
        for (; at > 0; at--) {
            int top = 0;
            for (int c = 0; c < at; c++) top = cls[c] > top ? cls[c] : top;
            if (cls[at] <= top) break;
        }
        if (at == 0) break;
        cls[at]++;
        for (int c = at + 1; c < 8; c++) cls[c] = 0;
    }
    assert_int_equal(patterns, 4140); /* the eighth Bell number */
    assert_int_equal(bad, 0);
    lm_nets_release(&n);
    lm_vol_release(&v);
}

static void noise_is_valid_and_fills_space(void **state)
{
    (void)state;
    size_t bad = 0;
    for (int round = 0; round < 400; round++) {
        lm_vol v = LM_VOL_INIT;
        lm_nets n = LM_NETS_INIT;
        uint32_t labels = 1 + next() % 6, seed = rng;
        volume(&v, 1 + next() % 6, 1 + next() % 6, 1 + next() % 12, LM_U16);
        for (size_t i = 0; i < lm_vol_count(&v); i++) ((uint16_t *)v.data)[i] = (uint16_t)(next() % (labels + 1));
        lm_status rc = lm_nets_make(&v, 1 + round % 3, &n, NULL);
        if (rc == LM_ENO) {
            lm_vol_release(&v);
            continue;
        }
        assert_int_equal(rc, LM_OK);
        if (!parts_are_valid(&n) && bad++ < 3) {
            print_message("seed %u, %zu x %zu x %zu\n", seed, v.n[0], v.n[1], v.n[2]);
            show(&v);
        }
        lm_nets_release(&n);
        lm_vol_release(&v);
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_valid),
        cmocka_unit_test(noise_is_valid_and_fills_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
