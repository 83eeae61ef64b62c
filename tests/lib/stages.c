/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stages.c: for the bench. `stages VOLUME.nrrd LEVEL` prints the seconds of lm_mcubes alone, of lm_audit_run alone, and the
 * triangles: what compares with the filters of other programs, which do not audit what they made. */
#include "stream/nrrd.h"
#include "surface/audit.h"
#include "surface/mcubes.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    static lm_records rec;
    lm_err err = LM_ERR_INIT;
    lm_vol vol = LM_VOL_INIT;
    lm_mesh mesh = LM_MESH_INIT;
    lm_mcubes_opt mopt = LM_MCUBES_OPT_INIT;
    lm_audit_opt aopt = LM_AUDIT_OPT_INIT;
    lm_audit audit;
    lm_in *in = NULL;
    if (argc != 3) return fprintf(stderr, "usage: stages VOLUME.nrrd LEVEL\n"), 2;
    mopt.iso = strtod(argv[2], NULL);
    double t[3] = {0};
    lm_status rc = lm_io_open(argv[1], &in, &err);
    if (!rc) rc = lm_nrrd_read(in, &vol, &rec, &err);
    t[0] = seconds();
    if (!rc) rc = lm_mcubes(&vol, &mopt, &mesh, &err);
    t[1] = seconds();
    if (!rc) rc = lm_audit_run(&mesh, &aopt, &audit, &err);
    t[2] = seconds();
    if (rc) {
        char line[2000];
        lm_err_line(&err, line, sizeof line);
        fprintf(stderr, "stages: %s\n", line);
    } else printf("%.3f %.3f %zu\n", t[1] - t[0], t[2] - t[1], mesh.nt);
    lm_io_close(in);
    lm_record_release(&rec);
    lm_mesh_release(&mesh);
    lm_vol_release(&vol);
    return rc ? 2 : 0;
}
