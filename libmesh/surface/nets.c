/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: labels of a plane - voxel counts - cells of a layer - quads around edges - slabs - all.
 *
 * Sample planes are padded with background all around. Cell (x,y,z) has the samples x-1..x, y-1..y, z-1..z at its corners, so
 * that x runs from 0 to n[0]. Layer z owns its cells, the edges along z within them, and the edges along x and y in the
 * sample plane below them. Two passes: count by layer, then write at the offsets. */
#include "surface/nets.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/netcell.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NETS_SLAB = 8 };

typedef struct {
    const lm_netcell *shape; /* NULL: all labels are equal */
    uint32_t base;           /* number of its first vertex */
} nets_cell;

typedef struct {
    size_t vertices, quads, singles;
} nets_count;

typedef struct {
    uint32_t label;
    uint64_t voxels;
} nets_tally;

typedef struct {
    uint32_t *plane[2]; /* labels of the sample plane below and above a layer */
    nets_cell *layer[2];
    lm_arena arena[2]; /* shapes that are in no table, of each layer */
    nets_tally *tally;
    size_t n_tally, cap_tally;
} nets_worker;

typedef struct {
    const lm_vol *vol;
    lm_nets *out;
    size_t n[3], px, cx;    /* px: labels in a padded row; cx: cells in a row */
    nets_count *count, *at; /* per layer: how many, and where they begin */
    nets_worker *worker;
    bool write;
} nets;

/* ---- labels of a plane ---- */

#define NETS_ROW(T) \
    { \
        const T *s = (const T *)w->vol->data + index; \
        for (size_t i = 0; i < n; i++) out[i] = (uint32_t)s[i]; \
        break; \
    }
#define NETS_SIGNED(T) \
    { \
        const T *s = (const T *)w->vol->data + index; \
        for (size_t i = 0; i < n; i++) { \
            bad |= s[i] < 0; \
            out[i] = (uint32_t)s[i]; \
        } \
        break; \
    }

static lm_status nets_row(const nets *w, size_t index, uint32_t *out, lm_err *err)
{
    size_t n = w->n[0];
    bool bad = false;
    switch (w->vol->type) {
    case LM_I8: NETS_SIGNED(int8_t)
    case LM_U8: NETS_ROW(uint8_t)
    case LM_I16: NETS_SIGNED(int16_t)
    case LM_U16: NETS_ROW(uint16_t)
    case LM_I32: NETS_SIGNED(int32_t)
    case LM_U32: NETS_ROW(uint32_t)
    case LM_F32:
    case LM_F64: break; /* refused before */
    }
    if (!bad) return LM_OK;
    size_t i = 0;
    while (lm_vol_at(w->vol, index + i) >= 0) i++;
    return lm_err_set(err, LM_ERULE, NULL, "sample (%zu, %zu, %zu) is %g: a label is 0 or more", i, index / n % w->n[1],
                      index / n / w->n[1], lm_vol_at(w->vol, index + i));
}

/* Sample plane k, -1 and n[2] being background. The rim of `plane` is 0 and stays so. */
static lm_status nets_plane(const nets *w, size_t k1, uint32_t *plane, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t j = 0; j < w->n[1] && !rc; j++) {
        uint32_t *row = plane + (j + 1) * w->px + 1;
        if (k1 == 0 || k1 > w->n[2]) memset(row, 0, w->n[0] * sizeof *row);
        else rc = nets_row(w, ((k1 - 1) * w->n[1] + j) * w->n[0], row, err);
    }
    return rc;
}

/* ---- voxel counts ---- */

static int nets_order(const void *a, const void *b)
{
    const nets_tally *x = a, *y = b;
    return (x->label > y->label) - (x->label < y->label);
}

static size_t nets_merge(nets_tally *t, size_t n)
{
    size_t m = 0;
    if (n) qsort(t, n, sizeof *t, nets_order);
    for (size_t i = 0; i < n; i++) {
        if (m && t[m - 1].label == t[i].label) t[m - 1].voxels += t[i].voxels;
        else t[m++] = t[i];
    }
    return m;
}

