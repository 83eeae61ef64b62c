/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 area, 2 planes and slabs, 3 samples */
#include "volume/contours.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONTOUR_PLANE 0.05 /* mm: R-2 */
#define CONTOUR_TIE 0.01   /* mm: a slice this near to a slab's lower bound is in */
#define CONTOUR_FILL 1.5   /* median steps: from here a plane seems missing */
#define CONTOUR_BREAK 2.5  /* median steps: from here planes are no neighbours */
#define CONTOUR_CROSS 1e-9 /* mm: edges that cross by less are taken to touch */
enum { CONTOUR_CROSSINGS = 1 << 26, CONTOUR_HALVINGS = 30, CONTOUR_WORK = 1 << 28 };

/* ---- 1 area ---- */

/* An edge, lower end first. */
typedef struct {
    double y0, y1, x0, x1;
} contour_edge;

static int contour_cmp_edge(const void *a, const void *b)
{
    const contour_edge *p = a, *q = b;
    return p->y0 != q->y0 ? (p->y0 > q->y0) - (p->y0 < q->y0) : (p->y1 > q->y1) - (p->y1 < q->y1);
}

static int contour_cmp_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Where an edge is at the two ends of a strip. */
typedef struct {
    double a, b;
} contour_span;

static int contour_cmp_span(const void *a, const void *b)
{
    const contour_span *p = a, *q = b;
    return p->a != q->a ? (p->a > q->a) - (p->a < q->a) : (p->b > q->b) - (p->b < q->b);
}

/* Area between n edges across a strip of height h (n even), by the odd-even rule. Where no two cross it is a row of
 * trapezia; a strip with a crossing is halved until it does not matter. */
static double contour_strip(contour_span *s, size_t n, double h, int halvings, contour_span *scratch, size_t *work)
{
    double sum = 0;
    bool crossed = false;
    *work += n;
    qsort(s, n, sizeof *s, contour_cmp_span);
    for (size_t i = 1; i < n && !crossed; i++) crossed = s[i - 1].b - s[i].b > CONTOUR_CROSS;
    if (!crossed || !halvings || *work > CONTOUR_WORK) {
        for (size_t i = 0; i + 1 < n; i += 2) sum += ((s[i + 1].a - s[i].a) + fabs(s[i + 1].b - s[i].b)) / 2 * h;
        return sum;
    }
    for (size_t i = 0; i < n; i++) scratch[i] = (contour_span){s[i].a, (s[i].a + s[i].b) / 2};
    sum = contour_strip(scratch, n, h / 2, halvings - 1, scratch + n, work);
    for (size_t i = 0; i < n; i++) scratch[i] = (contour_span){(s[i].a + s[i].b) / 2, s[i].b};
    return sum + contour_strip(scratch, n, h / 2, halvings - 1, scratch + n, work);
}

/* Strips lie between neighbouring heights of corners. */
static double contour_sweep(contour_edge *e, size_t edges, double *y, size_t n, size_t *active, contour_span *spans, size_t *work)
{
    double area = 0;
    size_t next = 0, live = 0;
    qsort(e, edges, sizeof *e, contour_cmp_edge);
    qsort(y, n, sizeof *y, contour_cmp_double);
    for (size_t k = 0; k + 1 < n && *work <= CONTOUR_WORK; k++) {
        double lo = y[k], hi = y[k + 1];
        if (!(lo < hi)) continue;
        while (next < edges && e[next].y0 <= lo) active[live++] = next++;
        size_t kept = 0;
        for (size_t i = 0; i < live; i++)
            if (e[active[i]].y1 > lo) active[kept++] = active[i];
        live = kept;
        for (size_t i = 0; i < live; i++) {
            const contour_edge *d = &e[active[i]];
            double slope = (d->x1 - d->x0) / (d->y1 - d->y0);
            spans[i] = (contour_span){lo == d->y0 ? d->x0 : d->x0 + (lo - d->y0) * slope,
                                      hi == d->y1 ? d->x1 : d->x0 + (hi - d->y0) * slope};
        }
        area += contour_strip(spans, live, hi - lo, CONTOUR_HALVINGS, spans + live, work);
    }
    return area;
}

