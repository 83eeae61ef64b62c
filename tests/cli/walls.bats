#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# From the scan to a part with a least wall: the anatomy is judged as it was, what was added by itself.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    gen_series --body vessels --size 64x64x64 --spacing 0.6,0.6,0.6 -o CT >/dev/null
    dcmseg -q CT --threshold 500 | mcubes -q | meshfix -q >solid.ply
    meshshell -q --min-wall 1.5mm solid.ply >strong.ply
}

setup() {
    TOOL=meshmeasure
    cd "$BATS_FILE_TMPDIR" || return 1
}

# verdict FILE NAME
verdict() {
    jq -r --arg n "$2" '.measurements[] | select(.name == $n) | .verdict' "$1"
}

@test "the pipe with a least wall: pass; the anatomy is the mesh before, the wall is judged by itself" {
    meshmeasure -q solid.ply --json solid.json
    run -0 bash -c 'dcmseg -q CT --threshold 500 | mcubes -q | meshfix -q | meshshell -q --min-wall 1.5mm |
        meshmeasure -q --against CT --expect volume='"$(jq '.quantities.volume_mm3' solid.json)"'mm3,tol=2mm3 --report qa.html --json qa.json -o part.3mf'
    [ "$(jq -r .verdict qa.json)" = pass ]
    for n in volume dice misplaced ledger added-volume wall-move moved-elsewhere least-wall; do
        [[ $(verdict qa.json $n) =~ ^(pass)([[:space:]]pass)?$ ]]
    done
    # what is written is thicker by what the books say, and what is compared with the scan is not
    [ "$(jq '(.ledger | last | .change_mm3) as $d | $d > 0.1 and (.quantities.volume_mm3 - .measurements[0].value - $d | fabs < 1e-6)' qa.json)" = true ]
    [ "$(jq '.wall.thick_enough and (.wall.allowed | not) and .wall.wall_mm == 1.5' qa.json)" = true ]
    grep -q 'Least wall' qa.html
    meshfix -q --check part.3mf >/dev/null
}

@test "the mesh before travels: bit by bit the one that was read, through meshconv too; other programs pass over it" {
    meshconv -q strong.ply -o again.ply
    meshmeasure -q --against CT --json again.json again.ply
    [ "$(jq -r .verdict again.json)" = pass ]
    python3 - <<'PY'
import struct
def payload(name):
    b = open(name, 'rb').read()
    at = b.index(b'end_header\n') + 11
    return b[:at].decode('latin1'), b[at:]
old = payload('solid.ply')[1]
for name in 'strong.ply', 'again.ply':
    head, new = payload(name)
    assert 'element before_vertex' in head and new.endswith(old), name
PY
}

@test "a mesh that was changed, or another one before: no verdict, exit 2; without records none either" {
    meshfix -q --smooth 2 strong.ply -o smooth.ply
    refuses 2 x.3mf meshmeasure -q --against CT smooth.ply -o x.3mf
    [[ $stderr == *'changed the mesh on purpose'* ]]
    meshconv -q strong.ply -o bare.stl
    refuses 2 x.3mf meshmeasure -q --against CT bare.stl -o x.3mf
    meshmeasure -q bare.stl
}

@test "places that stay thin pass by name only, and are listed in the report" {
    meshshell -q --min-wall 1.5mm --side inside --allow thin solid.ply >left.ply 2>list
    run -1 --separate-stderr meshshell -q --min-wall 1.5mm --side inside solid.ply -o none.ply
    run -0 meshmeasure -q --against CT left.ply --report left.html --json left.json
    [ "$(jq '.records | last | .wall.thin_samples > 0' left.json)" = true ]
}
