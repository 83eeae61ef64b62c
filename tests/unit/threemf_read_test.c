/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 3MF read: packages are built here by libzip alone, expected coordinates are worked out by hand. */
#include "format/threemf_read.h"
#include "format/threemf.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>
#include <cmocka.h>

static lm_mesh mesh;
static lm_records rec;
static char line[2000];

typedef struct {
    const char *name, *text;
    size_t n; /* 0: strlen */
} entry;

static unsigned char *pack(const entry *e, size_t n, int method, size_t *size)
{
    zip_error_t ze;
    zip_error_init(&ze);
    zip_source_t *a = zip_source_buffer_create(NULL, 0, 0, &ze);
    zip_t *z = zip_open_from_source(a, ZIP_CREATE | ZIP_TRUNCATE, &ze);
    assert_non_null(z);
    zip_source_keep(a);
    for (size_t i = 0; i < n; i++) {
        zip_int64_t at = zip_file_add(z, e[i].name, zip_source_buffer(z, e[i].text, e[i].n ? e[i].n : strlen(e[i].text), 0), 0);
        assert_true(at >= 0);
        assert_int_equal(zip_set_file_compression(z, (zip_uint64_t)at, method, 0), 0);
    }
    assert_int_equal(zip_close(z), 0);
    struct zip_stat st;
    assert_int_equal(zip_source_stat(a, &st), 0);
    unsigned char *p = malloc(st.size);
    assert_int_equal(zip_source_open(a), 0);
    assert_int_equal(zip_source_read(a, p, st.size), (zip_int64_t)st.size);
    zip_source_close(a);
    zip_source_free(a);
    *size = st.size;
    return p;
}

static lm_status get_bytes(const void *p, size_t n)
{
    lm_in *in;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_io_open_mem(p, n, &in, NULL), LM_OK);
    lm_status rc = lm_threemf_read(in, &mesh, &rec, &err);
    lm_io_close(in);
    lm_err_line(&err, line, sizeof line);
    if (rc) assert_true(!mesh.pos && !mesh.tri && !mesh.nv && !mesh.nt && *line);
    return rc;
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define RELS(more) \
    XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">" more "</Relationships>"
#define REL(target) \
    "<Relationship Target=\"" target "\" Id=\"r\" Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/>"
#define MODEL(attrs, body) \
    XML "<model xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\" " attrs ">" body "</model>"
#define P "xmlns:p=\"http://schemas.microsoft.com/3dmanufacturing/production/2015/06\" "
#define VERTICES \
    "<vertices><vertex x=\"0\" y=\"0\" z=\"0\"/><vertex x=\"2\" y=\"0\" z=\"0\"/><vertex x=\"0\" y=\"3\" z=\"0\"/><vertex " \
    "x=\"0\" y=\"0\" z=\"4\"/></vertices>"
#define TRIANGLES \
    "<triangles><triangle v1=\"0\" v2=\"2\" v3=\"1\"/><triangle v1=\"0\" v2=\"1\" v3=\"3\"/><triangle v1=\"0\" v2=\"3\" " \
    "v3=\"2\"/><triangle v1=\"1\" v2=\"2\" v3=\"3\"/></triangles>"
#define OBJECT(id) "<object id=\"" id "\"><mesh>" VERTICES TRIANGLES "</mesh></object>"
#define BUILD(items) "<build>" items "</build>"
#define ITEM(id, more) "<item objectid=\"" id "\" " more "/>"
#define WHOLE(attrs, objects, items) MODEL(attrs, "<resources>" objects "</resources>" BUILD(items))

static lm_status get(const char *model)
{
    entry e[] = {{"_rels/.rels", RELS(REL("/3D/m.model")), 0}, {"3D/m.model", model, 0}};
    size_t n;
    unsigned char *p = pack(e, 2, ZIP_CM_DEFLATE, &n);
    lm_status rc = get_bytes(p, n);
    free(p);
    return rc;
}

