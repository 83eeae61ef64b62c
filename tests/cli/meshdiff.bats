#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshdiff: numbers of boxes that are known, verdicts and exit codes, the map, and what is refused.

load common

setup() {
    TOOL=meshdiff
    cd "$BATS_TEST_TMPDIR" || return 1
}

# box FILE X Y Z [COMMENT]: ASCII PLY, from the origin to X Y Z.
box() {
    {
        printf 'ply\nformat ascii 1.0\n%s' "${5:+comment $5
}"
        printf 'element vertex 8\nproperty float x\nproperty float y\nproperty float z\nelement face 12\nproperty list uchar int vertex_indices\nend_header\n'
        for z in 0 "$4"; do for y in 0 "$3"; do for x in 0 "$2"; do echo "$x $y $z"; done; done; done
        printf '3 %s\n' '0 2 3' '0 3 1' '4 5 7' '4 7 6' '0 1 5' '0 5 4' '2 6 7' '2 7 3' '0 4 6' '0 6 2' '1 3 7' '1 7 5'
    } >"$1"
}

@test "meshdiff: a mesh and itself are 0 apart, exactly" {
    box a.ply 10 20 30
    run -0 --separate-stderr meshdiff --tol 0 --json d.json a.ply a.ply
    [ -z "$stderr" ]
    [[ $output == *"tolerance 0 mm: pass"* ]]
    jq -e '[.deviation | del(.. | .within?) | .. | objects | .value, .lower, .upper, .max_lower_mm, .max_upper_mm | numbers] | unique == [0]' d.json
    jq -e '.deviation | [.within, .a_to_b.within, .b_to_a.within] | all(.value == 1 and .lower == 1)' d.json
    [ "$(jq -r '.verdict, .audit.a.valid, .audit.b.valid' d.json | tr '\n' ' ')" = 'pass true true ' ]
}

@test "meshdiff: boxes with one side moved by 0.25 mm, and the tolerance decides" {
    box a.ply 10 10 10
    box b.ply 10 10 10.25
    run -0 meshdiff a.ply b.ply --json -
    jq -e '.deviation | (.hausdorff_lower_mm - 0.25 | fabs) < 1e-6 and (.hausdorff_upper_mm - 0.25 | fabs) < 0.0011 and .hausdorff_upper_mm >= 0.25
        and (.a_to_b.area_mm2 - 600 | fabs) < 1e-6 ' <<<"$output"
    jq -e '.deviation | (.a_to_b.percentiles_mm.p95.value + .b_to_a.percentiles_mm.p95.value) / 2 - .mean_percentiles_mm.p95.value | fabs < 1e-12' <<<"$output"
    [ "$(jq -r .verdict <<<"$output")" = none ]
    run -0 meshdiff -q --tol 0.26mm a.ply b.ply
    run -1 --separate-stderr meshdiff --tol 240um a.ply b.ply
    [[ $output == *"tolerance 0.24 mm: fail"* ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "meshdiff: the meshes are at least 0.25"* ]]
}

@test "meshdiff: a tolerance between the bounds cannot be decided, a finer precision decides" {
    # B is three points, A the triangle between them: farthest is the centre of the circle through them, sqrt(29) away
    {
        printf 'ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n'
        printf '%s\n' '0 0 0' '10 0 0' '3 7 0' '3 0 1 2'
    } >a.ply
    sed 's/^element face 1/element face 3/; s/^3 0 1 2/3 0 0 0\n3 1 1 1\n3 2 2 2/' a.ply >b.ply
    run -0 meshdiff -q --precision 0.1 --json d.json a.ply b.ply
    jq -e '.deviation | .hausdorff_lower_mm as $l | .hausdorff_upper_mm as $u | $l < $u and $u - $l <= 0.1 and $l <= (29 | sqrt) and $u >= (29 | sqrt)' d.json
    middle=$(jq '.deviation | (.hausdorff_lower_mm + .hausdorff_upper_mm) / 2' d.json)
    run -1 --separate-stderr meshdiff -q --precision 0.1 --json d.json --tol "$middle" a.ply b.ply
    [[ $stderr == *"cannot be decided"* ]]
    [ "$(jq -r .verdict d.json)" = undecided ]
    run -0 meshdiff -q --precision 1e-6 --tol 5.38517 a.ply b.ply
    run -1 --separate-stderr meshdiff -q --precision 1e-6 --tol 5.38516 a.ply b.ply
    [[ $stderr == *"at least 5.3851"* ]]
}

