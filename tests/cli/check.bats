# SPDX-License-Identifier: GPL-2.0-only
# tests/run: timeout 300
# lkm check: every kind of kernel that a module can be checked against, what is printed of it, and the
# exit status. What the verdicts are is tests/load's subject.
bats_require_minimum_version 1.5.0

load release

setup_file() {
	find_release
	[ -n "$RELEASE" ] || return 0
	HEADERS=$("$LKM" kernel path --headers "$RELEASE")
	export HEADERS
}

setup() { begin_with hello importer exporter; }

# value EXPRESSION: of the JSON in $output, called d
value() {
	printf "%s" "$output" | python3 -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}

# other_word FILE: a copy of hello.ko with another word in its vermagic
other_word() {
	sed "s/ mod_unload / mod_unl0ad /" hello.ko >"$1"
}

@test "a release, a vmlinuz, a directory: one kernel" {
	gives 0 "$LKM" check -k "$RELEASE" hello.ko
	[[ $output == "hello.ko on $RELEASE: loads, taints "* ]]
	first=$output
	gives 0 "$LKM" check -k "$KERNEL/boot/vmlinuz-$RELEASE" hello.ko
	[ "$output" = "$first" ]
	gives 0 "$LKM" check -k "$KERNEL" hello.ko
	[ "$output" = "$first" ]
	gives 0 "$LKM" check hello.ko
	[ "$output" = "$first" ]
}

@test "a parameter that is not there: said though the module loads" {
	cp "$BUILT/params/params.ko" .
	gives 0 "$LKM" check --params 'numbr=42 number=7' params.ko
	[[ $output == *"L-PAR-05: it has no parameter numbr; did you mean number?"* ]]
	[[ $output == *"unknown parameter 'numbr' ignored"* ]]
	gives 0 "$LKM" check params.ko
	[[ $output != *L-PAR* ]]
}

@test "headers: the same vermagic, exports and CRCs as the image" {
	other_word other.ko
	for kernel in "$RELEASE" "$HEADERS"; do
		gives 1 "$LKM" check --json -k "$kernel" other.ko
		value '[(r["id"], r["line"], r["wanted"]) for r in d["results"][0]["reasons"] if r["stops"]]' \
			>"reasons-$(basename "$kernel")"
		value 'd["results"][0]["log"]' >"log-$(basename "$kernel")"
		value 'sorted(d["results"][0]["reasons"][0])' >fields
		grep -F "['change', 'crash', 'errno', 'fix', 'found', 'id', 'line', 'stops', 'subject', 'text', 'wanted']" fields
	done
	diff reasons-*
	diff log-*
	grep -q L-MOD-02 reasons-"$RELEASE"
	[ "$OTHER" = "$RELEASE" ] || {
		gives 1 "$LKM" check -k "$("$LKM" kernel path --headers "$OTHER")" hello.ko
		[[ $output == *"=> L-VER-02"* ]]
	}
}

@test "headers: what could not be checked is said" {
	gives 0 "$LKM" check -k "$HEADERS" hello.ko
	[[ $output == *"not checked on $RELEASE: whether the module structure has the right size"* ]]
	[[ $output == *"not checked on $RELEASE: whether a signature is good"* ]]
	gives 0 "$LKM" check --json -k "$HEADERS" hello.ko
	[ "$(value 'len(d["kernels"][0]["not_checked"])')" -eq 2 ]
	gives 0 "$LKM" check --json -k "$RELEASE" hello.ko
	[ "$(value 'd["kernels"][0]["not_checked"]')" = "[]" ]
}

