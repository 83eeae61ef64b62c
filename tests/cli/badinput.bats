#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Bad input at every stage: one clear line, the right exit code, nothing left that looks finished.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    gen_series --body sphere --radius 9 --size 24x26x24 --order forward -o ct
    gen_meshes -o mesh
    dcmseg ct --threshold 500HU >vol.nrrd
    mcubes <vol.nrrd >surface.ply
    meshfix <surface.ply >fixed.ply
    # a float field without records: size, values in order, NaN where asked for
    printf 'NRRD0004\ntype: float\ndimension: 3\nspace: left-posterior-superior\nsizes: 3 3 3\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nendian: little\nencoding: ascii\nspace origin: (0,0,0)\n\n' >head.txt
    (cat head.txt; printf '0 0 0 0 0 0 0 0 0\n0 0 0 0 nan 0 0 0 0\n0 0 0 0 0 0 0 0 0\n') >nan.nrrd
    (cat head.txt; printf '7 7 7 7 7 7 7 7 7\n7 7 7 7 7 7 7 7 7\n7 7 7 7 7 7 7 7 7\n') >equal.nrrd
    (cat head.txt; printf '0 0 0 0 0 0 0 0 0\n0 0 0 0 9 0 0 0 0\n0 0 0 0 0 0 0 0 0\n') >voxel.nrrd
    (sed 's/sizes: 3 3 3/sizes: 1 1 1/' head.txt; echo 9) >one.nrrd
}

setup() { cd "$BATS_FILE_TMPDIR"; out=$BATS_TEST_TMPDIR/out; }

cut_half() { head -c $(($(stat -c %s "$1") / 2)) "$1"; }
# the four stages as filters, with the input each one expects
stage_input() { case $1 in mcubes) echo vol.nrrd ;; meshfix) echo surface.ply ;; meshmeasure) echo fixed.ply ;; esac; }
suffix() { case $1 in dcmseg) echo nrrd ;; *) echo ply ;; esac; }

# ---- the source ----

@test "dcmseg: a folder that is not there, an empty one, one with no DICOM in it" {
    mkdir "$BATS_TEST_TMPDIR/empty" "$BATS_TEST_TMPDIR/text"
    echo hello >"$BATS_TEST_TMPDIR/text/a.dcm"
    : >"$BATS_TEST_TMPDIR/text/b.dcm"
    for d in nowhere empty text; do refuses 2 "$out.nrrd" dcmseg "$BATS_TEST_TMPDIR/$d" --threshold 500HU -o "$out.nrrd"; done
}

@test "dcmseg: a file that is no DICOM is refused by name" {
    echo 'not a DICOM' >"$BATS_TEST_TMPDIR/x.dcm"
    refuses 2 "$out.nrrd" dcmseg "$BATS_TEST_TMPDIR/x.dcm" --threshold 500HU -o "$out.nrrd"
    [[ $stderr == *x.dcm* ]]
}

@test "dcmseg: a slice that was cut off, at several places" {
    cp -r ct "$BATS_TEST_TMPDIR/cut"
    size=$(stat -c %s ct/IM00007.dcm)
    for n in 200 700 1500 $((size - 1)); do
        head -c "$n" ct/IM00007.dcm >"$BATS_TEST_TMPDIR/cut/IM00007.dcm"
        refuses 2 "$out.nrrd" dcmseg "$BATS_TEST_TMPDIR/cut" --threshold 500HU -o "$out.nrrd"
    done
}

@test "dcmseg: a missing slice and a slice that is there twice are refused by rule" {
    cp -r ct "$BATS_TEST_TMPDIR/gap"
    rm "$BATS_TEST_TMPDIR/gap/IM00007.dcm"
    refuses 2 "$out.nrrd" dcmseg "$BATS_TEST_TMPDIR/gap" --threshold 500HU -o "$out.nrrd"
    [[ $stderr == *G-4* ]]
    # the same place with other pixels
    gen_series --body sphere --radius 8 --size 24x26x24 --order forward -o "$BATS_TEST_TMPDIR/other"
    cp -r ct "$BATS_TEST_TMPDIR/twice"
    cp "$BATS_TEST_TMPDIR/other/IM00007.dcm" "$BATS_TEST_TMPDIR/twice/again.dcm"
    refuses 2 "$out.nrrd" dcmseg "$BATS_TEST_TMPDIR/twice" --threshold 500HU -o "$out.nrrd"
    [[ $stderr == *G-4* ]]
}

