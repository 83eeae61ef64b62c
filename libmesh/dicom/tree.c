/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 rebuilding, 2 reading in children, 3 asking */
#include "dicom/tree.h"
#include "base/bytes.h"
#include "base/child.h"
#include "base/mem.h"
#include "base/num.h"
#include "dicom/charset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

typedef struct {
    uint32_t tag;
    char vr[3];
    uint8_t kind; /* LM_GDCM_TREE_... */
    size_t n;     /* bytes, items or fragments */
    union {
        const unsigned char *bytes;
        struct lm_tree_item *item;
        struct tree_part *part;
    } at;
} tree_element;

struct tree_part {
    const unsigned char *p;
    size_t n;
};

struct lm_tree_item {
    const lm_tree_item *up; /* data set it is nested in */
    size_t n;
    tree_element *element; /* by tag */
};

struct lm_tree {
    lm_arena arena;
    void *flat; /* values lie in it */
    lm_tree_item root;
};

void lm_tree_release(lm_tree *t)
{
    if (!t) return;
    lm_arena_release(&t->arena);
    free(t->flat);
    free(t);
}

/* ---- 1 rebuilding ---- */

typedef struct {
    lm_tree *tree;
    const unsigned char *p, *end;
    lm_err *err;
} tree_in;

static lm_status tree_bad(const tree_in *in, const char *what)
{
    return lm_err_set(in->err, LM_EFORMAT, NULL, "data set: %s", what);
}

static bool tree_take(tree_in *in, void *out, size_t n)
{
    if ((size_t)(in->end - in->p) < n) return false;
    memcpy(out, in->p, n);
    in->p += n;
    return true;
}

/* count elements of size bytes each, which take at least `least` bytes in what is to come. */
static lm_status tree_room(tree_in *in, uint64_t count, size_t least, size_t size, void *ret)
{
    if (count > (size_t)(in->end - in->p) / least) return tree_bad(in, "a count that is larger than its data");
    void *p = lm_arena_alloc(&in->tree->arena, (size_t)count, size, in->err);
    if (!p) return LM_ENOMEM;
    memset(p, 0, (size_t)count * size);
    memcpy(ret, &p, sizeof p);
    return LM_OK;
}

/* Items of implicit little endian elements in the bytes of one value, by counting passes: PS3.5 7.5. */
typedef struct {
    const unsigned char *p, *end;
} tree_bytes;

enum { TREE_UNDEFINED = 0xffffffff };
#define TREE_ITEM 0xfffee000u
#define TREE_ITEM_END 0xfffee00du
#define TREE_SEQUENCE_END 0xfffee0ddu

/* The next tag and the length behind it; what they speak of must be there. */
static bool tree_head(tree_bytes *b, uint32_t *tag, uint32_t *length)
{
    if (b->end - b->p < 8) return false;
    *tag = (uint32_t)lm_get16(b->p) << 16 | lm_get16(b->p + 2);
    *length = lm_get32(b->p + 4);
    b->p += 8;
    return *length == TREE_UNDEFINED || *length <= (size_t)(b->end - b->p);
}

static bool tree_skip_items(tree_bytes *b, int depth, size_t *items);

/* Pass over the elements of one item, up to its end or the end mark; count them. */
static bool tree_skip_elements(tree_bytes *b, bool marked, int depth, size_t *elements)
{
    uint32_t tag, length, last = 0;
    for (*elements = 0; b->p < b->end; ++*elements) {
        if (!tree_head(b, &tag, &length)) return false;
        if (tag == TREE_ITEM_END) return marked && !length;
        if (tag >> 16 == 0xfffe || tag <= last) return false;
        last = tag;
        size_t ignored;
        if (length != TREE_UNDEFINED) b->p += length;
        else if (!tree_skip_items(b, depth + 1, &ignored)) return false;
    }
    return !marked;
}

/* Pass over items up to the end or the end mark; count them. */
static bool tree_skip_items(tree_bytes *b, int depth, size_t *items)
{
    uint32_t tag, length;
    if (depth > LM_TREE_DEPTH) return false;
    for (*items = 0; b->p < b->end; ++*items) {
        if (!tree_head(b, &tag, &length)) return false;
        if (tag == TREE_SEQUENCE_END) return !length;
        if (tag != TREE_ITEM) return false;
        size_t ignored;
        tree_bytes in = {b->p, length == TREE_UNDEFINED ? b->end : b->p + length};
        if (!tree_skip_elements(&in, length == TREE_UNDEFINED, depth, &ignored)) return false;
        b->p = in.p;
    }
    return true;
}

