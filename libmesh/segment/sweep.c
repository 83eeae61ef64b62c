/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: levels, classes, Euler numbers and areas, pieces and cavities, what it says */
#include "segment/sweep.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEP_LEAK_TIMES = 4 };
static const double sweep_leak_share = 0.1, sweep_infinite = 1e30;

typedef struct {
    const lm_vol *v;
    const lm_roi *within;
    size_t levels;
    double level[LM_SWEEP_LEVELS + 1]; /* of class 1, 2 ...: [class - 1] */
    double step;
    double corner[8][3]; /* of a cell, mm from the first */
    uint8_t *class;      /* of each sample: how many levels it reaches */
    int64_t *euler;      /* of a slice: what is there from a class on; levels + 1 each */
    double *area;        /* of a slice: at a class; levels + 1 each */
    int32_t *parent;     /* of a sample: another one of its set, or, below 0, minus the size of the set */
} sweep_job;

/* ---- levels ---- */

static lm_status sweep_number(const char *text, size_t n, double *out, bool *hounsfield, lm_err *err)
{
    char one[LM_NUM_TEXT];
    lm_quantity q;
    snprintf(one, sizeof one, "%.*s", (int)(n < sizeof one - 1 ? n : sizeof one - 1), text);
    lm_status rc = lm_num_quantity(one, LM_UNIT_NONE, &q, err);
    if (rc) return rc;
    if (q.unit != LM_UNIT_NONE && q.unit != LM_UNIT_HU)
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s' is no level: a number, or a number with HU", one);
    *hounsfield |= q.unit == LM_UNIT_HU;
    *out = q.value;
    return LM_OK;
}

static size_t sweep_levels(const lm_sweep_range *r)
{
    const double n = floor((r->hi - r->lo) / r->step * (1 + 1e-12)) + 1;
    return n < 1e6 ? (size_t)n : 1000000;
}

