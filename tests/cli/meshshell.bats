#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshshell: least walls, hollowing and the check of walls, from the outside.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    gen_meshes -o fx
    box 0 0 0 20 20 6 >block.off
    box 0 0 0 20 20 1.2 >plate.off
}

setup() {
    TOOL=meshshell
    cd "$BATS_FILE_TMPDIR" || return 1
}

@test "meshshell --hollow: valid, wall as asked, outside first and untouched, books closed" {
    meshshell --hollow 1.5mm --grid 0.5 block.off --json h.json -o hollow.ply
    meshfix --check hollow.ply >table
    grep -q '^cavities  *1$' table
    [ "$(jq '.hollow.measured.min_mm >= 1.5 - .hollow.tolerance_mm' h.json)" = true ]
    [ "$(jq '.hollow.outer_triangles' h.json)" -eq 12 ]
    # 17 x 17 x 3, less what the grid cuts off its edges
    within 1.5 "$(number cavity_mm3 h.json)" 867
    [ "$(jq -c '.ledger[0] | [.kind, .from, .to, .moved_mm, .region]' h.json)" = '["intended","mesh","mesh",0,"inner wall"]' ]
    within 0.0001 "$(number before_mm3 h.json)" 2400
    [ "$(jq '.ledger[0] | (.before_mm3 - .after_mm3 - '"$(number cavity_mm3 h.json)"') | fabs < 0.01' h.json)" = true ]
    # the same numbers in front
    meshfix -q block.off >solid.ply
    cmp <(sed '1,/^end_header/d' solid.ply | head -c 96) <(sed '1,/^end_header/d' hollow.ply | head -c 96)
}

@test "meshshell: a pipe of its own, twice the same bytes, any number of threads" {
    meshfix -q block.off | meshshell -j 1 --hollow 2 >a.ply
    meshfix -q block.off | meshshell -j 5 --hollow 2 >b.ply
    cmp a.ply b.ply
    [ "$(grep -ac 'obj_info meshqa_record 2 ' a.ply)" -gt 0 ]
}

@test "meshshell --min-wall: thick enough by its own check, valid, the rest bit for bit, books closed" {
    meshfix -q plate.off >thin.ply
    meshshell --min-wall 1.5mm thin.ply --json m.json -o strong.ply
    meshfix --check strong.ply >/dev/null
    run -0 meshshell --check-wall 1.5mm strong.ply
    [ "$(jq -c '[.wall.thick_enough, .audit.after.valid, .min_wall.passes, .min_wall.own_vertices]' m.json)" = '[true,true,1,8]' ]
    [ "$(jq -c '.ledger[0] | [.kind, .from, .to, .region]' m.json)" = '["intended","mesh","mesh","thin walls"]' ]
    within 0.0001 "$(number before_mm3 m.json)" 480
    # 0.3 mm on 400 mm2, and a little around the rim
    [ "$(jq '.min_wall.added_mm3 > 115 and .min_wall.added_mm3 < 150' m.json)" = true ]
    [ "$(jq '.ledger[0] | (.after_mm3 - .before_mm3 - '"$(number added_mm3 m.json)"') | fabs < 0.01' m.json)" = true ]
    [ "$(jq '.min_wall.max_move_mm < 0.5 and .ledger[0].moved_mm == .min_wall.max_move_mm' m.json)" = true ]
    # nothing thin: nothing changes
    meshfix -q block.off >solid.ply
    meshshell --min-wall 1.5mm solid.ply -o same.ply
    cmp <(sed '1,/^end_header/d' solid.ply) <(sed '1,/^end_header/d' same.ply)
}

@test "meshshell --min-wall: what stays thin is listed and passes by name only" {
    refuses 1 out.ply meshshell -q --min-wall 1.5mm --side inside plate.off -o out.ply
    [[ $stderr == *'still thinner than 1.5 mm'*'(--allow thin'* || $stderr == *'(--allow thin'*'still thinner than 1.5 mm'* ]]
    run -0 --separate-stderr meshshell --min-wall 1.5mm --side inside --allow thin plate.off -o out.ply --json t.json
    [[ $stderr == *'still thin: 1.2 mm at ('* ]]
    [ "$(jq '.wall.thin_places | length > 0 and .[0].least_mm < 1.21' t.json)" = true ]
    [ "$(jq -c '[.options.allow, .options.side, .wall.thick_enough]' t.json)" = '["thin","inside",false]' ]
    rm out.ply
}

@test "meshshell: what it hollows passes its own check, and is too thin for more" {
    meshshell --hollow 1.5 block.off -o c.ply
    run -0 meshshell --check-wall 1.5 c.ply
    [ "${lines[-1]##* }" = yes ]
    run -1 --separate-stderr meshshell --check-wall 1.8mm c.ply --json w.json
    [ "${lines[-1]##* }" = no ]
    [[ $stderr == *'thinner than 1.8 mm'* ]]
    [ "$(jq '.wall.thick_enough' w.json)" = false ]
    [ "$(jq '.wall.min_ball_mm > 1.49 and .wall.min_ball_mm < 1.8 and .wall.min_ray_mm > 1.49' w.json)" = true ]
}

