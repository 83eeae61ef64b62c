/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 input, 2 output, 3 signals */
#include "base/io.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IO_BUF = 1 << 18, IO_PEEK = 65536 };

/* ---- 1 input ---- */

struct lm_in {
    int fd; /* -1: memory or pull */
    lm_io_pull pull;
    void (*end_pull)(void *ctx);
    void *ctx;
    lm_hash_sha256 *sha;
    bool eof;
    uint64_t size, tell;
    unsigned char *buf;       /* owned when fd >= 0 */
    const unsigned char *mem; /* what is read from: buf, or the caller's memory */
    size_t at, end;           /* unread part of mem */
    char name[256];
};

static lm_status io_new(lm_in **ret, lm_err *err)
{
    lm_in *in = lm_mem_calloc(1, sizeof *in, err);
    if (!in) return LM_ENOMEM;
    in->fd = -1;
    in->size = UINT64_MAX;
    *ret = in;
    return LM_OK;
}

/* Up to n more bytes from where they come from; *got = 0 only at the end. */
static lm_status io_more(lm_in *in, unsigned char *buf, size_t n, size_t *got, lm_err *err)
{
    if (in->pull) {
        lm_status rc = in->pull(in->ctx, buf, n, got, err);
        if (rc) return rc;
    } else {
        ssize_t k;
        while ((k = read(in->fd, buf, n)) < 0 && errno == EINTR) continue;
        if (k < 0) return lm_err_set(err, LM_EIO, NULL, "cannot read '%s': %s", in->name, strerror(errno));
        *got = (size_t)k;
    }
    if (!*got) in->eof = true;
    return LM_OK;
}

/* n bytes at p were handed out. */
static void io_gone(lm_in *in, const void *p, size_t n)
{
    in->tell += n;
    if (in->sha) lm_hash_sha256_update(in->sha, p, n);
}

/* Move what is unread to the front and read until `want` bytes are there or the input ends. */
static lm_status io_fill(lm_in *in, size_t want, lm_err *err)
{
    if (!in->buf || in->end - in->at >= want) return LM_OK;
    memmove(in->buf, in->buf + in->at, in->end - in->at);
    in->end -= in->at;
    in->at = 0;
    while (in->end < want && !in->eof) {
        size_t n;
        lm_status rc = io_more(in, in->buf + in->end, IO_BUF - in->end, &n, err);
        if (rc) return rc;
        in->end += n;
    }
    return LM_OK;
}

lm_status lm_io_open(const char *path, lm_in **ret, lm_err *err)
{
    lm_in *in = NULL;
    lm_status rc = io_new(&in, err);
    if (rc) return rc;
    bool std_in = !strcmp(path, "-");
    snprintf(in->name, sizeof in->name, "%s", std_in ? "standard input" : path);
    if (std_in && isatty(0)) {
        rc = lm_err_set(err, LM_EUSAGE, NULL, "standard input is a terminal: name a file or connect a pipe");
        goto fail;
    }
    in->fd = std_in ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0) {
        rc = lm_err_set(err, LM_EIO, NULL, "cannot open '%s': %s", in->name, strerror(errno));
        goto fail;
    }
    struct stat st;
    if (fstat(in->fd, &st) == 0) {
        if (S_ISDIR(st.st_mode)) {
            rc = lm_err_set(err, LM_EUSAGE, NULL, "'%s' is a folder, a file is needed here", in->name);
            goto fail;
        }
        if (S_ISREG(st.st_mode)) {
            off_t pos = lseek(in->fd, 0, SEEK_CUR);
            in->size = (uint64_t)(st.st_size - (pos > 0 && pos < st.st_size ? pos : 0));
        }
    }
    if (!(in->buf = lm_mem_alloc(IO_BUF, 1, err))) {
        rc = LM_ENOMEM;
        goto fail;
    }
    in->mem = in->buf;
    if ((rc = io_fill(in, 1, err))) goto fail;
    if (in->end == 0) {
        rc = lm_err_set(err, LM_EFORMAT, NULL, "'%s' is empty%s", in->name, std_in ? ": the tool before it sent nothing" : "");
        goto fail;
    }
    *ret = in;
    return LM_OK;
