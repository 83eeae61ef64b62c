#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Segmentation step by step: volumes by formula, the order on the command line, the record and its replay, and what is refused.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 12 --size 48x48x24 --spacing 1,1,2 -o ball
    gen_series --body nested --radius 16 --size 48x48x48 -o nested --truth nested.json
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}
between() { awk -v a="$1" -v x="$2" -v b="$3" 'BEGIN { print x, "in", a, "..", b; exit !(a <= x && x <= b) }'; }
cap() { awk -v h="$1" 'BEGIN { d = 12 + h; print 3.14159265358979 * d * d * (36 - d) / 3 }'; } # of the ball, below z = h
sphere() { awk -v r="$1" 'BEGIN { print 4 / 3 * 3.14159265358979 * r * r * r }'; }

@test "balls in millimetres, on a grid of 1 x 1 x 2 mm: the volume of a ball that grew and shrank" {
    # Centres of samples are measured from: the object's own reach up to half a diagonal of a voxel, 1.23 mm, below its surface.
    dcmseg -t 500 --dilate 4 ball -o "$out.nrrd" --json "$out.json"
    between "$(sphere 14.77)" "$(jq .segment.voxel_count_mm3 "$out.json")" "$(sphere 16.05)"
    dcmseg -t 500 --erode 4mm ball -o "$out.nrrd" --json "$out.json"
    between "$(sphere 7.95)" "$(jq .segment.voxel_count_mm3 "$out.json")" "$(sphere 9.23)"
    dcmseg -t 500 --hollow 3mm ball -o "$out.nrrd" --json "$out.json"
    between "$(awk -v a="$(sphere 12)" -v b="$(sphere 10.23)" 'BEGIN { print a - b }')" "$(jq .segment.voxel_count_mm3 "$out.json")" \
        "$(awk -v a="$(sphere 12)" -v b="$(sphere 8.95)" 'BEGIN { print a - b }')"
    dcmseg -t 500 --open 3 ball -o "$out.nrrd" --json "$out.json" # a ball is open but for its samples' corners
    between "$(sphere 10.77)" "$(jq .segment.voxel_count_mm3 "$out.json")" "$(jq '.segment.steps[0].voxels_after * 2' "$out.json")"
    dcmseg -t 500 --close 3 ball -o "$out.nrrd" --json "$out.json"
    between "$(jq '.segment.steps[0].voxels_after * 2' "$out.json")" "$(jq .segment.voxel_count_mm3 "$out.json")" "$(sphere 12.05)"
}

@test "steps run in their order, twice the same, and each says what it found" {
    dcmseg -t 500 --erode 3 --dilate 3mm ball -o a.nrrd --json "$out.json"
    dcmseg -t 500 --dilate=3000um ball --erode 3 -o b.nrrd --json "$out.2.json"
    jq -e '.options.steps == [["threshold","500"],["erode","3mm"],["dilate","3mm"]]' "$out.json"
    jq -e '.options.steps == [["threshold","500"],["dilate","3mm"],["erode","3mm"]]' "$out.2.json"
    jq -e '.segment.steps | (.[0].voxels_before == 0) and (.[1].voxels_after < .[1].voxels_before) and
           (.[2].voxels_before == .[1].voxels_after) and (.[2].voxels_after <= .[0].voxels_after)' "$out.json"
    jq -e '.segment.steps[2].voxels_after >= .segment.steps[0].voxels_after' "$out.2.json"
    for j in 1 2 3 8; do
        dcmseg -j $j -t 500 --erode 3 --dilate 3mm ball -o "$out.$j.nrrd"
        cmp a.nrrd "$out.$j.nrrd"
    done
}

@test "cavities are filled, all or up to a volume; a threshold after another keeps what both do" {
    dcmseg -t 500 nested -o "$out.nrrd" --json "$out.json"
    hollow=$(jq .segment.voxel_count "$out.json")
    dcmseg -t 500 --fill all nested -o "$out.nrrd" --json "$out.json"
    jq -e --argjson was "$hollow" '.segment.steps[1].cavities_filled >= 1 and .segment.voxel_count > $was' "$out.json"
    dcmseg -t 500 --fill 1mm3 nested -o "$out.nrrd" --json "$out.json"
    jq -e --argjson was "$hollow" '.segment.steps[1].cavities_left >= 1 and .segment.voxel_count == $was' "$out.json"
    dcmseg -t 100 -t 500 nested -o "$out.nrrd" --json "$out.json"
    jq -e --argjson was "$hollow" '.segment.voxel_count == $was' "$out.json"
}

