#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Meshes from the test data of other programs: each valid after repair with nothing lost, or refused with a reason that says what to do.

load common

setup() {
    TOOL=meshfix
    cd "$BATS_TEST_TMPDIR" || return 1
    [ -d "$SHARED/data/meshes" ] || skip "no real meshes here"
}

# The refusals, and what they say.
refusals() {
    cat <<'EOF'
admesh/block-remove-unconnected-bad.stl|--keep 2 leaves it out
assimp/triangle_with_two_solids.stl|an open sheet bounds no volume
cgal/degtri_sliding.off|an open sheet bounds no volume
cgal/quads_to_stitch.off|an open sheet bounds no volume
cgal/tetra_intersected_by_triangle.off|--keep 1 leaves it out
libigl/degenerated.obj|a sheet bounds no volume
libigl/truck.obj|open edges, 
manifoldplus/bathtub.obj|non-manifold edges, 
manifoldplus/chair.off|non-manifold edges, 
trimesh/metadata.ply|an open sheet bounds no volume
trimesh/points_emptyface.ply|there are points only
trimesh/soup.stl|--nearby LENGTH joins what nearly meets
EOF
}

# Volumes that a formula gives, mm3: cubes.
volumes() {
    cat <<'EOF'
admesh/block-exact-bad.stl 61.0224
admesh/block-fill-holes-bad.stl 61.0237
admesh/block-normal-directions-bad.stl 61.0237
admesh/block-normal-directions-good.stl 61.0237
cgal/cube-shuffled.off 8
libigl/cube_with_fold.ply 8
openscad/cubes-touching.stl 2
openscad/issue1580-zero-area-triangle.stl 1000
openscad/nonmanifold.stl 1
slic3r/100_000.stl 1e15
slic3r/10_000.stl 1e12
trimesh/shared.STL 2
EOF
}

@test "meshfix: real meshes that cannot be bodies are refused with a reason" {
    while IFS='|' read -r f says; do
        refuses 1 no.ply timeout 60 meshfix -q "$SHARED/data/meshes/$f" -o no.ply
        [[ $stderr == "meshfix: not valid after repair, and not sent on: "*"$says"* ]] || { echo "$f: $stderr"; return 1; }
    done < <(refusals)
}

@test "meshfix: what is said to help does" {
    meshfix -q --keep 2 "$SHARED/data/meshes/admesh/block-remove-unconnected-bad.stl" -o ok.stl
    meshfix -q --keep 1 "$SHARED/data/meshes/cgal/tetra_intersected_by_triangle.off" -o ok.stl
}

@test "meshfix: all other real meshes become valid, nothing is lost, and a second time changes nothing" {
    n=0
    for f in "$SHARED"/data/meshes/*/*; do
        name=${f#"$SHARED/data/meshes/"}
        case $name in *.txt | manifold/openscad-nonmanifold-crash.obj) continue ;; esac
        refusals | grep -q "^$name|" && continue
        rc=0
        timeout 60 meshfix -q --json r.json "$f" -o once.ply 2>err || rc=$?
        [ "$rc" -ne 2 ] || continue # no mesh file: said by the tests of the readers
        [ "$rc" -eq 0 ] || { echo "$name: $(cat err)"; return 1; }
        meshfix -q once.ply -o twice.ply
        [ "$(sed '1,/^end_header$/d' once.ply | cksum)" = "$(sed '1,/^end_header$/d' twice.ply | cksum)" ] || { echo "$name: twice"; return 1; }
        # as large as it was; as much as it was, where it was a body
        jq -e '.audit.before.box_mm as $b | .audit.after.box_mm as $a | ([range(3) | $b[1][.] - $b[0][.]] | max) as $size |
            [range(3) | $a[0][.] - $b[0][.], $b[1][.] - $a[1][.]] | all(. <= 0.01 * $size)' r.json >/dev/null || { echo "$name: box"; return 1; }
        jq -e '.audit | (.before.closed and .before.manifold and .before.oriented and .before.selfintersecting_pairs == 0 | not) or
            (((.before.volume_mm3 | fabs) - .after.volume_mm3 | fabs) <= 1e-5 * .after.volume_mm3)' r.json >/dev/null || { echo "$name: volume"; return 1; }
        v=$(volumes | awk -v f="$name" '$1 == f { print $2 }')
        [ -z "$v" ] || within 1e-4 "$(jq .audit.after.volume_mm3 r.json)" "$v" || { echo "$name: not $v"; return 1; }
        n=$((n + 1))
    done
    [ "$n" -ge 60 ]
}
