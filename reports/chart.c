/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/chart.h"
#include "reports/cell.h"
#include "reports/digits.h"

#include <stdio.h>

enum { CHART_MAX = 24, CHART_BRANCHES = 60, CHART_W = 480, CHART_H = 210, CHART_LEFT = 74, CHART_TOP = 26, CHART_BOTTOM = 28 };

/* A coordinate for SVG: one decimal, plain ASCII. */
static const char *chart_xy(double v, char text[32])
{
    snprintf(text, 32, "%.1f", v == 0 ? 0.0 : v);
    return text;
}

static void chart_line(lm_html *h, const char *cls, double x1, double y1, double x2, double y2)
{
    char a[32], b[32], c[32], d[32];
    lm_html_put(h, "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>", cls, chart_xy(x1, a), chart_xy(y1, b),
                chart_xy(x2, c), chart_xy(y2, d));
}

static void chart_text(lm_html *h, const char *cls, double x, double y, const char *text)
{
    char a[32], b[32];
    lm_html_put(h, "<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>", cls, chart_xy(x, a), chart_xy(y, b), text);
}

/* 1, 2 or 5 times a power of ten, so that range holds about four of them. */
static double chart_step(double range)
{
    double step = 1;
    while (step * 4 < range && step < 1e30) step *= 10;
    while (step * 4 > range && step > 1e-30) step /= 10;
    /* now step*4 <= range < step*40 */
    return range / step > 16 ? step * 5 : range / step > 8 ? step * 2 : step;
}

static bool chart_close(double a, double b)
{
    double d = a - b, size = (a < 0 ? -a : a) + (b < 0 ? -b : b);
    return (d < 0 ? -d : d) <= 1e-9 * size;
}

void lm_chart_ledger(lm_html *h, const json_t *ledger)
{
    size_t n = json_array_size(ledger);
    double before[CHART_MAX], after[CHART_MAX], lo = 0, hi = 0;
    bool intended[CHART_MAX];
    if (n == 0 || n > CHART_MAX) return;
    for (size_t i = 0; i < n; i++) {
        const json_t *e = json_array_get(ledger, i), *b = json_object_get(e, "before_mm3"), *a = json_object_get(e, "after_mm3");
        const char *kind = json_string_value(json_object_get(e, "kind"));
        if (!json_is_number(a) || !json_is_number(b)) return;
        before[i] = json_number_value(b), after[i] = json_number_value(a);
        intended[i] = kind && kind[0] == 'i';
    }
    double first = before[0];
    if (!(first > 0)) return;
    for (size_t i = 0; i < n; i++) {
        before[i] = (before[i] - first) / first * 100, after[i] = (after[i] - first) / first * 100;
        lo = before[i] < lo ? before[i] : lo, hi = before[i] > hi ? before[i] : hi;
        lo = after[i] < lo ? after[i] : lo, hi = after[i] > hi ? after[i] : hi;
    }
    if (!(hi - lo > 1e-6)) lo -= 0.001, hi += 0.001;
    double step = chart_step(hi - lo);
    int places = 0;
    for (double s = step; s < 0.999 && places < 6; s *= 10) places++;
    double pad = (hi - lo) * 0.12;
    double top = CHART_TOP, bottom = CHART_H - CHART_BOTTOM, span = hi - lo + 2 * pad;
#define Y(v) (bottom - ((v)-lo + pad) / span * (bottom - top))
    double band = (double)(CHART_W - CHART_LEFT - 8) / (double)(n + 1);
    char t[LM_DIGITS_TEXT], w[32], g[32];
    snprintf(w, sizeof w, "0 0 %d %d", CHART_W, CHART_H);
    lm_html_put(h,
                "<svg class=\"chart\" viewBox=\"%s\" role=\"img\" aria-label=\"Steps of the volume ledger, in per cent of the "
                "first volume; the numbers stand in the table\">\n",
                w);
    chart_text(h, "axis", 4, 14, "Difference from the first volume, %");
    for (double k = -60; k <= 60; k++) {
        double v = k * step;
        if (v < lo - pad || v > hi + pad) continue;
        chart_line(h, k == 0 ? "zero" : "grid", CHART_LEFT, Y(v), CHART_W - 8, Y(v));
        lm_digits_signed(v, places, t);
        chart_text(h, "tick", CHART_LEFT - 8, Y(v) + 4, t);
    }
    chart_text(h, "mid", CHART_LEFT + band / 2, CHART_H - 8, "start");
    chart_line(h, "level", CHART_LEFT + band * 0.12, Y(before[0]), CHART_LEFT + band, Y(before[0]));
    for (size_t i = 0; i < n; i++) {
        double x = CHART_LEFT + band * (double)(i + 1);
        if (i && !chart_close(before[i], after[i - 1])) chart_line(h, "level", x - band * 0.3, Y(before[i]), x, Y(before[i]));
        chart_line(h, intended[i] ? "rise intended" : "rise", x, Y(before[i]), x, Y(after[i]));
        chart_line(h, "level", x, Y(after[i]), x + band * (i + 1 == n ? 0.88 : 1), Y(after[i]));
        snprintf(g, sizeof g, "%zu", i + 1);
        chart_text(h, "mid", x + band / 2, CHART_H - 8, g);
    }
#undef Y
    lm_html_put(h, "\n</svg>\n");
}

