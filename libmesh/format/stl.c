/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 what both forms share, 2 binary in, 3 ASCII in, 4 out */
#include "format/stl.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "format/meshtext.h"
#include "surface/join.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STL_HEADER = 80, STL_HEAD = 84, STL_FACET = 50, STL_BLOCK = 4096, STL_LOOK = 4096 };

/* ---- 1 what both forms share ---- */

/* Facets as they come in: corners are collected and joined in blocks. */
typedef struct {
    lm_join join;
    uint32_t *tri;
    size_t nt, cap;
    size_t held; /* facets in corner[] */
    float corner[STL_BLOCK * 9];
    uint32_t *label; /* ASCII: the solid of each facet, from 1 */
    size_t lcap;
    uint32_t solid;
} stl_facets;

static lm_status stl_join(stl_facets *f, lm_err *err)
{
    if (!f->held) return LM_OK;
    lm_status rc = lm_mem_grow(&f->tri, &f->cap, f->nt + f->held, 3 * sizeof *f->tri, err);
    if (!rc) rc = lm_join_add(&f->join, f->corner, 3 * f->held, f->tri + 3 * f->nt, err);
    f->nt += f->held;
    f->held = 0;
    return rc;
}

static void stl_facets_free(stl_facets *f)
{
    if (!f) return;
    lm_join_release(&f->join);
    free(f->tri);
    free(f->label);
    free(f);
}

static void stl_facets_take(stl_facets *f, lm_mesh *mesh)
{
    lm_space space = mesh->space;
    lm_mesh_release(mesh);
    mesh->space = space;
    mesh->nv = f->join.n;
    mesh->nt = f->nt;
    mesh->pos = f->join.pos;
    mesh->tri = f->tri;
    f->join.pos = NULL;
    f->tri = NULL;
    if (f->solid > 1 && f->label[0] != f->label[f->nt - 1]) {
        mesh->label = f->label;
        f->label = NULL;
    }
}

/* ---- 2 binary in ---- */

static lm_status stl_binary(lm_in *in, stl_facets *f, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    unsigned char head[STL_HEAD];
    unsigned char *block = NULL;
    size_t got;
    uint64_t size = lm_io_size(in);
    lm_status rc = lm_io_read_some(in, head, sizeof head, &got, err);
    if (rc) return rc;
    if (got < sizeof head) return lm_err_set(err, LM_EFORMAT, NULL, "not STL: %zu bytes, no 'solid' and no 84-byte head", got);
    size_t n = lm_get32(head + STL_HEADER), more;
    if (size != UINT64_MAX && size != STL_HEAD + (uint64_t)n * STL_FACET)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "not STL, or cut or altered: as binary STL it would have %zu facets in %llu bytes, it has %llu bytes", n,
                          (unsigned long long)(STL_HEAD + (uint64_t)n * STL_FACET), (unsigned long long)size);
    if (n == 0) return lm_err_set(err, LM_EFORMAT, NULL, "the STL has zero facets");
    head[STL_HEADER] = 0;
    if ((rc = lm_meshtext_words((const char *)head, mesh, rec, err))) return rc;
    if (size != UINT64_MAX && (rc = lm_mem_grow(&f->tri, &f->cap, n, 3 * sizeof *f->tri, err))) return rc;
    if (!(block = lm_mem_alloc(STL_BLOCK, STL_FACET, err))) return LM_ENOMEM;
    for (size_t at = 0; !rc && at < n; at += STL_BLOCK) {
        size_t m = n - at < STL_BLOCK ? n - at : STL_BLOCK;
        if ((rc = lm_io_read_some(in, block, m * STL_FACET, &got, err))) break;
        if (got < m * STL_FACET) {
            rc = lm_err_set(err, LM_EFORMAT, NULL, "binary STL cut off in facet %zu of %zu", at + got / STL_FACET + 1, n);
            break;
        }
        for (size_t i = 0; i < m; i++) memcpy(f->corner + 9 * i, block + STL_FACET * i + 12, 36);
        for (size_t i = 0; i < 9 * m && !rc; i++)
            if (!isfinite(f->corner[i]))
                rc = lm_err_set(err, LM_ERULE, NULL, "facet %zu of %zu has a coordinate that is no finite number", at + i / 9 + 1,
                                n);
        f->held = m;
        if (!rc) rc = stl_join(f, err);
    }
    free(block);
    const unsigned char *p;
    if (!rc && !(rc = lm_io_peek(in, 1, &p, &more, err)) && more)
        rc = lm_err_set(err, LM_EFORMAT, NULL, "the header says %zu facets, but bytes follow after them", n);
    return rc;
}

