/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 rules, 2 model XML, 3 pieces, 4 package */
#include "format/threemf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "base/version.h"
#include "format/deflate.h"
#include "format/package.h"
#include "format/threemf_print.h"
#include "surface/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- 1 rules ---- */

static int threemf_order(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* Heads of the directed edges that leave each vertex: head[at[v]] .. head[at[v + 1] - 1], sorted. */
typedef struct {
    size_t *at;
    uint32_t *head;
} threemf_edges;

static lm_status threemf_collect(const lm_mesh *m, threemf_edges *e, lm_err *err)
{
    size_t n = 3 * m->nt;
    if (!(e->at = lm_mem_calloc(m->nv + 2, sizeof *e->at, err)) || !(e->head = lm_mem_alloc(n, sizeof *e->head, err)))
        return LM_ENOMEM;
    size_t *at = e->at + 1; /* shifted by one while filling */
    for (size_t i = 0; i < n; i++) at[m->tri[i] + 1]++;
    for (size_t v = 1; v <= m->nv; v++) at[v] += at[v - 1];
    for (size_t t = 0; t < n; t += 3)
        for (size_t k = 0; k < 3; k++) e->head[at[m->tri[t + k]]++] = m->tri[t + (k + 1) % 3];
    for (size_t v = 0; v < m->nv; v++) {
        uint32_t *h = e->head + e->at[v];
        size_t deg = e->at[v + 1] - e->at[v];
        if (deg > 32) qsort(h, deg, sizeof *h, threemf_order);
        else
            for (size_t i = 1; i < deg; i++) {
                uint32_t x = h[i];
                size_t j = i;
                for (; j && h[j - 1] > x; j--) h[j] = h[j - 1];
                h[j] = x;
            }
    }
    return LM_OK;
}

/* How many triangles run along the edge from a to b. */
static size_t threemf_runs(const threemf_edges *e, uint32_t a, uint32_t b)
{
    size_t lo = e->at[a], hi = e->at[a + 1], end = hi, n = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (e->head[mid] < b) lo = mid + 1;
        else hi = mid;
    }
    for (; lo < end && e->head[lo] == b; lo++) n++;
    return n;
}

static lm_status threemf_manifold(const lm_mesh *m, const threemf_edges *e, lm_err *err)
{
    for (uint32_t a = 0; a < m->nv; a++)
        for (size_t i = e->at[a]; i < e->at[a + 1]; i++) {
            uint32_t b = e->head[i];
            bool again = i > e->at[a] && e->head[i - 1] == b;
            size_t back = threemf_runs(e, b, a);
            if (!again && back == 1 && (i + 1 == e->at[a + 1] || e->head[i + 1] != b)) continue;
            size_t all = threemf_runs(e, a, b) + back;
            if (all != 2)
                return lm_err_set(err, LM_ERULE, "3MF-11",
                                  "the edge from vertex %u to %u has %zu triangle%s, a printable part has two", a, b, all,
                                  all == 1 ? "" : "s");
            return lm_err_set(err, LM_ERULE, "3MF-12", "the two triangles at the edge from vertex %u to %u face opposite ways", a,
                              b);
        }
    return LM_OK;
}

static lm_status threemf_check(const lm_mesh *m, lm_err *err)
{
    threemf_edges e = {NULL, NULL};
    if (m->nt < 4) return lm_err_set(err, LM_ERULE, "3MF-14", "%zu triangles: a 3MF part has at least four", m->nt);
    if (m->nt > INT32_MAX || m->nv > INT32_MAX)
        return lm_err_set(err, LM_ERULE, "3MF-14", "%zu vertices and %zu triangles: 3MF takes fewer than 2^31 of each", m->nv,
                          m->nt);
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        if (v[0] == v[1] || v[1] == v[2] || v[2] == v[0])
            return lm_err_set(err, LM_ERULE, "3MF-14", "triangle %zu names a vertex twice", t);
    }
    lm_status rc = threemf_collect(m, &e, err);
    if (!rc) rc = threemf_manifold(m, &e, err);
    free(e.at);
    free(e.head);
    if (rc) return rc;
    double volume = lm_mesh_volume(m);
    if (!(volume > 0)) return lm_err_set(err, LM_ERULE, "3MF-13", "the volume is %g mm3: the mesh is inside out or flat", volume);
    return LM_OK;
}

