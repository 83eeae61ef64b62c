/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 rules, 2 model XML, 3 package */
#include "format/threemf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "base/version.h"
#include "format/package.h"
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

/* Vertices and triangles are printed in blocks, each into its own place of one big buffer, as large as the longest text
 * would need; then the blocks are moved together. Pages that no text came to are never touched. */
enum {
    THREEMF_BLOCK = 1 << 14,
    THREEMF_VERTEX = sizeof "<vertex x=\"\" y=\"\" z=\"\"/>\n" - 1 + 3 * 16, /* "-1.23456789e-38" has 15 */
    THREEMF_TRIANGLE = sizeof "<triangle v1=\"\" v2=\"\" v3=\"\"/>\n" - 1 + 3 * 10
};

static const char threemf_between[] = "</vertices>\n<triangles>\n", threemf_close[] = "</triangles>\n</mesh>\n</object>\n";

typedef struct {
    const lm_mesh *m;
    size_t nvb, ntb; /* blocks of vertices, of triangles */
    char *text;      /* block i begins at threemf_place(i) */
    size_t *used;    /* nvb + ntb */
} threemf_print;

static size_t threemf_place(const threemf_print *j, size_t block)
{
    size_t v = block < j->nvb ? block : j->nvb;
    return THREEMF_BLOCK * (v * THREEMF_VERTEX + (block - v) * THREEMF_TRIANGLE);
}

static char *threemf_put(char *o, const char *s, size_t n)
{
    memcpy(o, s, n);
    return o + n;
}
#define THREEMF_PUT(o, literal) threemf_put(o, literal, sizeof literal - 1)

