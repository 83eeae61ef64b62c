#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Large meshes with planted faults: the audit counts them all, and no more; meshfix mends what can be mended.

load common

all=(--holes 40 --flips 30 --duplicates 100 --spikes 40 --seams 20 --tjunctions 60)

setup_file() {
    command -v jq >/dev/null || skip "jq is not installed"
    cd "$BATS_FILE_TMPDIR"
    gen_bodies --body torus --triangles 200000 -o torus.ply --truth torus.json
}

setup() { cd "$BATS_TEST_TMPDIR"; torus=$BATS_FILE_TMPDIR/torus.ply; }

audited() { # MESH TRUTH: every count of the audit is the planted one
    run -1 meshfix --check --json got.json "$1"
    diff <(jq -S '.faults + {holes}' "$2") <(jq -S --slurpfile t "$2" '.audit.before | with_entries(select(.key as $k | $t[0].faults | has($k))) + {holes}' got.json)
    [ "$(jq .audit.before.components got.json)" -eq $((1 + $(jq .components_more "$2"))) ]
}

@test "200,000 triangles, six kinds of faults: found one by one" {
    gen_damage "${all[@]}" "$torus" -o bad.ply --truth truth.json
    [ "$(jq -c .planted truth.json)" = '{"holes":40,"flips":30,"duplicates":100,"spikes":40,"seams":20,"tjunctions":60}' ]
    [ "$(jq '[.faults[] | select(. > 0)] | length' truth.json)" -eq 6 ]
    audited bad.ply truth.json
}

@test "the surface of a vessel tree out of voxels: the same" {
    gen_series --body vessels --size 176x128x168 --spacing 0.5,0.5,0.5 -o tree
    dcmseg tree --threshold 500HU -q | mcubes -q >tree.ply
    gen_damage --holes 10 --flips 10 --duplicates 20 --spikes 10 --seams 5 --tjunctions 20 tree.ply -o bad.ply --truth truth.json
    audited bad.ply truth.json
}

@test "the same bytes for the same seed, others for another" {
    gen_damage "${all[@]}" "$torus" >a.ply
    gen_damage "${all[@]}" <"$torus" | cmp - a.ply
    ! gen_damage "${all[@]}" --seed 2 "$torus" | cmp -s - a.ply
}

@test "meshfix mends flips, duplicates, seams, T-junctions and holes: valid, of the volume it had but for the patches" {
    gen_damage --holes 40 --flips 30 --duplicates 100 --seams 20 --tjunctions 60 "$torus" -o bad.ply
    meshfix -q bad.ply -o good.ply
    run -0 meshfix --check good.ply
    meshmeasure --json good.json good.ply >/dev/null
    within 0.01 "$(jq .quantities.volume_mm3 good.json)" "$(number volume_mm3 "$BATS_FILE_TMPDIR/torus.json")"
}

@test "each step names its first places: where the check finds the faults, the same with any number of threads" {
    gen_damage --holes 40 --flips 30 --duplicates 100 --seams 20 --tjunctions 60 "$torus" -o bad.ply
    run -1 meshfix --check --json found.json bad.ply
    for j in 1 3; do meshfix -v -j $j --json r$j.json bad.ply 2>steps$j >good.ply; done
    cmp r1.json r3.json
    cmp steps1 steps3
    jq -e 'all(.repairs[]; (.count > 0) == (.places | length > 0) and (.places | length) <= 10)' r1.json
    while read -r step fault; do # every place of the step is near one of the fault
        jq -e --slurpfile f found.json --arg s "$step" --arg fault "$fault" '.repairs[] | select(.step == $s).places | length == 10 and all(.[]; . as $p |
            any($f[0].places[$fault][].at; (.[0] - $p[0] | fabs) < 0.5 and (.[1] - $p[1] | fabs) < 0.5 and (.[2] - $p[2] | fabs) < 0.5))' r1.json
    done <<<"weld coincident_vertices
duplicate duplicate_triangles
holes open_edges"
    [[ $(grep ' holes: ' steps1) =~ ', volume '.*' at ('.*') mm, ('.*'), ...' ]]
}

@test "gen_bodies: the mesh has the volume of its formula, to float32" {
    for b in sphere torus nested; do
        gen_bodies --body $b --triangles 20000 --truth t.json >m.ply
        run -0 meshmeasure --json m.json m.ply
        within 0.0001 "$(jq .quantities.volume_mm3 m.json)" "$(number volume_mm3 t.json)"
    done
    [ "$(jq '.integrity.final | .components, .cavities' m.json | xargs)" = "3 1" ]
}

@test "no room, no such body: one line" {
    refuses 2 out.ply gen_damage --seams 100000 "$torus" -o out.ply
    refuses 2 out.ply gen_bodies --body cow -o out.ply
}