@test "a package's file" {
	mkdir -p package/DEBIAN package/boot
	printf 'Package: linux-image-%s\nVersion: 1\nArchitecture: amd64\nMaintainer: me\nDescription: it\n' \
		"$RELEASE" >package/DEBIAN/control
	cp "$KERNEL/boot/vmlinuz-$RELEASE" "$KERNEL/boot/config-$RELEASE" package/boot
	dpkg-deb --build -Znone package kernel.deb
	gives 0 env XDG_CACHE_HOME="$PWD/cache" "$LKM" check -k ./kernel.deb hello.ko
	[[ $output == "hello.ko on $RELEASE: loads"* ]]
	[ -d cache/lkm/packages ]
	[ ! -e cache/lkm/kernels ]
	head -c 100000 kernel.deb >short.deb
	gives 4 env XDG_CACHE_HOME="$PWD/cache" "$LKM" check -k ./short.deb hello.ko
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "the running kernel: a verdict and what could not be read, or how to get it" {
	run --separate-stderr "$LKM" check -k running hello.ko
	echo "$output$stderr"
	if [ "$status" -eq 4 ]; then
		[[ $stderr == *"$(uname -r)"*"lkm kernel fetch"* ]]
	else
		[[ $output == *" on $(uname -r): "* ]]
	fi
}

@test "a module that is loaded before" {
	gives 1 "$LKM" check -k "$RELEASE" importer.ko
	[[ $output == *"=> L-SYM-02"* ]]
	[[ $output == *"do    : load first what it says it needs: exporter (--with FILE)"* ]]
	gives 0 "$LKM" check -k "$RELEASE" --with exporter.ko importer.ko
}

@test "modules that are checked together provide for each other" {
	mkdir built
	cp exporter.ko built
	gives 0 "$LKM" check -k "$RELEASE" importer.ko built
}

@test "a dependency that nobody has leaves the others" {
	python3 -c 'import sys
data = open(sys.argv[1], "rb").read()
assert b"crc16" in data
sys.stdout.buffer.write(data.replace(b"crc16,", b"xyz16,").replace(b",crc16", b",xyz16"))' \
		"$(find "$KERNEL/lib/modules" -name 'ext4.ko')" >user.ko
	gives 1 "$LKM" check -k "$RELEASE" user.ko
	[ "$(grep -c L-SYM-02 <<<"$output")" -eq 1 ]
	[[ $output == *"nothing exports the symbol crc16:"* ]]
}

@test "the way out is a command" {
	[ "$OTHER" = "$RELEASE" ] || {
		gives 1 "$LKM" check -k "$OTHER" hello.ko
		command=$(echo "$output" | sed -n 's/^ *do    : //p' | head -1)
		[[ $command == "make -C "*" M=\$PWD modules" ]]
		[ -e "$(echo "$command" | cut -d' ' -f3)/Module.symvers" ]
	}
	# one that does not tell any more what it needs
	user=$(find "$KERNEL/lib/modules" -name 'ext4.ko*')
	python3 -c 'import re, sys
data = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(re.sub(rb"\0depends=[^\0]*", lambda m: b"\0depends=" + bytes(len(m[0]) - 9), data))' \
		"$user" >user.ko
	gives 1 "$LKM" check -k "$RELEASE" user.ko
	[[ $output == *"modprobe mbcache before (to check with it: --with "*mbcache.ko* ]]
}

@test "modules and kernels: a table, and all pairs as JSON" {
	[ "$OTHER" != "$RELEASE" ] || skip "there is one kernel only"
	gives 1 "$LKM" check -k "$RELEASE" -k "$OTHER" hello.ko exporter.ko
	echo "$output" | grep -F "  $RELEASE  $OTHER"
	echo "$output" | grep -E '^hello.ko +loads +L-[A-Z]+-[0-9]+ *$'
	echo "$output" | grep -E '^exporter.ko +loads +L-[A-Z]+-[0-9]+ *$'
	[[ $output == *"2 load, 2 refused, 0 could not be checked" ]]
	gives 1 "$LKM" check --json -k "$RELEASE" -k "$OTHER" hello.ko exporter.ko
	[ "$(value '[(r["module"], r["kernel"], r["loads"]) for r in d["results"]]')" = \
		"[('hello.ko', '$RELEASE', True), ('hello.ko', '$OTHER', False), ('exporter.ko', '$RELEASE', True), ('exporter.ko', '$OTHER', False)]" ]
}

@test "--explain tells the walk; what is behind the stop is not reached" {
	other_word other.ko
	gives 1 "$LKM" check --explain -k "$RELEASE" other.ko
	[[ $output == *" 1. the system call's own checks: ok"* ]]
	[[ $output == *"vermagic, licence and other tags: ENOEXEC"* ]]
	[[ $output == *"relocations: ok (the kernel does not come here)"* ]]
	[[ $output == *"the kernel's log:"*"version magic"* ]]
}

@test "of many reasons that are alike the first are told, the others counted" {
	[ "$OTHER" != "$RELEASE" ] || skip "there is one kernel only"
	module=$(find "$KERNEL/lib/modules" -name 'ext4.ko*')
	headers=$("$LKM" kernel path --headers "$OTHER")
	gives 1 "$LKM" check -k "$headers" "$module"
	[ "$(echo "$output" | grep -c 'L-VER-05: it is built for')" -eq 5 ]
	echo "$output" | grep -E 'L-VER-05: [0-9]+ more like this'
	gives 1 "$LKM" check --json -k "$headers" "$module"
	[ "$(value 'len([r for r in d["results"][0]["reasons"] if r["id"] == "L-VER-05"])')" -gt 100 ]
}

@test "types that number on from a base of their own are not judged" {
	newest=$(for release in $LKM_KERNELS; do echo "$release"; done | grep '^6\.12' | head -1)
	[ -n "$newest" ] || skip "a kernel that knows such types (6.12) is not at hand"
	"$LKM_SOURCE/tools/build-examples" "$newest" >&2
	module=$LKM_BUILD/examples/$newest/hello/hello.ko
	objcopy --dump-section .BTF=types "$module" copy.ko
	python3 - <<-'EOF'
		import struct
		types = bytearray(open('types', 'rb').read())
		first = struct.unpack_from('<I', types, 4)[0] + struct.unpack_from('<I', types, 8)[0]
		types[first + 7] = 0x1f  # a kind that there is not
		open('types', 'wb').write(types)
	EOF
	objcopy --update-section .BTF=types "$module" damaged.ko
	objcopy --add-section .BTF.base=types damaged.ko based.ko
	"$LKM" check -k "$newest" --explain damaged.ko >told || [ $? -eq 1 ]
	grep L-SEC-06 told
	gives 0 "$LKM" check -k "$newest" --explain based.ko
	[[ $output != *L-SEC-06* ]]
}

@test "any bytes as module: a verdict" {
	"$LKM_SOURCE/tests/cli/noise" 1 5000 >noise.ko
	: >empty.ko
	head -c 3000 hello.ko >short.ko
	for file in noise.ko empty.ko short.ko "$LKM"; do
		gives 1 "$LKM" check -k "$RELEASE" "$file"
		[[ $output == *" on $RELEASE: refused"* ]]
		[ -z "$stderr" ]
	done
	gives 4 "$LKM" check -k "$RELEASE" nothing.ko
}

@test "any bytes as kernel: a sentence" {
	"$LKM_SOURCE/tests/cli/noise" 2 5000 >noise
	: >empty
	for file in noise empty hello.ko; do
		gives 4 "$LKM" check -k "./$file" hello.ko
		[ "${#stderr_lines[@]}" -eq 1 ]
		[ -z "$output" ]
	done
}

@test "any bytes as headers: a sentence" {
	mkdir -p h/include/config h/include/generated
	"$LKM_SOURCE/tests/cli/noise" 3 5000 >h/Module.symvers
	gives 4 "$LKM" check -k ./h hello.ko
	[[ $stderr == *utsrelease.h* ]]
	cp "$HEADERS/include/generated/utsrelease.h" h/include/generated
	cp "$HEADERS/include/config/auto.conf" h/include/config
	gives 4 "$LKM" check -k ./h hello.ko
	[[ $stderr == *Module.symvers* ]]
	tr '\t' ' ' <"$HEADERS/Module.symvers" >h/Module.symvers
	gives 4 "$LKM" check -k ./h hello.ko
	[[ $stderr == *"line 1 of the Module.symvers"* ]]
	sed '7s/^0x/x/' "$HEADERS/Module.symvers" >h/Module.symvers
	gives 4 "$LKM" check -k ./h hello.ko
	[[ $stderr == *"line 7 of the Module.symvers"* ]]
	printf 'a\tb\tc\td\te\n' >h/Module.symvers
	gives 4 "$LKM" check -k ./h hello.ko
	[[ $stderr == *"line 1 of the Module.symvers"* ]]
	>h/Module.symvers
	gives 4 "$LKM" check -k ./h hello.ko
	[[ $stderr == *"no line of an export"* ]]
	cp "$HEADERS/Module.symvers" h
	gives 0 "$LKM" check -k ./h hello.ko
}

# struct_size RELEASE NAME: as the kernel's own headers make it
struct_size() {
	local headers
	headers=$("$LKM" kernel path --headers "$1")
	mkdir -p "probe-$1"
	printf 'obj-m := size.o\n' >"probe-$1/Makefile"
	printf '#include <linux/module.h>\n#include <linux/fs.h>\nchar size[sizeof(struct %s)];\nMODULE_LICENSE("GPL");\n' \
		"$2" >"probe-$1/size.c"
	make -s -C "$headers" M="$PWD/probe-$1" size.o >&2
	printf '%d' "0x$(nm -S "probe-$1/size.o" | awk '$4 == "size" { print $2 }')"
}

@test "a CRC differs: which type changed, and by how much" {
	[ "$OTHER" != "$RELEASE" ] || skip "there is one kernel only"
	theirs=${XDG_CACHE_HOME:-$HOME/.cache}/lkm/kernels/$OTHER
	gives 1 "$LKM" check --json -k "$RELEASE" "$(find "$theirs/lib/modules" -name 'ext4.ko*')"
	change=$(value '[r["change"] for r in d["results"][0]["reasons"] if r["subject"] == "module_layout"][0]')
	echo "$change"
	[[ $change == "struct module: "*" ($(struct_size "$RELEASE" module) bytes, before $(struct_size "$OTHER" module))" ]]
	gives 1 "$LKM" check --json -k "$RELEASE" "$(find "$theirs/lib/modules" -name 'ext4.ko*')"
	value '[r["change"] for r in d["results"][0]["reasons"] if r["subject"] == "inode_init_owner"][0]' |
		grep -E 'struct (user_namespace instead of struct mnt_idmap|mnt_idmap instead of struct user_namespace)'
}

# build_provider DIRECTORY MEMBERS: a module that exports take(struct thing *), and one that calls it, with their .symtypes
build_provider() {
	mkdir "$1"
	printf 'obj-m := provider.o user.o\n' >"$1/Makefile"
	printf 'struct thing { %s };\nint take(struct thing *thing, int how);\n' "$2" >"$1/provider.h"
	printf '#include <linux/module.h>\n#include "provider.h"\nMODULE_LICENSE("GPL");\nMODULE_DESCRIPTION("test");\n' |
		tee "$1/user.c" >"$1/provider.c"
	printf 'int take(struct thing *thing, int how) { return how; }\nEXPORT_SYMBOL(take);\n' >>"$1/provider.c"
	printf 'static int __init begin(void) { return take(NULL, 0); }\nmodule_init(begin);\n' >>"$1/user.c"
	make -s -C "$HEADERS" M="$PWD/$1" KBUILD_SYMTYPES=1 modules >&2
}

@test "a CRC of a module differs: which type changed, from .symtypes" {
	build_provider old 'int a; char name[8];'
	build_provider new 'int a; char name[16];'
	[ -s old/provider.symtypes ]
	gives 0 "$LKM" check -k "$RELEASE" --with old/provider.ko old/user.ko
	check=("$LKM" check --json -k "$RELEASE" --with new/provider.ko old/user.ko)
	change='[r["change"] for r in d["results"][0]["reasons"] if r["subject"] == "take"]'
	gives 1 "${check[@]}"
	[ "$(value "$change")" = "[None]" ]
	gives 1 "${check[@]}" --symtypes new
	[ "$(value "$change")" = "[None]" ]
	gives 1 "${check[@]}" --symtypes new --symtypes old
	[ "$(value "$change[0]")" = 'struct thing: "char name[16]" instead of "char name[8]"' ]
	gives 1 "${check[@]}" --symtypes .
	[ "$(value "$change[0]")" = 'struct thing: "char name[16]" instead of "char name[8]"' ]
	gives 4 "${check[@]}" --symtypes missing
	gives 4 "${check[@]}" --symtypes old/user.ko
}

@test "the running kernel, neither image nor headers at hand: what /proc tells" {
	mkdir -p root/proc/sys/kernel
	echo 5.99.0-mine >root/proc/sys/kernel/osrelease
	gzip -c "$KERNEL/boot/config-$RELEASE" >root/proc/config.gz
	"$LKM_BUILD/tests/image/image-dump" "$KERNEL/boot/vmlinuz-$RELEASE" - symbols >root/proc/kallsyms
	running=(env REDIRECT_ROOT="$PWD/root" REDIRECT_RELEASE=5.99.0-mine LD_PRELOAD="$LKM_BUILD/tests/host/redirect.so"
		"$LKM" check -k running)
	gives 0 "${running[@]}" hello.ko
	[[ $output == "hello.ko on 5.99.0-mine: loads"*"/proc does not tell them"* ]]
	[[ $output != *"root only"* ]]
	gives 1 "${running[@]}" importer.ko
	[[ $output == *"exporter_visit"* ]]
	sed -i 's/^[0-9a-f]*/0000000000000000/' root/proc/kallsyms
	gives 0 "${running[@]}" hello.ko
	[[ $output == *"root only"* ]]
	sed -i /_printk/d root/proc/kallsyms
	gives 1 "${running[@]}" hello.ko
	[[ $output == *"nothing exports the symbol _printk"* ]]
	rm root/proc/config.gz
	gives 4 "${running[@]}" hello.ko
	[[ $stderr == *"lkm kernel fetch"* ]]
}
