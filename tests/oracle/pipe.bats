#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole pipe on a real scan, and what other people's programs make of everything it wrote. JUDGE: see common.bash.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    dicom=$SHARED/data/ct-abdomen-ge-crlm-1004
    [ -d "$dicom" ] || skip "no $dicom"
    need_judge
    need_lib3mf
}

# every program must see the same triangles, and nothing wrong with them
judged() { # LEVEL
    dcmseg "$dicom" --threshold "$1" | tee v.nrrd | mcubes | meshfix | tee part.ply |
        meshmeasure -q --against "$dicom" --report report.html --json facts.json -o part.3mf -o part.stl
    triangles=$(jq .integrity.before.triangles facts.json)
    for f in part.ply part.stl part.3mf; do
        "$judge/meshcheck" --json "$f" >judge.json || { echo "$f: $(jq -c . judge.json)"; return 1; }
        [ "$(jq '.clean and .signed_volume > 0' judge.json)" = true ]
        [ "$(jq .triangles judge.json)" = "$triangles" ]
    done
    for f in part.stl part.3mf; do
        run -0 prusa-slicer --info "$f"
        echo "$f: $output"
        [[ $output == *"number_of_facets = $triangles"* && $output == *"manifold = yes"* ]]
    done
    run -0 ./l3mf_check part.3mf
    echo "$output"
    [[ $output == *"unit millimeter"* && $output == *"triangles $triangles"* ]]
    "$(command -v unu || command -v teem-unu)" minmax v.nrrd >unu.txt
    grep -q '^max: ' unu.txt
    /usr/bin/python3 - "$triangles" <<'PY'
import sys, vtk
r = vtk.vtkPLYReader(); r.SetFileName("part.ply"); r.Update(); o = r.GetOutput()
assert o.GetNumberOfCells() == int(sys.argv[1]), o.GetNumberOfCells()
e = vtk.vtkFeatureEdges(); e.SetInputData(o); e.FeatureEdgesOff(); e.ManifoldEdgesOff(); e.Update()
assert e.GetOutput().GetNumberOfCells() == 0, "open or non-manifold edges"
PY
    QT_QPA_PLATFORM=offscreen xvfb-run -a meshlabserver -i part.ply -o again.ply >log 2>&1 || { cat log; return 1; }
    "$judge/meshcheck" --json again.ply >judge.json || { echo "through MeshLab: $(jq -c . judge.json)"; return 1; }
    [ "$(jq .triangles judge.json)" = "$triangles" ]
}

@test "CT abdomen at 200 HU" { judged 200HU; }
@test "CT abdomen at 300 HU" { judged 300HU; }
