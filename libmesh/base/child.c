/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/child.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILD_MAX = 64, CHILD_SECONDS = 60, CHILD_TICK_MS = 100 };
#define CHILD_IDLE SIZE_MAX

/* In shared memory. */
typedef struct {
    atomic_size_t next; /* item to be handed out */
    atomic_size_t done; /* items finished */
    atomic_bool stop;   /* hand out no more */
    struct {
        atomic_size_t item;   /* being worked on, or CHILD_IDLE */
        atomic_llong since;   /* ms, when it was begun */
        atomic_bool ended;    /* left by its own will */
        atomic_size_t failed; /* item at which fn gave up, or CHILD_IDLE */
        atomic_int code;
    } of[CHILD_MAX];
} child_board;

static long long child_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void *lm_child_map(size_t n, size_t size, size_t *bytes, lm_err *err)
{
    size_t total;
    if (!lm_mem_mul(n ? n : 1, size, &total) || total > PTRDIFF_MAX) {
        lm_err_nomem(err, SIZE_MAX);
        return NULL;
    }
    void *p = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        lm_err_nomem(err, total);
        return NULL;
    }
    *bytes = total;
    return p;
}

#ifndef LM_SANITIZE /* AddressSanitizer reserves terabytes of address space */
static void child_limit_memory(size_t max)
{
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f) {
        if (fscanf(f, "%llu", &pages) != 1) pages = 0;
        fclose(f);
    }
    rlim_t limit = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + max;
    setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit});
}
#endif

/* The processor-time limit is one of the process: move it on before each item. */
static void child_limit_time(unsigned seconds)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    rlim_t used = (rlim_t)u.ru_utime.tv_sec + (rlim_t)u.ru_stime.tv_sec + 1;
    setrlimit(RLIMIT_CPU, &(struct rlimit){used + seconds, RLIM_INFINITY});
}

static _Noreturn void child_main(const lm_child_job *job, child_board *b, int me, pid_t parent)
{
    static const int sigs[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGXCPU, SIGCHLD};
    for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++) signal(sigs[i], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    int null = open("/dev/null", O_RDWR);
    if (null < 0) _exit(1);
    for (int fd = 0; fd < 3; fd++) dup2(null, fd);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifndef LM_SANITIZE
    child_limit_memory(job->max_memory ? job->max_memory : (size_t)4 << 30);
#endif
    while (!atomic_load(&b->stop)) {
        size_t item = atomic_fetch_add(&b->next, 1);
        if (item >= job->n) break;
        atomic_store(&b->of[me].since, child_now());
        atomic_store(&b->of[me].item, item);
        child_limit_time(job->seconds ? job->seconds : CHILD_SECONDS);
        int code = job->fn(job->ctx, item);
        if (code) {
            atomic_store(&b->of[me].code, code);
            atomic_store(&b->of[me].failed, item);
            atomic_store(&b->stop, true);
        }
        atomic_store(&b->of[me].item, CHILD_IDLE);
        atomic_fetch_add(&b->done, 1);
    }
    atomic_store(&b->of[me].ended, true);
    _exit(0);
}

typedef struct {
    pid_t pid[CHILD_MAX]; /* 0: gone */
    bool timed_out[CHILD_MAX];
    int n, fd; /* fd: end of file when all children are gone */
} child_crew;

static lm_status child_start(const lm_child_job *job, child_board *b, child_crew *crew, lm_err *err)
{
    int pipes[2], want = lm_pool_threads(job->children);
    pid_t self = getpid();
    if ((size_t)want > job->n) want = (int)job->n;
    if (want > CHILD_MAX) want = CHILD_MAX;
    if (pipe2(pipes, O_CLOEXEC)) return lm_err_set(err, LM_EIO, NULL, "cannot make a pipe: %s", strerror(errno));
    crew->fd = pipes[0];
    /* A signal between fork and the child's own handlers must not make the child remove the parent's files. */
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    int failed = 0;
    for (; crew->n < want && !failed; crew->n++) {
        pid_t pid = fork();
        if (pid < 0) {
            failed = errno;
            break;
        }
        if (pid == 0) {
            close(pipes[0]);
            for (size_t i = 1; i < NSIG; i++)
                if (i == SIGINT || i == SIGTERM || i == SIGHUP) signal((int)i, SIG_DFL);
            sigprocmask(SIG_SETMASK, &old, NULL);
            child_main(job, b, crew->n, self);
        }
        crew->pid[crew->n] = pid;
        lm_io_child_add(pid);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(pipes[1]);
    if (!crew->n) {
        close(crew->fd);
        return lm_err_set(err, LM_EIO, NULL, "cannot start a child process: %s", strerror(failed));
    }
    return LM_OK;
}

/* Wait until all are gone; kill those that stay too long with one item. */
static void child_watch(const lm_child_job *job, child_board *b, child_crew *crew)
{
    long long limit = 2000LL * (job->seconds ? job->seconds : CHILD_SECONDS);
    for (int alive = crew->n; alive > 0;) {
        struct pollfd p = {.fd = crew->fd};
        bool all_gone = poll(&p, 1, CHILD_TICK_MS) > 0;
        for (int i = 0; i < crew->n; i++) {
            if (!crew->pid[i]) continue;
            if (atomic_load(&b->of[i].item) != CHILD_IDLE && child_now() - atomic_load(&b->of[i].since) > limit) {
                crew->timed_out[i] = true;
                kill(crew->pid[i], SIGKILL);
            }
            int status;
            pid_t r = waitpid(crew->pid[i], &status, all_gone || crew->timed_out[i] ? 0 : WNOHANG);
            if (r == 0 || (r < 0 && errno == EINTR)) continue;
            lm_io_child_remove(crew->pid[i]);
            crew->pid[i] = 0;
            alive--;
            if (!atomic_load(&b->of[i].ended)) atomic_store(&b->stop, true);
        }
        if (job->progress) job->progress(job->progress_ctx, job->what, (double)atomic_load(&b->done) / (double)job->n);
    }
    close(crew->fd);
}

lm_status lm_child_run(const lm_child_job *job, lm_child_end *end, lm_err *err)
{
    *end = (lm_child_end){.why = LM_CHILD_DONE, .item = CHILD_IDLE};
    if (!job->n) return LM_OK;
    size_t bytes;
    child_board *b = lm_child_map(1, sizeof *b, &bytes, err);
    if (!b) return LM_ENOMEM;
    for (int i = 0; i < CHILD_MAX; i++) {
        atomic_store(&b->of[i].item, CHILD_IDLE);
        atomic_store(&b->of[i].failed, CHILD_IDLE);
    }
    child_crew crew = {.n = 0};
    lm_pool_end();
    lm_status rc = child_start(job, b, &crew, err);
    if (!rc) {
        child_watch(job, b, &crew);
        bool lost = false;
        for (int i = 0; i < crew.n; i++) {
            size_t at = atomic_load(&b->of[i].item), failed = atomic_load(&b->of[i].failed);
            if (failed < end->item) *end = (lm_child_end){LM_CHILD_FAILED, failed, atomic_load(&b->of[i].code)};
            if (atomic_load(&b->of[i].ended)) continue;
            if (at < end->item) *end = (lm_child_end){crew.timed_out[i] ? LM_CHILD_TIME : LM_CHILD_DIED, at, 0};
            lost |= at == CHILD_IDLE;
        }
        if (lost && end->why == LM_CHILD_DONE && atomic_load(&b->done) < job->n)
            rc = lm_err_set(err, LM_EIO, NULL, "a child process ended before its work (limits of this system?)");
    }
    munmap(b, bytes);
    return rc;
}
