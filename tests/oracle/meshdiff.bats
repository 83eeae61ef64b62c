#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Distances against an independent meter (CGAL) on collected meshes: our bounds hold what it samples, our means are its means.
# JUDGE=DIR has meshdist built; else it is built once from $SHARED/judge, where CGAL is there.

setup() {
    judge=${JUDGE:-$B/judge} # where programs that ask CGAL are built, once: it takes minutes
    cd "$BATS_TEST_TMPDIR" || return 1
    [ -d "$SHARED/data/meshes/vcglib" ] || skip "no collected meshes in $SHARED"
    command -v jq >/dev/null || skip "no jq"
}

meter() {
    [ ! -x "$judge/meshdist" ] || return 0
    [ -f "$SHARED/judge/Makefile" ] || skip "no meter in $SHARED"
    [ -d /usr/include/CGAL ] || skip "no CGAL (libcgal-dev)"
    make -s -C "$SHARED/judge" OUT="$judge" "$judge/meshdist"
}

peer() {
    [ ! -x "$judge/compare_peer" ] || return 0
    [ -d /usr/include/CGAL ] || skip "no CGAL (libcgal-dev)"
    mkdir -p "$judge"
    g++ -O1 -frounding-math "$BATS_TEST_DIRNAME/compare_peer.cpp" -lgmp -lmpfr -o "$judge/compare_peer"
}

# compare A B: maxima sampled there are in our bounds, means to 0.5 %, percentiles to 1 %.
compare() {
    "$judge/meshdist" --json "$1" "$2" >judge.json
    meshdiff -q --json ours.json "$1" "$2" >/dev/null
    jq -r --slurpfile j judge.json '
        def near($a; $b; $p): ($a - $b | fabs) <= $p / 100 * $b + 1e-6;
        .deviation as $d | $j[0] as $b |
        ([["a_to_b", "a_to_b"], ["b_to_a", "b_to_a"]][] | $d[.[0]] as $x | .[1] as $n |
            [$n + " max", $x.max_lower_mm, $x.max_upper_mm, $b[$n + "_max"], $x.max_upper_mm >= $b[$n + "_max"] - 1e-6 and $x.max_upper_mm - $x.max_lower_mm <= 0.001],
            [$n + " mean", $x.mean_mm.value, $x.mean_mm.upper, $b[$n + "_mean"], near($x.mean_mm.value; $b[$n + "_mean"]; 0.5)],
            [$n + " rms", $x.rms_mm.value, $x.rms_mm.upper, $b[$n + "_rms"], near($x.rms_mm.value; $b[$n + "_rms"]; 0.5)],
            [$n + " p95", $x.percentiles_mm.p95.value, $x.percentiles_mm.p95.upper, $b[$n + "_p95"], near($x.percentiles_mm.p95.value; $b[$n + "_p95"]; 1)])
        | select(.[4] | not) | "\(.[0]): \(.[1]) (up to \(.[2])), the meter says \(.[3])"' ours.json >diff.txt
    [ ! -s diff.txt ] || { echo "$1 $2"; cat diff.txt; return 1; }
}

@test "meshdiff: knot and its coarse version, armadillo and bunny as far as they are" {
    meter
    compare "$SHARED/data/meshes/vcglib/knot_orig.ply" "$SHARED/data/meshes/vcglib/knot_subsampled.ply"
    compare "$SHARED/data/meshes/vcglib/knot_orig.ply" "$SHARED/data/meshes/trimesh/bunny.ply"
}

@test "meshdiff: the volumes that knot and its coarse version have in common are those of CGAL's exact corefinement" {
    peer
    for f in knot_orig knot_subsampled; do meshconv -q "$SHARED/data/meshes/vcglib/$f.ply" -o $f.ply; done
    meshdiff -q --overlap --json ours.json knot_orig.ply knot_subsampled.ply >/dev/null
    read -r a b both <<<"$("$judge/compare_peer" overlap knot_orig.ply knot_subsampled.ply)"
    jq -e --argjson a "$a" --argjson b "$b" --argjson both "$both" \
        'def is($t): .lower - 1e-11 * $t <= $t and $t <= .upper + 1e-11 * $t; # it prints 12 digits
        .overlap | (.a_mm3 | is($a)) and (.b_mm3 | is($b)) and (.both_mm3 | is($both)) and .both_mm3.upper - .both_mm3.lower < 0.01' ours.json
}

