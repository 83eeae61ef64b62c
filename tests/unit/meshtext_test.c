/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OBJ and OFF: what is read, what is refused and where, and that nothing depends on how the bytes arrive. */
#include "format/obj.h"
#include "format/meshtext.h"
#include "format/off.h"
#include "../lib/feed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static lm_mesh mesh;
static lm_records rec;
static char line[2000];

typedef lm_status reader(lm_in *, lm_mesh *, lm_records *, lm_err *);

static lm_status get(reader *read, const char *s, size_t n, bool piped)
{
    feed f;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(feed_open(&f, s, n, piped, &err), LM_OK);
    lm_status rc = read(f.in, &mesh, &rec, &err);
    feed_close(&f);
    lm_err_line(&err, line, sizeof line);
    if (rc) assert_true(!mesh.pos && !mesh.tri && !mesh.label && !mesh.nv && !mesh.nt && *line);
    return rc;
}

typedef struct {
    const char *text;
    size_t nv, nt;
    uint32_t tri[12];
} taken;

static void takes(reader *read, const taken *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (int piped = 0; piped < 2; piped++) {
            if (get(read, t[i].text, strlen(t[i].text), piped)) fail_msg("case %zu: %s", i, line);
            if (mesh.nv != t[i].nv || mesh.nt != t[i].nt) fail_msg("case %zu: %zu vertices, %zu triangles", i, mesh.nv, mesh.nt);
            if (memcmp(mesh.tri, t[i].tri, 12 * mesh.nt)) fail_msg("case %zu: other triangles", i);
        }
}

#define V4 "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"

static void obj_is_read(void **state)
{
    static const taken t[] = {
        {V4 "f 1 2 3\n", 4, 1, {0, 1, 2}},
        {V4 "f -4 -3 -2", 4, 1, {0, 1, 2}},
        {V4 "vt 0 0\nvn 0 0 1\nf 1/1 2/1/1 3//1\nf 1/ 3/1/ 4//\n", 4, 2, {0, 1, 2, 0, 2, 3}},
        {V4 "f 1 2 3 4\n", 4, 2, {0, 1, 2, 0, 2, 3}},
        {V4 "f 1 2 \\\n3 \\\r\n 4\n", 4, 2, {0, 1, 2, 0, 2, 3}},
        {"\t v  0 0 0 # c\r\nv 1e0 0 0 1.0\rv 1 1 0 .1 .2 nan\n\n#\ng a b\ns off\nusemtl x\nmtllib ../../etc/passwd\nl 1 2\np 1\nf "
         "1 2 3 # f 9",
         3,
         1,
         {0, 1, 2}},
        {"f 3 2 1\nv 0 0 0\nv 1 0 0\nv 0 1 0\n", 3, 1, {2, 1, 0}},
        {"v 0 0 0\n", 1, 0, {0}},
        /* an arrow head: only the diagonal from the notch lies inside */
        {"v 0 0 0\nv 2 1 0\nv 0 2 0\nv 1 1 0\nf 1 2 3 4\n", 4, 2, {0, 1, 3, 1, 2, 3}},
    };
    (void)state;
    for (size_t i = 0; i + 1 < sizeof t / sizeof *t; i++) takes(lm_obj_read, t + i, 1);
    const char *arrow = t[sizeof t / sizeof *t - 1].text;
    assert_int_equal(get(lm_obj_read, arrow, strlen(arrow), false), LM_OK);
    assert_int_equal(mesh.nt, 2);
    for (int k = 0; k < 2; k++) { /* each triangle has the notch (3) and the tip (1) */
        int seen = 0;
        for (int c = 0; c < 3; c++) seen |= 1 << mesh.tri[3 * k + c];
        assert_true((seen & 10) == 10);
    }
}

