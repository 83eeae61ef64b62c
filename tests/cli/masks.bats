#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Masks: out as 3D Slicer's segmentations, back through --mask, laid on grey values, picked by number and name; volumes of other
# programs as source.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 12 --size 40x40x36 --spacing 0.9,0.8,1.1 -o ball
    dcmseg -t 500 ball -o ball.nrrd --json ball.json
    dcmseg -t 500 ball --output labels -o ball.seg.nrrd
    # layers that overlap, in Slicer's way: liver (1) and tumour (7), which share two voxels; 'Mrs Smith' (3) in the first layer
    {
        printf 'NRRD0004\ntype: uchar\ndimension: 4\nspace: left-posterior-superior\nsizes: 2 4 3 2\n'
        printf 'space directions: none (1,0,0) (0,1,0) (0,0,2)\nkinds: list domain domain domain\nencoding: text\nspace origin: (0,0,0)\n'
        n=0
        for s in '1 0 liver' '7 1 tumour' '3 0 Mrs Smith'; do
            set -- $s
            printf 'Segment%d_ID:=s\nSegment%d_LabelValue:=%d\nSegment%d_Layer:=%d\nSegment%d_Name:=%s\n' $n $n $1 $n $2 $n "${*:3}"
            n=$((n + 1))
        done
        printf '\n1 0 1 0 0 0 0 0  1 7 1 7 0 7 0 0  0 0 0 0 0 0 3 0\n0 0 0 0 0 0 0 0  0 0 0 0 0 0 0 0  0 0 0 0 0 0 0 0\n'
    } >over.seg.nrrd
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}

@test "a threshold goes out as labels and comes back through --mask: the same field" {
    grep -a -q '^Segment0_Name:=part-1$' ball.seg.nrrd
    dcmseg -t 500 --mask ball.seg.nrrd ball -o "$out.nrrd" --json "$out.json"
    jq -e --slurpfile a ball.json '.segment == $a[0].segment and .options.mask and .mask.placed.resampled == false' "$out.json"
    # without a threshold: its occupancy, the same voxels
    dcmseg --mask ball.seg.nrrd ball -o "$out.nrrd" --json "$out.json"
    jq -e --slurpfile a ball.json '.segment.voxel_count == $a[0].segment.voxel_count and .segment.iso == 0.5' "$out.json"
    # read and written again, byte for byte but for the record
    dcmseg --mask ball.seg.nrrd --output labels -o "$out.seg.nrrd"
    cmp <(grep -a -v '^meshqa_' ball.seg.nrrd) <(grep -a -v '^meshqa_' "$out.seg.nrrd")
}

@test "a mask on another grid is resampled, and said to be" {
    gen_series --body sphere --radius 12 --size 60x60x60 --spacing 0.5,0.5,0.5 -o fine
    dcmseg -t 500 fine --output labels -o fine.seg.nrrd
    run --separate-stderr dcmseg -t 500 --mask fine.seg.nrrd ball -o "$out.nrrd" --json "$out.json"
    [ "$status" -eq 0 ]
    [[ $stderr == *"another grid"* ]]
    jq -e '.mask.placed.resampled and ([.findings[].text] | any(contains("another grid")))' "$out.json"
    within 1 "$(jq .segment.at_level_mm3 "$out.json")" 7238.23 # 4/3 pi 12^3
}

@test "segments that overlap are picked one by one; together they are no label map, and one object" {
    dcmseg --mask over.seg.nrrd --label 7 -o "$out.nrrd" --json "$out.json"
    [ "$(number voxel_count "$out.json")" = 3 ]
    dcmseg over.seg.nrrd --label '^liv' -o "$out.nrrd" --json "$out.json"
    [ "$(number voxel_count "$out.json")" = 4 ]
    jq -e '.options.label == [1] and .labels[0].voxel_count_mm3 == 8' "$out.json"
    dcmseg over.seg.nrrd --label '^liv' --label 7 --output grey -o "$out.nrrd" --json "$out.json"
    [ "$(number voxel_count "$out.json")" = 5 ]
    refuses 2 "$out.none" dcmseg over.seg.nrrd --label 'liver|tumour' -o "$out.none"
    [[ $stderr == *"1 (liver) and 7 (tumour) overlap in 2 voxels"* ]]
    dcmseg over.seg.nrrd --label liver --label 3 -o "$out.nrrd" --json "$out.json"
    jq -e '[.labels[].label] == [1, 3]' "$out.json"
    refuses 2 "$out.none" dcmseg over.seg.nrrd --label spleen -o "$out.none"
    [[ $stderr == *"1 liver, 3 part-3, 7 tumour"* ]]
}

