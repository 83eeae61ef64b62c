#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Install the Debian 12 packages that are missing, for the jobs named: build test oracles fuzz.
# As root or through sudo; otherwise print the command and fail. Says nothing when all is there.
set -u
build="gcc g++ make pkg-config libgdcm-dev libadmesh-dev libzip-dev libarchive-dev libpcre2-dev libdeflate-dev libexpat1-dev libjansson-dev libpng-dev zlib1g-dev nettle-dev libjs-three"
test="libcmocka-dev bats mandoc dcmtk dicom3tools jq zip unzip procps"
oracles="admesh prusa-slicer lib3mf-dev meshlab cloudcompare xvfb xauth python3-vtk9 python3-skimage python3-pydicom dcm2niix teem-apps chromium libcgal-dev libembree-dev libopenvdb-dev chromium-driver python3-selenium libinsighttoolkit5-dev"
fuzz="clang libclang-rt-14-dev"

want=
for job in "$@"; do
    case $job in
    build) want="$want $build" ;;
    test) want="$want $test" ;;
    oracles) want="$want $oracles" ;;
    fuzz) want="$want $fuzz" ;;
    *) echo "install-deps.sh: unknown job '$job': build, test, oracles, fuzz" >&2; exit 2 ;;
    esac
done
command -v dpkg-query >/dev/null 2>&1 || exit 0 # not a Debian: the compiler will name what is missing

missing=
for p in $want; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

as=
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as=sudo
    else
        printf 'These packages are missing. Install them with:\n    sudo apt-get install --no-install-recommends%s\n' "$missing" >&2
        exit 2
    fi
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
$as apt-get update -qq >"$log" 2>&1 # may fail on one source and still serve the rest
if ! $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "install-deps.sh: apt-get install failed for:$missing" >&2
    exit 2
fi
