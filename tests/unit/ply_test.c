/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/ply.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tests/lib/feed.h"
#include "tests/unit/cells.h"
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lm_mesh mesh;
static lm_records rec;
static char line[2000];

static lm_status get(const void *p, size_t n, bool piped)
{
    lm_err err = LM_ERR_INIT;
    feed f;
    lm_status rc = feed_open(&f, p, n, piped, &err);
    if (!rc) rc = lm_ply_read(f.in, &mesh, &rec, &err);
    feed_close(&f);
    lm_err_line(&err, line, sizeof line);
    if (rc) {
        assert_int_equal(rc, err.code);
        assert_true(!mesh.pos && !mesh.tri && !mesh.quality && !mesh.nv && !mesh.nt);
        assert_int_equal(rec.n, 0);
    }
    return rc;
}

static unsigned char *put(const lm_mesh *m, lm_records *r, size_t *n)
{
    lm_err err = LM_ERR_INIT;
    lm_out *out = NULL;
    unsigned char *p = NULL;
    assert_int_equal(lm_io_create_mem(&out, &err), LM_OK);
    assert_int_equal(lm_ply_write(out, m, r, &err), LM_OK);
    assert_int_equal(lm_io_take(out, &p, n, &err), LM_OK);
    return p;
}

static const float tetra[12] = {0, 0, 0, 10.5f, 0, 0, 0, 10, -0.1f, 1e-3f, 0, 1000.25f};
static const uint32_t tetra_tri[12] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3};

static void add_record(lm_records *r, size_t chars, size_t number)
{
    lm_err err = LM_ERR_INIT;
    json_t *a = lm_record_new(r, "tool", &err);
    char *s = malloc(chars + 1);
    for (size_t i = 0; i < chars; i++) s[i] = "ab c\\\"\n{}d  "[(i * 7 + number) % 12];
    s[chars] = 0;
    json_object_set_new(a, "text", json_string(s));
    free(s);
    assert_int_equal(lm_record_append(r, a, &err), LM_OK);
}

static unsigned char *sample(size_t records, size_t chars, bool quality, size_t *n)
{
    static const float q[4] = {0, -1, 2.5f, 1e30f};
    lm_mesh m = {.nv = 4,
                 .nt = 4,
                 .pos = (float *)tetra,
                 .tri = (uint32_t *)tetra_tri,
                 .space = LM_SPACE_LPS,
                 .quality = quality ? (float *)q : NULL};
    lm_records r = LM_RECORDS_INIT;
    for (size_t i = 0; i < records; i++) add_record(&r, chars, i);
    unsigned char *p = put(&m, &r, n);
    lm_record_release(&r);
    return p;
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (int quality = 0; quality < 2; quality++) {
        size_t n, n2, payload = quality ? 64 + 52 : 48 + 52;
        unsigned char *p = sample(10, 6000, quality, &n);
        for (int piped = 0; piped < 2; piped++) {
            assert_int_equal(get(p, n, piped), LM_OK);
            assert_true(mesh.nv == 4 && mesh.nt == 4 && mesh.space == LM_SPACE_LPS);
            assert_memory_equal(mesh.pos, tetra, sizeof tetra);
            assert_memory_equal(mesh.tri, tetra_tri, sizeof tetra_tri);
            assert_true(quality ? mesh.quality[3] == 1e30f && mesh.quality[1] == -1 : !mesh.quality);
            assert_int_equal(rec.n, 10);
            assert_true(rec.belong);
            assert_int_equal(rec.bytes, payload);
            assert_int_equal(rec.crc, lm_hash_crc32(0, p + n - payload, payload));
            unsigned char *q = put(&mesh, &rec, &n2);
            assert_true(n2 == n && !memcmp(p, q, n));
            free(q);
        }
        free(p);
    }
}

