#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# DICOM segmentations and structure sets: balls that are drawn on a tilted series, counted by formula; and those of other programs,
# with voxel counts and volumes as stated beside the data.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --size 40x36x30 --spacing 0.9,1.1,2 --radius 14 --tilt 12 -o s
    for k in binary probability occupancy labelmap contours; do
        gen_mask --kind $k --name 'Mary Liver' --ball 1,-2,3,11 --ball 5,0,3,8 -o $k.dcm --truth $k.json s
    done
}
setup() {
    f=$BATS_FILE_TMPDIR
    data=$SHARED/data
    cd "$BATS_TEST_TMPDIR" || return 1
}
have() { [ -d "$data/$1" ] || skip "no $data/$1"; }
counts() { # VOXELS ARGUMENTS...
    local want=$1
    shift
    dcmseg -q "$@" -o o.nrrd --json o.json
    [ "$(number voxel_count o.json)" = "$want" ] || { echo "$* has $(number voxel_count o.json) voxels, not $want"; return 1; }
}

@test "balls on a tilted series, of every kind: the voxels by formula, on the same grid; names stay in" {
    for k in binary probability occupancy labelmap contours; do
        for l in 1 2; do
            counts "$(jq ".segments[$l - 1].voxels" "$f/$k.json")" "$f/s" --mask "$f/$k.dcm" --label $l
            jq -e ".mask.placed.resampled == false and .labels[0].name == \"part-$l\"" o.json
            ! grep -a -q -e Mary -e other o.nrrd o.json
        done
    done
    within 0.0001 "$(jq '.mask.contours[0].contour_mm3' o.json)" "$(jq '.segments[1].mm3' "$f/contours.json")"
    mcubes o.nrrd | meshmeasure --json m.json --report r.html >/dev/null
    jq -e '.mask.kind == "dicom-rtstruct" and (.mask.contours | length) == 1' m.json
    grep -q 'The mask, without identity' r.html
    counts "$(jq '.segments[0].voxels' "$f/binary.json")" "$f/s" --mask "$f/binary.dcm" --label Mary --keep-names
    [ "$(jq -r '.labels[0].name' o.json)" = 'Mary Liver' ]
}

@test "alone on its own grid; of fractions the grey values, whose surface is finer than a voxel" {
    counts "$(jq '.segments[1].voxels' "$f/binary.json")" "$f/binary.dcm" --label 2
    jq -e '.source.kind == "dicom-seg" and .source.frames < 60' o.json # empty frames are not there
    counts "$(jq '.segments[0].voxels' "$f/occupancy.json")" "$f/occupancy.dcm" --label 1
    within 0.001 "$(jq '.source.occupancy[0].mm3' o.json)" "$(jq '.segments[0].mm3' "$f/occupancy.json")"
    within 1 "$(jq '.source.occupancy[0].mm3' o.json)" 5575.28 # 4/3 pi 11^3
    counts "$(jq '.segments[0].voxels' "$f/probability.json")" "$f/probability.dcm" --label 1
    jq -e '.options.probability == 0.5 and .segment.iso == 100' o.json
    mcubes o.nrrd -o o.ply # slices of 2 mm: the chords of a ball of 11 mm
    meshmeasure o.ply --json m.json >/dev/null
    within 1 "$(number volume_mm3 m.json)" 5575.28
    dcmseg -q "$f/probability.dcm" --label 1 --probability 0.75 -o o.nrrd --json o.json # 1.5 mm below the surface
    within 2 "$(jq .segment.at_level_mm3 o.json)" 3591.36 # chords of 2 mm lie up to 0.05 mm inside: 1.7 %
    refuses 2 o.none dcmseg "$f/probability.dcm" --label 1 --probability 0 -o o.none
}

@test "holes of contours by XOR and by keyhole are the same; every second slice stands for two" {
    for how in xor keyhole; do
        gen_mask --kind contours --ball 1,-2,3,11 --hole $how -o $how.dcm --truth $how.json "$f/s"
        counts "$(jq '.segments[0].voxels' $how.json)" "$f/s" --mask $how.dcm
        within 0.0001 "$(jq '.mask.contours[0].contour_mm3' o.json)" "$(jq '.segments[0].mm3' xor.json)"
    done
    [ "$(jq '.segments[0].voxels' xor.json)" = "$(jq '.segments[0].voxels' keyhole.json)" ]
    gen_mask --kind contours --ball 1,-2,3,11 --every 2 -o two.dcm --truth two.json "$f/s"
    dcmseg -q "$f/s" --mask two.dcm -o o.nrrd --json o.json # contours move along the normal, samples of a tilted grid do not
    within 0.5 "$(number voxel_count o.json)" $((2 * $(jq '.segments[0].voxels' two.json)))
    within 0.0001 "$(jq '.mask.contours[0].contour_mm3' o.json)" "$(jq '.segments[0].mm3' two.json)"
}

