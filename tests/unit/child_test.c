/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The run of child processes: who dies, hangs or gives up is named. */
#include "base/child.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <cmocka.h>

typedef struct {
    unsigned char *mark; /* shared */
    size_t die, hang, fail;
} crew;

static int crew_work(void *ctx, size_t i)
{
    crew *c = ctx;
    c->mark[i] = 1;
    printf("a child must not reach standard output\n");
    fflush(stdout);
    if (i == c->die) raise(SIGSEGV);
    while (i == c->hang) continue;
    return i >= c->fail ? 7 : 0;
}

static lm_child_end crew_run(crew *c, size_t n, int children, size_t *marked)
{
    size_t bytes;
    lm_err err = LM_ERR_INIT;
    lm_child_end end;
    c->mark = lm_child_map(n, 1, &bytes, &err);
    assert_non_null(c->mark);
    lm_child_job job = {.n = n, .children = children, .seconds = 1, .fn = crew_work, .ctx = c, .what = "test"};
    assert_int_equal(lm_child_run(&job, &end, &err), LM_OK);
    *marked = 0;
    for (size_t i = 0; i < n; i++) *marked += c->mark[i];
    munmap(c->mark, bytes);
    return end;
}

static void children_share_the_work(void **state)
{
    (void)state;
    for (int children = 1; children < 6; children += 2) {
        crew c = {.die = SIZE_MAX, .hang = SIZE_MAX, .fail = SIZE_MAX};
        size_t marked;
        assert_int_equal(crew_run(&c, 1000, children, &marked).why, LM_CHILD_DONE);
        assert_int_equal(marked, 1000);
        signal(SIGCHLD, SIG_IGN); /* as some callers of ours leave it: exit codes are lost then */
        assert_int_equal(crew_run(&c, 10, children, &marked).why, LM_CHILD_DONE);
        signal(SIGCHLD, SIG_DFL);
    }
}

static void a_dead_child_names_its_item(void **state)
{
    (void)state;
    for (int children = 1; children < 5; children++) {
        crew c = {.die = 40, .hang = SIZE_MAX, .fail = SIZE_MAX};
        size_t marked;
        lm_child_end end = crew_run(&c, 100, children, &marked);
        assert_int_equal(end.why, LM_CHILD_DIED);
        assert_int_equal(end.item, 40);
        c = (crew){.die = SIZE_MAX, .hang = SIZE_MAX, .fail = 33};
        end = crew_run(&c, 100, children, &marked);
        assert_int_equal(end.why, LM_CHILD_FAILED);
        assert_int_equal(end.item, 33); /* the lowest, whatever the timing */
        assert_int_equal(end.code, 7);
        assert_true(marked >= 34 && marked < 34 + (size_t)children);
    }
}

static void a_hanging_child_is_stopped(void **state)
{
    (void)state;
    crew c = {.die = SIZE_MAX, .hang = 3, .fail = SIZE_MAX};
    size_t marked;
    lm_child_end end = crew_run(&c, 8, 2, &marked);
    assert_true(end.why == LM_CHILD_DIED || end.why == LM_CHILD_TIME); /* by processor time, or on a busy machine by the clock */
    assert_int_equal(end.item, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_share_the_work),
        cmocka_unit_test(a_dead_child_names_its_item),
        cmocka_unit_test(a_hanging_child_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
