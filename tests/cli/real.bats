#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Real scans from end to end. They are not part of this tree: $SHARED/data holds them, or these tests are skipped.
# $JUDGE: folder of an independent mesh checker; when it is there it must agree that each mesh is clean.

load common

setup() {
    data=$SHARED/data
    [ -d "$data" ] || skip "no real data: $SHARED/data is not there"
    out=$BATS_TEST_TMPDIR/part
}

# end_to_end FOLDER OPTIONS...: DICOM to 3MF and report; the mesh is valid, agrees with its source
end_to_end() {
    local dicom=$1
    shift
    dcmseg "$dicom" "$@" | mcubes | meshfix >"$out.ply"
    run -0 meshfix --check "$out.ply"
    run -0 meshmeasure --against "$dicom" --report "$out.html" --json "$out.json" -o "$out.3mf" "$out.ply"
    meshmeasure -q -o "$out.stl" "$out.ply" >/dev/null
    [ -s "$out.3mf" ] && [ -s "$out.html" ] && [ -s "$out.json" ] && [ -s "$out.stl" ]
    if [ -n "${JUDGE:-}" ] && [ -x "$JUDGE/meshcheck" ]; then
        for f in ply stl 3mf; do run -0 "$JUDGE/meshcheck" "$out.$f"; done
    fi
}

@test "CT abdomen at 200 HU" { end_to_end "$data/ct-abdomen-ge-crlm-1004" --threshold 200HU; }
@test "CT abdomen at 300 HU" { end_to_end "$data/ct-abdomen-ge-crlm-1004" --threshold 300HU; }
@test "CT of rtstruct-sts-012 at 200 HU" { end_to_end "$data/rtstruct-sts-012/CT" --threshold 200HU; }

@test "CT head with tilt and two slice distances: refused, gaps named" {
    refuses 2 "$out.nrrd" dcmseg "$data/ct-head-ge-tilt-variable-spacing" --threshold 200HU -o "$out.nrrd"
    [[ $stderr == *G-4* ]]
}

@test "a missing slice: refused" {
    refuses 2 "$out.nrrd" dcmseg "$data/ct-irregular/missing-slice" --threshold 200HU -o "$out.nrrd"
    [[ $stderr == *G-4* ]]
}

@test "one slice in 15 transfer syntaxes: as a series refused by rule" {
    run --separate-stderr dcmseg "$data/ct-transfer-syntaxes" --threshold 200HU -o "$out.nrrd"
    [ "$status" -eq 2 ]
    [[ $stderr == *G-* ]]
    nothing_left "$out.nrrd"
}

@test "six series in one folder: listed, refused without a choice, one chosen goes through" {
    run -0 dcmseg --list "$data/mixed-ct-mr-pt-sts-002"
    [ "${#lines[@]}" -ge 6 ]
    run --separate-stderr dcmseg "$data/mixed-ct-mr-pt-sts-002" --threshold 200HU -o "$out.nrrd"
    [ "$status" -eq 2 ]
    nothing_left "$out.nrrd"
    dcmseg "$data/mixed-ct-mr-pt-sts-002" --series '^CT|CT$' --threshold 200HU | mcubes | meshfix --check
}

@test "projection radiographs are refused as a volume" {
    refuses 2 "$out.nrrd" dcmseg "$data/xray" --threshold 200HU -o "$out.nrrd"
}

# stated FILE LABEL=VOXELS...: as the data's SOURCE.txt states or measured them
stated() {
    local f=$1
    shift
    dcmseg -q --mask "$data/$f" --output labels -o "$out.seg.nrrd" --json "$out.json"
    diff <(printf '%s\n' "$@") <(jq -r '.labels[] | "\(.label)=\(.voxel_count)"' "$out.json")
}

