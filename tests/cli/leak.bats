#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A string of its own in each of 60 elements, in labels, in file, folder and member names: none of them comes out of any tool, by
# any way, in what is written or said. The tables of --list and --info show descriptions, and --show-identity and --keep-names show
# what they say: the last test sees that the strings are found where they do come out.

load common

# where people, places, dates and ids stand; elements that are there are changed, others come in
tags='0008,0050 0008,0080 0008,0081 0008,0090 0008,0092 0008,0094 0008,1010 0008,1030 0008,103e 0008,1040 0008,1048 0008,1050
0008,1060 0008,1070 0008,1080 0008,1090 0008,2111 0010,0010 0010,0020 0010,0021 0010,1000 0010,1001 0010,1005 0010,1040 0010,1060
0010,1080 0010,1090 0010,2000 0010,2110 0010,2150 0010,2152 0010,2154 0010,2160 0010,2180 0010,21b0 0010,21f0 0010,4000 0018,0010
0018,1000 0018,1020 0018,1030 0018,1200 0020,0010 0020,4000 0032,1032 0032,1033 0032,1060 0032,4000 0038,0010 0038,0300 0038,0400
0038,0500 0040,0006 0040,0007 0040,0241 0040,0242 0040,0243 0040,0253 0040,0254 0040,1400'

