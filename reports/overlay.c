/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: how axes lie - the contour - the samples - the section of the page. */
#include "reports/overlay.h"
#include "base/mem.h"
#include "reports/digits.h"
#include "reports/png.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OVERLAY_MARGIN_MM = 8 };

/* ---- how axes lie ---- */
typedef struct {
    int normal, across, down;    /* axes of the grid */
    bool flip_across, flip_down; /* the index falls to the right, or downwards */
    size_t at, first[2], n[2];   /* slice; part of it that is shown, across and down, by index */
} overlay_view;

/* which[p]: the grid's axis closest to the patient's axis p: of all six ways the one with the largest product. */
static void overlay_axes(const lm_vol *v, int which[3])
{
    static const int way[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    double best = -1;
    for (int w = 0; w < 6; w++) {
        double product = 1;
        for (int p = 0; p < 3; p++) product *= fabs(v->dir[way[w][p]][p]) / lm_vol_spacing(v, way[w][p]);
        if (product > best) best = product, memcpy(which, way[w], sizeof way[w]);
    }
}

static void overlay_look(const lm_vol *v, int slice, overlay_view *view, lm_overlay_slice *out)
{
    /* of axial, coronal, sagittal: the patient's axes of normal, to the right, downwards; and whether down is against the axis */
    static const int axes[3][3] = {{2, 0, 1}, {1, 0, 2}, {0, 1, 2}};
    static const char *const names[3] = {"Axial", "Coronal", "Sagittal"};
    static const char *const letters[3][2] = {{"L", "R"}, {"P", "A"}, {"S", "I"}}; /* where each axis grows, and falls */
    int which[3];
    const int right = axes[slice][1], down = axes[slice][2];
    overlay_axes(v, which);
    view->normal = which[axes[slice][0]], view->across = which[right], view->down = which[down];
    view->flip_across = v->dir[view->across][right] < 0;
    view->flip_down = (v->dir[view->down][down] < 0) != (down == 2);
    out->name = names[slice];
    out->right = letters[right][0], out->left = letters[right][1];
    out->bottom = letters[down][down == 2], out->top = letters[down][down != 2];
    out->mm[0] = lm_vol_spacing(v, view->across), out->mm[1] = lm_vol_spacing(v, view->down);
}

/* ---- the contour ---- */
/* A piece of it goes through one triangle, from one edge to another; the solid lies on one side of it all along. */
typedef struct {
    uint64_t from, to;
    float point[2][2]; /* on `from` and on `to` */
    bool used;
} overlay_piece;

static int overlay_order(const void *a, const void *b)
{
    const overlay_piece *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

static uint64_t overlay_edge(uint32_t a, uint32_t b)
{
    return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

/* Where the edge from the lower index to the higher meets the plane: the same from both triangles. */
static void overlay_meet(const overlay_view *w, const double *at, uint32_t a, uint32_t b, float point[2])
{
    const double *p = at + 3 * (size_t)(a < b ? a : b), *q = at + 3 * (size_t)(a < b ? b : a);
    double f = ((double)w->at - p[w->normal]) / (q[w->normal] - p[w->normal]);
    const int axis[2] = {w->across, w->down};
    const bool flip[2] = {w->flip_across, w->flip_down};
    for (int k = 0; k < 2; k++) {
        double x = p[axis[k]] + f * (q[axis[k]] - p[axis[k]]) - (double)w->first[k] + 0.5;
        point[k] = (float)(flip[k] ? (double)w->n[k] - x : x);
    }
}

static lm_status overlay_pieces(const lm_mesh *m, const overlay_view *w, const double *at, overlay_piece **ret, size_t *n,
                                lm_err *err)
{
    size_t cap = 0;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        bool above[3];
        for (int c = 0; c < 3; c++) above[c] = at[3 * (size_t)v[c] + (size_t)w->normal] >= (double)w->at;
        if (above[0] == above[1] && above[1] == above[2]) continue;
        lm_status st = lm_mem_grow(ret, &cap, *n + 1, sizeof **ret, err);
        if (st) return st;
        overlay_piece *one = &(*ret)[(*n)++];
        *one = (overlay_piece){.used = false};
        for (int c = 0; c < 3; c++) {
            uint32_t a = v[c], b = v[(c + 1) % 3];
            if (above[c] == above[(c + 1) % 3]) continue;
            if (above[c]) one->to = overlay_edge(a, b);
            else one->from = overlay_edge(a, b);
            overlay_meet(w, at, a, b, one->point[above[c]]);
        }
    }
    if (*n) qsort(*ret, *n, sizeof **ret, overlay_order);
    return LM_OK;
}

static overlay_piece *overlay_next(overlay_piece *piece, size_t n, uint64_t edge)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (piece[mid].from < edge) lo = mid + 1;
        else hi = mid;
    }
    for (; lo < n && piece[lo].from == edge; lo++)
        if (!piece[lo].used) return &piece[lo];
    return NULL;
}

static lm_status overlay_add(lm_overlay_slice *out, const float point[2], lm_err *err)
{
    lm_status st = lm_mem_grow(&out->point, &out->cap, out->n_point + 1, sizeof *out->point, err);
    if (!st) memcpy(out->point[out->n_point++], point, sizeof *out->point);
    return st;
}

