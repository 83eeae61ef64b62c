/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: values - vertices - triangles. Top vertices come first, row by row; then one bottom vertex under each of the
 * rim, in rim order, and the bottom's centre. */
#include "surface/relief.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    size_t nx, ny, rim; /* pixels along x and y; rim: vertices of the outline */
    double sx, sy;
    const lm_vol *image;
    const lm_relief_opt *opt;
    lm_mesh *out;
} relief;

/* ---- values ---- */

static lm_status relief_geometry(relief *r, lm_err *err)
{
    const lm_vol *v = r->image;
    if (!v->image)
        return lm_err_set(err, LM_ERULE, "G-7",
                          "a relief is made of one image, and this is a volume: take an image (dcmseg --frame)");
    if (r->nx < 2 || r->ny < 2)
        return lm_err_set(err, LM_ERULE, NULL, "an image of %zu x %zu pixels is too small for a relief: at least 2 x 2", r->nx,
                          r->ny);
    if (v->unscaled && r->opt->pixel_mm == 0)
        return lm_err_set(err, LM_ERULE, "G-7", "the spacing of the pixels is not known: say it (mm per pixel)");
    if (!v->unscaled && r->opt->pixel_mm != 0)
        return lm_err_set(err, LM_ERULE, NULL, "the image states its own spacing, %g x %g mm: leave the size of a pixel out",
                          lm_vol_spacing(v, 0), lm_vol_spacing(v, 1));
    r->sx = v->unscaled ? r->opt->pixel_mm : lm_vol_spacing(v, 0);
    r->sy = v->unscaled ? r->opt->pixel_mm : lm_vol_spacing(v, 1);
    if (!(r->sx > 0 && r->sy > 0 && r->opt->height_mm > 0 && r->opt->base_mm > 0 && isfinite(r->sx + r->sy) &&
          isfinite(r->opt->height_mm + r->opt->base_mm)))
        return lm_err_set(err, LM_ERULE, NULL, "height %g, base %g and pixels of %g x %g mm must all be greater than 0",
                          r->opt->height_mm, r->opt->base_mm, r->sx, r->sy);
    return LM_OK;
}

static lm_status relief_window(const lm_vol *image, lm_relief_opt *opt, lm_err *err)
{
    double lo, hi;
    lm_status rc = lm_vol_range(image, &lo, &hi, err);
    if (rc) return rc;
    if (!isfinite(lo) || !isfinite(hi))
        return lm_err_set(err, LM_ERULE, NULL, "the image has an infinite pixel value, which has no height");
    if (lo == hi) return lm_err_set(err, LM_ENO, NULL, "all pixels have the value %g: there is nothing to raise", lo);
    if (isnan(opt->lo)) opt->lo = lo;
    if (isnan(opt->hi)) opt->hi = hi;
    if (!(opt->lo != opt->hi && isfinite(opt->hi - opt->lo)))
        return lm_err_set(err, LM_ERULE, NULL, "the window from %g to %g is empty; the pixels run from %g to %g", opt->lo, opt->hi,
                          lo, hi);
    return LM_OK;
}

/* ---- vertices ---- */

/* Number of the k-th vertex of the outline, counter-clockwise seen from above, from the corner at x = 0, y = 0. */
static size_t relief_rim(const relief *r, size_t k)
{
    size_t w = r->nx - 1, h = r->ny - 1, last = r->nx * h;
    if (k < w) return last + k;
    if ((k -= w) < h) return last + w - k * r->nx;
    if ((k -= h) < w) return w - k;
    return (k - w) * r->nx;
}

/* Coordinates in float32, rising from one pixel to the next; false where two fall together. */
static bool relief_apart(double step, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (!((float)((double)i * step) > (float)((double)(i - 1) * step))) return false;
    return isfinite((float)((double)(n - 1) * step));
}

