/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/nrrd.h"
#include "base/hash.h"
#include "tests/lib/feed.h"
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

static lm_vol vol;
static lm_records rec;
static char line[2000];

static lm_status get(const void *p, size_t n, bool piped)
{
    lm_err err = LM_ERR_INIT;
    feed f;
    lm_status rc = feed_open(&f, p, n, piped, &err);
    if (!rc) rc = lm_nrrd_read(f.in, &vol, &rec, &err);
    feed_close(&f);
    lm_err_line(&err, line, sizeof line);
    if (rc) {
        assert_int_equal(rc, err.code);
        assert_null(vol.data);
        assert_int_equal(rec.n, 0);
    }
    return rc;
}

static unsigned char *put(const lm_vol *v, lm_records *r, size_t *n)
{
    lm_err err = LM_ERR_INIT;
    lm_out *out = NULL;
    unsigned char *p = NULL;
    assert_int_equal(lm_io_create_mem(&out, &err), LM_OK);
    assert_int_equal(lm_nrrd_write(out, v, r, &err), LM_OK);
    assert_int_equal(lm_io_take(out, &p, n, &err), LM_OK);
    return p;
}

/* A small volume with awkward geometry and `records` records, the texts of which hold all that needs escaping. */
static unsigned char *sample(size_t records, size_t *n)
{
    lm_vol v = LM_VOL_INIT;
    lm_records r = LM_RECORDS_INIT;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){7, 5, 3}, LM_I16, &err), LM_OK);
    for (int i = 0; i < 105; i++) ((int16_t *)v.data)[i] = (int16_t)(i * 613 - 32000);
    memcpy(v.dir, (double[3][3]){{0.1, 0, 0}, {0, -1.0 / 3, 0.02}, {0, 0.25, 1.25}}, sizeof v.dir);
    memcpy(v.origin, (double[3]){-123.456789012345678, 1e-17, 12}, sizeof v.origin);
    v.has_iso = true;
    v.iso = -300.1;
    for (size_t i = 0; i < records; i++) {
        json_t *a = lm_record_new(&r, i ? "tool" : "first", &err);
        char text[200];
        snprintf(text, sizeof text, "back\\slash \\n new\nline \"quote\" := : # \xc3\xa4 record %zu", i);
        json_object_set_new(a, "text", json_string(text));
        assert_int_equal(lm_record_append(&r, a, &err), LM_OK);
    }
    unsigned char *p = put(&v, &r, n);
    lm_record_release(&r);
    lm_vol_release(&v);
    return p;
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    size_t n, n2;
    unsigned char *p = sample(12, &n);
    for (int piped = 0; piped < 2; piped++) {
        assert_int_equal(get(p, n, piped), LM_OK);
        assert_int_equal(vol.type, LM_I16);
        assert_true(vol.n[0] == 7 && vol.n[1] == 5 && vol.n[2] == 3);
        assert_true(vol.has_iso && vol.iso == -300.1);
        assert_true(vol.dir[1][1] == -1.0 / 3 && vol.dir[2][1] == 0.25 && vol.origin[0] == -123.456789012345678 &&
                    vol.origin[1] == 1e-17);
        for (int i = 0; i < 105; i++) assert_int_equal(((int16_t *)vol.data)[i], i * 613 - 32000);
        assert_int_equal(rec.n, 12);
        assert_true(rec.belong);
        assert_int_equal(rec.bytes, 210);
        assert_int_equal(rec.crc, lm_hash_crc32(0, p + n - 210, 210));
        assert_string_equal(json_string_value(json_object_get(rec.item[11], "text")),
                            "back\\slash \\n new\nline \"quote\" := : # \xc3\xa4 record 11");
        unsigned char *q = put(&vol, &rec, &n2); /* and the same bytes again */
        assert_true(n2 == n && !memcmp(p, q, n));
        free(q);
    }
    free(p);
}

