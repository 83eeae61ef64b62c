#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshfix --smooth: the stairs of a mask go; volume, bound and validity stay.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    { printf 'NRRD0005\ntype: uint8\ndimension: 3\nsizes: 26 26 26\nspace: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: text\n\n'
      awk 'BEGIN { for (z = 0; z < 26; z++) for (y = 0; y < 26; y++) for (x = 0; x < 26; x++)
          print (x - 12.7) ^ 2 + (y - 13.1) ^ 2 + (z - 12.4) ^ 2 <= 100 ? (x + 0.2 * y < 16 ? 3 : 7) : 0 }'; } >parts.nrrd
    mcubes -q --labels --relax 0 parts.nrrd -o parts.ply
    mcubes -q --iso 0.5 parts.nrrd -o stairs.ply
}

setup() {
    TOOL=meshfix
    cd "$BATS_FILE_TMPDIR" || return 1
}

payload() { sed '1,/^end_header$/d' "$1" | cksum; }

@test "meshfix --smooth: stairs go, the volume stays, the move is stated" {
    meshfix -q --smooth 10 --json r.json stairs.ply -o a.ply
    meshfix --check a.ply >table
    within 0.001 "$(jq .audit.after.volume_mm3 r.json)" "$(jq .audit.before.volume_mm3 r.json)"
    jq -e '.audit.after.area_mm2 < 0.96 * .audit.before.area_mm2 and .options.smooth == 10' r.json
    jq -e '.repairs[-1] | .step == "smooth" and .passes == 10 and .count > 0 and .max_move_mm > 0.1' r.json
    jq -e '.ledger[0].moved_mm == .repairs[-1].max_move_mm and .change.max_move_mm == .ledger[0].moved_mm' r.json
    meshdiff -q stairs.ply a.ply --tol "$(jq .change.max_move_mm r.json)mm" >table # no point is farther than any vertex moved
    for j in 1 3; do meshfix -q -j $j --smooth 10 stairs.ply | sed '1,/^end_header$/d' >j$j; done
    cmp j1 j3
    [ "$(payload a.ply)" = "$(cksum <j1)" ]
}

@test "meshfix --smooth: no vertex moves farther than --max-move, and decimation gets its share" {
    meshfix -q --smooth 10 --max-move 0.1mm --json r.json stairs.ply -o a.ply
    jq -e '.repairs[-1] | .max_move_mm <= 0.1 and .max_move_mm > 0.09 and .at_bound > 0' r.json
    within 0.1 "$(jq .audit.after.volume_mm3 r.json)" "$(jq .audit.before.volume_mm3 r.json)"
    meshfix -q --smooth 10 --max-move 0 stairs.ply -o same.ply
    [ "$(payload same.ply)" = "$(payload stairs.ply)" ]
    meshfix -q --smooth 5 --decimate 0.05mm --max-move 0.3mm --json r.json stairs.ply -o b.ply
    jq -e '(.repairs[-2:] | map(.step)) == ["smooth","decimate"] and .change.max_move_mm <= 0.3 and .audit.after.valid' r.json
    jq -e '.audit.after.triangles < .audit.before.triangles' r.json
    meshdiff -q stairs.ply b.ply --tol 0.3mm >table
    refuses 2 no.ply meshfix --smooth 1001 stairs.ply -o no.ply
    refuses 2 no.ply meshfix --smooth x stairs.ply -o no.ply
    refuses 2 no.ply meshfix --check --smooth 10 stairs.ply -o no.ply
}

@test "meshfix --smooth: parts keep their volumes and the wall between them" {
    meshfix -q --smooth 10 --json r.json parts.ply -o a.ply
    meshfix -q --check --json b.json -o c.ply parts.ply
    for i in 0 1; do within 0.01 "$(jq ".parts[$i].volume_mm3" r.json)" "$(jq ".parts[$i].volume_mm3" b.json)"; done
    jq -e 'all(.parts[]; .valid)' r.json
    meshconv -q --join-parts a.ply -o whole.ply # the wall goes: it was one
    meshfix --check whole.ply
}
