#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Corrections by a script: volumes by formula, on another grid too; the record, the verdict without the script, what is refused.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 12 --size 48x48x48 -o ball
    gen_series --body sphere --radius 12 --size 56x56x28 --spacing 0.8,0.8,1.6 --tilt 10 -o other
    printf '# core out, handle on, foot off\nerase ball 0,0,0 6 # core\nadd capsule 0,0,0 0,0,20 3mm\n\ncut 0,0,-8 0,0,-1\n' >fix
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}

@test "the volume is that of the formula, on two grids" {
    # round about z: areas of discs and rings, summed along z in steps of 10^-5 mm (numpy); samples are 1 mm and 0.8 x 0.8 x 1.6 mm
    truth=6300.49
    for s in ball other; do
        dcmseg -q -t 500 "$s" --edit fix -o "$out.nrrd" --json "$out.$s.json"
        within 2 "$(jq .segment.voxel_count_mm3 "$out.$s.json")" "$truth"
    done
    cmp <(jq -c '[.options.steps, [.segment.steps[1].edits[][0]]]' "$out.ball.json") <(jq -c '[.options.steps, [.segment.steps[1].edits[][0]]]' "$out.other.json")
}

@test "the record has the edits and their checksum; the same bytes for any threads and other comments" {
    grep -v '^#' fix | sed 's/3mm/0.3cm/; s/ # core//' >"$out.same"
    for j in 1 2 3 8; do
        dcmseg -q -j $j -t 500 ball --edit fix -o "$out.$j.nrrd" --json "$out.json"
        cmp "$out.1.nrrd" "$out.$j.nrrd"
    done
    dcmseg -q -t 500 ball --edit "$out.same" -o "$out.2.nrrd"
    cmp "$out.1.nrrd" "$out.2.nrrd"
    sum=$(printf '%s\n' 'erase ball 0,0,0 6' 'add capsule 0,0,0 0,0,20 3' 'cut 0,0,-8 0,0,-1' | sha256sum | cut -d' ' -f1)
    jq -e --arg sum "$sum" '.options.steps[1] == ["edit", "sha256=" + $sum] and (.segment.steps[1].edits | length == 3 and all(.[1] > 0)) and
        .segment.steps[1].edits_without_effect == 0' "$out.json"
}

@test "a verdict runs them again from the record; the report shows them; an altered record is refused" {
    dcmseg -q -t 500 ball --edit fix | mcubes | meshfix -o "$out.ply"
    meshmeasure "$out.ply" --against ball --report "$out.html" | grep -q 'verdict: pass'
    grep -q 'add capsule 0,0,0 0,0,20 3  # [0-9]' "$out.html"
    grep -q -- "--edit FILE_[0-9a-f]\{12\}" "$out.html"
    sed 's/erase ball 0,0,0 6/erase ball 0,0,0 5/' "$out.ply" >"$out.2.ply"
    refuses 2 "$out.none" meshmeasure "$out.2.ply" --against ball
}

@test "one line with line and column, and nothing written" {
    refused() { # status, text, script
        printf '%b' "$3" >"$out.bad"
        refuses "$1" "$out.none" dcmseg -q -t 500 ball --edit "$out.bad" -o "$out.none"
        [[ $stderr == *"$2"* ]] || { echo "$stderr"; return 1; }
    }
    refused 2 'line 2, column 1: a verb is expected' 'fill\npaint ball 0,0,0 1\n'
    refused 2 'line 1, column 5: a shape is expected' 'add cone 0,0,0 1\n'
    refused 2 'line 1, column 12: a number is expected' 'add ball 1,nan,0 1\n'
    refused 2 'line 1, column 13: a point is three numbers' 'add ball 0,0 1'
    refused 2 'line 1, column 16: a length above 0' 'add ball 0,0,0 -3\n'
    refused 2 'line 1, column 18: nothing more' 'add ball 0,0,0 3 4\n'
    refused 2 'there is no edit in it' '# nothing\n'
    refused 2 'line 3: the point lies in no sample of the object' '\n\nkeep 15,15,15\n'
    refused 2 'line 1: the point lies outside the volume' 'keep 100,0,0\n'
    refused 2 'line 1, column 1: a verb' 'add\0ball'
    refused 1 'nothing is left of' 'erase ball 0,0,0 20'
    refuses 2 "$out.none" dcmseg -q -t 500 ball --edit "$out.nowhere" -o "$out.none"
    refuses 2 "$out.none" dcmseg -q ball --edit fix -t 500 -o "$out.none"
}