/* ---- 2 model XML ---- */

/* User's text as XML: markup escaped; what is no UTF-8 or no XML character becomes U+FFFD, white space a blank. */
static void threemf_text(lm_out *out, const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    while (*p) {
        size_t n = *p < 0x80                 ? 1
                   : *p >= 0xc2 && *p < 0xe0 ? 2
                   : *p >= 0xe0 && *p < 0xf0 ? 3
                   : *p >= 0xf0 && *p < 0xf5 ? 4
                                             : 0,
               k = 1;
        while (k < n && (p[k] & 0xc0) == 0x80) k++;
        uint32_t c = n == 1 ? p[0] : n == 2 ? p[0] & 31u : n == 3 ? p[0] & 15u : p[0] & 7u;
        for (size_t i = 1; i < k; i++) c = c << 6 | (p[i] & 63u);
        bool bad = n == 0 || k < n || (n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000) || c > 0xfffd)) ||
                   (n == 4 && (c < 0x10000 || c > 0x10ffff)) || (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
        if (bad) lm_io_write(out, "\xef\xbf\xbd", 3), n = n == 0 ? 1 : k;
        else if (c == '&') lm_io_write(out, "&amp;", 5);
        else if (c == '<') lm_io_write(out, "&lt;", 4);
        else if (c == '>') lm_io_write(out, "&gt;", 4);
        else if (c == '"') lm_io_write(out, "&quot;", 6);
        else if (c < 0x20) lm_io_write(out, " ", 1);
        else lm_io_write(out, p, n);
        p += n;
    }
}

static void threemf_meta(lm_out *out, const char *name, const char *value)
{
    if (!value) return;
    lm_io_printf(out, "<metadata name=\"%s\">", name);
    threemf_text(out, value);
    lm_io_printf(out, "</metadata>\n");
}

static const char *threemf_title(const lm_threemf_opt *opt)
{
    return opt->title ? opt->title : "part";
}

/* What is written: one object per part. */
typedef struct {
    const lm_mesh *whole;
    lm_mesh *part; /* split.n, or NULL: the whole is the one part */
    lm_split split;
    size_t n;
} threemf_parts;

static void threemf_parts_release(threemf_parts *p)
{
    for (size_t i = 0; p->part && i < p->n; i++) lm_mesh_release(&p->part[i]);
    free(p->part);
    lm_split_release(&p->split);
}

static lm_status threemf_split(const lm_mesh *m, threemf_parts *p, lm_err *err)
{
    *p = (threemf_parts){.whole = m, .n = 1};
    if (!m->label) return LM_OK;
    lm_status rc = lm_split_make(m, &p->split, err);
    if (rc) return rc;
    p->n = p->split.n;
    uint32_t *now = lm_split_scratch(m, err);
    if (!now || !(p->part = lm_mem_calloc(p->n, sizeof *p->part, err))) rc = LM_ENOMEM;
    for (size_t i = 0; i < p->n && !rc; i++) rc = lm_split_part(m, &p->split, i, now, &p->part[i], NULL, err);
    free(now);
    if (rc) threemf_parts_release(p);
    return rc;
}

static const lm_mesh *threemf_part(const threemf_parts *p, size_t i)
{
    return p->part ? &p->part[i] : p->whole;
}

static uint32_t threemf_label(const threemf_parts *p, size_t i)
{
    return p->part ? p->split.label[i] : 1;
}