/* ---- 3 ASCII in ---- */

enum { STL_TEXT = 1 << 18, STL_WORD = 4096 };

typedef struct {
    lm_in *in;
    char *buf; /* STL_TEXT bytes */
    size_t at, end;
    size_t line;   /* of the word, from 1 */
    bool cr, eof;  /* last character was CR; the input is used up */
    bool fresh;    /* the word is the first one of its line */
    size_t n;      /* length of the word, 0: end of input */
    const char *w; /* the word, inside buf; valid until the next one */
} stl_text;

static lm_status stl_fill(stl_text *t, lm_err *err)
{
    size_t got;
    memmove(t->buf, t->buf + t->at, t->end - t->at);
    t->end -= t->at;
    t->at = 0;
    lm_status rc = lm_io_read_some(t->in, t->buf + t->end, STL_TEXT - t->end, &got, err);
    if (got == 0) t->eof = true;
    t->end += got;
    return rc;
}

/* Skip white space, counting lines: LF, CRLF, or CR alone. */
static void stl_space(stl_text *t)
{
    for (; t->at < t->end; t->at++) {
        char c = t->buf[t->at];
        if (c == '\r' || c == '\n') {
            if (c == '\r' || !t->cr) t->line++;
            t->fresh = true;
        } else if (c != ' ' && c != '\t' && c != '\v' && c != '\f') return;
        t->cr = c == '\r';
    }
}

static bool stl_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static lm_status stl_next(stl_text *t, lm_err *err)
{
    lm_status rc;
    t->fresh = false;
    t->n = 0;
    for (stl_space(t); t->at == t->end; stl_space(t)) {
        if (t->eof) return LM_OK;
        if ((rc = stl_fill(t, err))) return rc;
    }
    t->cr = false;
    size_t n = 0;
    for (;; n++) {
        if (t->at + n == t->end) {
            if (t->eof) break;
            if ((rc = stl_fill(t, err))) return rc; /* moves the word to the front of buf */
            if (t->at + n == t->end) break;
        }
        if (stl_is_space(t->buf[t->at + n])) break;
        if (n >= STL_WORD)
            return lm_err_set(err, LM_EFORMAT, NULL, "ASCII STL, line %zu: a word of over %d bytes", t->line, (int)STL_WORD);
    }
    t->w = t->buf + t->at;
    t->n = n;
    t->at += n;
    return LM_OK;
}

static bool stl_is(const stl_text *t, const char *word)
{
    return t->n == strlen(word) && !strncasecmp(t->w, word, t->n);
}

static lm_status stl_junk(const stl_text *t, const char *wanted, size_t facet, lm_err *err)
{
    if (!t->n)
        return lm_err_set(err, LM_EFORMAT, NULL, "ASCII STL cut off in facet %zu, line %zu: %s expected", facet, t->line, wanted);
    return lm_err_set(err, LM_EFORMAT, NULL, "ASCII STL, line %zu, facet %zu: '%.*s' where %s is expected", t->line, facet,
                      (int)(t->n < 40 ? t->n : 40), t->w, wanted);
}

/* Is "normal" the next word? Asked behind a "facet" inside a solid's name. */
static lm_status stl_normal_next(stl_text *t, bool *yes, lm_err *err)
{
    enum { LOOK = 64 };
    lm_status rc = t->end - t->at < LOOK && !t->eof ? stl_fill(t, err) : LM_OK;
    size_t at = t->at;
    while (at < t->end && (t->buf[at] == ' ' || t->buf[at] == '\t')) at++;
    *yes = t->end - at >= 6 && !strncasecmp(t->buf + at, "normal", 6);
    return rc;
}

/* The words after (end)solid up to the end of the line; in a file without line ends "facet normal" ends them too. The
 * next word is then read. */
