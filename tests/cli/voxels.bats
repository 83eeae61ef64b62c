#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshdiff --volumes and --images: segmentations and images whose differences are known, and what is refused.

load common

setup() {
    TOOL=meshdiff
    cd "$BATS_TEST_TMPDIR" || return 1
}

# cube FILE N FROM TO VALUE [SPACING] [ORIGIN]: N^3 bytes, VALUE where FROM <= i, j, k < TO, else 0.
cube() {
    {
        printf 'NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: %d %d %d\n' "$2" "$2" "$2"
        printf 'space directions: (%s,0,0) (0,%s,0) (0,0,%s)\nkinds: domain domain domain\nencoding: raw\nspace origin: (%s,0,0)\n\n' \
            "${6:-1}" "${6:-1}" "${6:-1}" "${7:-0}"
        # shellcheck disable=SC2059 # the bytes, as escapes
        printf "$(awk -v n="$2" -v a="$3" -v b="$4" -v v="$5" 'BEGIN { for (i = 0; i < n^3; i++) { x = i % n; y = int(i / n) % n; z = int(i / n / n)
            printf "\\%03o", ((x >= a && x < b && y >= a && y < b && z >= a && z < b) ? v : 0) } }')"
    } >"$1"
}

@test "meshdiff --volumes: a cube and one a voxel larger all round, by formula" {
    cube a.nrrd 16 4 12 1 0.5
    cube b.nrrd 16 3 13 1 0.5
    run -0 meshdiff -q --volumes --tol 1mm --json d.json a.nrrd b.nrrd
    [[ $output == *"tolerance 1 mm: pass"* ]]
    # 8^3 in 10^3; borders of 8^3 - 6^3 and 10^3 - 8^3 voxels; a corner of B is sqrt(3) * 0.5 mm from A, A 0.5 mm from B everywhere
    jq -e '.volumes[0] | (.dice - 1024 / 1512 | fabs) < 1e-12 and (.jaccard - 0.512 | fabs) < 1e-12 and .border_voxels == [296, 488]
        and .hausdorff_directed_mm[0] == 0.5 and (.hausdorff_mm - 0.5 * (3 | sqrt) | fabs) < 1e-6 and .voxel_count_mm3 == [64, 125]
        and (.mean_directed_mm[1] - 0.5 * (6 * 64 + 12 * 8 * (2 | sqrt) + 8 * (3 | sqrt)) / 488 | fabs) < 1e-6 and .surface_dice == 1' d.json
    run -1 --separate-stderr meshdiff -q --volumes --tol 0.86mm a.nrrd b.nrrd
    [ "${#stderr_lines[@]}" -eq 1 ]
    run -0 meshdiff -q --volumes --tol 0.8660254mm a.nrrd b.nrrd
    for j in 1 2 3; do
        meshdiff -q -j $j --volumes --json $j.json b.nrrd a.nrrd >$j.txt
        cmp 1.json $j.json && cmp 1.txt $j.txt
    done
}

@test "meshdiff --volumes: labels by number, one that is in one file only, and two that are picked" {
    cube a.nrrd 8 2 6 3
    cube b.nrrd 8 2 6 5
    run -0 meshdiff -q --volumes --tol 0 --json d.json a.nrrd b.nrrd # one each: compared whatever the number
    jq -e '.volumes | length == 1 and .[0].label == [3, 5] and .[0].dice == 1 and .[0].hausdorff_mm == 0' d.json
    { head -c -512 a.nrrd; head -c 4 /dev/zero | tr '\0' '\7'; tail -c 508 a.nrrd; } >c.nrrd
    run -1 meshdiff -q --volumes --tol 9 --json d.json a.nrrd c.nrrd
    jq -e '.volumes | length == 2 and .[0].dice == 1 and .[1].label == [0, 7] and .[1].dice == 0 and .[1].voxels == [0, 4]' d.json
    run -0 meshdiff -q --volumes --tol 0 --label 3 a.nrrd c.nrrd
}

