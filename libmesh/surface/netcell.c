/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: the graph - which cones are opened - vertices - the ball's faces. */
#include "surface/netcell.h"

#include <string.h>

/* How far a sheet that does not fill its cell alone keeps from the centre, and how large the ball of an open cone is. */
#define NETCELL_APART 0.25f
#define NETCELL_BALL 0.2f

enum { NODES = 12, EDGES = 12, NONE = LM_NETCELL_NONE };

typedef struct {
    const uint32_t *label;
    bool cross[EDGES];
    uint8_t node[EDGES][2]; /* of each arc: on its side across u, across v */
    uint8_t joined[6][2];   /* of a side in two nodes: the corners whose label stays in one piece */
    bool alone;             /* there is one component */
    bool used[NODES];       /* node 2f and 2f+1 of side f = 2*axis + place */
    float pos[NODES][3];
    uint8_t comp[NODES]; /* lowest node of the component */
    uint8_t open[NODES]; /* of a component, by its lowest node: corner whose label gets the ball, or NONE */
    lm_netcell *out;
} netcell;

static int netcell_low(int e)
{
    int a = e / 4;
    return (e & 1) << (a + 1) % 3 | (e >> 1 & 1) << (a + 2) % 3;
}

static int netcell_high(int e)
{
    return netcell_low(e) | 1 << e / 4;
}

/* ---- the graph ---- */

/* Edge along axis a whose place along axis b is pb and along the third axis pc. */
static int netcell_edge(int a, int b, int pb, int pc)
{
    return b == (a + 1) % 3 ? 4 * a + pb + 2 * pc : 4 * a + pc + 2 * pb;
}

static void netcell_side(netcell *w, int f)
{
    int a = f / 2, s = f % 2, b = (a + 1) % 3, c = (a + 2) % 3;
    int corner[4], edge[4], crossed = 0;
    for (int i = 0; i < 4; i++) /* around the side: 00 10 11 01 along b and c */
        corner[i] = s << a | (i == 1 || i == 2) << b | (i >= 2) << c;
    for (int i = 0; i < 4; i++) { /* between corner i and the next */
        edge[i] = i % 2 == 0 ? netcell_edge(b, a, s, i == 2) : netcell_edge(c, a, s, i == 1);
        crossed += w->cross[edge[i]];
    }
    if (!crossed) return;
    const uint32_t *l = w->label;
    bool even = l[corner[0]] == l[corner[2]], odd = l[corner[1]] == l[corner[3]];
    int apart = -1; /* this corner and the one across are cut off from each other */
    if (crossed == 4 && (even || odd)) apart = !odd || (even && l[corner[0]] < l[corner[1]]) ? 1 : 0;
    for (int g = 0; g < 2 && apart >= 0; g++) w->joined[f][g] = (uint8_t)corner[1 - apart + 2 * g];
    for (int g = 0; g < (apart < 0 ? 1 : 2); g++) {
        float *p = w->pos[2 * f + g];
        w->used[2 * f + g] = true;
        p[a] = s ? 0.5f : -0.5f;
        p[b] = p[c] = 0;
        if (apart < 0) continue;
        int q = corner[apart + 2 * g];
        p[b] = q >> b & 1 ? 0.25f : -0.25f;
        p[c] = q >> c & 1 ? 0.25f : -0.25f;
    }
    for (int i = 0; i < 4; i++) {
        int g = apart < 0 ? 0 : i == apart || (i + 1) % 4 == apart ? 0 : 1, e = edge[i];
        w->node[e][a == (e / 4 + 1) % 3 ? 0 : 1] = (uint8_t)(2 * f + g);
    }
}

static void netcell_join(netcell *w)
{
    for (int i = 0; i < NODES; i++) w->comp[i] = (uint8_t)i;
    for (bool again = true; again;) {
        again = false;
        for (int e = 0; e < EDGES; e++) {
            if (!w->cross[e]) continue;
            uint8_t *p = &w->comp[w->node[e][0]], *q = &w->comp[w->node[e][1]];
            if (*p == *q) continue;
            if (*p > *q) *p = *q;
            else *q = *p;
            again = true;
        }
    }
}

/* ---- which cones are opened ---- */

/* The other arc at node n that has this label on one side. */
static int netcell_next(const netcell *w, int e, int n, uint32_t label)
{
    for (int o = 0; o < EDGES; o++)
        if (o != e && w->cross[o] && (w->node[o][0] == n || w->node[o][1] == n) &&
            (w->label[netcell_low(o)] == label || w->label[netcell_high(o)] == label))
            return o;
    return e; /* never: a label has two arcs at a node, or none */
}

/* Walk the cycle of the label at `corner`, an end of arc e, with the label on the left as seen from outside the cell.
 * Marks the arcs; returns how many nodes there are. */
