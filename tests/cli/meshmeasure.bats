#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# meshmeasure: numbers, verdicts and exit codes; what is written, and what is not.

load common

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    gen_meshes -o m
    gen_series --body ct --size 96x88x48 --spacing 0.7,0.7,1.25 --noise 10 -o ct
    gen_series --body sphere --size 40x40x20 --seed 2 -o other
    dcmseg ct --threshold 200 --keep largest | mcubes > ct.ply || true
}

setup() {
    mkdir "$BATS_TEST_TMPDIR/w" && cd "$BATS_TEST_TMPDIR/w" # bats keeps files of its own beside it
    M=$BATS_FILE_TMPDIR/m CT=$BATS_FILE_TMPDIR/ct PLY=$BATS_FILE_TMPDIR/ct.ply
}

@test "prints a table of quantities, exit 0, also for a mesh that is not valid" {
    run -0 --separate-stderr meshmeasure "$M/cavity_good.ply"
    [[ ${lines[0]} =~ ^volume\ +784\.000\ mm3 ]]
    [[ $output == *"from 0.000 to 10.000 mm"* ]]
    [[ $output == *"1   and 1 cavity"* ]]
    [ -z "$stderr" ]
    run -0 meshmeasure "$M/open_edge_bad.stl"
    [[ $output == *"volume "*"open edges, one at "*" mm): it has no volume"* ]]
}

@test "expectations: pass, fail and undecided by the rule" {
    meshmeasure "$M/cavity_good.ply" --expect volume=784mm3 --expect width=10.0mm --tol 1% -e components=1 -e cavities=1
    meshmeasure "$M/cavity_good.ply" -e centroid-x=5.00mm,tol=0.1mm
    run -1 meshmeasure "$M/cavity_good.ply" --expect volume=800mm3 --tol 1%
    [[ $output == *"verdict: fail: volume"* ]]
    run -1 meshmeasure "$M/cavity_good.ply" --expect volume=784mm3 --tol 0.05%
    [[ $output == *"verdict: undecided: volume"*"within the rounding of the reference"* ]]
    # in the units that were asked for, and what agrees as far as it was written says so
    run -0 meshmeasure "$M/cavity_good.ply" --expect volume=0.8ml --expect width=1.0cm --tol 20%
    [[ $output == *"0.784 ml "*"0.800 ml "*"pass, expected; tolerance: --tol; agrees within the rounding of the reference (+-0.05 ml)"* ]]
    [[ $output == *"1.0000 cm "*"(+-0.05 cm)"* ]]
    meshmeasure "$M/cavity_good.ply" --expect volume=0.8ml --tol 20% --json m.json --report m.html >/dev/null
    jq -e '.measurements[0] | .unit == "mm3" and .reference == 800 and .within_rounding' m.json
    grep -q 'agrees within the rounding of the reference (+-0.05 ml)' m.html
    run -1 meshmeasure "$M/self_intersect_bad.stl" --expect components=1
    [[ $output == *"verdict: fail: the mesh is not valid"* ]]
}