lm_status lm_contours_area(const double *const *xy, const size_t *count, size_t n, double *area, lm_err *err)
{
    lm_arena arena = LM_ARENA_INIT;
    size_t corners = 0, edges = 0, work = 0;
    for (size_t i = 0; i < n; i++) corners += count[i];
    contour_edge *e = lm_arena_alloc(&arena, corners, sizeof *e, err);
    double *y = e ? lm_arena_alloc(&arena, corners, sizeof *y, err) : NULL;
    size_t *active = y ? lm_arena_alloc(&arena, corners, sizeof *active, err) : NULL;
    contour_span *spans = active ? lm_arena_alloc(&arena, (corners + 1) * (CONTOUR_HALVINGS + 2), sizeof *spans, err) : NULL;
    if (spans) {
        size_t at = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < count[i]; k++) {
                const double *p = xy[i] + 2 * k, *q = xy[i] + 2 * ((k + 1) % count[i]);
                y[at++] = p[1];
                if (p[1] < q[1]) e[edges++] = (contour_edge){p[1], q[1], p[0], q[0]};
                if (p[1] > q[1]) e[edges++] = (contour_edge){q[1], p[1], q[0], p[0]};
            }
        *area = contour_sweep(e, edges, y, corners, active, spans, &work);
    }
    lm_arena_release(&arena);
    if (work > CONTOUR_WORK)
        return lm_err_set(err, LM_ERANGE, NULL, "%zu corners in one plane are too many or too tangled", corners);
    return spans ? LM_OK : LM_ENOMEM;
}

/* ---- 2 planes and slabs ---- */

typedef struct {
    double at; /* along the normal, from the grid's origin, mm */
    size_t contour;
} contour_place;

typedef struct {
    double at, lo, hi;   /* the plane, its slab */
    size_t first, count; /* its contours: places first .. first+count-1 */
} contour_plane;

/* The grid as orthonormal axes and the way into its indices. */
typedef struct {
    double x[3], y[3], normal[3], inverse[3][3], origin[3], step;
} contour_frame;

static double contour_dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void contour_cross(const double *a, const double *b, double *c)
{
    c[0] = a[1] * b[2] - a[2] * b[1];
    c[1] = a[2] * b[0] - a[0] * b[2];
    c[2] = a[0] * b[1] - a[1] * b[0];
}

static void contour_axes(const lm_regions *r, contour_frame *f)
{
    lm_vol grid = lm_regions_grid(r);
    contour_cross(r->dir[0], r->dir[1], f->normal);
    double n = sqrt(contour_dot(f->normal, f->normal)), x = sqrt(contour_dot(r->dir[0], r->dir[0]));
    for (int i = 0; i < 3; i++) {
        f->normal[i] /= n;
        f->x[i] = r->dir[0][i] / x;
        f->origin[i] = r->origin[i];
    }
    contour_cross(f->normal, f->x, f->y);
    f->step = contour_dot(r->dir[2], f->normal);
    lm_vol_inverse(&grid, f->inverse);
}

static double contour_height(const contour_frame *f, const double *p)
{
    double d[3] = {p[0] - f->origin[0], p[1] - f->origin[1], p[2] - f->origin[2]};
    return contour_dot(d, f->normal);
}

/* Mean height of a contour, which must lie along the slices. */
static lm_status contour_level(const contour_frame *f, const lm_contour *c, size_t number, double *at, lm_err *err)
{
    double lo = INFINITY, hi = -INFINITY, tol = fmax(CONTOUR_PLANE, 0.02 * fabs(f->step));
    if (c->n < 3) return lm_err_set(err, LM_EFORMAT, NULL, "contour %zu has %zu corners: no area", number + 1, c->n);
    for (size_t i = 0; i < c->n; i++) {
        double w = contour_height(f, c->xyz + 3 * i);
        if (!(fabs(w) < 1e6)) return lm_err_set(err, LM_EFORMAT, NULL, "contour %zu has a corner far from anywhere", number + 1);
        lo = fmin(lo, w);
        hi = fmax(hi, w);
    }
    if (hi - lo > 2 * tol)
        return lm_err_set(
            err, LM_ERULE, "R-2",
            "contour %zu does not lie along the slices: its corners are up to %.4g mm apart across them. Use the image series "
            "that it was drawn on",
            number + 1, hi - lo);
    *at = (lo + hi) / 2;
    return LM_OK;
}

