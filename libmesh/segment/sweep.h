/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sweep.h: how the object of a threshold changes with the threshold, for a row of levels at once.
 *
 * Of each level t the object {v >= t}, its samples 6-connected and what is outside 26-connected, as everywhere in dcmseg. Samples
 * are classified once by how many levels they reach. Euler numbers follow from one pass over the samples: an edge, square or cube
 * of the grid is in the object from the least of its corners' classes on. Pieces are joined from the highest level down and
 * cavities from the lowest up, so that a union-find (Tarjan, JACM 22, 1975) sees each sample twice, whatever the number of levels.
 *
 * area_mm2 is that of the level surface of the field which is linear in each of Kuhn's six tetrahedra of a cell, within the volume:
 * where the volume cuts the object there is no surface. */
#ifndef LM_SEGMENT_SWEEP_H
#define LM_SEGMENT_SWEEP_H

#include "volume/roi.h"
#include "volume/volume.h"

enum { LM_SWEEP_LEVELS = 255, LM_SWEEP_WINDOW = 3 };

typedef struct {
    double lo, hi, step; /* levels lo, lo + step ... up to hi */
    bool hounsfield;     /* one was given in HU */
} lm_sweep_range;
/* "LO:HI:STEP", numbers or with HU. LM_EUSAGE: LO is not below HI, STEP not above 0, fewer than two levels or more than
 * LM_SWEEP_LEVELS. */
LM_CHECKED lm_status lm_sweep_parse(const char *text, lm_sweep_range *out, lm_err *err);

typedef struct {
    double level;
    uint64_t voxels;  /* inside */
    uint64_t largest; /* of the largest piece */
    size_t pieces, cavities;
    int64_t euler;   /* of the object: pieces - tunnels + cavities; twice that of its surface */
    int64_t tunnels; /* what the genus of its surfaces adds up to: a torus has one */
    double area_mm2;
    bool border; /* the largest piece reaches the edge of the volume */
    bool leak;   /* it does so from here down, not one level higher; or it grew, from one level higher, by more than a tenth and by
                    more   than 4 times the median growth from level to level */
} lm_sweep_row;

typedef struct {
    size_t n;
    lm_sweep_row *row; /* from the lowest level up; owned */
    double voxel_mm3;
    bool plateau;                /* there is a suggestion: */
    double from, to, suggestion; /* of LM_SWEEP_WINDOW steps one after the other those over which the volume changes least, in parts
                                    of the volume in their middle; the level in the middle. Levels at which all or nothing is inside
                                    and those where a leak lies between do not count; of equal ones the lowest */
    double change_percent;       /* of the volume, per step, there */
} lm_sweep;
#define LM_SWEEP_INIT \
    { \
        .row = NULL \
    }

/* within: what lies outside is in no object; NULL or n 0: everywhere. out is replaced. LM_ERULE for NaN; LM_ERANGE from 2^31
 * samples on. The same for any number of threads. Memory: 5 bytes per sample. */
LM_CHECKED lm_status lm_sweep_run(const lm_vol *v, const lm_sweep_range *range, const lm_roi *within, int threads, lm_sweep *out,
                                  lm_err *err);
void lm_sweep_release(lm_sweep *s);

#endif
