# SPDX-License-Identifier: GPL-3.0-or-later
# decimate_peer.py MESH.ply PERCENT OUT.ply: quadric decimation by VTK; prints the seconds of the filter and the triangles left.
import sys
import time

import vtk

reader = vtk.vtkPLYReader()
reader.SetFileName(sys.argv[1])
reader.Update()
filt = vtk.vtkQuadricDecimation()
filt.SetInputData(reader.GetOutput())
filt.SetTargetReduction(1 - float(sys.argv[2]) / 100)
filt.VolumePreservationOn()
start = time.perf_counter()
filt.Update()
seconds = time.perf_counter() - start
writer = vtk.vtkPLYWriter()
writer.SetFileName(sys.argv[3])
writer.SetInputData(filt.GetOutput())
writer.Write()
print("%.3f %d" % (seconds, filt.GetOutput().GetNumberOfPolys()))
