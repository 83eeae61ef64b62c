#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The option table, --help, the manual page and the completion of every tool say the same, and so do README, docs and examples:
# what they name exists, what they show runs.

load common

tools() { for t in "$ROOT"/tools/*.c; do basename "$t" .c; done; }
# long options that a manual page describes: those in the heads of its lists, as rendered
described() { mandoc -Tascii "$1" | sed $'s/.\b//g' | grep -E '^ +-' | grep -oE -- '--[a-z][a-z-]*' | sort -u; }

# all_options: "TOOL --name" and "TOOL -x" of every tool and generator, and those that all of them know
all_options() {
    local t
    for t in "$B"/bin/*; do
        "$t" --list-options 2>/dev/null | awk -F'\t' -v t="${t##*/}" '{ print t, $1; if ($2 != "-") print t, $2 }' || true
        printf '%s\n' "${t##*/} --help" "${t##*/} -h" "${t##*/} --version" "${t##*/} --list-options"
    done | sort -u
}
# used: the same of the commands in the text on standard input. A command ends where a shell would end it.
used() {
    local names
    names=$(cd "$B/bin" && ls | tr '\n' ' ')
    awk -v names="$names" '
        BEGIN { n = split(names, a, " "); for (i = 1; i <= n; i++) known[a[i]] = 1 }
        /\\$/ { sub(/\\$/, ""); held = held $0 " "; next }
        {
            line = held $0; held = ""; tool = ""
            gsub(/[|;&()`"]/, " & ", line)
            m = split(line, w, /[ \t]+/)
            for (i = 1; i <= m; i++) {
                t = w[i]; sub(/^.*\//, "", t)
                if (t in known) tool = t
                else if (w[i] ~ /^[|;&()`>]/) tool = ""
                else if (tool != "" && w[i] ~ /^--[a-z]/) { o = w[i]; sub(/[^a-z-].*/, "", o); print tool, o }
                else if (tool != "" && w[i] ~ /^-[a-zA-Z]/) print tool, substr(w[i], 1, 2)
            }
        }' | sort -u
}
texts() { ls "$ROOT"/README.md "$ROOT"/docs/*.md "$ROOT"/fixtures/*.md; }
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

@test "every command in README, docs, manual pages and scripts has options that its tool has" {
    all_options >"$BATS_TEST_TMPDIR/all"
    {
        for f in $(texts); do
            code "$f"
            sed '/^```/,/^```$/d' "$f" | tr '\n' ' ' | grep -oE '`[^`]+`' | tr -d '`' # in the text
        done
        for f in "$ROOT"/man/*.[157]; do examples "$f"; done
        cat "$ROOT"/Makefile "$ROOT"/tools/scripts/*.sh "$ROOT"/tools/meshqa.mk "$ROOT"/tests/bench/run.sh
    } | used >"$BATS_TEST_TMPDIR/used"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/used")" -ge 40 ]
    comm -13 "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/used" >"$BATS_TEST_TMPDIR/wrong"
    cat "$BATS_TEST_TMPDIR/wrong"
    [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "every option that README, docs and manual pages speak of exists, in the tool they speak of" {
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    all_options >"$BATS_TEST_TMPDIR/all"
    cut -d' ' -f2 "$BATS_TEST_TMPDIR/all" | sort -u >"$BATS_TEST_TMPDIR/any"
    # a row or an item that begins with a tool's name speaks of that tool
    for f in $(texts); do
        sed '/^```/,/^```$/d' "$f" | sed -nE 's/^[|*] *[`*]+([a-z_]+)[`*]+(.*)/\1 \2/p' | while read -r t text; do
            [ -x "$B/bin/$t" ] || continue
            for o in $(grep -oE '`[^`]*`' <<<"$text" | grep -oE -- '--[a-z][a-z-]*'); do
                grep -qxF -e "$t $o" "$BATS_TEST_TMPDIR/all" || echo "${f##*/}: $t has no $o"
            done
        done
        grep -oE '`[^`]*`' "$f" | grep -oE -- '(^`| )--[a-z][a-z-]*' | tr -d '` ' | sort -u | comm -23 - "$BATS_TEST_TMPDIR/any" | sed "s/^/${f##*/}: no tool has /"
    done >"$BATS_TEST_TMPDIR/wrong"
    for f in "$ROOT"/man/*.[157]; do
        mandoc -Tascii "$f" | sed $'s/.\b//g' | grep -oE -- '(^|[ (])--[a-z][a-z-]*' | tr -d ' (' | sort -u | comm -23 - "$BATS_TEST_TMPDIR/any" | sed "s/^/${f##*/}: no tool has /"
    done >>"$BATS_TEST_TMPDIR/wrong"
    cat "$BATS_TEST_TMPDIR/wrong"
    [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "README and the news name every tool and say what it is for" {
    for t in $(tools); do
        # a row of the table of stages, or a sentence of its own, of at least eight words
        words=$(tr '\n' ' ' <"$ROOT/README.md" | sed 's/\. /.\n/g; s/ | `/\n| `/g' | grep -E "^(\| |.*[^a-z])\`$t( [A-Z ]*)?\`" | wc -w)
        [ "$words" -ge 8 ] || { echo "README says nothing of $t"; return 1; }
        grep -qE "^\* \*\*$t\*\*" "$ROOT/docs/NEWS.md" || { echo "NEWS does not know $t"; return 1; }
        grep -q "^\.Xr $t 1" "$ROOT/man/meshqa.7" || { echo "meshqa.7 does not know $t"; return 1; }
    done
}

@test "docs/TESTING.md names every test, and what the docs name exists" {
    cd "$ROOT"
    {
        for f in tests/unit/*_test.c tests/fuzz/*_fuzz.c; do basename "$f" .c; done
        (cd tests/cli && ls *.bats)
        (cd tests && ls oracle/*.bats)
    } | sort >"$BATS_TEST_TMPDIR/there"
    named() { grep -oE '`(oracle/)?[a-z0-9_-]+(_test|_fuzz|\.bats)`' "$1" | tr -d '`' | grep -vxE 'x_test|x_fuzz|(oracle/)?x\.bats' | sort -u; }
    diff "$BATS_TEST_TMPDIR/there" <(named docs/TESTING.md)
    [ -z "$(named docs/ARCHITECTURE.md | comm -23 - "$BATS_TEST_TMPDIR/there")" ]
}
