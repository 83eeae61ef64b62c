/* SPDX-License-Identifier: GPL-3.0-or-later */
/* growcut.h: GrowCut (Vezhnevets and Konouchine, GrowCut: Interactive Multi-Label N-D Image Segmentation by Cellular Automata,
 * Graphicon 2005): markers conquer their neighbours across faces; a neighbour falls to an attack that is stronger than itself, of
 * strength theta_q (1 - |c_p - c_q| / range), the attacker's strength times how alike the two are. What the automaton comes to rest
 * at is found at once, strongest sample first, as shortest paths are (Zhu, Kolesov, Gao, Kikinis, Tannenbaum, An Effective
 * Interactive Medical Image Segmentation Method using Fast GrowCut, MICCAI 2014 Workshop). */
#ifndef LM_SEGMENT_GROWCUT_H
#define LM_SEGMENT_GROWCUT_H

#include "segment/markers.h"

typedef struct {
    double range;     /* greatest difference of values among the samples that are open or beside one that is */
    size_t unreached; /* open samples that nobody conquered: outside */
} lm_growcut;

/* inside: of each sample of m's box 1 or 0; strength: float32, 1 at markers; may be NULL. Of attacks equally strong the sample that
 * comes first in the box goes first. One thread. LM_ERULE: a value is NaN. Memory: 9 bytes per sample of the box, and 8 per sample
 * that waits. */
LM_CHECKED lm_status lm_growcut_run(const lm_vol *v, const lm_markers *m, uint8_t *inside, float *strength, lm_growcut *out,
                                    lm_err *err);

#endif