lm_status lm_sweep_parse(const char *text, lm_sweep_range *out, lm_err *err)
{
    const char *a = strchr(text, ':'), *b = a ? strchr(a + 1, ':') : NULL;
    *out = (lm_sweep_range){.hounsfield = false};
    if (!b) return lm_err_set(err, LM_EUSAGE, NULL, "'%s': LO:HI:STEP is needed, such as 100:400:20", text);
    lm_status rc = sweep_number(text, (size_t)(a - text), &out->lo, &out->hounsfield, err);
    if (!rc) rc = sweep_number(a + 1, (size_t)(b - a) - 1, &out->hi, &out->hounsfield, err);
    if (!rc) rc = sweep_number(b + 1, strlen(b + 1), &out->step, &out->hounsfield, err);
    if (rc) return rc;
    if (!(out->lo < out->hi) || !(out->step > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%s': LO must be less than HI, and STEP more than 0", text);
    const size_t n = sweep_levels(out);
    if (n >= 2 && n <= LM_SWEEP_LEVELS) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "'%s' has %s levels: 2 to %d are possible", text, n < 2 ? "fewer than two" : "too many",
                      (int)LM_SWEEP_LEVELS);
}

/* ---- classes ---- */

static uint8_t sweep_class(const sweep_job *w, double x)
{
    if (!(x >= w->level[0])) return 0;
    if (x >= w->level[w->levels - 1]) return (uint8_t)w->levels;
    size_t c = (size_t)((x - w->level[0]) / w->step) + 1;
    while (c < w->levels && x >= w->level[c]) c++;
    while (x < w->level[c - 1]) c--;
    return (uint8_t)c;
}

static lm_status sweep_classes(void *ctx, size_t k, int worker, lm_err *err)
{
    const sweep_job *w = ctx;
    const size_t *n = w->v->n;
    (void)worker;
    double *x = lm_mem_alloc(n[0], sizeof *x, err);
    if (!x) return LM_ENOMEM;
    for (size_t j = 0; j < n[1]; j++) {
        const size_t first = (k * n[1] + j) * n[0];
        lm_vol_row_f64(w->v, first, n[0], x);
        for (size_t i = 0; i < n[0]; i++) w->class[first + i] = sweep_class(w, x[i]);
        for (size_t i = 0; w->within && i < n[0]; i++) {
            double xyz[3];
            if (!w->class[first + i]) continue;
            lm_vol_to_world(w->v, (double[3]){(double)i, (double)j, (double)k}, xyz);
            if (!lm_roi_inside(w->within, xyz)) w->class[first + i] = 0;
        }
    }
    free(x);
    return LM_OK;
}

/* ---- Euler numbers and areas ---- */

static void sweep_cross(const double *const p[2], const double f[2], double t, double out[3])
{
    const double s = (t - f[0]) / (f[1] - f[0]);
    for (int a = 0; a < 3; a++) out[a] = p[0][a] + s * (p[1][a] - p[0][a]);
}

static double sweep_triangle(const double *a, const double *b, const double *c)
{
    double u[3], v[3];
    for (int i = 0; i < 3; i++) {
        u[i] = b[i] - a[i];
        v[i] = c[i] - a[i];
    }
    const double x = u[1] * v[2] - u[2] * v[1], y = u[2] * v[0] - u[0] * v[2], z = u[0] * v[1] - u[1] * v[0];
    return sqrt(x * x + y * y + z * z) / 2;
}

/* Of the plane {f = t} in a tetrahedron. */
static double sweep_tetrahedron(const double *const p[4], const double f[4], double t)
{
    int in[4], out[4], n = 0, m = 0;
    double q[4][3];
    for (int c = 0; c < 4; c++) {
        if (f[c] >= t) in[n++] = c;
        else out[m++] = c;
    }
    if (!n || !m) return 0;
    for (int a = 0, k = 0; a < n; a++)
        for (int b = 0; b < m; b++, k++)
            sweep_cross((const double *const[2]){p[in[a]], p[out[b]]}, (const double[2]){f[in[a]], f[out[b]]}, t, q[k]);
    if (n != 2) return sweep_triangle(q[0], q[1], q[2]);
    return sweep_triangle(q[0], q[1], q[3]) + sweep_triangle(q[0], q[3], q[2]);
}

/* Of a cell with values f and classes from lo to hi, at each level between them. */
static void sweep_cell(const sweep_job *w, const double f[8], size_t lo, size_t hi, double *area)
{
    static const int way[6][2] = {{1, 3}, {1, 5}, {2, 3}, {2, 6}, {4, 5}, {4, 6}}; /* corners on the way from 0 to 7 */
    for (int s = 0; s < 6; s++) {
        const int c[4] = {0, way[s][0], way[s][1], 7};
        const double *const p[4] = {w->corner[0], w->corner[c[1]], w->corner[c[2]], w->corner[7]};
        const double g[4] = {f[0], f[c[1]], f[c[2]], f[7]};
        for (size_t k = lo + 1; k <= hi; k++) area[k] += sweep_tetrahedron(p, g, w->level[k - 1]);
    }
}

/* Four rows of classes and of values round the cells of a row; beyond the volume classes are 0. */
typedef struct {
    const uint8_t *class[4];
    double *value[4];
    bool cells; /* there are: else the rows lie beyond the volume */
} sweep_rows;

static uint8_t sweep_least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* What begins at sample i of the row: itself, three edges, three squares, a cube. */
static void sweep_sample(const sweep_job *w, const sweep_rows *r, size_t i, int64_t *euler, double *area)
{
    const bool last = i + 1 == w->v->n[0];
    uint8_t c[8], hi = 0;
    for (int q = 0; q < 4; q++) {
        c[2 * q] = r->class[q][i];
        c[2 * q + 1] = last ? 0 : r->class[q][i + 1];
    }
    const uint8_t x = sweep_least(c[0], c[1]), y = sweep_least(c[0], c[2]), z = sweep_least(c[0], c[4]);
    const uint8_t xy = sweep_least(x, sweep_least(c[2], c[3])), xz = sweep_least(x, sweep_least(c[4], c[5])),
                  yz = sweep_least(y, sweep_least(c[4], c[6])), all = sweep_least(sweep_least(xy, xz), sweep_least(c[6], c[7]));
    euler[c[0]]++;
    euler[x]--, euler[y]--, euler[z]--;
    euler[xy]++, euler[xz]++, euler[yz]++;
    euler[all]--;
    if (last || !r->cells) return;
    for (int q = 0; q < 8; q++) hi = c[q] > hi ? c[q] : hi;
    if (all == hi) return;
    double f[8];
    for (int q = 0; q < 8; q++) {
        f[q] = r->value[q / 2][i + (size_t)(q % 2)];
        f[q] = f[q] > sweep_infinite ? sweep_infinite : f[q] < -sweep_infinite ? -sweep_infinite : f[q];
        if (w->within && !c[q] && f[q] >= w->level[0]) return; /* the region of interest ends here */
    }
    sweep_cell(w, f, all, hi, area);
}

/* Eight cells from i on have one and the same class all over: what begins there cancels out. */
static bool sweep_even(const uint8_t *const class[4], size_t i)
{
    uint64_t a[4], b[4], same;
    for (int q = 0; q < 4; q++) {
        memcpy(&a[q], class[q] + i, 8);
        memcpy(&b[q], class[q] + i + 1, 8);
    }
    same = (a[0] ^ b[0]) | (a[0] ^ a[1]) | (a[0] ^ a[2]) | (a[0] ^ a[3]) | (b[0] ^ b[1]) | (b[0] ^ b[2]) | (b[0] ^ b[3]);
    return !same;
}

static lm_status sweep_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const sweep_job *w = ctx;
    const size_t *n = w->v->n, wide = n[0] + 1;
    int64_t *euler = w->euler + k * (w->levels + 1);
    double *area = w->area + k * (w->levels + 1);
    (void)worker;
    double *value = lm_mem_alloc(4 * wide, sizeof *value, err);
    uint8_t *none = value ? lm_mem_calloc(wide, 1, err) : NULL;
    for (size_t j = 0; none && j < n[1]; j++) {
        sweep_rows r = {.cells = j + 1 < n[1] && k + 1 < n[2]};
        bool read = false;
        for (size_t q = 0; q < 4; q++) {
            const size_t y = j + q % 2, z = k + q / 2;
            r.value[q] = value + q * wide;
            r.class[q] = y < n[1] && z < n[2] ? w->class + (z * n[1] + y) * n[0] : none;
        }
        for (size_t i = 0; i < n[0]; i++) {
            if (i + 8 < n[0] && sweep_even(r.class, i)) {
                i += 7;
                continue;
            }
            for (size_t q = 0; !read && r.cells && q < 4; q++)
                lm_vol_row_f64(w->v, ((k + q / 2) * n[1] + j + q % 2) * n[0], n[0], r.value[q]);
            read = true;
            sweep_sample(w, &r, i, euler, area);
        }
    }
    free(none);
    free(value);
    return none ? LM_OK : LM_ENOMEM;
}

