#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Phantoms for meshshell and an own measure of its walls, by brute force.

  shell_phantoms.py make NAME OUT.off            plate-MM, wedge-DEGREES, comb, gap-MM
  shell_phantoms.py hollow SOLID.ply HOLLOW.ply  is the outer surface there bit by bit, in front; prints the least distance of the
                                                 inner wall and the outer surface, between all corners, faces and edges
"""
import sys

import numpy as np


def extrude(outline, height, path):
    """A prism over a simple polygon, given as triangles of its corners."""
    points, faces = outline
    n = len(points)
    v = [(x, y, 0.0) for x, y in points] + [(x, y, height) for x, y in points]
    f = [(c, b, a) for a, b, c in faces] + [(a + n, b + n, c + n) for a, b, c in faces]
    for i in range(n):
        j = (i + 1) % n
        f += [(i, j, j + n), (i, j + n, i + n)]
    with open(path, "w") as out:
        out.write("OFF\n%d %d 0\n" % (len(v), len(f)))
        for p in v:
            out.write("%.9g %.9g %.9g\n" % p)
        for t in f:
            out.write("3 %d %d %d\n" % t)


def box(lo, hi):
    v = [(x, y, z) for z in (lo[2], hi[2]) for y in (lo[1], hi[1]) for x in (lo[0], hi[0])]
    f = [(0, 2, 3), (0, 3, 1), (4, 5, 7), (4, 7, 6), (0, 1, 5), (0, 5, 4), (2, 6, 7), (2, 7, 3), (0, 4, 6), (0, 6, 2), (1, 3, 7), (1, 7, 5)]
    return v, f


def boxes(list_of, path):
    v, f = [], []
    for lo, hi in list_of:
        a, b = box(lo, hi)
        f += [tuple(k + len(v) for k in t) for t in b]
        v += a
    with open(path, "w") as out:
        out.write("OFF\n%d %d 0\n" % (len(v), len(f)))
        for p in v:
            out.write("%.9g %.9g %.9g\n" % p)
        for t in f:
            out.write("3 %d %d %d\n" % t)


def make(name, path):
    kind, _, value = name.partition("-")
    if kind == "plate":
        boxes([((0, 0, 0), (20, 20, float(value)))], path)
    elif kind == "gap":  # two plates of 1 mm
        g = float(value)
        boxes([((0, 0, 0), (12, 12, 1)), ((0, 0, 1 + g), (12, 12, 2 + g))], path)
    elif kind == "wedge":
        a = np.radians(float(value))
        extrude(([(0, 0), (20, 0), (20 * np.cos(a), 20 * np.sin(a))], [(0, 1, 2)]), 10, path)
    elif kind == "comb":  # a back of 3 mm and five teeth of 2 mm, 1 mm apart
        p, t = [(0, 0), (14, 0)], []
        for k in range(5):
            x = 14 - 3 * k
            p += [(x, 3), (x, 12), (x - 2, 12), (x - 2, 3)]
        # ears: each tooth is two triangles, the back a fan from its first corner
        n = len(p)
        for k in range(5):
            i = 2 + 4 * k
            t += [(i, i + 1, i + 2), (i, i + 2, i + 3)]
        low = [i for i in range(2, n) if p[i][1] == 3]
        fan = [1] + low
        t += [(0, fan[i], fan[i + 1]) for i in range(len(fan) - 1)]
        extrude((p, t), 8, path)
    else:
        sys.exit("no phantom " + name)


def read(path):
    data = open(path, "rb").read()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    nv = nt = 0
    for line in data[:end].decode("latin-1").splitlines():
        w = line.split()
        if w[:2] == ["element", "vertex"]:
            nv = int(w[2])
        if w[:2] == ["element", "face"]:
            nt = int(w[2])
    v = np.frombuffer(data, "<f4", 3 * nv, end).reshape(nv, 3)
    f = np.frombuffer(data, np.dtype([("n", "u1"), ("v", "<i4", 3)]), nt, end + 12 * nv)["v"]
    return v, f


def corner_face(p, a, b, c):
    """Least distance of points p and triangles abc: all pairs, by regions (Ericson 5.1.5 done by clamping to faces and edges)."""
    least = np.inf
    n = np.cross(b - a, c - a)
    nn = np.einsum("ij,ij->i", n, n)
    for s in range(0, len(p), 64):
        q = p[s:s + 64, None, :]
        d = np.einsum("pti,ti->pt", q - a, n)
        inside = np.ones(d.shape, bool)
        best = np.full(d.shape, np.inf)
        for x, y in ((a, b), (b, c), (c, a)):
            e = y - x
            inside &= np.einsum("pti,ti->pt", np.cross(e[None], q - x), n) >= 0
            t = np.clip(np.einsum("pti,ti->pt", q - x, e) / np.einsum("ij,ij->i", e, e), 0, 1)
            r = q - (x + t[..., None] * e)
            best = np.minimum(best, np.einsum("pti,pti->pt", r, r))
        best = np.where(inside, np.minimum(best, d * d / nn), best)
        least = min(least, best.min())
    return np.sqrt(least)


def edge_edge(p, q):
    """Least distance of two sets of segments (pairs of ends), interior of both; ends are corner_face's."""
    least = np.inf
    u, v = p[:, 1] - p[:, 0], q[:, 1] - q[:, 0]
    e = np.einsum("ij,ij->i", v, v)
    for s in range(0, len(p), 64):
        a = np.einsum("ij,ij->i", u[s:s + 64], u[s:s + 64])[:, None]
        b = u[s:s + 64] @ v.T
        w = p[s:s + 64, None, 0] - q[None, :, 0]
        c = np.einsum("ptk,pk->pt", w, u[s:s + 64])
        f = np.einsum("ptk,tk->pt", w, v)
        den = a * e - b * b
        ok = den > 1e-9 * a * e
        den = np.where(ok, den, 1)
        x, y = (b * f - c * e) / den, (a * f - b * c) / den
        ok &= (x > 0) & (x < 1) & (y > 0) & (y < 1)
        if not ok.any():
            continue
        r = w + x[..., None] * u[s:s + 64, None] - y[..., None] * v
        least = min(least, np.einsum("ptk,ptk->pt", r, r)[ok].min())
    return np.sqrt(least)


def edges(v, f):
    e = np.sort(np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]]), axis=1)
    return v[np.unique(e, axis=0)]


def hollow(solid, part):
    v, f = read(solid)
    w, g = read(part)
    if v.tobytes() != w[:len(v)].tobytes() or f.tobytes() != g[:len(f)].tobytes():
        sys.exit("the outer surface is not the solid's, bit by bit")
    inner, inside = w[len(v):].astype(float), g[len(f):] - len(v)
    v = v.astype(float)
    least = min(corner_face(inner, v[f[:, 0]], v[f[:, 1]], v[f[:, 2]]),
                corner_face(v, inner[inside[:, 0]], inner[inside[:, 1]], inner[inside[:, 2]]),
                edge_edge(edges(v, f), edges(inner, inside)))
    print("%.9g" % least)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 4 and sys.argv[1] == "hollow":
        hollow(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
