#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Time and memory of every stage, and of the whole pipe with all stages alive, on a generated CT series of 512x512x400;
# beside them the peers that are installed. Called by `make bench`. Everything printed was measured in this run.
#   B            build folder (build/release)     BENCH_SIZE   512x512x400
#   BENCH_RUNS   runs, of which the best counts (3)  BENCH_ISO    300
#   BENCH_LABELS size of a label map (256x256x200)
#   TMPDIR       needs about 2 GB (/tmp)
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release} size=${BENCH_SIZE:-512x512x400} runs=${BENCH_RUNS:-3} iso=${BENCH_ISO:-300}
case $B in /*) ;; *) B=$PWD/$B ;; esac
here=$PWD/tests/bench timed=$B/tests/lib/timed stages=$B/tests/lib/stages
export PATH=$B/bin:$PATH LC_ALL=C MESHQA_DATADIR=$PWD/tools
make -s "$timed" "$stages" "$B/tests/lib/meshfile_copy" "$B/tests/lib/grey_stages" config="$(basename "$B")" 2>/dev/null || make -s "tests" config="$(basename "$B")" || exit 2
dir=$(mktemp -d "${TMPDIR:-/tmp}/meshqa-bench.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 2
log=$dir/log

# best NAME: the run of NAME with the least wall time: "wall cpu MB rc"; the worst exit code of all its runs
best() {
    awk -v n="$1" '$1 == n { if (!k++ || $2 < w) { w = $2; c = $3 } if ($4 > m) m = $4; if ($5 > rc) rc = $5 }
        END { if (!k) exit 1; printf "%.2f %.2f %.0f %d", w, c, m / 1024, rc }' "$log"
}
row() { # NAME TEXT [MORE]
    local f
    read -r -a f <<<"$(best "$1")" || return 0
    [ "${#f[@]}" -eq 4 ] || { printf '%-46s not measured\n' "$2"; return 0; }
    printf '%-46s %8s %8s %8s %s\n' "$2" "${f[0]}" "${f[1]}" "${f[2]}" "${3:-}$([ "${f[3]}" -eq 0 ] || echo " FAILED, exit ${f[3]}")"
}
times() { # PEER OURS
    awk -v a="$(best "$1")" -v b="$(best "$2")" 'BEGIN { split(a, p); split(b, o)
        if (o[1] > 0 && o[2] > 0) printf "%.2f x our wall, %.2f x our cpu", p[1] / o[1], p[2] / o[2] }'
}
run() { # NAME COMMAND: its output is thrown away unless it redirects itself
    local name=$1 i
    shift
    for ((i = 0; i < runs; i++)); do "$timed" "$log" "$name" "$@" >"$dir/$name.out" 2>"$dir/$name.err"; done
    [ "$(best "$name" | cut -d' ' -f4)" -eq 0 ] || sed 's/^/    /' "$dir/$name.err" | head -n 3
}
have() { command -v "$1" >/dev/null 2>&1; }
py() { /usr/bin/python3 -c "import $1" 2>/dev/null; }

echo "machine: $(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1048576 }' /proc/meminfo), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), load $(cut -d' ' -f1 /proc/loadavg)"
echo "input: CT phantom $size, 0.7 x 0.7 x 1 mm, surface at $iso HU; best of $runs runs"
gen_series --body ct --size "$size" --spacing 0.7,0.7,1 -o ct >/dev/null || { echo "bench: gen_series failed" >&2; exit 2; }
echo

# ---- the stages, one at a time, through files ----
run dcmseg dcmseg ct --threshold "$iso" -q -o v.nrrd
[ -s v.nrrd ] && run mcubes mcubes v.nrrd -q -o m.ply
[ -s m.ply ] && run meshfix meshfix m.ply -q -o f.ply
[ -s f.ply ] && {
    run check meshfix --check f.ply
    run measure meshmeasure f.ply -q
    run against meshmeasure f.ply --against ct -q
    run stl meshmeasure f.ply -q -o part.stl
    run tmf meshmeasure f.ply -q -o part.3mf
}

# ---- the whole pipe ----
for ((i = 0; i < runs; i++)); do
    # shellcheck disable=SC2016
    "$timed" "$log" pipe bash -o pipefail -c '"$1" "$2" p_dcmseg dcmseg ct --threshold "$3" -q | "$1" "$2" p_mcubes mcubes -q | "$1" "$2" p_meshfix meshfix -q |
        "$1" "$2" p_meshmeasure meshmeasure --against ct --report report.html -o pipe.3mf -q' - "$timed" "$log" "$iso" >pipe.out 2>pipe.err
done
[ "$(best pipe | cut -d' ' -f4)" = 0 ] || sed 's/^/    /' pipe.err | head -n 5

printf '%-46s %8s %8s %8s\n' stage 'wall s' 'cpu s' 'peak MB'
row dcmseg "dcmseg (DICOM -> NRRD)"
row mcubes "mcubes (NRRD -> PLY, audited)"
row meshfix "meshfix (PLY -> PLY, audited)"
row check "meshfix --check"
row measure "meshmeasure"
row against "meshmeasure --against"
row stl "meshmeasure -o part.stl"
row tmf "meshmeasure -o part.3mf"
row pipe "whole pipe, DICOM -> report and 3MF"
for s in dcmseg mcubes meshfix meshmeasure; do row p_$s "    $s in it"; done
awk '$1 ~ /^p_/ && $4 > m[$1] { m[$1] = $4 } END { for (s in m) t += m[s]; printf "%-46s %8s %8s %8.0f\n", "    sum of the peaks (of the largest processes)", "", "", t / 1024 }' "$log"
[ ! -s v.nrrd ] || ls -l v.nrrd f.ply part.stl part.3mf report.html 2>/dev/null | awk '{ printf "%s%s %.1f MB", (NR > 1 ? ", " : "files: "), $9, $5 / 1e6 } END { print "" }'

# ---- peers, whole process against whole process, and filter against filter ----
echo
# filters VOLUME LEVEL|labels THREADS PEER NAME [ISO]: our filter alone beside the memory and a peer's, in turns; the machine may
# be busy, so the time of the processors counts as well as that of the clock. Leaves the seconds of ours in filter_ours.
filters() {
    local i ours wall cpu audit_wall audit_cpu triangles voxels bytes memory
    : >ours.log
    : >peer.log
    for ((i = 0; i < runs; i++)); do
        "$stages" "$1" "$2" "$3" >>ours.log
        ! py vtk || /usr/bin/python3 "$here/iso_peer.py" "$4" "$1" "${6:-$2}" vtk.stl "$3" >>peer.log 2>/dev/null
    done
    ours=$(awk 'function least(c) { if (NR == 1 || $c < m[c]) m[c] = $c } { for (i = 1; i <= NF; i++) least(i) }
        END { if (NR) print m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8] }' ours.log)
    read -r wall cpu audit_wall audit_cpu triangles voxels bytes memory <<<"$ours"
    [ -n "${memory:-}" ] || { echo "our filter on $1, threads $3: not measured"; return; }
    awk -v n="$3" -v f="$wall" -v c="$cpu" -v a="$audit_wall" -v ac="$audit_cpu" -v t="$triangles" -v v="$voxels" -v b="$bytes" -v m="$memory" -v w="$(stat -c %s "$1")" 'BEGIN {
        printf "our filter, threads %d: %.3f s wall, %.3f s cpu, %.0f M voxels/s, %.1f M triangles/s, %.0f %% of the bandwidth of memory (%.1f GB/s); audit alone %.3f s wall, %.3f s cpu; %d triangles\n",
            n, f, c, v / f / 1e6, t / f / 1e6, 100 * b / f / (w / m), w / m / 1e9, a, ac, t }'
    filter_ours=$wall
    if [ -s peer.log ]; then
        awk -v n="$3" -v name="$5" -v f="$wall" -v c="$cpu" '!k++ || $1 < w { w = $1 } k == 1 || $2 < u { u = $2 } { t = $3 }
            END { printf "%s, threads %d: %.3f s wall, %.3f s cpu: %.2f x our wall, %.2f x our cpu; %d triangles\n", name, n, w, u, w / f, u / c, t }' peer.log
    else echo "$5: not in this VTK, or VTK is not installed"; fi
}
filter_ours=
threads=1
[ "$(nproc)" -eq 1 ] || threads="1 2"
if [ -s v.nrrd ]; then
    for n in $threads; do filters v.nrrd "$iso" "$n" vtk "VTK Flying Edges"; done
fi
filter_iso=$filter_ours labels=12
if /usr/bin/python3 "$here/iso_peer.py" labels "${BENCH_LABELS:-256x256x200}" "$labels" l.nrrd 2>/dev/null; then
    echo
    echo "labels: ${BENCH_LABELS:-256x256x200}, $labels of them; ours are smoothed in 30 steps and share their walls, the peer's are neither"
    for n in $threads; do filters l.nrrd labels "$n" discrete "VTK Discrete Flying Edges" "$labels"; done
    filters l.nrrd labels 1 nets "VTK Surface Nets" "$labels" | tail -n 1
    run labels mcubes --labels l.nrrd -q -o l.ply
    printf '\n%-46s %8s %8s %8s\n' labels 'wall s' 'cpu s' 'peak MB'
    row labels "mcubes --labels (NRRD -> PLY, audited)"
    if py vtk; then
        run discrete /usr/bin/python3 "$here/iso_peer.py" discrete l.nrrd "$labels" l.stl
        row discrete "VTK Discrete Flying Edges (NRRD -> STL)" "$(times discrete labels)"
    fi
fi
echo
printf '%-46s %8s %8s %8s\n' peer 'wall s' 'cpu s' 'peak MB'
if [ -s v.nrrd ]; then
    for peer in vtk skimage; do
        name=$([ $peer = vtk ] && echo "VTK Flying Edges" || echo "scikit-image marching_cubes")
        if ! py $peer; then echo "$name: not installed (python3-$([ $peer = vtk ] && echo vtk9 || echo skimage))"; continue; fi
        run $peer /usr/bin/python3 "$here/iso_peer.py" $peer v.nrrd "$iso" $peer.stl
        read -r filter _ triangles <"$peer.out"
        row $peer "$name (NRRD -> STL)" "$(times $peer mcubes) (mcubes, which audits its mesh too); filter alone ${filter:-?} s ($(awk -v a="${filter:-0}" -v b="${filter_iso:-0}" 'BEGIN { if (a > 0 && b > 0) printf "%.2f x our filter", a / b }')), ${triangles:-?} triangles"
    done
    if have nii2mesh && /usr/bin/python3 "$here/iso_peer.py" nifti v.nrrd 0 v.nii; then
        run nii2mesh nii2mesh v.nii -i "$iso" -l 0 -p 0 -r 1 n.stl
        row nii2mesh "nii2mesh (NIfTI -> STL)" "$(times nii2mesh mcubes)"
    else echo "nii2mesh: not installed (neurolabusc/nii2mesh)"; fi
fi
if [ -s part.stl ]; then
    if have admesh; then
        run admesh admesh -e part.stl
        row admesh "admesh -e (edges of the STL by coordinates)" "$(times admesh check) (meshfix --check, which tests self-intersection too)"
    else echo "admesh: not installed"; fi

    # ---- mesh files: read and write alone, by the library's readers and writers; 3MF checks manifold and orientation on writing, as the peer does ----
    copy=$B/tests/lib/meshfile_copy
    run stl_stl "$copy" part.stl c.stl
    run stl_ply "$copy" part.stl c.ply
    run ply_ply "$copy" c.ply d.ply
    run stl_tmf "$copy" part.stl c.3mf
    run read_tmf "$copy" c.3mf
    echo
    printf '%-46s %8s %8s %8s\n' 'mesh files' 'wall s' 'cpu s' 'peak MB'
    row stl_stl "STL -> STL, joined"
    row stl_ply "STL -> PLY, joined"
    row ply_ply "PLY -> PLY"
    row stl_tmf "STL -> 3MF, joined, checked"
    row read_tmf "3MF read"
    if have admesh; then
        run admesh_copy admesh -c -b a.stl part.stl
        row admesh_copy "admesh STL -> STL, nothing joined" "$(times admesh_copy stl_stl)"
    fi
    if g++ -O2 "$here/../oracle/lib3mf_peer.cpp" -I/usr/include/lib3mf -l3MF -o lib3mf_peer 2>/dev/null; then
        run l3mf_write ./lib3mf_peer write part.stl l.3mf
        run l3mf_read ./lib3mf_peer read l.3mf
        row l3mf_write "lib3mf STL -> 3MF, joined, checked" "$(times l3mf_write stl_tmf)"
        row l3mf_read "lib3mf 3MF read" "$(times l3mf_read read_tmf)"
        ls -l c.3mf l.3mf | awk '{ printf "%s%s %.1f MB", (NR > 1 ? ", lib3mf " : "files: "), $9, $5 / 1e6 } END { print "" }'
    else echo "lib3mf: not installed (lib3mf-dev)"; fi
fi

# ---- the surface with planted faults, checked and repaired, beside the repair of admesh, which tests no intersections ----
if [ -s f.ply ] && gen_damage --holes 200 --flips 100 --duplicates 500 --seams 50 --tjunctions 200 f.ply -o bad.ply; then
    many=$runs runs=1
    run mended meshfix bad.ply -q -o mended.ply
    echo
    printf '%-46s %8s %8s %8s\n' 'planted faults: 200 holes and others' 'wall s' 'cpu s' 'peak MB'
    row mended "meshfix (PLY -> PLY, audited)"
    if have admesh && meshconv bad.ply -q -o bad.stl; then
        run admesh_mended admesh -b mended.stl bad.stl
        meshfix --check -q --json w.json mended.stl >/dev/null 2>&1
        row admesh_mended "admesh (STL -> STL)" "$(times admesh_mended mended); $(jq -r '.audit.before | "left: \(.open_edges) open, \(.nonmanifold_edges) non-manifold edges, \(.selfintersecting_pairs) intersections, \(.inverted_components) inverted"' w.json)"
    fi
    runs=$many
fi

# ---- decimation to a tenth, once: whole processes, and what is left wrong in what they give ----
wrong() { # FILE: faults and distance from the input
    meshfix --check -q --json w.json "$1" >/dev/null 2>&1
    meshdiff -q f.ply "$1" --json w2.json >/dev/null 2>&1
    [ -s w.json ] && [ -s w2.json ] || return 0
    jq -r -n --slurpfile a w.json --slurpfile d w2.json '$a[0].audit.before as $x | $d[0].deviation as $y |
        "\($x.triangles) triangles; non-manifold edges \($x.nonmanifold_edges), intersections \($x.selfintersecting_pairs), open edges \($x.open_edges); mm: mean \($y.a_to_b.mean_mm | (if type == "object" then .value else . end) * 1e4 | round / 1e4), maximum \($y.hausdorff_upper_mm * 1e4 | round / 1e4)"'
}
if [ -s f.ply ]; then
    many=$runs runs=1
    echo
    printf '%-46s %8s %8s %8s\n' 'decimation to 10 %' 'wall s' 'cpu s' 'peak MB'
    run decimate meshfix f.ply -q --decimate 10% -o few.ply
    run decimate_1 meshfix f.ply -q -j 1 --decimate 10% -o few1.ply
    row decimate "meshfix --decimate (audited, distance bounded)" "$(wrong few.ply)"
    row decimate_1 "    with one thread"
    if g++ -O2 "$here/../oracle/decimate_peer.cpp" -lmeshoptimizer -o decimate_peer 2>/dev/null; then
        run meshopt ./decimate_peer f.ply 10 peer.ply
        row meshopt "meshoptimizer" "$(times meshopt decimate); $(wrong peer.ply)"
    else echo "meshoptimizer: not installed (libmeshoptimizer-dev)"; fi
    if py vtk; then
        run vtkquadric /usr/bin/python3 "$here/decimate_peer.py" f.ply 10 peer.ply
        row vtkquadric "VTK quadric decimation" "$(times vtkquadric decimate); $(wrong peer.ply)"
    fi
    if have cgal_tool; then
        run cgal cgal_tool decimate f.ply peer.ply .1 lt
        row cgal "CGAL Lindstrom-Turk" "$(times cgal decimate); $(wrong peer.ply)"
    else echo "CGAL: no driver cgal_tool in PATH"; fi
    echo
    printf '%-46s %8s %8s %8s\n' 'distance from the 10 %' 'wall s' 'cpu s' 'peak MB'
    widest() { jq -r '.deviation | "\(.hausdorff_lower_mm) to \(.hausdorff_upper_mm) mm"' "$1" 2>/dev/null; }
    run maximum meshdiff -q --maximum --precision 0.01 f.ply few.ply --json h.json
    run maximum_1 meshdiff -q -j 1 --maximum --precision 0.01 f.ply few.ply
    run deviation meshdiff -q --precision 0.01 f.ply few.ply
    run overlap meshdiff -q --maximum --overlap --precision 0.01 f.ply few.ply
    row maximum "meshdiff --maximum (bounds 0.01 mm apart)" "$(widest h.json)"
    row maximum_1 "    with one thread"
    row deviation "meshdiff (audited, means, percentiles, sides)"
    row overlap "meshdiff --maximum --overlap (audited)"
    if g++ -O2 "$here/../oracle/embree_peer.cpp" -lembree3 -lpthread -o embree_peer 2>/dev/null; then
        run embree ./embree_peer f.ply few.ply
        row embree "Embree, vertices, no bound" "$(times embree maximum); $(cat embree.out) mm"
    else echo "Embree: not installed (libembree-dev)"; fi
    if have metro; then
        run metro metro f.ply few.ply
        row metro "metro, its default samples" "$(times metro maximum)"
    else echo "metro: not installed"; fi
    if have cgal_tool; then
        run cgalhaus cgal_tool hausdorff f.ply few.ply approx
        row cgalhaus "CGAL approximate distance" "$(times cgalhaus maximum)"
    elif g++ -O2 -frounding-math "$here/../oracle/compare_peer.cpp" -lgmp -lmpfr -o compare_peer 2>/dev/null; then
        run cgalhaus ./compare_peer hausdorff f.ply few.ply
        row cgalhaus "CGAL approximate distance" "$(times cgalhaus maximum); $(cat cgalhaus.out) mm"
    else echo "CGAL: not installed (libcgal-dev)"; fi
    runs=$many
fi

# ---- hollowing at one step, once: the decimated surface and the whole; and the check of walls ----
walls() { # FILE: what is wrong in it
    meshfix --check -q --json w.json "$1" >/dev/null 2>&1
    [ ! -s w.json ] || jq -r '.audit.before as $x | "\($x.triangles) triangles; intersections \($x.selfintersecting_pairs), open edges \($x.open_edges)"' w.json
}
if [ -s f.ply ] && [ -s few.ply ]; then
    many=$runs runs=1
    vdb=
    g++ -O2 "$here/../oracle/vdb_peer.cpp" -lopenvdb -ltbb -o vdb_peer 2>/dev/null && vdb=1
    echo
    printf '%-46s %8s %8s %8s\n' 'hollowing, wall 1.5 mm, step 0.5 mm' 'wall s' 'cpu s' 'peak MB'
    for m in few f; do
        run "hollow_$m" meshshell -q --hollow 1.5mm --grid 0.5mm --allow thin "$m.ply" --json h.json -o hollow.ply
        row "hollow_$m" "meshshell --hollow (checked by balls), $m.ply" "$([ ! -s h.json ] || jq -r '"least wall \(.hollow.measured.min_mm * 1e4 | round / 1e4) mm"' h.json); $(walls hollow.ply)"
        if [ "$vdb" ]; then
            run "vdb_$m" ./vdb_peer "$m.ply" 1.5 0.5 vdb.ply
            row "vdb_$m" "OpenVDB, $m.ply" "$(times "vdb_$m" "hollow_$m"); $(walls vdb.ply)"
        fi
        rm -f hollow.ply vdb.ply h.json w.json
    done
    [ "$vdb" ] || echo "OpenVDB: not installed (libopenvdb-dev)"
    runs=$many
fi

# ---- segmentation: filters and regions beside ITK ----
if [ -s v.nrrd ]; then
    echo
    "$here/segment.sh" v.nrrd "$iso" "$B/tests/lib/grey_stages" "$here/../oracle/itk_peer.cpp"
fi
