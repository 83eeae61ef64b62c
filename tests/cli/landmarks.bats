#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Distances, angles and diameters between landmarks: on volume, mask, mesh, other stages and a scan of the print, below a voxel.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    # two balls of 10 on a rod of 4, 32 between the centres, along u = (.8 -.6 0); v = (.48 .64 -.6) and w = (.36 .48 .8) go across
    gen_series --body dumbbell --radius 10 --size 72x64x40 --spacing 0.75,0.75,0.75 -o CT
    gen_series --body dumbbell --radius 10.1 --size 72x64x40 --spacing 0.75,0.75,0.75 -o print
    gen_mask --ball 12.8,-9.6,0,10 -o ball.dcm CT
    dcmseg -q CT -t 500 | mcubes -q -o m.ply
    dcmseg -q print -t 500 | mcubes -q | meshconv - -o back.stl
    meshfix -q --smooth 5 m.ply -o fixed.ply 2>/dev/null || cp m.ply fixed.ply
    # landmarks lie 0.3 to 2 mm off the surface: a u + b v + c w + centre of the second ball
    awk 'function p(n, a, b, c) { printf "point %s %.6f %.6f %.6f\n", n, .8 * a + .48 * b + .36 * c, -.6 * a + .64 * b + .48 * c, -.6 * b + .8 * c }
        BEGIN {
            p("left", -25, 0, 0); p("right", 27, 0, 0)
            p("top", 16, 11.5, 0); p("bottom", 16, -9.5, 0)
            p("gapA", -9, 6, 0); p("gapB", 7.5, 6, 0)
            p("B", 26.4, 0, 0); p("A", 16, 10.5, 0); p("C", 16, 0, 9.2)
            p("r1", 0, 5, 0); p("r2", 0, 0, 4.4); p("r3", 0, -3.5, 0); p("r4", 0, -3, -3)
            print "distance length left right 52.0mm print=52.3mm"
            print "distance ball top bottom 20.0mm tol=0.2mm"
            print "distance gap gapA gapB 16.0mm tol=1%"
            print "angle corner A B C 60.0deg"
            print "diameter rod r1 r2 r3 r4 8.0mm tol=0.2mm print=8.1mm"
        }' >l.txt
}
setup() {
    f=$BATS_FILE_TMPDIR
    cd "$BATS_TEST_TMPDIR" || return 1
}
# near NAME TRUTH BOUND: a value of m.json
near() {
    jq -e --arg n "$1" --argjson t "$2" --argjson b "$3" '.measurements[] | select(.name == $n) | .value - $t | fabs < $b' m.json >/dev/null || {
        jq -c --arg n "$1" '.measurements[] | select(.name == $n)' m.json
        return 1
    }
}

@test "on volume and mesh each end to a tenth of a voxel, on the mask to one; by formula" {
    # a mask of voxels of 0.75 mm cannot say 0.2 mm
    run -1 --separate-stderr meshmeasure "$f/m.ply" --against "$f/CT" --landmarks "$f/l.txt" --keep-names --json m.json
    for on in '' ', volume'; do
        near "distance length$on" 52 0.1
        near "distance ball$on" 20 0.1
        near "distance gap$on" 16 0.1
        near "diameter rod$on" 8 0.1
        near "angle corner$on" 60 0.6 # 0.075 mm at both ends of arms of 14 mm
    done
    jq -e '[.measurements[] | select(.verdict != "pass") | .name | endswith(", mask")] | all and length > 0' m.json
    near 'distance length, mask' 52 0.75
    near 'distance ball, mask' 20 0.75
    near 'distance gap, mask' 16 0.75
    near 'diameter rod, mask' 8 0.75
    near 'angle corner, mask' 60 4
    # a mask does not know more than its voxels: 2 sqrt(2 / 12) of a step along the line
    jq -e '.measurements[] | select(.name == "distance length, mask") | .uncertainty > 0.6 and .uncertainty < 1' m.json
    jq -e '.measurements[] | select(.name == "distance length, volume") | .uncertainty < 0.06' m.json
    jq -e '[.measurements[] | select(.name == "angle corner") | .unit, .tolerance_is] == ["deg", "default: 1 mm at the end of the shorter arm"]' m.json
    jq -e '[.measurements[] | select(.name == "distance length") | .tolerance, .tolerance_is] == [1, "default: 1 mm end to end"]' m.json
    jq -e '[.measurements[] | select(.name | startswith("print")) | [.name, .value, .verdict]] == [["print length", 52.3, "pass"], ["print rod", 8.1, "pass"]]' m.json
}

@test "on other stages and on a scan of the print; a print that is too large fails" {
    run -1 --separate-stderr meshmeasure "$f/m.ply" --landmarks "$f/l.txt" --keep-names --json m.json --junit m.xml --report m.html \
        --stage mcubes="$f/m.ply" --stage Miller="$f/fixed.ply" --scan-back "$f/back.stl" --tol 0.3mm
    near 'distance length, stage mcubes' 52 0.05
    near 'distance length, stage Miller' 52 0.3
    near 'distance length, scan-back' 52.52 0.05
    near 'diameter rod, scan-back' 8.08 0.05
    jq -e '.measurements[] | select(.name == "distance length, scan-back") | .verdict == "fail"' m.json
    grep -q 'distance length, scan-back' m.xml
    grep -q 'scan-back' m.html
    # names of people stay in
    run --separate-stderr meshmeasure "$f/m.ply" --landmarks "$f/l.txt" --stage Miller="$f/fixed.ply" --json m.json
    jq -e '[.measurements[].name] | contains(["distance 1, stage 1"])' m.json
    ! grep -q Miller m.json
}

