#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Judging against masks: meshes made with them, whole and part by part; the right mask among others; place and side.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --size 40x36x30 --spacing 0.9,1.1,2 --radius 14 --tilt 12 -o s
    # two balls that are no mirror image of each other
    for k in binary occupancy contours; do gen_mask --kind $k --name liver --ball 1,-2,3,9 --ball=-9,6,-8,6 -o $k.dcm s; done
    gen_mask --kind labelmap --ball 1,-2,3,8.5 --ball=-9,6,-8,6 -o other.dcm s
    dcmseg -q binary.dcm --label 1 --label 2 --output labels -o two.seg.nrrd
    mcubes two.seg.nrrd -o nets.ply
    mcubes --method mc two.seg.nrrd -o mc.ply
    dcmseg -q -t 500 --mask contours.dcm s --output grey | mcubes -o cut.ply
}
setup() {
    f=$BATS_FILE_TMPDIR
    cd "$BATS_TEST_TMPDIR" || return 1
}
passes() { # MESH PATH...
    local mesh=$1 p=() x
    shift
    for x in "$@"; do p+=(--against "$x"); done
    run -0 --separate-stderr meshmeasure "$mesh" "${p[@]}" --json m.json
    jq -e '.verdict == "pass"' m.json >/dev/null
}

@test "made with a mask: found among the paths by its checksum, replayed, judged" {
    for k in binary occupancy contours; do
        dcmseg -q -t 500 --mask "$f/$k.dcm" --label 1 "$f/s" | mcubes -o a.ply
        passes a.ply "$f/s" "$f/$k.dcm" "$f/other.dcm"
        dcmseg -q --mask "$f/$k.dcm" --label 2 --keep largest "$f/s" | mcubes -o a.ply
        passes a.ply "$f/$k.dcm" "$f/s"
    done
    dcmseg -q "$f/occupancy.dcm" --label 1 | mcubes -o a.ply # alone: the fractions
    passes a.ply "$f/occupancy.dcm"
    dcmseg -q "$f/occupancy.dcm" --label 1 --probability 0.4 | mcubes -o a.ply
    passes a.ply "$f/occupancy.dcm"
    dcmseg -q -t 500 --mask "$f/two.seg.nrrd" --label 2 "$f/s" | mcubes -o a.ply
    passes a.ply "$f/s" "$f/two.seg.nrrd"
    dcmseg -q "$f/two.seg.nrrd" --label 1 --output grey | mcubes -o a.ply
    passes a.ply "$f/two.seg.nrrd"
    jq -e '[.measurements[] | select(.name == "volume") | .reference_is] == ["volume at level"]' m.json
    dcmseg -q -t 500 "$f/s" --output labels | mcubes -o a.ply # a threshold that went out as a label
    passes a.ply "$f/s"
}

@test "labels: the whole and each part, against the volume that the method keeps" {
    passes "$f/nets.ply" "$f/binary.dcm"
    jq -e '[.measurements[] | select(.name == "volume of part 2") | .reference_is] == ["voxel count"]
        and ([.measurements[].name] | contains(["volume", "volume of part 1", "dice of part 1", "misplaced of part 2", "ledger"]))' m.json
    v=$(dcmseg -q "$f/binary.dcm" --label 2 --json - -o n.nrrd | jq .segment.voxel_count_mm3)
    jq -e --argjson v "$v" '[.measurements[] | select(.name == "volume of part 2") | .reference == $v] == [true]' m.json
    passes "$f/mc.ply" "$f/binary.dcm"
    jq -e '[.measurements[] | select(.name == "volume of part 2") | .reference_is] == ["volume at level"]' m.json
    # one of them
    run -0 --separate-stderr meshmeasure "$f/nets.ply" --label 2 --against "$f/binary.dcm" --json m.json
    jq -e '.measurements | map(.name) | (contains(["ledger"]) | not) and (map(contains("part")) | any | not)' m.json
    jq -e --argjson v "$v" '.measurements[0].reference == $v' m.json
}

