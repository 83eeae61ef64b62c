#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Presets of tissues: what they find in phantoms, seeds, files of a lab's own; the table; what is refused.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body dumbbell --inside 110 --outside 60 --noise 8 --radius 24 --size 80x70x40 --spacing 1.5,1.5,1.5 -o organ --truth organ.json
    gen_series --body sphere --inside -100 --outside 40 --radius 15 --size 44x44x44 -o fat
    gen_series --body sphere --inside 3000 --outside 40 --radius 15 --size 44x44x44 -o metal
    gen_series --body sphere --inside -1000 --outside 40 --radius 15 --size 44x44x44 -o air
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}
ball() { awk -v r="$1" 'BEGIN { print 4 / 3 * 3.14159265358979 * r * r * r }'; }

@test "metal and air have their balls; fat is what its range holds" {
    dcmseg -p metal metal -o "$out.nrrd" --json "$out.json"
    jq -e '.segment.components_found == 1' "$out.json"
    within 20 "$(jq .segment.at_level_mm3 "$out.json")" "$(ball 15)" # 2500 is not half way
    dcmseg -p airway --seed 0,0,0 air -o "$out.nrrd" --json "$out.json"
    within 1 "$(jq .segment.at_level_mm3 "$out.json")" "$(ball 15)" # half way between -1000 and 40 is -480
    dcmseg -p fat fat -o "$out.nrrd" --json "$out.json"
    within 1 "$(jq .segment.at_level_mm3 "$out.json")" "$(ball 15)" # half way is -30
}

@test "the liver preset takes the body that the seed is in, through noise" {
    seed=-30.7,23,0 # the middle of one ball
    dcmseg -p liver --seed "$seed" organ -o "$out.nrrd" --json "$out.json"
    dcmseg -t 85 --keep largest organ -o "$out.nrrd" --json "$out.all.json" # 85 is half way
    dcmseg -t 85 --keep largest --erode 2.2 organ -o "$out.nrrd" --json "$out.less.json" # the range ends about a voxel (1.5 mm) before the edge
    jq -e --slurpfile all "$out.all.json" --slurpfile less "$out.less.json" \
        '.segment.voxel_count | . >= $less[0].segment.voxel_count and . <= $all[0].segment.voxel_count * 1.01' "$out.json"
    jq -e '.segment.steps[1] | (.mean > 108 and .mean < 112 and .deviation > 1 and .deviation < 8)' "$out.json"
    for j in 1 3; do dcmseg -j $j -p liver --seed "$seed" organ -o "$out.$j.nrrd"; done
    cmp "$out.1.nrrd" "$out.3.nrrd"
    dcmseg -p liver --seed "$seed" organ | mcubes | meshfix -o "$out.ply"
}

@test "real livers from one seed against their contours: Dice 0.93 and more, on the second scan as well" {
    [ -d "$SHARED/data" ] || skip "no shared data"
    one=$SHARED/data/ct-abdomen-siemens-j2k-labels two=$SHARED/data/ct-seg-liver-dcmqi
    dcmseg -q "$one/dicom" -p liver --seed -90,-127,-785 --output labels -o "$out.nrrd"
    dcmseg -q --mask "$one/example_seg_dicom.nii.gz" --label 5 "$one/dicom" --output labels -o "$out.ref.nrrd"
    meshdiff -q --volumes --tol 100mm "$out.nrrd" "$out.ref.nrrd" --json "$out.json"
    jq -e '.volumes[0] | .dice > 0.96 and .p95_larger_mm < 3 and (.voxels[0] / .voxels[1] - 1 | fabs) < 0.035' "$out.json"
    dcmseg -q "$two/ct-3slice" -p liver --seed -110,-29,-127.7 --output labels -o "$out.nrrd"
    dcmseg -q --mask "$two/liver.dcm" "$two/ct-3slice" --output labels -o "$out.ref.nrrd"
    meshdiff -q --volumes --tol 100mm "$out.nrrd" "$out.ref.nrrd" --json "$out.json"
    jq -e '.volumes[0] | .dice > 0.93 and .both > 0.999 * .voxels[0]' "$out.json"
}

@test "a preset is printed as steps to type again; a lab's own file is one" {
    dcmseg -p liver --seed 1,2,3 --explain >"$out.txt"
    grep -q -- "--threshold 'near:1,2,3;radius=20mm;times=3'" "$out.txt"
    for p in bone skin soft fat lung vessel metal; do dcmseg -p $p --explain | grep -q -- '--threshold'; done
    dcmseg -p airway --seed 0,0,0 --explain | grep -q -- "--grow '0,0,0;neck=1mm'"
    printf 'threshold = -480HU\nfill = all\n' >"$out.preset"
    dcmseg -p "$out.preset" fat -o "$out.nrrd" --json "$out.json"
    jq -e '.options.steps == [["threshold","-480HU"],["fill","all"]] and .options.preset == null' "$out.json"
}

@test "table and headrest: a step before the threshold; nothing else changes" {
    dcmseg -t 500 metal -o "$out.nrrd" --json "$out.json"
    dcmseg --table remove -t 500 metal -o "$out.2.nrrd" --json "$out.2.json"
    jq -e --slurpfile was "$out.json" '.segment.at_level_mm3 == $was[0].segment.at_level_mm3 and .options.steps[0] == ["table","remove:-300HU"] and
        .segment.steps[0].voxels_removed == 0' "$out.2.json"
}

@test "what makes no sense is refused on one line, and nothing is written" {
    TOOL=dcmseg refuses 2 "$out" dcmseg -p liver organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -p liver --seed 0,0 organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -p liver --seed 0,0,9000 organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -p bone --seed 0,0,0 organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -t 5 --seed 0,0,0 organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -p bone -p skin organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -p missing.preset organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -t 'near:0,0,0;radius=-1' organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -t 'near:0,0,0;size=1' organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg --table keep -t 5 organ -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -t 5 --table remove organ -o "$out"
    TOOL=dcmseg refuses 1 "$out" dcmseg --table remove:2000 -t 5 organ -o "$out"
    TOOL=dcmseg refuses 1 "$out" dcmseg -p metal organ -o "$out"
    [[ $stderr == *"values from "*"in steps of"* ]]
}
