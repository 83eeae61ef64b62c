/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure_shapes.h: solids with known measures for the tests of libmesh/measure. */
#ifndef TESTS_UNIT_MEASURE_SHAPES_H
#define TESTS_UNIT_MEASURE_SHAPES_H

#include "surface/mesh.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Append vertices and triangles (indices local to what is appended) to m. */
static inline void shape_append(lm_mesh *m, const double *xyz, size_t nv, const uint32_t *tri, size_t nt)
{
    m->pos = realloc(m->pos, 3 * (m->nv + nv) * sizeof *m->pos);
    m->tri = realloc(m->tri, 3 * (m->nt + nt) * sizeof *m->tri);
    for (size_t i = 0; i < 3 * nv; i++) m->pos[3 * m->nv + i] = (float)xyz[i];
    for (size_t i = 0; i < 3 * nt; i++) m->tri[3 * m->nt + i] = tri[i] + (uint32_t)m->nv;
    m->nv += nv;
    m->nt += nt;
    m->space = LM_SPACE_LPS;
}

/* Box lo..hi, outward; turned inside out with inward. */
static inline void shape_box(lm_mesh *m, const double lo[3], const double hi[3], bool inward)
{
    static const uint32_t quad[6][4] = {{0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}};
    double p[24];
    uint32_t t[36];
    for (size_t v = 0; v < 8; v++)
        for (size_t c = 0; c < 3; c++) p[3 * v + c] = (v >> c & 1) ? hi[c] : lo[c];
    for (size_t q = 0; q < 6; q++)
        for (size_t h = 0; h < 2; h++) {
            uint32_t *o = t + 6 * q + 3 * h;
            o[0] = quad[q][0];
            o[1] = quad[q][h + 1];
            o[2] = quad[q][h + 2];
            if (inward) {
                uint32_t s = o[1];
                o[1] = o[2];
                o[2] = s;
            }
        }
    shape_append(m, p, 8, t, 12);
}

/* Sphere of n meridians and k rings between the poles; its facets are planar, so that its volume has a formula. */
static inline void shape_sphere(lm_mesh *m, const double c[3], double r, uint32_t n, uint32_t k)
{
    size_t nv = 2 + (size_t)n * k, nt = 2 * (size_t)n * k, at = 0;
    double *p = malloc(3 * nv * sizeof *p);
    uint32_t *t = malloc(3 * nt * sizeof *t);
    for (uint32_t a = 0; a < k; a++)
        for (uint32_t b = 0; b < n; b++) {
            double th = M_PI * (a + 1) / (k + 1), ph = 2 * M_PI * b / n, *o = p + 3 * (a * (size_t)n + b);
            o[0] = c[0] + r * sin(th) * cos(ph);
            o[1] = c[1] + r * sin(th) * sin(ph);
            o[2] = c[2] + r * cos(th);
        }
    double poles[6] = {c[0], c[1], c[2] + r, c[0], c[1], c[2] - r};
    memcpy(p + 3 * (nv - 2), poles, sizeof poles);
#define SHAPE_TRI(A, B, C) (t[at] = (A), t[at + 1] = (B), t[at + 2] = (C), at += 3)
    for (uint32_t b = 0; b < n; b++) {
        uint32_t d = (b + 1) % n;
        SHAPE_TRI((uint32_t)(nv - 2), b, d);
        SHAPE_TRI((uint32_t)(nv - 1), (k - 1) * n + d, (k - 1) * n + b);
        for (uint32_t a = 0; a + 1 < k; a++) {
            SHAPE_TRI(a * n + b, (a + 1) * n + b, (a + 1) * n + d);
            SHAPE_TRI(a * n + b, (a + 1) * n + d, a * n + d);
        }
    }
#undef SHAPE_TRI
    shape_append(m, p, nv, t, nt);
    free(p);
    free(t);
}

/* Volume of that polyhedron: frusta of regular n-gons between the rings, pyramids at the poles. */
static inline double shape_sphere_volume(double r, uint32_t n, uint32_t k)
{
    double v = 0, area = 0, z = r;
    for (uint32_t a = 0; a <= k; a++) {
        double th = M_PI * (a + 1) / (k + 1), ring = r * sin(th), next = a == k ? 0 : 0.5 * n * ring * ring * sin(2 * M_PI / n),
               h = z - r * cos(th);
        v += h / 3 * (area + next + sqrt(area * next));
        area = next;
        z = r * cos(th);
    }
    return v;
}

/* Every vertex p becomes a*p + s per axis; triangles are turned over when that mirrors (or when asked for none of it). */
static inline void shape_affine(lm_mesh *m, const double a[3], const double s[3], bool keep_outward)
{
    for (size_t i = 0; i < 3 * m->nv; i++) m->pos[i] = (float)(a[i % 3] * m->pos[i] + s[i % 3]);
    if (!keep_outward || a[0] * a[1] * a[2] > 0) return;
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t x = m->tri[3 * t];
        m->tri[3 * t] = m->tri[3 * t + 1];
        m->tri[3 * t + 1] = x;
    }
}

static inline uint32_t shape_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}
static inline double shape_uniform(uint32_t *seed)
{
    return shape_random(seed) / 4294967296.0;
}

#endif