@test "the pipe passes its verdict against the scan, and the recipe of the report gives the same part" {
    dcmseg -t 500 --close 2mm --fill all --keep 1 ball | mcubes | meshfix |
        meshmeasure --against ball --report "$out.html" -o "$out.3mf" | grep -q 'pass'
    grep -q -- '--threshold 500 --close 2mm --fill all --keep 1' "$out.html"
    sed -n '/<section id="replay"/,/<\/section>/p' "$out.html" | sed -n '/<pre><code>/,/<\/code>/p' |
        sed 's/.*<pre><code>//; s/<\/code>.*//; s/&gt;/>/g; s/&lt;/</g; s/&amp;/\&/g' | sed "s,SERIES,ball,g; \$s,\$, -q -o $out.2.3mf," >"$out.sh"
    bash -eo pipefail "$out.sh"
    cmp "$out.3mf" "$out.2.3mf"
}

@test "filters stand before the object; levels are found in the histogram, and replayed" {
    gen_series --body sphere --radius 12 --size 40x40x40 --noise 150 -o "$out.noisy"
    dcmseg -t 500 "$out.noisy" -o "$out.nrrd" --json "$out.json"
    dcmseg --median 1 --gauss 0.8mm -t otsu "$out.noisy" -o "$out.nrrd" --json "$out.2.json"
    jq -e --slurpfile was "$out.json" '.segment.components_found == 1 and $was[0].segment.components_found > 1' "$out.2.json"
    jq -e '.options.steps == [["median","1"],["gauss","0.8mm"],["threshold","otsu:2:2"]] and (.segment.steps[2].level_1 | . > 350 and . < 650) and
           .options.threshold.lo == .segment.steps[2].level_1' "$out.2.json"
    within 2 "$(jq .segment.at_level_mm3 "$out.2.json")" "$(sphere 12)"
    dcmseg --median 1,1,0 -t em:2 "$out.noisy" --keep 1 | mcubes | meshfix -o "$out.ply"
    meshmeasure "$out.ply" --against "$out.noisy" | grep -q 'verdict: pass'
    for j in 1 3; do
        dcmseg -j $j --median 2 --gauss 1 -t kmeans:3:2+ "$out.noisy" -o "$out.$j.nrrd"
    done
    cmp "$out.1.nrrd" "$out.3.nrrd"
}

@test "slices are brought to the same brightness; the result does not depend on threads" {
    for j in 1 2 3 8; do
        dcmseg -j $j --normalise percentile -t 500 ball -o "$out.$j.nrrd" --json "$out.json"
        cmp "$out.1.nrrd" "$out.$j.nrrd"
    done
    # centres 2 mm apart, one at 0, each 2 mm thick: the ball reaches those from -12 to 12, 13 of 24
    jq -e '.options.steps[0] == ["normalise","percentile"] and .segment.steps[0].constant_slices == 11' "$out.json"
    dcmseg --normalise percentile:100 -t 500 ball -o "$out.nrrd" --json "$out.json"
    jq -e '.options.steps[0] == ["normalise","percentile:100"] and .segment.steps[0].percentile_1 >= 100' "$out.json"
    dcmseg --normalise z -t 500 ball -o "$out.nrrd" --json "$out.json"
    jq -e '.options.steps[0] == ["normalise","z"] and .segment.steps[0].deviation > 100' "$out.json"
}

@test "diffusion and bilateral means take the noise and leave the ball, with any number of threads" {
    gen_series --body sphere --radius 12 --size 40x40x40 --noise 60 -o "$out.noisy"
    for j in 1 2 3 8; do
        dcmseg -j $j --diffuse 10:150 -t 500 "$out.noisy" -o "$out.$j.nrrd" --json "$out.json"
        cmp "$out.1.nrrd" "$out.$j.nrrd"
    done
    jq -e '.options.steps[0] == ["diffuse","10:150"] and (.segment.steps[0].step_mm2 | . > 0.0833 and . < 0.0834)' "$out.json"
    within 1 "$(jq .segment.at_level_mm3 "$out.json")" "$(sphere 12)"
    dcmseg --bilateral 1:200 -t 500 "$out.noisy" -o "$out.nrrd" --json "$out.json"
    jq -e '.options.steps[0] == ["bilateral","1mm:200"]' "$out.json"
    within 1 "$(jq .segment.at_level_mm3 "$out.json")" "$(sphere 12)"
    dcmseg --diffuse 1:150:0.05 -t 500 ball -o "$out.nrrd" --json "$out.json"
    jq -e '.options.steps[0] == ["diffuse","1:150:0.05"] and .segment.steps[0].step_mm2 == 0.05' "$out.json"
}

