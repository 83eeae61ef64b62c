/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mutate COUNT SEED FILE...: damage DICOM files at random and read them as dcmseg does: every case must end in an answer or in one
 * line of error, in time and within memory, and without a crash of the program (GDCM's children may crash: that is an error of the
 * file). Case i of a seed is always the same; a case that fails is kept as mutate-SEED-I.dcm. Prints one line; exit 1: a case
 * failed. */
#include "dicom/info.h"
#include "dicom/source_frame.h"
#include "dicom/source_load.h"
#include "dicom/masks.h"
#include "tests/lib/sanitizer.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 256, BYTES = 1 << 20, BATCH = 50, SECONDS = 120, MEMORY_MB = 3072 };
typedef struct {
    unsigned char *p;
    size_t n;
} sample;

typedef struct { /* shared with the children */
    size_t at;   /* case that is being read */
    size_t good, refused;
    double slowest;
    char bad[200]; /* what was wrong with the answer */
} progress;

static sample files[FILES];
static size_t n_files;
static progress *state;
static unsigned char bytes[2 * BYTES];
static size_t length;
static char path[] = "/tmp/meshqa-mutate-XXXXXX";

static uint32_t rng;
static uint32_t below(uint32_t n)
{
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return n ? rng % n : 0;
}

/* Half of the damage goes into the first 4 KiB, where headers and lengths are. */
static size_t place(size_t room)
{
    size_t n = length > room ? length - room : 0;
    return below(2) && n > 4096 ? below(4096) : below((uint32_t)n);
}

static void damage(void)
{
    static const uint32_t lengths[] = {0, 1, 0xffffffff, 0xfffffffe, 0x80000000, 0x7fffffff, 0x10000000, 0xffff, 0x00ffffff};
    size_t at = place(16), k = 1 + below(300);
    uint32_t v;
    switch (below(10)) {
    case 0: bytes[at] = (unsigned char)below(256); break;
    case 1: bytes[at] ^= (unsigned char)(1u << below(8)); break;
    case 2: /* a length, a count */
        v = lengths[below(sizeof lengths / sizeof *lengths)];
        memcpy(bytes + at, &v, below(2) ? 4 : 2);
        break;
    case 3: length = at + 1; break;
    case 4: /* a piece is gone */
        if (at + k >= length) break;
        memmove(bytes + at, bytes + at + k, length - at - k);
        length -= k;
        break;
    case 5: /* a piece is there twice */
        if (at + k >= length || length + k > sizeof bytes) break;
        memmove(bytes + at + k, bytes + at, length - at);
        length += k;
        break;
    case 6: memcpy(bytes + at, "\xfe\xff\x00\xe0\xff\xff\xff\xff", 8); break; /* an item that does not end */
    case 7:                                                                   /* another digit in a text */
        for (size_t i = at; i < length && i < at + 400; i++)
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                bytes[i] = (unsigned char)"0123456789-.e\\ "[below(15)];
                break;
            }
        break;
    case 8: memcpy(bytes + at, "SQUNOBOWUTUSDSFDIS" + 2 * below(9), 2); break; /* another VR */
    default: memset(bytes + at, (int)below(256), k < length - at ? k : length - at); break;
    }
}

static void make_case(size_t i, uint32_t seed)
{
    const sample *s = &files[i % n_files];
    rng = seed * 2654435761u + (uint32_t)i * 40503u + 1;
    for (int k = 0; k < 8; k++) below(1);
    memcpy(bytes, s->p, s->n);
    length = s->n;
    for (uint32_t k = 1 + below(6); k > 0 && length > 20; k--) damage();
}

static void complain(const lm_err *err, lm_status rc, const char *where)
{
    char line[3000];
    lm_err_line(err, line, sizeof line);
    if (rc && (err->code != rc || !line[0] || strpbrk(line, "\n\r")) && !state->bad[0])
        snprintf(state->bad, sizeof state->bad, "%s: status %d with the message '%.100s'", where, (int)rc, line);
}