static lm_status nets_tell(const nets *w, nets_worker *s, const uint32_t *plane, lm_err *err)
{
    for (size_t j = 0; j < w->n[1]; j++) {
        const uint32_t *row = plane + (j + 1) * w->px + 1;
        for (size_t i = 0, e; i < w->n[0]; i = e) {
            for (e = i + 1; e < w->n[0] && row[e] == row[i]; e++) {
            }
            if (!row[i]) continue;
            if (s->n_tally && s->tally[s->n_tally - 1].label == row[i]) {
                s->tally[s->n_tally - 1].voxels += e - i;
                continue;
            }
            if (s->n_tally == s->cap_tally) {
                s->n_tally = nets_merge(s->tally, s->n_tally);
                if (2 * s->n_tally >= s->cap_tally) {
                    lm_status rc = lm_mem_grow(&s->tally, &s->cap_tally, 2 * s->cap_tally + 1024, sizeof *s->tally, err);
                    if (rc) return rc;
                }
            }
            s->tally[s->n_tally++] = (nets_tally){.label = row[i], .voxels = e - i};
        }
    }
    return LM_OK;
}

static lm_status nets_labels(nets *w, int threads, lm_err *err)
{
    size_t n = 0;
    nets_tally *all = NULL;
    for (int i = 0; i < threads; i++) n += w->worker[i].n_tally;
    if (!(all = lm_mem_alloc(n, sizeof *all, err))) return LM_ENOMEM;
    n = 0;
    for (int i = 0; i < threads; i++) {
        if (w->worker[i].n_tally) memcpy(all + n, w->worker[i].tally, w->worker[i].n_tally * sizeof *all);
        n += w->worker[i].n_tally;
    }
    w->out->n_labels = n = nets_merge(all, n);
    if (!n) {
        free(all);
        return lm_err_set(err, LM_ENO, NULL, "there is no label: all samples are 0");
    }
    w->out->label = lm_mem_alloc(n, sizeof *w->out->label, err);
    w->out->voxels = w->out->label ? lm_mem_alloc(n, sizeof *w->out->voxels, err) : NULL;
    for (size_t i = 0; w->out->voxels && i < n; i++) {
        w->out->label[i] = all[i].label;
        w->out->voxels[i] = all[i].voxels;
    }
    free(all);
    return w->out->voxels ? LM_OK : LM_ENOMEM;
}

/* ---- cells of a layer ---- */

/* Shapes of two labels, by the corners that have the larger one. */
static lm_netcell nets_table[256];

static void nets_fill(void)
{
    for (unsigned mask = 0; mask < 256; mask++) {
        uint32_t l[8];
        for (unsigned c = 0; c < 8; c++) l[c] = mask >> c & 1;
        lm_netcell_make(l, &nets_table[mask]);
    }
}

/* A cell of two labels is one of 256 shapes; else it is worked out. */
static const lm_netcell *nets_shape(const uint32_t l[8], lm_arena *arena, lm_err *err)
{
    uint32_t lo = l[0], hi = l[0];
    unsigned mask = 0;
    bool two = true;
    for (int c = 1; c < 8; c++) {
        lo = l[c] < lo ? l[c] : lo;
        hi = l[c] > hi ? l[c] : hi;
    }
    for (int c = 0; c < 8; c++) {
        mask |= (unsigned)(l[c] == hi) << c;
        two = two && (l[c] == hi || l[c] == lo);
    }
    if (two) return &nets_table[mask];
    lm_netcell *own = lm_arena_alloc(arena, 1, sizeof *own, err);
    if (own) lm_netcell_make(l, own);
    return own;
}

static void nets_triangle(const nets *w, size_t t, uint32_t a, uint32_t b, uint32_t c, uint32_t in, uint32_t back)
{
    lm_mesh *m = &w->out->mesh;
    bool turn = in == 0 || (back != 0 && back < in);
    m->tri[3 * t] = a;
    m->tri[3 * t + 1] = turn ? c : b;
    m->tri[3 * t + 2] = turn ? b : c;
    m->label[t] = turn ? back : in;
    m->label_back[t] = turn ? in : back;
}