static lm_status stl_name(stl_text *t, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    char name[256];
    size_t used = 0;
    bool end = false;
    lm_status rc;
    while (!(rc = stl_next(t, err)) && t->n && !t->fresh) {
        size_t m = t->n < sizeof name - used - 2 ? t->n : sizeof name - used - 2;
        memcpy(name + used, t->w, m);
        used += m;
        if (used < sizeof name - 2) name[used++] = ' ';
        if (stl_is(t, "facet")) {
            if ((rc = stl_normal_next(t, &end, err))) return rc;
            t->w = "facet"; /* looking on may have moved the buffer */
            if (end) break;
        }
    }
    name[used] = 0;
    return rc ? rc : lm_meshtext_words(name, mesh, rec, err);
}

/* Words after endloop and endfacet on the same line are ignored, as PrusaSlicer does. The next word is then read. */
static lm_status stl_after(stl_text *t, const char *a, const char *b, lm_err *err)
{
    lm_status rc;
    do rc = stl_next(t, err);
    while (!rc && t->n && !t->fresh && !stl_is(t, a) && !(b && stl_is(t, b)));
    return rc;
}

/* One facet; "facet" itself was read. The normal may be anything. */
static lm_status stl_facet(stl_text *t, size_t facet, float p[9], lm_err *err)
{
    lm_status rc;
    do {
        if ((rc = stl_next(t, err))) return rc;
        if (!t->n || stl_is(t, "vertex") || stl_is(t, "facet") || stl_is(t, "endfacet"))
            return stl_junk(t, "'outer loop'", facet, err);
    } while (!stl_is(t, "outer"));
    if ((rc = stl_next(t, err))) return rc;
    if (!stl_is(t, "loop")) return stl_junk(t, "'loop'", facet, err);
    for (int k = 0; k < 3; k++) {
        if ((rc = stl_next(t, err))) return rc;
        if (!stl_is(t, "vertex")) return stl_junk(t, "'vertex'", facet, err);
        for (int c = 0; c < 3; c++) {
            double v;
            if ((rc = stl_next(t, err))) return rc;
            if (!t->n || lm_num_parse(t->w, t->w + t->n, &v) != t->w + t->n) return stl_junk(t, "a finite number", facet, err);
            p[3 * k + c] = (float)v;
            if (!isfinite(p[3 * k + c])) return stl_junk(t, "a number in the range of float32", facet, err);
        }
    }
    if ((rc = stl_next(t, err))) return rc;
    if (!stl_is(t, "endloop")) return stl_junk(t, "'endloop' (a facet has three vertices)", facet, err);
    if ((rc = stl_after(t, "endfacet", NULL, err))) return rc;
    if (!stl_is(t, "endfacet")) return stl_junk(t, "'endfacet'", facet, err);
    return stl_after(t, "facet", "endsolid", err);
}

static lm_status stl_ascii(lm_in *in, stl_facets *f, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    stl_text t = {.in = in, .line = 1};
    lm_status rc;
    size_t n = 0;
    if (!(t.buf = lm_mem_alloc(STL_TEXT, 1, err))) return LM_ENOMEM;
    if ((rc = stl_fill(&t, err))) goto done;
    if (t.end >= 3 && !memcmp(t.buf, "\xef\xbb\xbf", 3)) t.at = 3;
    rc = stl_next(&t, err);
    while (!rc && t.n) {
        bool begins = stl_is(&t, "solid");
        if (begins || stl_is(&t, "endsolid")) {
            if (begins && (f->solid == 0 || (n && f->label[n - 1] == f->solid))) f->solid++; /* one without facets is no part */
            rc = stl_name(&t, mesh, rec, err);
        } else if (stl_is(&t, "facet")) {
            if ((rc = lm_mem_grow(&f->label, &f->lcap, n + 1, sizeof *f->label, err))) break;
            f->label[n] = f->solid;
            rc = stl_facet(&t, ++n, f->corner + 9 * f->held, err);
            if (!rc && ++f->held == STL_BLOCK) rc = stl_join(f, err);
        } else rc = stl_junk(&t, "'facet' or 'endsolid'", n + 1, err);
    }
    if (!rc && n == 0) rc = lm_err_set(err, LM_EFORMAT, NULL, "the STL has zero facets");
    if (!rc) rc = stl_join(f, err);
done:
    free(t.buf);
    return rc;
}