/* How many of the first n parts have a colour. */
static size_t threemf_colored(const threemf_parts *p, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        const lm_part *shown = lm_parts_find(&p->whole->parts, threemf_label(p, i));
        k += shown && shown->has_rgb;
    }
    return k;
}

/* The colours: a resource that stands before the objects, numbered behind them. */
static void threemf_materials(lm_out *out, const threemf_parts *p)
{
    char name[LM_PART_NAME];
    if (!threemf_colored(p, p->n)) return;
    lm_io_printf(out, "<basematerials id=\"%zu\">\n", p->n + 1);
    for (size_t i = 0; i < p->n; i++) {
        const lm_part *shown = lm_parts_find(&p->whole->parts, threemf_label(p, i));
        if (!shown || !shown->has_rgb) continue;
        lm_io_printf(out, "<base name=\"");
        threemf_text(out, lm_parts_name(&p->whole->parts, shown->label, name));
        lm_io_printf(out, "\" displaycolor=\"#%02X%02X%02X\"/>\n", shown->rgb[0], shown->rgb[1], shown->rgb[2]);
    }
    lm_io_printf(out, "</basematerials>\n");
}

static lm_status threemf_top(const threemf_parts *p, const lm_threemf_opt *opt, unsigned char **ret, size_t *n, lm_err *err)
{
    static const char *const space[] = {[LM_SPACE_UNKNOWN] = "none", [LM_SPACE_LPS] = "LPS", [LM_SPACE_RAS] = "RAS"};
    lm_out *out;
    lm_status rc = lm_io_create_mem(&out, err);
    if (rc) return rc;
    lm_io_printf(out,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<model unit=\"millimeter\" xml:lang=\"en-US\" xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\""
                 " xmlns:mq=\"urn:meshqa:3mf:1\">\n");
    threemf_meta(out, "Title", threemf_title(opt));
    threemf_meta(out, "Application", "meshqa " LM_VERSION);
    threemf_meta(out, "mq:Space", space[p->whole->space]);
    threemf_meta(out, "mq:CaseId", opt->case_id);
    threemf_meta(out, "mq:SourceSha256", opt->source_sha256);
    threemf_meta(out, "mq:Verdict", opt->verdict);
    threemf_meta(out, "mq:Scale", opt->scale);
    threemf_meta(out, "mq:Shrinkage", opt->shrinkage);
    threemf_meta(out, "mq:Reference", opt->reference);
    lm_io_printf(out, "<resources>\n");
    threemf_materials(out, p);
    return lm_io_take(out, ret, n, err);
}

static lm_status threemf_object(const threemf_parts *p, const lm_threemf_opt *opt, size_t i, unsigned char **ret, size_t *n,
                                lm_err *err)
{
    lm_out *out;
    lm_status rc = lm_io_create_mem(&out, err);
    if (rc) return rc;
    uint32_t label = threemf_label(p, i);
    const lm_part *shown = lm_parts_find(&p->whole->parts, label);
    char name[LM_PART_NAME];
    lm_io_printf(out, "<object id=\"%zu\" type=\"model\" name=\"", i + 1);
    if (p->part || (!opt->title && shown && shown->name[0])) threemf_text(out, lm_parts_name(&p->whole->parts, label, name));
    else threemf_text(out, threemf_title(opt));
    lm_io_printf(out, "\"");
    if (shown && shown->has_rgb) lm_io_printf(out, " pid=\"%zu\" pindex=\"%zu\"", p->n + 1, threemf_colored(p, i));
    if (p->part) lm_io_printf(out, " mq:label=\"%u\"", label);
    lm_io_printf(out, ">\n<mesh>\n<vertices>\n");
    return lm_io_take(out, ret, n, err);
}

