/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cells.h: the boundaries between cells of a grid as a mesh of several parts, walls shared: squares of 1 mm, two triangles
 * each. What bounds which part, and how much it holds, can be counted. */
#ifndef TESTS_UNIT_CELLS_H
#define TESTS_UNIT_CELLS_H

#include "surface/mesh.h"
#include <stdlib.h>
#include <string.h>

/* cell: n[0] * n[1] * n[2] labels, x fastest, 0 outside. */
static inline void cells_mesh(lm_mesh *m, const int n[3], const uint8_t *cell)
{
    int w[3] = {n[0] + 1, n[1] + 1, n[2] + 1};
    size_t all = (size_t)(w[0] * w[1] * w[2]), nt = 0, nv = 0;
    uint32_t *now = calloc(all, sizeof *now);
    lm_mesh_release(m);
    if (lm_mesh_alloc(m, all, 12 * all, NULL)) abort();
    m->label = calloc(12 * all, sizeof *m->label);
    m->label_back = calloc(12 * all, sizeof *m->label_back);
    for (int i = 0; i < w[0] * w[1] * w[2]; i++)
        for (int axis = 0; axis < 3; axis++) {
            int p[3] = {i % w[0], i / w[0] % w[1], i / w[0] / w[1]}, side[2]; /* below and above the square at p across axis */
            for (int s = 0; s < 2; s++) {
                int q[3] = {p[0], p[1], p[2]};
                q[axis] += s - 1;
                side[s] = 0;
                if (q[0] >= 0 && q[0] < n[0] && q[1] >= 0 && q[1] < n[1] && q[2] >= 0 && q[2] < n[2])
                    side[s] = cell[q[0] + n[0] * (q[1] + n[1] * q[2])];
            }
            if (side[0] == side[1]) continue;
            int step[3] = {1, w[0], w[0] * w[1]}, u = step[(axis + 1) % 3], v = step[(axis + 2) % 3];
            int c[4] = {i, i + u, i + u + v, i + v}; /* counter-clockwise seen from above */
            bool up = side[0] != 0;
            for (int t = 0; t < 2; t++, nt++) {
                uint32_t *o = m->tri + 3 * nt;
                o[0] = (uint32_t)c[0];
                o[1] = (uint32_t)c[up ? t + 1 : t + 2];
                o[2] = (uint32_t)c[up ? t + 2 : t + 1];
                m->label[nt] = (uint32_t)side[up ? 0 : 1];
                m->label_back[nt] = (uint32_t)side[up ? 1 : 0];
                for (int k = 0; k < 3; k++) now[o[k]] = 1;
            }
        }
    m->nt = nt;
    for (size_t i = 0; i < all; i++) {
        if (!now[i]) continue;
        size_t p[3] = {i % (size_t)w[0], i / (size_t)w[0] % (size_t)w[1], i / (size_t)w[0] / (size_t)w[1]};
        for (int c = 0; c < 3; c++) m->pos[3 * nv + (size_t)c] = (float)p[c];
        now[i] = (uint32_t)nv++;
    }
    m->nv = nv;
    for (size_t k = 0; k < 3 * nt; k++) m->tri[k] = now[m->tri[k]];
    free(now);
}

#endif
