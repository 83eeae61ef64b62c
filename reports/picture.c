/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/picture.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- palette: one byte per pixel ---- */
enum {
    PICTURE_OUT = 1, /* first of the shades of the outside */
    PICTURE_OUT_N = 160,
    PICTURE_IN = 161, /* first of the shades of the inside */
    PICTURE_IN_N = 64,
    PICTURE_RIM = 225,     /* first of the half-covered outline colours: shade * RIM_ALPHAS + alpha */
    PICTURE_RIM_N = 10,    /* shades */
    PICTURE_RIM_ALPHAS = 3 /* 1/4, 2/4, 3/4: what 2x2 samples can cover in part */
};

static void picture_ramp(const uint8_t stop[3][3], double t, uint8_t rgba[4])
{
    int s = t < 0.5 ? 0 : 1;
    double f = 2 * t - s;
    for (int c = 0; c < 3; c++) rgba[c] = (uint8_t)(stop[s][c] * (1 - f) + stop[s + 1][c] * f + 0.5);
    rgba[3] = 255;
}

void lm_picture_palette(uint8_t rgba[256][4])
{
    static const uint8_t bone[3][3] = {{44, 36, 36}, {170, 146, 122}, {252, 245, 232}};
    static const uint8_t flesh[3][3] = {{60, 4, 16}, {178, 30, 52}, {255, 140, 140}};
    memset(rgba, 0, 256 * 4);
    for (int i = 0; i < PICTURE_OUT_N; i++) picture_ramp(bone, i / (PICTURE_OUT_N - 1.0), rgba[PICTURE_OUT + i]);
    for (int i = 0; i < PICTURE_IN_N; i++) picture_ramp(flesh, i / (PICTURE_IN_N - 1.0), rgba[PICTURE_IN + i]);
    for (int i = 0; i < PICTURE_RIM_N; i++)
        for (int a = 0; a < PICTURE_RIM_ALPHAS; a++) {
            uint8_t *c = rgba[PICTURE_RIM + i * PICTURE_RIM_ALPHAS + a];
            picture_ramp(bone, i / (PICTURE_RIM_N - 1.0), c);
            c[3] = (uint8_t)(255 * (a + 1) / 4);
        }
}

bool lm_picture_is_inside(uint8_t index)
{
    return index >= PICTURE_IN && index < PICTURE_IN + PICTURE_IN_N;
}

/* ---- views ---- */
typedef struct {
    int axis[3]; /* LPS axis that runs right, up, away from the viewer */
    int sign[3];
    const char *name, *left, *right, *top, *bottom;
    const char *plain_name, *plain_left, *plain_right, *plain_top, *plain_bottom; /* space unknown */
} picture_view;

static const picture_view picture_views[LM_PICTURE_VIEWS] = {
    {{0, 2, 1}, {1, 1, 1}, "anterior", "R", "L", "S", "I", "from \xe2\x88\x92y", "\xe2\x88\x92x", "+x", "+z", "\xe2\x88\x92z"},
    {{1, 2, 0}, {1, 1, -1}, "left lateral", "A", "P", "S", "I", "from +x", "\xe2\x88\x92y", "+y", "+z", "\xe2\x88\x92z"},
    {{0, 1, 2}, {-1, -1, -1}, "superior", "L", "R", "A", "P", "from +z", "+x", "\xe2\x88\x92x", "\xe2\x88\x92y", "+y"},
    {{0, 2, 1}, {-1, 1, -1}, "posterior", "L", "R", "S", "I", "from +y", "+x", "\xe2\x88\x92x", "+z", "\xe2\x88\x92z"},
    {{1, 2, 0},
     {-1, 1, 1},
     "right lateral",
     "P",
     "A",
     "S",
     "I",
     "from \xe2\x88\x92x",
     "+y",
     "\xe2\x88\x92y",
     "+z",
     "\xe2\x88\x92z"},
    {{0, 1, 2}, {1, -1, 1}, "inferior", "R", "L", "A", "P", "from \xe2\x88\x92z", "\xe2\x88\x92x", "+x", "\xe2\x88\x92y", "+y"},
};

enum { PICTURE_SS = 2, PICTURE_SUB = 256, PICTURE_INSIDE_BIT = 0x8000, PICTURE_FULL = 0x7fff };

typedef struct {
    const lm_mesh *mesh;
    const float *normal; /* unit, per vertex, in LPS */
    double centre[3];    /* of the box, in the mesh's own coordinates */
    double flip;         /* -1: x and y turn from RAS to LPS */
    double scale;        /* samples per mm */
    int side;            /* pixels */
    lm_picture *out;
} picture_job;