static void nets_vertex(const nets *w, size_t v, const double home[3], const float off[3])
{
    for (int c = 0; c < 3; c++) {
        w->out->home[3 * v + (size_t)c] = (int32_t)(2 * home[c]);
        w->out->mesh.pos[3 * v + (size_t)c] = (float)(home[c] + (double)off[c]);
    }
}

static lm_status nets_cells(nets *w, nets_worker *s, size_t z, bool write, nets_count *at, lm_err *err)
{
    nets_cell *cell = s->layer[1];
    lm_arena_release(&s->arena[1]);
    for (size_t y = 0; y <= w->n[1]; y++) {
        const uint32_t *a = s->plane[0] + y * w->px, *b = a + w->px, *c = s->plane[1] + y * w->px, *d = c + w->px;
        bool before = true; /* the column of labels at x - 1 is all one: at -1 it is padding */
        for (size_t x = 0; x <= w->n[0]; x++, cell++) {
            bool now = a[x + 1] == b[x + 1] && a[x + 1] == c[x + 1] && a[x + 1] == d[x + 1];
            cell->shape = NULL;
            if (before && now && a[x] == a[x + 1]) continue;
            before = now;
            uint32_t l[8] = {a[x], a[x + 1], b[x], b[x + 1], c[x], c[x + 1], d[x], d[x + 1]};
            if (!(cell->shape = nets_shape(l, &s->arena[1], err))) return LM_ENOMEM;
            cell->base = (uint32_t)at->vertices;
            at->vertices += cell->shape->vertices;
            if (write) {
                double home[3] = {(double)x - 0.5, (double)y - 0.5, (double)z - 0.5};
                for (uint8_t i = 0; i < cell->shape->vertices; i++) nets_vertex(w, cell->base + i, home, cell->shape->pos[i]);
                for (uint8_t i = 0; i < cell->shape->faces; i++) {
                    const uint8_t *v = cell->shape->face[i].v;
                    nets_triangle(w, at->singles + i, cell->base + v[0], cell->base + v[1], cell->base + v[2],
                                  l[cell->shape->face[i].in], l[cell->shape->face[i].out]);
                }
            }
            at->singles += cell->shape->faces;
        }
    }
    return LM_OK;
}

/* ---- quads around edges ---- */

/* The surface around the edge along axis a between labels lo and hi: cell[i] are the four cells in turn, counter-clockwise
 * seen against a, place[i] where the edge lies in each (netcell.h). mid: the middle of the edge. */
static void nets_edge(nets *w, nets_count *at, int a, nets_cell *const cell[4], const double mid[3], uint32_t lo, uint32_t hi)
{
    static const int place[4] = {0, 1, 3, 2};
    uint32_t v[8];
    unsigned n = 0;
    for (int i = 0; i < 4; i++) {
        const uint8_t *e = cell[i]->shape->at[4 * a + place[i]];
        uint8_t enter = e[i % 2 ? 0 : 1], leave = e[i % 2 ? 1 : 0];
        v[n++] = cell[i]->base + enter;
        if (leave != enter) v[n++] = cell[i]->base + leave;
    }
    if (n == 4) {
        if (w->write) {
            nets_triangle(w, 2 * at->quads, v[0], v[1], v[2], lo, hi);
            nets_triangle(w, 2 * at->quads + 1, v[0], v[2], v[3], lo, hi);
            bool turned = w->out->mesh.tri[6 * at->quads + 1] != v[1];
            if (turned) { /* corners 0 1 2 and 0 2 3 of the quad as it faces */
                uint32_t q[6] = {v[0], v[3], v[2], v[0], v[2], v[1]};
                memcpy(w->out->mesh.tri + 6 * at->quads, q, sizeof q);
            }
        }
        at->quads++;
        return;
    }
    if (w->write) {
        static const float none[3] = {0};
        nets_vertex(w, at->vertices, mid, none);
        for (unsigned i = 0; i < n; i++) nets_triangle(w, at->singles + i, v[i], v[(i + 1) % n], (uint32_t)at->vertices, lo, hi);
    }
    at->vertices++;
    at->singles += n;
}