static void is_at(size_t v, double x, double y, double z)
{
    const double want[3] = {x, y, z};
    bool ok = v < mesh.nv;
    for (size_t c = 0; c < 3 && ok; c++) ok = fabs(mesh.pos[3 * v + c] - want[c]) <= 1.2e-7 * fabs(want[c]); /* an ulp */
    if (!ok)
        fail_msg("vertex %zu is at %g %g %g, not %g %g %g", v, mesh.pos[3 * v], mesh.pos[3 * v + 1], mesh.pos[3 * v + 2], x, y, z);
}

static void one_body(void **state)
{
    (void)state;
    if (get(WHOLE("", OBJECT("1"), ITEM("1", "")))) fail_msg("%s", line);
    assert_true(mesh.nv == 4 && mesh.nt == 4 && !mesh.label && mesh.space == LM_SPACE_UNKNOWN && rec.unit_mm == 1);
    is_at(1, 2, 0, 0);
    is_at(3, 0, 0, 4);
    static const uint32_t want[12] = {0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3};
    assert_memory_equal(mesh.tri, want, sizeof want);
    assert_true(lm_mesh_volume(&mesh) == 4);
}

/* Forms that the fast lists do not know: other order, blanks, comments, properties, entities, foreign elements. */
static void any_form_of_xml(void **state)
{
    (void)state;
    const char *s = MODEL(
        "unit=\"millimeter\" xmlns:q=\"urn:q\" q:a=\"b\"",
        "<metadata name=\"Title\">x</metadata><q:any><vertices><vertex x=\"9\"/></vertices></q:any><resources><basematerials "
        "id=\"7\"><base name=\"n\" "
        "displaycolor=\"#FFFFFF\"/></basematerials><object id=\"1\" type=\"model\" pid=\"7\" pindex=\"0\"><mesh>\n <vertices>\n"
        "<vertex  z=\"0\" x=\"0\" y=\"0\"></vertex><!-- <vertices><vertex x=\"9\" y=\"9\" z=\"9\"/> -->\n\t<vertex x='2' y='0' "
        "z='0'/>"
        "<vertex x=\"0\" y=\"&#51;.0\" z=\"-0\"/><q:vertex/><vertex x=\" 0 \" y=\"0\" z=\"+.4e1\" q:w=\"1\"/></vertices><triangles "
        ">"
        "<triangle v1=\"0\" v2=\"2\" v3=\"1\" pid=\"7\" p1=\"0\"/><triangle v1=\"0\" v2=\"1\" v3=\"3\" />"
        "<triangle v3=\"2\" v2=\"3\" v1=\"0\"/><triangle v1=\"1\" v2=\"2\" "
        "v3=\"3\"/></triangles><q:x><q:y/></q:x></mesh></object></resources>" BUILD(ITEM("1", "")));
    if (get(s)) fail_msg("%s", line);
    assert_true(mesh.nv == 4 && mesh.nt == 4 && lm_mesh_volume(&mesh) == 4);
}

static void units_scale(void **state)
{
    static const struct {
        const char *name;
        double mm;
    } unit[] = {{"micron", 0.001}, {"millimeter", 1}, {"centimeter", 10}, {"inch", 25.4}, {"foot", 304.8}, {"meter", 1000}};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        char s[2000];
        snprintf(s, sizeof s, "%.*sunit=\"%s\"%s", (int)strlen(XML "<model "),
                 WHOLE("", OBJECT("1"), ITEM("1", "transform=\"1 0 0 0 1 0 0 0 1 7 0 0\"")), unit[i].name,
                 WHOLE("", OBJECT("1"), ITEM("1", "transform=\"1 0 0 0 1 0 0 0 1 7 0 0\"")) + strlen(XML "<model"));
        if (get(s)) fail_msg("%s", line);
        is_at(1, 9 * unit[i].mm, 0, 0);
        is_at(3, 7 * unit[i].mm, 0, 4 * unit[i].mm);
        assert_int_equal(json_array_size(rec.findings), unit[i].mm != 1);
    }
}

