#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Bodies with a truth, as DICOM series through dcmseg and mcubes: volume, place and topology. What sampling may cost is
# stated by the generator: h^2/3 times the integral of the mean curvature (fixtures/gen/phantom.h).

load common

# body NAME NXxNYxNZ H MORE...: NAME.ply, NAME.json (measured), NAME.truth; the mesh is valid and its volume within the bound.
body() {
    local name=$1 size=$2 h=$3
    shift 3
    cd "$BATS_TEST_TMPDIR"
    gen_series --body "$name" --size "$size" --spacing "$h,$h,$h" "$@" -o "$name" --truth "$name.truth"
    dcmseg "$name" --threshold 500HU -q | mcubes -q >"$name.ply"
    meshmeasure --json "$name.json" "$name.ply" >/dev/null
    run -0 meshfix --check "$name.ply"
    awk -v v="$(number volume_mm3 "$name.json")" -v t="$(number volume_mm3 "$name.truth")" -v e="$(number volume_error_mm3 "$name.truth")" \
        -v k="$(number curvature_mm "$name.truth")" -v h="$h" 'BEGIN { d = v - t; if (d < 0) d = -d; bound = h * h / 3 * k + e
            printf "volume %.2f, truth %.2f, off by %.2f, bound %.2f\n", v, t, d, bound; exit !(k > 0 && d <= bound && d > bound / 4) }'
}

topology() { # NAME SOLIDS CAVITIES GENUS
    [[ "$(meshmeasure "$1.ply" | grep ^components)" =~ ^components\ +$2\ +and\ $3\ cavit ]]
    [ "$(number genus "$1.json")" = "$4" ]
}

centroid() { # NAME TOLERANCE
    local want
    mapfile -t want < <(grep -A3 centroid_mm "$1.truth" | grep -oE -- '-?[0-9.]+(e-?[0-9]+)?' | tail -n 3 | xargs printf '%.6f\n')
    run -0 meshmeasure --expect "centroid-x=${want[0]}mm,tol=$2mm" --expect "centroid-y=${want[1]}mm,tol=$2mm" --expect "centroid-z=${want[2]}mm,tol=$2mm" "$1.ply"
}

@test "torus: one solid with one hole, along no image axis" {
    body torus 64x64x64 1 --center 7,-11,13
    topology torus 1 0 1
    centroid torus 0.02
}

@test "nested balls: a cavity, and a solid inside the cavity" {
    body nested 64x64x64 1
    topology nested 2 1 0
    centroid nested 0.02
}

@test "thin plates: 1 to 3 mm in voxels of 0.5 mm, none lost" {
    body plates 112x112x80 0.5
    topology plates 4 0 0
}

@test "plates thinner than the voxel are not whole, and the volume says so" {
    cd "$BATS_TEST_TMPDIR"
    gen_series --body plates --size 40x40x28 --spacing 1.6,1.6,1.6 -o plates --truth truth
    dcmseg plates --threshold 500HU -q | mcubes -q >plates.ply
    run -1 meshmeasure --expect "volume=$(number volume_mm3 truth)mm3" --tol 5% plates.ply
}

@test "vessel tree: 31 tapering segments, watertight, in one piece without loops" {
    body vessels 176x128x168 0.5
    topology vessels 1 0 0
}

@test "noise: every case of marching cubes, and the mesh is valid" {
    cd "$BATS_TEST_TMPDIR"
    gen_series --body noise --size 24x24x24 -o noise
    dcmseg noise --threshold 500HU -q | mcubes -q >noise.ply
    run -0 meshfix --check noise.ply
}
