#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The wall of a hollow part, measured by the judge's meshdist and checked by its meshcheck ($JUDGE, else built beside $SHARED).

load ../cli/common

setup() {
    cd "$BATS_TEST_TMPDIR"
    JUDGE=${JUDGE:-$SHARED/../judge-build}
    [ -x "$JUDGE/meshdist" ] && [ -x "$JUDGE/meshcheck" ] || skip "no judge in $JUDGE"
    MESHES=$SHARED/data/meshes
    [ -d "$MESHES" ] || skip "no shared data"
}

@test "armadillo hollowed to 3 mm: wall by the judge as asked, and what meshshell says of it" {
    meshshell -q --hollow 3mm "$MESHES/cgal/armadillo.off" -o h.ply --json h.json
    "$JUDGE/meshcheck" h.ply >/dev/null
    "$JUDGE/meshdist" --wall h.ply >wall
    in=$(awk '$1 == "inner_to_outer_min" { print $2 }' wall) out=$(awk '$1 == "outer_to_inner_min" { print $2 }' wall)
    awk -v a="$in" -v b="$out" -v m="$(number min_mm h.json)" 'BEGIN { l = a < b ? a : b; exit !(l >= 2.9969 && l >= m - 1e-6) }'
}
