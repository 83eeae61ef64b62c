/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/meshfile.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/meshfile_test.XXXXXX";

static const char *in_dir(const char *name)
{
    static char path[2][512];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static void put(const char *name, const void *p, size_t n)
{
    FILE *f = fopen(in_dir(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void get(const char *name, char *buf, size_t cap)
{
    FILE *f = fopen(in_dir(name), "rb");
    assert_non_null(f);
    buf[fread(buf, 1, cap - 1, f)] = 0;
    fclose(f);
}

/* Vertex 3 is the first one named: an STL that is read numbers by first appearance. */
static void tetra(lm_mesh *m)
{
    static const float pos[] = {0.1f, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 1e-7f};
    static const uint32_t tri[] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3};
    assert_int_equal(lm_mesh_alloc(m, 4, 4, NULL), LM_OK);
    memcpy(m->pos, pos, sizeof pos);
    memcpy(m->tri, tri, sizeof tri);
    m->space = LM_SPACE_LPS;
}

static void each_format_round_trips_by_suffix(void **state)
{
    static const char *const name[] = {"a.ply", "b.stl", "c.STL", "d.x"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        lm_mesh m = LM_MESH_INIT, back = LM_MESH_INIT;
        lm_records rec = LM_RECORDS_INIT, got = LM_RECORDS_INIT;
        lm_meshfile_opt opt = LM_MESHFILE_OPT_INIT;
        tetra(&m);
        if (i == 2) opt.format = LM_MESHFILE_STL_ASCII;
        if (i == 3) opt.format = LM_MESHFILE_PLY;
        json_t *r = lm_record_new(&rec, "meshfix", NULL);
        assert_non_null(r);
        assert_int_equal(lm_record_append(&rec, r, NULL), LM_OK);
        assert_int_equal(lm_meshfile_save(in_dir(name[i]), &opt, &m, &rec, NULL), LM_OK);
        assert_int_equal(lm_meshfile_load(in_dir(name[i]), &back, &got, NULL), LM_OK);
        assert_int_equal(back.nv, 4);
        assert_int_equal(back.nt, 4);
        assert_int_equal(back.space, LM_SPACE_LPS);
        for (size_t k = 0; k < 12; k++) assert_memory_equal(back.pos + 3 * back.tri[k], m.pos + 3 * m.tri[k], 12);
        assert_int_equal(got.n, i == 0 || i == 3 ? 1 : 0);
        lm_record_release(&rec);
        lm_record_release(&got);
        lm_mesh_release(&m);
        lm_mesh_release(&back);
    }
    char text[32];
    get("c.STL", text, sizeof text);
    assert_memory_equal(text, "solid UNITS=mm SPACE=LPS", 24);
    get("b.stl", text, sizeof text);
    assert_memory_equal(text, "UNITS=mm SPACE=LPS", 18);
}

static void threemf_carries_the_source_hash(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_records rec = LM_RECORDS_INIT;
    tetra(&m);
    json_t *r = lm_record_new(&rec, "dcmseg", NULL);
    assert_non_null(r);
    json_object_set_new(r, "source", json_pack("{s:s}", "sha256_pixels", "0123abcd"));
    assert_int_equal(lm_record_append(&rec, r, NULL), LM_OK);
    lm_meshfile_opt opt = {.title = "liver", .case_id = "K1", .verdict = "pass"};
    assert_int_equal(lm_meshfile_save(in_dir("e.3mf"), &opt, &m, &rec, NULL), LM_OK);
    char cmd[600], xml[4096] = "";
    snprintf(cmd, sizeof cmd, "unzip -p %s 3D/3dmodel.model", in_dir("e.3mf"));
    FILE *f = popen(cmd, "r");
    size_t n = f ? fread(xml, 1, sizeof xml - 1, f) : 0;
    if (!f || pclose(f) != 0 || n == 0) skip();
    assert_non_null(strstr(xml, "<metadata name=\"mq:SourceSha256\">0123abcd</metadata>"));
    assert_non_null(strstr(xml, "<metadata name=\"mq:CaseId\">K1</metadata>"));
    assert_non_null(strstr(xml, "<metadata name=\"Title\">liver</metadata>"));
    lm_record_release(&rec);
    lm_mesh_release(&m);
}

static void names_what_it_cannot_read(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } t[] = {
        {"# a comment\n\nmtllib x.mtl\nv 0 0\n", 0, "OBJ, line 4"},
        {"OFF\n4 4 0\n", 0, "OFF: 4 vertices and 4 faces need at least 40 bytes"},
        {"OFF BINARY\n", 0, "OFF BINARY is not read"},
        {"PK\3\4whatever", 0, "ZIP"},
        {"NRRD0005\ntype: float\n", 0, "this is a volume (NRRD)"},
        {"\x1f\x8b\x08", 0, "gzip"},
        {"<?xml version=\"1.0\"?>\n<amf/>", 0, "XML"},
        {"something else", 0, "not STL"},
        {"ply\nformat nonsense 1.0\n", 0, "format"},
        {"solid x\nfacet blah", 0, "cut off"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_mesh m = LM_MESH_INIT;
        lm_records rec = LM_RECORDS_INIT;
        lm_err err = LM_ERR_INIT;
        char line[2000];
        put("in", t[i].bytes, t[i].n ? t[i].n : strlen(t[i].bytes));
        assert_int_equal(lm_meshfile_load(in_dir("in"), &m, &rec, &err), LM_EFORMAT);
        lm_err_line(&err, line, sizeof line);
        if (!strstr(line, t[i].says) || !strstr(line, "cannot read '") || !strstr(line, "/in'")) fail_msg("case %zu: %s", i, line);
        assert_null(m.pos);
    }
    lm_mesh m = LM_MESH_INIT;
    lm_records rec = LM_RECORDS_INIT;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_meshfile_load(in_dir("absent"), &m, &rec, &err), LM_EIO);
    assert_int_equal(lm_meshfile_load(dir, &m, &rec, &err), LM_EUSAGE);
}

/* A binary STL may begin like anything else: its size tells. */
static void a_binary_stl_may_begin_with_anything(void **state)
{
    static const char *const head[] = {"PK\3\4", "NRRD0005", "v 1 2 3\n", "OFF\n", "solid", "\x1f\x8b"};
    (void)state;
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        char file[134] = {0};
        float corner[9] = {0, 0, 0, 1, 0, 0, 0, 1, 0};
        memcpy(file, head[i], strlen(head[i]));
        file[80] = 1;
        memcpy(file + 96, corner, sizeof corner);
        put("x", file, sizeof file);
        lm_mesh m = LM_MESH_INIT;
        lm_records rec = LM_RECORDS_INIT;
        assert_int_equal(lm_meshfile_load(in_dir("x"), &m, &rec, NULL), LM_OK);
        assert_int_equal(m.nt, 1);
        lm_mesh_release(&m);
    }
}

static void a_refused_mesh_leaves_the_old_file(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_records rec = LM_RECORDS_INIT;
    lm_err err = LM_ERR_INIT;
    char line[2000];
    put("old.3mf", "old", 3);
    tetra(&m);
    m.nt = 3;
    assert_int_equal(lm_meshfile_save(in_dir("old.3mf"), &(lm_meshfile_opt)LM_MESHFILE_OPT_INIT, &m, &rec, &err), LM_ERULE);
    lm_err_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "cannot write '"));
    assert_non_null(strstr(line, "[3MF-14]"));
    get("old.3mf", line, sizeof line);
    assert_string_equal(line, "old");
    assert_int_equal(lm_meshfile_save(in_dir("no-suffix"), &(lm_meshfile_opt)LM_MESHFILE_OPT_INIT, &m, &rec, &err), LM_EUSAGE);
    assert_int_equal(lm_meshfile_save(in_dir("x.wrl"), &(lm_meshfile_opt)LM_MESHFILE_OPT_INIT, &m, &rec, &err), LM_EUSAGE);
    assert_int_equal(access(in_dir("x.wrl"), F_OK), -1);
    lm_mesh_release(&m);
}

static void formats_have_names(void **state)
{
    (void)state;
    lm_meshfile_format f;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_meshfile_parse("stl-ascii", &f, &err), LM_OK);
    assert_int_equal(f, LM_MESHFILE_STL_ASCII);
    assert_int_equal(lm_meshfile_parse("3MF", &f, &err), LM_OK);
    assert_int_equal(f, LM_MESHFILE_3MF);
    assert_int_equal(lm_meshfile_parse("wrl", &f, &err), LM_EUSAGE);
    assert_non_null(strstr(err.text[0], "stl-ascii"));
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const made[] = {"a.ply", "b.stl", "c.STL", "d.x", "e.3mf", "in", "x", "old.3mf"};
    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) unlink(in_dir(made[i]));
    return rmdir(dir); /* fails when a temporary was left behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_round_trips_by_suffix),  cmocka_unit_test(threemf_carries_the_source_hash),
        cmocka_unit_test(names_what_it_cannot_read),          cmocka_unit_test(a_binary_stl_may_begin_with_anything),
        cmocka_unit_test(a_refused_mesh_leaves_the_old_file), cmocka_unit_test(formats_have_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
