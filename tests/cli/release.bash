# SPDX-License-Identifier: GPL-2.0-only
# For bats files: a kernel at hand, the examples built for it, and commands with their status.

# Sets RELEASE and OTHER, the oldest and the newest kernel at hand, BUILT, the examples for the former,
# and KERNEL, its directory in the cache; all but the first two only when there is one.
find_release() {
	export RELEASE=${LKM_KERNELS%% *} OTHER=${LKM_KERNELS##* }
	[ -n "$RELEASE" ] || return 0
	"$LKM_SOURCE/tools/build-examples" "$RELEASE" "$OTHER" >&2
	export BUILT=$LKM_BUILD/examples/$RELEASE
	export KERNEL=${XDG_CACHE_HOME:-$HOME/.cache}/lkm/kernels/$RELEASE
}

# Of each test: in a directory of its own, with these examples; skipped without a kernel.
begin_with() {
	[ -n "$RELEASE" ] || skip "no kernel is at hand: tools/setup kernels"
	cd "$BATS_TEST_TMPDIR"
	for example in "$@"; do
		cp "$BUILT/$example/$example.ko" .
	done
}

# gives STATUS COMMAND...: shows what it prints, and compares the status.
gives() {
	local wanted=$1
	shift
	run --separate-stderr "$@"
	echo "status $status"
	echo "stdout: $output"
	echo "stderr: $stderr"
	[ "$status" -eq "$wanted" ]
}
