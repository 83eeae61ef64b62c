/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/junit.h"

#include <string.h>

/* Text for an attribute; characters that XML 1.0 has no place for become '?'. */
static void junit_text(lm_out *out, const char *s)
{
    for (; s && *s; s++) {
        unsigned char c = (unsigned char)*s;
        switch (c) {
        case '<': lm_io_printf(out, "&lt;"); break;
        case '>': lm_io_printf(out, "&gt;"); break;
        case '&': lm_io_printf(out, "&amp;"); break;
        case '"': lm_io_printf(out, "&quot;"); break;
        default: lm_io_printf(out, "%c", c < 0x20 || c == 0x7f ? '?' : c);
        }
    }
}

static void junit_case(lm_out *out, const char *name, const char *verdict, const char *note)
{
    bool good = !strcmp(verdict, "pass");
    lm_io_printf(out, "    <testcase classname=\"meshmeasure\" name=\"");
    junit_text(out, name);
    lm_io_printf(out, good ? "\"/>\n" : "\">\n      <failure type=\"");
    if (good) return;
    junit_text(out, verdict);
    lm_io_printf(out, "\" message=\"");
    junit_text(out, note);
    lm_io_printf(out, "\"/>\n    </testcase>\n");
}

static const char *junit_string(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

void lm_junit_write(lm_out *out, const json_t *facts)
{
    const json_t *list = json_object_get(facts, "measurements"), *m,
                 *valid = json_object_get(json_object_get(json_object_get(facts, "integrity"), "final"), "valid");
    size_t i, n = json_array_size(list), bad = !json_is_true(valid);
    json_array_foreach(list, i, m) bad += strcmp(junit_string(m, "verdict"), "pass") != 0;
    lm_io_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" failures=\"%zu\">\n", n + 1, bad);
    lm_io_printf(out, "  <testsuite name=\"meshmeasure");
    const char *id = junit_string(facts, "case");
    if (id[0]) {
        lm_io_printf(out, " ");
        junit_text(out, id);
    }
    lm_io_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", n + 1, bad);
    junit_case(out, "valid", json_is_true(valid) ? "pass" : "fail", "the mesh is not valid for print");
    json_array_foreach(list, i, m) junit_case(out, junit_string(m, "name"), junit_string(m, "verdict"), junit_string(m, "note"));
    lm_io_printf(out, "  </testsuite>\n</testsuites>\n");
}