/* The items: all moved alike, so that the parts stay together. */
static lm_status threemf_end(const threemf_parts *p, unsigned char **ret, size_t *n, lm_err *err)
{
    double lo[3], hi[3];
    char t[3][LM_NUM_TEXT];
    lm_out *out;
    lm_status rc = lm_io_create_mem(&out, err);
    if (rc) return rc;
    lm_mesh_box(p->whole, lo, hi);
    for (int c = 0; c < 3; c++) lm_num_f32((float)-lo[c], t[c]);
    lm_io_printf(out, "</resources>\n<build>\n");
    for (size_t i = 0; i < p->n; i++)
        lm_io_printf(out, "<item objectid=\"%zu\" transform=\"1 0 0 0 1 0 0 0 1 %s %s %s\"/>\n", i + 1, t[0], t[1], t[2]);
    lm_io_printf(out, "</build>\n</model>\n");
    return lm_io_take(out, ret, n, err);
}

/* ---- 3 pieces ---- */

/* The model is cut into pieces, each printed and packed by itself: vertices or triangles of one part, or a text between them. */
enum { THREEMF_BLOCK = 1 << 14 };

typedef struct {
    const float *pos;    /* n vertices, */
    const uint32_t *tri; /* or n triangles, */
    unsigned char *text; /* or n bytes, owned */
    size_t n;
} threemf_piece;

typedef struct {
    lm_deflate *deflate;
    char *text;
} threemf_worker;

typedef struct {
    const threemf_parts *parts;
    threemf_piece *piece;
    lm_deflated *packed; /* of each piece */
    size_t n, cap;
    threemf_worker *worker;
} threemf_job;

static size_t threemf_blocks(size_t n)
{
    return (n + THREEMF_BLOCK - 1) / THREEMF_BLOCK;
}

static void threemf_numbers(threemf_job *j, const float *pos, const uint32_t *tri, size_t n)
{
    for (size_t at = 0; at < n; at += THREEMF_BLOCK)
        j->piece[j->n++] = (threemf_piece){.pos = pos ? pos + 3 * at : NULL,
                                           .tri = tri ? tri + 3 * at : NULL,
                                           .n = n - at < THREEMF_BLOCK ? n - at : THREEMF_BLOCK};
}

/* A literal between the numbers; it is kept as the others are. */
static lm_status threemf_literal(threemf_job *j, const char *s, lm_err *err)
{
    threemf_piece *p = &j->piece[j->n++];
    p->n = strlen(s);
    if (!(p->text = lm_mem_alloc(p->n, 1, err))) return LM_ENOMEM;
    memcpy(p->text, s, p->n);
    return LM_OK;
}

static lm_status threemf_cut(threemf_job *j, const lm_threemf_opt *opt, lm_err *err)
{
    const threemf_parts *p = j->parts;
    j->cap = 2;
    for (size_t i = 0; i < p->n; i++) j->cap += 3 + threemf_blocks(threemf_part(p, i)->nv) + threemf_blocks(threemf_part(p, i)->nt);
    if (!(j->piece = lm_mem_calloc(j->cap, sizeof *j->piece, err)) || !(j->packed = lm_mem_calloc(j->cap, sizeof *j->packed, err)))
        return LM_ENOMEM;
    threemf_piece *top = &j->piece[j->n++];
    lm_status rc = threemf_top(p, opt, &top->text, &top->n, err);
    for (size_t i = 0; i < p->n && !rc; i++) {
        const lm_mesh *m = threemf_part(p, i);
        threemf_piece *head = &j->piece[j->n++];
        if ((rc = threemf_object(p, opt, i, &head->text, &head->n, err))) break;
        threemf_numbers(j, m->pos, NULL, m->nv);
        if ((rc = threemf_literal(j, "</vertices>\n<triangles>\n", err))) break;
        threemf_numbers(j, NULL, m->tri, m->nt);
        rc = threemf_literal(j, "</triangles>\n</mesh>\n</object>\n", err);
    }
    threemf_piece *end = &j->piece[j->n];
    if (!rc) {
        j->n++;
        rc = threemf_end(p, &end->text, &end->n, err);
    }
    return rc;
}

