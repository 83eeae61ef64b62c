#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Meshes that are hard on meshfix: each ends in bounded time, repaired or with an answer that names what is wrong.

load common

setup() {
    TOOL=meshfix
    cd "$BATS_TEST_TMPDIR" || return 1
}

# ply VERTICES FACES: a header for lines of both on standard input, vertices first
ply() {
    printf 'ply\nformat ascii 1.0\nelement vertex %d\nproperty float x\nproperty float y\nproperty float z\nelement face %d\nproperty list uchar int vertex_indices\nend_header\n' "$1" "$2"
    cat
}

# boxes N GAP: N boxes within each other, every other one inward
boxes() {
    awk -v n="$1" 'BEGIN {
        split("0 2 3 0 3 1 4 5 7 4 7 6 0 1 5 0 5 4 2 6 7 2 7 3 0 4 6 0 6 2 1 3 7 1 7 5", f, " ")
        for (i = 0; i < n; i++) for (v = 0; v < 8; v++) { r = n - i; print (v % 2 ? r : -r), (int(v / 2) % 2 ? r : -r), (v > 3 ? r : -r) }
        for (i = 0; i < n; i++) for (t = 0; t < 12; t++) {
            a = f[3 * t + 1]; b = f[3 * t + 2]; c = f[3 * t + 3]
            if (i % 2) { x = b; b = c; c = x }
            print 3, 8 * i + a, 8 * i + b, 8 * i + c } }' | ply $((8 * $1)) $((12 * $1))
}

@test "meshfix: a Moebius strip and a Klein bottle are refused by name, with the place" {
    awk 'BEGIN { n = 60; pi = 3.14159265358979
        for (i = 0; i < n; i++) for (k = -1; k < 2; k += 2) { t = 2 * pi * i / n; r = 20 + 3 * k * cos(t / 2)
            print r * cos(t), r * sin(t), 3 * k * sin(t / 2) }
        for (i = 0; i < n; i++) { a = 2 * i; b = a + 1; c = (a + 2) % (2 * n); d = (a + 3) % (2 * n)
            if (i == n - 1) { x = c; c = d; d = x }
            print 3, a, c, b; print 3, b, c, d } }' | ply 120 120 >moebius.ply
    awk 'BEGIN { n = 40; m = 20; pi = 3.14159265358979
        for (i = 0; i < n; i++) for (j = 0; j < m; j++) { u = 2 * pi * i / n; v = 2 * pi * j / m
            r = 20 + 6 * (cos(u / 2) * sin(v) - sin(u / 2) * sin(2 * v)); print r * cos(u), r * sin(u), 6 * (sin(u / 2) * sin(v) + cos(u / 2) * sin(2 * v)) }
        for (i = 0; i < n; i++) for (j = 0; j < m; j++) { k = (j + 1) % m; p = (i + 1) % n
            a = i * m + j; b = i * m + k; c = p * m + j; d = p * m + k
            if (i == n - 1) { c = p * m + (m - j) % m; d = p * m + (m - k) % m }
            print 3, a, c, b; print 3, b, c, d } }' | ply 800 1600 >klein.ply
    for n in moebius klein; do
        run -1 --separate-stderr meshfix --only weld,degenerate,orient,outward --json r.json $n.ply -o no.ply
        [[ $stderr == *"with one side only (as a Moebius strip or a Klein bottle), the first with triangle 0 at ("*") mm: cannot be oriented"* ]] || { echo "$n: $stderr"; return 1; }
        [ ! -e no.ply ]
        refuses 1 no.ply timeout 60 meshfix -q $n.ply -o no.ply # with all repairs, too
        [[ $stderr == "meshfix: not valid after repair, and not sent on: 1 piece with one side only"* ]]
    done
}

@test "meshfix: 1,000 shells within each other are valid as they are" {
    boxes 1000 >shells.ply
    timeout 60 meshfix --json r.json shells.ply -o ok.ply
    [ "$(jq -c '[.audit.before.valid, .audit.before.components, .audit.before.cavities]' r.json)" = '[true,1000,500]' ]
    within 1e-6 "$(jq .audit.after.volume_mm3 r.json)" "$(awk 'BEGIN { for (i = 0; i < 1000; i++) s += (i % 2 ? -1 : 1) * (2 * (1000 - i)) ^ 3; printf "%.17g", s }')"
}

@test "meshfix: nothing but degenerate triangles is refused, and so is one of them alone" {
    awk 'BEGIN { for (i = 0; i < 300; i++) print i % 7, i % 7, i % 7; for (i = 0; i < 200; i++) print 3, i, (i + 7) % 300, i + 1 }' | ply 300 200 >flat.ply
    run -1 --separate-stderr timeout 30 meshfix -q flat.ply -o no.ply
    [[ $stderr == *"not valid after repair"* ]] && [ ! -e no.ply ]
    printf '0 0 0\n1 1 1\n3 0 1 1\n' | ply 2 1 >one.ply
    run -1 timeout 30 meshfix -q one.ply -o no.ply
    [ ! -e no.ply ]
}

