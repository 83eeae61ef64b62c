/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 lines, 2 vertices and faces, 3 words of a comment */
#include "format/meshtext.h"
#include "base/mem.h"
#include "base/num.h"
#include "surface/polygon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- 1 lines ---- */

enum { MESHTEXT_READ = 1 << 18 };

static lm_status meshtext_long(const lm_meshtext *t, lm_err *err)
{
    return lm_err_set(err, LM_ERANGE, NULL, "line %zu is longer than %d bytes", t->line + 1, (int)LM_MESHTEXT_LINE);
}

/* More bytes behind those not yet used; buf may move. */
static lm_status meshtext_fill(lm_meshtext *t, lm_err *err)
{
    size_t got, have = t->end - t->at;
    if (have > LM_MESHTEXT_LINE) return meshtext_long(t, err);
    if (t->at) memmove(t->buf, t->buf + t->at, have);
    t->at = 0;
    t->end = have;
    lm_status rc = lm_mem_grow(&t->buf, &t->cap, have + MESHTEXT_READ, 1, err);
    if (!rc) rc = lm_io_read_some(t->in, t->buf + have, t->cap - have, &got, err);
    if (rc) return rc;
    t->eof = got < t->cap - have;
    t->end += got;
    return LM_OK;
}

lm_status lm_meshtext_line(lm_meshtext *t, char **s, char **end, lm_err *err)
{
    size_t seen = 0; /* of the unused bytes: those without a line end */
    for (;;) {
        size_t n = t->end - t->at;
        char *from = n > seen ? t->buf + t->at + seen : NULL, *lf = n > seen ? memchr(from, '\n', n - seen) : NULL;
        char *cr = n > seen ? memchr(from, '\r', lf ? (size_t)(lf - from) : n - seen) : NULL, *e = cr ? cr : lf;
        if (!t->eof && (!e || e + 1 == t->buf + t->end)) { /* a CR may be half of a CRLF */
            if (!e) seen = n;
            lm_status rc = meshtext_fill(t, err);
            if (rc) return rc;
            continue;
        }
        *s = NULL;
        if (!e && n == 0) return LM_OK;
        size_t len = e ? (size_t)(e - (t->buf + t->at)) : n, skip = !e                                                   ? 0
                                                                    : e == cr && e + 1 < t->buf + t->end && e[1] == '\n' ? 2
                                                                                                                         : 1;
        if (len > LM_MESHTEXT_LINE) return meshtext_long(t, err);
        t->line++;
        if (t->continued && e && len && e[-1] == '\\') {
            memset(e - 1, ' ', 1 + skip);
            seen = len + skip;
            continue;
        }
        *s = t->buf + t->at;
        *end = *s + len;
        t->at += len + skip;
        return LM_OK;
    }
}

const char *lm_meshtext_skip(const char *s, const char *end)
{
    while (s < end && (*s == ' ' || (*s >= '\t' && *s <= '\r'))) s++;
    return s;
}

bool lm_meshtext_point(const char **s, const char *end, float p[3])
{
    for (int c = 0; c < 3; c++) {
        double v;
        const char *q = lm_meshtext_skip(*s, end);
        if (!(q = lm_num_parse(q, end, &v)) || (q < end && lm_meshtext_skip(q, end) == q)) return false;
        p[c] = (float)v;
        if (!isfinite(p[c])) return false;
        *s = q;
    }
    return true;
}

lm_status lm_meshtext_bad(const lm_meshtext *t, const char *what, const char *s, const char *end, const char *why, lm_err *err)
{
    return lm_err_set(err, LM_EFORMAT, NULL, "%s, line %zu: '%.*s': %s", what, t->line, (int)(end - s > 40 ? 40 : end - s), s, why);
}

/* ---- 2 vertices and faces ---- */

