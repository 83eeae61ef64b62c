/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/stl.h"
#include "base/bytes.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- helpers ---- */

static double unit_mm; /* what the last file said */

static lm_status read_mem(const void *p, size_t n, lm_mesh *m, lm_err *err)
{
    lm_in *in;
    assert_int_equal(lm_io_open_mem(p, n, &in, NULL), LM_OK);
    lm_records rec = LM_RECORDS_INIT;
    lm_status rc = lm_stl_read(in, m, &rec, err);
    unit_mm = rec.unit_mm;
    lm_record_release(&rec);
    lm_io_close(in);
    return rc;
}

/* The same bytes through a pipe: the size is not known. */
static lm_status read_pipe(const void *p, size_t n, lm_mesh *m, lm_err *err)
{
    int fd[2];
    char path[32];
    lm_in *in;
    assert_int_equal(pipe(fd), 0);
    assert_true(n < 60000);
    assert_int_equal(write(fd[1], p, n), (ssize_t)n);
    close(fd[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    assert_int_equal(lm_io_open(path, &in, err), LM_OK);
    lm_records rec = LM_RECORDS_INIT;
    lm_status rc = lm_stl_read(in, m, &rec, err);
    unit_mm = rec.unit_mm;
    lm_record_release(&rec);
    lm_io_close(in);
    close(fd[0]);
    return rc;
}

static unsigned char *written(const lm_mesh *m, const lm_stl_opt *opt, size_t *n)
{
    lm_out *out;
    unsigned char *p = NULL;
    assert_int_equal(lm_io_create_mem(&out, NULL), LM_OK);
    assert_int_equal(lm_stl_write(out, opt, m, NULL), LM_OK);
    assert_int_equal(lm_io_take(out, &p, n, NULL), LM_OK);
    return p;
}

static void mesh_of(lm_mesh *m, size_t nv, const float *pos, size_t nt, const uint32_t *tri)
{
    assert_int_equal(lm_mesh_alloc(m, nv, nt, NULL), LM_OK);
    memcpy(m->pos, pos, nv * 12);
    memcpy(m->tri, tri, nt * 12);
}

static const float *corner(const lm_mesh *m, size_t t, size_t k)
{
    return m->pos + 3 * (size_t)m->tri[3 * t + k];
}

/* Bit for bit the same corners in the same order. */
static bool same_corners(const lm_mesh *a, const lm_mesh *b)
{
    for (size_t t = 0; t < a->nt; t++)
        for (size_t k = 0; k < 3; k++)
            if (memcmp(corner(a, t, k), corner(b, t, k), 12)) return false;
    return a->nt == b->nt;
}

static const float cube_pos[] = {0, 0, 0, 2, 0, 0, 2, 2, 0, 0, 2, 0, 0, 0, 2, 2, 0, 2, 2, 2, 2, 0, 2, 2};
static const uint32_t cube_tri[] = {0, 2, 1, 0, 3, 2, 4, 5, 6, 4, 6, 7, 0, 1, 5, 0, 5, 4,
                                    1, 2, 6, 1, 6, 5, 2, 3, 7, 2, 7, 6, 3, 0, 4, 3, 4, 7};

/* A 2 mm cube with zero normals: valid binary STL in which no byte of 84..211 is above 127. admesh's stl_open never
 * returns on it. */
static void cube_file(unsigned char file[684], const char *head)
{
    memset(file, 0, 684);
    memcpy(file, head, strlen(head));
    lm_put32(file + 80, 12);
    for (size_t t = 0; t < 12; t++)
        for (size_t k = 0; k < 3; k++) memcpy(file + 84 + 50 * t + 12 + 12 * k, cube_pos + 3 * cube_tri[3 * t + k], 12);
}

static bool high_byte(const unsigned char *p, size_t n)
{
    for (size_t i = 84; i < n && i < 212; i++)
        if (p[i] > 127) return true;
    return false;
}

/* ---- reading ---- */

static void reads_the_cube_without_normals(void **state)
{
    (void)state;
    static const char *heads[] = {"", "solid", "solid cube\n  facet normal 0 0 1\n", "UNITS=mm SPACE=RAS"};
    for (size_t i = 0; i < 4; i++) {
        unsigned char file[684];
        cube_file(file, heads[i]);
        assert_false(high_byte(file, sizeof file));
        for (int piped = 0; piped < 2; piped++) {
            lm_mesh m = LM_MESH_INIT;
            assert_int_equal((piped ? read_pipe : read_mem)(file, sizeof file, &m, NULL), LM_OK);
            assert_int_equal(m.nv, 8);
            assert_int_equal(m.nt, 12);
            assert_true(lm_mesh_volume(&m) == 8);
            assert_int_equal(m.space, i == 3 ? LM_SPACE_RAS : LM_SPACE_UNKNOWN);
            lm_mesh_release(&m);
        }
    }
}

static void reads_both_zeros_as_one(void **state)
{
    (void)state;
    unsigned char file[684];
    lm_mesh m = LM_MESH_INIT;
    cube_file(file, "");
    for (size_t t = 0; t < 12; t += 2)
        for (size_t i = 0; i < 9; i++) {
            unsigned char *p = file + 84 + 50 * t + 12 + 4 * i;
            if (lm_getf32(p) == 0) lm_putf32(p, -0.0f);
        }
    assert_int_equal(read_mem(file, sizeof file, &m, NULL), LM_OK);
    assert_int_equal(m.nv, 8);
    for (size_t i = 0; i < 24; i++) assert_false(signbit(m.pos[i]));
    lm_mesh_release(&m);
}

#define LOOP "outer loop vertex 0 0 0 vertex 1 0 0 vertex 0 1 0 endloop endfacet "
#define FACET "facet normal 0 0 1 " LOOP

static void reads_ascii_as_people_write_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t nv, nt;
    } t[] = {
        {"solid a\n" FACET "\nendsolid a\n", 3, 1},
        {"solid a " FACET FACET "endsolid a", 3, 2},
        {"solid a\r" FACET "\rendsolid a\r", 3, 1},
        {"solid a\r\nFacet Normal 0 0 1\r\nOUTER LOOP\r\nvertex 0 0 0\r\nVERTEX\t1e0 0 0\r\nvertex +0 .1E1 "
         "-0\r\nEndLoop\r\nendfacet\r\n",
         3, 1},
        {"\xef\xbb\xbf\n solid\n" FACET "\nendsolid\n", 3, 1},
        {"solid one\n" FACET
         "\nendsolid one\nsolid two\nfacet normal nan nan nan\n outer loop\nvertex 0 0 9\nvertex 1 0 9\nvertex 0 1 9\n"
         "endloop foo\nendfacet bar baz\nendsolid two words\n\n",
         6, 2},
        {"solid a facet of life\nfacet normal +inf -inf weirdvalue\n" LOOP, 3, 1},
        {"solid\nfacet\n" LOOP "endsolid", 3, 1},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (int piped = 0; piped < 2; piped++) {
            lm_mesh m = LM_MESH_INIT;
            lm_err err = LM_ERR_INIT;
            if ((piped ? read_pipe : read_mem)(t[i].text, strlen(t[i].text), &m, &err)) fail_msg("case %zu: %s", i, err.text[0]);
            assert_int_equal(m.nt, t[i].nt);
            assert_int_equal(m.nv, t[i].nv);
            assert_true(lm_mesh_area(&m) == 0.5 * (double)t[i].nt);
            lm_mesh_release(&m);
        }
}

static void knows_space_from_the_solid_name(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    const char *s = "solid UNITS=mm SPACE=LPS\n" FACET;
    assert_int_equal(read_mem(s, strlen(s), &m, NULL), LM_OK);
    assert_int_equal(m.space, LM_SPACE_LPS);
    lm_mesh_release(&m);
}

static void refuses_bad_ascii_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } t[] = {
        {"solid a\nendsolid a\n", "zero facets"},
        {"solid", "zero facets"},
        {"solid a\n" FACET "\nfacet normal 0 0 1\nouter loop\nvertex 0 0 blah\n", "line 5, facet 2: 'blah'"},
        {"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 nan\n", "line 4, facet 1: 'nan'"},
        {"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 1e39\n", "line 4, facet 1: '1e39'"},
        {"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 1,5\n", "line 4, facet 1: '1,5'"},
        {"solid a\r\n\r\nfacet normal 0 0 1\r\nouter loop\r\nvertex 0 0\r\nvertex", "line 6, facet 1: 'vertex'"},
        {"solid a\r\rfacet normal 0 0 1\router loop\rvertex 0 0\rvertex", "line 6, facet 1: 'vertex'"},
        {"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0 7", "line 4, facet 1: '7' where 'vertex'"},
        {"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0 vertex 0 0 1 vertex 1 0 0 vertex", "has three vertices"},
        {"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nendloop",
         "line 6, facet 1: 'endloop' where 'vertex'"},
        {"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nver", "line 5, facet 1: 'ver'"},
        {"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0", "cut off in facet 1, line 4"},
        {"solid a\n" FACET "\nfacet", "cut off in facet 2, line 3"},
        {"solid a\n" FACET "\nwhatever", "line 3, facet 2: 'whatever'"},
        {"solid a\nfacet normal 0 0 1 vertex 1 2 3", "line 2, facet 1: 'vertex' where 'outer loop'"},
        {"solid UNITS=cubit\n" FACET, "UNITS=cubit"},
        {"solid UNITS=inch\n" FACET "endsolid UNITS=mm\n", "two units"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_mesh m = LM_MESH_INIT;
        lm_err err = LM_ERR_INIT;
        assert_int_not_equal(read_pipe(t[i].text, strlen(t[i].text), &m, &err), LM_OK);
        if (!strstr(err.text[0], t[i].says)) fail_msg("case %zu says: %s", i, err.text[0]);
        assert_null(m.pos);
    }
}

