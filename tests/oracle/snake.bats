#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Active contours of dcmseg beside scikit-image, from the same start.

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    /usr/bin/python3 -c 'import skimage.segmentation' 2>/dev/null || return 0
    /usr/bin/python3 "$BATS_TEST_DIRNAME/snake.py" make
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    [ -e values.nrrd ] || skip "no scikit-image"
}
same() { # name of the case, step
    dcmseg -q --mask start.nrrd -t 100 "$2" values.nrrd -o "$1.nrrd"
    /usr/bin/python3 "$BATS_TEST_DIRNAME/snake.py" "$1" "$1.nrrd"
}

@test "Chan-Vese: the same samples" {
    same chanvese --chanvese=25
    same weights --chanvese=10:2:1:2
}
@test "geodesic contours with a balloon: Dice 0.99" {
    same geodesic --geodesic=25:1:1
}