@test "meshfix: two identical meshes on top of each other become one" {
    boxes 1 | awk '/^element vertex/ { print "element vertex 16"; next } /^element face/ { print "element face 24"; next }
        /^end_header/ { print; body = 1; next } !body { print; next } ++n <= 8 { v[n] = $0; next } { f[n - 8] = $0 }
        END { for (k = 0; k < 2; k++) for (i = 1; i <= 8; i++) print v[i]
            for (k = 0; k < 2; k++) for (i = 1; i <= 12; i++) { split(f[i], c, " "); print 3, c[2] + 8 * k, c[3] + 8 * k, c[4] + 8 * k } }' >twice.ply
    timeout 30 meshfix -q --json r.json twice.ply -o ok.ply
    [ "$(jq -c '[.audit.before.coincident_vertices, .audit.after.triangles, .audit.after.volume_mm3]' r.json)" = '[8,12,8]' ] ||
        [ "$(jq -c '[.audit.before.coincident_vertices, .audit.after.triangles, .audit.after.volume_mm3]' r.json)" = '[8,12,8.0]' ]
}

@test "meshfix: one hole of 100,000 edges is filled" {
    awk 'BEGIN { n = 100000; pi = 3.14159265358979
        for (i = 0; i < n; i++) { t = 2 * pi * i / n; printf "%.9g %.9g 0\n%.9g %.9g 20\n", 50 * cos(t), 50 * sin(t), 50 * cos(t), 50 * sin(t) }
        print "0 0 0"
        for (i = 0; i < n; i++) { j = (i + 1) % n; print 3, 2 * i, 2 * j, 2 * j + 1; print 3, 2 * i, 2 * j + 1, 2 * i + 1 } }' | ply 200001 200000 >tube.ply
    timeout 120 meshfix -q --json r.json tube.ply -o ok.stl
    [ "$(jq -c '.repairs[] | select(.step == "holes") | [.count, .triangles]' r.json)" = '[2,199996]' ]
    within 1e-3 "$(jq .audit.after.volume_mm3 r.json)" 157079.63267949
}

@test "meshfix: 10,000 holes are filled" {
    # a slab of 202 x 202 cells, every other cell of every other row of its top missing
    awk 'BEGIN { n = 202; m = n + 1
        for (z = 0; z < 2; z++) for (y = 0; y < m; y++) for (x = 0; x < m; x++) print x, y, 3 * z
        for (z = 0; z < 2; z++) for (y = 0; y < n; y++) for (x = 0; x < n; x++) {
            if (z && x % 2 && y % 2 && x < 200 && y < 200) continue
            a = z * m * m + y * m + x; b = a + 1; c = a + m; d = c + 1
            if (z) { print 3, a, b, d; print 3, a, d, c } else { print 3, a, d, b; print 3, a, c, d } }
        for (i = 0; i < n; i++) { u = m * m
            a = i; b = i + 1; print 3, a, b, b + u; print 3, a, b + u, a + u
            a = n * m + i; b = a + 1; print 3, b, a, a + u; print 3, b, a + u, b + u
            a = i * m; b = a + m; print 3, b, a, a + u; print 3, b, a + u, b + u
            a = i * m + n; b = a + m; print 3, a, b, b + u; print 3, a, b + u, a + u } }' >body
    ply $((2 * 203 * 203)) "$(grep -c '^3 [0-9]* [0-9]* [0-9]*$' body)" <body >holes.ply
    timeout 120 meshfix -q --json r.json holes.ply -o ok.stl
    [ "$(jq -c '.repairs[] | select(.step == "holes") | [.count, .triangles, .area_mm2 == 10000]' r.json)" = '[10000,20000,true]' ]
    within 1e-6 "$(jq .audit.after.volume_mm3 r.json)" 122412
}

@test "meshfix: repaired meshes are valid ones, and those keep their bytes: real meshes too" {
    [ -d "$SHARED/data/meshes" ] || skip "no real meshes here"
    n=0
    for f in $(find "$SHARED/data/meshes" -name '*.stl' -size -400k | sort | head -12); do
        timeout 60 meshfix -q "$f" -o once.ply || continue
        meshfix -q once.ply -o twice.ply
        [ "$(sed '1,/^end_header$/d' once.ply | cksum)" = "$(sed '1,/^end_header$/d' twice.ply | cksum)" ] || { echo "$f"; return 1; }
        n=$((n + 1))
    done
    [ "$n" -gt 3 ]
}
