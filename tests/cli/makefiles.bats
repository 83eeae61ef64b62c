#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The Makefile of docs/MAKEFILES.md, as it stands there: good cases, a bad one, going on, stopping.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    unset MAKEFLAGS MAKELEVEL MFLAGS
    export MESHQA=$ROOT/tools
    sed -n '/^```make$/,/^```$/{/^```/d;p}' "$ROOT/docs/MAKEFILES.md" >Makefile
    mkdir scans
    for c in arm hip leg; do gen_series --body sphere --radius 14 --size 36x36x36 --seed ${#c}${#c} -o scans/$c; done
}

@test "the worked Makefile has about ten lines, and makes every part with its report" {
    [ "$(grep -c . Makefile)" -le 10 ]
    run -0 make -j2
    for c in arm hip leg; do [ -s parts/$c.3mf ] && [ -s parts/$c.html ] && [ -s parts/$c.json ]; done
    run -0 make
    [[ $output == *"Nothing to be done"* ]]
    touch scans/hip
    run -0 make
    [ "$(grep -c "^dcmseg" <<<"$output")" -eq 1 ]
}

@test "a case that cannot be read stops make, leaves nothing, and is named; -k makes the others" {
    head -c 1700 scans/hip/IM00003.dcm >x && mv x scans/hip/IM00003.dcm
    run make -j1
    [ "$status" -eq 2 ]
    [[ $output == *"parts/hip.3mf"* && $output == *"IM00003.dcm"* ]]
    [ ! -e parts/hip.3mf ]
    rm -rf parts
    run make -k
    [ "$status" -eq 2 ]
    [ -s parts/arm.3mf ] && [ -s parts/leg.3mf ]
    [ "$(ls parts | grep -c hip)" -eq 0 ]
}

@test "a case that fails its check has a report and no part, and an old part is not left in place as if it were new" {
    printf 'parts/hip.3mf: TOL := --expect volume=9999ml\n' >>Makefile
    run make -k
    [ "$status" -eq 2 ]
    [ ! -e parts/hip.3mf ]
    [ -s parts/hip.html ] && [ -s parts/hip.json ]
    [ "$(ls parts/*.3mf | wc -l)" -eq 2 ]
    run make # still not made: it is tried again
    [ "$status" -eq 2 ]
}

@test "a failure in the middle of a pipe counts, and what was begun is removed" {
    printf 'include $(MESHQA)/meshqa.mk\nmid: ; echo begun > $@; (cat; false) < /dev/null | cat >> $@\nseq: ; false; echo on > $@\n' >two.mk
    run make -f two.mk mid
    [ "$status" -eq 2 ]
    [ ! -e mid ]
    run make -f two.mk seq
    [ "$status" -eq 2 ]
    [ ! -e seq ]
    sed -i 1d two.mk # the same without meshqa.mk goes wrong: this is what it is for
    make -f two.mk mid seq
    [ -e mid ] && [ -e seq ]
}

@test "make install puts meshqa.mk and the completions beside the presets" {
    make -s -C "$ROOT" install config="$(basename "$B")" DESTDIR="$BATS_TEST_TMPDIR/root" prefix=/usr >/dev/null
    cmp "$ROOT/tools/meshqa.mk" root/usr/share/meshqa/meshqa.mk
    [ -s root/usr/share/bash-completion/completions/dcmseg ] && [ -s root/usr/share/zsh/site-functions/_dcmseg ]
    make -s -C "$ROOT" uninstall config="$(basename "$B")" DESTDIR="$BATS_TEST_TMPDIR/root" prefix=/usr >/dev/null
    [ -z "$(find root -type f)" ]
}
