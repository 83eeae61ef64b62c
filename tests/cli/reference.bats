#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Judging against masks that the records do not name: segmentations, contours, label maps; size, place and side.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --size 60x54x40 --spacing 0.8,0.9,1.2 --radius 17 -o s
    gen_series --size 60x54x40 --spacing 0.8,0.9,1.2 --radius 17 --seed 7 -o t
    # two balls that are no mirror image of each other; a third body that is not meant
    for k in binary contours; do
        gen_mask --kind $k --name liver --ball 1,-2,3,10 --ball=-9,6,-8,6 --truth $k.json -o $k.dcm s
        gen_mask --kind $k --name liver --foreign --ball 1,-2,3,12 -o foreign-$k.dcm s
    done
    gen_mask --kind binary --name spleen --ball 15,12,0,4 --ball 1,-2,3,10 --ball=-9,6,-8,6 -o three.dcm s
    dcmseg -q three.dcm --label . --output labels -o three.seg.nrrd
    dcmseg -q three.dcm --label 2 --label 3 --output grey -o both.nrrd
    mcubes -q both.nrrd -o both.ply
    meshconv both.ply -o both.stl
    dcmseg -q s -t 500 | mcubes -q -o ball.ply # by threshold: its records name no mask
}
setup() {
    f=$BATS_FILE_TMPDIR
    cd "$BATS_TEST_TMPDIR" || return 1
}
value() { jq --arg n "$1" '.measurements[] | select(.name == $n) | .value' m.json; }
verdict() { jq -r --arg n "$1" '.measurements[] | select(.name == $n) | .verdict' m.json; }
judged() { # EXIT MESH OPTIONS
    local code=$1 mesh=$2
    shift 2
    run -"$code" --separate-stderr meshmeasure "$mesh" --json m.json "$@"
}

@test "a mesh without records against a segmentation, contours or a label map of any kind" {
    voxels=$(jq '[.segments[].voxels] | add' "$f/binary.json")
    for how in "$f/binary.dcm" "$f/three.dcm" "$f/three.seg.nrrd" "$f/both.nrrd"; do
        args=(--against "$how")
        case $how in
        *three.seg*) args+=(--label 'part-[23]') ;;
        *three*) args+=(--label other) ;;
        *binary*) args+=(--label .) ;;
        esac
        judged 0 "$f/both.stl" "${args[@]}" --tol 2%
        [ "$(jq '.references[0].mask_voxels' m.json)" -eq "$voxels" ]
        jq -e '.references[0] | .volume_is == "voxel count of the mask" and .dice == 1 and .hausdorff_mm == 0 and .assd_mm == 0' m.json
        jq -e --argjson n "$voxels" '.measurements[0] | .name == "mask volume" and (.reference - $n * 0.864 | fabs) < 1e-6' m.json
        jq -e '[.measurements[].name] == ["mask volume", "mask centroid-shift", "mask dice", "mask misplaced", "mask hd95", "mask assd"]' m.json
    done
    # what the voxels leave open of the reference has its line: sqrt(n / 12) of them
    jq -e '.uncertainty.items[] | select(.name == "reference") | .kind == "reference" and .mm3 > 5 and .mm3 < 50' m.json
    jq -e '(.uncertainty.items[] | select(.name == "reference") | .mm3) as $u | .measurements[0].uncertainty - 2 * $u | fabs < 0.1' m.json
    # contours have the grid of their images; these give the two-class partial volume, if it tells more
    judged 0 "$f/both.stl" --against "$f/contours.dcm" --against "$f/s" --label . --tol 3% --tol 1mm
    jq -e '.references[0] | .partial and .mask.kind == "dicom-rtstruct" and (.labels | length) == 2' m.json
    # a name of one, a number of one
    dcmseg -q "$f/three.dcm" --label 1 | mcubes -q | meshconv - -o spleen.stl
    for l in spleen 1; do judged 0 spleen.stl --against "$f/three.dcm" --label $l --tol 10%; done
    judged 1 spleen.stl --against "$f/three.dcm" --label 2 --tol 10%
}