@test "resampling keeps volume and place; the pipe goes on with the new grid, and is judged on it" {
    dcmseg -t 500 ball -o "$out.nrrd" --json "$out.json"
    was=$(jq .segment.at_level_mm3 "$out.json")
    for how in 1mm 0.8mm:lanczos 1.1mm,0.9mm,1mm:linear; do
        dcmseg --resample "$how" -t 500 ball -o "$out.nrrd" --json "$out.json"
        within 0.4 "$(jq .segment.at_level_mm3 "$out.json")" "$was"
        jq -e '.segment.centroid_mm | all(. < 0.05 and . > -0.05)' "$out.json"
    done
    dcmseg --resample 1mm -t 500 ball | mcubes | meshfix | meshmeasure --against ball --report "$out.html" -o "$out.3mf" | grep -q 'verdict: pass'
    grep -q -- '--resample 1mm:cubic --threshold 500' "$out.html"
}

@test "regions grow from seeds, in millimetres or samples; the record has them; a preset explains itself" {
    dcmseg -t 500 --grow 14,0,0 nested -o "$out.nrrd" --json "$out.json"
    jq -e '.options.steps[1] == ["grow","14,0,0"] and .segment.steps[1].voxels_after < .segment.steps[0].voxels_after' "$out.json"
    dcmseg -t 500 --grow '0,0,0' ball -o "$out.nrrd" && dcmseg -t 500 --grow 'voxel=23,23,11;neck=2mm' ball -o "$out.2.nrrd" --json "$out.json"
    jq -e '.options.steps[1] == ["grow","voxel=23,23,11;neck=2mm"]' "$out.json"
    dcmseg -p bone --fill all --explain >"$out"
    [ "$(sed 's/ *#.*//' "$out" | tr '\n' ' ')" = "--threshold '226HU' --keep 'largest' --fill 'all' " ]
}

@test "a dumbbell is cut in two, whatever the number of threads, and one ball is taken" {
    gen_series --body dumbbell --radius 12 --size 72x64x32 -o "$out.two" # balls of 12 mm, 38.4 mm apart, on a rod of 4.8 mm
    for j in 1 3; do
        dcmseg -j $j -t 500 --split 7mm "$out.two" -o "$out.$j.nrrd" --json "$out.json"
    done
    cmp "$out.1.nrrd" "$out.3.nrrd"
    jq -e '.options.steps[1] == ["split","7mm"] and .segment.components_found == 2 and .segment.steps[1].bodies == 2 and
           .segment.steps[1].voxels_cut < 200' "$out.json"
    all=$(jq .segment.voxel_count_mm3 "$out.json")
    dcmseg -t 500 --split 7mm --keep 1 "$out.two" -o "$out.nrrd" --json "$out.json"
    within 2 "$(jq '.segment.voxel_count_mm3 * 2' "$out.json")" "$all"
    dcmseg -t 500 --split 7mm --keep 1 "$out.two" | mcubes | meshfix | meshmeasure --against "$out.two" | grep -q 'verdict: pass'
}

@test "a mask is the object from the beginning, a region is cut out" {
    dcmseg -t 500 ball --output labels -o mask.nrrd
    dcmseg --mask mask.nrrd --dilate 4 ball -o "$out.nrrd" --json "$out.json"
    between "$(sphere 14.77)" "$(jq .segment.voxel_count_mm3 "$out.json")" "$(sphere 16.05)"
    dcmseg --mask mask.nrrd -t 800 --close 2 ball -o "$out.nrrd" --json "$out.json"
    within 2 "$(jq .segment.voxel_count_mm3 "$out.json")" "$(sphere 12)"
    dcmseg -t 500 --close 1 --roi box:-50,-50,-50,50,50,0 ball -o "$out.nrrd" --json "$out.json"
    # slices are 2 mm apart: the last one that is kept ends within 1 mm of the cut
    between "$(cap -1)" "$(jq .segment.voxel_count_mm3 "$out.json")" "$(cap 1)"
    jq -e '.segment.roi_cut_voxels > 100' "$out.json"
}