/* A component mirrored in x and moved, inside an item turned by 90 degrees about z (x to y) and moved. */
static void components_and_transforms(void **state)
{
    (void)state;
    const char *s = WHOLE("",
                          OBJECT("1") "<object id=\"2\"><components><component objectid=\"1\" transform=\"-1 0 0 0 1 0 0 0 1 10 0 "
                                      "0\"/><component objectid=\"1\"/></components></object>",
                          ITEM("2", "transform=\"0 1 0 -1 0 0 0 0 2 100 200 300\"") ITEM("1", ""));
    if (get(s)) fail_msg("%s", line);
    assert_true(mesh.nv == 12 && mesh.nt == 12 && mesh.label);
    is_at(0, 100, 210, 300); /* (0,0,0) -> (10,0,0) -> (0,10,0) -> moved */
    is_at(1, 100, 208, 300);
    is_at(2, 97, 210, 300);
    is_at(3, 100, 210, 308);
    is_at(5, 100, 202, 300);
    is_at(9, 2, 0, 0);
    assert_true(mesh.label[0] == 1 && mesh.label[7] == 1 && mesh.label[8] == 2);
    assert_true(lm_mesh_volume(&mesh) == 4 * 2 + 4 * 2 + 4); /* the mirrored one is turned, so that it adds */
}

static void other_model_parts(void **state)
{
    (void)state;
    entry e[] = {{"_rels/.rels", RELS(REL("3D/root.model")), 0},
                 {"3D/root.model",
                  MODEL(P "requiredextensions=\"p\"",
                        "<resources><object id=\"1\"><components><component objectid=\"5\" "
                        "p:path=\"/3D/a.model\"/></components></object></resources>" BUILD(
                            ITEM("1", "transform=\"1 0 0 0 1 0 0 0 1 1 0 0\"") ITEM("5", "p:path=\"/3D/A.model\""))),
                  0},
                 {"3D/a.model", WHOLE("unit=\"centimeter\"", OBJECT("5"), ""), 0}};
    size_t n;
    unsigned char *p = pack(e, 3, ZIP_CM_STORE, &n);
    if (get_bytes(p, n)) fail_msg("%s", line);
    assert_int_equal(mesh.nt, 8);
    is_at(1, 21, 0, 0);
    is_at(5, 20, 0, 0);
    free(p);
    e[2].name = "3D/b.model";
    p = pack(e, 3, ZIP_CM_STORE, &n);
    assert_int_equal(get_bytes(p, n), LM_ERULE);
    assert_non_null(strstr(line, "3MF-02"));
    free(p);
}

