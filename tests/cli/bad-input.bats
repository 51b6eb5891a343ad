# SPDX-License-Identifier: GPL-2.0-only
# tests/run: timeout 600
# A wrong file, kernel, cache or word: one clear sentence that names the way out, the right exit
# code, and nothing half-written.
bats_require_minimum_version 1.5.0

load release

setup_file() { find_release; }

setup() { begin_with hello; }

# refused STATUS PATTERN COMMAND...: it ends with STATUS and says one sentence that matches; after
# wrong usage a second line points to the help.
refused() {
	local wanted=$1 pattern=$2
	shift 2
	gives "$wanted" "$@"
	[[ ${stderr_lines[0]} =~ $pattern ]]
	[ "${#stderr_lines[@]}" -eq 1 ] || {
		[ "$status" -eq 2 ]
		[ "${#stderr_lines[@]}" -eq 2 ]
		[[ ${stderr_lines[1]} =~ ^Try\ .*--help ]]
	}
}

works() { gives 0 "$@"; }

patch() { # FILE OFFSET BYTES (printf)
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

unpacked() { # VMLINUZ with an xz payload: its place is in the header of the boot protocol
	python3 -c '
import lzma, struct, sys
image = open(sys.argv[1], "rb").read()
start = (image[0x1f1] + 1) * 512 + struct.unpack_from("<I", image, 0x248)[0]
sys.stdout.buffer.write(lzma.LZMADecompressor().decompress(image[start:]))' "$1"
}

# A cache of its own with the same kernels, and with what was made from them by one run.
own_cache() {
	mkdir -p cache/lkm
	ln -s "${KERNEL%/*}" cache/lkm/kernels
	export XDG_CACHE_HOME=$PWD/cache
}

# Nothing in the cache but what has its final name.
tidy() {
	local left
	left=$(find cache/lkm/ -name '.*' -o -name '*.tmp' -o -name '*.new' -o -name '*~')
	echo "left behind: $left"
	[ -z "$left" ]
}

snapshot() {
	find cache/lkm/snapshots -type f -size +1M
}

# The module ----------------------------------------------------------------------------------

@test "no such file" {
	refused 2 'nothing\.ko' "$LKM" run nothing.ko
}

@test "a file or a module of the kernel by a name that is nearly right" {
	refused 2 'no file helo\.ko; did you mean hello\.ko\?' "$LKM" run helo.ko
	refused 4 'no file \./hello; did you mean \./hello\.ko\?' "$LKM" check ./hello
	refused 4 'did you mean hello\.ko\?' "$LKM" verify -k "$RELEASE" hello.k
	refused 2 "kernel $RELEASE has no module dumy; did you mean dummy\?" "$LKM" run -k "$RELEASE" dumy
	refused 2 'no module btrf; did you mean btrfs\?' "$LKM" run -k "$RELEASE" btrf
	refused 2 'has no module xyzzy$' "$LKM" run -k "$RELEASE" xyzzy
}

@test "a name that would change the terminal is shown, not sent" {
	local name=$'hel\033[31mlo.ko'
	cp hello.ko "$name"
	for words in run 'run -n' check "verify -k $RELEASE"; do
		run "$LKM" $words "./$name"
		[[ $output != *$'\033'* ]]
	done
	run "$LKM" run -n hello.ko -c $'cat \033[31m'
	[[ $output == *'do     cat \x1b[31m'* ]]
}

@test "a directory" {
	mkdir folder.ko
	refused 2 'folder\.ko.*directory' "$LKM" run folder.ko
}

@test "not an ELF file" {
	echo 'hello, world' >text.ko
	refused 1 'text\.ko is not .*ELF' "$LKM" run text.ko
}

@test "what is no module is not called unsigned" {
	echo 'hello, world' >text.ko
	: >empty.ko
	printf 'BZh91AY' >hello.ko.bz2
	for case in 'text.ko:not an ELF file' 'empty.ko:is empty' 'hello.ko.bz2:bzip2'; do
		run "$LKM" verify -k "$RELEASE" "${case%%:*}"
		[ "$status" -eq 4 ]
		[[ $output == *"${case#*:}"* ]]
	done
}

@test "an empty file" {
	: >empty.ko
	refused 1 'empty\.ko' "$LKM" run empty.ko
}

@test "an ELF file that is no module" {
	cp "$LKM" program.ko
	refused 1 'program\.ko is not a kernel module' "$LKM" run program.ko
}

@test "a pipe that nobody writes to" {
	mkfifo pipe.ko
	refused 2 'pipe\.ko is not a regular file' timeout 20 "$LKM" run pipe.ko
	refused 4 'pipe\.ko is not a regular file' timeout 20 "$LKM" run -k ./pipe.ko hello.ko
	refused 4 'pipe\.ko is not a regular file.*-k KERNEL' timeout 20 "$LKM" check pipe.ko
	run timeout 20 "$LKM" verify -k "$RELEASE" pipe.ko
	[ "$status" -eq 4 ]
	[[ $output =~ pipe\.ko\ is\ not\ a\ regular\ file ]]
}

@test "a truncated module" {
	head -c 3000 hello.ko >cut.ko
	refused 1 'cut\.ko' "$LKM" run cut.ko
}

@test "a module for another architecture" {
	patch hello.ko 18 '\267\0'
	refused 4 'hello\.ko.*arm64' "$LKM" run hello.ko
}

@test "a module of a release that is not at hand: says how to get it" {
	sed -i "s/$RELEASE/${RELEASE/%amd64/amd63}/" hello.ko
	refused 4 'lkm kernel fetch' "$LKM" run hello.ko
}

@test "a module of another release, on purpose" {
	[ "$OTHER" != "$RELEASE" ] || skip "only one kernel in the cache"
	run --separate-stderr "$LKM" run -k "$OTHER" hello.ko
	echo "$status: $output: $stderr"
	[ "$status" -eq 1 ]
	[[ $output$stderr =~ $RELEASE ]]
}

@test "a compressed module cut short" {
	xz hello.ko
	head -c 2000 hello.ko.xz >cut.ko.xz
	refused 1 'cut\.ko\.xz.*cut short' "$LKM" run cut.ko.xz
}

@test "an unknown parameter: loads, as the kernel has it, and names the near one" {
	works "$LKM" run "$BUILT/params/params.ko" numbr=1
	[[ $output =~ unknown\ parameter\ \'numbr\' ]]
}

@test "a parameter that is not a number" {
	run --separate-stderr "$LKM" run "$BUILT/params/params.ko" number=many
	echo "$status: $output: $stderr"
	[ "$status" -eq 1 ]
	[[ $output$stderr =~ EINVAL|Invalid ]]
}

@test "a missing dependency: names the symbol" {
	cp "$BUILT/importer/importer.ko" .
	run --separate-stderr "$LKM" run importer.ko
	echo "$status: $output: $stderr"
	[ "$status" -eq 1 ]
	[[ $output$stderr =~ Unknown\ symbol ]]
}

@test "a module name that the kernel does not have" {
	refused 2 'no_such_module' "$LKM" run -k "$RELEASE" no_such_module
}

# The kernel ----------------------------------------------------------------------------------

@test "a kernel file that is no kernel" {
	echo 'hello, world' >vmlinuz
	refused 4 'vmlinuz' "$LKM" run -k ./vmlinuz hello.ko
}

@test "a kernel image cut short" {
	head -c 1000000 "$KERNEL/boot/vmlinuz-$RELEASE" >vmlinuz
	refused 4 'vmlinuz' "$LKM" run -k ./vmlinuz hello.ko
}

@test "a kernel for another architecture" {
	head -c 100000 /dev/zero >vmlinuz
	patch vmlinuz 56 'ARM\x64'
	refused 4 'no "Linux version' "$LKM" run -k ./vmlinuz hello.ko
	patch vmlinuz 128 'Linux version 6.1.0-0-arm64 (debian)\n'
	refused 4 'arm64' "$LKM" run -k ./vmlinuz hello.ko
}

@test "a kernel without relocation table" {
	unpacked "$KERNEL/boot/vmlinuz-$RELEASE" >whole
	objcopy --strip-debug whole vmlinux # what is behind the last section goes
	refused 4 'vmlinux.*relocation' "$LKM" run -k ./vmlinux hello.ko
}

@test "a release that is not at hand" {
	refused 4 'lkm kernel fetch 6\.1\.0-0-amd64' "$LKM" run -k 6.1.0-0-amd64 hello.ko
}

# A directory with lkm, the kernel and hello.ko that everybody may read, but for the files named; sets PLACE,
# and AS, which starts a program as a user who is not root.
begin_without() {
	PLACE=$(mktemp -d)
	cp "$LKM" hello.ko "$KERNEL/boot/vmlinuz-$RELEASE" "$PLACE"
	chmod 755 "$PLACE"
	for name; do
		[ -e "$PLACE/$name" ] || cp hello.ko "$PLACE/$name"
		chmod 000 "$PLACE/$name"
	done
	AS=(env HOME="$PLACE" XDG_CACHE_HOME=)
	[ "$(id -u)" != 0 ] || AS=(setpriv --reuid=65534 --clear-groups "${AS[@]}")
}

teardown() {
	[ -z "${PLACE:-}" ] || rm -rf "$PLACE"
}

@test "a kernel that may not be read" {
	begin_without "vmlinuz-$RELEASE"
	refused 4 'vmlinuz.*[Pp]ermission' "${AS[@]}" "$PLACE/lkm" run -k "$PLACE/vmlinuz-$RELEASE" "$PLACE/hello.ko"
}

@test "a module that may not be read" {
	begin_without hello.ko
	refused 4 'hello\.ko: Permission denied$' "${AS[@]}" "$PLACE/lkm" run -k "$PLACE/vmlinuz-$RELEASE" "$PLACE/hello.ko"
	refused 4 'hello\.ko: Permission denied$' "${AS[@]}" "$PLACE/lkm" check "$PLACE/hello.ko"
}

@test "a module beside it that may not be read" {
	begin_without other.ko
	gives 0 "${AS[@]}" "$PLACE/lkm" run -k "$PLACE/vmlinuz-$RELEASE" "$PLACE/hello.ko"
}

# The cache -----------------------------------------------------------------------------------

@test "two runs at once on an empty cache" {
	own_cache
	"$LKM" run hello.ko >first 2>&1 &
	works "$LKM" run hello.ko
	wait $!
	tidy
}

@test "a cut snapshot is made again" {
	own_cache
	works "$LKM" run hello.ko
	truncate -s 100K "$(snapshot)"
	works "$LKM" run hello.ko
	[ "$(stat -c %s "$(snapshot)")" -gt 1000000 ]
	tidy
}

@test "a corrupted snapshot is made again" {
	own_cache
	works "$LKM" run hello.ko
	patch "$(snapshot)" 64 '\377\377\377\377\377\377\377\377'
	works "$LKM" run hello.ko
	[[ $output$stderr =~ damaged ]]
	works "$LKM" run hello.ko
	[[ ! $output$stderr =~ kept\ kernel ]]
	tidy
}

@test "a snapshot of an older lkm is made again" {
	own_cache
	objcopy --dump-section .note.gnu.build-id=id "$LKM" copy
	patch id 16 '\1\2\3\4'
	objcopy --update-section .note.gnu.build-id=id "$LKM" older
	works ./older run hello.ko
	works ./older run hello.ko
	[[ ! $output$stderr =~ kept\ kernel ]]
	works "$LKM" run hello.ko
	[[ $output$stderr =~ kept\ kernel ]]
	works "$LKM" run hello.ko
	[[ ! $output$stderr =~ kept\ kernel ]]
	tidy
}

@test "a snapshot with damaged pages: the kernel dies, the module is not blamed" {
	own_cache
	works "$LKM" run hello.ko
	"$LKM_SOURCE/tests/cli/noise" 1 20000000 | dd of="$(snapshot)" bs=1M seek=50 conv=notrunc status=none
	run "$LKM" run hello.ko
	echo "$status: $output"
	[ "$status" -eq 4 ]
	[[ $output =~ kept\ kernel.*damaged ]]
	[[ ! $output =~ misbehaved ]]
	works "$LKM" run hello.ko
	tidy
}

@test "an empty snapshot is made again" {
	own_cache
	works "$LKM" run hello.ko
	: >"$(snapshot | head -n 1)"
	works "$LKM" run hello.ko
	tidy
}

@test "a damaged image cache is made again" {
	own_cache
	works "$LKM" run hello.ko
	for file in $(find cache/lkm/images -type f); do
		truncate -s 5000 "$file"
	done
	rm -r cache/lkm/snapshots
	works "$LKM" run hello.ko
	tidy
}

@test "a cache that cannot be written: runs without one" {
	mkdir cache
	: >cache/lkm
	XDG_CACHE_HOME=$PWD/cache works "$LKM" run -k "$KERNEL/boot/vmlinuz-$RELEASE" hello.ko
}

@test "a full disk" {
	unshare --mount true 2>/dev/null || skip "no right to mount a small file system"
	mkdir small
	run --separate-stderr unshare --mount sh -c '
		mount -t tmpfs -o size=8M tmpfs small
		mkdir small/lkm
		ln -s "$1" small/lkm/kernels
		export XDG_CACHE_HOME=$PWD/small
		"$LKM" run hello.ko
		status=$?
		echo "files: $(find small/lkm/ -type f)"
		exit $status' x "${KERNEL%/*}"
	echo "$status: $output: $stderr"
	[ "$status" -eq 0 ]
	[[ $output$stderr =~ [Nn]o\ space ]]
	[ "$(tail -n 1 <<<"$output")" = "files: " ]
}

# The output --------------------------------------------------------------------------------

@test "what is printed does not arrive: no success" {
	local command lost
	own_cache
	works "$LKM" run hello.ko
	for command in --version --help help 'run --help' 'run hello.ko' 'run hello.ko --json' 'check hello.ko' \
		'check hello.ko --json' "verify -k $RELEASE hello.ko" 'kernel ls' 'kernel ls --json'; do
		for lost in '>/dev/full' '>&-'; do
			echo "$command $lost"
			refused 4 'standard output cannot be written to' sh -c "\"\$LKM\" $command $lost"
		done
	done
	refused 1 '^modinfo: standard output cannot be written to' sh -c '"$LKM" modinfo hello.ko >/dev/full'
}

@test "without /proc, as in a chroot, files are written all the same" {
	unshare --mount true 2>/dev/null || skip "no right to cover /proc"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=x 2>/dev/null
	mkdir -p with/lib/modules/1.0
	cp hello.ko with/lib/modules/1.0
	cp -r with without
	cp hello.ko signed.ko
	"$LKM" depmod --no-cache -b with 1.0
	"$LKM" sign -k key.pem -c cert.pem hello.ko
	works unshare --mount sh -c 'mount -t tmpfs tmpfs /proc && "$LKM" depmod --no-cache -b without 1.0 &&
		"$LKM" sign -k key.pem -c cert.pem signed.ko'
	diff -r with without
	cmp hello.ko signed.ko
}

@test "no file gets the number of a standard stream that is closed" {
	sh -c 'exec strace -o trace -e trace=openat "$LKM" modinfo hello.ko <&- >&- 2>&-' || true
	grep -c 'hello.ko.* = [3-9]' trace
	! grep 'openat(.*\.ko.* = [012]$' trace
}

# The words -----------------------------------------------------------------------------------

@test "more words than a kernel's command line takes" {
	refused 4 'command line takes 2047 bytes' "$LKM" run --append "$(printf 'a%.0s' {1..2000})" hello.ko
}

@test "source code, and no name at all" {
	: >hello.c
	refused 2 'hello\.c is source code.*make -C "\$\(lkm kernel path --headers 6\.1\)" M=' "$LKM" run -k 6.1 hello.c
	refused 2 'which module' "$LKM" run ''
	refused 4 'name of a module is empty' "$LKM" check ''
	refused 4 'which kernel' "$LKM" run -k '' hello.ko
	refused 4 'which kernel' "$LKM" check -k '' hello.ko
	refused 2 'too long' "$LKM" run "$(printf 'a%.0s' {1..300}).ko"
}

@test "no module" {
	refused 2 'lkm run' "$LKM" run
}

@test "an unknown option: names the near one" {
	refused 2 '--timeout' "$LKM" run --timeuot 3 hello.ko
}

@test "an unknown command: names the near one" {
	refused 2 'run' "$LKM" rum hello.ko
}

@test "an unknown engine" {
	refused 2 'process' "$LKM" run -e quantum hello.ko
}

@test "an unknown command of -c" {
	refused 2 'sleep' "$LKM" run hello.ko -c 'slepe 3'
}

@test "a key in a token without its certificate" {
	refused 2 '--cert \(-c\)' "$LKM" sign -k pkcs11:token=mine hello.ko
}

@test "a command of -c with a wrong word: before anything is loaded" {
	refused 2 "'soon'" "$LKM" run hello.ko -c 'sleep soon'
	refused 2 'other\.ko' "$LKM" run hello.ko -c 'insmod other.ko'
}

@test "a file that the kernel does not have" {
	run --separate-stderr "$LKM" run hello.ko -c 'cat /proc/no-such-file'
	echo "$status: $output: $stderr"
	[ "$status" -eq 1 ]
	[[ $output$stderr =~ ENOENT|No\ such\ file ]]
}
