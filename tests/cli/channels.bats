#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Two energies: conditions over channels, fractions of calcium, iodine and soft tissue against the formula, with noise; what is refused.

load common

# A ball of 12 mm of 30 % calcium, 20 % iodine, 50 % tissue in tissue, by calcium 1300:850, iodine 900:400, tissue 55:50.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    mkdir de noisy
    ball() { gen_series --body sphere --radius 12 --size 48x48x48 --frame-of 1 "$@"; }
    ball --inside 597.5 --outside 55 --rescale 0.5,-1024 --description low -o de/low
    ball --inside 360 --outside 50 --description high --seed 2 -o de/high
    ball --inside 597.5 --outside 55 --noise 20 --description low --seed 3 -o noisy/low
    ball --inside 360 --outside 50 --noise 20 --description high --seed 4 -o noisy/high
    gen_series --body sphere --radius 12 --size 48x48x47 --frame-of 1 --seed 5 --description short -o de/short
    gen_series --body sphere --radius 12 --size 48x48x48 --seed 6 --description foreign -o de/foreign
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
    basis=calcium=1300:850,iodine=900:400,tissue=55:50
    ball=$(awk 'BEGIN { print 4 / 3 * 3.14159265358979 * 12 * 12 * 12 }')
}
two() { dcmseg -q --channel a=low --channel b=high "$@"; }
# mean FILE N: of the 2N+1 samples to each side of the middle
mean() {
    tail -c $((48 * 48 * 48 * 4)) "$1" | od -An -v -tf4 -w4 | awk -v n="$2" '
        function far(x) { x -= 23; return x < 0 ? -x : x }
        { i = NR - 1; if (far(i % 48) <= n && far(int(i / 48) % 48) <= n && far(int(i / 2304)) <= n) { s += $1; c++ } }
        END { print s / c }'
}

@test "a condition over both energies is the ball; the record has it, the recipe types it again" {
    two --expr 'a > 150 && b / a < 0.7' de -o "$out.nrrd" --json "$out.json"
    within 20 "$(jq .segment.voxel_count_mm3 "$out.json")" "$ball" # a low threshold on the blurred edge
    jq -e '.options.channel == ["a=SERIES", "b=SERIES"] and .options.steps == [["expr", "a > 150 && b / a < 0.7"]] and
        (.options | has("threshold") | not) and .channels[0] == {"name": "a"} and (.channels[1].source.sha256_pixels | length == 64)' "$out.json"
    two --expr 'a > 150 && b / a < 0.7' -t 326.25 de -o "$out.nrrd" --json "$out.json" # then the surface is that of a threshold, sub-voxel
    within 0.3 "$(jq .segment.partial.mm3 "$out.json")" "$ball"
    two --expr 'a>150&&b/a<0.7' -t 326.25 de | mcubes | meshfix | meshmeasure --against de --report "$out.html" | grep -q 'verdict: pass'
    grep -q -- "--expr &#39;a&gt;150&amp;&amp;b/a&lt;0.7&#39; --threshold 326.25 --channel a=SERIES --channel b=SERIES" "$out.html"
    two --expr 'a>150&&b/a<0.7' de | mcubes | meshfix | meshmeasure --against de | grep -q 'verdict: pass'
}

