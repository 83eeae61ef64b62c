/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/report.h"
#include "base/hash.h"
#include "reports/digits.h"
#include "reports/html.h"
#include "reports/page.h"
#include "surface/audit.h"
#include <expat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_error_t e;
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
    if (!j) fail_msg("line %d: %s", e.line, e.text);
    return j;
}

static char *page(const json_t *facts, const lm_mesh *mesh, size_t *n)
{
    lm_err err = LM_ERR_INIT;
    lm_out *out;
    unsigned char *p;
    assert_int_equal(lm_io_create_mem(&out, &err), LM_OK);
    assert_int_equal(lm_report_write(out, facts, mesh, NULL, &err), LM_OK);
    assert_int_equal(lm_io_take(out, &p, n, &err), LM_OK);
    char *s = realloc(p, *n + 1);
    assert_non_null(s);
    s[*n] = 0;
    return s;
}

/* What expat sees: the text of the page, and what no report may hold. */
typedef struct {
    char *text;
    size_t n, cap;
    int tables, captions, images, sections, scripts, skip;
    bool script, outside;
} seen;

static void add(seen *s, const char *p, size_t n)
{
    if (s->n + n + 1 > s->cap) {
        s->cap = 2 * (s->n + n + 1);
        s->text = realloc(s->text, s->cap);
        assert_non_null(s->text);
    }
    memcpy(s->text + s->n, p, n);
    s->text[s->n += n] = 0;
}

static void on_start(void *ctx, const char *name, const char **attr)
{
    seen *s = ctx;
    if (!strcmp(name, "iframe") || !strcmp(name, "link") || !strcmp(name, "object") || !strcmp(name, "base")) s->script = true;
    s->tables += !strcmp(name, "table");
    s->captions += !strcmp(name, "caption");
    s->images += !strcmp(name, "img");
    s->sections += !strcmp(name, "section");
    s->scripts += !strcmp(name, "script");
    s->skip += !strcmp(name, "style") || !strcmp(name, "script");
    for (; *attr; attr += 2) {
        if (!strncmp(attr[0], "on", 2) || !strcmp(attr[0], "style")) s->script = true; /* the policy forbids both */
        if (!strcmp(attr[0], "src") && strncmp(attr[1], "data:image/png;base64,", 22)) s->outside = true;
        if (!strcmp(attr[0], "href") && attr[1][0] != '#') s->outside = true;
    }
}

static void on_end(void *ctx, const char *name)
{
    ((seen *)ctx)->skip -= !strcmp(name, "style") || !strcmp(name, "script");
    add(ctx, " ", 1);
}

static void on_text(void *ctx, const char *p, int n)
{
    if (!((seen *)ctx)->skip) add(ctx, p, (size_t)n);
}

static seen look(const char *html, size_t n)
{
    seen s = {0};
    XML_Parser x = XML_ParserCreate("UTF-8");
    assert_non_null(x);
    XML_SetUserData(x, &s);
    XML_SetElementHandler(x, on_start, on_end);
    XML_SetCharacterDataHandler(x, on_text);
    if (XML_Parse(x, html, (int)n, 1) != XML_STATUS_OK)
        fail_msg("not well-formed at line %lu: %s", XML_GetCurrentLineNumber(x), XML_ErrorString(XML_GetErrorCode(x)));
    XML_ParserFree(x);
    assert_false(s.script);
    assert_false(s.outside);
    assert_int_equal(s.tables, s.captions);
    assert_int_equal(s.sections, 12 + (s.scripts > 0)); /* every section stands on every page; the 3D view where there is a mesh */
    assert_true(!s.scripts || s.scripts == 3);          /* two of data, and ours */
    return s;
}

static void has(const seen *s, const char *text)
{
    if (!strstr(s->text, text)) fail_msg("'%s' is not on the page", text);
}

/* The policy names the hash of what stands between the two marks. */
static void allowed(const char *html, const char *directive, const char *from, const char *to)
{
    char source[LM_PAGE_SOURCE];
    const char *p = strstr(html, from), *d = strstr(html, directive);
    assert_non_null(p);
    assert_non_null(d);
    p += strlen(from);
    const char *end = strstr(p, to);
    assert_non_null(end);
    lm_page_source(p, (size_t)(end - p), source);
    assert_memory_equal(d + strlen(directive) + 1, source, strlen(source));
}

