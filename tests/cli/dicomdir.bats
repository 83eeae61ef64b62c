#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A DICOMDIR stands for the files that it names, below its own folder and nowhere else.
load common

setup() {
    data=$SHARED/data/dicomdir-mixed out=$BATS_TEST_TMPDIR/out
    [ -d "$data" ] || skip "no dicomdir-mixed in the shared data"
    cp -r "$data" "$BATS_TEST_TMPDIR/disc" && cd "$BATS_TEST_TMPDIR/disc" && chmod -R u+w . || return 1
}
patch() { sed -i "s/77654033\\\\CR1\\\\6154/$1/" DICOMDIR; } # a File ID by one of as many bytes

@test "the series of a DICOMDIR, from anywhere" {
    run -0 dcmseg --list DICOMDIR
    [ "$(grep -cE '^[0-9.]+ +(CT|MR|CR) ' <<<"$output")" -eq 24 ]
    [[ $output == *"SmartScore - Gated 0.5 sec"* && $output != *SEG* && $output != *"no DICOM objects"* ]] # SEGs lie beside, unnamed
    dcmseg -q -s '^5$' DICOMDIR -t -10000 -o "$BATS_TEST_TMPDIR/first"
    (cd / && dcmseg -q -s '^5$' "$BATS_TEST_TMPDIR/disc/DICOMDIR" -t -10000) | cmp - "$BATS_TEST_TMPDIR/first"
    dcmseg -q -s '^5$' 98892001 -t -10000 | cmp - "$BATS_TEST_TMPDIR/first"
    dcmseg -q -s '^5$' . -t -10000 | cmp - "$BATS_TEST_TMPDIR/first" # in a folder it is left aside
}

@test "names in small letters; a file that is not there" {
    mv 98892001/CT5N 98892001/ct5n
    mv 77654033/CR1/6154 77654033/CR1/x
    refuses 2 "$out" dcmseg -s '^5$' DICOMDIR -t -10000 -o "$out"
    [[ $stderr == *DICOMDIR*6154*"not there"* ]]
    mv 77654033/CR1/x 77654033/CR1/6154
    dcmseg -q -s '^5$' DICOMDIR -t -10000 -o "$BATS_TEST_TMPDIR/first"
    mkdir 98892001/Ct5n # two that fit: no guess
    refuses 2 "$out" dcmseg -s '^5$' DICOMDIR -t -10000 -o "$out"
}

@test "no way out of its folder: dots, separators, links" {
    cp 77654033/CR1/6154 ../6154
    for id in '..\\6154          ' '77654033\\..\\61540' '.\\.\\.\\.\\.\\.\\6154X' '..\/77654033\/61540' '77654033\\\\CR61540'; do
        cp "$data/DICOMDIR" . && chmod u+w DICOMDIR
        patch "$id"
        ! cmp -s "$data/DICOMDIR" DICOMDIR
        refuses 2 "$out" dcmseg --list DICOMDIR -o "$out"
        [[ $stderr == *"File ID (0004,1500)"* ]] || { echo "$id: $stderr"; return 1; }
    done
    cp "$data/DICOMDIR" . && chmod u+w DICOMDIR
    rm 77654033/CR1/6154
    ln -s ../../../6154 77654033/CR1/6154
    refuses 2 "$out" dcmseg --list DICOMDIR -o "$out"
    [[ $stderr == *6154*"a link"* ]]
    rm -r 77654033/CR1
    ln -s CR2 77654033/CR1
    refuses 2 "$out" dcmseg --list DICOMDIR -o "$out"
    [[ $stderr == *CR1*"a link"* ]]
}

@test "cut and altered directories end in one line" {
    n=$(stat -c %s DICOMDIR)
    for k in 200 400 $((n / 2)) $((n - 3)); do
        head -c "$k" "$data/DICOMDIR" >DICOMDIR
        run --separate-stderr dcmseg --list DICOMDIR -o "$out"
        [ "$status" -eq 2 ] && [ "${#stderr_lines[@]}" -eq 1 ]
    done
}
