#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The 3D view of the report in Chromium, used by mouse and keys: what it says is the truth of the generator, no complaint of the browser.

load common
load ../cli/common

setup_file() {
    /usr/bin/python3 -c 'import selenium' 2>/dev/null || skip "no python3-selenium"
    command -v chromium chromedriver >/dev/null || skip "no chromium and its driver"
    cd "$BATS_FILE_TMPDIR" || return 1
}

# said FILE: what viewer.py saw
said() { /usr/bin/python3 "$ROOT/tests/oracle/viewer.py" "$1" "${2:-}" >"$BATS_TEST_TMPDIR/said.json"; }
of() { jq -r "$1" "$BATS_TEST_TMPDIR/said.json"; }

@test "viewer: a ball of known size: sides, slice, length" {
    cd "$BATS_FILE_TMPDIR"
    gen_series --body sphere --radius 18 --size 56x60x40 --spacing 0.8,0.75,1.25 -o scan
    dcmseg -q scan -t 500HU | mcubes -q | meshmeasure -q --report ball.html >/dev/null
    said ball.html
    [ "$(of '.complaints | length')" -eq 0 ]
    [ "$(of '.letters | tojson')" = '{"Front":["R","L","S","I"],"Back":["L","R","S","I"],"Left":["A","P","S","I"],"Right":["P","A","S","I"],"Above":["L","R","A","P"],"Below":["R","L","A","P"]}' ]
    [ "$(of .sharp)" = true ] # a pixel of the drawing for each of the page
    # from the front through the middle to the back: the diameter, to the coarseness of the voxels
    [ "$(of '.length > 35.9 and .length < 36.1')" = true ]
}

@test "viewer: parts, values as colours, places to go to" {
    cd "$BATS_FILE_TMPDIR"
    gen_meshes -o meshes
    meshmeasure -q meshes/shared_wall_good.ply --report parts.html >/dev/null
    said parts.html
    [ "$(of '.parts | length')" -eq 2 ]
    [ "$(of '.complaints | length')" -eq 0 ]
    box 0 0 0 20 20 1 >plate.off
    meshshell -q plate.off --check-wall 1.5mm -o plate.ply >/dev/null || [ $? -eq 1 ]
    printf 'point left 20 10 0.5\npoint right 0 10 0.5\ndistance across left right 20mm\n' >marks.txt
    meshmeasure -q plate.ply --landmarks marks.txt --report plate.html >/dev/null || [ $? -eq 1 ]
    said plate.html
    [ "$(of '.legend | length')" -eq 2 ]
    [ "$(of '.places | length')" -eq 2 ]
    [ "$(of .target)" = 20.000,10.000,0.500 ]
    [ "$(of .length)" = 20.0000 ] || [ "$(of .length)" = 20 ] # across the plate from the front: exactly its depth
    [ "$(of '.complaints | length')" -eq 0 ]
}

@test "viewer: a real bone of the shared data, as a preview that says so" {
    cd "$BATS_FILE_TMPDIR"
    [ -d "$SHARED/data/ct-abdomen-ge-crlm-1004" ] || skip "no data in $SHARED"
    dcmseg -q "$SHARED/data/ct-abdomen-ge-crlm-1004" -t 150HU --keep largest | mcubes -q | meshmeasure -q --report bone.html >/dev/null || [ $? -eq 1 ]
    grep -q 'A preview' bone.html
    [ "$(stat -c %s bone.html)" -lt 3000000 ]
    said bone.html
    [ "$(of '.said | contains("a preview, known to")')" = true ]
    [ "$(of '.complaints | length')" -eq 0 ]
}
