#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Filters and regions of dcmseg beside ITK, each alone in its process, two threads: seconds by the clock and of all threads, peak memory
# with the volume in it, ratios. Called by run.sh. Times of a busy machine compare by the seconds of the threads.
#   $1  volume (short, raw)   $2  level   $3  grey_stages   $4  itk_peer.cpp   SLOW=1: watershed and contours too
set -u -o pipefail
volume=$1 level=$2 stages=$3 source=$4
what="median gauss dilate components"
[ -z "${SLOW:-}" ] || what="$what watershed contour"
itk=
for d in /usr/include/ITK-*; do [ ! -d "$d" ] || itk=$d; done
version=${itk##*-}
if [ -z "$itk" ] || ! g++ -O2 -w -std=c++17 "$source" -I"$itk" "-lITKCommon-$version" "-lITKSmoothing-$version" "-litkvnl_algo-$version" \
    "-litkvnl-$version" "-litksys-$version" "-lITKTransform-$version" -lpthread -o itk_peer 2>/dev/null; then
    itk=
    echo "ITK: not installed (libinsighttoolkit5-dev)"
fi
printf '%-46s %8s %8s %8s\n' 'filters and regions, 2 threads' 'wall s' 'cpu s' 'peak MB'
for w in $what; do
    ours=$("$stages" "$volume" "$w" "$level" 2) || { echo "$w: not measured"; continue; }
    # shellcheck disable=SC2086
    printf '%-46s %8s %8s %8s\n' "ours: $w" $ours
    [ "$itk" ] || continue
    peer=$(./itk_peer "$volume" "$w" "$level" 2) || { echo "ITK: $w: not measured"; continue; }
    # shellcheck disable=SC2086
    printf '%-46s %8s %8s %8s %s\n' "ITK $version: $w" $peer "$(echo "$peer $ours" | awk '{ if ($4 > 0 && $5 > 0) printf "%.1f x our wall, %.1f x our cpu", $1 / $4, $2 / $5 }')"
done