typedef struct {
    float *depth;    /* per sample, in samples, larger is farther; INFINITY: nothing */
    uint16_t *shade; /* per sample, 0..PICTURE_FULL, and PICTURE_INSIDE_BIT */
} picture_buffer;

/* A light from the upper left in front and a weaker one at the viewer; n in view axes (right, up, towards the viewer). */
static double picture_light(const double n[3])
{
    double key = -0.38 * n[0] + 0.56 * n[1] + 0.736 * n[2];
    double half = -0.204 * n[0] + 0.301 * n[1] + 0.932 * n[2]; /* between key light and viewer */
    double s = half > 0 ? half * half : 0;
    s *= s, s *= s, s *= s, s *= s;
    double v = 0.10 + (key > 0 ? 0.62 * key : 0) + (n[2] > 0 ? 0.24 * n[2] : 0) + 0.10 * s;
    return v > 1 ? 1 : v;
}

/* Smoothed normals, weighted by area. Coordinates are first scaled to samples so that nothing overflows in float. */
static void picture_normals(const picture_job *job, float *normal)
{
    const lm_mesh *m = job->mesh;
    memset(normal, 0, m->nv * 3 * sizeof *normal);
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        const float *a = m->pos + 3 * (size_t)v[0], *b = m->pos + 3 * (size_t)v[1], *c = m->pos + 3 * (size_t)v[2];
        double e[3], f[3];
        for (int k = 0; k < 3; k++) {
            e[k] = ((double)b[k] - (double)a[k]) * job->scale;
            f[k] = ((double)c[k] - (double)a[k]) * job->scale;
        }
        float n[3] = {(float)(e[1] * f[2] - e[2] * f[1]), (float)(e[2] * f[0] - e[0] * f[2]), (float)(e[0] * f[1] - e[1] * f[0])};
        for (int i = 0; i < 3; i++) {
            float *o = normal + 3 * (size_t)v[i];
            o[0] += n[0], o[1] += n[1], o[2] += n[2];
        }
    }
    for (size_t i = 0; i < m->nv; i++) {
        float *n = normal + 3 * i;
        double l = sqrt((double)n[0] * n[0] + (double)n[1] * n[1] + (double)n[2] * n[2]);
        for (int k = 0; k < 3; k++) n[k] = l > 0 ? (float)(n[k] / l) : 0;
        if (job->flip < 0) n[0] = -n[0], n[1] = -n[1];
    }
}

/* Light of the three corners: the smoothed normal where it lies within 40 degrees of the face's, else the face's. */
static void picture_corners(const picture_job *job, const picture_view *view, const uint32_t *v, const double face[3], bool inside,
                            double out[3])
{
    double flat = picture_light(face);
    for (int i = 0; i < 3; i++) {
        const float *s = job->normal + 3 * (size_t)v[i];
        double n[3] = {view->sign[0] * (double)s[view->axis[0]], view->sign[1] * (double)s[view->axis[1]],
                       -view->sign[2] * (double)s[view->axis[2]]};
        if (inside) n[0] = -n[0], n[1] = -n[1], n[2] = -n[2];
        double c = n[0] * face[0] + n[1] * face[1] + n[2] * face[2];
        out[i] = c > 0.766 ? picture_light(n) : flat;
    }
}

static int64_t picture_floor_div(int64_t a)
{
    return a >> 8; /* PICTURE_SUB = 256; arithmetic shift, as gcc and clang have it */
}

