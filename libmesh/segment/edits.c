/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 parsing, 2 text, 3 shapes, 4 running */
#include "segment/edits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "segment/grow.h"
#include "segment/islands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lm_edits_release(lm_edits *e)
{
    for (size_t i = 0; i < e->n; i++) free(e->item[i].xyz);
    free(e->item);
    *e = (lm_edits)LM_EDITS_INIT;
}

/* ---- 1 parsing ---- */

static const char *const edits_verbs[] = {"add", "erase", "cut", "keep", "fill"};             /* in the order of lm_edit_verb */
static const char *const edits_shapes[] = {"ball", "box", "capsule", "polygon"};              /* in that of lm_edit_shape */
static const size_t edits_least[] = {1, 2, 2, 3}, edits_most[] = {1, 2, 2, LM_EDITS_CORNERS}; /* points of each */

typedef struct {
    const char *from, *p, *end;
    size_t line;
    lm_err *err;
} edits_in;

static lm_status edits_bad(const edits_in *in, const char *at, const char *what)
{
    return lm_err_set(in->err, LM_EFORMAT, NULL, "line %zu, column %zu: %s", in->line, (size_t)(at - in->from) + 1, what);
}

static void edits_blanks(edits_in *in)
{
    while (in->p < in->end && (*in->p == ' ' || *in->p == '\t')) in->p++;
}

/* The next word, up to a blank; empty at the end. */
static size_t edits_word(edits_in *in, const char **word)
{
    edits_blanks(in);
    *word = in->p;
    while (in->p < in->end && *in->p != ' ' && *in->p != '\t') in->p++;
    return (size_t)(in->p - *word);
}

static size_t edits_find(const char *word, size_t n, const char *const *list, size_t all)
{
    size_t i = 0;
    while (i < all && (strlen(list[i]) != n || memcmp(list[i], word, n) != 0)) i++;
    return i;
}

static lm_status edits_point(edits_in *in, double at[3])
{
    const char *word, *p;
    const size_t n = edits_word(in, &word);
    if (!n) return edits_bad(in, word, "a point is expected: X,Y,Z in mm");
    p = word;
    for (int a = 0; a < 3; a++) {
        const char *next = lm_num_parse(p, word + n, &at[a]);
        if (!next) return edits_bad(in, p, "a number is expected, of a point X,Y,Z in mm");
        if (!(fabs(at[a]) <= LM_EDITS_FAR)) return edits_bad(in, p, "more than a kilometre: coordinates are millimetres");
        p = next;
        if (a < 2 && (p == word + n || *p++ != ','))
            return edits_bad(in, p < word + n ? p - 1 : p, "a point is three numbers, X,Y,Z");
    }
    return p == word + n ? LM_OK : edits_bad(in, p, "a point is three numbers, X,Y,Z");
}

/* A length or volume above 0, in mm or mm3. */
static lm_status edits_amount(edits_in *in, lm_unit unit, double *out)
{
    char text[LM_NUM_TEXT + 8];
    const char *word, *what = unit == LM_UNIT_MM ? "a length above 0 is expected, such as 3 or 3mm"
                                                 : "a volume above 0 is expected, such as 20mm3 or 1ml";
    const size_t n = edits_word(in, &word);
    lm_quantity q;
    if (!n || n >= sizeof text || memchr(word, 0, n)) return edits_bad(in, word, what);
    snprintf(text, sizeof text, "%.*s", (int)n, word);
    if (lm_num_quantity(text, unit, &q, NULL) || q.unit != unit || !(q.value > 0) || !(q.value <= LM_EDITS_FAR * LM_EDITS_FAR))
        return edits_bad(in, word, what);
    *out = q.value;
    return LM_OK;
}

static double edits_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Newell's normal, of length 1; false: the polygon has no area. */
static bool edits_normal(const lm_edit *e, double n[3])
{
    n[0] = n[1] = n[2] = 0;
    for (size_t i = 0; i < e->points; i++) {
        double a[3], b[3];
        for (int c = 0; c < 3; c++) a[c] = e->xyz[i][c] - e->xyz[0][c], b[c] = e->xyz[(i + 1) % e->points][c] - e->xyz[0][c];
        for (int c = 0; c < 3; c++) n[c] += a[(c + 1) % 3] * b[(c + 2) % 3] - a[(c + 2) % 3] * b[(c + 1) % 3];
    }
    const double length = sqrt(edits_dot(n, n));
    for (int c = 0; c < 3; c++) n[c] /= length;
    return length > 1e-9;
}