static lm_status tree_nested(tree_in *in, lm_tree_item *up, int depth, tree_element *e);

/* The elements of an item that tree_skip_elements found good. */
static lm_status tree_implicit(tree_in *in, tree_bytes *b, size_t n, int depth, lm_tree_item *item)
{
    uint32_t tag, length;
    lm_status rc = LM_OK;
    if (!n) return LM_OK;
    if (!(item->element = lm_arena_alloc(&in->tree->arena, n, sizeof *item->element, in->err))) return LM_ENOMEM;
    for (item->n = 0; item->n < n && !rc; item->n++) {
        tree_element *e = &item->element[item->n];
        if (!tree_head(b, &tag, &length)) return tree_bad(in, "a sequence that is not well-formed");
        *e = (tree_element){.tag = tag, .kind = LM_GDCM_TREE_VALUE, .n = length, .at.bytes = b->p};
        lm_gdcm_vr(tag, e->vr);
        if (length == TREE_UNDEFINED) {
            size_t ignored;
            const unsigned char *from = b->p;
            if (!tree_skip_items(b, depth + 1, &ignored)) return tree_bad(in, "a sequence that is not well-formed");
            e->n = (size_t)(b->p - from);
            memcpy(e->vr, "SQ", 2);
        } else b->p += length;
        rc = tree_nested(in, item, depth, e);
    }
    return rc;
}

/* Make a sequence of a value that holds one; any other stays a value. */
static lm_status tree_nested(tree_in *in, lm_tree_item *up, int depth, tree_element *e)
{
    tree_bytes b = {e->at.bytes, e->at.bytes + e->n};
    size_t n;
    lm_status rc = LM_OK;
    if (strcmp(e->vr, "SQ") && strcmp(e->vr, "UN")) return LM_OK;
    if (e->n < 8 || memcmp(b.p, "\xfe\xff\0\xe0", 4) || !tree_skip_items(&b, depth + 1, &n)) return LM_OK;
    b.p = e->at.bytes;
    lm_tree_item *item = lm_arena_alloc(&in->tree->arena, n, sizeof *item, in->err);
    if (!item) return LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        uint32_t tag, length;
        size_t elements = 0;
        item[i] = (lm_tree_item){.up = up};
        if (!tree_head(&b, &tag, &length)) return tree_bad(in, "a sequence that is not well-formed");
        tree_bytes one = {b.p, length == TREE_UNDEFINED ? b.end : b.p + length}, count = one;
        if (!tree_skip_elements(&count, length == TREE_UNDEFINED, depth + 1, &elements))
            return tree_bad(in, "a sequence that is not well-formed");
        rc = tree_implicit(in, &one, elements, depth + 1, &item[i]);
        b.p = count.p;
    }
    *e = (tree_element){.tag = e->tag, .vr = "SQ", .kind = LM_GDCM_TREE_SEQUENCE, .n = n, .at.item = item};
    return rc;
}

static lm_status tree_item(tree_in *in, lm_tree_item *item, int depth);

static lm_status tree_fragments(tree_in *in, tree_element *e, uint64_t n)
{
    lm_status rc = tree_room(in, n, 8, sizeof *e->at.part, &e->at.part);
    for (uint64_t i = 0; i < n && !rc; i++) {
        uint64_t length;
        if (!tree_take(in, &length, sizeof length) || length > (size_t)(in->end - in->p))
            return tree_bad(in, "a fragment that is longer than its data");
        e->at.part[i] = (struct tree_part){in->p, (size_t)length};
        in->p += length;
    }
    return rc;
}

static lm_status tree_one(tree_in *in, lm_tree_item *item, tree_element *e, int depth)
{
    uint16_t kind;
    uint64_t n;
    lm_status rc = LM_OK;
    if (!tree_take(in, &e->tag, 4) || !tree_take(in, e->vr, 2) || !tree_take(in, &kind, 2) || !tree_take(in, &n, 8))
        return tree_bad(in, "it ends within an element");
    if (n > PTRDIFF_MAX) return tree_bad(in, "a length beyond all memory");
    e->n = (size_t)n;
    e->kind = (uint8_t)kind;
    switch (kind) {
    case LM_GDCM_TREE_OMITTED: return LM_OK;
    case LM_GDCM_TREE_VALUE:
        if (n > (size_t)(in->end - in->p)) return tree_bad(in, "a value that is longer than its data");
        e->at.bytes = in->p;
        in->p += n;
        return tree_nested(in, item, depth, e);
    case LM_GDCM_TREE_FRAGMENTS: return tree_fragments(in, e, n);
    case LM_GDCM_TREE_SEQUENCE:
        rc = tree_room(in, n, 4, sizeof *e->at.item, &e->at.item);
        for (size_t i = 0; i < n && !rc; i++) {
            e->at.item[i].up = item;
            rc = tree_item(in, &e->at.item[i], depth + 1);
        }
        return rc;
    default: return tree_bad(in, "an element of unknown kind");
    }
}