@test "fractions are those of the formula, and the volume at half of one is that of the ball" {
    local m
    for m in "$basis 0.3" iodine=900:400,tissue=55:50,calcium=1300:850\ 0.2; do
        two --basis "${m% *}" -t "$(awk -v f="${m#* }" 'BEGIN { print f / 2 }')" de -o "$out.nrrd" --json "$out.json"
        within 0.3 "$(mean "$out.nrrd" 4)" "${m#* }"
        within 0.3 "$(jq .segment.partial.mm3 "$out.json")" "$ball"
    done
    two --basis "$basis" --values tissue -t 0.75 --explain de | grep -q -- "--values 'tissue'"
    two --basis "$basis" --values '1 - tissue' -t 0.25 de -o "$out.nrrd" --json "$out.json" # what is no tissue: 0.5 inside
    within 0.3 "$(mean "$out.nrrd" 4)" 0.5
    within 0.3 "$(jq .segment.partial.mm3 "$out.json")" "$ball"
    two --basis "$basis" --values '1 - tissue' -t 0.25 de | mcubes | meshfix | meshmeasure --against de | grep -q 'verdict: pass'
}

@test "with noise: the mean fraction within four standard errors by the noise gain, the volume within 1 %" {
    two --basis "$basis" -t 0.15 noisy -o "$out.nrrd" --json "$out.json"
    # 9^3 samples, noise of 20 in each channel
    awk -v m="$(mean "$out.nrrd" 4)" -v g="$(number noise_gain_1 "$out.json")" 'BEGIN { e = 4 * 20 * g / 27; print m, e; exit !(m > 0.3 - e && m < 0.3 + e && e < 0.03) }'
    two --gauss 0.6mm --basis "$basis" -t 0.15 --keep 1 --fill all noisy -o "$out.nrrd" --json "$out.json"
    within 1 "$(jq .segment.partial.mm3 "$out.json")" "$ball"
    for j in 1 2 3 8; do
        two -j $j --gauss 1.2mm --basis "$basis" --expr 'calcium > 0.15 && iodine > 0.05' --keep 1 noisy -o "$out.$j.nrrd"
        cmp "$out.1.nrrd" "$out.$j.nrrd"
    done
}

@test "volumes of other programs are channels; without any the volume is 'v'" {
    dcmseg -q de -s low -t -2000 -o "$out.low.nrrd"
    dcmseg -q de -s high -t -2000 -o "$out.high.nrrd"
    two --basis "$basis" -t 0.15 de -o "$out.nrrd" --json "$out.json"
    dcmseg -q --channel "a=$out.low.nrrd" --channel "b=$out.high.nrrd" --basis "$basis" -t 0.15 -o "$out.2.nrrd" --json "$out.2.json"
    [ "$(jq -c .segment "$out.json")" = "$(jq -c .segment "$out.2.json")" ]
    dcmseg -q de -s low --expr 'v >= 300' -o "$out.nrrd" --json "$out.json"
    dcmseg -q de -s low -t 300 -o "$out.nrrd" --json "$out.2.json"
    [ "$(jq .segment.voxel_count "$out.json")" -eq "$(jq .segment.voxel_count "$out.2.json")" ]
    dcmseg -q de -s low --values '(v + 55) / (v - v) + v' -t 0 -o "$out.nrrd" --json "$out.json"
    jq -e '.segment.steps[0].undefined_samples == 110592' "$out.json"
}

@test "one line, with a caret where an expression goes wrong, and nothing written" {
    refused() { # status, text, arguments
        local status=$1 text=$2
        shift 2
        refuses "$status" "$out.none" dcmseg -q "$@" -o "$out.none"
        [[ $stderr == *"$text"* ]] || { echo "$stderr"; return 1; }
    }
    local ab="--channel a=low --channel b=high"
    refused 2 "at character 12, marked by ^ in 'a>150 && b/ ^ /a': a number, a name or '(' is expected" $ab --expr 'a>150 && b//a' de
    refused 2 "a condition is needed, such as a > 150" $ab --expr 'a - b' de
    refused 2 "a number is needed: see --expr" $ab --values 'a > b' de
    refused 2 "there is no channel 'c'; there are: a, b" $ab --expr 'c > 1' de
    refused 2 "there is no channel 'a'; there are: v" -s low --expr 'a > 1' de
    refused 2 "the basis has values for 2 channels, and there is 1" -s low --basis "$basis" -t 0.1 de
    refused 2 "one is a mixture of the others" $ab --basis 'x=100:50,y=200:100,z=0:0' -t 0.1 de
    refused 2 "2 materials of 2 values" $ab --basis 'x=100:50,y=200:100' -t 0.1 de
    refused 2 "NAME=SERIES is needed" --channel low --channel b=high --expr 'a>1' de
    refused 2 "two channels 'a'" --channel a=low --channel a=high --expr 'a>1' de
    refused 2 "leave out --series" $ab -s low --expr 'a>1' de
    refused 2 "channel 'b' has another grid: 48 x 48 x 47 samples" --channel a=low --channel b=short --expr 'a>1' de
    refused 2 "in different frames of reference" --channel a=low --channel b=foreign --expr 'a>1' de
    refused 2 "there is no PATH with series" --channel a=low --channel b=high --expr 'a>1'
    refused 2 "must stand before the step that makes the object" $ab --expr 'a>1' --values 'a - b' de
    refused 1 "nothing is inside" $ab --expr 'a > 5000' de
}