fail:
    lm_io_close(in);
    return rc;
}

lm_status lm_io_open_mem(const void *p, size_t n, lm_in **ret, lm_err *err)
{
    lm_in *in = NULL;
    lm_status rc = io_new(&in, err);
    if (rc) return rc;
    in->mem = p;
    in->end = n;
    in->size = n;
    in->eof = true;
    snprintf(in->name, sizeof in->name, "memory");
    *ret = in;
    return LM_OK;
}

lm_status lm_io_open_pull(lm_io_pull pull, void (*end)(void *ctx), void *ctx, const char *name, lm_in **ret, lm_err *err)
{
    lm_in *in = NULL;
    lm_status rc = io_new(&in, err);
    if (!rc && !(in->buf = lm_mem_alloc(IO_BUF, 1, err))) rc = LM_ENOMEM;
    if (rc) {
        free(in);
        return rc;
    }
    in->mem = in->buf;
    in->pull = pull;
    in->end_pull = end;
    in->ctx = ctx;
    snprintf(in->name, sizeof in->name, "%s", name);
    *ret = in;
    return LM_OK;
}

void lm_io_hash(lm_in *in, lm_hash_sha256 *sha)
{
    in->sha = sha;
}

void lm_io_close(lm_in *in)
{
    if (!in) return;
    if (in->end_pull) in->end_pull(in->ctx);
    if (in->fd >= 0) close(in->fd);
    free(in->buf);
    free(in);
}

const char *lm_io_name(const lm_in *in)
{
    return in->name;
}

uint64_t lm_io_size(const lm_in *in)
{
    return in->size;
}

uint64_t lm_io_tell(const lm_in *in)
{
    return in->tell;
}

lm_status lm_io_peek(lm_in *in, size_t want, const unsigned char **p, size_t *got, lm_err *err)
{
    if (want > IO_PEEK) want = IO_PEEK;
    lm_status rc = io_fill(in, want, err);
    if (rc) return rc;
    *p = in->mem + in->at;
    *got = in->end - in->at < want ? in->end - in->at : want;
    return LM_OK;
}

lm_status lm_io_read_some(lm_in *in, void *buf, size_t n, size_t *got, lm_err *err)
{
    unsigned char *o = buf;
    size_t done = in->end - in->at < n ? in->end - in->at : n;
    memcpy(o, in->mem + in->at, done);
    in->at += done;
    while (done < n && !in->eof) { /* large reads go straight to their place */
        size_t k;
        lm_status rc = io_more(in, o + done, n - done, &k, err);
        if (rc) return rc;
        done += k;
    }
    io_gone(in, buf, done);
    *got = done;
    return LM_OK;
}

lm_status lm_io_read(lm_in *in, void *buf, size_t n, lm_err *err)
{
    size_t got;
    lm_status rc = lm_io_read_some(in, buf, n, &got, err);
    if (rc || got == n) return rc;
    return lm_err_set(err, LM_EFORMAT, NULL, "'%s': %zu of %zu bytes, input cut off", in->name, got, n);
}

lm_status lm_io_line(lm_in *in, char *buf, size_t cap, size_t *len, bool *eof, lm_err *err)
{
    size_t n = 0;
    *eof = false;
    for (;;) {
        if (in->at == in->end) {
            lm_status rc = io_fill(in, 1, err);
            if (rc) return rc;
            if (in->at == in->end) {
                *eof = n == 0;
                break;
            }
        }
        const unsigned char *s = in->mem + in->at, *lf = memchr(s, '\n', in->end - in->at);
        size_t k = lf ? (size_t)(lf - s) : in->end - in->at;
        if (n + k >= cap) return lm_err_set(err, LM_EFORMAT, NULL, "'%s': a line is longer than %zu bytes", in->name, cap - 1);
        memcpy(buf + n, s, k);
        n += k;
        in->at += k + (lf != NULL);
        io_gone(in, s, k + (lf != NULL));
        if (lf) break;
    }
    if (n && buf[n - 1] == '\r') n--;
    buf[n] = 0;
    *len = n;
    return LM_OK;
}

