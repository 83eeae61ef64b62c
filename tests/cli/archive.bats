#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Series in zip and tar archives: the same stream as from the folder; hostile and cut archives end in one line.

load common

setup_file() {
    gen_series --body sphere --radius 7 --size 20x20x18 -o "$BATS_FILE_TMPDIR/ct"
    cd "$BATS_FILE_TMPDIR" || return 1
    dcmseg -t 500 ct -o folder.nrrd
    (cd ct && zip -q -r ../ct.zip .)
    tar -cf ct.tar ct
    tar -czf ct.tar.gz ct
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out.nrrd
}

@test "zip, tar, tar.gz, named or on standard input, give the bytes that the folder gives" {
    tar -C ct -cf posix.tar --format=posix . && tar -C ct -cf old.tar --format=v7 .
    (cd ct && zip -q -0 -r ../stored.zip .)
    for f in ct.zip stored.zip ct.tar posix.tar old.tar ct.tar.gz; do
        dcmseg -t 500 "$f" | cmp - folder.nrrd
        dcmseg -t 500 - <"$f" | cmp - folder.nrrd
    done
    dcmseg --list ct.zip >zip.txt
    dcmseg --list ct | cmp - zip.txt
}

@test "half a series in each of two archives is one series" {
    ls ct | sort >all && head -n 9 all >first && tail -n +10 all >second
    tar -C ct -cf one.tar -T first
    (cd ct && zip -q ../two.zip -@ <../second)
    dcmseg -t 500 two.zip one.tar | cmp - folder.nrrd
}

@test "meshmeasure --against takes the archive; not standard input twice" {
    mcubes folder.nrrd | meshfix -o part.ply
    run -0 meshmeasure part.ply --against ct.zip
    refuses 2 "$out" meshmeasure --against - <part.ply
    [[ $stderr == *"standard input"* ]]
}

@test "members that lead elsewhere by name, links and folders do no harm, and no name gets out" {
    mkdir -p "$BATS_TEST_TMPDIR/deep/er" && cd "$BATS_TEST_TMPDIR/deep/er"
    cp -r "$BATS_FILE_TMPDIR/ct" ../../DOE_JOHN
    ln -s /etc/passwd link && ln -s ../../DOE_JOHN/IM00001.dcm again
    tar -P -cf tricks.tar ../../DOE_JOHN link again
    zip -q -r -y tricks.zip ../../DOE_JOHN link again
    for f in tricks.tar tricks.zip; do
        dcmseg -v -t 500 $f -o out.nrrd 2>"$BATS_TEST_TMPDIR/err"
        cmp out.nrrd "$BATS_FILE_TMPDIR/folder.nrrd"
        ! grep -q -e DOE -e passwd "$BATS_TEST_TMPDIR/err"
        rm out.nrrd
    done
    head -c 700 ../../DOE_JOHN/IM00001.dcm >x && mv x ../../DOE_JOHN/IM00001.dcm # a slice that is cut off
    rm tricks.tar tricks.zip
    tar -P -cf tricks.tar ../../DOE_JOHN
    refuses 2 "$out" dcmseg -t 500 tricks.tar -o "$out"
    [[ $stderr == *member* ]] && [[ $stderr != *DOE* ]]
    [ "$(ls)" = "$(printf 'again\nlink\ntricks.tar')" ] # nothing was unpacked
}

@test "cut archives are refused wherever the cut is, between two members too" {
    for n in 10 100 512 1024 1536 9728 10000; do
        head -c $n ct.tar >cut.tar
        refuses 2 "$out" dcmseg -t 500 cut.tar -o "$out"
    done
    tar -cf few.tar -b 1 ct/IM00001.dcm ct/IM00002.dcm ct/IM00003.dcm ct/IM00004.dcm
    at=$(($(stat -c %s few.tar) - 1024)) # the two blocks of the end marker
    head -c $at few.tar >cut.tar
    refuses 2 "$out" dcmseg -t 500 cut.tar -o "$out"
    [[ $stderr == *"end marker"* ]]
    head -c $at few.tar | gzip >cut.tar.gz
    refuses 2 "$out" dcmseg -t 500 cut.tar.gz -o "$out"
    [[ $stderr == *"end marker"* ]]
    for f in ct.zip ct.tar.gz; do
        for part in 2 3 5 9 50; do
            head -c $(($(stat -c %s $f) * (part - 1) / part)) $f >cut
            refuses 2 "$out" dcmseg -t 500 cut -o "$out"
        done
    done
}

@test "altered, encrypted, empty, foreign and nested archives are refused by name" {
    cp ct.zip flip.zip && printf 'xxxx' | dd of=flip.zip bs=1 seek=600 conv=notrunc status=none
    refuses 2 "$out" dcmseg -t 500 flip.zip -o "$out"
    [[ $stderr == *"member 1"* || $stderr == *"member 2"* ]]
    zip -q -P secret locked.zip ct/*.dcm
    refuses 2 "$out" dcmseg -t 500 locked.zip -o "$out"
    [[ $stderr == *encrypted* ]]
    echo text | gzip >text.gz
    refuses 2 "$out" dcmseg -t 500 text.gz -o "$out"
    zip -q nested.zip ct.zip
    refuses 2 "$out" dcmseg -t 500 nested.zip -o "$out"
    [[ $stderr == *"1 are archives"* ]]
    refuses 2 "$out" bash -c "echo no archive at all | dcmseg -t 500 - -o '$out'"
    refuses 2 "$out" bash -c "dcmseg -t 500 - -o '$out' </dev/null"
    printf 'PK\005\006\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >empty.zip
    refuses 2 "$out" dcmseg -t 500 empty.zip -o "$out"
}

@test "an archive beside the slices of an archive is left, and said" {
    tar -cf with.tar ct ct.zip
    run -0 --separate-stderr dcmseg -t 500 with.tar -o "$out"
    [[ $stderr == *"1 files are archives"* ]]
    cmp "$out" folder.nrrd
}

@test "bombs: what unpacks to 200 times its size is stopped early, in little memory" {
    truncate -s 400M zeros
    zip -q bomb.zip zeros
    tar -czf bomb.tar.gz zeros
    rm zeros
    memory=1500000
    case $B in */asan | */tsan) memory=unlimited ;; esac # they reserve terabytes of addresses
    for f in bomb.zip bomb.tar.gz; do
        run -2 --separate-stderr bash -c "ulimit -v $memory; dcmseg -t 500 $f -o '$out'"
        [[ $stderr == *"200 times"* ]]
    done
    nothing_left "$out"
}
