#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshconv: round trips between all formats keep float32 coordinates bit by bit; units, spaces, parts; bad input.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    corpus=$ROOT/tests/fuzz/corpus
}

# number_of KEY: the first number of that name in JSON on standard input
number_of() { grep -oE "\"$1\": *-?[0-9.]+" | head -n 1 | sed 's/.*: *//; s/\.0*$//'; }

# floats FILE.ply: the bytes of the payload (vertices and triangles), in hex
payload() { sed '1,/^end_header$/d' "$1" | od -An -v -tx1; }

# A tetrahedron of awkward numbers: shortest and longest exponents, 24-bit fractions.
awkward() {
    cat <<'PLY'
ply
format ascii 1.0
comment SPACE=LPS
comment UNITS=mm
element vertex 4
property float x
property float y
property float z
element face 4
property list uchar int vertex_indices
end_header
-1000000 0.1 1e-6
999999.9375 -3.33333325 16777215
0.333333343 1e6 -0.000123456788
1.17549435e-38 -1e-6 -123456.789
3 0 1 2
3 0 3 1
3 0 2 3
3 1 3 2
PLY
}

@test "every format into every other and back: the same vertices, triangles and order, bit by bit" {
    awkward | meshconv -q -o start.ply
    for a in ply 3mf obj off stl; do
        meshconv -q start.ply -o "a.$a"
        for b in ply 3mf obj off stl; do
            meshconv -q "a.$a" -o "b.$b"
            meshconv -q "b.$b" -o back.ply
            head -c 400 back.ply | grep -a '^comment SPACE=LPS'
            if [ "$a" = stl ] || [ "$b" = stl ]; then # STL numbers by first appearance, and may put a triangle first
                meshconv -q start.ply -o s1.stl && meshconv -q back.ply -o s2.stl
                cmp <(tail -c +85 s1.stl | od -An -v -w50 -tx1 | sort) <(tail -c +85 s2.stl | od -An -v -w50 -tx1 | sort)
            else cmp <(payload start.ply) <(payload back.ply); fi
        done
    done
    meshconv -q --format stl-ascii start.ply -o x.stl && meshconv -q x.stl -o x.obj && meshconv -q x.obj -o y.stl
    meshconv -q start.ply -o s1.stl
    cmp <(tail -c +85 s1.stl | od -An -v -w50 -tx1 | sort) <(tail -c +85 y.stl | od -An -v -w50 -tx1 | sort)
}

@test "the bytes do not depend on threads, and a pipe is PLY" {
    for f in ply stl 3mf obj off; do
        meshconv -q -j 1 "$corpus/obj/tetra" -o "a.$f" && meshconv -q -j 3 - -o "b.$f" <"$corpus/obj/tetra"
        cmp "a.$f" "b.$f"
    done
    meshconv -q <"$corpus/obj/tetra" | head -c 4 | grep -q '^ply'
    meshconv -q "$corpus/obj/tetra" | cmp - a.ply
    meshconv -q --format off "$corpus/obj/tetra" | cmp - a.off
}

@test "units: stated by the file, by the user, by nobody; a contradiction is refused" {
    printf 'v 0 0 0\nv .1 0 0\nv 0 .2 0\nv 0 0 .5\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n' >m.obj
    (echo '# UNITS=m'; cat m.obj) >said.obj
    meshconv --unit m m.obj -o a.ply --json a.json 2>note
    [ ! -s note ]
    meshconv said.obj -o b.ply
    cmp <(payload a.ply) <(payload b.ply)
    meshconv --unit m said.obj -o c.ply
    cmp <(payload a.ply) <(payload c.ply)
    refuses 2 d.ply meshconv --unit mm said.obj -o d.ply
    [[ $stderr == *"its unit is m"* ]]
    run -0 --separate-stderr meshconv m.obj -o e.ply
    [[ $stderr == *"0.5 mm is not plausible"*"cm (5 mm), inch (12.7 mm), m (500 mm)"* ]]
    meshmeasure -q a.ply --json m.json >/dev/null
    within 0.0001 "$(number volume_mm3 m.json || number volume m.json)" 1666666.6667
    run -0 --separate-stderr meshconv -v said.obj -o f.ply
    [[ $stderr == *"read in m: coordinates were multiplied by 1000"* ]]
    refuses 2 g.ply meshconv --unit yard m.obj -o g.ply
}