/* One triangle. p: per corner right, down in 1/256 samples; z in samples. Sample s has its centre at 256*s + 128. */
static void picture_fill(const picture_buffer *buf, int w, int64_t p[3][2], double z[3], double light[3], bool inside)
{
    int64_t area = (p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) - (p[2][0] - p[0][0]) * (p[1][1] - p[0][1]);
    if (area < 0) { /* one turning sense for the edge functions */
        int64_t t0 = p[1][0], t1 = p[1][1];
        double tz = z[1], tl = light[1];
        p[1][0] = p[2][0], p[1][1] = p[2][1], z[1] = z[2], light[1] = light[2];
        p[2][0] = t0, p[2][1] = t1, z[2] = tz, light[2] = tl;
        area = -area;
    }
    int64_t lo[2], hi[2];
    for (int k = 0; k < 2; k++) {
        int64_t a = p[0][k] < p[1][k] ? p[0][k] : p[1][k], b = p[0][k] > p[1][k] ? p[0][k] : p[1][k];
        if (p[2][k] < a) a = p[2][k];
        if (p[2][k] > b) b = p[2][k];
        lo[k] = picture_floor_div(a + 127);
        hi[k] = picture_floor_div(b - 128);
        if (lo[k] < 0) lo[k] = 0;
        if (hi[k] >= w) hi[k] = w - 1;
    }
    int64_t row[3], dx[3], dy[3];
    for (int i = 0; i < 3; i++) {
        int64_t *a = p[(i + 1) % 3], *b = p[(i + 2) % 3];
        dx[i] = -(b[1] - a[1]) * PICTURE_SUB;
        dy[i] = (b[0] - a[0]) * PICTURE_SUB;
        row[i] = (b[0] - a[0]) * (lo[1] * PICTURE_SUB + 128 - a[1]) - (b[1] - a[1]) * (lo[0] * PICTURE_SUB + 128 - a[0]);
        bool top_left = b[1] < a[1] || (b[1] == a[1] && b[0] > a[0]);
        if (!top_left) row[i] -= 1;
    }
    double inv = 1 / (double)area;
    uint16_t bit = inside ? PICTURE_INSIDE_BIT : 0;
    /* The inside lies a sample deeper than it is: along a steep outline it must not win by rounding. */
    double push = inside ? 1 : 0;
    for (int64_t y = lo[1]; y <= hi[1]; y++) {
        int64_t e0 = row[0], e1 = row[1], e2 = row[2];
        for (int64_t x = lo[0]; x <= hi[0]; x++) {
            if ((e0 | e1 | e2) >= 0) {
                double b0 = (double)e0 * inv, b1 = (double)e1 * inv, b2 = 1 - b0 - b1;
                float d = (float)(b0 * z[0] + b1 * z[1] + b2 * z[2] + push);
                size_t at = (size_t)y * (size_t)w + (size_t)x;
                if (d < buf->depth[at]) {
                    double l = b0 * light[0] + b1 * light[1] + b2 * light[2];
                    l = l < 0 ? 0 : l > 1 ? 1 : l;
                    buf->depth[at] = d;
                    buf->shade[at] = (uint16_t)((uint16_t)(l * PICTURE_FULL + 0.5) | bit);
                }
            }
            e0 += dx[0], e1 += dx[1], e2 += dx[2];
        }
        row[0] += dy[0], row[1] += dy[1], row[2] += dy[2];
    }
}

static void picture_raster(const picture_job *job, const picture_view *view, const picture_buffer *buf)
{
    const lm_mesh *m = job->mesh;
    int w = job->side * PICTURE_SS;
    double mid = w * 0.5 * PICTURE_SUB;
    double s[3], c[3]; /* right, down, away = s * (pos[axis] - c) */
    for (int k = 0; k < 3; k++) {
        int axis = view->axis[k];
        s[k] = job->scale * view->sign[k] * (axis < 2 ? job->flip : 1);
        c[k] = job->centre[axis];
    }
    s[0] *= PICTURE_SUB;
    s[1] *= -PICTURE_SUB;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        int64_t p[3][2];
        double z[3];
        for (int i = 0; i < 3; i++) {
            const float *q = m->pos + 3 * (size_t)v[i];
            /* positive before the cast, so that it rounds to the nearest */
            p[i][0] = (int64_t)(((double)q[view->axis[0]] - c[0]) * s[0] + mid + 0.5);
            p[i][1] = (int64_t)(((double)q[view->axis[1]] - c[1]) * s[1] + mid + 0.5);
            z[i] = ((double)q[view->axis[2]] - c[2]) * s[2];
        }
        int64_t area = (p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) - (p[2][0] - p[0][0]) * (p[1][1] - p[0][1]);
        if (!area) continue;
        int64_t x0 = p[0][0] < p[1][0] ? p[0][0] : p[1][0], x1 = p[0][0] > p[1][0] ? p[0][0] : p[1][0];
        int64_t y0 = p[0][1] < p[1][1] ? p[0][1] : p[1][1], y1 = p[0][1] > p[1][1] ? p[0][1] : p[1][1];
        if (p[2][0] < x0) x0 = p[2][0];
        if (p[2][0] > x1) x1 = p[2][0];
        if (p[2][1] < y0) y0 = p[2][1];
        if (p[2][1] > y1) y1 = p[2][1];
        /* Most triangles of a dense mesh lie between the samples. */
        if (picture_floor_div(x0 + 127) > picture_floor_div(x1 - 128) || picture_floor_div(y0 + 127) > picture_floor_div(y1 - 128))
            continue;
        bool inside = area > 0; /* y runs down: counter-clockwise seen from outside has negative area here */
        double e[3] = {(double)(p[1][0] - p[0][0]), (double)(p[0][1] - p[1][1]), (z[0] - z[1]) * PICTURE_SUB};
        double f[3] = {(double)(p[2][0] - p[0][0]), (double)(p[0][1] - p[2][1]), (z[0] - z[2]) * PICTURE_SUB};
        double n[3] = {e[1] * f[2] - e[2] * f[1], e[2] * f[0] - e[0] * f[2], e[0] * f[1] - e[1] * f[0]};
        double l = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) * (inside ? -1 : 1);
        for (int k = 0; k < 3; k++) n[k] /= l;
        double light[3];
        picture_corners(job, view, v, n, inside, light);
        picture_fill(buf, w, p, z, light, inside);
    }
}

