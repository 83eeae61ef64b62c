/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/obj.h"
#include "base/mem.h"
#include "base/num.h"
#include "format/meshtext.h"
#include "surface/split.h"

#include <stdlib.h>
#include <string.h>

/* ---- in ---- */

typedef struct {
    lm_meshtext t;
    lm_meshtext_mesh m;
    uint32_t *v; /* corners of one face */
    size_t cap;
} obj_reader;

static lm_status obj_bad(const obj_reader *r, const char *s, const char *end, const char *why, lm_err *err)
{
    return lm_meshtext_bad(&r->t, "OBJ", s, end, why, err);
}

/* A whole number with a sign at *s. */
static bool obj_int(const char **s, const char *end, int64_t *v)
{
    const char *p = *s;
    bool neg = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    const char *first = p;
    for (*v = 0; p < end && *p >= '0' && *p <= '9'; p++)
        if (*v <= UINT32_MAX) *v = *v * 10 + (*p - '0');
    if (p == first) return false;
    if (neg) *v = -*v;
    *s = p;
    return true;
}

/* "a", "a/b", "a//c" or "a/b/c": only a is used. */
static lm_status obj_corner(obj_reader *r, const char **s, const char *end, uint32_t *v, lm_err *err)
{
    const char *word = *s;
    int64_t n, skip;
    if (!obj_int(s, end, &n)) return obj_bad(r, word, end, "a vertex number is missing", err);
    for (int k = 0; k < 2 && *s < end && **s == '/'; k++) {
        ++*s;
        if (*s < end && **s != '/' && lm_meshtext_skip(*s, end) == *s && !obj_int(s, end, &skip))
            return obj_bad(r, word, end, "no vertex/texture/normal", err);
    }
    if (*s < end && lm_meshtext_skip(*s, end) == *s) return obj_bad(r, word, end, "no vertex/texture/normal", err);
    if (n == 0) return obj_bad(r, word, end, "vertices are counted from 1", err);
    if (n < 0 && (uint64_t)-n > r->m.mesh.nv)
        return lm_err_set(err, LM_EFORMAT, NULL, "OBJ, line %zu: vertex %lld of %zu so far", r->t.line, (long long)n, r->m.mesh.nv);
    if (n > UINT32_MAX) return obj_bad(r, word, end, "the number is out of range", err);
    *v = (uint32_t)(n > 0 ? n - 1 : (int64_t)r->m.mesh.nv + n);
    return LM_OK;
}

static lm_status obj_face(obj_reader *r, const char *s, const char *end, lm_err *err)
{
    size_t n = 0;
    lm_status rc;
    const char *line = s;
    while ((s = lm_meshtext_skip(s, end)) < end && *s != '#') {
        if (n == r->cap && (rc = lm_mem_grow(&r->v, &r->cap, n + 1, sizeof *r->v, err))) return rc;
        if ((rc = obj_corner(r, &s, end, &r->v[n++], err))) return rc;
    }
    if (n < 3) return obj_bad(r, line, end, "a face has at least three corners", err);
    return lm_meshtext_face(&r->m, r->v, n, err);
}

static bool obj_among(const char *const *list, const char *s, size_t n)
{
    for (; *list; list++)
        if (strlen(*list) == n && !memcmp(s, *list, n)) return true;
    return false;
}

static lm_status obj_other(const obj_reader *r, const char *s, size_t n, const char *end, lm_err *err)
{
    static const char *const left[] = {"vt",       "vn",       "vp",         "g",         "s", "mg",  "usemtl",
                                       "mtllib",   "usemap",   "maplib",     "l",         "p", "lod", "bevel",
                                       "c_interp", "d_interp", "shadow_obj", "trace_obj", NULL};
    static const char *const form[] = {"cstype", "deg", "bmat", "step",  "curv",  "curv2", "surf", "parm", "trim", "hole", "scrv",
                                       "sp",     "end", "con",  "ctech", "stech", "bzp",   "bsp",  "cdc",  "cdp",  "res",  NULL};
    static const char *const run[] = {"call", "csh", NULL};
    if (obj_among(left, s, n)) return LM_OK;
    if (obj_among(form, s, n)) return obj_bad(r, s, end, "free-form curves and surfaces are not read", err);
    if (obj_among(run, s, n)) return obj_bad(r, s, end, "commands and other files are not followed", err);
    return obj_bad(r, s, end, "no statement of OBJ", err);
}

