#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# viewer.sh THREE VIEWER GEN: put three.js and its OrbitControls (folder THREE) and our VIEWER into one script in the folder GEN, with
# what an assembler needs to build it into a program, and three.js' revision.
set -eu
three=$1 viewer=$2 gen=$3
revision=$(sed -n 's/.*REVISION="\([0-9]*\)".*/\1/p' "$three/three.min.js")
[ -n "$revision" ] || { echo "viewer.sh: no REVISION in $three/three.min.js: is that three.js?" >&2; exit 2; }
{
    echo '//<![CDATA['
    cat "$three/three.min.js" "$three/examples/js/controls/OrbitControls.js" "$viewer"
    echo '//]]>'
} >"$gen/viewer.js.tmp"
# inside markup a script ends at these
if [ "$(grep -cE '</script|]]>' "$gen/viewer.js.tmp")" -ne 1 ]; then echo "viewer.sh: a script would end inside" >&2; exit 2; fi
mv "$gen/viewer.js.tmp" "$gen/viewer.js"
echo "#define THREE_REVISION \"$revision\"" >"$gen/three_revision.h"
cat >"$gen/viewer_js.S" <<END
    .section .rodata
    .globl lm_viewer_js, lm_viewer_js_size
    .hidden lm_viewer_js, lm_viewer_js_size
    .balign 8
lm_viewer_js_size:
    .quad $(wc -c <"$gen/viewer.js")
lm_viewer_js:
    .incbin "$gen/viewer.js"
    .section .note.GNU-stack, "", %progbits
END
