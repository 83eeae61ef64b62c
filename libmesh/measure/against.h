/* SPDX-License-Identifier: GPL-3.0-or-later */
/* against.h: does the mesh lie in its source: same size, same place, same side?
 *
 * The records in the stream say which series and mask the mesh came from and how it was segmented. The source is read and
 * segmented again (replay.h), and only then the mesh is judged against it: volume against a named volume, centroid and box against
 * those of the region, and place and side by the overlap (Dice) of the mesh, turned back into voxels, with the mask. What is nearly
 * the same on both sides overlaps its mirror image nearly everywhere; so no voxel may lie in one of them alone unless the surface
 * is near. A mirrored, turned or shifted mesh of the right volume fails. Missing or foreign records are an error, never a pass.
 *
 * The named volume is the volume at level; of a surface that was moved from it (moved.h), the two-class partial volume, and
 * centroid and box are those of the surface moved again; of labels that surface nets were made of, the voxel count, which they
 * keep. A mesh of several labels is judged as one body, without walls, and part by part. */
#ifndef LM_MEASURE_AGAINST_H
#define LM_MEASURE_AGAINST_H

#include "measure/mass.h"
#include "measure/moved.h"
#include "measure/original.h"
#include "measure/replay.h"
#include "measure/verdict.h"
#include "stream/record.h"
#include "surface/voxelize.h"

/* Default tolerance of the volume: 1 %, or what a shift of the whole surface by so much of the smallest voxel edge makes,
 * whichever is greater. A surface of flat triangles lies inside the trilinear one where that is convex; thin, rough bone
 * has so much surface that this alone is about 1 % of its volume. Measured: CT of the abdomen at 0.8 x 0.8 x 5 mm 0.011 of an
 * edge at 200 HU (0.6 %), 0.010 at 300 HU (0.7 %); CT of the thigh at 0.98 x 0.98 x 3.3 mm 0.032 at 200 HU (1.4 %), 0.027 at
 * 300 HU (1.3 %). A step from 0 to 1000 without blur, cut at 200, goes beyond it (0.057): such a level is far from the edge
 * and the user has to say a tolerance. */
#define LM_AGAINST_VOLUME_PERCENT 1.0
#define LM_AGAINST_SURFACE 0.05
#define LM_AGAINST_EDGES 0.5 /* of centroid and box: part of the smallest voxel edge */
#define LM_AGAINST_DICE 0.99 /* least overlap */

typedef struct {
    int threads;
    uint32_t label;  /* the mesh is one part, taken out of several: that one; 0: it is all there was */
    lm_replay *keep; /* NULL, or: the source as it was segmented is left there, for lm_replay_release */
    lm_tol tol;      /* what the user gave: percent or mm3 for the volume, mm for centroid and box; else the defaults */
    /* The images as they were read, with the solid that is judged on them; may be NULL. */
    lm_status (*seen)(void *ctx, const lm_vol *source, const lm_mesh *solid, lm_err *err);
    void *seen_ctx;
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_against_opt;
#define LM_AGAINST_OPT_INIT \
    { \
        .threads = 0 \
    }

typedef struct {
    lm_verdict_list list;     /* volume, centroid-shift, min-x .. max-z, dice, misplaced; the same "of part N"; ledger */
    lm_segment_facts segment; /* of the replayed field, of all labels */
    lm_overlap overlap;       /* of the whole */
} lm_against_facts;
#define LM_AGAINST_FACTS_INIT \
    { \
        .list = LM_VERDICT_LIST_INIT \
    }

/* The record of dcmseg that the mesh rests on, borrowed from rec. LM_ERULE when the records are missing, do not belong to
 * the payload that was read, or do not join up (what one tool sent is not what the next one read). */
LM_CHECKED lm_status lm_against_record(const lm_records *rec, const json_t **dcmseg, lm_err *err);
/* The solid before the first intended change (original.h), or LM_ERULE when nobody can tell it. */
LM_CHECKED lm_status lm_against_solid(const lm_records *rec, const lm_mesh *body, lm_original *o, lm_err *err);

/* How far places on a grid may be apart. */
typedef struct {
    const char *is;      /* where tol_mm is from */
    double edge, tol_mm; /* smallest voxel edge; tolerance of places */
    size_t near[3];      /* samples that a surface within tol_mm of its place can pass: at least one */
} lm_against_limits;
lm_against_limits lm_against_limits_of(const lm_vol *grid, const lm_tol *given);
/* Of a volume, and where it is from. */
double lm_against_tol_mm3(const lm_tol *given, double reference, double edge, double area);
const char *lm_against_tol_is(const lm_tol *given);

/* Judge the mesh against a field, mass being its measures; moved: where its surface should be when not at the level, or NULL. Adds
 * to out. What an open mesh has not is undecided. */
LM_CHECKED lm_status lm_against_field(const lm_vol *vol, const lm_segment_facts *facts, const lm_moved *moved, const lm_mesh *mesh,
                                      const lm_mass *mass, const lm_against_opt *opt, lm_against_facts *out, lm_err *err);
/* Judge a mesh against labels: body, mesh as one without walls, with its measures, against all of them (or opt->label), then each
 * part of mesh against its own. counted: the volume is that of the voxels. A part or label without the other fails. Adds to out. */
LM_CHECKED lm_status lm_against_labels(const lm_regions *r, const lm_mesh *mesh, const lm_mesh *body, const lm_mass *mass,
                                       bool counted, const lm_against_opt *opt, lm_against_facts *out, lm_err *err);
/* All of it, and the ledger. Of a part that was changed on purpose the solid before is judged (original.h); the books are closed
 * with the volume of the whole. LM_ERULE also when a stage has changed the mesh on purpose otherwise. out is replaced, empty on
 * error. */
LM_CHECKED lm_status lm_against(const char *const *paths, size_t n, const lm_records *rec, const lm_mesh *mesh, const lm_mesh *body,
                                const lm_mass *mass, const lm_against_opt *opt, lm_against_facts *out, lm_err *err);
void lm_against_release(lm_against_facts *f); /* accepts a zeroed struct; leaves LM_AGAINST_FACTS_INIT */

#endif