@test "on a mask by itself, and on labels" {
    dcmseg -q "$f/ball.dcm" --label 1 | mcubes -q | meshconv - -o ball.stl
    grep -E '^point|distance ball' "$f/l.txt" >b.txt
    run --separate-stderr meshmeasure ball.stl --against "$f/ball.dcm" --landmarks b.txt --keep-names --json m.json
    jq -e '[.measurements[].name] | contains(["distance ball", "distance ball, mask"]) and (contains(["distance ball, volume"]) | not)' m.json
    near 'distance ball, mask' 20 0.75
    dcmseg -q "$f/ball.dcm" --label 1 --output labels | mcubes -q -o n.ply
    run --separate-stderr meshmeasure n.ply --against "$f/ball.dcm" --landmarks b.txt --keep-names --json m.json
    near 'distance ball, mask' 20 0.75
}

@test "3D Slicer: angles and closed curves, in RAS" {
    awk 'BEGIN {
        printf "{\"markups\":[{\"type\":\"Angle\",\"coordinateSystem\":\"RAS\",\"controlPoints\":["
        split("26.4 0 0 16 10.5 0 16 0 9.2", q); o[1] = 4; o[2] = 1; o[3] = 7
        for (i = 1; i <= 3; i++) { a = q[o[i]]; b = q[o[i] + 1]; c = q[o[i] + 2]
            printf "%s{\"label\":\"Mr X\",\"position\":[%.6f,%.6f,%.6f]}", (i > 1 ? "," : ""), -(.8 * a + .48 * b + .36 * c), .6 * a - .64 * b - .48 * c, -.6 * b + .8 * c }
        printf "]},{\"type\":\"ClosedCurve\",\"coordinateSystem\":\"RAS\",\"controlPoints\":["
        for (i = 0; i < 4; i++) { b = i < 2 ? 4.3 - 9 * i : 0; c = (i > 1) ? 3.9 - 8 * (i - 2) : 0
            printf "%s{\"position\":[%.6f,%.6f,%.6f]}", (i ? "," : ""), -(.48 * b + .36 * c), -(.64 * b + .48 * c), -.6 * b + .8 * c }
        print "]}]}" }' >m.mrk.json
    run -0 --separate-stderr meshmeasure "$f/m.ply" --landmarks m.mrk.json --json m.json --tol 3deg
    near 'angle 1' 60 0.6
    near 'diameter 2' 8 0.05
    jq -e '[.measurements[].reference_is] == ["angle of the landmarks", "circle through the landmarks"]' m.json
}

@test "tolerances of a specification; what is given with a landmark comes first" {
    echo '{ "schema": 1, "tolerances": { "landmark-distance": "0.01mm", "landmark-angle": "5deg", "landmark-diameter": "9%" } }' >spec.json
    run --separate-stderr meshmeasure "$f/m.ply" --landmarks "$f/l.txt" --keep-names --json m.json --spec spec.json
    jq -e '[.measurements[] | select(.name | test("^(distance|angle|diameter)")) | .tolerance_is]
        == ["specification", "given with it", "given with it", "specification", "given with it"]' m.json
    jq -e '[.measurements[] | select(.name == "angle corner") | .tolerance] == [5]' m.json
    echo '{ "schema": 1, "tolerances": { "landmark-angle": "5mm" } }' >spec.json
    refuses 2 o.json meshmeasure "$f/m.ply" --landmarks "$f/l.txt" --spec spec.json --json o.json
}

@test "no surface near, no landmarks, no such file" {
    printf 'point A 300 0 0\npoint B 320 0 0\npoint C 300 9 0\ndistance d A B 20mm\nangle a A B C 30deg\ndiameter c A B C\n' >far.txt
    run -1 --separate-stderr meshmeasure "$f/m.ply" --landmarks far.txt --json m.json
    jq -e '[.measurements[] | .verdict] == ["undecided", "undecided", "undecided"] and .measurements[0].note == "no surface within 5 mm of a landmark, along the line through both"' m.json
    refuses 2 o.json meshmeasure "$f/m.ply" --stage a="$f/m.ply" --json o.json
    refuses 2 o.json meshmeasure "$f/m.ply" --scan-back "$f/m.ply" --json o.json
    refuses 2 o.json meshmeasure "$f/m.ply" --landmarks "$f/l.txt" --stage "$f/m.ply" --json o.json
    refuses 2 o.json meshmeasure "$f/m.ply" --landmarks "$f/l.txt" --stage a=none.ply --json o.json
    refuses 2 o.json meshmeasure "$f/m.ply" --landmarks "$f/l.txt" --scan-back none.stl --json o.json
}
