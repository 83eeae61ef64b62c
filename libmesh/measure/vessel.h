/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vessel.h: a mesh as a vessel or a tree of vessels: length, diameters and areas along its centreline (centreline.h).
 *
 * Diameters are those of the maximal inscribed balls; areas are of the plane perpendicular to the axis, only the loop around the
 * point (section.h). Points within a fork and beyond the last ball of an end have neither. What lies near a cut end
 * (vessel_limits.h) counts for no least diameter and no narrowing; what is not resolved is told and flagged, but is no reference of
 * a narrowing. A narrowing is told from taper thus: its degree at a point is 1 - d / reference, the reference being the lesser of
 * the largest diameters before and behind it on the same branch (as NASCET takes the sound vessel beyond the narrowing; N Engl J
 * Med 325, 1991). */
#ifndef LM_MEASURE_VESSEL_H
#define LM_MEASURE_VESSEL_H

#include "measure/centreline.h"
#include "measure/mass.h"
#include "measure/section.h"
#include "measure/vessel_limits.h"

/* What is no tube: shorter than so many of its mean diameters, or sections along it do not add up to its volume within these
 * ratios. */
#define LM_VESSEL_SHORT 3.0
#define LM_VESSEL_FILL_LO 0.5
#define LM_VESSEL_FILL_HI 1.6
/* Lengths and diameters are known to these parts of themselves: the search across and the chords of the line. */
#define LM_VESSEL_U_LENGTH 2e-3
#define LM_VESSEL_U_DIAMETER 4e-4
#define LM_VESSEL_U_FORK 0.2 /* radii of the branch that is left: where one begins */

/* Where the line begins and ends, as the user says. */
typedef struct {
    bool has[2];
    double mm[2][3]; /* from, to */
    double voxel_mm; /* widest edge of the voxels that it was made from; 0: not known */
} lm_vessel_ask;
/* "x,y,z" in mm, or NULL. LM_EUSAGE. */
LM_CHECKED lm_status lm_vessel_parse(const char *from, const char *to, lm_vessel_ask *out, lm_err *err);

typedef struct {
    size_t n;    /* points with a diameter of their own; 0: the branch lies within its forks, the rest means nothing */
    size_t told; /* of them those that are not near a cut end; 0: no least diameter */
    double thin_mm, near_cut_mm, sound_mm; /* length that is not resolved, near cut ends, and neither */
    double length_mm, chord_mm;
    double least_mm, mean_mm, most_mm; /* inscribed diameters; the mean is over the length */
    size_t least_at, most_at;          /* points of the branch */
    double mean_area_mm2;              /* NAN: no section */
    double degree, reference_mm;       /* of the greatest narrowing; 0: none */
    size_t narrow_at;
} lm_vessel_branch;

typedef struct lm_vessel {
    lm_centreline line;
    lm_vessel_branch *branch;         /* per branch; owned */
    lm_section **section;             /* per branch and point; segments 0: none; owned */
    size_t ends, forks, rings, loops; /* loops: ways round, rings too */
    double length_mm;
    lm_vessel_limits limits;
    double thin_mm, near_cut_mm, sound_mm; /* of all branches */
    double fill;                           /* volume of the sections along the line, by that of the solid */
    double diameter_mm;                    /* mean equivalent diameter, over the length */
    size_t least, narrow;                  /* branches with the least diameter, the greatest narrowing; SIZE_MAX: none */
} lm_vessel;
#define LM_VESSEL_INIT \
    { \
        .length_mm = 0 \
    }

/* m valid (audit.h), one solid without labels; mass its measures. LM_ERULE: it is no tube, with the reason. The same for any number
 * of threads. On error out is empty. */
LM_CHECKED lm_status lm_vessel_measure(const lm_mesh *m, const lm_mass *mass, const lm_vessel_ask *ask, int threads, lm_vessel *out,
                                       lm_err *err);
void lm_vessel_release(lm_vessel *v); /* accepts a zeroed struct; leaves LM_VESSEL_INIT */
/* Diameter of a circle of the area of the section; NAN where there is none. */
double lm_vessel_equivalent(const lm_section *s);
#endif