static void relief_vertices(const relief *r, double *row)
{
    float *p = r->out->pos;
    const double *z = row;
    double scale = 1 / (r->opt->hi - r->opt->lo);
    for (size_t j = 0; j < r->ny; j++) {
        lm_vol_row_f64(r->image, j * r->nx, r->nx, row);
        for (size_t i = 0; i < r->nx; i++, p += 3) {
            double t = (z[i] - r->opt->lo) * scale;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            p[0] = (float)((double)i * r->sx);
            p[1] = (float)((double)(r->ny - 1 - j) * r->sy);
            p[2] = (float)(r->opt->base_mm + r->opt->height_mm * t);
        }
    }
    for (size_t k = 0; k < r->rim; k++, p += 3) {
        const float *top = r->out->pos + 3 * relief_rim(r, k);
        p[0] = top[0];
        p[1] = top[1];
        p[2] = 0;
    }
    p[0] = (float)((double)(r->nx - 1) * r->sx / 2);
    p[1] = (float)((double)(r->ny - 1) * r->sy / 2);
    p[2] = 0;
}

/* ---- triangles ---- */

static uint32_t *relief_triangle(uint32_t *t, size_t a, size_t b, size_t c)
{
    t[0] = (uint32_t)a;
    t[1] = (uint32_t)b;
    t[2] = (uint32_t)c;
    return t + 3;
}

/* Is the square cut from a to d rather than from b to c? */
static bool relief_falls(const float *pos, size_t a, size_t d, size_t b, size_t c)
{
    double za = pos[3 * a + 2], zb = pos[3 * b + 2], zc = pos[3 * c + 2], zd = pos[3 * d + 2];
    double falls = fabs(za - zd), rises = fabs(zb - zc);
    return falls != rises ? falls < rises : za + zd >= zb + zc;
}

static void relief_triangles(const relief *r)
{
    uint32_t *t = r->out->tri;
    const float *pos = r->out->pos;
    for (size_t j = 0; j + 1 < r->ny; j++)
        for (size_t i = 0; i + 1 < r->nx; i++) {
            size_t a = j * r->nx + i, b = a + 1, c = a + r->nx, d = c + 1; /* a b above c d */
            t = relief_falls(pos, a, d, b, c) ? relief_triangle(relief_triangle(t, a, c, d), a, d, b)
                                              : relief_triangle(relief_triangle(t, a, c, b), b, c, d);
        }
    size_t under = r->nx * r->ny, centre = under + r->rim;
    for (size_t k = 0; k < r->rim; k++) {
        size_t next = k + 1 < r->rim ? k + 1 : 0, top = relief_rim(r, k), beside = relief_rim(r, next);
        t = relief_triangle(t, under + k, under + next, beside);
        t = relief_triangle(t, under + k, beside, top);
        t = relief_triangle(t, centre, under + next, under + k);
    }
}

lm_status lm_relief(const lm_vol *image, lm_relief_opt *opt, lm_mesh *out, lm_err *err)
{
    relief r = {.nx = image->n[0], .ny = image->n[1], .image = image, .opt = opt, .out = out};
    lm_mesh_release(out);
    lm_status rc = relief_geometry(&r, err);
    if (rc || (rc = relief_window(image, opt, err))) return rc;
    if (!relief_apart(r.sx, r.nx) || !relief_apart(r.sy, r.ny))
        return lm_err_set(err, LM_ERANGE, NULL, "float32 cannot keep %zu x %zu pixels of %g x %g mm apart", r.nx, r.ny, r.sx, r.sy);
    if (!((float)opt->base_mm > 0)) return lm_err_set(err, LM_ERANGE, NULL, "a base of %g mm is nothing in float32", opt->base_mm);
    r.rim = 2 * (r.nx - 1 + r.ny - 1);
    size_t nv = r.nx * r.ny + r.rim + 1;
    if ((rc = lm_mesh_alloc(out, nv, 2 * (r.nx - 1) * (r.ny - 1) + 3 * r.rim, err))) return rc;
    double *row = lm_mem_alloc(r.nx, sizeof *row, err);
    if (!row) {
        lm_mesh_release(out);
        return LM_ENOMEM;
    }
    relief_vertices(&r, row);
    free(row);
    relief_triangles(&r);
    return LM_OK;
}
