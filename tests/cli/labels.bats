#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# mcubes on label maps: each part valid, walls in common, volumes kept.

load common

setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out.ply data=$SHARED/data
}
# map FILE SIZE TYPE EXPRESSION [KEYS]: a label map of SIZE^3 bytes; EXPRESSION is awk over x y z
map() {
    { printf 'NRRD0005\ntype: uint8\ndimension: 3\nsizes: %d %d %d\nspace: left-posterior-superior\nspace directions: (1,0,0) (0,0.9,0) (0,0,1.4)\nspace origin: (-100,20,5)\nencoding: text\n%s\n' $2 $2 $2 "${4:-}"
      awk -v n=$2 "BEGIN { for (z = 0; z < n; z++) for (y = 0; y < n; y++) for (x = 0; x < n; x++) print ($3) }"; } >"$1"
}
volume_of() { jq ".parts[] | select(.label == $1) | .mesh_mm3" "$2"; }

@test "two halves of a ball: volumes within 0.1 %, a wall in common, valid one by one and together" {
    ball='(x - 19.7) ^ 2 + (y - 20.1) ^ 2 + (z - 19.4) ^ 2 <= 256 ? (x + 0.2 * y < 24 ? 3 : 7) : 0'
    map ball.nrrd 40 "$ball"
    mcubes --labels ball.nrrd -o "$out" --json facts.json
    for l in 3 7; do
        n=$(jq ".parts[] | select(.label == $l) | .voxel_count" facts.json)
        within 0.1 "$(volume_of $l facts.json)" "$(awk "BEGIN { printf \"%.6f\", $n * 1.26 }")"
    done
    jq -e '.options.method == "nets" and .options.relax == 30 and all(.parts[]; .smooth) and .ledger[0].from == "voxel_count" and .audit.valid' facts.json
    for l in 3 7; do meshconv -q --label $l "$out" | meshfix --check; done
    meshconv -q --join-parts "$out" -o whole.ply
    meshfix --check whole.ply
    within 0.1 "$(meshmeasure --json - whole.ply | jq .quantities.volume_mm3)" "$(jq .ledger[0].before_mm3 facts.json)"
}

@test "the books close from a mask to the mesh" {
    map ball.nrrd 40 '(x - 19.7) ^ 2 + (y - 20.1) ^ 2 + (z - 19.4) ^ 2 <= 256 ? (x + 0.2 * y < 24 ? 3 : 7) : 0'
    for pick in '--label 3' '--label 3 --label 7'; do
        for m in nets mc; do
            dcmseg -q ball.nrrd $pick | mcubes --labels --method $m | meshfix -q -o "$out"
            meshmeasure "$out" --json facts.json >/dev/null
            jq -e '(.ledger | length) >= 2 and all(.warnings[]; .text | test("ledger does not close") | not)' facts.json
        done
    done
}

@test "relax 0 and marching cubes: the definitions, unsmoothed" {
    map cube.nrrd 5 '(x > 0 && x < 4 && y > 0 && y < 4 && z > 0 && z < 4) ? 9 : 0'
    mcubes --labels --relax 0 cube.nrrd -o "$out" --json facts.json
    within 1e-4 "$(volume_of 9 facts.json)" "$(awk 'BEGIN { printf "%.6f", 27 * 1.26 }')" # voxels as they are
    jq -e '.parts[0].smooth == false and .ledger[0].moved_mm == 0' facts.json
    mcubes --labels --method mc cube.nrrd -o "$out" --json facts.json
    # cells between samples: 8 full ones, half of those at the 6 sides, an eighth at the 12 edges, 1/48 at the corners
    within 1e-4 "$(volume_of 9 facts.json)" "$(awk 'BEGIN { printf "%.6f", (8 + 6 * 4 / 2 + 12 * 2 / 8 + 8 / 48) * 1.26 }')"
    jq -e '.options.method == "mc" and (.options | has("relax") | not)' facts.json
}