lm_status lm_io_slurp(lm_in *in, size_t limit, char **ret, size_t *n, lm_err *err)
{
    char *p = NULL;
    size_t cap = 0, used = 0, got = 0;
    lm_status rc;
    do {
        size_t want = in->size != UINT64_MAX && used == 0 && in->size < limit ? (size_t)(in->size - in->tell) + 1 : used + IO_BUF;
        if ((rc = lm_mem_grow(&p, &cap, want + 1, 1, err)) || (rc = lm_io_read_some(in, p + used, cap - used - 1, &got, err)))
            goto fail;
        used += got;
        if (used > limit) {
            rc = lm_err_set(err, LM_ERANGE, NULL, "'%s' is larger than the limit of %zu bytes", in->name, limit);
            goto fail;
        }
    } while (!in->eof);
    p[used] = 0;
    *ret = p;
    *n = used;
    return LM_OK;
fail:
    free(p);
    return rc;
}

/* ---- 2 output ---- */

enum { IO_TEMPS = 512, IO_NAME = 4096, IO_CLOSED = -2 };

/* Temporaries that a signal must remove. A slot is published by its flag, so that the handler never sees half a name. */
static struct {
    atomic_int used; /* 0 free, 1 being filled, 2 valid */
    char name[IO_NAME];
} io_temps[IO_TEMPS];

struct lm_out {
    int fd;    /* -1: memory, or IO_CLOSED */
    int temp;  /* slot in io_temps, or -1 */
    int error; /* errno of the first failure, or -1 for memory */
    size_t used, cap;
    unsigned char *buf;
    lm_hash_sha256 *sha; /* taps, or NULL */
    uint64_t *tapped;
    bool fresh;   /* no file of that name was there */
    lm_out *next; /* goes with it, owned */
    char name[IO_NAME];
};