plant() { # FILES...: the same in all of them
    local arg=() n=0 t
    for t in $tags; do n=$((n + 1)) arg+=(-i "($t)=PLANT$n"); done
    dcmodify -nb "${arg[@]}" -i '(0009,0010)=PLANT61' -i '(0011,0010)=PLANT62' -i '(0008,0020)=18990101' -i '(0010,0030)=18990102' "$@"
}
setup_file() {
    command -v dcmodify >/dev/null || return 0
    cd "$BATS_FILE_TMPDIR" || return 1
    local d=in/PLANTfolder n=0
    mkdir in && gen_series --body sphere --radius 6 --size 20x20x16 -o $d
    for k in binary contours; do gen_mask --kind $k --name 'PLANT Roe' --ball 0,0,0,4 --ball 2,0,0,3 -o $k.dcm --truth $k.json $d; done
    plant $d/* binary.dcm contours.dcm 2>/dev/null
    dcmodify -nb -i '0008,0005=ISO_IR 100' -m "0010,0010=$(printf 'PLANT\xe4')" $d/* # Latin-1
    for f in $d/*; do n=$((n + 1)) && mv "$f" "$d/PLANTfile$n.dcm"; done
    (cd in && zip -qr ../ct.zip PLANTfolder && tar -cf ../ct.tar PLANTfolder)
}
setup() {
    command -v dcmodify >/dev/null || skip "dcmtk is not installed"
    cd "$BATS_TEST_TMPDIR" || return 1
    in=$BATS_FILE_TMPDIR/in
    mkdir out
    cp -r "$in" . && d=in/PLANTfolder
}
# Everything below out/, packages opened, has none of the strings, whatever the case.
clean() {
    for z in out/*.3mf; do [ ! -e "$z" ] || unzip -p "$z" >"$z.txt"; done
    ! grep -ralE 'PLANT|Plant|plant|18990101|18990102' out || { grep -raohE '.{30}(PLANT|Plant|plant|1899010).{20}' out | head; return 1; }
    ! ls -R out | grep -i plant
}
# trouble NAME COMMAND...: a refusal, whose message goes to out/NAME
trouble() {
    local name=$1 rc=0
    shift
    "$@" >"out/$name.out" 2>"out/$name.err" || rc=$?
    [ "$rc" -eq 2 ] && [ "$(grep -vc 'note:' "out/$name.err")" -eq 1 ] || { echo "$name: exit $rc"; cat "out/$name.err"; return 1; }
}

@test "60 elements are planted, and the grep finds them in the source" {
    [ "$(wc -w <<<"$tags")" -eq 60 ]
    [ "$(grep -aohE 'PLANT[0-9]+' "$d/PLANTfile1.dcm" | sort -u | wc -l)" -ge 60 ]
    cp "$d/PLANTfile1.dcm" out/x
    run ! clean
}

@test "a whole run: streams, meshes, packages, reports, facts, messages with -v" {
    for s in in "$BATS_FILE_TMPDIR/ct.zip" - ; do
        n=$(basename "$s" .zip)
        dcmseg -v -t 500 "$s" -o "out/$n.nrrd" --json "out/$n.json" 2>"out/$n.err" <"$BATS_FILE_TMPDIR/ct.tar"
    done
    dcmseg -v --list in --json out/list.json >/dev/null 2>out/list.err
    dcmseg -v --info in --json out/info.json >/dev/null 2>out/info.err
    dcmseg -v --frame 3 in -o out/f.nrrd --json out/f.json 2>out/f.err
    dcmseg -v --verify out/in.nrrd in --json out/v.json >out/v.txt 2>&1
    mcubes -v <out/in.nrrd >out/m.ply 2>out/m.err
    meshfix -v --json out/fix.json -o out/fix.ply out/m.ply 2>out/fix.err
    meshshell -v --hollow 1mm --allow thin -o out/h.ply out/m.ply 2>out/h.err
    meshmeasure -v --against in -o out/p.3mf -o out/p.stl -o out/p.ply --json out/p.json --report out/p.html out/m.ply >out/p.txt 2>&1
    for f in obj off stl 3mf; do meshconv -v out/m.ply -o out/c.$f 2>out/c.$f.err; done
    meshdiff -v --json out/diff.json out/m.ply out/fix.ply >out/diff.txt 2>&1
    clean
}

@test "labels: segments, contours, and the meshes made of them" {
    for k in binary contours; do
        dcmseg -v in --mask "$BATS_FILE_TMPDIR/$k.dcm" --output labels -o out/$k.nrrd --json out/$k.json 2>out/$k.err ||
            dcmseg -v in --mask "$BATS_FILE_TMPDIR/$k.dcm" --label 1 -o out/$k.nrrd --json out/$k.json 2>out/$k.err
        grep -q 'part-1' out/$k.json
        dcmseg -v --info "$BATS_FILE_TMPDIR/$k.dcm" --json out/i$k.json >/dev/null 2>out/i$k.err
        mcubes -v <out/$k.nrrd >out/$k.ply 2>out/m$k.err
        meshmeasure -v -o out/$k.3mf --json out/p$k.json --report out/$k.html out/$k.ply >out/p$k.txt 2>&1
    done
    trouble label dcmseg in --mask "$BATS_FILE_TMPDIR/binary.dcm" --label nosuch -o out/x.nrrd
    trouble both dcmseg in --mask "$BATS_FILE_TMPDIR" --label 1 -o out/x.nrrd
    clean
}

@test "each refusal" {
    t() { trouble "$1" dcmseg -v -t 500 in -o out/x.nrrd; }
    fresh() { rm -rf in && cp -r "$BATS_FILE_TMPDIR/in" .; }
    truncate -s -300 $d/PLANTfile5.dcm && t cut
    fresh && truncate -s 900 $d/PLANTfile5.dcm && t cut_header
    fresh && rm $d/PLANTfile[5-7].dcm && t gap
    fresh && cp $d/PLANTfile5.dcm $d/PLANTcopy.dcm && printf '\x55' | dd of=$d/PLANTcopy.dcm bs=1 seek=$(($(stat -c %s $d/PLANTcopy.dcm) - 101)) conv=notrunc status=none && t double
    fresh && gen_series --body sphere --seed 4 --radius 6 --size 20x20x16 -o $d/PLANTsub && plant $d/PLANTsub/* 2>/dev/null && t several
    fresh && dcmodify -nb -ma '(0020,0037)=1\0\0\0\0\1' $d/PLANTfile5.dcm && t orientation
    fresh && dcmodify -nb -ma '(0028,0030)=0\0' $d/* && t spacing
    fresh && dcmodify -nb -ea '(0020,0032)' $d/* && t position
    fresh && dcmodify -nb -m '(0008,0060)=CR' -m '(0008,0016)=1.2.840.10008.5.1.4.1.1.1' $d/* && t radiograph
    fresh && dcmodify -nb -imt -m '(0028,0010)=400' $d/PLANTfile5.dcm && t rows
    fresh && dcmodify -nb -imt -m '(0028,0010)=400' $d/* && t length
    fresh && dcmodify -nb -m '(0028,0004)=PALETTE COLOR' $d/* && t palette
    fresh && sed -i 's/1\.2\.840\.10008\.1\.2\.1/1.2.840.10008.1.2.9/' $d/PLANTfile5.dcm && t syntax
    fresh && ln -s nowhere $d/PLANTlink && t link
    fresh && printf 'PLANT' >$d/PLANTtext && rm $d/*.dcm && t none
    fresh && printf '%s\n' $d/* | sed 's/file5/gone5/' >list && trouble list dcmseg -t 500 --files list -o out/x.nrrd
    fresh && truncate -s 900 $d/PLANTfile5.dcm && printf '%s\n' $d/* >list && trouble listcut dcmseg -t 500 --files list -o out/x.nrrd
    fresh && trouble where dcmseg -t 500 --where 'SeriesDescription~nothing' in -o out/x.nrrd
    trouble series dcmseg -t 500 --series nothing in -o out/x.nrrd
    head -c 5000 "$BATS_FILE_TMPDIR/ct.zip" >cut.zip && trouble zip dcmseg -t 500 cut.zip -o out/x.nrrd
    head -c 20000 "$BATS_FILE_TMPDIR/ct.tar" >cut.tar && trouble tar dcmseg -t 500 cut.tar -o out/x.nrrd
    dcmseg -t 500 in -o out/x.nrrd && mcubes -q <out/x.nrrd >out/x.ply && truncate -s -300 $d/PLANTfile5.dcm
    trouble against meshmeasure --against in out/x.ply --json out/a.json
    clean
}

@test "asked for, they do come out" {
    dcmseg -q -l in | grep -q PLANT9
    truncate -s 900 $d/PLANTfile5.dcm
    run --separate-stderr dcmseg -t 500 --show-identity in -o x.nrrd
    [[ $stderr == *PLANTfolder/PLANTfile5.dcm* ]]
    run --separate-stderr dcmseg -q --mask "$BATS_FILE_TMPDIR/binary.dcm" --label 1 --keep-names -o y.nrrd
    [ "$status" -ne 0 ] || grep -aq 'PLANT Roe' y.nrrd
}
