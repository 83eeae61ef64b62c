#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Multi-frame objects: the frames of a phantom give the same volume as its slices in files of their own.
load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    set -- --body sphere --radius 12 --size 40x36x30 --spacing 0.8,0.9,1.1 --tilt 12
    gen_series "$@" -o files
    gen_series "$@" --enhanced ct -o ct
    gen_series "$@" --enhanced legacy-ct -o legacy
    gen_series "$@" --enhanced mr --times 3 -o times
    gen_series "$@" --vary-rescale -o varied
    gen_series "$@" --vary-rescale --enhanced ct -o varied-ct
    dcmseg -q files -t 500 -o files.nrrd --json files.json
}
setup() { cd "$BATS_FILE_TMPDIR" || return 1; out=$BATS_TEST_TMPDIR/out data=$SHARED/data; }
samples() { tail -c 86400 "$1"; } # 40 x 36 x 30 x 2 bytes

@test "Enhanced and Legacy Converted CT: samples, places and hash are those of the files" {
    for k in ct legacy; do
        dcmseg -q $k -t 500 -o "$out.nrrd" --json "$out.json"
        cmp <(samples files.nrrd) <(samples "$out.nrrd")
        [ "$(jq -c '[.source | .size, .spacing_mm, .tilt_deg, .sha256_pixels, .rescale_type], .segment' "$out.json")" = \
            "$(jq -c '[.source | .size, .spacing_mm, .tilt_deg, .sha256_pixels, .rescale_type], .segment' files.json)" ]
        [ "$(jq .source.instances "$out.json")" = 1 ]
        dcmseg -q -j 1 $k -t 500 | cmp - "$out.nrrd"
    done
    jq -e '.source | .kernel == "BONE" and .kvp == 120' "$out.json" # what the converter left unassigned
}

@test "slope and intercept of each frame" {
    dcmseg -q varied -t 500 -o "$out.1"
    dcmseg -q varied-ct -t 500 -o "$out.2"
    cmp <(samples "$out.1") <(samples "$out.2")
}

@test "time points are phases" {
    refuses 2 "$out.nrrd" dcmseg times -t 500 -o "$out.nrrd"
    [[ $stderr == *"temporal position 1"*"temporal position 3"*"[G-3]" ]]
    dcmseg -q times -t 500 --phase 1 -o "$out.1"
    cmp <(samples files.nrrd) <(samples "$out.1")
    dcmseg -q times -t 700 --phase 'temporal position 3' -o "$out.3" --json "$out.json"
    jq -e '.source.phase.number == 3 and .source.modality == "MR"' "$out.json"
    [ "$(jq .segment.voxel_count "$out.json")" = "$(jq .segment.voxel_count files.json)" ]
}

@test "groups for another number of frames, no groups at all, cut pixel data" {
    command -v dcmodify >/dev/null || skip "dcmtk is not installed"
    cp -r ct "$out"
    dcmodify -nb -imt -m NumberOfFrames=29 "$out/IM00001.dcm"
    refuses 2 "$out.nrrd" dcmseg "$out" -t 500 -o "$out.nrrd"
    [[ $stderr == *IM00001.dcm*"for 30 frames"*29* ]]
    dcmodify -nb -imt -m NumberOfFrames=30 -ea '(5200,9230)' "$out/IM00001.dcm"
    refuses 2 "$out.nrrd" dcmseg "$out" -t 500 -o "$out.nrrd"
    [[ $stderr == *"[G-1]" ]]
    cp ct/IM00001.dcm "$out"
    truncate -s -3000 "$out/IM00001.dcm"
    refuses 2 "$out.nrrd" dcmseg "$out" -t 500 -o "$out.nrrd"
    [[ $stderr == *IM00001.dcm* ]]
}

@test "real objects: Philips MR, CT with two frames, a Legacy Converted twin" {
    [ -d "$data/enhanced-multiframe" ] || skip "no enhanced-multiframe in the shared data"
    dcmseg -q "$data/enhanced-multiframe/IM-0001-0170-0001.dcm" -t 100 -o "$out.nrrd" --json "$out.json"
    jq -e '.source | .size == [256, 256, 8] and .instances == 1' "$out.json"
    run -0 dcmseg --list "$data/enhanced-multiframe/eCT_Supplemental.dcm"
    [[ $output == *"512x512x2"*"0.3887 x 0.3887 x 10 mm"* ]]
    d=$data/seg-phantom-24x38x3
    dcmseg -q "$d/image" -t -100 -o "$out.1"
    dcmseg -q "$d/multiframe" -t -100 -o "$out.2"
    cmp <(tail -c 5472 "$out.1") <(tail -c 5472 "$out.2")
    for k in sizes 'space directions' 'space origin'; do
        cmp <(head -n 30 "$out.1" | grep -a "^$k:") <(head -n 30 "$out.2" | grep -a "^$k:")
    done
}

@test "real objects without groups: no volume, their frames alike in every encoding, the broken one refused by name" {
    d=$data/enhanced-multiframe
    [ -d "$d" ] || skip "no enhanced-multiframe in the shared data"
    refuses 2 "$out.nrrd" dcmseg "$d/emri_small.dcm" -t 100 -o "$out.nrrd"
    [[ $stderr == *"Image Position"*"10 of 10 images"*"[G-1]" ]]
    for n in 1 7 10; do
        dcmseg -q --frame $n "$d/emri_small.dcm" -o "$out.first"
        for k in RLE big_endian jpeg_2k_lossless jpeg_ls_lossless; do
            dcmseg -q --frame $n "$d/emri_small_$k.dcm" | tail -c 8192 | cmp - <(tail -c 8192 "$out.first")
        done
    done
    for n in 1 10; do
        refuses 2 "$out.nrrd" dcmseg -q --frame $n "$d/emri_small_jpeg_2k_lossless_too_short.dcm" -o "$out.nrrd"
        [[ $stderr == *too_short.dcm* ]]
    done
}
