/* SPDX-License-Identifier: GPL-3.0-or-later */
/* align.h: the motion, without reflection, that brings one surface onto another; and whether one is the other's mirror image.
 *
 * Iterative closest points (Besl and McKay, A method for registration of 3-D shapes, IEEE PAMI 14, 1992) from points spread evenly
 * over the area of a to the surface of b, exactly nearest, trimmed (Chetverikov, Stepanov, Krsek, Robust Euclidean alignment of 3D
 * point sets, Image and Vision Computing 23, 2005): only the share f of the nearest points counts that makes mean d^2 / f^3 least
 * (d^2 counts for 1e-8 of the squared size at least), f from 1/2 to 1 (the fractional measure of Phillips, Liu, Tomasi, Outlier
 * robust ICP, 3DIM 2007). What is missing on b, and what only a has, up to half of its area, does not pull. First Horn's closed
 * form, then steps along the normals (Chen and Medioni, Object modelling by registration of multiple range images, Image and Vision
 * Computing 10, 1992), taken only where they lower the measure. Starts: as a lies, and its axes of inertia laid on those of b in
 * all 24 ways; the best few that lead to different places are followed, the lowest of equal ones is kept, and others that fit
 * nearly as well are counted. The same bits for any number of threads. */
#ifndef LM_DIFF_ALIGN_H
#define LM_DIFF_ALIGN_H

#include "base/io.h"
#include "diff/rigid.h"
#include "measure/verdict.h"
#include "surface/nearest.h"
#include <jansson.h>

typedef struct {
    bool shift;     /* along axis, else turning about an axis through the centre */
    double axis[3]; /* unit vector */
    double shows;   /* mm by which the distance changes (root mean square) when the surface moves by 1 mm so */
} lm_align_direction;

/* A direction in which a move by 1 mm changes the distance by less than this is not determined: a sphere turns, a plane glides. */
#define LM_ALIGN_SHOWS 0.05
/* Placements are different when they put the surface so much of its size apart (root mean square). */
#define LM_ALIGN_OTHER 0.1

typedef struct {
    lm_rigid move;
    double angle_deg, axis[3], shift_mm[3]; /* turn; how the centre of a's area moves */
    double before_mm, after_mm;             /* root mean square distance of a's points from b, all of them */
    double kept, kept_mm;                   /* share of the points that counted at the end, and their root mean square distance */
    double measure_mm;                      /* kept_mm / kept^1.5: what was made least */
    double size_mm;                         /* root mean square distance of a's points from their centre */
    int start;                              /* 0: as it lay; 1 to 24 */
    int others;                             /* placements that were found, and fit within 10 %, or 0.001 of the size, as well */
    size_t undetermined;
    lm_align_direction direction[6];
} lm_align;

/* a and b: lm_mesh_validate, with area. mirrored: a's image in the plane x = 0 is moved instead. LM_ERULE: no area. Memory: 56
 * bytes per triangle of b. */
LM_CHECKED lm_status lm_align_run(const lm_mesh *a, const lm_mesh *b, bool mirrored, int threads, lm_align *out, lm_err *err);
/* Move the vertices; each is rounded to float32. */
void lm_align_apply(const lm_align *al, lm_mesh *m);
LM_CHECKED json_t *lm_align_json(const lm_align *al, lm_err *err); /* new reference */
void lm_align_table(const lm_align *al, lm_out *out);

/* Mirrored or not: decided where the worse of both fits (measure_mm) is at least LM_ALIGN_RATIO times the better one and worse by
 * at least LM_ALIGN_LEAST of the size; else the shape is too nearly its own mirror image, or both fits are poor. */
#define LM_ALIGN_RATIO 2.0
#define LM_ALIGN_LEAST 0.002
typedef struct {
    lm_align same, mirrored;
    lm_verdict verdict; /* pass: the same side; fail: mirrored; undecided */
} lm_align_mirror;
LM_CHECKED lm_status lm_align_side(const lm_mesh *a, const lm_mesh *b, int threads, lm_align_mirror *out, lm_err *err);
LM_CHECKED json_t *lm_align_side_json(const lm_align_mirror *m, lm_err *err);
/* The answer in one line. */
void lm_align_side_line(const lm_align_mirror *m, char *buf, size_t cap);

#endif
