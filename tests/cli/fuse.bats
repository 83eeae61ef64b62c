#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Several masks or probability maps made one: counted by hand, the same bytes always, and what is refused.

load common

# map TYPE EXPRESSION FILE: awk's expression of i, j, k on a grid of 20 x 20 x 20
map() {
    { printf 'NRRD0004\ntype: %s\ndimension: 3\nspace: left-posterior-superior\nsizes: 20 20 20\n' "$1"
      printf 'space directions: (1,0,0) (0,1,0) (0,0,1.5)\nspace origin: (-5,3,40)\nencoding: text\n\n'
      awk "BEGIN { for (k = 0; k < 20; k++) for (j = 0; j < 20; j++) for (i = 0; i < 20; i++) print ($2) }"; } >"$3"
}
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    box='j >= 5 && j < 15 && k >= 5 && k < 15' # three boxes of 10 x 10 x 10, each two samples farther
    map uchar "i >= 3 && i < 13 && $box" a.nrrd
    map uchar "i >= 5 && i < 15 && $box" b.nrrd
    map uchar "i >= 7 && i < 17 && $box" c.nrrd
    map float "i >= 3 && i < 13 && $box ? 0.9 : 0.1" p.nrrd
    map float "i >= 5 && i < 15 && $box ? 0.6 : 0" q.nrrd
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}

@test "majority: what two of three have; ties of two are outside and counted; how each agrees" {
    dcmseg -q --fuse majority a.nrrd b.nrrd c.nrrd -o "$out.nrrd" --json "$out.json" --disagreement "$out.map"
    jq -e '.segment.voxel_count == 1000 and .source.ties == 0 and .source.method == "majority" and .options.fuse == "majority" and
           (.source.inputs | map(.dice)) == [0.8, 1, 0.8]' "$out.json"
    dcmseg -q -t 0.01 "$out.map" -o "$out.2.nrrd" --json "$out.2.json" # three agree on 6 of the 14 columns
    jq -e '.segment.voxel_count == 800' "$out.2.json"
    dcmseg -q --fuse majority a.nrrd b.nrrd -o "$out.nrrd" --json "$out.json"
    jq -e '.segment.voxel_count == 800 and .source.ties == 400' "$out.json"
}

@test "STAPLE believes those who agree; the mean of probabilities has its level; steps go on from there" {
    dcmseg -q --fuse staple a.nrrd b.nrrd b.nrrd c.nrrd -o "$out.nrrd" --json "$out.json"
    jq -e '.segment.voxel_count == 1000 and .source.rounds > 1 and .source.change <= 1e-10 and
           .source.inputs[1].sensitivity > 0.999 and .source.inputs[0].sensitivity < 0.85' "$out.json"
    dcmseg -q --fuse mean p.nrrd q.nrrd -o "$out.nrrd" --json "$out.json" # 0.75 where both, 0.45 and 0.35 where one
    jq -e '.segment.voxel_count == 800 and .options.threshold.lo == 0.5' "$out.json"
    dcmseg -q --fuse mean --probability 0.4 p.nrrd q.nrrd -o "$out.nrrd" --json "$out.json"
    jq -e '.segment.voxel_count == 1000 and .options.probability == 0.4' "$out.json"
    dcmseg -q --fuse mean p.nrrd q.nrrd --probability 0.3 --erode 1.2mm --output labels -o "$out.nrrd" --json "$out.json"
    jq -e '.options.steps[0] == ["threshold", "0.3"] and .segment.steps[0].voxels_after == 1200 and .segment.steps[1].voxels_after == 800' "$out.json" ||
        { jq .segment.steps "$out.json"; false; }
    mcubes "$out.nrrd" | meshfix -q | meshmeasure -o "$out.3mf" >"$out.txt"
    grep -q 'fusion' <(dcmseg -q --fuse staple p.nrrd a.nrrd c.nrrd --json - -o "$out.nrrd")
}

@test "the same bytes for any number of threads, and of a mean for any order" {
    for how in majority staple mean; do
        dcmseg -q -j 1 --fuse $how a.nrrd q.nrrd p.nrrd -o "$out.1" --disagreement "$out.1.map"
        for j in 2 3 8; do
            dcmseg -q -j $j --fuse $how a.nrrd q.nrrd p.nrrd -o "$out.$j" --disagreement "$out.$j.map"
            cmp "$out.1" "$out.$j"
            cmp "$out.1.map" "$out.$j.map"
        done
    done
    dcmseg -q --fuse mean p.nrrd a.nrrd q.nrrd -o "$out.2" --disagreement "$out.2.map"
    cmp "$out.1.map" "$out.2.map"
}

@test "what cannot be fused is refused in one line, and nothing is written" {
    TOOL=dcmseg
    try() { # CODE TEXT ARGUMENTS
        local code=$1 text=$2
        shift 2
        refuses "$code" "$out.nrrd" dcmseg -q "$@" -o "$out.nrrd" --disagreement "$out.map"
        nothing_left "$out.map"
        [[ $stderr == *"$text"* ]] || { echo "$stderr"; return 1; }
    }
    map float 'i == 3 && j == 4 && k == 5 ? -0.5 : 0.5' "$out.low"
    map uchar 'i < 5 ? 1 : i < 9 ? 2 : 0' "$out.two"
    map uchar '0' "$out.none"
    sed 's/^sizes: 20 20 20/sizes: 10 40 20/' a.nrrd >"$out.grid"
    sed 's/^sizes: 20/sizes: 2 20/' a.nrrd >"$out.cut"
    try 2 'majority, staple or mean' --fuse most a.nrrd b.nrrd
    try 2 'two opinions at least' --fuse mean a.nrrd
    try 2 'give a PATH' --fuse mean
    try 2 'on another grid' --fuse mean a.nrrd "$out.grid"
    try 2 'sample 3,4,5 is -0.5' --fuse mean a.nrrd "$out.low"
    try 2 'the mask has 2 labels' --fuse mean a.nrrd "$out.two"
    try 1 'nothing is inside' --fuse majority a.nrrd "$out.none"
    try 2 'leave out' --fuse mean --mask a.nrrd b.nrrd c.nrrd
    try 2 'leave out' --fuse mean --list b.nrrd c.nrrd
    run dcmseg -q --fuse mean a.nrrd "$out.cut" -o "$out.nrrd"
    [ "$status" -eq 2 ]
    refuses 2 "$out.map" dcmseg -q a.nrrd -t 1 --disagreement "$out.map" -o "$out.nrrd"
    dcmseg -q --fuse mean a.nrrd --label 1 "$out.two" -o "$out.nrrd"
}