static void obj_units_spaces_and_parts(void **state)
{
    (void)state;
    const char *s = "# UNITS=inch SPACE=RAS\no one\n" V4 "o two\nf 1 2 3\no three\nf 1 3 4\nf 2 3 4\n";
    assert_int_equal(get(lm_obj_read, s, strlen(s), false), LM_OK);
    assert_true(rec.unit_mm == 25.4 && mesh.space == LM_SPACE_RAS && mesh.label);
    assert_true(mesh.label[0] == 1 && mesh.label[1] == 2 && mesh.label[2] == 2);
    lm_out *out;
    unsigned char *p;
    size_t n;
    assert_int_equal(lm_io_create_mem(&out, NULL), LM_OK);
    assert_int_equal(lm_obj_write(out, &(lm_obj_opt){.name = "a\nb=c\\", .case_id = "K1"}, &mesh, NULL), LM_OK);
    assert_int_equal(lm_io_take(out, &p, &n, NULL), LM_OK);
    const char *want = "# UNITS=mm SPACE=RAS CASE=K1 NAME=a_b_c_\n" V4 "o two\nf 1 2 3\no three\nf 1 3 4\nf 2 3 4\n";
    assert_int_equal(n, strlen(want));
    assert_memory_equal(p, want, n);
    free(p);
    s = "# UNITS=cubit\n" V4;
    assert_int_equal(get(lm_obj_read, s, strlen(s), false), LM_ERULE);
    s = V4 "o only\nf 1 2 3\no empty\n";
    assert_int_equal(get(lm_obj_read, s, strlen(s), false), LM_OK);
    assert_true(!mesh.label && mesh.parts.n == 1 && !strcmp(mesh.parts.item[0].name, "only"));
    s = V4 "o \t a\x1b[1m b \nf 1 2 3\no part-2\nf 1 3 4\no\nf 2 3 4\n"; /* part 2 and 3 have no name */
    assert_int_equal(get(lm_obj_read, s, strlen(s), true), LM_OK);
    assert_true(mesh.label[2] == 3 && mesh.parts.n == 1 && !strcmp(mesh.parts.item[0].name, "a_[1m b"));
}

static const struct {
    const char *text, *says;
} obj_bad[] = {
    {V4 "f 1 2 5\n", "triangle 0 names vertex 4 of 4"},
    {V4 "f 1 2 -5\n", "line 5: vertex -5 of 4"},
    {V4 "f 0 1 2\n", "line 5: '0 1 2': vertices are counted from 1"},
    {V4 "f 1 2\n", "three corners"},
    {V4 "f\n", "three corners"},
    {V4 "f 1 2 /3\n", "vertex number is missing"},
    {V4 "f 1 2 3/4/5/6\n", "no vertex/texture/normal"},
    {V4 "f 1 2 x\n", "vertex number is missing"},
    {V4 "f 1 2 99999999999999999999\n", "out of range"},
    {V4 "f 1 2 4294967296\n", "out of range"},
    {V4 "f 1 2 3.5\n", "no vertex/texture/normal"},
    {"v 0 0\n", "line 1: 'v 0 0': three finite numbers"},
    {"v 0 nan 0\n", "three finite"},
    {"v 0 0 inf\n", "three finite"},
    {"v 0 0 1e39\n", "three finite"},
    {"v 1,5 0 0\n", "three finite"},
    {"v 0 0 0x1\n", "three finite"},
    {V4 "hello\n", "no statement of OBJ"},
    {V4 "call x.obj\n", "not followed"},
    {V4 "surf 0 1\n", "free-form"},
    {"# nothing\n", "no vertex"},
    {"f 1 2 3\n", "no vertex"},
};

static void obj_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof obj_bad / sizeof *obj_bad; i++) {
        if (!get(lm_obj_read, obj_bad[i].text, strlen(obj_bad[i].text), i & 1)) fail_msg("case %zu was taken", i);
        if (!strstr(line, obj_bad[i].says)) fail_msg("case %zu: %s", i, line);
    }
}

#define O4 "0 0 0\n1 0 0\n1 1 0\n0 1 0\n"

static void off_is_read(void **state)
{
    static const taken t[] = {
        {"OFF\n4 1 0\n" O4 "3 0 1 2\n", 4, 1, {0, 1, 2}},
        {"OFF 4 1\n" O4 "4 0 1 2 3 255 0 0", 4, 2, {0, 1, 2, 0, 2, 3}},
        {"# c\n\n OFF4 1 7 # n\r\n0 0 0 # v\r\n\r\n1 0 0\r\n1 1 0\r\n0 1 0\r\n3 0 1 2 0.5 0.5 0.5 1\r\n", 4, 1, {0, 1, 2}},
        {"STCNOFF\n3 1 0\n0 0 0 0 0 1 .1 .2 .3 1 0 0\n1 0 0\n0 1 0\n3 0 1 2", 3, 1, {0, 1, 2}},
        {"NOFF\r4 3 0\r0 0 0\r1 0 0\r1 1 0\r0 1 0\r1 0\r2 0 1\r3 2 1 0\r", 4, 1, {2, 1, 0}},
        {"OFF\n0 0 0\n", 0, 0, {0}},
    };
    (void)state;
    takes(lm_off_read, t, sizeof t / sizeof *t);
    const char *thin = "OFF\n# UNITS=m SPACE=LPS\n4 2 0\n" O4 "2 0 1\n3 0 1 2\n";
    assert_int_equal(get(lm_off_read, thin, strlen(thin), false), LM_OK);
    assert_true(rec.unit_mm == 1000 && mesh.space == LM_SPACE_LPS && json_array_size(rec.findings) == 1);
}