@test "dcmseg: two series and no choice" {
    mkdir "$BATS_TEST_TMPDIR/two"
    cp -r ct "$BATS_TEST_TMPDIR/two/a"
    gen_series --body voxel --size 24x26x24 --seed 2 -o "$BATS_TEST_TMPDIR/two/b"
    run --separate-stderr dcmseg "$BATS_TEST_TMPDIR/two" --threshold 500HU -o "$out.nrrd"
    [ "$status" -eq 2 ]
    [[ $stderr == *"choose one with --series: 1 CT "*", 2 CT "*G-3* ]] # both are there, without what people wrote into them
    nothing_left "$out.nrrd"
    dcmseg "$BATS_TEST_TMPDIR/two" --series voxel --threshold 500HU -o "$out.nrrd"
}

@test "dcmseg: nothing inside, all values equal: the answer is no" {
    gen_series --body flat --size 8x8x8 -o "$BATS_TEST_TMPDIR/flat"
    refuses 1 "$out.nrrd" dcmseg "$BATS_TEST_TMPDIR/flat" --threshold 500HU -o "$out.nrrd"
    refuses 1 "$out.nrrd" dcmseg ct --threshold 2000HU -o "$out.nrrd"
}

@test "one slice is no volume" {
    gen_series --body voxel --size 8x8x1 -o "$BATS_TEST_TMPDIR/one"
    refuses 2 "$out.nrrd" dcmseg "$BATS_TEST_TMPDIR/one" --threshold 500HU -o "$out.nrrd"
}

# ---- streams ----

@test "false | tool: an empty stream is refused at every stage" {
    for t in mcubes meshfix meshmeasure; do
        refuses 2 "$out.ply" bash -c "false | $t -o '$out.ply'"
    done
}

@test "a stream cut anywhere is refused at every stage" {
    for t in mcubes meshfix meshmeasure; do
        in=$(stage_input $t) size=$(stat -c %s "$in")
        for n in 1 10 300 $((size / 2)) $((size - 1)); do
            head -c "$n" "$in" >"$BATS_TEST_TMPDIR/cut"
            refuses 2 "$out.ply" $t "$BATS_TEST_TMPDIR/cut" -o "$out.ply"
            refuses 2 "$out.ply" bash -c "$t -o '$out.ply' <'$BATS_TEST_TMPDIR/cut'"
        done
    done
}

@test "a stream with one byte altered, or one too many, is refused at every stage" {
    for t in mcubes meshfix meshmeasure; do
        in=$(stage_input $t) size=$(stat -c %s "$in")
        cp "$in" "$BATS_TEST_TMPDIR/altered"
        printf '\x55' | dd of="$BATS_TEST_TMPDIR/altered" bs=1 seek=$((size - 40)) conv=notrunc status=none
        cmp -s "$in" "$BATS_TEST_TMPDIR/altered" && printf '\xaa' | dd of="$BATS_TEST_TMPDIR/altered" bs=1 seek=$((size - 40)) conv=notrunc status=none
        refuses 2 "$out.ply" $t "$BATS_TEST_TMPDIR/altered" -o "$out.ply"
        (cat "$in"; printf x) >"$BATS_TEST_TMPDIR/longer"
        refuses 2 "$out.ply" $t "$BATS_TEST_TMPDIR/longer" -o "$out.ply"
    done
}

@test "a killed upstream never leads to a finished file" {
    for t in mcubes meshfix meshmeasure; do
        in=$(stage_input $t)
        refuses 2 "$out.ply" bash -c "sh -c 'head -c $(($(stat -c %s "$in") / 2)) $in; kill -9 \$\$' 2>/dev/null | $t -o '$out.ply'"
    done
}

