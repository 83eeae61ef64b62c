#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# dcmseg --frame: one image as a stream of two dimensions that nothing takes for a volume.

load common

setup_file() { gen_series --body sphere --radius 7 --size 24x20x18 --spacing 0.8,0.9,1.5 -o "$BATS_FILE_TMPDIR/ct"; }
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out.nrrd data=$SHARED/data
}
header() { sed '/^$/q' "$1"; }

@test "image N of a series is slice N of the volume, with its spacing" {
    dcmseg -t 500 ct | tail -c $((2 * 24 * 20 * 18)) >all
    for n in 1 5 18; do
        dcmseg --frame $n ct -o "$out" --json "$out.json"
        tail -c $((2 * 24 * 20)) "$out" | cmp - <(head -c $((2 * 24 * 20 * n)) all | tail -c $((2 * 24 * 20)))
        header "$out" | grep -a -x 'dimension: 2'
        header "$out" | grep -a -x 'sizes: 24 20'
        header "$out" | grep -a -x 'spacings: 0.8 0.9'
        header "$out" | grep -a -x 'meshqa_kind:=image'
        ! header "$out" | grep -a -q '^space'
        jq -e '.options.frame == '$n' and .source.kind == "dicom-image" and .source.frames == 18 and .source.spacing_of == "pixel-spacing"' "$out.json"
    done
    zip -q -r ct.zip ct
    dcmseg --frame 18 ct.zip | cmp - "$out"
}

@test "no volume: mcubes refuses it by name, whatever the level" {
    dcmseg --frame 9 ct -o image.nrrd
    refuses 2 "$out.ply" mcubes image.nrrd -o "$out.ply"
    [[ $stderr == *"image"* ]]
    refuses 2 "$out.ply" mcubes --iso 500 image.nrrd -o "$out.ply"
    sed 's/^meshqa_kind:=image$/meshqa_size:=image/' image.nrrd >forged.nrrd # two dimensions, and no word of an image
    refuses 2 "$out.ply" mcubes --iso 500 forged.nrrd -o "$out.ply"
    dcmseg -t 500 ct | sed 's/^kinds: .*$/meshqa_kind:=image/' >forged.nrrd # an image of three dimensions
    refuses 2 "$out.ply" mcubes --iso 500 forged.nrrd -o "$out.ply"
}

@test "numbers that are none, options that make no sense" {
    for n in 0 19 x -1; do refuses 2 "$out" dcmseg --frame=$n ct -o "$out"; done
    refuses 2 "$out" dcmseg --frame 1 -t 500 ct -o "$out"
    refuses 2 "$out" dcmseg --frame 1 -r sphere:0,0,0,1 ct -o "$out"
}

@test "real radiographs: spacing from the file or said to be unknown, and MONOCHROME1 said" {
    [ -d "$data/xray" ] || skip "no xray in the shared data"
    run -0 --separate-stderr dcmseg --frame 1 "$data/xray/dx_image.dcm" -o "$out"
    header "$out" | grep -a -x 'spacings: 1.201199999999 1.2' # Pixel Spacing 1.2\1.2012: rows first
    [[ $stderr == *MONOCHROME1* && $stderr == *projection* ]]
    run -0 --separate-stderr dcmseg --frame 1 "$data/xray/gdcm-CR-MONO1-10-chest.dcm" -o "$out" --json "$out.json"
    ! header "$out" | grep -a -q '^spacings'
    [[ $stderr == *"not known"* ]]
    jq -e '.source.spacing_mm == null' "$out.json"
}

@test "spacing on the detector is used, and said" {
    [ -d "$data/xray" ] || skip "no xray in the shared data"
    command -v dcmodify >/dev/null || skip "dcmtk is not installed"
    cp "$data/xray/dx_image.dcm" dx.dcm
    dcmodify -nb -imt -e PixelSpacing -m ImagerPixelSpacing='0.2\0.1' dx.dcm
    run -0 --separate-stderr dcmseg --frame 1 dx.dcm -o "$out" --json "$out.json"
    header "$out" | grep -a -x 'spacings: 0.1 0.2'
    [[ $stderr == *"on the detector"* ]]
    jq -e '.source.spacing_of == "detector"' "$out.json"
}

@test "a frame of a multi-frame object: each its own, plain and compressed alike" {
    command -v dcmodify >/dev/null && command -v dcmcrle >/dev/null || skip "dcmtk is not installed"
    cp ct/IM00005.dcm multi.dcm # the 24 x 20 pixels of a slice as 5 frames of 24 x 4
    dcmodify -nb -imt -m Rows=4 -i NumberOfFrames=5 -m SOPClassUID=1.2.840.10008.5.1.4.1.1.7.3 multi.dcm
    dcmcrle multi.dcm packed.dcm
    dcmseg --frame 3 multi.dcm -o "$out"
    tail -c 192 "$out" >third
    dcmseg --frame 3 packed.dcm | cmp - "$out"
    dcmseg --frame 5 packed.dcm | tail -c 192 >fifth
    dcmseg --frame 5 multi.dcm | tail -c 192 | cmp - fifth
    refuses 2 "$out.none" dcmseg --frame 6 multi.dcm -o "$out.none"
    # of the slice whose middle is that third frame, the end is the fifth
    dcmseg --frame $(for n in $(seq 18); do dcmseg --frame $n ct | tail -c 960 | tail -c +385 | head -c 192 | cmp -s - third && echo $n && break; done) ct >slice.nrrd
    tail -c 192 slice.nrrd | cmp - fifth
}