static lm_status obj_line(obj_reader *r, const char *s, const char *end, lm_records *rec, lm_err *err)
{
    char words[256];
    float p[3];
    s = lm_meshtext_skip(s, end);
    if (s == end) return LM_OK;
    if (*s == '#') {
        size_t n = (size_t)(end - s) < sizeof words - 1 ? (size_t)(end - s) : sizeof words - 1;
        memcpy(words, s, n);
        words[n] = 0;
        return lm_meshtext_words(words, &r->m.mesh, rec, err);
    }
    const char *word = s;
    while (s < end && lm_meshtext_skip(s, end) == s) s++;
    size_t n = (size_t)(s - word);
    if (n == 1 && *word == 'v') {
        if (!lm_meshtext_point(&s, end, p)) return obj_bad(r, word, end, "three finite numbers are needed", err);
        return lm_meshtext_vertex(&r->m, p, err);
    }
    if ((n == 1 && *word == 'f') || (n == 2 && word[0] == 'f' && word[1] == 'o')) return obj_face(r, s, end, err);
    if (n == 1 && *word == 'o') { /* a part that has faces is over */
        r->m.part += r->m.mesh.nt && r->m.mesh.label[r->m.mesh.nt - 1] == r->m.part;
        return lm_meshtext_name(&r->m, s, end, err);
    }
    return obj_other(r, word, n, end, err);
}

lm_status lm_obj_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    obj_reader r = {.t = {.in = in, .continued = true}, .m = LM_MESHTEXT_MESH_INIT};
    char *s, *end;
    lm_status rc;
    lm_mesh_release(mesh);
    lm_record_release(rec);
    while (!(rc = lm_meshtext_line(&r.t, &s, &end, err)) && s)
        if ((rc = obj_line(&r, s, end, rec, err))) break;
    free(r.t.buf);
    free(r.v);
    if (!rc && r.m.mesh.nv == 0) rc = lm_err_set(err, LM_EFORMAT, NULL, "the OBJ has no vertex");
    if (!rc) rc = lm_meshtext_finish(&r.m, mesh, rec, err);
    lm_meshtext_release(&r.m);
    if (rc) lm_record_release(rec);
    return rc;
}

/* ---- out ---- */

static char *obj_u32(char *o, uint64_t v)
{
    char t[20];
    size_t k = sizeof t;
    do t[--k] = (char)('0' + v % 10);
    while (v /= 10);
    memcpy(o, t + k, sizeof t - k);
    return o + (sizeof t - k);
}

static void obj_face_out(lm_out *out, const uint32_t *v, bool turned)
{
    char text[80], *o = text;
    *o++ = 'f';
    for (size_t k = 0; k < 3; k++) {
        *o++ = ' ';
        o = obj_u32(o, (uint64_t)v[turned && k ? 3 - k : k] + 1);
    }
    *o++ = '\n';
    lm_io_write(out, text, (size_t)(o - text));
}

/* "o NAME"; a backslash would join lines, and some readers end a name where a comment could begin. */
static void obj_name(lm_out *out, const lm_parts *parts, uint32_t label)
{
    char name[LM_PART_NAME];
    lm_parts_name(parts, label, name);
    for (char *c = name; *c; c++)
        if (*c == '\\' || *c == '#') *c = '_';
    lm_io_printf(out, "o %s\n", name);
}

lm_status lm_obj_write(lm_out *out, const lm_obj_opt *opt, const lm_mesh *m, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    lm_status rc = lm_split_make(m, &s, err);
    if (rc) return rc;
    lm_io_printf(out, "# ");
    lm_meshtext_head(out, m, opt->case_id, opt->name);
    lm_io_printf(out, "\n");
    for (size_t v = 0; v < m->nv; v++) {
        char text[4 * LM_NUM_TEXT], *o = text;
        *o++ = 'v';
        for (size_t c = 0; c < 3; c++) {
            *o++ = ' ';
            o += lm_num_f32(m->pos[3 * v + c], o);
        }
        *o++ = '\n';
        lm_io_write(out, text, (size_t)(o - text));
    }
    const lm_part *only = lm_parts_find(&m->parts, 1);
    for (size_t i = 0; i < s.n; i++) {
        if (m->label || (only && only->name[0])) obj_name(out, &m->parts, s.label[i]);
        for (size_t k = s.at[i]; k < s.at[i + 1]; k++)
            obj_face_out(out, m->tri + 3 * (size_t)s.tri[k], m->label && m->label[s.tri[k]] != s.label[i]);
    }
    lm_split_release(&s);
    return LM_OK;
}