/* ---- pieces and cavities ---- */

static size_t sweep_root(const sweep_job *w, size_t p)
{
    while (w->parent[p] >= 0) {
        const size_t up = (size_t)w->parent[p];
        if (w->parent[up] < 0) return up;
        p = (size_t)(w->parent[p] = w->parent[up]);
    }
    return p;
}

/* True: they were apart. The larger one takes in the other. */
static bool sweep_join(const sweep_job *w, size_t a, size_t b)
{
    a = sweep_root(w, a);
    b = sweep_root(w, b);
    if (a == b) return false;
    if (w->parent[a] > w->parent[b]) {
        const size_t t = a;
        a = b;
        b = t;
    }
    w->parent[a] += w->parent[b];
    w->parent[b] = (int32_t)a;
    return true;
}

/* Samples of a class join what is inside with them, face to face; returns how many joins. *best: root of the largest set. */
static size_t sweep_add_inside(const sweep_job *w, unsigned c, size_t *best)
{
    const size_t *n = w->v->n, plane = n[0] * n[1], all = plane * n[2];
    size_t joined = 0;
    const uint8_t *base = w->class, *at = base;
    while ((at = memchr(at, (int)c, all - (size_t)(at - base)))) {
        const size_t p = (size_t)(at - base), i = p % n[0], j = p / n[0] % n[1], k = p / plane;
        if (i && base[p - 1] >= c) joined += sweep_join(w, p, p - 1);
        if (i + 1 < n[0] && base[p + 1] > c)
            joined += sweep_join(w, p, p + 1); /* of the same class: it joins when its turn comes */
        if (j && base[p - n[0]] >= c) joined += sweep_join(w, p, p - n[0]);
        if (j + 1 < n[1] && base[p + n[0]] > c) joined += sweep_join(w, p, p + n[0]);
        if (k && base[p - plane] >= c) joined += sweep_join(w, p, p - plane);
        if (k + 1 < n[2] && base[p + plane] > c) joined += sweep_join(w, p, p + plane);
        const size_t root = sweep_root(w, p);
        if (*best == SIZE_MAX || w->parent[root] < w->parent[sweep_root(w, *best)]) *best = root;
        if (++at == base + all) break;
    }
    if (*best != SIZE_MAX) *best = sweep_root(w, *best);
    return joined;
}

static bool sweep_at_edge(const sweep_job *w, size_t i, size_t j, size_t k)
{
    const size_t *n = w->v->n;
    return !i || !j || !k || i + 1 == n[0] || j + 1 == n[1] || k + 1 == n[2];
}