/* Walk from triangle to triangle. A walk ends where it began, or where the mesh is open. */
static lm_status overlay_contour(const lm_mesh *m, const overlay_view *w, const double *at, lm_overlay_slice *out, lm_err *err)
{
    overlay_piece *piece = NULL;
    size_t n = 0;
    lm_status st = overlay_pieces(m, w, at, &piece, &n, err);
    for (size_t i = 0; i < n && !st; i++) {
        overlay_piece *last = &piece[i];
        if (last->used) continue;
        for (overlay_piece *p = last; p && !st; p = overlay_next(piece, n, p->to)) {
            p->used = true;
            last = p;
            st = overlay_add(out, p->point[0], err);
        }
        if (!st) st = overlay_add(out, last->point[1], err);
        if (!st) st = lm_mem_grow(&out->loop, &out->cap_loop, out->n_loop + 1, sizeof *out->loop, err);
        if (!st) out->loop[out->n_loop++] = out->n_point;
    }
    free(piece);
    return st;
}

/* ---- the samples ---- */
static lm_status overlay_values(const lm_vol *v, const overlay_view *w, lm_overlay_slice *out, lm_err *err)
{
    size_t stride[3] = {1, v->n[0], v->n[0] * v->n[1]};
    out->at = w->at + 1, out->of = v->n[w->normal];
    out->wide = w->n[0], out->high = w->n[1];
    if (!(out->value = lm_mem_alloc(out->wide * out->high, sizeof *out->value, err))) return LM_ENOMEM;
    for (size_t y = 0; y < out->high; y++)
        for (size_t x = 0; x < out->wide; x++) {
            size_t i = w->first[0] + (w->flip_across ? out->wide - 1 - x : x),
                   j = w->first[1] + (w->flip_down ? out->high - 1 - y : y);
            out->value[y * out->wide + x] = lm_vol_at(v, w->at * stride[w->normal] + i * stride[w->across] + j * stride[w->down]);
        }
    return LM_OK;
}

static int overlay_less(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Between the 1st and the 99th percentile of all that is shown. */
static lm_status overlay_window(lm_overlay *o, lm_err *err)
{
    size_t n = 0, k = 0;
    for (int s = 0; s < 3; s++) n += o->slice[s].wide * o->slice[s].high;
    double *all = lm_mem_alloc(n, sizeof *all, err);
    if (!all) return LM_ENOMEM;
    for (int s = 0; s < 3; s++)
        for (size_t i = 0; i < o->slice[s].wide * o->slice[s].high; i++)
            if (isfinite(o->slice[s].value[i])) all[k++] = o->slice[s].value[i];
    qsort(all, k, sizeof *all, overlay_less);
    o->lo = k ? all[k / 100] : 0;
    o->hi = k ? all[k - 1 - k / 100] : 0;
    free(all);
    return LM_OK;
}

lm_status lm_overlay_cut(const lm_vol *vol, const lm_mesh *mesh, lm_overlay *out, lm_err *err)
{
    double inv[3][3], lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY};
    double *at = lm_mem_alloc(mesh->nv, 3 * sizeof *at, err);
    lm_status st = at ? LM_OK : LM_ENOMEM;
    lm_overlay_release(out);
    lm_vol_inverse(vol, inv);
    for (size_t v = 0; v < mesh->nv && !st; v++)
        for (size_t a = 0; a < 3; a++) {
            double x = 0;
            for (size_t c = 0; c < 3; c++) x += inv[a][c] * ((double)mesh->pos[3 * v + c] - vol->origin[c]);
            at[3 * v + a] = x;
            if (x < lo[a]) lo[a] = x;
            if (x > hi[a]) hi[a] = x;
        }
    bool beside = !mesh->nt || vol->image;
    for (int a = 0; a < 3; a++) beside = beside || !(hi[a] > -0.5) || !(lo[a] < (double)vol->n[a] - 0.5);
    for (int s = 0; s < 3 && !st && !beside; s++) {
        overlay_view w;
        overlay_look(vol, s, &w, &out->slice[s]);
        double middle = floor((lo[w.normal] + hi[w.normal]) / 2 + 0.5), most = (double)vol->n[w.normal] - 1;
        w.at = (size_t)(middle < 0 ? 0 : middle > most ? most : middle);
        for (int k = 0; k < 2; k++) {
            int axis = k ? w.down : w.across;
            double margin = OVERLAY_MARGIN_MM / lm_vol_spacing(vol, axis), from = floor(lo[axis] - margin),
                   to = ceil(hi[axis] + margin);
            if (from < 0) from = 0;
            if (to > (double)vol->n[axis] - 1) to = (double)vol->n[axis] - 1;
            w.first[k] = (size_t)from;
            w.n[k] = (size_t)(to - from) + 1;
        }
        st = overlay_values(vol, &w, &out->slice[s], err);
        if (!st) st = overlay_contour(mesh, &w, at, &out->slice[s], err);
    }
    free(at);
    if (!st && !beside) st = overlay_window(out, err);
    if (st) lm_overlay_release(out);
    else out->drawn = !beside;
    return st;
}

