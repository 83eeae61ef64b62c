#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The audit against an independent checker (exact predicates by CGAL) on collected meshes: every count must agree.
# JUDGE: see common.bash.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    [ -d "$SHARED/data/meshes" ] || skip "no collected meshes in $SHARED"
    need_judge
}

# Facets unchanged into STL, so that both see the same float32 points, welded where bit-equal.
compare() { # FILE
    "$judge/tostl" "$1" in.stl 2>/dev/null || return 0
    "$judge/meshcheck" --json in.stl >judge.json || true
    [ "$(jq .triangles judge.json)" -gt 0 ] || return 0
    rm -f ours.json
    meshfix --check --json ours.json in.stl >/dev/null 2>err.txt || true
    [ -f ours.json ] || { echo "$1: $(cat err.txt)"; return 1; }
    jq -r --slurpfile j judge.json '
        .audit.before as $a | $j[0] as $b |
        [["triangles", $a.triangles, $b.triangles], ["vertices", $a.vertices, $b.vertices], ["edges", $a.edges, $b.edges],
         ["open edges", $a.open_edges, $b.open_edges], ["holes", $a.holes, $b.holes],
         ["non-manifold edges", $a.nonmanifold_edges, $b.nonmanifold_edges],
         ["non-manifold vertices", $a.nonmanifold_vertices, $b.nonmanifold_vertices],
         ["flipped edges", $a.flipped_edges, $b.inconsistent_edges],
         ["degenerate", $a.degenerate_triangles, $b.degenerate_index + $b.degenerate_area],
         ["duplicates", $a.duplicate_triangles, $b.duplicate_faces], ["unreferenced", $a.unreferenced, $b.unreferenced_vertices],
         ["intersecting pairs", $a.selfintersecting_pairs, $b.selfintersecting_pairs],
         ["components", $a.components, $b.components], ["euler", $a.euler, $b.euler], ["genus", $a.genus, $b.genus],
         ["closed", $a.closed, $b.closed], ["manifold", $a.manifold, $b.manifold], ["oriented", $a.oriented, $b.oriented],
         # a component of negative volume is inside out, or a cavity; the checker takes meshes with either for clean
         ["facing inward", $a.inverted_components + $a.cavities, $b.negative_volume_components],
         ["valid", $a.valid, ($b.clean and $a.inverted_components == 0)],
         ["volume", true, ($a.volume_mm3 - $b.signed_volume | fabs) <= 1e-7 * (($b.signed_volume | fabs) + $b.area * $b.max_edge)],
         ["area", true, ($a.area_mm2 - $b.area | fabs) <= 1e-7 * $b.area]]
        | map(select(.[1] != .[2])) | .[] | "\(.[0]): \(.[1]), the checker says \(.[2])"' ours.json >diff.txt
    [ ! -s diff.txt ] || { sed "s|^|${1##*/meshes/}: |" diff.txt; return 1; }
    compared=$((compared + 1))
}

@test "the audit agrees with the checker on every collected mesh" {
    compared=0 bad=0
    for f in "$SHARED"/data/meshes/*/*; do
        case $f in *.txt) continue ;; esac
        compare "$f" || bad=1
    done
    echo "$compared meshes compared"
    [ "$bad" -eq 0 ]
    [ "$compared" -ge 80 ]
}

@test "400,000 triangles with planted intersections: each pair is counted" {
    gen_bodies --body torus --triangles 400000 -o torus.ply
    gen_damage --spikes 300 --holes 50 --flips 20 torus.ply -o big.ply
    compared=0
    compare big.ply
    [ "$compared" -eq 1 ]
    [ "$(jq .selfintersecting_pairs judge.json)" -eq 900 ]
}

@test "what meshfix repaired is clean to the checker" {
    repaired=0
    for f in "$SHARED"/data/meshes/*/*; do
        "$judge/tostl" "$f" in.stl 2>/dev/null || continue
        rm -f out.ply
        meshfix -q in.stl -o out.ply 2>/dev/null || continue
        "$judge/meshcheck" --json out.ply >judge.json || { echo "$f: $(jq -c . judge.json)"; return 1; }
        [ "$(jq '.signed_volume > 0 and .duplicate_positions == 0' judge.json)" = true ]
        repaired=$((repaired + 1))
    done
    [ "$repaired" -ge 30 ]
}
