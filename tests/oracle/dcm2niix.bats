#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Real series against dcm2niix: the same values in the same places of the patient, sample by sample.

setup() {
    [ -d "$SHARED/data" ] || skip "no $SHARED/data"
    command -v dcm2niix >/dev/null || skip "no dcm2niix"
    /usr/bin/python3 -c 'import numpy' 2>/dev/null || skip "no numpy"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# alike FOLDER [SERIES FILE]: FILE of dcm2niix, which names it by the series' number
alike() {
    rm -rf nii && mkdir nii
    dcm2niix -z n -b n -o nii -f %s "$SHARED/data/$1" >dcm2niix.log
    dcmseg -q "$SHARED/data/$1" ${2:+--series "$2"} -t -32000 -o ours.nrrd
    [ "$(/usr/bin/python3 "$ROOT/tests/oracle/labelmap.py" ours.nrrd nii/${3:-*}.nii)" = same ]
}

@test "dcm2niix: CT, plain and JPEG 2000; MR and PET; oblique and anisotropic" {
    local n=0
    while read -r folder series file; do
        echo "$folder"
        alike "$folder" "$series" "$file"
        n=$((n + 1))
    done <<'END'
ct-abdomen-ge-crlm-1004
ct-abdomen-siemens-j2k-labels/dicom
mr-oblique-nonisotropic
phantom-ibsi2-sphere
mr-seg-breast-ucsf-br-06 MR 21001
rtstruct-sts-012 CT 3
rtstruct-sts-012 MR 7266038
mixed-ct-mr-pt-sts-002 CT 3
mixed-ct-mr-pt-sts-002 PT 4
mixed-ct-mr-pt-sts-002 MR 6564013
END
    [ "$n" -eq 10 ]
}
