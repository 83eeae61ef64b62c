/* SPDX-License-Identifier: GPL-3.0-or-later */
/* places.h: where the faults are that an audit counted: every one of them, with triangle and point. */
#ifndef LM_SURFACE_PLACES_H
#define LM_SURFACE_PLACES_H

#include "surface/audit.h"

typedef enum {
    LM_PLACE_PLAIN,
    LM_PLACE_TOUCHES,  /* of triangles that meet: neither of the two below */
    LM_PLACE_CROSSES,  /* an edge of one runs through the inside of the other */
    LM_PLACE_OVERLAPS, /* in one plane, with area in common */
    LM_PLACE_KINDS
} lm_place_kind;

#define LM_PLACE_NONE UINT32_MAX

typedef struct {
    lm_fault fault;
    lm_place_kind kind;
    uint32_t triangle, other; /* other: the second of a pair that meets, else the same again; both LM_PLACE_NONE of a vertex
                                 that no triangle names */
    float at[3];              /* the vertex, the middle of the edge, or of the triangle */
} lm_place;

typedef struct {
    size_t n, cap;
    lm_place *list; /* by fault, then triangle; owned */
    size_t kind[LM_PLACE_KINDS];
    size_t slivers;     /* triangles lower than a hundredth of their longest edge: no fault */
    size_t short_edges; /* sides of triangles shorter than 0.01 mm: no fault */
} lm_places;
#define LM_PLACES_INIT \
    { \
        .n = 0 \
    }

const char *lm_place_kind_name(lm_place_kind k); /* "touching", "crossing", "overlapping": keys */
/* Add the places of m, which passes lm_mesh_validate, with the audit a of it. number, when not NULL: what its triangles are called.
 * Of components that are inside out only the first triangle of the first is told. Costs next to nothing where there are no faults.
 */
LM_CHECKED lm_status lm_places_add(lm_places *p, const lm_mesh *m, const lm_audit *a, const uint32_t *number, int threads,
                                   lm_err *err);
void lm_places_release(lm_places *p);

#endif
