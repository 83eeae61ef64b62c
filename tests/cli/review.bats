#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Review of confidence: regions of known place and size, the report that stays open, review files, and what is refused.

load common

# map EXPRESSION FILE: a probability map on the grid of the ball, awk's expression of i, j, k
map() {
    { printf 'NRRD0004\ntype: float\ndimension: 3\nspace: left-posterior-superior\nsizes: 48 48 24\n'
      printf 'space directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (%s)\nencoding: text\n\n' "$origin"
      awk "BEGIN { for (k = 0; k < 24; k++) for (j = 0; j < 48; j++) for (i = 0; i < 48; i++) print $1 }"; } >"$2"
}
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 12 --size 48x48x24 --spacing 1,1,2 -o ball
    dcmseg -q -t 500 ball -o plain.nrrd
    origin=$(sed -n 's/^space origin: (\(.*\))$/\1/p;/^$/q' plain.nrrd | head -n 1)
    echo "$origin" >origin
    # two boxes inside the ball, of 4 x 4 x 2 and 2 x 2 x 1 samples; a third outside of it
    map '(i >= 20 && i < 24 && j >= 20 && j < 24 && k >= 10 && k < 12) ? 0.5 : (i >= 27 && i < 29 && j >= 27 && j < 29 && k == 12) ? 0.75 : (i < 3) ? 0.1 : 0.9' map.nrrd
    dcmseg -q -t 500 ball --prob map.nrrd --review 0.85 --review-points points.txt --json seg.json -o seg.nrrd
    mcubes seg.nrrd | meshfix -q -o part.ply
    echo "review $(jq -r .review.id seg.json)" >head.txt
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}
near() { awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d = -d; if (!(d < 1e-3)) { print a, "is not", b; exit 1 } }'; }

@test "regions are listed with volume, centre and slices, as JSON and as landmarks, the same for any number of threads" {
    jq -e '.review | .found == 2 and .voxels == 36 and .mm3 == 72 and .limit == 0.85 and (has("rest") | not) and
           .regions[0].voxels == 32 and .regions[0].mm3 == 64 and .regions[0].slices == [11, 12] and .regions[0].least == 0.5 and
           .regions[1].voxels == 4 and .regions[1].slices == [13, 13] and .regions[1].mean == 0.75' seg.json
    jq -e '.options.prob == true and .options.review == 0.85' seg.json
    IFS=, read -r x y z <origin
    near "$(jq '.review.regions[0].centre_mm[0]' seg.json)" "$(awk -v o="$x" 'BEGIN { print o + 21.5 }')"
    near "$(jq '.review.regions[0].centre_mm[1]' seg.json)" "$(awk -v o="$y" 'BEGIN { print o + 21.5 }')"
    near "$(jq '.review.regions[0].centre_mm[2]' seg.json)" "$(awk -v o="$z" 'BEGIN { print o + 2 * 10.5 }')"
    [ "$(grep -c '^point region-' points.txt)" -eq 2 ]
    grep -q "^point region-2 $(awk -v o="$x" 'BEGIN { printf "%.3f", o + 27.5 }') " points.txt
    for j in 1 2 3 8; do
        dcmseg -q -j $j -t 500 ball --prob map.nrrd --review 0.85 -o "$out.nrrd" --review-points "$out.mrk.json"
        cmp seg.nrrd "$out.nrrd"
    done
    jq -e '.markups[0] | .coordinateSystem == "LPS" and (.controlPoints | length) == 2' "$out.mrk.json"
    dcmseg -q -t 500 ball -o "$out.mask.nrrd" --output labels # of a mask as it is: the same regions
    dcmseg -q ball --mask "$out.mask.nrrd" --output labels --prob map.nrrd --review 0.85 --json "$out.json" -o "$out.nrrd"
    jq -e --slurpfile was seg.json '.review.regions == $was[0].review.regions and .review.id == $was[0].review.id' "$out.json"
}

@test "the report is not signed off, and no part written, until each region is acknowledged" {
    run --separate-stderr meshmeasure part.ply --report "$out.html" --json "$out.json" -o "$out.stl"
    [ "$status" -eq 1 ]
    [[ $stderr == *'undecided: review: not signed off: of 2 regions'*'not acknowledged are 2'* ]]
    [ ! -e "$out.stl" ]
    jq -e '.verdict == "undecided" and .review.open == 2 and (.review.regions | map(.acknowledged) | all(. == null))' "$out.json"
    grep -q 'Not signed off:' "$out.html"
    grep -q -- '--prob MAP --review 0.85' "$out.html"
    { cat head.txt; echo '1 AB # by eye'; } >"$out.half"
    run meshmeasure part.ply --acknowledge "$out.half" --json "$out.json" --against ball
    [ "$status" -eq 1 ]
    jq -e '.review.open == 1 and .review.regions[0].acknowledged == "AB" and .review.regions[1].acknowledged == null' "$out.json"
    { cat head.txt; echo '2 C.D'; echo; echo '1 AB'; } >"$out.all"
    meshmeasure part.ply --acknowledge "$out.all" --json "$out.json" --against ball --report "$out.html" -o "$out.stl"
    [ -s "$out.stl" ]
    jq -e '.verdict == "pass" and .review.open == 0 and .options.acknowledge == true' "$out.json"
    if grep -q 'Not signed off:' "$out.html"; then false; fi
    grep -q -- '--acknowledge REVIEW' "$out.html"
    dcmseg -q -t 500 ball --prob map.nrrd --review 0.3 -o "$out.sure.nrrd"
    mcubes "$out.sure.nrrd" | meshfix -q | meshmeasure -o "$out.3mf" # nothing is below
}