@test "a mask is resampled by its shape: volume kept, the same for any threads, and judged" {
    dcmseg -q -t 500 ball --output labels -o shape.nrrd # 1 x 1 x 2 mm
    was=$(dcmseg -q --mask shape.nrrd -o "$out.nrrd" --json "$out.json" && jq .segment.voxel_count_mm3 "$out.json")
    for how in 1mm 0.7mm:linear 1.3mm,1.3mm,1mm; do
        dcmseg -q --mask shape.nrrd --resample "$how" -o "$out.nrrd" --json "$out.json"
        within 0.2 "$(jq .segment.voxel_count_mm3 "$out.json")" "$was"
        jq -e '.segment.steps[0] | (.volume_change_percent | . < 0.2 and . > -0.2) and .voxels_after > .voxels_before' "$out.json"
    done
    for j in 1 3; do
        dcmseg -q -j $j --mask shape.nrrd -t 500 --resample 0.8mm --close 1mm ball -o "$out.$j.nrrd"
    done
    cmp "$out.1.nrrd" "$out.3.nrrd"
    dcmseg -q --mask shape.nrrd -t 500 --resample 0.8mm ball | mcubes -q | meshfix -q | meshmeasure --against ball --against shape.nrrd | grep -q 'verdict: pass'
    refuses 2 "$out.none" dcmseg -q --mask shape.nrrd -t 500 --gauss 1mm ball -o "$out.none"
}

@test "one line for what makes no sense, and nothing written" {
    refused() { # status, text, arguments
        local status=$1 text=$2
        shift 2
        run dcmseg "$@" ball -o "$out.nrrd"
        [ "$status" -eq "$status" ]
        [[ "$output" == *"$text"* ]]
        [ "${#lines[@]}" -eq 1 ]
        [ ! -e "$out.nrrd" ]
    }
    refused 2 'must stand before it' --dilate 2
    refused 2 'must stand before it' --keep largest -t 500 --open 1
    refused 2 'a length above 0' -t 500 --dilate 0
    refused 2 'a length above 0' -t 500 --dilate -3mm
    refused 2 'a length above 0' -t 500 --erode 3ml
    refused 2 'a volume above 0' -t 500 --fill 3mm
    refused 2 'must stand before the step that makes the object' -t 500 --median 1
    refused 2 'a radius in samples' --median 0 -t 500
    refused 2 'a radius in samples' --median 1,2 -t 500
    refused 2 'above 0, and at most' --gauss 1000mm -t 500
    refused 2 'classes; 2 to 8' -t otsu:9
    refused 2 'classes; 2 to 8' -t minerr:3
    refused 2 'class 4 of 3' -t otsu:3:4
    refused 2 'with classes and the class to keep' -t otto
    refused 2 'with classes and the class to keep' -t otsu:3:2-
    refused 2 'seed 2 lies outside the volume' -t 500 --grow '0,0,0;500,0,0'
    refused 2 'seed 1 lies in no sample of the object' -t 500 --grow '20,20,20'
    refused 2 'seed 1 lies within a neck' -t 500 --grow '10,0,0;neck=5mm'
    refused 2 'seed 1 lies where values change' -t 500 --grow '11.5,0,0;gradient=50'
    refused 2 'there is no seed in it' -t 500 --grow 'neck=2mm'
    refused 2 'is needed' -t 500 --grow '1,2'
    refused 2 'a step above 0, or three' --resample 1mm:quintic -t 500
    refused 2 'z or percentile' --normalise zz -t 500
    refused 2 'then :VALUE' --normalise z:x -t 500
    refused 2 'no sample reaches 90000' --normalise z:90000 -t 500
    refused 2 'rounds from 1 to 1000 and K' --diffuse 0:5 -t 500
    refused 2 'rounds from 1 to 1000 and K' --diffuse 10 -t 500
    refused 2 'rounds from 1 to 1000 and K' --diffuse 10:0 -t 500
    refused 2 'rounds from 1 to 1000 and K' --diffuse 10:5:x -t 500
    refused 2 'the longest stable one on this grid' --diffuse 10:5:1 -t 500
    refused 2 'a length and a difference' --bilateral 1mm -t 500
    refused 2 'a length above 0' --bilateral 0:40 -t 500
    refused 2 'above 0, and at most 12.8 samples' --bilateral 20:40 -t 500
    refused 2 'a step above 0, or three' --resample 1,2 -t 500
    refused 2 'at most 4294967296 can be' --resample 0.001 -t 500
    refused 2 'drop is all there is' -t 500 --border keep
    refused 1 'step 2, --erode 30mm: nothing is left' -t 500 --erode 30
    refused 2 'leave out --preset, --roi and all steps' --mask mask.nrrd --output labels --open 1
    run dcmseg -t 500 --tilt 1 ball
    [ "$status" -eq 2 ]
}

@test "a sheared stack has no distances along its axes" {
    gen_series --body sphere --radius 9 --size 32x32x32 --tilt 15 -o "$out.tilt"
    run dcmseg -t 500 --open 2 "$out.tilt" -o "$out.nrrd"
    [ "$status" -eq 2 ]
    [[ "$output" == *'[G-5]'* ]]
    dcmseg -t 500 --fill all --islands 1ml "$out.tilt" -o "$out.nrrd"
}
