# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests against outside programs share.
bats_require_minimum_version 1.5.0

# Sets `judge` to the folder of meshcheck and tostl: JUDGE=DIR has them built; else they are built once from $SHARED/judge.
need_judge() {
    judge=${JUDGE:-$B/judge}
    [ ! -x "$judge/meshcheck" ] || [ ! -x "$judge/tostl" ] || return 0
    [ -f "$SHARED/judge/Makefile" ] || skip "no checker in $SHARED"
    [ -d /usr/include/CGAL ] || skip "no CGAL (libcgal-dev)"
    make -s -C "$SHARED/judge" OUT="$judge" "$judge/meshcheck" "$judge/tostl"
}

# Builds ./l3mf_check.
need_lib3mf() {
    [ -d /usr/include/lib3mf ] || skip "no lib3mf-dev"
    g++ -O1 "$ROOT/tests/oracle/l3mf_check.cpp" -I/usr/include/lib3mf -l3MF -o l3mf_check
}
