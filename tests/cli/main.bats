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

@test "--version by other words" {
	for words in "--versoin:did you mean --version?" "version:it is an option: --version"; do
		run "$lkm" "${words%%:*}"
		[ "$status" -eq 2 ]
		[[ ${lines[0]} == *"${words#*:}" ]]
	done
	run "$lkm" --json
	[[ ${lines[0]} == *"a command comes first" ]]
	[ "$(offers --v)" = --version ]
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
	[[ ${lines[0]} == "lkm: there is no command 'wurzel'; there are run, check, "* ]]
	run "$lkm" kernel remove
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == *"'remove'; there are ls, fetch, add, path, rm, test" ]]
}

@test "help for an unknown command" {
	run "$lkm" help nothing
	[ "$status" -eq 2 ]
	[[ $output == *"'nothing'"* ]]
	run "$lkm" help chekc
	[[ $output == *"did you mean 'check'"* ]]
	run "$lkm" help run nothing
	[ "$status" -eq 2 ]
}

# What bash offers for the last word of a command line, whose first is lkm or a tool.
completes() {
	source "${LKM_SOURCE:-.}/completions/lkm.bash"
	PATH=$(dirname "$(realpath "$lkm")"):$PATH
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_lkm
	printf '%s\n' "${COMPREPLY[@]}"
}

offers() { completes "$lkm" "$@"; }

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

@test "completion: the tools by their names" {
	for tool in depmod insmod lsmod modinfo modprobe rmmod; do
		help=$("$lkm" "$tool" --help | grep -o '^  .\{4\}--[a-z-]*' | grep -o -- '--.*' | sort)
		[ -n "$help" ]
		[ "$(completes "$tool" --ver)" = "$(grep -- --ver <<<"$help")" ]
		[ "$(completes "/sbin/$tool" -- | sort)" = "$help" ]
	done
	[ "$(completes kmod stat)" = static-nodes ]
	[ -z "$(completes insmod "")" ]
}

@test "completion: modules of the release" {
	[ -n "$LKM_KERNELS" ] || skip "there is no kernel in the cache: make check fetches them"
	release=${LKM_KERNELS%% *}
	tree=${XDG_CACHE_HOME:-$HOME/.cache}/lkm/kernels/$release
	[ "$(completes modprobe -d "$tree" -S "$release" btrf)" = btrfs ]
	[ "$(completes modprobe -d "$tree" -S "$release" snd-hda-codec-real)" = snd_hda_codec_realtek ]
	[ "$(completes modinfo -b "$tree" -k "$release" btrf)" = btrfs ]
	[ -z "$(completes modinfo -b "$tree" -k "$release" ./btr)" ]
}

@test "completion: parameters of the module that the line names" {
	[ -n "$LKM_KERNELS" ] || skip "there is no kernel in the cache: make check fetches them"
	release=${LKM_KERNELS%% *}
	tree=${XDG_CACHE_HOME:-$HOME/.cache}/lkm/kernels/$release
	file=$(find "$tree/lib/modules" -name 'loop.ko*' | head -n 1)
	named=$(PATH=$PATH:/sbin modinfo -p "$file" | sed 's/:.*/=/' | sort)
	[ -n "$named" ]
	[ "$(completes insmod "$file" "" | sort)" = "$named" ]
	[ "$(completes insmod -f "$file" max_part=3 "" | sort)" = "$named" ]
	[ "$(completes modprobe -d "$tree" -S "$release" loop "" | sort)" = "$named" ]
	[ "$(completes modprobe -d "$tree" -S "$release" block-major-7-0 "" | sort)" = "$named" ]
	[ "$(offers run "$file" "" | sort)" = "$named" ]
	[ "$(offers run -k "$release" loop max_l)" = max_loop= ]
	[ "$(offers run -k "$release" snd-dumm)" = snd_dummy ]
	[ -z "$(completes insmod "$file" max_loop = "")" ]
	[ -z "$(completes insmod "$file" max_loop=)" ]
	[ "$(completes modprobe -d "$tree" -S "$release" -a loop btrf)" = btrfs ]
	[[ $(completes modprobe -d "$tree" -S "$release" -r loop "") != *max_loop* ]]
}

@test "completion: loaded modules to remove" {
	[ -e /proc/modules ] || skip "this kernel has no /proc/modules"
	for words in "rmmod" "modprobe -rv"; do
		loaded='' now=' '
		until [ "$loaded" = "$now" ]; do # the machine may load one meanwhile
			loaded=$(cut -d' ' -f1 /proc/modules | sort)
			offered=$(completes $words "" | sort)
			now=$(cut -d' ' -f1 /proc/modules | sort)
		done
		[ "$offered" = "$loaded" ]
	done
}

@test "completion: kernels at hand" {
	[ -n "$LKM_KERNELS" ] || skip "there is no kernel in the cache: make check fetches them"
	[[ $(offers run -k "") == *"${LKM_KERNELS%% *}"* ]]
	[[ $(offers run --kernel "${LKM_KERNELS:0:2}") == *"${LKM_KERNELS%% *}"* ]]
}
