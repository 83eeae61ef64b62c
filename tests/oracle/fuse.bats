#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Fusion of masks beside ITK's STAPLE and a majority counted by numpy.

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    /usr/bin/python3 -c 'import scipy' 2>/dev/null || return 0
    /usr/bin/python3 "$BATS_TEST_DIRNAME/fuse.py" make
    g++ -O1 -w -I/usr/include/ITK-5.2 "$BATS_TEST_DIRNAME/staple_peer.cpp" -lITKCommon-5.2 -litksys-5.2 -litkvnl-5.2 \
        -litkvnl_algo-5.2 -o staple_peer 2>/dev/null || true
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    [ -e m0.nrrd ] || skip "no SciPy"
}

@test "STAPLE: probabilities within 1e-4 of ITK's, sensitivities within 1e-5, the same samples" {
    [ -x staple_peer ] || skip "no ITK"
    ./staple_peer 40 36 24 itk.raw m0.raw m1.raw m2.raw m3.raw >itk.txt
    dcmseg -q --fuse staple m0.nrrd m1.nrrd m2.nrrd m3.nrrd -o staple.nrrd --json staple.json
    paste -d' ' itk.txt <(jq -r '.source.inputs[] | "\(.sensitivity) \(.specificity)"' staple.json) |
        awk '{ print; if (($1 - $3) ^ 2 > 1e-10 || ($2 - $4) ^ 2 > 1e-10) bad = 1 } END { exit bad || NR != 4 }'
    /usr/bin/python3 "$BATS_TEST_DIRNAME/fuse.py" staple
}
@test "majority: Dice 1" {
    dcmseg -q --fuse majority m0.nrrd m1.nrrd m2.nrrd -o majority.nrrd
    /usr/bin/python3 "$BATS_TEST_DIRNAME/fuse.py" majority
}