static int contour_cmp_place(const void *a, const void *b)
{
    const contour_place *p = a, *q = b;
    if (p->at != q->at) return p->at < q->at ? -1 : 1;
    return p->contour < q->contour ? -1 : 1;
}

/* heights, ascending, into planes. */
static size_t contour_planes(const contour_place *place, size_t n, contour_plane *plane)
{
    size_t planes = 0;
    for (size_t i = 0; i < n; i++) {
        if (planes && place[i].at - place[plane[planes - 1].first].at <= CONTOUR_PLANE) plane[planes - 1].count++;
        else plane[planes++] = (contour_plane){.first = i, .count = 1};
        contour_plane *p = &plane[planes - 1];
        p->at = (place[p->first].at + place[i].at) / 2;
    }
    return planes;
}

/* */
static lm_status contour_slabs(contour_plane *p, size_t n, double grid_step, lm_contours_facts *f, lm_err *err)
{
    double *d = lm_mem_alloc(n, sizeof *d, err);
    if (!d) return LM_ENOMEM;
    for (size_t i = 0; i + 1 < n; i++) d[i] = p[i + 1].at - p[i].at;
    qsort(d, n - 1, sizeof *d, contour_cmp_double);
    f->step_mm = n > 1 ? d[(n - 2) / 2] : fabs(grid_step);
    free(d);
    for (size_t i = 0; i < n; i++) {
        p[i].lo = p[i].at - f->step_mm / 2;
        p[i].hi = p[i].at + f->step_mm / 2;
    }
    for (size_t i = 0; i + 1 < n; i++) {
        double gap = p[i + 1].at - p[i].at;
        f->filled += gap > CONTOUR_FILL * f->step_mm && gap <= CONTOUR_BREAK * f->step_mm;
        f->broken += gap > CONTOUR_BREAK * f->step_mm;
        if (gap <= CONTOUR_BREAK * f->step_mm) p[i].hi = p[i + 1].lo = p[i].at + gap / 2;
    }
    return LM_OK;
}

static bool contour_same(const lm_contour *a, const lm_contour *b)
{
    return a->n == b->n && !memcmp(a->xyz, b->xyz, 3 * a->n * sizeof *a->xyz);
}

/* Take out contours that are there twice. */
static void contour_twins(const lm_contour *c, contour_place *place, contour_plane *p, lm_contours_facts *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        bool twin = false;
        for (size_t k = 0; k < kept && !twin; k++)
            twin = contour_same(&c[place[p->first + i].contour], &c[place[p->first + k].contour]);
        if (twin) f->twins++;
        else place[p->first + kept++] = place[p->first + i];
    }
    p->count = kept;
}

/* Area of a plane, mm2. */
static lm_status contour_plane_area(const contour_frame *f, const lm_contour *c, const contour_place *place, const contour_plane *p,
                                    double *area, lm_err *err)
{
    lm_arena arena = LM_ARENA_INIT;
    lm_status rc = LM_OK;
    const double **xy = lm_arena_alloc(&arena, p->count, sizeof *xy, err);
    size_t *count = xy ? lm_arena_alloc(&arena, p->count, sizeof *count, err) : NULL;
    if (!count) rc = LM_ENOMEM;
    for (size_t i = 0; i < p->count && !rc; i++) {
        const lm_contour *one = &c[place[p->first + i].contour];
        double *v = lm_arena_alloc(&arena, 2 * one->n, sizeof *v, err);
        if (!v) rc = LM_ENOMEM;
        for (size_t k = 0; k < one->n && !rc; k++) {
            double d[3];
            for (int a = 0; a < 3; a++) d[a] = one->xyz[3 * k + (size_t)a] - f->origin[a];
            v[2 * k] = contour_dot(d, f->x);
            v[2 * k + 1] = contour_dot(d, f->y);
        }
        xy[i] = v;
        count[i] = one->n;
    }
    if (!rc) rc = lm_contours_area(xy, count, p->count, area, err);
    lm_arena_release(&arena);
    return rc;
}

