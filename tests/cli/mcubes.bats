#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# mcubes on volumes that are hardly ones. (What readers refuse is in badinput.bats and nrrd_test.c.)
load common

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

volume() { # SIZES DIRECTIONS PAYLOAD (printf): an NRRD of bytes, level 5
    printf 'NRRD0005\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: %s\nspace directions: %s\nencoding: raw\nspace origin: (0,0,0)\n\n' "$1" "$2"
    # shellcheck disable=SC2059
    printf "$3"
}
unit='(1,0,0) (0,1,0) (0,0,1)'
refused() { # VOLUME: exit 2, one line
    run --separate-stderr -2 mcubes --iso 5 "$1" -o x.ply
    [ ! -e x.ply ]
    # shellcheck disable=SC2154
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "a level outside the range: exit 1, the range and a histogram" {
    volume '2 2 2' "$unit" '\001\002\003\004\005\006\007\011' >v.nrrd
    run --separate-stderr -1 mcubes --iso 10 v.nrrd -o x.ply
    [ ! -e x.ply ]
    [[ $stderr == *'nothing crosses the level 10: the samples run from 1 to 9, in steps of 2 from 0: 1 2 2 2 1'* ]]
    run --separate-stderr -1 mcubes --open --iso -10 v.nrrd -o x.ply
    [[ $stderr == *'from 1 to 9'* ]]
}

@test "one sample along an axis, or along all" {
    for s in '1 1 1' '1 1 4' '4 1 1' '1 2 2'; do
        volume "$s" "$unit" '\011\011\001\011' | head -c -$((4 - $(tr ' ' '*' <<<"$s"))) >v.nrrd
        mcubes --iso 5 v.nrrd -q -o x.ply
        run -0 meshfix --check x.ply
    done
}

@test "no sample along an axis, axes in a plane, steps that are no numbers: refused" {
    volume '0 2 2' "$unit" '' >v.nrrd
    refused v.nrrd
    for d in '(1,0,0) (2,0,0) (0,0,1)' '(1,0,0) (0,0,0) (0,0,1)' '(1,0,0) (0,nan,0) (0,0,1)' '(inf,0,0) (0,1,0) (0,0,1)'; do
        volume '2 2 2' "$d" '\011\011\001\001\001\001\001\001' >v.nrrd
        refused v.nrrd
    done
}

@test "a payload shorter than stated is refused, and a longer one" {
    volume '2 2 2' "$unit" '\011\011\001' >v.nrrd
    refused v.nrrd
    volume '2 2 2' "$unit" '\011\011\001\001\001\001\001\001\001' >v.nrrd
    refused v.nrrd
}

# A quarter of a gigabyte of zeros, with one sample inside, far behind.
large() { # BYTES to leave out
    printf 'NRRD0005\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: 512 512 1024\nspace directions: %s\nencoding: raw\nspace origin: (0,0,0)\n\n' "$unit"
    head -c 234567890 /dev/zero
    printf '\011'
    head -c $((512 * 512 * 1024 - 234567890 - 1 - $1)) /dev/zero
}

@test "a large volume from a pipe takes the memory of some slices" {
    memory=102400 # KiB of addresses
    case $B in */asan | */tsan) memory=unlimited ;; esac # they reserve terabytes of addresses
    large 0 | (ulimit -v $memory && mcubes --iso 5 -j 1 -q -o x.ply --json r.json)
    [ "$(jq .audit.triangles r.json)" = 8 ]
    meshfix --check x.ply >/dev/null
    # cut at its end: nothing is left
    rm x.ply
    mkfifo cut.fifo # of a file the size would tell at once
    large 1 >cut.fifo &
    run --separate-stderr -2 mcubes --iso 5 -j 1 -q -o x.ply cut.fifo
    [[ $stderr == *'268435455 of 268435456 bytes, input cut off'* ]]
    [ ! -e x.ply ]
}

@test "an altered payload is told when its end has come, and nothing is written" {
    python3 - <<'EOF'
import zlib
d = bytearray(40 * 40 * 100)
d[70000] = 9
h = 'NRRD0005\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: 40 40 100\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\nspace origin: (0,0,0)\nmeshqa_schema:=1\nmeshqa_bytes:=%d\nmeshqa_crc32:=%08x\n\n' % (len(d), zlib.crc32(d))
open('good.nrrd', 'wb').write(h.encode() + d)
d[150000] = 9
open('bad.nrrd', 'wb').write(h.encode() + d)
EOF
    mcubes --iso 5 -q -o x.ply <good.nrrd
    rm x.ply
    run --separate-stderr -2 mcubes --iso 5 -q -o x.ply bad.nrrd
    [[ $stderr == *'altered on the way'* ]]
    [ ! -e x.ply ]
    run --separate-stderr -2 mcubes --iso 50 -q bad.nrrd -o x.ply # altered comes before "nothing crosses"
    [[ $stderr == *'altered on the way'* ]]
}

@test "far more labels than a mask has: one line that says so" {
    for n in 100 28; do # 1,000,000 and 21,952 labels
        python3 -c "
import struct, sys
n = $n
h = 'NRRD0005\ntype: uint\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\nspace directions: $unit\nendian: little\nencoding: raw\nspace origin: (0,0,0)\n\n' % (n, n, n)
sys.stdout.buffer.write(h.encode() + struct.pack('<%dI' % n**3, *range(1, n**3 + 1)))" >labels.nrrd
        run --separate-stderr -2 mcubes --labels labels.nrrd -o x.ply
        [ "$(wc -l <<<"$stderr")" -eq 1 ]
        [[ $stderr == *'more than '[16]*' '* ]]
        [[ $stderr != *'--method mc'* ]]
        [ ! -e x.ply ]
    done
}

@test "a claim of large slices takes no memory" {
    memory=400000 # KiB of addresses
    case $B in */asan | */tsan) memory=unlimited ;; esac
    volume '3000 3000 1000' "$unit" '\001' >v.nrrd # 9 GB
    run --separate-stderr -2 bash -c "ulimit -v $memory; cat v.nrrd | mcubes -j 1 --iso 5 -o x.ply"
    [[ $stderr == *'1 of 9000000000 bytes, input cut off'* ]]
}

@test "a grid of the other hand makes a mesh that faces outward all the same" {
    volume '2 2 2' '(1,0,0) (0,-1,0) (0,0,1)' '\011\001\001\001\001\001\001\001' >v.nrrd
    mcubes --iso 5 v.nrrd -q -o x.ply
    run -0 meshfix --check x.ply
}

@test "a tunnel through a cell" {
    volume '2 2 2' "$unit" '\011\004\004\004\004\004\004\011' >v.nrrd # the middle is (2 * 9 + 6 * 4) / 8 = 5.25
    mcubes --iso 5.25 v.nrrd -q -o x.ply --json c.json
    [ "$(jq .audit.components c.json)" = 1 ]
    mcubes --iso 5.26 v.nrrd -q -o x.ply --json d.json
    [ "$(jq .audit.components d.json)" = 2 ]
}