@test "a mesh of the right volume in the wrong place or on the wrong side fails: mirrored, turned, displaced" {
    for mesh in cut nets; do
        against=("$f/contours.dcm" "$f/s" "$f/binary.dcm")
        for how in '--mirror x' '--mirror y' '--mirror z' '--shift 2,0,0' '--shift 0,0,-2'; do
            gen_move $how <"$f/$mesh.ply" >m.ply
            run -1 --separate-stderr meshmeasure m.ply --against "${against[0]}" --against "${against[1]}" --against "${against[2]}" --json m.json
            jq -e '.verdict == "fail" and ([.measurements[] | select(.name == "volume") | .verdict] == ["pass"])' m.json
        done
        gen_move --turn <"$f/$mesh.ply" >m.ply # RAS taken for LPS
        run -1 --separate-stderr meshmeasure m.ply --against "${against[0]}" --against "${against[1]}" --against "${against[2]}" --json m.json
        jq -e '([.measurements[] | select(.name == "volume") | .verdict] == ["pass"]) and (.measurements[] | select(.name == "dice") | .verdict) == "fail"' m.json
    done
    # parts that stand in each other's place
    gen_move --swap <"$f/nets.ply" >m.ply
    run -1 --separate-stderr meshmeasure m.ply --against "$f/binary.dcm" --json m.json
    jq -e '([.measurements[] | select(.name == "dice") | .verdict] == ["pass"]) and (.measurements[] | select(.name == "dice of part 1") | .verdict) == "fail"' m.json
}

@test "without the mask, with another one, or without records there is no verdict" {
    refuses 2 o.json meshmeasure "$f/cut.ply" --against "$f/s" --json o.json
    [[ $stderr == *"mask that the mesh was made with"* ]]
    refuses 2 o.json meshmeasure "$f/nets.ply" --against "$f/other.dcm" --json o.json
    [[ $stderr == *"not among the 1 masks"* ]]
    refuses 2 o.json meshmeasure "$f/cut.ply" --against "$f/contours.dcm" --json o.json
    refuses 2 o.json meshmeasure "$f/nets.ply" --label 1 --against "$f/other.dcm" --json o.json
    meshconv "$f/cut.ply" -o o.stl
    refuses 2 o.json meshmeasure o.stl --against "$f/s" --against "$f/contours.dcm" --json o.json
    [[ $stderr == *"records are missing"* ]]
}

@test "real segmentations, structure sets and label maps: part by part" {
    data=$SHARED/data
    [ -d "$data/ct-seg-liver-dcmqi" ] && [ -d "$data/rtstruct-sts-012" ] && [ -d "$data/ct-abdomen-siemens-j2k-labels" ] || skip "no $data"
    map=$(echo "$data"/ct-abdomen-siemens-j2k-labels/*.nii.gz)
    dcmseg -q --mask "$map" --label 1 --label 5 --label 6 --label 103 --output labels | mcubes -o nets.ply
    passes nets.ply "$map"
    jq -e '[.measurements[] | select(.name == "volume of part 5") | .reference - 699440.0 | fabs < 0.01] == [true]' m.json
    dcmseg -q "$data/rtstruct-sts-012/CT" --mask "$data/rtstruct-sts-012/RTSTRUCT_CT.dcm" --output labels | mcubes -o a.ply
    passes a.ply "$data/rtstruct-sts-012"
    jq -e '.measurements[0].reference - 78783.0 | fabs < 0.1' m.json
    dcmseg -q "$data/ct-seg-liver-dcmqi/liver.dcm" --output labels | mcubes -o a.ply
    passes a.ply "$data/ct-seg-liver-dcmqi/liver.dcm"
    jq -e '.measurements[0].reference - 70361.93 | fabs < 0.01' m.json
}
