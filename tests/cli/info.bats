#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# dcmseg --info: what is said of a series, for people and as JSON. Numbers are those of the generator's options or of SOURCE.txt.

load common

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }
is() { # expression of jq, value
    [ "$(jq -c "$1" j.json)" = "$2" ] || { echo "$1: $(jq -c "$1" j.json), not $2"; return 1; }
}

@test "a phantom: geometry, coding, values, histogram" {
    gen_series --body voxel --size 10x8x6 --spacing 0.5,0.25,2 --inside 1000 --outside -50 --description 'Jane Roe' -o v
    dcmseg -q --info v --json j.json >t.txt
    is '.info | length' 1
    is '.info[0].size' '[10,8,6]'
    is '.info[0].spacing_mm' '[0.5,0.25,2]'
    is '.info[0].aspect | [.pixel, .step_to_pixel]' '[0.5,8]'
    is '.info[0].orientation | [.plane, .off_deg, .rows_to, .columns_to, .slices_to]' '["axial",0,"left","back","head"]'
    is '.info[0] | [.lossy, .modality, .transfer_syntax]' '[false,"CT","1.2.840.10008.1.2.1"]'
    is '.info[0].values | [.lo, .hi]' '[-50,1000]'
    is '.info[0].histogram | [.from, .width]' '[-50,33]' # 1050 / 32, whole steps
    is '.info[0].histogram.counts | [.[0], .[31], add, length]' '[479,1,480,32]'
    grep -q '^1 CT, 6 files: Jane Roe$' t.txt
    grep -qE '^ +-50 +479 #########$' t.txt # 479 has nine binary digits
    grep -qE '^ +973 +1 #$' t.txt
    ! grep -q Jane j.json
    ! LC_ALL=C grep -P '[^\x00-\x7f]' t.txt
    gen_series --body voxel --size 10x8x6 --tilt 20 -o w
    dcmseg -q --info w --json j.json >t.txt
    is '.info[0] | [.tilt_deg, .orientation.off_deg] | map(. * 1000 | round)' '[20000,20000]'
    grep -q 'oblique, 20.0 degrees from axial' t.txt
}

@test "refused series, with the rule; a choice; the same for any number of threads" {
    gen_series --body sphere --radius 3 --size 10x10x8 --order forward -o g
    rm "g/$(ls g | sed -n 4p)"
    gen_series --body flat --size 4x4x4 --seed 2 -o g/2
    dcmseg -q --info g --json j.json >t.txt
    is '[.info[].number]' '["1","2"]'
    is '.info[0].refused.rule' '"G-4"'
    is '.info[0].histogram.counts | add' 700
    is '.info[1].values | [.lo, .hi]' '[0,0]'
    grep -q 'no volume .*1 slice missing.*G-4' t.txt
    dcmseg -q --info g --where 'SeriesNumber=2' --json j.json >u.txt
    is '[.info[].number]' '["2"]'
    dcmseg -q --info g -j 1 | cmp - t.txt
    dcmseg -q --info g -j 5 | cmp - t.txt
}

@test "nothing to say anything of: exit 2" {
    gen_series --body voxel --size 10x8x6 -o v && dcmseg -q -t 500 v -o v.nrrd
    for o in --list --info; do
        TOOL=dcmseg refuses 2 x.json dcmseg $o --mask v.nrrd --json x.json
        TOOL=dcmseg refuses 2 x.json dcmseg $o --json x.json
    done
    TOOL=dcmseg refuses 2 x.json dcmseg --list v.nrrd --json x.json
}

@test "a volume of another program" {
    gen_series --body voxel --size 10x8x6 --spacing 0.5,0.25,2 -o v
    dcmseg -q -t -99999 v -o v.nrrd
    dcmseg -q --info v.nrrd --json j.json
    is '.info[0].values | [.lo, .hi]' '[0,1000]'
    is '.info[0].histogram.counts | [.[0], add]' '[479,480]'
    is '.info[0].orientation.plane' '"axial"'
}

@test "real series: tilt, steps, oblique, segments" {
    [ -d "$SHARED/data" ] || skip "no ${SHARED}/data"
    dcmseg -q --info "$SHARED/data/ct-head-ge-tilt-variable-spacing" --json j.json
    is '.info[0] | [.refused.rule, .kernel, .kvp]' '["G-4","STD+",120]'
    is '.info[0].orientation.off_deg * 10 | round' 185
    is '.info[0].histogram.counts | add + 1741040 == 28*512*512' true
    dcmseg -q --info "$SHARED/data/mr-oblique-nonisotropic" --json j.json
    is '.info[0].orientation.off_deg > 1' true
    dcmseg -q --info "$SHARED/data/ct-seg-liver-dcmqi" --json j.json
    is '[.info[] | select(.segments)] | length > 0' true
    is '[.info[].segments // [] | .[].name | select(. == "DARK_BLUE")]' '[]' # no anatomical term
    dcmseg -q --info --keep-names "$SHARED/data/ct-seg-liver-dcmqi" --json j.json
    is '[.info[].segments // [] | .[].name | select(. == "Liver")] | length > 0' true
    for d in xray dicomdir-mixed enhanced-multiframe mr-4d-ge-dti rtstruct-sts-012 mr-seg-breast-ucsf-br-06; do
        run --separate-stderr dcmseg -q --info "$SHARED/data/$d"
        [ "$status" -eq 0 ] || [ "${#stderr_lines[@]}" -eq 1 ]
    done
}