/* What dcmseg could be asked to do with one series. */
static void use(const lm_source *s, size_t i, const lm_source_opt *opt, bool *good)
{
    lm_vol vol = LM_VOL_INIT, grid = LM_VOL_INIT;
    lm_masks m = LM_MASKS_INIT;
    json_t *facts = NULL;
    lm_err err = LM_ERR_INIT;
    lm_status rc;
    if (lm_segmask_is(s, i)) {
        const size_t n[3] = {40, 36, 30};
        if (lm_vol_alloc(&grid, n, LM_U8, NULL)) abort();
        const lm_masks_opt mo = {.level = 0.5, .threads = 1, .grid = &grid, .grid_frame = ""};
        rc = lm_masks_series(s, i, &mo, &m, &err);
        complain(&err, rc, "mask");
        lm_vol_release(&grid);
    } else {
        rc = lm_source_load(s, i, opt, &vol, &facts, &err);
        complain(&err, rc, "volume");
        lm_vol_release(&vol);
        if (!rc) json_decref(facts);
        err = (lm_err)LM_ERR_INIT;
        rc = lm_source_frame(s, i, 1, opt, &vol, &facts, &err); /* decodes where a volume needs more than one file */
        complain(&err, rc, "image");
        lm_vol_release(&vol);
        if (!rc) json_decref(facts);
    }
    lm_masks_release(&m);
    *good |= !rc;
}

static void read_case(void)
{
    lm_source *s = NULL;
    lm_err err = LM_ERR_INIT;
    lm_source_opt opt = {.threads = 1};
    const char *p = path;
    bool good = false;
    lm_status rc = lm_source_scan(&p, 1, &opt, &s, &err);
    complain(&err, rc, "scan");
    for (size_t i = 0; !rc && i < lm_source_count(s) && i < 4; i++) use(s, i, &opt, &good);
    lm_source_release(s);
    if (good) state->good++;
    else state->refused++;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void put(const char *name)
{
    FILE *f = fopen(name, "wb");
    if (!f || fwrite(bytes, 1, length, f) != length || fclose(f)) {
        perror(name);
        exit(2);
    }
}

/* Cases from..to-1, in a child. */
static void batch(size_t from, size_t to, uint32_t seed)
{
#ifndef LM_SANITIZE
    const struct rlimit r = {(rlim_t)MEMORY_MB << 20, (rlim_t)MEMORY_MB << 20};
    setrlimit(RLIMIT_AS, &r);
#endif
    for (size_t i = from; i < to; i++) {
        state->at = i;
        make_case(i, seed);
        put(path);
        double t = now();
        alarm(SECONDS);
        read_case();
        alarm(0);
        t = now() - t;
        if (t > state->slowest) state->slowest = t;
        if (state->bad[0]) exit(3);
    }
    exit(0);
}

static void load(const char *name)
{
    static unsigned char all[BYTES];
    FILE *f = fopen(name, "rb");
    if (!f) {
        perror(name);
        exit(2);
    }
    size_t n = fread(all, 1, BYTES, f);
    bool whole = n < BYTES && n > 200;
    fclose(f);
    if (!whole || n_files == FILES) return; /* large files would only be slow */
    if (!(files[n_files].p = malloc(n))) exit(2);
    memcpy(files[n_files].p, all, n);
    files[n_files++].n = n;
}

int main(int argc, char **argv)
{
    if (argc < 4) return fprintf(stderr, "usage: mutate COUNT SEED FILE...\n"), 2;
    size_t count = strtoul(argv[1], NULL, 10);
    uint32_t seed = (uint32_t)strtoul(argv[2], NULL, 10);
    for (int i = 3; i < argc; i++) load(argv[i]);
    int fd = n_files ? mkstemp(path) : -1;
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fd < 0 || state == MAP_FAILED) return fprintf(stderr, "mutate: no files, or no temporary\n"), 2;
    close(fd);
    size_t failed = 0;
    for (size_t from = 0; from < count;) {
        size_t to = from + BATCH < count ? from + BATCH : count;
        int how = 0;
        fflush(stdout);
        pid_t pid = fork();
        if (!pid) batch(from, to, seed);
        if (pid < 0 || waitpid(pid, &how, 0) != pid) return perror("mutate"), 2;
        if (WIFEXITED(how) && !WEXITSTATUS(how)) {
            from = to;
            continue;
        }
        char name[80];
        failed++;
        from = state->at;
        make_case(from, seed);
        snprintf(name, sizeof name, "mutate-%u-%zu.dcm", seed, from);
        put(name);
        if (WIFSIGNALED(how))
            fprintf(stderr, "%s: ended by signal %d%s\n", name, WTERMSIG(how), WTERMSIG(how) == SIGALRM ? " (too slow)" : "");
        else fprintf(stderr, "%s: %s\n", name, state->bad[0] ? state->bad : "ended early");
        state->bad[0] = 0;
        from++;
        if (failed == 10) break;
    }
    unlink(path);
    printf("%zu cases of %zu files, seed %u: %zu read, %zu refused, %zu failed; slowest %.1f s\n", count, n_files, seed,
           state->good, state->refused, failed, state->slowest);
    return failed > 0;
}