/* Edges along z within layer z. */
static void nets_upright(nets *w, nets_worker *s, size_t z, nets_count *at)
{
    for (size_t y = 0; y < w->n[1]; y++) {
        const uint32_t *lo = s->plane[0] + (y + 1) * w->px + 1, *hi = s->plane[1] + (y + 1) * w->px + 1;
        nets_cell *row = s->layer[1] + y * w->cx;
        for (size_t x = 0; x < w->n[0]; x++) {
            if (lo[x] == hi[x]) continue;
            nets_cell *cell[4] = {row + w->cx + x + 1, row + w->cx + x, row + x, row + x + 1};
            nets_edge(w, at, 2, cell, (double[]){(double)x, (double)y, (double)z - 0.5}, lo[x], hi[x]);
        }
    }
}

/* Edges along x and y in the sample plane below layer z. */
static void nets_flat(nets *w, nets_worker *s, size_t z, nets_count *at)
{
    for (size_t y = 0; y < w->n[1]; y++) { /* along x: u is y, v is z */
        const uint32_t *l = s->plane[0] + (y + 1) * w->px;
        nets_cell *below = s->layer[0] + y * w->cx, *above = s->layer[1] + y * w->cx;
        for (size_t x = 0; x <= w->n[0]; x++) {
            if (l[x] == l[x + 1]) continue;
            nets_cell *cell[4] = {above + w->cx + x, above + x, below + x, below + w->cx + x};
            nets_edge(w, at, 0, cell, (double[]){(double)x - 0.5, (double)y, (double)z - 1}, l[x], l[x + 1]);
        }
    }
    for (size_t y = 0; y <= w->n[1]; y++) { /* along y: u is z, v is x */
        const uint32_t *lo = s->plane[0] + y * w->px + 1, *hi = lo + w->px;
        nets_cell *below = s->layer[0] + y * w->cx, *above = s->layer[1] + y * w->cx;
        for (size_t x = 0; x < w->n[0]; x++) {
            if (lo[x] == hi[x]) continue;
            nets_cell *cell[4] = {above + x + 1, below + x + 1, below + x, above + x};
            nets_edge(w, at, 1, cell, (double[]){(double)x, (double)y - 0.5, (double)z - 1}, lo[x], hi[x]);
        }
    }
}

/* ---- slabs ---- */

static void nets_next(nets_worker *s)
{
    uint32_t *p = s->plane[0];
    nets_cell *l = s->layer[0];
    lm_arena a = s->arena[0];
    s->plane[0] = s->plane[1], s->plane[1] = p;
    s->layer[0] = s->layer[1], s->layer[1] = l;
    s->arena[0] = s->arena[1], s->arena[1] = a;
}

static lm_status nets_scratch(const nets *w, nets_worker *s, lm_err *err)
{
    for (int i = 0; i < 2 && !s->layer[1]; i++)
        if (!(s->plane[i] = lm_mem_calloc(w->px * (w->n[1] + 2), sizeof *s->plane[i], err)) ||
            !(s->layer[i] = lm_mem_calloc(w->cx * (w->n[1] + 1), sizeof *s->layer[i], err)))
            return LM_ENOMEM;
    return LM_OK;
}

