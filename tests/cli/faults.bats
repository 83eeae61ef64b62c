#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# When memory runs out or a disk is full at any moment, and when a tool is ended at any moment: never a crash, never a hang,
# one line, and nothing that looks finished. FAULTS=N tries N places per tool (default 20); seeds are printed.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    gen_series --body sphere --radius 5 --size 14x14x12 -o ct
    zip -q -r ct.zip ct
    dcmseg -q -t 500 ct -o vol.nrrd
    mcubes -q vol.nrrd -o surface.ply
    meshfix -q surface.ply -o fixed.ply
    meshmeasure -q fixed.ply --tol 10% --against ct -o part.3mf >/dev/null
    gen_series --body noise --size 48x48x40 -o noise
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
    local kind=$1 reference=$2 file=$dir/x.${2##*.} total n code failed=0 places=${FAULTS:-20}
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

@test "an allocation fails: dcmseg, from a folder and from a zip file" {
    no_preload
    sweep alloc vol.nrrd dcmseg -q -j 2 -t 500 ct -o "$dir/x.nrrd"
    sweep alloc vol.nrrd dcmseg -q -j 1 -t 500 ct.zip -o "$dir/x.nrrd"
}

@test "an allocation fails: mcubes, meshfix" {
    no_preload
    sweep alloc surface.ply mcubes -q -j 2 vol.nrrd -o "$dir/x.ply"
    sweep alloc fixed.ply meshfix -q -j 2 surface.ply -o "$dir/x.ply"
}

@test "an allocation fails: meshmeasure with report and facts" {
    no_preload # without a part: libadmesh, asked for its verdict on parts only, does not outlive a failed allocation
    sweep alloc none.txt meshmeasure -q -j 1 fixed.ply --tol 10% --against ct --report "$dir/x.html" --json "$dir/x.json"
}

@test "a write, close or rename fails: every tool, each file it writes" {
    no_preload
    for kind in write rename; do
        sweep $kind vol.nrrd dcmseg -q -t 500 ct -o "$dir/x.nrrd" --json "$dir/x.json"
        sweep $kind surface.ply mcubes -q vol.nrrd -o "$dir/x.ply" --json "$dir/x.json"
        sweep $kind fixed.ply meshfix -q surface.ply -o "$dir/x.ply" --json "$dir/x.json"
        sweep $kind part.3mf meshmeasure -q fixed.ply --tol 10% --against ct -o "$dir/x.3mf" --report "$dir/x.html" --json "$dir/x.json"
    done
}

# wound SIGNAL COMMAND...: end COMMAND by the signal after a random time; it may have finished by then.
wound() {
    local sig=$1 pid code=0 ms=$((RANDOM % 60))
    shift
    "$@" >/dev/null 2>&1 3>&- &
    pid=$!
    sleep 0.0$(printf %02d $ms)
    kill -s "$sig" $pid 2>/dev/null || true
    wait $pid || code=$?
    echo "$sig after $ms ms: exit $code"
    [ $code -eq 0 ] || [ $code -eq $((128 + $(kill -l "$sig"))) ]
}

@test "ended by a signal at any moment: the file is whole or not there, no temporary, no child" {
    seed=$RANDOM && RANDOM=$seed && echo "seed $seed"
    dcmseg -q -t 500 noise -o noise.nrrd
    mcubes -q noise.nrrd -o noise.ply
    for round in 1 2 3 4 5 6; do
        for sig in INT TERM HUP; do
            # a shell without job control lets its background jobs ignore SIGINT, and so do the tools, as under nohup
            wound $sig env --default-signal=INT dcmseg -t 500 noise -o "$dir/x.nrrd"
            wound $sig env --default-signal=INT mcubes noise.nrrd -o "$dir/x.ply"
            for f in "$dir"/*; do
                [ -e "$f" ] || continue
                cmp "$f" noise.${f##*.}
                rm "$f"
            done
        done
    done
    [ -z "$(ls -A "$dir")" ]
}

@test "killed outright at any moment: at most a temporary stays, under a name that nobody takes for the file" {
    seed=$RANDOM && RANDOM=$seed && echo "seed $seed"
    dcmseg -q -t 500 noise -o noise.nrrd
    mcubes -q noise.nrrd -o noise.ply
    for round in 1 2 3 4 5 6 7 8; do
        wound KILL dcmseg -t 500 noise -o "$dir/x.nrrd"
        wound KILL mcubes noise.nrrd -o "$dir/x.ply"
        for f in "$dir"/*; do
            case $f in
            */x.nrrd | */x.ply) cmp "$f" noise.${f##*.} ;;
            *.tmp-*) ;;
            *'*') ;;
            *) echo "left: $f"; return 1 ;;
            esac
        done
        rm -f "$dir"/*
    done
    sleep 0.3
    [ -z "$(pgrep -f -- "$dir/x.nrrd" || true)" ] # readers end with their parent
}

@test "many at once into one folder, and into one file: every result is whole" {
    for n in 1 2 3 4 5 6 7 8; do
        (dcmseg -q -j 2 -t 500 ct | mcubes -q | meshfix -q -o "$dir/$n.ply" && cp "$dir/$n.ply" "$dir/copy$n") 3>&- &
        dcmseg -q -t 500 ct -o "$dir/same.nrrd" 3>&- &
    done
    wait
    for n in 1 2 3 4 5 6 7 8; do cmp "$dir/$n.ply" fixed.ply; done
    cmp "$dir/same.nrrd" vol.nrrd
    [ "$(ls "$dir" | grep -vcE '^([1-8]\.ply|copy[1-8]|same\.nrrd)$')" -eq 0 ]
}
