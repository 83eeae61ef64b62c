#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshfix on the fixtures: what it says, what it lets through, what it leaves.

load common

setup() {
    TOOL=meshfix
    cd "$BATS_TEST_TMPDIR" || return 1
    gen_meshes -o fx
}

payload() { sed '1,/^end_header$/d' "$1" | cksum; }

@test "meshfix --check: the counts of every fixture are as its author expected" {
    for f in fx/*_good.* fx/*_bad.*; do
        name=$(basename "$f")
        want=$(jq -cS --arg n "$name" '.[$n]' fx/expected.json)
        [ "$want" != null ] || { echo "$name: no expectation"; return 1; }
        run meshfix --check --json got.json "$f"
        if jq -e '.refused' <<<"$want" >/dev/null; then
            [ "$status" -ne 0 ] || { echo "$name passed"; return 1; }
            continue
        fi
        got=$(jq -cS '.audit.before | {nonfinite_vertices, bad_index_triangles, degenerate_triangles, duplicate_triangles, coincident_vertices,
            open_edges, nonmanifold_edges, nonmanifold_vertices, flipped_edges, inverted_components, selfintersecting_pairs}
            | with_entries(select(.value != 0))' got.json)
        [ "$got" = "$want" ] || { echo "$name: $got, expected $want"; return 1; }
        [ "$status" -eq $([ "$want" = '{}' ] && echo 0 || echo 1) ]
        [ "$(jq .audit.before.valid got.json)" = $([ "$want" = '{}' ] && echo true || echo false) ]
    done
}

@test "meshfix: a valid mesh keeps its bytes, and twice is as once" {
    for f in fx/*_good.*; do
        meshfix "$f" >one.ply
        meshfix <one.ply >two.ply
        [ "$(payload one.ply)" = "$(payload two.ply)" ]
        [ "$(grep -ac 'obj_info meshqa_record 2 ' two.ply)" -gt 0 ]
        case $f in *.ply) ;; *) continue ;; esac
        case $(sed -n '2p' "$f") in *binary_little*) ;; *) continue ;; esac
        grep -aq 'list uchar int' "$f" || continue
        [ "$(payload "$f")" = "$(payload one.ply)" ]
    done
}

@test "meshfix: plain faults are repaired, with steps and ledger in the record" {
    for n in degenerate duplicate coincident soup flipped inverted open_edge nonmanifold_edge nonmanifold_vertex touching; do
        meshfix --json r.json "$(ls fx/${n}_bad.*)" >out.ply
        meshfix --check out.ply >/dev/null
        [ "$(jq '.audit.before.valid, .audit.after.valid' r.json | xargs)" = 'false true' ]
        [ "$(jq '[.repairs[].count] | add > 0' r.json)" = true ]
        [ "$(jq -c '.ledger[0] | [.kind, .from, .to, .moved_mm == 0]' r.json)" = '["change","mesh","mesh",true]' ] || [[ $n == nonmanifold* || $n == touching ]]
    done
}

@test "meshfix: a hole is filled and copies are moved, both reported" {
    meshfix --json r.json fx/open_edge_bad.stl -o ok.stl
    [ "$(jq -c '.repairs[] | select(.step == "holes") | [.count, .triangles > 0, .area_mm2 > 0]' r.json)" = '[1,true,true]' ]
    [ "$(jq '.ledger[0].moved_mm == 0' r.json)" = true ]
    meshfix --json r.json fx/nonmanifold_edge_bad.* -o ok.stl
    [ "$(jq -c '.repairs[] | select(.step == "cut") | [.count, .max_move_mm > 0, .max_move_mm < 0.001]' r.json)" = '[2,true,true]' ]
    [ "$(jq '.ledger[0].moved_mm > 0' r.json)" = true ]
    meshfix --check ok.stl >table # also as an STL, where only coordinates tell vertices apart
    # a tube of 301 sides: its ends are too long for the table, and filled as outlines
    awk 'BEGIN { n = 301; pi = 3.14159265358979
        print "ply\nformat ascii 1.0\nelement vertex " 2 * n "\nproperty float x\nproperty float y\nproperty float z\nelement face " 2 * n "\nproperty list uchar int vertex_indices\nend_header"
        for (i = 0; i < n; i++) for (z = 0; z < 2; z++) print 50 * cos(2 * pi * i / n), 50 * sin(2 * pi * i / n), 10 * z
        for (i = 0; i < n; i++) { j = (i + 1) % n; print 3, 2 * i, 2 * j, 2 * j + 1; print 3, 2 * i, 2 * j + 1, 2 * i + 1 } }' >tube.ply
    meshfix tube.ply -o ok.ply --json r.json
    [ "$(jq -c '.repairs[] | select(.step == "holes") | [.count, .triangles]' r.json)" = '[2,598]' ]
    within 0.01 "$(jq .audit.after.volume_mm3 r.json)" "$(awk 'BEGIN { pi = 3.14159265358979; printf "%.17g", 301 * 2500 / 2 * sin(2 * pi / 301) * 10 }')"
    within 0.01 "$(jq '.repairs[] | select(.step == "holes") | .area_mm2' r.json)" "$(awk 'BEGIN { pi = 3.14159265358979; printf "%.17g", 301 * 2500 * sin(2 * pi / 301) }')"
}

@test "meshfix --keep: largest, N, VOLUME, with their cavities; all is the default" {
    for n in 1 2 3; do # cubes of 1000, 8 and 1 mm3
        awk -v s="$(awk -v n=$n 'BEGIN { print n == 1 ? 10 : n == 2 ? 2 : 1 }')" -v o=$((n * 20)) 'BEGIN {
            split("0 2 3 0 3 1 4 5 7 4 7 6 0 1 5 0 5 4 2 6 7 2 7 3 0 4 6 0 6 2 1 3 7 1 7 5", f, " ")
            for (t = 0; t < 12; t++) { print "facet normal 0 0 0\nouter loop"
                for (k = 1; k <= 3; k++) { v = f[3 * t + k]; print "vertex", o + (v % 2) * s, int(v / 2) % 2 * s, int(v / 4) * s }
                print "endloop\nendfacet" } }'
    done | (echo solid; cat; echo endsolid) >three.stl
    for w in all:1009 largest:1000 1:1000 2:1008 3:1009 7:1009 8mm3:1008 8.5mm3:1000 0.5cm3:1000 1ml:1000; do
        meshfix --keep "${w%:*}" --json r.json three.stl -o kept.ply
        within 1e-6 "$(jq .audit.after.volume_mm3 r.json)" "${w#*:}"
        meshfix --check kept.ply >table
    done
    [ "$(jq -c '.repairs[] | select(.step == "keep") | .count == 2 and .volume_change_mm3 == -9' r.json)" = true ]
    meshfix three.stl >a.ply # nothing to drop: as if it had not been asked for
    meshfix --keep 3 three.stl >b.ply
    [ "$(payload a.ply)" = "$(payload b.ply)" ]
    run -1 meshfix --keep 2ml three.stl -o none.ply
    [ ! -e none.ply ]
    for w in 0 none -1 5mm 1.5 2% '' 0mm3; do
        refuses 2 none.ply meshfix "--keep=$w" three.stl -o none.ply
    done
    refuses 2 none.ply meshfix --check --keep 1 three.stl -o none.ply
}

@test "meshfix: what it cannot repair it names, exit 1, nothing sent on" {
    f=$(ls fx/cavity_bad.*)
    refuses 1 out.ply meshfix -q "$f" -o out.ply --json r.json
    [[ $stderr == *'not valid after repair'* ]]
    [ "$(jq .audit.after.valid r.json)" = false ]
    run --separate-stderr meshfix -q "$f"
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    run bash -c 'meshfix -q fx/cavity_bad.* | meshfix --check' # the reader of a refusal fails too
    [ "$status" -eq 2 ]
}

@test "meshfix: what intersects is cut along itself; the last resort is a new surface, told with its step and moves" {
    f=$(ls fx/self_intersect_bad.*)
    meshfix -q "$f" -o out.ply --json r.json
    [ "$(jq '.repairs[] | select(.step == "intersections").count' r.json)" -eq 3 ]
    [ "$(jq '.repairs[] | select(.step == "rebuild").count' r.json)" -eq 0 ]
    meshfix -q out.ply >again.ply
    [ "$(payload out.ply)" = "$(payload again.ply)" ]
    meshfix -q -j 1 "$f" >one.ply
    [ "$(payload out.ply)" = "$(payload one.ply)" ]
    run -1 meshfix -q --skip intersections "$f" -o no.ply
    run -0 --separate-stderr meshfix --skip intersections --rebuild 0.5mm "$f" -o new.ply --json c.json
    [[ $stderr == *'rebuilt on a grid of 0.5 mm'* ]]
    [ "$(jq '.repairs[] | select(.step == "rebuild").count' c.json)" -eq 1 ]
    [ "$(jq '.repairs[] | select(.step == "rebuild").max_move_mm > 0' c.json)" = true ]
    [ "$(jq .options.rebuild c.json)" = 0.5 ]
    for w in 0 -1 2% x; do refuses 2 no.ply meshfix "--rebuild=$w" "$f" -o no.ply; done
}

@test "meshfix --write-failed: marked in name and metadata, still exit 1" {
    run -1 meshfix -q --write-failed $(ls fx/cavity_bad.*) -o part.stl
    [ ! -e part.stl ]
    head -c 80 part.FAILED.stl | grep -q FAILED
    run -1 meshfix -q --write-failed $(ls fx/cavity_bad.*) -o part.ply
    grep -aq FAILED part.FAILED.ply
    refuses 2 x meshfix --write-failed $(ls fx/cavity_bad.*)
}

@test "meshfix --check: a table on stdout; the mesh itself only by -o, then unchanged with a record" {
    run -0 meshfix --check fx/flipped_good.stl
    [[ $output == *'open edges '*' 0'* ]]
    [ "${lines[-1]##* }" = yes ]
    run -1 --separate-stderr meshfix --check fx/flipped_bad.stl
    [ "${lines[-1]##* }" = no ]
    [[ $output == *'first: triangle'* ]]
    meshfix fx/soup_good.ply >a.ply
    meshfix --check -o - a.ply >b.ply
    [ "$(payload a.ply)" = "$(payload b.ply)" ]
    run -0 meshfix --check -o c.ply --json - a.ply
    [ "$(jq -r .tool <<<"$output")" = meshfix ]
    cmp b.ply c.ply
}

@test "meshfix --weld: cracks are closed within the length and reported with the move" {
    cat >crack.stl <<'STL'
solid crack
facet normal 0 0 0
outer loop
vertex 0 0 0
vertex 0 10 0
vertex 10 0 0
endloop
endfacet
facet normal 0 0 0
outer loop
vertex 0 0 0.004
vertex 10 0.003 0
vertex 0 0 10
endloop
endfacet
facet normal 0 0 0
outer loop
vertex 0 10 0
vertex 0 0.002 0
vertex 0 0 10
endloop
endfacet
facet normal 0 0 0
outer loop
vertex 10 0 0
vertex 0 10.001 0
vertex 0 0 10
endloop
endfacet
endsolid crack
STL
    refuses 1 new.ply meshfix -q crack.stl -o new.ply
    [[ $stderr == *'--rebuild'* ]]
    meshfix --weld 5um --json r.json crack.stl -o ok.ply
    [ "$(number moved_mm r.json | awk '{ print ($1 > 0.0019 && $1 <= 0.005) }')" = 1 ]
    [ "$(jq '.repairs[] | select(.step == "weld_near") | .count' r.json)" -eq 4 ]
    within 0.1 "$(number after_mm3 r.json)" 166.6667
    [ "$(jq '.repairs[] | select(.step == "rebuild").count' r.json)" -eq 0 ]
    refuses 1 new.ply meshfix --weld 0.0005mm crack.stl -q -o new.ply
    # libadmesh closes them, too
    meshfix --nearby 5um --json n.json crack.stl -o ok.ply
    [ "$(jq -c '[.options.nearby, (.repairs[] | select(.step == "nearby") | .count > 0 and .max_move_mm > 0 and .max_move_mm < 0.02)]' n.json)" = '[0.0050000000000000001,true]' ] ||
        [ "$(jq -c '[.options.nearby, (.repairs[] | select(.step == "nearby") | .count > 0 and .max_move_mm > 0 and .max_move_mm < 0.02)]' n.json)" = '[0.005,true]' ]
    within 0.1 "$(number after_mm3 n.json)" 166.6667
    meshfix --nearby 1mm fx/soup_good.ply >same.ply # what is valid is left alone
    meshfix fx/soup_good.ply >plain.ply
    [ "$(payload same.ply)" = "$(payload plain.ply)" ]
    refuses 2 no.ply meshfix --nearby 0 crack.stl -o no.ply
    refuses 2 no.ply meshfix --check --nearby 1mm crack.stl -o no.ply
}

@test "meshfix: bad input and bad options, one line each" {
    : >empty.ply
    head -c 300 fx/soup_good.ply >cut.ply
    echo hello >text.txt
    for f in empty.ply cut.ply text.txt fx fx/nothing.ply; do refuses 2 out.ply meshfix "$f" -o out.ply; done
    refuses 2 out.ply meshfix --weld 0 fx/soup_good.ply -o out.ply
    refuses 2 out.ply meshfix --weld 2% fx/soup_good.ply -o out.ply
    refuses 2 out.ply meshfix --weld 1mm --check fx/soup_good.ply -o out.ply
    refuses 2 out.ply meshfix --json - fx/soup_good.ply
    refuses 2 out.xyz meshfix fx/soup_good.ply -o out.xyz
    refuses 2 nodir/out.ply meshfix fx/soup_good.ply -o nodir/out.ply
    refuses 2 out.ply meshfix fx/soup_good.ply -o out.ply --json nodir/r.json
    run --separate-stderr bash -c 'false | meshfix'
    [ "$status" -eq 2 ]
    [ -z "$output" ]
}

@test "meshfix: the same bytes for any number of threads" {
    for f in fx/soup_bad.ply fx/inverted_bad.ply fx/open_edge_bad.stl fx/nonmanifold_edge_bad.*; do
        meshfix -j 1 "$f" >a.ply
        meshfix -j 5 "$f" >b.ply
        cmp a.ply b.ply
    done
}

@test "meshfix: several parts are repaired one by one, and keep their labels, names and walls" {
    for n in shared_wall shared_wall_hole nested_parts; do
        sed 's/^element vertex/obj_info meshqa_part 2 e6b422 liver\n&/' "fx/${n}_bad.ply" >bad.ply
        meshfix -q --json r.json bad.ply >ok.ply
        [ "$(jq -c '[.audit.before.valid, .audit.after.valid, .walls.lost, [.parts[].name]]' r.json)" = '[false,true,0,["part-1","liver"]]' ]
        sed '/^end_header$/q' ok.ply | grep -axq 'obj_info meshqa_part 2 e6b422 liver'
        # each part as of the sound twin, and as many facets in all: the walls are shared
        for l in 1 2; do
            meshconv -q --label $l ok.ply -o a.ply && meshconv -q --label $l "fx/${n}_good.ply" -o b.ply
            meshdiff -q -t 0mm a.ply b.ply >/dev/null
        done
        [ "$(grep -a '^element face' ok.ply)" = "$(grep -a '^element face' "fx/${n}_good.ply")" ]
        meshfix -q <ok.ply >again.ply
        [ "$(payload ok.ply)" = "$(payload again.ply)" ]
    done
    meshfix --check fx/nested_parts_good.ply | grep -qE '^part 2 .*1000 mm3   valid$'
}

@test "meshfix: walls that cannot be kept are named, exit 1, and nothing is sent" {
    run -1 --separate-stderr meshfix fx/columns_bad.ply -o out.ply
    [[ $stderr == *"the wall between part 1 (part-1) and part 2 (part-2) could not be kept"* ]]
    [[ $stderr == *"not valid after repair, and not sent on: the parts no longer fit each other"* ]]
    [ ! -e out.ply ]
    run -1 --separate-stderr meshfix --write-failed --json r.json fx/columns_bad.ply -o out.ply
    [ -e out.FAILED.ply ] && [ "$(jq '.walls.lost > 0' r.json)" = true ]
    meshfix -q --label 1 fx/columns_bad.ply -o one.ply # alone it can be repaired
    meshfix --check one.ply >/dev/null
}

@test "meshfix: patches of one surface are one body, --label takes one part" {
    meshconv -q fx/cavity_good.ply -o box.obj
    awk '/^f/ && ++n == 7 { print "o liver" } { print } /^v/ && !named++ { print "o spleen" }' box.obj >patches.obj
    run -0 --separate-stderr meshfix --json r.json patches.obj -o ok.ply
    [ "$(jq -r '.findings[].text' r.json)" = "2 parts of the file, patches of one surface, were taken as one mesh" ]
    refuses 2 x.ply meshfix --label 9 fx/shared_wall_good.ply -o x.ply
}

@test "meshfix --skip, --only: each step can be left out, alone or all others; a wrong name is refused" {
    for k in nearby weld weld_near degenerate seam duplicate orient cut holes fair flaps outward keep unreferenced; do
        for f in fx/{nonmanifold_edge,coincident,degenerate}_bad.*; do
            for how in skip only; do
                run --separate-stderr meshfix -q "--$how" $k --json r.json "$f" -o out.ply
                [ "$status" -le 2 ] || { echo "$how $k $f: $status"; return 1; }
                [ "$status" -ne 2 ] || continue
                [ "$(jq -r '.options.skip != null' r.json)" = true ]
                if [ $how = skip ]; then
                    [ "$(jq --arg k $k '[.repairs[] | select(.step == $k).count] | add // 0' r.json)" = 0 ]
                else
                    [ "$(jq --arg k $k '[.repairs[] | select(.step != $k).count] | add // 0' r.json)" = 0 ]
                fi
            done
        done
    done
    run -1 meshfix --skip holes fx/open_edge_bad.stl -o no.ply
    [ ! -e no.ply ]
    meshfix --only weld,holes fx/open_edge_bad.stl -o ok.ply
    refuses 2 no.ply meshfix --skip hole fx/open_edge_bad.stl -o no.ply
    [[ $stderr == *"--skip: 'hole' is no step; there are nearby, weld, weld_near, degenerate"* ]]
    refuses 2 no.ply meshfix --skip '' fx/open_edge_bad.stl -o no.ply
    refuses 2 no.ply meshfix --skip weld, fx/open_edge_bad.stl -o no.ply
    refuses 2 no.ply meshfix --skip weld --only weld fx/open_edge_bad.stl -o no.ply
    refuses 2 no.ply meshfix --check --only weld fx/open_edge_bad.stl -o no.ply
}

@test "meshfix --max-move, --max-volume-change: beyond them exit 1 with the report, and no mesh" {
    f=$(ls fx/nonmanifold_edge_bad.*)
    meshfix -q --json r.json "$f" -o ok.ply
    moved=$(jq .change.max_move_mm r.json)
    [ "$(jq -c '[.change.within, .change.max_move_mm > 0, .change.max_move_mm == .ledger[0].moved_mm]' r.json)" = '[true,true,true]' ]
    meshfix -q --max-move "$moved" "$f" -o ok.ply
    refuses 1 no.ply meshfix -q --max-move 1e-9mm --json r.json "$f" -o no.ply
    [[ $stderr == "meshfix: beyond the limits, and not sent on: the surface would move by "*" mm, more than --max-move 1e-9mm" ]]
    [ "$(jq -c '[.change.within, .audit.after.valid, .options["max-move"] == 1e-9]' r.json)" = '[false,true,true]' ]
    [ "$(jq '[.repairs[].count] | add > 0' r.json)" = true ]
    # a cube with a hole of one triangle: the cone over it from the middle is a twelfth of the whole
    f=fx/open_edge_bad.stl
    meshfix -q --json r.json $f -o ok.ply
    change=$(jq '.repairs[] | select(.step == "holes").volume_change_mm3' r.json)
    after=$(jq .audit.after.volume_mm3 r.json)
    within 1e-6 "$(jq .change.volume_mm3 r.json)" "$change"
    within 1e-6 "$(jq .change.volume_percent r.json)" "$(awk -v c="$change" -v a="$after" 'BEGIN { printf "%.17g", 100 * c / a }')"
    more=$(awk -v c="$change" 'BEGIN { printf "%.17g", c * 1.001 }')
    less=$(awk -v c="$change" 'BEGIN { printf "%.17g", c * 0.999 }')
    meshfix -q --max-volume-change "$more" $f -o ok.ply
    refuses 1 no.ply meshfix -q --max-volume-change "$less" $f -o no.ply
    refuses 1 no.ply meshfix -q --max-volume-change 0.001% $f -o no.ply
    [[ $stderr == *"the volume would change by "*" mm3 ("*" %), more than --max-volume-change 0.001%" ]]
    meshfix -q --max-volume-change 0 --max-move 0 fx/inverted_bad.ply -o ok.ply # turning changes no body
    run -1 meshfix -q --write-failed --max-volume-change 0 $f -o far.stl
    [ ! -e far.stl ]
    head -c 80 far.FAILED.stl | grep -q FAILED
    refuses 2 no.ply meshfix --max-move 2% $f -o no.ply
    refuses 2 no.ply meshfix --max-move -1mm $f -o no.ply
    refuses 2 no.ply meshfix --max-volume-change 3mm $f -o no.ply
    refuses 2 no.ply meshfix --max-volume-change -1% $f -o no.ply
    refuses 2 no.ply meshfix --check --max-move 1mm $f -o no.ply
}

@test "meshfix --cut, --cut-off: two closed halves that make the whole, in the books as intended" {
    f=fx/cavity_good.* # 1000 - 8 mm3 or the like: whatever it is, the halves add up
    meshfix -q $f -o whole.ply --json w.json
    z=$(jq '(.audit.after.box_mm[0][2] * 0.625 + .audit.after.box_mm[1][2] * 0.375)' w.json)
    meshfix -q --cut "z=$z" --cut-off up.ply --json r.json whole.ply -o low.ply
    meshfix --check up.ply --json up.json >/dev/null
    meshfix --check low.ply --json low.json >/dev/null
    within 1e-5 "$(jq -s '.[0].audit.after.volume_mm3 + .[1].audit.after.volume_mm3' up.json low.json)" "$(jq .audit.after.volume_mm3 w.json)"
    [ "$(jq -c '[.ledger[].kind], .cut.off, .cut.shift_mm == 0, .cut.cap_area_mm2 > 0' r.json | xargs)" = '[change,intended] false true true' ]
    [ "$(jq '.ledger[1].after_mm3 == .audit.after.volume_mm3' r.json)" = true ]
    meshmeasure up.ply --json m.json >/dev/null # the books of both halves close
    meshmeasure low.ply --json m.json >/dev/null
    # the same half from the other side, and oblique
    meshfix -q --cut "z=$z,above" whole.ply --json r.json -o up2.ply
    [ "$(payload up.ply)" = "$(payload up2.ply)" ]
    meshfix -q --cut "1,2,3,$z" whole.ply --cut-off b.stl -o a.3mf
    [ -s a.3mf ] && [ -s b.stl ]
    # parts keep their wall
    meshfix -q fx/shared_wall_good.ply -o parts.ply --json w.json
    z=$(jq '(.audit.after.box_mm[0][2] * 0.625 + .audit.after.box_mm[1][2] * 0.375)' w.json)
    meshfix -q --cut "z=$z" fx/shared_wall_good.ply -o parts.ply --json r.json
    [ "$(jq -c '[.audit.after.valid, (.parts | length)]' r.json)" = '[true,2]' ]
    # no half: an answer, with its report
    refuses 1 no.ply meshfix -q --cut z=-1000 --json r.json whole.ply -o no.ply
    [[ $stderr == "meshfix: not cut, and not sent on: the plane leaves nothing of the mesh" ]]
    [ "$(jq -c '.findings[0].text, (.cut == null)' r.json | xargs)" = 'the plane leaves nothing of the mesh true' ]
    meshfix -q --cut z=1000 --cut-off none.ply whole.ply -o all.ply # nothing is cut off: the whole, and no second file
    [ "$(payload all.ply)" = "$(payload whole.ply)" ] && [ ! -e none.ply ]
    for p in z=1% z= w=1 1,2,3 0,0,0,1 ''; do refuses 2 no.ply meshfix --cut "$p" whole.ply -o no.ply; done
    refuses 2 no.ply meshfix --cut-off b.ply whole.ply -o no.ply
    refuses 2 no.ply meshfix --check --cut z=1 whole.ply -o no.ply
    refuses 2 no.ply meshfix --cut z=1 --cut-off no.ply whole.ply -o no.ply
}

@test "meshfix --check: every fault has its place in JSON, and its colour in the file of --mark" {
    for f in fx/*_bad.ply fx/*_good.ply; do
        meshfix -q --check --json r.json --mark m.ply "$f" >table 2>/dev/null || [ $? -eq 1 ] || continue
        # as many places as faults; of what is inside out the first alone
        [ "$(jq -c '.audit.before as $a | [.places | to_entries[] | select(.key != "inverted_components") | (.value | length) == $a[.key]] | all' r.json)" = true ] || { echo "$f"; return 1; }
        [ "$(jq '.audit.before.selfintersecting_pairs == (.meeting | add)' r.json)" = true ]
        [ "$(jq '(.places == {}) == (.audit.before | .valid or .triangles == 0)' r.json)" = true ] || { echo "$f"; return 1; }
        grep -aq '^property uchar fault$' m.ply
        ! grep -q '^part ' table || continue
        meshfix -q --check m.ply >again 2>/dev/null || [ $? -eq 1 ] # the marked file is the same mesh
        diff table again
    done
    # the second opinion counts for nothing, and knows nothing of intersections
    meshfix -q --check --json r.json fx/self_intersect_bad.* >table || [ $? -eq 1 ]
    [ "$(jq -c '[.audit.before.valid, .second_opinion.tool, .second_opinion.good]' r.json)" = '[false,"libadmesh",true]' ]
    grep -q 'second opinion (libadmesh) *good' table
    meshfix -q --check --json r.json fx/open_edge_bad.stl >table || [ $? -eq 1 ]
    [ "$(jq -c '.second_opinion | [.good, .open_edges > 0]' r.json)" = '[false,true]' ]
    run -1 meshfix --check fx/open_edge_bad.stl
    [[ $output == *"first: triangle "*" at ("*") mm"* ]]
    refuses 2 m2.ply meshfix --mark m2.ply fx/open_edge_bad.stl -o o.ply
}
