#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Label maps against outside readers: numpy on the real files, teem's unu and VTK on ours.
load ../cli/common
load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 12 --size 40x38x36 --spacing 0.9,0.8,1.1 -o ball
    dcmseg -t 500 ball --output labels -o ball.seg.nrrd
    dcmseg -t 500 ball -o ball.nrrd --json ball.json
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
    unu=$(command -v unu || command -v teem-unu) || unu=
}
numpy() { /usr/bin/python3 -c 'import numpy' 2>/dev/null || skip "no numpy for /usr/bin/python3"; }

@test "every label map of the real data: labels, voxels and places as numpy reads them" {
    numpy
    [ -d "$SHARED/data" ] || skip "no real data: $SHARED/data is not there"
    seen=0
    for f in "$SHARED"/data/*/*.nii.gz "$SHARED"/data/*/*_seg.nrrd "$SHARED"/data/*/*_label.nrrd "$SHARED"/data/*/partial_overlaps-?.nrrd; do
        case $f in */phantom.nii.gz) continue ;; esac
        dcmseg -q --mask "$f" --output labels -o "$out.seg.nrrd" --json "$out.json"
        diff <(/usr/bin/python3 "$ROOT/tests/oracle/labelmap.py" "$f") <(jq -r '.labels[] | "\(.label) \(.voxel_count)"' "$out.json")
        [ "$(/usr/bin/python3 "$ROOT/tests/oracle/labelmap.py" "$f" "$out.seg.nrrd")" = same ]
        seen=$((seen + 1))
    done
    [ "$seen" -ge 20 ]
}

@test "unu reads the labels, and turns them: a mask with other axes lies in the same place" {
    [ -n "$unu" ] || skip "no unu (teem-apps)"
    "$unu" head ball.seg.nrrd >head.txt
    grep -q '^Segment0_LabelValue:=1$' head.txt
    "$unu" permute -p 2 0 1 -i ball.seg.nrrd | "$unu" flip -a 1 | LC_ALL=C sed '/^meshqa_/d' >turned.nrrd
    ! grep -a -q '^sizes: 40 38 36' turned.nrrd
    dcmseg -t 500 --mask turned.nrrd ball -o "$out.nrrd" --json "$out.json"
    jq -e --slurpfile a ball.json '.segment == $a[0].segment and .mask.placed.resampled == false' "$out.json"
}

@test "VTK reads the labels: dimensions, spacing and samples" {
    /usr/bin/python3 -c 'import vtk' 2>/dev/null || skip "no VTK for /usr/bin/python3"
    want=$(jq .segment.voxel_count ball.json)
    /usr/bin/python3 - "$want" <<'PY'
import sys
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOImage import vtkNrrdReader  # not `import vtk`, which puts the MPI reader in its place
r = vtkNrrdReader()
r.SetFileName('ball.seg.nrrd')
r.Update()
i = r.GetOutput()
assert i.GetDimensions() == (40, 38, 36), i.GetDimensions()
assert max(abs(a - b) for a, b in zip(i.GetSpacing(), (.9, .8, 1.1))) < 1e-9
a = vtk_to_numpy(i.GetPointData().GetScalars())
assert sorted(set(a.tolist())) == [0, 1] and int(a.sum()) == int(sys.argv[1])
PY
}
