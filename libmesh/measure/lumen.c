/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 paths, 2 where ends meet, 3 result */
#include "measure/lumen.h"
#include "base/mem.h"
#include "measure/ways.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LUMEN_CLAIM 2.0      /* radii around a path that are its own */
#define LUMEN_END 1.6        /* radii from a tip that are left out: the way there bends to a corner */
#define LUMEN_MEET 2.5       /* neighbours close a tube when the ways from them, so many radii back, ... */
#define LUMEN_MEET_APART 2.0 /* ... are farther apart than so many, ... */
#define LUMEN_MEET_WAY 8.0   /* ... and do not meet before so many together */

typedef struct {
    lm_ways w;
    uint32_t *on;   /* per sample: the path it is on */
    uint32_t *seed; /* the sample of a path that claims it */
    uint32_t *queue;
    uint8_t *tip; /* of a path's sample: near a free end: 1 + number of the end */
} lumen_job;

typedef struct { /* a path while paths are found: samples */
    size_t n;
    uint32_t *v;        /* owned */
    uint32_t leaves[2]; /* the sample that the end sits on, or none */
    uint32_t tip[2];    /* of a free end, when the result is made */
    bool closed;
} lumen_chain;

/* ---- 1 paths ---- */

typedef struct {
    size_t n, cap;
    lumen_chain *item;
} lumen_chains;

/* What lies around the n samples v becomes theirs, or that of `owner` (not LM_WAYS_NONE). */
static void lumen_claim(lumen_job *job, const uint32_t *v, size_t n, uint32_t owner)
{
    size_t head = 0, tail = 0;
    uint32_t beside[26];
    for (size_t i = 0; i < n; i++) {
        if (owner != LM_WAYS_NONE && job->seed[v[i]] != LM_WAYS_NONE) continue;
        job->seed[v[i]] = v[i];
        job->queue[tail++] = v[i];
    }
    while (head < tail) {
        uint32_t u = job->queue[head++], s = job->seed[u];
        for (size_t i = 0, k = lm_ways_beside(&job->w, u, beside); i < k; i++) {
            uint32_t w = beside[i];
            if (job->seed[w] != LM_WAYS_NONE || lm_ways_apart(&job->w, w, s) > LUMEN_CLAIM * job->w.r[s] + job->w.step) continue;
            job->seed[w] = s;
            job->queue[tail++] = w;
        }
    }
    for (size_t i = 0; i < tail && owner != LM_WAYS_NONE; i++) job->seed[job->queue[i]] = owner;
}

/* Is what reaches from sample v[n-1] of a path to the tip v[0] a branch of its own? */
static bool lumen_branch(const lumen_job *job, const uint32_t *v, size_t n)
{
    double wide = 0, beyond, own;
    size_t i = 0;
    for (; i < n && job->seed[v[i]] == LM_WAYS_NONE; i++) wide = job->w.r[v[i]] > wide ? job->w.r[v[i]] : wide;
    own = job->w.way[v[0]] - job->w.way[v[i < n ? i : n - 1]];
    beyond = job->w.way[v[0]] - job->w.way[v[n - 1]] - job->w.r[v[n - 1]];
    return beyond >= 2 * wide + job->w.step && own >= wide && own >= 2 * job->w.step;
}