static lm_status tree_item(tree_in *in, lm_tree_item *item, int depth)
{
    uint32_t n;
    if (depth > LM_TREE_DEPTH) return tree_bad(in, "sequences are nested too deep");
    if (!tree_take(in, &n, 4)) return tree_bad(in, "it ends within a sequence");
    lm_status rc = tree_room(in, n, 16, sizeof *item->element, &item->element);
    for (item->n = 0; item->n < n && !rc; item->n++) {
        rc = tree_one(in, item, &item->element[item->n], depth);
        if (!rc && item->n && item->element[item->n].tag <= item->element[item->n - 1].tag)
            rc = tree_bad(in, "elements that are not in order");
    }
    return rc;
}

lm_status lm_tree_rebuild(const void *flat, size_t n, lm_tree **ret, lm_err *err)
{
    lm_tree *t = lm_mem_calloc(1, sizeof *t, err);
    if (!t || !(t->flat = lm_mem_alloc(n, 1, err))) {
        free(t);
        return LM_ENOMEM;
    }
    memcpy(t->flat, flat, n);
    tree_in in = {t, t->flat, (const unsigned char *)t->flat + n, err};
    lm_status rc = tree_item(&in, &t->root, 1);
    if (!rc && in.p != in.end) rc = tree_bad(&in, "bytes behind its end");
    if (rc) lm_tree_release(t);
    else *ret = t;
    return rc;
}

/* ---- 2 reading in children ---- */

typedef struct {
    const lm_tree_file *file;
    lm_gdcm_tree_opt opt;
    char **out; /* shared, one mapping for each file */
    size_t *cap;
    struct tree_answer {
        size_t used;
        int code;
    } * answer; /* shared */
} tree_job;

static int tree_read_one(void *ctx, size_t i)
{
    tree_job *j = ctx;
    j->answer[i].code = lm_gdcm_tree(&j->file[i].at, &j->opt, j->out[i], j->cap[i], &j->answer[i].used);
    return j->answer[i].code;
}

static size_t tree_size(const lm_gdcm_file *f)
{
    struct stat st;
    return f->p ? f->n : stat(f->path, &st) || st.st_size < 0 ? 0 : (size_t)st.st_size;
}

static lm_status tree_judge(const tree_job *j, const lm_child_end *end, lm_err *err)
{
    if (end->why == LM_CHILD_DONE) return LM_OK;
    const char *name = j->file[end->item].name;
    if (end->why == LM_CHILD_TIME)
        return lm_err_set(err, LM_EFORMAT, NULL, "'%s' took too long to read: file damaged or not supported", name);
    if (end->why == LM_CHILD_DIED)
        return lm_err_set(err, LM_EFORMAT, NULL, "'%s' cannot be read: file damaged or not supported", name);
    switch (end->code) {
    case LM_GDCM_MEMORY: return lm_err_set(err, LM_ENOMEM, NULL, "'%s' needs more memory than a reader may take", name);
    case LM_GDCM_LIMIT:
        return lm_err_set(err, LM_ERANGE, NULL, "'%s': its data set is larger than %zu bytes, or nested deeper than %d", name,
                          j->cap[end->item], (int)LM_TREE_DEPTH);
    default: return lm_err_set(err, LM_EFORMAT, NULL, "'%s' is cut off or damaged", name);
    }
}

static lm_status tree_run(tree_job *j, size_t n, const lm_tree_opt *o, size_t largest, lm_err *err)
{
    enum { MEGABYTES = 64 };
    lm_child_end end;
    lm_child_job job = {.n = n, .children = o->threads, .fn = tree_read_one, .ctx = j, .what = "reading data sets"};
    job.max_memory = o->max_memory ? o->max_memory : ((size_t)MEGABYTES << 20) + 3 * largest;
    lm_status rc = lm_child_run(&job, &end, err);
    return rc ? rc : tree_judge(j, &end, err);
}

