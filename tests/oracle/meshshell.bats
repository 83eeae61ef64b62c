#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The wall of a hollow part, measured by the judge's meshdist and checked by its meshcheck ($JUDGE, else built beside $SHARED), and by
# brute force between all corners, faces and edges (shell_phantoms.py); and what other programs make of what meshshell sends.

load ../cli/common

setup() {
    cd "$BATS_TEST_TMPDIR"
    JUDGE=${JUDGE:-$SHARED/../judge-build}
    [ -x "$JUDGE/meshdist" ] && [ -x "$JUDGE/meshcheck" ] || skip "no judge in $JUDGE"
    MESHES=$SHARED/data/meshes
    [ -d "$MESHES" ] || skip "no shared data"
}

phantoms() { /usr/bin/python3 "$ROOT/tests/oracle/shell_phantoms.py" "$@"; }

# judged SOLID.ply T LEAST: hollows to T, which may leave places thin that were thin; wall by the judge as asked, valid by its checker
judged() {
    meshshell -q --hollow "$2" --allow thin "$1" -o h.ply --json h.json
    "$JUDGE/meshcheck" h.ply >/dev/null
    "$JUDGE/meshdist" --wall h.ply >wall
    awk -v t="$2" -v tol="$(number tolerance_mm h.json)" -v m="$(number min_mm h.json)" '
        /^inner_to_outer_min|^outer_to_inner_min/ { if (!n++ || $2 < l) l = $2 }
        END { if (n != 2 || l < t - tol - 1e-9 || l < m - 1e-6 * t) { printf "the judge has %.9g, asked %g, said %.9g\n", l, t, m; exit 1 } }' wall
}

@test "armadillo hollowed to 3 mm: wall by the judge as asked, and what meshshell says of it; thin places by name only" {
    judged "$MESHES/cgal/armadillo.off" 3
    run -1 --separate-stderr meshshell --hollow 3mm "$MESHES/cgal/armadillo.off" -o out.ply
    [[ $stderr == *'too thin: '*' mm at ('*'--allow thin passes it'* ]]
    [ ! -e out.ply ]
}

@test "phantoms: wall by the judge and by brute force, the outer surface bit for bit" {
    for n in plate-3 wedge-60 wedge-30 comb; do
        phantoms make $n s.off
        meshfix -q s.off >s.ply
        judged s.ply 0.5
        least=$(phantoms hollow s.ply h.ply)
        awk -v l="$least" -v m="$(number min_mm h.json)" 'BEGIN { d = l - m; exit !(d < 1e-6 && d > -1e-6) }' ||
            { echo "$n: brute force $least, meshshell $(number min_mm h.json)"; return 1; }
    done
    for b in sphere torus; do
        gen_bodies --body $b --triangles 1500 -o s.ply
        judged s.ply 2
        phantoms hollow s.ply h.ply >/dev/null
    done
    # a plate thinner than two walls has no room
    for t in 0.3 0.5 0.7 0.9; do
        phantoms make plate-$t s.off
        run -1 meshshell -q --hollow 0.5 s.off -o out.ply
    done
}

@test "a tapered tree of vessels, and balls within balls: wall by the judge" {
    gen_series --body vessels --size 140x100x130 --spacing 0.7,0.7,0.7 -o series >/dev/null
    dcmseg -q series --threshold 500 | mcubes -q | meshfix -q >s.ply
    judged s.ply 1.5
    gen_bodies --body nested --triangles 3000 -o s.ply
    judged s.ply 1
}

@test "femur, bones and knot hollowed: wall by the judge, nothing of the surface moved" {
    meshfix -q "$MESHES/cgal/femur.off" -o femur.ply
    meshfix -q "$MESHES/cgal/bones.off" -o bones.ply
    meshfix -q "$MESHES/vcglib/knot_orig.ply" -o knot.ply
    for p in "femur 0.02" "bones 0.15" "knot 5"; do
        judged "${p% *}.ply" "${p#* }"
        n=$((12 * $(number outer_vertices h.json)))
        cmp <(sed '1,/^end_header/d' "${p% *}.ply" | head -c "$n") <(sed '1,/^end_header/d' h.ply | head -c "$n")
    done
}

@test "a bone of a CT hollowed to 1.5 mm: wall by the judge" {
    ct=$SHARED/data/ct-abdomen-siemens-j2k-labels/dicom
    [ -d "$ct" ] || skip "no $ct"
    dcmseg -q "$ct" --median 1 -t 250 --close 2mm --fill all --keep largest | mcubes -q | meshfix -q >bone.ply
    judged bone.ply 1.5
}

@test "VTK and MeshLab read the mesh that carries the one before, and see the mesh alone" {
    /usr/bin/python3 -c 'import vtk' || skip "no VTK"
    command -v meshlabserver >/dev/null || skip "no MeshLab"
    phantoms make plate-1 s.off
    meshshell -q --min-wall 1.5 s.off -o m.ply
    grep -aq '^element before_vertex 8$' m.ply
    meshshell -q --scale 0.7 --allow thin m.ply -o n.ply
    for f in m n; do
        nv=$(sed -n 's/^element vertex //p' $f.ply) nt=$(sed -n 's/^element face //p' $f.ply)
        /usr/bin/python3 - $f.ply "$nv" "$nt" <<'P'
import sys, vtk
errors = []
r = vtk.vtkPLYReader()
r.AddObserver("ErrorEvent", lambda *a: errors.append(a))
r.SetFileName(sys.argv[1])
r.Update()
o = r.GetOutput()
assert not errors and (o.GetNumberOfPoints(), o.GetNumberOfPolys()) == (int(sys.argv[2]), int(sys.argv[3])), (errors, o.GetNumberOfPoints(), o.GetNumberOfPolys())
P
        QT_QPA_PLATFORM=offscreen xvfb-run -a meshlabserver -i $f.ply -o $f.off >log 2>&1 || { cat log; return 1; }
        [ "$(sed -n 2p $f.off | cut -d' ' -f1,2)" = "$nv $nt" ]
    done
}
