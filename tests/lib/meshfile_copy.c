/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meshfile_copy.c: for the tests of formats. `meshfile_copy IN [OUT [FORMAT]]` reads a mesh, prints its triangles and
 * vertices, and writes it with a title, case id and verdict. Exit 2 with one line on trouble. */
#include "format/meshfile.h"
#include <stdio.h>

static int fail(const lm_err *err)
{
    char line[2000];
    lm_err_line(err, line, sizeof line);
    fprintf(stderr, "meshfile_copy: %s\n", line);
    return 2;
}

int main(int argc, char **argv)
{
    lm_err err = LM_ERR_INIT;
    lm_mesh m = LM_MESH_INIT;
    static lm_records rec;
    lm_meshfile_opt opt = {.title = "a <part> & more", .case_id = "K-17", .verdict = "pass"};
    if (argc < 2) return 2;
    if (lm_meshfile_load(argv[1], &m, &rec, &err)) return fail(&err);
    fprintf(stderr, "%zu %zu\n", m.nt, m.nv);
    int rc = 0;
    if (argc > 3 && lm_meshfile_parse(argv[3], &opt.format, &err)) rc = fail(&err);
    else if (argc > 2 && lm_meshfile_save(argv[2], &opt, &m, &rec, &err)) rc = fail(&err);
    lm_record_release(&rec);
    lm_mesh_release(&m);
    return rc;
}
