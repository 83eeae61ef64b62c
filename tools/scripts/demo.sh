#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole pipe, from DICOM to a measured part. Called by `make demo`; environment:
#   B       build folder (build/release)      OUT     where the results go (out)
#   DICOM   folder of a series; without it a skull phantom is generated into $OUT/phantom
#   PRESET  preset of dcmseg (bone)           SERIES  which series, when the folder has several (regular expression)
#   WALL    no wall is thinner than this (1.5mm), material is added where one is; empty: walls stay as they are
#   HOLLOW  the part is hollowed to this wall instead; empty: it stays solid
set -u -o pipefail
B=${B:-build/release} OUT=${OUT:-out} DICOM=${DICOM:-} PRESET=${PRESET:-bone} SERIES=${SERIES:-} WALL=${WALL-1.5mm} HOLLOW=${HOLLOW:-}
case $B in /*) ;; *) B=$PWD/$B ;; esac
export PATH=$B/bin:$PATH
mkdir -p "$OUT" || exit 2
rm -f "$OUT/part.3mf" "$OUT/part.stl" "$OUT/report.html" "$OUT/report.json" # old results are none of this run

known=()
if [ -z "$DICOM" ]; then
    DICOM=$OUT/phantom
    echo "demo: generating the skull phantom (276 CT slices, 0.8 mm) in $DICOM"
    rm -rf "$DICOM"
    gen_series --body skull --size 192x276x276 --spacing 0.8,0.8,0.8 --inside 452 --outside 0 --noise 10 \
        --description 'Skull phantom' --truth "$OUT/phantom.json" -o "$DICOM" || { rc=$?; echo "demo: gen_series failed (exit $rc)" >&2; exit "$rc"; }
    # its volume is known to some 35 mm3: the pipe has to find it
    known=(--expect "volume=$(sed -n 's/.*"volume_mm3": *\([0-9.]*\).*/\1/p' "$OUT/phantom.json" | awk '{ printf "%.1f", $1 / 1000 }')ml,tol=0.2%")
fi
choice=() shell=(cat)
[ -z "$WALL" ] || shell=(meshshell --min-wall "$WALL")
[ -z "$HOLLOW" ] || shell=(meshshell --hollow "$HOLLOW")
[ -z "$SERIES" ] || choice=(--series "$SERIES")

echo "demo: dcmseg $DICOM --preset $PRESET${SERIES:+ --series '$SERIES'} | mcubes | meshfix | ${shell[*]} | meshmeasure --against $DICOM ..."
dcmseg "$DICOM" --preset "$PRESET" "${choice[@]}" | mcubes | meshfix | "${shell[@]}" |
    meshmeasure --against "$DICOM" "${known[@]}" --report "$OUT/report.html" --json "$OUT/report.json" -o "$OUT/part.3mf" -o "$OUT/part.stl"
codes=("${PIPESTATUS[@]}") rc=0
for code in "${codes[@]}"; do [ "$code" -eq 0 ] || rc=$code; done # as pipefail has it: the last that failed
if [ "$rc" -ne 0 ]; then
    failed= at=0
    for tool in dcmseg mcubes meshfix "${shell[0]}" meshmeasure; do
        [ "${codes[at]}" -eq 0 ] || failed="$failed $tool (exit ${codes[at]})"
        at=$((at + 1))
    done
    echo "demo: failed:$failed; see the messages above" >&2
    [ ! -e "$OUT/report.html" ] || echo "demo: the report says why: $OUT/report.html" >&2
    exit "$rc"
fi
echo
printf '%s\n' "demo: print file  $OUT/part.3mf" "demo: print file  $OUT/part.stl" "demo: report      $OUT/report.html" "demo: facts       $OUT/report.json"