/* Mean of the corners: the plane goes through it. */
static void edits_middle(const lm_edit *e, double at[3])
{
    for (int c = 0; c < 3; c++) {
        at[c] = 0;
        for (size_t i = 0; i < e->points; i++) at[c] += e->xyz[i][c];
        at[c] /= (double)e->points;
    }
}

static bool edits_flat(const lm_edit *e)
{
    double n[3], at[3];
    if (!edits_normal(e, n)) return false;
    edits_middle(e, at);
    for (size_t i = 0; i < e->points; i++) {
        const double d[3] = {e->xyz[i][0] - at[0], e->xyz[i][1] - at[1], e->xyz[i][2] - at[2]};
        if (fabs(edits_dot(d, n)) > LM_EDITS_FLAT) return false;
    }
    return true;
}

/* Points up to the end, or as many as the shape has. */
static lm_status edits_points(edits_in *in, lm_edit *e, size_t least, size_t most)
{
    double xyz[LM_EDITS_CORNERS][3];
    lm_status rc = LM_OK;
    for (edits_blanks(in); e->points < most && (e->points < least || in->p < in->end) && !rc; edits_blanks(in))
        if (!(rc = edits_point(in, xyz[e->points]))) e->points++;
    if (rc) return rc;
    if (!(e->xyz = lm_mem_alloc(e->points, sizeof *e->xyz, in->err))) return LM_ENOMEM;
    memcpy(e->xyz, xyz, e->points * sizeof *e->xyz);
    return LM_OK;
}

static lm_status edits_shape(edits_in *in, lm_edit *e)
{
    const char *word;
    const size_t n = edits_word(in, &word), shape = edits_find(word, n, edits_shapes, 4);
    if (shape == 4) return edits_bad(in, word, "a shape is expected: ball, box, capsule or polygon");
    e->shape = (lm_edit_shape)shape;
    lm_status rc = shape == LM_EDIT_POLYGON ? edits_amount(in, LM_UNIT_MM, &e->length) : LM_OK;
    if (!rc) rc = edits_points(in, e, edits_least[shape], edits_most[shape]);
    if (!rc && (shape == LM_EDIT_BALL || shape == LM_EDIT_CAPSULE)) rc = edits_amount(in, LM_UNIT_MM, &e->length);
    if (!rc && shape == LM_EDIT_BOX)
        for (int c = 0; c < 3; c++)
            if (e->xyz[0][c] == e->xyz[1][c]) return edits_bad(in, word, "the box has no extent along an axis");
    if (!rc && shape == LM_EDIT_POLYGON && !edits_flat(e))
        return edits_bad(in, word, "the corners of a polygon span an area, and lie within 0.1 mm of a plane");
    return rc;
}

static lm_status edits_cut(edits_in *in, lm_edit *e)
{
    lm_status rc = edits_points(in, e, 2, 2);
    if (rc) return rc;
    const double length = sqrt(edits_dot(e->xyz[1], e->xyz[1]));
    if (!(length > 1e-9)) return edits_bad(in, in->p, "the normal of a cut has a length");
    if (fabs(length - 1) > 1e-15)
        for (int c = 0; c < 3; c++) e->xyz[1][c] /= length;
    return LM_OK;
}

static lm_status edits_one(edits_in *in, lm_edit *e)
{
    const char *word;
    const size_t n = edits_word(in, &word), verb = edits_find(word, n, edits_verbs, 5);
    lm_status rc = LM_OK;
    if (verb == 5) return edits_bad(in, word, "a verb is expected: add, erase, cut, keep or fill");
    e->verb = (lm_edit_verb)verb;
    if (verb <= LM_EDIT_ERASE) rc = edits_shape(in, e);
    else if (verb == LM_EDIT_CUT) rc = edits_cut(in, e);
    else if (verb == LM_EDIT_KEEP) rc = edits_points(in, e, 1, 1);
    else {
        edits_blanks(in);
        e->length = INFINITY;
        if (in->p < in->end) rc = edits_amount(in, LM_UNIT_MM3, &e->length);
    }
    if (!rc) edits_blanks(in);
    return rc || in->p == in->end ? rc : edits_bad(in, in->p, "nothing more is expected");
}

