/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stages.c: for the bench. `stages VOLUME.nrrd LEVEL|labels [THREADS]` prints the seconds of the filter alone (lm_mcubes, or
 * lm_nets_make and lm_relax), by the clock and of all threads together, the same of lm_audit_run, the triangles, the samples, the
 * bytes of volume and mesh together, and the seconds that reading the volume alone takes with as many threads: what compares
 * with the filters of other programs, which do not audit what they made, and with the memory. */
#include "base/pool.h"
#include "stream/nrrd.h"
#include "surface/audit.h"
#include "surface/mcubes.h"
#include "surface/relax.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void now(double t[2])
{
    t[0] = seconds(CLOCK_MONOTONIC);
    t[1] = seconds(CLOCK_PROCESS_CPUTIME_ID);
}

enum { CHUNK = 1 << 20 };

/* The fastest way through a part of the volume: nothing but loads. */
static lm_status read_chunk(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const lm_vol *vol = ctx;
    const size_t bytes = lm_vol_count(vol) * lm_vol_type_size(vol->type), at = task * CHUNK;
    const size_t n = (bytes - at < CHUNK ? bytes - at : CHUNK) / 8;
    const uint64_t *p = (const uint64_t *)((const char *)vol->data + at);
    uint64_t sum[8] = {0}, all = 0;
    volatile uint64_t sink;
    for (size_t i = 0; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) sum[k] += p[i + k];
    for (size_t k = 0; k < 8; k++) all += sum[k];
    sink = all;
    (void)sink;
    return LM_OK;
}

static double read_seconds(lm_vol *vol, int threads)
{
    const size_t bytes = lm_vol_count(vol) * lm_vol_type_size(vol->type);
    double best = 1e9;
    for (int k = 0; k < 3; k++) {
        double t[2][2];
        now(t[0]);
        if (lm_pool_run(lm_pool_threads(threads), (bytes + CHUNK - 1) / CHUNK, read_chunk, vol, NULL)) return 0;
        now(t[1]);
        if (t[1][0] - t[0][0] < best) best = t[1][0] - t[0][0];
    }
    return best;
}

static lm_status filter(const lm_vol *vol, const char *level, int threads, lm_mesh *mesh, lm_err *err)
{
    if (strcmp(level, "labels") != 0) {
        lm_mcubes_opt opt = LM_MCUBES_OPT_INIT;
        opt.threads = threads;
        opt.iso = strtod(level, NULL);
        return lm_mcubes(vol, &opt, mesh, err);
    }
    lm_nets net = LM_NETS_INIT;
    lm_relax_facts facts;
    lm_relax_opt opt = {.steps = LM_RELAX_STEPS, .threads = threads};
    lm_status rc = lm_nets_make(vol, threads, &net, err);
    if (rc || (rc = lm_relax(&net, vol, &opt, mesh, &facts, err))) return rc;
    lm_relax_release(&facts);
    return LM_OK;
}

int main(int argc, char **argv)
{
    static lm_records rec;
    lm_err err = LM_ERR_INIT;
    lm_vol vol = LM_VOL_INIT;
    lm_mesh mesh = LM_MESH_INIT;
    lm_audit_opt opt = LM_AUDIT_OPT_INIT;
    lm_audit audit;
    lm_in *in = NULL;
    if (argc < 3 || argc > 4) return fprintf(stderr, "usage: stages VOLUME.nrrd LEVEL|labels [THREADS]\n"), 2;
    opt.threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    double t[3][2] = {{0}};
    lm_status rc = lm_io_open(argv[1], &in, &err);
    if (!rc) rc = lm_nrrd_read(in, &vol, &rec, &err);
    now(t[0]);
    if (!rc) rc = filter(&vol, argv[2], opt.threads, &mesh, &err);
    now(t[1]);
    if (!rc) rc = lm_audit_run(&mesh, &opt, &audit, &err);
    now(t[2]);
    if (rc) {
        char line[2000];
        lm_err_line(&err, line, sizeof line);
        fprintf(stderr, "stages: %s\n", line);
    } else
        printf("%.4f %.4f %.3f %.3f %zu %zu %zu %.4f\n", t[1][0] - t[0][0], t[1][1] - t[0][1], t[2][0] - t[1][0], t[2][1] - t[1][1],
               mesh.nt, lm_vol_count(&vol), lm_vol_count(&vol) * lm_vol_type_size(vol.type) + 12 * (mesh.nt + mesh.nv),
               read_seconds(&vol, opt.threads));
    lm_io_close(in);
    lm_record_release(&rec);
    lm_mesh_release(&mesh);
    lm_vol_release(&vol);
    return rc ? 2 : 0;
}