/* Layers z of one slab; the layer before it is made again for its edges. */
static lm_status nets_task(void *ctx, size_t task, int worker, lm_err *err)
{
    nets *w = ctx;
    nets_worker *s = &w->worker[worker];
    size_t first = task * NETS_SLAB, end = first + NETS_SLAB <= w->n[2] + 1 ? first + NETS_SLAB : w->n[2] + 1;
    lm_status rc = nets_scratch(w, s, err);
    size_t begin = first ? first - 1 : 0;
    if (!rc) rc = nets_plane(w, begin, s->plane[0], err);
    for (size_t z = begin; z < end && !rc; z++) {
        bool again = z < first;
        rc = nets_plane(w, z + 1, s->plane[1], err);
        if (!rc && !again && !w->write) rc = nets_tell(w, s, s->plane[1], err);
        if (rc) break;
        nets_count at = w->write ? w->at[z] : (nets_count){0};
        rc = nets_cells(w, s, z, w->write && !again, &at, err);
        if (!rc && !again) {
            nets_upright(w, s, z, &at);
            if (z) nets_flat(w, s, z, &at);
            if (!w->write) w->count[z] = at;
        }
        nets_next(s);
    }
    return rc;
}

static lm_status nets_memory(nets *w, lm_err *err)
{
    nets_count sum = {0};
    lm_mesh *m = &w->out->mesh;
    for (size_t z = 0; z <= w->n[2]; z++) {
        w->at[z] = sum;
        sum.vertices += w->count[z].vertices;
        sum.quads += w->count[z].quads;
        sum.singles += w->count[z].singles;
    }
    size_t nt = 2 * sum.quads + sum.singles;
    lm_status rc = lm_mesh_alloc(m, sum.vertices, nt, err);
    if (rc) return rc;
    for (size_t z = 0; z <= w->n[2]; z++) w->at[z].singles += 2 * sum.quads;
    w->out->quads = sum.quads;
    if (!(m->label = lm_mem_alloc(nt, sizeof *m->label, err)) || !(m->label_back = lm_mem_alloc(nt, sizeof *m->label_back, err)) ||
        !(w->out->home = lm_mem_alloc(sum.vertices, 3 * sizeof *w->out->home, err)))
        return LM_ENOMEM;
    return LM_OK;
}

/* ---- all ---- */

lm_status lm_nets_make(const lm_vol *vol, int threads, lm_nets *out, lm_err *err)
{
    nets w = {.vol = vol, .out = out, .px = vol->n[0] + 2, .cx = vol->n[0] + 1};
    static pthread_once_t filled = PTHREAD_ONCE_INIT;
    pthread_once(&filled, nets_fill);
    lm_nets_release(out);
    if (vol->type == LM_F32 || vol->type == LM_F64)
        return lm_err_set(err, LM_ERULE, NULL, "samples of type %s are no labels: integers are needed",
                          lm_vol_type_name(vol->type));
    lm_status rc = lm_vol_check(vol, err);
    if (rc) return rc;
    memcpy(w.n, vol->n, sizeof w.n);
    size_t slabs = w.n[2] / NETS_SLAB + 1;
    threads = lm_pool_threads(threads);
    if (!(w.count = lm_mem_calloc(w.n[2] + 1, sizeof *w.count, err)) || !(w.at = lm_mem_calloc(w.n[2] + 1, sizeof *w.at, err)) ||
        !(w.worker = lm_mem_calloc((size_t)threads, sizeof *w.worker, err)))
        rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, slabs, nets_task, &w, err);
    if (!rc) rc = nets_labels(&w, threads, err);
    if (!rc) rc = nets_memory(&w, err);
    w.write = true;
    if (!rc) rc = lm_pool_run(threads, slabs, nets_task, &w, err);
    for (int i = 0; w.worker && i < threads; i++)
        for (int k = 0; k < 2; k++) {
            free(w.worker[i].plane[k]);
            free(w.worker[i].layer[k]);
            lm_arena_release(&w.worker[i].arena[k]);
            if (k) free(w.worker[i].tally);
        }
    free(w.worker);
    free(w.count);
    free(w.at);
    if (rc) lm_nets_release(out);
    return rc;
}

void lm_nets_release(lm_nets *n)
{
    lm_mesh_release(&n->mesh);
    free(n->home);
    free(n->label);
    free(n->voxels);
    *n = (lm_nets)LM_NETS_INIT;
}
