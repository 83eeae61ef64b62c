#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Missing slices, uneven steps, several volumes in one series, lists of files: what the user chooses, and where it is told.
load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 12 --size 40x40x36 --spacing 0.8,0.8,1 --order forward -o ball --truth ball.json
}
setup() { cd "$BATS_FILE_TMPDIR" || return 1; out=$BATS_TEST_TMPDIR/out data=$SHARED/data; }

@test "--gaps interpolate: missing slices are made, counted and placed; the sphere keeps its volume" {
    cp -r ball "$out"
    rm "$out"/IM00014.dcm "$out"/IM00023.dcm "$out"/IM00024.dcm
    refuses 2 "$out.nrrd" dcmseg "$out" -t 500 -o "$out.nrrd"
    [[ $stderr == *"2 mm between slices 13 and 14, 3 mm between slices 21 and 22"*"(3 slices missing); --gaps interpolate"*"[G-4]" ]]
    run -0 --separate-stderr dcmseg "$out" -t 500 --gaps interpolate -o "$out.nrrd" --json "$out.json"
    [[ $stderr == *"note: 3 of 36 slices were made by linear interpolation"* ]]
    [ "$(jq -c '.source.gaps | [.choice, .kind, .read, .made, .made_slices]' "$out.json")" = '["interpolate","missing",33,3,[[14,14],[23,24]]]' ]
    [ "$(jq -r .options.gaps "$out.json")" = interpolate ]
    [ "$(jq '.source.warnings[] | select(.rule == "G-4") | .text' "$out.json" | grep -c 'were made')" -eq 1 ]
    [ "$(jq -c .source.size "$out.json")" = '[40,40,36]' ]
    within 1 "$(jq .segment.at_level_mm3 "$out.json")" "$(number volume_mm3 ball.json)"
    dcmseg -q -j 1 "$out" -t 500 --gaps interpolate | cmp - "$out.nrrd"
    dcmseg -q "$out" -t 500 --gaps resample -o "$out.r" # whole multiples: the same slices are made
    cmp <(tail -c 115200 "$out.nrrd") <(tail -c 115200 "$out.r")
}

@test "--gaps resample: a tilted stack with two steps comes back as a sphere" {
    gen_series --body sphere --radius 12 --size 40x44x71 --spacing 0.8,0.8,0.5 --tilt 20 --order forward -o "$out.half"
    mkdir "$out" # 1 mm, 0.5 mm, 1.5 mm
    for n in $(seq 1 2 41) $(seq 42 3 71); do cp "$out.half/IM000$(printf %02d "$n").dcm" "$out"; done
    refuses 2 "$out.nrrd" dcmseg "$out" -t 500 --gaps interpolate -o "$out.nrrd"
    [[ $stderr == *"vary"*"--gaps resample"*"[G-4]" ]]
    run -0 --separate-stderr dcmseg "$out" -t 500 --gaps resample -o "$out.nrrd" --json "$out.json"
    [ "$(jq -c '.source.gaps | [.choice, .kind]' "$out.json")" = '["resample","variable"]' ]
    within 1e-6 "$(number tilt_deg "$out.json")" 20
    within 3 "$(jq .segment.at_level_mm3 "$out.json")" 7238.229
    mcubes "$out.nrrd" -o "$out.ply"
    # farthest and nearest vertex from the centre: within half a voxel of the widest steps, 1.5 mm
    meshconv "$out.ply" -o "$out.obj"
    awk '$1 == "v" { r = sqrt($2 * $2 + $3 * $3 + $4 * $4); if (r > hi) hi = r; if (!lo || r < lo) lo = r }
        END { print lo, hi; exit !(lo > 12 - 0.7 && hi < 12 + 0.7) }' "$out.obj"
}

@test "--gaps: unknown words, nothing to do, and the verdict against the source" {
    refuses 2 "$out.nrrd" dcmseg ball -t 500 --gaps fill -o "$out.nrrd"
    dcmseg -q ball -t 500 --gaps interpolate -o "$out.nrrd" --json "$out.json"
    [ "$(jq '.source | has("gaps")' "$out.json")" = false ]
    dcmseg -q ball -t 500 | cmp - "$out.nrrd"
    cp -r ball "$out" && rm "$out/IM00014.dcm"
    dcmseg -q "$out" -t 500 --gaps interpolate | mcubes >"$out.ply"
    meshmeasure -q "$out.ply" --against "$out"
}

