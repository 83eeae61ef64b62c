# SPDX-License-Identifier: GPL-3.0-or-later
# What the command-line tests share.
bats_require_minimum_version 1.5.0

# refuses CODE FILE COMMAND...: exit code CODE, exactly one line on stderr that begins with a tool's name, and no FILE, no
# temporary beside it.
refuses() {
    local code=$1 file=$2
    shift 2
    run --separate-stderr "$@"
    if [ "$status" -ne "$code" ]; then
        echo "exit $status, not $code: $*"
        echo "$stderr"
        return 1
    fi
    if [ "${#stderr_lines[@]}" -ne 1 ] || ! [[ $stderr =~ ^[a-z_]+:\ . ]]; then
        echo "not one line '${TOOL:-tool}: ...' on stderr: $*"
        echo "$stderr"
        return 1
    fi
    nothing_left "$file"
}

# nothing_left FILE: neither FILE nor FILE.tmp-... are there.
nothing_left() {
    local left
    for left in "$1" "$1".*; do
        [ ! -e "$left" ] || { echo "left behind: $(ls -l "$left")"; return 1; }
    done
}

# number KEY FILE: the first number of that name in a JSON file.
number() {
    grep -oE "\"$1\": *-?[0-9.]+([eE][-+]?[0-9]+)?" "$2" | head -n 1 | sed 's/.*: *//'
}

# within PERCENT VALUE TRUTH
within() {
    awk -v p="$1" -v v="$2" -v t="$3" 'BEGIN { d = 100 * (v / t - 1); if (d < 0) d = -d; if (v == "" || !(d <= p)) { printf "%s is %.5f %% off %s\n", v, d, t; exit 1 } }'
}

# code FILE: what stands in its fenced blocks; examples PAGE: the commands of a manual page, as they are typed
code() { sed -n '/^```/,/^```$/{/^```/d;p}' "$1"; }
examples() { sed -n -e 's/^\.Dl //p' -e '/^\.Bd -literal/,/^\.Ed/{/^\./d;p}' "$1" | sed -e 's/^\$ //' -e 's/\\e/\\/g' -e 's/\\&//g'; }

# box X Y Z LX LY LZ: OFF
box() {
    awk -v x="$1" -v y="$2" -v z="$3" -v a="$4" -v b="$5" -v c="$6" 'BEGIN {
        print "OFF\n8 12 0"
        for (i = 0; i < 8; i++) print x + (i % 2) * a, y + int(i / 2) % 2 * b, z + int(i / 4) * c
        n = split("0 2 3 0 3 1 4 5 7 4 7 6 0 1 5 0 5 4 2 6 7 2 7 3 0 4 6 0 6 2 1 3 7 1 7 5", f, " ")
        for (i = 1; i <= n; i += 3) print 3, f[i], f[i + 1], f[i + 2]
    }'
}
