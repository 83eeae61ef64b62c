/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fault_preload.c: a library for LD_PRELOAD under which one call fails. FAULT=alloc:N fails the N-th malloc, calloc, realloc or
 * aligned allocation with ENOMEM; write:N the N-th write, or close of what was written to, with ENOSPC (standard error is left
 * alone: that is where the message goes); rename:N the N-th rename. Counting starts when the tool sets up its signals, past what
 * happens before main, and goes on in child processes: one count for all. FAULT=...:0 fails nothing. FAULT_COUNT=FILE gets the
 * number of calls when the process ends by exit. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

#define FAULT_PUBLIC __attribute__((visibility("default")))
enum { FAULT_NONE, FAULT_ALLOC, FAULT_WRITE, FAULT_RENAME };
static atomic_int fault_kind;     /* set once counting has begun */
static atomic_ulong *fault_calls; /* shared with child processes */
static unsigned long fault_at;

static int fault_now(int kind)
{
    return atomic_load(&fault_kind) == kind && atomic_fetch_add(fault_calls, 1) + 1 == fault_at;
}

static void *fault_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

FAULT_PUBLIC void *malloc(size_t n)
{
    return fault_now(FAULT_ALLOC) ? fault_memory() : __libc_malloc(n);
}

FAULT_PUBLIC void *calloc(size_t n, size_t size)
{
    return fault_now(FAULT_ALLOC) ? fault_memory() : __libc_calloc(n, size);
}

FAULT_PUBLIC void *realloc(void *p, size_t n)
{
    return fault_now(FAULT_ALLOC) ? fault_memory() : __libc_realloc(p, n);
}

FAULT_PUBLIC void *aligned_alloc(size_t align, size_t n)
{
    return fault_now(FAULT_ALLOC) ? fault_memory() : __libc_memalign(align, n);
}

FAULT_PUBLIC int posix_memalign(void **p, size_t align, size_t n)
{
    void *got = fault_now(FAULT_ALLOC) ? NULL : __libc_memalign(align, n);
    if (!got) return ENOMEM;
    *p = got;
    return 0;
}

static atomic_uchar fault_written[1024]; /* descriptors that were written to */

FAULT_PUBLIC ssize_t write(int fd, const void *p, size_t n)
{
    if (fd != 2) {
        if (fd >= 0 && fd < 1024) atomic_store(&fault_written[fd], 1);
        if (fault_now(FAULT_WRITE)) {
            errno = ENOSPC;
            return -1;
        }
    }
    return syscall(SYS_write, fd, p, n);
}

FAULT_PUBLIC int close(int fd)
{
    int mine = fd >= 0 && fd < 1024 && atomic_exchange(&fault_written[fd], 0), fail = mine && fault_now(FAULT_WRITE);
    int rc = (int)syscall(SYS_close, fd);
    if (!fail) return rc;
    errno = ENOSPC;
    return -1;
}

FAULT_PUBLIC int rename(const char *from, const char *to)
{
    if (!fault_now(FAULT_RENAME)) return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    errno = ENOSPC;
    return -1;
}

FAULT_PUBLIC int sigaction(int sig, const struct sigaction *now, struct sigaction *old)
{
    static int (*real)(int, const struct sigaction *, struct sigaction *);
    const char *s = getenv("FAULT");
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "sigaction");
    if (sig == SIGINT && s && atomic_load(&fault_kind) == FAULT_NONE) {
        const char *colon = strchr(s, ':');
        fault_calls = mmap(NULL, sizeof *fault_calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (fault_calls == MAP_FAILED) abort();
        fault_at = colon ? strtoul(colon + 1, NULL, 10) : 0;
        atomic_store(&fault_kind, !strncmp(s, "alloc", 5) ? FAULT_ALLOC : !strncmp(s, "rename", 6) ? FAULT_RENAME : FAULT_WRITE);
    }
    return real(sig, now, old);
}

__attribute__((destructor)) static void fault_report(void)
{
    const char *path = getenv("FAULT_COUNT");
    char text[32];
    int n = snprintf(text, sizeof text, "%lu\n", fault_calls ? atomic_load(fault_calls) : 0UL),
        fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd < 0) return;
    syscall(SYS_write, fd, text, (size_t)n);
    syscall(SYS_close, fd);
}
