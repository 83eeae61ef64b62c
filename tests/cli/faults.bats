#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# When memory runs out or a disk is full at any moment, and when a tool is ended at any moment: never a crash, never a hang,
# one line, and nothing that looks finished. FAULTS=N tries N places per command (default 8), FAULTS=all every one, as
# `make check-long` does; seeds are printed.

load common

# jobs_of FOLDER: what each of the seven tools is to make in it. The results of the first ones, in whole/, feed the others.
jobs_of() {
    cat <<JOBS
dcmseg: dcmseg -t 300 scan -o $1/v.nrrd
mcubes: mcubes whole/v.nrrd -o $1/m.ply
meshfix: meshfix whole/m.ply -o $1/f.ply --json $1/f.json
meshshell: meshshell --hollow 3mm --allow thin whole/f.ply -o $1/h.stl
meshdiff: meshdiff whole/h.stl whole/f.ply -o $1/d.ply --json $1/d.json
meshconv: meshconv whole/f.ply -o $1/c.3mf
meshmeasure: meshmeasure whole/f.ply -o $1/p.3mf -o $1/p.stl --report $1/p.html --json $1/p.json
JOBS
}

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 5 --size 14x14x12 -o ct
    zip -q -r ct.zip ct
    tar -czf ct.tar.gz ct
    dcmseg -q -t 500 ct -o vol.nrrd
    mcubes -q vol.nrrd -o surface.ply
    meshfix -q surface.ply -o fixed.ply
    meshmeasure -q fixed.ply --tol 10% --against ct -o part.3mf >/dev/null
    printf 'v 0 0 0\nv 20 0 0\nv 0 30 0\nv 0 0 40\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n' >tetra.obj
    for f in ply stl 3mf off; do meshconv -q tetra.obj -o tetra.$f; done
    meshconv -q tetra.obj -o out.obj
    for f in ply stl 3mf obj off; do meshconv -q tetra.$f -o from_$f.ply && meshconv -q tetra.ply -o to_$f.$f; done
    meshshell -q --hollow 3mm --allow thin tetra.ply -o hollow.ply
    meshdiff -q hollow.ply tetra.ply -o map.ply >/dev/null
    meshconv -q fixed.ply -o fixed.stl
    # larger ones, so that there is a moment to end a tool at
    gen_series --body ct --size 48x48x36 --spacing 2.7,2.7,4 -o scan
    mkdir whole
    while read -r job; do
        name=${job%%:*}
        begin=$(date +%s%N)
        eval "${job#*: }" >/dev/null 2>&1
        echo "$name $((($(date +%s%N) - begin) / 1000000))" >>times
    done < <(jobs_of whole)
}
setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
    dir=$BATS_TEST_TMPDIR/out
    mkdir "$dir"
}
no_preload() { case $B in */asan | */tsan | */fuzz) skip "a sanitizer has its own malloc" ;; esac; }

