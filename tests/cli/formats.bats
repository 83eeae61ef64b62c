# SPDX-License-Identifier: GPL-3.0-or-later
# Reading what people have: every STL of the collected meshes, against the counts that their collector measured.
bats_require_minimum_version 1.5.0
setup() {
    copy=$B/tests/lib/meshfile_copy
    data=$SHARED/data/meshes
    cd "$BATS_TEST_TMPDIR" || return 1
}

@test "every collected STL is read with the counts of its SOURCE.txt, from a file and from a pipe" {
    [ -d "$data" ] || skip "no $data"
    n=0
    while read -r dir file tris verts; do
        run --separate-stderr "$copy" "$data/$dir/$file"
        echo "$dir/$file: want $tris $verts, got $stderr"
        [ "$status" -eq 0 ]
        [ "$stderr" = "$tris $verts" ]
        [ "$(cat "$data/$dir/$file" | "$copy" - 2>&1)" = "$tris $verts" ]
        n=$((n + 1))
    done < <(for s in "$data"/*/SOURCE.txt; do
        # without what the collector's script could not read either, and the empty ones
        sed -nE 's/^[0-9]+ ([^ ]+\.(stl|STL)) tris=([0-9]+) verts=([0-9]+) .* nanV=0 .*/\1 \3 \4/p' "$s" |
            grep -vE ' 0 0$|^toomanyvertices|^examples-block' | sed "s,^,$(basename "$(dirname "$s")") ,"
    done)
    echo "$n files"
    [ "$n" -ge 45 ]
}

@test "the STL files that are wrong are refused in one line that says where" {
    [ -d "$data" ] || skip "no $data"
    while IFS='|' read -r file says; do
        run --separate-stderr "$copy" "$data/$file"
        echo "$file: $stderr"
        [ "$status" -eq 2 ]
        [[ $stderr == *"$(basename "$file")"*"$says"* ]]
        [ "$(wc -l <<<"$stderr")" -eq 1 ]
    done <<'LIST'
openscad/empty.stl|is empty
openscad/empty2.stl|zero facets
trimesh/empty.stl|zero facets
trimesh/stl_empty_ascii.stl|zero facets
trimesh/stl_empty_bin.stl|zero facets
slic3r/20mmbox.stl|zero facets
openscad/invalidvertex.stl|line 89, facet 13: 'blah'
openscad/toomanyvertices.stl|line 91, facet 13: 'vertex'
openscad/unparseable.stl|line 4, facet 1
assimp/OutOfMemory.off|the limit is 4294967295
LIST
}

@test "the sample in capitals and the other line ends read as the block and the box they are" {
    [ -d "$data" ] || skip "no $data"
    [ "$("$copy" "$data/admesh/examples-block.stl" 2>&1)" = "12 8" ]
    for f in CR CRLF LF nonstandard; do [ "$("$copy" "$data/prusaslicer/20mmbox-$f.stl" 2>&1)" = "12 8" ]; done
}

@test "a mesh goes through all formats and comes back the same bytes" {
    f=$ROOT/tests/fuzz/corpus/stl/cube-zero-normals
    "$copy" "$f" a.stl
    "$copy" a.stl b.ply && "$copy" b.ply c.STL stl-ascii && "$copy" c.STL d.ply && "$copy" d.ply e.stl
    cmp a.stl e.stl
    cmp b.ply d.ply
    head -c 5 c.STL | grep -q solid
    run "$copy" a.stl x.wrl
    [ "$status" -eq 2 ]
    [ ! -e x.wrl ]
}

@test "3MF and STL go down a pipe, nothing goes to a full disk" {
    f=$ROOT/tests/fuzz/corpus/stl/cube-zero-normals
    "$copy" "$f" a.3mf && "$copy" "$f" - 3mf 2>/dev/null | cmp - a.3mf
    "$copy" "$f" a.stl && "$copy" "$f" - stl 2>/dev/null | cmp - a.stl
    run --separate-stderr bash -c "'$copy' '$f' - 3mf >/dev/full"
    echo "$stderr"
    [ "$status" -eq 2 ]
    [[ $stderr == *"No space left"* ]]
}
