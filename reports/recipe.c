/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: provenance - replay */
#include "reports/recipe.h"
#include "base/num.h"

#include <string.h>

/* ---- provenance and replay ---- */
/* A word of a command line, quoted unless it is plain; control characters cannot leave the quotes. */
static void recipe_word(lm_html *h, const char *s, size_t n)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,%@";
    bool quote = n == 0;
    for (size_t i = 0; i < n && !quote; i++) quote = !s[i] || !strchr(plain, s[i]);
    if (!quote) {
        lm_html_text(h, s, n);
        return;
    }
    lm_html_put(h, "%s", "'");
    for (size_t i = 0, from = 0; i <= n; i++)
        if (i == n || s[i] == '\'') {
            lm_html_text(h, s + from, i - from);
            if (i < n) lm_html_put(h, "%s", "'\\''");
            from = i + 1;
        }
    lm_html_put(h, "%s", "'");
}

/* One option as it would be typed. What was off or not given is left out. */
static void recipe_option(lm_html *h, const json_t *options, const char *key, const json_t *v)
{
    char text[3 * LM_NUM_TEXT] = "", name[80];
    const char *value = text, *unit;
    double lo, hi;
    bool has_hi;
    if (json_is_array(v)) {
        for (size_t i = 0; i < json_array_size(v); i++)
            if (!json_is_array(json_array_get(v, i))) recipe_option(h, options, key, json_array_get(v, i));
        return;
    }
    if (lm_cell_range(v, options, &lo, &hi, &has_hi, &unit)) {
        char a[LM_NUM_TEXT], b[LM_NUM_TEXT] = "";
        const char *u = !strcmp(unit, "HU") ? unit : "";
        lm_num_f64(lo, a);
        if (has_hi) lm_num_f64(hi, b);
        snprintf(text, sizeof text, "%s%s%s%s%s", a, u, has_hi ? ":" : "", b, has_hi ? u : "");
    } else if (json_is_string(v)) value = json_string_value(v);
    else if (json_is_integer(v)) snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    else if (json_is_real(v)) lm_num_f64(json_real_value(v), text);
    else if (!json_is_true(v)) return;
    else if (!strcmp(key, "against")) value = "SERIES"; /* paths are never recorded */
    else if (!strcmp(key, "mask")) value = "MASK";
    else if (!strcmp(key, "prob")) value = "MAP";
    else if (!strcmp(key, "acknowledge")) value = "REVIEW";
    else if (!strcmp(key, "spec")) value = "SPECIFICATION";
    else if (!strcmp(key, "landmarks")) value = "LANDMARKS";
    snprintf(name, sizeof name, "--%s", key);
    lm_html_put(h, " ");
    recipe_word(h, name, strlen(name));
    if (json_is_true(v) && !*value) return;
    lm_html_put(h, *value == '-' ? "=" : " "); /* what begins with a minus must not look like an option */
    recipe_word(h, value, json_is_string(v) ? json_string_length(v) : strlen(value));
}

/* A step; a file that it read, whose name is not recorded, is FILE_ and what its checksum begins with. */
static void recipe_step(lm_html *h, const char *name, const json_t *args)
{
    const char *text = json_string_value(args);
    const size_t prefix = strlen("sha256="), digits = 64, shown = 12;
    if (!text || strncmp(text, "sha256=", prefix) != 0 || json_string_length(args) < prefix + digits) {
        recipe_option(h, NULL, name, args);
        return;
    }
    json_t *word = json_sprintf("FILE_%.*s%s", (int)shown, text + prefix, text + prefix + digits);
    recipe_option(h, NULL, name, word);
    json_decref(word);
}

static void recipe_options(lm_html *h, const json_t *options)
{
    const char *key;
    json_t *v;
    const json_t *steps = lm_cell_get(options, "steps");
    bool range = json_is_object(lm_cell_get(options, "threshold")); /* then the preset has said all it had to say */
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const char *name = json_string_value(json_array_get(json_array_get(steps, i), 0));
        if (name) recipe_step(h, name, json_array_get(json_array_get(steps, i), 1));
    }
    json_object_foreach((json_t *)options, key, v) {
        if (range && (!strcmp(key, "preset") || !strcmp(key, "unit"))) continue;
        if (steps && (!strcmp(key, "steps") || !strcmp(key, "threshold") || !strcmp(key, "keep"))) continue;
        recipe_option(h, options, key, v);
    }
}

static void recipe_command(lm_html *h, const json_t *tool, const json_t *options, bool first)
{
    const char *name = json_string_value(tool);
    if (!first) lm_html_put(h, " |\n  ");
    if (name) recipe_word(h, name, json_string_length(tool));
    else lm_html_put(h, "?");
    if (first) lm_html_put(h, " %s", name && !strcmp(name, "dcmseg") ? "SERIES" : "INPUT");
    recipe_options(h, options);
}

static void recipe_payload(lm_html *h, const char *label, const json_t *p)
{
    lm_cell_td(h, label, false);
    if (json_is_object(p)) {
        lm_html_put(h, "<span class=\"hash\">");
        lm_cell_key(h, p, "crc32");
        lm_html_put(h, "</span><br/><span class=\"sub\">");
        lm_cell_key(h, p, "bytes");
        lm_html_put(h, " bytes</span>");
    } else lm_html_not_stated(h);
    lm_html_put(h, "</td>");
}

