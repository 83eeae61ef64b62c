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
    for n in degenerate duplicate coincident soup flipped inverted; do
        meshfix --json r.json "$(ls fx/${n}_bad.*)" >out.ply
        meshfix --check out.ply >/dev/null
        [ "$(jq '.audit.before.valid, .audit.after.valid' r.json | xargs)" = 'false true' ]
        [ "$(jq '[.repairs[].count] | add > 0' r.json)" = true ]
        [ "$(jq -c '.ledger[0] | [.kind, .from, .to, .moved_mm == 0]' r.json)" = '["change","mesh","mesh",true]' ]
    done
}

@test "meshfix: what it cannot repair it names, exit 1, nothing sent on" {
    for n in cavity nonmanifold_edge nonmanifold_vertex open_edge self_intersect touching; do
        f=$(ls fx/${n}_bad.*)
        rm -f out.ply r.json
        refuses 1 out.ply meshfix -q "$f" -o out.ply --json r.json
        [[ $stderr == *'not valid after repair'* ]]
        [ "$(jq .audit.after.valid r.json)" = false ]
        run --separate-stderr meshfix -q "$f"
        [ "$status" -eq 1 ]
        [ -z "$output" ]
    done
    run bash -c 'meshfix -q fx/open_edge_bad.stl | meshfix --check' # the reader of a refusal fails too
    [ "$status" -eq 2 ]
}

@test "meshfix --write-failed: marked in name and metadata, still exit 1" {
    run -1 meshfix -q --write-failed fx/open_edge_bad.stl -o part.stl
    [ ! -e part.stl ]
    head -c 80 part.FAILED.stl | grep -q FAILED
    run -1 meshfix -q --write-failed fx/open_edge_bad.stl -o part.ply
    grep -aq FAILED part.FAILED.ply
    refuses 2 x meshfix --write-failed fx/open_edge_bad.stl
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
    run -1 meshfix crack.stl -o no.ply
    meshfix --weld 5um --json r.json crack.stl -o ok.ply
    [ "$(number moved_mm r.json | awk '{ print ($1 > 0.0019 && $1 <= 0.005) }')" = 1 ]
    [ "$(jq '.repairs[] | select(.step == "weld_near") | .count' r.json)" -eq 4 ]
    within 0.1 "$(number after_mm3 r.json)" 166.6667
    run -1 meshfix --weld 0.0005mm crack.stl -o no.ply
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
    for f in fx/soup_bad.ply fx/inverted_bad.ply; do
        meshfix -j 1 "$f" >a.ply
        meshfix -j 5 "$f" >b.ply
        cmp a.ply b.ply
    done
}