@test "dcmseg killed while it writes: mcubes refuses" {
    gen_series --body noise --size 64x64x64 -o "$BATS_TEST_TMPDIR/noise" # more than a pipe holds
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    dcmseg "$BATS_TEST_TMPDIR/noise" --threshold 500HU >"$BATS_TEST_TMPDIR/pipe" 2>/dev/null 3>&- &
    pid=$!
    exec 4<"$BATS_TEST_TMPDIR/pipe"
    head -c 1 <&4 >"$BATS_TEST_TMPDIR/first" # it has begun to write, and waits for us
    kill -9 "$pid"
    wait "$pid" || true
    refuses 2 "$out.ply" bash -c "cat '$BATS_TEST_TMPDIR/first' - <&4 | mcubes -o '$out.ply'"
    exec 4<&-
}

@test "SIGTERM and SIGHUP while a tool waits for input: ended by the signal, nothing left" {
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    for t in mcubes meshfix meshmeasure; do
        for sig in TERM HUP; do
            $t -o "$out.ply" <"$BATS_TEST_TMPDIR/pipe" 2>/dev/null 3>&- &
            pid=$!
            exec 4>"$BATS_TEST_TMPDIR/pipe"
            head -c 2000 "$(stage_input $t)" >&4
            sleep 0.1
            kill -$sig "$pid"
            code=0
            wait "$pid" || code=$?
            exec 4>&-
            [ "$code" -eq $((128 + $(kill -l $sig))) ]
            nothing_left "$out.ply"
        done
    done
}

@test "a reader that is gone: one line, exit 2, no signal" {
    for t in 'dcmseg ct --threshold 500HU' 'mcubes vol.nrrd' 'meshfix surface.ply' 'meshmeasure fixed.ply -o -'; do
        : >"$BATS_TEST_TMPDIR/err"
        bash -c "{ $t 2>'$BATS_TEST_TMPDIR/err'; echo \$? >'$BATS_TEST_TMPDIR/code'; } | true"
        # a small stream may fit the pipe before the reader goes: then all is well, else exit 2 and one line
        code=$(cat "$BATS_TEST_TMPDIR/code") lines=$(wc -l <"$BATS_TEST_TMPDIR/err")
        [ "$code" -eq 0 ] && [ "$lines" -eq 0 ] || { [ "$code" -eq 2 ] && [ "$lines" -eq 1 ]; }
    done
}

@test "without pipefail the last exit code tells of a failure upstream" {
    for broken in 1 2 3; do
        a='dcmseg ct --threshold 500HU' b=mcubes c=meshfix
        case $broken in 1) a=false ;; 2) b='sh -c "cat >/dev/null; false"' ;; 3) c='sh -c "head -c 2000; exit 1"' ;; esac
        run --separate-stderr bash -c "$a | $b | $c | meshmeasure -o '$out.3mf'"
        [ "$status" -eq 2 ]
        nothing_left "$out.3mf"
    done
    run --separate-stderr bash -c "dcmseg ct --threshold 5000HU | mcubes | meshfix | meshmeasure -o '$out.3mf'"
    [ "$status" -eq 2 ]
    nothing_left "$out.3mf"
}

# ---- volumes ----

@test "mcubes: all-equal volume has no surface (exit 1), NaN is refused (exit 2), no level is refused" {
    refuses 1 "$out.ply" mcubes --iso 8 equal.nrrd -o "$out.ply"
    refuses 2 "$out.ply" mcubes --iso 0.5 nan.nrrd -o "$out.ply"
    refuses 2 "$out.ply" mcubes voxel.nrrd -o "$out.ply"
    refuses 2 "$out.ply" mcubes --iso 5% voxel.nrrd -o "$out.ply"
    head -c 600 vol.nrrd >"$BATS_TEST_TMPDIR/short.nrrd"
    refuses 2 "$out.ply" mcubes "$BATS_TEST_TMPDIR/short.nrrd" -o "$out.ply"
    [[ $stderr == *short.nrrd* ]] # the file is named
    refuses 2 "$out.ply" mcubes --iso 0.5 mesh/soup_good.ply -o "$out.ply"
}

