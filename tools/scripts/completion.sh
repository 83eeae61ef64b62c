#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for a shell, made from a tool's own table: completion.sh bash|zsh TOOL_BINARY > FILE
# An option whose value is called FILE, DIR or PATH completes names of files; --preset the presets; other values nothing.
set -eu
shell=$1 binary=$2 tool=$(basename "$2")
table=$("$binary" --list-options)
presets=$(cd "$(dirname "$0")/../presets" && ls ./*.preset | sed 's,^\./,,; s,\.preset$,,' | tr '\n' ' ')
names=$(printf '%s\n' "$table" | cut -f1 | tr '\n' ' ')
tab=$(printf '\t')
case $shell in
bash)
    echo "# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for $tool, made from its option table
_meshqa_$tool()
{
    local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
    [[ \$cur == = ]] && cur=
    [[ \$prev == = ]] && prev=\${COMP_WORDS[COMP_CWORD - 2]}
    COMPREPLY=()
    case \$prev in"
    printf '%s\n' "$table" | while IFS=$tab read -r name letter value _; do
        [ "$value" != - ] || continue
        word=$name
        [ "$letter" = - ] || word="$name | $letter"
        case $name/$value in
        --preset/*) echo "    $word) mapfile -t COMPREPLY < <(compgen -W '$presets' -- \"\$cur\"); return ;;" ;;
        */*FILE | */*DIR | */*PATH) echo "    $word) mapfile -t COMPREPLY < <(compgen -f -- \"\$cur\"); return ;;" ;;
        *) echo "    $word) return ;;" ;;
        esac
    done
    echo "    esac
    if [[ \$cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W '$names--help --version' -- \"\$cur\")
    else mapfile -t COMPREPLY < <(compgen -f -- \"\$cur\"); fi
}
complete -o filenames -F _meshqa_$tool $tool"
    ;;
zsh)
    echo "#compdef $tool"
    echo "# SPDX-License-Identifier: GPL-3.0-or-later
# zsh completion for $tool, made from its option table
_arguments -s \\"
    printf '%s\n' "$table" | while IFS=$tab read -r name letter value _; do
        case $name/$value in
        */-) arg= ;;
        --preset/*) arg=":$value:($presets)" ;;
        */*FILE | */*DIR | */*PATH) arg=":$value:_files" ;;
        *) arg=":$(printf '%s' "$value" | tr ':' ' '): " ;;
        esac
        [ -z "$arg" ] && long=$name || long="$name="
        [ "$letter" = - ] && echo "  '*$long[$name]$arg' \\" || echo "  '*$long[$name]$arg' '*$letter[$name]$arg' \\"
    done
    echo "  '(- *)'{-h,--help}'[help]' '(- *)--version[version]' '*:file:_files'"
    ;;
*) echo "completion.sh: '$shell' is neither bash nor zsh" >&2; exit 2 ;;
esac
