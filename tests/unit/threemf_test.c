/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/threemf.h"
#include "base/num.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zip.h>
#include <cmocka.h>

static unsigned char *package(const lm_mesh *m, const lm_threemf_opt *opt, size_t *n)
{
    lm_out *out;
    unsigned char *p = NULL;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_io_create_mem(&out, NULL), LM_OK);
    if (lm_threemf_write(out, opt, m, &err)) fail_msg("%s", err.text[0]);
    assert_int_equal(lm_io_take(out, &p, n, NULL), LM_OK);
    return p;
}

/* Part of the package by its name, checked by libzip against its CRC; terminated. */
static char *part(const unsigned char *p, size_t n, const char *name)
{
    zip_source_t *src = zip_source_buffer_create(p, n, 0, NULL);
    zip_t *z = zip_open_from_source(src, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    struct zip_stat st;
    assert_non_null(z);
    assert_int_equal(zip_get_num_entries(z, 0), 3);
    assert_int_equal(zip_stat(z, name, 0, &st), 0);
    assert_int_equal(st.comp_method, ZIP_CM_DEFLATE);
    char *s = malloc(st.size + 1);
    zip_file_t *f = zip_fopen(z, name, 0);
    assert_true(s && f);
    assert_int_equal(zip_fread(f, s, st.size), (zip_int64_t)st.size);
    assert_int_equal(zip_fclose(f), 0);
    s[st.size] = 0;
    zip_close(z);
    return s;
}

static const float tetra_pos[] = {-1, -2, -3, 9, -2, -3, -1, 8.25f, -3, -1, -2, 0.1f};
static const uint32_t tetra_tri[] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3};

static void mesh_of(lm_mesh *m, size_t nv, const float *pos, size_t nt, const uint32_t *tri)
{
    assert_int_equal(lm_mesh_alloc(m, nv, nt, NULL), LM_OK);
    memcpy(m->pos, pos, nv * 12);
    memcpy(m->tri, tri, nt * 12);
}

/* The expected text is written by hand from the 3MF core specification. */
static void writes_the_parts_of_a_package(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    size_t n;
    mesh_of(&m, 4, tetra_pos, 4, tetra_tri);
    m.space = LM_SPACE_LPS;
    lm_threemf_opt opt = {
        .title = "A<B>&\"\xc3\xbc\"\n\x02\xff\xed\xa0\x80|", .case_id = "K-17", .source_sha256 = "00ff", .verdict = "pass"};
    unsigned char *p = package(&m, &opt, &n);
    char *s = part(p, n, "3D/3dmodel.model");
#define BAD "\xef\xbf\xbd"
#define NAME "A&lt;B&gt;&amp;&quot;\xc3\xbc&quot; " BAD BAD BAD "|"
    assert_string_equal(
        s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<model unit=\"millimeter\" xml:lang=\"en-US\" xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\""
           " xmlns:mq=\"urn:meshqa:3mf:1\">\n"
           "<metadata name=\"Title\">" NAME "</metadata>\n"
           "<metadata name=\"Application\">meshqa 0.1.0</metadata>\n"
           "<metadata name=\"mq:Space\">LPS</metadata>\n"
           "<metadata name=\"mq:CaseId\">K-17</metadata>\n"
           "<metadata name=\"mq:SourceSha256\">00ff</metadata>\n"
           "<metadata name=\"mq:Verdict\">pass</metadata>\n"
           "<resources>\n<object id=\"1\" type=\"model\" name=\"" NAME "\">\n<mesh>\n<vertices>\n"
           "<vertex x=\"-1\" y=\"-2\" z=\"-3\"/>\n<vertex x=\"9\" y=\"-2\" z=\"-3\"/>\n"
           "<vertex x=\"-1\" y=\"8.25\" z=\"-3\"/>\n<vertex x=\"-1\" y=\"-2\" z=\"0.100000001\"/>\n"
           "</vertices>\n<triangles>\n"
           "<triangle v1=\"0\" v2=\"2\" v3=\"1\"/>\n<triangle v1=\"0\" v2=\"1\" v3=\"3\"/>\n"
           "<triangle v1=\"1\" v2=\"2\" v3=\"3\"/>\n<triangle v1=\"2\" v2=\"0\" v3=\"3\"/>\n"
           "</triangles>\n</mesh>\n</object>\n</resources>\n"
           "<build>\n<item objectid=\"1\" transform=\"1 0 0 0 1 0 0 0 1 1 2 3\"/>\n</build>\n</model>\n");
    free(s);
    s = part(p, n, "_rels/.rels");
    assert_non_null(strstr(
        s, "Target=\"/3D/3dmodel.model\" Id=\"rel0\" Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\""));
    free(s);
    s = part(p, n, "[Content_Types].xml");
    assert_non_null(strstr(s, "Extension=\"model\" ContentType=\"application/vnd.ms-package.3dmanufacturing-3dmodel+xml\""));
    assert_non_null(strstr(s, "Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\""));
    free(s);
    free(p);
    p = package(&m, &(lm_threemf_opt)LM_THREEMF_OPT_INIT, &n); /* what was not given is not written */
    s = part(p, n, "3D/3dmodel.model");
    assert_non_null(strstr(s, "name=\"part\""));
    assert_null(strstr(s, "CaseId"));
    assert_null(strstr(s, "Verdict"));
    free(s);
    free(p);
    lm_mesh_release(&m);
}