@test "the named volume: voxel count, or the two-class partial volume where grey values are there and tell more" {
    gen_mask --name liver --ball 0,0,0,17 -o own.dcm "$f/s" # the very ball of the series
    truth=$(awk 'BEGIN { print 4 / 3 * 3.14159265358979 * 17 ^ 3 }')
    meshconv "$f/ball.ply" -o ball.stl
    judged 0 ball.stl --against own.dcm
    jq -e '.references[0].volume_is == "voxel count of the mask"' m.json
    judged 0 ball.stl --against own.dcm --against "$f/s"
    jq -e '.references[0] | .volume_is == "two-class partial volume of the mask" and .volume_uncertainty_mm3 < 10' m.json
    within 0.1 "$(jq '.references[0].volume_mm3' m.json)" "$truth"
    [[ $output == *"mask volume"*"pass, two-class partial volume of the mask"* ]] || [ -s m.json ]
}

@test "mirrored, turned or displaced: of the right volume, and it fails" {
    for against in "$f/binary.dcm" "$f/three.seg.nrrd"; do
        l=.
        [ "$against" = "$f/binary.dcm" ] || l='part-[23]'
        for how in '--mirror x' '--mirror y' '--mirror z' --turn '--shift 5,0,0' '--shift 0,-5,0' '--shift 0,0,5'; do
            gen_move $how <"$f/both.ply" | meshconv - -o m.stl
            judged 1 m.stl --against "$against" --label $l --tol 2%
            [ "$(verdict 'mask volume')" = pass ]
            [ "$(verdict 'mask dice')" = fail ]
            jq -e '.verdict == "fail"' m.json
        done
        # by how much
        [ "$(verdict 'mask centroid-shift')" = fail ]
        within 1 "$(value 'mask centroid-shift')" 5
    done
    gen_move --shift 0,0,5 <"$f/both.ply" | meshconv - -o m.stl
    judged 1 m.stl --against "$f/contours.dcm" --against "$f/s" --label . --tol 3%
    [ "$(verdict 'mask hd95')" = fail ]
    # wholly elsewhere, and in metres
    gen_move --shift 5000,0,0 <"$f/both.ply" | meshconv - -o m.stl
    judged 1 m.stl --against "$f/both.nrrd" --tol 2%
    [ "$(value 'mask dice')" = 0 ]
    jq -e '.measurements[2].note | contains("wholly beside")' m.json
}

@test "one layer of voxels more is one voxel, in every measure" {
    gen_mask --name liver --ball 0,0,0,12.9 -o large.dcm "$f/s"
    gen_mask --name liver --ball 0,0,0,12 -o small.dcm "$f/s"
    dcmseg -q small.dcm --label 1 | mcubes -q | meshconv - -o small.stl
    judged 1 small.stl --against large.dcm
    dcmseg -q small.dcm --label 1 --output labels -o a.seg.nrrd
    dcmseg -q large.dcm --label 1 --output labels -o b.seg.nrrd
    meshdiff --volumes b.seg.nrrd a.seg.nrrd --json d.json || [ $? -eq 1 ]
    jq -e --slurpfile d d.json '.references[0] as $r | $d[0].volumes[0] | (.dice - $r.dice | fabs) < 1e-9 and .assd_mm == $r.assd_mm
        and .p95_larger_mm == $r.p95_larger_mm and .hausdorff_mm == $r.hausdorff_mm' m.json
}

