# SPDX-License-Identifier: GPL-2.0-only
# Word completion for bash, of lkm and of the tools that are links to it: the program itself knows
# what can stand where, and the shell completes files. Installed once under each name, by which
# bash-completion finds it; it completes the command whose name the file has.
_lkm() {
	local IFS=$'\n' program=${COMP_WORDS[0]}
	local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	if [[ ${program##*/} != lkm ]]; then
		words=("${program##*/}" "${words[@]}")
		program=lkm
	fi
	COMPREPLY=($("$program" --complete "${words[@]}" 2>/dev/null))
	# A parameter's value comes next, without a space.
	[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}
_lkm_file=${BASH_SOURCE[0]##*/}
complete -o default -F _lkm "${_lkm_file%.bash}"
unset _lkm_file