@test "meshdiff: what MeshLab, CGAL and Embree sample of the knots is not above our upper bound" {
    for f in knot_orig knot_subsampled; do meshconv -q "$SHARED/data/meshes/vcglib/$f.ply" -o $f.ply; done
    meshdiff -q --json ours.json knot_orig.ply knot_subsampled.ply >/dev/null
    meshdiff -q --maximum --json fast.json knot_orig.ply knot_subsampled.ply >/dev/null
    jq -e -n --slurpfile x ours.json --slurpfile y fast.json '$x[0].deviation as $a | $y[0].deviation as $b |
        $a.hausdorff_lower_mm <= $b.hausdorff_upper_mm and $b.hausdorff_lower_mm <= $a.hausdorff_upper_mm'
    asked=0
    if [ -f /usr/include/embree3/rtcore.h ]; then
        g++ -O2 "$BATS_TEST_DIRNAME/embree_peer.cpp" -lembree3 -lpthread -o embree_peer
        read -r _ there back <<<"$(./embree_peer knot_orig.ply knot_subsampled.ply)"
        jq -e --argjson x "$there" --argjson y "$back" '.deviation | .a_to_b.max_upper_mm >= $x - 1e-5 and .b_to_a.max_upper_mm >= $y - 1e-5' ours.json
        asked=1
    fi
    if command -v meshlabserver >/dev/null && command -v xvfb-run >/dev/null; then
        {
            printf '<!DOCTYPE FilterScript><FilterScript><filter name="Hausdorff Distance">'
            printf '<Param type="RichMesh" value="0" name="SampledMesh"/><Param type="RichMesh" value="1" name="TargetMesh"/>'
            for p in SaveSample:false SampleVert:true SampleEdge:true SampleFauxEdge:false SampleFace:true; do
                printf '<Param type="RichBool" value="%s" name="%s"/>' "${p#*:}" "${p%:*}"
            done
            printf '<Param type="RichInt" value="500000" name="SampleNum"/><Param type="RichAbsPerc" value="1000" min="0" max="1000" name="MaxDist"/></filter></FilterScript>'
        } >haus.mlx
        xvfb-run -a meshlabserver -i knot_orig.ply -i knot_subsampled.ply -s haus.mlx >meshlab.log 2>&1
        max=$(sed -nE 's/.*min *: *[^ ]+ +max +([^ ]+) .*/\1/p' meshlab.log | head -n 1)
        echo "MeshLab: ${max:-nothing}"
        jq -e --argjson x "$max" '.deviation.a_to_b | .max_upper_mm >= $x - 1e-4 and .max_lower_mm <= $x * 1.01' ours.json
        asked=1
    fi
    if [ -d /usr/include/CGAL ]; then
        peer
        jq -e --argjson x "$("$judge/compare_peer" hausdorff knot_orig.ply knot_subsampled.ply)" '.deviation.hausdorff_upper_mm >= $x - 1e-6' ours.json
        asked=1
    fi
    [ "$asked" = 1 ] || skip "none of libembree-dev, meshlab, libcgal-dev is installed"
}

@test "meshdiff: vertex by vertex the distances of CloudCompare, whose greatest is not above our upper bound" {
    command -v CloudCompare >/dev/null || skip "no CloudCompare (apt-get install cloudcompare)"
    /usr/bin/python3 -c 'import numpy' || skip "no numpy"
    for f in knot_orig knot_subsampled; do meshconv -q "$SHARED/data/meshes/vcglib/$f.ply" -o $f.ply; done
    for pair in "knot_orig knot_subsampled" "knot_subsampled knot_orig"; do
        read -r a b <<<"$pair"
        rm -rf cc && mkdir cc && cp $a.ply $b.ply cc/
        (cd cc && QT_QPA_PLATFORM=offscreen timeout 120 CloudCompare -SILENT -NO_TIMESTAMP -AUTO_SAVE OFF -M_EXPORT_FMT PLY \
            -PLY_EXPORT_FMT ASCII -O $a.ply -O $b.ply -C2M_DIST -SAVE_MESHES >../cc.log 2>&1)
        [ -f "cc/${a}_C2M_DIST.ply" ] || { tail cc.log; return 1; }
        meshdiff -q -o map.ply --json ours.json $a.ply $b.ply >/dev/null
        /usr/bin/python3 - "cc/${a}_C2M_DIST.ply" map.ply ours.json <<'EOF'
import json, sys
import numpy as np

def vertices(path):
    raw = open(path, "rb").read()
    end = raw.index(b"end_header\n") + 11
    head = raw[:end].decode("latin-1").split("\n")
    at = next(i for i, l in enumerate(head) if l.startswith("element vertex"))
    n, names = int(head[at].split()[2]), []
    for l in head[at + 1 :]:
        if not l.startswith("property"):
            break
        names.append(l.split()[1:])
    if "ascii" in head[1]:
        rows = np.loadtxt(raw[end:].decode().split("\n")[:n])
        return {x[1]: rows[:, i] for i, x in enumerate(names)}
    kind = {"float": "<f4", "uchar": "u1"}
    v = np.frombuffer(raw[end:], np.dtype([(x[1], kind[x[0]]) for x in names]), n)
    return {x[1]: v[x[1]].astype(float) for x in names}

cc, ours, d = vertices(sys.argv[1]), vertices(sys.argv[2]), json.load(open(sys.argv[3]))["deviation"]
theirs = next(v for k, v in cc.items() if k.startswith("scalar"))
assert len(theirs) == len(ours["quality"])
for c in "xyz":
    assert np.abs(cc[c] - ours[c]).max() < 1e-3  # the same vertices, in the same order (written with six digits)
apart = np.abs(np.abs(theirs) - np.abs(ours["quality"]))
print("greatest difference %.2e mm, greatest distance %.6f of %.6f" % (apart.max(), np.abs(theirs).max(), d["a_to_b"]["max_upper_mm"]))
assert apart.max() < 1e-4
assert np.abs(theirs).max() <= d["a_to_b"]["max_upper_mm"] + 1e-5
far = np.abs(theirs) > 1e-3
assert not far.any() or (np.sign(theirs[far]) == np.sign(ours["quality"][far])).mean() > 0.999  # theirs is the side of the nearest triangle
EOF
    done
}