/* The path from the tip v to the root or to another path; a branch, unless it is too short. */
static lm_status lumen_trace(lumen_job *job, uint32_t v, bool always, lumen_chains *list, lm_err *err)
{
    lumen_chain c = {.leaves = {LM_WAYS_NONE, LM_WAYS_NONE}};
    size_t cap = 0;
    lm_status rc = LM_OK;
    for (uint32_t u = v; !rc && u != LM_WAYS_NONE; u = job->w.from[u]) {
        if (!(rc = lm_mem_grow(&c.v, &cap, c.n + 1, sizeof *c.v, err))) c.v[c.n++] = u;
        if (job->on[u] != LM_WAYS_NONE) {
            c.leaves[0] = u;
            break;
        }
    }
    if (!rc && !always && c.leaves[0] != LM_WAYS_NONE && !lumen_branch(job, c.v, c.n)) {
        lumen_claim(job, c.v, c.n, c.leaves[0]);
        free(c.v);
        return LM_OK;
    }
    if (!rc && list->n >= LM_LUMEN_PATHS)
        rc = lm_err_set(err, LM_ERULE, NULL, "no tubes: more than %d ways through it would be needed", LM_LUMEN_PATHS);
    if (!rc) rc = lm_mem_grow(&list->item, &list->cap, list->n + 1, sizeof *list->item, err);
    if (rc) {
        free(c.v);
        return rc;
    }
    lumen_claim(job, c.v, c.n, LM_WAYS_NONE);
    for (size_t i = 0; i < c.n; i++)
        if (c.v[i] != c.leaves[0]) job->on[c.v[i]] = (uint32_t)list->n;
    for (size_t i = 0; i < c.n / 2; i++) { /* from the root outwards */
        uint32_t x = c.v[i];
        c.v[i] = c.v[c.n - 1 - i];
        c.v[c.n - 1 - i] = x;
    }
    list->item[list->n++] = c;
    return LM_OK;
}

typedef struct {
    double way;
    uint32_t v;
} lumen_item;

static int lumen_order(const void *a, const void *b)
{
    const lumen_item *p = a, *q = b;
    if (p->way != q->way) return p->way > q->way ? -1 : 1;
    return p->v < q->v ? -1 : p->v > q->v;
}

static lm_status lumen_paths(lumen_job *job, lumen_chains *list, lm_err *err)
{
    lm_status rc = LM_OK;
    size_t n = 0;
    lumen_item *far = lm_mem_alloc(job->w.n, sizeof *far, err);
    if (!far) return LM_ENOMEM;
    for (size_t v = 0; v < job->w.n; v++)
        if (job->w.way[v] < INFINITY) far[n++] = (lumen_item){job->w.way[v], (uint32_t)v};
    qsort(far, n, sizeof *far, lumen_order);
    for (size_t i = 0; i < n && !rc; i++)
        if (job->seed[far[i].v] == LM_WAYS_NONE) rc = lumen_trace(job, far[i].v, false, list, err);
    free(far);
    return rc;
}

/* ---- 2 where ends meet ---- */

/* How many samples at end e have balls that reach `reach` radii to the tip. In a corner some do that others did not. */
static size_t lumen_trim(const lumen_job *job, const lumen_chain *c, int e, double reach)
{
    const uint32_t tip = c->v[e ? c->n - 1 : 0];
    double most = 2 * job->w.step, gone = 0;
    size_t off = 0;
    for (size_t i = 0; i + 1 < c->n; i++) {
        uint32_t v = c->v[e ? c->n - 1 - i : i];
        double apart = lm_ways_apart(&job->w, v, tip);
        gone += i ? lm_ways_apart(&job->w, v, c->v[e ? c->n - i : i - 1]) : 0;
        most = job->w.r[v] > most ? job->w.r[v] : most;
        if (apart <= reach * job->w.r[v]) off = i + 1;
        if (gone > 1.75 * reach * most) break;
    }
    return off;
}

static void lumen_turn(lumen_chain *c)
{
    for (size_t i = 0; i < c->n / 2; i++) {
        uint32_t x = c->v[i];
        c->v[i] = c->v[c->n - 1 - i];
        c->v[c->n - 1 - i] = x;
    }
    uint32_t x = c->leaves[0];
    c->leaves[0] = c->leaves[1];
    c->leaves[1] = x;
}

