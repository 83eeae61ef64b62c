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
