/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool: every task once, by workers with numbers of their own; the lowest error; loops in loops; forks between loops. */
#include "base/pool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/child.h"

enum { TASKS = 300, MOST = 8 };
static lm_err err;

typedef struct {
    int threads;
    unsigned char done[TASKS];
    atomic_int inside[MOST]; /* tasks that each worker is at */
    atomic_bool bad;
    size_t fails; /* tasks from here on */
} board;

static lm_status mark(void *ctx, size_t task, int worker, lm_err *e)
{
    board *b = ctx;
    if (worker < 0 || worker >= b->threads || atomic_fetch_add(&b->inside[worker], 1)) atomic_store(&b->bad, true);
    b->done[task]++;
    if (worker >= 0 && worker < MOST) atomic_fetch_sub(&b->inside[worker], 1);
    if (task < b->fails) return LM_OK;
    return lm_err_set(e, LM_ERANGE, NULL, "task %zu", task);
}

static void each_task_once(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++) {
        board b = {.threads = 1 + round % MOST, .fails = SIZE_MAX};
        size_t n = (size_t)(round * 37 % TASKS);
        assert_int_equal(lm_pool_run(b.threads, n, mark, &b, &err), LM_OK);
        for (size_t i = 0; i < TASKS; i++) assert_int_equal(b.done[i], i < n);
        assert_false(atomic_load(&b.bad));
    }
}

static void the_lowest_error(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        board b = {.threads = 1 + round % MOST, .fails = (size_t)(round * 7 % TASKS)};
        char want[32];
        snprintf(want, sizeof want, "task %zu", b.fails);
        err = (lm_err)LM_ERR_INIT;
        assert_int_equal(lm_pool_run(b.threads, TASKS, mark, &b, &err), LM_ERANGE);
        assert_string_equal(err.text[0], want);
        for (size_t i = 0; i < b.fails; i++) assert_int_equal(b.done[i], 1);
    }
}

static lm_status loop_in_loop(void *ctx, size_t task, int worker, lm_err *e)
{
    (void)worker;
    board *b = (board *)ctx + task;
    *b = (board){.threads = MOST, .fails = SIZE_MAX};
    return lm_pool_run(MOST, TASKS, mark, b, e);
}

static void loops_in_loops(void **state)
{
    (void)state;
    board b[6];
    assert_int_equal(lm_pool_run(3, 6, loop_in_loop, b, &err), LM_OK);
    for (size_t k = 0; k < 6; k++)
        for (size_t i = 0; i < TASKS; i++) assert_int_equal(b[k].done[i], 1);
}

/* A process that was forked with workers waiting has none of them, and gets its own. */
static void forks_between_loops(void **state)
{
    (void)state;
    board b = {.threads = 4, .fails = SIZE_MAX};
    assert_int_equal(lm_pool_run(4, TASKS, mark, &b, &err), LM_OK);
    lm_pool_end();
    lm_pool_end();
    pid_t pid = fork();
    if (!pid) {
        bool good = lm_pool_run(4, TASKS, mark, &b, &err) == LM_OK;
        lm_pool_end();
        for (size_t i = 0; i < TASKS; i++) good = good && b.done[i] == 2;
        _exit(!good);
    }
    int status = 1;
    assert_true(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(lm_pool_run(4, TASKS, mark, &b, &err), LM_OK);
    assert_int_equal(b.done[0], 2);
}

static int loop_in_child(void *ctx, size_t item)
{
    board b = {.threads = 3, .fails = SIZE_MAX};
    ((unsigned char *)ctx)[item] = lm_pool_run(3, TASKS, mark, &b, NULL) == LM_OK && b.done[TASKS - 1] == 1;
    return 0;
}

static void child_processes_in_between(void **state)
{
    (void)state;
    size_t bytes;
    unsigned char *done = lm_child_map(8, 1, &bytes, &err);
    lm_child_job job = {.n = 8, .children = 2, .fn = loop_in_child, .ctx = done};
    lm_child_end end;
    board b = {.threads = 4, .fails = SIZE_MAX};
    assert_int_equal(lm_pool_run(4, TASKS, mark, &b, &err), LM_OK);
    assert_int_equal(lm_child_run(&job, &end, &err), LM_OK);
    assert_int_equal(end.why, LM_CHILD_DONE);
    for (int i = 0; i < 8; i++) assert_int_equal(done[i], 1);
    assert_int_equal(lm_pool_run(4, TASKS, mark, &b, &err), LM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_once),      cmocka_unit_test(the_lowest_error),           cmocka_unit_test(loops_in_loops),
        cmocka_unit_test(forks_between_loops), cmocka_unit_test(child_processes_in_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
