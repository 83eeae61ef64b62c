#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Regions of interest from scan to verdict: volumes by formula, the record, and the replay.

load common

setup_file() {
    gen_series --body sphere --radius 12 --size 40x40x40 -o "$BATS_FILE_TMPDIR/ball"
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}
# cap H: volume of the ball below the plane z = H
cap() { awk -v h="$1" -v r=12 'BEGIN { d = r + h; print 3.14159265358979 * d * d * (3 * r - d) / 3 }'; }

@test "half a ball: the cut lies half a voxel behind the last plane of samples" {
    # chords take 0.5 % of this ball; half a voxel of the cut would be 3.4 %
    # slices at z = k - 19.87; the last one within the box is at 4.13, the surface at 4.63
    dcmseg -t 500 --roi box:-50,-50,-50,50,50,4.5 ball -o part.nrrd --json "$out.json"
    within 0.8 "$(jq .segment.at_level_mm3 "$out.json")" "$(cap 4.63)"
    mcubes part.nrrd | meshfix -o part.ply
    meshmeasure part.ply --json "$out.facts" >/dev/null
    within 0.8 "$(number volume_mm3 "$out.facts")" "$(cap 4.63)"
    jq -e '.options.roi == ["box:-50,-50,-50,50,50,4.5"] and .segment.roi_cut_voxels > 1000' "$out.json"
    jq -e '[.findings[].text] | any(contains("region of interest"))' "$out.json"
}

@test "two regions count together, and the pieces are two" {
    dcmseg -t 500 -r box:-50,-50,-50,50,50,-5 -r box:-50,-50,5,50,50,50 ball -o two.nrrd --json "$out.json"
    [ "$(number components_found "$out.json")" = 2 ]
    dcmseg -t 500 -r box:-50,-50,-50,50,50,-5 -r box:-50,-50,5,50,50,50 --keep largest ball --json "$out.json" -o "$out.nrrd"
    [ "$(number components_kept "$out.json")" = 1 ]
}

@test "sphere and cylinder: voxels within a sample's reach of the formula, the mesh valid" {
    dcmseg -t 500 -r sphere:3,0,0,7 ball --json "$out.json" -o ball.nrrd
    within 1 "$(jq .segment.at_level_mm3 "$out.json")" 1436.755 # 4/3 pi 7^3
    dcmseg -t 500 -r cylinder:0,0,-6,0,0,6,6 ball --json "$out.json" -o rod.nrrd
    within 3 "$(jq .segment.at_level_mm3 "$out.json")" 1357.168 # pi 6^2 12
    for f in ball rod; do mcubes $f.nrrd | meshfix --check; done
}

@test "meshmeasure --against replays the region; another one is found out" {
    dcmseg -t 500 -r sphere:3,0,0,8 ball | mcubes | meshfix -o part.ply
    run -0 meshmeasure part.ply --against ball
    dcmseg -t 500 -r sphere:3,0,0,8 ball -o "$out.nrrd"
    mcubes "$out.nrrd" | sed 's/sphere:3,0,0,8/sphere:3,0,0,7/' >forged.ply
    grep -a -q sphere:3,0,0,7 forged.ply
    refuses 2 "$out.none" meshmeasure forged.ply --against ball
}

@test "regions that are none, or meet nothing: exit 2; nothing inside: exit 1" {
    for r in ball:1,2,3,4 box:1,2,3 sphere:0,0,0,-1 sphere:999,0,0,5; do refuses 2 "$out.nrrd" dcmseg -t 500 -r $r ball -o "$out.nrrd"; done
    refuses 1 "$out.nrrd" dcmseg -t 500 -r sphere:17,17,17,2 ball -o "$out.nrrd"
}

@test "the same bytes for any number of threads" {
    dcmseg -t 500 -j 1 -r cylinder:0,0,-6,5,0,6,6 ball >a.nrrd
    dcmseg -t 500 -j 5 -r cylinder:0,0,-6,5,0,6,6 ball | cmp - a.nrrd
}