@test "a mask of another frame of reference is refused; of another grid resampled, and that is said" {
    gen_mask --foreign --ball 1,-2,3,11 -o seg.dcm "$f/s"
    gen_mask --foreign --kind contours --ball 1,-2,3,11 -o rs.dcm "$f/s"
    for m in seg rs; do
        refuses 2 o.none dcmseg -q "$f/s" --mask $m.dcm -o o.none
        [[ $stderr == *'[G-3]'* ]]
    done
    gen_series --size 60x60x50 --spacing 0.6,0.6,1 --radius 14 -o fine # the same seed: the same frame of reference
    dcmseg "$f/binary.dcm" --label 1 -q -o o.nrrd --json a.json
    run --separate-stderr dcmseg fine --mask "$f/binary.dcm" --label 1 -o o.nrrd --json o.json
    [ "$status" -eq 0 ]
    [[ $stderr == *"another grid"* ]]
    within 2 "$(jq .segment.voxel_count_mm3 o.json)" "$(jq .segment.voxel_count_mm3 a.json)"
}

@test "masks among series: by --series or --label, with the images that they were drawn on" {
    mkdir all
    cp "$f"/s/* "$f/contours.dcm" all
    counts "$(jq '.segments[1].voxels' "$f/contours.json")" all --label 2
    counts "$(jq '.segments[1].voxels' "$f/contours.json")" all -s RTSTRUCT --label 2
    cp "$f/binary.dcm" all
    refuses 2 o.none dcmseg all --label 2 -o o.none # two masks
    counts "$(jq '.segments[0].voxels' "$f/binary.json")" all -s '^SEG$' --label 1
    counts "$(jq '.segments[0].voxels' "$f/binary.json")" all -s '^SEG$' --label 1 --threshold=-2000
    run -0 dcmseg --list all
    [[ $output == *'a segmentation, no image'* && $output == *'contours, no image'* ]]
    mkdir alone
    cp "$f/contours.dcm" alone
    refuses 2 o.none dcmseg alone -o o.none
    [[ $stderr == *'not among the files'* ]]
    head -c $(($(stat -c %s "$f/binary.dcm") - 3000)) "$f/binary.dcm" >cut.dcm
    refuses 2 o.none dcmseg -q "$f/s" --mask cut.dcm --label 1 -o o.none
    [[ $stderr == *cut* ]]
}

@test "segmentations in every encoding: the stated counts, the same pixels" {
    have ct-seg-liver-dcmqi
    s=$data/ct-seg-liver-dcmqi
    for f in "$s/liver.dcm" "$s"/seg-encodings/liver_{deflate,expb,j2k,rle}.dcm; do
        counts 107098 "$f"
        [ "$(jq -r .source.sha256_pixels o.json)" = c4fd8f39e166d7a0914d6d2f954a6d5abcd9ea3807df4bd941aaa7ea5fcf907e ]
    done
    counts 107098 "$s/seg-encodings/liver_nonbyte_aligned.dcm"
    a=$(jq -r .source.sha256_pixels o.json)
    counts 107098 "$s/seg-encodings/liver_nonbyte_aligned_rle.dcm"
    [ "$(jq -r .source.sha256_pixels o.json)" = "$a" ]
    within 0.001 "$(jq .segment.voxel_count_mm3 o.json)" 70361.93
}

@test "five segments that overlap: one by one, not as one label map" {
    have ct-seg-liver-dcmqi
    o=$data/ct-seg-liver-dcmqi/partial_overlaps.dcm
    n=0
    for want in 9602 11888 10743 6693 4713; do counts "$want" "$o" --label $((n += 1)); done
    counts 9602 "$o" --label GREEN
    ! grep -a -q GREEN o.nrrd o.json
    refuses 2 o.none dcmseg "$o" -o o.none
    [[ $stderr == *"overlap in 3017 voxels"* ]]
}

@test "label maps, fractions, sparse frames" {
    have seg-phantom-24x38x3
    counts 315 "$data/seg-phantom-24x38x3/seg/label.seg"
    for f in noppv ppv5; do counts 630 "$data/seg-phantom-24x38x3/sparse-labelmap-$f.dcm"; done
    counts 795 "$data/sr-tid1500-headneck-0003/seg.dcm"
    within 0.0005 "$(jq .segment.voxel_count_mm3 o.json)" 33582.4 # as the structured report beside it states: 33.5824 ml
    counts 638 "$data/dicomdir-mixed/seg-of-77654033-CT2/seg_image_ct_binary.dcm"
    f=$data/dicomdir-mixed/seg-of-77654033-CT2/seg_image_ct_binary_overlap.dcm
    counts 64 "$f" --label 1
    counts 16 "$f" --label 2
    counts 638 "$data/dicomdir-mixed/seg-of-77654033-CT2/seg_image_ct_binary_fractional.dcm"
    f=$data/dicomdir-mixed/seg-of-77654033-CT2/seg_image_ct_true_fractional.dcm
    counts 638 "$f"
    jq -e '.source.type == "probability" and .options.probability == 0.5 and (.source | has("occupancy") | not)' o.json
    run --separate-stderr dcmseg "$f" --probability 0.7 -o o.none
    [ "$status" -eq 1 ]
    counts 82527 "$data/mr-seg-breast-ucsf-br-06/seg.dcm"
    within 0.001 "$(jq '.source.occupancy[0].mm3' o.json)" 81600.2
}

@test "contours: the counts of the masks that were made with them, volumes to 0.1 %" {
    have rtstruct-sts-012
    while read -r images contours voxels mm3 series; do
        counts "$voxels" "$data/$images" --mask "$data/$contours" ${series:+-s "$series"}
        within 0.1 "$(jq '.mask.contours[0].contour_mm3' o.json)" "$mm3"
        jq -e '.mask.placed.resampled == false' o.json
    done <<'END'
rtstruct-sts-012/CT rtstruct-sts-012/RTSTRUCT_CT.dcm 25263 78704.0
rtstruct-sts-012/MR_T1 rtstruct-sts-012/RTSTRUCT_MR_T1.dcm 25263 78704.1
rtstruct-sts-025/CT rtstruct-sts-025/RTSTRUCT_CT.dcm 9655 30093.4
rtstruct-sts-025/MR_T1 rtstruct-sts-025/RTSTRUCT_MR_T1.dcm 9655 30093.4
mixed-ct-mr-pt-sts-002/dicom mixed-ct-mr-pt-sts-002/dicom/STS_002_CT_RS.dcm 17090 53270.3 CT
mixed-ct-mr-pt-sts-002/dicom mixed-ct-mr-pt-sts-002/dicom/STS_002_MR_T1_RS.dcm 17090 53268.3 MR
mixed-ct-mr-pt-sts-002/dicom mixed-ct-mr-pt-sts-002/dicom/STS_002_PET_RS.dcm 555 53172.9 PT
END
    refuses 2 o.none dcmseg "$data/rtstruct-sts-012/RTSTRUCT_CT.dcm" -o o.none # contours alone have no grid
}

@test "a mask on its images, chosen among series or by file; with a threshold too" {
    have ct-seg-liver-dcmqi
    s=$data/ct-seg-liver-dcmqi
    counts 107098 "$s/ct-3slice" --mask "$s/liver.dcm"
    jq -e '.mask.placed.resampled == false and .labels[0].name == "Liver"' o.json
    counts 107098 "$s/ct-3slice" --mask "$s/liver.dcm" --threshold=-3000 # all of the mask, with the surface half a voxel outside
    cp "$s"/ct-3slice/*.dcm "$s/liver.dcm" .
    counts 107098 . --label Liver
    counts 107098 . -s 'SEG$'
    refuses 2 o.none dcmseg . -o o.none # which is meant: a threshold, or the mask?
    have mr-seg-breast-ucsf-br-06
    refuses 2 o.none dcmseg -q "$s/ct-3slice" --mask "$data/mr-seg-breast-ucsf-br-06/seg.dcm" -o o.none
    [[ $stderr == *'different frames of reference'*'[G-3]'* ]]
}
