#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Run the suite: unit programs (cmocka), fuzz corpora, command lines (bats), and the tree's own rules. With `oracle`, the
# tests in tests/oracle instead. T=name runs the files whose name contains it; JOBS of them at once. Counts are read from
# TAP. Last line: N passed, N failed, N skipped
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build/release} T=${T:-} what=${1:-everyday} JOBS=${JOBS:-$(nproc)}
export B=$PWD/$B ROOT=$PWD SHARED=${SHARED:-$PWD/../shared} LC_ALL=C
export PATH=$B/bin:$PATH MESHQA_DATADIR=$PWD/tools

tap() { # name, file with TAP, exit code: prints the file's line and faults, writes its counts
    local ok bad skip
    skip=$(grep -ciE '^(not )?ok .*# *skip' "$2") # cmocka says "not ok N # SKIP"
    ok=$(grep -iE '^ok ' "$2" | grep -ciEv '# *skip')
    bad=$(grep -E '^not ok ' "$2" | grep -ciEv '# *skip')
    [ "$3" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    echo "$ok $bad $skip" >"$2.count"
    {
        printf '%-34s %4d passed %3d failed %3d skipped\n' "$1" "$ok" "$bad" "$skip"
        [ "$bad" -eq 0 ] || grep -vE '^ok ' "$2" | head -n 60
        grep -iE '^(not )?ok .*# *skip' "$2" | sed -E 's/^(not )?ok [0-9]* /    skipped: /'
    } >"$2.text"
    cat "$2.text" # in one piece: others write here too
}
whole() { # log, name, command...: a command that is one test
    local log=$1 name=$2 rc=0
    shift 2
    "$@" >"$log" 2>&1 || rc=$?
    sed -i 's/^/# /' "$log"
    if [ $rc -eq 0 ]; then echo "ok 1 $name" >>"$log"; else echo "not ok 1 $name" >>"$log"; fi
    return $rc
}
one() { # kind, name: run one file
    local log=$logs/$1.$2 rc=0
    case $1 in
    lint) whole "$log" 'layers, SPDX lines, names' tools/scripts/lint.sh layers || rc=$? ;;
    unit) CMOCKA_MESSAGE_OUTPUT=tap timeout 600 "$B/tests/unit/$2" >"$log" 2>&1 || rc=$? ;;
    fuzz) whole "$log" "$2 corpus" timeout 600 "$B/tests/fuzz/$2" "tests/fuzz/corpus/${2%_fuzz}"/* || rc=$? ;;
    *) timeout "${FILE_SECONDS:-1800}" bats --tap "tests/$1/$2" >"$log" 2>&1 </dev/null || rc=$? ;;
    esac
    tap "$2" "$log" $rc
}
files() { # the kinds and names of all there is to run, those that take long first
    local t n
    if [ "$what" = everyday ]; then
        for t in tests/cli/*.bats; do echo "cli $(basename "$t")"; done
        echo 'lint lint'
        for t in "$B"/tests/unit/*_test; do n=$(basename "$t"); [ -f "tests/unit/$n.c" ] && echo "unit $n"; done
        for t in "$B"/tests/fuzz/*_fuzz; do n=$(basename "$t"); [ -x "$t" ] && [ -d "tests/fuzz/corpus/${n%_fuzz}" ] && echo "fuzz $n"; done
    else for t in tests/oracle/*.bats; do echo "oracle $(basename "$t")"; done; fi
}
logs=$(mktemp -d) || exit 2
trap 'rm -rf "$logs"' EXIT
export logs
export -f tap whole one
files | while read -r kind name; do case $name in *"$T"*) echo "$kind $name" ;; esac; done |
    xargs -r -P "$JOBS" -L 1 bash -c 'one "$0" "$1"'
cat "$logs"/*.count 2>/dev/null | awk '{ p += $1; f += $2; s += $3 } END {
    printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0 }'
