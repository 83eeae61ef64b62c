# SPDX-License-Identifier: GPL-3.0-or-later
"""Isosurface by a library peer: iso_peer.py vtk|skimage IN.nrrd ISO OUT.stl [THREADS]
Reads one of our volume streams, writes a binary STL, prints: seconds of the filter alone, triangles."""
import re, sys, time
import numpy as np

peer, source, iso, target = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
with open(source, 'rb') as f:
    head = f.read(1 << 20).split(b'\n\n', 1)[0]
text = head.decode('latin-1')
key = lambda k: re.search('^' + k + r':\s*(.*)$', text, re.M).group(1)
size = [int(n) for n in key('sizes').split()]
kind = {'short': '<i2', 'int16': '<i2', 'signed short': '<i2', 'float': '<f4', 'double': '<f8', 'int': '<i4', 'unsigned short': '<u2'}[key('type')]
vectors = re.findall(r'\(([^)]*)\)', key('space directions'))
spacing = [float(np.linalg.norm([float(x) for x in v.split(',')])) for v in vectors]
v = np.fromfile(source, kind, offset=len(head) + 2).reshape(size[::-1])
if peer == 'vtk':
    import vtk
    from vtk.util import numpy_support
    image = vtk.vtkImageData()
    image.SetDimensions(size)
    image.SetSpacing(spacing)
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(v.reshape(-1)))
    if len(sys.argv) > 5:
        vtk.vtkSMPTools.Initialize(int(sys.argv[5]))
    f = vtk.vtkFlyingEdges3D()
    f.SetValue(0, iso)
    f.SetComputeNormals(False)
    f.SetComputeGradients(False)
    f.SetComputeScalars(False)
    f.SetInputData(image)
    start = time.perf_counter()
    f.Update()
    took = time.perf_counter() - start
    out = f.GetOutput()
    n = out.GetNumberOfPolys()
    w = vtk.vtkSTLWriter()
    w.SetFileTypeToBinary()
    w.SetInputData(out)
    w.SetFileName(target)
    w.Write()
else:
    from skimage import measure
    start = time.perf_counter()
    points, faces, _, _ = measure.marching_cubes(v, iso, spacing=spacing[::-1], gradient_direction='ascent')
    took = time.perf_counter() - start
    n = len(faces)
    corners = points[:, ::-1].astype('<f4')[faces[:, ::-1]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    record = np.zeros(n, [('n', '<3f4'), ('v', '<9f4'), ('a', '<u2')])
    record['n'] = normal / np.where(length == 0, 1, length)
    record['v'] = corners.reshape(-1, 9)
    with open(target, 'wb') as f:
        f.write(b'\0' * 80 + np.uint32(n).tobytes() + record.tobytes())
print('%.3f %d' % (took, n))