@test "meshdiff -o: A as it was, with the distance as quality and a record; also when the answer is no" {
    box a.ply 10 10 10.25
    box b.ply 10 10 10
    run -1 meshdiff -q --tol 0.1 -o map.ply a.ply b.ply
    grep -aq '^property float quality$' map.ply
    grep -aq 'obj_info meshqa_record 1 .*"tool":"meshdiff"' map.ply
    grep -aq '^comment colours show quality: blue -0.5, white 0, red 0.5$' map.ply
    sed '1,/^end_header$/d' map.ply >payload
    for v in 0 1 2 3 4 5 6 7; do # x y z quality, red green blue
        tail -c +$((19 * v + 1)) payload | head -c 16 | od -An -tf4 | awk '{ exit $4 != ($3 > 10 ? 0.25 : 0) }'
        tail -c +$((19 * v + 17)) payload | head -c 3 | od -An -tu1 >>colours
    done
    [ "$(sort colours | uniq -c | tr -s ' ' | tr '\n' ';')" = " 4 255 128 128; 4 255 255 255;" ]
    run -0 meshdiff -q map.ply a.ply --tol 0
    run -0 bash -c 'meshdiff -q -o - a.ply b.ply | cmp - <(meshdiff -q -o x.ply a.ply b.ply >/dev/null; cat x.ply)'
    run -1 bash -c 'meshdiff -q --tol 0.1 -o - a.ply b.ply 2>/dev/null | wc -c; exit ${PIPESTATUS[0]}'
    [ "$output" -eq 0 ]
    meshdiff -q - b.ply <a.ply >stdin.txt
    cmp stdin.txt <(meshdiff -q a.ply b.ply)
}

@test "meshdiff: sides, shares and the histogram of a lid moved by 0.25 mm" {
    box a.ply 10 10 10.25
    box b.ply 10 10 10
    run -1 meshdiff -q --tol 0.1 --range 1mm --json d.json a.ply b.ply
    [[ $output == *"outside the other, at least"* ]] && [[ $output == *"% of area within 0.1 mm"* ]]
    [[ $output == *"negative: inside the other solid"* ]] && [[ $output == *" -0.3 to -0.2 "* ]] && [[ $output != *" -0.4 to -0.3 "* ]]
    jq -e '.deviation | .a_to_b.outside_at_least_mm == 0.25 and .a_to_b.inside_at_least_mm < 1e-12 and .b_to_a.outside_at_least_mm < 1e-12
        and (.a_to_b.within.value - 504 / 610 | fabs) < 0.002 and .within_limit_mm == 0.1 and .histogram_range_mm == 1
        and (.a_to_b.histogram | length == 20 and (add - 1 | fabs) < 1e-6 and (.[12] - 102 / 610 | fabs) < 0.001)' d.json
    sed 's/^element face 12/element face 11/; $d' b.ply >open.ply
    run -0 meshdiff -q --json d.json a.ply open.ply # no inside: no side is told of a
    jq -e '.deviation | (.a_to_b | has("signed_mean_mm") | not) and (.b_to_a | has("signed_mean_mm")) and (has("within") | not)' d.json
}

