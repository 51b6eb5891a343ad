#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The program without a command that does something.

setup() { lkm=${LKM:-build/lkm}; }

@test "no command: usage on standard error, status 2" {
	run bash -c "$lkm 2>/dev/null"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	run bash -c "$lkm 2>&1"
	[[ $output == "usage: lkm COMMAND"* ]]
}

@test "--help on standard output, status 0, every command in it" {
	run bash -c "$lkm --help 2>/dev/null"
	[ "$status" -eq 0 ]
	[[ $output == *"  help  "* ]]
}

@test "--version" {
	run "$lkm" --version
	[ "$status" -eq 0 ]
	[[ $output =~ ^lkm\ [0-9]+\.[0-9]+ ]]
}

@test "help of each command is what its --help prints" {
	for command in $("$lkm" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		[ "$("$lkm" help "$command")" = "$("$lkm" "$command" --help)" ]
	done
}

@test "unknown command: the similar one is named, status 2" {
	run "$lkm" hepl
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == "lkm: there is no command 'hepl'; did you mean 'help'?" ]]
	run "$lkm" wurzel
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == "lkm: there is no command 'wurzel'" ]]
}

@test "help for an unknown command" {
	run "$lkm" help nothing
	[ "$status" -eq 2 ]
	[[ $output == *"'nothing'"* ]]
}

# What bash offers for the last word of a command line.
offers() {
	source "${LKM_SOURCE:-.}/completions/lkm.bash"
	COMP_WORDS=("$lkm" "$@")
	COMP_CWORD=$#
	_lkm
	echo "${COMPREPLY[*]}"
}

@test "completion: commands, their children and options" {
	[ "$(offers ru)" = run ]
	[[ " $(offers "" | tr '\n' ' ') " == *" run "* ]]
	[[ " $(offers kernel f | tr '\n' ' ') " == *" fetch "* ]]
	[ "$(offers run --tim)" = --timeout ]
	[ "$(offers help ker)" = kernel ]
}

@test "completion: nothing where a file belongs" {
	[ -z "$(offers run "")" ]
	[ -z "$(offers run -c "")" ]
}

@test "completion: kernels at hand" {
	[ -n "$LKM_KERNELS" ] || skip "there is no kernel in the cache: make check fetches them"
	[[ $(offers run -k "") == *"${LKM_KERNELS%% *}"* ]]
	[[ $(offers run --kernel "${LKM_KERNELS:0:2}") == *"${LKM_KERNELS%% *}"* ]]
}