@test "the same bytes for any number of threads" {
    map noise.nrrd 9 'int((x * 7919 + y * 104729 + z * 1299709 + x * y * z * 31) % 11 / 3)'
    for m in nets mc; do
        mcubes -j 1 --labels --method $m noise.nrrd -o "$out"
        mcubes -j 4 --labels --method $m noise.nrrd | cmp - "$out"
    done
}

@test "names that are anatomical terms go on, others become part-N, and all of them with --keep-names" {
    printf -v keys 'Segment0_ID:=s1\nSegment0_LabelValue:=1\nSegment0_Layer:=0\nSegment0_Name:=Liver\nSegment1_ID:=s2\nSegment1_LabelValue:=2\nSegment1_Layer:=0\nSegment1_Name:=Jane Roe\n'
    map seg.nrrd 8 'x > 1 && x < 6 && y > 1 && y < 6 ? (z < 4 ? 1 : 2) : 0' "$keys"
    mcubes seg.nrrd --json facts.json -o "$out" # a segmentation says itself that it is one
    jq -e '[.parts[].name] == ["Liver", "part-2"]' facts.json
    ! grep -a -q Roe "$out" facts.json
    mcubes --keep-names seg.nrrd --json facts.json -o "$out"
    jq -e '[.parts[].name] == ["Liver", "Jane Roe"] and .options["keep-names"]' facts.json
}

@test "refused by name: no label, options that are not for it" {
    map none.nrrd 4 0
    map one.nrrd 4 'x == 1'
    refuses 1 "$out" mcubes --labels none.nrrd -o "$out"
    refuses 2 "$out" mcubes --labels --iso 1 one.nrrd -o "$out"
    refuses 2 "$out" mcubes --labels --open one.nrrd -o "$out"
    refuses 2 "$out" mcubes --labels --method cubes one.nrrd -o "$out"
    refuses 2 "$out" mcubes --labels --method mc --relax 3 one.nrrd -o "$out"
    refuses 2 "$out" mcubes one.nrrd -o "$out" # neither a level nor labels
    refuses 2 "$out" mcubes --iso 0.5 --method nets one.nrrd -o "$out"
    sed 's/uint8/float/' one.nrrd | sed '$s/$/\n0.5/' | head -n -2 >half.nrrd
    echo 0.5 >>half.nrrd
    refuses 2 "$out" mcubes --labels half.nrrd -o "$out"
}

@test "31 organs of a real label map: all valid, volumes kept" {
    [ -d "$data/ct-abdomen-siemens-j2k-labels" ] || skip "no label map in the shared data"
    mcubes --labels "$data/ct-abdomen-siemens-j2k-labels/example_seg_dicom.nii.gz" -o "$out" --json facts.json
    jq -e '.part_count == 31 and .audit.valid and all(.parts[]; .smooth)' facts.json
    jq -e 'all(.parts[]; (.mesh_mm3 / .voxel_count_mm3 - 1) | . < 1e-5 and . > -1e-5)' facts.json
    jq -e '.parts[] | select(.label == 5) | .voxel_count == 366708' facts.json
}

# of FILE VOLUME PERCENT AREA PERCENT: marching cubes of its label
of() {
    mcubes --labels --method mc "$data/$1" -o "$out"
    meshmeasure "$out" --json facts.json >/dev/null
    within "$3" "$(jq .quantities.volume_mm3 facts.json)" "$2"
    within "$5" "$(jq .quantities.area_mm2 facts.json)" "$4"
}

@test "the figures of IBSI and pyradiomics" {
    [ -d "$data/labelmaps-pyradiomics" ] || skip "no label maps in the shared data"
    of phantom-ibsi1-digital/mask.nii.gz 556.3333333 1e-6 388.0706 1e-4 # consensus 556 +- 4 and 388 +- 3; digits by scikit-image
    of labelmaps-pyradiomics/lung1_label.nrrd 1330.976079 1e-6 782.241458 1e-6
    of labelmaps-pyradiomics/breast1_label.nrrd 124.091305 1e-3 172.887079 1e-3
    of labelmaps-pyradiomics/brain1_label.nrrd 16149.495443 0.05 6433.734317 0.15 # it has cells that allow of two readings
}