@test "more regions than are listed are acknowledged as the rest" {
    origin=$(cat origin)
    map '(i % 2 == 0 && j % 2 == 0 && k % 2 == 0) ? 0.2 : 1' "$out.map"
    dcmseg -q -t 500 ball --prob "$out.map" --review 0.5 -o "$out.nrrd" --json "$out.json"
    jq -e '.review | (.regions | length) == 100 and .rest.count == .found - 100 and .rest.voxels == .voxels - 100' "$out.json"
    mcubes "$out.nrrd" | meshfix -q -o "$out.ply"
    { echo "review $(jq -r .review.id "$out.json")"; seq -f '%.0f AB' 100; } >"$out.ack"
    run meshmeasure "$out.ply" --acknowledge "$out.ack"
    [ "$status" -eq 1 ]
    echo 'rest AB' >>"$out.ack"
    meshmeasure "$out.ply" --acknowledge "$out.ack"
}

@test "what is no map or no review file is refused in one line, and nothing is written" {
    origin=$(cat origin)
    TOOL=dcmseg
    map 'i == 7 && j == 8 && k == 9 ? 1.5 : 1' "$out.big"
    sed 's/^1.5$/nan/' "$out.big" >"$out.nan"
    sed 's/^sizes: 48 48 24/sizes: 48 24 48/' map.nrrd >"$out.grid"
    try() { # TEXT ARGUMENTS
        local text=$1
        shift
        refuses 2 "$out.nrrd" dcmseg -q -t 500 ball "$@" -o "$out.nrrd"
        [[ $stderr == *"$text"* ]] || { echo "$stderr"; return 1; }
    }
    try 'sample 7,8,9 is 1.5' --prob "$out.big" --review 0.85
    try 'sample 7,8,9 is nan' --prob "$out.nan" --review 0.85
    try 'on another grid: 48x24x48' --prob "$out.grid" --review 0.85
    try 'belong together' --prob map.nrrd
    try 'belong together' --review 0.85
    try 'more than 0, at most 1' --prob map.nrrd --review 1.5
    try 'more than 0, at most 1' --prob map.nrrd --review 0
    try 'more than 0, at most 1' --prob map.nrrd --review x
    try 'needs --review' --review-points "$out.txt"
    try 'has a name' --prob - --review 0.5
    nothing_left "$out.txt"
    TOOL=meshmeasure
    ack() { # TEXT LINE...
        local text=$1
        shift
        printf '%s\n' "$@" >"$out.ack"
        refuses 2 "$out.stl" meshmeasure part.ply --acknowledge "$out.ack" -o "$out.stl"
        [[ $stderr == *"$text"* ]] || { echo "$stderr"; return 1; }
    }
    ack 'no region 3; there are 2' "$(cat head.txt)" '3 AB'
    ack 'there is no rest' "$(cat head.txt)" 'rest AB'
    ack 'line 3: region 1 is there already' "$(cat head.txt)" '1 AB' '1 CD'
    ack 'write: REGION INITIALS' "$(cat head.txt)" '1'
    ack 'write: REGION INITIALS' "$(cat head.txt)" '1 A B'
    ack 'write: REGION INITIALS' "$(cat head.txt)" '0 AB'
    ack 'write: REGION INITIALS' "$(cat head.txt)" '1 <b>'
    ack "begins with 'review ID'" '1 AB'
    ack 'about review 0123456789abcdef' 'review 0123456789abcdef' '1 AB'
    ack 'nothing in it' '#'
    mcubes plain.nrrd | meshfix -q -o "$out.ply"
    refuses 2 "$out.stl" meshmeasure "$out.ply" --acknowledge "$out.ack" -o "$out.stl"
    { cat head.txt; echo '1 AB'; } >"$out.ack"
    refuses 2 "$out.stl" meshmeasure "$out.ply" --acknowledge "$out.ack" -o "$out.stl"
    [[ $stderr == *'the mesh has no review'* ]]
}