/* A root in the middle of a tube: what leaves its path right there is its other half. */
static lm_status lumen_halves(lumen_job *job, lumen_chains *list, lm_err *err)
{
    for (size_t b = 1; b < list->n; b++) {
        uint32_t at = list->item[b].leaves[0], a = at == LM_WAYS_NONE ? LM_WAYS_NONE : job->on[at];
        if (a == LM_WAYS_NONE || a == b) continue;
        lumen_chain *p = &list->item[a];
        if (p->leaves[0] != LM_WAYS_NONE || lm_ways_apart(&job->w, at, p->v[0]) > LUMEN_END * job->w.r[at]) continue;
        while (p->n > 1 && p->v[0] != at) memmove(p->v, p->v + 1, --p->n * sizeof *p->v); /* up to there it is a way to the wall */
        lumen_chain *q = &list->item[b];
        uint32_t *v = lm_mem_alloc(p->n + q->n, sizeof *v, err);
        if (!v) return LM_ENOMEM;
        size_t n = 0;
        for (size_t i = q->n; i-- > 1;) v[n++] = q->v[i]; /* q->v[0] is `at` */
        memcpy(v + n, p->v, p->n * sizeof *v);
        n += p->n;
        for (size_t i = 0; i < job->w.n; i++)
            if (job->on[i] == b) job->on[i] = a;
        free(p->v);
        free(q->v);
        p->v = v, p->n = n;
        *q = (lumen_chain){.leaves = {LM_WAYS_NONE, LM_WAYS_NONE}};
    }
    return LM_OK;
}

/* Do the ways from two neighbours lead away from each other, not soon to meet? */
static bool lumen_part(const lumen_job *job, uint32_t a, uint32_t b, double r)
{
    if (lm_ways_along(&job->w, a, b) <= LUMEN_MEET_WAY * r) return false;
    return lm_ways_apart(&job->w, lm_ways_back(&job->w, a, LUMEN_MEET * r), lm_ways_back(&job->w, b, LUMEN_MEET * r)) >
           LUMEN_MEET_APART * r;
}

typedef struct {         /* two samples beside each other, on the way from one path's end to another path */
    double cost, radius; /* radius: the largest near the end */
    uint32_t v[2];
} lumen_contact;

/* The root is no end to look from: all ways lead there. Its radius says so. */
static void lumen_mark_tips(lumen_job *job, const lumen_chains *list, lumen_contact *at)
{
    for (size_t i = 0; i < list->n; i++)
        for (int e = 0; e < 2; e++) {
            const lumen_chain *c = &list->item[i];
            if (!c->n || c->leaves[e] != LM_WAYS_NONE) continue;
            if (job->w.from[c->v[e ? c->n - 1 : 0]] == LM_WAYS_NONE) at[2 * i + (size_t)e].radius = INFINITY;
            for (size_t k = lumen_trim(job, c, e, 2 * LUMEN_END) + 1; k-- > 0;) {
                uint32_t v = c->v[e ? c->n - 1 - k : k];
                job->tip[v] = (uint8_t)(1 + e);
                at[2 * i + (size_t)e].radius = fmax(at[2 * i + (size_t)e].radius, job->w.r[v]);
            }
        }
}

/* For each sample the first of a path on its way to the root, into the queue, which nobody needs by now. */
static void lumen_ancestors(lumen_job *job)
{
    uint32_t *of = job->queue;
    for (size_t v = 0; v < job->w.n; v++) of[v] = job->on[v] != LM_WAYS_NONE ? (uint32_t)v : LM_WAYS_NONE;
    for (size_t v = 0; v < job->w.n; v++) {
        uint32_t u = (uint32_t)v, to;
        while (u != LM_WAYS_NONE && of[u] == LM_WAYS_NONE) u = job->w.from[u];
        if (u == LM_WAYS_NONE) continue;
        to = of[u];
        for (u = (uint32_t)v; of[u] == LM_WAYS_NONE; u = job->w.from[u]) of[u] = to;
    }
}

/* For each free end the cheapest way from there over two samples that lie side by side, but far apart in the tree: where the least
 * ways from both sides meet. */
