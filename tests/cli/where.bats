#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# dcmseg --where: the series for whose files a condition holds, in several character sets and transfer syntaxes.

load common

setup_file() {
    command -v dcmodify >/dev/null || return 0
    cd "$BATS_FILE_TMPDIR" || return 1
    mkdir in frames
    gen_series --body sphere --radius 3 --size 10x10x6 --spacing 1,1,1 --seed 1 --description 'CT bone sharp' -o in/1
    gen_series --body sphere --radius 3 --size 10x10x6 --spacing 1,1,3 --seed 2 --description 'CT soft tissue' -o in/2 --transfer implicit
    # the same word in several character sets: bytes by iconv and by PS3.5 annex H
    local n=3 set
    for set in 'ISO_IR 100:ISO-8859-1:Schädel' 'ISO_IR 144:ISO-8859-5:череп' 'ISO_IR 192:UTF-8:頭蓋骨' 'GB18030:GB18030:颅骨'; do
        gen_series --body sphere --radius 3 --size 10x10x6 --seed $n -o in/$n
        dcmodify -nb -i "0008,0005=${set%%:*}" -m "0008,103e=$(iconv -f UTF-8 -t "$(cut -d: -f2 <<<"$set")" <<<"${set##*:}")" in/$n/*
        n=$((n + 1))
    done
    gen_series --body sphere --radius 3 --size 10x10x6 --seed $n -o in/$n
    dcmodify -nb -i '0008,0005=\ISO 2022 IR 87' -m "0008,103e=$(printf '\x1b$B9|\x1b(B bone')" in/$n/*
    dcmodify -nb -i '(0009,0010)=ACME' -i '(0009,1001)=42' in/1/*
    gen_series --body sphere --radius 3 --size 10x10x6 --spacing 1,1,3 --seed 2 --transfer deflated -o deflated
    gen_series --body sphere --radius 3 --size 10x10x6 --spacing 1,1,1.5 --seed 1 --enhanced ct -o frames/1
    gen_series --body sphere --radius 3 --size 10x10x6 --spacing 1,1,3 --seed 2 --enhanced ct --transfer deflated -o frames/2
}
setup() {
    command -v dcmodify >/dev/null || skip "dcmtk is not installed"
    cd "$BATS_FILE_TMPDIR" || return 1
}
numbers() { dcmseg -l --where "$1" "${@:2}" | sed 1d | grep -E '^[0-9]+ ' | grep -vE '^[0-9]+ (files|of)' | cut -d' ' -f1 | tr '\n' ' '; }
is() { [ "$(numbers "$1" "${3:-in}")" = "$2" ] || { echo "$1: $(numbers "$1" "${3:-in}"), not $2"; return 1; }; }

@test "text, numbers, and both" {
    is 'SeriesDescription ~ bone' '1 7 '
    is 'SeriesDescription~bone && SliceThickness<=1.5' '1 7 '
    is 'SliceThickness > 2' '2 '
    is 'SeriesNumber >= 3 && SeriesNumber != 4 && !(SeriesDescription~bone)' '3 5 6 '
    is '(0009,1001) = B || Rows != 10' '1 ' # dcmodify takes the value as hexadecimal
    is 'Modality = MR' ''
}

@test "the Specific Character Set is respected" {
    is 'SeriesDescription = Schädel' '3 '
    is 'SeriesDescription ~ ^че.еп$' '4 '
    is 'SeriesDescription ~ 頭蓋骨' '5 '
    is 'SeriesDescription = 颅骨' '6 '
    is "SeriesDescription ~ '^骨 b'" '7 '
    run -0 dcmseg -l in
    for w in Schädel череп 頭蓋骨 颅骨 '骨 bone'; do [[ $output == *"$w"* ]]; done
    dcmseg -q -t 500 --series 頭蓋骨 in -o "$BATS_TEST_TMPDIR/a.nrrd" # --series too
}

@test "a deflated file, and elements behind those that geometry needs" {
    is 'SeriesNumber = 2 && SliceThickness = 3 && RescaleIntercept = -1024' '2 ' deflated
    dcmodify -nb -i '(0040,0275)[0].(0040,0007)=x' -i '(0040,0244)=20260101' -i '(0054,0081)=6' deflated/* 2>/dev/null || skip "dcmodify cannot"
    is 'NumberOfSlices = 6 && PerformedProcedureStepStartDate >= 20251231' '2 ' deflated
}

@test "elements in sequences: any item, or one of them" {
    is 'SharedFunctionalGroupsSequence.PixelMeasuresSequence.SliceThickness <= 1.5' '1 ' frames
    is '(5200,9229).(0028,9110).(0018,0050) > 2 && exists PerFrameFunctionalGroupsSequence[6]' '2 ' frames
    is 'exists PerFrameFunctionalGroupsSequence[7] || exists SegmentSequence' '' frames
    is 'SeriesNumber = 1 && !(SharedFunctionalGroupsSequence.PixelMeasuresSequence.SliceThickness > 2)' '1 ' frames
    local at=PerFrameFunctionalGroupsSequence z # any frame has it; the first one has not
    z=$(dcmdump +P 0020,0032 frames/1/IM00001.dcm | sed -nE 's/.*\[.*\\(.*)\].*/\1/p' | tail -n 1)
    is "$at.PlanePositionSequence.ImagePositionPatient[3] = $z" '1 ' frames
    is "${at}[1].PlanePositionSequence.ImagePositionPatient[3] = $z" '' frames
    is 'exists SharedFunctionalGroupsSequence' '' in # none
    truncate -s 3000 frames/2/IM00001.dcm
    run -2 dcmseg -q -l --where "$at.PlanePositionSequence.ImagePositionPatient[3] = 1" frames
    rm -r frames/2
}

@test "it chooses the series that is read; the condition stays out of the record" {
    cd "$BATS_TEST_TMPDIR"
    dcmseg -q -t 500 --where 'SeriesDescription~soft' "$BATS_FILE_TMPDIR/in" -o a.nrrd --json a.json
    dcmseg -q -t 500 "$BATS_FILE_TMPDIR/in/2" -o b.nrrd
    cmp a.nrrd b.nrrd
    ! grep -q soft a.json
    TOOL=dcmseg refuses 2 c.nrrd dcmseg -t 500 --where 'SliceThickness=1' "$BATS_FILE_TMPDIR/in" -o c.nrrd
    [[ $stderr == *'match, choose one'*'[G-3]' ]]
    TOOL=dcmseg refuses 2 c.nrrd dcmseg -t 500 --where 'SliceThickness=99' "$BATS_FILE_TMPDIR/in" -o c.nrrd
    [[ $stderr == *'no series matches --where'* ]]
    TOOL=dcmseg refuses 2 c.nrrd dcmseg -t 500 --where 'InstanceNumber=3' "$BATS_FILE_TMPDIR/in/1" -o c.nrrd # of some files only
}

@test "what is no condition, and what takes too long: exit 2, one line" {
    cd "$BATS_TEST_TMPDIR"
    for w in '' 'Modality' 'Modality==CT' 'modality=CT' 'Modality=CT)' '(Modality=CT' "Modality='CT" 'PixelData=1' "Modality~'('" 'SegmentSequence=1' 'Modality.Rows=1'; do
        TOOL=dcmseg refuses 2 c.nrrd dcmseg -t 500 --where "$w" "$BATS_FILE_TMPDIR/in" -o c.nrrd
    done
    dcmodify -nb -m "0008,103e=$(printf 'a%.0s' {1..63})b" "$BATS_FILE_TMPDIR"/in/1/*
    TOOL=dcmseg refuses 2 c.nrrd dcmseg -t 500 --where "SeriesDescription~'(a+)+\$'" "$BATS_FILE_TMPDIR/in" -o c.nrrd
    [[ $stderr == *'too long to match'* ]]
}