static void off_is_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } t[] = {
        {"OFF\n4 1 0\n" O4 "3 0 1 4\n", "line 7: vertex 4, and the file has 4"},
        {"OFF\n4 1 0\n" O4 "3 0 1 -1\n", "line 7"},
        {"OFF\n4 1 0\n" O4 "3 0 1\n", "a face is a count"},
        {"OFF\n4 1 0\n" O4 "0\n", "a face is a count"},
        {"OFF\n4 1 0\n" O4 "4000000000 0 1 2\n", "a face is a count"},
        {"OFF\n4 2 0\n" O4 "3 0 1 2\n", "input cut off: 1 of 2 faces"},
        {"OFF\n5 0 0\n" O4, "input cut off: 4 of 5 vertices"},
        {"OFF\n4 0 0\n" O4 "3 0 1 2\n", "more lines"},
        {"OFF\n4 1 0\n0 0 0\n1 0\n" O4, "line 4: '1 0'"},
        {"OFF\n3 0 0\n0 0 nan\n0 0 0\n0 0 0\n", "three finite"},
        {"OFF BINARY\n", "BINARY is not read"},
        {"4OFF\n1 0 0\n", "other than three"},
        {"nOFF\n", "other than three"},
        {"OFF\n", "before the counts"},
        {"OFF\nx\n", "counts of vertices"},
        {"OFF\n1 2 3 4\n", "and no more"},
        {"OFF\n99999999999999999999 1 0\n", "counts of vertices"},
        {"OFF\n4294967296 1 0\n", "the limit is 4294967295"},
        {"OFF\n4000000000 4000000000 0\n0 0 0\n", "need at least 40000000000 bytes"},
        {"COOF\n", "no keyword"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        if (!get(lm_off_read, t[i].text, strlen(t[i].text), false)) fail_msg("case %zu was taken", i);
        if (!strstr(line, t[i].says)) fail_msg("case %zu: %s", i, line);
    }
    /* on a pipe the size is not known: no memory may be taken for what is only counted */
    const char *many = "OFF\n4000000000 4000000000 0\n0 0 0\n";
    assert_int_equal(get(lm_off_read, many, strlen(many), true), LM_EFORMAT);
    assert_non_null(strstr(line, "cut off: 1 of 4000000000 vertices"));
}

/* Cut at every byte: an error or a mesh, never more than there was. */
static void cut_anywhere(void **state)
{
    static const char obj[] = "# UNITS=mm\n" V4 "o a\nf 1/1 2/2 3/3 \\\n 4/4\no b\nf -1 -2 -3\n",
                      off[] = "NOFF # x\n4 2 0\n" O4 "4 0 1 2 3\n3 2 1 0 9 9\n";
    (void)state;
    for (size_t n = 1; n < sizeof obj; n++)
        if (!get(lm_obj_read, obj, n, n & 1)) assert_true(mesh.nt <= 3 && mesh.nv <= 4 && !lm_mesh_validate(&mesh, NULL));
    for (size_t n = 1; n < sizeof off; n++)
        if (!get(lm_off_read, off, n, n & 1)) assert_true(n > sizeof off - 12 && !lm_mesh_validate(&mesh, NULL));
}

static void long_lines(void **state)
{
    (void)state;
    size_t n = 3 << 20;
    char *s = malloc(n + 1);
    memset(s, ' ', n);
    memcpy(s, V4 "f 1 2", strlen(V4 "f 1 2"));
    memcpy(s + n - 2, "3\n", 2);
    assert_int_equal(get(lm_obj_read, s, n, true), LM_OK);
    assert_int_equal(mesh.nt, 1);
    free(s);
    n = LM_MESHTEXT_LINE + ((size_t)1 << 20);
    s = malloc(n);
    memset(s, ' ', n);
    memcpy(s, "v", 1);
    assert_int_equal(get(lm_obj_read, s, n, true), LM_ERANGE);
    assert_non_null(strstr(line, "line 1 is longer than"));
    free(s);
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
        cmocka_unit_test(obj_is_read),    cmocka_unit_test(obj_units_spaces_and_parts),
        cmocka_unit_test(obj_is_refused), cmocka_unit_test(off_is_read),
        cmocka_unit_test(off_is_refused), cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(long_lines),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
