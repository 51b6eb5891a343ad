#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# depmod: what its help says is in its manual page, and the other way round; kmod's own options.

setup() {
	lkm=${LKM:-build/lkm}
	page=${LKM_SOURCE:-.}/man/depmod.8.scd
}

long_options() { grep -o -- '--[a-z][a-z-]*' | sort -u; }

@test "the options of the help are those of the manual page" {
	helped=$("$lkm" depmod --help | sed -n '/^Options:/,$p' | grep -o -- '^  .\{4\}--[a-z-]*' | long_options)
	written=$(sed -n '/^# OPTIONS/,/^# FILES/p' "$page" | grep '^\*-' | long_options)
	[ -n "$helped" ]
	diff <(echo "$helped") <(echo "$written")
}

@test "every option of kmod 30's depmod is taken" {
	theirs=$(depmod --help | long_options)
	[ -n "$theirs" ]
	diff <(echo "$theirs") <("$lkm" depmod --help | long_options) | grep '^<' && return 1
	true
}

@test "-q of old scripts: a warning, no failure" {
	dir=$(mktemp -d)
	mkdir -p "$dir/lib/modules/6.1.0"
	run "$lkm" depmod -q -b "$dir" 6.1.0
	[ "$status" -eq 0 ]
	[[ $output == *"depmod: WARNING: Ignored deprecated option --quiet"* ]]
	[ -f "$dir/lib/modules/6.1.0/modules.dep.bin" ]
	rm -r "$dir"
}

@test "a file that is there stays, but modules.dep tells when depmod ran" {
	dir=$(mktemp -d)
	made=$dir/lib/modules/6.1.0
	mkdir -p "$made"
	"$lkm" depmod -b "$dir" 6.1.0
	touch -d '2020-01-01' "$made"/modules.*
	chmod 600 "$made/modules.alias"
	"$lkm" depmod -b "$dir" 6.1.0
	[ "$(stat -c %y "$made/modules.symbols" | cut -c1-4)" = 2020 ]
	[ "$(stat -c %a "$made/modules.alias")" = 644 ]
	[ "$(stat -c %y "$made/modules.dep" | cut -c1-4)" != 2020 ]
	rm -r "$dir"
}
