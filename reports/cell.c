/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: values - tables - verdicts */
#include "reports/cell.h"
#include "base/num.h"
#include "reports/digits.h"

#include <string.h>
#include <strings.h>

/* ---- values ---- */

const json_t *lm_cell_get(const json_t *o, const char *key)
{
    return json_object_get(o, key);
}

bool lm_cell_num(const json_t *o, const char *key, double *v)
{
    const json_t *j = lm_cell_get(o, key);
    if (!json_is_number(j)) return false;
    *v = json_number_value(j);
    return true;
}

const char *lm_cell_str(const json_t *o, const char *key)
{
    return json_string_value(lm_cell_get(o, key));
}

void lm_cell_key(lm_html *h, const json_t *o, const char *key)
{
    lm_html_json(h, lm_cell_get(o, key));
}

/* How a unit of the facts is written for people. */
static const char *cell_unit(const char *unit)
{
    static const char *const known[][2] = {
        {"mm3", "mm\xc2\xb3"}, {"mm2", "mm\xc2\xb2"}, {"cm3", "cm\xc2\xb3"}, {"cm2", "cm\xc2\xb2"},
        {"um", "\xc2\xb5m"},   {"deg", "\xc2\xb0"},   {"percent", "%"},      {"1", ""},
        {"count", ""}};
    if (!unit) return "";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(unit, known[i][0])) return known[i][1];
    return unit;
}

const char *lm_cell_shown(const lm_html *h, const char *unit, double *factor)
{
    static const char *const kind[][2] = {{"mm", "length"}, {"mm2", "area"}, {"mm3", "volume"}};
    const char *as = NULL;
    lm_unit of;
    *factor = 1;
    for (size_t i = 0; h->shown_in && i < sizeof kind / sizeof *kind && !as; i++)
        if (unit && !strcmp(unit, kind[i][0])) as = lm_cell_str(h->shown_in, kind[i][1]);
    return as && lm_num_unit(as, &of, &as, factor) ? as : unit;
}

int lm_cell_places(int places, double factor)
{
    for (; factor > 1; factor /= 10) places++;
    return places;
}

static void cell_number(lm_html *h, double v, double u, int places, const char *unit, bool plus)
{
    char a[LM_DIGITS_TEXT], b[LM_DIGITS_TEXT];
    if (plus) lm_digits_signed(v, places, a);
    else lm_digits_fixed(v, places, a);
    lm_html_put(h, "<span class=\"n\">%s", a);
    if (u > 0) {
        lm_digits_up(u, places, b);
        lm_html_put(h, "\xc2\xa0\xc2\xb1\xc2\xa0%s", b);
    }
    if (*cell_unit(unit)) lm_html_put(h, LM_CELL_NBSP "%s", cell_unit(unit));
    lm_html_put(h, "</span>");
}

void lm_cell_amount(lm_html *h, double v, double u, int places, const char *unit, bool plus)
{
    double factor;
    const char *as = lm_cell_shown(h, unit, &factor);
    cell_number(h, v / factor, u / factor, lm_cell_places(places, factor), as, plus);
}

void lm_cell_list(lm_html *h, const json_t *list, const char *between, int places, const char *unit)
{
    size_t n = json_array_size(list);
    double factor;
    const char *as = lm_cell_shown(h, unit, &factor);
    if (!n) lm_html_not_stated(h);
    for (size_t i = 0; i < n; i++) {
        if (i) lm_html_put(h, "%s", between);
        cell_number(h, json_number_value(json_array_get(list, i)) / factor, -1, lm_cell_places(places, factor), i + 1 < n ? "" : as,
                    false);
    }
}

void lm_cell_both(lm_html *h, double v, double u, double known_to, double size, const char *unit, bool plus)
{
    double factor;
    const char *as = lm_cell_shown(h, unit, &factor);
    cell_number(h, v / factor, u / factor, lm_digits_places(known_to / factor, size / factor), as, plus);
    if (!h->shown_in && unit && !strcmp(unit, "mm3") && (known_to >= 0.001 || size >= 1 || size <= -1)) {
        lm_html_put(h, "<br/><span class=\"sub\">");
        cell_number(h, v / 1000, u >= 0 ? u / 1000 : u, lm_digits_places(known_to / 1000, size / 1000), "ml", plus);
        lm_html_put(h, "</span>");
    }
}