@test "names that are no anatomical terms do not go out, unless asked for" {
    dcmseg over.seg.nrrd --label Smith --output labels -o "$out.nrrd" --json "$out.json"
    ! grep -a -q Smith "$out.nrrd" "$out.json"
    dcmseg over.seg.nrrd --label Smith --output labels --keep-names -o "$out.nrrd"
    grep -a -q '^Segment0_Name:=Mrs Smith$' "$out.nrrd"
}

@test "a volume of another program is a source: NRRD by name and on standard input, and --against takes it" {
    LC_ALL=C sed '/^meshqa_/d' ball.nrrd >grey.nrrd
    dcmseg -t 500 grey.nrrd -o "$out.nrrd" --json "$out.json"
    jq -e --slurpfile a ball.json '.segment == $a[0].segment and .source.kind == "nrrd"' "$out.json"
    cmp <(dcmseg -t 500 - <grey.nrrd) "$out.nrrd"
    mcubes "$out.nrrd" | meshfix -o "$out.ply"
    run -0 meshmeasure "$out.ply" --against grey.nrrd
    gen_series --body sphere --radius 11 --size 40x40x36 --spacing 0.9,0.8,1.1 -o other
    dcmseg -t 500 other -o other.nrrd
    run -2 meshmeasure "$out.ply" --against other.nrrd
    # an archive on standard input is still one
    tar cf - ball | dcmseg -t 500 - -o "$out.tar.nrrd" --json "$out.json"
    jq -e --slurpfile a ball.json '.segment == $a[0].segment' "$out.json"
}

@test "what does not fit together is refused" {
    refuses 2 "$out.none" dcmseg -q -t 5 --mask over.seg.nrrd --output labels ball -o "$out.none"
    refuses 2 "$out.none" dcmseg -q -t 5 --mask over.seg.nrrd -o "$out.none"
    refuses 2 "$out.none" dcmseg --mask ball.nrrd ball -o "$out.none"
    [[ $stderr == *"not a mask"* ]]
    refuses 2 "$out.none" dcmseg --output grey --output labels -t 5 ball -o "$out.none"
    refuses 2 "$out.none" dcmseg --mask over.seg.nrrd --space LAS -o "$out.none"
    head -c 3000 ball.seg.nrrd >cut.seg.nrrd
    refuses 2 "$out.none" dcmseg --mask cut.seg.nrrd -o "$out.none"
    sed 's/^space origin: (/&9999/' over.seg.nrrd >far.seg.nrrd
    refuses 2 "$out.none" dcmseg -q -t 5 --mask far.seg.nrrd --label 1 ball -o "$out.none"
    [[ $stderr == *outside* ]]
    refuses 2 "$out.none" meshmeasure --against ball "$(dcmseg -t 500 --mask ball.seg.nrrd ball | mcubes | meshfix -o m.ply; echo m.ply)"
    [[ $stderr == *"mask that the mesh was made with"* ]]
}

@test "partial volumes: of the object, its pieces, and labels on a series; refused or told" {
    dcmseg -t 500 ball -o "$out.nrrd" --json "$out.json"
    jq -e '.segment.partial | (.mm3 / 7238.2295 - 1 | fabs) < 0.0005 and .u_mm3 < 0.01 and .inside == 1000' "$out.json" # 4/3 pi 12^3
    dcmseg --mask ball.seg.nrrd ball -o "$out.nrrd" --json "$out.json"
    jq -e '.labels[0].partial | (.mm3 / 7238.2295 - 1 | fabs) < 0.0005' "$out.json"
    gen_series --body nested --radius 12 --size 40x40x40 -o nested
    dcmseg -t 500 nested -o "$out.nrrd" --json "$out.json"
    jq -e '.segment as $s | ($s.pieces | length) == $s.components_kept and ([$s.pieces[].voxel_count] | add) == $s.voxel_count' "$out.json"
    gen_series --body voxel --size 12x12x12 -o voxel
    dcmseg -t 500 voxel -o "$out.nrrd" --json "$out.json"
    jq -e '.segment.partial.refused | contains("--inside")' "$out.json"
    dcmseg -t 500 --inside 1000HU --outside 0 voxel -o "$out.nrrd" --json "$out.json"
    jq -e '.segment.partial.mm3 > 0 and .options.inside == 1000' "$out.json"
}

# the components of an entry, with the rest, add up to KEY of it: adds_up JSON ENTRY KEY COMPONENT-KEY
adds_up() {
    jq -e --arg k "$3" --arg c "$4" ".ledger[$2] | (([.components[][\$c]] | add) + (.rest[\$c] // 0)) as \$s | (\$s - .[\$k] | fabs) <= 1e-9 * .[\$k]" "$1"
}