@test "one voxel makes a valid mesh, also when it is the whole volume" {
    for v in voxel one; do
        mcubes --iso 4.5 $v.nrrd -o "$out.ply"
        run -0 meshfix --check "$out.ply"
        rm "$out.ply"
    done
    mcubes --iso 7 equal.nrrd -o "$out.ply" # equal to the level: all inside, closed at the border
    run -0 meshfix --check "$out.ply"
}

# ---- meshes ----

@test "meshes that no reader takes: NaN, bad index, zero triangles, cut STL, text" {
    head -c 1000 mesh/open_edge_good.stl >"$BATS_TEST_TMPDIR/cut.stl"
    head -c 84 mesh/open_edge_good.stl >"$BATS_TEST_TMPDIR/header.stl"
    head -c 700 mesh/degenerate_good.stl >"$BATS_TEST_TMPDIR/cut_text.stl"
    echo 'no mesh' >"$BATS_TEST_TMPDIR/text.stl"
    : >"$BATS_TEST_TMPDIR/empty.ply"
    for m in mesh/nonfinite_bad.ply mesh/nonfinite_binary_bad.ply mesh/bad_index_bad.ply mesh/bad_index_binary_bad.ply \
        mesh/zero_triangles_binary_bad.stl "$BATS_TEST_TMPDIR"/{cut,header,cut_text,text}.stl \
        "$BATS_TEST_TMPDIR/empty.ply" nowhere.ply ct; do
        refuses 2 "$out.ply" meshfix "$m" -o "$out.ply"
        refuses 2 "$out.ply" meshmeasure "$m" -o "$out.ply"
    done
    # a PLY file may say that it has no triangles: it is not valid, and there is nothing to measure
    refuses 1 "$out.ply" meshfix mesh/zero_triangles_bad.ply -o "$out.ply"
    refuses 2 "$out.ply" meshmeasure mesh/zero_triangles_bad.ply -o "$out.ply"
}

