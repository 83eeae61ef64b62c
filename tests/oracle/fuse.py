# SPDX-License-Identifier: GPL-3.0-or-later
"""fuse.py make: m0..m3, as NRRD and raw. fuse.py staple|majority: are staple.nrrd, majority.nrrd what ITK (itk.raw), numpy find?"""
import sys

import numpy
from scipy import ndimage

SIZE = (24, 36, 40)


def samples(path, kind):
    b = open(path, "rb").read()
    return numpy.frombuffer(b[b.index(b"\n\n") + 2:] if path.endswith("nrrd") else b, kind).reshape(SIZE)


k, j, i = numpy.mgrid[: SIZE[0], : SIZE[1], : SIZE[2]]
random = numpy.random.default_rng(3)
if sys.argv[1] == "make":
    for n in range(4):
        noise = ndimage.gaussian_filter(random.standard_normal(SIZE), 2)
        body = ((k - 12) / 8) ** 2 + ((j - 18) / 12) ** 2 + ((i - 20) / 13) ** 2 + (n - 1) * 0.1 + noise * 6 <= 1
        body.astype(numpy.uint8).tofile("m%d.raw" % n)
        with open("m%d.nrrd" % n, "wb") as f:
            f.write(("NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n" % SIZE[::-1]
                     + "space directions: (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\nspace origin: (0,0,0)\n\n").encode()
                    + body.astype(numpy.uint8).tobytes())
else:
    ours = samples(sys.argv[1] + ".nrrd", numpy.float32)
    if sys.argv[1] == "staple":
        want = samples("itk.raw", numpy.float32)
        assert numpy.abs(ours - want).max() <= 1e-4
    else:
        want = sum(samples("m%d.raw" % n, numpy.uint8).astype(int) for n in range(3)) >= 2
    a, b = ours >= 0.5, want >= 0.5
    dice = 2 * (a & b).sum() / (a.sum() + b.sum())
    print(int(a.sum()), int(b.sum()), "Dice", dice)
    assert dice == 1 and a.sum() > 3000