static void refuses_bad_binary(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    unsigned char file[700] = {0};
    for (int piped = 0; piped < 2; piped++) {
        lm_status (*rd)(const void *, size_t, lm_mesh *, lm_err *) = piped ? read_pipe : read_mem;
        lm_err err = LM_ERR_INIT;
        cube_file(file, "x");
        assert_int_equal(rd(file, 50, &m, &err), LM_EFORMAT);
        assert_non_null(strstr(err.text[0], "50 bytes"));
        assert_int_equal(rd(file, 683, &m, &err), LM_EFORMAT);
        assert_non_null(strstr(err.text[0], piped ? "cut off in facet 12 of 12" : "684 bytes, it has 683"));
        assert_int_equal(rd(file, 685, &m, &err), LM_EFORMAT);
        assert_non_null(strstr(err.text[0], piped ? "bytes follow" : "684 bytes, it has 685"));
        lm_put32(file + 80, UINT32_MAX);
        assert_int_equal(rd(file, 684, &m, &err), LM_EFORMAT);
        assert_non_null(strstr(err.text[0], "4294967295"));
        lm_put32(file + 80, 0);
        assert_int_equal(rd(file, 84, &m, &err), LM_EFORMAT);
        assert_non_null(strstr(err.text[0], "zero facets"));
        cube_file(file, "x");
        lm_putf32(file + 84 + 50 * 6, NAN); /* a normal: not looked at */
        assert_int_equal(rd(file, 684, &m, &err), LM_OK);
        lm_mesh_release(&m);
        lm_putf32(file + 84 + 50 * 6 + 12 + 32, INFINITY);
        assert_int_equal(rd(file, 684, &m, &err), LM_ERULE);
        assert_non_null(strstr(err.text[0], "facet 7 of 12"));
        cube_file(file, "UNITS=furlong");
        assert_int_equal(rd(file, 684, &m, &err), LM_ERULE);
        assert_non_null(strstr(err.text[0], "UNITS=furlong"));
        assert_null(m.pos);
    }
}