static int netcell_cycle(const netcell *w, int e, int corner, bool seen[EDGES][2], uint8_t nodes[NODES])
{
    uint32_t label = w->label[corner];
    int n = 0, at = e;
    bool up = corner == netcell_high(e), corners_alike = !((e & 1) ^ (e >> 1 & 1));
    int to = up == corners_alike ? 1 : 0; /* from u to v: that leaves the upper end on the left where u and v are alike */
    do {
        seen[at][w->label[netcell_high(at)] == label] = true;
        int node = w->node[at][to];
        nodes[n++] = (uint8_t)node;
        at = netcell_next(w, at, node, label);
        to = w->node[at][0] == node ? 1 : 0;
    } while (at != e && n < NODES);
    return n;
}

static void netcell_open(netcell *w)
{
    bool seen[EDGES][2] = {{false}};
    uint8_t nodes[NODES];
    struct {
        uint8_t comp, corner;
    } cycle[2 * EDGES];
    int cycles = 0;
    memset(w->open, NONE, sizeof w->open);
    for (int e = 0; e < EDGES; e++)
        for (int hi = 0; hi < 2; hi++) {
            int corner = hi ? netcell_high(e) : netcell_low(e);
            if (!w->cross[e] || seen[e][hi]) continue;
            netcell_cycle(w, e, corner, seen, nodes);
            cycle[cycles].comp = w->comp[w->node[e][0]];
            cycle[cycles++].corner = (uint8_t)corner;
        }
    for (int i = 0; i < cycles; i++) /* a label that is not background twice: the smallest of those gets the ball */
        for (int k = 0; k < i; k++) {
            uint32_t l = w->label[cycle[i].corner];
            uint8_t *open = &w->open[cycle[i].comp];
            if (l && cycle[k].comp == cycle[i].comp && w->label[cycle[k].corner] == l && (*open == NONE || l < w->label[*open]))
                *open = cycle[i].corner;
        }
    for (int f = 0; f < 6; f++) { /* a side twice: the smallest label of all */
        int c = w->comp[2 * f];
        if (!w->used[2 * f + 1] || w->comp[2 * f + 1] != c || w->open[c] != NONE) continue;
        for (int i = 0; i < cycles; i++)
            if (cycle[i].comp == c && (w->open[c] == NONE || w->label[cycle[i].corner] < w->label[w->open[c]]))
                w->open[c] = cycle[i].corner;
    }
}

/* ---- vertices ---- */

static uint8_t netcell_vertex(lm_netcell *o, const float pos[3])
{
    memcpy(o->pos[o->vertices], pos, sizeof o->pos[0]);
    return o->vertices++;
}

static void netcell_tip(const netcell *w, int comp, bool alone, float tip[3])
{
    int n = 0;
    tip[0] = tip[1] = tip[2] = 0;
    if (alone) return;
    for (int e = 0; e < EDGES; e++) {
        if (!w->cross[e] || w->comp[w->node[e][0]] != comp) continue;
        int a = e / 4;
        tip[(a + 1) % 3] += e & 1 ? 0.5f : -0.5f;
        tip[(a + 2) % 3] += e >> 1 & 1 ? 0.5f : -0.5f;
        n++;
    }
    for (int c = 0; c < 3; c++) tip[c] *= NETCELL_APART / (float)n;
}

static void netcell_vertices(netcell *w, uint8_t vertex[NODES])
{
    int comps = 0;
    for (int i = 0; i < NODES; i++) comps += w->used[i] && w->comp[i] == i;
    w->alone = comps == 1;
    for (int i = 0; i < NODES; i++) {
        int c = w->comp[i];
        float tip[3], p[3];
        if (!w->used[i]) continue;
        netcell_tip(w, c, w->alone, tip);
        if (w->open[c] != NONE) {
            for (int k = 0; k < 3; k++) p[k] = tip[k] + NETCELL_BALL * (w->pos[i][k] - tip[k]);
            vertex[i] = netcell_vertex(w->out, p);
        } else vertex[i] = c == i ? netcell_vertex(w->out, tip) : vertex[c];
    }
    for (int e = 0; e < EDGES; e++)
        for (int k = 0; k < 2; k++) w->out->at[e][k] = w->cross[e] ? vertex[w->node[e][k]] : NONE;
}

/* ---- the ball's faces ---- */

/* The ball is an octahedron: a vertex for each side of the cell (two where the cone has two nodes), a face for each corner. What
 * lies behind other sheets of the cell belongs to the region in front of them. */
typedef struct {
    netcell *w;
    const uint8_t *vertex; /* of each node */
    int comp;
    uint8_t region[8], seen_as[8]; /* lowest corner of each corner's region; for that one: a corner with the region's label */
    uint8_t extra[6];              /* vertices of the sides where the cone has no node */
} netcell_ball;