static const char full[] =
    "{'schema':1,'tool':'meshmeasure','version':'0.1.0','case':'C-7','scale':1,'verdict':'undecided','reason':'One of two cannot "
    "be decided.',"
    "'source':{'kind':'dicom','modality':'CT','spacing_mm':[0.7,0.7],'sha256_pixels':'ab12','lossy':false},'segmentation':{'"
    "threshold':'300HU'},"
    "'integrity':{'before':null,'final':{'open_edges':0,'selfintersecting_pairs':4,'triangles':1234567,'valid':false}},'second_"
    "opinion':null,"
    "'ledger':[{'stage':'mcubes','kind':'change','from':'volume_at_level','to':'mesh','before_mm3':1000,'after_mm3':1001,'change_"
    "mm3':1,"
    "'change_percent':0.1,'moved_mm':0.02},{'stage':'meshfix','kind':'change','from':'mesh','to':'mesh','before_mm3':1002,'after_"
    "mm3':1002,"
    "'change_mm3':0,'change_percent':0,'moved_mm':null}],"
    "'measurements':[{'name':'volume','unit':'mm3','value':1730592.4,'reference':1731000,'reference_is':'stated','difference':-407."
    "6,"
    "'difference_percent':-0.02355,'uncertainty':500,'tolerance':17310,'verdict':'pass','rule':'|m - r| + u <= tol'}],"
    "'quantities':{'volume_mm3':1730592.4,'area_mm2':5000,'extents_mm':[1,2,3],'components':1},'files':[{'format':'3mf','bytes':10,"
    "'sha256':'cd34'}],"
    "'warnings':[{'level':'warning','rule':'G-8','text':'touches the border'}],"
    "'records':[{'tool':'dcmseg','version':'0.1.0','options':{'threshold':{'lo':-950,'hi':-500.5},'unit':'HU','preset':'lung','"
    "keep':'largest','open':false},'out':{'crc32':'01','bytes':5}},"
    "{'tool':'mcubes','version':'0.1.0','options':{'iso':300},'in':{'crc32':'01','bytes':5},'out':{'crc32':'02','bytes':6}}],"
    "'options':{'expect':['volume=1731ml'],'tol':[],'against':true},'software':{'meshqa':'0.1.0','libraries':{'gdcm':'3.0'}}}";

static json_t *facts_of(const char *text)
{
    char *s = strdup(text);
    for (char *c = s; *c; c++)
        if (*c == '\'') *c = '"';
    json_t *j = parse(s);
    free(s);
    return j;
}

static void triangle(lm_mesh *m)
{
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_mesh_alloc(m, 3, 1, &err), LM_OK);
    memcpy(m->pos, (float[9]){0, 0, 0, 10, 0, 0, 0, 10, 10}, 36);
    memcpy(m->tri, (uint32_t[3]){0, 1, 2}, 12);
    m->space = LM_SPACE_LPS;
}

static void says_what_the_facts_say(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    triangle(&m);
    json_t *j = facts_of(full);
    size_t n;
    char *html = page(j, &m, &n);
    seen s = look(html, n);
    assert_int_equal(s.images, 6);
    has(&s, "UNDECIDED");
    has(&s, "One of two cannot be decided.");
    has(&s, "C-7");
    has(&s, "1\xc2\xa0:\xc2\xa0"
            "1");
    /* 500 mm3 of uncertainty: whole mm3 and hundredths of a ml */
    has(&s, "1\xe2\x80\xaf"
            "730\xe2\x80\xaf"
            "592\xc2\xa0mm\xc2\xb3");
    has(&s, "1730.59\xc2\xa0ml");
    has(&s, "\xe2\x88\x92"
            "408\xc2\xa0\xc2\xb1\xc2\xa0"
            "500\xc2\xa0mm\xc2\xb3");
    has(&s, "4 \xe2\x9c\x97");
    has(&s, "1\xe2\x80\xaf"
            "234\xe2\x80\xaf"
            "567");
    has(&s, "G-8");
    has(&s, "dcmseg SERIES --threshold=-950HU:-500.5HU --keep largest |\n  mcubes --iso 300 |\n  meshmeasure --expect "
            "volume=1731ml --against SERIES --case C-7");
    has(&s, "The books do not close"); /* 1001 is not 1002 */
    has(&s, "The chain is whole");
    has(&s, "Not a cleared medical device.");
    has(&s, "not stated"); /* before repair */
    allowed(html, "style-src", "<style>", "</style>");
    allowed(html, "script-src", "<script>", "</script>");
    assert_int_equal(s.scripts, 3);
    assert_null(strstr(html, "unsafe"));
    free(s.text);
    free(html);
    json_decref(j);
    lm_mesh_release(&m);
}