void lm_chart_gauge(lm_html *h, double difference, double u, double tol)
{
    double a = (difference - u) / tol, b = (difference + u) / tol, reach = 1.5; /* drawn from -1.5 to +1.5 tolerances */
    a = a < -reach ? -reach : a > reach ? reach : a;
    b = b < -reach ? -reach : b > reach ? reach : b;
    double x = 60 + a * 40, w = (b - a) * 40;
    if (w < 3) x -= (3 - w) / 2, w = 3;
    char p[32], q[32];
    lm_html_put(h, "<svg class=\"gauge\" viewBox=\"0 0 120 14\" aria-hidden=\"true\">"
                   "<rect class=\"band\" x=\"20\" y=\"3\" width=\"80\" height=\"8\"/>");
    chart_line(h, "mark", 60, 1, 60, 13);
    chart_line(h, "edge", 20, 0, 20, 14);
    chart_line(h, "edge", 100, 0, 100, 14);
    lm_html_put(h, "<rect class=\"here\" x=\"%s\" y=\"4.5\" width=\"%s\" height=\"5\"/></svg>", chart_xy(x, p), chart_xy(w, q));
}

/* Column `at` of a row; false: it is null. */
static bool chart_column(const json_t *row, size_t at, double *v)
{
    const json_t *x = json_array_get(row, at);
    *v = json_number_value(x);
    return json_is_number(x);
}

/* One branch: what has a diameter, as lines from x on. */
static void chart_branch(lm_html *h, const json_t *points, double x, double scale, double bottom, double rise)
{
    bool open = false;
    char a[32], b[32];
    for (size_t i = 0; i < json_array_size(points); i++) {
        double s, d;
        const json_t *row = json_array_get(points, i);
        if (chart_column(row, 0, &s) && chart_column(row, 4, &d)) {
            if (!open) lm_html_put(h, "<polyline class=\"course\" points=\"");
            lm_html_put(h, "%s%s,%s", open ? " " : "", chart_xy(x + s * scale, a), chart_xy(bottom - d * rise, b));
            open = true;
        } else if (open) lm_html_put(h, "\"/>"), open = false;
    }
    if (open) lm_html_put(h, "\"/>");
}

void lm_chart_branches(lm_html *h, const json_t *branches)
{
    size_t n = json_array_size(branches);
    double all = 0, most = 0, least = 0, place = 0, v, gap = n > 12 ? 3 : 6;
    if (n == 0 || n > CHART_BRANCHES) return;
    for (size_t b = 0; b < n; b++) {
        const json_t *x = json_array_get(branches, b), *low = json_object_get(x, "least");
        v = json_number_value(json_object_get(low, "diameter_mm"));
        if (v > 0 && (least == 0 || v < least)) least = v, place = all + json_number_value(json_object_get(low, "along_mm"));
        all += json_number_value(json_object_get(x, "length_mm"));
        v = json_number_value(json_object_get(json_object_get(x, "greatest"), "diameter_mm"));
        most = v > most ? v : most;
    }
    if (!(all > 0 && most > 0)) return;
    double top = CHART_TOP, bottom = CHART_H - CHART_BOTTOM, rise = (bottom - top) / (1.05 * most);
    double scale = (CHART_W - CHART_LEFT - 8 - gap * (double)n) / all, factor, from = 0;
    const char *unit = lm_cell_shown(h, "mm", &factor);
    double step = chart_step(most / factor);
    int places = 0;
    for (double k = step; k < 0.999 && places < 6; k *= 10) places++;
    char t[LM_DIGITS_TEXT], g[32], x1[32], y1[32];
    lm_html_put(h,
                "<svg class=\"chart\" viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"Inscribed diameter along each branch; the "
                "numbers stand in the table\">\n",
                chart_xy(CHART_W, x1), chart_xy(CHART_H, y1));
    snprintf(g, sizeof g, "Inscribed diameter, %s", unit);
    chart_text(h, "axis", 4, 14, g);
    for (double k = 0; k * step * factor <= 1.05 * most; k++) {
        double y = bottom - k * step * factor * rise;
        chart_line(h, "grid", CHART_LEFT, y, CHART_W - 8, y);
        lm_digits_fixed(k * step, places, t);
        chart_text(h, "tick", CHART_LEFT - 8, y + 4, t);
    }
    for (size_t b = 0; b < n; b++) {
        const json_t *x = json_array_get(branches, b);
        double length = json_number_value(json_object_get(x, "length_mm")), at = CHART_LEFT + gap * (double)b + from * scale;
        chart_branch(h, json_object_get(x, "points"), at, scale, bottom, rise);
        snprintf(g, sizeof g, "%zu", b + 1);
        if (length * scale > 14) chart_text(h, "mid", at + 0.5 * length * scale, CHART_H - 8, g);
        if (place >= from && place < from + length && least > 0)
            lm_html_put(h, "<circle class=\"least\" cx=\"%s\" cy=\"%s\" r=\"4\"/>", chart_xy(at + (place - from) * scale, x1),
                        chart_xy(bottom - least * rise, y1));
        from += length;
    }
    lm_html_put(h, "\n</svg>\n");
}

