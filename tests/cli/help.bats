#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The option table, --help and the manual page of every tool say the same.

load common

tools() { for t in "$ROOT"/tools/*.c; do basename "$t" .c; done; }
# long options that a manual page describes: those in the heads of its lists, as rendered
described() { mandoc -Tascii "$1" | sed $'s/.\b//g' | grep -E '^ +-' | grep -oE -- '--[a-z][a-z-]*' | sort -u; }

@test "--help and --version: exit 0, on stdout, nothing on stderr" {
    for t in $(tools); do
        for o in --help -h --version; do
            run -0 --separate-stderr "$t" $o
            [ -n "$output" ] && [ -z "$stderr" ]
            [[ $output == *"$t"* ]]
        done
        run -0 "$t" --help
        while IFS=$'\t' read -r name _; do [[ $output == *"$name"* ]]; done < <("$t" --list-options)
    done
}

@test "help that did not arrive: exit 2, one line" {
    for t in $(tools); do
        for o in --help --version --list-options; do
            refuses 2 none bash -c "$t $o >/dev/full"
            refuses 2 none bash -c "$t $o >&-"
        done
    done
}

@test "an option that is not known: exit 2, one line" {
    for t in $(tools); do
        refuses 2 none "$t" --no-such-option
        refuses 2 none "$t" -Z
    done
}

@test "what tools share means the same in all: --output, --quiet, --verbose, --threads, --json" {
    for t in $(tools); do
        run -0 "$t" --list-options
        for o in '--output	-o' '--quiet	-q' '--verbose	-v' '--threads	-j' '--json'; do
            [[ $output == *"$o"* ]] || { echo "$t lacks $o"; return 1; }
        done
    done
}

@test "the manual page of each tool has each option, and no other" {
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    for t in $(tools); do
        [ -f "$ROOT/man/$t.1" ] || { echo "man/$t.1 is not there"; return 1; }
        diff <("$t" --list-options | cut -f1 | sort -u) <(described "$ROOT/man/$t.1" | grep -vxE -e '--(help|version|list-options)') ||
            { echo "$t: < only in the table, > only in the manual"; return 1; }
    done
}

@test "manual pages pass mandoc -Tlint" {
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    run -0 mandoc -Tlint -W warning "$ROOT"/man/*.[157]
}