/* The unit that a key of the facts ends in, "" where it has none; n: its length, without the unit. */
static const char *cell_suffix(const char *key, size_t *n)
{
    static const char *const suffix[] = {"mm3", "mm2", "mm", "deg", "HU", "percent", "ml", "s"};
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        size_t k = strlen(suffix[i]);
        if (*n <= k + 1 || strcasecmp(key + *n - k, suffix[i]) || key[*n - k - 1] != '_') continue;
        *n -= k + 1;
        return suffix[i];
    }
    return "";
}

void lm_cell_label(lm_html *h, const char *key)
{
    static const char *const known[][2] = {
        {"kvp", "Tube voltage (kV)"},
        {"kernel", "Convolution kernel"},
        {"tilt_deg", "Gantry tilt (\xc2\xb0)"},
        {"sha256_pixels", "SHA-256 of the pixel data"},
        {"sha256_files", "SHA-256 of the files"},
        {"series", "Series"},
        {"frame", "Frame of reference"},
        {"uid_key", "UIDs hashed under the key"},
        {"size", "Size (voxels)"},
        {"spacing_mm", "Voxel spacing"},
        {"slice_step_mm", "Slice step"},
        {"thickness_mm", "Slice thickness"},
        {"lossy", "Lossy compression"},
        {"instances", "Instances"},
        {"lo", "From"},
        {"hi", "To"},
    };
    size_t n = strlen(key);
    double factor;
    const char *unit = cell_suffix(key, &n), *name = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known && !name; i++)
        if (!strcmp(key, known[i][0])) name = known[i][1];
    if (name) {
        if (!strncmp(unit, "mm", 2)) lm_html_put(h, "%s (%s)", name, cell_unit(lm_cell_shown(h, unit, &factor)));
        else lm_html_put(h, "%s", name);
        return;
    }
    for (size_t i = 0; i < n;) {
        size_t k = strcspn(key + i, "_-");
        if (k > n - i) k = n - i;
        char first = key[i] >= 'a' && key[i] <= 'z' && i == 0 ? (char)(key[i] - 'a' + 'A') : key[i];
        if (k) {
            lm_html_text(h, &first, (unsigned char)first < 0x80 ? 1 : 0);
            size_t skip = (unsigned char)first < 0x80 ? 1 : 0;
            lm_html_text(h, key + i + skip, k - skip);
        }
        i += k;
        if (i < n) lm_html_put(h, " "), i++;
    }
    if (*unit) lm_html_put(h, " (%s)", cell_unit(lm_cell_shown(h, unit, &factor)));
}

bool lm_cell_range(const json_t *v, const json_t *beside, double *lo, double *hi, bool *has_hi, const char **unit)
{
    if (!lm_cell_num(v, "lo", lo)) return false;
    *has_hi = lm_cell_num(v, "hi", hi);
    *unit = lm_cell_str(beside, "unit");
    if (!*unit || !strcmp(*unit, "1")) *unit = "";
    return true;
}

/* ---- tables ---- */

void lm_cell_section(lm_html *h, const char *id, const char *title)
{
    lm_html_put(h, "\n<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 id=\"h-%s\">%s</h2>\n", id, id, id, title);
}

void lm_cell_section_end(lm_html *h)
{
    lm_html_put(h, "</section>\n");
}

void lm_cell_table(lm_html *h, const char *cls, const char *caption, const char *heads)
{
    lm_html_put(h, "<table class=\"%s\">\n<caption>%s</caption>\n<thead><tr>", cls, caption);
    while (*heads) {
        size_t n = strcspn(heads, "|");
        bool number = n && heads[n - 1] == '>';
        lm_html_put(h, number ? "<th scope=\"col\" class=\"num\">" : "<th scope=\"col\">");
        lm_html_text(h, heads, number ? n - 1 : n);
        lm_html_put(h, "</th>");
        heads += n + (heads[n] == '|');
    }
    lm_html_put(h, "</tr></thead>\n<tbody>\n");
}

void lm_cell_table_end(lm_html *h)
{
    lm_html_put(h, "</tbody>\n</table>\n");
}

void lm_cell_td(lm_html *h, const char *label, bool number)
{
    lm_html_put(h, number ? "<td class=\"num\" data-label=\"%s\">" : "<td data-label=\"%s\">", label);
}

void lm_cell_td_key(lm_html *h, const char *label, bool number, const json_t *o, const char *key)
{
    lm_cell_td(h, label, number);
    lm_cell_key(h, o, key);
    lm_html_put(h, "</td>");
}

void lm_cell_missing(lm_html *h)
{
    lm_html_put(h, "<p>");
    lm_html_not_stated(h);
    lm_html_put(h, "</p>\n");
}

