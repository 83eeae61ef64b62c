#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# embed.sh NAME FILE: print a C header that holds the bytes of FILE as the array NAME, with a terminating zero.
set -eu
echo "/* made from $(basename "$2") by embed.sh */"
echo "static const unsigned char $1[] = {"
od -An -v -tu1 "$2" | sed 's/[0-9][0-9]*/&,/g'
echo '0};'