/* Texts of many lengths and worst cases for the cutting: no line over 200 bytes, no blank at the end of one. */
static void header_lines_are_short(void **state)
{
    (void)state;
    lm_mesh m = {.nv = 4, .nt = 4, .pos = (float *)tetra, .tri = (uint32_t *)tetra_tri};
    lm_records r = LM_RECORDS_INIT;
    lm_err err = LM_ERR_INIT;
    for (size_t i = 0; i < 400; i++) add_record(&r, i, i);
    json_t *a = lm_record_new(&r, "blanks", &err);
    char s[4001];
    memset(s, ' ', 4000);
    for (int i = 0; i < 1000; i += 2) s[i] = 'x';
    s[4000] = 0;
    json_object_set_new(a, "text", json_string(s));
    assert_int_equal(lm_record_append(&r, a, &err), LM_OK);
    size_t n;
    unsigned char *p = put(&m, &r, &n);
    const char *c = (const char *)p;
    while (strncmp(c, "end_header\n", 11)) {
        size_t k = strcspn(c, "\n") + 1;
        assert_true(k <= 200);
        for (size_t i = 0; i + 1 < k; i++) assert_true(c[i] >= ' ' && c[i] < 127);
        c += k;
    }
    assert_int_equal(get(p, n, false), LM_OK);
    assert_int_equal(rec.n, 401);
    for (size_t i = 0; i < rec.n; i++) assert_true(json_equal(rec.item[i], r.item[i]));
    assert_true(mesh.space == LM_SPACE_UNKNOWN);
    free(p);
    lm_record_release(&r);
}

static void cut_anywhere_is_an_error(void **state)
{
    (void)state;
    size_t n;
    unsigned char *p = sample(2, 500, true, &n);
    for (size_t k = 0; k < n; k++) {
        unsigned char *q = malloc(k ? k : 1);
        memcpy(q, p, k);
        if (get(q, k, false) != LM_EFORMAT) fail_msg("cut at %zu of %zu: %s", k, n, line);
        free(q);
    }
    for (size_t k = 1; k < 116; k += 23)
        for (int piped = 0; piped < 2; piped++) {
            char want[64];
            snprintf(want, sizeof want, "%zu bytes, its header says 116", 116 - k);
            assert_int_equal(get(p, n - k, piped), LM_EFORMAT);
            assert_non_null(strstr(line, want));
        }
    free(p);
}

static void longer_or_altered_is_an_error(void **state)
{
    (void)state;
    size_t n;
    unsigned char *p = sample(1, 50, false, &n), *q = malloc(n + 1);
    memcpy(q, p, n);
    q[n] = 3;
    for (int piped = 0; piped < 2; piped++) {
        assert_int_equal(get(q, n + 1, piped), LM_EFORMAT);
        assert_non_null(strstr(line, "101 bytes, its header says 100"));
    }
    for (size_t k = n - 100; k < n; k++)
        for (int bit = 0; bit < 8; bit++) { /* also counts, indices out of range, NaN */
            q[k] ^= (unsigned char)(1 << bit);
            assert_int_equal(get(q, n, false), LM_EFORMAT);
            assert_non_null(strstr(line, "CRC-32"));
            q[k] ^= (unsigned char)(1 << bit);
        }
    assert_int_equal(get(q, n, true), LM_OK);
    free(p);
    free(q);
}

static void record_of_another_payload(void **state)
{
    (void)state;
    size_t n;
    unsigned char *p = sample(1, 50, false, &n);
    char *s = strstr((char *)p, "obj_info meshqa_payload"), *e = strchr(s, '\n') + 1;
    memmove(s, e, n - (size_t)(e - (char *)p));
    n -= (size_t)(e - s);
    assert_int_equal(get(p, n, false), LM_OK);
    assert_true(rec.belong);
    lm_putf32(p + n - 100, 0.5f);
    assert_int_equal(get(p, n, false), LM_OK);
    assert_true(rec.n == 1 && !rec.belong);
    free(p);
}

/* One quad, one triangle, one pentagon in ASCII; then the same through every binary layout that the types allow. */
#define POLY_HEAD "ply\nformat ascii 1.0\ncomment by hand\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\n"
static const uint32_t fans[18] = {0, 1, 2, 0, 2, 3, 3, 4, 5, 5, 4, 3, 5, 3, 2, 5, 2, 1};
static const double points[18] = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0.5, -1, 0.25, 0, 0.25, -1, 0.1};

