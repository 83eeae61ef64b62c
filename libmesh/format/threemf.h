/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threemf.h: a mesh as a 3MF package (3MF Core 1.4; rules in STANDARDS 11).
 *
 * One object of type "model" per part (label), with its name and, as a base material, its colour (3MF-19), in millimetres with the
 * mesh's own vertices and indices; 9 significant digits, which read back as the same float32. The mesh stays where it is in the
 * patient: the bed placement is the build item's transform, a translation that moves the box's lower corner to the origin.
 * Metadata: Title, Application, and under our own prefix mq: Space, CaseId, SourceSha256, Verdict, Scale, Shrinkage,
 * Reference. The bytes depend on
 * the input and on the versions of libzip and libdeflate, not on threads, time or time zone. Memory: about 30 bytes per triangle
 * (the packed model three times) and 4 MB per thread; the XML is never there as a whole. */
#ifndef LM_FORMAT_THREEMF_H
#define LM_FORMAT_THREEMF_H

#include "base/io.h"
#include "surface/mesh.h"

typedef struct {
    const char *title;         /* Title and name of the object; NULL: "part" */
    const char *case_id;       /* given by the user, or NULL */
    const char *source_sha256; /* of the source's pixels, or NULL */
    const char *verdict;       /* or NULL */
    const char *scale;         /* of the part, "1:2"; or NULL */
    const char *shrinkage;     /* that it was made larger for; or NULL */
    const char *reference;     /* sizes of the bodies beside the part, or NULL */
    int threads;               /* 0: as lm_pool_threads */
} lm_threemf_opt;
#define LM_THREEMF_OPT_INIT \
    { \
        .threads = 0 \
    }

/* The mesh must be valid in the sense of lm_mesh_validate. LM_ERULE with the rule id when the package would not be valid
 * 3MF: 3MF-11 an edge without exactly two triangles, 3MF-12 two that run along it the same way, 3MF-13 volume not
 * positive, 3MF-14 repeated index, under four triangles, 2^31 or more. Self-intersections are not looked for. */
LM_CHECKED lm_status lm_threemf_write(lm_out *out, const lm_threemf_opt *opt, const lm_mesh *mesh, lm_err *err);

#endif
