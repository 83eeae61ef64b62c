/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/images.h"
#include "base/mem.h"
#include "base/pool.h"
#include "dicom/source.h"
#include "dicom/source_load.h"
#include "dicom/source_pick.h"
#include "stream/volfile.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- reading ---- */

static lm_status images_series(const char *path, int threads, lm_vol *vol, json_t **facts, lm_err *err)
{
    const lm_source_opt opt = {.threads = threads};
    lm_source *src = NULL;
    size_t series;
    lm_status rc = lm_source_scan(&path, 1, &opt, &src, err);
    if (!rc) rc = lm_source_select(src, NULL, false, &series, err);
    if (!rc) rc = lm_source_load(src, series, &opt, vol, facts, err);
    lm_source_release(src);
    return rc;
}

lm_status lm_images_read(const char *path, int threads, lm_vol *vol, lm_err *err)
{
    struct stat st;
    lm_in *in = NULL;
    json_t *facts = NULL;
    const unsigned char *head;
    size_t n;
    lm_volfile_kind kind = LM_VOLFILE_NONE;
    lm_status rc = LM_OK;
    if (strcmp(path, "-") == 0 || stat(path, &st) || !S_ISDIR(st.st_mode)) {
        if ((rc = lm_io_open(path, &in, err)) || (rc = lm_io_peek(in, LM_VOLFILE_HEAD, &head, &n, err))) goto done;
        kind = lm_volfile_sniff(head, n);
    }
    if (kind) rc = lm_volfile_load(in, NULL, vol, &facts, err);
    else rc = images_series(path, threads, vol, &facts, err);
    if (rc) lm_err_frame(err, "cannot read '%s'", path);
done:
    json_decref(facts);
    lm_io_close(in);
    return rc;
}

/* ---- comparing ---- */

static void images_grid(const lm_vol *a, const lm_vol *b, lm_images *out)
{
    double inv[3][3], worst = 0;
    if (memcmp(a->n, b->n, sizeof a->n) != 0) {
        snprintf(out->grid, sizeof out->grid, "A has %zux%zux%zu samples, B %zux%zux%zu", a->n[0], a->n[1], a->n[2], b->n[0],
                 b->n[1], b->n[2]);
        return;
    }
    lm_vol_inverse(a, inv);
    for (int c = 0; c < 8; c++) { /* the corners of the grid are where affine maps are farthest apart */
        double ijk[3], p[3], q[3];
        for (int k = 0; k < 3; k++) ijk[k] = c >> k & 1 ? (double)(a->n[k] - 1) : 0;
        lm_vol_to_world(a, ijk, p);
        lm_vol_to_world(b, ijk, q);
        for (int k = 0; k < 3; k++) {
            double d = 0;
            for (int m = 0; m < 3; m++) d += inv[k][m] * (q[m] - p[m]);
            worst = fmax(worst, fabs(d));
        }
    }
    out->same_grid = worst <= 1e-3;
    if (!out->same_grid) snprintf(out->grid, sizeof out->grid, "samples of the same number lie up to %.4g voxels apart", worst);
}

typedef struct {
    uint64_t differ, nan, numbers;
    double sum, sum2, low, high; /* of b - a; the extremes among what differs */
    size_t first, least, greatest, lo[3], hi[3];
} images_slice;

typedef struct {
    const lm_vol *v[2];
    const lm_images_opt *opt;
    images_slice *slice;
    double *row; /* two rows per worker */
} images_work;

static void images_differs(images_slice *s, const size_t ijk[3], size_t at, double d)
{
    if (!s->differ++) s->first = at;
    for (int k = 0; k < 3; k++) {
        s->lo[k] = ijk[k] < s->lo[k] ? ijk[k] : s->lo[k];
        s->hi[k] = ijk[k] > s->hi[k] ? ijk[k] : s->hi[k];
    }
    if (isnan(d)) s->nan++;
    if (d < s->low) s->low = d, s->least = at;
    if (d > s->high) s->high = d, s->greatest = at;
}

static lm_status images_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)err;
    const images_work *w = ctx;
    const size_t *n = w->v[0]->n, b = w->opt->border, k = task + b;
    double *x = w->row + 2 * n[0] * (size_t)worker, *y = x + n[0];
    images_slice *s = &w->slice[task];
    *s = (images_slice){.lo = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, .low = INFINITY, .high = -INFINITY};
    for (size_t j = b; j < n[1] - b; j++) {
        const size_t at = (k * n[1] + j) * n[0];
        lm_vol_row_f64(w->v[0], at, n[0], x);
        lm_vol_row_f64(w->v[1], at, n[0], y);
        for (size_t i = b; i < n[0] - b; i++) {
            const double d = x[i] == y[i] ? 0 : y[i] - x[i]; /* infinities are equal to themselves */
            if (isnan(x[i]) && isnan(y[i])) continue;
            if (isfinite(d)) s->numbers++, s->sum += d, s->sum2 += d * d;
            if (!(fabs(d) <= w->opt->allowed)) images_differs(s, (const size_t[3]){i, j, k}, at + i, d);
        }
    }
    return LM_OK;
}

static void images_place(const images_work *w, size_t at, lm_images_place *p)
{
    const size_t *n = w->v[0]->n;
    p->ijk[0] = at % n[0];
    p->ijk[1] = at / n[0] % n[1];
    p->ijk[2] = at / n[0] / n[1];
    lm_vol_to_world(w->v[0], (const double[3]){(double)p->ijk[0], (double)p->ijk[1], (double)p->ijk[2]}, p->mm);
    for (int k = 0; k < 2; k++) p->value[k] = lm_vol_at(w->v[k], at);
}

