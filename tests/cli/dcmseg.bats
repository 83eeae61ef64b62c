# SPDX-License-Identifier: GPL-3.0-or-later
# dcmseg: what it writes, what it refuses and how. Numbers expected come from the phantom's description or the data's SOURCE.txt.
bats_require_minimum_version 1.5.0

setup_file() {
    gen_series --body sphere --radius 12 --size 40x36x30 --spacing 0.8,0.9,1.1 -o "$BATS_FILE_TMPDIR/ball" --truth "$BATS_FILE_TMPDIR/ball.json"
}
setup() {
    mkdir "$BATS_TEST_TMPDIR/w" && cd "$BATS_TEST_TMPDIR/w" || return 1
    ball=$BATS_FILE_TMPDIR/ball data=$SHARED/data
}
# The one line on standard error (notes aside) has these words; nothing was written.
refused() { # code, words...
    local code=$1
    shift
    echo "status $status: $stderr"
    [ "$status" -eq "$code" ]
    [ -z "$output" ]
    [ "$(grep -vc '^dcmseg: note:' <<<"$stderr")" -eq 1 ]
    for w in "$@"; do [[ "$stderr" == *"$w"* ]] || { echo "lacks '$w'"; return 1; }; done
}
have() { [ -e "$data/$1" ] || skip "no $1 in ${SHARED}/data"; }
fact() { # file, key: the first number after "key":
    grep -o "\"$2\": *-\?[0-9.e+-]*" "$1" | head -n 1 | sed 's/.*: *//'
}
near() { awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN { d = a - b; exit !(d <= t && d >= -t) }' || { echo "$1, expected $2 within $3"; return 1; }; }

@test "a sphere: stream, record, volumes" {
    run -0 dcmseg --threshold 500HU "$ball" -o out.nrrd --json out.json
    head -n 40 out.nrrd | grep -a -q '^sizes: 40 36 30$'
    head -n 40 out.nrrd | grep -a -q '^meshqa_iso:=500$'
    head -n 40 out.nrrd | grep -a -q '^space: left-posterior-superior$'
    near "$(fact out.json voxel_mm3)" 0.792 1e-9
    near "$(fact out.json at_level_mm3)" "$(fact "$BATS_FILE_TMPDIR/ball.json" volume_mm3)" 40
    near "$(fact out.json lo)" 500 0
    near "$(fact out.json components_kept)" 1 0
    grep -q '"unit": "HU"' out.json
    grep -q '"gdcm": "3' out.json
    grep -q '"from": "voxel_count"' out.json
    ! grep -q -e PHANTOM -e "$BATS_TEST_TMPDIR" -e '2\.25\.' out.json out.nrrd
}

@test "the same bytes for any number of threads, file names and order" {
    dcmseg -t 500 -j 1 "$ball" -o a.nrrd
    mkdir other
    n=100
    for f in $(ls -r "$ball"); do cp "$ball/$f" "other/$((n += 7))"; done
    dcmseg -t 500 -j 5 other -o b.nrrd
    # shellcheck disable=SC2046
    dcmseg -t 500 $(ls -r other/*) -o c.nrrd
    cat a.nrrd | cmp - b.nrrd
    cmp a.nrrd c.nrrd
    dcmseg -t 500 "$ball" | cmp - a.nrrd
}

@test "tilt is measured and kept as shear" {
    gen_series --body sphere --radius 12 --size 40x40x30 --tilt 20 -o tilted
    dcmseg -t 500 tilted -o t.nrrd --json t.json
    near "$(fact t.json tilt_deg)" 20 1e-6
    near "$(fact t.json at_level_mm3)" 7238.229 45 # 4/3 pi 12^3, less what chords cut off
}

@test "rescale differs from slice to slice" {
    gen_series --body sphere --radius 12 --size 40x40x30 --vary-rescale -o v
    dcmseg -t 500 v -o v.nrrd --json v.json
    near "$(fact v.json at_level_mm3)" 7238.229 45
}

@test "thresholds and presets: what is taken, what is refused" {
    dcmseg -t -200:1500 "$ball" -o a.nrrd --json a.json
    grep -q '"hi": 1500' a.json
    dcmseg --preset bone "$ball" -o b.nrrd --json b.json
    grep -q '"preset": "bone"' b.json && grep -q '"keep": "largest"' b.json
    dcmseg --preset bone --keep 3 "$ball" -o b.nrrd --json b.json
    grep -q '"keep": 3' b.json
    for p in "$ROOT"/tools/presets/*.preset; do
        run --separate-stderr dcmseg --preset "$(basename "$p" .preset)" "$ball" -o p.nrrd
        [ "$status" -le 1 ] || [[ $stderr == *"needs a place in the tissue: --seed"* ]] # 1: nothing in this phantom
    done
    for t in 5mm x 500:200 500: :500 '' nan 1e999 5%; do
        run --separate-stderr dcmseg -t "$t" "$ball" -o bad.nrrd
        refused 2 "'$t'"
    done
    run --separate-stderr dcmseg "$ball"
    refused 2 'one of --threshold and --preset'
    run --separate-stderr dcmseg -t 1 -p bone "$ball"
    refused 2 'only one of'
    run --separate-stderr dcmseg -p bones "$ball"
    refused 2 "no preset 'bones'" 'airway, bone, fat, liver, lung, metal, skin, soft, vessel'
    run --separate-stderr dcmseg -p ../presets/bone "$ball"
    refused 2 'no preset'
    run --separate-stderr dcmseg -t 1 --keep 0 "$ball"
    refused 2 '--keep'
    run --separate-stderr dcmseg -t 5000 "$ball"
    refused 1
    [ ! -e bad.nrrd ]
}

@test "nothing finished-looking is left behind" {
    echo old >keep.nrrd
    run --separate-stderr dcmseg -t 5000 "$ball" -o keep.nrrd
    [ "$status" -eq 1 ]
    [ "$(cat keep.nrrd)" = old ]
    run --separate-stderr dcmseg -t 500 "$ball" -o none/out.nrrd
    refused 2 'none/out.nrrd'
    run --separate-stderr dcmseg -t 500 "$ball" -o /dev/full
    refused 2 '/dev/full'
    run --separate-stderr dcmseg -t 500 "$ball" --json -
    refused 2 'standard output can take one output only'
    run --separate-stderr dcmseg -t 500 "$ball" -o ok.nrrd --json none/x.json
    refused 2 'none/x.json'
    [ ! -e ok.nrrd ]
    [ "$(ls -A)" = keep.nrrd ]
}

@test "bad input: missing, empty, foreign, cut, unreadable" {
    run --separate-stderr dcmseg -t 1 absent
    refused 2 "'absent'"
    mkdir empty
    run --separate-stderr dcmseg -t 1 empty
    refused 2 'no files'
    echo 'text that is no DICOM at all' >empty/a.txt
    run --separate-stderr dcmseg -t 1 empty
    refused 2 'none of 1 files is DICOM'
    run --separate-stderr dcmseg -t 1 empty/a.txt
    refused 2 'a.txt' 'not DICOM'
    run --separate-stderr dcmseg -t 1 -
    refused 2 'standard input'
    mkfifo pipe
    run --separate-stderr dcmseg -t 1 pipe
    refused 2 'neither a file nor a folder'
    cp -r "$ball" cut
    f=$(ls cut | sed -n 7p)
    truncate -s -700 "cut/$f"
    run --separate-stderr dcmseg -t 500 cut -o o.nrrd
    refused 2 "$f" 'cut off'
    truncate -s 400 "cut/$f"
    run --separate-stderr dcmseg -t 500 cut -o o.nrrd
    refused 2 "$f"
    rm "cut/$f"
    run --separate-stderr dcmseg -t 500 cut -o o.nrrd
    refused 2 'G-4' 'missing'
    ln -s nowhere "cut/$f"
    run --separate-stderr dcmseg -t 500 cut -o o.nrrd
    refused 2 "$f"
    if [ "$(id -u)" -ne 0 ]; then
        rm "cut/$f" && cp "$ball/$f" cut && chmod 0 "cut/$f"
        run --separate-stderr dcmseg -t 500 cut -o o.nrrd
        refused 2 "$f"
    fi
    [ ! -e o.nrrd ]
}

@test "a damaged file ends one child, not the tool, and is named" {
    cp -r "$ball" cut
    f=$(ls cut | sed -n 4p)
    truncate -s 300 "cut/$f" # GDCM aborts on a cut file meta group
    run --separate-stderr dcmseg -t 500 cut
    refused 2 "'$f'"
}

@test "a signal ends the tool and its children and leaves no files" {
    mkdir big
    gen_series --body voxel --size 512x512x60 -o big
    dcmseg -t 500 big -o big.nrrd & pid=$!
    sleep 0.05
    kill -TERM $pid 2>/dev/null || true
    status=0
    wait $pid || status=$? # in this shell: the child is ours
    [ ! -e big.nrrd ] || [ "$status" -eq 0 ]
    [ -z "$(find . -maxdepth 1 -name '*big.nrrd*' ! -name big.nrrd)" ]
    run -1 pgrep -P $pid # 1: looked, and found none
}

@test "files without preamble, without meta information, implicit and explicit: one volume" {
    gen_series --size 16x16x4 -o a
    gen_series --size 16x16x4 --transfer implicit -o b
    mkdir c d e
    for f in $(ls a); do
        tail -c +133 "a/$f" >"c/$f"
        for pair in a:d b:e; do
            from=${pair%:*}/$f
            tail -c +$((145 + $(od -An -tu4 -j140 -N4 "$from"))) "$from" >"${pair#*:}/$f" # behind (0002,0000) and its group
        done
    done
    dcmseg -t 0 a -o want.nrrd
    # the record differs: it names the files
    for d in b c d e; do dcmseg -t 0 $d | tail -c 2048 | cmp - <(tail -c 2048 want.nrrd); done
}

@test "several series: listed, chosen by description, number, part; never guessed" {
    mkdir two
    cp -r "$ball" two/a
    gen_series --body liver --size 48x48x20 --spacing 5,5,10 --seed 4 --description 'LIVER thin' -o two/b
    run --separate-stderr dcmseg -t 500 two
    refused 2 'G-3' '2 series' '1 CT 40x36x30' '4 CT 48x48x20'
    run -0 dcmseg --list two --json list.json
    [ "${#lines[@]}" -eq 3 ]
    [[ "${lines[2]}" == '4 '*'CT'*'48x48x20'*'5 x 5 x 10 mm'*'LIVER thin' ]]
    grep -q '"left": 0' list.json
    ! grep -q LIVER list.json
    dcmseg -t 500 -s '^sphere' two -o a.nrrd
    dcmseg -t 500 -s '^1$' two -o b.nrrd
    cmp a.nrrd b.nrrd
    run --separate-stderr dcmseg -t 500 -s kidney two
    refused 2 'no series matches' '4 CT 48x48x20'
    run --separate-stderr dcmseg -t 500 -s CT two
    refused 2 'G-3' '2 series match'
    run --separate-stderr dcmseg -t 500 -s '(' two
    refused 2 'no regular expression'
}

@test "real CT of the abdomen loads" {
    have ct-abdomen-ge-crlm-1004
    dcmseg -q -t 300 "$data/ct-abdomen-ge-crlm-1004" -o a.nrrd --json a.json
    head -n 40 a.nrrd | grep -a -q '^sizes: 512 512 41$'
    near "$(fact a.json slice_step_mm)" 5 1e-9
    near "$(fact a.json voxel_mm3)" 3.1750488 1e-6 # 0.796875^2 x 5
    grep -q 'padding (0028,0120)' a.json
    grep -q '"rule": "G-8"' a.json
}

@test "variable spacing under tilt is refused with the gaps named" {
    have ct-head-ge-tilt-variable-spacing
    run --separate-stderr dcmseg -t 300 "$data/ct-head-ge-tilt-variable-spacing"
    refused 2 '[G-4]' '4.002 mm from slice 1 to 14' '1.081 mm from slice 14 to 15' '6.999 mm from slice 15 to 28'
}

@test "one slice many times, one slice missing, two volumes in one series" {
    have ct-transfer-syntaxes
    run --separate-stderr dcmseg -t 300 "$data/ct-transfer-syntaxes"
    refused 2 '[G-4]'
    have ct-irregular
    run --separate-stderr dcmseg -t 300 "$data/ct-irregular"
    refused 2 '[G-4]' '10 mm between slices 3 and 4' '1 slice missing'
    have mr-4d-ge-dti
    run --separate-stderr dcmseg -t 300 "$data/mr-4d-ge-dti"
    refused 2 '[G-3]' 'repetition 1' 'repetition 2'
}

@test "a folder of six series" {
    have mixed-ct-mr-pt-sts-002
    d=$data/mixed-ct-mr-pt-sts-002
    run -0 dcmseg --list "$d"
    [ "$(grep -cE ' (CT|MR|PT|RTSTRUCT) ' <<<"$output")" -eq 6 ]
    [ "$(grep -c 'contours, no image' <<<"$output")" -eq 3 ]
    run --separate-stderr dcmseg -t 300 "$d"
    refused 2 '[G-3]' '3 CT 161x143x48' '4 PT 30x27x48' 'MR 115x90x35'
    dcmseg -q -t 300HU -s '^CT$' "$d" -o ct.nrrd --json ct.json
    head -n 40 ct.nrrd | grep -a -q '^sizes: 161 143 48$'
    run --separate-stderr dcmseg -q -t 300HU -s '^MR$' "$d"
    refused 2 'Hounsfield' 'MR'
    run --separate-stderr dcmseg -q -p bone -s '^PT$' "$d"
    refused 2 'Hounsfield'
    dcmseg -q -t 5 -s '^PT$' "$d" -o pt.nrrd --json pt.json
    head -n 40 pt.nrrd | grep -a -q '^type: float$' # each slice has its slope
    grep -q '"unit": "1"' pt.json
    run --separate-stderr dcmseg -q -t 1 -s RTSTRUCT "$d"
    refused 2 '3 series match, choose one' '[G-3]'
}

@test "CT with contours beside it; oblique slices with unequal pixels" {
    have rtstruct-sts-012
    dcmseg -q -t 300 -s '^CT$' "$data/rtstruct-sts-012" -o a.nrrd
    have mr-oblique-nonisotropic
    dcmseg -q -t 30 "$data/mr-oblique-nonisotropic" -o b.nrrd --json b.json
    near "$(fact b.json slice_step_mm)" 0.5 1e-3
    run -0 dcmseg --list "$data/mr-oblique-nonisotropic"
    [[ "$output" == *'6.4 x 4 x 0.5 mm'* ]] # columns are 6.4 mm apart: the second of Pixel Spacing
}

@test "radiographs are refused by name, segmentations without their images too" {
    have xray
    for f in dx_image.dcm gdcm-CR-MONO1-10-chest.dcm RG3_J2KI.dcm; do
        run --separate-stderr dcmseg -t 1 "$data/xray/$f"
        refused 2 '[G-7]' 'projections'
    done
    have enhanced-multiframe
    for f in "$data"/enhanced-multiframe/emri*.dcm; do # without functional groups
        run --separate-stderr dcmseg -t 1 "$f"
        refused 2 'Image Position (Patient)' '[G-1]'
    done
    have ct-seg-liver-dcmqi
    run --separate-stderr dcmseg -t 1 "$data/ct-seg-liver-dcmqi/seg-encodings/liver_deflate.dcm"
    refused 2 '[G-3]' 'images that' 'not among the files'
    dcmseg -q -t 1 "$data/ct-seg-liver-dcmqi" -o a.nrrd # the segmentations do not stand in the CT's way
}