/* Ours: the placement on the bed is undone bit by bit, whatever the space. */
static void our_own_come_back(void **state)
{
    static const float pos[12] = {-1e3f, 0.1f, 3e-5f, 1e6f, -2, -3, -1, 8.25f, -3.3333333f, -1, -2, 1e-6f};
    static const uint32_t tri[12] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3};
    (void)state;
    for (int space = 0; space < 3; space++)
        for (int labels = 0; labels < 2; labels++) {
            lm_mesh m = LM_MESH_INIT;
            lm_out *out;
            unsigned char *p;
            size_t n;
            lm_err err = LM_ERR_INIT;
            assert_int_equal(lm_mesh_alloc(&m, labels ? 8 : 4, labels ? 8 : 4, NULL), LM_OK);
            for (size_t k = 0; k < m.nv / 4; k++)
                for (size_t i = 0; i < 12; i++) {
                    m.pos[12 * k + i] = pos[i] + (float)(k * 5000);
                    m.tri[12 * k + i] = tri[i] + (uint32_t)(4 * k);
                }
            if (lm_mesh_volume(&m) < 0) /* make it face outward */
                for (size_t t = 0; t < m.nt; t++) {
                    uint32_t x = m.tri[3 * t];
                    m.tri[3 * t] = m.tri[3 * t + 1];
                    m.tri[3 * t + 1] = x;
                }
            if (labels) {
                m.label = malloc(8 * sizeof *m.label);
                for (uint32_t t = 0; t < 8; t++) m.label[t] = t < 4 ? 4 : 9;
                lm_part named[] = {{.label = 4, .has_rgb = true, .rgb = {0, 171, 255}}, {.label = 9, .name = "a \"<&>' \xc3\xa4"}};
                for (int i = 0; i < 2; i++) assert_int_equal(lm_parts_add(&m.parts, &named[i], &err), LM_OK);
            }
            m.space = (lm_space)space;
            assert_int_equal(lm_io_create_mem(&out, NULL), LM_OK);
            if (lm_threemf_write(out, &(lm_threemf_opt)LM_THREEMF_OPT_INIT, &m, &err)) fail_msg("%s", err.text[0]);
            assert_int_equal(lm_io_take(out, &p, &n, NULL), LM_OK);
            if (get_bytes(p, n)) fail_msg("%s", line);
            assert_true(mesh.nv == m.nv && mesh.nt == m.nt && mesh.space == m.space);
            assert_memory_equal(mesh.pos, m.pos, 12 * m.nv);
            assert_memory_equal(mesh.tri, m.tri, 12 * m.nt);
            if (labels) assert_memory_equal(mesh.label, m.label, 4 * m.nt);
            else assert_null(mesh.label);
            assert_int_equal(mesh.parts.n, m.parts.n);
            for (size_t i = 0; i < m.parts.n; i++) assert_memory_equal(&mesh.parts.item[i], &m.parts.item[i], sizeof(lm_part));
            free(p);
            lm_mesh_release(&m);
        }
}

/* Names and colours of other programs; labels that cannot be kept are numbered anew. */
static void parts_of_others(void **state)
{
    (void)state;
#define O(id, attrs) "<object id=\"" id "\" " attrs "><mesh>" VERTICES TRIANGLES "</mesh></object>"
    const char *m =
        WHOLE("",
              "<basematerials id=\"9\"><base name=\"x\" displaycolor=\"#0a141E\"/><base name=\"y\" displaycolor=\"red\"/>"
              "<base name=\"z\" displaycolor=\"#FFFFFF80\"/></basematerials>" O(
                  "1", "name=\" tab&#9;bed &#8238;x \" pid=\"9\" pindex=\"0\" xmlns:q=\"urn:meshqa:3mf:1\" q:label=\"7\"")
                  O("2", "name=\"part-2\" pid=\"9\" pindex=\"1\"") O("3", "pid=\"9\" pindex=\"2\"")
                      O("4", "name=\"part\" pid=\"8\" pindex=\"0\""),
              ITEM("1", "") ITEM("2", "") ITEM("3", "") ITEM("4", "") ITEM("1", ""));
    if (get(m)) fail_msg("%s", line);
    assert_int_equal(mesh.nt, 20);
    for (uint32_t t = 0; t < 20; t++) assert_int_equal(mesh.label[t], 1 + t / 4);
    assert_int_equal(mesh.parts.n, 3); /* 2 and 4 have neither a name of their own nor a colour */
    assert_string_equal(mesh.parts.item[0].name, "tab_bed _x");
    assert_memory_equal(mesh.parts.item[0].rgb, ((uint8_t[]){10, 20, 30}), 3);
    assert_true(mesh.parts.item[1].label == 3 && !mesh.parts.item[1].name[0] && mesh.parts.item[1].rgb[0] == 255);
    assert_true(mesh.parts.item[2].label == 5);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rec.findings, 0), "rule")), "3MF-19");
}

