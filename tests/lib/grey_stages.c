/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grey_stages.c: for the bench. `grey_stages VOLUME.nrrd WHAT LEVEL [THREADS]` runs one filter alone and prints its seconds by the
 * clock and of all threads together, and the peak memory of the process in MB, the volume included. WHAT: load (nothing but that),
 * median, gauss, dilate, components, watershed, contour, sweep. */
#include "segment/gauss.h"
#include "segment/median.h"
#include "segment/morph.h"
#include "segment/snake.h"
#include "segment/sweep.h"
#include "segment/watershed.h"
#include "stream/nrrd.h"
#include "volume/label.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static lm_status flood(const lm_vol *v, lm_err *err)
{
    const size_t all = lm_vol_count(v);
    float *height = malloc(all * sizeof *height);
    uint32_t *label = calloc(all, sizeof *label);
    uint8_t *wall = calloc(all, 1);
    double *row = malloc(v->n[0] * sizeof *row);
    lm_status rc = LM_ENOMEM;
    if (height && label && wall && row) {
        uint32_t n = 0;
        for (size_t i = 0; i < all; i += v->n[0]) {
            lm_vol_row_f64(v, i, v->n[0], row);
            for (size_t x = 0; x < v->n[0]; x++) height[i + x] = (float)row[x];
        }
        for (size_t k = 16; k < v->n[2]; k += 32)
            for (size_t j = 16; j < v->n[1]; j += 32)
                for (size_t i = 16; i < v->n[0]; i += 32) label[(k * v->n[1] + j) * v->n[0] + i] = ++n;
        rc = lm_watershed(height, wall, v->n, label, err);
    }
    free(row);
    free(wall);
    free(label);
    free(height);
    return rc;
}

static lm_status run(lm_vol *v, const char *what, double level, int threads, lm_bits *b, lm_err *err)
{
    if (!strcmp(what, "load")) return LM_OK;
    if (!strcmp(what, "median")) return lm_median(v, (const size_t[3]){1, 1, 1}, threads, err);
    if (!strcmp(what, "gauss")) return lm_gauss(v, 1, threads, err);
    if (!strcmp(what, "watershed")) return flood(v, err);
    if (!strcmp(what, "sweep")) {
        lm_sweep s;
        lm_status rc = lm_sweep_run(v, &(lm_sweep_range){.lo = level - 100, .hi = level + 100, .step = 10}, NULL, threads, &s, err);
        lm_sweep_release(&s);
        return rc;
    }
    *b = (lm_bits){.n = {v->n[0], v->n[1], v->n[2]}, .words = lm_mask_words(v->n[0])};
    lm_status rc = lm_mask_all(v, level, threads, &b->row, err);
    if (rc) return rc;
    if (!strcmp(what, "dilate")) return lm_morph(b, v, LM_MORPH_DILATE, 5, threads, err);
    if (!strcmp(what, "components")) {
        lm_label l;
        rc = lm_label_bits(b->row, v->n, LM_LABEL_FACES, threads, &l, err);
        lm_label_release(&l);
        return rc;
    }
    lm_snake found;
    const lm_snake_opt opt = {.iterations = 50, .smoothing = 1, .balloon = 0, .threshold = 0, .sigma_mm = 1, .alpha = 1};
    return lm_snake_edges(b, v, &opt, threads, &found, err);
}

int main(int argc, char **argv)
{
    lm_err err = LM_ERR_INIT;
    lm_in *in = NULL;
    lm_vol v = LM_VOL_INIT;
    lm_records rec = LM_RECORDS_INIT;
    lm_bits b = LM_BITS_INIT;
    struct rusage use;
    if (argc < 4) return 2;
    lm_status rc = lm_io_open(argv[1], &in, &err);
    if (!rc) rc = lm_nrrd_read(in, &v, &rec, &err);
    const double t = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (!rc) rc = run(&v, argv[2], atof(argv[3]), argc > 4 ? atoi(argv[4]) : 0, &b, &err);
    getrusage(RUSAGE_SELF, &use);
    if (!rc)
        printf("%.3f %.3f %.0f\n", seconds(CLOCK_MONOTONIC) - t, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
               (double)use.ru_maxrss / 1024);
    else fprintf(stderr, "grey_stages: %s\n", err.text[0]);
    lm_bits_release(&b);
    lm_record_release(&rec);
    lm_vol_release(&v);
    lm_io_close(in);
    return rc ? 2 : 0;
}
