#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# modprobe, insmod, rmmod: kmod's own options are taken; JSON says what the text says.

setup() {
	lkm=${LKM:-build/lkm}
	release=${LKM_KERNELS%% *}
	tree=${XDG_CACHE_HOME:-$HOME/.cache}/lkm/kernels/$release
	there="-C /dev/null -d $tree -S $release"
}

# --force-modversions is a slip of the pen in the text for --force, no option
long_options() { grep -o -- '--[a-z][a-z-]*' | grep -v -- '--force-modversions' | sort -u; }

@test "every option of kmod 30 is taken" {
	for tool in modprobe insmod rmmod; do
		theirs=$(PATH=$PATH:/sbin "$tool" --help | long_options)
		[ -n "$theirs" ]
		! diff <(echo "$theirs") <("$lkm" "$tool" --help | long_options) | grep '^<'
	done
}

@test "an option that nobody knows: status 1" {
	for tool in modprobe insmod rmmod; do
		run "$lkm" "$tool" --nonsense
		[ "$status" -eq 1 ]
	done
}

@test "a link of the name is the tool" {
	dir=$(mktemp -d)
	ln -s "$(realpath "$lkm")" "$dir/modprobe"
	run "$dir/modprobe"
	rm -r "$dir"
	[ "$status" -eq 1 ]
	[ "$output" = "modprobe: ERROR: missing parameters. See -h." ]
}

@test "-D --json has the paths of -D, in its order" {
	[ -n "$release" ] || skip "no kernel in the cache"
	text=$("$lkm" modprobe $there -D btrfs | sed 's/^insmod \([^ ]*\) .*/\1/')
	json=$("$lkm" modprobe $there -D btrfs --json | python3 -c '
import json, sys
document = json.load(sys.stdin)
assert document["version"] == 1
print(*(step["path"] for step in document["steps"]), sep="\n")')
	[ -n "$text" ] && [ "$text" = "$json" ]
}

@test "-c --json has all aliases of -c" {
	[ -n "$release" ] || skip "no kernel in the cache"
	text=$("$lkm" modprobe $there -c | sed -n '/^# End/,$p' | grep -c '^alias ')
	json=$("$lkm" modprobe $there -c --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["indexes"]))')
	[ "$text" -gt 1000 ] && [ "$text" -eq "$json" ]
}
