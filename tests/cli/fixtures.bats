#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The generators: what they write is DICOM, says what was asked for, and is the same each time.

load common

bats_require_minimum_version 1.5.0

@test "gen_series: dcmdump reads every tag that a reader needs" {
    command -v dcmdump >/dev/null || skip "dcmdump (dcmtk) is not installed"
    cd "$BATS_TEST_TMPDIR"
    gen_series --body sphere --size 32x40x6 --spacing 0.7,0.8,1.25 --tilt 20 --order forward -o s
    [ "$(ls s | wc -l)" -eq 6 ]
    run -0 dcmdump +P 0010,0010 +P 0020,0032 +P 0020,0037 +P 0028,0010 +P 0028,0011 +P 0028,0030 +P 0028,1052 s/IM00001.dcm
    [[ "$output" == *'[PHANTOM^MESHQA]'* ]]
    [[ "$output" == *'[1\0\0\0\0.9396926208\0.3420201433]'* ]]
    [[ "$output" == *'US 40 '*'US 32 '*'[0.8\0.7]'*'[-1024]'* ]] # row spacing first
    dcmdump -q s/*.dcm >/dev/null
    a=$(dcmdump +P 0020,0032 s/IM00003.dcm | sed 's/.*\\\(.*\)\].*/\1/') b=$(dcmdump +P 0020,0032 s/IM00004.dcm | sed 's/.*\\\(.*\)\].*/\1/')
    [ "$(echo "$b $a" | awk '{ printf "%.6f", $1 - $2 }')" = 1.250000 ] # the table moves along z, whatever the tilt
}

@test "gen_series: dciodvfy has nothing to say, in any transfer syntax that it knows, signed and not" {
    command -v dciodvfy >/dev/null || skip "dciodvfy (dicom3tools) is not installed"
    cd "$BATS_TEST_TMPDIR"
    gen_series --body voxel --size 16x16x3 -o a
    gen_series --body voxel --size 16x16x3 --transfer implicit --rescale 0.5,0 --outside -1000 --tilt -10 -o b
    for t in big-endian rle; do gen_series --body voxel --size 16x16x3 --transfer $t -o $t; done
    for f in a/IM00001.dcm b/IM00002.dcm big-endian/IM00003.dcm rle/IM00002.dcm; do
        run -0 dciodvfy "$f"
        [ "$output" = CTImage ]
    done
}

@test "gen_series: the same bytes for any number of threads; another seed, other noise and UIDs" {
    cd "$BATS_TEST_TMPDIR"
    gen_series --body ct --size 40x40x12 --noise 20 -j 1 -o a --truth a.json
    LC_ALL=de_DE.UTF-8 gen_series --body ct --size 40x40x12 --noise 20 -j 3 -o b --truth b.json
    gen_series --body ct --size 40x40x12 --noise 20 --seed 2 -o c
    diff -r a b
    cmp a.json b.json
    ! cmp -s a/IM00001.dcm c/IM00001.dcm
}

@test "gen_series: names are shuffled, none is lost" {
    cd "$BATS_TEST_TMPDIR"
    gen_series --body flat --size 4x4x50 --order shuffled -o s
    gen_series --body flat --size 4x4x50 --order forward -o f
    diff <(ls s) <(ls f)
    diff <(cat f/* | wc -c) <(cat s/* | wc -c)
    ! diff -rq s f >/dev/null
}

@test "gen_series: what does not fit is refused in one line" {
    cd "$BATS_TEST_TMPDIR"
    for o in '--size 0x4x4' '--size 4x4' '--spacing 1,1' '--body cow' '--order odd' '--rescale 0,0' '--inside 70000' '--center a,b,c'; do
        run -2 --separate-stderr gen_series $o -o out
        [ "${#stderr_lines[@]}" -eq 1 ]
        [ ! -e out ]
    done
}

@test "gen_meshes: a sound twin for each bad mesh, the same bytes again; gen_move keeps the stream whole" {
    cd "$BATS_TEST_TMPDIR"
    gen_meshes -o a
    gen_meshes -o b
    diff -r a b
    for m in a/*_bad.*; do
        [ -s "$(echo "$m" | sed 's/_bad/_good/')" ]
        ! cmp -s "$m" "${m/_bad/_good}"
    done
    [ "$(ls a | wc -l)" -eq $((2 * $(ls a/*_bad.* | wc -l) + 1)) ]
    gen_move --mirror x --shift 1,2,3 <a/soup_good.ply | gen_move --mirror x --shift -1,-2,-3 >c.ply
    gen_move <a/soup_good.ply | cmp -s - <(gen_move <c.ply)
}

@test "gen_grey: a grey ball whose samples add up to its volume; a mask of it" {
    cd "$BATS_TEST_TMPDIR"
    gen_grey --radius 4 --length 7 --aspect 2 --inside 1 --seed 5 -o a.nrrd --truth a.json
    gen_grey --radius 4 --length 7 --aspect 2 --inside 1 --seed 5 | cmp - a.nrrd
    sum=$(sed '1,/^$/d' a.nrrd | od -An -v -t f4 -w4 | awk '{ s += $1 } END { printf "%.6f", 2 * s }')
    within 0.02 "$sum" "$(number volume_mm3 a.json)"
    within 1e-9 "$(number volume_mm3 a.json)" "$(awk 'BEGIN { pi = atan2(0, -1); printf "%.12f", 4 / 3 * pi * 64 + pi * 16 * 7 }')"
    gen_grey --mask --radius 4 --length 7 --aspect 2 --seed 5 -o m.nrrd --truth m.json
    [ "$(sed '1,/^$/d' m.nrrd | od -An -v -t u1 -w1 | awk '{ s += $1 } END { print 2 * s }')" = "$(jq .voxel_mm3 m.json)" ]
    run -2 gen_grey --radius 0
}
