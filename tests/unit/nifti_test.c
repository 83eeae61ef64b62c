/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NIfTI files made by hand in both versions and byte orders: samples, place by formulas, and what is refused. */
#include "stream/nifti.h"
#include "base/bytes.h"
#include "tests/lib/feed.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

/* What a file says; file() makes its bytes. */
typedef struct {
    int version;
    bool big;
    int64_t dim[8];
    int type, bits, units, qform, sform;
    double offset, size[8], slope, inter, quatern[3], at[3], row[12];
    const char *magic;
} spec;

static const spec plain = {.version = 1,
                           .dim = {3, 4, 3, 2, 1, 1, 1, 1},
                           .type = 4,
                           .bits = 16,
                           .units = 2,
                           .sform = 1,
                           .size = {1, 2, 3, 4},
                           .row = {2, 0, 0, 10, 0, 3, 0, 20, 0, 0, 4, 30}};

static lm_vol vol;
static lm_records rec;
static char line[2000];

static void put(unsigned char *p, size_t at, const void *v, size_t n, bool big)
{
    for (size_t i = 0; i < n; i++) p[at + i] = ((const unsigned char *)v)[big ? n - 1 - i : i];
}
static void put_int(unsigned char *p, size_t at, int64_t v, size_t n, bool big)
{
    put(p, at, &v, n, big);
}
static void put_real(unsigned char *p, size_t at, double v, size_t n, bool big)
{
    float f = (float)v;
    put(p, at, n == 4 ? (void *)&f : (void *)&v, n, big);
}

/* Bytes of the file: header, extension (up to s->offset), samples (as given, in native order). */
static unsigned char *file(const spec *s, const void *samples, size_t *n)
{
    bool two = s->version == 2;
    size_t head = two ? 540 : 348, off = s->offset > (double)head ? (size_t)s->offset : head + 4, w = two ? 8 : 4, c = two ? 4 : 2,
           count = 1;
    for (int a = 1; a <= s->dim[0] && a < 8; a++) count *= s->dim[a] > 0 ? (size_t)s->dim[a] : 0;
    size_t bytes = count * (size_t)s->bits / 8;
    unsigned char *p = calloc(1, off + bytes);
    put_int(p, 0, (int64_t)head, 4, s->big);
    memcpy(p + (two ? 4 : 344), s->magic ? s->magic : two ? "n+2\0\r\n\032\n" : "n+1", two ? 8 : 4);
    for (size_t i = 0; i < 8; i++) {
        put_int(p, (two ? 16 : 40) + i * (two ? 8 : 2), s->dim[i], two ? 8 : 2, s->big);
        put_real(p, (two ? 104 : 76) + i * w, s->size[i], w, s->big);
    }
    put_int(p, two ? 12 : 70, s->type, 2, s->big);
    put_int(p, two ? 14 : 72, s->bits, 2, s->big);
    if (two) put_int(p, 168, s->offset != 0 ? (int64_t)s->offset : (int64_t)off, 8, s->big);
    else put_real(p, 108, s->offset != 0 ? s->offset : (double)off, 4, s->big);
    put_real(p, two ? 176 : 112, s->slope, w, s->big);
    put_real(p, (two ? 176 : 112) + w, s->inter, w, s->big);
    if (two) put_int(p, 500, s->units, 4, s->big);
    else p[123] = (unsigned char)s->units;
    put_int(p, two ? 344 : 252, s->qform, c, s->big);
    put_int(p, (two ? 344 : 252) + c, s->sform, c, s->big);
    for (size_t i = 0; i < 3; i++) {
        put_real(p, (two ? 352 : 256) + i * w, s->quatern[i], w, s->big);
        put_real(p, (two ? 376 : 268) + i * w, s->at[i], w, s->big);
    }
    for (size_t i = 0; i < 12; i++) put_real(p, (two ? 400 : 280) + i * w, s->row[i], w, s->big);
    size_t e = (size_t)s->bits / 8;
    for (size_t i = 0; i < count && samples && e; i++) put(p, off + i * e, (const char *)samples + i * e, e, s->big);
    *n = off + bytes;
    return p;
}

