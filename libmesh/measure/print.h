/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print.h: what a part takes on the printer: print volume, mass by density, and whether it fits the bed.
 *
 * The print volume is that of the solid as it stands in the file, hollows left out, without supports, infill or shrinkage. Mass is
 * density times print volume; the density is known to half of its last digit as written, and that is added to what is unknown of
 * the volume (bounds). A part fits the bed as it stands when its box is not larger along any axis; where it lies does not
 * matter. Turned, it fits when the sides of its oriented box (obb.h) do, longest to longest: enough for a place, not needed for
 * one, so a "no" of that kind is no proof. */
#ifndef LM_MEASURE_PRINT_H
#define LM_MEASURE_PRINT_H

#include "measure/shape.h"
#include "measure/verdict.h"
#include "volume/parts.h"

typedef struct {
    double g_per_cm3, u_g_per_cm3;
    char source[LM_PART_NAME]; /* of the number; "": not stated */
} lm_density;

typedef struct {
    double mm[3];
} lm_bed;

typedef struct lm_print {
    bool has_mass, has_bed;
    double volume_mm3, u_volume_mm3; /* NAN: no volume */
    double mass_g, u_mass_g;
    double size_mm[3], turned_mm[3]; /* box as it stands; sides of the oriented box, along the axes of the bed */
    double beyond_mm[3];             /* how far it reaches beyond the bed, along each axis; negative: what is left */
    bool fits, fits_turned;
} lm_print;

/* "1.15g/cm3" or "1.15g/cm3:resin data sheet"; also g/ml, kg/l, kg/m3. LM_EUSAGE. */
LM_CHECKED lm_status lm_print_density(const char *text, lm_density *out, lm_err *err);
/* "220,220,250" in mm, or with units. LM_EUSAGE. */
LM_CHECKED lm_status lm_print_bed(const char *text, lm_bed *out, lm_err *err);
/* density, bed: NULL when not asked for. */
void lm_print_of(const lm_mass *mass, const lm_shape *shape, const lm_density *density, const lm_bed *bed, lm_print *out);
/* The verdict "bed": how far the part reaches beyond the bed, 0 where it fits, against 0. p has a bed. */
void lm_print_judge(const lm_print *p, const lm_bed *bed, lm_measurement *out);

#endif
