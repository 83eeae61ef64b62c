#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# DICOM segmentations and structure sets of other programs: voxel counts and volumes as stated beside the data.

load common

setup() {
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
    within 0.001 "$(number voxel_count_mm3 o.json)" 70361.93
}

@test "five segments that overlap: one by one, not as one label map" {
    have ct-seg-liver-dcmqi
    f=$data/ct-seg-liver-dcmqi/partial_overlaps.dcm
    n=0
    for want in 9602 11888 10743 6693 4713; do counts "$want" "$f" --label $((n += 1)); done
    counts 9602 "$f" --label GREEN
    ! grep -a -q GREEN o.nrrd o.json
    refuses 2 o.none dcmseg "$f" -o o.none
    [[ $stderr == *"overlap in 3017 voxels"* ]]
}

@test "label maps, fractions, sparse frames" {
    have seg-phantom-24x38x3
    counts 315 "$data/seg-phantom-24x38x3/seg/label.seg"
    for f in noppv ppv5; do counts 630 "$data/seg-phantom-24x38x3/sparse-labelmap-$f.dcm"; done
    counts 795 "$data/sr-tid1500-headneck-0003/seg.dcm"
    within 0.0005 "$(number voxel_count_mm3 o.json)" 33582.4 # as the structured report beside it states: 33.5824 ml
    counts 638 "$data/dicomdir-mixed/seg-of-77654033-CT2/seg_image_ct_binary.dcm"
    f=$data/dicomdir-mixed/seg-of-77654033-CT2/seg_image_ct_binary_overlap.dcm
    counts 64 "$f" --label 1
    counts 16 "$f" --label 2
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