#define BAD_MESH(vertices, triangles) WHOLE("", "<object id=\"1\"><mesh>" vertices triangles "</mesh></object>", ITEM("1", ""))
#define VERTEX(x) "<vertices><vertex x=\"" x "\" y=\"0\" z=\"0\"/></vertices>"
#define TRIANGLE(v) "<triangles><triangle v1=\"0\" v2=\"1\" v3=\"" v "\"/></triangles>"

static const struct {
    const char *model, *rule, *says;
} bad[] = {
    {"<!DOCTYPE m [<!ENTITY a \"b\">]>"
     "<model/>",
     "3MF-03", "DOCTYPE"},
    {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><model xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\"/>",
     "3MF-03", "UTF-8"},
    {WHOLE("xml:space=\"preserve\"", OBJECT("1"), ITEM("1", "")), "3MF-03", "xml:space"},
    {WHOLE("", OBJECT("1") "<what/>", ITEM("1", "")), "3MF-03", "<what>"},
    {"<svg/>", "3MF-05", "no 3MF"},
    {MODEL("", "<resources/>"), "3MF-05", "build"},
    {WHOLE("unit=\"yard\"", OBJECT("1"), ITEM("1", "")), "3MF-05", "yard"},
    {BAD_MESH(VERTEX("1."), ""), "3MF-04", "x=\"1.\""},
    {BAD_MESH(VERTEX("1,5"), ""), "3MF-04", "1,5"},
    {BAD_MESH(VERTEX("NaN"), ""), "3MF-04", "NaN"},
    {BAD_MESH(VERTEX("INF"), ""), "3MF-04", "INF"},
    {BAD_MESH(VERTEX("1e39"), ""), "3MF-04", "float32"},
    {BAD_MESH(VERTEX(""), ""), "3MF-04", "x="},
    {BAD_MESH(VERTEX("0x1"), ""), "3MF-04", "0x1"},
    {BAD_MESH(VERTEX("1e"), ""), "3MF-04", "1e"},
    {BAD_MESH(VERTICES, TRIANGLE("4")), "3MF-14", "vertex 4"},
    {BAD_MESH(VERTICES, TRIANGLE("-1")), "3MF-14", "-1"},
    {BAD_MESH(VERTICES, TRIANGLE("4294967296")), "3MF-14", "4294967296"},
    {BAD_MESH(VERTICES VERTICES, ""), "3MF-03", "second <vertices>"},
    {WHOLE("requiredextensions=\"z\"", OBJECT("1"), ITEM("1", "")), "3MF-06", "'z' is not declared"},
    {WHOLE("xmlns:z=\"urn:z\" requiredextensions=\"z\"", OBJECT("1"), ITEM("1", "")), "3MF-06", "urn:z"},
    {WHOLE("", OBJECT("1") OBJECT("1"), ITEM("1", "")), "3MF-07", "stands twice"},
    {WHOLE("", OBJECT("0"), ""), "3MF-07", "resource id"},
    {WHOLE("", OBJECT("1"), ITEM("2", "")), "3MF-07", "object 2"},
    {WHOLE("", OBJECT("1"), "<item/>"), "3MF-07", "objectid"},
    {WHOLE("", "<object id=\"1\"><components><component objectid=\"1\"/></components></object>", ITEM("1", "")), "3MF-07",
     "not defined before"},
    {WHOLE("", "<object id=\"1\"><components><component objectid=\"2\"/></components></object>" OBJECT("2"), ITEM("1", "")),
     "3MF-07", "not defined before"},
    {MODEL("", "<metadata name=\"Title\"/><metadata name=\"Title\"/><resources/><build/>"), "3MF-08", "twice"},
    {WHOLE("", "<object id=\"1\" type=\"other\"/>", ITEM("1", "")), "3MF-09", "other"},
    {WHOLE("", "<object id=\"1\" type=\"big\"/>", ITEM("1", "")), "3MF-10", "big"},
    {WHOLE("", OBJECT("1"), ITEM("1", "transform=\"1 0 0 0 1 0 0 0 1 7 0\"")), "3MF-17", "twelve"},
    {WHOLE("", OBJECT("1"), ITEM("1", "transform=\"1 0 0 0 1 0 0 0 0 7 0 0\"")), "3MF-17", "singular"},
    {WHOLE("", OBJECT("1"), ITEM("1", "transform=\"1 0 0 0 1 0 0 0 1 7 0 0 1\"")), "3MF-17", "twelve"},
    {WHOLE("", OBJECT("1"), ITEM("1", "transform=\"1e300 0 0 0 1 0 0 0 1 7 0 0\"")), "3MF-17", "float32"},
    {WHOLE(P, OBJECT("1"), ITEM("1", "p:path=\"/../x.model\"")), "3MF-01", "../x.model"},
    {WHOLE(P, OBJECT("1"), ITEM("1", "p:path=\"/3D/gone.model\"")), "3MF-02", "gone"},
    {WHOLE("xmlns:b=\"http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02\"",
           "<object id=\"1\"><mesh>" VERTICES TRIANGLES "<b:beamlattice/></mesh></object>", ITEM("1", "")),
     "3MF-22", "lattice"},
    {MODEL("", "<build/><resources/>"), "3MF-07", "before <resources>"},
};

