/* SPDX-License-Identifier: GPL-3.0-or-later */
/* feed.h: a reader over bytes, from memory or through a pipe (whose length is not known beforehand). */
#ifndef TESTS_LIB_FEED_H
#define TESTS_LIB_FEED_H

#include "base/io.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct {
    const unsigned char *p;
    size_t n;
    int fd[2];
    pthread_t id;
    lm_in *in;
} feed;

static void *feed_push(void *arg)
{
    feed *f = arg;
    for (size_t at = 0; at < f->n;) { /* odd pieces, so that reads end anywhere */
        size_t n = f->n - at < 7001 ? f->n - at : 7001;
        ssize_t k = write(f->fd[1], f->p + at, n);
        if (k <= 0) break;
        at += (size_t)k;
    }
    close(f->fd[1]);
    return NULL;
}

static lm_status feed_open(feed *f, const void *p, size_t n, bool piped, lm_err *err)
{
    *f = (feed){.p = p, .n = n, .fd = {-1, -1}};
    if (!piped) return lm_io_open_mem(p, n, &f->in, err);
    char path[64];
    if (pipe(f->fd) || pthread_create(&f->id, NULL, feed_push, f)) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", f->fd[0]);
    return lm_io_open(path, &f->in, err);
}

static void feed_close(feed *f)
{
    lm_io_close(f->in);
    if (f->fd[0] < 0) return;
    close(f->fd[0]); /* the writer gets EPIPE when the reader stopped early */
    pthread_join(f->id, NULL);
}

#endif