static void cell_scale(json_t *v, double factor)
{
    const char *key;
    json_t *one;
    size_t i;
    if (json_is_real(v)) json_real_set(v, json_real_value(v) / factor);
    if (json_is_array(v))
        json_array_foreach(v, i, one) {
            if (json_is_integer(one)) json_array_set_new(v, i, json_real((double)json_integer_value(one) / factor));
            else cell_scale(one, factor);
        }
    json_object_foreach(v, key, one) cell_scale(one, factor);
}

/* A value whose key names a unit, in the unit that is shown. */
static void cell_value(lm_html *h, const char *key, const json_t *v)
{
    size_t n = strlen(key);
    double factor;
    lm_cell_shown(h, cell_suffix(key, &n), &factor);
    json_t *own = factor == 1 ? NULL : json_is_integer(v) ? json_real((double)json_integer_value(v)) : json_deep_copy(v);
    if (own) cell_scale(own, factor);
    lm_html_json(h, own ? own : v);
    json_decref(own);
}

void lm_cell_pairs(lm_html *h, const char *caption, const json_t *o)
{
    const char *key;
    json_t *v;
    if (!json_is_object(o) || !json_object_size(o)) {
        lm_cell_missing(h);
        return;
    }
    lm_html_put(h, "<table class=\"pairs\">\n<caption>%s</caption>\n<tbody>\n", caption);
    json_object_foreach((json_t *)o, key, v) {
        lm_html_put(h, "<tr><th scope=\"row\">");
        lm_cell_label(h, key);
        lm_html_put(h, strncmp(key, "sha256", 6) ? "</th><td>" : "</th><td class=\"hash\">");
        double lo, hi;
        bool has_hi;
        const char *unit;
        if (!strcmp(key, "threshold") && lm_cell_range(v, o, &lo, &hi, &has_hi, &unit)) {
            char t[LM_DIGITS_TEXT];
            lm_digits_plain(lo, t);
            lm_html_put(h, has_hi ? "from %s" LM_CELL_NBSP "%s" : "%s" LM_CELL_NBSP "%s and above", t, unit);
            if (has_hi) {
                lm_digits_plain(hi, t);
                lm_html_put(h, " to %s" LM_CELL_NBSP "%s", t, unit);
            }
        } else cell_value(h, key, v);
        lm_html_put(h, "</td></tr>\n");
    }
    lm_cell_table_end(h);
}

/* ---- verdicts ---- */

static const lm_cell_verdict cell_verdicts[] = {
    {"pass", "PASS", "pass", "within the stated tolerances",
     "<circle cx=\"12\" cy=\"12\" r=\"10\"/><path d=\"M7 12.5l3.5 3.5L17 8.5\"/>"},
    {"fail", "FAIL", "fail", "outside the stated tolerances",
     "<path d=\"M8 2h8l6 6v8l-6 6H8l-6-6V8z\"/><path d=\"M8.5 8.5l7 7M15.5 8.5l-7 7\"/>"},
    {"undecided", "UNDECIDED", "undecided", "cannot be decided within the stated tolerances",
     "<path d=\"M12 1.5L22.5 12 12 22.5 1.5 12z\"/><path d=\"M9.6 9.6c0-3.4 5-3.2 5-.2 0 2-2.6 2-2.6 4.2M12 16.4v.6\"/>"},
    {"none", "NOT JUDGED", "none", "nothing was compared",
     "<rect x=\"2\" y=\"2\" width=\"20\" height=\"20\" rx=\"3\"/><path d=\"M7 12h10\"/>"},
};

const lm_cell_verdict *lm_cell_verdict_of(const json_t *o)
{
    const char *v = lm_cell_str(o, "verdict");
    size_t none = sizeof cell_verdicts / sizeof *cell_verdicts - 1;
    for (size_t i = 0; v && i < none; i++)
        if (!strcmp(v, cell_verdicts[i].key)) return &cell_verdicts[i];
    return &cell_verdicts[none];
}

void lm_cell_icon(lm_html *h, const lm_cell_verdict *v)
{
    lm_html_put(h, "<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">");
    lm_html_raw(h, v->icon, strlen(v->icon));
    lm_html_put(h, "</svg>");
}

void lm_cell_badge(lm_html *h, const lm_cell_verdict *v)
{
    lm_html_put(h, "<span class=\"badge %s\">", v->cls);
    lm_cell_icon(h, v);
    lm_html_put(h, "%s</span>", v->word);
}
