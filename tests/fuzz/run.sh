#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz every reader with libFuzzer (config=fuzz), starting from its corpus, SECONDS_EACH seconds (600) each. New inputs
# and crashes stay under $B; a crash is printed with the file that makes it, and the exit code is 1.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/fuzz} each=${SECONDS_EACH:-600} rc=0 passed=0 failed=0
for t in "$B"/tests/fuzz/*_fuzz; do
    [ -x "$t" ] || continue
    n=$(basename "$t" _fuzz)
    mkdir -p "$B/found/$n" "$B/crash/$n"
    if "$t" -max_total_time="$each" -rss_limit_mb=2048 -timeout=20 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$B/crash/$n/" "$B/found/$n" "tests/fuzz/corpus/$n" >"$B/found/$n.log" 2>&1; then
        passed=$((passed + 1))
        sed -n "s/^stat::number_of_executed_units: */$n: no crash, executions: /p" "$B/found/$n.log"
    else
        rc=1 failed=$((failed + 1))
        tail -n 40 "$B/found/$n.log"
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$passed" -gt 0 ] && [ "$rc" -eq 0 ]
