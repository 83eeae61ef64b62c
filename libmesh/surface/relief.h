/* SPDX-License-Identifier: GPL-3.0-or-later */
/* relief.h: a picture as a closed height-field solid: intensity as height. Not anatomy: a projection has no depth (G-7).
 *
 * Pixel (i,j) becomes the vertex (i*sx, (n1-1-j)*sy, base + height*t), t its value between lo and hi as 0 to 1, so that the
 * solid, seen from above (+z) with x to the right, shows the picture upright. Each square of four pixels is cut along the
 * diagonal whose ends differ less in height (ties: the higher one), which keeps ridges whole. Walls stand on the
 * outermost pixels' centres; the bottom is flat at z = 0. Valid by construction wherever float32 keeps the pixels apart. */
#ifndef LM_SURFACE_RELIEF_H
#define LM_SURFACE_RELIEF_H

#include "surface/mesh.h"
#include "volume/volume.h"

#include <math.h>

typedef struct {
    double height_mm; /* of the brightest pixel above the darkest; > 0 */
    double base_mm;   /* thickness under the darkest; > 0 */
    double pixel_mm;  /* 0: the image's own spacing; else the edge of a pixel, where the image has none */
    double lo, hi; /* values at height 0 and 1 (lo > hi: the dark is raised), those beyond are clamped; NAN: least and greatest */
} lm_relief_opt;
#define LM_RELIEF_OPT_INIT \
    { \
        .lo = NAN, .hi = NAN \
    }

/*   image  lm_vol.image, at least 2 x 2 pixels, finite values
 *   opt    lo and hi are replaced by the values that were used
 *   out    replaced; space unknown, since it lies in no patient
 * LM_ERULE: no image (G-7), too few pixels, a value that is not finite, spacing not known and pixel_mm 0, or both stated;
 * LM_ENO: all pixels have one value; LM_ERANGE: float32 cannot keep the pixels apart. On error out is empty. */
LM_CHECKED lm_status lm_relief(const lm_vol *image, lm_relief_opt *opt, lm_mesh *out, lm_err *err);

#endif