@test "units as asked, in table and report; the facts keep theirs and say so; no minus before a zero" {
    run -0 meshmeasure "$M/cavity_good.ply" --units cm,ml -e volume=784mm3 -e width=10.00mm --section z=1 --fit sphere --bed 20,20,20 \
        --density 1g/ml --json m.json --report m.html
    [[ $output == *"volume "*" 0.784 ml "*"area "*" 8.1600 cm2 "*"from 0.0000 to 1.0000 cm"*"centroid       0.5000 0.5000 0.5000 cm"* ]]
    [[ $output == *"section 1 "*" 1.0000 cm2   perimeter 4.0000 cm"*"1.0000 x 1.0000 x 1.0000 cm on 2.0000 x 2.0000 x 2.0000 cm"* ]]
    [[ $output == *$'\n'"volume "*"0.784 ml "*"0.784 ml "*"width "*"1.0000 cm "*"1.0000 cm "* ]]
    [[ $output != *" mm"* && $output != *"-0.0"[^0-9]* ]]
    jq -e '.units == {length: "mm", area: "mm2", volume: "mm3"} and .shown_in == {length: "cm", area: "cm2", volume: "ml"}
        and .options.units == "cm,ml" and .quantities.volume_mm3 == 784 and .measurements[2].value == 10' m.json
    sed -n '/id="verdict"/,/id="ledger"/p' m.html | sed 's/\xc2\xa0/ /g' >page
    grep -q '0.784.* ml' page
    grep -q '1.00 × 1.00 × 1.00.* cm' <(sed 's/<[^>]*>//g' page)
    if sed 's/<[^>]*>//g' page | grep -E '[0-9] (mm|mm²|mm³)([^a-z]|$)'; then false; fi
    meshmeasure "$M/cavity_good.ply" --json m.json >/dev/null
    jq -e '.units.volume == "mm3" and (has("shown_in") | not)' m.json
    for u in "" cm, inch cm,mm ml,cm3 g; do refuses 2 o.json meshmeasure "$M/cavity_good.ply" --units "$u" --json o.json; done
    # a box whose sides lie on zero, from below
    printf 'OFF\n4 4 0\n-1e-9 -0.0 -0.0\n-1 0 0\n0 -1 0\n0 0 -1\n3 0 1 2\n3 0 3 1\n3 0 2 3\n3 1 3 2\n' >z.off
    run -0 meshmeasure z.off
    [[ $output == *"from -1.000 to 0.000 mm"* && $output != *"-0.000"* ]]
}

@test "bad options and bad meshes are one line and exit 2, nothing is written" {
    refuses 2 p.stl meshmeasure "$M/cavity_good.ply" --expect vol=3ml -o p.stl
    [[ $stderr == *"volume, area, width"* ]]
    refuses 2 p.stl meshmeasure "$M/cavity_good.ply" --expect centroid-x=5mm -o p.stl
    refuses 2 p.stl meshmeasure "$M/cavity_good.ply" --expect volume=3ml --tol 5 -o p.stl
    refuses 2 p.xyz meshmeasure "$M/cavity_good.ply" -o p.xyz
    refuses 2 p.stl meshmeasure "$M/cavity_good.ply" -o - --json - -o p.stl
    refuses 2 p.stl meshmeasure "$M/nonfinite_bad.ply" -o p.stl
    refuses 2 p.stl meshmeasure "$M/zero_triangles_bad.ply" -o p.stl
    refuses 2 p.stl meshmeasure /dev/null -o p.stl
    refuses 2 p.stl meshmeasure "$M/cavity_good.ply" --against "$CT" -o p.stl
    [[ $stderr == *"records are missing or do not belong to this mesh"* ]]
    [ -z "$(ls)" ]
}

