#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# mcubes --preserve-volume in the pipe: the volume that the grey values tell, whatever the level; the books; the verdict against the
# source; what cannot be moved. (The range of radii, tubes and steps is in preserve_test.c.)
load common

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    gen_series --body sphere --radius 6 --size 24x24x24 --spacing 1,1,1 --center 0.3,-0.2,0.4 -o ball --truth ball.json
    gen_series --body nested --radius 15 --noise 40 --size 40x40x40 --spacing 1,1,1 -o nested --truth nested.json
}

setup() { cd "$BATS_FILE_TMPDIR"; out=$BATS_TEST_TMPDIR; }

preserved() { # SERIES JSON OPTIONS OF DCMSEG...: the mesh, moved, as the pipe has it
    local series=$1 json=$2
    shift 2
    dcmseg "$series" "$@" -q | mcubes --preserve-volume -q --json "$json" | meshfix -q
}

@test "a ball of 6 voxels: 2.4 % too small at the level, within 0.02 % when moved; valid, and it agrees with its source" {
    truth=$(number volume_mm3 ball.json)
    dcmseg ball --threshold 500HU -q | mcubes -q --json "$out/plain.json" -o "$out/plain.ply"
    run -1 within 2 "$(number after_mm3 "$out/plain.json")" "$truth"
    preserved ball "$out/m.json" --threshold 500HU >"$out/m.ply"
    within 0.02 "$(jq .audit.volume_mm3 "$out/m.json")" "$truth"
    run -0 meshfix --check "$out/m.ply"
    run -0 meshmeasure --against ball --json "$out/qa.json" --report "$out/qa.html" "$out/m.ply"
    [[ $output == *'two-class partial volume'* && $output == *'box of the moved surface'* ]]
    [ "$(jq -c '[.ledger[] | [.stage, .from, .to]]' "$out/qa.json")" = '[["dcmseg","voxel_count","volume_at_level"],["mcubes","volume_at_level","mesh"],["mcubes","mesh","mesh"],["meshfix","mesh","mesh"]]' ]
    grep -q '1 of 1 pieces (100 % of the volume) were moved from the level' "$out/qa.html"
    grep -q 'two-class partial volume' "$out/qa.html"
    grep -q -- '--preserve-volume' "$out/qa.html"
    [ "$(jq -c '[.preserve.found, .preserve.moved, .ledger[1].moved_mm == .preserve.moved_mm, .preserve.pieces[0].shift < -20]' "$out/m.json")" = '[1,1,true,true]' ]
}

@test "the level hardly matters any more, noise neither: within 0.3 % from 300 to 700 HU, where the plain surface is off by 10 %" {
    truth=$(number volume_mm3 nested.json)
    for level in 300HU 700HU; do
        dcmseg nested --threshold $level -q | mcubes -q --json "$out/plain.json" -o "$out/plain.ply"
        run -1 within 9 "$(jq .audit.volume_mm3 "$out/plain.json")" "$truth"
        preserved nested "$out/m.json" --threshold $level >"$out/m.ply"
        within 0.3 "$(jq .audit.volume_mm3 "$out/m.json")" "$truth"
        [ "$(jq .preserve.moved "$out/m.json")" -eq 2 ]
        run -0 meshmeasure --against nested --tol 3% "$out/m.ply"
    done
}

@test "what dcmseg cut has the volumes that it measured before; the verdict measures them again" {
    preserved nested "$out/m.json" --threshold 350HU --keep largest >"$out/m.ply"
    [ "$(jq -c '[.preserve.found, .preserve.moved]' "$out/m.json")" = '[1,1]' ]
    [ "$(jq .preserve.pieces[0].partial_mm3 "$out/m.json")" = "$(dcmseg nested --threshold 350HU --keep largest -q --json - -o "$out/x.nrrd" | jq .segment.partial.mm3)" ]
    run -0 meshmeasure --against nested --tol 3% "$out/m.ply"
    [[ $output == *'two-class partial volume'* ]]
}

@test "the surface at the level is not taken for the moved one, nor the other way round" {
    preserved ball "$out/m.json" --threshold 500HU >"$out/m.ply"
    dcmseg ball --threshold 500HU -q | mcubes -q -o "$out/plain.ply"
    run -1 meshmeasure --expect "volume=$(jq .audit.volume_mm3 "$out/m.json")mm3" --tol 1% "$out/plain.ply"
    # a record that does not tell of the move
    sed 's/"preserve-volume":true/"preserve-volume":null/' "$out/m.ply" >"$out/forged.ply"
    run -1 meshmeasure --against ball --tol 1% "$out/forged.ply"
    [[ $output == *'fail, volume at level'* ]]
}