static void same_facts_same_bytes_and_a_hash_that_can_be_checked(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    triangle(&m);
    json_t *j = facts_of(full);
    size_t n, k;
    char *a = page(j, &m, &n), *b = page(j, &m, &k);
    assert_int_equal(n, k);
    assert_memory_equal(a, b, n);
    /* as `sed '/^<section id="signoff"/,$d'` cuts it */
    char hex[LM_SHA256_HEX], *cut = strstr(a, "\n<section id=\"signoff\"");
    assert_non_null(cut);
    lm_hash_sha256_of(a, (size_t)(cut + 1 - a), hex);
    assert_non_null(strstr(cut, hex));
    free(a);
    free(b);
    json_decref(j);
    lm_mesh_release(&m);
}

/* Every key taken away, and every key replaced by each other type, at every depth: a page comes out. */
static void survive(json_t *root, json_t *at)
{
    const char *keys[64];
    size_t count = 0;
    const char *key;
    json_t *v;
    if (json_is_array(at)) {
        for (size_t i = 0; i < json_array_size(at); i++) survive(root, json_array_get(at, i));
        return;
    }
    json_object_foreach(at, key, v) keys[count++] = key;
    for (size_t i = 0; i < count; i++) {
        json_t *old = json_incref(json_object_get(at, keys[i]));
        for (int kind = 0; kind < 7; kind++) {
            json_t *other[] = {json_null(),      json_true(),  json_integer(-5),          json_real(1e300),
                               json_string("x"), json_array(), json_pack("[{s:[]}]", "a")};
            json_object_set(at, keys[i], other[kind]);
            size_t n;
            char *html = page(root, NULL, &n);
            free(look(html, n).text);
            free(html);
            for (int k = 0; k < 7; k++) json_decref(other[k]);
        }
        json_object_set(at, keys[i], old); /* same key: order kept */
        survive(root, old);
        json_decref(old);
    }
}

static void missing_and_wrong_keys_are_not_stated(void **state)
{
    (void)state;
    json_t *j = facts_of(full);
    survive(j, j);
    json_object_clear(j);
    size_t n;
    char *html = page(j, NULL, &n);
    seen s = look(html, n);
    has(&s, "NOT JUDGED");
    has(&s, "not stated");
    assert_int_equal(s.images, 0);
    free(s.text);
    free(html);
    json_decref(j);
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_report_write(NULL, NULL, NULL, NULL, &err), LM_EFORMAT);
}

/* Hostile strings in the place of every string, and as keys. */
static void poison(json_t *v, json_t *with)
{
    size_t i;
    json_t *item;
    const char *key;
    if (json_is_string(v)) json_string_setn(v, json_string_value(with), json_string_length(with));
    json_array_foreach(v, i, item) poison(item, with);
    json_object_foreach(v, key, item) poison(item, with);
    if (json_is_object(v) && json_object_get(v, "threshold")) json_object_set_new(v, "\"><script>k</script>", json_string("v"));
}

static void hostile_strings_stay_text(void **state)
{
    (void)state;
#define S(text) \
    { \
        text, sizeof text - 1 \
    }
    static const struct {
        const char *s;
        size_t n;
    } bad[] = {
        S("</td><script>alert(1)</script><img src=x onerror=alert(1)>&amp;&#x3c;'\""),
        S("\"' onmouseover='x' a="),
        S("--><![CDATA[ ]]> </style></title>"),
        S("\0\1\b\x1f\x7f\xc2\x85\xe2\x80\xae\xe2\x81\xa6\xef\xbf\xbe\xef\xbf\xbf"),
        S("%s %n %1000000d"),
        S("'; rm -rf ~ #\n$(reboot)`x`"),
        S(""),
    };
    lm_mesh m = LM_MESH_INIT;
    triangle(&m);
    for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
        json_t *j = facts_of(full), *with;
        if (i < sizeof bad / sizeof *bad) {
            with = json_stringn(bad[i].s, bad[i].n);
        } else { /* half a megabyte, no break, a multi-byte character across the cut */
            char *big = malloc(500001);
            for (int k = 0; k < 500000; k += 2) memcpy(big + k, "\xc3\xa9", 2);
            with = json_stringn(big, 500000);
            free(big);
        }
        assert_non_null(with);
        poison(j, with);
        size_t n;
        char *html = page(j, &m, &n);
        seen s = look(html, n);
        if (i == 0) has(&s, "</td><script>alert(1)</script><img src=x onerror=alert(1)>&amp;&#x3c;'");
        if (i == 5) has(&s, "''\\''; rm -rf ~ #\n$(reboot)`x`'"); /* the recipe keeps it in one quoted word */
        if (i == sizeof bad / sizeof *bad) {
            has(&s, "500\xe2\x80\xaf"
                    "000 bytes in all");
            assert_true(n < 2000000); /* of them 900 kB are the script */
        }
        free(s.text);
        free(html);
        json_decref(with);
        json_decref(j);
    }
    lm_mesh_release(&m);
}

