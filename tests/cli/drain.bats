#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshshell: drain holes, plugs and reference bodies, from the outside.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    box 0 0 0 20 20 16 >block.off
    meshshell -q --hollow 2mm block.off -o hollow.ply
}

setup() {
    TOOL=meshshell
    cd "$BATS_FILE_TMPDIR" || return 1
}

@test "meshshell --drain: a hole at the lowest point and one for the air, valid, books closed, outer vertices untouched" {
    run -0 --separate-stderr meshshell --hollow 2mm --drain 2mm block.off --json d.json -o d.ply
    [[ $stderr == *'drain hole of 2 mm at ('*' 0), outward (0.000, 0.000, -1.000)'* ]]
    meshfix --check d.ply >table
    grep -q '^genus  *1$' table
    grep -q '^cavities  *0$' table
    [ "$(jq -c '[.drain.holes[].place]' d.json)" = '["lowest","highest"]' ]
    [ "$(jq -c '[.ledger[].region]' d.json)" = '["inner wall","drain holes"]' ]
    # two prisms of 32 sides around a circle of 2 mm, 2 mm long
    within 0.1 "$(jq '-.ledger[1].change_mm3' d.json)" 12.607
    [ "$(jq '.ledger[0].after_mm3 == .ledger[1].before_mm3 and (.drain.filled_mm3 - 6400 | fabs < 1e-6)' d.json)" = true ]
    cmp <(sed '1,/^end_header/d' hollow.ply | head -c 96) <(sed '1,/^end_header/d' d.ply | head -c 96)
    meshshell -q -j 3 --hollow 2mm --drain 2mm block.off | cmp - d.ply
}

@test "meshshell --drain: places, and the direction up" {
    meshshell -q --hollow 2mm --drain 3mm --up 1,0,0 block.off --json d.json -o d.ply
    [ "$(jq -c '[.drain.holes[].outward[0] | round]' d.json)" = '[-1,1]' ]
    [ "$(jq -r .options.up d.json)" = 1,0,0 ]
    meshshell -q --hollow 2mm --drain 3mm@10,10,-1 --drain 4mm@10,21,8 block.off --json d.json -o d.ply
    meshfix --check d.ply | grep -q '^genus  *1$'
    [ "$(jq -c '[.drain.holes[] | .at | map(round)]' d.json)" = '[[10,10,0],[10,20,8]]' ]
    [ "$(jq -c '.options.drain' d.json)" = '["3mm@10,10,-1","4mm@10,21,8"]' ]
}

@test "meshshell --plug, --qa-cube, --qa-ball-bar: parts of their own, valid, named, in the books" {
    meshshell -q --hollow 2mm --drain 3mm --plug 0.2mm --qa-cube 10mm --qa-ball-bar 6mm,20mm block.off --json p.json -o p.3mf
    meshfix --check p.3mf >table
    [ "$(grep -cE '^part .*(plug-1|qa-cube|qa-ball-bar).* valid$' table)" -eq 3 ]
    grep -qE '^part .* qa-cube  *1000 mm3' table
    [ "$(jq -c '[.ledger[].region]' p.json)" = '["inner wall","drain holes","plugs beside the part","reference bodies beside the part"]' ]
    [ "$(jq -c '[.ledger[] | .beside]' p.json)" = '[null,null,true,true]' ]
    [ "$(jq -c '[.reference[] | [.name, .edge_mm // .ball_mm]]' p.json)" = '[["qa-cube",10],["qa-ball-bar",6]]' ]
    # the wall is 2 mm, the plug inscribed in 2.6 mm
    within 0.1 "$(jq '.ledger[2].change_mm3' p.json)" 10.5504
    # a cube beside a part that stays as it is
    meshshell -q --qa-cube 5mm block.off -o q.ply
    [ "$(meshfix --check q.ply | grep -c '^part ')" -eq 2 ]
    cmp <(meshfix -q block.off | sed '1,/^end_header/d' | head -c 96) <(sed '1,/^end_header/d' q.ply | head -c 96)
}

