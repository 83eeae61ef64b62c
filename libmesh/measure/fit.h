/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit.h: least-squares sphere, cylinder or plane of a region of a mesh.
 *
 * Orthogonal distances of the vertices, each weighted by its third of the triangles round it that lie in the region with all three
 * corners, are made least: for the plane by the axes of the points, for sphere and cylinder by the method of Levenberg and
 * Marquardt (Shakarji: Least-squares fitting algorithms of the NIST algorithm testing system, J. Res. NIST 103, 1998), begun with
 * the algebraic fit (Kasa, 1976), for the cylinder from four directions: that which the normals avoid, and the axes of the points.
 *
 * u is twice the standard error with the residuals as they are found (White, Econometrica 48, 1980), for residuals that are
 * independent from vertex to vertex: it says how well the region tells the parameter, not how round the thing is; that is in rms
 * and max. A region that does not tell it (a flat one has no sphere, a ball no axis) is undetermined, and says so. */
#ifndef LM_MEASURE_FIT_H
#define LM_MEASURE_FIT_H

#include "surface/mesh.h"

typedef enum { LM_FIT_PLANE, LM_FIT_SPHERE, LM_FIT_CYLINDER } lm_fit_kind;
typedef enum { LM_FIT_ALL, LM_FIT_BALL, LM_FIT_BOX, LM_FIT_PART } lm_fit_region;
typedef struct {
    lm_fit_kind kind;
    lm_fit_region region;
    double at[6]; /* ball: centre, radius; box: lowest, highest corner; mm */
    uint32_t part;
} lm_fit_ask;

enum { LM_FIT_NOTE = 120 };
typedef struct {
    lm_fit_ask ask;
    size_t vertices;
    double area_mm2;               /* of the triangles in the region */
    bool determined;               /* else only what is above and the note hold */
    double centre_mm[3];           /* of the sphere; of plane and cylinder the point on them nearest to the middle of the region */
    double u_centre_mm;            /* how far it may be off: of the plane along its normal, of the cylinder across its axis */
    double direction[3], u_degree; /* normal, axis: length 1, largest component positive */
    double diameter_mm, u_diameter_mm;
    double length_mm;       /* of the cylinder: how far the region reaches along its axis */
    double rms_mm, max_mm;  /* of the residuals, the first weighted */
    double condition;       /* of the equations at the solution, lengths in units of the region's size; 1 is best */
    char note[LM_FIT_NOTE]; /* why it is undetermined */
} lm_fit;

/* "sphere", "cylinder" or "plane", of all, or ":ball=x,y,z,r", ":box=x0,y0,z0,x1,y1,z1", ":part=N" behind it. LM_EUSAGE. */
LM_CHECKED lm_status lm_fit_parse(const char *text, lm_fit_ask *out, lm_err *err);
/* The word for it: "sphere". */
const char *lm_fit_name(lm_fit_kind kind);
/* LM_ERULE: no triangle lies in the region, or there is no such part. Memory: 40 bytes per vertex. */
LM_CHECKED lm_status lm_fit_run(const lm_mesh *m, const lm_fit_ask *ask, lm_fit *out, lm_err *err);

#endif
