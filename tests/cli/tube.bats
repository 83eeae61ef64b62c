#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshshell --wall-from-surface, from the outside.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    pipe 24 0 >pipe.off
    pipe 24 0.5 >wavy.off
    gen_series --body sphere --radius 10 --size 32x32x32 --spacing 0.8,0.8,0.8 -o series >/dev/null
    dcmseg -q series --threshold 500 | mcubes -q -o ball.ply
}

setup() {
    TOOL=meshshell
    cd "$BATS_FILE_TMPDIR" || return 1
}

# pipe LENGTH WAVE: OFF of an open prism of 24 sides, radius 4; the far end off its plane by WAVE
pipe() {
    awk -v l="$1" -v w="$2" 'BEGIN {
        n = 24; pi = atan2(0, -1); print "OFF\n" 2 * n, 2 * n, 0
        for (i = 0; i < 2; i++) for (j = 0; j < n; j++)
            print 4 * cos(2 * pi * j / n), 4 * sin(2 * pi * j / n), i * l + i * w * (j % 2)
        for (j = 0; j < n; j++) { k = (j + 1) % n; print 3, j, k, n + k; print 3, j, n + k, n + j }
    }'
}

@test "meshshell --wall-from-surface: valid, open at both ends, the lumen bit for bit, wall checked, books closed" {
    meshshell -q --wall-from-surface 2mm pipe.off --json t.json -o tube.ply
    meshfix --check tube.ply >table
    grep -q '^genus  *1$' table
    [ "$(jq -c '[.tube.ends, .tube.lumen_vertices, .tube.lumen_triangles, .wall.thick_enough]' t.json)" = '[2,48,48,true]' ]
    [ "$(jq '.tube.measured.min_mm >= 2 - .tube.tolerance_mm and .tube.measured.max_mm < 2.1' t.json)" = true ]
    # a prism's sides swept by 2 mm, and its corners: 24 (24 * 8 sin(pi / 24) * 2 + 4 pi)
    within 1 "$(jq '.ledger[0].after_mm3' t.json)" 1505.85
    [ "$(jq -c '.ledger[0] | [.kind, .region]' t.json)" = '["intended","tube wall"]' ]
    meshconv -q pipe.off -o pipe.ply
    cmp <(sed '1,/^end_header/d' pipe.ply | head -c 576) <(sed '1,/^end_header/d' tube.ply | head -c 576)
    meshshell -q -j 3 --wall-from-surface 2mm pipe.off | cmp - tube.ply
    # beside it a cube to measure by
    meshshell -q --wall-from-surface 2mm --qa-cube 8mm pipe.off | meshfix --check - | grep -qE '^part .* qa-cube .* valid$'
}

@test "meshshell --wall-from-surface --cut: a closed lumen from a scan, opened at two planes" {
    refuses 1 out.ply meshshell -q --wall-from-surface 1.5mm ball.ply -o out.ply
    [[ $stderr == *'closed'*'--cut'* ]]
    meshshell -q --wall-from-surface 1.5mm --cut z=3mm --cut z=-3mm,above ball.ply -o ring.ply --json r.json
    meshfix --check ring.ply | grep -q '^genus  *1$'
    [ "$(jq -c '[.tube.ends, .options.cut]' r.json)" = '[2,["z=3mm","z=-3mm,above"]]' ]
    within 1 "$(jq '.ledger[0].before_mm3' r.json)" 4189
    meshmeasure -q ring.ply | grep -qE '^height \(z\) +6\.000 mm +from -3\.000 to 3\.000'
    refuses 1 out.ply meshshell -q --wall-from-surface 1.5mm --cut z=50mm ball.ply -o out.ply
}

@test "meshshell --wall-from-surface: what cannot be is refused, one line each" {
    refuses 1 out.ply meshshell -q --wall-from-surface 2mm wavy.off -o out.ply
    [[ $stderr == *'not flat: 0.'*' mm off its plane'*'--cut'* ]]
    for t in 0 -1 0mm 5% 2ml abc nan; do refuses 2 out.ply meshshell "--wall-from-surface=$t" pipe.off -o out.ply; done
    refuses 2 out.ply meshshell --wall-from-surface 1 --hollow 1 pipe.off -o out.ply
    refuses 2 out.ply meshshell --hollow 1 --cut z=1 pipe.off -o out.ply
    refuses 2 out.ply meshshell --wall-from-surface 1 --cut q=1 pipe.off -o out.ply
    refuses 2 out.ply meshshell --wall-from-surface 1 --grid 0.5 pipe.off -o out.ply
    refuses 2 out.ply meshshell --wall-from-surface 1 --grid 0.02 --max-memory 8 pipe.off -o out.ply
    [[ $stderr == *'would fit'* ]]
    gen_meshes -o fx
    for n in self_intersect nonmanifold_edge flipped; do
        refuses 1 out.ply meshshell -q --wall-from-surface 1mm "$(ls fx/${n}_bad.*)" -o out.ply
    done
}