# each TOOL-AND-OPTIONS|EXIT|TEXT on standard input with the mesh $1: no crash; exit 1 and 2 leave nothing and say TEXT in one line
asked() {
    local mesh=$1 cmd code says
    while IFS='|' read -r cmd code says; do
        cmd=${cmd//MESH/$mesh}
        if [ "$code" -eq 0 ]; then run -0 --separate-stderr $cmd
        else refuses "$code" "$out.ply" $cmd; fi || { echo "exit $status: $cmd: $stderr"; return 1; }
        [[ $stderr$output == *"$says"* ]] || { echo "$cmd: $stderr"; return 1; }
        rm -f "$out".*
    done
}

@test "no triangle, one triangle, nothing but triangles without area: what every mesh tool says" {
    cd "$BATS_TEST_TMPDIR"
    printf 'v 0 0 0\nv 1 0 0\nv 0 1 0\n' >none.obj
    printf 'v 0 0 0\nv 9 0 0\nv 0 9 0\nf 1 2 3\n' >one.obj
    printf 'v 0 0 0\nv 5 0 0\nv 9 0 0\nf 1 2 3\nf 1 3 2\nf 2 1 3\nf 1 2 2\n' >flat.obj
    printf 'v 5 5 5\nv 5 5 5\nv 5 5 5\nf 1 2 3\nf 1 1 1\n' >point.obj
    asked none.obj <<LIST
meshfix -q MESH -o $out.ply|1|no triangles
meshfix -q --check MESH|1|no triangles
meshmeasure -q MESH -o $out.3mf|2|no triangles
meshshell -q --hollow 2mm MESH -o $out.ply|1|no triangles
meshshell -q --check-wall 1mm MESH|1|no triangles
meshdiff -q MESH MESH|2|no triangles
meshdiff -q one.obj MESH|2|second mesh has no triangles
meshconv -q MESH -o $out.stl|2|no triangle
meshconv -q MESH -o $out.3mf|2|3MF-14
LIST
    asked one.obj <<LIST
meshfix -q MESH -o $out.ply|1|3 open edges
meshfix -q --check MESH|1|3 open edges
meshmeasure MESH -o $out.3mf|1|not valid
meshshell -q --hollow 2mm MESH -o $out.ply|1|3 open edges
meshshell -q --check-wall 1mm MESH|1|3 open edges
meshdiff -q MESH MESH --tol 0mm|0|0.000000
meshconv -q MESH -o $out.3mf|2|3MF-14
LIST
    for m in flat point; do
        asked $m.obj <<LIST
meshfix -q MESH -o $out.ply|1|no triangles
meshfix -q --check MESH|1|without area
meshmeasure MESH -o $out.3mf|1|not valid
meshshell -q --hollow 2mm MESH -o $out.ply|1|without area
meshshell -q --check-wall 1mm MESH|1|without area
meshdiff -q one.obj MESH|0|
meshconv -q MESH -o $out.3mf|2|3MF-14
LIST
    done
}

@test "solids at 1e6 mm, of 1e6 mm and of 1e-6 mm: read, judged, written; what cannot be done is said" {
    cd "$BATS_TEST_TMPDIR"
    f='f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n'
    printf "v 1e6 1e6 1e6\nv 1000020 1e6 1e6\nv 1e6 1000020 1e6\nv 1e6 1e6 1000020\n$f" >far.obj
    printf "v -1e6 0 0\nv 1e6 0 0\nv 0 1e6 0\nv 0 0 1e6\n$f" >huge.obj
    printf "v 0 0 0\nv 1e-6 0 0\nv 0 1e-6 0\nv 0 0 1e-6\n$f" >tiny.obj
    for m in far huge tiny; do
        asked $m.obj <<LIST
meshfix --check MESH|0|
meshfix -q MESH -o $out.ply|0|
meshmeasure -q MESH -o $out.3mf|0|valid
meshconv -q MESH -o $out.stl|0|
meshdiff -q MESH MESH --tol 0mm|0|pass
LIST
    done
    meshmeasure -q far.obj --json m.json >/dev/null
    within 1e-4 "$(number volume_mm3 m.json || number volume m.json)" 1333.33333
    asked far.obj <<<"meshshell -q --hollow 2mm MESH -o $out.ply|2|shift the origin"
    asked huge.obj <<LIST
meshshell -q --hollow 2mm MESH -o $out.ply|2|would fit
meshshell -q --check-wall 1mm MESH|2|are the units right
LIST
    asked tiny.obj <<LIST
meshshell -q --hollow 2mm MESH -o $out.ply|1|no room
meshshell -q --check-wall 1mm MESH|1|thinner than 1 mm
LIST
}

@test "binary STL and 3MF: numbers that are none, counts that lie, junk, any cut" {
    cd "$BATS_TEST_TMPDIR"
    meshconv -q "$ROOT/tests/fuzz/corpus/obj/tetra" -o good.stl
    meshconv -q "$ROOT/tests/fuzz/corpus/obj/tetra" -o good.3mf
    patched() { cp "$1" bad."${1##*.}" && printf "$3" | dd of=bad."${1##*.}" bs=1 seek="$2" conv=notrunc status=none; }
    for number in '\0\0\300\177' '\0\0\200\177' '\0\0\200\377'; do # NaN and both infinities as the first coordinate
        patched good.stl 96 "$number"
        refuses 2 "$out.ply" meshfix bad.stl -o "$out.ply"
        [[ $stderr == *"bad.stl"*finite* ]] || { echo "$stderr"; return 1; }
    done
    for count in '\5\0\0\0' '\377\377\377\377' '\3\0\0\0' '\0\0\0\0'; do
        patched good.stl 80 "$count"
        refuses 2 "$out.ply" meshfix bad.stl -o "$out.ply"
    done
    (cat good.stl; echo junk) >bad.stl
    refuses 2 "$out.ply" meshfix bad.stl -o "$out.ply"
    for f in good.stl good.3mf; do
        size=$(stat -c %s $f)
        for n in 1 4 30 79 83 84 $((size / 3)) $((size / 2)) $((size - 23)) $((size - 1)); do
            head -c "$n" $f >bad."${f##*.}"
            refuses 2 "$out.ply" meshfix bad."${f##*.}" -o "$out.ply"
        done
    done
    : >empty.3mf
    refuses 2 "$out.ply" meshfix empty.3mf -o "$out.ply"
}

@test "a 3MF bomb and names that lead out of the package are refused, in little memory, and nothing is unpacked" {
    cd "$BATS_TEST_TMPDIR"
    mkdir -p p/_rels p/3D
    rel='<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Target="%s" Id="r" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
    printf "$rel" /3D/m.model >p/_rels/.rels
    head -c 300000000 /dev/zero | tr '\0' ' ' >p/3D/m.model
    (cd p && zip -q -1 -r ../bomb.3mf _rels 3D)
    rm p/3D/m.model
    memory=300000
    case $B in */asan | */tsan) memory=unlimited ;; esac # they reserve terabytes of addresses
    refuses 2 "$out.ply" bash -c "ulimit -v $memory; meshfix bomb.3mf -o '$out.ply'"
    [[ $stderr == *"3D/m.model"* ]] || { echo "$stderr"; return 1; }
    printf '<model/>' >p/3D/m.model
    for target in ../../etc/passwd /../x 3D/../../x file:///etc/passwd '//host/x' '.hidden'; do
        printf "$rel" "$target" >p/_rels/.rels
        rm -f out.3mf && (cd p && zip -q -r ../out.3mf _rels 3D)
        refuses 2 "$out.ply" meshfix out.3mf -o "$out.ply"
        [[ $stderr == *3MF-01* ]] || { echo "$target: $stderr"; return 1; }
    done
}

