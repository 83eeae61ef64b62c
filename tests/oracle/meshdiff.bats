#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Distances against an independent meter (CGAL) on collected meshes: our bounds hold what it samples, our means are its means.
# JUDGE=DIR has meshdist built; else it is built once from $SHARED/judge, where CGAL is there.

setup() {
    judge=${JUDGE:-$B/judge}
    cd "$BATS_TEST_TMPDIR" || return 1
    [ -d "$SHARED/data/meshes/vcglib" ] || skip "no collected meshes in $SHARED"
    command -v jq >/dev/null || skip "no jq"
    [ ! -x "$judge/meshdist" ] || return 0
    [ -f "$SHARED/judge/Makefile" ] || skip "no meter in $SHARED"
    [ -d /usr/include/CGAL ] || skip "no CGAL (libcgal-dev)"
    make -s -C "$SHARED/judge" OUT="$judge" "$judge/meshdist"
}

# compare A B: maxima sampled there are in our bounds, means to 0.5 %, percentiles to 1 %.
compare() {
    "$judge/meshdist" --json "$1" "$2" >judge.json
    meshdiff -q --json ours.json "$1" "$2" >/dev/null
    jq -r --slurpfile j judge.json '
        def near($a; $b; $p): ($a - $b | fabs) <= $p / 100 * $b + 1e-6;
        .deviation as $d | $j[0] as $b |
        ([["a_to_b", "a_to_b"], ["b_to_a", "b_to_a"]][] | $d[.[0]] as $x | .[1] as $n |
            [$n + " max", $x.max_lower_mm, $x.max_upper_mm, $b[$n + "_max"], $x.max_upper_mm >= $b[$n + "_max"] - 1e-6 and $x.max_upper_mm - $x.max_lower_mm <= 0.001],
            [$n + " mean", $x.mean_mm.value, $x.mean_mm.upper, $b[$n + "_mean"], near($x.mean_mm.value; $b[$n + "_mean"]; 0.5)],
            [$n + " rms", $x.rms_mm.value, $x.rms_mm.upper, $b[$n + "_rms"], near($x.rms_mm.value; $b[$n + "_rms"]; 0.5)],
            [$n + " p95", $x.percentiles_mm.p95.value, $x.percentiles_mm.p95.upper, $b[$n + "_p95"], near($x.percentiles_mm.p95.value; $b[$n + "_p95"]; 1)])
        | select(.[4] | not) | "\(.[0]): \(.[1]) (up to \(.[2])), the meter says \(.[3])"' ours.json >diff.txt
    [ ! -s diff.txt ] || { echo "$1 $2"; cat diff.txt; return 1; }
}

@test "meshdiff: knot and its coarse version, armadillo and bunny as far as they are" {
    compare "$SHARED/data/meshes/vcglib/knot_orig.ply" "$SHARED/data/meshes/vcglib/knot_subsampled.ply"
    compare "$SHARED/data/meshes/vcglib/knot_orig.ply" "$SHARED/data/meshes/trimesh/bunny.ply"
}
