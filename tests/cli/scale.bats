#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshshell --scale and --shrinkage: walls at print size, the anatomy judged at its own, and what the files say.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    box 0 0 0 20 20 1.5 >plate.off
    box 0 0 0 20 20 6 >block.off
    gen_series --body sphere --radius 10 --size 32x32x32 --spacing 0.8,0.8,0.8 -o series >/dev/null
    dcmseg -q series --threshold 500 | mcubes -q | meshfix -q >solid.ply
}

setup() {
    TOOL=meshshell
    cd "$BATS_FILE_TMPDIR" || return 1
}

@test "meshshell --scale: a wall of 1.5 mm is one of 0.75 mm at 1:2, and fails" {
    run -0 meshshell -q --check-wall 1.5mm plate.off
    run -1 --separate-stderr meshshell --scale 0.5 --check-wall 1.5mm plate.off --json c.json
    [[ $stderr == *'thinner than 1.5 mm, at scale 1:2: least 0.7'* ]]
    run -0 meshshell -q --scale 0.5 --check-wall 0.75mm plate.off
    within 0.01 "$(jq .wall.min_ray_mm c.json)" 0.75
    # the wall that was asked for before is looked at again by itself
    meshshell -q --min-wall 1.5mm plate.off >strong.ply
    refuses 1 out.ply meshshell -q --scale 1:2 strong.ply -o out.ply
    [[ $stderr == *'--allow thin'*'thinner than 1.5 mm, at scale 1:2'* ]]
    meshshell -q --scale 1:2 --allow thin strong.ply -o half.ply --json h.json
    [ "$(jq -c '[.scale.print, .scale.about, .options.allow, .wall.thick_enough]' h.json)" = '[0.5,[0,0,0],"thin",false]' ]
    meshshell -q --scale 3:2 strong.ply -o large.ply
    # at print scale it can be made what was asked for
    meshshell -q --scale 50% --min-wall 1.5mm plate.off -o thick.ply
    run -0 meshshell -q --check-wall 1.5mm thick.ply
    meshmeasure -q thick.ply | grep -qE '^scale +1:2 '
}

@test "meshshell --scale: the verdict against DICOM is of the anatomy; report, names and 3MF say 1:2" {
    meshshell -q --scale 0.5 solid.ply >half.ply
    meshmeasure -q --against series --expect volume=4189mm3,tol=1% --json m.json --report r.html -o part.3mf half.ply
    [ "$(jq -r .verdict m.json)" = pass ]
    [ "$(jq .scale m.json)" = 0.5 ]
    within 1 "$(jq .quantities.volume_mm3 m.json)" 523.6
    within 1 "$(jq '.measurements[] | select(.name == "volume") | .value' m.json | head -1)" 4189
    grep -q "Scale</span> <strong>1$(printf '\302\240:\302\240')2</strong>" r.html
    unzip -p part.3mf 3D/3dmodel.model >model
    grep -q '"mq:Scale">1:2<' model
    grep -q '"mq:Space">none<' model
    grep -q 'name="part 1:2"' model
    grep -aq 'SPACE=LPS' solid.ply
    if sed '/^end_header/q' half.ply | grep -a 'SPACE='; then return 1; fi
    # through meshfix the record stays, and the part too
    meshfix -q half.ply | meshmeasure -q --against series --json n.json
    [ "$(jq -r .verdict n.json)" = pass ]
    # a part that is larger by a fortieth is seen at its own size
    meshshell -q --scale 0.5 solid.ply | meshconv -q - -o plain.off
    meshmeasure -q --expect volume=4189mm3,tol=1% plain.off && return 1
    meshdiff --tol 0.001 half.ply plain.off >/dev/null
}

@test "meshshell --scale with walls and shrinkage: added material, wall and books, all undone in their order" {
    meshshell -q --scale 0.3 --min-wall 1mm --shrinkage 0.4%,0.5%,1% plate.off >p.ply
    [ "$(sed '/^end_header/q' p.ply | grep -ac 'obj_info meshqa_record [123] 1/')" -eq 3 ]
    meshmeasure -q --expect volume=600.000mm3,tol=0.01mm3 --json p.json p.ply
    [ "$(jq -c '[.verdict, .scale, .shrinkage]' p.json)" = '["pass",0.3,"0.4 %, 0.5 %, 1 %"]' ]
    [ "$(jq -c '[.measurements[] | select(.verdict == "pass") | .name]' p.json)" = '["volume","added-volume","wall-move","moved-elsewhere","least-wall"]' ]
    # shrunk by what the record says, the print has the wall
    [ "$(jq '.measurements[] | select(.name == "least-wall") | .value > 0.998' p.json)" = true ]
    meshshell -q --scale 0.3 --hollow 1mm --drain 1mm --qa-cube 5mm --shrinkage 0.4% solid.ply >h.ply
    meshmeasure -q --against series -o h.3mf --json h.json h.ply
    [ "$(jq -r .verdict h.json)" = pass ]
    unzip -p h.3mf 3D/3dmodel.model | grep -q '"mq:Shrinkage">0.4 %, 0.4 %, 0.4 %<'
    # steps apart are the same bytes
    meshshell -q --scale 0.3 --min-wall 1mm plate.off | meshshell -q --shrinkage 0.4%,0.5%,1% >q.ply
    cmp p.ply q.ply
    meshshell -q -j 3 --scale 0.3 --min-wall 1mm --shrinkage 0.4%,0.5%,1% plate.off | cmp - p.ply
    # parts of several bodies are scaled together
    meshshell -q --qa-cube 5mm block.off >two.ply
    meshshell -q --shrinkage 2% two.ply >large.ply
    [ "$(meshfix --check large.ply | grep -c '^part .* valid$')" -eq 2 ]
}

@test "meshshell --scale, --shrinkage: what is none is refused, one line each" {
    for t in 0 -1 nan 0.5mm abc 1:0 0% 1e9; do refuses 2 out.ply meshshell "--scale=$t" block.off -o out.ply; done
    for t in 0.4 1.004 50% nan% 1%,1% 1%,1%,1%,1%; do refuses 2 out.ply meshshell "--shrinkage=$t" block.off -o out.ply; done
    [[ $stderr == *'in percent'* ]]
    meshshell -q --scale 0.5 block.off >half.ply
    refuses 2 out.ply meshshell --scale 0.5 half.ply -o out.ply
    [[ $stderr == *'at 1:2 already'* ]]
    meshshell -q --shrinkage 1% block.off >s.ply
    refuses 2 out.ply meshshell --shrinkage 1% s.ply -o out.ply
    refuses 2 out.ply meshshell --scale 0.5 s.ply -o out.ply
    refuses 2 out.ply meshshell --hollow 1.5 s.ply -o out.ply
    [[ $stderr == *'larger for shrinkage'* ]]
    meshshell -q --qa-cube 5mm block.off >two.ply
    refuses 2 out.ply meshshell --scale 0.5 two.ply -o out.ply
    [[ $stderr == *'qa-cube'*'scale first'* ]]
    refuses 2 out.ply meshshell --check-wall 1 --allow thin block.off -o out.ply
    refuses 2 out.ply meshshell --scale 0.5 --allow everything block.off -o out.ply
}
