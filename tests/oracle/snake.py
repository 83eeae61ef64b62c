# SPDX-License-Identifier: GPL-3.0-or-later
"""snake.py make: values.nrrd, start.nrrd. snake.py CASE FILE: is FILE, at its level of 100, what scikit-image makes of them?"""
import sys

import numpy
from scipy import ndimage
from skimage.segmentation import inverse_gaussian_gradient, morphological_chan_vese, morphological_geodesic_active_contour

SIZE, STEP = (40, 44, 48), 0.8


def write(path, a):
    head = (
        "NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n"
        "space directions: (%g,0,0) (0,%g,0) (0,0,%g)\nkinds: domain domain domain\nencoding: raw\n"
        "space origin: (0,0,0)\n\n" % (SIZE[::-1] + 3 * (STEP,))
    )
    with open(path, "wb") as f:
        f.write(head.encode() + a.astype(numpy.uint8).tobytes())


k, j, i = numpy.mgrid[: SIZE[0], : SIZE[1], : SIZE[2]]
body = ((k - 20) / 13) ** 2 + ((j - 22) / 14) ** 2 + ((i - 24) / 16) ** 2 <= 1
body &= ~((k - 20) ** 2 + (j - 22) ** 2 + (i - 34) ** 2 <= 36)
noise = numpy.random.default_rng(7).standard_normal(SIZE)
values = numpy.clip(ndimage.gaussian_filter(60 + 90.0 * body, 0.8) + 14 * noise, 0, 255).astype(numpy.uint8)
start = (k - 20) ** 2 + (j - 22) ** 2 + (i - 18) ** 2 <= 49

if sys.argv[1] == "make":
    write("values.nrrd", values)
    write("start.nrrd", start)
else:
    g = values.astype(float)
    if sys.argv[1] == "geodesic":
        edge = inverse_gaussian_gradient(g, 1 / STEP, 1 / STEP)  # alpha 1 and sigma 1 in mm
        want = morphological_geodesic_active_contour(edge, 25, start, 1, "auto", 1) > 0
    else:
        n = (25, start, 1, 1, 1) if sys.argv[1] == "chanvese" else (10, start, 2, 1, 2)
        want = morphological_chan_vese(g, *n) > 0
    b = open(sys.argv[2], "rb").read()
    ours = numpy.frombuffer(b[b.index(b"\n\n") + 2:], numpy.uint8).reshape(SIZE) >= 100
    dice = 2 * (ours & want).sum() / (ours.sum() + want.sum())
    print(sys.argv[1], int(ours.sum()), int(want.sum()), "Dice", dice)
    assert dice >= 0.99 if sys.argv[1] == "geodesic" else dice == 1