static lm_status get(const void *p, size_t n, const char *axes, bool piped)
{
    lm_err err = LM_ERR_INIT;
    feed f;
    lm_status rc = feed_open(&f, p, n, piped, &err);
    if (!rc) rc = lm_nifti_read(f.in, axes, &vol, &rec, &err);
    feed_close(&f);
    lm_err_line(&err, line, sizeof line);
    if (rc) assert_null(vol.data);
    return rc;
}

static size_t pack(const void *p, size_t n, unsigned char *z, size_t cap)
{
    z_stream s = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n, .next_out = z, .avail_out = (uInt)cap};
    deflateInit2(&s, 6, Z_DEFLATED, 31, 8, 0);
    deflate(&s, Z_FINISH);
    deflateEnd(&s);
    return s.total_out;
}

static lm_status read_spec(const spec *s, const void *samples, const char *axes)
{
    size_t n;
    unsigned char *p = file(s, samples, &n);
    lm_status rc = get(p, n, axes, false);
    free(p);
    return rc;
}

static void every_type_version_and_byte_order(void **state)
{
    static const struct {
        int code, bits;
        lm_type got;
        double v;
        unsigned char le[8];
    } t[] = {
        {2, 8, LM_U8, 254, {0xfe}},
        {256, 8, LM_I8, -2, {0xfe}},
        {4, 16, LM_I16, -1000, {0x18, 0xfc}},
        {512, 16, LM_U16, 0xfc18, {0x18, 0xfc}},
        {8, 32, LM_I32, -2, {0xfe, 0xff, 0xff, 0xff}},
        {768, 32, LM_U32, 4294967294.0, {0xfe, 0xff, 0xff, 0xff}},
        {16, 32, LM_F32, -1.5, {0, 0, 0xc0, 0xbf}},
        {64, 64, LM_F64, 0.1, {0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f}},
        {1024, 64, LM_I32, -2, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {1280, 64, LM_U32, 4294967294.0, {0xfe, 0xff, 0xff, 0xff}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (int how = 0; how < 16; how++) {
            unsigned char d[24 * 8], z[2000];
            spec s = plain;
            size_t n, e = (size_t)t[i].bits / 8;
            s.version = 1 + (how & 1);
            s.big = how & 2;
            s.type = t[i].code;
            s.bits = t[i].bits;
            for (size_t k = 0; k < 24; k++) memcpy(d + k * e, t[i].le, e);
            memset(d + 23 * e, 0, e);
            unsigned char *p = file(&s, d, &n);
            assert_true(lm_nifti_sniff(p, n));
            size_t zn = pack(p, n, z, sizeof z);
            assert_true(lm_nifti_sniff(z, zn));
            assert_int_equal(how & 4 ? get(z, zn, NULL, how & 8) : get(p, n, NULL, how & 8), LM_OK);
            assert_int_equal(vol.type, t[i].got);
            assert_int_equal(vol.n[0] * 100 + vol.n[1] * 10 + vol.n[2], 432);
            for (size_t k = 0; k < 24; k++) assert_true(lm_vol_at(&vol, k) == (k < 23 ? t[i].v : 0));
            assert_null(rec.findings);
            /* cut and longer files, packed or not */
            assert_int_equal(how & 4 ? get(z, zn - 1, NULL, how & 8) : get(p, n - 1, NULL, how & 8), LM_EFORMAT);
            p = realloc(p, n + 1);
            p[n] = z[zn] = 7;
            assert_int_equal(how & 4 ? get(z, zn + 1, NULL, how & 8) : get(p, n + 1, NULL, how & 8), LM_EFORMAT);
            free(p);
        }
}

/* RAS to LPS: x and y change their sign, exactly; a shear stays; units are taken into account. */
static void place_by_the_sform(void **state)
{
    static const double mm[4] = {1, 1000, 1, 1e-3};
    (void)state;
    for (int v = 1; v <= 2; v++)
        for (int unit = 0; unit < 4; unit++) {
            spec s = plain;
            s.version = v;
            s.units = unit | 8; /* seconds: no matter */
            const double row[12] = {0.75, 0, 0.125, -101.5, 0.25, -0.5, 0, 33.25, 0, 0.0625, 1.5, 7};
            memcpy(s.row, row, sizeof row);
            for (int a = 0; a < 3; a++) s.size[a + 1] = sqrt(row[a] * row[a] + row[4 + a] * row[4 + a] + row[8 + a] * row[8 + a]);
            assert_int_equal(read_spec(&s, NULL, NULL), LM_OK);
            for (int a = 0; a < 3; a++) {
                for (int c = 0; c < 3; c++) assert_true(vol.dir[a][c] == (c < 2 ? -1 : 1) * row[4 * c + a] * mm[unit]);
                assert_true(vol.origin[a] == (a < 2 ? -1 : 1) * row[4 * a + 3] * mm[unit]);
                for (int c = 0; c < 3; c++) assert_false(vol.dir[a][c] == 0 && signbit(vol.dir[a][c]));
            }
            assert_int_equal(json_array_size(rec.findings), unit == 0); /* no unit: said */
        }
}

/* A turn by 90 degrees about z: quaternion (sqrt(1/2), 0, 0, sqrt(1/2)) takes x to y; and half a turn about y, where a is 0. */
static void place_by_the_qform(void **state)
{
    (void)state;
    for (int v = 1; v <= 2; v++)
        for (int flip = -1; flip <= 1; flip++) {
            spec s = plain;
            s.version = v;
            s.sform = 0;
            s.qform = 1;
            s.size[0] = flip; /* 0 counts as 1 */
            s.quatern[2] = sqrt(0.5);
            memcpy(s.at, (double[3]){5, 6, 7}, sizeof s.at);
            assert_int_equal(read_spec(&s, NULL, NULL), LM_OK);
            const double turned[3][3] = {{0, -2, 0}, {3, 0, 0}, {0, 0, flip < 0 ? -4 : 4}};
            for (int a = 0; a < 3; a++)
                for (int c = 0; c < 3; c++) assert_true(fabs(vol.dir[a][c] - turned[a][c]) < 1e-6);
            assert_true(vol.origin[0] == -5 && vol.origin[1] == -6 && vol.origin[2] == 7);
            s.quatern[2] = 0;
            s.quatern[1] = 1;
            assert_int_equal(read_spec(&s, NULL, NULL), LM_OK);
            const double half[3][3] = {{2, 0, 0}, {0, -3, 0}, {0, 0, flip < 0 ? 4 : -4}};
            for (int a = 0; a < 3; a++)
                for (int c = 0; c < 3; c++) assert_true(vol.dir[a][c] == half[a][c]);
        }
}

static void no_orientation_is_refused_unless_told(void **state)
{
    (void)state;
    spec s = plain;
    s.sform = 0;
    assert_int_equal(read_spec(&s, NULL, NULL), LM_ERULE);
    assert_non_null(strstr(line, "--space RAS"));
    assert_int_equal(read_spec(&s, NULL, "RAS"), LM_OK);
    assert_true(vol.dir[0][0] == -2 && vol.dir[1][1] == -3 && vol.dir[2][2] == 4 && vol.origin[0] == 0);
    assert_int_equal(read_spec(&s, NULL, "LPS"), LM_OK);
    assert_true(vol.dir[0][0] == 2 && vol.dir[1][1] == 3 && vol.dir[2][2] == 4);
}

static void doubtful_places_are_warned_of(void **state)
{
    (void)state;
    spec s = plain;
    s.qform = 1;
    memcpy(s.at, (double[3]){10, 20, 30}, sizeof s.at);
    assert_int_equal(read_spec(&s, NULL, NULL), LM_OK);
    assert_null(rec.findings);
    s.at[0] += 1.25; /* half a voxel along the shortest axis is 1 */
    assert_int_equal(read_spec(&s, NULL, NULL), LM_OK);
    assert_int_equal(json_array_size(rec.findings), 1);
    s = plain;
    s.size[2] = 3.1;
    assert_int_equal(read_spec(&s, NULL, NULL), LM_OK);
    assert_int_equal(json_array_size(rec.findings), 1);
}

static void samples_are_scaled(void **state)
{
    static const struct {
        int code, bits;
        double slope, inter;
        lm_type got;
    } t[] = {
        {4, 16, 0, 7, LM_I16},   {4, 16, NAN, NAN, LM_I16}, {4, 16, 1, 0, LM_I16},    {4, 16, 1, -24, LM_I16},
        {4, 16, 2, 0, LM_I32},   {4, 16, 0.5, 3, LM_F32},   {4, 16, 1e6, 0, LM_F32},  {2, 8, 1, -1024, LM_I16},
        {2, 8, 0.25, 0, LM_F32}, {8, 32, 0.5, 0, LM_F64},   {16, 32, 2, 1, LM_F32},   {64, 64, 0.1, 0, LM_F64},
        {8, 32, 1, 50, LM_I32},  {512, 16, 1, 0, LM_U16},   {512, 16, -1, 0, LM_I16},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        unsigned char d[24 * 8];
        double in[24];
        spec s = plain;
        s.version = 2; /* slopes as double */
        s.type = t[i].code, s.bits = t[i].bits, s.slope = t[i].slope, s.inter = t[i].inter;
        for (size_t k = 0; k < 24; k++) {
            in[k] = t[i].bits == 8 ? (double)k : (double)k * 1424;
            int64_t whole = (int64_t)in[k];
            float f = (float)in[k];
            const void *from = t[i].code == 64 ? (void *)&in[k] : t[i].code == 16 ? (void *)&f : (void *)&whole;
            memcpy(d + k * (size_t)t[i].bits / 8, from, (size_t)t[i].bits / 8);
        }
        assert_int_equal(read_spec(&s, d, NULL), LM_OK);
        assert_int_equal(vol.type, t[i].got);
        for (size_t k = 0; k < 24; k++) {
            double want = isnan(t[i].slope) || t[i].slope == 0 ? in[k] : t[i].slope * in[k] + t[i].inter;
            assert_true(lm_vol_at(&vol, k) == (t[i].got == LM_F32 ? (double)(float)want : want));
        }
    }
}

static void extensions_are_skipped(void **state)
{
    (void)state;
    uint8_t d[24];
    for (int v = 1; v <= 2; v++)
        for (int off = 560; off < 3000; off += 611) {
            spec s = plain;
            s.version = v;
            s.type = 2, s.bits = 8, s.offset = off;
            for (int i = 0; i < 24; i++) d[i] = (uint8_t)(i + off);
            assert_int_equal(read_spec(&s, d, NULL), LM_OK);
            assert_memory_equal(vol.data, d, 24);
        }
}

#pragma GCC diagnostic ignored "-Woverride-init" /* each case is a good file but for one field */
static void files_that_are_refused(void **state)
{
    (void)state;
    for (int v = 1; v <= 2; v++) {
        const struct {
            const char *says;
            spec s;
        } t[] = {
#define BUT(...) \
    ((spec){.version = v, \
            .dim = {3, 4, 3, 2, 1, 1, 1, 1}, \
            .type = 4, \
            .bits = 16, \
            .units = 2, \
            .sform = 1, \
            .size = {1, 2, 3, 4}, \
            .row = {2, 0, 0, 10, 0, 3, 0, 20, 0, 0, 4, 30}, \
            __VA_ARGS__})
            {"another file", BUT(.magic = v == 1 ? "ni1" : "ni2\0\r\n\032\n")},
            {v == 1 ? "Analyze" : "not a NIfTI", BUT(.magic = "\0\0\0\0\0\0\0\0")},
            {v == 1 ? "Analyze" : "line ends", BUT(.magic = v == 1 ? "n+1\n" : "n+2\0\n\n\032\n")},
            {"5 volumes", BUT(.dim = {4, 4, 3, 2, 5, 1, 1, 1})},
            {"3 volumes", BUT(.dim = {5, 4, 3, 2, 1, 3, 1, 1})},
            {"dim[2] is 0", BUT(.dim = {3, 4, 0, 2, 1, 1, 1, 1})},
            {"dim[1] is -4", BUT(.dim = {3, -4, 3, 2, 1, 1, 1, 1})},
            {v == 1 ? "not a NIfTI" : "dim[0]", BUT(.dim = {8, 4, 3, 2, 1, 1, 1, 1})},
            {"datatype 32", BUT(.type = 32, .bits = 64)},
            {"datatype 128", BUT(.type = 128, .bits = 24)},
            {"datatype 1 ", BUT(.type = 1, .bits = 1)},
            {"bitpix is 8", BUT(.bits = 8)},
            {"vox_offset", BUT(.offset = 348)},
            {"vox_offset", BUT(.offset = -4)},
            {"unit of length", BUT(.units = 5)},
            {"scl_slope", BUT(.slope = INFINITY)},
            {"sform", BUT(.row = {0})},
            {"sform", BUT(.row = {1, 0, 0, NAN, 0, 1, 0, 0, 0, 0, 1, 0})},
            {"sform", BUT(.row = {1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0})},
            {"qform", BUT(.sform = 0, .qform = 2, .size = {1, 0, 1, 1})},
            {"qform", BUT(.sform = 0, .qform = 2, .quatern = {NAN, 0, 0})},
        };
        for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
            lm_status rc = read_spec(&t[i].s, NULL, NULL);
            if (rc == LM_OK || !strstr(line, t[i].says)) fail_msg("version %d, case %zu (%s): %d, %s", v, i, t[i].says, rc, line);
        }
    }
    /* counts beyond what is there: no memory is taken for them */
    spec s = plain;
    size_t n;
    s.version = 2;
    unsigned char *p = file(&s, NULL, &n);
    for (int a = 0; a < 3; a++) put_int(p, 24 + 8 * (size_t)a, 1000000, 8, false);
    assert_int_equal(get(p, n, NULL, true), LM_EFORMAT);
    for (int a = 0; a < 3; a++) put_int(p, 24 + 8 * (size_t)a, INT64_MAX, 8, false);
    assert_int_equal(get(p, n, NULL, true), LM_ERANGE);
    free(p);
    assert_int_equal(get("\x5c\x01\0\0", 4, NULL, false), LM_EFORMAT);
    assert_false(lm_nifti_sniff((const unsigned char *)"NRRD0004\n", 9));
}

/* Every cut of a small file is an error. */
static void cut_anywhere_is_an_error(void **state)
{
    (void)state;
    size_t n;
    unsigned char *p = file(&plain, NULL, &n), z[2000];
    size_t zn = pack(p, n, z, sizeof z);
    for (size_t k = 1; k < n; k++) assert_int_equal(get(p, k, NULL, k % 7 == 0), LM_EFORMAT);
    for (size_t k = 1; k < zn; k++) assert_int_equal(get(z, k, NULL, false), LM_EFORMAT);
    free(p);
}

static int done(void **state)
{
    (void)state;
    lm_vol_release(&vol);
    lm_record_release(&rec);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_version_and_byte_order),
        cmocka_unit_test(place_by_the_sform),
        cmocka_unit_test(place_by_the_qform),
        cmocka_unit_test(no_orientation_is_refused_unless_told),
        cmocka_unit_test(doubtful_places_are_warned_of),
        cmocka_unit_test(samples_are_scaled),
        cmocka_unit_test(extensions_are_skipped),
        cmocka_unit_test(files_that_are_refused),
        cmocka_unit_test(cut_anywhere_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