/* A torus of a x b vertices with rough coordinates of many magnitudes: closed and oriented, over one printing block. */
static void torus(lm_mesh *m, uint32_t a, uint32_t b)
{
    uint32_t rng = 99;
    assert_int_equal(lm_mesh_alloc(m, (size_t)a * b, (size_t)a * b * 2, NULL), LM_OK);
    for (uint32_t i = 0; i < a; i++)
        for (uint32_t j = 0; j < b; j++) {
            size_t v = (size_t)i * b + j;
            double t = 2 * M_PI * i / a, p = 2 * M_PI * j / b;
            rng = rng * 1664525u + 1013904223u;
            double r = 30 + 1e-3 * (rng >> 20);
            m->pos[3 * v] = (float)((100 + r * cos(p)) * cos(t));
            m->pos[3 * v + 1] = (float)((100 + r * cos(p)) * sin(t));
            m->pos[3 * v + 2] = (float)(r * sin(p));
            uint32_t i1 = (i + 1) % a * b, j1 = (j + 1) % b, q[6] = {i * b + j, i1 + j, i1 + j1, i * b + j, i1 + j1, i * b + j1};
            memcpy(m->tri + 6 * v, q, sizeof q);
        }
}

static float attribute(const char **s, const char *end, const char *name)
{
    double v;
    const char *at = strstr(*s, name);
    assert_true(at && at < end);
    *s = lm_num_parse(at + strlen(name), end, &v);
    assert_non_null(*s);
    return (float)v;
}

static void numbers_read_back_exactly(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    size_t n;
    torus(&m, 210, 100); /* 21000 vertices, 42000 triangles */
    unsigned char *p = package(&m, &(lm_threemf_opt)LM_THREEMF_OPT_INIT, &n);
    char *xml = part(p, n, "3D/3dmodel.model"), *end = xml + strlen(xml);
    const char *s = xml;
    for (size_t i = 0; i < m.nv; i++)
        assert_true(attribute(&s, end, "<vertex x=\"") == m.pos[3 * i] && attribute(&s, end, "y=\"") == m.pos[3 * i + 1] &&
                    attribute(&s, end, "z=\"") == m.pos[3 * i + 2]);
    assert_null(strstr(s, "<vertex "));
    for (size_t i = 0; i < m.nt; i++)
        assert_true((uint32_t)attribute(&s, end, "<triangle v1=\"") == m.tri[3 * i] &&
                    (uint32_t)attribute(&s, end, "v2=\"") == m.tri[3 * i + 1] &&
                    (uint32_t)attribute(&s, end, "v3=\"") == m.tri[3 * i + 2]);
    assert_null(strstr(s, "<triangle "));
    /* the transform takes the lower corner of the box to the origin, in float32 arithmetic too */
    double lo[3], hi[3];
    lm_mesh_box(&m, lo, hi);
    assert_true(attribute(&s, end, "transform=\"1 0 0 0 1 0 0 0 1 ") == (float)-lo[0]);
    assert_true(attribute(&s, end, " ") == (float)-lo[1]);
    assert_true(attribute(&s, end, " ") == (float)-lo[2]);
    free(xml);
    free(p);
    lm_mesh_release(&m);
}

static void bytes_depend_on_the_input_alone(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    size_t n, n2;
    torus(&m, 210, 100);
    unsigned char *p = package(&m, &(lm_threemf_opt){.threads = 1}, &n);
    static const char *zones[] = {"UTC", "Asia/Kolkata", "XYZ-11:30", "America/New_York"};
    for (int i = 0; i < 4; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        unsigned char *q = package(&m, &(lm_threemf_opt){.threads = i + 1}, &n2);
        assert_int_equal(n, n2);
        assert_memory_equal(p, q, n);
        free(q);
    }
    free(p);
    lm_mesh_release(&m);
}

