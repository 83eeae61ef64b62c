#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshdiff --volumes against SciPy's distance transform on random segmentations of an anisotropic grid.

@test "meshdiff --volumes: overlap and distances are SciPy's" {
    /usr/bin/python3 -c 'import scipy.ndimage' 2>/dev/null || skip "no SciPy"
    cd "$BATS_TEST_TMPDIR"
    for seed in 1 2 3 4; do
        echo "seed $seed"
        /usr/bin/python3 "$BATS_TEST_DIRNAME/voxels.py" $seed 1.01 >scipy.json
        meshdiff -q --volumes --tol 1.01mm --json ours.json a.nrrd b.nrrd >/dev/null || [ $? -eq 1 ]
        jq -e --slurpfile s scipy.json '.volumes[0] as $o | $s[0] | to_entries | all(($o[.key] - .value | fabs) <= 1e-6 * .value)' ours.json
    done
}