static void lumen_contacts(const lumen_job *job, lumen_contact *best)
{
    for (uint32_t v = 0; v < job->w.n; v++) {
        uint32_t a = job->queue[v], beside[26];
        if (a == LM_WAYS_NONE || !job->tip[a]) continue;
        lumen_contact *x = &best[2 * job->on[a] + job->tip[a] - 1];
        for (size_t i = 0, n = lm_ways_beside(&job->w, v, beside); i < n; i++) {
            uint32_t u = beside[i];
            double cost = job->w.cost[v] + job->w.cost[u];
            if (job->queue[u] == LM_WAYS_NONE || job->queue[u] == a || cost >= x->cost) continue;
            if (x->radius < INFINITY && lumen_part(job, v, u, x->radius)) *x = (lumen_contact){cost, x->radius, {v, u}};
        }
    }
}

/* Samples from v to the first one on a path, which is not among them. */
static lm_status lumen_lead(const lumen_job *job, uint32_t v, uint32_t **list, size_t *n, uint32_t *to, lm_err *err)
{
    size_t cap = 0;
    lm_status rc = LM_OK;
    *list = NULL, *n = 0;
    for (; v != LM_WAYS_NONE && job->on[v] == LM_WAYS_NONE && !rc; v = job->w.from[v])
        if (!(rc = lm_mem_grow(list, &cap, *n + 1, sizeof **list, err))) (*list)[(*n)++] = v;
    *to = v;
    return rc;
}

static size_t lumen_index(const lumen_chain *c, uint32_t v)
{
    size_t k = 0;
    while (k < c->n && c->v[k] != v) k++;
    return k;
}

/* Path a, whose end is turned to be its last sample x, goes on by lead[0] backwards and lead[1] forwards to sample y of path b: to
 * b's other end, to its own other end, or it leaves b there. What lay behind x, and before y, was a way to the wall. */
static lm_status lumen_join(lumen_job *job, lumen_chains *list, size_t a, size_t b, uint32_t x, uint32_t y, uint32_t *const lead[2],
                            const size_t n[2], bool tips, lm_err *err)
{
    lumen_chain *p = &list->item[a], *q = &list->item[b];
    size_t keep = lumen_index(p, x) + 1, from = tips && a == b ? lumen_index(p, y) : 0, at = 0;
    size_t first = tips && a != b ? lumen_index(q, y) : 0, tail = tips && a != b ? q->n - first : 0;
    uint32_t *v = lm_mem_alloc(keep + n[0] + n[1] + tail, sizeof *v, err);
    if (!v) return LM_ENOMEM;
    for (size_t k = from; k < keep; k++) v[at++] = p->v[k];
    for (size_t k = n[0]; k-- > 0;) v[at++] = lead[0][k];
    for (size_t k = 0; k < n[1]; k++) v[at++] = lead[1][k];
    for (size_t k = first; k < first + tail; k++) v[at++] = q->v[k];
    free(p->v);
    p->v = v;
    p->n = at;
    p->leaves[1] = tips ? LM_WAYS_NONE : y;
    p->closed = tips && a == b;
    for (size_t k = 0; k < at; k++) job->on[v[k]] = (uint32_t)a;
    if (!tail) return LM_OK;
    p->leaves[1] = q->leaves[1];
    for (size_t i = 0; i < job->w.n; i++)
        if (job->on[i] == b) job->on[i] = (uint32_t)a;
    free(q->v);
    *q = (lumen_chain){.leaves = {LM_WAYS_NONE, LM_WAYS_NONE}};
    return LM_OK;
}

/* The end of a path that tip sample x belongs to: the one it is nearer to. */
static int lumen_end_of(const lumen_chain *c, uint32_t x)
{
    return lumen_index(c, x) > c->n / 2;
}