static void refuse(const lm_mesh *m, const char *rule, const char *says)
{
    lm_out *out;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_io_create_mem(&out, NULL), LM_OK);
    assert_int_equal(lm_threemf_write(out, &(lm_threemf_opt)LM_THREEMF_OPT_INIT, m, &err), LM_ERULE);
    assert_string_equal(err.rule, rule);
    if (!strstr(err.text[0], says)) fail_msg("%s: %s", rule, err.text[0]);
    lm_io_abort(out);
}

static void refuses_what_is_no_part(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    mesh_of(&m, 4, tetra_pos, 4, tetra_tri);
    m.nt = 3;
    refuse(&m, "3MF-14", "3 triangles");
    m.nt = 4;
    m.tri[3] = m.tri[4];
    refuse(&m, "3MF-14", "triangle 1 names a vertex twice");
    memcpy(m.tri, tetra_tri, sizeof tetra_tri);
    m.tri[9] = 0, m.tri[10] = 2; /* one triangle turned */
    refuse(&m, "3MF-12", "opposite ways");
    for (size_t t = 0; t < 4; t++) { /* all turned */
        m.tri[3 * t] = tetra_tri[3 * t + 1];
        m.tri[3 * t + 1] = tetra_tri[3 * t];
        m.tri[3 * t + 2] = tetra_tri[3 * t + 2];
    }
    refuse(&m, "3MF-13", "inside out");
    lm_mesh_release(&m);
    torus(&m, 8, 6);
    m.nt--;
    refuse(&m, "3MF-11", "has 1 triangle,");
    m.nt++;
    memcpy(m.tri + 3 * (m.nt - 1), m.tri, 12); /* a doubled triangle in place of another */
    refuse(&m, "3MF-11", "triangle");
    lm_mesh_release(&m);
}

/* Two tetrahedra on one edge: four triangles there, each pair of them consistent. */
static void refuses_four_triangles_at_an_edge(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    float pos[18] = {0};
    uint32_t tri[24];
    memcpy(pos, tetra_pos, sizeof tetra_pos);
    pos[12] = 30, pos[13] = -40, pos[14] = -3;
    pos[15] = 4, pos[16] = -40, pos[17] = -50;
    memcpy(tri, tetra_tri, sizeof tetra_tri);
    static const uint32_t other[] = {0, 1, 4, 5}; /* shares the edge 0-1 */
    for (size_t i = 0; i < 12; i++) tri[12 + i] = other[tetra_tri[i]];
    mesh_of(&m, 6, pos, 8, tri);
    refuse(&m, "3MF-11", "from vertex 0 to 1 has 4 triangles");
    lm_mesh_release(&m);
}

/* A double cone with 200000 triangles at each apex must not take quadratic time. */
static void takes_vertices_of_any_degree(void **state)
{
    (void)state;
    enum { N = 200000 };
    lm_mesh m = LM_MESH_INIT;
    assert_int_equal(lm_mesh_alloc(&m, N + 2, 2 * N, NULL), LM_OK);
    for (size_t i = 0; i < N; i++) {
        m.pos[3 * i] = (float)(1000 * cos(2 * M_PI * (double)i / N));
        m.pos[3 * i + 1] = (float)(1000 * sin(2 * M_PI * (double)i / N));
        m.pos[3 * i + 2] = 0;
        uint32_t a = (uint32_t)i, b = (a + 1) % N, t[6] = {a, b, N, b, a, N + 1};
        memcpy(m.tri + 6 * i, t, sizeof t);
    }
    static const float apex[] = {0, 0, 5, 0, 0, -5};
    memcpy(m.pos + 3 * N, apex, sizeof apex);
    clock_t t0 = clock();
    size_t n;
    unsigned char *p = package(&m, &(lm_threemf_opt)LM_THREEMF_OPT_INIT, &n);
    assert_true((double)(clock() - t0) / CLOCKS_PER_SEC < 20);
    free(p);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_parts_of_a_package),     cmocka_unit_test(numbers_read_back_exactly),
        cmocka_unit_test(bytes_depend_on_the_input_alone),   cmocka_unit_test(refuses_what_is_no_part),
        cmocka_unit_test(refuses_four_triangles_at_an_edge), cmocka_unit_test(takes_vertices_of_any_degree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
