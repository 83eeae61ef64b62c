# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of docs/ACCURACY.md: volume and area of surfaces of bodies that are known by formula; ours beside the library peers that are
installed. `make accuracy` calls it; gen_grey and mcubes are found in PATH. Prints Markdown; the same every time."""
import json, os, re, shutil, struct, subprocess, sys, tempfile
import numpy as np

QUICK = len(sys.argv) > 1 and sys.argv[1] == 'quick'  # a few rows, to see that it works
try:
    import vtk
    from vtk.util import numpy_support
except ImportError:
    vtk = None
try:
    from skimage import measure
    import skimage
except ImportError:
    measure = None
nii2mesh = shutil.which('nii2mesh')


def run(*command):
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)


def facts(path):
    with open(path) as f:
        return json.load(f)


def load(path):
    """Samples (k, j, i) and steps of a volume of gen_grey."""
    with open(path, 'rb') as f:
        head, payload = f.read().split(b'\n\n', 1)
    key = lambda k: re.search('^' + k + r':\s*(.*)$', head.decode(), re.M).group(1)
    size = [int(n) for n in key('sizes').split()]
    steps = [np.linalg.norm([float(x) for x in v.split(',')]) for v in re.findall(r'\(([^)]*)\)', key('space directions'))]
    kind = {'float': '<f4', 'uchar': 'u1', 'unsigned char': 'u1', 'uint8': 'u1'}[key('type')]
    return np.frombuffer(payload, kind).reshape(size[::-1]).copy(), steps


def measured(points, faces):
    """Volume by the divergence theorem, and area."""
    a, b, c = (points[faces[:, k]] - points.mean(axis=0) for k in range(3))
    n = np.cross(b - a, c - a)
    return abs(np.einsum('ij,ij', a, np.cross(b, c))) / 6, np.linalg.norm(n, axis=1).sum() / 2


def polydata(p):
    points = numpy_support.vtk_to_numpy(p.GetPoints().GetData()).astype(float)
    return points, numpy_support.vtk_to_numpy(p.GetPolys().GetData()).reshape(-1, 4)[:, 1:]


def vtk_image(v, steps):
    image = vtk.vtkImageData()
    image.SetDimensions(v.shape[::-1])
    image.SetSpacing(steps)
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(v.reshape(-1), deep=True))
    return image


def by_vtk(v, steps, iso):
    f = vtk.vtkFlyingEdges3D()
    f.SetInputData(vtk_image(v, steps))
    f.SetValue(0, iso)
    f.Update()
    return measured(*polydata(f.GetOutput()))


def by_vtk_smooth(v, steps, iso):
    f = vtk.vtkDiscreteFlyingEdges3D()
    f.SetInputData(vtk_image(v, steps))
    f.SetValue(0, 1)
    s = vtk.vtkWindowedSincPolyDataFilter()
    s.SetInputConnection(f.GetOutputPort())
    s.SetNumberOfIterations(20)
    s.SetPassBand(0.01)
    s.NormalizeCoordinatesOn()
    s.Update()
    return measured(*polydata(s.GetOutput()))


def by_skimage(v, steps, iso):
    points, faces, _, _ = measure.marching_cubes(v, iso, spacing=steps[::-1])
    return measured(points.astype(float), faces)


def by_nii2mesh(v, steps, iso):
    head = bytearray(352)
    struct.pack_into('<i', head, 0, 348)
    struct.pack_into('<8h', head, 40, 3, *v.shape[::-1], 1, 1, 1, 1)
    struct.pack_into('<hh', head, 70, 16, 32)
    struct.pack_into('<8f', head, 76, 1, *steps, 1, 1, 1, 1)
    struct.pack_into('<f', head, 108, 352)
    struct.pack_into('<f', head, 112, 1)
    head[344:348] = b'n+1\0'
    with open('v.nii', 'wb') as f:
        f.write(bytes(head) + v.astype('<f4').tobytes())
    run(nii2mesh, 'v.nii', '-i', iso, '-l', 0, '-p', 0, '-r', 1, 'n.stl')
    stl = np.fromfile('n.stl', np.dtype([('n', '<3f4'), ('v', '<f4', (3, 3)), ('a', '<u2')]), offset=84)
    return measured(stl['v'].reshape(-1, 3).astype(float), np.arange(3 * len(stl)).reshape(-1, 3))


def ours(*options):
    run('mcubes', 'v.nrrd', '-q', '-o', 'm.ply', '--json', 'm.json', *options)
    record = facts('m.json')
    return (record['audit']['volume_mm3'], record['audit']['area_mm2']), record


def worst(errors):
    """The one farthest from 0, signed, in percent."""
    return '%+.3f' % max(errors, key=abs) if errors else 'not installed'


def row(cells):
    print('| ' + ' | '.join(str(c) for c in cells) + ' |')


def grey(shape, radius, aspect, seeds):
    """One row: the worst of all centres and directions."""
    e = {k: [] for k in ('plain', 'moved', 'area', 'vtk', 'skimage', 'nii2mesh')}
    given = 0
    for seed in range(1, seeds + 1):
        run('gen_grey', '--radius', radius, '--aspect', aspect, '--seed', seed, '--length', 0 if shape == 'ball' else 12 + 2 * radius,
            '-o', 'v.nrrd', '--truth', 't.json')
        t = facts('t.json')
        off = lambda m: 100 * (m[0] / t['volume_mm3'] - 1)
        e['plain'].append(off(ours()[0]))
        m, record = ours('--preserve-volume')
        if record['preserve']['moved'] == 0:
            given += 1
            m, record = ours('--preserve-volume', '--inside', 1000, '--outside', 0)
        assert record['preserve']['moved'] == 1 and record['audit']['valid']
        e['moved'].append(off(m))
        e['area'].append(100 * (m[1] / t['area_mm2'] - 1))
        v, steps = load('v.nrrd')
        if vtk: e['vtk'].append(off(by_vtk(v, steps, 500)))
        if measure: e['skimage'].append(off(by_skimage(v, steps, 500)))
        if nii2mesh: e['nii2mesh'].append(off(by_nii2mesh(v, steps, 500)))
    row([shape, radius, '1:%g' % aspect, '%d of %d' % (given, seeds), worst(e['plain']), '**%s**' % worst(e['moved']), worst(e['area']),
         worst(e['vtk']), worst(e['skimage']), worst(e['nii2mesh'])])


def mask(radius, aspect, seeds):
    """One row of a mask, each cell volume / area; the volume of a net also against that of the voxels."""
    e = {k: ([], []) for k in ('voxels', 'raw', 'net', 'vtk', 'skimage', 'smooth')}
    kept, moved = [], []
    for seed in range(1, seeds + 1):
        run('gen_grey', '--mask', '--radius', radius, '--aspect', aspect, '--seed', seed, '-o', 'v.nrrd', '--truth', 't.json')
        t = facts('t.json')

        def add(key, m):
            e[key][0].append(100 * (m[0] / t['volume_mm3'] - 1))
            e[key][1].append(100 * (m[1] / t['area_mm2'] - 1))
        e['voxels'][0].append(100 * (t['voxel_mm3'] / t['volume_mm3'] - 1))
        add('raw', ours('--labels', '--method', 'mc')[0])
        m, record = ours('--labels')
        assert record['audit']['valid']
        add('net', m)
        kept.append(100 * (m[0] / t['voxel_mm3'] - 1))
        moved.append(record['ledger'][-1]['moved_mm'])
        v, steps = load('v.nrrd')
        if vtk: add('vtk', by_vtk(v.astype('f4'), steps, 0.5))
        if vtk: add('smooth', by_vtk_smooth(v, steps, 0.5))
        if measure: add('skimage', by_skimage(v.astype('f4'), steps, 0.5))
    both = lambda k: worst(e[k][0]) + (' / ' + worst(e[k][1]) if e[k][1] else '')
    row([radius, '1:%g' % aspect, seeds, worst(e['voxels'][0]), both('raw'), '**%s**' % both('net'), worst(kept), '%.2f' % max(moved),
         both('vtk'), both('skimage'), both('smooth')])


def main():
    print('Peers: %s; %s; nii2mesh %s.\n' % ('VTK ' + vtk.vtkVersion().GetVTKVersion() if vtk else 'VTK not installed',
                                            'scikit-image ' + skimage.__version__ if measure else 'scikit-image not installed',
                                            'at hand' if nii2mesh else 'not installed'))
    print('### Grey values: error of the volume in per cent, the worst of all centres and directions\n')
    row(['body', 'radius', 'steps', 'values given', 'ours, at half way', 'ours, `--preserve-volume`', 'its area', 'vtkFlyingEdges3D',
         'skimage marching_cubes', 'nii2mesh'])
    print('| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |')
    seeds = lambda r: 1 if QUICK else 2 if r >= 40 else 4 if r >= 10 else 8
    for aspect in (1, 2.5):
        for r in (5,) if QUICK else (2.5, 3.5, 5, 7.5, 10, 20, 40):
            grey('ball', r, aspect, seeds(r))
    for aspect in (1, 2.5):
        for r in (1.5,) if QUICK else (1.5, 2, 3, 5, 10):
            grey('tube', r, aspect, seeds(r))
    print('\n### Masks: error of volume / area in per cent, the worst of all centres\n')
    row(['radius', 'steps', 'centres', 'voxel count', '`--method mc`', '`--method nets`', 'nets to voxel count', 'moved, mm',
         'vtkFlyingEdges3D', 'skimage marching_cubes', 'VTK, windowed sinc 20, 0.01'])
    print('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
    for aspect in (1, 2.5):
        for r in (10,) if QUICK else (5, 10, 20, 40):
            mask(r, aspect, seeds(r))


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    main()
