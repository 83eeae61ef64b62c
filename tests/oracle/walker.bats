#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Random walks of dcmseg beside scikit-image, from the same markers: the same probabilities within 1e-3.

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    /usr/bin/python3 -c 'import skimage.segmentation' 2>/dev/null || return 0
    /usr/bin/python3 "$BATS_TEST_DIRNAME/walker.py" make
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    [ -e values.nrrd ] || skip "no scikit-image"
}

@test "all of a volume from two seeds, on a grid of uneven steps" {
    dcmseg -q -t 1 values.nrrd --walker 'all;in=10,12,18,2;out=2,2,3,4;out=19,21,22,4;beta=6' -o seeds.nrrd --walker-map seeds.map --json seeds.json
    /usr/bin/python3 "$BATS_TEST_DIRNAME/walker.py" seeds "$(jq '.segment.steps[-1].sigma' seeds.json)"
}