/* Mean over a (2r+1)^2 box of the covered pixels only: value in sum, weight in cover; running sums, rows then columns. */
static void picture_blur(double *sum, double *cover, double *tmp, int n, int r)
{
    for (int pass = 0; pass < 2; pass++)
        for (int which = 0; which < 2; which++) {
            double *a = which ? cover : sum;
            size_t step = pass ? (size_t)n : 1, line = pass ? 1 : (size_t)n;
            for (int y = 0; y < n; y++) {
                double *row = a + (size_t)y * line, run = 0;
                for (int x = 0; x < r && x < n; x++) run += row[(size_t)x * step];
                for (int x = 0; x < n; x++) {
                    if (x + r < n) run += row[(size_t)(x + r) * step];
                    if (x - r - 1 >= 0) run -= row[(size_t)(x - r - 1) * step];
                    tmp[x] = run;
                }
                for (int x = 0; x < n; x++) row[(size_t)x * step] = tmp[x];
            }
        }
}

typedef struct {
    float light, depth; /* mean over covered samples; depth in pixels */
    uint8_t covered, inside;
} picture_pixel;

static lm_status picture_shade(const picture_job *job, const picture_buffer *buf, uint8_t *out, lm_err *err)
{
    int n = job->side, w = n * PICTURE_SS;
    size_t count = (size_t)n * (size_t)n;
    lm_arena arena = LM_ARENA_INIT;
    lm_status st = LM_ENOMEM;
    picture_pixel *px = lm_arena_alloc(&arena, count, sizeof *px, err);
    double *sum = px ? lm_arena_alloc(&arena, count, sizeof *sum, err) : NULL;
    double *cover = sum ? lm_arena_alloc(&arena, count, sizeof *cover, err) : NULL;
    double *tmp = cover ? lm_arena_alloc(&arena, (size_t)n, sizeof *tmp, err) : NULL;
    if (!tmp) goto done;
    for (size_t i = 0; i < count; i++) {
        size_t x = i % (size_t)n, y = i / (size_t)n;
        double light = 0, depth = 0;
        int covered = 0, inside = 0;
        for (size_t k = 0; k < PICTURE_SS * PICTURE_SS; k++) {
            size_t at = (y * PICTURE_SS + k / PICTURE_SS) * (size_t)w + x * PICTURE_SS + k % PICTURE_SS;
            if (buf->depth[at] == INFINITY) continue;
            covered++;
            inside += (buf->shade[at] & PICTURE_INSIDE_BIT) != 0;
            light += buf->shade[at] & PICTURE_FULL;
            depth += (double)buf->depth[at];
        }
        px[i] = (picture_pixel){.covered = (uint8_t)covered, .inside = (uint8_t)inside};
        if (covered) {
            px[i].light = (float)(light / covered / PICTURE_FULL);
            px[i].depth = (float)(depth / covered / PICTURE_SS);
        }
    }
    static const struct {
        int part; /* radius = side / part */
        double strength;
    } scales[] = {{90, 0.30}, {24, 0.45}};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        int r = n / scales[s].part > 0 ? n / scales[s].part : 1;
        for (size_t i = 0; i < count; i++) {
            cover[i] = px[i].covered ? 1 : 0;
            sum[i] = px[i].covered ? (double)px[i].depth : 0;
        }
        picture_blur(sum, cover, tmp, n, r);
        for (size_t i = 0; i < count; i++) {
            if (!px[i].covered) continue;
            double pit = ((double)px[i].depth - sum[i] / cover[i]) / r; /* farther than what lies around it */
            pit = pit < 0 ? pit * 0.25 : pit;
            pit = pit > 1 ? 1 : pit < -0.25 ? -0.25 : pit;
            px[i].light = (float)((double)px[i].light * (1 - scales[s].strength * pit));
        }
    }
    for (size_t i = 0; i < count; i++) {
        double l = (double)px[i].light;
        l = l < 0 ? 0 : l > 1 ? 1 : l;
        if (!px[i].covered) out[i] = 0;
        else if (px[i].inside * 2 > PICTURE_SS * PICTURE_SS) out[i] = (uint8_t)(PICTURE_IN + (int)(l * (PICTURE_IN_N - 1) + 0.5));
        else if (px[i].covered == PICTURE_SS * PICTURE_SS) out[i] = (uint8_t)(PICTURE_OUT + (int)(l * (PICTURE_OUT_N - 1) + 0.5));
        else out[i] = (uint8_t)(PICTURE_RIM + (int)(l * (PICTURE_RIM_N - 1) + 0.5) * PICTURE_RIM_ALPHAS + px[i].covered - 1);
    }
    st = LM_OK;