static lm_status io_temp_make(lm_out *out, lm_err *err)
{
    static atomic_uint serial;
    int slot = 0;
    for (;; slot++) {
        int idle = 0;
        if (slot == IO_TEMPS) return lm_err_set(err, LM_ERANGE, NULL, "more than %d files open for writing", (int)IO_TEMPS);
        if (atomic_compare_exchange_strong(&io_temps[slot].used, &idle, 1)) break;
    }
    char *t = io_temps[slot].name;
    struct stat st;
    out->fresh = stat(out->name, &st) != 0;
    mode_t mode = out->fresh ? 0666 : st.st_mode & 0777;
    for (int tries = 0; tries < 100; tries++) {
        int n = snprintf(t, IO_NAME, "%s.tmp-%ld-%u", out->name, (long)getpid(), atomic_fetch_add(&serial, 1));
        if (n < 0 || n >= IO_NAME) {
            errno = ENAMETOOLONG;
            break;
        }
        atomic_store(&io_temps[slot].used, 2);
        out->fd = open(t, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (out->fd >= 0) {
            out->temp = slot;
            return LM_OK;
        }
        int e = errno;
        atomic_store(&io_temps[slot].used, 1); /* not ours: the handler must not remove it */
        errno = e;
        if (e != EEXIST) break;
    }
    int e = errno;
    atomic_store(&io_temps[slot].used, 0);
    return lm_err_set(err, LM_EIO, NULL, "cannot write '%s': %s", out->name, strerror(e));
}

lm_status lm_io_create(const char *path, bool text, lm_out **ret, lm_err *err)
{
    lm_status rc = LM_OK;
    lm_out *out = lm_mem_calloc(1, sizeof *out, err);
    if (!out) return LM_ENOMEM;
    out->fd = out->temp = -1;
    bool std_out = !strcmp(path, "-");
    struct stat st;
    snprintf(out->name, sizeof out->name, "%s", std_out ? "standard output" : path);
    if (!(out->buf = lm_mem_alloc(IO_BUF, 1, err))) rc = LM_ENOMEM;
    else if (std_out && !text && isatty(1))
        rc = lm_err_set(err, LM_EUSAGE, NULL, "standard output is a terminal: use -o FILE or connect a pipe");
    else if (std_out) {
        if ((out->fd = dup(1)) < 0) rc = lm_err_set(err, LM_EIO, NULL, "cannot write standard output: %s", strerror(errno));
    } else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        /* a device or named pipe (/dev/null, /dev/full) is written in place: renaming would replace it */
        out->fd = open(path, O_WRONLY | O_CLOEXEC);
        if (out->fd < 0) rc = lm_err_set(err, LM_EIO, NULL, "cannot write '%s': %s", path, strerror(errno));
    } else if (!rc && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        rc = lm_err_set(err, LM_EUSAGE, NULL, "cannot write '%s': it is a folder", path);
    else {
        char *real = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? realpath(path, NULL) : NULL;
        if (real) snprintf(out->name, sizeof out->name, "%s", real); /* the file that the link names, not the link, is replaced */
        free(real);
        rc = io_temp_make(out, err);
    }
    if (rc) {
        lm_io_abort(out);
        return rc;
    }
    out->cap = IO_BUF;
    *ret = out;
    return LM_OK;
}

lm_status lm_io_create_mem(lm_out **ret, lm_err *err)
{
    lm_out *out = lm_mem_calloc(1, sizeof *out, err);
    if (!out) return LM_ENOMEM;
    out->fd = out->temp = -1;
    snprintf(out->name, sizeof out->name, "memory");
    *ret = out;
    return LM_OK;
}

static void io_push(lm_out *out, const unsigned char *p, size_t n)
{
    while (n && !out->error) {
        ssize_t k = write(out->fd, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) {
            out->error = errno;
            return;
        }
        p += k;
        n -= (size_t)k;
    }
}

void lm_io_write(lm_out *out, const void *p, size_t n)
{
    assert(out->fd != IO_CLOSED);
    if (out->error || !n) return;
    if (out->sha) {
        lm_hash_sha256_update(out->sha, p, n);
        *out->tapped += n;
    }
    if (out->fd < 0) {
        size_t need;
        if (!lm_mem_add(out->used, n, &need) || lm_mem_grow(&out->buf, &out->cap, need, 1, NULL)) {
            out->error = -1;
            return;
        }
    } else if (n > out->cap - out->used) {
        io_push(out, out->buf, out->used);
        out->used = 0;
        if (n >= out->cap) {
            io_push(out, p, n);
            return;
        }
    }
    memcpy(out->buf + out->used, p, n);
    out->used += n;
}

void lm_io_printf(lm_out *out, const char *fmt, ...)
{
    char small[1024], *big = small;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof small) {
        if (!(big = malloc((size_t)n + 1))) {
            if (!out->error) out->error = -1;
            return;
        }
        va_start(ap, fmt);
        vsnprintf(big, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    if (n > 0) lm_io_write(out, big, (size_t)n);
    if (big != small) free(big);
}

static void io_temp_forget(lm_out *out)
{
    if (out->temp >= 0) atomic_store(&io_temps[out->temp].used, 0);
    out->temp = -1;
}

void lm_io_tap(lm_out *out, lm_hash_sha256 *sha, uint64_t *bytes)
{
    lm_hash_sha256_init(sha);
    *bytes = 0;
    out->sha = sha;
    out->tapped = bytes;
}

static lm_status io_failed(const lm_out *out, lm_err *err)
{
    return lm_err_set(err, LM_EIO, NULL, "cannot write '%s': %s", out->name,
                      out->error < 0        ? "out of memory"
                      : out->error == EPIPE ? "the reader is gone"
                                            : strerror(out->error));
}

static lm_status io_flush_one(lm_out *out, lm_err *err)
{
    if (!out->error && out->fd >= 0) {
        io_push(out, out->buf, out->used);
        out->used = 0;
    }
    if (!out->error && out->temp >= 0 && out->fd >= 0) {
        int fd = out->fd;
        out->fd = IO_CLOSED;
        if (close(fd)) out->error = errno;
    }
    return out->error ? io_failed(out, err) : LM_OK;
}

lm_status lm_io_flush(lm_out *out, lm_err *err)
{
    lm_status rc = LM_OK;
    for (; out && !rc; out = out->next) rc = io_flush_one(out, err);
    return rc;
}

void lm_io_follow(lm_out *out, lm_out *more)
{
    while (out->next) out = out->next;
    out->next = more;
}

static lm_status io_commit_one(lm_out *out, lm_err *err)
{
    if (!out->error) io_push(out, out->buf, out->used);
    int fd = out->fd;
    out->fd = -1;
    if (fd != IO_CLOSED && close(fd) && !out->error) out->error = errno;
    if (!out->error && out->temp >= 0 && rename(io_temps[out->temp].name, out->name)) out->error = errno;
    return out->error ? io_failed(out, err) : LM_OK;
}

/* The temporary is gone: it has its final name. */
static lm_status io_commit_row(lm_out *first, lm_err *err)
{
    lm_status rc = lm_io_flush(first, err);
    lm_out *out = first;
    for (; out && !rc; out = out->next) rc = io_commit_one(out, err);
    for (lm_out *o = first; rc && o != out && o->next != out; o = o->next) /* all before the one that failed */
        if (o->fresh && o->temp >= 0) unlink(o->name);
    return rc;
}

lm_status lm_io_commit(lm_out *out, lm_err *err)
{
    lm_status rc = out->next ? io_commit_row(out, err) : io_commit_one(out, err);
    for (lm_out *o = out; o && !rc; o = o->next) io_temp_forget(o);
    lm_io_abort(out);
    return rc;
}

void lm_io_abort(lm_out *out)
{
    while (out) {
        lm_out *next = out->next;
        if (out->fd >= 0) close(out->fd);
        if (out->temp >= 0) unlink(io_temps[out->temp].name);
        io_temp_forget(out);
        free(out->buf);
        free(out);
        out = next;
    }
}

lm_status lm_io_take(lm_out *out, unsigned char **p, size_t *n, lm_err *err)
{
    lm_status rc = out->error ? lm_err_nomem(err, out->used) : LM_OK;
    if (!rc) {
        *p = out->buf;
        *n = out->used;
        out->buf = NULL;
    }
    lm_io_abort(out);
    return rc;
}

/* ---- 3 signals ---- */

enum { IO_CHILDREN = 256 };
static atomic_int io_children[IO_CHILDREN];

void lm_io_child_add(int pid)
{
    for (int i = 0; i < IO_CHILDREN; i++) {
        int idle = 0;
        if (atomic_compare_exchange_strong(&io_children[i], &idle, pid)) return;
    }
}

void lm_io_child_remove(int pid)
{
    for (int i = 0; i < IO_CHILDREN; i++) {
        int is = pid;
        if (atomic_compare_exchange_strong(&io_children[i], &is, 0)) return;
    }
}

static void io_on_signal(int sig)
{
    for (int i = 0; i < IO_TEMPS; i++)
        if (atomic_load(&io_temps[i].used) == 2) unlink(io_temps[i].name);
    for (int i = 0; i < IO_CHILDREN; i++) {
        int pid = atomic_load(&io_children[i]);
        if (pid > 0) kill(pid, SIGKILL);
    }
    signal(sig, SIG_DFL);
    raise(sig);
}

void lm_io_catch_signals(void)
{
    static const int end[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction sa = {.sa_handler = io_on_signal};
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof end / sizeof *end; i++) {
        struct sigaction old;
        if (sigaction(end[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN) continue; /* nohup */
        sigaction(end[i], &sa, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}
