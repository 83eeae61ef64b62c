/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preserve.h: an isosurface whose pieces have the two-class partial volume of the object (volume/partial.h; DESIGN 6, bias).
 *
 * The surface at half way between inside and outside lies within a curved object, since a sample is a mean over its voxel: a ball
 * of five voxels' radius comes out 3.4 % too small. Here each piece has a level of its own, found by false position (Illinois;
 * Dowell and Jarratt, BIT 11, 1971) so that its mesh has the volume that the grey values tell. All samples keep their side: one
 * that the moved level would put on the other side ends next to it. So every vertex stays on its grid edge, pieces neither join
 * nor part, and the surface is marching cubes of a field, valid as any other. Between two pieces with one sample between them, that
 * sample is not moved.
 *
 * A piece is what hangs together by the cells of the grid (26 neighbours), cavities included. A piece stays at the level when
 * nothing says its volume, when twice the standard deviation of that is more than the move, and when its samples' sides do not let
 * it: when more than a quarter of the samples at its surface would have to change theirs, the surface would have stairs. */
#ifndef LM_SURFACE_PRESERVE_H
#define LM_SURFACE_PRESERVE_H

#include "surface/mesh.h"
#include "volume/partial.h"

/* A moved piece has its volume within this part of it; 1e-6 where float32 coordinates allow. */
#define LM_PRESERVE_TOLERANCE 1e-4

typedef enum {
    LM_PRESERVE_MOVED,
    LM_PRESERVE_SMALL,     /* no sample is wholly inside, or none wholly outside, and no values were given */
    LM_PRESERVE_UNKNOWN,   /* nobody measured it: see lm_preserve_from */
    LM_PRESERVE_UNCERTAIN, /* the uncertainty of the volume, 2 u_mm3, is larger than the move */
    LM_PRESERVE_BEYOND,    /* too many samples would have to change sides */
    LM_PRESERVE_WHYS
} lm_preserve_why;

typedef enum {
    LM_PRESERVE_MEASURE, /* from the volume as it is */
    LM_PRESERVE_STATED,  /* the volume was cut before: partial volumes measured then */
    LM_PRESERVE_NOTHING  /* the volume was cut before, and nobody measured */
} lm_preserve_from;

typedef struct {
    lm_preserve_from from;
    lm_partial_opt partial; /* with LM_PRESERVE_MEASURE; its threads are not looked at */
    lm_partial whole;       /* with LM_PRESERVE_STATED: of the object, and of its n largest pieces by 6 neighbours (pieces.h), */
    const lm_partial *of_piece; /* which serve where they touch no other; borrowed, NULL when n is 0 */
    size_t n;
    int threads;
    void (*progress)(void *ctx, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_preserve_opt;
#define LM_PRESERVE_OPT_INIT \
    { \
        .partial = LM_PARTIAL_OPT_INIT \
    }

typedef struct {
    uint64_t voxels;
    double plain_mm3;          /* of its mesh at the level */
    double partial_mm3, u_mm3; /* two-class partial volume and its standard deviation; NAN: not known */
    double mesh_mm3;           /* of its mesh as it is, plain_mm3 when it was left */
    double shift, u_shift;     /* of the level, in the unit of the samples, and what u_mm3 makes of it; 0 when it was left */
    double held;               /* part of the samples at its surface that the moved level would put on the other side */
    lm_preserve_why why;
} lm_preserve_piece;

typedef struct {
    size_t n;
    lm_preserve_piece *piece; /* the largest first; owned */
    size_t count[LM_PRESERVE_WHYS];
    double moved_mm; /* no point of the surface is farther than this from the surface at the level */
    size_t steps;    /* surfaces made */
} lm_preserve_facts;
#define LM_PRESERVE_FACTS_INIT \
    { \
        .n = 0 \
    }

/* The surface of {v >= iso}, moved. out and facts are replaced. Errors as of lm_mcubes. Memory: 4 bytes per sample, 16 per sample
 * at the surface, and two meshes; time: some ten times lm_mcubes. */
LM_CHECKED lm_status lm_preserve(const lm_vol *v, double iso, const lm_preserve_opt *opt, lm_mesh *out, lm_preserve_facts *facts,
                                 lm_err *err);
void lm_preserve_release(lm_preserve_facts *f);
/* What the mesh is to be compared with: the partial volumes of the moved pieces, and of the volume at level the share that the
 * others have of the plain mesh. *u: sum of the uncertainties of the moved ones. */
double lm_preserve_reference(const lm_preserve_facts *f, double at_level_mm3, double *u);

#endif
