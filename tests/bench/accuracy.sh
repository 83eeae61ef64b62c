#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Write docs/ACCURACY.md anew: its text up to the line that says where the tables begin, then the tables, measured now. Called by
# `make accuracy`. B: build folder (build/release)
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build/release} page=docs/ACCURACY.md
case $B in /*) ;; *) B=$PWD/$B ;; esac
new=$(mktemp)
trap 'rm -f "$new"' EXIT
sed '/^<!-- tables/q' "$page" >"$new"
echo >>"$new"
PATH=$B/bin:$PATH LC_ALL=C /usr/bin/python3 tests/bench/accuracy.py >>"$new"
cat "$new" >"$page"
