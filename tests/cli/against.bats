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
    refuses 2 o.json meshmeasure o.stl --against "$f/s" --json o.json
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

sr() { gen_sr -o r.dcm "$@"; }
reported() { # EXIT MESH OPTIONS: judged by r.dcm
    local code=$1 mesh=$2
    shift 2
    run -"$code" --separate-stderr meshmeasure "$mesh" --against r.dcm --json m.json "$@"
}

@test "a structured report: volume and area by old and new codes, in any UCUM unit, known to half a digit" {
    v=$(meshmeasure "$f/cut.ply" --json - | jq .quantities.volume_mm3)
    ml=$(awk -v v="$v" 'BEGIN { printf "%.2f", v / 1000 }')
    for m in "G-D705,SRT,$ml,ml" "118565006,SCT,$ml,cm3" "RNU0,IBSI,${v%.*},mm3" "YEKZ,IBSI,$ml,mL"; do
        sr -m "$m" "$f/s"
        reported 0 "$f/cut.ply"
        jq -e '.measurements[0] | .name == "reported volume 1" and .verdict == "pass" and .reference_is[0:18] == "structured report:"' m.json
    done
    sr -m "118565006,SCT,$ml,ml" "$f/s"
    reported 0 "$f/cut.ply"
    jq -e '.measurements[0] | .uncertainty > 5 and .uncertainty < 30' m.json
    # a number has no place: it is said
    jq -e '[.warnings[].text | select(contains("neither place nor side"))] | length == 1' m.json
    run -0 meshmeasure "$f/cut.ply" --against r.dcm
    [[ $output == *"place, side"*"not judged"*"verdict: "*"; place and side not checked: no reference mask"* ]]
    jq -e '.place_checked == false and (.reason | endswith("place and side not checked: no reference mask"))' m.json
    run -0 meshmeasure "$f/cut.ply" --against r.dcm --against "$f/s" --against "$f/contours.dcm"
    [[ $output != *"not judged"* ]]
    reported 1 "$f/cut.ply" --tol 1mm3
    jq -e '.measurements[0].verdict == "undecided"' m.json
    # on the segmentation that the mesh was made from: the voxels are the same on both sides
    w=$(meshmeasure "$f/nets.ply" --json - | jq '.quantities.volume_mm3 | floor')
    gen_sr -m "YEKZ,IBSI,$w,mm3" -o r.dcm "$f/binary.dcm"
    reported 0 "$f/nets.ply" --tol 0.1%
    jq -e '(.measurements[0].uncertainty < 0.6) and (.uncertainty.volume_mm3 > 10) and ([.uncertainty.items[].name] | contains(["float32", "sampling", "mcubes"]))' m.json
    sr -m 118565006,SCT,99,ml "$f/s"
    reported 1 "$f/cut.ply"
    jq -e '.verdict == "fail"' m.json
    sr -m "C0JK,IBSI,$(meshmeasure "$f/cut.ply" --json - | jq '.quantities.area_mm2 | floor'),mm2" "$f/s"
    reported 0 "$f/cut.ply" --measurement C0JK
    # beside the source
    sr -m "118565006,SCT,$ml,ml" "$f/s"
    reported 0 "$f/cut.ply" --against "$f/s" --against "$f/contours.dcm"
    jq -e '[.measurements[].name] | contains(["reported volume 1", "dice"])' m.json
}

@test "a report that does not belong, has no volume, several, or no usable unit is refused" {
    no() { # TEXT, then options of gen_sr
        local text=$1
        shift
        sr "$@" "$f/s"
        refuses 2 o.json meshmeasure "$f/cut.ply" --against r.dcm --json o.json
        [[ $stderr == *"$text"* ]] || { echo "$stderr"; return 1; }
    }
    no 'none of them is what the mesh was made from' --elsewhere -m 118565006,SCT,5,ml
    no '[G-3]' --foreign -m 118565006,SCT,5,ml
    no 'has no volume' -m 121206,DCM,5,mm
    no 'has no volume' -m 126401,DCM,5,mm
    no "unit '1'" -m 118565006,SCT,5,1
    no "unit 'cc'" -m 118565006,SCT,5,cc
    no 'does not fit' -m 118565006,SCT,5,mm2
    no '2 measurements are meant' -m 118565006,SCT,5,ml -m YEKZ,IBSI,6,ml
    sr -m 118565006,SCT,5,ml "$f/s"
    meshconv "$f/cut.ply" -o o.stl
    refuses 2 o.json meshmeasure o.stl --against r.dcm --json o.json
    [[ $stderr == *"records are missing"* ]]
    refuses 2 o.json meshmeasure "$f/cut.ply" --against "$f/s" --measurement volume --json o.json
    refuses 2 o.json meshmeasure "$f/cut.ply" --measurement volume --json o.json
}

