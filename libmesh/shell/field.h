/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field.h: how deep a point lies below the surface of a closed mesh, sampled on a grid in a narrow band around one depth.
 *
 * Distances are exact, to the triangles (nearest.h); depth is positive inside. The sign of a sample is the winding number
 * that the row crossings give (voxelize.h), which edges, corners and nested shells do not disturb. Only samples whose
 * depth is within `band` of the level are measured: a cube of samples whose middle one is so deep, or so shallow, that
 * none of the others can reach the band is settled in one step, since depth changes by no more than the way (an octree
 * walk; compare Frisken et al., Adaptively Sampled Distance Fields, SIGGRAPH 2000). The samples are 16-bit: the grid decides
 * topology only.
 *
 * The field is sparse: bricks of 8^3 samples where the walk could not settle a cube of that size, and one of two constants
 * elsewhere (compare Museth, VDB, TOG 2013). Slices are put together as they are read, so that the whole grid is never in
 * memory. Bytes: 1024 per brick (some 35 per square step of the level's surface) and, while it is made, 16 per grid row and 4 per
 * crossing of a row with the mesh; all of these grow with the surface. What grows with the volume is 1 byte per 512 samples. */
#ifndef LM_SHELL_FIELD_H
#define LM_SHELL_FIELD_H

#include "surface/nearest.h"
#include "volume/slices.h"

/* Part of a grid step that the band reaches to both sides of the level: all corners of a cell that the level cuts. */
#define LM_FIELD_BAND 1.75
/* The level in samples: those at least so large are at least so deep. */
#define LM_FIELD_ISO 32768.0

typedef struct {
    double depth_mm;   /* the level, at least LM_FIELD_BAND steps */
    double step_mm;    /* of the grid, > 0 */
    size_t max_memory; /* bytes; 0: no limit */
    int threads;
} lm_field_opt;

/* A cube of 16^3 samples in 8 bricks; bit x + 2y + 4z of the masks is the brick at the upper half in these axes. */
typedef struct {
    uint32_t first; /* its first brick; the others follow in order of their bits */
    uint8_t band;   /* bricks with samples */
    uint8_t deep;   /* of the others: those beyond the band on the deep side */
} lm_field_cube;

enum { LM_FIELD_BRICK = 8 };

typedef struct {
    lm_vol grid;     /* LM_U16, with iso and geometry; no samples */
    size_t cubes[3]; /* along the axes; the last ones may reach beyond the grid */
    lm_field_cube *cube;
    uint16_t *brick; /* 8^3 samples each; 0 and 65535 say "beyond the band" */
    size_t bricks;
    size_t bytes; /* most that were taken at one time while it was made, as max_memory counts them: without the 20 slices */
    size_t next;  /* slice that its reader gives next */
} lm_field;
#define LM_FIELD_INIT \
    { \
        .grid = LM_VOL_INIT \
    }

/*   m      valid (audit.h); near: built over m
 *   field  initialised by the caller; the same for any number of threads
 * LM_ENO when no sample can be deep enough; LM_ERANGE; LM_ENOMEM when the bytes named above and 20 slices for the reader are more
 * than max_memory: found before bricks are taken, with a step that was tried and fits. */
LM_CHECKED lm_status lm_field_make(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, lm_field *field, lm_err *err);
/* Its slices from the first on. The field must outlive them, and has one reader at a time. */
lm_slices lm_field_slices(lm_field *field);
void lm_field_release(lm_field *field);
/* Greatest depth of any point, found to about one step (never more than the true one). The same limits, without bricks. */
LM_CHECKED lm_status lm_field_deepest(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, double *depth_mm,
                                      lm_err *err);

#endif