/* Is this input text? Its size decides when it is known. */
static lm_status stl_is_ascii(lm_in *in, bool *ascii, lm_err *err)
{
    const unsigned char *p;
    size_t got, at = 0;
    uint64_t size = lm_io_size(in);
    lm_status rc = lm_io_peek(in, STL_LOOK, &p, &got, err);
    if (rc) return rc;
    *ascii = false;
    if (got >= STL_HEAD && size == STL_HEAD + (uint64_t)lm_get32(p + STL_HEADER) * STL_FACET) return LM_OK;
    if (got >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) at = 3;
    while (at < got && stl_is_space((char)p[at])) at++;
    *ascii = got - at >= 5 && !strncasecmp((const char *)p + at, "solid", 5) && !memchr(p, 0, got);
    return LM_OK;
}

lm_status lm_stl_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    bool ascii;
    lm_status rc = stl_is_ascii(in, &ascii, err);
    if (rc) return rc;
    stl_facets *f = lm_mem_calloc(1, sizeof *f, err);
    if (!f) return LM_ENOMEM;
    lm_mesh_release(mesh);
    lm_record_release(rec);
    rc = ascii ? stl_ascii(in, f, mesh, rec, err) : stl_binary(in, f, mesh, rec, err);
    if (rc) {
        lm_mesh_release(mesh);
        lm_record_release(rec);
    } else stl_facets_take(f, mesh);
    stl_facets_free(f);
    return rc;
}

/* ---- 4 out ---- */

static const float *stl_corner(const lm_mesh *m, size_t t, size_t k)
{
    return m->pos + 3 * (size_t)m->tri[3 * t + k];
}

void lm_stl_normal(const lm_mesh *m, size_t t, float n[3])
{
    const float *a = stl_corner(m, t, 0), *b = stl_corner(m, t, 1), *c = stl_corner(m, t, 2);
    double u[3], v[3], w[3];
    for (int k = 0; k < 3; k++) {
        u[k] = (double)b[k] - a[k];
        v[k] = (double)c[k] - a[k];
    }
    for (int k = 0; k < 3; k++) w[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
    double len = sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
    for (int k = 0; k < 3; k++) n[k] = len > 0 ? (float)(w[k] / len + 0.0) : 0; /* + 0.0 makes -0 a 0 */
}

static void stl_record(const lm_mesh *m, size_t t, unsigned char rec[STL_FACET])
{
    float n[3];
    lm_stl_normal(m, t, n);
    memcpy(rec, n, 12);
    for (size_t k = 0; k < 3; k++) memcpy(rec + 12 + 12 * k, stl_corner(m, t, k), 12);
    memset(rec + 48, 0, 2);
}

static bool stl_high(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] > 127) return true;
    return false;
}

/* The bytes 84..211 of the file: two facets and the first 28 bytes of a third. Which triangle goes first so that one of
 * them is above 127; *touch: none does. */
static size_t stl_first(const lm_mesh *m, bool *touch)
{
    unsigned char rec[STL_FACET];
    *touch = false;
    for (size_t t = 0; t < m->nt; t++) {
        stl_record(m, t, rec);
        if (stl_high(rec, t == 2 ? 28 : STL_FACET)) return t < 3 ? 0 : t;
        if (t == 2 && stl_high(rec, STL_FACET)) return t;
    }
    *touch = true;
    return 0;
}

static lm_status stl_write_binary(lm_out *out, const char *head, const lm_mesh *m, lm_err *err)
{
    unsigned char top[STL_HEAD] = {0};
    unsigned char *rec = lm_mem_alloc(STL_BLOCK, STL_FACET, err);
    if (!rec) return LM_ENOMEM;
    memset(top, ' ', STL_HEADER);
    memcpy(top, head, strlen(head));
    lm_put32(top + STL_HEADER, (uint32_t)m->nt);
    lm_io_write(out, top, sizeof top);
    bool touch;
    size_t first = stl_first(m, &touch), used = 0;
    for (size_t i = 0; i < m->nt; i++) {
        unsigned char *r = rec + STL_FACET * used;
        stl_record(m, i == 0 ? first : i <= first ? i - 1 : i, r);
        if (i == 0 && touch) {
            float x = lm_getf32(r);
            if (x == 0) lm_putf32(r, -0.0f);
            else r[0] |= 0x80;
        }
        if (++used == STL_BLOCK || i + 1 == m->nt) {
            lm_io_write(out, rec, used * STL_FACET);
            used = 0;
        }
    }
    free(rec);
    return LM_OK;
}