@test "frames of reference: the same, another one, not known" {
    judged 1 "$f/ball.ply" --against "$f/binary.dcm" --label liver
    jq -e '.references[0].frame_of_reference == "the same"' m.json
    refuses 2 o.json meshmeasure "$f/ball.ply" --against "$f/foreign-binary.dcm" --label 1 --json o.json
    [[ $stderr == *"different frames of reference"*G-3* ]] || { echo "$stderr"; return 1; }
    # mesh without records: it is said
    judged 0 "$f/both.stl" --against "$f/binary.dcm" --label . --tol 2%
    jq -e '.references[0].frame_of_reference == "the mesh does not tell its frame of reference"' m.json
    jq -e '(.measurements[1].note | contains("does not tell its frame of reference")) and ([.warnings[] | select(.rule == "G-3")] | length == 1)' m.json
    run -0 --separate-stderr meshmeasure "$f/both.stl" --against "$f/binary.dcm" --label . --tol 2%
    [[ $output == *"voxel count of the mask; frame of reference: the mesh does not tell"* ]]
    judged 0 "$f/both.stl" --against "$f/both.nrrd" --tol 2%
    jq -e '.measurements[1].note | contains("of mesh and mask are not known")' m.json
    # images and mask
    refuses 2 o.json meshmeasure "$f/both.stl" --against "$f/foreign-contours.dcm" --against "$f/s" --json o.json
    [[ $stderr == *G-3* ]]
    refuses 2 o.json meshmeasure "$f/both.stl" --against "$f/binary.dcm" --against "$f/t" --label . --json o.json
    [[ $stderr == *"images that"*"not among the files"* ]]
    refuses 2 o.json meshmeasure "$f/both.stl" --against "$f/contours.dcm" --label . --json o.json
    # a mesh whose file says RAS is another mesh
    meshconv "$f/both.stl" -o plain.ply && sed 's/SPACE=LPS/SPACE=RAS/; t; s/^element vertex/comment SPACE=RAS\n&/; t' plain.ply >ras.ply
    run --separate-stderr meshmeasure ras.ply --against "$f/binary.dcm" --label . --tol 2%
    [ "$status" -ne 0 ]
}

@test "beside the source that the records name; a folder's masks only by label" {
    judged 1 "$f/ball.ply" --against "$f/s" --against "$f/binary.dcm" --label 1
    jq -e '([.measurements[].name] | contains(["volume", "dice", "ledger", "mask volume", "mask dice"]))
        and ([.measurements[] | select(.name == "dice" or .name == "ledger") | .verdict] == ["pass", "pass"])' m.json
    mkdir study && cp -r "$f/s" "$f/binary.dcm" study
    judged 0 "$f/ball.ply" --against study
    jq -e '.references == null' m.json
    judged 1 "$f/ball.ply" --against study --label liver
    jq -e '.references | length == 1' m.json
    # two masks: both, by number
    judged 0 "$f/both.stl" --against "$f/binary.dcm" --against "$f/three.seg.nrrd" --label 'liver|other|part-[23]' --tol 2%
    jq -e '[.measurements[].name] | contains(["mask volume 1", "mask assd 2"])' m.json
    # a grey volume that the records name is no mask
    gen_grey --radius 8 -o g.nrrd
    dcmseg -q g.nrrd -t 500 | mcubes -q -o g.ply
    judged 0 g.ply --against g.nrrd
    jq -e '.references == null' m.json
}

@test "no records, foreign records, several segments, none, an empty one: trouble, never a pass" {
    refuses 2 o.json meshmeasure "$f/both.stl" --against "$f/s" --json o.json
    [[ $stderr == *"records are missing"*"or name the file of a mask"* ]]
    mkdir study && cp -r "$f/s" "$f/binary.dcm" study
    refuses 2 o.json meshmeasure "$f/both.stl" --against study --json o.json
    refuses 2 o.json meshmeasure "$f/both.stl" --against "$f/binary.dcm" --json o.json
    [[ $stderr == *"has 2 labels: choose with --label"*"1 liver"* ]]
    refuses 2 o.json meshmeasure "$f/both.stl" --against "$f/binary.dcm" --label spleen --json o.json
    [[ $stderr == *"no label is 'spleen'"* ]]
    refuses 2 o.json meshmeasure "$f/both.stl" --against "$f/nothing.dcm" --json o.json
    refuses 2 o.json meshmeasure "$f/both.stl" --against "$f/both.nrrd" --space LAS --json o.json
    # records that belong to another payload
    LC_ALL=C sed -E '1,/end_header/s/("out"[^}]*"crc32"[^0-9a-f]*)[0-9a-f]{4}/\10000/' "$f/ball.ply" >other.ply
    ! cmp -s "$f/ball.ply" other.ply
    refuses 2 o.json meshmeasure other.ply --against "$f/binary.dcm" --label 1 --json o.json
    [[ $stderr == *"do not belong"* ]]
    # changed on purpose
    meshfix -q "$f/ball.ply" --cut z=0 -o cut.ply
    refuses 2 o.json meshmeasure cut.ply --against "$f/binary.dcm" --label 1 --json o.json
    [[ $stderr == *"on purpose"* ]]
}

