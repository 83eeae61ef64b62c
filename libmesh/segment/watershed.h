/* SPDX-License-Identifier: GPL-3.0-or-later */
/* watershed.h: marker-controlled watershed by flooding from an ordered queue (Meyer, Un algorithme optimal pour la ligne de partage
 * des eaux, 8eme congres AFCET, 1991): from all markers at once, lowest sample first, across the faces of the samples. */
#ifndef LM_SEGMENT_WATERSHED_H
#define LM_SEGMENT_WATERSHED_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* label: markers on entry (0: none), basins on return: every sample that markers reach without passing a wall has the label of the
 * flood that came first. n samples along i (fastest), j, k. height: no NaN. wall: what is not 0 is not flooded, and holds no
 * marker. Among samples of the same height those that were met first go on first, markers in the order of the samples: one result,
 * always. LM_ERANGE from 2^32 samples on. Memory: 16 bytes per sample that waits. */
LM_CHECKED lm_status lm_watershed(const float *height, const uint8_t *wall, const size_t n[3], uint32_t *label, lm_err *err);

#endif
