# SPDX-License-Identifier: GPL-3.0-or-later
# A volume or label map read with numpy alone: NIfTI-1 or NRRD. Prints each label with its voxels, then the place of the first, an inner and the last
# sample in LPS. usage: labelmap.py FILE [FILE: prints "same" when both hold the same samples in the same places,
# whichever way their axes run]
import gzip, struct, sys
import numpy as np

def nifti(b):
    e = '<' if struct.unpack('<i', b[:4])[0] == 348 else '>'
    dim = struct.unpack(e + '8h', b[40:56])
    kind = {2: 'u1', 4: 'i2', 8: 'i4', 16: 'f4', 64: 'f8', 256: 'i1', 512: 'u2', 768: 'u4', 1024: 'i8', 1280: 'u8'}
    t = np.dtype(kind[struct.unpack(e + 'h', b[70:72])[0]]).newbyteorder(e)
    off = int(struct.unpack(e + 'f', b[108:112])[0])
    slope, inter = struct.unpack(e + '2f', b[112:120])
    qcode, scode = struct.unpack(e + '2h', b[252:256])
    assert qcode > 0 or scode > 0, 'no orientation'
    rows = np.array(struct.unpack(e + '12f', b[280:328]), float).reshape(3, 4)
    if scode <= 0:  # axis and angle of the quaternion, by Rodrigues' formula
        q = np.array(struct.unpack(e + '3f', b[256:268]), float)
        size = np.array(struct.unpack(e + '8f', b[76:108]), float)
        s = np.linalg.norm(q)
        k = q / s if s else np.array([0., 0, 1])
        K = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
        w = 2 * np.arctan2(s, np.sqrt(max(0., 1 - s * s)))
        R = np.eye(3) + np.sin(w) * K + (1 - np.cos(w)) * K @ K
        rows = np.column_stack([R * np.array([size[1], size[2], size[3] * (-1 if size[0] < 0 else 1)]), struct.unpack(e + '3f', b[268:280])])
    a = np.frombuffer(b, t, int(np.prod(dim[1:1 + dim[0]])), off).reshape(dim[1:4], order='F').astype(float)
    if slope and not np.isnan(slope): a = a * slope + inter
    return a, np.diag([-1., -1, 1]) @ rows

def nrrd(b):
    head, data = b.split(b'\n\n', 1)
    f = dict(l.split(':', 1) for l in head.decode().replace('\r', '').split('\n')[1:] if ': ' in l and not l.startswith('#'))
    f = {k: v.strip() for k, v in f.items()}
    kind = {'unsigned char': 'u1', 'uint8': 'u1', 'uchar': 'u1', 'short': 'i2', 'int16': 'i2', 'unsigned short': 'u2', 'uint16': 'u2', 'int': 'i4',
            'unsigned int': 'u4', 'long long': 'i8', 'int64': 'i8', 'float': 'f4', 'double': 'f8'}
    n = [int(x) for x in f['sizes'].split()]
    if 'gz' in f['encoding']: data = gzip.decompress(data)
    a = np.frombuffer(data, np.dtype(kind[f['type']]).newbyteorder('>' if f.get('endian') == 'big' else '<')).reshape(n, order='F')
    vec = lambda s: [float(x) for x in s.strip('()').split(',')]
    m = np.array([vec(v) for v in f['space directions'].split()] + [vec(f['space origin'])]).T
    return a.astype(float), (np.diag([-1., -1, 1]) if f['space'] in ('right-anterior-superior', 'RAS') else np.eye(3)) @ m

def read(path):
    b = open(path, 'rb').read()
    if b[:2] == b'\x1f\x8b': b = gzip.decompress(b)
    return nrrd(b) if b[:4] == b'NRRD' else nifti(b)

def other(a, m, b, k):
    """What is different about two volumes, whichever way their axes run, or None."""
    square = lambda x: np.vstack([x, [0, 0, 0, 1]])
    t = np.linalg.inv(square(k)) @ square(m)  # index in a to index in b
    whole = np.rint(t)
    corner = np.array([[(c >> x & 1) * (a.shape[x] - 1) for x in range(3)] + [1] for c in range(8)]).T
    beside = np.abs((t - whole) @ corner).max()
    order = np.abs(whole[:3, :3]).argmax(axis=0)  # axis of b that each axis of a is
    if sorted(order) != [0, 1, 2] or tuple(b.shape[x] for x in order) != a.shape or beside > 0.01:
        return 'grids %s and %s, %.3g voxels beside each other' % (a.shape, b.shape, beside)
    b = b.transpose(order)
    for x in range(3):
        if whole[order[x], x] < 0: b = np.flip(b, x)
    worst = np.abs(a - np.maximum(b, a.min())).max()  # padding has the least of the other values in ours, its own in dcm2niix's
    return None if worst <= 1e-6 * np.abs(a).max() else 'values up to %g apart' % worst  # float32 where values are rescaled

a, m = read(sys.argv[1])
if len(sys.argv) > 2:
    print(other(a, m, *read(sys.argv[2])) or 'same')
else:
    for label in np.unique(a):
        if label: print(int(label), int((a == label).sum()))
