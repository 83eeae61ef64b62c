/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/off.h"
#include "base/mem.h"
#include "base/num.h"
#include "format/meshtext.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OFF_VERTEX_LEAST = 6, OFF_FACE_LEAST = 4 }; /* bytes: "0 0 0\n", "1 0\n" */

/* ---- in ---- */

typedef struct {
    lm_meshtext t;
    lm_meshtext_mesh m;
    size_t nv, nf;
    uint32_t *v;      /* corners of one face */
    size_t cap, thin; /* faces of fewer than three corners */
    lm_records *rec;
} off_reader;

static lm_status off_bad(const off_reader *r, const char *s, const char *end, const char *why, lm_err *err)
{
    return lm_meshtext_bad(&r->t, "OFF", s, end, why, err);
}

/* Length of the keyword at s, or 0. At most "STCN4nOFF". */
static size_t off_keyword(const char *s, const char *end)
{
    const char *p = s;
    if (end - p >= 2 && p[0] == 'S' && p[1] == 'T') p += 2;
    for (const char *c = "CN4n"; *c; c++)
        if (p < end && *p == *c) p++;
    return end - p >= 3 && !memcmp(p, "OFF", 3) ? (size_t)(p + 3 - s) : 0;
}

bool lm_off_begins(const char *p, size_t n)
{
    const char *end = p + n;
    for (;;) {
        p = lm_meshtext_skip(p, end);
        if (p == end) return false;
        if (*p != '#') break;
        while (p < end && *p != '\n' && *p != '\r') p++;
    }
    size_t k = off_keyword(p, end);
    if (!k) return false;
    p += k;
    return p == end || lm_meshtext_skip(p, end) > p || (*p >= '0' && *p <= '9') || *p == '#';
}

/* Next line that holds more than blanks and a comment; *s NULL at the end. */
static lm_status off_line(off_reader *r, const char **s, const char **end, lm_err *err)
{
    char *p, *e;
    for (;;) {
        lm_status rc = lm_meshtext_line(&r->t, &p, &e, err);
        *s = p;
        *end = e;
        if (rc || !p) return rc;
        char *hash = memchr(p, '#', (size_t)(e - p));
        if (hash) {
            char words[256];
            size_t n = (size_t)(e - hash) < sizeof words - 1 ? (size_t)(e - hash) : sizeof words - 1;
            memcpy(words, hash, n);
            words[n] = 0;
            if ((rc = lm_meshtext_words(words, &r->m.mesh, r->rec, err))) return rc;
            *end = hash;
        }
        *s = lm_meshtext_skip(*s, *end);
        if (*s < *end) return LM_OK;
    }
}

static lm_status off_cut(const char *what, size_t i, size_t n, lm_err *err)
{
    return lm_err_set(err, LM_EFORMAT, NULL, "OFF: input cut off: %zu of %zu %s", i, n, what);
}

/* A count at *s. */
static bool off_count(const char **s, const char *end, size_t *n)
{
    const char *p = lm_meshtext_skip(*s, end), *first = p;
    for (*n = 0; p < end && *p >= '0' && *p <= '9'; p++) {
        if (*n > (SIZE_MAX - 9) / 10) return false;
        *n = *n * 10 + (size_t)(*p - '0');
    }
    *s = p;
    return p > first && (p == end || lm_meshtext_skip(p, end) > p);
}

static lm_status off_head(off_reader *r, lm_err *err)
{
    const char *s, *end;
    size_t edges;
    lm_status rc = off_line(r, &s, &end, err);
    if (rc) return rc;
    size_t k = s ? off_keyword(s, end) : 0;
    if (!k) return lm_err_set(err, LM_EFORMAT, NULL, "not OFF: no keyword");
    if (memchr(s, '4', k) || memchr(s, 'n', k))
        return off_bad(r, s, s + k, "positions of other than three numbers are not read", err);
    s = lm_meshtext_skip(s + k, end);
    if (end - s >= 6 && !memcmp(s, "BINARY", 6))
        return lm_err_set(err, LM_EFORMAT, NULL, "OFF BINARY is not read: save it as text, PLY or STL");
    if (s == end) {
        if ((rc = off_line(r, &s, &end, err))) return rc;
        if (!s) return lm_err_set(err, LM_EFORMAT, NULL, "OFF: input cut off before the counts");
    }
    const char *line = s;
    if (!off_count(&s, end, &r->nv) || !off_count(&s, end, &r->nf))
        return off_bad(r, line, end, "the counts of vertices and faces are needed", err);
    if (lm_meshtext_skip(s, end) < end && (!off_count(&s, end, &edges) || lm_meshtext_skip(s, end) < end))
        return off_bad(r, line, end, "counts of vertices, faces and edges are needed, and no more", err);
    if (r->nv > UINT32_MAX || r->nf > UINT32_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "OFF: %zu vertices and %zu faces: the limit is 4294967295 of each", r->nv, r->nf);
    uint64_t size = lm_io_size(r->t.in), need = (uint64_t)r->nv * OFF_VERTEX_LEAST + (uint64_t)r->nf * OFF_FACE_LEAST;
    if (size != UINT64_MAX && need > size + 1)
        return lm_err_set(err, LM_EFORMAT, NULL,
                          "OFF: %zu vertices and %zu faces need at least %" PRIu64 " bytes, the file has %" PRIu64
                          ": cut off or a wrong count",
                          r->nv, r->nf, need, size);
    return LM_OK;
}

