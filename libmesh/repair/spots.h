/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spots.h: where a repair did something: the first places, in the order in which it went over the mesh. */
#ifndef LM_REPAIR_SPOTS_H
#define LM_REPAIR_SPOTS_H

#include "surface/mesh.h"
#include <jansson.h>

enum { LM_SPOTS = 10 };

typedef struct {
    size_t n; /* at most LM_SPOTS; further ones are not kept */
    float at[LM_SPOTS][3];
} lm_spots;
#define LM_SPOTS_INIT \
    { \
        .n = 0 \
    }

/* s may be NULL in these three: nobody wants to know. */
void lm_spots_add(lm_spots *s, const float at[3]);
/* The middle of a triangle. */
void lm_spots_triangle(lm_spots *s, const lm_mesh *m, size_t t);
/* What `more` has, after what there is. */
void lm_spots_merge(lm_spots *s, const lm_spots *more);
/* [[x, y, z], ...], mm; NULL when memory is out. */
json_t *lm_spots_json(const lm_spots *s);
/* " at (x, y, z) mm, (x, y, z), ..." of the first `most`; "" when there are none. */
void lm_spots_text(const lm_spots *s, size_t most, char *buf, size_t cap);

#endif
