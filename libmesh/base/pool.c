/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* The workers. They wait between loops; a loop does not wait for those that have not come when its tasks are all taken. */
static struct {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t work, left;
    pthread_t id[POOL_MAX];
    int started;   /* workers there are */
    pid_t owner;   /* the process that started them */
    pool_job *job; /* open to workers, or NULL */
    uint64_t number;
    int room, came, inside; /* workers that may still come to it; that came; that have not left */
    bool busy, end;         /* a loop is on; workers are to go */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};

static void pool_work(pool_job *job, int worker)
{
    lm_err err = LM_ERR_INIT;
    for (;;) {
        size_t t = atomic_fetch_add(&job->next, 1);
        /* tasks below a failed one still run, so that the lowest failure is found whatever the timing */
        if (t >= job->n || t > atomic_load(&job->stop)) return;
        if (job->fn(job->ctx, t, worker, &err) == LM_OK) continue;
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

static void *pool_wait(void *unused)
{
    uint64_t seen = 0;
    (void)unused;
    pthread_mutex_lock(&pool.lock);
    for (;;) {
        while (!pool.end && (!pool.job || pool.number == seen || !pool.room)) pthread_cond_wait(&pool.work, &pool.lock);
        if (pool.end) break;
        pool_job *job = pool.job;
        const int worker = ++pool.came;
        seen = pool.number;
        pool.room--;
        pool.inside++;
        pthread_mutex_unlock(&pool.lock);
        pool_work(job, worker);
        pthread_mutex_lock(&pool.lock);
        if (!--pool.inside) pthread_cond_signal(&pool.left);
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

void lm_pool_end(void)
{
    pthread_mutex_lock(&pool.lock);
    const int n = pool.busy || pool.owner != getpid() ? 0 : pool.started; /* a forked child has none of its parent's */
    pool.end = n > 0;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    if (!n) return;
    for (int i = 0; i < n; i++) pthread_join(pool.id[i], NULL);
    pool.started = 0;
    pool.end = false;
}

/* Called with the lock. Fewer workers, same result. */
static void pool_start(int want)
{
    static bool told;
    if (pool.owner != getpid()) pool.started = 0;
    pool.owner = getpid();
    if (!told) told = atexit(lm_pool_end) == 0;
    while (pool.started < want && !pthread_create(&pool.id[pool.started], NULL, pool_wait, NULL)) pool.started++;
}

/* Let workers in, work, and wait until all have left. False, and nothing done: another loop is on. */
static bool pool_share(pool_job *job, int workers)
{
    pthread_mutex_lock(&pool.lock);
    if (pool.busy) {
        pthread_mutex_unlock(&pool.lock);
        return false;
    }
    pool_start(workers);
    pool.busy = true;
    pool.job = job;
    pool.number++;
    pool.room = workers;
    pool.came = 0;
    if (workers >= pool.started) pthread_cond_broadcast(&pool.work);
    else
        for (int i = 0; i < workers; i++) pthread_cond_signal(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    pool_work(job, 0);
    pthread_mutex_lock(&pool.lock);
    pool.job = NULL;
    while (pool.inside) pthread_cond_wait(&pool.left, &pool.lock);
    pool.busy = false;
    pthread_mutex_unlock(&pool.lock);
    return true;
}

lm_status lm_pool_run(int threads, size_t n, lm_pool_fn fn, void *ctx, lm_err *err)
{
    pool_job job = {.fn = fn, .ctx = ctx, .n = n, .failed = n, .err = LM_ERR_INIT};
    int want = threads < 1 ? 1 : threads > POOL_MAX ? POOL_MAX : threads;
    if ((size_t)want > n) want = n ? (int)n : 1;
    atomic_init(&job.next, 0);
    atomic_init(&job.stop, n);
    pthread_mutex_init(&job.lock, NULL);
    if (want == 1 || !pool_share(&job, want - 1)) pool_work(&job, 0);
    pthread_mutex_destroy(&job.lock);
    if (job.failed == n) return LM_OK;
    if (err) *err = job.err;
    return job.err.code;
}
