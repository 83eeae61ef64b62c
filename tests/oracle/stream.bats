# SPDX-License-Identifier: GPL-3.0-or-later
# Programs that people have open our streams: teem's unu, VTK, MeshLab.
setup() {
    sample=$B/tests/lib/stream_sample
    cd "$BATS_TEST_TMPDIR" || return 1
    unu=$(command -v unu || command -v teem-unu) || unu=
    "$sample" nrrd a.nrrd && "$sample" ply a.ply
    want=$(for k in 0 1 2; do for j in 0 1 2 3; do for i in {0..19}; do printf ' %d' $((1000 * k + 100 * j + i - 50)); done; done; done)
}
vtk() { /usr/bin/python3 -c 'import vtk' 2>/dev/null || skip "no VTK for /usr/bin/python3"; }

@test "unu reads the header, the keys and the samples" {
    [ -n "$unu" ] || skip "no unu (teem-apps)"
    "$unu" head a.nrrd >head.txt
    grep -q '^space: left-posterior-superior$' head.txt
    grep -q '^sizes: 20 4 3$' head.txt
    [ "$(grep -c '^meshqa_record_[0-9]*:=' a.nrrd)" -eq 10 ]
    "$unu" save -f text -i a.nrrd -o a.txt || "$unu" reshape -s 240 -i a.nrrd | "$unu" save -f text -o a.txt
    [ "$(tr -s '\n\t ' ' ' <a.txt | sed 's/^ *//; s/ *$//')" = "${want# }" ]
}

@test "what unu saves, in its way, comes back whole: raw, gzip, text, the other byte order" {
    [ -n "$unu" ] || skip "no unu (teem-apps)"
    for how in '-e raw' '-e gzip' '-e ascii' '-e raw -en big' '-e gzip -en big'; do
        # shellcheck disable=SC2086
        "$unu" save -f nrrd $how -i a.nrrd -o b.nrrd
        run "$sample" read b.nrrd
        echo "$how: $output"
        [ "$status" -eq 0 ]
        [ "${lines[0]}" = "short 20 4 3 iso 0.5:$want" ]
        [ "${lines[1]}" = "records 10 belong" ]
    done
    # samples that unu changed are noticed
    "$unu" 2op + a.nrrd 1 -t short -o c.nrrd
    "$unu" save -f nrrd -i c.nrrd -o c.nrrd
    grep -q meshqa_crc32 c.nrrd
    run "$sample" read c.nrrd
    [ "$status" -eq 2 ]
    [[ $output == *CRC-32* ]]
}

# (VTK 9.1 takes a short first axis for components, hence 20 samples along it)
@test "VTK reads the volume" {
    vtk
    run /usr/bin/python3 - <<'PY'
from vtkmodules.vtkIOImage import vtkNrrdReader  # not `import vtk`, which puts the MPI reader in its place
r = vtkNrrdReader(); r.SetFileName("a.nrrd"); r.Update(); o = r.GetOutput()
s = o.GetPointData().GetScalars()
print(o.GetDimensions(), [int(s.GetTuple1(i)) for i in range(s.GetNumberOfTuples())])
PY
    echo "$output"
    [ "$output" = "(20, 4, 3) [$(echo "${want# }" | sed 's/ /, /g')]" ]
}

@test "VTK opens the mesh with ten long records" {
    vtk
    [ "$(grep -ac '^obj_info meshqa_record' a.ply)" -gt 500 ]
    run /usr/bin/python3 - <<'PY'
import vtk
r = vtk.vtkPLYReader(); r.SetFileName("a.ply"); r.Update(); o = r.GetOutput()
m = vtk.vtkMassProperties(); m.SetInputData(o); m.Update()
print(o.GetNumberOfPoints(), o.GetNumberOfCells(), o.GetBounds(), "%.6f" % m.GetVolume())
PY
    echo "$output"
    [ "$output" = "8 12 (10.0, 11.0, 20.0, 22.0, 30.0, 33.0) 6.000000" ]
}

@test "MeshLab opens the mesh with ten long records" {
    command -v meshlabserver >/dev/null || skip "no meshlabserver"
    QT_QPA_PLATFORM=offscreen xvfb-run -a meshlabserver -i a.ply -o b.ply >log 2>&1 || { cat log; false; }
    run "$sample" read b.ply
    echo "$output"
    [ "${lines[0]}" = "vertices 8 triangles 12 volume 6 mm3" ]
}