static double chart_number(const json_t *rows, size_t i, const char *key)
{
    return json_number_value(json_object_get(json_array_get(rows, i), key));
}

void lm_chart_sweep(lm_html *h, const json_t *sweep, const char *key, const char *title)
{
    const json_t *rows = json_object_get(sweep, "levels"), *plateau = json_object_get(sweep, "plateau");
    const size_t n = json_array_size(rows);
    double most = 0;
    char t[LM_DIGITS_TEXT], p[32], q[32];
    for (size_t i = 0; i < n; i++) most = chart_number(rows, i, key) > most ? chart_number(rows, i, key) : most;
    if (n < 2 || !(most > 0)) return;
    const double top = CHART_TOP, bottom = CHART_H - CHART_BOTTOM, first = chart_number(rows, 0, "level"),
                 last = chart_number(rows, n - 1, "level");
    if (!(last > first)) return;
#define X(v) (CHART_LEFT + ((v)-first) / (last - first) * (CHART_W - CHART_LEFT - 24))
#define Y(v) (bottom - (v) / most * (bottom - top))
    lm_html_put(h,
                "<svg class=\"chart\" viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"%s over the levels; the numbers stand in the "
                "table\">\n",
                chart_xy(CHART_W, p), chart_xy(CHART_H, q), title);
    chart_text(h, "axis", 4, 14, title);
    if (json_is_object(plateau)) {
        const double from = X(json_number_value(json_object_get(plateau, "from"))),
                     to = X(json_number_value(json_object_get(plateau, "to")));
        lm_html_put(h, "<rect class=\"plateau\" x=\"%s\" y=\"26\" ", chart_xy(from, p));
        lm_html_put(h, "width=\"%s\" height=\"%s\"/>", chart_xy(to - from, p), chart_xy(bottom - top, q));
    }
    for (double step = chart_step(most), v = 0; v <= most; v += step) {
        chart_line(h, "grid", CHART_LEFT, Y(v), CHART_W - 8, Y(v));
        lm_digits_fixed(v, step < 1 ? 1 : 0, t);
        chart_text(h, "tick", CHART_LEFT - 8, Y(v) + 4, t);
    }
    const double step = chart_step(last - first);
    for (double k = -1000; k <= 1000; k++) {
        if (k * step < first || k * step > last) continue;
        lm_digits_fixed(k * step, step < 1 ? 1 : 0, t);
        chart_text(h, "mid", X(k * step), CHART_H - 8, t);
    }
    lm_html_put(h, "<polyline class=\"course\" points=\"");
    for (size_t i = 0; i < n; i++)
        lm_html_put(h, "%s%s,%s", i ? " " : "", chart_xy(X(chart_number(rows, i, "level")), p),
                    chart_xy(Y(chart_number(rows, i, key)), q));
    lm_html_put(h, "\"/>");
    for (size_t i = 0; i < n; i++)
        if (json_is_true(json_object_get(json_array_get(rows, i), "leak")))
            lm_html_put(h, "<circle class=\"least\" cx=\"%s\" cy=\"%s\" r=\"4\"/>", chart_xy(X(chart_number(rows, i, "level")), p),
                        chart_xy(Y(chart_number(rows, i, key)), q));
#undef X
#undef Y
    lm_html_put(h, "\n</svg>\n");
}
