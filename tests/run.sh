#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Run the suite: unit programs (cmocka), fuzz corpora, command lines (bats), and the tree's own rules. With `oracle`, the
# tests in tests/oracle instead. T=name runs the files whose name contains it. Counts are read from TAP.
# Last line: N passed, N failed, N skipped
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build/release} T=${T:-} what=${1:-everyday}
export B=$PWD/$B ROOT=$PWD SHARED=${SHARED:-$PWD/../shared} LC_ALL=C
export PATH=$B/bin:$PATH MESHQA_DATADIR=$PWD/tools
passed=0 failed=0 skipped=0
tap() { # name, file with TAP, exit code
    local ok bad skip
    skip=$(grep -ciE '^(not )?ok .*# *skip' "$2") # cmocka says "not ok N # SKIP"
    ok=$(grep -iE '^ok ' "$2" | grep -ciEv '# *skip')
    bad=$(grep -E '^not ok ' "$2" | grep -ciEv '# *skip')
    [ "$3" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    printf '%-34s %4d passed %3d failed %3d skipped\n' "$1" "$ok" "$bad" "$skip"
    [ "$bad" -eq 0 ] || grep -vE '^ok ' "$2" | head -n 60
    grep -iE '^(not )?ok .*# *skip' "$2" | sed -E 's/^(not )?ok [0-9]* /    skipped: /'
}
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
want() { case $1 in *"$T"*) return 0 ;; esac; return 1; }
if [ "$what" = everyday ]; then
    if want lint; then
        if tools/scripts/lint.sh layers >"$log" 2>&1; then echo 'ok 1 layers, SPDX lines, names' >>"$log"; tap lint "$log" 0
        else sed -i 's/^/# /' "$log"; echo 'not ok 1 lint' >>"$log"; tap lint "$log" 1; fi
    fi
    for t in "$B"/tests/unit/*_test; do
        n=$(basename "$t"); want "$n" && [ -f "tests/unit/$n.c" ] || continue
        CMOCKA_MESSAGE_OUTPUT=tap timeout 600 "$t" >"$log" 2>&1; tap "$n" "$log" $?
    done
    for t in "$B"/tests/fuzz/*_fuzz; do
        [ -x "$t" ] || continue
        n=$(basename "$t"); want "$n" && [ -d "tests/fuzz/corpus/${n%_fuzz}" ] || continue
        if timeout 600 "$t" tests/fuzz/corpus/"${n%_fuzz}"/* >"$log" 2>&1; then echo "ok 1 $n corpus" >>"$log"; tap "$n" "$log" 0
        else rc=$?; sed -i 's/^/# /' "$log"; echo "not ok 1 $n corpus" >>"$log"; tap "$n" "$log" $rc; fi
    done
    dir=tests/cli
else dir=tests/oracle; fi
for t in "$dir"/*.bats; do
    [ -f "$t" ] || continue
    n=$(basename "$t"); want "$n" || continue
    timeout "${FILE_SECONDS:-1800}" bats --tap "$t" >"$log" 2>&1 </dev/null; tap "$n" "$log" $?
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
