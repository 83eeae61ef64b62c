#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged DICOM files of all object types and transfer syntaxes, seeded: no crash, no hang, one line of error or an answer.
# 2,000 here; MUTATIONS=100000 in check-long.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    for t in implicit explicit big-endian deflated rle; do gen_series --size 16x16x2 --transfer $t -o $t; done
    for k in ct mr legacy-ct; do gen_series --size 16x16x4 --enhanced $k -o $k; done
    gen_series --size 40x36x30 --spacing 0.9,1.1,2 --radius 14 -o s
    for k in binary probability occupancy labelmap contours; do gen_mask --kind $k --ball 1,-2,3,11 --ball 5,0,3,8 -o $k.dcm --truth $k.json s; done
}
# run_seed SHARE SEED FILES...: the share of the number of cases
run_seed() {
    local all=2000 seed=$2
    case $B in *san) all=200 ;; esac # a fork of a sanitized program costs ten times as much
    local n=$((${MUTATIONS:-$all} * $1 / 100))
    shift 2
    cd "$BATS_TEST_TMPDIR"
    run "$B/tests/lib/mutate" "$n" "$seed" "$@"
    echo "# $output" >&3
    [ "$status" -eq 0 ]
    [[ $output == *" 0 failed"* ]]
    read -r good refused < <(sed 's/.*: \([0-9]*\) read, \([0-9]*\) refused.*/\1 \2/' <<<"${lines[-1]}")
    [ "$good" -gt 0 ] && [ "$refused" -gt 0 ] && [ $((good + refused)) -eq "$n" ]
}

@test "generated objects: classic, enhanced, segmentations, contours; five transfer syntaxes" {
    cd "$BATS_FILE_TMPDIR"
    run_seed 60 20261121 "$PWD"/{implicit,explicit,big-endian,deflated,rle,ct,mr,legacy-ct}/IM00001.dcm "$PWD"/*.dcm
}

@test "real objects: JPEG, JPEG-LS, JPEG 2000, reports, DICOMDIR" {
    [ -d "$SHARED/data" ] || skip "no ${SHARED}/data"
    mapfile -t list < <(find "$SHARED/data" \( -name '*.dcm' -o -name DICOMDIR \) -size -80k | sort)
    run_seed 40 20261122 "${list[@]}"
}