@test "meshdiff: the same bytes for any number of threads" {
    gen_meshes -o fx
    set -- $(ls fx/*_good.ply | sed -n '1p;$p')
    for j in 1 2 3 8; do
        meshdiff -q -j $j --json $j.json -o $j.ply "$1" "$2" >$j.txt
        cmp $j.json 1.json && cmp $j.ply 1.ply && cmp $j.txt 1.txt
    done
}

@test "meshdiff: a mesh that is not valid is measured, and a note says so" {
    box a.ply 10 10 10
    sed 's/^element face 12/element face 11/; $d' a.ply >open.ply
    run -0 --separate-stderr meshdiff --json d.json open.ply a.ply
    [[ $stderr == "meshdiff: note: mesh A is not valid"* ]]
    [ "$(jq -r '.findings[0].level, .audit.a.open_edges, .audit.b.valid' d.json | tr '\n' ' ')" = 'note 3 true ' ]
    run -0 --separate-stderr meshdiff -q open.ply a.ply
    [ -z "$stderr" ]
}

@test "meshdiff: RAS is compared in LPS, and what is turned or unsaid is noted" {
    box lps.ply 10 10 10 SPACE=LPS
    box ras.ply -10 -10 10 SPACE=RAS
    box same.ply 10 10 10 SPACE=RAS
    box any.ply 10 10 10
    run -0 --separate-stderr meshdiff --json d.json --tol 0 lps.ply ras.ply
    [[ $stderr == *"mesh B: SPACE=RAS was turned into LPS"* ]]
    [[ $(jq -r '.findings[0].text' d.json) == "mesh B: SPACE=RAS"* ]]
    run -1 meshdiff --tol 9 lps.ply same.ply
    run -0 --separate-stderr meshdiff --tol 0 lps.ply any.ply
    [[ $stderr == *"does not say"* ]]
}

@test "meshdiff: usage and input that are refused leave nothing" {
    box a.ply 10 10 10
    printf 'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nelement face 0\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n' >none.ply
    head -c 300 a.ply >cut.ply
    refuses 2 o.ply meshdiff a.ply
    refuses 2 o.ply meshdiff a.ply a.ply a.ply
    refuses 2 o.ply meshdiff - -
    refuses 2 o.ply meshdiff --tol 1% a.ply a.ply
    refuses 2 o.ply meshdiff --tol -1 a.ply a.ply
    refuses 2 o.ply meshdiff --precision 0 a.ply a.ply
    refuses 2 o.ply meshdiff --range 0 a.ply a.ply
    refuses 2 o.ply meshdiff --range 5% a.ply a.ply
    refuses 2 o.stl meshdiff -o o.stl a.ply a.ply
    refuses 2 o.ply meshdiff -o o.ply --json o.ply a.ply a.ply
    refuses 2 o.ply meshdiff -o - --json - a.ply a.ply
    refuses 2 o.ply meshdiff -o o.ply --json o.json a.ply none.ply
    [[ $stderr == *"second mesh has no triangles"* ]]
    refuses 2 o.ply meshdiff -o o.ply --json o.json cut.ply a.ply
    refuses 2 o.json meshdiff -o o.ply --json o.json a.ply missing.ply
}

@test "meshdiff --overlap: boxes by formula, faces in common planes, the volumes with bounds; an open mesh has none" {
    box a.ply 10 10 10
    box b.ply 10 10 20
    run -0 --separate-stderr meshdiff --overlap --json d.json a.ply b.ply
    [ -z "$stderr" ]
    [[ $output == *"in both, mm3 "*" 1000.0000"* ]] && [[ $output == *"Dice, 2 both / (A + B) "*" 0.666666"* ]]
    jq -e 'def is($t): .lower <= $t and $t <= .upper and .upper - .lower < 1e-6 and .lower <= .value and .value <= .upper;
        .options.overlap == true and (.overlap | (.a_mm3 | is(1000)) and (.b_mm3 | is(2000)) and (.both_mm3 | is(1000)) and (.a_only_mm3 | is(0))
        and (.b_only_mm3 | is(1000)) and (.either_mm3 | is(2000)) and (.dice | is(2 / 3)) and (.jaccard | is(0.5)))' d.json
    for j in 1 2 3; do meshdiff -q --overlap -j $j --json $j.json a.ply b.ply >/dev/null && cmp $j.json 1.json; done
    sed 's/^element face 12/element face 11/; $d' a.ply >open.ply
    run -2 --separate-stderr meshdiff --overlap b.ply open.ply
    [ -z "$output" ]
    [[ $stderr == "meshdiff: mesh B is no solid, it has no inside: 3 open edges; the first gap at "*"mend it with meshfix" ]]
    run -2 meshdiff --overlap --images a.ply b.ply
}

@test "meshdiff --contains: the gate passes inside by the margin, and says where not" {
    box a.ply 10 10 10
    awk '/^end_header/ { h = 1; print; next } h && NF == 3 { print $1 / 2 + 2, $2 / 2 + 1.5, $3 / 2 + 2; next } 1' a.ply >b.ply # 2..7, 1.5..6.5, 2..7
    run -0 --separate-stderr meshdiff --contains 1.5mm --json d.json a.ply b.ply
    [ -z "$stderr" ]
    [[ $output == "B lies inside A; least distance 1.500000 mm"*"contains: pass" ]]
    jq -e '.verdict == "pass" and .options.contains_mm == 1.5 and (has("deviation") | not) and (.contains | .inside and (.meet | not)
        and .distance_lower_mm <= 1.5 and .distance_upper_mm >= 1.5 and .distance_upper_mm - .distance_lower_mm < 1e-9 and .nearest_mm[1] == 0)' d.json
    run -1 --separate-stderr meshdiff -q --contains 1501um a.ply b.ply
    [[ $stderr == "meshdiff: B lies inside A; least distance 1.500000 mm, 1.501 mm asked for, between "* ]]
    [[ $output == *"contains: fail" ]]
    run -1 --separate-stderr meshdiff -q --contains 0 b.ply a.ply
    [[ $stderr == "meshdiff: B does not lie inside A: at "*" outside" ]]
    run -1 meshdiff -q --contains 0 a.ply a.ply # touching is not inside
    run -1 meshdiff -q --contains 0 --json - a.ply a.ply
    sed 's/^element face 12/element face 11/; $d' a.ply >open.ply
    run -2 meshdiff --contains 0 open.ply b.ply
    for o in --tol=1 --overlap --range=1 -oo.ply; do run -2 meshdiff --contains 0 $o a.ply b.ply; done
    run -2 meshdiff --contains -1mm a.ply b.ply
    run -2 meshdiff --contains 1ml a.ply b.ply
}

# moved IN OUT 'AWK EXPRESSIONS of $1 $2 $3': an ASCII PLY with its vertices moved.
moved() { awk '/^end_header/ { h = 1; print; next } h && NF == 3 { print '"$3"'; next } 1' "$1" >"$2"; }

@test "meshdiff --align rigid: a turned and shifted body is laid on the other, the motion is told, -o writes it there" {
    box box.ply 30 20 10 SPACE=LPS
    moved box.ply b.ply '$1 + ($2 > 0 && $3 > 0 ? 9 : 0), $2 - ($1 > 0 ? 4 : 0), $3 + ($1 > 0 && $2 > 0 ? 5 : 0)' # no symmetry is left
    moved b.ply a.ply '-$2 + 100, $1 - 50, $3 + 7'
    run -1 meshdiff -q --tol 0.01mm a.ply b.ply
    run -0 --separate-stderr meshdiff --align rigid --tol 0.01mm --json d.json -o at.ply a.ply b.ply
    [ -z "$stderr" ]
    [[ $output == "A was aligned with B: turned by 90.000"* ]] && [[ $output == *"all below: after alignment"*"tolerance 0.01 mm: pass" ]]
    jq -e 'def near($t): (. - $t | fabs) < 1e-3;
        .options.align == "rigid" and (.align | (.turn_deg | near(90)) and (.turn_axis[2] | near(-1)) and (.undetermined | length == 0)
        and ([.matrix, [[0, 1, 0, 50], [-1, 0, 0, 100], [0, 0, 1, -7]]] | map(add) | transpose | all(.[0] - .[1] | fabs < 2e-2))
        and .rms_after_mm < 1e-3 and .rms_before_mm > 10 and .kept == 1)' d.json
    run -0 meshdiff -q --tol 0.01mm at.ply b.ply
    for j in 1 2 3; do meshdiff -q -j $j --align rigid a.ply b.ply >$j.txt && cmp $j.txt 1.txt; done
    run -2 meshdiff --align affine a.ply b.ply
    [[ $output == *"there is rigid only"* ]]
}

@test "meshdiff --mirror: the same side, a mirror image, and a box, of which it cannot be said" {
    box box.ply 30 20 10
    moved box.ply b.ply '$1 + ($2 > 0 && $3 > 0 ? 9 : 0), $2 - ($1 > 0 ? 4 : 0), $3 + ($1 > 0 && $2 > 0 ? 5 : 0)'
    moved b.ply a.ply '-$2 + 100, $1 - 50, $3 + 7'
    moved b.ply m.ply '$3 + 7, $2, $1 - 50'
    run -0 --separate-stderr meshdiff --mirror --json d.json a.ply b.ply
    [[ $output == "the same side: "* ]] && [ -z "$stderr" ]
    jq -e '.verdict == "pass" and .mirror.side == "same" and (.mirror | .as_it_is.measure_mm < .mirrored.measure_mm / .least_ratio)' d.json
    run -1 --separate-stderr meshdiff -q --mirror --json d.json m.ply b.ply
    [[ $stderr == "meshdiff: A is a mirror image of B: "* ]]
    [ "$(jq -r '.verdict, .mirror.side' d.json | tr '\n' ' ')" = 'fail mirrored ' ]
    run -1 --separate-stderr meshdiff -q --mirror --json d.json box.ply box.ply
    [[ $stderr == "meshdiff: cannot be decided whether A is a mirror image of B: "* ]]
    [ "$(jq -r '.verdict, .mirror.side' d.json | tr '\n' ' ')" = 'undecided undecided ' ]
    for o in --tol=1 --overlap --contains=1 -oo.ply '--align rigid'; do run -2 meshdiff --mirror $o a.ply b.ply; done
}

@test "meshdiff --maximum: the bounds alone, also as a gate, of what is not valid too" {
    box a.ply 10 10 10
    box b.ply 10 10 10.25
    sed 's/^element face 12/element face 11/; $d' b.ply >open.ply
    run -0 --separate-stderr meshdiff --maximum --tol 0.26mm --json d.json a.ply b.ply
    [ -z "$stderr" ]
    [[ $output == *"maximum, at most"*"tolerance 0.26 mm: pass" ]] && [[ $output != *mean* ]]
    jq -e '.options.maximum == true and (has("audit") | not) and (.deviation | .hausdorff_lower_mm >= 0.2499999 and .hausdorff_upper_mm >= 0.25
        and .hausdorff_upper_mm - .hausdorff_lower_mm <= 0.001 and (has("mean_mm") | not) and (.a_to_b | has("at_mm") and (has("rms_mm") | not)))' d.json
    run -0 --separate-stderr meshdiff --maximum a.ply open.ply # nothing is said of what was not looked at
    [ -z "$stderr" ]
    run -1 meshdiff -q --maximum --tol 0.24mm a.ply b.ply
    run -0 meshdiff -q --maximum --overlap a.ply b.ply
    [[ $output == *"Dice, 2 both"* ]]
    for o in --range=1 -oo.ply --contains=1 --mirror; do run -2 meshdiff --maximum $o a.ply b.ply; done
}