void lm_overlay_release(lm_overlay *o)
{
    for (int s = 0; s < 3; s++) {
        free(o->slice[s].value);
        free(o->slice[s].point);
        free(o->slice[s].loop);
    }
    *o = (lm_overlay)LM_OVERLAY_INIT;
}

/* ---- the section of the page ---- */
static void overlay_number(lm_html *h, double x)
{
    char t[LM_DIGITS_TEXT];
    snprintf(t, sizeof t, "%.0f", x);
    lm_html_raw(h, t, strlen(t));
}

/* In hundredths of a millimetre; a point that rounds to the one before is left out. */
static void overlay_path(lm_html *h, const lm_overlay_slice *s)
{
    lm_html_put(h, "<path d=\"");
    for (size_t l = 0, i = 0; l < s->n_loop; l++) {
        double last[2] = {0, 0};
        for (bool first = true; i < s->loop[l]; i++, first = false) {
            double p[2];
            for (int k = 0; k < 2; k++) p[k] = floor(s->point[i][k] * s->mm[k] * 100 + 0.5);
            if (!first && p[0] == last[0] && p[1] == last[1]) continue;
            lm_html_put(h, first ? "M" : "l");
            overlay_number(h, first ? p[0] : p[0] - last[0]);
            lm_html_put(h, " ");
            overlay_number(h, first ? p[1] : p[1] - last[1]);
            memcpy(last, p, sizeof last);
        }
    }
    lm_html_put(h, "\"/>");
}

static lm_status overlay_picture(lm_html *h, const lm_overlay *o, const lm_overlay_slice *s, lm_err *err)
{
    uint8_t grey[256][4];
    unsigned char *png = NULL;
    size_t n = 0;
    char t[LM_DIGITS_TEXT], of[LM_DIGITS_TEXT];
    uint8_t *pixel = lm_mem_alloc(s->wide * s->high, 1, err);
    if (!pixel) return LM_ENOMEM;
    for (int i = 0; i < 256; i++) memcpy(grey[i], (uint8_t[]){(uint8_t)i, (uint8_t)i, (uint8_t)i, 255}, 4);
    for (size_t i = 0; i < s->wide * s->high; i++) {
        double f = o->hi > o->lo ? (s->value[i] - o->lo) / (o->hi - o->lo) * 255 : 128;
        pixel[i] = (uint8_t)(f > 0 ? (f < 255 ? f + 0.5 : 255) : 0); /* not a number: black */
    }
    lm_status st = lm_png_encode(pixel, s->wide, s->high, (const uint8_t(*)[4])grey, &png, &n, err);
    free(pixel);
    if (st) return st;
    lm_digits_count((long long)s->at, t);
    lm_digits_count((long long)s->of, of);
    const double wide = floor((double)s->wide * s->mm[0] * 100 + 0.5), high = floor((double)s->high * s->mm[1] * 100 + 0.5);
    lm_html_put(
        h, "<figure>\n<div class=\"view slice\"><svg role=\"img\" aria-label=\"%s slice %s of %s with the contour of the model",
        s->name, t, of);
    lm_html_put(h, "\" viewBox=\"0 0 ");
    overlay_number(h, wide);
    lm_html_put(h, " ");
    overlay_number(h, high);
    lm_html_put(h, "\"><image preserveAspectRatio=\"none\" width=\"");
    overlay_number(h, wide);
    lm_html_put(h, "\" height=\"");
    overlay_number(h, high);
    lm_html_put(h, "\" href=\"data:image/png;base64,");
    lm_html_base64(h, png, n);
    free(png);
    lm_html_put(h, "\"/>");
    overlay_path(h, s);
    lm_html_put(
        h,
        "</svg><span class=\"dir l\">%s</span><span class=\"dir r\">%s</span><span class=\"dir t\">%s</span><span class=\"dir "
        "b\">%s</span></div>\n",
        s->left, s->right, s->top, s->bottom);
    lm_html_put(h, "<figcaption><strong>%s</strong> slice %s of %s</figcaption>\n</figure>\n", s->name, t, of);
    return LM_OK;
}

lm_status lm_overlay_section(lm_html *h, const lm_overlay *o, const char *unit, lm_err *err)
{
    lm_status st = LM_OK;
    char lo[LM_DIGITS_TEXT], hi[LM_DIGITS_TEXT];
    if (!o || !o->drawn) return LM_OK;
    lm_cell_section(h, "overlay", "Contour on the source");
    lm_html_put(h, "<div class=\"views\">\n");
    for (int s = 0; s < 3 && !st; s++) st = overlay_picture(h, o, &o->slice[s], err);
    lm_digits_plain(o->lo, lo);
    lm_digits_plain(o->hi, hi);
    lm_html_put(
        h,
        "</div>\n<p class=\"note\">The model, as it was before anything was added to it on purpose, cut by planes through the "
        "middle of its box, on the samples of the source as they were read. Black is %s, white %s%s.</p>\n",
        lo, hi, unit);
    lm_cell_section_end(h);
    return st;
}
