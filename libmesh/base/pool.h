/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pool.h: parallel loops whose result does not depend on the number of threads.
 *
 * Work is cut into tasks by the caller (by slab, by block of fixed size), never by thread: each task writes to its own
 * place, and sums are added in task order afterwards. Tasks are handed out in order; which worker runs one is free.
 *
 * Workers are started when first wanted and wait between loops until the program ends. A loop inside a loop, or beside one, is run
 * by its caller alone. */
#ifndef LM_BASE_POOL_H
#define LM_BASE_POOL_H

#include "base/err.h"

/* Threads to use for `asked`: asked itself when > 0; else 1 under GNU make's jobserver (MAKEFLAGS), else one per core
 * this process may run on. At most 256. */
int lm_pool_threads(int asked);

/* One task. worker is in [0, threads): index of per-worker scratch. Return other than LM_OK to stop early: the error of
 * the lowest failing task is the one reported. */
typedef lm_status (*lm_pool_fn)(void *ctx, size_t task, int worker, lm_err *err);

/* Run fn for task 0 .. n-1 on up to `threads` threads (the caller is one of them) and wait for all. */
LM_CHECKED lm_status lm_pool_run(int threads, size_t n, lm_pool_fn fn, void *ctx, lm_err *err);
/* End the workers, until they are wanted again: before a fork, so that no lock of a library is held by a thread that is not there
 * in the child. Nothing while a loop is on. */
void lm_pool_end(void);

#endif
