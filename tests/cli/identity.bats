#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What of a patient's identity goes out: hashes of UIDs, under which key, and what the user asks to be shown.

load common

setup_file() {
    export BALL=$BATS_FILE_TMPDIR/ball KEY=$BATS_FILE_TMPDIR/key
    gen_series --body sphere --radius 6 --size 20x20x20 -o "$BALL"
    printf '0123456789abcdefghij\n' >"$KEY"
}
setup() { cd "$BATS_TEST_TMPDIR" || return 1; }
mesh() { dcmseg -q -t 500 "$BALL" "$@" | mcubes -q >m.ply; }

@test "UIDs: hashed under the built-in key, under the lab's, or shown" {
    dcmseg -q -t 500 "$BALL" -o a.nrrd --json a.json
    MESHQA_KEY_FILE=$KEY dcmseg -q -t 500 "$BALL" -o b.nrrd --json b.json
    dcmseg -q -t 500 --show-identity "$BALL" -o c.nrrd --json c.json
    grep -q '"uid_key": "built-in"' a.json
    grep -qE '"uid_key": "lab-[0-9a-f]{8}"' b.json
    grep -q '"uid_key": "shown"' c.json && grep -q '"show-identity": true' c.json
    uid=$(grep -oE '"series": "2\.25\.[0-9.]+"' c.json | grep -oE '2\.25\.[0-9.]+')
    grep -aq "$(printf %s "$uid" | openssl dgst -sha256 -hmac meshqa | sed 's/.*= //' | cut -c1-16)" a.nrrd
    grep -aq "$(printf %s "$uid" | openssl dgst -sha256 -hmac 0123456789abcdefghij | sed 's/.*= //' | cut -c1-16)" b.nrrd
    for f in a b; do ! grep -aq -e '2\.25\.' $f.nrrd $f.json; done
    ! grep -aq 0123456789abcdefghij b.nrrd b.json
}

@test "a key that is none: exit 2, and never a byte of it" {
    echo tooshort >k
    TOOL=dcmseg MESHQA_KEY_FILE=k refuses 2 x.nrrd dcmseg -t 500 "$BALL" -o x.nrrd
    [[ $stderr != *tooshort* && $stderr == *MESHQA_KEY_FILE* ]]
    TOOL=dcmseg MESHQA_KEY_FILE=nowhere refuses 2 x.nrrd dcmseg -t 500 "$BALL" -o x.nrrd
    mesh
    TOOL=meshmeasure MESHQA_KEY_FILE=k refuses 2 x.json meshmeasure --against "$BALL" m.ply --json x.json
}

@test "what is shown is said in the report, and the source is found again" {
    mesh --show-identity
    meshmeasure -q --against "$BALL" --report r.html --json r.json m.ply
    grep -q 'UIDs of the source are shown' r.html && grep -q -- '--show-identity' r.html
    mesh --keep-names
    meshmeasure -q --report r.html m.ply >/dev/null
    grep -q 'names of labels are shown' r.html && grep -q -- '--keep-names' r.html
    mesh
    meshmeasure -q --report r.html m.ply >/dev/null
    ! grep -qE 'are shown as they are|2\.25\.' r.html
}

@test "against the source under the same key; another key is an error, no answer" {
    MESHQA_KEY_FILE=$KEY mesh
    MESHQA_KEY_FILE=$KEY meshmeasure -q --against "$BALL" m.ply
    TOOL=meshmeasure refuses 2 x.json meshmeasure --against "$BALL" m.ply --json x.json
    [[ $stderr == *MESHQA_KEY_FILE* ]]
}

@test "the case id goes from the scan into record, facts, report and files" {
    mesh --case 'K-17 b'
    meshmeasure -q m.ply -o p.3mf -o p.stl --json p.json --report p.html
    grep -q '"case": "K-17 b"' p.json && grep -q 'K-17 b' p.html
    unzip -p p.3mf 3D/3dmodel.model | grep -q 'K-17 b'
    head -c 80 p.stl | grep -q 'K-17 b'
    meshconv -q m.ply -o c.stl && head -c 80 c.stl | grep -q 'K-17 b'
    TOOL=meshmeasure refuses 2 x.json meshmeasure --case K-18 m.ply --json x.json
    meshmeasure -q --case 'K-17 b' m.ply
    for t in dcmseg meshmeasure meshconv; do refuses 2 none "$t" --case $'\xff' m.ply; done
    dcmseg -q --frame 1 --case K-19 "$BALL" --json f.json -o f.nrrd && grep -q '"case": "K-19"' f.json
}