/* ---- writing ---- */

static uint32_t rng = 4711;
static uint32_t next(void)
{
    rng = rng * 1664525u + 1013904223u;
    return rng >> 4;
}

/* Coordinates of all sizes a float32 has, denormals included. */
static float any_float(void)
{
    float f;
    do {
        uint32_t bits = next() << 8 ^ next();
        if (next() % 4 == 0) bits = (bits & 0x807fffffu) | 0x41000000u;
        memcpy(&f, &bits, 4);
    } while (!isfinite(f) || f == 0);
    return f;
}

static void round_trips_bit_exactly(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        uint32_t seed = rng;
        lm_mesh m = LM_MESH_INIT;
        size_t nv = 3 + next() % 40, nt = 1 + next() % 60;
        if (round == 0) nt = 9000; /* over two blocks */
        assert_int_equal(lm_mesh_alloc(&m, nv, nt, NULL), LM_OK);
        m.space = (lm_space)(next() % 3);
        for (size_t i = 0; i < 3 * nv; i++) m.pos[i] = any_float();
        for (size_t i = 0; i < 3 * nt; i++) m.tri[i] = next() % (uint32_t)nv;
        for (int ascii = 0; ascii < 2; ascii++) {
            lm_stl_opt opt = {.ascii = ascii, .name = "part", .case_id = "case 7"};
            lm_mesh back = LM_MESH_INIT, again = LM_MESH_INIT;
            size_t n, n2;
            unsigned char *p = written(&m, &opt, &n);
            assert_int_equal(read_mem(p, n, &back, NULL), LM_OK);
            assert_int_equal(back.space, m.space);
            if (ascii && !same_corners(&m, &back)) fail_msg("seed %u", seed);
            unsigned char *q = written(&back, &opt, &n2); /* from the second time on nothing moves */
            if (n != n2 || memcmp(p, q, n)) fail_msg("second writing differs: seed %u", seed);
            assert_int_equal(read_mem(q, n2, &again, NULL), LM_OK);
            assert_true(same_corners(&back, &again));
            if (!ascii) {
                assert_int_equal(n, 84 + 50 * nt);
                assert_true(high_byte(p, n));
            }
            free(p);
            free(q);
            lm_mesh_release(&back);
            lm_mesh_release(&again);
        }
        lm_mesh_release(&m);
    }
}

