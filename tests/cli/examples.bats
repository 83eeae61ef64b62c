#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands of README, of the manual pages and of --help are run as they are written, in a folder that holds what they name.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --size 48x48x48 --description Thorax -o CT
    gen_series --body plates --size 40x40x8 -o plates && cp plates/IM00004.dcm chest.dcm
    gen_series --body liver --size 64x64x64 --spacing 5,5,5 -o liver
    (cd CT && zip -q -r ../study.zip .)
    dcmseg -q CT --preset bone -o bone.nrrd
    mcubes -q bone.nrrd | meshfix -q -o bone.ply
    dcmseg -q liver -t 500 | mcubes -q -o liver.stl
    gen_series --body sphere --radius 12 --size 32x32x32 -o ball
    dcmseg -q ball -t 500 | mcubes -q -o part.stl
    dcmseg -q ball -t 500 | mcubes -q -o tumour.ply
    gen_mask --name tumor --ball 0,0,0,12 -o seg.dcm ball
    gen_sr --tracking 'primary tumor' -m 118565006,SCT,7.24,ml -o sr.dcm ball # 4/3 pi 12^3
    gen_series --body sphere --radius 8 --size 32x32x32 -o pea
    dcmseg -q pea -t 500 | mcubes -q -o implant.stl
    for f in before after scan model-from-elsewhere bone; do cp part.stl $f.stl; done
    gen_bodies --body torus --triangles 2000 -o artery.ply
    for f in smooth rough vessel; do meshconv -q part.stl -o $f.ply; done
    printf 'v 0 0 0\nv .1 0 0\nv 0 .2 0\nv 0 0 .5\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n' >part.obj
    cp "$ROOT/tests/fuzz/corpus/threemf/house.3mf" plate.3mf
    printf 'NRRD0004\ntype: uchar\ndimension: 3\nsizes: 3 3 3\nspace: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: ascii\n\n0 0 0 0 0 0 0 0 0\n0 0 0 0 1 0 0 0 0\n0 0 0 0 0 0 0 0 0\n' >mask.nrrd
    { # two boxes side by side
        printf 'NRRD0004\ntype: uchar\ndimension: 3\nsizes: 8 5 5\nspace: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: ascii\n\n'
        awk 'BEGIN { for (z = 0; z < 5; z++) for (y = 0; y < 5; y++) for (x = 0; x < 8; x++)
            print (x % 7 && y % 4 && z % 4 ? 1 + (x > 3) : 0) }'
    } >organs.seg.nrrd
    for f in before after; do cp organs.seg.nrrd $f.seg.nrrd; done
    cp -r CT CT-from-archive
    mkdir bin DE
    gen_series --body sphere --radius 12 --size 32x32x32 --inside 597 --outside 55 --description 80kV -o DE/1
    gen_series --body sphere --radius 12 --size 32x32x32 --inside 360 --outside 50 --description 140kV --seed 2 --frame-of 1 -o DE/2
    printf '#!/bin/sh\n[ "$1" = pacs ] && shift && exec "$@"\n' >bin/ssh && chmod +x bin/ssh
}
setup() {
    cp -r "$BATS_FILE_TMPDIR"/. "$BATS_TEST_TMPDIR" && cd "$BATS_TEST_TMPDIR" || return 1
    PATH=$PWD/bin:$PATH
}

# run_all: commands on standard input; one that is cut at the end of a line goes on in the next. All must be good, or, where they
# ask a question, have an answer.
run_all() {
    local held='' line most n=0
    while IFS= read -r line; do
        held+=" ${line%\\}"
        case $line in *'|' | *'\') continue ;; esac
        line=${held# } held=''
        [ -f "$B/bin/${line%% *}" ] || [ "${line%% *}" = ssh ] || continue
        most=0
        case $line in *--check* | *--expect* | *--tol*) most=1 ;; esac
        run --separate-stderr bash -o pipefail -c "$line"
        echo "exit $status: $line"
        echo "$stderr"
        [ "$status" -le $most ] || return 1
        n=$((n + 1))
    done
    echo "$n commands"
    [ "$n" -ge "$1" ]
}

@test "README: the commands of its blocks run, and leave what they promise" {
    run_all 1 < <(code "$ROOT/README.md")
    [ -s qa.html ] && [ -s part.3mf ]
    meshfix --check -q part.3mf
}

@test "--help: the examples run" {
    run_all 1 < <(for t in "$ROOT"/tools/*.c; do "$(basename "$t" .c)" --help | sed -n 's/^Example: //p'; done)
}

@test "manual pages: every command that is shown runs" {
    for page in "$ROOT"/man/*.1 "$ROOT"/man/*.7; do
        echo "${page##*/}:"
        run_all 2 < <(examples "$page")
    done
}