@test "less certain than the move is large: left at the level, said by count and reason, in the record too" {
    run --separate-stderr -0 bash -c 'dcmseg nested --threshold 520HU -q | mcubes --preserve-volume --json "$1/m.json" -o "$1/m.ply"' - "$out"
    [[ $stderr == *'1 of 2 pieces (91'*'% of the volume) stay at the level: the uncertainty of their partial volume'* ]]
    [ "$(jq -c '[.preserve.moved, .preserve.left.uncertain, .preserve.pieces[0].left, .preserve.pieces[0].shift]' "$out/m.json")" = '[1,1,"uncertain",0]' ]
    [ "$(jq '[.findings[] | select(.text | contains("stay at the level"))] | length' "$out/m.json")" -eq 1 ]
    run -0 meshmeasure --against nested "$out/m.ply"
    [[ $output == *'partial volume of what was moved, volume at level of the rest'* ]]
}

@test "no pure samples: left, unless the values are given; between two thresholds nobody knows" {
    gen_series --body sphere --radius 1.6 --size 14x14x14 --spacing 1,1,1 --center 0.4,0.4,0.4 -o "$out/tiny" --truth "$out/tiny.json"
    dcmseg "$out/tiny" --threshold 500HU -q -o "$out/tiny.nrrd"
    run --separate-stderr -0 mcubes --preserve-volume "$out/tiny.nrrd" -o "$out/t.ply" --json "$out/t.json"
    [[ $stderr == *'1 of 1 pieces'*'no sample lies wholly inside or outside; --inside and --outside'* ]]
    [ "$(jq '.findings[0].level' "$out/t.json")" = '"warning"' ]
    mcubes --preserve-volume --inside 1000HU --outside 0 -q "$out/tiny.nrrd" -o "$out/t.ply" --json "$out/t.json"
    within 0.3 "$(jq .audit.volume_mm3 "$out/t.json")" "$(number volume_mm3 "$out/tiny.json")"
    [ "$(jq -c '.options | [.inside, .outside] | map(round)' "$out/t.json")" = '[1000,0]' ]
    run -0 meshmeasure --against "$out/tiny" "$out/t.ply"
    [[ $output == *'pass, two-class partial volume'* ]]
    run --separate-stderr -0 bash -c 'dcmseg ball --threshold 500HU:2000HU -q | mcubes --preserve-volume -o "$1/two.ply"' - "$out"
    [[ $stderr == *'1 of 1 pieces'*'is not in the record of dcmseg'* ]]
}

@test "the same bytes for any number of threads" {
    dcmseg nested --threshold 350HU -q -o "$out/v.nrrd"
    for j in 1 2 3; do mcubes --preserve-volume -q -j $j "$out/v.nrrd" -o "$out/$j.ply"; done
    cmp "$out/1.ply" "$out/2.ply"
    cmp "$out/1.ply" "$out/3.ply"
}

@test "another program's volume, by its own level" {
    dcmseg ball --threshold 500HU -q -o "$out/v.nrrd"
    sed -e '/^meshqa_/d' "$out/v.nrrd" >"$out/plain.nrrd"
    mcubes --iso 400 --preserve-volume -q "$out/plain.nrrd" --json "$out/p.json" -o "$out/p.ply"
    within 0.02 "$(jq .audit.volume_mm3 "$out/p.json")" "$(number volume_mm3 ball.json)"
}

@test "what does not go together is refused" {
    dcmseg ball --threshold 500HU -q -o "$out/v.nrrd"
    dcmseg nested --threshold 500HU --keep largest -q -o "$out/cut.nrrd"
    refuses 2 "$out/x.ply" mcubes --preserve-volume --open "$out/v.nrrd" -o "$out/x.ply"
    refuses 2 "$out/x.ply" mcubes --preserve-volume --labels "$out/v.nrrd" -o "$out/x.ply"
    refuses 2 "$out/x.ply" mcubes --inside 3 "$out/v.nrrd" -o "$out/x.ply"
    refuses 2 "$out/x.ply" mcubes --preserve-volume --inside 3% "$out/v.nrrd" -o "$out/x.ply"
    refuses 2 "$out/x.ply" mcubes --preserve-volume --outside 3 "$out/cut.nrrd" -o "$out/x.ply"
    [[ $stderr == *'--outside alone'* ]]
}