void lm_recipe_provenance(lm_html *h, const json_t *facts)
{
    const json_t *list = lm_cell_get(facts, "records");
    size_t n = json_array_size(list), breaks = 0;
    lm_cell_section(h, "provenance", "Provenance");
    if (!n) {
        if (json_is_array(list)) lm_html_put(h, "<p>The mesh carries no records: where it comes from cannot be shown.</p>\n");
        else lm_cell_missing(h);
        lm_cell_section_end(h);
        return;
    }
    lm_cell_table(h, "wide cards", "Each tool, with the payload it read and sent on", "Tool|Options|CRC-32 in|CRC-32 out");
    for (size_t i = 0; i < n; i++) {
        const json_t *r = json_array_get(list, i);
        lm_html_put(h, "<tr><th scope=\"row\">");
        lm_cell_key(h, r, "tool");
        lm_html_put(h, " <span class=\"sub\">");
        lm_cell_key(h, r, "version");
        lm_html_put(h, "</span></th>");
        lm_html_put(h, "<td class=\"hash\" data-label=\"Options\">");
        recipe_options(h, lm_cell_get(r, "options"));
        lm_html_put(h, "</td>");
        if (i == 0 && !lm_cell_get(r, "in")) lm_html_put(h, "<td data-label=\"CRC-32 in\">the source</td>");
        else recipe_payload(h, "CRC-32 in", lm_cell_get(r, "in"));
        recipe_payload(h, "CRC-32 out", lm_cell_get(r, "out"));
        lm_html_put(h, "</tr>\n");
        const char *in = lm_cell_str(lm_cell_get(r, "in"), "crc32");
        const char *out = i ? lm_cell_str(lm_cell_get(json_array_get(list, i - 1), "out"), "crc32") : NULL;
        if (i && (!in || !out || strcmp(in, out))) breaks++;
    }
    lm_cell_table_end(h);
    lm_html_put(h, "<p class=\"note\">%s</p>\n",
                breaks ? "The chain is broken: a tool did not read what the tool before it sent."
                       : "The chain is whole: each tool read what the tool before it sent.");
    lm_cell_section_end(h);
}

/* What was edited by hand in the steps of a record: the script, and what each line of it did. */
static void recipe_edits(lm_html *h, const json_t *record)
{
    const json_t *options = lm_cell_get(lm_cell_get(record, "options"), "steps"),
                 *steps = lm_cell_get(lm_cell_get(record, "segment"), "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *edits = lm_cell_get(json_array_get(steps, i), "edits");
        const char *sum = json_string_value(json_array_get(json_array_get(options, i), 1));
        if (!json_array_size(edits)) continue;
        lm_html_put(h, "<p>Edits by hand, ");
        if (sum && strlen(sum) > 19) {
            lm_html_put(h, "FILE_");
            lm_html_text(h, sum + 7, 12);
            lm_html_put(h, ", ");
        }
        lm_html_put(h, "and the samples that each changed:</p>\n<pre><code>");
        for (size_t k = 0; k < json_array_size(edits); k++) {
            const json_t *text = json_array_get(json_array_get(edits, k), 0), *n = json_array_get(json_array_get(edits, k), 1);
            if (json_is_string(text)) lm_html_text(h, json_string_value(text), json_string_length(text));
            char changed[40] = "";
            if (json_is_integer(n)) snprintf(changed, sizeof changed, "  # %" JSON_INTEGER_FORMAT, json_integer_value(n));
            lm_html_put(h, "%s\n", changed);
        }
        lm_html_put(h, "</code></pre>\n");
    }
}

void lm_recipe_replay(lm_html *h, const json_t *facts)
{
    const json_t *list = lm_cell_get(facts, "records");
    size_t n = json_array_size(list);
    lm_cell_section(h, "replay", "Replay recipe");
    if (!n) lm_cell_missing(h);
    else {
        lm_html_put(h, "<p>The same pipe with every option as it was resolved. The same source and versions give the same "
                       "bytes.</p>\n<pre><code>");
        for (size_t i = 0; i < n; i++) {
            const json_t *r = json_array_get(list, i);
            recipe_command(h, lm_cell_get(r, "tool"), lm_cell_get(r, "options"), i == 0);
        }
        const char *tool = lm_cell_str(facts, "tool"), *last = lm_cell_str(json_array_get(list, n - 1), "tool");
        if (json_is_object(lm_cell_get(facts, "options")) && tool && (!last || strcmp(tool, last)))
            recipe_command(h, lm_cell_get(facts, "tool"), lm_cell_get(facts, "options"), false);
        if (tool && (json_is_object(lm_cell_get(facts, "options")) || (last && !strcmp(tool, last))))
            recipe_option(h, NULL, "case", lm_cell_get(facts, "case")); /* it goes into the files, too */
        lm_html_put(h, "</code></pre>\n");
        for (size_t i = 0; i < n; i++) recipe_edits(h, json_array_get(list, i));
    }
    lm_cell_section_end(h);
}