@test "meshdiff --images: equal, one sample changed, border, tolerance" {
    cube a.nrrd 8 2 6 100
    cp a.nrrd b.nrrd
    run -0 meshdiff -q --images a.nrrd b.nrrd
    [[ $output == *"0 of 512 samples"* ]]
    printf '\x69' | dd of=b.nrrd bs=1 seek=$(($(stat -c %s b.nrrd) - 512 + 3 + 8 * 2 + 64 * 7)) conv=notrunc status=none # 105 at 3 2 7
    run -1 --separate-stderr meshdiff -q --images --json d.json a.nrrd b.nrrd
    [[ $stderr == "meshdiff: 1 of 512 samples differ" ]]
    jq -e '.images | .differ == 1 and .first.ijk == [3, 2, 7] and .first.a == 0 and .first.b == 105 and .box_ijk == [[3, 2, 7], [3, 2, 7]]
        and (.mean_difference - 105 / 512 | fabs) < 1e-12 and .least == .greatest' d.json
    run -0 meshdiff -q --images --border 1 a.nrrd b.nrrd
    run -0 meshdiff -q --images --value-tol 105 a.nrrd b.nrrd
    run -1 meshdiff -q --images --value-tol 104.9 a.nrrd b.nrrd
    cube moved.nrrd 8 2 6 100 1 0.01
    cube other.nrrd 9 2 6 100
    run -1 --separate-stderr meshdiff -q --images a.nrrd moved.nrrd
    [[ $stderr == *"grids differ: samples of the same number lie up to 0.01 voxels apart"* ]]
    run -1 --separate-stderr meshdiff -q --images a.nrrd other.nrrd
    [[ $stderr == *"A has 8x8x8 samples, B 9x9x9"* ]]
}

@test "meshdiff --images: a DICOM series, its copy in another transfer syntax, and one with an altered slice" {
    gen_series --size 16x16x4 --radius 5 -o a
    gen_series --size 16x16x4 --radius 5 --transfer rle --order reverse -o b
    gen_series --size 16x16x4 --radius 5 --inside 1001 -o c
    run -0 meshdiff -q --images a b
    run -1 meshdiff -q --images --json d.json a c
    jq -e '.images | .differ > 0 and .differ < .compared and .greatest.b - .greatest.a == 1' d.json
    run -0 meshdiff -q --images --value-tol 1 a c
}

@test "meshdiff --volumes and --images: refused in one line" {
    cube a.nrrd 8 2 6 1
    cube half.nrrd 8 2 6 1 1 0.5
    cube small.nrrd 4 0 4 1
    refuses 2 d.json meshdiff --volumes --json d.json a.nrrd half.nrrd
    [[ $stderr == *"0.5 voxels beside"* ]]
    run -0 meshdiff -q --volumes a.nrrd small.nrrd # smaller, on the same samples
    refuses 2 d.json meshdiff --volumes --json d.json small.nrrd a.nrrd
    [[ $stderr == *"beyond the grid of A"* ]]
    refuses 2 d.json meshdiff --images --border 4 --json d.json a.nrrd a.nrrd
    refuses 2 d.json meshdiff --images --volumes a.nrrd a.nrrd
    refuses 2 d.json meshdiff --images --tol 1 a.nrrd a.nrrd
    refuses 2 d.json meshdiff --volumes -o d.json a.nrrd a.nrrd
    refuses 2 d.json meshdiff --border 1 a.nrrd a.nrrd
    refuses 2 d.json meshdiff --images --value-tol -1 a.nrrd a.nrrd
    refuses 2 d.json meshdiff --images a.nrrd missing
    head -c 300 a.nrrd >cut.nrrd
    refuses 2 d.json meshdiff --images --json d.json a.nrrd cut.nrrd
    refuses 2 d.json meshdiff --volumes --json d.json cut.nrrd a.nrrd
}
