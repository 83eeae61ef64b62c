#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Masks laid on the object: what both have, either, or one without the other; by counts, by the verdict, and what is refused.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 12 --size 48x48x24 --spacing 1,1,2 -o ball
    gen_series --body sphere --radius 8 --size 48x48x24 --spacing 1,1,2 -o small
    dcmseg -q -t 500 ball --output labels -o ball.nrrd
    dcmseg -q -t 500 small --output labels -o small.nrrd
    gen_mask --ball 0,0,0,6 --ball 4,0,0,6 ball -o two.dcm # Liver and 'other 2', which overlap
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}
count() { # arguments of dcmseg: the voxels of what comes out
    dcmseg -q "$@" -o "$out.nrrd" --json "$out.json"
    jq .segment.voxel_count "$out.json"
}

@test "and, or, minus: the counts add up, and the record has the checksum, no name" {
    a=$(count -t 500 ball) b=$(count -t 500 small)
    [ "$a" -gt "$b" ]
    [ "$(count -t 500 ball --and small.nrrd)" -eq "$b" ]
    [ "$(count -t 500 ball --minus small.nrrd)" -eq $((a - b)) ]
    [ "$(count -t 500 small --or ball.nrrd)" -eq "$a" ]
    [ "$(count -t 500 small --or ball.nrrd --minus small.nrrd)" -eq $((a - b)) ]
    [ "$(count --mask ball.nrrd --minus small.nrrd)" -eq $((a - b)) ]
    [ "$(count -t 500 ball --and 'small.nrrd;label=1' --dilate 2mm)" -gt "$b" ]
    jq -e --arg sum "$(sha256sum <small.nrrd | cut -d' ' -f1)" '.options.steps[1] == ["and", "sha256=" + $sum + ";label=1"] and
        .segment.steps[1].mask_voxels == .segment.steps[1].voxels_after' "$out.json"
    run -1 grep -a 'small.nrrd' "$out.nrrd"
}

@test "the same bytes for any number of threads; axes of the mask may run the other way" {
    for j in 1 2 3 8; do
        dcmseg -j $j -t 500 ball --minus small.nrrd -o "$out.$j.nrrd"
        cmp "$out.1.nrrd" "$out.$j.nrrd"
    done
    half() { # slices from below upward, or the other way: STEP ORIGIN, and the samples
        printf 'NRRD0005\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: 48 48 24\n'
        printf 'space directions: (1,0,0) (0,1,0) (0,0,%s)\nspace origin: (-23.63,-23.29,%s)\nencoding: raw\nendian: little\n\n' "$1" "$2"
        head -c 27648 /dev/zero | tr '\0' "$3"
        head -c 27648 /dev/zero | tr '\0' "$4"
    }
    half 2 -23.74 '\0' '\1' >"$out.up.nrrd"
    half -2 22.26 '\1' '\0' >"$out.down.nrrd"
    a=$(count -t 500 ball --and "$out.up.nrrd")
    [ "$(count -t 500 ball --and "$out.down.nrrd")" -eq "$a" ]
    [ "$(count -t 500 ball --minus "$out.down.nrrd")" -eq $(($(count -t 500 ball) - a)) ]
}

@test "segments of DICOM by name and number" {
    one=$(count -t 500 ball --and 'two.dcm;label=Liver') other=$(count -t 500 ball --and 'two.dcm;label=2')
    both=$(count -t 500 ball --and two.dcm)
    [ "$(count -t 500 ball --and 'two.dcm;label=Liver' --and 'two.dcm;label=2')" -eq $((one + other - both)) ]
    [ "$(count -t 500 ball --and 'two.dcm;label=Liver;label=2')" -eq "$both" ]
    [ "$both" -gt "$one" ]
    refuses 2 "$out.none" dcmseg -t 500 ball --and 'two.dcm;label=Brain' -o "$out.none"
    dcmseg -q -t 500 ball --and 'two.dcm;label=Liver' | mcubes | meshfix -o "$out.ply"
    meshmeasure "$out.ply" --against ball --against two.dcm | grep -q 'verdict: pass'
}

@test "a verdict replays the mask when it is given, and says so when it is not; the recipe names it by its checksum" {
    dcmseg -q -t 500 ball --minus small.nrrd | mcubes | meshfix -o "$out.ply"
    meshmeasure "$out.ply" --against ball --against small.nrrd --report "$out.html" | grep -q 'verdict: pass'
    grep -q -- "--threshold 500 --minus FILE_$(sha256sum <small.nrrd | cut -c 1-12)" "$out.html"
    refuses 2 "$out.none" meshmeasure "$out.ply" --against ball
    [[ $stderr == *"step 2, --minus: the mask that the mesh was made with"*"name its file with --against too"* ]]
    refuses 2 "$out.none" meshmeasure "$out.ply" --against ball --against ball.nrrd
}

@test "one line for masks that do not fit, and nothing written" {
    refused() { # status, text, arguments
        local status=$1 text=$2
        shift 2
        refuses "$status" "$out.none" dcmseg -q "$@" -o "$out.none"
        [[ $stderr == *"$text"* ]]
    }
    refused 2 'masks are not resampled here' --resample 1mm -t 500 ball --and small.nrrd
    [[ $stderr == *'48 x 48 x 24 samples of 1 x 1 x 2 mm from '*'the volume has 48 x 48 x 47 samples of 1 x 1 x 1 mm from '*'[G-1]' ]]
    refused 2 "no label is '7'" -t 500 ball --and 'small.nrrd;label=7'
    refused 2 'FILE;label=REGEX|N is needed' -t 500 ball --and 'small.nrrd;lable=1'
    refused 2 'FILE;label=REGEX|N is needed' -t 500 ball --and 'small.nrrd;label='
    refused 2 'the name of a file is needed' -t 500 ball --and ''
    refused 2 "cannot open 'none.nrrd'" -t 500 ball --and none.nrrd
    refused 2 'must stand before it' ball --and small.nrrd -t 500
    refused 1 'nothing is left of' -t 500 small --minus ball.nrrd
    head -c 3000 small.nrrd >"$out.cut.nrrd"
    refused 2 'step 2, --or' -t 500 ball --or "$out.cut.nrrd"
}