lm_status lm_edits_line(lm_edits *e, const char *text, size_t n, size_t line, lm_err *err)
{
    const char *comment = memchr(text, '#', n);
    edits_in in = {.from = text, .p = text, .end = comment ? comment : text + n, .line = line, .err = err};
    lm_edit one = {.line = line};
    edits_blanks(&in);
    if (in.p == in.end) return LM_OK;
    if (e->n == LM_EDITS_MAX) return lm_err_set(err, LM_EFORMAT, NULL, "line %zu: more than %d edits", line, (int)LM_EDITS_MAX);
    lm_status rc = lm_mem_grow(&e->item, &e->cap, e->n + 1, sizeof *e->item, err);
    if (!rc) rc = edits_one(&in, &one);
    if (rc) free(one.xyz);
    else e->item[e->n++] = one;
    return rc;
}

lm_status lm_edits_read(lm_in *in, lm_edits *out, lm_err *err)
{
    char line[LM_EDITS_LINE];
    lm_status rc = LM_OK;
    lm_edits_release(out);
    for (size_t number = 1; !rc; number++) {
        bool eof;
        size_t len;
        if ((rc = lm_io_line(in, line, sizeof line, &len, &eof, err))) lm_err_frame(err, "line %zu", number);
        else if (eof) break;
        else rc = lm_edits_line(out, line, len, number, err);
    }
    if (!rc && !out->n) rc = lm_err_set(err, LM_EFORMAT, NULL, "there is no edit in it");
    if (rc) lm_edits_release(out);
    return rc;
}

/* ---- 2 text ---- */

void lm_edits_text(const lm_edit *e, char buf[LM_EDITS_LINE])
{
    char number[LM_NUM_TEXT] = "";
    const bool shape = e->verb <= LM_EDIT_ERASE;
    size_t n =
        (size_t)snprintf(buf, LM_EDITS_LINE, "%s%s%s", edits_verbs[e->verb], shape ? " " : "", shape ? edits_shapes[e->shape] : "");
    if (isfinite(e->length)) lm_num_f64(e->length, number);
    if (shape && e->shape == LM_EDIT_POLYGON) n += (size_t)snprintf(buf + n, LM_EDITS_LINE - n, " %s", number);
    for (size_t i = 0; i < e->points; i++) {
        char t[3][LM_NUM_TEXT];
        for (int c = 0; c < 3; c++) lm_num_f64(e->xyz[i][c], t[c]);
        n += (size_t)snprintf(buf + n, LM_EDITS_LINE - n, " %s,%s,%s", t[0], t[1], t[2]);
    }
    if ((shape && (e->shape == LM_EDIT_BALL || e->shape == LM_EDIT_CAPSULE)) || (e->verb == LM_EDIT_FILL && isfinite(e->length)))
        snprintf(buf + n, LM_EDITS_LINE - n, " %s%s", number, shape ? "" : "mm3");
}

void lm_edits_sum(const lm_edits *e, char hex[LM_SHA256_HEX])
{
    char line[LM_EDITS_LINE];
    lm_hash_sha256 sha;
    lm_hash_sha256_init(&sha);
    for (size_t i = 0; i < e->n; i++) {
        lm_edits_text(&e->item[i], line);
        lm_hash_sha256_update(&sha, line, strlen(line));
        lm_hash_sha256_update(&sha, "\n", 1);
    }
    lm_hash_sha256_hex(&sha, hex);
}

/* ---- 3 shapes ---- */

typedef struct {
    const lm_edit *e;
    double lo[3], hi[3];         /* box of the shape, mm */
    double middle[3], normal[3]; /* of a polygon */
    int u, w;                    /* axes that it is seen along */
} edits_form;

