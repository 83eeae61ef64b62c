/* SPDX-License-Identifier: GPL-3.0-or-later */
/* netcell.h: the surface between the eight labels at the corners of one grid cell, as SurfaceNets wants it: a vertex for each
 * connected sheet, so that every label by itself is bounded by a manifold whatever the labels are.
 *
 * The sheets of a cell are the cone over a graph on the cell's sides: nodes where the surface crosses a side, arcs around the
 * cell's edges whose ends differ. On a side with two equal labels on a diagonal the surface falls into two nodes: the repeated
 * label stays in one piece (of two repeated ones the smaller number, so that parts on a diagonal are apart from each other
 * when background lies on the other). A cone is a disc for a label that runs through it once. Where a label other than 0
 * runs through it several times, or both nodes of one side belong to it, the cone is opened: its tip becomes a small ball
 * that is given to one of the labels, with a vertex for each node, and every label has a disc or a tube again.
 *
 * Corner c sits at (c&1, c>>1&1, c>>2&1); edge e = 4a + s runs along axis a, u = (a+1)%3 and v = (a+2)%3 being the others,
 * s&1 its place along u and s>>1 along v. */
#ifndef LM_SURFACE_NETCELL_H
#define LM_SURFACE_NETCELL_H

#include <stdbool.h>
#include <stdint.h>

enum { LM_NETCELL_VERTICES = 24, LM_NETCELL_FACES = 64, LM_NETCELL_NONE = 255 };

typedef struct {
    uint8_t vertices, faces;
    /* Vertex of edge e's sheet towards the cell's side across u ([0]) and across v ([1]): equal unless the cone is open;
     * LM_NETCELL_NONE where the ends of e do not differ. */
    uint8_t at[12][2];
    struct {
        uint8_t v[3];
        uint8_t in, out; /* corners: counter-clockwise seen from the side of `out`'s label; a triangle of the ball */
    } face[LM_NETCELL_FACES];
    float pos[LM_NETCELL_VERTICES][3]; /* from the centre of the cell, in steps */
} lm_netcell;

void lm_netcell_make(const uint32_t label[8], lm_netcell *out);

#endif