static lm_status lumen_contact_join(lumen_job *job, lumen_chains *list, const lumen_contact *c, size_t *loops, lm_err *err)
{
    uint32_t *lead[2] = {NULL, NULL}, x = LM_WAYS_NONE, y = LM_WAYS_NONE;
    size_t n[2];
    lm_status rc = lumen_lead(job, c->v[0], &lead[0], &n[0], &x, err);
    if (!rc) rc = lumen_lead(job, c->v[1], &lead[1], &n[1], &y, err);
    if (rc || x == LM_WAYS_NONE || y == LM_WAYS_NONE || x == y || !job->tip[x]) goto done;
    uint32_t a = job->on[x], b = job->on[y];
    lumen_chain *p = &list->item[a], *q = &list->item[b];
    int ea = lumen_end_of(p, x), eb = lumen_end_of(q, y);
    if (p->closed || p->leaves[ea] != LM_WAYS_NONE) goto done;
    bool tips = job->tip[y] && q->leaves[eb] == LM_WAYS_NONE && !q->closed && (a != b || ea != eb);
    if (!ea) lumen_turn(p);
    if (tips && a != b && eb) lumen_turn(q);
    rc = lumen_join(job, list, a, b, x, y, lead, n, tips, err);
    --*loops;
done:
    free(lead[0]);
    free(lead[1]);
    return rc;
}

/* As many joins as there are loops. */
static lm_status lumen_meet(lumen_job *job, lumen_chains *list, size_t loops, lm_err *err)
{
    lm_status rc = LM_OK;
    lumen_contact *best = lm_mem_alloc(2 * list->n, sizeof *best, err);
    if (!best) return LM_ENOMEM;
    for (size_t i = 0; i < 2 * list->n; i++) best[i] = (lumen_contact){.cost = INFINITY};
    lumen_mark_tips(job, list, best);
    lumen_ancestors(job);
    lumen_contacts(job, best);
    for (size_t i = 0; i < 2 * list->n && !rc; i++)
        if (loops && best[i].cost < INFINITY) rc = lumen_contact_join(job, list, &best[i], &loops, err);
    free(best);
    return rc;
}

/* ---- 3 result ---- */

/* Free ends without what bends to a corner there; the samples stay the path's own. */
static void lumen_free_ends(lumen_job *job, lumen_chain *c)
{
    for (int e = 0; e < 2 && c->n && !c->closed; e++) {
        if (c->leaves[e] != LM_WAYS_NONE) continue;
        c->tip[e] = c->v[e ? c->n - 1 : 0];
        size_t off = lumen_trim(job, c, e, LUMEN_END);
        c->n -= off;
        if (!e) memmove(c->v, c->v + off, c->n * sizeof *c->v);
    }
}

static size_t lumen_nearest(const lumen_job *job, const lumen_chain *c, uint32_t v)
{
    size_t best = 0;
    for (size_t k = 1; k < c->n; k++)
        if (lm_ways_apart(&job->w, c->v[k], v) < lm_ways_apart(&job->w, c->v[best], v)) best = k;
    return best;
}

static lm_status lumen_path(const lumen_job *job, const lumen_chains *list, size_t i, const size_t *number, lm_lumen_path *out,
                            lm_err *err)
{
    const lumen_chain *c = &list->item[i];
    out->closed = c->closed;
    out->n = c->n;
    for (int e = 0; e < 2 && !c->closed; e++) {
        lm_lumen_end *end = &out->end[e];
        end->free = c->leaves[e] == LM_WAYS_NONE;
        if (end->free) {
            lm_ways_point(&job->w, c->tip[e], end->tip);
            continue;
        }
        const uint32_t of = job->on[c->leaves[e]];
        end->path = number[of];
        end->at = lumen_nearest(job, &list->item[of], c->leaves[e]);
    }
    if (!(out->at = lm_mem_alloc(c->n, sizeof *out->at, err)) || !(out->r = lm_mem_alloc(c->n, sizeof *out->r, err)))
        return LM_ENOMEM;
    for (size_t k = 0; k < c->n; k++) {
        lm_ways_point(&job->w, c->v[k], out->at[k]);
        out->r[k] = job->w.r[c->v[k]];
    }
    return LM_OK;
}

