/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit_parts.h: a mesh of several parts judged part by part: each part is audited as a mesh of its own (audit.h), a wall that
 * two parts share in both of them. Whether parts overlap each other is not judged. */
#ifndef LM_SURFACE_AUDIT_PARTS_H
#define LM_SURFACE_AUDIT_PARTS_H

#include "surface/audit.h"

typedef struct {
    size_t n;        /* parts; a mesh without labels is one */
    uint32_t *label; /* ascending; owned */
    lm_audit *part;  /* owned; first[] and second are numbers of the whole mesh */
    /* All together: triangles, vertices and unreferenced of the mesh as it is stored; volume, area (walls twice) and counts
       added up; first[] the lowest; the flags when all parts have them; valid when all are. */
    lm_audit all;
} lm_audit_parts;
#define LM_AUDIT_PARTS_INIT \
    { \
        .n = 0 \
    }

/* m as lm_mesh_validate accepts it. LM_ERANGE over LM_MESH_PARTS. */
LM_CHECKED lm_status lm_audit_parts_run(const lm_mesh *m, const lm_audit_opt *opt, lm_audit_parts *out, lm_err *err);
void lm_audit_parts_release(lm_audit_parts *a);
/* As lm_audit_line; of several parts the first that is not valid, by name, and how many more. */
void lm_audit_parts_line(const lm_audit_parts *a, const lm_parts *names, char *buf, size_t cap);

#endif