static void check_fans(void)
{
    assert_true(mesh.nv == 6 && mesh.nt == 6);
    assert_memory_equal(mesh.tri, fans, sizeof fans);
    for (int i = 0; i < 18; i++) assert_true(mesh.pos[i] == (float)points[i]);
}

static void ascii_polygons(void **state)
{
    static const char *good[] = {
        POLY_HEAD "element face 3\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n1 1 0\n0 1 .5\n-1 "
                  ".25 0\n.25 -1 1e-1\n4 0 1 2 3\n3 3 4 5\n5 5 4 3 2 1",
        /* other line ends, order, names, extra properties, elements, and a list before the corners */
        "ply\r\nformat ascii 1.0\r\nelement vertex 6\r\nproperty uchar red\r\nproperty double z\r\nproperty double "
        "y\r\nproperty list uchar float w\r\nproperty double x\r\n"
        "element edge 2\r\nproperty int a\r\nproperty int b\r\nelement face 3\r\nproperty list int float "
        "uv\r\nproperty list int uint vertex_index\r\nproperty uchar flag\r\n"
        "end_header\r\n9 0 0 0 0\r\n9 0 0 1 5 1\r\n9 0 1 0 1\r\n9 .5 1 0 0\r\n9 0 .25 2 1 1 -1\r\n9 .1 -1 0 .25\r\n0 "
        "1\r\n1 2\r\n2 0.5 0.5 4 0 1 2 3 7\r\n0 3 3 4 5 7\r\n0 5 5 4 3 2 1 7\r\n\r\n",
        /* faces first, all on few lines */
        "ply\nformat ascii 1.0\nelement face 3\nproperty list ushort short vertex_indices\nelement vertex 6\nproperty "
        "float x\nproperty float y\nproperty float z\n"
        "end_header\n4 0 1 2 3 3 3 4 5 5 5 4 3 2 1 0 0 0 1 0 0 1 1 0 0 1 .5\n-1 .25 0 .25 -1 .1\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        for (int piped = 0; piped < 2; piped++) {
            if (get(good[i], strlen(good[i]), piped) != LM_OK) fail_msg("case %zu: %s", i, line);
            check_fans();
        }
    assert_int_equal(get(good[0], strlen(good[0]) - 2, false), LM_EFORMAT);
}

static size_t put_value(unsigned char *o, double v, int type, bool big)
{
    static const size_t size[] = {1, 1, 2, 2, 4, 4, 4, 8};
    int64_t i = (int64_t)v;
    float f = (float)v;
    const void *p = type == 7 ? (const void *)&v : type == 6 ? (const void *)&f : (const void *)&i;
    memcpy(o, p, size[type]);
    if (big && size[type] > 1) lm_bytes_swap(o, 1, size[type]);
    return size[type];
}

static void binary_layouts(void **state)
{
    static const char *name[] = {"char", "uint8", "int16", "ushort", "int32", "uint", "float32", "double"};
    (void)state;
    for (int big = 0; big < 2; big++)
        for (int coord = 6; coord < 8; coord++)
            for (int count = 0; count < 6; count++)
                for (int index = 0; index < 6; index++)
                    for (int extra = 0; extra < 4; extra++) { /* bit 0: after x; bit 1: behind the corners */
                        unsigned char buf[4000];
                        size_t n = (size_t)snprintf(
                            (char *)buf, sizeof buf,
                            "ply\nformat binary_%s_endian 1.0\nelement vertex 6\nproperty %s x\n%sproperty %s "
                            "y\nproperty %s z\n"
                            "element face 3\nproperty list %s %s vertex_indices\n%send_header\n",
                            big ? "big" : "little", name[coord], extra & 1 ? "property short s\n" : "", name[coord], name[coord],
                            name[count], name[index], extra & 2 ? "property list char double d\n" : "");
                        for (int i = 0; i < 18; i++) {
                            n += put_value(buf + n, points[i], coord, big);
                            if (i % 3 == 0 && extra & 1) n += put_value(buf + n, 300, 2, big);
                        }
                        static const int corners[3][6] = {{4, 0, 1, 2, 3}, {3, 3, 4, 5}, {5, 5, 4, 3, 2, 1}};
                        for (int f = 0; f < 3; f++) {
                            for (int k = 0; k <= corners[f][0]; k++) n += put_value(buf + n, corners[f][k], k ? index : count, big);
                            if (extra & 2) {
                                n += put_value(buf + n, f, 0, big);
                                for (int k = 0; k < f; k++) n += put_value(buf + n, 0.5, 7, big);
                            }
                        }
                        if (get(buf, n, extra == 1) != LM_OK) fail_msg("%d %d %d %d %d: %s", big, coord, count, index, extra, line);
                        check_fans();
                        assert_int_equal(get(buf, n - 1, extra == 1), LM_EFORMAT);
                        assert_int_equal(get(buf, n + 1, extra == 1), LM_EFORMAT);
                    }
}