enum { STL_LINE = 256 }; /* bytes of one facet's text lie under 3 lines of it */

static char *stl_put3(char *o, const char *word, const float v[3])
{
    size_t n = strlen(word);
    memcpy(o, word, n);
    o += n;
    for (int c = 0; c < 3; c++) {
        *o++ = ' ';
        o += lm_num_f32(v[c], o);
    }
    *o++ = '\n';
    return o;
}

static void stl_write_ascii(lm_out *out, const char *head, const lm_mesh *m)
{
    lm_io_printf(out, "solid %s\n", head);
    for (size_t t = 0; t < m->nt; t++) {
        char text[3 * STL_LINE], *o = text;
        float n[3];
        lm_stl_normal(m, t, n);
        o = stl_put3(o, "facet normal", n);
        o = stpcpy(o, "outer loop\n");
        for (size_t k = 0; k < 3; k++) o = stl_put3(o, "vertex", stl_corner(m, t, k));
        o = stpcpy(o, "endloop\nendfacet\n");
        lm_io_write(out, text, (size_t)(o - text));
    }
    lm_io_printf(out, "endsolid %s\n", head);
}

/* Text of the user in the header: one line, and no '=', which could make a key of it ("COLOR="). */
static void stl_clean(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f || *s == '=') *s = '_';
}

static lm_status stl_head(const lm_stl_opt *opt, const lm_mesh *m, char head[STL_HEADER + 1], lm_err *err)
{
    static const char *const space[] = {[LM_SPACE_UNKNOWN] = "", [LM_SPACE_LPS] = " SPACE=LPS", [LM_SPACE_RAS] = " SPACE=RAS"};
    char text[512];
    int n = snprintf(head, STL_HEADER + 1, "UNITS=mm%s", space[m->space]);
    if (opt->case_id) {
        snprintf(text, sizeof text, "%s", opt->case_id);
        stl_clean(text);
        int room = STL_HEADER + 1 - n, k = snprintf(head + n, (size_t)room, " CASE=%s", text);
        if (k >= room)
            return lm_err_set(err, LM_EUSAGE, NULL, "the case id is longer than the %d bytes an STL header has for it", room - 7);
        n += k;
    }
    if (opt->name && n + 8 < STL_HEADER) {
        snprintf(text, sizeof text, "%s", opt->name);
        stl_clean(text);
        int room = STL_HEADER + 1 - n;
        if (snprintf(head + n, (size_t)room, " NAME=%s", text) >= room) { /* a cut UTF-8 letter goes whole */
            n = STL_HEADER;
            while (((unsigned char)head[n - 1] & 0xc0) == 0x80) n--;
            if ((unsigned char)head[n - 1] >= 0xc0) n--;
            head[n] = 0;
        }
    }
    return LM_OK;
}

lm_status lm_stl_write(lm_out *out, const lm_stl_opt *opt, const lm_mesh *mesh, lm_err *err)
{
    char head[STL_HEADER + 1];
    if (mesh->nt == 0) return lm_err_set(err, LM_ERULE, NULL, "the mesh has no triangle: an STL of nothing is not written");
    if (mesh->label)
        return lm_err_set(
            err, LM_ERULE, NULL,
            "STL holds one part, the mesh has several: choose one (--label), or write PLY, 3MF or OBJ; meshconv -o out.stl "
            "writes a file for each");
    lm_status rc = stl_head(opt, mesh, head, err);
    if (rc) return rc;
    if (!opt->ascii) return stl_write_binary(out, head, mesh, err);
    stl_write_ascii(out, head, mesh);
    return LM_OK;
}
