/* SPDX-License-Identifier: GPL-3.0-or-later */
/* child.h: a loop whose body may crash, hang or eat memory: it runs in child processes, forked before any thread.
 *
 * Items are handed out in order; a child writes its results to shared memory (lm_child_map) only. A child that dies, or
 * stays with one item for too long, ends the run, and the item it was at is known. The lowest such item is reported,
 * whatever the timing: items below it were handed out before and are finished first. */
#ifndef LM_BASE_CHILD_H
#define LM_BASE_CHILD_H

#include "base/err.h"
#include <stdbool.h>

typedef struct {
    size_t n;          /* items */
    int children;      /* 0: as lm_pool_threads */
    size_t max_memory; /* address space a child may take beyond the parent's; 0: 4 GiB (not under sanitizers) */
    unsigned seconds;  /* processor time and, twice that, wall time for one item; 0: 60 */
    /* In the child. 0, or a number of the caller's that ends the run. Standard streams lead nowhere. */
    int (*fn)(void *ctx, size_t item);
    void *ctx;
    void (*progress)(void *ctx, const char *what, double fraction); /* in the parent; may be NULL */
    void *progress_ctx;
    const char *what;
} lm_child_job;

typedef enum { LM_CHILD_DONE, LM_CHILD_FAILED, LM_CHILD_DIED, LM_CHILD_TIME } lm_child_why;
typedef struct {
    lm_child_why why;
    size_t item; /* when why is not LM_CHILD_DONE */
    int code;    /* LM_CHILD_FAILED: what fn returned */
} lm_child_end;

/* LM_OK when the run took place (see end->why for how it ended); LM_EIO, LM_ENOMEM when the system refused. */
LM_CHECKED lm_status lm_child_run(const lm_child_job *job, lm_child_end *end, lm_err *err);

/* n zeroed elements that children share with the parent; *bytes is for munmap. NULL and err on error. */
LM_CHECKED void *lm_child_map(size_t n, size_t size, size_t *bytes, lm_err *err);

#endif