#define V1 "element vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
#define A "ply\nformat ascii 1.0\n"
static void what_is_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } t[] = {
        {"plx\n", "not a PLY"},
        {"ply\n" V1 "end_header\n", "'format'"},
        {"ply\nformat ascii 1.1\n", "format"},
        {"ply\nformat binary 1.0\n", "neither"},
        {A "nonsense 3\n", "nonsense"},
        {A "property float x\n", "no element"},
        {A "element vertex 1\nproperty float x\nproperty float y\nend_header\n1 2", "x, y and z"},
        {A "element vertex 1\nproperty float x\nproperty float x\n", "twice"},
        {A V1 "element vertex 1\n", "twice"},
        {A "element vertex -1\n", "count"},
        {A "element vertex 99999999999999999999\n", "count"},
        {A "element vertex 1\nproperty quad x\n", "type"},
        {A "element vertex 1\nproperty list float int x\n", "type"},
        {A V1 "element face 1\nproperty list uchar float vertex_indices\n", "integers"},
        {A V1 "element face 1\nproperty int a\nend_header\n1 2 3\n1\n", "vertex_indices"},
        {A V1 "element tristrips 1\nproperty list int int vertex_indices\nend_header\n1 2 3\n3 0 0 0", "tristrips"},
        {A V1 "end_header\n1 2 nan\n", "'nan'"},
        {A V1 "end_header\n1 2 3 4\n", "more bytes"},
        {A V1 "end_header\n1 2\n", "cut off"},
        {A V1 "end_header\n1 2 1e39\n", "no finite"},
        {A V1 "element face 1\nproperty list uchar int vertex_indices\nend_header\n1 2 3\n3 0 0 1\n", "names vertex 1 of 1"},
        {A V1 "element face 1\nproperty list uchar int vertex_indices\nend_header\n1 2 3\n3 0 0 -1\n", "names vertex -1"},
        {A V1 "element face 1\nproperty list uchar int vertex_indices\nend_header\n1 2 3\n3 0 0 0.5\n", "'0.5'"},
        {A V1 "element face 1\nproperty list uchar int vertex_indices\nend_header\n1 2 3\n2 0 0   \n", "2 corners"},
        {A V1 "element face 1\nproperty list int int vertex_indices\nend_header\n1 2 3\n-3 0 0 0\n", "length -3"},
        {A V1 "element face 1\nproperty list uint int vertex_indices\nend_header\n1 2 3\n4294967295 0 0 0\n", "cut off"},
        {A V1 "comment units: inch\nobj_info units mm\nend_header\n1 2 3", "another unit"},
        {A "comment SPACE=SCANNER\n" V1 "end_header\n1 2 3", "SCANNER"},
        {A "comment SPACE=LPS\ncomment SPACE=RAS\n" V1 "end_header\n1 2 3", "another space"},
        {A "element vertex 1000000000000\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 3",
         "1000000000000"},
        {A V1 "element face 1000000000000\nproperty list uchar int vertex_indices\nend_header\n1 2 3 ", "1000000000000"},
        {A V1 "element none 18446744073709551615\nend_header\n1 2 3 4", "more bytes"},
        {A V1 "element other 18446744073709551615\nproperty list char int l\nend_header\n1 2 3 4", "18446744073709551615"},
        {A "obj_info meshqa_schema 3\n", "schema 3"},
        {A "obj_info meshqa_payload 5\n", "BYTES"},
        {A "obj_info meshqa_payload 5 12345678\nobj_info meshqa_payload 5 12345678\n", "twice"},
        {A "obj_info meshqa_payload 5 00000000\n" V1 "end_header\n1 2 3", "CRC-32"},
        {A "obj_info meshqa_payload 6 00000000\n" V1 "end_header\n1 2 3", "5 bytes, its header says 6"},
        {A "obj_info meshqa_record 1 1/2 {\n" V1 "end_header\n1 2 3", "1 of 2 pieces"},
        {A "obj_info meshqa_record 1 2/2 {\n", "out of order"},
        {A "obj_info meshqa_record 2 1/1 {}\n", "out of order"},
        {A "obj_info meshqa_record 1 0/0 {}\n", "out of order"},
        {A "obj_info meshqa_record 1 1/2 {\nobj_info meshqa_record 1 2/3 }\n", "out of order"},
        {A "obj_info meshqa_record 1 1/1 {}\n", "schema"},
        {A "obj_info meshqa_record 1 1/1 {\"schema\":5,\"tool\":\"x\"}\n", "schema 5"},
        {A "obj_info meshqa_record 1 1/99999999999 {}\n", "range"},
        {A "obj_info meshqa_record 1 1 {}\n", "K/M"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (int piped = 0; piped < 2; piped++) {
            if (piped && strstr(t[i].text, "000000000")) continue; /* such a count is believed only as far as it proves itself */
            lm_status rc = get(t[i].text, strlen(t[i].text), piped);
            if (rc == LM_OK || !strstr(line, t[i].says)) fail_msg("case %zu (%s): %d, %s", i, t[i].says, rc, line);
        }
    const char *huge = A "element vertex 4000000000\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 3";
    assert_int_equal(get(huge, strlen(huge), true), LM_EFORMAT);
    assert_non_null(strstr(line, "cut off in vertex 1 of 4000000000"));
}

static void what_is_taken(void **state)
{
    static const struct {
        const char *text;
        lm_space space;
    } t[] = {
        {A V1 "end_header\n1 2 3", LM_SPACE_UNKNOWN},
        {A "comment SPACE=RAS\ncomment units in mm\nobj_info Units: millimeters\ncomment the unit is "
           "arbitrary\ncomment community units\n\n" V1
           "element face 0\nproperty list uchar int vertex_indices\nend_header\n1 2 3\n\n",
         LM_SPACE_RAS},
        {A "obj_info space=lps\nelement vertex 1\nproperty int x\nproperty int y\nproperty char z\nelement tristrips "
           "0\nproperty list int int vertex_indices\nend_header\n1 2 3.0",
         LM_SPACE_LPS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        if (get(t[i].text, strlen(t[i].text), i & 1) != LM_OK) fail_msg("case %zu: %s", i, line);
        assert_true(mesh.nv == 1 && mesh.nt == 0 && mesh.tri && mesh.pos[2] == 3 && mesh.space == t[i].space);
    }
    static const struct {
        const char *note;
        double mm;
    } unit[] = {{"comment units: inch", 25.4},        {"obj_info UNITS=m", 1000},
                {"comment unit is cm", 10},           {"comment units in", 25.4},
                {"comment units in microns", 0.001},  {"comment units mm", 1},
                {"comment the unit is arbitrary", 0}, {"comment 3 mm", 0}};
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        char text[400];
        int n = snprintf(text, sizeof text, "%s%s\n%send_header\n1 2 3", A, unit[i].note, V1);
        assert_int_equal(get(text, (size_t)n, false), LM_OK);
        assert_true(rec.unit_mm == unit[i].mm);
    }
    const char *none = "ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty float x\nproperty float "
                       "y\nproperty float z\nend_header\n";
    assert_int_equal(get(none, strlen(none), true), LM_OK);
    assert_true(mesh.nv == 0 && mesh.pos && mesh.tri);
}

/* Several blocks, with a polygon now and then among the triangles: the fast path is left and entered again. */
static void large_mesh(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_mesh m = LM_MESH_INIT;
    lm_records none = LM_RECORDS_INIT;
    size_t n, nv = 200003, nt = 300007;
    assert_int_equal(lm_mesh_alloc(&m, nv, nt, &err), LM_OK);
    uint32_t s = 1;
    for (size_t i = 0; i < 3 * nv; i++) m.pos[i] = (float)(s = s * 1664525u + 1013904223u) * 1e-6f;
    for (size_t i = 0; i < 3 * nt; i++) m.tri[i] = (s = s * 1664525u + 1013904223u) % (uint32_t)nv;
    unsigned char *p = put(&m, &none, &n);
    for (int piped = 0; piped < 2; piped++) {
        assert_int_equal(get(p, n, piped), LM_OK);
        assert_true(mesh.nv == nv && mesh.nt == nt);
        assert_memory_equal(mesh.pos, m.pos, 12 * nv);
        assert_memory_equal(mesh.tri, m.tri, 12 * nt);
        assert_int_equal(get(p, n - 1, piped), LM_EFORMAT);
    }
    free(p);
    size_t nf = 0, at = 0;
    unsigned char *q = malloc(200 + 12 * nv + 13 * nt);
    unsigned char *faces = malloc(13 * nt);
    for (size_t i = 0; i < nt; nf++) {
        bool quad = i % 1000 == 500 && i + 1 < nt;
        if (quad) { /* a square of its own: a fan */
            static const float square[12] = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
            uint32_t v = (uint32_t)(i / 1000 * 4);
            memcpy(m.tri + 3 * i, (uint32_t[6]){v, v + 1, v + 2, v, v + 2, v + 3}, 24);
            memcpy(m.pos + 3 * v, square, sizeof square);
        }
        faces[at] = quad ? 4 : 3;
        memcpy(faces + at + 1, m.tri + 3 * i, 12);
        if (quad) memcpy(faces + at + 13, m.tri + 3 * i + 5, 4);
        at += quad ? 17 : 13;
        i += quad ? 2 : 1;
    }
    n = (size_t)sprintf((char *)q,
                        "ply\nformat binary_little_endian 1.0\nelement vertex %zu\nproperty float x\nproperty float "
                        "y\nproperty float z\n"
                        "element face %zu\nproperty list uchar uint vertex_indices\nend_header\n",
                        nv, nf);
    memcpy(q + n, m.pos, 12 * nv);
    memcpy(q + n + 12 * nv, faces, at);
    n += 12 * nv + at;
    for (int piped = 0; piped < 2; piped++) {
        assert_int_equal(get(q, n, piped), LM_OK);
        assert_int_equal(mesh.nt, nt);
        assert_memory_equal(mesh.tri, m.tri, 12 * nt);
    }
    free(q);
    free(faces);
    lm_mesh_release(&m);
}

/* Names and colours, and labels on both sides; long names of characters that must be escaped. */
static void parts_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t times;
    } names[] = {{"liver", 1},       {"", 1},   {"100% \xc3\xa4 # \\", 1}, {"\xd0\xb6", 31},
                 {"a \xd0\xb6", 15}, {"x", 63}, {"\xf0\x9f\xa6\xb4", 15}};
    lm_err err = LM_ERR_INIT;
    lm_records none = LM_RECORDS_INIT;
    lm_mesh m = LM_MESH_INIT;
    uint8_t cell[64];
    uint32_t last = 0;
    size_t n;
    for (size_t i = 0; i < sizeof cell; i++) cell[i] = (uint8_t)(i * i % 5);
    cells_mesh(&m, (int[]){4, 4, 4}, cell);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        lm_part p = {.label = i + 1 == sizeof names / sizeof *names ? UINT32_MAX : (uint32_t)i + 1,
                     .has_rgb = i & 1,
                     .rgb = {(uint8_t)i, 2, 255}};
        for (size_t k = 0; k < names[i].times; k++) strcat(p.name, names[i].name);
        assert_int_equal(lm_parts_add(&m.parts, &p, &err), LM_OK);
    }
    unsigned char *p = put(&m, &none, &n);
    for (const char *s = (char *)p; strncmp(s, "end_header", 10); s = strchr(s, '\n') + 1) {
        assert_true(strchr(s, '\n') - s < 200);
        for (const char *c = s; *c != '\n'; c++) assert_true(*c >= ' ' && *c < 0x7f);
        last += !strncmp(s, "obj_info meshqa_part ", 21);
    }
    assert_true(last > sizeof names / sizeof *names); /* one at least needed a second line */
    for (int piped = 0; piped < 2; piped++) {
        if (get(p, n, piped)) fail_msg("%s", line);
        assert_memory_equal(mesh.label, m.label, 4 * m.nt);
        assert_memory_equal(mesh.label_back, m.label_back, 4 * m.nt);
        assert_memory_equal(mesh.tri, m.tri, 12 * m.nt);
        assert_int_equal(mesh.parts.n, m.parts.n);
        for (size_t i = 0; i < m.parts.n; i++) {
            assert_string_equal(mesh.parts.item[i].name, m.parts.item[i].name);
            assert_int_equal(mesh.parts.item[i].label, m.parts.item[i].label);
            assert_int_equal(mesh.parts.item[i].has_rgb, m.parts.item[i].has_rgb);
            if (i & 1) assert_memory_equal(mesh.parts.item[i].rgb, m.parts.item[i].rgb, 3);
        }
        for (size_t k = n - 40; k < n; k += 7) assert_int_equal(get(p, k, piped), LM_EFORMAT);
    }
    free(p);
    lm_mesh_release(&m);
}