@test "--phase: volumes that share places are listed, none is taken silently" {
    mkdir "$out"
    for n in $(seq 1 36); do
        i=$(printf %02d "$n")
        cp "ball/IM000$i.dcm" "$out/a$i"
        cp "ball/IM000$i.dcm" "$out/b$i"
        dcmodify -nb -gin -m "InstanceNumber=$((n + 100))" "$out/b$i"
    done
    refuses 2 "$out.nrrd" dcmseg "$out" -t 500 -o "$out.nrrd"
    [[ $stderr == *"repetition 1"*"repetition 2"*"[G-3]" ]]
    run -0 dcmseg --list "$out"
    [[ $output == *"1.1"*"(repetition 1)"*"1.2"*"(repetition 2)"* ]]
    dcmseg -q "$out" -t 500 --phase 2 -o "$out.2" --json "$out.json"
    dcmseg -q "$out" -t 500 --phase repetition=1 -o "$out.1"
    [ "$(jq -c '[.options.phase, .source.phase.of, .source.phase.what]' "$out.json")" = '[2,2,"repetition 2"]' ]
    refuses 2 "$out.nrrd" dcmseg "$out" -t 500 --phase 3 -o "$out.nrrd"
    refuses 2 "$out.nrrd" dcmseg ball -t 500 --phase 1 -o "$out.nrrd"
    mcubes "$out.2" | meshmeasure -q --against "$out"
}

@test "--phase: two volumes of real diffusion MR" {
    [ -d "$data/mr-4d-ge-dti" ] || skip "no mr-4d-ge-dti in the shared data"
    refuses 2 "$out.nrrd" dcmseg "$data/mr-4d-ge-dti" -t 500 -o "$out.nrrd"
    [[ $stderr == *"[G-3]" ]]
    dcmseg -q "$data/mr-4d-ge-dti" --phase 1 -t 100 -o "$out.1" --json "$out.json"
    dcmseg -q "$data/mr-4d-ge-dti" --phase 2 -t 100 -o "$out.2"
    [ "$(jq -c .source.size "$out.json")" = '[128,128,4]' ]
    ! cmp -s <(tail -c 131072 "$out.1") <(tail -c 131072 "$out.2")
}

@test "--files: a list by line or by NUL, from a file or standard input" {
    dcmseg -q ball -t 500 -o "$out.nrrd"
    ls ball/* >"$out.list"
    dcmseg -q --files "$out.list" -t 500 | cmp - "$out.nrrd"
    sed 's/$/\r/' "$out.list" | dcmseg -q --files - -t 500 | cmp - "$out.nrrd"
    find ball -name '*.dcm' -print0 | dcmseg -q --files - -t 500 | cmp - "$out.nrrd"
    head -n 20 "$out.list" | dcmseg -q --files - $(tail -n 16 "$out.list") -t 500 | cmp - "$out.nrrd"
    : >"$out.empty"
    refuses 2 "$out.no" dcmseg --files "$out.empty" -t 500 -o "$out.no"
    echo >"$out.empty"
    refuses 2 "$out.no" dcmseg --files "$out.empty" -t 500 -o "$out.no"
    echo ball/none.dcm >>"$out.list"
    refuses 2 "$out.no" dcmseg --files "$out.list" -t 500 -o "$out.no"
    [[ $stderr == *"path 37:"* && $stderr != *none.dcm* ]] # which one, and no name that people chose
    refuses 2 "$out.no" dcmseg -t 500 -o "$out.no"
}

@test "links to folders: each folder is read once" {
    mkdir -p "$out/a" "$out/b"
    cp ball/* "$out/a"
    ln -s ../b "$out/a/to-b"
    ln -s ../a "$out/b/to-a"
    ln -s . "$out/self"
    dcmseg -q ball -t 500 | cmp - <(dcmseg -q "$out" -t 500)
    [ "$(dcmseg --list "$out" | awk '$2 == "CT" { print $3 }')" = 36 ]
}

@test "10,000 small files that are no DICOM beside a series" {
    cp -r ball "$out"
    (cd "$out" && seq 1 10000 | split -l 1 -a 4 - small-)
    run -0 --separate-stderr timeout 20 dcmseg -q "$out" -t 500 -o "$out.nrrd"
    dcmseg -q ball -t 500 | cmp - "$out.nrrd"
}