@test "meshshell --drain: what cannot be is refused, one line each, nothing written" {
    hollow() { refuses "$1" out.ply meshshell -q --hollow 2mm "${@:2}" block.off -o out.ply; }
    for d in 0 -1 0mm 5% 2ml abc '3mm@1,2' '3mm@a,b,c' 3mm@; do hollow 2 "--drain=$d"; done
    hollow 2 --drain 2mm --drain 3mm
    hollow 2 --drain 2mm --up 0,0,0
    hollow 2 --drain 2mm --up 0,0
    hollow 2 --up 0,0,1
    hollow 2 --plug 0.1mm
    hollow 2 --drain 2mm --plug 0
    hollow 2 --drain 2mm --plug 1mm
    hollow 2 --drain 2mm --allow thick
    hollow 2 --qa-cube 0
    hollow 2 --qa-ball-bar 8
    hollow 2 --qa-ball-bar 8,4
    hollow 1 --drain 3mm@10,10,-9
    [[ $stderr == *'would be outside'* ]]
    hollow 1 --drain 20mm
    [[ $stderr == *'as wide as the part'* ]]
    hollow 1 --drain 15.9mm
    [[ $stderr == *'wider than the hollow'* ]]
    refuses 2 out.ply meshshell -q --min-wall 2mm --drain 3mm block.off -o out.ply
    refuses 2 out.ply meshshell -q --check-wall 2mm --qa-cube 3mm block.off -o out.ply
}

@test "meshshell --drain: a hollow that stays closed is named, and passes by name" {
    { echo OFF; echo 16 24 0; box 0 0 0 20 20 16 | sed -n 3,10p; box 30 0 0 8 8 8 | sed -n 3,10p
      box 0 0 0 1 1 1 | sed -n 11,22p; box 0 0 0 1 1 1 | sed -n 11,22p | awk '{ print 3, $2 + 8, $3 + 8, $4 + 8 }'; } >two.off
    refuses 1 out.ply meshshell -q --hollow 2mm --drain 5mm two.off -o out.ply
    [[ $stderr == *'1 of 2 hollows have no drain hole'* ]]
    run -0 --separate-stderr meshshell --hollow 2mm --drain 5mm --allow closed two.off -o two.ply --json two.json
    [[ $stderr == *'stays closed: a hollow of '* ]]
    [ "$(jq -r '.findings[] | select(.level == "warning") | .text' two.json | grep -c 'stays closed')" -eq 1 ]
    meshfix --check two.ply | grep -q '^cavities  *1$'
    # where nothing is hollowed, no hollow is behind
    refuses 1 out.ply meshshell -q --hollow 3mm --drain 2mm@34,4,0 two.off -o out.ply
    [[ $stderr == *'no hollow is behind'* ]]
}

@test "meshmeasure judges the anatomy: holes closed again, plugs and reference bodies left out, all of it in the 3MF" {
    gen_series --body sphere --radius 10 --size 32x32x32 --spacing 0.8,0.8,0.8 -o series >/dev/null
    dcmseg -q series --threshold 500 | mcubes -q | meshfix -q >solid.ply
    extras=(--qa-cube 10mm --qa-ball-bar 6mm,20mm)
    meshshell -q --hollow 2mm --drain 3mm --plug 0.2mm "${extras[@]}" solid.ply >part.ply
    meshmeasure -q --against series --expect volume=4189mm3,tol=1% --json m.json --report r.html -o part.3mf part.ply
    [ "$(jq -r .verdict m.json)" = pass ]
    [ "$(jq '[.ledger[] | select(.beside)] | length' m.json)" -eq 2 ]
    # the page states walls, holes and the sizes to measure
    for t in 'Made for printing' 'Least wall' 'Drain holes' 'qa-ball-bar' 'distance of their centres' 'to be measured'; do grep -q "$t" r.html; done
    [ "$(grep -c 'to be measured' r.html)" -eq 3 ]
    meshfix --check part.3mf | grep -cE '^part .*(plug-1|plug-2|qa-cube|qa-ball-bar).* valid$' | grep -qx 4
    unzip -p part.3mf 3D/3dmodel.model | grep -q '"mq:Reference">qa-cube: edge 10 mm; qa-ball-bar: balls 6 mm, centres 20 mm<'
    # what comes through meshfix, and out of the 3MF, is the same part
    meshfix -q part.ply | meshmeasure -q --against series --json n.json
    [ "$(jq -r .verdict n.json)" = pass ]
    run -0 --separate-stderr meshmeasure part.3mf
    [[ $stderr == *'4 bodies beside the part'* ]]
    within 1 "$(sed -n 's/^volume.*(\([0-9.]*\) mm3)$/\1/p' <<<"$output")" 2028
    # beside a solid that stays as it is
    meshshell -q --qa-cube 10mm solid.ply | meshmeasure -q --against series --expect volume=4189mm3,tol=1%
}