lm_status lm_tree_read(const lm_tree_file *file, size_t n, const lm_tree_opt *opt, lm_tree **trees, lm_err *err)
{
    enum { MEGABYTES = 64 };
    static const lm_tree_opt plain = {.threads = 0};
    const lm_tree_opt *o = opt ? opt : &plain;
    size_t answer_bytes = 0, largest = 0, mapped = 0;
    tree_job j = {.file = file, .opt = {o->max_value ? o->max_value : LM_TREE_VALUE, o->pixels, LM_TREE_DEPTH}};
    memset(trees, 0, n * sizeof *trees);
    if (n > LM_TREE_FILES) return lm_err_set(err, LM_ERANGE, NULL, "%zu data sets at once", n);
    lm_status rc = LM_OK;
    j.out = lm_mem_calloc(n, sizeof *j.out, err);
    j.cap = lm_mem_calloc(n, sizeof *j.cap, err);
    if (!j.out || !j.cap || !(j.answer = lm_child_map(n, sizeof *j.answer, &answer_bytes, err))) rc = LM_ENOMEM;
    for (; mapped < n && !rc; mapped++) {
        size_t size = tree_size(&file[mapped].at), want = ((size_t)MEGABYTES << 20) + 3 * size;
        largest = size > largest ? size : largest;
        if (o->max_bytes && o->max_bytes < want) want = o->max_bytes;
        if (!(j.out[mapped] = lm_child_map(want, 1, &j.cap[mapped], err))) rc = LM_ENOMEM;
    }
    if (!rc) rc = tree_run(&j, n, o, largest, err);
    for (size_t i = 0; i < mapped; i++) {
        if (!rc && (j.answer[i].used > j.cap[i] || (rc = lm_tree_rebuild(j.out[i], j.answer[i].used, &trees[i], err))))
            rc = lm_err_frame(err, "'%s'", file[i].name);
        if (j.out[i]) munmap(j.out[i], j.cap[i]);
    }
    if (j.answer) munmap(j.answer, answer_bytes);
    free(j.out);
    free(j.cap);
    for (size_t i = 0; rc && i < n; i++) {
        lm_tree_release(trees[i]);
        trees[i] = NULL;
    }
    return rc;
}

/* ---- 3 asking ---- */

const lm_tree_item *lm_tree_root(const lm_tree *t)
{
    return &t->root;
}

static const tree_element *tree_find(const lm_tree_item *item, uint32_t tag)
{
    size_t lo = 0, hi = item ? item->n : 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (item->element[mid].tag < tag) lo = mid + 1;
        else hi = mid;
    }
    return item && lo < item->n && item->element[lo].tag == tag ? &item->element[lo] : NULL;
}

static const tree_element *tree_find_kind(const lm_tree_item *item, uint32_t tag, int kind)
{
    const tree_element *e = tree_find(item, tag);
    return e && e->kind == kind ? e : NULL;
}

size_t lm_tree_items(const lm_tree_item *item, uint32_t tag)
{
    const tree_element *e = tree_find_kind(item, tag, LM_GDCM_TREE_SEQUENCE);
    return e ? e->n : 0;
}

const lm_tree_item *lm_tree_at(const lm_tree_item *item, uint32_t tag, size_t i)
{
    const tree_element *e = tree_find_kind(item, tag, LM_GDCM_TREE_SEQUENCE);
    return e && i < e->n ? &e->at.item[i] : NULL;
}

bool lm_tree_has(const lm_tree_item *item, uint32_t tag)
{
    return tree_find(item, tag) != NULL;
}

const char *lm_tree_vr(const lm_tree_item *item, uint32_t tag)
{
    const tree_element *e = tree_find(item, tag);
    return e ? e->vr : "";
}

const void *lm_tree_bytes(const lm_tree_item *item, uint32_t tag, size_t *n)
{
    const tree_element *e = tree_find(item, tag);
    *n = e && (e->kind == LM_GDCM_TREE_VALUE || e->kind == LM_GDCM_TREE_OMITTED) ? e->n : 0;
    return *n && e->kind == LM_GDCM_TREE_VALUE ? e->at.bytes : NULL;
}

size_t lm_tree_fragments(const lm_tree_item *item, uint32_t tag)
{
    const tree_element *e = tree_find_kind(item, tag, LM_GDCM_TREE_FRAGMENTS);
    return e ? e->n : 0;
}