@test "the unit's plausibility is a finding of meshfix and meshmeasure, too" {
    printf 'v 0 0 0\nv .1 0 0\nv 0 .2 0\nv 0 0 .5\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n' >m.obj
    meshfix -q m.obj --json f.json -o /dev/null 2>/dev/null || meshfix -q m.obj --json f.json -o f.ply
    grep -q 'not plausible for a part of a patient' f.json
    meshmeasure -q m.obj --json m.json >/dev/null
    grep -q 'not plausible for a part of a patient' m.json
}

@test "RAS is turned into LPS: stated by the file or by the user" {
    printf 'v 1 2 3\nv 4 2 3\nv 1 5 3\nv 1 2 7\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n' >u.obj
    meshconv -q --space RAS u.obj -o a.obj
    (echo '# SPACE=RAS'; cat u.obj) | meshconv -q -o b.obj
    cmp a.obj b.obj
    [ "$(sed -n 1,2p a.obj)" = $'# UNITS=mm SPACE=LPS\nv -1 -2 3' ]
    refuses 2 c.obj meshconv --space RAS a.obj -o c.obj
    meshfix --check -q a.obj # a half turn, no mirror: it still faces outward
}

@test "parts: kept by PLY, 3MF and OBJ, chosen, joined, one STL for each, refused by OFF" {
    meshconv -q "$corpus/threemf/house.3mf" -o a.ply
    sed '/^end_header$/q' a.ply | grep -aq '^property uint label'
    for f in 3mf obj; do
        meshconv -q a.ply -o "b.$f" && meshconv -q "b.$f" -o c.ply
        cmp <(payload a.ply) <(payload c.ply)
    done
    meshconv -q a.ply -o x.stl
    [ ! -e x.stl ]
    [ "$(stat -c %s x-part-1.stl)" -eq $((84 + 8 * 50)) ] && [ "$(stat -c %s x-part-2.stl)" -eq $((84 + 4 * 50)) ]
    rm x-part-*
    refuses 2 x.off meshconv a.ply -o x.off
    meshconv -q --join-parts a.ply -o all.stl
    [ "$(stat -c %s all.stl)" -eq $((84 + 12 * 50)) ]
    meshconv -q --label 2 a.ply -o two.stl
    [ "$(stat -c %s two.stl)" -eq $((84 + 4 * 50)) ]
    refuses 2 x.stl meshconv --label 3 a.ply -o x.stl
    printf 'solid a\nfacet normal 0 0 0\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\nsolid b\nfacet normal 0 0 0\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 0 9\nendloop\nendfacet\nendsolid b\n' >two.ast
    meshconv -q two.ast -o t.obj
    [ "$(grep -c '^o part-' t.obj)" -eq 2 ]
}

# Two tetrahedra with a common wall, in patient space; a name with a blank and a colour, and one that is no anatomical term.
neighbours() {
    cat <<'PLY'
ply
format ascii 1.0
comment SPACE=LPS
obj_info units mm
obj_info meshqa_part 3 e6b422 left kidney
obj_info meshqa_part 8 - Mrs. Brown%c3%a9
element vertex 5
property float x
property float y
property float z
element face 7
property list uchar int vertex_indices
property uint label
property uint label_back
end_header
0 0 0
11 0 0
0 12 0
0 0 13
0 0 -14
3 0 2 1 3 8
3 0 1 3 3 0
3 1 2 3 3 0
3 2 0 3 3 0
3 0 4 1 8 0
3 1 4 2 8 0
3 2 4 0 8 0
PLY
}

