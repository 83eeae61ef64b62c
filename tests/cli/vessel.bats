#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A tree of vessels along its centreline, against the lengths and radii that the phantom is made of; what is no vessel.
load common

setup_file() {
    export F=$BATS_FILE_TMPDIR
    cd "$F"
    gen_series --body vessels --size 140x100x130 --spacing 0.7,0.7,0.7 -o ct --truth truth.json
    dcmseg -q ct --threshold 500 | mcubes -q -o tree.ply
    gen_bodies --body torus --triangles 2000 -o ring.ply
}

@test "a tree of 31 segments: ends, forks, lengths, radii; report, rows and verdicts" {
    cd "$BATS_TEST_TMPDIR"
    # 17 ends; from the tips of the round ends it is 363.93 mm in all: 31 axes, each 0.82 or 0.72 of its parent's, and the radii at the ends
    run -0 meshmeasure -q --vessel "$F/tree.ply" --json m.json --report r.html --centreline c.csv \
        -e centreline=363.93mm,tol=1% -e ends=17 -e forks=15
    [[ $output == *"31 branches, 17 ends, 15 forks"* && $output == *"verdict: pass"* ]]
    # the root: 24 mm and its round end of 5 mm, from 10 to 9 mm wide; the mesh lies inside by what 0.7 mm voxels cost
    jq -e '[.vessel.branches[] | select(.greatest.diameter_mm > 9)] | length == 1 and
        (.[0] | (.length_mm - 29 | fabs) < 0.9 and .greatest.diameter_mm < 10 and .greatest.diameter_mm > 9.6)' m.json
    jq -e '.vessel.loops == 0 and .options.vessel and (.vessel.volume_of_sections - 1 | fabs) < 0.15' m.json
    # the least segment ends 1.74 mm wide
    jq -e '.vessel.least.diameter_mm < 1.75 and .vessel.least.diameter_mm > 1.2' m.json
    jq -e '[.vessel.branches[].points[]] | length > 300 and all(length == 11)' m.json
    [ "$(wc -l < c.csv)" -eq "$(jq '[.vessel.branches[].points[]] | length + 1' m.json)" ]
    head -1 c.csv | grep -q '^branch,along_mm,x_mm,y_mm,z_mm,diameter_mm,'
    grep -q '<section id="vessel"' r.html
    grep -q 'class="course"' r.html
    run -0 meshmeasure -q -j 1 --vessel "$F/tree.ply" --json one.json
    cmp <(jq .vessel m.json) <(jq .vessel one.json)
}

@test "what is too thin for the voxels and what the image's border cuts is said, and counts for no narrowing" {
    cd "$BATS_TEST_TMPDIR"
    # 30 mm of the field's height are left out: the root is cut across, two branches from the side
    gen_series --body vessels --size 140x100x75 --spacing 0.7,0.7,0.7 -o ct
    dcmseg -q ct --threshold 500 --keep largest | mcubes -q -o cut.ply
    run -1 meshmeasure -q --vessel cut.ply --json m.json --report r.html --centreline c.csv -e least-lumen=1.74mm -e narrowing=0.05
    [[ $output == *"; NOT RESOLVED"*"resolved from "*" 2.100 mm   3 voxels of 0.700 mm (widest edge, by the records)"* ]]
    [[ $output == *$'\n'"cut                           1   cut ends, 3 cuts: "* ]]
    [[ $output == *"verdict: undecided: least-lumen: "*"it is not resolved there: thinner than 3 voxels of 0.7 mm"* ]]
    jq -e '.vessel | .limits.voxel_mm == 0.7 and .limits.cuts == 3 and .limits.cut_ends == 1 and .least.resolved == false
        and ([.nodes[] | select(.cut)] | length) == 1 and ([.branches[] | select(.near_cut_mm > 0)] | length) >= 3' m.json
    # without the cut no point of these is narrower than the least segment's end; those that the cut made so are flagged
    jq -e '.vessel | .least.diameter_mm > 1.2 and .known_to.fork_radii == 0.2
        and ([.branches[].points[] | select(.[4] != null and .[4] < 1.2)] | length > 0 and all(.[10] == "near a cut"))' m.json
    jq -e '[.warnings[] | select(.text | startswith("vessel: "))] | length == 1' m.json
    grep -q 'near a cut$' c.csv
    grep -q 'not resolved$' c.csv
    grep -q 'What the voxels do not tell' r.html
    # without records the triangles say how fine it is
    meshconv -q cut.ply -o cut.stl
    run -0 meshmeasure -q --vessel cut.stl
    [[ $output == *"(as the triangles are)"* ]]
}

@test "one way through a tree; a ring" {
    cd "$BATS_TEST_TMPDIR"
    # along the root's axis: 20 mm of it
    run -0 meshmeasure -q --vessel --from 1.6,-15.4,-32.25 --to 1.6,-9.8,-13.05 "$F/tree.ply" --json w.json
    jq -e '.vessel | (.length_mm - 20 | fabs) < 0.2 and .ends == 2 and .forks == 0 and (.branches | length) == 1' w.json
    jq -e '.options.from == "1.6,-15.4,-32.25"' w.json
    run -0 meshmeasure -q --vessel "$F/ring.ply" --json r.json
    jq -e '.vessel | .ends == 0 and .loops == 1 and .branches[0].nodes == null and (.length_mm / (40 * 3.14159265) - 1 | fabs) < 0.01' r.json
}

@test "what is no vessel, and what does not fit" {
    cd "$BATS_TEST_TMPDIR"
    gen_bodies --body sphere --triangles 2000 -o ball.ply
    run -2 --separate-stderr meshmeasure --vessel ball.ply --json no.json
    [[ $stderr == "meshmeasure: --vessel: no tube: "* && ! -e no.json ]]
    run -2 --separate-stderr meshmeasure --from 0,0,0 ball.ply
    [[ $stderr == *"--from needs --vessel"* ]]
    run -2 --separate-stderr meshmeasure -e least-lumen=2mm ball.ply
    [[ $stderr == *"least-lumen needs --vessel"* ]]
    run -2 --separate-stderr meshmeasure --vessel --to 1,2 ball.ply
    [[ $stderr == *"--to '1,2': write x,y,z in patient mm"* ]]
    run -2 --separate-stderr meshmeasure --vessel --from 500,0,0 "$F/ring.ply"
    [[ $stderr == *"--from is "*" mm from the inside"* ]]
    gen_meshes -o .
    run -2 --separate-stderr meshmeasure --vessel open_edge_bad.stl
    [[ $stderr == *"needs a valid mesh, see meshfix"* ]]
}
