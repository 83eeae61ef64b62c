# SPDX-License-Identifier: GPL-3.0-or-later
# Programs of others read the 3MF and STL that we write: lib3mf, PrusaSlicer, unzip, admesh.

load common

setup() {
    copy=$B/tests/lib/meshfile_copy
    cd "$BATS_TEST_TMPDIR" || return 1
    gen_meshes -o fault >/dev/null
    part=fault/open_edges_good.stl
    [ -f "$part" ] || part=$(ls fault/*_good.stl | head -n 1)
}

@test "lib3mf reads the 3MF without a warning: millimetres, manifold, oriented, metadata, placed at the origin" {
    need_lib3mf
    for f in "$part" "$SHARED"/data/meshes/trimesh/{7_8ths_cube.stl,torus.STL,unit_sphere.STL} "$SHARED"/data/meshes/thingi10k/{472042,88566}.stl; do
        [ -f "$f" ] || continue
        counts=$("$copy" "$f" a.3mf 2>&1)
        read -r triangles vertices <<<"$counts"
        run ./l3mf_check a.3mf
        echo "$f: $output"
        [ "$status" -eq 0 ]
        [[ $output == *"unit millimeter"* && $output == *"name a <part> & more"* ]]
        [[ $output == *"CaseId = K-17"* && $output == *"Verdict = pass"* ]]
        [[ $output == *"vertices $vertices"*"triangles $triangles"* ]]
        [[ $output == *"objects 1"*"diagonal 1 1 1"*"lower corner 0 0 0"*"items 1"* ]]
    done
}

@test "lib3mf reads several parts with names and colours without a warning" {
    need_lib3mf
    sed 's/^element vertex/obj_info meshqa_part 1 e6b422 left kidney\nobj_info meshqa_part 2 0000ff liver\n&/' fault/shared_wall_good.ply |
        meshconv -q -o both.3mf
    run ./l3mf_check both.3mf
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"name left kidney"*"name liver"*"objects 2"* ]]
    unzip -p both.3mf 3D/3dmodel.model | grep -q 'displaycolor="#E6B422"'
}

@test "the checker itself says no to a mesh that is open" {
    need_lib3mf
    "$copy" "$part" a.3mf
    unzip -q a.3mf -d x
    sed -i '0,/<triangle /{/<triangle /d}' x/3D/3dmodel.model
    (cd x && zip -q -r ../b.3mf .)
    run ./l3mf_check b.3mf
    echo "$output"
    [ "$status" -ne 0 ]
}

@test "unzip finds no fault in the package" {
    "$copy" "$part" a.3mf
    unzip -tq a.3mf
}

@test "PrusaSlicer calls the 3MF and the STL manifold, of the same size" {
    command -v prusa-slicer >/dev/null || skip "no prusa-slicer"
    for name in a.3mf a.stl; do
        counts=$("$copy" "$part" "$name" 2>&1)
        triangles=${counts% *}
        run prusa-slicer --info "$name"
        echo "$output"
        [ "$status" -eq 0 ]
        [[ $output == *"number_of_facets = $triangles"* && $output == *"manifold = yes"* ]]
        grep -E '^size_[xyz]' <<<"$output" >"$name.size"
    done
    cmp a.3mf.size a.stl.size
}

@test "PrusaSlicer and admesh take our STL of the 2 mm cube whose normals were zero, which they cannot read itself" {
    command -v admesh >/dev/null || skip "no admesh"
    "$copy" "$ROOT/tests/fuzz/corpus/stl/cube-zero-normals" ours.stl
    run timeout 20 admesh -c ours.stl
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output =~ Number\ of\ facets\ +:\ +12\  && $output == *"Binary STL file"* ]]
    cp "$ROOT/tests/fuzz/corpus/stl/cube-zero-normals" theirs.stl
    run timeout 3 admesh -c theirs.stl # does not return
    [ "$status" -ne 0 ]
    command -v prusa-slicer >/dev/null || skip "no prusa-slicer"
    run prusa-slicer --info ours.stl
    echo "$output"
    [[ $output == *"number_of_facets = 12"* && $output == *"manifold = yes"* ]]
}