@test "the ledger has the volumes of each component: pieces of a field, labels of a map" {
    gen_series --body nested --radius 12 --size 40x40x40 -o nested
    for how in '-t 500' '-t 300:900' '-t 500 --keep 1'; do
        dcmseg -q $how nested -o "$out.nrrd" --json "$out.json"
        adds_up "$out.json" 0 before_mm3 voxel_count_mm3
        adds_up "$out.json" 0 after_mm3 at_level_mm3
        jq -e '([.segment.components_kept, 20] | min) == (.ledger[0].components | length) and .ledger[0].components[0].piece == 1' "$out.json"
    done
    jq -e '.ledger[0].components[0] | .partial_mm3 > 0 and .partial_u_mm3 >= 0' "$out.json"
    mcubes "$out.nrrd" | meshmeasure --json m.json >/dev/null # the last facts have it too
    jq -e '.ledger[0].stage == "dcmseg" and (.ledger[0].components | length) == 1' m.json
    for s in ball ''; do # of a mask, with grey values and without
        dcmseg -q --mask over.seg.nrrd --label 1 --label 7 --output grey $s -o "$out.nrrd" --json "$out.json"
        adds_up "$out.json" 0 before_mm3 voxel_count_mm3
        adds_up "$out.json" 0 after_mm3 at_level_mm3
        dcmseg -q --mask ball.seg.nrrd --output labels $s -o "$out.nrrd" --json "$out.json"
        adds_up "$out.json" 0 before_mm3 voxel_count_mm3
        jq -e '.labels[0].at_level_mm3 > 0 and .ledger[0].components[0].at_level_mm3 == .labels[0].at_level_mm3' "$out.json"
        jq -e --arg s "$s" '(.ledger[0].components[0] | has("partial_mm3")) == ($s != "")' "$out.json"
    done
    mcubes --labels "$out.nrrd" | meshfix | meshmeasure --json m.json >/dev/null
    jq -e '.ledger[0].components[0].label == 1 and all(.warnings[]; .text | test("ledger does not close") | not)' m.json
}

@test "thousands of labels: the 256 largest by themselves, the rest as one sum" {
    { printf 'NRRD0005\ntype: uint16\ndimension: 3\nsizes: 40 40 40\nspace: left-posterior-superior\n'
      printf 'space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: text\n\n'
      awk 'BEGIN { for (n = 0; n < 64000; n++) { x = n % 40; y = int(n / 40) % 40; z = int(n / 1600); print int(x / 2) + 20 * int(y / 2) + 400 * int(z / 2) + 1 } }'; } >many.nrrd
    dcmseg -q --mask many.nrrd -o "$out.nrrd" --json "$out.json"
    adds_up "$out.json" 0 before_mm3 voxel_count_mm3
    jq -e '(.labels | length) == 8000 and .ledger[0].rest.count == 7744 and (.ledger[0].components | length) == 256' "$out.json"
    jq -e '.findings[] | select(.text | test("256 largest of 8000 labels"))' "$out.json"
    [ "$(stat -c %s "$out.json")" -lt 4000000 ]
}

nifti() { # FILE: 12x12x12 bytes of 1.5 mm, a box of the label 3; neither sform nor qform
    head -c 2080 /dev/zero >"$1"
    put() { printf "$2" | dd of="$f_" bs=1 seek="$1" conv=notrunc status=none; }
    f_=$1
    put 0 '\x5c\x01' && put 40 '\x03\0\x0c\0\x0c\0\x0c\0\x01\0\x01\0\x01\0\x01' && put 70 '\x02\0\x08'
    put 76 '\0\0\x80\x3f\0\0\xc0\x3f\0\0\xc0\x3f\0\0\xc0\x3f' && put 108 '\0\0\xb0\x43' && put 344 'n+1\0'
    for k in 3 4 5 6 7; do for j in 2 3 4 5; do put $((352 + 144 * k + 12 * j + 4)) '\x03\x03\x03\x03\x03'; done; done
}

@test "the answer to where a NIfTI's axes lead stands in the record, and the source can be read again" {
    cd "$BATS_TEST_TMPDIR"
    nifti m.nii
    refuses 2 none dcmseg m.nii --label 3 -o none
    for space in LPS RAS; do
        dcmseg -q m.nii --label 3 --space $space --json o.json --output labels | mcubes -o m.ply
        [ "$(jq -r .options.space o.json)" = $space ]
        run -0 --separate-stderr meshmeasure m.ply --against m.nii
        dcmseg -q m.nii -t 2 --space $space | mcubes -o g.ply # the same samples as grey values
        run -0 --separate-stderr meshmeasure g.ply --against m.nii
    done
    # the record of the one does not speak for the other
    dcmseg -q m.nii --label 3 --space LPS | mcubes -o lps.ply
    cmp -s lps.ply m.ply && return 1
    meshmeasure lps.ply --json - | jq -e '.records[0].options.space == "LPS"'
}