static void refused_by_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (!get(bad[i].model)) fail_msg("case %zu was taken", i);
        if (!strstr(line, bad[i].rule) || !strstr(line, bad[i].says))
            fail_msg("case %zu (%s, %s): %s", i, bad[i].rule, bad[i].says, line);
    }
    assert_int_equal(get("<model xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\">"), LM_EFORMAT);
    assert_int_equal(get(WHOLE("", "<object id=\"1\"></mesh></object>", "")), LM_EFORMAT);
    assert_int_equal(get("x"), LM_EFORMAT);
}

static void refused_packages(void **state)
{
    static const char good[] = WHOLE("", OBJECT("1"), ITEM("1", ""));
    static const struct {
        entry e[3];
        const char *says;
    } t[] = {
        {{{"hello.txt", "x", 0}}, "no _rels/.rels"},
        {{{"_rels/.rels", RELS(""), 0}}, "names no start part"},
        {{{"_rels/.rels", RELS(REL("/a") REL("/b")), 0}, {"a", good, 0}}, "more than one start part"},
        {{{"_rels/.rels", RELS(REL("/3D/m.model")), 0}}, "no part '3D/m.model'"},
        {{{"_rels/.rels", RELS(REL("/../3D/m.model")), 0}, {"3D/m.model", good, 0}}, "3MF-01"},
        {{{"_rels/.rels", RELS(REL("/3D/../../m")), 0}, {"m", good, 0}}, "3MF-01"},
        {{{"_rels/.rels", RELS(REL("file:///etc/passwd")), 0}}, "3MF-01"},
        {{{"_rels/.rels",
           RELS("<Relationship TargetMode=\"External\" Target=\"x\" Id=\"r\" "
                "Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/>"),
           0}},
         "outside the package"},
        {{{"_rels/.rels", RELS(REL("/3D/m.model")), 0}, {"3D/m.model", good, 0}, {"3D/M.model", good, 0}}, "two parts"},
        {{{"_rels/.rels", "<!DOCTYPE a><a/>", 0}}, "DOCTYPE"},
    };
    size_t n;
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        size_t k = 0;
        while (k < 3 && t[i].e[k].name) k++;
        unsigned char *p = pack(t[i].e, k, ZIP_CM_DEFLATE, &n);
        if (!get_bytes(p, n)) fail_msg("case %zu was taken", i);
        if (!strstr(line, t[i].says)) fail_msg("case %zu: %s", i, line);
        free(p);
    }
}

