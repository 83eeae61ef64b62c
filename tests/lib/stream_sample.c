/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_sample.c: for the oracle tests. `stream_sample nrrd FILE` and `stream_sample ply FILE` write a known volume or
 * mesh with ten long records; `stream_sample read FILE` reads a stream and prints what it holds. */
#include "stream/nrrd.h"
#include "stream/ply.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lm_records rec;
static lm_vol vol;
static lm_mesh mesh;

static lm_status sample_records(lm_err *err)
{
    lm_status rc = LM_OK;
    for (int i = 0; i < 10 && !rc; i++) {
        char text[8001];
        for (size_t k = 0; k < sizeof text; k++) text[k] = "long text \"\\\n \xc3\xa4 := "[(k + (size_t)i) % 13];
        text[sizeof text - 1] = 0;
        json_t *a = lm_record_new(&rec, "sample", err);
        if (!a) return LM_ENOMEM;
        json_object_set_new(a, "text", json_string(text));
        rc = lm_record_append(&rec, a, err);
    }
    return rc;
}

/* Sample (i,j,k) is 1000k+100j+i-50 on a sheared grid. */
static lm_status sample_vol(lm_out *out, lm_err *err)
{
    lm_status rc = lm_vol_alloc(&vol, (size_t[3]){20, 4, 3}, LM_I16, err);
    if (rc) return rc;
    for (int i = 0; i < 240; i++) ((int16_t *)vol.data)[i] = (int16_t)(i / 80 * 1000 + i / 20 % 4 * 100 + i % 20 - 50);
    memcpy(vol.dir, (double[3][3]){{0.5, 0, 0}, {0, 0.75, 0}, {0, 0.25, 2}}, sizeof vol.dir);
    memcpy(vol.origin, (double[3]){-10.5, 20.25, 1e-3}, sizeof vol.origin);
    vol.has_iso = true;
    vol.iso = 0.5;
    return lm_nrrd_write(out, &vol, &rec, err);
}

/* A box of 1 x 2 x 3 mm from (10,20,30). */
static lm_status sample_mesh(lm_out *out, lm_err *err)
{
    static const uint32_t tri[36] = {0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4,
                                     2, 6, 7, 2, 7, 3, 0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5};
    lm_status rc = lm_mesh_alloc(&mesh, 8, 12, err);
    if (rc) return rc;
    for (size_t i = 0; i < 8; i++) {
        mesh.pos[3 * i] = 10 + (float)(i & 1);
        mesh.pos[3 * i + 1] = 20 + (float)(i & 2);
        mesh.pos[3 * i + 2] = 30 + 0.75f * (float)(i & 4);
    }
    memcpy(mesh.tri, tri, sizeof tri);
    mesh.space = LM_SPACE_LPS;
    return lm_ply_write(out, &mesh, &rec, err);
}

static lm_status sample_read(const char *name, lm_err *err)
{
    lm_in *in = NULL;
    const unsigned char *p;
    size_t got;
    lm_status rc = lm_io_open(name, &in, err);
    if (!rc) rc = lm_io_peek(in, 4, &p, &got, err);
    if (rc) return rc;
    bool is_vol = got == 4 && !memcmp(p, "NRRD", 4);
    rc = is_vol ? lm_nrrd_read(in, &vol, &rec, err) : lm_ply_read(in, &mesh, &rec, err);
    lm_io_close(in);
    if (rc) return rc;
    if (is_vol) {
        printf("%s %zu %zu %zu iso %g:", lm_vol_type_name(vol.type), vol.n[0], vol.n[1], vol.n[2], vol.iso);
        for (size_t i = 0; i < lm_vol_count(&vol); i++) printf(" %g", lm_vol_at(&vol, i));
    } else {
        printf("vertices %zu triangles %zu volume %g mm3", mesh.nv, mesh.nt, lm_mesh_volume(&mesh));
    }
    printf("\nrecords %zu %s\n", rec.n, rec.belong ? "belong" : "do not belong");
    return LM_OK;
}

int main(int argc, char **argv)
{
    lm_err err = LM_ERR_INIT;
    lm_out *out = NULL;
    lm_status rc = LM_OK;
    char line[2000];
    if (argc != 3) return 2;
    if (!strcmp(argv[1], "read")) rc = sample_read(argv[2], &err);
    else {
        rc = lm_io_create(argv[2], false, &out, &err);
        if (!rc) rc = sample_records(&err);
        if (!rc) rc = !strcmp(argv[1], "nrrd") ? sample_vol(out, &err) : sample_mesh(out, &err);
        if (!rc) rc = lm_io_commit(out, &err);
    }
    lm_err_line(&err, line, sizeof line);
    if (rc) fprintf(stderr, "stream_sample: %s\n", line);
    lm_vol_release(&vol);
    lm_mesh_release(&mesh);
    lm_record_release(&rec);
    return rc ? 2 : 0;
}