lm_status lm_meshtext_vertex(lm_meshtext_mesh *m, const float p[3], lm_err *err)
{
    if (m->mesh.nv == UINT32_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than 4294967295 vertices");
    if (m->mesh.nv == m->vcap) {
        lm_status rc = lm_mem_grow(&m->mesh.pos, &m->vcap, m->mesh.nv + 1, 3 * sizeof *m->mesh.pos, err);
        if (rc) return rc;
    }
    memcpy(m->mesh.pos + 3 * m->mesh.nv++, p, 3 * sizeof *p);
    return LM_OK;
}

lm_status lm_meshtext_face(lm_meshtext_mesh *m, const uint32_t *v, size_t n, lm_err *err)
{
    lm_mesh *x = &m->mesh;
    size_t first = x->nt, more = n - 2;
    lm_status rc = LM_OK;
    if (more > UINT32_MAX - x->nt) return lm_err_set(err, LM_ERANGE, NULL, "more than 4294967295 triangles");
    if (x->nt + more > m->tcap && (rc = lm_mem_grow(&x->tri, &m->tcap, x->nt + more, 3 * sizeof *x->tri, err))) return rc;
    if (x->nt + more > m->lcap && (rc = lm_mem_grow(&x->label, &m->lcap, x->nt + more, sizeof *x->label, err))) return rc;
    if (x->nt && x->label[x->nt - 1] != m->part) m->labels = true;
    for (size_t i = 1; i <= more; i++) {
        uint32_t *t = x->tri + 3 * x->nt;
        t[0] = v[0];
        t[1] = v[i];
        t[2] = v[i + 1];
        x->label[x->nt++] = m->part;
    }
    if (n == 3) return LM_OK;
    if ((rc = lm_mem_grow(&m->poly, &m->pcap, m->npoly + 2, sizeof *m->poly, err))) return rc;
    m->poly[m->npoly++] = (uint32_t)first;
    m->poly[m->npoly++] = (uint32_t)n;
    return LM_OK;
}

lm_status lm_meshtext_name(lm_meshtext_mesh *m, const char *s, const char *end, lm_err *err)
{
    char none[LM_PART_NAME];
    lm_part p = {.label = m->part};
    lm_parts *parts = &m->mesh.parts;
    s = lm_meshtext_skip(s, end);
    while (end > s && lm_meshtext_skip(end - 1, end) == end) end--;
    (void)lm_parts_clean(s, (size_t)(end - s), p.name);
    snprintf(none, sizeof none, "part-%u", p.label);
    if (parts->n && parts->item[parts->n - 1].label == p.label) parts->n--; /* of a part that got no faces */
    if (!p.name[0] || !strcmp(p.name, none) || parts->n == LM_PARTS_MAX) return LM_OK;
    return lm_parts_add(parts, &p, err);
}

lm_status lm_meshtext_finish(lm_meshtext_mesh *m, lm_mesh *out, lm_records *rec, lm_err *err)
{
    char text[160];
    lm_status rc = LM_OK;
    if (!m->mesh.pos && !(m->mesh.pos = lm_mem_alloc(0, 12, err))) rc = LM_ENOMEM;
    if (!rc && !m->mesh.tri && !(m->mesh.tri = lm_mem_alloc(0, 12, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_mesh_validate(&m->mesh, err);
    if (!rc) rc = lm_polygon_recut(m->mesh.pos, m->mesh.tri, m->poly, m->npoly / 2, &m->crossed, err);
    if (!rc && m->crossed) {
        snprintf(text, sizeof text, "%zu polygon(s) cross themselves or have no area: their triangles may overlap", m->crossed);
        rc = lm_record_note(rec, "warning", NULL, text, err);
    }
    lm_parts *parts = &m->mesh.parts; /* the last name may have got no faces */
    if (parts->n && (!m->mesh.nt || parts->item[parts->n - 1].label > m->mesh.label[m->mesh.nt - 1])) parts->n--;
    if (!m->labels) {
        free(m->mesh.label);
        m->mesh.label = NULL;
    }
    lm_mesh_release(out);
    if (!rc) {
        *out = m->mesh;
        m->mesh = (lm_mesh)LM_MESH_INIT;
    }
    lm_meshtext_release(m);
    return rc;
}

void lm_meshtext_release(lm_meshtext_mesh *m)
{
    lm_mesh_release(&m->mesh);
    free(m->poly);
    *m = (lm_meshtext_mesh)LM_MESHTEXT_MESH_INIT;
}

/* ---- 3 words of a comment ---- */

lm_status lm_meshtext_words(const char *s, lm_mesh *mesh, lm_records *rec, lm_err *err)
{
    const char *space = strstr(s, "SPACE="), *units = strstr(s, "UNITS=");
    if (space) {
        lm_space is = !strncmp(space + 6, "LPS", 3)   ? LM_SPACE_LPS
                      : !strncmp(space + 6, "RAS", 3) ? LM_SPACE_RAS
                                                      : LM_SPACE_UNKNOWN;
        if (is != LM_SPACE_UNKNOWN && mesh->space != LM_SPACE_UNKNOWN && mesh->space != is)
            return lm_err_set(err, LM_ERULE, NULL, "the file says both SPACE=LPS and SPACE=RAS");
        if (is != LM_SPACE_UNKNOWN) mesh->space = is;
    }
    if (!units) return LM_OK;
    units += 6;
    size_t n = strcspn(units, " \t\r\n,;");
    double mm = lm_num_unit_mm(units, n);
    if (n == 0) return LM_OK;
    if (!mm)
        return lm_err_set(err, LM_ERULE, NULL, "the file says UNITS=%.*s: um, mm, cm, m, inch and ft are known",
                          (int)(n < 20 ? n : 20), units);
    if (rec->unit_mm && rec->unit_mm != mm)
        return lm_err_set(err, LM_ERULE, NULL, "the file names two units, the second UNITS=%.*s", (int)n, units);
    rec->unit_mm = mm;
    return LM_OK;
}

static void meshtext_put(lm_out *out, const char *key, const char *s)
{
    if (!s) return;
    lm_io_printf(out, " %s=", key);
    for (; *s; s++) {
        char c = (unsigned char)*s < 0x20 || *s == 0x7f || *s == '=' || *s == '\\' ? '_' : *s;
        lm_io_write(out, &c, 1);
    }
}

void lm_meshtext_head(lm_out *out, const lm_mesh *mesh, const char *case_id, const char *name)
{
    static const char *const space[] = {[LM_SPACE_UNKNOWN] = "", [LM_SPACE_LPS] = " SPACE=LPS", [LM_SPACE_RAS] = " SPACE=RAS"};
    lm_io_printf(out, "UNITS=mm%s", space[mesh->space]);
    meshtext_put(out, "CASE", case_id);
    meshtext_put(out, "NAME", name);
}
