#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# mcubes --relief: one image as a height-field solid that everything downstream calls no anatomy.

load common

setup_file() {
    gen_series --body sphere --radius 7 --size 24x20x18 --spacing 0.8,0.9,1.5 -o "$BATS_FILE_TMPDIR/ct"
    dcmseg --frame 9 "$BATS_FILE_TMPDIR/ct" -o "$BATS_FILE_TMPDIR/image.nrrd"
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out.ply data=$SHARED/data
}
# ramp NAME SPACINGS: 5 x 3 bytes, 0 50 100 150 200 in each row
ramp() {
    { printf 'NRRD0005\ntype: uint8\ndimension: 2\nsizes: 5 3\n%sencoding: raw\nmeshqa_kind:=image\n\n' "$2"
      for _ in 1 2 3; do printf '\x00\x32\x64\x96\xc8'; done; } >"$1"
}

@test "a ramp has the volume of its formula, and the same bytes for any number of threads" {
    ramp ramp.nrrd $'spacings: 0.5 2\n'
    mcubes --relief 8mm --base 3mm ramp.nrrd -o "$out"
    meshmeasure "$out" --expect volume=$(awk 'BEGIN { printf "%.6f", 4 * 0.5 * 2 * 2 * (3 + 4) }') --tol 0.001% # length, width, mean height
    mcubes -j 3 --relief 8mm --base 3mm ramp.nrrd | cmp - "$out"
    mcubes --relief 8mm --base 3mm --window 200:0 ramp.nrrd -o "$out.ply"                              # dark raised: as large, other side up
    meshmeasure "$out.ply" --expect volume=$(awk 'BEGIN { printf "%.6f", 4 * 0.5 * 2 * 2 * (3 + 4) }') --tol 0.001%
    ! cmp -s "$out" "$out.ply"
    mcubes --relief 8mm --base 3mm --window 0:100 ramp.nrrd -o "$out.ply"
    meshmeasure "$out.ply" --expect volume=$(awk 'BEGIN { printf "%.6f", 4 * (3 + 4) + 4 * (3 + 8) }') --tol 0.001%
}

@test "not anatomy: the record, the note, the JSON and the page say so; it is in no patient's space" {
    run -0 --separate-stderr mcubes --relief 5 image.nrrd -o "$out" --json "$out.json"
    [[ $stderr == *"not anatomy"* ]]
    jq -e '.anatomy == false and .options.relief == 5 and .options.base == 2 and (.findings[0] | .level == "warning" and .rule == "G-7")' "$out.json"
    ! head -c 4000 "$out" | grep -a -q SPACE=LPS
    meshmeasure "$out" --report "$out.html" --json "$out.facts.json" -o "$out.3mf"
    jq -e '.anatomy == false and any(.warnings[]; .text | test("not anatomy"))' "$out.facts.json"
    grep -q 'class="not-anatomy"' "$out.html"
    ! grep -q 'in patient coordinates' "$out.html"
    dcmseg -t 500 ct | mcubes -q -o "$out"
    meshmeasure "$out" --json "$out.facts.json" --report "$out.html"
    jq -e '.anatomy == true' "$out.facts.json"
    ! grep -q 'class="not-anatomy"' "$out.html"
}

@test "no verdict against a scan" {
    mcubes -q --relief 5 image.nrrd -o "$out"
    refuses 2 "$out.3mf" meshmeasure --against ct "$out" -o "$out.3mf"
}

@test "refused by name: a volume, no spacing, two spacings, nothing to raise, lengths and windows that are none" {
    ramp bare.nrrd ''
    dcmseg -t 500 ct -o volume.nrrd
    refuses 2 "$out" mcubes --relief 5 volume.nrrd -o "$out"
    [[ $stderr == *"G-7"* ]]
    refuses 2 "$out" mcubes --relief 5 bare.nrrd -o "$out"
    [[ $stderr == *"G-7"* ]]
    mcubes -q --relief 5 --pixel 0.2mm bare.nrrd -o "$out"
    rm "$out"
    refuses 2 "$out" mcubes --relief 5 --pixel 0.2 image.nrrd -o "$out"
    gen_series --body sphere --radius 1 --size 8x8x8 --spacing 1,1,1 -o flat
    dcmseg --frame 1 flat -o flat.nrrd
    refuses 1 "$out" mcubes --relief 5 flat.nrrd -o "$out"
    for o in '--relief 0' '--relief=-1' '--relief 5% ' '--relief 5 --base 0' '--relief 5 --window 3' '--relief 5 --window 3:3' \
        '--relief 5 --window a:b' '--relief 5 --window 1:nan' '--relief 5 --iso 3' '--relief 5 --open' '--window 1:2' '--pixel 1'; do
        refuses 2 "$out" mcubes $o image.nrrd -o "$out"
    done
}

@test "a real radiograph becomes a valid plate" {
    [ -d "$data/xray" ] || skip "no xray in the shared data"
    dcmseg -q --frame 1 "$data/xray/dx_image.dcm" | mcubes -q --relief 10 --window 255:0 -o "$out"
    meshfix --check "$out"
}