@test "every fault of the fixtures is found and counted, and no other; the sound twins are valid" {
    for m in mesh/*_good.* mesh/*_bad.*; do
        name=${m#mesh/}
        want=$(tr -d '\n' <mesh/expected.json | grep -oE "\"$name\": \{[^}]*\}")
        [ -n "$want" ]
        [[ $want == *refused* ]] && continue
        code=1
        [[ $m == *_good.* ]] && code=0
        run --separate-stderr meshfix --check --json "$out.json" "$m"
        [ "$status" -eq $code ] || { echo "$m: exit $status"; echo "$output"; return 1; }
        for fault in $(meshfix --check --json - mesh/soup_good.ply 2>/dev/null | tr ',{' '\n\n' | grep -oE '"(nonfinite_vertices|bad_index_triangles|degenerate_triangles|duplicate_triangles|coincident_vertices|open_edges|nonmanifold_edges|nonmanifold_vertices|flipped_edges|inverted_components|selfintersecting_pairs)"' | tr -d '"' | sort -u); do
            expected=$(grep -oE "\"$fault\": [0-9]+" <<<"$want" | grep -oE '[0-9]+$' || echo 0)
            [ "$(number "$fault" "$out.json")" = "$expected" ] || { echo "$m: $fault is $(number "$fault" "$out.json"), not $expected"; return 1; }
        done
    done
}

# ---- targets ----

@test "a target that cannot be written: one line, exit 2, at every stage" {
    for t in 'dcmseg ct --threshold 500HU' 'mcubes vol.nrrd' 'meshfix surface.ply' 'meshmeasure fixed.ply'; do
        s=$(suffix ${t%% *})
        refuses 2 "$out.$s" $t -o "$BATS_TEST_TMPDIR/no/such/folder/out.$s"
        refuses 2 "$out.$s" $t -o "$BATS_TEST_TMPDIR/$(printf 'x%.0s' {1..300}).$s"
        mkdir -p "$BATS_TEST_TMPDIR/folder.$s"
        refuses 2 "$out.$s" $t -o "$BATS_TEST_TMPDIR/folder.$s"
        rmdir "$BATS_TEST_TMPDIR/folder.$s" # nothing was put into it
        refuses 2 "$out.$s" bash -c "$t -o - >/dev/full"
    done
}

@test "trouble with the main output leaves no JSON behind" {
    for t in 'dcmseg ct --threshold 500HU' 'dcmseg --list ct' 'mcubes vol.nrrd' 'meshfix surface.ply' 'meshfix --check surface.ply' 'meshmeasure fixed.ply'; do
        refuses 2 "$out.json" bash -c "$t --json '$out.json' >/dev/full"
    done
}

@test "one name for two outputs is refused, also through a link" {
    ln -s out.ply "$BATS_TEST_TMPDIR/link.ply"
    for t in 'dcmseg ct --threshold 500HU' 'mcubes vol.nrrd' 'meshfix surface.ply' 'meshmeasure fixed.ply'; do
        refuses 2 "$out.ply" $t -o "$out.ply" --json "$out.ply"
        refuses 2 "$out.ply" $t -o - --json -
        cp vol.nrrd "$out.ply"
        run --separate-stderr $t -o "$BATS_TEST_TMPDIR/link.ply" --json "$out.ply"
        [ "$status" -eq 2 ] && cmp vol.nrrd "$out.ply"
        rm "$out.ply"
        $t -o /dev/null --json /dev/null >/dev/null || [ $? -eq 2 ] # a device may be named twice (a mesh needs a suffix)
    done
    refuses 2 "$out.ply" meshmeasure fixed.ply --report "$out.ply" --json "$out.ply"
    refuses 2 "$out.ply" meshmeasure fixed.ply -o "$out.ply" -o "$out.ply"
}

@test "a symbolic link stays: the file it names is replaced" {
    echo old >"$BATS_TEST_TMPDIR/real.nrrd"
    ln -s real.nrrd "$BATS_TEST_TMPDIR/link.nrrd"
    dcmseg ct --threshold 500HU -o "$BATS_TEST_TMPDIR/link.nrrd"
    [ -L "$BATS_TEST_TMPDIR/link.nrrd" ]
    cmp vol.nrrd "$BATS_TEST_TMPDIR/real.nrrd"
}

@test "binary to a terminal is refused before anything is read, and so is a terminal as input" {
    script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no pseudo-terminals here, or no script(1)"
    mkfifo "$BATS_TEST_TMPDIR/never" # who opens it waits for ever
    for t in "mcubes '$BATS_TEST_TMPDIR/never'" "meshfix '$BATS_TEST_TMPDIR/never'" "meshmeasure '$BATS_TEST_TMPDIR/never' -o -" \
        'dcmseg ct --threshold 500HU' mcubes meshfix meshmeasure; do
        run -2 timeout 20 script -qec "$t" /dev/null </dev/null
        [[ $output == *': standard '*put\ is\ a\ terminal:* ]]
    done
}

@test "a limit on the size of files: one line, exit 2, nothing left" {
    for t in 'dcmseg ct --threshold 500HU' 'mcubes vol.nrrd' 'meshfix surface.ply' 'meshmeasure fixed.ply'; do
        s=$(suffix ${t%% *})
        refuses 2 "$out.$s" bash -c "ulimit -f 8; $t -o '$out.$s'"
    done
}

@test "an old file stays whole when the new one fails" {
    cp vol.nrrd "$out.ply"
    refuses 2 "$out.none" meshfix mesh/nonfinite_bad.ply -o "$out.ply"
    cmp vol.nrrd "$out.ply"
}

@test "a full disk: one line, exit 2, nothing left, at every stage" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to mount a small tmpfs"
    disk=$BATS_TEST_TMPDIR/disk
    mkdir "$disk"
    mount -t tmpfs -o size=8k tmpfs "$disk" 2>/dev/null || skip "mounting a tmpfs is not permitted here"
    bad=0
    for t in 'dcmseg ct --threshold 500HU' 'mcubes vol.nrrd' 'meshfix surface.ply' 'meshmeasure fixed.ply'; do
        s=$(suffix ${t%% *})
        refuses 2 "$disk/out.$s" $t -o "$disk/out.$s" || bad=1
        [ -z "$(ls -A "$disk")" ] || { ls -la "$disk"; bad=1; }
    done
    refuses 2 "$disk/out.3mf" meshmeasure fixed.ply -o "$disk/out.3mf" || bad=1
    refuses 2 "$disk/out.html" meshmeasure fixed.ply --report "$disk/out.html" || bad=1
    [ -z "$(ls -A "$disk")" ] || bad=1
    umount "$disk"
    [ "$bad" -eq 0 ]
}
