#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Segmentation from markers, --walker and --growcut: a noisy ball found again from its core, seeds, the map, what is refused.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 12 --size 40x40x20 --spacing 1,1,2 --noise 120 -o noisy
    gen_series --body sphere --radius 12 --size 40x40x20 --spacing 1,1,2 -o ball
    dcmseg -q -t 500 ball --output labels -o mask.nrrd
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}
@test "from the core of a noisy ball to its edge: as much as the threshold found, the same bytes for any number of threads" {
    for step in 'walker=4mm' 'growcut=4mm'; do
        dcmseg -q --median 1 -t 500 --keep 1 --erode 3mm "--$step" noisy -o "$out.nrrd" --json "$out.json" || return 1
        jq -e '.segment.steps[-1] | .open > 3000' "$out.json"
        within 3 "$(jq .segment.voxel_count "$out.json")" "$(jq '.segment.steps[1].voxels_after' "$out.json")"
        for j in 1 2 3 8; do
            dcmseg -q -j $j --median 1 -t 500 --keep 1 --erode 3mm "--$step" noisy -o "$out.$j.nrrd"
            cmp "$out.nrrd" "$out.$j.nrrd"
        done
        mcubes "$out.nrrd" | meshfix -q | meshmeasure --against noisy --json "$out.json" >/dev/null
        jq -e '.verdict == "pass"' "$out.json" # the record says all that a replay needs
    done
}

@test "seeds alone decide within the object; the map is a probability, and can be reviewed" {
    origin=$(sed -n 's/^space origin: (\(.*\))$/\1/p;/^$/q' mask.nrrd | head -n 1)
    IFS=, read -r x y z <<<"$origin"
    seed() { awk -v x="$x" -v y="$y" -v z="$z" -v i="$1" -v j="$2" -v k="$3" 'BEGIN { printf "%.3f,%.3f,%.3f,4", x + i, y + j, z + 2 * k }'; }
    dcmseg -q -t -2000 ball --walker "all;in=$(seed 20 20 10);out=$(seed 3 3 3);out=$(seed 36 36 16);beta=40" -o "$out.nrrd" \
        --walker-map "$out.map" --json "$out.json"
    jq -e '.options.steps[1][1] | endswith(";beta=40")' "$out.json"
    dcmseg -q ball --mask mask.nrrd --prob "$out.map" --review 1 --json "$out.2.json" -o "$out.2.nrrd"
    jq -e '.review | .object_voxels > 3000 and .voxels > 0 and .regions[0].least > 0' "$out.2.json"
    within 5 "$(jq .segment.voxel_count "$out.json")" "$(jq .segment.voxel_count "$out.2.json")"
    dcmseg -q -t -2000 ball --growcut "all;in=$(seed 20 20 10);out=$(seed 3 3 3);out=$(seed 36 36 16)" -o "$out.nrrd" --json "$out.json"
    within 5 "$(jq .segment.voxel_count "$out.json")" "$(jq .segment.voxel_count "$out.2.json")"
    dcmseg --explain -t 100 --walker 3 --growcut 2.5mm | grep -q -- "--walker '3mm;beta=20'"
}

@test "markers that cannot be are refused in one line, and so are grey values that are not there" {
    TOOL=dcmseg
    try() { # TEXT ARGUMENTS
        local text=$1
        shift
        refuses 2 "$out.nrrd" dcmseg -q "$@" ball -o "$out.nrrd"
        [[ $stderr == *"$text"* ]] || { echo "$stderr"; return 1; }
    }
    try 'a band above 0 (3mm) or all' -t 500 --walker 0
    try 'a band above 0 (3mm) or all' -t 500 --walker '3mm;beta=0'
    try 'a band above 0 (3mm) or all' -t 500 --walker '3mm;in=1,2,3'
    try 'a band above 0 (3mm) or all' -t 500 --growcut '3mm;beta=5'
    try 'nothing is known to be inside' -t 500 --walker 20mm
    try 'nothing is known to be inside' -t 500 --growcut all
    try 'nothing is known to be outside' -t 500 --growcut 'all;in=0,0,0,2'
    try 'lies outside of what is looked at' -t 500 --walker 'all;in=900,0,0,2'
    try 'such as --threshold' --walker 3mm -t 500
    try 'a --threshold must stand before it' --mask mask.nrrd --walker 3mm
    try 'a --threshold must stand before it' --mask mask.nrrd --growcut 3mm
    try 'a --threshold must stand before it' --mask mask.nrrd --grow '0,0,0;gradient=5'
    try 'needs --walker' -t 500 --walker-map "$out.map"
    nothing_left "$out.map"
    dcmseg -q --mask mask.nrrd --grow '0,0,0' ball -o "$out.nrrd" # needs no values
    gen_series --body sphere --radius 9 --size 32x32x32 --tilt 15 -o "$out.tilt"
    run dcmseg -t 500 --walker 3mm "$out.tilt" -o "$out.nrrd.2"
    [ "$status" -eq 2 ]
    [[ "$output" == *'[G-5]'* ]]
}