static void writes_true_normals(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    static const float pos[] = {3, 0, 0, 0, 3, 0, 0, 0, 3, 1000, 1000, 1000};
    static const uint32_t tri[] = {0, 1, 2, 0, 2, 1, 0, 1, 1, 0, 1, 3};
    mesh_of(&m, 4, pos, 4, tri);
    size_t n;
    unsigned char *p = written(&m, &(lm_stl_opt)LM_STL_OPT_INIT, &n);
    float third = (float)(1 / sqrt(3.0));
    /* corner 3 sees the edge 0-1 from z = 1000: (-3,3,0) x (997,1000,1000) = (3000, 3000, -5991) */
    double len = sqrt(3000.0 * 3000 * 2 + 5991.0 * 5991);
    const float want[4][3] = {{third, third, third},
                              {-third, -third, -third},
                              {0, 0, 0},
                              {(float)(3000 / len), (float)(3000 / len), (float)(-5991 / len)}};
    for (size_t t = 0; t < 4; t++) assert_memory_equal(p + 84 + 50 * t, want[t], 12);
    free(p);
    lm_mesh_release(&m);
}

/* Meshes whose first facets have no byte above 127 anywhere: the window must get one, vertices bit-exact all the same. */
static void puts_a_high_byte_in_the_window(void **state)
{
    (void)state;
    static const float pos[] = {0, 0, 0, 2, 0, 0, 0, 2, 0, 2, 2, 2, 0, 0, 100};
    for (int round = 0; round < 5; round++) {
        lm_mesh m = LM_MESH_INIT, back = LM_MESH_INIT;
        size_t nt = round == 0 ? 1 : round == 1 ? 3 : 6, n;
        uint32_t tri[18];
        for (size_t i = 0; i < 18; i++) tri[i] = (uint32_t)(i / 3 % 4);   /* all degenerate: zero normals, low bytes */
        size_t first = 0;                                                 /* the triangle that is expected in front */
        if (round == 2) first = 5, tri[15] = 0, tri[16] = 1, tri[17] = 2; /* normal 0 0 1: 0x3f800000 */
        if (round == 3) first = 2, tri[6] = 0, tri[7] = 0, tri[8] = 4;    /* 100 = 0x42c80000, behind byte 211 */
        if (round == 4) first = 0, tri[6] = 4, tri[7] = 0, tri[8] = 0;    /* the same inside the window */
        mesh_of(&m, 5, pos, nt, tri);
        unsigned char *p = written(&m, &(lm_stl_opt)LM_STL_OPT_INIT, &n);
        assert_true(high_byte(p, n));
        for (size_t t = 0; t < nt; t++) {
            size_t from = t == 0 ? first : t <= first ? t - 1 : t;
            for (size_t k = 0; k < 3; k++) assert_memory_equal(p + 84 + 50 * t + 12 + 12 * k, corner(&m, from, k), 12);
            for (int c = 0; c < 3; c++) {
                float x = lm_getf32(p + 84 + 50 * t + 4 * (size_t)c), want[3];
                lm_stl_normal(&m, from, want);
                assert_true(x == want[c]); /* -0 is 0 */
            }
        }
        free(p);
        lm_mesh_release(&m);
        lm_mesh_release(&back);
    }
}