@test "parts with names, colours and a shared wall: PLY to 3MF and OBJ and back, walls bit by bit; each part alone is closed" {
    neighbours | meshconv -q -o a.ply
    sed '/^end_header$/q' a.ply | grep -axq 'obj_info meshqa_part 3 e6b422 left kidney'
    sed '/^end_header$/q' a.ply | grep -axq 'obj_info meshqa_part 8 - Mrs. Brown%c3%a9'
    meshconv -q a.ply -o a.3mf
    meshconv -q --keep-names a.3mf -o b.ply
    cmp <(payload a.ply) <(payload b.ply)
    sed '/^end_header$/q' b.ply | grep -ax 'obj_info meshqa_part.*' >parts.txt
    [ "$(cat parts.txt)" = $'obj_info meshqa_part 3 e6b422 left kidney\nobj_info meshqa_part 8 - Mrs. Brown%c3%a9' ]
    meshconv -q a.ply -o a.obj # numbers and colours are not kept here
    [ "$(grep -a '^o ' a.obj)" = $'o left kidney\no Mrs. Brown\xc3\xa9' ]
    [ "$(grep -c '^f' a.obj)" -eq 8 ] # the wall stands in both
    meshconv -q a.obj -o c.ply
    [ "$(sed '1,/^end_header$/d' c.ply | wc -c)" -eq "$(sed '1,/^end_header$/d' a.ply | wc -c)" ]
    for which in 3 8 'left k' '^Mrs' ; do
        meshconv -q --label "$which" a.ply -o one.ply
        meshfix --check -q one.ply >/dev/null
        [ "$(meshmeasure --json - one.ply | number_of volume_mm3)" = "$([[ $which == 3 || $which == left* ]] && echo 286 || echo 308)" ]
    done
    meshconv -q --label kidney a.ply -o one.3mf
    unzip -p one.3mf 3D/3dmodel.model | grep -q 'name="left kidney" pid="2" pindex="0"'
    meshconv -q --join-parts a.ply -o all.ply # the wall is no part of the outer surface
    meshfix --check -q all.ply >/dev/null
    [ "$(meshmeasure --json - all.ply | number_of volume_mm3)" = 594 ]
}

@test "several parts as STL: a file for each, all or none, none on a pipe" {
    neighbours | meshconv -q -o a.ply
    run -0 --separate-stderr meshconv a.ply -o out.stl
    [[ $stderr == *"note: 2 parts, a file for each: out-NAME.stl"* ]]
    [ "$(LC_ALL=C ls out*)" = $'out-Mrs._Brown_.stl\nout-left_kidney.stl' ]
    strings out-left_kidney.stl | grep -q 'UNITS=mm SPACE=LPS NAME=left kidney'
    for f in out-*.stl; do meshfix --check -q "$f" >/dev/null; done # the wall is in both
    refuses 2 x meshconv --format stl a.ply
    [[ $stderr == *"-o out.stl writes out-NAME.stl"* ]]
    refuses 2 x.stl meshconv --format stl a.ply -o -
    mkdir b-Mrs._Brown_.stl
    refuses 2 b.stl meshconv a.ply -o b.stl
    [ "$(ls -d b-* b.*)" = b-Mrs._Brown_.stl ]
    meshconv -q --format stl-ascii a.ply -o c.stl
    grep -q '^solid' c-left_kidney.stl
}

@test "names of parts that could be people's do not pass unless asked for" {
    neighbours | meshconv -q -o a.3mf
    run -0 --separate-stderr meshconv -v a.3mf -o b.ply
    [[ $stderr == *"1 name(s) of parts that are no anatomical terms were left out"* ]]
    ! grep -aq Brown b.ply
    grep -aq 'left kidney' b.ply
    run -0 --separate-stderr meshconv -v --keep-names --json f.json a.3mf -o b.ply
    grep -aq Brown b.ply
    grep -q '"keep-names": true' f.json
}

@test "--label must name one part" {
    neighbours | meshconv -q -o a.ply
    refuses 2 x.ply meshconv --label . a.ply -o x.ply
    [[ $stderr == *"more than one of the parts 3 (left kidney), 8 (Mrs. Brown"* ]]
    refuses 2 x.ply meshconv --label 1 a.ply -o x.ply
    [[ $stderr == *"none of the parts"* ]]
    refuses 2 x.ply meshconv --label '(' a.ply -o x.ply
    refuses 2 x.ply meshconv --label 3 --join-parts a.ply -o x.ply
    meshconv -q --label 3 --json f.json a.ply -o x.ply # what was resolved, not what was typed
    grep -q '"label": 3' f.json
}

@test "what is not valid is kept and said, exit 0; 3MF refuses it by rule" {
    printf 'v 0 0 0\nv 5 0 0\nv 0 5 0\nf 1 2 3\nf 1 1 2\n' >open.obj
    run -0 --separate-stderr meshconv open.obj -o a.ply
    [[ $stderr == *"note: not valid, kept as it is"*"open edges"* ]]
    meshconv -q a.ply -o b.off
    [ "$(sed -n 3p b.off)" = "3 2 0" ]
    refuses 2 c.3mf meshconv open.obj -o c.3mf
    [[ $stderr == *"3MF-14"* ]]
    printf 'v 0 0 0\nv 5 0 0\nv 9 0 0\nf 1 2 3\nf 1 3 2\nf 2 1 3\nf 1 2 2\n' >flat.obj
    run -0 --separate-stderr meshconv flat.obj -o d.stl
    [[ $stderr == *"not valid"* ]]
    printf 'v 0 0 0\n' | meshconv -q -o none.ply
    refuses 2 e.stl meshconv none.ply -o e.stl
    [[ $stderr == *"no triangle"* ]]
}

