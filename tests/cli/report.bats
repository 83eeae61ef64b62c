#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The report of a real run: it can be replayed, signed, printed twice alike, and holds nothing of the patient.

load common

setup_file() {
    export DIR=$BATS_FILE_TMPDIR
    cd "$DIR"
    gen_series --body sphere --radius 18 --size 56x60x40 --spacing 0.8,0.75,1.25 --noise 5 --description 'Secret words' -o scan
    dcmseg scan --threshold 500HU --keep largest | mcubes | meshfix |
        meshmeasure -q --against scan --expect volume=24.4ml --tol 1% --case 'A<b>&"7"' --report qa.html --json qa.json -o part.3mf >table
}

@test "report: the replay recipe, run as it stands, gives the same part" {
    cd "$BATS_TEST_TMPDIR"
    sed -n '/<section id="replay"/,/<\/section>/p' "$DIR/qa.html" | sed -n '/<pre><code>/,/<\/code>/p' |
        sed 's/.*<pre><code>//; s/<\/code>.*//; s/&gt;/>/g; s/&lt;/</g; s/&quot;/"/g; s/&#39;/'"'"'/g; s/&amp;/\&/g' >recipe
    [ "$(grep -c 'dcmseg\|mcubes\|meshfix\|meshmeasure' recipe)" -eq 4 ]
    grep -q -- '--threshold 500HU' recipe
    sed "s,SERIES,$DIR/scan,g; \$s,\$, -q -o part.3mf," recipe >run.sh
    bash -eo pipefail run.sh
    cmp part.3mf "$DIR/part.3mf"
}

@test "report: the same bytes from another folder, in another order, locale and number of threads" {
    cd "$BATS_TEST_TMPDIR"
    mkdir other
    i=0
    for f in "$DIR"/scan/*; do
        i=$((i + 1))
        cp "$f" "other/$((i * 7919 % 1000))-$i.dcm"
    done
    dcmseg -j 3 other --threshold 500HU --keep largest | LC_ALL=de_DE.UTF-8 mcubes -j 1 | meshfix -j 2 |
        TZ=Asia/Tokyo meshmeasure -j 1 -q --against other --expect volume=24.4ml --tol 1% --case 'A<b>&"7"' --report qa.html --json qa.json -o x.3mf >/dev/null
    cmp qa.html "$DIR/qa.html"
    cmp qa.json "$DIR/qa.json"
}

@test "report: nothing of the patient, no path, no date, no host; what the user typed is escaped" {
    cd "$DIR"
    for f in qa.html qa.json table; do
        ! grep -iqE 'PHANTOM\^|MESHQA\^|Secret words|2\.25\.[0-9]|/tmp|scan/|/home' "$f"
        ! grep -q "$(hostname)" "$f"
    done
    grep -q 'A&lt;b&gt;&amp;&quot;7&quot;' qa.html
    sed '/^<script>/,/<\/script>$/d' qa.html >page # all but the script, which is ours
    ! grep -qE '<script src|<b>|https?:' page
    hash=$(sed -n '/<style>/,/<\/style>/p' qa.html | sed '1s/.*<style>//; $s/<\/style>.*//' | head -c -1 | openssl dgst -sha256 -binary | base64)
    grep -qF "content=\"default-src 'none'; img-src data:; style-src 'sha256-$hash'; script-src 'sha256-" qa.html
    [ "$(grep -o 'src="data:image/png;base64,' qa.html | wc -l)" -eq 6 ]
}

@test "report: shape, parts, sections, fits, mass and bed stand on the page as in the facts" {
    cd "$BATS_TEST_TMPDIR"
    gen_meshes -o .
    meshmeasure -q shared_wall_good.ply --section z=5mm --fit sphere:part=2 --fit plane:part=1 --fit cylinder:box=19,-1,-1,31,11,11 --density '1.25g/cm3:sheet <b> & "7"' \
        --bed 12,12,31 --report r.html --json j.json >/dev/null || [ $? -eq 1 ]
    /usr/bin/python3 - <<'EOF'
import json, re, xml.etree.ElementTree as e
page, facts = e.parse("r.html").getroot(), json.load(open("j.json"))
for br in page.iter("br"): br.text = " "
text = re.sub(r"\s+", " ", " ".join(next(x for x in page.iter("section") if x.get("id") == "shape").itertext()))
assert 'sheet <b> & "7"' in text and "3.750" in text and "1.25" in text, text
assert "17.320 508" in text and "undetermined" in text and "largest 0 mm" in text, text
assert "part-1" in text and "part-2" in text and "33.1662 mm" in text, text
assert "80.0000 mm" in text and "2.500 ± 0.011 g" in text and "Fits as it stands no" in text and "Fits turned along its oriented box yes" in text, text
assert [x.get("href") for x in page.iter("a")].count("#shape") == 1
assert facts["print"]["mass_g"] == 3.75
EOF
}

@test "report: the hash of the body is what sed and sha256sum say, and the files' hashes are theirs" {
    cd "$DIR"
    body=$(sed '/^<section id="signoff"/,$d' qa.html | sha256sum | cut -d ' ' -f 1)
    grep -q "id=\"body-hash\">$body<" qa.html
    grep -q "$(sha256sum <part.3mf | cut -d ' ' -f 1)" qa.html
}