static void cut_anywhere_is_an_error(void **state)
{
    (void)state;
    size_t n;
    unsigned char *p = sample(2, &n);
    for (size_t k = 0; k < n; k++) {
        unsigned char *q = malloc(k ? k : 1); /* exact size: reading beyond shows under ASan */
        memcpy(q, p, k);
        if (get(q, k, false) != LM_EFORMAT) fail_msg("cut at %zu of %zu: %s", k, n, line);
        free(q);
    }
    assert_int_equal(get(p, n - 10, true), LM_EFORMAT);
    assert_non_null(strstr(line, "200 of 210"));
    assert_int_equal(get(p, n - 10, false), LM_EFORMAT);
    assert_non_null(strstr(line, "200 of 210"));
    free(p);
}

static void longer_or_altered_is_an_error(void **state)
{
    (void)state;
    size_t n;
    unsigned char *p = sample(2, &n), *q = malloc(n + 1);
    memcpy(q, p, n);
    q[n] = 0;
    for (int piped = 0; piped < 2; piped++) assert_int_equal(get(q, n + 1, piped), LM_EFORMAT);
    for (size_t k = n - 210; k < n; k += 13) {
        q[k] ^= 0x10;
        assert_int_equal(get(q, n, false), LM_EFORMAT);
        assert_non_null(strstr(line, "CRC-32"));
        q[k] ^= 0x10;
    }
    assert_int_equal(get(q, n, false), LM_OK);
    free(p);
    free(q);
}

/* The records of one stream before the samples of another, without checksum lines: readable, but they do not belong. */
static void foreign_records_do_not_belong(void **state)
{
    (void)state;
    size_t n;
    unsigned char *p = sample(1, &n);
    char *s = strstr((char *)p, "meshqa_bytes:=");
    char *e = strstr(s, "meshqa_iso");
    memmove(s, e, n - (size_t)(e - (char *)p));
    n -= (size_t)(e - s);
    assert_int_equal(get(p, n, false), LM_OK);
    assert_true(rec.belong);
    p[n - 1] ^= 1;
    assert_int_equal(get(p, n, false), LM_OK);
    assert_int_equal(rec.n, 1);
    assert_false(rec.belong);
    free(p);
}

#define HEAD(type, more) "NRRD0004\n# c: d:=e\ntype: " type "\ndimension: 3\nsizes: 2 2 1\n" more
#define GEO "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (4,5,6)\n"

static lm_status text(const char *header, const void *data, size_t n)
{
    size_t h = strlen(header);
    char *p = malloc(h + n + 1);
    memcpy(p, header, h);
    if (n) memcpy(p + h, data, n);
    lm_status rc = get(p, h + n, false);
    lm_status again = get(p, h + n, true);
    assert_int_equal(rc, again);
    free(p);
    return rc;
}