static void bombs(void **state)
{
    (void)state;
    /* 64 MB of blanks in 64 KB */
    size_t n, big = (size_t)64 << 20;
    char *blanks = malloc(big);
    memset(blanks, ' ', big);
    entry e[] = {{"_rels/.rels", RELS(REL("/3D/m.model")), 0}, {"3D/m.model", blanks, big}};
    unsigned char *p = pack(e, 2, ZIP_CM_DEFLATE, &n);
    assert_int_equal(get_bytes(p, n), LM_ERANGE);
    assert_non_null(strstr(line, "bomb"));
    free(p);
    free(blanks);
    /* 20 levels of two components each, and a chain that is too long */
    char *s = malloc(1 << 16), *o = s;
    o += sprintf(o, "%s", XML "<model xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\"><resources>" OBJECT("1"));
    for (int i = 2; i < 27; i++)
        o += sprintf(o,
                     "<object id=\"%d\"><components><component objectid=\"%d\"/><component objectid=\"%d\"/></components></object>",
                     i, i - 1, i - 1);
    sprintf(o, "</resources><build><item objectid=\"26\"/></build></model>");
    assert_int_equal(get(s), LM_ERANGE);
    assert_non_null(strstr(line, "bomb"));
    for (int from = 2; from < 60; from += 57) { /* counted from the end, or level by level */
        o = s + sprintf(s, "%s",
                        XML "<model xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\"><resources>" OBJECT("1"));
        for (int i = 2; i < 60; i++)
            o += sprintf(o, "<object id=\"%d\"><components><component objectid=\"%d\"/></components></object>", i, i - 1);
        o += sprintf(o, "</resources><build>");
        for (int i = from; i < 60; i++) o += sprintf(o, "<item objectid=\"%d\"/>", i);
        sprintf(o, "</build></model>");
        assert_int_equal(get(s), LM_ERULE);
        assert_non_null(strstr(line, "3MF-07"));
    }
    free(s);
}

/* Cut and altered at every byte: an error or the same mesh, never a crash. */
static void damaged_packages(void **state)
{
    (void)state;
    entry e[] = {{"_rels/.rels", RELS(REL("/3D/m.model")), 0}, {"3D/m.model", WHOLE("", OBJECT("1"), ITEM("1", "")), 0}};
    for (int method = 0; method < 2; method++) {
        size_t n;
        unsigned char *p = pack(e, 2, method ? ZIP_CM_DEFLATE : ZIP_CM_STORE, &n);
        assert_int_equal(get_bytes(p, n), LM_OK);
        for (size_t k = 1; k < n; k += 7) {
            unsigned char *cut = malloc(k);
            memcpy(cut, p, k);
            assert_int_not_equal(get_bytes(cut, k), LM_OK);
            free(cut);
        }
        for (size_t k = 0; k < n; k++) {
            p[k] ^= 0x41;
            if (get_bytes(p, n) == LM_OK) assert_true(mesh.nt == 4 && lm_mesh_volume(&mesh) == 4);
            p[k] ^= 0x41;
        }
        free(p);
    }
}

static void slicers_attributes_are_told(void **state)
{
    (void)state;
    if (get(WHOLE("", OBJECT("1"), ITEM("1", "printable=\"1\"")))) fail_msg("%s", line);
    assert_int_equal(json_array_size(rec.findings), 1);
    assert_non_null(strstr(json_string_value(json_object_get(json_array_get(rec.findings, 0), "text")), "printable of <item>"));
}

static int done(void **state)
{
    (void)state;
    lm_mesh_release(&mesh);
    lm_record_release(&rec);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_body),          cmocka_unit_test(any_form_of_xml),
        cmocka_unit_test(units_scale),       cmocka_unit_test(components_and_transforms),
        cmocka_unit_test(other_model_parts), cmocka_unit_test(our_own_come_back),
        cmocka_unit_test(parts_of_others),   cmocka_unit_test(refused_by_rule),
        cmocka_unit_test(refused_packages),  cmocka_unit_test(bombs),
        cmocka_unit_test(damaged_packages),  cmocka_unit_test(slicers_attributes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
