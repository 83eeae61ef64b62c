#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# One series in every transfer syntax: the same pixels, by the hash in dcmseg's record, and the same volume.

load common

body=(--body sphere --radius 12 --size 37x33x9 --noise 15 --spacing 1,1,3)

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    gen_series "${body[@]}" -o explicit
    for s in "--rescale 1,0 --outside -1000" "--rescale 0.5,-1024"; do # negative samples; all sixteen bits
        gen_series "${body[@]}" $s -o "explicit${s//[^0-9]/}"
    done
}

setup() { cd "$BATS_TEST_TMPDIR"; plain=$BATS_FILE_TMPDIR/explicit; }

pixels() { # FOLDER: hash and checksum of the volume
    dcmseg "$1" -t 500HU -q -o v.nrrd
    grep -aoE '"sha256_pixels":"[0-9a-f]{64}"|meshqa_crc32:=[0-9a-f]*' v.nrrd | sort -u
}

same() { # FOLDER [PLAIN FOLDER]
    [ "$(pixels "$1" | wc -l)" -eq 2 ]
    diff <(pixels "$1") <(pixels "${2:-$plain}")
}

syntax() { # FOLDER UID: what the files themselves say
    local f
    for f in "$1"/*; do grep -qaF "$2" "$f"; done
}

@test "implicit, big-endian, deflated, RLE: the same pixels as explicit little-endian" {
    for t in implicit:1.2.840.10008.1.2 big-endian:1.2.840.10008.1.2.2 deflated:1.2.840.10008.1.2.1.99 rle:1.2.840.10008.1.2.5; do
        gen_series "${body[@]}" --transfer "${t%:*}" -o "${t%:*}"
        syntax "${t%:*}" "${t#*:}"
        same "${t%:*}"
        for s in "--rescale 1,0 --outside -1000" "--rescale 0.5,-1024"; do
            gen_series "${body[@]}" $s --transfer "${t%:*}" -o "${t%:*}${s//[^0-9]/}"
            same "${t%:*}${s//[^0-9]/}" "$plain${s//[^0-9]/}"
        done
    done
    [ "$(pixels "$plain")" != "$(pixels "$plain"051024)" ] # the hash can tell them apart
}

@test "deflated and RLE: smaller, and cut or damaged files are refused" {
    for t in deflated rle; do
        gen_series --size 64x64x4 --transfer $t -o $t
        f=$t/IM00002.dcm
        [ "$(stat -c %s $f)" -lt 6000 ]
        head -c $(($(stat -c %s $f) - 300)) $f >cut.dcm
        mv cut.dcm $f
        refuses 2 out.nrrd dcmseg -t 500HU $t -o out.nrrd
    done
}

@test "dcmtk unpacks our RLE, big-endian and deflated files to the explicit ones' pixels" {
    command -v dcmdrle >/dev/null || skip "dcmdrle (dcmtk) is not installed"
    for t in rle:dcmdrle big-endian:dcmconv deflated:dcmconv; do
        gen_series "${body[@]}" --transfer "${t%:*}" -o "${t%:*}"
        mkdir "${t%:*}_out"
        for f in "${t%:*}"/*; do "${t#*:}" +te "$f" "${t%:*}_out/${f#*/}"; done
        for f in "$plain"/*; do
            cmp <(tail -c $((37 * 33 * 2)) "$f") <(tail -c $((37 * 33 * 2)) "${t%:*}_out/${f##*/}")
        done
    done
}

@test "JPEG lossless, JPEG-LS, JPEG 2000, RLE as other programs write them: the same pixels" {
    local any=
    encode() { # NAME UID COMMAND...: each file FROM TO
        command -v "$3" >/dev/null || return 0
        any=1
        mkdir "$1"
        for f in "$plain"/*; do "${@:3}" "$f" "$1/${f##*/}"; done
        syntax "$1" "$2"
        same "$1"
    }
    encode sv1 1.2.840.10008.1.2.4.70 dcmcjpeg +e1
    encode lossless 1.2.840.10008.1.2.4.57 dcmcjpeg +el
    encode jpegls 1.2.840.10008.1.2.4.80 dcmcjpls +el
    encode rle 1.2.840.10008.1.2.5 dcmcrle
    encode j2k 1.2.840.10008.1.2.4.90 gdcmconv --j2k
    [ -n "$any" ] || skip "none of dcmcjpeg, dcmcjpls, dcmcrle (dcmtk), gdcmconv (libgdcm-tools) is installed"
}
