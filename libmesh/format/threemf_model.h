/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threemf_model.h: what the model parts of a 3MF package hold (objects of a mesh or of components, build items), and the one
 * mesh that the build items make of them. */
#ifndef LM_FORMAT_THREEMF_MODEL_H
#define LM_FORMAT_THREEMF_MODEL_H

#include "stream/record.h"
#include "surface/mesh.h"

enum { LM_THREEMF_OBJECTS = 20000, LM_THREEMF_PARTS = 1000, LM_THREEMF_DEPTH = 32 };

typedef enum {
    LM_THREEMF_TYPE_MODEL,
    LM_THREEMF_TYPE_SOLIDSUPPORT,
    LM_THREEMF_TYPE_SUPPORT,
    LM_THREEMF_TYPE_SURFACE,
    LM_THREEMF_TYPE_OTHER
} lm_threemf_type;

typedef struct {
    uint32_t part, id; /* of the model part (its index), of the object in it */
    lm_threemf_type type;
    size_t v, nv, t, nt; /* its mesh: a range of the pools; triangles count from v */
    size_t c, nc;        /* its components */
    lm_part shown;       /* name, colour and, of our own files, label, or 0 */
    double all_v, all_t; /* with its components; set by lm_threemf_model_mesh, as height */
    int height;          /* longest path down through components */
} lm_threemf_object;

/* A component or a build item. */
typedef struct {
    size_t object; /* index */
    double m[12];  /* [x y z 1] * m, rows of three; millimetres */
    bool moved;    /* has a transform */
} lm_threemf_use;

typedef struct {
    float *pos; /* pools of vertices and triangles, millimetres */
    size_t nv, vcap;
    uint32_t *tri;
    size_t nt, tcap;
    lm_threemf_object *object;
    size_t objects, ocap;
    lm_threemf_use *comp, *item;
    size_t comps, ccap, items, icap;
    struct lm_threemf_color {
        uint32_t part, id, index; /* of the model part, of the base materials, in these */
        uint8_t rgb[3];
    } * color;
    size_t colors, colcap;
    lm_space space; /* as our own metadata says it */
    bool ours;      /* there is such metadata: the items only place the mesh */
} lm_threemf_model;

/* Index of an object, or SIZE_MAX. */
size_t lm_threemf_model_find(const lm_threemf_model *m, uint32_t part, uint32_t id);
/* All build items as one mesh, a label for each where there are several, with names and colours; all indices in m are in range. See
 * threemf_read.h for what is refused and noted. On error mesh holds what there is so far. */
LM_CHECKED lm_status lm_threemf_model_mesh(lm_threemf_model *m, lm_records *rec, lm_mesh *mesh, lm_err *err);
void lm_threemf_model_release(lm_threemf_model *m);

#endif