@test "a hollow part is judged by its outer surface, one part of several by itself" {
    dcmseg -q "$f/s" -t 500 | mcubes -q | meshshell -q --hollow 3mm -o h.ply
    gen_mask --name liver --ball 0,0,0,17 -o own.dcm "$f/s"
    judged 0 h.ply --against own.dcm
    dcmseg -q "$f/three.dcm" --label 1 --label 2 --output labels | mcubes -q -o nets.ply
    meshconv nets.ply -o nets.3mf
    judged 0 nets.3mf --against "$f/three.dcm" --label 2 --tol 2% --keep-names
    judged 1 nets.3mf --against "$f/three.dcm" --label 1 --tol 0.01%
}

@test "fractions: an occupancy is summed, a probability is counted from a level on, and the verdict says which" {
    gen_mask --kind occupancy --ball 0,0,0,15 --truth t.json -o occ.dcm "$f/s"
    gen_mask --kind probability --ball 0,0,0,15 -o prob.dcm "$f/s"
    dcmseg -q occ.dcm | mcubes -q | meshconv -q - -o b.stl
    judged 0 b.stl --against occ.dcm
    jq -e --slurpfile t t.json '.references[0] | .volume_is == "sum of the occupancies of the mask" and .level_is == "default"
        and .mask.level == 0.5 and (.volume_mm3 - $t[0].segments[0].mm3 | fabs) < 1e-6' m.json
    [[ $output == *"place by occupancy, inside from 0.5 on (default)"* ]]
    judged 0 b.stl --against prob.dcm --tol 3%
    [[ $output == *"pass, voxel count of the mask: probability from 0.5 on (default)"* ]]
    n=$(jq '.references[0].mask_voxels' m.json)
    judged 1 b.stl --against prob.dcm --tol 3% --probability 0.9
    [[ $output == *"fail, voxel count of the mask: probability from --probability on"* ]]
    jq -e --argjson n "$n" '.references[0] | .mask_voxels < 0.8 * $n and .level_is == "--probability" and .mask.level == 0.9' m.json
    jq -e '.options.probability == 0.9 and .place_checked' m.json
    for p in 0 1.1 nan x; do run -2 meshmeasure b.stl --against prob.dcm --probability $p; done
    run -2 --separate-stderr meshmeasure b.stl --probability 0.5
    [[ $stderr == *"--probability needs --against"* ]]
}

@test "contours without their images: the message names their series and the way out" {
    dcmseg -q "$f/binary.dcm" --label 1 | mcubes -q | meshconv -q - -o b.stl
    dcmseg --info "$f/s" --json i.json >/dev/null
    series=$(jq -r '.info[0].series' i.json)
    [ ${#series} -eq 16 ]
    run -2 --separate-stderr meshmeasure b.stl --against "$f/contours.dcm" --label 1
    [[ $stderr == *"needs the images that it was drawn on"*"give their folder too ("*"series $series in dcmseg --info --json), or a label map"* ]]
}

@test "tolerances of a specification: by the names of the masks' quantities" {
    echo '{ "schema": 1, "tolerances": { "mask-volume": "3%", "mask-dice": "0.1", "mask-centroid-shift": "1mm", "mask-hd95": "2mm", "mask-assd": "1mm", "mask-misplaced": "5" } }' >spec.json
    judged 0 "$f/both.stl" --against "$f/both.nrrd" --spec spec.json
    jq -e '[.measurements[].tolerance_is] | unique == ["specification"]' m.json
    jq -e '[.measurements[] | select(.name == "mask dice") | .tolerance] == [0.1]' m.json
}