/* One open facet with a normal of low bytes only: the last resort, a normal off in its last byte. */
static void gives_in_the_last_byte_of_a_normal(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    bool met = false;
    for (int k = 0; k < 100000 && !met; k++) {
        float pos[9] = {0}; /* (x,0,0) (0,y,0) (0,0,z): the normal is (1/x, 1/y, 1/z) at unit length */
        uint32_t tri[3] = {0, 1, 2};
        for (int c = 0; c < 3; c++) {
            uint32_t bits = 0x3f400000u | (next() & 0x0f7f7fu);
            memcpy(&pos[4 * c], &bits, 4);
        }
        mesh_of(&m, 3, pos, 1, tri);
        float nrm[3];
        unsigned char raw[48];
        lm_stl_normal(&m, 0, nrm);
        memcpy(raw, nrm, 12);
        memcpy(raw + 12, pos, 36);
        met = true;
        for (int i = 0; i < 48; i++) met &= raw[i] < 128;
        if (met) {
            size_t n;
            unsigned char *p = written(&m, &(lm_stl_opt)LM_STL_OPT_INIT, &n);
            assert_true(high_byte(p, n));
            assert_true(fabsf(lm_getf32(p + 84) - nrm[0]) < 1e-5f);
            assert_memory_equal(p + 88, nrm + 1, 8);
            assert_memory_equal(p + 96, pos, 36);
            free(p);
        }
    }
    assert_true(met);
    lm_mesh_release(&m);
}

static void header_says_what_it_may(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    size_t n;
    mesh_of(&m, 8, cube_pos, 12, cube_tri);
    m.space = LM_SPACE_LPS;
    unsigned char *p = written(&m, &(lm_stl_opt){.name = "liver\nCOLOR=red", .case_id = "K-17"}, &n);
    static const char want[] = "UNITS=mm SPACE=LPS CASE=K-17 NAME=liver_COLOR_red";
    assert_memory_equal(p, want, strlen(want));
    for (size_t i = strlen(want); i < 80; i++) assert_int_equal(p[i], ' ');
    assert_memory_equal(p + 84, "\0\0\0", 3);
    free(p);
    /* a name that is cut inside a two-byte letter */
    p = written(&m, &(lm_stl_opt){.name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xbc\xc3\xbc"}, &n);
    assert_memory_equal(p + 77, "aa ", 3);
    free(p);
    lm_err err = LM_ERR_INIT;
    lm_out *out;
    assert_int_equal(lm_io_create_mem(&out, NULL), LM_OK);
    lm_stl_opt opt = {.case_id = "a case id that is far too long for the eighty bytes of the header"};
    assert_int_equal(lm_stl_write(out, &opt, &m, &err), LM_EUSAGE);
    m.nt = 0;
    assert_int_equal(lm_stl_write(out, &(lm_stl_opt)LM_STL_OPT_INIT, &m, &err), LM_ERULE);
    lm_io_abort(out);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_cube_without_normals),  cmocka_unit_test(reads_both_zeros_as_one),
        cmocka_unit_test(reads_ascii_as_people_write_it),  cmocka_unit_test(knows_space_from_the_solid_name),
        cmocka_unit_test(refuses_bad_ascii_with_its_line), cmocka_unit_test(refuses_bad_binary),
        cmocka_unit_test(round_trips_bit_exactly),         cmocka_unit_test(writes_true_normals),
        cmocka_unit_test(puts_a_high_byte_in_the_window),  cmocka_unit_test(gives_in_the_last_byte_of_a_normal),
        cmocka_unit_test(header_says_what_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