@test "meshshell --check-wall: thickness goes with the vertices on request, the mesh itself unchanged" {
    run -1 --separate-stderr meshshell --check-wall 2mm plate.off -o q.ply --json q.json
    grep -aq '^property float quality' q.ply
    within 0.2 "$(number min_ball_mm q.json)" 1.2
    within 0.01 "$(number thin_mm2 q.json)" 896
    run -0 --separate-stderr meshshell --check-wall 1.2mm plate.off -o -
    [[ $output != *'thick enough'* ]]
}

@test "meshshell: no solid, no hollowing: the faults by name, exit 1, nothing written" {
    for n in open_edge self_intersect nonmanifold_edge flipped inverted; do
        f=$(ls fx/${n}_bad.*)
        for how in --hollow --check-wall --min-wall; do
            refuses 1 out.ply meshshell -q $how 1mm "$f" -o out.ply
            [[ $stderr == *'no solid'* ]]
        done
    done
    refuses 1 out.ply meshshell -q --hollow 1mm "$(ls fx/open_edge_bad.*)" -o out.ply
    [[ $stderr == *'open edges'* ]]
}

@test "meshshell: larger than the body: exit 1, with the ball that fits; nothing goes down a pipe" {
    refuses 1 out.ply meshshell -q --hollow 4mm block.off -o out.ply
    [[ $stderr =~ 'radius of '([0-9.]+) ]]
    within 25 "${BASH_REMATCH[1]}" 3
    refuses 1 out.ply meshshell -q --hollow 1m block.off -o out.ply
    run --separate-stderr bash -c 'meshshell -q --hollow 4 block.off | meshfix -q'
    [ "$status" -eq 2 ]
    [ -z "$output" ]
}

@test "meshshell: bad options and bad input, one line each" {
    refuses 2 out.ply meshshell block.off -o out.ply
    refuses 2 out.ply meshshell --hollow 1 --check-wall 1 block.off -o out.ply
    for t in 0 -1 0mm 5% 2ml abc nan; do
        refuses 2 out.ply meshshell --hollow=$t block.off -o out.ply
        refuses 2 out.ply meshshell --check-wall=$t block.off -o out.ply
        refuses 2 out.ply meshshell --min-wall=$t block.off -o out.ply
    done
    refuses 2 out.ply meshshell --hollow 1 --min-wall 1 block.off -o out.ply
    refuses 2 out.ply meshshell --hollow 1 --min-gap 1 block.off -o out.ply
    refuses 2 out.ply meshshell --hollow 1 --side inside block.off -o out.ply
    refuses 2 out.ply meshshell --min-wall 1 --side left block.off -o out.ply
    refuses 2 out.ply meshshell --min-wall 1 --min-gap=-1 block.off -o out.ply
    refuses 2 out.ply meshshell --min-wall 1 --allow all block.off -o out.ply
    refuses 2 out.ply meshshell --hollow 1.5 --grid 0.6 block.off -o out.ply
    refuses 2 out.ply meshshell --hollow 1.5 --grid 0 block.off -o out.ply
    refuses 2 out.ply meshshell --check-wall 1.5 --grid 0.1 block.off -o out.ply
    refuses 2 out.ply meshshell --hollow 1.5 --max-memory 0 block.off -o out.ply
    refuses 2 out.ply meshshell --hollow 1.5 --grid 0.01 --max-memory 8 block.off -o out.ply
    [[ $stderr == *'would fit'* ]]
    refuses 2 out.ply meshshell --hollow 1.5 nothing.ply -o out.ply
    refuses 2 out.xyz meshshell --hollow 1.5 block.off -o out.xyz
    head -c 300 fx/soup_good.ply >cut.ply
    refuses 2 out.ply meshshell --hollow 1.5 cut.ply -o out.ply
    refuses 2 out.ply meshshell --hollow 1.5 block.off -o out.ply --json nodir/x.json
}

@test "meshmeasure judges a hollow part by its outer surface, and closes the books with the whole" {
    gen_series --body sphere --radius 10 --size 32x32x32 --spacing 0.8,0.8,0.8 -o series >/dev/null
    dcmseg -q series --threshold 500 | mcubes -q | meshfix -q >solid.ply
    meshshell -q --hollow 2mm solid.ply >hollow.ply
    meshmeasure -q --against series --expect volume=4189mm3,tol=1% --json m.json -o part.3mf hollow.ply
    [ "$(jq -r .verdict m.json)" = pass ]
    [ "$(jq '.ledger | last | .kind == "intended" and .stage == "meshshell"' m.json)" = true ]
    within 0.7 "$(jq '.ledger | last | .before_mm3' m.json)" 4189
    within 3 "$(jq '.ledger | last | .before_mm3 - .after_mm3' m.json)" 2145
    # through meshfix the mesh stays as it is; other changes are no longer what was hollowed
    meshfix -q hollow.ply | meshmeasure -q --against series --json n.json
    [ "$(jq -r .verdict n.json)" = pass ]
    run -1 meshmeasure -q --expect volume=2.05ml,tol=2% hollow.ply
    # without the records it is just a mesh with a cavity
    meshmeasure -q -o bare.stl hollow.ply
    meshmeasure -q --expect volume=2.05ml,tol=2% bare.stl
}