@test "label maps: the voxels that their sources state, exactly" {
    dcmseg -q --mask "$data/ct-abdomen-siemens-j2k-labels/example_seg_dicom.nii.gz" --output labels -o "$out.seg.nrrd" --json "$out.json"
    jq -e '(.labels | length) == 31 and ([.labels[] | select(.label == 5) | .voxel_count_mm3 * 10 | round] == [6994400])' "$out.json"
    diff <(printf '%s\n' 1=130634 5=366708 6=74102 32=23576 33=9930 52=11723 79=4911 117=15441) \
        <(jq -r '.labels[] | select(.label | IN(1, 5, 6, 32, 33, 52, 79, 117)) | "\(.label)=\(.voxel_count)"' "$out.json")
    stated ct-seg-liver-dcmqi/liver_spine_seg.nrrd 1=107098 2=12439
    stated ct-seg-liver-dcmqi/liver_spine_gapped_seg.nrrd 1=107098 5=12439
    stated ct-seg-liver-dcmqi/heart_seg.nrrd 3=41449
    stated ct-seg-liver-dcmqi/liver_seg.nrrd 1=107098
    stated ct-seg-liver-dcmqi/spine_seg.nrrd 2=12439
    for s in rtstruct-sts-012/CT rtstruct-sts-012/MR_T1; do stated ${s}_mask.nii.gz 1=25263; done
    for s in rtstruct-sts-025/CT rtstruct-sts-025/MR_T1; do stated ${s}_mask.nii.gz 1=9655; done
    stated mixed-ct-mr-pt-sts-002/CT_mask.nii.gz 1=17090
    stated mixed-ct-mr-pt-sts-002/MR_T1_mask.nii.gz 1=17090
    stated mixed-ct-mr-pt-sts-002/PET_mask.nii.gz 1=555
    stated labelmaps-pyradiomics/brain1_label.nrrd 1=4137
    stated labelmaps-pyradiomics/breast1_label.nrrd 1=143
    stated labelmaps-pyradiomics/lung1_label.nrrd 1=837
    stated phantom-ibsi1-digital/mask.nii.gz 1=74
    stated seg-phantom-24x38x3/nrrd/label.nrrd 1=315
    stated seg-phantom-24x38x3/sparse_labelmap_noppv_seg.nrrd 1=630
    stated seg-phantom-24x38x3/sparse_labelmap_ppv5_seg.nrrd 1=630 5=912
}

@test "concentric shells: voxels and pieces as stated, also in the ledger" {
    dcmseg -q -t 128 "$data/phantom-ibsi2-sphere" -o "$out.nrrd" --json "$out.json"
    jq -e '.segment | .voxel_count == 51989 and .voxel_count_mm3 == 415912 and [.pieces[].voxel_count] == [34188, 14524, 3244, 33]' "$out.json"
    jq -e '[.ledger[0].components[].voxel_count_mm3] == [273504, 116192, 25952, 264]' "$out.json"
}

@test "a label map lies on its CT: mean HU of liver and spleen, through a threshold and a mask" {
    s=$data/ct-abdomen-siemens-j2k-labels
    for l in 5:366708 1:130634; do
        dcmseg -q "$s/dicom" --mask "$s/example_seg_dicom.nii.gz" --label "${l%:*}" -t 20 -o "$out.nrrd" --json "$out.json"
        [ "$(number voxel_count "$out.json")" = "${l#*:}" ]
        jq -e '.mask.placed.resampled == false and .segment.mask_filled < 0.02 * .segment.voxel_count' "$out.json"
    done
}

@test "pixel data with more than they need: zeros are padding, anything else is a wrong size" {
    s=$data/mr-transfer-syntaxes-small
    for f in MR_small MR_small_padded; do dcmseg -q --frame 1 "$s/$f.dcm" -o "$out.$f"; done
    cmp <(tail -c 8192 "$out.MR_small") <(tail -c 8192 "$out.MR_small_padded")
    cp "$s/MR_small_padded.dcm" "$out.dcm"
    chmod u+w "$out.dcm"
    n=$(grep -abo -m1 $'\xe0\x7f\x10' "$out.dcm" | head -n 1 | cut -d: -f1)
    printf x | dd of="$out.dcm" bs=1 seek=$((n + 12 + 8192 + 40)) conv=notrunc status=none
    refuses 2 "$out.nrrd" dcmseg -q --frame 1 "$out.dcm" -o "$out.nrrd"
    [[ $stderr == *'8320 bytes'*'need 8192'* ]]
}