done:
    lm_arena_release(&arena);
    return st;
}

static lm_status picture_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const picture_job *job = ctx;
    size_t samples = (size_t)job->side * PICTURE_SS * (size_t)job->side * PICTURE_SS;
    picture_buffer buf = {0};
    lm_status st = LM_ENOMEM;
    (void)worker;
    if ((buf.depth = lm_mem_alloc(samples, sizeof *buf.depth, err)) == NULL) goto done;
    if ((buf.shade = lm_mem_alloc(samples, sizeof *buf.shade, err)) == NULL) goto done;
    for (size_t i = 0; i < samples; i++) buf.depth[i] = INFINITY;
    picture_raster(job, &picture_views[task], &buf);
    st = picture_shade(job, &buf, job->out[task].pixels, err);
done:
    free(buf.depth);
    free(buf.shade);
    return st;
}

lm_status lm_picture_draw(const lm_mesh *mesh, int side, int threads, lm_picture out[LM_PICTURE_VIEWS], lm_err *err)
{
    double lo[3], hi[3], size = 0;
    float *normal = NULL;
    lm_status st = LM_ENOMEM;
    memset(out, 0, LM_PICTURE_VIEWS * sizeof *out);
    lm_mesh_box(mesh, lo, hi);
    for (int k = 0; k < 3; k++)
        if (hi[k] - lo[k] > size) size = hi[k] - lo[k];
    if (!(size > 0)) size = 1;
    double mm_per_pixel = size * 1.06 / side; /* a margin of 3 % around the longest side */
    picture_job job = {
        .mesh = mesh, .flip = mesh->space == LM_SPACE_RAS ? -1 : 1, .scale = PICTURE_SS / mm_per_pixel, .side = side, .out = out};
    for (int k = 0; k < 3; k++) job.centre[k] = lo[k] + (hi[k] - lo[k]) / 2;
    for (int i = 0; i < LM_PICTURE_VIEWS; i++) {
        const picture_view *v = &picture_views[i];
        bool known = mesh->space != LM_SPACE_UNKNOWN;
        out[i] = (lm_picture){.side = side,
                              .mm_per_pixel = mm_per_pixel,
                              .width_mm = hi[v->axis[0]] - lo[v->axis[0]],
                              .height_mm = hi[v->axis[1]] - lo[v->axis[1]],
                              .name = known ? v->name : v->plain_name,
                              .left = known ? v->left : v->plain_left,
                              .right = known ? v->right : v->plain_right,
                              .top = known ? v->top : v->plain_top,
                              .bottom = known ? v->bottom : v->plain_bottom};
        if ((out[i].pixels = lm_mem_alloc((size_t)side * (size_t)side, 1, err)) == NULL) goto done;
    }
    if ((normal = lm_mem_alloc(mesh->nv, 3 * sizeof *normal, err)) == NULL) goto done;
    picture_normals(&job, normal);
    job.normal = normal;
    st = lm_pool_run(lm_pool_threads(threads), LM_PICTURE_VIEWS, picture_task, &job, err);
done:
    free(normal);
    if (st) lm_picture_release(out);
    return st;
}

void lm_picture_release(lm_picture out[LM_PICTURE_VIEWS])
{
    for (int i = 0; i < LM_PICTURE_VIEWS; i++) {
        free(out[i].pixels);
        out[i].pixels = NULL;
    }
}
