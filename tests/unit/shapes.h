/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shapes.h: small meshes put together by hand, for the tests of audit and repair. They grow the one mesh below. */
#ifndef TESTS_UNIT_SHAPES_H
#define TESTS_UNIT_SHAPES_H

#include "surface/mesh.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static lm_mesh mesh;

static inline uint32_t vert(float x, float y, float z)
{
    mesh.pos = realloc(mesh.pos, (mesh.nv + 1) * 3 * sizeof *mesh.pos);
    memcpy(mesh.pos + 3 * mesh.nv, (float[3]){x, y, z}, 3 * sizeof(float));
    return (uint32_t)mesh.nv++;
}

static inline void tri(uint32_t a, uint32_t b, uint32_t c)
{
    mesh.tri = realloc(mesh.tri, (mesh.nt + 1) * 3 * sizeof *mesh.tri);
    memcpy(mesh.tri + 3 * mesh.nt++, (uint32_t[3]){a, b, c}, 3 * sizeof(uint32_t));
}

static inline void corners(float p[][3], int n)
{
    for (int i = 0; i < n; i++) vert(p[i][0], p[i][1], p[i][2]);
}

static inline void quad(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    tri(a, b, c);
    tri(a, c, d);
}

/* Faces of a box whose corners are v[x + 2y + 4z]: -z, +z, -y, +y, -x, +x, two triangles each. */
static inline void box_on(const uint32_t v[8], bool inward)
{
    static const int f[6][4] = {{0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}};
    for (int i = 0; i < 6; i++)
        if (inward) quad(v[f[i][3]], v[f[i][2]], v[f[i][1]], v[f[i][0]]);
        else quad(v[f[i][0]], v[f[i][1]], v[f[i][2]], v[f[i][3]]);
}

static inline void box(float x, float y, float z, float side, bool inward)
{
    uint32_t v[8];
    for (int i = 0; i < 8; i++) v[i] = vert(x + (i & 1 ? side : 0), y + (i & 2 ? side : 0), z + (i & 4 ? side : 0));
    box_on(v, inward);
}

static inline void tetra(uint32_t a, uint32_t b, uint32_t c, uint32_t d) /* d above abc seen counter-clockwise from d */
{
    tri(a, c, b);
    tri(a, b, d);
    tri(b, c, d);
    tri(c, a, d);
}

/* A grid of nu x nv quads in space, closed in u (with the v turned around when `twist`) and in v. */
static inline void tube(int nu, int nv, bool twist, bool closed_v)
{
    int rows = closed_v ? nv : nv + 1;
    uint32_t at = (uint32_t)mesh.nv;
    for (int i = 0; i < nu; i++)
        for (int j = 0; j < rows; j++) {
            double u = 2 * M_PI * i / nu, w = closed_v ? 2 * M_PI * j / nv : j - nv / 2.0;
            if (closed_v) vert((float)((3 + cos(w)) * cos(u)), (float)((3 + cos(w)) * sin(u)), (float)sin(w));
            else
                vert((float)((3 + 0.3 * w * cos(u / 2)) * cos(u)), (float)((3 + 0.3 * w * cos(u / 2)) * sin(u)),
                     (float)(0.3 * w * sin(u / 2)));
        }
    for (int i = 0; i < nu; i++)
        for (int j = 0; j < nv; j++) {
            int k[2] = {j, closed_v ? (j + 1) % nv : j + 1}, l[2] = {k[0], k[1]};
            if (twist && i == nu - 1)
                for (int e = 0; e < 2; e++) l[e] = closed_v ? (nv - k[e]) % nv : nv - k[e];
            uint32_t r = at + (uint32_t)(i * rows), s = at + (uint32_t)((i + 1) % nu * rows);
            quad(r + (uint32_t)k[0], s + (uint32_t)l[0], s + (uint32_t)l[1], r + (uint32_t)k[1]);
        }
}

#endif