static lm_status lumen_result(lumen_job *job, const lumen_chains *list, lm_lumen *out, lm_err *err)
{
    lm_status rc = LM_OK;
    size_t *number = lm_mem_alloc(list->n, sizeof *number, err), n = 0;
    if (!number) return LM_ENOMEM;
    for (size_t i = 0; i < list->n; i++) {
        number[i] = n;
        n += list->item[i].n > 0;
        lumen_free_ends(job, &list->item[i]);
    }
    if (!(out->path = lm_mem_calloc(n, sizeof *out->path, err))) rc = LM_ENOMEM;
    out->step_mm = job->w.step;
    out->samples = job->w.n;
    for (size_t i = 0; i < list->n && !rc; i++)
        if (list->item[i].n) rc = lumen_path(job, list, i, number, &out->path[out->n++], err);
    free(number);
    return rc;
}

static lm_status lumen_run(lumen_job *job, const lm_mesh *m, const lm_nearest *near, const lm_lumen_opt *opt, lumen_chains *list,
                           lm_err *err)
{
    uint32_t from = LM_WAYS_NONE, to = LM_WAYS_NONE;
    lm_status rc = lm_ways_make(&job->w, m, near, opt->volume_mm3, opt->area_mm2, opt->threads, err);
    if (!rc && (!(job->on = lm_mem_alloc(job->w.n, sizeof *job->on, err)) ||
                !(job->seed = lm_mem_alloc(job->w.n, sizeof *job->seed, err)) ||
                !(job->queue = lm_mem_alloc(job->w.n, sizeof *job->queue, err)) ||
                !(job->tip = lm_mem_calloc(job->w.n, sizeof *job->tip, err))))
        rc = LM_ENOMEM;
    if (!rc && opt->from) rc = lm_ways_snap(&job->w, opt->from, "--from", &from, err);
    if (!rc && opt->to) rc = lm_ways_snap(&job->w, opt->to, "--to", &to, err);
    if (!rc) rc = lm_ways_roots(&job->w, from != LM_WAYS_NONE ? from : to, err);
    if (rc) return rc;
    for (size_t v = 0; v < job->w.n; v++) job->on[v] = job->seed[v] = LM_WAYS_NONE;
    if (from != LM_WAYS_NONE && to != LM_WAYS_NONE) {
        if (!(job->w.way[to] < INFINITY))
            return lm_err_set(err, LM_ERULE, NULL, "no way leads from --from to --to: they are in two pieces");
        return lumen_trace(job, to, true, list, err);
    }
    if ((rc = lumen_paths(job, list, err))) return rc;
    if (from == LM_WAYS_NONE && to == LM_WAYS_NONE && (rc = lumen_halves(job, list, err))) return rc;
    return opt->loops ? lumen_meet(job, list, opt->loops, err) : LM_OK;
}

lm_status lm_lumen_find(const lm_mesh *m, const lm_nearest *near, const lm_lumen_opt *opt, lm_lumen *out, lm_err *err)
{
    lumen_job job = {.w = LM_WAYS_INIT};
    lumen_chains list = {0};
    *out = (lm_lumen)LM_LUMEN_INIT;
    lm_status rc = lumen_run(&job, m, near, opt, &list, err);
    if (!rc) rc = lumen_result(&job, &list, out, err);
    for (size_t i = 0; i < list.n; i++) free(list.item[i].v);
    free(list.item);
    lm_ways_release(&job.w);
    free(job.on);
    free(job.seed);
    free(job.queue);
    free(job.tip);
    if (rc) lm_lumen_release(out);
    return rc;
}

void lm_lumen_release(lm_lumen *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->path[i].at);
        free(l->path[i].r);
    }
    free(l->path);
    *l = (lm_lumen)LM_LUMEN_INIT;
}
