# SPDX-License-Identifier: GPL-2.0-only
# Word completion of lkm for bash: the program itself knows what can stand where, and the shell
# completes files.
_lkm() {
	local IFS=$'\n'
	COMPREPLY=($("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _lkm lkm
