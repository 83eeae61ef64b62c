/* SPDX-License-Identifier: GPL-3.0-or-later */
/* faults.h: which vertices of a mesh whose vertices move make facets intersect, lose their area, or share a place. Exact
 * (predicates.h, intersect.h); only the surroundings of what has moved are looked at again. */
#ifndef LM_SHELL_FAULTS_H
#define LM_SHELL_FAULTS_H

#include "surface/mesh.h"

/*   untried  per vertex: moved since this was last asked; cleared
 *   cell_mm  about the length of an edge, of the cells that tell what lies near
 *   mark     per vertex, filled in: 1 where it takes part in a fault; *faults: how many faults there are */
LM_CHECKED lm_status lm_faults_mark(const lm_mesh *m, uint8_t *untried, double cell_mm, int threads, uint8_t *mark, size_t *faults,
                                    lm_err *err);
/* Marks spread to the neighbours, `rings` times. */
void lm_faults_spread(const lm_mesh *m, uint8_t *mark, int rings);

#endif