static void edits_form_of(const lm_edit *e, edits_form *f)
{
    *f = (edits_form){.e = e};
    for (int c = 0; c < 3; c++) {
        f->lo[c] = INFINITY, f->hi[c] = -INFINITY;
        const double grow = e->shape == LM_EDIT_BOX ? 0 : e->length;
        for (size_t i = 0; i < e->points; i++) {
            if (e->xyz[i][c] - grow < f->lo[c]) f->lo[c] = e->xyz[i][c] - grow;
            if (e->xyz[i][c] + grow > f->hi[c]) f->hi[c] = e->xyz[i][c] + grow;
        }
    }
    if (e->shape != LM_EDIT_POLYGON) return;
    edits_normal(e, f->normal);
    edits_middle(e, f->middle);
    int drop = 0;
    for (int c = 1; c < 3; c++)
        if (fabs(f->normal[c]) > fabs(f->normal[drop])) drop = c;
    f->u = (drop + 1) % 3;
    f->w = (drop + 2) % 3;
}

static bool edits_in_capsule(const lm_edit *e, const double p[3])
{
    double d[3], q[3], t;
    for (int c = 0; c < 3; c++) d[c] = e->xyz[1][c] - e->xyz[0][c], q[c] = p[c] - e->xyz[0][c];
    const double length2 = edits_dot(d, d);
    t = length2 > 0 ? edits_dot(q, d) / length2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    for (int c = 0; c < 3; c++) q[c] -= t * d[c];
    return edits_dot(q, q) <= e->length * e->length;
}

static bool edits_in_polygon(const edits_form *f, const double p[3])
{
    const lm_edit *e = f->e;
    const double d[3] = {p[0] - f->middle[0], p[1] - f->middle[1], p[2] - f->middle[2]}, away = edits_dot(d, f->normal);
    if (!(fabs(away) <= e->length / 2)) return false;
    const double x = p[f->u] - away * f->normal[f->u], y = p[f->w] - away * f->normal[f->w]; /* on the plane */
    bool in = false;
    for (size_t i = 0, k = e->points - 1; i < e->points; k = i++) {
        const double x0 = e->xyz[k][f->u], y0 = e->xyz[k][f->w], x1 = e->xyz[i][f->u], y1 = e->xyz[i][f->w];
        if ((y0 <= y) != (y1 <= y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)) in = !in;
    }
    return in;
}

static bool edits_inside(const edits_form *f, const double p[3])
{
    const lm_edit *e = f->e;
    for (int c = 0; c < 3; c++)
        if (!(p[c] >= f->lo[c] && p[c] <= f->hi[c])) return false;
    if (e->shape == LM_EDIT_BOX) return true;
    if (e->shape == LM_EDIT_POLYGON) return edits_in_polygon(f, p);
    if (e->shape == LM_EDIT_CAPSULE) return edits_in_capsule(e, p);
    const double d[3] = {p[0] - e->xyz[0][0], p[1] - e->xyz[0][1], p[2] - e->xyz[0][2]};
    return edits_dot(d, d) <= e->length * e->length;
}

/* ---- 4 running ---- */

typedef struct {
    const lm_vol *v;
    lm_bits *b;
    const lm_edit *e;
    edits_form form;
    size_t lo[3], hi[3]; /* samples that can be meant: lo .. hi-1 */
} edits_job;

/* Samples whose centres can lie in the box; false: none. */
static bool edits_window(edits_job *job)
{
    double inv[3][3];
    lm_vol_inverse(job->v, inv);
    for (int a = 0; a < 3; a++) {
        double lo = 0, hi = 0;
        for (int c = 0; c < 3; c++) {
            const double x = inv[a][c] * (job->form.lo[c] - job->v->origin[c]),
                         y = inv[a][c] * (job->form.hi[c] - job->v->origin[c]);
            lo += x < y ? x : y;
            hi += x < y ? y : x;
        }
        lo = floor(lo) - 1, hi = ceil(hi) + 2; /* rounding decides nothing: each centre is asked */
        const double n = (double)job->v->n[a];
        if (!(hi > 0) || !(lo < n)) return false;
        job->lo[a] = lo > 0 ? (size_t)lo : 0;
        job->hi[a] = hi < n ? (size_t)hi : job->v->n[a];
    }
    return true;
}

