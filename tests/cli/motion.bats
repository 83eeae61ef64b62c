#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A slice that was taken after the patient moved is named, with how far it lies off; real anatomy is not.
load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body skull --size 96x104x30 --spacing 2,2,4 --order forward --noise 10 -o still
}
setup() { cd "$BATS_FILE_TMPDIR" || return 1; out=$BATS_TEST_TMPDIR/out data=$SHARED/data; }

@test "no motion, no word of it" {
    run -0 --separate-stderr dcmseg still -t 500 -o "$out.nrrd" --json "$out.json"
    [[ $stderr != *motion* ]]
    jq -e '.source | has("motion") | not' "$out.json"
}

@test "spheres, upright and tilted, have no motion" {
    local at
    for at in "0 14 0.9,1.1,2" "12 14 0.9,1.1,2" "12 20 0.9,1.1,2" "20 10 0.8,0.8,5"; do
        read -r t r s <<<"$at"
        gen_series --body sphere --size 40x36x30 --spacing "$s" --radius "$r" --tilt "$t" -o "$out.$t.$r"
        dcmseg -q "$out.$t.$r" -t 500 -o "$out.nrrd" --json "$out.json"
        jq -e '.source | has("motion") | not' "$out.json" || { echo "$at"; return 1; }
    done
}

@test "one slice off by a known shift: named in note, record and JSON" {
    cp -r still "$out"
    # 3 pixels along the rows, in the stored samples of slice 15
    f=$out/IM00015.dcm
    n=$((96 * 104 * 2)) size=$(stat -c %s "$f")
    head -c $((size - n)) "$f" >"$out.head"
    tail -c $n "$f" >"$out.raw"
    cat <(head -c 6 "$out.raw") <(head -c $((n - 6)) "$out.raw") >>"$out.head" # rows run on: what leaves on the right is air
    mv "$out.head" "$f"
    run -0 --separate-stderr dcmseg "$out" -t 500 -o "$out.nrrd" --json "$out.json"
    [ "$(grep -c 'motion' <<<"$stderr")" -eq 1 ]
    [[ $stderr == *"note: slice 15 of 30 lies off its neighbours by "*" mm within the plane"* ]]
    jq -e '.source.motion | length == 1 and .[0].slice == 15 and (.[0].rest | not) and (.[0].mm - 6 | fabs) < 0.3 and
        (.[0].px[0] - 3 | fabs) < 0.15 and (.[0].px[1] | fabs) < 0.15' "$out.json"
    jq -e '.findings[] | select(.text | test("slice 15 of 30 lies off"))' "$out.json"
    dcmseg -q -j 1 "$out" -t 500 | cmp - "$out.nrrd"
}

@test "on request the slice is moved back: volume and place as without motion, in the record, and replayed" {
    cp -r still "$out"
    f=$out/IM00015.dcm
    n=$((96 * 104 * 2)) size=$(stat -c %s "$f")
    head -c $((size - n)) "$f" >"$out.head"
    tail -c $n "$f" >"$out.raw"
    cat <(head -c 6 "$out.raw") <(head -c $((n - 6)) "$out.raw") >>"$out.head"
    mv "$out.head" "$f"
    dcmseg -q still -t 500 -o "$out.nrrd" --json "$out.still.json"
    dcmseg -q "$out" -t 500 -o "$out.nrrd" --json "$out.json"
    run -0 --separate-stderr dcmseg "$out" --motion correct -t 500 -o "$out.nrrd" --json "$out.2.json"
    [[ $stderr == *"slice 15 of 30 lies off its neighbours by "*", and was moved back: the samples are interpolated"* ]]
    jq -e '.options.motion == "correct" and .source.motion[0].moved_back' "$out.2.json"
    jq -e '.options | has("motion") | not' "$out.json"
    # voxels that differ from the still scan: at least nine of ten are right again
    awk -v s="$(jq .segment.at_level_mm3 "$out.still.json")" -v m="$(jq .segment.at_level_mm3 "$out.json")" -v c="$(jq .segment.at_level_mm3 "$out.2.json")" \
        'BEGIN { a = s - m; b = s - c; print s, m, c; exit !(b * b < 0.04 * a * a) }'
    dcmseg -q -j 1 "$out" --motion correct -t 500 | cmp - "$out.nrrd"
    mcubes -q "$out.nrrd" | meshfix -q -o "$out.ply"
    meshmeasure -q "$out.ply" --against "$out" --report "$out.html" | grep -q 'verdict: pass'
    grep -q -- '--motion correct' "$out.html"
    refuses 2 "$out.none" dcmseg still --motion undo -t 500 -o "$out.none"
}

@test "real series: CT of abdomen and thigh, MR of thigh and breast" {
    [ -d "$data/ct-abdomen-ge-crlm-1004" ] || skip "no series in the shared data"
    for s in "ct-abdomen-ge-crlm-1004 CT" "rtstruct-sts-012 CT" "rtstruct-sts-012 MR" "rtstruct-sts-025 CT" "mixed-ct-mr-pt-sts-002 PT" "rtstruct-sts-025 MR" "phantom-ibsi2-sphere CT" "ct-abdomen-siemens-j2k-labels CT" "mr-seg-breast-ucsf-br-06 MR"; do
        read -r d m <<<"$s"
        dcmseg "$data/$d" -s "^$m\$" -t -1000 -o "$out.nrrd" --json "$out.json" 2>/dev/null
        jq -e '.source | has("motion") | not' "$out.json" || { echo "$s"; return 1; }
    done
}
