#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# dcmseg --verify: the source against what the records say was read.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 4 --size 12x12x10 --order reverse -o ball # instance 10 is slice 1
    dcmseg -q -t 500 ball -o v.nrrd --json v.json
    mcubes -q <v.nrrd >m.ply
    meshmeasure -q m.ply --json facts.json --report r.html
}
setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    d=$BATS_FILE_TMPDIR
    cp -r "$d/ball" b
}
says() { # words of the table, exit code 1
    [ "$status" -eq 1 ] || { echo "exit $status: $output $stderr"; return 1; }
    for w in "$@"; do [[ $output == *"$w"* ]] || { echo "lacks '$w': $output"; return 1; }; done
}

@test "unchanged: any record, any names and order" {
    for r in v.nrrd v.json m.ply facts.json; do
        run -0 dcmseg --verify "$d/$r" b
        [ "$output" = '10 images recorded, 10 found: 10 as recorded, 0 changed, 0 missing, 0 added' ]
    done
    mkdir c && n=50 && for f in b/*; do mv "$f" c/$((n -= 3)).x; done
    dcmseg --verify "$d/v.json" c
    dcmseg --verify - c <"$d/v.nrrd"
    ! grep -q digests "$d/r.html"
}

@test "the totals are what sha256sum gives" {
    total=$(sha256sum b/* | cut -d' ' -f1 | sort | xxd -r -p | sha256sum | cut -d' ' -f1)
    grep -q "\"sha256_files\": \"$total\"" "$d/v.json"
    for f in b/*; do grep -q " $(sha256sum "$f" | cut -c1-8)\"" "$d/v.json"; done
}

@test "a sample, a header, a file gone, a file more" {
    command -v dcmodify >/dev/null || skip "dcmtk is not installed"
    instance() { dcmdump +P InstanceNumber "$1" | cut -d'[' -f2 | cut -d']' -f1; }
    first=$(ls b/* | head -n 1)
    num=$(instance "$first")
    printf '\x7f' | dd of="$first" bs=1 seek=$(($(stat -c %s "$first") - 7)) conv=notrunc status=none
    run --separate-stderr dcmseg --verify "$d/v.json" b --json j.json
    says "slice $((11 - num)) (instance $num): its pixels changed" '9 as recorded, 1 changed'
    [[ $stderr != *"$first"* ]]
    jq -e ".verify.changes == [{\"kind\": \"pixels\", \"slice\": $((11 - num)), \"instance\": $num}]" j.json

    cp "$d/ball/$(basename "$first")" b && dcmodify -nb -m '(0008,103e)=other' "$first"
    run --separate-stderr dcmseg --verify "$d/v.json" b
    says "slice $((11 - num)) (instance $num): its header changed, its pixels did not"

    rm "$first" # at an end of the stack, or a gap: both are named
    run --separate-stderr dcmseg --verify "$d/v.json" b
    says "slice $((11 - num)) (instance $num): missing" '10 images recorded, 9 found' '1 missing'

    cp "$d/ball/$(basename "$first")" b && cp "$first" more.dcm && dcmodify -nb -m '(0020,0013)=77' -m '(0008,0018)=2.25.1' more.dcm && mv more.dcm b
    run --separate-stderr dcmseg --verify "$d/v.json" b
    says 'instance 77: added' '10 as recorded' '1 added'

    rm b/more.dcm && dcmodify -nb -m '(0020,0032)=0\0\500' "$first" # the series is no volume any more
    run --separate-stderr dcmseg --verify "$d/v.json" b
    says "(instance $num): its header changed"
}

@test "another series: exit 1; no record, another key, a record that contradicts itself: exit 2" {
    gen_series --body sphere --radius 4 --size 12x12x10 --seed 9 -o other
    run --separate-stderr dcmseg --verify "$d/v.json" other
    [ "$status" -eq 1 ] && [[ $stderr == *'is not among the 1 series'* ]]
    echo '{}' >e.json && echo '{' >f.json && echo solid >g
    for r in e.json f.json g b nowhere; do TOOL=dcmseg refuses 2 x.json dcmseg --verify $r b --json x.json; done
    echo 0123456789abcdefghij >key
    TOOL=dcmseg MESHQA_KEY_FILE=key refuses 2 x.json dcmseg --verify "$d/v.json" b --json x.json
    sed 's/\("sha256_files": "\)../\1zz/' "$d/v.json" >h.json
    TOOL=dcmseg refuses 2 x.json dcmseg --verify h.json b --json x.json
    jq '.source.digests[3] = "x"' "$d/v.json" >h.json
    TOOL=dcmseg refuses 2 x.json dcmseg --verify h.json b --json x.json
    dcmseg -q -t 500 --show-identity b -o s.nrrd && dcmseg --verify s.nrrd b
}

at() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; } # FILE OFFSET BYTES
nrrd() { # FILE COMMENT: the samples of the stream under a head without records
    { printf 'NRRD0005\n# %s\ntype: int16\ndimension: 3\nspace: left-posterior-superior\nsizes: 12 12 10\n' "$2"
      printf 'space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\nendian: little\n\n'
      tail -c 2880 "$d/v.nrrd"; } >"$1"
}
nifti() { # FILE: 4x4x4 bytes, a box of the label 3
    head -c 416 /dev/zero >"$1"
    at "$1" 0 '\x5c\x01' && at "$1" 40 '\x03\0\x04\0\x04\0\x04\0\x01\0\x01\0\x01\0\x01' && at "$1" 70 '\x02\0\x08'
    at "$1" 76 '\0\0\x80\x3f\0\0\x80\x3f\0\0\x80\x3f\0\0\x80\x3f' && at "$1" 108 '\0\0\xb0\x43' && at "$1" 254 '\x01'
    at "$1" 280 '\0\0\x80\xbf' && at "$1" 300 '\0\0\x80\xbf' && at "$1" 320 '\0\0\x80\x3f' && at "$1" 344 'n+1\0'
    for o in 373 374 377 378 389 390 393 394; do at "$1" $o '\x03'; done
}

@test "a grey volume of another program: unchanged, packed anew or renamed, other samples, cut, missing" {
    nrrd g.nrrd one
    dcmseg -q -t 500 g.nrrd -o o.nrrd --json o.json
    [ "$(jq -r .source.sha256_file o.json)" = "$(sha256sum <g.nrrd | cut -d' ' -f1)" ]
    for r in o.json o.nrrd; do
        run -0 dcmseg --verify $r g.nrrd
        [ "$output" = 'volume (path 1): as recorded' ]
    done
    nrrd h.nrrd two
    run --separate-stderr dcmseg --verify o.json h.nrrd --json v2.json
    says 'volume (path 1): its header changed, what it holds did not'
    jq -e '.verify.files == [{"what": "volume", "state": "header", "path": 1}]' v2.json
    run -0 dcmseg --verify o.json h.nrrd g.nrrd
    [ "$output" = 'volume (path 2): as recorded' ]
    at h.nrrd 900 x
    run --separate-stderr dcmseg --verify o.json h.nrrd
    says 'volume (path 1): what it holds changed'
    [[ $stderr == 'dcmseg: the source is not what was read: 1 images or files differ' ]]
    truncate -s -9 g.nrrd
    run --separate-stderr dcmseg --verify o.json g.nrrd
    says 'volume (path 1): what it holds changed'
    run --separate-stderr dcmseg --verify o.json g.nrrd h.nrrd # neither: which one was it?
    says 'volume: missing'
    TOOL=dcmseg refuses 2 x.json dcmseg --verify o.json b --json x.json
    TOOL=dcmseg refuses 2 x.json dcmseg --verify o.json nowhere --json x.json
}

@test "masks: NIfTI, packed; alone and beside the volume or the series they lie on" {
    nifti m.nii
    gzip -k m.nii
    dcmseg -q --label 3 m.nii.gz -o o.nrrd --json o.json # it is the source
    [ "$(jq .segment.voxel_count o.json)" = 8 ]
    run -0 dcmseg --verify o.json m.nii.gz
    [ "$output" = 'volume (path 1): as recorded' ]
    gzip -kf1 m.nii && at m.nii.gz 4 t # another time in gzip's head
    run --separate-stderr dcmseg --verify o.json m.nii.gz
    says 'volume (path 1): it changed'
    nrrd g.nrrd one
    dcmseg -q g.nrrd --mask m.nii --label 3 -o o.nrrd --json o.json 2>/dev/null
    run -0 dcmseg --verify o.json m.nii g.nrrd
    [ "$output" = $'volume (path 2): as recorded\nmask (path 1): as recorded' ]
    at m.nii 400 '\x03'
    run --separate-stderr dcmseg --verify o.json m.nii g.nrrd
    says 'volume (path 2): as recorded' 'mask (path 1): it changed'
    run --separate-stderr dcmseg --verify o.json g.nrrd
    says 'volume (path 1): as recorded' 'mask: missing'
}

@test "DICOM masks and their series" {
    command -v dcmodify >/dev/null || skip "dcmtk is not installed"
    for k in binary contours; do
        gen_mask --kind $k --ball 0,0,0,3 -o $k.dcm b
        dcmseg -q b --mask $k.dcm --label 1 -o o.nrrd --json o.json
        run -0 dcmseg --verify o.nrrd b $k.dcm
        [ "$output" = $'mask: as recorded\n10 images recorded, 10 found: 10 as recorded, 0 changed, 0 missing, 0 added' ]
        run --separate-stderr dcmseg --verify o.nrrd b
        says 'mask: missing' '10 as recorded'
        dcmodify -nb -i '(0008,0070)=x' $k.dcm
        run --separate-stderr dcmseg --verify o.nrrd b $k.dcm
        says 'mask: its header changed, what it holds did not' '10 as recorded'
        gen_mask --kind $k --ball 0,0,0,2 -o $k.dcm b
        run --separate-stderr dcmseg --verify o.nrrd b $k.dcm
        says 'mask: what it holds changed' '10 as recorded'
    done
    dcmseg -q --label 1 binary.dcm -o o.nrrd # alone
    dcmseg --verify o.nrrd binary.dcm
}
