/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grown.h: is a solid that material was added to what it was, and that material, and nothing else? And are its walls thick enough?
 *
 * Judged by the mesh as it will be written, the mesh before (mesh.h) and the wall asked for; of the records only the change in the
 * books and the names of what was let pass are taken, the rest is found again:
 *   added-volume     volume gained, against the intended entries of the ledger
 *   wall-move        the farthest that a vertex lies from the surface before, against the bound in the ledger; facets lie no
 * farther moved-elsewhere  vertices that do not lie on the surface before, vertices without their old bits and facets that are
 * gone, farther from every thin facet of the solid before (wall.h) than LM_GROWN_REACH walls for each pass that was made least-wall
 * thickness by inscribed balls; places that were let pass by name are counted, and may be no more than then */
#ifndef LM_MEASURE_GROWN_H
#define LM_MEASURE_GROWN_H

#include "measure/original.h"
#include "measure/verdict.h"
#include "shell/wall.h"

/* A ball of the medial surface comes within 0.95 T of a thin place and reaches T/2 from there, and facets T/2 beside it are lifted.
 */
#define LM_GROWN_REACH 2.0

typedef struct {
    bool checked;       /* the rest is filled in */
    bool allowed;       /* places may stay thin, by name */
    lm_wall_facts wall; /* of the mesh at the size of its print */
} lm_grown;

typedef struct {
    int threads;
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_grown_opt;

/* o: found from the mesh as it is written. Does nothing where no stage was asked for a wall; where none added material, as of a
 * hollow or a scaled part, the wall is judged alone, at print size. LM_ERULE when a record does not say what was asked for. */
LM_CHECKED lm_status lm_grown_judge(const lm_records *rec, const lm_original *o, const lm_grown_opt *opt, lm_verdict_list *list,
                                    lm_grown *out, lm_err *err);

#endif
