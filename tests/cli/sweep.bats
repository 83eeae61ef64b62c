#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# --sweep: what each threshold would give: volumes as dcmseg itself finds them, leaks, the plateau, table, JSON and page.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body nested --radius 12 --size 40x40x40 -o nested
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    out=$BATS_TEST_TMPDIR/out
}

@test "each row is what the threshold gives; the same for any number of threads; table, JSON and page agree" {
    dcmseg --sweep 300:700:100 nested --json "$out.json" --report "$out.html" --case C7 >"$out.txt"
    jq -e '.schema == 1 and .case == "C7" and .sweep.unit == "HU" and [.sweep.levels[].level] == [300, 400, 500, 600, 700]' "$out.json"
    for t in 300 600; do
        dcmseg -t $t nested -o "$out.nrrd" --json "$out.2.json"
        jq -e --argjson t $t --slurpfile one "$out.2.json" '.sweep.levels[] | select(.level == $t) |
            .voxels == $one[0].segment.voxel_count and .pieces == $one[0].segment.components_found and .border == false' "$out.json"
    done
    [ "$(awk 'NF >= 7 && $1 == 600 { print $5 }' "$out.txt")" = "$(jq -r '.sweep.levels[3].largest_mm3 * 10 | round / 10 | tostring | if contains(".") then . else . + ".0" end' "$out.json")" ]
    xmllint --noout --html "$out.html" 2>/dev/null || /usr/bin/python3 -c 'import sys, xml.dom.minidom as m; m.parseString(open(sys.argv[1]).read().split("\n", 1)[1])' "$out.html"
    [ "$(grep -c '<svg class="chart"' "$out.html")" -eq 4 ]
    for j in 1 2 8; do
        dcmseg -j $j --median 1 --sweep 300HU:700:50 nested --json "$out.$j.json" -o "$out.$j.txt"
        cmp "$out.1.json" "$out.$j.json"
        cmp "$out.1.txt" "$out.$j.txt"
    done
    jq -e '.steps == [["median","1"]]' "$out.1.json"
}

@test "a region of interest cuts; the plateau is told" {
    dcmseg --sweep 100:900:50 nested --roi sphere:0,0,0,20 --json "$out.json" | grep -q '^plateau: from .* suggested: '
    jq -e '.sweep.plateau | .level > .from and .level < .to and .change_percent >= 0' "$out.json"
    dcmseg --sweep 3000:4000:500 nested | grep -q 'plateau: none'
}

@test "what makes no sense is refused on one line, and nothing is written" {
    for r in 1 1:2 9:1:1 1:9:0 1:9:20 0:300:1 a:b:c 1mm:2:1; do
        TOOL=dcmseg refuses 2 "$out" dcmseg --sweep "$r" nested -o "$out"
    done
    TOOL=dcmseg refuses 2 "$out" dcmseg --sweep 1:9:1 -t 5 nested -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg --sweep 1:9:1 --preset bone nested -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg --sweep 1:9:1 --output labels nested -o "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg --sweep 1:9:1 nested -o "$out" --report "$out"
    TOOL=dcmseg refuses 2 "$out" dcmseg -t 500 nested -o "$out.nrrd" --report "$out"
    nothing_left "$out.nrrd"
}