static lm_status edits_shape_slice(void *ctx, size_t task, int worker, lm_err *err)
{
    const edits_job *job = ctx;
    const size_t k = job->lo[2] + task;
    (void)worker, (void)err;
    for (size_t j = job->lo[1]; j < job->hi[1]; j++) {
        uint64_t *row = lm_bits_row(job->b, j, k);
        for (size_t i = job->lo[0]; i < job->hi[0]; i++) {
            double p[3];
            lm_vol_to_world(job->v, (const double[3]){(double)i, (double)j, (double)k}, p);
            if (edits_inside(&job->form, p)) lm_bits_set(row, i, i + 1, job->e->verb == LM_EDIT_ADD);
        }
    }
    return LM_OK;
}

static lm_status edits_cut_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const edits_job *job = ctx;
    const double *at = job->e->xyz[0], *n = job->e->xyz[1];
    (void)worker, (void)err;
    for (size_t j = 0; j < job->v->n[1]; j++) {
        uint64_t *row = lm_bits_row(job->b, j, k);
        for (size_t i = 0; i < job->v->n[0]; i++) {
            double p[3];
            lm_vol_to_world(job->v, (const double[3]){(double)i, (double)j, (double)k}, p);
            const double d[3] = {p[0] - at[0], p[1] - at[1], p[2] - at[2]};
            if (edits_dot(d, n) > 0) lm_bits_set(row, i, i + 1, false);
        }
    }
    return LM_OK;
}

static lm_status edits_fill(const lm_edit *e, lm_bits *b, const lm_vol *v, int threads, lm_err *err)
{
    lm_islands found;
    const double most = e->length / fabs(lm_vol_det(v)) * (1 + 1e-12);
    return lm_islands_fill(b, most < 1e18 ? (uint64_t)most : UINT64_MAX, threads, &found, err);
}

/* The piece in the sample that is nearest to the point. */
static lm_status edits_keep(const lm_edit *e, lm_bits *b, const lm_vol *v, int threads, lm_err *err)
{
    lm_grow_opt g = {.n = 1, .seed = {{.voxel = true}}, .gradient = INFINITY};
    double inv[3][3], *at = g.seed[0].at;
    bool in = true;
    lm_vol_inverse(v, inv);
    for (int a = 0; a < 3; a++) {
        at[a] = 0.5;
        for (int c = 0; c < 3; c++) at[a] += inv[a][c] * (e->xyz[0][c] - v->origin[c]);
        at[a] = floor(at[a]);
        in = in && at[a] >= 0 && at[a] < (double)v->n[a];
    }
    if (!in) return lm_err_set(err, LM_EUSAGE, NULL, "the point lies outside the volume");
    if (!lm_bits_get(b, (size_t)at[0], (size_t)at[1], (size_t)at[2]))
        return lm_err_set(err, LM_EUSAGE, NULL, "the point lies in no sample of the object");
    return lm_grow(b, v, &g, threads, err);
}

static lm_status edits_do(const lm_edit *e, lm_bits *b, const lm_vol *v, int threads, lm_err *err)
{
    edits_job job = {.v = v, .b = b, .e = e};
    if (e->verb == LM_EDIT_FILL) return edits_fill(e, b, v, threads, err);
    if (e->verb == LM_EDIT_CUT) return lm_pool_run(threads, v->n[2], edits_cut_slice, &job, err);
    if (e->verb == LM_EDIT_KEEP) return edits_keep(e, b, v, threads, err);
    edits_form_of(e, &job.form);
    return edits_window(&job) ? lm_pool_run(threads, job.hi[2] - job.lo[2], edits_shape_slice, &job, err) : LM_OK;
}

static uint64_t edits_differ(const lm_bits *a, const lm_bits *b)
{
    uint64_t n = 0;
    for (size_t w = 0; w < a->words * a->n[1] * a->n[2]; w++) n += (uint64_t)__builtin_popcountll(a->row[w] ^ b->row[w]);
    return n;
}

lm_status lm_edits_run(lm_edits *e, lm_bits *b, const lm_vol *v, int threads, lm_err *err)
{
    lm_bits was = LM_BITS_INIT;
    lm_status rc = LM_OK;
    for (size_t i = 0; i < e->n && !rc; i++) {
        if (!(rc = lm_bits_copy(b, &was, err)) && !(rc = edits_do(&e->item[i], b, v, threads, err)))
            e->item[i].changed = edits_differ(&was, b);
        if (rc && rc != LM_ENOMEM) lm_err_frame(err, "line %zu", e->item[i].line);
    }
    lm_bits_release(&was);
    return rc;
}