/* Does the set with that root have a sample at the edge of the volume? */
static bool sweep_reaches(const sweep_job *w, unsigned c, size_t root)
{
    const size_t *n = w->v->n;
    for (size_t k = 0; k < n[2]; k++)
        for (size_t j = 0; j < n[1]; j++) {
            const size_t row = (k * n[1] + j) * n[0];
            const bool whole = !k || !j || k + 1 == n[2] || j + 1 == n[1];
            for (size_t i = 0; i < n[0]; i = whole || i + 1 >= n[0] ? i + 1 : n[0] - 1)
                if (w->class[row + i] >= c && sweep_root(w, row + i) == root) return true;
        }
    return false;
}

/* Join p with what lies at q = p + (-1, 0, 1) in another row, as far as it is outside: the middle one stands for its neighbours,
 * and is left out where the samples before them join p and it. */
static size_t sweep_join_row(const sweep_job *w, size_t p, size_t q, size_t i, unsigned c)
{
    const uint8_t *class = w->class;
    size_t joined = 0;
    if (class[q] <= c) {
        if (i && class[p - 1] <= c && class[q - 1] <= c) return 0;
        return sweep_join(w, p, q);
    }
    if (i && class[q - 1] <= c) joined += sweep_join(w, p, q - 1);
    if (i + 1 < w->v->n[0] && class[q + 1] <= c) joined += sweep_join(w, p, q + 1);
    return joined;
}

/* Samples of a class join what is outside with them, at faces, edges and corners; far: a sample that stands for all at the edge. */
static size_t sweep_add_outside(const sweep_job *w, unsigned c, size_t *far, size_t *added)
{
    const size_t *n = w->v->n, plane = n[0] * n[1], all = plane * n[2];
    size_t joined = 0;
    const uint8_t *base = w->class, *at = base;
    while ((at = memchr(at, (int)c, all - (size_t)(at - base)))) {
        const size_t p = (size_t)(at - base), i = p % n[0], j = p / n[0] % n[1], k = p / plane;
        ++*added;
        if (i && base[p - 1] <= c) joined += sweep_join(w, p, p - 1);
        if (i + 1 < n[0] && base[p + 1] < c) joined += sweep_join(w, p, p + 1);
        for (int dk = -1; dk <= 1; dk++)
            for (int dj = -1; dj <= 1; dj++) {
                if ((!dj && !dk) || (dj < 0 && !j) || (dk < 0 && !k) || (dj > 0 && j + 1 == n[1]) || (dk > 0 && k + 1 == n[2]))
                    continue;
                joined += sweep_join_row(w, p, p + (size_t)dj * n[0] + (size_t)dk * plane, i, c);
            }
        if (sweep_at_edge(w, i, j, k)) {
            if (*far == SIZE_MAX) *far = p;
            else joined += sweep_join(w, p, *far);
        }
        if (++at == base + all) break;
    }
    return joined;
}

static void sweep_pieces(const sweep_job *w, lm_sweep *s)
{
    size_t best = SIZE_MAX, joined = 0;
    uint64_t voxels = 0;
    const size_t all = lm_vol_count(w->v);
    uint64_t count[LM_SWEEP_LEVELS + 1] = {0};
    for (size_t p = 0; p < all; p++) count[w->class[p]]++;
    for (size_t p = 0; p < all; p++) w->parent[p] = -1;
    for (size_t c = w->levels; c; c--) {
        lm_sweep_row *row = &s->row[c - 1];
        if (count[c]) joined += sweep_add_inside(w, (unsigned)c, &best);
        voxels += count[c];
        row->voxels = voxels;
        row->pieces = (size_t)voxels - joined;
        if (!voxels) continue;
        row->largest = (uint64_t)(-(int64_t)w->parent[best]);
        row->border = sweep_reaches(w, (unsigned)c, best);
    }
    for (size_t p = 0; p < all; p++) w->parent[p] = -1;
    size_t far = SIZE_MAX, added = 0;
    joined = 0;
    for (size_t c = 0; c < w->levels; c++) { /* outside of level c + 1 are classes up to c */
        if (count[c]) joined += sweep_add_outside(w, (unsigned)c, &far, &added);
        s->row[c].cavities = added - joined - (far != SIZE_MAX);
    }
}

/* ---- what it says ---- */

static int sweep_compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void sweep_leaks(lm_sweep *s)
{
    uint64_t growth[LM_SWEEP_LEVELS];
    size_t n = 0;
    for (size_t i = 0; i + 1 < s->n; i++)
        if (s->row[i + 1].largest) growth[n++] = s->row[i].largest - s->row[i + 1].largest;
    if (!n) return;
    qsort(growth, n, sizeof *growth, sweep_compare);
    const double median = (double)growth[n / 2];
    for (size_t i = 0; i + 1 < s->n; i++) {
        lm_sweep_row *r = &s->row[i];
        const double was = (double)s->row[i + 1].largest, more = (double)r->largest - was;
        if (!(was > 0)) continue;
        r->leak = (r->border && !s->row[i + 1].border) || (more > sweep_leak_share * was && more > SWEEP_LEAK_TIMES * median);
    }
}