static void netcell_regions(netcell_ball *b)
{
    const netcell *w = b->w;
    for (int c = 0; c < 8; c++) b->region[c] = (uint8_t)c;
    for (bool again = true; again;) {
        again = false;
        for (int i = 0; i < EDGES + NODES; i++) { /* along edges, and across a side in two nodes between the corners in one piece */
            int p, q;
            if (i < EDGES) {
                p = netcell_low(i), q = netcell_high(i);
                if (w->cross[i] && w->comp[w->node[i][0]] == b->comp) continue;
            } else {
                int f = (i - EDGES) / 2;
                if (i % 2 || !w->used[2 * f + 1] || w->comp[2 * f] != b->comp || w->comp[2 * f + 1] != b->comp) continue;
                p = w->joined[f][0], q = w->joined[f][1];
            }
            uint8_t *x = &b->region[p], *y = &b->region[q];
            if (*x == *y) continue;
            if (*x < *y) *y = *x;
            else *x = *y;
            again = true;
        }
    }
    for (int e = 0; e < EDGES; e++) {
        if (!w->cross[e] || w->comp[w->node[e][0]] != b->comp) continue;
        b->seen_as[b->region[netcell_low(e)]] = (uint8_t)netcell_low(e);
        b->seen_as[b->region[netcell_high(e)]] = (uint8_t)netcell_high(e);
    }
}

/* Vertices of the ball that corner c sees on the side across axis a, when it comes from the side across `from`. */
static int netcell_seen(netcell_ball *b, int c, int a, int from, uint8_t v[2])
{
    netcell *w = b->w;
    int f = 2 * a + (c >> a & 1), to = 3 - a - from, n = 0;
    bool has[2];
    for (int g = 0; g < 2; g++) has[g] = w->used[2 * f + g] && w->comp[2 * f + g] == b->comp;
    if (has[0] && has[1]) {
        int first = netcell_edge(to, a, c >> a & 1, c >> from & 1), second = netcell_edge(from, a, c >> a & 1, c >> to & 1);
        uint8_t p = w->node[first][a == (to + 1) % 3 ? 0 : 1], q = w->node[second][a == (from + 1) % 3 ? 0 : 1];
        v[n++] = b->vertex[p];
        if (q != p) v[n++] = b->vertex[q];
    } else if (has[0] || has[1]) v[n++] = b->vertex[2 * f + !has[0]];
    else {
        if (b->extra[f] == NONE) {
            float tip[3], p[3] = {0};
            netcell_tip(w, b->comp, w->alone, tip);
            p[a] = f % 2 ? 0.5f : -0.5f;
            float far = w->alone ? NETCELL_BALL : NETCELL_BALL / 4; /* other sheets lie that way */
            for (int k = 0; k < 3; k++) p[k] = tip[k] + far * (p[k] - tip[k]);
            b->extra[f] = netcell_vertex(w->out, p);
        }
        v[n++] = b->extra[f];
    }
    return n;
}

static void netcell_faces(netcell *w, int comp, const uint8_t vertex[NODES])
{
    netcell_ball b = {.w = w, .vertex = vertex, .comp = comp};
    lm_netcell *o = w->out;
    memset(b.extra, NONE, sizeof b.extra);
    netcell_regions(&b);
    for (int c = 0; c < 8; c++) {
        int corner = b.seen_as[b.region[c]], n = 0;
        bool right = (c & 1) ^ (c >> 1 & 1) ^ (c >> 2 & 1); /* x, y, z are counter-clockwise around it */
        uint8_t v[6];
        if (w->label[corner] == w->label[w->open[comp]]) continue;
        for (int i = 0; i < 3; i++) {
            int a = right ? i : (3 - i) % 3, from = right ? (i + 2) % 3 : (4 - i) % 3;
            n += netcell_seen(&b, c, a, from, v + n);
        }
        for (int i = 1; i + 1 < n; i++) {
            uint8_t *t = o->face[o->faces].v;
            t[0] = v[0], t[1] = v[i], t[2] = v[i + 1];
            o->face[o->faces].in = w->open[comp];
            o->face[o->faces++].out = (uint8_t)corner;
        }
    }
}

void lm_netcell_make(const uint32_t label[8], lm_netcell *out)
{
    netcell w = {.label = label, .out = out};
    uint8_t vertex[NODES];
    out->vertices = out->faces = 0;
    for (int e = 0; e < EDGES; e++) w.cross[e] = label[netcell_low(e)] != label[netcell_high(e)];
    for (int f = 0; f < 6; f++) netcell_side(&w, f);
    netcell_join(&w);
    netcell_open(&w);
    netcell_vertices(&w, vertex);
    for (int i = 0; i < NODES; i++)
        if (w.used[i] && w.comp[i] == i && w.open[i] != NONE) netcell_faces(&w, i, vertex);
}
