/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Specifications: what is read, what is refused, what becomes of a measurement; JUnit XML is well-formed. */
#include "measure/junit.h"
#include "measure/spec.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <expat.h>

static lm_status read(const char *text, lm_spec *out, lm_err *err)
{
    lm_in *in = NULL;
    *err = (lm_err)LM_ERR_INIT;
    lm_status rc = lm_io_open_mem(text, strlen(text), &in, err);
    if (!rc) rc = lm_spec_read(in, out, err);
    lm_io_close(in);
    return rc;
}

static void tolerances_reach_their_quantities(void **state)
{
    (void)state;
    lm_spec s;
    lm_err err;
    lm_expect e;
    assert_int_equal(read("{\"schema\":1,\"name\":\"x\",\"tolerances\":{\"volume\":\"2%\",\"box\":\"0.5mm\",\"dice\":\"0.05\","
                          "\"reported-volume\":\"3ml\"},\"expect\":[{\"name\":\"volume\",\"value\":\"1731ml\"},{\"name\":\"width\","
                          "\"value\":\"80mm\",\"tol\":\"0.2mm\"}]}",
                          &s, &err),
                     LM_OK);
    assert_true(s.n == 4 && s.n_expect == 2);
    e = s.expect[0];
    lm_spec_expect(&s, &e);
    assert_true(e.has_tol && e.of_spec && e.tol.value == 2 && e.tol.unit == LM_UNIT_PERCENT);
    e = s.expect[1];
    lm_spec_expect(&s, &e);
    assert_true(!e.of_spec && e.tol.value == 0.2);
    static const struct {
        const char *name;
        lm_unit unit;
        double value, reference, want;
        lm_verdict verdict;
    } t[] = {{"volume", LM_UNIT_MM3, 1015, 1000, 20, LM_VERDICT_PASS},
             {"volume of part 7", LM_UNIT_MM3, 1025, 1000, 20, LM_VERDICT_FAIL},
             {"max-y of part 2", LM_UNIT_MM, 7.4, 7, 0.5, LM_VERDICT_PASS},
             {"min-x", LM_UNIT_MM, 7.6, 7, 0.5, LM_VERDICT_FAIL},
             {"dice", LM_UNIT_NONE, 0.96, 1, 0.05, LM_VERDICT_PASS},
             {"reported volume 3", LM_UNIT_MM3, 9000, 7000, 3000, LM_VERDICT_PASS},
             {"reported area 3", LM_UNIT_MM2, 9000, 7000, 1, LM_VERDICT_FAIL}, /* none here: as it was */
             {"misplaced", LM_UNIT_NONE, 1, 0, 0, LM_VERDICT_FAIL}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_measurement m = {.unit = t[i].unit, .value = t[i].value, .reference = t[i].reference, .tol = t[i].want == 1 ? 1 : 0};
        snprintf(m.name, sizeof m.name, "%s", t[i].name);
        lm_verdict_measurement(&m);
        assert_int_equal(lm_spec_apply(&s, &m, &err), LM_OK);
        assert_true(m.tol == t[i].want);
        assert_int_equal(m.verdict, t[i].verdict);
    }
}

static void what_is_not_known_or_stands_twice_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } t[] = {
        {"", "cut off"},
        {"[]", "no object"},
        {"{\"schema\":1", "line 1"},
        {"{\"schema\":2}", "schema"},
        {"{}", "schema"},
        {"{\"schema\":1,\"tolerance\":{}}", "no key 'tolerance'"},
        {"{\"schema\":1,\"schema\":1}", "uplicate"},
        {"{\"schema\":1,\"tolerances\":{\"volume\":\"1%\",\"volume\":\"2%\"}}", "uplicate"},
        {"{\"schema\":1,\"tolerances\":{\"weight\":\"1%\"}}", "'weight' is no known quantity"},
        {"{\"schema\":1,\"tolerances\":{\"volume\":1}}", "no text"},
        {"{\"schema\":1,\"tolerances\":{\"volume\":\"1mm\"}}", "does not fit"},
        {"{\"schema\":1,\"tolerances\":{\"volume\":\"-1%\"}}", "does not fit"},
        {"{\"schema\":1,\"tolerances\":{\"volume\":\"nan\"}}", "no number"},
        {"{\"schema\":1,\"tolerances\":[]}", "no object"},
        {"{\"schema\":1,\"expect\":[{\"name\":\"volume\",\"value\":\"1ml\"},{\"name\":\"volume\",\"value\":\"2ml\"}]}", "twice"},
        {"{\"schema\":1,\"expect\":[{\"name\":\"volume\"}]}", "needs"},
        {"{\"schema\":1,\"expect\":[{\"name\":\"volume\",\"value\":\"1ml\",\"x\":1}]}", "no key 'x'"},
        {"{\"schema\":1,\"expect\":[{\"name\":\"depth of soul\",\"value\":\"1ml\"}]}", "no known quantity"},
        {"{\"schema\":1,\"expect\":{}}", "a list"}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_spec s;
        lm_err err;
        char line[1000];
        lm_status rc = read(t[i].text, &s, &err);
        assert_true(rc == LM_EUSAGE || rc == LM_EFORMAT);
        lm_err_line(&err, line, sizeof line);
        if (i && !strstr(line, t[i].says)) fail_msg("%zu: %s", i, line);
    }
}

static void percentage_of_a_place_means_nothing(void **state)
{
    (void)state;
    lm_spec s;
    lm_err err;
    lm_measurement m = {.name = "min-x", .unit = LM_UNIT_MM, .absolute = true, .value = 1, .reference = 2};
    assert_int_equal(read("{\"schema\":1,\"tolerances\":{\"box\":\"1%\"}}", &s, &err), LM_OK);
    assert_int_equal(lm_spec_apply(&s, &m, &err), LM_EUSAGE);
}

static void junit_is_xml_whatever_is_in_it(void **state)
{
    (void)state;
    lm_out *out = NULL;
    unsigned char *p = NULL;
    size_t n = 0;
    json_t *facts = json_pack("{s:s, s:{s:{s:b}}, s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}]}", "case", "a<b>\"&'\x01", "integrity",
                              "final", "valid", 1, "measurements", "name", "volume", "verdict", "undecided", "note", "a & b < c\n",
                              "name", "x", "verdict", "pass", "note", "");
    assert_non_null(facts);
    if (lm_io_create_mem(&out, NULL)) fail();
    lm_junit_write(out, facts);
    if (lm_io_take(out, &p, &n, NULL)) fail();
    XML_Parser x = XML_ParserCreate(NULL);
    assert_int_equal(XML_Parse(x, (const char *)p, (int)n, 1), XML_STATUS_OK);
    XML_ParserFree(x);
    p = realloc(p, n + 1);
    p[n] = 0;
    assert_non_null(strstr((char *)p, "tests=\"3\" failures=\"1\""));
    assert_non_null(strstr((char *)p, "<failure type=\"undecided\" message=\"a &amp; b &lt; c?\"/>"));
    free(p);
    json_decref(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tolerances_reach_their_quantities),
        cmocka_unit_test(what_is_not_known_or_stands_twice_is_refused),
        cmocka_unit_test(percentage_of_a_place_means_nothing),
        cmocka_unit_test(junit_is_xml_whatever_is_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
