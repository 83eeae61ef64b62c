#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion offers each option of the table and no other, and what fits behind it.

load common

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }
tools() { for t in "$ROOT"/tools/*.c; do basename "$t" .c; done; }
# offers TOOL WORD...: what bash offers for the last word
offers() {
    bash -c 'source "$1"; shift; tool=$1; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_meshqa_$tool"; printf "%s\n" "${COMPREPLY[@]}"' \
        - "$1.bash" "$@"
}

@test "bash: the options of the table, and no other" {
    for t in $(tools); do
        "$ROOT/tools/scripts/completion.sh" bash "$B/bin/$t" >$t.bash
        diff <("$t" --list-options | cut -f1 | cat - <(printf -- '--help\n--version\n') | sort -u) <(offers $t -- | sort -u)
        [ "$(offers $t --qui)" = --quiet ]
    done
}

@test "bash: behind an option what fits: presets, files, nothing" {
    "$ROOT/tools/scripts/completion.sh" bash "$B/bin/dcmseg" >dcmseg.bash
    touch skull.nrrd
    diff <(cd "$ROOT/tools/presets" && ls *.preset | sed 's/\.preset//' | sort) <(offers dcmseg --preset '' | sort)
    [ "$(offers dcmseg -p b)" = bone ]
    [ "$(offers dcmseg --preset = b)" = bone ]
    [ "$(offers dcmseg -o sk)" = skull.nrrd ]
    [ "$(offers dcmseg sk)" = skull.nrrd ]
    [ -z "$(offers dcmseg --threshold '')" ]
}

@test "zsh: each option once long and once by its letter; zsh reads it" {
    for t in $(tools); do
        "$ROOT/tools/scripts/completion.sh" zsh "$B/bin/$t" >_$t
        diff <("$t" --list-options | cut -f1 | sort) <(grep -o "'\*--[a-z-]*" _$t | sed "s/'\*//" | sort)
        diff <("$t" --list-options | cut -f2 | grep -vx -- - | sort) <(grep -oE "'\*-[^-]" _$t | sed "s/'\*//" | sort)
        if command -v zsh >/dev/null; then zsh -n _$t; fi
    done
}