static lm_status threemf_pack(threemf_job *j, size_t i, threemf_worker *w, lm_err *err)
{
    enum { MOST = LM_THREEMF_VERTEX > LM_THREEMF_TRIANGLE ? LM_THREEMF_VERTEX : LM_THREEMF_TRIANGLE };
    const threemf_piece *p = &j->piece[i];
    lm_status rc = LM_OK;
    if (!w->deflate && (rc = lm_deflate_new(&w->deflate, err))) return rc;
    if (p->text) return lm_deflate_piece(w->deflate, p->text, p->n, &j->packed[i], err);
    if (!w->text && !(w->text = lm_mem_alloc(THREEMF_BLOCK * MOST + LM_NUM_TEXT, 1, err))) return LM_ENOMEM;
    char *end = p->pos ? lm_threemf_print_vertices(w->text, p->pos, p->n) : lm_threemf_print_triangles(w->text, p->tri, p->n);
    return lm_deflate_piece(w->deflate, w->text, (size_t)(end - w->text), &j->packed[i], err);
}

/* The rules are checked part by part, then the pieces are packed. */
static lm_status threemf_task(void *ctx, size_t task, int worker, lm_err *err)
{
    threemf_job *j = ctx;
    if (task >= j->parts->n) return threemf_pack(j, task - j->parts->n, &j->worker[worker], err);
    lm_status rc = threemf_check(threemf_part(j->parts, task), err);
    return rc && j->parts->part ? lm_err_frame(err, "part %u", j->parts->split.label[task]) : rc;
}

/* The model part of the package. */
static lm_status threemf_model(const lm_threemf_opt *opt, const threemf_parts *parts, lm_deflated *out, lm_err *err)
{
    threemf_job j = {.parts = parts};
    int threads = lm_pool_threads(opt->threads);
    lm_status rc = threemf_cut(&j, opt, err);
    if (!rc && !(j.worker = lm_mem_calloc((size_t)threads, sizeof *j.worker, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, parts->n + j.n, threemf_task, &j, err);
    if (!rc) rc = lm_deflate_join(j.packed, j.n, out, err);
    for (int i = 0; j.worker && i < threads; i++) {
        lm_deflate_free(j.worker[i].deflate);
        free(j.worker[i].text);
    }
    for (size_t i = 0; j.piece && i < j.cap; i++) free(j.piece[i].text);
    for (size_t i = 0; j.packed && i < j.cap; i++) free(j.packed[i].p);
    free(j.worker);
    free(j.piece);
    free(j.packed);
    return rc;
}

/* ---- 4 package ---- */

static const char threemf_types[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\n"
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\n"
    "<Default Extension=\"model\" ContentType=\"application/vnd.ms-package.3dmanufacturing-3dmodel+xml\"/>\n"
    "</Types>\n";
static const char threemf_rels[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                   "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\n"
                                   "<Relationship Target=\"/3D/3dmodel.model\" Id=\"rel0\" "
                                   "Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/>\n"
                                   "</Relationships>\n";

lm_status lm_threemf_write(lm_out *out, const lm_threemf_opt *opt, const lm_mesh *mesh, lm_err *err)
{
    static const char *const name[] = {"[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"};
    lm_deflated part[3] = {0};
    threemf_parts parts;
    lm_status rc = threemf_split(mesh, &parts, err);
    if (rc) return rc;
    rc = lm_deflate_all(threemf_types, sizeof threemf_types - 1, &part[0], err);
    if (!rc) rc = lm_deflate_all(threemf_rels, sizeof threemf_rels - 1, &part[1], err);
    if (!rc) rc = threemf_model(opt, &parts, &part[2], err);
    if (!rc) rc = lm_package_write(out, name, part, 3, err);
    for (int i = 0; i < 3; i++) free(part[i].p);
    threemf_parts_release(&parts);
    return rc;
}