@test "one measurement among several: by number, tracking identifier, expression" {
    v=$(meshmeasure "$f/cut.ply" --json - | jq .quantities.volume_mm3)
    ml=$(awk -v v="$v" 'BEGIN { printf "%.2f", v / 1000 }')
    sr --tracking 'tumour 3' --finding Liver -m 126401,DCM,5,mm -m YEKZ,IBSI,99,ml -m "118565006,SCT,$ml,ml" "$f/s"
    for which in 2 118565006 'Liver.*118565006'; do
        reported 0 "$f/cut.ply" --measurement "$which"
        jq -e '.measurements[0].name == "reported volume 2"' m.json
    done
    reported 1 "$f/cut.ply" --measurement YEKZ --measurement 2
    jq -e '[.measurements[].verdict] == ["fail", "pass"]' m.json
    refuses 2 o.json meshmeasure "$f/cut.ply" --against r.dcm --measurement 'tumour 3' --json o.json
    [[ $stderr == *"1: volume by voxels (YEKZ IBSI) 99 ml; 2: volume (118565006 SCT)"* ]]
    refuses 2 o.json meshmeasure "$f/cut.ply" --against r.dcm --measurement spleen --json o.json
    # of another segment than the mesh
    gen_sr --segment 2 -m 118565006,SCT,3,ml -o r.dcm "$f/binary.dcm"
    dcmseg -q "$f/binary.dcm" --label 1 | mcubes -o one.ply
    refuses 2 o.json meshmeasure one.ply --against r.dcm --json o.json
    [[ $stderr == *"of segment 2"* ]]
}

@test "diameter, long and short axis of a report; what needs points is for landmarks" {
    dcmseg -q "$f/s" -t 500 | mcubes -q -o ball.ply # the ball of 14
    for m in '81827009,SCT,28.0,mm' 'M-02550,SRT,2.8,cm' 'L0JK,IBSI,28.0,mm' '103339001,SCT,28.0,mm' 'G-A185,SRT,28,mm' '103340004,SCT,28.0,mm' 'G-A186,99SDM,2.8,cm'; do
        sr -m "$m" "$f/s"
        reported 0 ball.ply --measurement 1 --tol 1mm
        jq -e '.measurements[0] | .verdict == "pass" and (.name | test("^reported (diameter|long-axis|short-axis) 1$"))' m.json
    done
    sr -m 103340004,SCT,25.0,mm "$f/s"
    reported 1 ball.ply --measurement 1
    jq -e '.measurements[0] | .verdict == "fail" and .tolerance == 1 and .tolerance_is == "default: 1 mm end to end" and .reference_is == "structured report: short axis, across the long one"' m.json
    echo '{ "schema": 1, "tolerances": { "reported-short-axis": "5mm" } }' >spec.json
    reported 0 ball.ply --measurement 1 --spec spec.json
    for m in 121206,DCM 410668003,SCT G-D7FE,SRT 122445,DCM; do
        sr -m "$m,25.0,mm" "$f/s"
        refuses 2 o.json meshmeasure ball.ply --against r.dcm --measurement 1 --json o.json
        [[ $stderr == *"distance (${m%,*} ${m#*,}) 25.0 mm: a mesh by itself has no such quantity"*--landmarks* ]]
    done
}

@test "a real report agrees with the segmentation that it measures: 33.5824 ml" {
    d=$SHARED/data/sr-tid1500-headneck-0003
    [ -d "$d" ] || skip "no $d"
    dcmseg -q "$d/seg.dcm" --label 1 --output labels | mcubes -o a.ply
    run -0 --separate-stderr meshmeasure a.ply --against "$d/sr.dcm" --against "$d/seg.dcm" --json m.json
    jq -e '.measurements[0] | .reference == 33582.4 and (.uncertainty - 0.05 | fabs) < 0.04 and (.difference_percent | fabs) < 0.01
        and .reference_is == "structured report: volume by voxel summation"' m.json
    run -0 --separate-stderr meshmeasure a.ply --against "$d/sr.dcm" --measurement 'primary tumor'
    # marching cubes cut the corners of the voxels: another volume, and that is said
    dcmseg -q "$d/seg.dcm" --label 1 | mcubes -o a.ply
    run -1 --separate-stderr meshmeasure a.ply --against "$d/sr.dcm"
    [[ $output == *"voxels of the records do sum up to it"* ]]
}