static void broken_utf8_becomes_replacement(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } t[] = {
        {"a<b", "a&lt;b"},
        {"\xff", "\xef\xbf\xbd"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82\xac", "\xe2\x82\xac"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf0\x9f\x92\x80!", "\xf0\x9f\x92\x80!"},
        {"\xe2\x80\xae"
         "x",
         "\xef\xbf\xbdx"},
        {"tab\tnl\n", "tab\tnl\n"},
        {"\x1b[31m", "\xef\xbf\xbd[31m"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_err err = LM_ERR_INIT;
        lm_out *out;
        lm_html h;
        unsigned char *p;
        size_t n;
        assert_int_equal(lm_io_create_mem(&out, &err), LM_OK);
        lm_html_init(&h, out);
        lm_html_put(&h, "%s", t[i].in);
        assert_int_equal(lm_io_take(out, &p, &n, &err), LM_OK);
        /* U+D800 is a well-formed sequence of a character that is none: one mark or three, both are fine */
        if (i != 5) {
            assert_int_equal(n, strlen(t[i].out));
            assert_memory_equal(p, t[i].out, n);
        } else assert_null(memchr(p, 0xed, n));
        free(p);
    }
}

static void digits_follow_the_uncertainty(void **state)
{
    (void)state;
    char t[LM_DIGITS_TEXT];
    assert_int_equal(lm_digits_places(500, 0), 0);
    assert_int_equal(lm_digits_places(5, 0), 1);
    assert_int_equal(lm_digits_places(0.5, 0), 2);
    assert_int_equal(lm_digits_places(0.012, 0), 3);
    assert_int_equal(lm_digits_places(1e-12, 0), 6);
    assert_int_equal(lm_digits_places(0, 1730.592), 2);
    assert_int_equal(lm_digits_places(0, 0), 0);
    lm_digits_fixed(-0.0004, 2, t);
    assert_string_equal(t, "0.00");
    lm_digits_signed(0.0004, 2, t);
    assert_string_equal(t, "0.00");
    lm_digits_signed(12345.678, 1, t);
    assert_string_equal(t, "+12\xe2\x80\xaf"
                           "345.7");
    lm_digits_fixed(-1234.5, 1, t);
    assert_string_equal(t, "\xe2\x88\x92"
                           "1234.5");
    lm_digits_up(0.0004, 2, t);
    assert_string_equal(t, "0.01");
    lm_digits_up(500, 0, t);
    assert_string_equal(t, "500");
    lm_digits_up(0.5, 1, t);
    assert_string_equal(t, "0.5");
    lm_digits_up(0, 3, t);
    assert_string_equal(t, "0.000");
    lm_digits_fixed(1e300, 3, t);
    assert_string_equal(t, "1e+300");
    lm_digits_count(-9223372036854775807LL - 1, t);
    assert_string_equal(t, "\xe2\x88\x92"
                           "9\xe2\x80\xaf"
                           "223\xe2\x80\xaf"
                           "372\xe2\x80\xaf"
                           "036\xe2\x80\xaf"
                           "854\xe2\x80\xaf"
                           "775\xe2\x80\xaf"
                           "808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_the_facts_say),
        cmocka_unit_test(same_facts_same_bytes_and_a_hash_that_can_be_checked),
        cmocka_unit_test(missing_and_wrong_keys_are_not_stated),
        cmocka_unit_test(hostile_strings_stay_text),
        cmocka_unit_test(broken_utf8_becomes_replacement),
        cmocka_unit_test(digits_follow_the_uncertainty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