static void images_sum(const images_work *w, size_t slices, lm_images *out)
{
    images_slice t = {.lo = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, .low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < slices; i++) {
        const images_slice *s = &w->slice[i];
        t.numbers += s->numbers, t.sum += s->sum, t.sum2 += s->sum2, t.nan += s->nan;
        if (!s->differ) continue;
        if (!t.differ) t.first = s->first;
        t.differ += s->differ;
        if (s->low < t.low) t.low = s->low, t.least = s->least;
        if (s->high > t.high) t.high = s->high, t.greatest = s->greatest;
        for (int k = 0; k < 3; k++) {
            t.lo[k] = s->lo[k] < t.lo[k] ? s->lo[k] : t.lo[k];
            t.hi[k] = s->hi[k] > t.hi[k] ? s->hi[k] : t.hi[k];
        }
    }
    out->differ = t.differ;
    out->nan = t.nan;
    out->mean = t.numbers ? t.sum / (double)t.numbers : NAN;
    out->rms = t.numbers ? sqrt(t.sum2 / (double)t.numbers) : NAN;
    if (!t.differ) return;
    memcpy(out->lo, t.lo, sizeof out->lo);
    memcpy(out->hi, t.hi, sizeof out->hi);
    images_place(w, t.first, &out->first);
    images_place(w, t.low <= t.high ? t.least : t.first, &out->least); /* else NaN everywhere */
    images_place(w, t.low <= t.high ? t.greatest : t.first, &out->greatest);
}

lm_status lm_images_compare(const lm_vol *a, const lm_vol *b, const lm_images_opt *opt, lm_images *out, lm_err *err)
{
    images_work w = {.v = {a, b}, .opt = opt};
    const int threads = lm_pool_threads(opt->threads);
    lm_status rc = LM_OK;
    *out = (lm_images){.compared = 0};
    images_grid(a, b, out);
    if (!out->same_grid) return LM_OK;
    out->compared = 1;
    for (int k = 0; k < 3; k++) {
        if (opt->border > (a->n[k] - 1) / 2)
            return lm_err_set(err, LM_EUSAGE, NULL, "a border of %zu leaves nothing of %zux%zux%zu samples", opt->border, a->n[0],
                              a->n[1], a->n[2]);
        out->compared *= a->n[k] - 2 * opt->border;
    }
    const size_t slices = a->n[2] - 2 * opt->border;
    if (!(w.slice = lm_mem_alloc(slices, sizeof *w.slice, err)) ||
        !(w.row = lm_mem_alloc(2 * (size_t)threads, a->n[0] * sizeof *w.row, err)))
        rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, slices, images_task, &w, err);
    if (!rc) images_sum(&w, slices, out);
    free(w.slice);
    free(w.row);
    return rc;
}

/* ---- for programs and people ---- */

static json_t *images_number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *images_at(const lm_images_place *p)
{
    return json_pack("{s:[I,I,I], s:[f,f,f], s:o, s:o}", "ijk", (json_int_t)p->ijk[0], (json_int_t)p->ijk[1], (json_int_t)p->ijk[2],
                     "mm", p->mm[0], p->mm[1], p->mm[2], "a", images_number(p->value[0]), "b", images_number(p->value[1]));
}

json_t *lm_images_json(const lm_images *d, lm_err *err)
{
    json_t *o = json_pack("{s:b, s:I, s:I, s:I}", "same_grid", d->same_grid, "compared", (json_int_t)d->compared, "differ",
                          (json_int_t)d->differ, "nan", (json_int_t)d->nan);
    if (o && !d->same_grid) json_object_set_new(o, "grid", json_string(d->grid));
    if (o && d->same_grid)
        json_object_update_new(
            o, json_pack("{s:o, s:o}", "mean_difference", images_number(d->mean), "rms_difference", images_number(d->rms)));
    if (o && d->differ)
        json_object_update_new(o, json_pack("{s:o, s:o, s:o, s:[[I,I,I],[I,I,I]]}", "first", images_at(&d->first), "least",
                                            images_at(&d->least), "greatest", images_at(&d->greatest), "box_ijk",
                                            (json_int_t)d->lo[0], (json_int_t)d->lo[1], (json_int_t)d->lo[2], (json_int_t)d->hi[0],
                                            (json_int_t)d->hi[1], (json_int_t)d->hi[2]));
    if (!o) lm_err_nomem(err, sizeof(json_t));
    return o;
}

static void images_row(lm_out *out, const char *what, const lm_images_place *p)
{
    lm_io_printf(out, "%-20s sample %zu %zu %zu at %.3f %.3f %.3f mm: A %.9g, B %.9g\n", what, p->ijk[0], p->ijk[1], p->ijk[2],
                 p->mm[0], p->mm[1], p->mm[2], p->value[0], p->value[1]);
}

void lm_images_table(const lm_images *d, lm_out *out)
{
    if (!d->same_grid) {
        lm_io_printf(out, "the grids differ: %s\n", d->grid);
        return;
    }
    lm_io_printf(out, "%-20s %" PRIu64 " of %" PRIu64 " samples\n", "differ", d->differ, d->compared);
    lm_io_printf(out, "%-20s mean %.9g, root mean square %.9g\n", "B - A", d->mean, d->rms);
    if (!d->differ) return;
    if (d->nan) lm_io_printf(out, "%-20s %" PRIu64 " of them in one only\n", "no number (NaN)", d->nan);
    images_row(out, "first", &d->first);
    images_row(out, "least B - A", &d->least);
    images_row(out, "greatest B - A", &d->greatest);
    lm_io_printf(out, "%-20s samples %zu %zu %zu to %zu %zu %zu\n", "all within", d->lo[0], d->lo[1], d->lo[2], d->hi[0], d->hi[1],
                 d->hi[2]);
}