const void *lm_tree_fragment(const lm_tree_item *item, uint32_t tag, size_t i, size_t *n)
{
    const tree_element *e = tree_find_kind(item, tag, LM_GDCM_TREE_FRAGMENTS);
    *n = e && i < e->n ? e->at.part[i].n : 0;
    return *n ? e->at.part[i].p : NULL;
}

/* Without blanks and zeros at the ends. */
static void tree_trim(const char **p, const char **q)
{
    while (*p < *q && (**p == ' ' || !**p)) ++*p;
    while (*q > *p && ((*q)[-1] == ' ' || !(*q)[-1])) --*q;
}

bool lm_tree_text(const lm_tree_item *item, uint32_t tag, char *buf, size_t cap)
{
    size_t n, n_set = 0;
    const char *p = lm_tree_bytes(item, tag, &n), *set = NULL;
    buf[0] = 0;
    if (!p) return false;
    const char *q = p + n;
    for (const lm_tree_item *at = item; at && !set; at = at->up) set = lm_tree_bytes(at, 0x00080005, &n_set);
    tree_trim(&p, &q);
    lm_charset_utf8(set, n_set, p, (size_t)(q - p), !strcmp(lm_tree_vr(item, tag), "PN"), buf, cap);
    return buf[0];
}

bool lm_tree_code(const lm_tree_item *item, uint32_t tag, size_t index, char *buf, size_t cap)
{
    size_t n;
    const char *p = lm_tree_bytes(item, tag, &n), *end;
    buf[0] = 0;
    if (!p) return false;
    for (end = p + n; p && index; index--)
        if ((p = memchr(p, '\\', (size_t)(end - p)))) p++;
    if (!p) return false;
    const char *q = memchr(p, '\\', (size_t)(end - p));
    if (!q) q = end;
    tree_trim(&p, &q);
    if ((size_t)(q - p) >= cap) return false;
    memcpy(buf, p, (size_t)(q - p));
    buf[q - p] = 0;
    return true;
}

/* DS, IS: decimal numbers between backslashes. */
static size_t tree_decimals(const char *p, const char *end, double *out, size_t max)
{
    size_t n = 0;
    for (;; n++) {
        const char *q = memchr(p, '\\', (size_t)(end - p)), *a = p, *b = q ? q : end;
        double x;
        tree_trim(&a, &b);
        if (a == b || lm_num_parse(*a == '+' ? a + 1 : a, b, &x) != b) return 0;
        if (n < max) out[n] = x;
        if (!q) return n + 1;
        p = q + 1;
    }
}

#define TREE_BINARY(T) \
    { \
        for (size_t i = 0; i < bytes / sizeof(T); i++) { \
            T v; \
            memcpy(&v, p + i * sizeof v, sizeof v); \
            if (!isfinite((double)v)) return 0; \
            if (i < max) out[i] = (double)v; \
        } \
        return bytes / sizeof(T); \
    }

size_t lm_tree_numbers(const lm_tree_item *item, uint32_t tag, double *out, size_t max)
{
    size_t bytes;
    const char *p = lm_tree_bytes(item, tag, &bytes), *vr = lm_tree_vr(item, tag);
    if (!p) return 0;
    if (!strcmp(vr, "DS") || !strcmp(vr, "IS")) return tree_decimals(p, p + bytes, out, max);
    if (!strcmp(vr, "US") || !strcmp(vr, "OW")) TREE_BINARY(uint16_t)
    if (!strcmp(vr, "SS")) TREE_BINARY(int16_t)
    if (!strcmp(vr, "UL") || !strcmp(vr, "OL")) TREE_BINARY(uint32_t)
    if (!strcmp(vr, "SL")) TREE_BINARY(int32_t)
    if (!strcmp(vr, "UV")) TREE_BINARY(uint64_t)
    if (!strcmp(vr, "SV")) TREE_BINARY(int64_t)
    if (!strcmp(vr, "FL") || !strcmp(vr, "OF")) TREE_BINARY(float)
    if (!strcmp(vr, "FD") || !strcmp(vr, "OD")) TREE_BINARY(double)
    return 0;
}

bool lm_tree_whole(const lm_tree_item *item, uint32_t tag, int64_t *out)
{
    double x;
    if (!lm_tree_numbers(item, tag, &x, 1) || !(fabs(x) < 9e15) || x != (double)(int64_t)x) return false;
    *out = (int64_t)x;
    return true;
}