@test "bad input of every reader: exit 2, one line, nothing left" {
    while IFS='|' read -r text says; do
        printf "$text" >in
        refuses 2 out.ply meshconv in -o out.ply || { echo "for: $text"; return 1; }
        [[ $stderr == *"$says"* ]] || { echo "for: $text"; echo "$stderr"; return 1; }
    done <<'LIST'
v nan 0 0\nv 0 0 0\nv 0 1 0\nf 1 2 3\n|three finite numbers
v 0 0 1e999\nf 1 1 1\n|three finite numbers
v 0 0 0\nv 0 1 0\nv 1 0 0\nf 1 2 4\n|names vertex 3 of 3
v 0 0 0\nv 0 1 0\nv 1 0 0\nf -1 -2 -4\n|vertex -4 of 3
v 0 0 0\nf 1 2 0\n|counted from 1
OFF\n3 1 0\n0 0 0\n0 1 0\n1 0 inf\n3 0 1 2\n|three finite numbers
OFF\n3 1 0\n0 0 0\n0 1 0\n1 0 0\n3 0 1 3\n|vertex 3
OFF\n30000000 1 0\n0 0 0\n|cut off or a wrong count
OFF\n3 2 0\n0 0 0\n0 1 0\n1 0 0\n3 0 1 2\n|cut off
solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 nan\nvertex 0 1 0\nendloop\nendfacet\n|a finite number
solid x\nfacet normal 0 0 1\nouter loop\njunk 0 0 0\n|'junk'
solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1|cut off
ply\nformat ascii 1.0\nelement vertex 4000000000\nproperty float x\nproperty float y\nproperty float z\nend_header\n0 0 0\n|cut off or a wrong count
ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n3 0 0 1\n|names vertex 1 of 1
ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n0 0 inf\n|'inf'
PK\003\004cut|ZIP package
LIST
    head -c 300 "$corpus/threemf/package.3mf" >cut.3mf
    refuses 2 out.ply meshconv cut.3mf -o out.ply
    refuses 2 out.xyz meshconv "$corpus/obj/tetra" -o out.xyz
    [[ $stderr == *".obj, .off"* ]]
}

@test "one triangle, and coordinates of 1e6 and 1e-6 mm, through every format that takes them" {
    printf 'v 1e6 -1e6 1e-6\nv 1000000.0625 1e-6 0\nv 0 -1e-6 1e6\nf 1 2 3\n' >one.obj
    meshconv -q one.obj -o a.ply
    for f in ply obj off; do
        meshconv -q a.ply -o "b.$f" && meshconv -q "b.$f" -o c.ply
        cmp <(payload a.ply) <(payload c.ply)
    done
    meshconv -q a.ply -o b.stl && meshconv -q b.stl -o d.ply
    cmp <(payload a.ply) <(payload d.ply)
}

@test "every collected mesh and 3MF is read, or refused in one line; what is read has the judge's counts" {
    [ -d "$SHARED/data/meshes" ] || skip "no $SHARED/data/meshes"
    read_=0 refused=0
    while read -r f; do
        run --separate-stderr meshconv -q "$f" -o out.ply
        if [ "$status" -eq 0 ]; then read_=$((read_ + 1)); [ -z "$stderr" ]
        else
            echo "$f: $stderr"
            [ "$status" -eq 2 ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == "meshconv: cannot read '"* ]] && [ ! -e out.ply ]
            refused=$((refused + 1))
        fi
        rm -f out.ply
    done < <(find "$SHARED/data/meshes" "$SHARED/data/3mf" -type f \( -iname '*.stl' -o -iname '*.obj' -o -iname '*.off' -o -iname '*.ply' -o -iname '*.3mf' \) | sort)
    echo "$read_ read, $refused refused"
    [ "$read_" -ge 115 ] && [ $((read_ + refused)) -ge 150 ]
}
