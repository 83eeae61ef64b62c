#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Steps of dcmseg beside SciPy and scikit-image on a noisy volume of an anisotropic grid: the same samples, the same levels.

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    /usr/bin/python3 -c 'import scipy.ndimage, skimage.filters' 2>/dev/null || return 0
    /usr/bin/python3 "$BATS_TEST_DIRNAME/segment.py" make
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    [ -e grey.nrrd ] || skip "no SciPy or scikit-image"
}
same() { # name of the case, steps
    local name=$1
    shift
    dcmseg -q "$@" grey.nrrd --output labels -o "$name.nrrd"
    /usr/bin/python3 "$BATS_TEST_DIRNAME/segment.py" "$name" "$name.nrrd"
}

@test "filters: median and Gaussian" {
    same median --median 1 -t 120
    same median2 --median 2 -t 120
    same gauss --gauss 1.3mm -t 120
    same diffuse --diffuse 15:25 -t 120
    same bilateral --bilateral 1.3mm:30 -t 120
    same z --normalise z -t 120
    same percentile --normalise percentile -t 120
}
@test "balls in millimetres" {
    for what in erode dilate open close; do same "$what" -t 120 "--$what" 1.7mm; done
}
@test "bodies cut apart by a watershed" {
    same split -t 120 --split 1.3mm
}
@test "pieces and cavities" {
    same islands -t 120 --islands 20mm3
    same largest -t 120 --keep largest
    same fill -t 120 --fill all
}
@test "Otsu's levels, two to four classes" {
    for n in 2 3 4; do
        dcmseg -q -t "otsu:$n" grey.nrrd -o "$BATS_TEST_TMPDIR/x.nrrd" --json "otsu$n.json"
        /usr/bin/python3 "$BATS_TEST_DIRNAME/segment.py" "otsu$n" "otsu$n.json"
    done
}