static void spaces_turn_into_lps(void **state)
{
    static const struct {
        const char *space;
        double sx, sy;
    } t[] = {{"left-posterior-superior", 1, 1},
             {"LPS", 1, 1},
             {"right-anterior-superior", -1, -1},
             {"RAS", -1, -1},
             {"Left-Anterior-Superior", 1, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char h[500];
        snprintf(h, sizeof h,
                 HEAD("uint8", "encoding: raw\nspace: %s\nspace directions: (2,0.5,0.25) ( 0 , -3 , 0 ) "
                               "(0,0,1.25)\nspace origin: (-7,8,9)\n\n"),
                 t[i].space);
        assert_int_equal(text(h, "\1\2\3\4", 4), LM_OK);
        assert_true(vol.dir[0][0] == 2 * t[i].sx && vol.dir[0][1] == 0.5 * t[i].sy && vol.dir[0][2] == 0.25);
        assert_true(vol.dir[1][1] == -3 * t[i].sy && vol.dir[2][2] == 1.25);
        assert_true(vol.origin[0] == -7 * t[i].sx && vol.origin[1] == 8 * t[i].sy && vol.origin[2] == 9);
        assert_false(signbit(vol.dir[2][0]));
    }
}

static void every_type_and_byte_order(void **state)
{
    static const struct {
        const char *name;
        lm_type type;
        size_t size;
        double v;
        unsigned char big[8];
    } t[] = {
        {"signed char", LM_I8, 1, -2, {0xfe}},
        {"uchar", LM_U8, 1, 254, {0xfe}},
        {"short", LM_I16, 2, -1000, {0xfc, 0x18}},
        {"unsigned short", LM_U16, 2, 0xfc18, {0xfc, 0x18}},
        {"int", LM_I32, 4, -2, {0xff, 0xff, 0xff, 0xfe}},
        {"uint32_t", LM_U32, 4, 4294967294.0, {0xff, 0xff, 0xff, 0xfe}},
        {"float", LM_F32, 4, -1.5, {0xbf, 0xc0, 0, 0}},
        {"double", LM_F64, 8, 0.1, {0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char h[500];
        unsigned char d[32];
        for (int big = 0; big < 2; big++) {
            for (size_t k = 0; k < 4 * t[i].size; k++) d[k] = t[i].big[big ? k % t[i].size : t[i].size - 1 - k % t[i].size];
            for (int gz = 0; gz < 2; gz++) {
                unsigned char z[200];
                z_stream s = {.next_in = d, .avail_in = (uInt)(4 * t[i].size), .next_out = z, .avail_out = sizeof z};
                deflateInit2(&s, 6, Z_DEFLATED, 31, 8, 0);
                deflate(&s, Z_FINISH);
                deflateEnd(&s);
                snprintf(h, sizeof h, HEAD("%s", "endian: %s\nencoding: %s\n" GEO "\n"), t[i].name, big ? "big" : "little",
                         gz ? "gzip" : "raw");
                assert_int_equal(text(h, gz ? z : d, gz ? s.total_out : 4 * t[i].size), LM_OK);
                assert_int_equal(vol.type, t[i].type);
                for (size_t k = 0; k < 4; k++) assert_true(lm_vol_at(&vol, k) == t[i].v);
                /* a cut, a longer and a damaged gzip */
                if (!gz) continue;
                assert_int_equal(text(h, z, s.total_out - 1), LM_EFORMAT);
                z[s.total_out] = 7;
                assert_int_equal(text(h, z, s.total_out + 1), LM_EFORMAT);
                z[s.total_out - 5] ^= 1;
                assert_int_equal(text(h, z, s.total_out), LM_EFORMAT);
            }
            char ascii[200];
            int n = snprintf(ascii, sizeof ascii, " %.17g\n%.17g\t%.17g %.17g", t[i].v, t[i].v, t[i].v, t[i].v);
            snprintf(h, sizeof h, HEAD("%s", "encoding: text\n" GEO "\n"), t[i].name);
            assert_int_equal(text(h, ascii, (size_t)n), LM_OK);
            for (size_t k = 0; k < 4; k++) assert_true(lm_vol_at(&vol, k) == t[i].v);
        }
    }
}

static void long_integers_where_they_fit(void **state)
{
    static const struct {
        const char *type;
        int64_t v[4];
        lm_type got; /* LM_F64: refused */
    } t[] = {
        {"long long", {-2147483648, 0, 1, 2147483647}, LM_I32},
        {"int64", {0, 0, 1, 4294967295}, LM_U32},
        {"int64_t", {-1, 0, 1, 2147483648}, LM_F64},
        {"uint64", {0, 7, 1, 4294967295}, LM_U32},
        {"ulonglong", {0, 7, 1, 2147483647}, LM_I32},
        {"uint64_t", {0, 7, 1, 4294967296}, LM_F64},
        {"uint64_t", {0, -1, 1, 2}, LM_F64},
    };
    char h[300];
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (int big = 0; big < 2; big++) {
            int64_t v[4];
            for (int k = 0; k < 4; k++) v[k] = big ? (int64_t)__builtin_bswap64((uint64_t)t[i].v[k]) : t[i].v[k];
            snprintf(h, sizeof h, HEAD("%s", "endian: %s\nencoding: raw\n" GEO "\n"), t[i].type, big ? "big" : "little");
            assert_int_equal(text(h, v, sizeof v), t[i].got == LM_F64 ? LM_ERULE : LM_OK);
            if (t[i].got == LM_F64) continue;
            assert_int_equal(vol.type, t[i].got);
            for (size_t k = 0; k < 4; k++) assert_true(lm_vol_at(&vol, k) == (double)t[i].v[k]);
        }
}

static void gzip_of_other_length(void **state)
{
    (void)state;
    unsigned char d[8] = {1, 2, 3, 4, 5, 6, 7, 8}, z[400];
    for (size_t n = 3; n <= 5; n++) {
        z_stream s = {.next_in = d, .avail_in = (uInt)n, .next_out = z, .avail_out = sizeof z};
        deflateInit2(&s, 6, Z_DEFLATED, 31, 8, 0);
        deflate(&s, Z_FINISH);
        deflateEnd(&s);
        assert_int_equal(text(HEAD("uchar", "encoding: gz\n" GEO "\n"), z, s.total_out), n == 4 ? LM_OK : LM_EFORMAT);
    }
    /* two members, as `cat a.gz b.gz` makes them */
    size_t at = 0;
    for (size_t k = 0; k < 2; k++) {
        z_stream s = {.next_in = d + 2 * k, .avail_in = 2, .next_out = z + at, .avail_out = (uInt)(sizeof z - at)};
        deflateInit2(&s, 6, Z_DEFLATED, 31, 8, 0);
        deflate(&s, Z_FINISH);
        deflateEnd(&s);
        at += s.total_out;
    }
    assert_int_equal(text(HEAD("uchar", "encoding: gz\n" GEO "\n"), z, at), LM_OK);
    assert_memory_equal(vol.data, d, 4);
}

static void text_payload(void **state)
{
    (void)state;
    const char *h = HEAD("float", "encoding: ascii\n" GEO "\n");
    assert_int_equal(text(h, "nan -inf\n1e10 2", 15), LM_OK);
    const float *f = vol.data;
    assert_true(isnan(f[0]) && isinf(f[1]) && f[2] == 1e10f && f[3] == 2);
    assert_int_equal(text(h, "1 2 3", 5), LM_EFORMAT);
    assert_int_equal(text(h, "1 2 3 4 5", 9), LM_EFORMAT);
    assert_int_equal(text(h, "1 2 x 4", 7), LM_EFORMAT);
    assert_non_null(strstr(line, "sample 2"));
    h = HEAD("uchar", "encoding: ascii\n" GEO "\n");
    assert_int_equal(text(h, "1 2 3 255\n", 10), LM_OK);
    assert_int_equal(text(h, "1 2 3 256", 9), LM_EFORMAT);
    assert_int_equal(text(h, "1 2 3 -1", 8), LM_EFORMAT);
    assert_int_equal(text(h, "1 2 3 1.5", 9), LM_EFORMAT);
    assert_int_equal(text(h, "1 2 3 nan", 9), LM_EFORMAT);
    /* numbers across the reader's blocks: 60000 of them */
    char *big = malloc(60000 * 8 + 1), *o = big, head[400];
    for (int i = 0; i < 60000; i++) o += sprintf(o, "%d%s", i % 30011 - 15000, i % 7 ? " " : "\n ");
    snprintf(head, sizeof head, "NRRD0005\ntype: short\ndimension: 3\nsizes: 300 200 1\nencoding: txt\n" GEO "\n");
    assert_int_equal(text(head, big, (size_t)(o - big)), LM_OK);
    for (int i = 0; i < 60000; i++) assert_int_equal(((int16_t *)vol.data)[i], i % 30011 - 15000);
    memset(big, '1', 60000 * 8);
    assert_int_equal(text(head, big, 60000 * 8), LM_EFORMAT);
    free(big);
}

static void headers_that_are_refused(void **state)
{
    static const struct {
        const char *header, *says;
    } t[] = {
        {"NRRD0006\n\n", "version"},
        {"NRRX0004\n\n", "not an NRRD"},
        {HEAD("uchar", "encoding: raw\n\n"), "'space'"},
        {HEAD("uchar", "encoding: raw\nspace: LPS\nspace origin: (0,0,0)\n\n"), "'space directions'"},
        {HEAD("uchar", "encoding: raw\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n\n"), "'space origin'"},
        {HEAD("uchar", "encoding: raw\nspace: scanner-xyz\n"
                       "\n"),
         "scanner-xyz"},
        {HEAD("uchar", "encoding: raw\nspace dimension: 3\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n\n"),
         "'space'"},
        {HEAD("uchar", GEO "\n"), "'encoding'"},
        {HEAD("uchar", "encoding: bzip2\n" GEO "\n"), "bzip2"},
        {HEAD("uchar", "encoding: hex\n" GEO "\n"), "hex"},
        {HEAD("short", "encoding: raw\n" GEO "\n"), "'endian'"},
        {HEAD("short", "encoding: raw\nendian: middle\n" GEO "\n"), "middle"},
        {HEAD("long", "encoding: raw\nendian: little\n" GEO "\n"), "no scalar type"},
        {HEAD("block", "encoding: raw\n" GEO "\n"), "block"},
        {HEAD("uchar", "type: uchar\n"), "twice"},
        {HEAD("uchar", "encoding: raw\ndata file: /home/secret/x.raw\n" GEO "\n"), "data file"},
        {HEAD("uchar", "encoding: raw\ndatafile: LIST\n" GEO "\n"), "data file"},
        {HEAD("uchar", "encoding: raw\nbyte skip: -1\n" GEO "\n"), "skip"},
        {HEAD("uchar", "encoding: raw\nspace units: \"um\" \"um\" \"um\"\n" GEO "\n"), "millimetres"},
        {HEAD("uchar", "encoding: raw\nspace units: \"m\" \"m\" \"m\"\n" GEO "\n"), "millimetres"},
        {HEAD("uchar", "what: ever\n"), "what: ever"},
        {HEAD("uchar", "encoding: raw\nspace: LPS\nspace directions: none (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n\n"), "none"},
        {HEAD("uchar", "encoding: raw\nspace: LPS\nspace directions: (1,0,0) (0,1,0)\nspace origin: (0,0,0)\n\n"), "three vectors"},
        {HEAD("uchar", "encoding: raw\nspace: LPS\nspace directions: (1,0,nan) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n\n"),
         "three vectors"},
        {HEAD("uchar", "encoding: raw\nspace: LPS\nspace directions: (1,0,0) (1,0,0) (0,0,1)\nspace origin: (0,0,0)\n\n"),
         "'space directions'"},
        {HEAD("uchar", "encoding: raw\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,1e300)\n\n"),
         "'space origin'"},
        {"NRRD0004\ntype: uchar\ndimension: 4\n\n", "dimension 3"},
        {"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2\n\n", "sizes"},
        {"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 0\n\n", "sizes"},
        {"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 -2 1\n\n", "sizes"},
        {"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 1 1\n\n", "sizes"},
        {"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 18446744073709551616 1 1\n\n", "sizes"},
        {"NRRD0004\ntype: double\ndimension: 3\nendian: little\nencoding: raw\nsizes: 4294967296 4294967296 1\n" GEO "\n",
         "no volume has"},
        {"NRRD0004\ntype: double\ndimension: 3\nendian: little\nencoding: raw\nsizes: 1000000 1000000 1000\n" GEO "\n",
         "4 of 8000000000000000"},
        {"NRRD0004\ntype: double\ndimension: 3\nendian: little\nencoding: gzip\nsizes: 1000000 1000000 1000\n" GEO "\n", "gzip"},
        {HEAD("uchar", "encoding: raw\nmeshqa_iso:=\n" GEO "\n"), "meshqa_iso"},
        {HEAD("uchar", "encoding: raw\nmeshqa_iso:=inf\n" GEO "\n"), "meshqa_iso"},
        {HEAD("uchar", "encoding: raw\nmeshqa_iso:=1\nmeshqa_iso:=2\n" GEO "\n"), "twice"},
        {HEAD("uchar", "encoding: raw\nmeshqa_bytes:=5\n" GEO "\n"), "meshqa_bytes is 5"},
        {HEAD("uchar", "encoding: raw\nmeshqa_crc32:=12\n" GEO "\n"), "meshqa_crc32"},
        {HEAD("uchar", "encoding: raw\nmeshqa_crc32:=00000000\n" GEO "\n"), "b63cfbcd"},
        {HEAD("uchar", "encoding: raw\nmeshqa_schema:=2\n" GEO "\n"), "schema 2"},
        {HEAD("uchar", "encoding: raw\nmeshqa_record_1:={\"schema\":9,\"tool\":\"x\"}\n" GEO "\n"), "schema 9"},
        {HEAD("uchar", "encoding: raw\nmeshqa_record_1:={}\n" GEO "\n"), "schema"},
        {HEAD("uchar", "encoding: raw\nmeshqa_record_2:={\"schema\":1,\"tool\":\"x\"}\n" GEO "\n"), "meshqa_record_1 is missing"},
        {HEAD("uchar", "encoding: raw\nmeshqa_record_1001:={\"schema\":1,\"tool\":\"x\"}\n" GEO "\n"), "1 to 1000"},
        {HEAD("uchar", "encoding: raw\nmeshqa_record_0:={\"schema\":1,\"tool\":\"x\"}\n" GEO "\n"), "1 to 1000"},
        {HEAD("uchar",
              "encoding: "
              "raw\nmeshqa_record_1:={\"schema\":1,\"tool\":\"x\"}\nmeshqa_record_1:={\"schema\":1,\"tool\":\"x\"}\n" GEO "\n"),
         "twice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_status rc = text(t[i].header, "\1\2\3\4", 4);
        if (rc == LM_OK || !strstr(line, t[i].says)) fail_msg("case %zu (%s): %d, %s", i, t[i].says, rc, line);
        assert_null(strstr(line, "secret"));
    }
}

static void odd_but_right_headers(void **state)
{
    static const char *t[] = {
        HEAD("uchar", "encoding: raw\n" GEO "\n"),
        "NRRD0001\r\ntype:uchar\r\nDIMENSION: 3\r\nsizes:  2  2 1 \r\nencoding: RAW\r\nspace: LPS\r\nspacedirections: "
        "(1,0,0)(0,1,0)(0,0,1)\r\nspaceorigin:(4,5,6)\r\n\r\n",
        HEAD("uchar", "encoding: raw\nspace units: \"mm\" \"mm\" \"mm\"\ncontent: a:=b\nkinds: domain domain "
                      "domain\nmy:key:=x: y\nmeshqa_other:=1\nlabels: \"a\" \"b\"\n" GEO "\n"),
        /* keys that another program sorted its own way */
        HEAD("uchar",
             "encoding: "
             "raw\nmeshqa_record_2:={\"schema\":1,\"tool\":\"b\"}\nmeshqa_record_1:={\"schema\":1,\"tool\":\"a\"}\n" GEO "\n"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        if (text(t[i], "\1\2\3\4", 4) != LM_OK) fail_msg("case %zu: %s", i, line);
        assert_memory_equal(vol.data, "\1\2\3\4", 4);
        assert_true(vol.origin[2] == 6);
    }
    assert_string_equal(json_string_value(json_object_get(rec.item[0], "tool")), "a");
}

/* More than one block, through a pipe as well: the sink grows and the checksum runs over blocks. */
static void large_payload(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = LM_VOL_INIT;
    lm_records none = LM_RECORDS_INIT;
    size_t n;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){211, 199, 301}, LM_U16, &err), LM_OK);
    uint32_t s = 1;
    for (size_t i = 0; i < lm_vol_count(&v); i++) ((uint16_t *)v.data)[i] = (uint16_t)((s = s * 1664525u + 1013904223u) >> 16);
    unsigned char *p = put(&v, &none, &n);
    for (int piped = 0; piped < 2; piped++) {
        assert_int_equal(get(p, n, piped), LM_OK);
        assert_memory_equal(vol.data, v.data, 2 * lm_vol_count(&v));
        assert_int_equal(get(p, n - 1, piped), LM_EFORMAT);
    }
    free(p);
    lm_vol_release(&v);
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
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(cut_anywhere_is_an_error),
        cmocka_unit_test(longer_or_altered_is_an_error),
        cmocka_unit_test(foreign_records_do_not_belong),
        cmocka_unit_test(spaces_turn_into_lps),
        cmocka_unit_test(every_type_and_byte_order),
        cmocka_unit_test(long_integers_where_they_fit),
        cmocka_unit_test(gzip_of_other_length),
        cmocka_unit_test(text_payload),
        cmocka_unit_test(headers_that_are_refused),
        cmocka_unit_test(odd_but_right_headers),
        cmocka_unit_test(large_payload),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, done);
}