#define FACE \
    "element vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list uchar int " \
    "vertex_indices\n"
#define POINTS "0 0 0 1 0 0 0 1 0 3 0 1 2 "
static void what_labels_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } t[] = {
        {A "obj_info meshqa_part\n", NULL},
        {A "obj_info meshqa_part 1\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part x - a\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 4294967296 - a\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 0 - a\n", "label 0"},
        {A "obj_info meshqa_part 1 ff00 a\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 ff00gg a\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - a\nobj_info meshqa_part 1 - b\n", "label 1"},
        {A "obj_info meshqa_part 1 + a\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - a%0ab\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - a%1b[31m\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - a%00\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - a%4\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - a%c3\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - \xe2\x80\xae\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - 0123456789012345678901234567890123456789012345678901234567890123\n", "meshqa_part LABEL"},
        {A "obj_info meshqa_part 1 - 01234567890123456789012345678901\nobj_info meshqa_part 1 + 01234567890123456789012345678901\n",
         "meshqa_part LABEL"},
        {A FACE "property int label_back\nend_header\n" POINTS "1", "without 'label'"},
        {A FACE "property int label\nproperty int label_back\nend_header\n" POINTS "0 1", "label 0"},
        {A FACE "property int label\nproperty int label_back\nend_header\n" POINTS "2 2", "both sides"},
        {A FACE "property int label\nproperty int label\n", "twice"},
        {A FACE "property int label\nend_header\n" POINTS "-1", "label -1"},
        {A "obj_info meshqa_part 1 - a\n" FACE "property int label\nend_header\n" POINTS "0", "label 0"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_status rc = get(t[i].text, strlen(t[i].text), i & 1);
        if (rc == LM_OK || (t[i].says && !strstr(line, t[i].says))) fail_msg("case %zu (%s): %d, %s", i, t[i].says, rc, line);
    }
    const char *zero = A FACE "property int label\nend_header\n" POINTS "0",
               *swapped = A FACE "property uchar label_back\nproperty int label\nend_header\n" POINTS "0 9";
    assert_int_equal(get(zero, strlen(zero), false), LM_OK); /* of another program: no parts */
    assert_true(!mesh.label && json_array_size(rec.findings) == 1);
    assert_int_equal(get(swapped, strlen(swapped), false), LM_OK);
    assert_true(mesh.label[0] == 9 && mesh.label_back[0] == 0);
}

