/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stages.c: for the bench. `stages VOLUME.nrrd LEVEL [THREADS]` prints the seconds of lm_mcubes alone, of lm_audit_run alone,
 * the triangles, the samples, the bytes of volume and mesh together, and the seconds that reading the volume alone takes with
 * as many threads: what compares with the filters of other programs, which do not audit what they made, and with the memory. */
#include "base/pool.h"
#include "stream/nrrd.h"
#include "surface/audit.h"
#include "surface/mcubes.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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
        double start = seconds();
        if (lm_pool_run(lm_pool_threads(threads), (bytes + CHUNK - 1) / CHUNK, read_chunk, vol, NULL)) return 0;
        if (seconds() - start < best) best = seconds() - start;
    }
    return best;
}

int main(int argc, char **argv)
{
    static lm_records rec;
    lm_err err = LM_ERR_INIT;
    lm_vol vol = LM_VOL_INIT;
    lm_mesh mesh = LM_MESH_INIT;
    lm_mcubes_opt mopt = LM_MCUBES_OPT_INIT;
    lm_audit_opt aopt = LM_AUDIT_OPT_INIT;
    lm_audit audit;
    lm_in *in = NULL;
    if (argc < 3 || argc > 4) return fprintf(stderr, "usage: stages VOLUME.nrrd LEVEL [THREADS]\n"), 2;
    mopt.threads = aopt.threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    mopt.iso = strtod(argv[2], NULL);
    double t[3] = {0};
    lm_status rc = lm_io_open(argv[1], &in, &err);
    if (!rc) rc = lm_nrrd_read(in, &vol, &rec, &err);
    t[0] = seconds();
    if (!rc) rc = lm_mcubes(&vol, &mopt, &mesh, &err);
    t[1] = seconds();
    if (!rc) rc = lm_audit_run(&mesh, &aopt, &audit, &err);
    t[2] = seconds();
    if (rc) {
        char line[2000];
        lm_err_line(&err, line, sizeof line);
        fprintf(stderr, "stages: %s\n", line);
    } else
        printf("%.4f %.3f %zu %zu %zu %.4f\n", t[1] - t[0], t[2] - t[1], mesh.nt, lm_vol_count(&vol),
               lm_vol_count(&vol) * lm_vol_type_size(vol.type) + 12 * (mesh.nt + mesh.nv), read_seconds(&vol, mopt.threads));
    lm_io_close(in);
    lm_record_release(&rec);
    lm_mesh_release(&mesh);
    lm_vol_release(&vol);
    return rc ? 2 : 0;
}
