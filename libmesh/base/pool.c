/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_MAX = 256 };

int lm_pool_threads(int asked)
{
    if (asked > 0) return asked < POOL_MAX ? asked : POOL_MAX;
    const char *flags = getenv("MAKEFLAGS");
    if (flags && (strstr(flags, "--jobserver-auth") || strstr(flags, "--jobserver-fds"))) return 1;
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < 1 ? 1 : n < POOL_MAX ? n : POOL_MAX;
}

typedef struct {
    lm_pool_fn fn;
    void *ctx;
    size_t n;
    atomic_size_t next;
    atomic_size_t stop; /* lowest task that failed, or n */
    pthread_mutex_t lock;
    size_t failed; /* task of err, under lock */
    lm_err err;
} pool_job;

typedef struct {
    pool_job *job;
    int worker;
} pool_arg;

static void *pool_work(void *p)
{
    pool_arg *a = p;
    pool_job *job = a->job;
    lm_err err = LM_ERR_INIT;
    for (;;) {
        size_t t = atomic_fetch_add(&job->next, 1);
        /* tasks below a failed one still run, so that the lowest failure is found whatever the timing */
        if (t >= job->n || t > atomic_load(&job->stop)) return NULL;
        if (job->fn(job->ctx, t, a->worker, &err) == LM_OK) continue;
        pthread_mutex_lock(&job->lock);
        if (t < job->failed) {
            job->failed = t;
            job->err = err;
            atomic_store(&job->stop, t);
        }
        pthread_mutex_unlock(&job->lock);
        memset(&err, 0, sizeof err);
    }
}

lm_status lm_pool_run(int threads, size_t n, lm_pool_fn fn, void *ctx, lm_err *err)
{
    pool_job job = {.fn = fn, .ctx = ctx, .n = n, .failed = n, .err = LM_ERR_INIT};
    pthread_t id[POOL_MAX];
    pool_arg arg[POOL_MAX];
    int started = 0, want = threads < 1 ? 1 : threads > POOL_MAX ? POOL_MAX : threads;
    if ((size_t)want > n) want = n ? (int)n : 1;
    atomic_init(&job.next, 0);
    atomic_init(&job.stop, n);
    pthread_mutex_init(&job.lock, NULL);
    for (int w = 1; w < want; w++) {
        arg[w] = (pool_arg){&job, w};
        if (pthread_create(&id[w], NULL, pool_work, &arg[w])) break; /* fewer threads, same result */
        started = w;
    }
    arg[0] = (pool_arg){&job, 0};
    pool_work(&arg[0]);
    for (int w = 1; w <= started; w++) pthread_join(id[w], NULL);
    pthread_mutex_destroy(&job.lock);
    if (job.failed == n) return LM_OK;
    if (err) *err = job.err;
    return job.err.code;
}