static int done(void **state)
{
    (void)state;
    lm_mesh_release(&mesh);
    lm_record_release(&rec);
    return 0;
}

/* The mesh before goes behind the faces; what is short, out of place or not whole is refused. */
static void carries_the_mesh_before(void **state)
{
    (void)state;
    float moved[15];
    uint32_t cut[18] = {0, 2, 1, 0, 1, 3, 1, 2, 4, 4, 2, 3, 1, 4, 3, 2, 0, 3};
    lm_mesh was = {.nv = 4, .nt = 4, .pos = (float *)tetra, .tri = (uint32_t *)tetra_tri};
    lm_mesh m = {.nv = 5, .nt = 6, .pos = moved, .tri = cut, .before = &was};
    lm_records r = LM_RECORDS_INIT;
    size_t n, plain;
    memcpy(moved, tetra, sizeof tetra);
    memcpy(moved + 12, (float[]){1, 2, 3}, 12);
    add_record(&r, 30, 1);
    unsigned char *p = put(&m, &r, &n);
    for (int piped = 0; piped < 2; piped++) {
        assert_int_equal(get(p, n, piped), LM_OK);
        assert_true(rec.belong && mesh.before && !mesh.before->before);
        assert_int_equal(mesh.nv, 5);
        assert_int_equal(mesh.nt, 6);
        assert_memory_equal(mesh.pos, moved, sizeof moved);
        assert_memory_equal(mesh.tri, cut, sizeof cut);
        assert_int_equal(mesh.before->nv, 4);
        assert_int_equal(mesh.before->nt, 4);
        assert_memory_equal(mesh.before->pos, tetra, sizeof tetra);
        assert_memory_equal(mesh.before->tri, tetra_tri, sizeof tetra_tri);
    }
    /* its checksum is that of the stream it was */
    uint32_t crc;
    uint64_t bytes;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_ply_checksum(mesh.before, &crc, &bytes, &err), LM_OK);
    m.before = NULL;
    unsigned char *q = put(&was, &r, &plain);
    assert_int_equal(get(q, plain, false), LM_OK);
    assert_int_equal(crc, rec.crc);
    assert_int_equal(bytes, rec.bytes);
    free(q);
    assert_int_equal(get(p, n - 13, false), LM_EFORMAT);
    for (size_t i = 0; i + 12 < n; i++)
        if (!memcmp(p + i, "before_face ", 12)) memcpy(p + i, "behind_face ", 12);
    assert_int_equal(get(p, n, false), LM_EFORMAT);
    assert_non_null(strstr(line, "go together"));
    free(p);
    static const char *const bad[] = {
        "element before_vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
        "element before_face 0\nproperty list uchar int vertex_indices\n"
        "element vertex 0\nproperty float x\nproperty float y\nproperty float z\nend_header\n0 0 0\n",
        "element vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 0\nproperty list uchar int vertex_indices\n"
        "element before_vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
        "element before_face 0\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n0 0 0\n1 0 0\n0 1 0\n0 0 "
        "1\n",
        "element vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 0\nproperty list uchar int vertex_indices\n"
        "element before_vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
        "element before_face 1\nproperty list uchar int vertex_indices\nend_header\n"
        "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 0\n1 0 0\n0 1 0\n1 1 0\n4 0 1 3 2\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[900];
        int len = snprintf(text, sizeof text, "ply\nformat ascii 1.0\n%s", bad[i]);
        assert_int_equal(get(text, (size_t)len, false), LM_EFORMAT);
    }
    lm_record_release(&r);
    lm_mesh_release(&mesh);
    lm_record_release(&rec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(header_lines_are_short),
        cmocka_unit_test(cut_anywhere_is_an_error),
        cmocka_unit_test(longer_or_altered_is_an_error),
        cmocka_unit_test(record_of_another_payload),
        cmocka_unit_test(ascii_polygons),
        cmocka_unit_test(binary_layouts),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(what_is_taken),
        cmocka_unit_test(large_mesh),
        cmocka_unit_test(parts_read_back),
        cmocka_unit_test(what_labels_are_refused),
        cmocka_unit_test(carries_the_mesh_before),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, done);
}
