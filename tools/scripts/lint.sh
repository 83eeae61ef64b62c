#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Rules of the tree that a program can check: layers include only downward, SPDX lines, unique file names, no C++ outside
# its place, no machine paths. `lint.sh layers` runs these alone (make check does); without argument cppcheck too.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0
say() { echo "lint: $*" >&2; bad=1; }
files=$(git ls-files 2>/dev/null) || files=
[ -n "$files" ] || files=$(find . -type f -not -path './.git/*' -not -path './build/*' -not -path './out/*' | sed 's,^\./,,')

order="base volume segment surface stream dicom repair shell measure diff format"
for f in $(printf '%s\n' "$files" | grep -E '^libmesh/[a-z]+/.*\.(c|h|cpp)$'); do
    layer=$(echo "$f" | cut -d/ -f2)
    case " $order " in *" $layer "*) ;; *) say "$f: layer '$layer' has no place in the order: $order" ;; esac
    for inc in $(sed -n 's,^#include "\([a-z]*\)/.*,\1,p' "$f" | sort -u); do
        case "$inc" in
        reports|tools|cli|fixtures) say "$f includes $inc/: the library never looks up" ;;
        *) case " ${order%%" $layer"*} $layer " in *" $inc "*) ;; *) say "$f ($layer) includes $inc/: only downward: $order" ;; esac ;;
        esac
    done
done
for f in $(printf '%s\n' "$files" | grep -E '^reports/.*\.(c|h)$'); do
    grep -qE '^#include "(cli|tools)/' "$f" && say "$f includes tools/"
done
for f in $(printf '%s\n' "$files" | grep -E '\.(c|h|cpp|sh|bats|py|js|css|mk|preset|[157])$|Makefile$|^\.ci/run$|^\.clang-format$|^\.gitignore$'); do
    [ -f "$f" ] || continue
    head -n 4 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || say "$f: no SPDX line in its first four lines"
done
dup=$(printf '%s\n' "$files" | grep -E '\.(c|h|cpp)$' | grep -v '^tools/[a-z]*\.c$' | sed 's,.*/,,' | sort | uniq -d) # a tool may be named after its topic
[ -z "$dup" ] || say "file names used twice: $dup"
cpp=$(printf '%s\n' "$files" | grep '\.cpp$' | grep -v -e '^libmesh/dicom/gdcm_shim.cpp$' -e '^tests/oracle/')
[ -z "$cpp" ] || say "C++ outside the GDCM wrapper and the oracles: $cpp"
[ "${1-}" = layers ] && exit $bad
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then # other versions lay out differently
    clang-format --dry-run -Werror $(printf '%s\n' "$files" | grep -E '\.(c|h|cpp)$') >/dev/null 2>&1 || say "layout: run make format"
fi
if command -v cppcheck >/dev/null 2>&1; then # jansson's loops are macros that it must know
    cppcheck -q -j "$(nproc)" --std=c11 --enable=warning,portability --inline-suppr --suppress='*:/usr/include/*' --error-exitcode=1 \
        --include="$(pkg-config --variable=includedir jansson)/jansson.h" -Ilibmesh -Itools -I. libmesh reports tools || bad=1
fi
exit $bad
