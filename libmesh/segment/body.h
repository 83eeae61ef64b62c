/* SPDX-License-Identifier: GPL-3.0-or-later */
/* body.h: the patient without table and headrest.
 *
 * The body is the largest piece of what reaches a level after an opening by a ball, which table tops and shells of headrests do not
 * pass; what such a ball takes off the body itself (ears, nose, fingers) comes back where it hangs on the body and is small. Holes
 * are filled slice by slice (k), so that lungs that leave the volume are inside. */
#ifndef LM_SEGMENT_BODY_H
#define LM_SEGMENT_BODY_H

#include "segment/bits.h"

#define LM_BODY_OPEN_MM 5.0     /* radius of the ball */
#define LM_BODY_MARGIN_MM 2.0   /* what is so near to the opened body belongs to it */
#define LM_BODY_SMALL_MM3 5000. /* pieces up to so large come back */

typedef struct {
    uint64_t inside;  /* samples of the silhouette */
    uint64_t removed; /* samples outside of it that reached the level */
} lm_body;

/* Samples outside the body's silhouette get the volume's least value. LM_ENO: nothing reaches the level, or the ball passes
 * nowhere. LM_ERULE: NaN; G-5, a sheared grid. Memory: 5 bytes per sample, and 5 bits. */
LM_CHECKED lm_status lm_body_alone(lm_vol *v, double level, int threads, lm_body *out, lm_err *err);

#endif