/* ---- 3 samples ---- */

/* Where contours cross the row of a slice. */
typedef struct {
    uint32_t row, contour;
    double x;
} contour_hit;

typedef struct {
    contour_hit *hit;
    size_t n, cap;
} contour_hits;

static int contour_cmp_hit(const void *a, const void *b)
{
    const contour_hit *p = a, *q = b;
    if (p->row != q->row) return p->row < q->row ? -1 : 1;
    return (p->x > q->x) - (p->x < q->x);
}

/* Grid indices i, j of a corner moved by `up` along the normal. */
static void contour_index(const contour_frame *f, const double *p, double up, double ij[2])
{
    enum { GRAIN = 1 << 20 };
    double d[3];
    for (int a = 0; a < 3; a++) d[a] = p[a] - f->origin[a] + up * f->normal[a];
    for (int a = 0; a < 2; a++) ij[a] = floor(contour_dot(f->inverse[a], d) * GRAIN + 0.5) / GRAIN;
}

static lm_status contour_cross_rows(const contour_frame *f, const lm_contour *c, uint32_t number, double up, const lm_regions *r,
                                    contour_hits *h, bool *cut, lm_err *err)
{
    double p[2], q[2], rows = (double)r->n[1], columns = (double)r->n[0];
    contour_index(f, c->xyz + 3 * (c->n - 1), up, p);
    for (size_t i = 0; i < c->n; i++, p[0] = q[0], p[1] = q[1]) {
        contour_index(f, c->xyz + 3 * i, up, q);
        *cut |= q[0] < -0.5 || q[0] > columns - 0.5 || q[1] < -0.5 || q[1] > rows - 0.5;
        const double *lo = p[1] < q[1] ? p : q, *hi = p[1] < q[1] ? q : p;
        double from = fmax(ceil(lo[1]), 0), to = fmin(ceil(hi[1]), rows);
        if (!(from < to)) continue;
        if (to - from > (double)(CONTOUR_CROSSINGS - h->n))
            return lm_err_set(err, LM_ERANGE, NULL, "the contours of one plane cross the rows of the grid more than %d times",
                              (int)CONTOUR_CROSSINGS);
        lm_status rc = lm_mem_grow(&h->hit, &h->cap, h->n + (size_t)(to - from), sizeof *h->hit, err);
        if (rc) return rc;
        for (size_t j = (size_t)from; j < (size_t)to; j++)
            h->hit[h->n++] = (contour_hit){(uint32_t)j, number, lo[0] + ((double)j - lo[1]) * (hi[0] - lo[0]) / (hi[1] - lo[1])};
    }
    return LM_OK;
}

/* One slice: samples between an odd crossing and the next. seen[contour]: a sample lies between crossings of it alone. */
static lm_status contour_slice(const contour_frame *f, const lm_contour *c, const contour_place *place, const contour_plane *p,
                               size_t k, const lm_regions *r, lm_region *g, contour_hits *h, bool *seen, bool *cut, lm_err *err)
{
    lm_status rc = LM_OK;
    double up = (double)k * f->step - p->at, columns = (double)r->n[0];
    h->n = 0;
    for (size_t i = 0; i < p->count && !rc; i++) {
        size_t from = h->n, one = place[p->first + i].contour;
        rc = contour_cross_rows(f, &c[one], (uint32_t)one, up, r, h, cut, err);
        qsort(h->hit + from, h->n - from, sizeof *h->hit, contour_cmp_hit);
        for (size_t n = from; n + 1 < h->n && !rc; n += 2) seen[one] |= ceil(h->hit[n].x) < ceil(h->hit[n + 1].x);
    }
    if (h->n) qsort(h->hit, h->n, sizeof *h->hit, contour_cmp_hit);
    for (size_t n = 0; n + 1 < h->n && !rc; n += 2) {
        double from = fmax(ceil(h->hit[n].x), 0), to = fmin(ceil(h->hit[n + 1].x), columns);
        uint64_t row = ((uint64_t)k * r->n[1] + h->hit[n].row) * r->n[0];
        if (from < to) rc = lm_regions_run(r, g, row + (uint64_t)from, (uint64_t)(to - from), err);
    }
    return rc;
}

