# SPDX-License-Identifier: GPL-3.0-or-later
"""walker.py make: values.nrrd. walker.py seeds SIGMA: is seeds.map what scikit-image's random walker finds, and seeds.nrrd its half?"""
import sys

import numpy
from scipy import ndimage
from skimage.segmentation import random_walker

SIZE, STEP, BETA = (18, 24, 22), (1.5, 1.0, 1.0), 6
k, j, i = [a * s for a, s in zip(numpy.mgrid[: SIZE[0], : SIZE[1], : SIZE[2]], STEP)]


def ball(x, y, z, r):
    return (i - x) ** 2 + (j - y) ** 2 + (k - z) ** 2 <= r * r


def samples(path, kind):
    b = open(path, "rb").read()
    return numpy.frombuffer(b[b.index(b"\n\n") + 2:], kind).reshape(SIZE)


if sys.argv[1] == "make":
    noise = numpy.random.default_rng(7).standard_normal(SIZE)
    values = ndimage.gaussian_filter(60 + 90.0 * ball(10, 12, 15, 8), 0.7) + 9 * noise
    head = (
        "NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n"
        "space directions: (%g,0,0) (0,%g,0) (0,0,%g)\nkinds: domain domain domain\nencoding: raw\n"
        "space origin: (0,0,0)\n\n" % (SIZE[::-1] + STEP[::-1])
    )
    with open("values.nrrd", "wb") as f:
        f.write(head.encode() + numpy.clip(values, 1, 255).astype(numpy.uint8).tobytes())
else:
    g = samples("values.nrrd", numpy.uint8).astype(float)
    labels = numpy.zeros(SIZE, int)
    labels[ball(10, 12, 18, 2)] = 1
    labels[ball(2, 2, 3, 4) | ball(19, 21, 22, 4)] = 2
    beta = BETA * 10 * g.std() / float(sys.argv[2]) ** 2  # scikit-image divides by ten times the deviation
    want = random_walker(g, labels, beta=beta, mode="bf", spacing=STEP, return_full_prob=True)[0]
    ours = samples("seeds.map", numpy.float32)
    inside = samples("seeds.nrrd", numpy.uint8) >= 1
    far = numpy.abs(want - ours).max()
    dice = 2 * (inside & (want >= 0.5)).sum() / (inside.sum() + (want >= 0.5).sum())
    print("largest difference", far, "Dice", dice, "inside", int(inside.sum()), "of", inside.size)
    assert far <= 1e-3 and dice >= 0.99 and 500 < inside.sum() < inside.size / 2
