# SPDX-License-Identifier: GPL-3.0-or-later
"""Isosurface by a library peer: iso_peer.py vtk|skimage|discrete|nets IN.nrrd ISO OUT.stl [THREADS]
Reads one of our volume streams, writes a binary STL, prints: seconds of the filter alone, by the clock and of all threads
together, triangles. discrete (vtkDiscreteFlyingEdges3D) and nets (vtkSurfaceNets3D): ISO is how many labels there are.
iso_peer.py labels NXxNYxNZ N OUT.nrrd makes a label map: an ellipsoid cut into the cells of N points. iso_peer.py nifti IN.nrrd
ISO OUT.nii writes the volume as NIfTI, axes by their lengths alone."""
import re, sys, time
import numpy as np

peer, source, iso, target = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
if peer == 'labels':
    size = [int(n) for n in source.split('x')]
    x, y, z = np.ogrid[tuple(slice(-1, 1, n * 1j) for n in size[::-1])][::-1]
    p = np.random.RandomState(7).uniform(-0.7, 0.7, (int(iso), 3))
    best, label = np.full(size[::-1], np.inf, 'f4'), np.zeros(size[::-1], 'u1')
    for i, q in enumerate(p):
        d = ((x - q[0]) ** 2 + (y - q[1]) ** 2 + (z - q[2]) ** 2).astype('f4')
        label[d < best] = i + 1
        np.minimum(best, d, out=best)
    label[(x * x + y * y + z * z > 0.81)] = 0
    with open(target, 'wb') as f:
        f.write(('NRRD0005\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\nspace directions: (1,0,0) (0,1,0) '
                 '(0,0,1)\nencoding: raw\nspace origin: (0,0,0)\n\n' % tuple(size)).encode() + label.tobytes())
    sys.exit(0)
with open(source, 'rb') as f:
    head = f.read(1 << 20).split(b'\n\n', 1)[0]
text = head.decode('latin-1')
key = lambda k: re.search('^' + k + r':\s*(.*)$', text, re.M).group(1)
size = [int(n) for n in key('sizes').split()]
kind = {'short': '<i2', 'int16': '<i2', 'signed short': '<i2', 'float': '<f4', 'double': '<f8', 'int': '<i4', 'unsigned short': '<u2', 'unsigned char': 'u1', 'uchar': 'u1'}[key('type')]
vectors = re.findall(r'\(([^)]*)\)', key('space directions'))
spacing = [float(np.linalg.norm([float(x) for x in v.split(',')])) for v in vectors]
v = np.fromfile(source, kind, offset=len(head) + 2).reshape(size[::-1])
if peer == 'nifti':
    import struct
    code = {'i2': 4, 'f4': 16, 'f8': 64, 'i4': 8, 'u2': 512, 'u1': 2}[v.dtype.str[1:]]
    head = struct.pack('<i36x8h14x2h2x8f', 348, 3, *size, 1, 1, 1, 1, code, 8 * v.dtype.itemsize, 1, *spacing, 0, 0, 0, 0)
    head += struct.pack('<f2f3x1b', 352, 1, 0, 2)
    head = head.ljust(252, b'\0') + struct.pack('<2h6x', 0, 1).ljust(28, b'\0')
    for a in range(3):
        head += struct.pack('<4f', *[spacing[a] if a == b else 0 for b in range(3)], 0)
    with open(target, 'wb') as f:
        f.write(head.ljust(344, b'\0') + b'n+1\0\0\0\0\0' + v.tobytes())
    sys.exit(0)
if peer != 'skimage':
    import vtk
    from vtk.util import numpy_support
    image = vtk.vtkImageData()
    image.SetDimensions(size)
    image.SetSpacing(spacing)
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(v.reshape(-1)))
    if len(sys.argv) > 5:
        vtk.vtkSMPTools.Initialize(int(sys.argv[5]))
    if peer == 'nets':
        f = vtk.vtkSurfaceNets3D()
        f.GenerateLabels(int(iso), 1, int(iso))
    elif peer == 'discrete':
        f = vtk.vtkDiscreteFlyingEdges3D()
        f.GenerateValues(int(iso), 1, int(iso))
    else:
        f = vtk.vtkFlyingEdges3D()
        f.SetValue(0, iso)
    if peer != 'nets':
        f.SetComputeNormals(False)
        f.SetComputeGradients(False)
        f.SetComputeScalars(False)
    f.SetInputData(image)
    start, cpu = time.perf_counter(), time.process_time()
    f.Update()
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    out = f.GetOutput()
    n = out.GetNumberOfPolys()
    w = vtk.vtkSTLWriter()
    w.SetFileTypeToBinary()
    w.SetInputData(out)
    w.SetFileName(target)
    w.Write()
else:
    from skimage import measure
    start, cpu = time.perf_counter(), time.process_time()
    points, faces, _, _ = measure.marching_cubes(v, iso, spacing=spacing[::-1], gradient_direction='ascent')
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    n = len(faces)
    corners = points[:, ::-1].astype('<f4')[faces[:, ::-1]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    record = np.zeros(n, [('n', '<3f4'), ('v', '<9f4'), ('a', '<u2')])
    record['n'] = normal / np.where(length == 0, 1, length)
    record['v'] = corners.reshape(-1, 9)
    with open(target, 'wb') as f:
        f.write(b'\0' * 80 + np.uint32(n).tobytes() + record.tobytes())
print('%.3f %.3f %d' % (took, cpu, n))