/* Every slice belongs to one slab at most; planes ascend along the normal, slices may run either way. */
static lm_status contour_slices(const contour_frame *f, const lm_contour *c, const contour_place *place, const contour_plane *plane,
                                size_t planes, const lm_regions *r, lm_region *g, bool *seen, lm_contours_facts *facts, lm_err *err)
{
    contour_hits h = {.n = 0};
    lm_status rc = LM_OK;
    for (size_t k = 0; k < r->n[2] && !rc; k++) {
        double w = (double)k * f->step;
        size_t lo = 0, hi = planes; /* the last plane whose slab begins below */
        while (lo < hi) {
            size_t mid = (lo + hi) / 2;
            if (plane[mid].lo - CONTOUR_TIE <= w) lo = mid + 1;
            else hi = mid;
        }
        if (lo && w < plane[lo - 1].hi - CONTOUR_TIE)
            rc = contour_slice(f, c, place, &plane[lo - 1], k, r, g, &h, seen, &facts->cut, err);
    }
    free(h.hit);
    return rc;
}

static void contour_note_planes(const contour_frame *f, const contour_plane *plane, size_t planes, const lm_regions *r,
                                lm_contours_facts *facts)
{
    for (size_t i = 0; i < planes; i++) {
        double k = plane[i].at / f->step, off = fabs(k - floor(k + 0.5)) * fabs(f->step);
        if (k < -0.5 || k > (double)r->n[2] - 0.5) facts->beyond++;
        else if (off > CONTOUR_PLANE) {
            facts->between++;
            facts->between_mm = fmax(facts->between_mm, off);
        }
    }
}

lm_status lm_contours_raster(const lm_contour *c, size_t n, const lm_regions *r, lm_region *g, lm_contours_facts *facts,
                             lm_err *err)
{
    lm_arena arena = LM_ARENA_INIT;
    contour_frame f;
    size_t planes = 0;
    lm_status rc = LM_OK;
    *facts = (lm_contours_facts){.contours = n};
    if (!n) return LM_OK;
    contour_axes(r, &f);
    contour_place *place = lm_arena_alloc(&arena, n, sizeof *place, err);
    contour_plane *plane = place ? lm_arena_alloc(&arena, n, sizeof *plane, err) : NULL;
    bool *seen = plane ? lm_arena_alloc(&arena, n, sizeof *seen, err) : NULL;
    if (!seen) rc = LM_ENOMEM;
    else memset(seen, 0, n * sizeof *seen);
    for (size_t i = 0; i < n && !rc; i++) {
        place[i].contour = i;
        rc = contour_level(&f, &c[i], i, &place[i].at, err);
    }
    if (!rc) {
        qsort(place, n, sizeof *place, contour_cmp_place);
        facts->planes = planes = contour_planes(place, n, plane);
        rc = contour_slabs(plane, planes, f.step, facts, err);
    }
    for (size_t i = 0; i < planes && !rc; i++) {
        double area = 0;
        contour_twins(c, place, &plane[i], facts);
        rc = contour_plane_area(&f, c, place, &plane[i], &area, err);
        facts->contour_mm3 += area * (plane[i].hi - plane[i].lo);
    }
    if (!rc) rc = contour_slices(&f, c, place, plane, planes, r, g, seen, facts, err);
    for (size_t i = 0; i < n && !rc; i++) facts->empty += !seen[i];
    if (!rc) facts->empty -= facts->twins;
    if (!rc) contour_note_planes(&f, plane, planes, r, facts);
    lm_arena_release(&arena);
    return rc;
}