static lm_status off_face(off_reader *r, size_t i, lm_err *err)
{
    const char *s, *end;
    size_t n;
    lm_status rc = off_line(r, &s, &end, err);
    if (rc) return rc;
    if (!s) return off_cut("faces", i, r->nf, err);
    const char *line = s;
    if (!off_count(&s, end, &n) || n == 0 || n > (size_t)(end - line) / 2)
        return off_bad(r, line, end, "a face is a count and as many vertices", err);
    if ((rc = lm_mem_grow(&r->v, &r->cap, n, sizeof *r->v, err))) return rc;
    for (size_t k = 0; k < n; k++) {
        size_t v;
        if (!off_count(&s, end, &v)) return off_bad(r, line, end, "a face is a count and as many vertices", err);
        if (v >= r->nv)
            return lm_err_set(err, LM_ERULE, NULL, "OFF, line %zu: vertex %zu, and the file has %zu (counted from 0)", r->t.line, v,
                              r->nv);
        r->v[k] = (uint32_t)v;
    }
    if (n >= 3) return lm_meshtext_face(&r->m, r->v, n, err);
    r->thin++;
    return LM_OK;
}

static lm_status off_body(off_reader *r, lm_err *err)
{
    const char *s, *end;
    float p[3];
    lm_status rc;
    for (size_t i = 0; i < r->nv; i++) {
        if ((rc = off_line(r, &s, &end, err))) return rc;
        if (!s) return off_cut("vertices", i, r->nv, err);
        const char *line = s;
        if (!lm_meshtext_point(&s, end, p)) return off_bad(r, line, end, "a vertex is three finite numbers", err);
        if ((rc = lm_meshtext_vertex(&r->m, p, err))) return rc;
    }
    for (size_t i = 0; i < r->nf; i++)
        if ((rc = off_face(r, i, err))) return rc;
    if ((rc = off_line(r, &s, &end, err))) return rc;
    return s ? off_bad(r, s, end, "more lines than the counts say", err) : LM_OK;
}

lm_status lm_off_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    off_reader r = {.t = {.in = in}, .m = LM_MESHTEXT_MESH_INIT, .rec = rec};
    char text[120];
    lm_mesh_release(mesh);
    lm_record_release(rec);
    lm_status rc = off_head(&r, err);
    if (!rc) rc = off_body(&r, err);
    free(r.t.buf);
    free(r.v);
    if (!rc && r.thin) {
        snprintf(text, sizeof text, "%zu face(s) of one or two corners were left out", r.thin);
        rc = lm_record_note(rec, "note", NULL, text, err);
    }
    if (!rc) rc = lm_meshtext_finish(&r.m, mesh, rec, err);
    lm_meshtext_release(&r.m);
    if (rc) lm_record_release(rec);
    return rc;
}

/* ---- out ---- */

lm_status lm_off_write(lm_out *out, const lm_off_opt *opt, const lm_mesh *m, lm_err *err)
{
    if (m->label)
        return lm_err_set(err, LM_ERULE, NULL,
                          "OFF holds one part, the mesh has several: choose one, join them, or write PLY, 3MF or OBJ");
    lm_io_printf(out, "OFF\n# ");
    lm_meshtext_head(out, m, opt->case_id, opt->name);
    lm_io_printf(out, "\n%zu %zu 0\n", m->nv, m->nt);
    for (size_t v = 0; v < m->nv; v++) {
        char text[4 * LM_NUM_TEXT], *o = text;
        for (size_t c = 0; c < 3; c++) {
            o += lm_num_f32(m->pos[3 * v + c], o);
            *o++ = c < 2 ? ' ' : '\n';
        }
        lm_io_write(out, text, (size_t)(o - text));
    }
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        char text[64];
        int n = snprintf(text, sizeof text, "3 %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", v[0], v[1], v[2]);
        lm_io_write(out, text, (size_t)n);
    }
    return LM_OK;
}
