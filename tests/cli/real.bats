#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Real scans from end to end. They are not part of this tree: $SHARED/data holds them, or these tests are skipped.
# $JUDGE: folder of an independent mesh checker; when it is there it must agree that each mesh is clean.

load common

setup() {
    data=$SHARED/data
    [ -d "$data" ] || skip "no real data: $SHARED/data is not there"
    out=$BATS_TEST_TMPDIR/part
}

# end_to_end FOLDER OPTIONS...: DICOM to 3MF and report; the mesh is valid, agrees with its source
end_to_end() {
    local dicom=$1
    shift
    dcmseg "$dicom" "$@" | mcubes | meshfix >"$out.ply"
    run -0 meshfix --check "$out.ply"
    run -0 meshmeasure --against "$dicom" --report "$out.html" --json "$out.json" -o "$out.3mf" "$out.ply"
    meshmeasure -q -o "$out.stl" "$out.ply" >/dev/null
    [ -s "$out.3mf" ] && [ -s "$out.html" ] && [ -s "$out.json" ] && [ -s "$out.stl" ]
    if [ -n "${JUDGE:-}" ] && [ -x "$JUDGE/meshcheck" ]; then
        for f in ply stl 3mf; do run -0 "$JUDGE/meshcheck" "$out.$f"; done
    fi
}

@test "CT abdomen at 200 HU" { end_to_end "$data/ct-abdomen-ge-crlm-1004" --threshold 200HU; }
@test "CT abdomen at 300 HU" { end_to_end "$data/ct-abdomen-ge-crlm-1004" --threshold 300HU; }
@test "CT of rtstruct-sts-012 at 200 HU" { end_to_end "$data/rtstruct-sts-012/CT" --threshold 200HU; }

@test "CT head with tilt and two slice distances: refused, gaps named" {
    refuses 2 "$out.nrrd" dcmseg "$data/ct-head-ge-tilt-variable-spacing" --threshold 200HU -o "$out.nrrd"
    [[ $stderr == *G-4* ]]
}

@test "a missing slice: refused" {
    refuses 2 "$out.nrrd" dcmseg "$data/ct-irregular/missing-slice" --threshold 200HU -o "$out.nrrd"
    [[ $stderr == *G-4* ]]
}

@test "one slice in 15 transfer syntaxes: as a series refused by rule" {
    run --separate-stderr dcmseg "$data/ct-transfer-syntaxes" --threshold 200HU -o "$out.nrrd"
    [ "$status" -eq 2 ]
    [[ $stderr == *G-* ]]
    nothing_left "$out.nrrd"
}

@test "six series in one folder: listed, refused without a choice, one chosen goes through" {
    run -0 dcmseg --list "$data/mixed-ct-mr-pt-sts-002"
    [ "${#lines[@]}" -ge 6 ]
    run --separate-stderr dcmseg "$data/mixed-ct-mr-pt-sts-002" --threshold 200HU -o "$out.nrrd"
    [ "$status" -eq 2 ]
    nothing_left "$out.nrrd"
    dcmseg "$data/mixed-ct-mr-pt-sts-002" --series '^CT|CT$' --threshold 200HU | mcubes | meshfix --check
}

@test "projection radiographs are refused as a volume" {
    refuses 2 "$out.nrrd" dcmseg "$data/xray" --threshold 200HU -o "$out.nrrd"
}
