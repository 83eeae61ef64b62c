#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshfix --decimate: what is asked for is what comes, valid, with its distance; or nothing comes.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 14 --size 36x36x36 -o ball >/dev/null
    dcmseg -q ball -t 500 | mcubes -q -o ball.ply
}

setup() {
    TOOL=meshfix
    cd "$BATS_FILE_TMPDIR" || return 1
    triangles=$(sed -n 's/^element face //p;/^end_header/q' ball.ply)
    volume=$(meshfix --check --json - -o c.ply ball.ply | jq .audit.before.volume_mm3)
}

payload() { sed '1,/^end_header$/d' "$1" | cksum; }
facets() { sed -n 's/^element face //p;/^end_header/q' "$1"; }

@test "meshfix --decimate: a number, a part, a file size" {
    meshfix -q --decimate 1000 --json r.json ball.ply -o a.ply
    [ "$(facets a.ply)" -le 1000 ] && [ "$(facets a.ply)" -ge 998 ]
    meshfix --check a.ply >table
    within 0.001 "$(jq .audit.after.volume_mm3 r.json)" "$volume"
    [ "$(jq -c '.repairs[-1] | [.step, .triangles_before, .triangles_after, .count > 0]' r.json)" = "[\"decimate\",$triangles,$(facets a.ply),true]" ]
    [ "$(jq -c '[.options.decimate, .repairs[-1].max_move_mm == .repairs[-1].hausdorff_upper_mm, .ledger[0].moved_mm == .change.max_move_mm]' r.json)" = '["1000",true,true]' ]
    # as meshdiff measures it
    meshdiff -q ball.ply a.ply --tol 1mm --json d.json >table
    low=$(jq .repairs[-1].hausdorff_lower_mm r.json) high=$(jq .repairs[-1].hausdorff_upper_mm r.json)
    jq -e --argjson l "$low" --argjson h "$high" '[.. | .hausdorff_lower_mm?, .hausdorff_upper_mm? | numbers] | .[0] <= $h and $l <= .[1]' d.json
    for j in 1 3; do meshfix -q -j $j --decimate 1000 ball.ply | sed '1,/^end_header$/d' >j$j; done
    cmp j1 j3
    [ "$(payload a.ply)" = "$(cksum <j1)" ]

    meshfix -q --decimate 25% ball.ply -o b.ply
    [ "$(facets b.ply)" -le $((triangles / 4)) ] && [ "$(facets b.ply)" -ge $((triangles / 4 - 2)) ]

    meshfix -q --decimate 50kB ball.ply -o c.stl
    size=$(stat -c %s c.stl)
    [ "$size" -le 50000 ] && [ "$size" -gt 49800 ]
    meshfix --check c.stl >table
    meshfix -q --decimate 80kB ball.ply >c.ply
    size=$(stat -c %s c.ply)
    [ "$size" -le 80000 ] && [ "$size" -gt 50000 ]
    meshfix -q --decimate 100% a.ply -o d.ply # nothing to do
    [ "$(payload a.ply)" = "$(payload d.ply)" ]
}

@test "meshfix --decimate: an error is kept, and used" {
    meshfix -q --decimate 0.2mm --json r.json ball.ply -o a.ply
    meshfix --check a.ply >table
    jq -e '.repairs[-1] | .hausdorff_upper_mm <= 0.2 and .hausdorff_lower_mm > 0.05 and .triangles_after < .triangles_before / 5' r.json
    meshdiff -q ball.ply a.ply --tol 0.2mm >table
    within 0.1 "$(jq .audit.after.volume_mm3 r.json)" "$volume"
}

@test "meshfix --decimate: what cannot be had is refused, with the report" {
    refuses 1 no.ply meshfix -q --decimate 1 --json r.json ball.ply -o no.ply
    [[ $stderr == 'meshfix: not done as asked, and not sent on: '*' triangles are left, not 1: '* ]]
    jq -e '(.findings | length > 0) and .repairs[-1].step == "decimate" and .audit.after.valid' r.json
    refuses 1 no.ply meshfix -q --decimate 5% --max-move 1um ball.ply -o no.ply
    [[ $stderr == *'the surface would move by '*' mm, more than --max-move 1um' ]]
    for bad in 0 -1 0% 101% 0mm '' 5HU 12mb; do
        refuses 2 no.ply meshfix --decimate "$bad" ball.ply -o no.ply
        [[ $stderr == 'meshfix: --decimate: '* ]]
    done
    refuses 2 no.3mf meshfix --decimate 20kB ball.ply -o no.3mf
    [[ $stderr == *'the size of a 3mf file cannot be told beforehand'* ]]
    refuses 2 no.ply meshfix --check --decimate 10% ball.ply -o no.ply
    run -1 meshfix -q --decimate 1 --write-failed ball.ply -o far.ply
    [ -e far.FAILED.ply ] && [ ! -e far.ply ]
}

@test "meshfix --decimate: parts keep their names, their walls and their volumes" {
    { printf 'NRRD0005\ntype: uint8\ndimension: 3\nsizes: 30 30 30\nspace: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: text\nSegment0_LabelValue:=3\nSegment0_Name:=liver\n\n'
      awk 'BEGIN { for (z = 0; z < 30; z++) for (y = 0; y < 30; y++) for (x = 0; x < 30; x++)
          print (x - 14.7) ^ 2 + (y - 15.1) ^ 2 + (z - 14.4) ^ 2 <= 144 ? (x + 0.2 * y < 18 ? 3 : 7) : 0 }'; } >parts.nrrd
    mcubes -q --labels parts.nrrd -o parts.ply
    meshfix -q --decimate 15% --json r.json parts.ply -o few.ply
    [ "$(jq -c '[.parts[] | [.label, .name, .valid]]' r.json)" = '[[3,"liver",true],[7,"part-7",true]]' ]
    meshfix -q --check --json b.json -o c.ply parts.ply
    for i in 0 1; do within 0.1 "$(jq ".parts[$i].volume_mm3" r.json)" "$(jq ".parts[$i].volume_mm3" b.json)"; done
    # the wall stands there once: together the parts have fewer triangles by that than each for itself
    meshconv -q few.ply -o few.obj
    [ "$(grep -c ^f few.obj)" -gt "$(facets few.ply)" ]
    meshconv -q --join-parts few.ply -o whole.ply
    meshfix --check whole.ply
}