static void sweep_plateau(lm_sweep *s, uint64_t all)
{
    double least = INFINITY;
    for (size_t i = 0; i + LM_SWEEP_WINDOW < s->n; i++) {
        const size_t last = i + LM_SWEEP_WINDOW;
        bool good = s->row[i].voxels < all && s->row[last].voxels;
        for (size_t k = i; k < last; k++) good = good && !s->row[k].leak;
        if (!good) continue;
        const double middle =
            ((double)s->row[i + LM_SWEEP_WINDOW / 2].voxels + (double)s->row[last - LM_SWEEP_WINDOW / 2].voxels) / 2;
        const double change = (double)(s->row[i].voxels - s->row[last].voxels) / middle;
        if (!(change < least)) continue;
        least = change;
        s->plateau = true;
        s->from = s->row[i].level;
        s->to = s->row[last].level;
        s->suggestion = (s->from + s->to) / 2;
        s->change_percent = 100 * change / LM_SWEEP_WINDOW;
    }
}

static void sweep_sums(const sweep_job *w, lm_sweep *s)
{
    for (size_t c = w->levels; c; c--) {
        lm_sweep_row *row = &s->row[c - 1];
        row->euler = c < w->levels ? s->row[c].euler : 0;
        for (size_t k = 0; k < w->v->n[2]; k++) {
            row->euler += w->euler[k * (w->levels + 1) + c];
            row->area_mm2 += w->area[k * (w->levels + 1) + c];
        }
        row->tunnels = (int64_t)row->pieces + (int64_t)row->cavities - row->euler;
    }
}

static lm_status sweep_work(sweep_job *w, int threads, lm_sweep *s, lm_err *err)
{
    const size_t all = lm_vol_count(w->v), sums = w->v->n[2] * (w->levels + 1);
    if (!(w->class = lm_mem_alloc(all, 1, err))) return LM_ENOMEM;
    if (!(w->euler = lm_mem_calloc(sums, sizeof *w->euler, err))) return LM_ENOMEM;
    if (!(w->area = lm_mem_calloc(sums, sizeof *w->area, err))) return LM_ENOMEM;
    if (!(w->parent = lm_mem_alloc(all, sizeof *w->parent, err))) return LM_ENOMEM;
    if (!(s->row = lm_mem_calloc(w->levels, sizeof *s->row, err))) return LM_ENOMEM;
    s->n = w->levels;
    for (size_t c = 0; c < w->levels; c++) s->row[c].level = w->level[c];
    lm_status rc = lm_pool_run(threads, w->v->n[2], sweep_classes, w, err);
    if (!rc) rc = lm_pool_run(threads, w->v->n[2], sweep_slice, w, err);
    if (rc) return rc;
    sweep_pieces(w, s);
    sweep_sums(w, s);
    sweep_leaks(s);
    sweep_plateau(s, all);
    return LM_OK;
}

lm_status lm_sweep_run(const lm_vol *v, const lm_sweep_range *range, const lm_roi *within, int threads, lm_sweep *out, lm_err *err)
{
    sweep_job w = {.v = v, .within = within && within->n ? within : NULL, .levels = sweep_levels(range), .step = range->step};
    double lo, hi;
    *out = (lm_sweep)LM_SWEEP_INIT;
    if (lm_vol_count(v) > INT32_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "%zu samples: a sweep takes fewer than 2^31", lm_vol_count(v));
    lm_status rc = v->type >= LM_F32 ? lm_vol_range(v, &lo, &hi, err) : LM_OK;
    if (rc) return rc;
    for (size_t c = 0; c < w.levels; c++) w.level[c] = range->lo + (double)c * range->step;
    for (int c = 0; c < 8; c++)
        for (int a = 0; a < 3; a++)
            for (int x = 0; x < 3; x++) w.corner[c][x] += (c >> a & 1) * v->dir[a][x];
    rc = sweep_work(&w, lm_pool_threads(threads), out, err);
    out->voxel_mm3 = fabs(lm_vol_det(v));
    free(w.class);
    free(w.euler);
    free(w.area);
    free(w.parent);
    if (rc) lm_sweep_release(out);
    return rc;
}

void lm_sweep_release(lm_sweep *s)
{
    free(s->row);
    *s = (lm_sweep)LM_SWEEP_INIT;
}