static char *threemf_put_u32(char *o, uint32_t v)
{
    static const char pair[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
        "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
        "99";
    char t[10];
    size_t k = sizeof t;
    for (; v >= 100; v /= 100) memcpy(t + (k -= 2), pair + 2 * (v % 100), 2);
    if (v >= 10) memcpy(t + (k -= 2), pair + 2 * v, 2);
    else t[--k] = (char)('0' + v);
    return threemf_put(o, t + k, sizeof t - k);
}

static lm_status threemf_block(void *ctx, size_t task, int worker, lm_err *err)
{
    threemf_print *j = ctx;
    const lm_mesh *m = j->m;
    char *base = j->text + threemf_place(j, task), *o = base;
    (void)worker;
    (void)err;
    if (task < j->nvb) {
        size_t at = task * THREEMF_BLOCK, end = m->nv - at < THREEMF_BLOCK ? m->nv : at + THREEMF_BLOCK;
        for (const float *p = m->pos + 3 * at; p < m->pos + 3 * end; p += 3) {
            char num[LM_NUM_TEXT];
            o = THREEMF_PUT(o, "<vertex x=\"");
            o = threemf_put(o, num, lm_num_f32(p[0], num));
            o = THREEMF_PUT(o, "\" y=\"");
            o = threemf_put(o, num, lm_num_f32(p[1], num));
            o = THREEMF_PUT(o, "\" z=\"");
            o = threemf_put(o, num, lm_num_f32(p[2], num));
            o = THREEMF_PUT(o, "\"/>\n");
        }
    } else {
        size_t at = (task - j->nvb) * THREEMF_BLOCK, end = m->nt - at < THREEMF_BLOCK ? m->nt : at + THREEMF_BLOCK;
        for (const uint32_t *v = m->tri + 3 * at; v < m->tri + 3 * end; v += 3) {
            o = threemf_put_u32(THREEMF_PUT(o, "<triangle v1=\""), v[0]);
            o = threemf_put_u32(THREEMF_PUT(o, "\" v2=\""), v[1]);
            o = threemf_put_u32(THREEMF_PUT(o, "\" v3=\""), v[2]);
            o = THREEMF_PUT(o, "\"/>\n");
        }
    }
    j->used[task] = (size_t)(o - base);
    return LM_OK;
}

/* Text being put together; room for all of it is there. */
typedef struct {
    char *buf, *o;
    size_t cap;
} threemf_page;

static void threemf_add(threemf_page *page, unsigned char *p, size_t n)
{
    page->o = threemf_put(page->o, (char *)p, n);
    free(p);
}

/* Vertices and triangles of one object behind what is there. */
static lm_status threemf_mesh(threemf_page *page, const lm_mesh *m, int threads, lm_err *err)
{
    threemf_print j = {
        .m = m, .nvb = (m->nv + THREEMF_BLOCK - 1) / THREEMF_BLOCK, .ntb = (m->nt + THREEMF_BLOCK - 1) / THREEMF_BLOCK};
    size_t blocks = j.nvb + j.ntb;
    if (!(j.used = lm_mem_alloc(blocks, sizeof *j.used, err))) return LM_ENOMEM;
    /* What stands before a block's text when joined is never longer than what stands before its place. */
    j.text = page->o + sizeof threemf_between - 1;
    lm_status rc = lm_pool_run(threads, blocks, threemf_block, &j, err);
    for (size_t i = 0; i < blocks && !rc; i++) {
        if (i == j.nvb) page->o = THREEMF_PUT(page->o, threemf_between);
        memmove(page->o, j.text + threemf_place(&j, i), j.used[i]);
        page->o += j.used[i];
    }
    page->o = THREEMF_PUT(page->o, threemf_close);
    free(j.used);
    return rc;
}

/* The whole model part, to be freed by the caller. */
static lm_status threemf_model(const lm_threemf_opt *opt, const threemf_parts *p, char **ret, size_t *n, lm_err *err)
{
    enum { OBJECT = 8192, ITEM = 256 }; /* bytes of an object's own tags but for its name, of an item */
    unsigned char *top = NULL, *text = NULL;
    size_t ntop = 0, k = 0;
    threemf_page page = {.cap = OBJECT};
    lm_status rc = threemf_top(p, opt, &top, &ntop, err);
    if (rc) return rc;
    page.cap += ntop + p->n * (OBJECT + ITEM) + 6 * strlen(threemf_title(opt));
    for (size_t i = 0; i < p->n; i++) {
        const lm_mesh *m = threemf_part(p, i);
        page.cap += m->nv * THREEMF_VERTEX + m->nt * THREEMF_TRIANGLE;
    }
    page.cap += THREEMF_BLOCK * (THREEMF_VERTEX + THREEMF_TRIANGLE); /* places are whole blocks; parts come one by one */
    if (!(page.buf = lm_mem_alloc(page.cap, 1, err))) {
        free(top);
        return LM_ENOMEM;
    }
    page.o = page.buf;
    threemf_add(&page, top, ntop);
    for (size_t i = 0; i < p->n && !rc; i++)
        if (!(rc = threemf_object(p, opt, i, &text, &k, err))) {
            threemf_add(&page, text, k);
            rc = threemf_mesh(&page, threemf_part(p, i), lm_pool_threads(opt->threads), err);
        }
    if (!rc && !(rc = threemf_end(p, &text, &k, err))) threemf_add(&page, text, k);
    if (rc) free(page.buf);
    else *ret = page.buf, *n = (size_t)(page.o - page.buf);
    return rc;
}

/* ---- 3 package ---- */

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

typedef struct {
    const threemf_parts *parts;
    const char *xml;
    size_t n;
    lm_package_part *model;
} threemf_job;

/* The rules are checked while the other core deflates. */
static lm_status threemf_task(void *ctx, size_t task, int worker, lm_err *err)
{
    threemf_job *j = ctx;
    lm_status rc = LM_OK;
    (void)worker;
    if (task == 1) return lm_package_deflate(j->xml, j->n, j->model, err);
    for (size_t i = 0; i < j->parts->n && !rc; i++)
        if ((rc = threemf_check(threemf_part(j->parts, i), err)) && j->parts->part)
            return lm_err_frame(err, "part %u", j->parts->split.label[i]);
    return rc;
}

lm_status lm_threemf_write(lm_out *out, const lm_threemf_opt *opt, const lm_mesh *mesh, lm_err *err)
{
    static const char *const name[] = {"[Content_Types].xml", "_rels/.rels", "3D/3dmodel.model"};
    lm_package_part part[3] = {0};
    threemf_parts parts;
    char *xml = NULL;
    size_t n = 0;
    lm_status rc = threemf_split(mesh, &parts, err);
    if (rc) return rc;
    rc = lm_package_deflate(threemf_types, sizeof threemf_types - 1, &part[0], err);
    if (!rc) rc = lm_package_deflate(threemf_rels, sizeof threemf_rels - 1, &part[1], err);
    if (!rc) rc = threemf_model(opt, &parts, &xml, &n, err);
    threemf_job job = {&parts, xml, n, &part[2]};
    if (!rc) rc = lm_pool_run(lm_pool_threads(opt->threads), 2, threemf_task, &job, err);
    free(xml);
    if (!rc) rc = lm_package_write(out, name, part, 3, err);
    for (int i = 0; i < 3; i++) free(part[i].p);
    threemf_parts_release(&parts);
    return rc;
}
