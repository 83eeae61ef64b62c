/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain lists of 3MF: what is read, and exactly where reading stops. */
#include "format/threemf_scan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Text in memory of its exact size, so that a sanitizer sees a byte read too far. */
static char *tight(const char *s)
{
    char *p = malloc(strlen(s) + 1);
    memcpy(p, s, strlen(s));
    return p;
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        int used; /* -1: no number */
        double v;
    } t[] = {{"1.5\"", 3, 1.5}, {"-.5e1 ", 5, -5}, {"+7", 2, 7},   {"1.", -1, 0},    {"1.e5", -1, 0}, {".", -1, 0},
             {"", -1, 0},       {"nan", -1, 0},    {"inf", -1, 0}, {"1e999", -1, 0}, {"0x10", 1, 0},  {" 1", -1, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char *s = tight(t[i].text);
        double v = 0;
        const char *p = lm_threemf_scan_number(s, s + strlen(t[i].text), &v);
        if (p ? p - s != t[i].used || v != t[i].v : t[i].used >= 0) fail_msg("'%s' reads as %g", t[i].text, v);
        free(s);
    }
    uint32_t u;
    const char *s = "2147483647 2147483648";
    assert_ptr_equal(lm_threemf_scan_u32(s, s + 21, &u), s + 10);
    assert_int_equal(u, INT32_MAX);
    assert_null(lm_threemf_scan_u32(s + 11, s + 21, &u)); /* 3MF-14 */
    assert_null(lm_threemf_scan_u32(s + 10, s + 21, &u));
    assert_null(lm_threemf_scan_u32(s, s, &u));
}

/* Any cut and any other form stops behind the last whole element. */
static void lists_stop_where_the_form_ends(void **state)
{
    static const char text[] = "\n <vertex x=\"1\" y=\"2\" z=\"-3e2\"/>\r\n\t<vertex x=\"4\" y=\"5\" z=\"6\" />";
    static const double want[6] = {1, 2, -300, 4, 5, 6};
    size_t first = (size_t)(strstr(text, "/>") + 2 - text), all = strlen(text), n;
    (void)state;
    for (size_t k = 0; k <= all; k++) {
        double p[9] = {0};
        char *s = malloc(k ? k : 1);
        memcpy(s, text, k);
        const char *stop = lm_threemf_scan_vertices(s, s + k, p, 3, &n);
        assert_int_equal(n, (k >= first) + (k == all));
        assert_int_equal(stop - s, k == all ? all : k >= first ? first : 0);
        assert_memory_equal(p, want, 24 * n);
        free(s);
    }
    double p[3];
    const char *at = lm_threemf_scan_vertices(text, text + all, p, 1, &n); /* max */
    assert_true(n == 1 && at == text + first);
    static const char *const other[] = {"<vertex y=\"1\" x=\"2\" z=\"3\"/>",
                                        "<vertex x='1' y='2' z='3'/>",
                                        "<vertex  x=\"1\"",
                                        "<vertex x=\" 1\" y=\"2\" z=\"3\"/>",
                                        "<vertex x=\"1\" y=\"2\" z=\"3\" a=\"b\"/>",
                                        "<vertex x=\"1\" y=\"2\" z=\"3\"></vertex>",
                                        "<triangle v1=\"0\" v2=\"1\" v3=\"2\"/>"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_ptr_equal(lm_threemf_scan_vertices(other[i], other[i] + strlen(other[i]), p, 1, &n), other[i]);
}

static void triangles(void **state)
{
    const char *s = "<triangle v1=\"0\" v2=\"12\" v3=\"2147483647\"/><triangle v1=\"1\" v2=\"2\" v3=\"3\" pid=\"7\"/>";
    uint32_t v[6];
    size_t n;
    (void)state;
    const char *stop = lm_threemf_scan_triangles(s, s + strlen(s), v, 2, &n);
    assert_true(n == 1 && !strncmp(stop, "<triangle v1=\"1\"", 16) && v[0] == 0 && v[1] == 12 && v[2] == INT32_MAX);
    s = "<triangle v1=\"-1\" v2=\"2\" v3=\"3\"/>";
    assert_ptr_equal(lm_threemf_scan_triangles(s, s + strlen(s), v, 2, &n), s);
}

static void lists_are_found(void **state)
{
    const char *s = "<a><vertices ><vertices>x<triangles>", *end = s + strlen(s);
    (void)state;
    assert_int_equal(*lm_threemf_scan_list(s, end), 'x');
    assert_ptr_equal(lm_threemf_scan_list(strchr(s, 'x'), end), end);
    assert_ptr_equal(lm_threemf_scan_list(s, s + 23), s + 23); /* cut */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(lists_stop_where_the_form_ends),
        cmocka_unit_test(triangles),
        cmocka_unit_test(lists_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