# sweep KIND REFERENCE COMMAND...: COMMAND writes $dir/x.SUFFIX. Each of the places must end with exit 2, one line, nothing left;
# or, where the tool can do without, with exit 0 and the bytes of REFERENCE.
sweep() {
    local kind=$1 reference=$2 file=$dir/x.${2##*.} total n code failed=0 places=${FAULTS:-8}
    [ "$places" != all ] || places=1000000
    shift 2
    timeout 60 env FAULT=$kind:0 FAULT_COUNT="$BATS_TEST_TMPDIR/count" LD_PRELOAD="$B/tests/lib/fault_preload.so" "$@" >/dev/null
    total=$(cat "$BATS_TEST_TMPDIR/count")
    [ "$total" -gt 0 ] || { echo "nothing counted: $*"; return 1; }
    rm -f "$dir"/*
    for n in $(awk -v t="$total" -v p="$places" -v s="$RANDOM" 'BEGIN {
        srand(s); print "seed " s >"/dev/stderr"
        for (i = 1; i <= t && i <= p / 2; i++) print i
        for (; t > i && i <= p; i++) print int(p / 2 + 1 + rand() * (t - p / 2)) }'); do
        code=0
        timeout 20 env FAULT=$kind:$n LD_PRELOAD="$B/tests/lib/fault_preload.so" "$@" >"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/err" || code=$?
        if [ $code -eq 0 ]; then
            [ "$reference" = none.txt ] || cmp "$reference" "$file" || failed=1
            rm -f "$dir"/*
        elif [ $code -ne 2 ] || [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" -ne 1 ]; then
            failed=1
        fi
        # several files are put in place one after the other: when a rename fails, one before it may be there, and is whole
        if [ $kind = rename ] && [ -e "$file" ]; then cmp "$reference" "$file" || failed=1; rm "$file"; fi
        [ $kind != rename ] || rm -f "$dir"/x.html "$dir"/x.json
        [ -z "$(ls -A "$dir")" ] || failed=1
        if [ $failed -ne 0 ]; then
            echo "$kind $n of $total, exit $code: $*"
            cat "$BATS_TEST_TMPDIR/err"
            ls -A "$dir"
            return 1
        fi
    done
}

@test "an allocation fails: dcmseg, from a folder and from archives" {
    no_preload
    sweep alloc vol.nrrd dcmseg -q -j 2 -t 500 ct -o "$dir/x.nrrd"
    sweep alloc vol.nrrd dcmseg -q -j 1 -t 500 ct.zip -o "$dir/x.nrrd"
    sweep alloc vol.nrrd dcmseg -q -j 1 -t 500 ct.tar.gz -o "$dir/x.nrrd"
}

@test "an allocation fails: mcubes, meshfix" {
    no_preload
    sweep alloc surface.ply mcubes -q -j 2 vol.nrrd -o "$dir/x.ply"
    sweep alloc fixed.ply meshfix -q -j 2 surface.ply -o "$dir/x.ply"
}

@test "an allocation fails: meshmeasure with part, report and facts" {
    no_preload
    sweep alloc part.3mf meshmeasure -q -j 1 fixed.ply --tol 10% --against ct -o "$dir/x.3mf" --report "$dir/x.html" --json "$dir/x.json"
}

@test "an allocation fails: meshshell, meshdiff" {
    no_preload
    sweep alloc hollow.ply meshshell -q -j 2 --hollow 3mm --allow thin tetra.ply -o "$dir/x.ply"
    sweep alloc none.txt meshshell -q -j 2 --check-wall 8mm fixed.ply --json "$dir/x.json"
    sweep alloc map.ply meshdiff -q -j 2 hollow.ply tetra.ply -o "$dir/x.ply" --json "$dir/x.json"
}

@test "an allocation fails: meshconv, each format in and out" {
    no_preload
    for f in ply stl 3mf obj off; do
        sweep alloc from_$f.ply meshconv -q -j 1 tetra.$f -o "$dir/x.ply"
        sweep alloc to_$f.$f meshconv -q -j 1 tetra.ply -o "$dir/x.$f"
    done
}

@test "a write, close or rename fails: every tool, each file it writes" {
    no_preload
    for kind in write rename; do
        sweep $kind vol.nrrd dcmseg -q -t 500 ct -o "$dir/x.nrrd" --json "$dir/x.json"
        sweep $kind surface.ply mcubes -q vol.nrrd -o "$dir/x.ply" --json "$dir/x.json"
        sweep $kind fixed.ply meshfix -q surface.ply -o "$dir/x.ply" --json "$dir/x.json"
        sweep $kind part.3mf meshmeasure -q fixed.ply --tol 10% --against ct -o "$dir/x.3mf" --report "$dir/x.html" --json "$dir/x.json"
        sweep $kind hollow.ply meshshell -q --hollow 3mm --allow thin tetra.ply -o "$dir/x.ply" --json "$dir/x.json"
        sweep $kind fixed.stl meshshell -q --check-wall 8mm fixed.ply -o "$dir/x.stl" --json "$dir/x.json"
        sweep $kind fixed.stl meshfix -q --check fixed.ply -o "$dir/x.stl" --json "$dir/x.json"
        sweep $kind map.ply meshdiff -q hollow.ply tetra.ply -o "$dir/x.ply" --json "$dir/x.json"
        for f in ply stl 3mf obj off; do sweep $kind to_$f.$f meshconv -q tetra.ply -o "$dir/x.$f" --json "$dir/x.json"; done
    done
}

# wound SIGNAL TOOL: begin the tool's job in $dir and end it by the signal at a random moment of the time it took undisturbed;
# it may have finished by then.
wound() {
    local sig=$1 ms pid code=0 job
    job=$(jobs_of "$dir" | sed -n "s/^$2: //p")
    ms=$((RANDOM % $(awk -v t="$2" '$1 == t { print int(1.1 * $2) + 2 }' times)))
    # a shell without job control lets its background jobs ignore SIGINT, and so do the tools, as under nohup
    # shellcheck disable=SC2086
    env --default-signal=INT $job >/dev/null 2>&1 3>&- &
    pid=$!
    sleep $((ms / 1000)).$(printf %03d $((ms % 1000)))
    kill -s "$sig" $pid 2>/dev/null || true
    wait $pid || code=$?
    echo "$2: $sig after $ms ms: exit $code"
    [ $code -eq 0 ] || [ $code -eq $((128 + $(kill -l "$sig"))) ]
}

# What is in $dir are whole results. It is emptied.
whole_or_nothing() {
    local f
    for f in "$dir"/*; do
        [ -e "$f" ] || continue
        case $1 in KILL) case $f in *.tmp-*) continue ;; esac ;; esac
        cmp "$f" whole/"${f##*/}" || return 1
    done
    rm -f "$dir"/*
}

@test "ended by a signal at any moment: each file is whole or not there, no temporary, no child" {
    seed=$RANDOM && RANDOM=$seed && echo "seed $seed"
    for sig in INT TERM HUP; do
        while read -r tool _; do
            wound $sig "$tool"
            whole_or_nothing $sig
        done <times
    done
}

@test "killed outright at any moment: at most a temporary stays, under a name that nobody takes for the file" {
    seed=$RANDOM && RANDOM=$seed && echo "seed $seed"
    while read -r tool _; do
        for round in 1 2; do
            wound KILL "$tool"
            whole_or_nothing KILL
        done
    done <times
    sleep 0.3
    [ -z "$(pgrep -f -- "$dir/" || true)" ] # readers end with their parent
}

@test "many at once into one folder, and into one file: every result is whole" {
    for n in 1 2; do
        while read -r job; do
            (eval "${job#*: }" >/dev/null 2>&1) 3>&- & # all into the same files
        done < <(jobs_of "$dir")
        (dcmseg -q -j 2 -t 500 ct | mcubes -q | meshfix -q -o "$dir/$n.ply" && cp "$dir/$n.ply" "$dir/copy$n") 3>&- &
    done
    wait
    for n in 1 2; do
        cmp "$dir/$n.ply" fixed.ply && cmp "$dir/copy$n" fixed.ply
        rm "$dir/$n.ply" "$dir/copy$n"
    done
    diff -r "$dir" whole
}
