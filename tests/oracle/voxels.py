# SPDX-License-Identifier: GPL-3.0-or-later
"""Two smooth random segmentations of one grid as NRRD, and on standard output what SciPy says of them, as JSON."""
import json
import math
import sys

import numpy
from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

SIZE, STEP = (20, 31, 26), (2.5, 0.8, 0.7)  # slices, rows, columns


def write(path, mask):
    head = (
        "NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n"
        "space directions: (%g,0,0) (0,%g,0) (0,0,%g)\nkinds: domain domain domain\nencoding: raw\n"
        "space origin: (0,0,0)\n\n" % (SIZE[::-1] + STEP[::-1])
    )
    with open(path, "wb") as f:
        f.write(head.encode() + mask.astype(numpy.uint8).tobytes())


def p95(d):
    return float(numpy.sort(d)[math.ceil(0.95 * len(d)) - 1])


seed, tolerance = int(sys.argv[1]), float(sys.argv[2])
rng = numpy.random.default_rng(seed)
f = gaussian_filter(rng.standard_normal(SIZE), 2)
g = f + 0.4 * gaussian_filter(rng.standard_normal(SIZE), 2)
a, b = f > 0.02, g > 0.02
write("a.nrrd", a)
write("b.nrrd", b)
edge = [m & ~binary_erosion(m, border_value=0) for m in (a, b)]
d = [distance_transform_edt(~edge[1 - i], sampling=STEP)[edge[i]] for i in (0, 1)]
both = numpy.concatenate(d)
print(json.dumps({
    "dice": 2 * (a & b).sum() / (a.sum() + b.sum()),
    "jaccard": (a & b).sum() / (a | b).sum(),
    "hausdorff_mm": float(both.max()),
    "p95_larger_mm": max(map(p95, d)),
    "p95_pooled_mm": p95(both),
    "assd_mm": float(both.mean()),
    "surface_dice": float((both <= tolerance).mean()),
}))