@test "part, report and facts are put in place together, or not at all" {
    meshmeasure "$M/cavity_good.ply" -e volume=784mm3 -o p.3mf -o p.stl -o p.ply --report r.html --json j.json --case 'L 17'
    [ "$(ls | wc -l)" -eq 5 ]
    for f in p.3mf p.stl p.ply; do grep -q "$(sha256sum < "$f" | cut -d' ' -f1)" j.json; done
    [ "$(number volume_mm3 j.json)" ]
    grep -q '"verdict": "pass"' j.json
    grep -q '"case": "L 17"' j.json
    grep -q 'libadmesh' j.json
    grep -q 'L 17' r.html
    ! grep -q "$PWD" j.json r.html p.ply p.stl
    cmp -n 80 p.stl <(meshmeasure "$M/cavity_good.ply" -q -o q.stl --case 'L 17' >/dev/null; cat q.stl)
    rm -f ./*
    run -2 meshmeasure "$M/cavity_good.ply" -o p.3mf -o p.stl --report nowhere/r.html
    [ -z "$(ls)" ]
    run -2 meshmeasure "$M/cavity_good.ply" -o p.3mf --json /dev/full
    [ -z "$(ls)" ]
    run -2 bash -c "meshmeasure $M/cavity_good.ply -o p.3mf --json j.json > /dev/full"
    [ -z "$(ls)" ]
}

@test "no part when the answer is no, unless FAILED is asked for" {
    run -1 meshmeasure "$M/cavity_good.ply" -e volume=1ml,tol=1mm3 -e width=9.0mm -o p.3mf -o p.stl --json j.json
    [ "$(ls)" = j.json ]
    grep -q '"verdict": "fail"' j.json
    run -1 meshmeasure "$M/cavity_good.ply" -e width=9.0mm -o p.3mf -o p.stl --write-failed
    [ "$(echo *)" = "j.json p.FAILED.3mf p.FAILED.stl" ]
    head -c 80 p.FAILED.stl | grep -q FAILED
    rm -f ./*
    run -1 meshmeasure "$M/open_edge_bad.stl" -o p.stl
    [ -z "$(ls)" ]
    run -1 --separate-stderr meshmeasure "$M/open_edge_bad.stl" -o p.stl -o p.3mf --write-failed
    [ "$(ls)" = p.FAILED.stl ]
    [[ $stderr == *"p.FAILED.3mf is not written"* ]]
}

@test "-o - sends the mesh with this tool's record, and nothing when the answer is no" {
    meshmeasure "$M/cavity_good.ply" -e volume=784mm3 -o - > a.ply
    grep -aq '"tool":"meshmeasure"' a.ply
    meshmeasure a.ply -e volume=784mm3 > t
    run -1 --separate-stderr meshmeasure "$M/cavity_good.ply" -e width=9.0mm -o -
    [ -z "$output" ]
    refuses 2 none meshmeasure "$M/cavity_good.ply" -e width=9.0mm --write-failed -o - # as meshfix has it
    run -2 bash -c "meshmeasure $M/cavity_good.ply -q -e width=9.0mm -o - | meshmeasure"
    ! (meshmeasure "$M/cavity_good.ply" -o - | head -c 700 | meshmeasure) 2>/dev/null
}

@test "the same bytes for any number of threads and any locale" {
    meshmeasure "$PLY" --against "$CT" -j 1 -o a.3mf -o a.ply --report a.html --json a.json > a.txt
    LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo meshmeasure "$PLY" --against "$CT" -j 3 -o b.3mf -o b.ply --report b.html --json b.json > b.txt
    for x in 3mf ply html json txt; do cmp a.$x b.$x; done
}

@test "against the source: the pipe's mesh passes with the recorded numbers" {
    run -0 meshmeasure "$PLY" --against "$CT" --json j.json --report r.html
    [[ $output == *"verdict: pass"* ]]
    [[ $output =~ dice\ +1\ +1 ]]
    grep -q '"dice": 1.0' j.json
    grep -q '"name": "ledger"' j.json
    [ "$(number mesh_voxels j.json)" = "$(number mask_voxels j.json)" ]
    ! grep -qE "$CT|PHANTOM" j.json r.html
}

@test "against the source: mirrored, shifted, cut off from its records or of another series" {
    for how in '--mirror x' '--mirror y' '--mirror z' '--shift 0.7,0,0' '--shift 0,0,-1.25'; do
        # shellcheck disable=SC2086
        gen_move $how < "$PLY" > moved.ply
        run -1 meshmeasure moved.ply --against "$CT" -o p.3mf --json j.json
        [[ $output == *"verdict: fail"* ]] || { echo "$how: $output"; return 1; }
        [ ! -e p.3mf ]
        grep -q '"verdict": "fail"' j.json
        rm -f j.json moved.ply
    done
    refuses 2 p.3mf meshmeasure "$PLY" --against "$BATS_FILE_TMPDIR/other" -o p.3mf
    [[ $stderr == *"is not among the 1 series"* ]]
    meshmeasure "$PLY" -q -o p.stl > /dev/null
    refuses 2 p.3mf meshmeasure p.stl --against "$CT" -o p.3mf
    # one pixel of the source changed: other pixels than recorded
    cp -r "$CT" altered
    f=$(ls altered/* | head -n 1)
    printf '\377' | dd of="$f" bs=1 seek=$(($(stat -c %s "$f") - 2)) conv=notrunc status=none
    refuses 2 p.3mf meshmeasure "$PLY" --against altered -o p.3mf
    [[ $stderr == *"pixels of the series are not those"* ]]
    # records of one mesh on top of another
    sed 's/"lo":200/"lo":201/' "$PLY" > forged.ply
    refuses 2 p.3mf meshmeasure forged.ply --against "$CT" -o p.3mf
}

# Two boxes of 2 and 1 ml with a common wall, in patient space and with names.
two_boxes() {
    gen_meshes -o boxes
    sed 's/^element vertex/comment SPACE=LPS\nobj_info units mm\nobj_info meshqa_part 1 e6b422 left kidney\nobj_info meshqa_part 2 - liver\n&/' \
        boxes/shared_wall_good.ply
}

@test "several parts: sums and a line for each, 3MF and PLY with all, STL refused with a hint" {
    cd "$BATS_TEST_TMPDIR"
    two_boxes >two.ply
    run -0 --separate-stderr meshmeasure two.ply -e volume=3.00000000ml -e area=1600.000mm2 -o out.3mf -o out.ply --json j.json --report r.html
    [[ $output == *"part 1 "*"2.000 ml"*"left kidney: valid"*"part 2 "*"1.000 ml"*"liver: valid"* ]]
    [ "$(jq -c '[.parts[].name, .second_opinion.good, .verdict]' j.json)" = '["left kidney","liver",true,"pass"]' ]
    unzip -p out.3mf 3D/3dmodel.model | grep -q 'name="liver"'
    cmp <(sed '1,/^end_header$/d' two.ply) <(sed '1,/^end_header$/d' out.ply)
    refuses 2 out.stl meshmeasure two.ply -o out.stl
    [[ $stderr == *"meshconv -o out.stl writes a file for each"* ]]
    meshmeasure -q --label liver two.ply -e volume=1.00000000ml -o liver.stl >/dev/null
    strings liver.stl | grep -q 'NAME=liver'
    run -1 meshmeasure boxes/shared_wall_bad.ply -o bad.3mf
    [ ! -e bad.3mf ]
}

@test "several parts in meshdiff and meshshell: as one body with a note, or one of them; meshshell does not guess" {
    cd "$BATS_TEST_TMPDIR"
    two_boxes >two.ply
    meshconv -q --join-parts two.ply -o joined.ply
    meshconv -q --label liver two.ply -o liver.ply
    run -0 --separate-stderr meshdiff -t 0mm two.ply joined.ply
    [[ $stderr == *"mesh A: 2 parts of the file were taken as one mesh, without the walls that they share (2 triangles)"* ]]
    meshdiff -q -t 0mm --label liver --json j.json two.ply liver.ply >/dev/null
    [ "$(jq .options.label j.json)" = 2 ]
    run -1 meshdiff -q -t 1mm --label 1 two.ply liver.ply
    refuses 2 x.ply meshdiff -q --label 1 -o x.ply liver.ply joined.ply
    refuses 2 x.ply meshshell --hollow 1mm two.ply -o x.ply
    [[ $stderr == *"the mesh has 2 parts, 1 (left kidney), 2 (liver): choose one (--label), or take them as one body (--join-parts)"* ]]
    refuses 2 x.ply meshshell --hollow 1mm --label 1 --join-parts two.ply -o x.ply
    meshshell -q --hollow 2mm --label liver two.ply -o shell.ply
    run -0 meshmeasure shell.ply
    [[ $output == *"1 cavit"* || $output == *"and 1 cav"* ]]
    run -0 meshshell --check-wall 5mm --join-parts two.ply
}

@test "man page: lint, and every option of --list-options is in it" {
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    run mandoc -Tlint -W warning "$ROOT/man/meshmeasure.1"
    [ -z "$output" ]
    meshmeasure --list-options | cut -f1 | while read -r o; do grep -q -- "-${o#--}" "$ROOT/man/meshmeasure.1" || { echo "$o"; exit 1; }; done
}

@test "diameter, axes and shape: of a box by formula, judged by name" {
    meshmeasure "$M/cavity_good.ply" --json m.json -e diameter=17.32mm -e major-axis=12.52mm,tol=0.1mm -e sphericity=0.5,tol=60% >/dev/null
    jq -e '.shape | (.maximum_3d_diameter_mm - 17.320508 | fabs) < 1e-5 and .cavities_mm3 == 216 and (.oriented_box.extents_mm[0] - 10 | fabs) < 1e-5' m.json
    run -1 meshmeasure "$M/cavity_good.ply" -e diameter=17.9mm
    # what an open mesh does not have is refused, with the place of the gap; the rest is measured
    for e in volume=3ml sphericity=0.5 major-axis=3mm centroid-x=5mm,tol=1mm; do
        refuses 2 o.json meshmeasure "$M/open_edge_bad.stl" -e "$e" --json o.json
        [[ $stderr == "meshmeasure: ${e%%=*}: the mesh is open ("*" open edges, one at "*" mm): it has no volume; close it with meshfix" ]]
    done
    run -1 meshmeasure "$M/open_edge_bad.stl" -e width=10.0mm
    [[ $output == *"verdict: fail: the mesh is not valid"* ]]
}

@test "box, hull, print volume and mass by name, on the command line and in a specification; a name twice is refused" {
    # the hollow box of 10 mm has a mass of its own, and the hull of all of it
    meshmeasure "$M/cavity_good.ply" -e box-long=10.000mm -e box-middle=10.000mm -e box-short=1.00cm -e hull-volume=1.000ml \
        -e print-volume=784.0mm3 -e mass=0.902g --density 1.150g/cm3 --json m.json >/dev/null
    jq -e '[.measurements[] | .unit] == ["mm", "mm", "mm", "mm3", "mm3", "g"] and .verdict == "pass"' m.json
    run -1 meshmeasure "$M/cavity_good.ply" -e mass=0.0010kg --density 1.150g/cm3
    [[ $output == *"verdict: fail: mass"* ]]
    echo '{"schema":1,"tolerances":{"mass":"20%","hull-volume":"0.5ml"},"expect":[{"name":"mass","value":"0.90g"},{"name":"hull-volume","value":"1.3ml"}]}' >s.json
    run -0 meshmeasure "$M/cavity_good.ply" --spec s.json --density 1.150g/cm3
    [[ $output == *"mass "*"pass, expected; tolerance: specification"* ]]
    refuses 2 o.json meshmeasure "$M/cavity_good.ply" -e mass=1g --json o.json
    [[ $stderr == *"mass needs --density"* ]]
    refuses 2 o.json meshmeasure "$M/cavity_good.ply" -e mass=1mm --density 1g/ml --json o.json
    refuses 2 o.json meshmeasure "$M/open_edge_bad.stl" -e print-volume=1ml --json o.json
    for e in "-e volume=1ml -e volume=1ml" "-e width=10mm -e extent-x=10mm" "--fit sphere -e fit1-max=1 -e fit1-max=1mm"; do
        # shellcheck disable=SC2086
        refuses 2 o.json meshmeasure "$M/cavity_good.ply" $e --json o.json
        [[ $stderr == *"is expected twice" ]]
    done
}

@test "mass by density with its source, and the printer's bed" {
    gen_meshes -o .
    run -0 meshmeasure cavity_good.ply --density '1.15g/cm3:resin data sheet' --bed 10,1cm,10 --json m.json --report r.html
    [[ $output == *"mass "*"0.902 g   known to 0.004 g; 1.15 g/cm3, source: resin data sheet"*"bed "*"fits   10.000 x 10.000 x 10.000 mm on 10.000 x 10.000 x 10.000 mm"* ]]
    jq -e '.print | (.mass_g - 0.9016 | fabs) < 1e-9 and .volume_mm3 == 784 and (.mass_uncertainty_g - 0.00392 | fabs) < 1e-6
        and .density_source == "resin data sheet" and .bed.fits and .bed.beyond_mm == [0, 0, 0]' m.json
    jq -e '.options.density == "1.15g/cm3:resin data sheet" and .options.bed == "10,1cm,10" and .verdict == "pass"' m.json
    run -1 meshmeasure shared_wall_good.ply --density 1200kg/m3 --bed 12,12,31 --json m.json -o p.3mf --junit j.xml
    [ ! -e p.3mf ]
    [[ $output == *"source: not stated"*"mass of part 1 "*"2.400 g"*"bed of part 2 "*"fits"*"turned along its oriented box it would (10.000 x 10.000 x 30.000 mm)"* ]]
    jq -e '[.parts[].print | .mass_g, .bed.fits] == [2.4, false, 1.2, true] and .print.bed.fits_turned and ([.parts[].centroid_mm[0]] == [10, 25])
        and .measurements[0].name == "bed" and .measurements[0].value == 18' m.json
    grep -q '<failure type="fail"' j.xml
    for d in 1.15 1.15g 0g/cm3 -1g/cm3 nang/cm3 1.2g/cm3x 1200g/cm3 "1g/cm3: x" $'1g/cm3:a\eb'; do
        refuses 2 o.json meshmeasure cavity_good.ply --density "$d" --json o.json
    done
    for b in 10 10,20 10,20,0 10,20,nan 10,20,30,40 10,20,-1 10ml,20,30 ,,; do
        refuses 2 o.json meshmeasure cavity_good.ply --bed "$b" --json o.json
    done
    refuses 2 o.json meshmeasure open_edge_bad.stl --density 1g/ml --json o.json
    [[ $stderr == *"--density: the mesh is open"* ]]
    run -1 meshmeasure open_edge_bad.stl --bed 100,100,100
    [[ $output == *"the mesh is not valid"* ]]
}

@test "real label maps: IBSI and pyradiomics figures" {
    d=$SHARED/data
    [ -d "$d/phantom-ibsi1-digital" ] && [ -d "$d/labelmaps-pyradiomics" ] || skip "no $d"
    mcubes --labels --method mc "$d/phantom-ibsi1-digital/mask.nii.gz" -o i.ply
    # consensus values and tolerances of the initiative
    meshmeasure i.ply -e volume=556.0mm3,tol=4 -e area=388.0mm2,tol=3 -e diameter=13.10mm,tol=0.1 -e sphericity=0.8430,tol=1% >/dev/null
    meshmeasure i.ply --json m.json >/dev/null
    jq -e '.shape | (.surface_to_volume_per_mm - 0.698 | fabs) < 0.004 and (.compactness_1 - 0.0411 | fabs) < 0.0003
        and (.compactness_2 - 0.599 | fabs) < 0.004 and (.spherical_disproportion - 1.19 | fabs) < 0.01 and (.asphericity - 0.186 | fabs) < 0.001
        and (.volume_density_box - 0.869 | fabs) < 0.0005 and (.volume_density_convex_hull - 0.961 | fabs) < 0.006' m.json
    jq -e '.ledger[0] | .from == "voxel_count" and (.before_mm3 - 592 | fabs) < 1e-9' m.json # YEKZ
    while read -r name volume area diameter voxels; do
        mcubes --labels --method mc "$d/labelmaps-pyradiomics/${name}_label.nrrd" -o p.ply
        meshmeasure p.ply -e "volume=${volume}mm3,tol=0.1%" -e "area=${area}mm2,tol=0.2%" -e "diameter=${diameter}mm,tol=0.0001mm" \
            -e "sphericity=$(awk -v v="$volume" -v a="$area" 'BEGIN { printf "%.6f", exp(log(36 * 3.14159265358979 * v * v) / 3) / a }'),tol=0.2%" \
            --json m.json >/dev/null
        jq -e --argjson v "$voxels" '.ledger[0].before_mm3 - $v | fabs < 1e-6' m.json
    done <<<'brain1 16149.495443 6433.734317 69.600990 16412.658691406
breast1 124.091305 172.887079 9.081019 132.425795455
lung1 1330.976079 782.241458 21.344947 1361.197814941'
}

@test "a specification: tolerances and expectations from a file; JUnit XML" {
    echo '{"schema":1,"tolerances":{"volume":"5%"},"expect":[{"name":"volume","value":"800mm3"},{"name":"width","value":"10.0mm"}]}' >s.json
    run -0 meshmeasure "$M/cavity_good.ply" --spec s.json -e area=816.0mm2 --junit j.xml --json m.json
    [[ $output == *"tolerance: specification"*"tolerance: default: 1 %"* ]]
    jq -e '[.measurements[].tolerance_is] == ["default: 1 %", "specification", "default: 1 %"] and .options.spec' m.json
    grep -q 'tests="4" failures="0"' j.xml
    python3 -c 'import xml.etree.ElementTree as e; assert len(e.parse("j.xml").getroot().findall(".//testcase")) == 4'
    run -1 --separate-stderr meshmeasure "$M/cavity_good.ply" -e volume=900mm3 --junit -
    [[ ${lines[0]} == '<?xml'* && $output == *'<failure type="fail"'* && $output != *"verdict:"* ]]
    refuses 2 o.xml meshmeasure "$M/cavity_good.ply" --spec s.json -e volume=800mm3 --junit o.xml
    [[ $stderr == *"by --expect and by --spec"* ]]
    echo '{"schema":1,"tolerance":{}}' >s.json
    refuses 2 o.xml meshmeasure "$M/cavity_good.ply" --spec s.json --junit o.xml
    echo '{"schema":1,"tolerances":{"volume":"5%","volume":"1%"}}' >s.json
    refuses 2 o.xml meshmeasure "$M/cavity_good.ply" --spec s.json --junit o.xml
}

@test "what is no number, no unit, no quantity or stands twice is one line and exit 2" {
    for o in "-e volume=nanml" "-e volume=infml" "-e volume=-3ml" "-e volume=3mm" "-e components=1.5" "-t nan%" "-t infmm" "-t -1%" \
        "--section z=nan" "--section 0,0,0,1" "--section nan,0,0,1" "--bed nan,1,1" "--density nan" "--fit sphere:ball=0,0,0,nan"; do
        # shellcheck disable=SC2086
        refuses 2 o.json meshmeasure "$M/cavity_good.ply" $o --json o.json
    done
    while read -r text; do
        echo "$text" >s.json
        refuses 2 o.json meshmeasure "$M/cavity_good.ply" --spec s.json --json o.json
        [[ $stderr == *"s.json"* ]] || { echo "$text: $stderr"; return 1; }
    done <<'EOF'
{"schema":1,"tolerances":{"volume":"nan%"}}
{"schema":1,"tolerances":{"volume":NaN}}
{"schema":1,"tolerances":{"volume":1}}
{"schema":1,"tolerances":{"volume":"-1%"}}
{"schema":1,"tolerances":{"volume":"1mm"}}
{"schema":1,"tolerances":{"size":"1mm"}}
{"schema":1,"schema":1}
{"schema":1,"units":"mm"}
{"schema":2}
{}
[]

{"schema":1,"expect":[{"name":"volume","value":"784mm3"},{"name":"volume","value":"784mm3"}]}
{"schema":1,"expect":[{"name":"fit1-rms","value":"1mm"},{"name":"fit1-rms","value":"1mm"}]}
{"schema":1,"expect":[{"name":"volume","value":"784mm3","unit":"ml"}]}
{"schema":1,"expect":[{"name":"volume"}]}
{"schema":1,"expect":[3]}
EOF
    echo 'point A nan 0 0' >l.txt
    refuses 2 o.json meshmeasure "$M/cavity_good.ply" --landmarks l.txt --json o.json
    for m in nonfinite_bad.ply nonfinite_binary_bad.ply zero_triangles_bad.ply zero_triangles_binary_bad.stl; do
        refuses 2 o.json meshmeasure "$M/$m" --json o.json
    done
    refuses 2 o.json meshmeasure "$M/flipped_bad.stl" -e volume=1ml --json o.json
    [[ $stderr == *"triangles that do not cancel"*"one at "* ]]
}

@test "landmarks: distances on the mesh against readings and against the print" {
    printf 'point A -1 5 5\npoint B 10.5 5 5\ndistance width A B 10.0mm tol=0.2mm print=10.1mm\n' >l.txt
    run -0 meshmeasure "$M/cavity_good.ply" --landmarks l.txt --json m.json
    jq -e '[.measurements[] | [.name, .value, .verdict]] == [["distance 1", 10, "pass"], ["print 1", 10.1, "pass"]] and .options.landmarks' m.json
    sed -i 's/10.0mm/10.6mm/' l.txt
    run -1 meshmeasure "$M/cavity_good.ply" --landmarks l.txt --keep-names
    [[ $output == *"verdict: fail: distance width: differs by 0.600 mm"* ]]
    sed -i 's/A B/A C/' l.txt
    refuses 2 o.json meshmeasure "$M/cavity_good.ply" --landmarks l.txt --json o.json
    [[ $stderr == *"line 3"* ]]
}

@test "fits: a sphere by its numbers, what a region does not tell, judged by name and by a specification" {
    gen_bodies --body sphere --radius 24 -o s.ply
    run -0 meshmeasure s.ply --fit sphere:ball=0,0,24,8 --fit plane:box=-99,-99,23,99,99,99 --fit cylinder --json m.json --report r.html \
        -e fit1-diameter=48.00mm,tol=0.05mm -e fit1-max=0mm,tol=0.01mm -e fit1-centre-z=0.00mm,tol=0.02mm
    [[ $output == *"fit 1 "*"sphere   diameter 48.000 mm"*"fit 2 "*"normal"*"fit 3 "*"undetermined: the region does not tell an axis"* ]]
    jq -e '.fits | (.[0].diameter_mm - 48 | fabs) < 1e-4 and .[0].rms_mm < 1e-5 and .[0].region == {kind: "ball", at: [0, 0, 24, 8]}
        and (.[1].direction[2] - 1 | fabs) < 1e-6 and .[1].diameter_mm == null and (.[2].determined | not) and .[2].rms_mm == null' m.json
    jq -e '.options.fit | length == 3' m.json
    run -1 meshmeasure s.ply --fit cylinder -e fit1-diameter=48mm
    [[ $output == *"undecided: fit1-diameter: the region does not tell an axis"* ]]
    echo '{"schema":1,"tolerances":{"fit-diameter":"0.6mm"},"expect":[{"name":"fit1-diameter","value":"48.5mm"},{"name":"fit2-diameter","value":"48.1mm"}]}' >p.json
    run -0 meshmeasure s.ply --fit sphere --fit sphere:ball=0,0,24,8 --spec p.json --json m.json
    jq -e '[.measurements[] | [.name, .tolerance, .tolerance_is]] == [["fit1-diameter", 0.6, "specification"], ["fit2-diameter", 0.6, "specification"]]' m.json
    refuses 2 o.json meshmeasure s.ply --fit sphere -e fit2-diameter=48mm --json o.json
    for f in ball sphere:ball=1,2,3 sphere:ball=1,2,nan,4 plane:part=2 sphere:ball=99,99,99,1; do
        refuses 2 o.json meshmeasure s.ply --fit "$f" --json o.json
    done
    gen_meshes -o .
    refuses 2 o.json meshmeasure shared_wall_good.ply --fit plane:box=19,-1,-1,21,11,11 --json o.json # a wall is no surface of the body
    meshmeasure shared_wall_good.ply --fit sphere:part=2 --json m.json >/dev/null # through the corners of the second cube
    jq -e '.fits[0] | (.diameter_mm - 17.3205081 | fabs) < 1e-6 and .area_mm2 == 600 and .region == {kind: "part", at: [2]}' m.json
    refuses 2 o.json meshmeasure shared_wall_good.ply --fit plane:part=9 --json o.json
}

@test "planar sections: through a hollow box, through nothing" {
    run -0 meshmeasure "$M/cavity_good.ply" --section z=5mm --section 1,0,0,99 --json m.json
    [[ $output == *"section 1 "*"64.000 mm2   perimeter 64.000 mm, diameters 14.142 mm and 10.000 mm"* ]]
    [[ $output == *"section 2 "*"0.000 mm2   the plane does not meet the mesh"* ]]
    jq -e '.sections[0].area_mm2 == 64 and .sections[1].area_mm2 == 0 and .options.section == ["z=5mm", "1,0,0,99"]' m.json
    refuses 2 o.json meshmeasure "$M/cavity_good.ply" --section z --json o.json
}
