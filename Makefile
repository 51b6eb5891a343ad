# SPDX-License-Identifier: GPL-2.0-only
# Thin over meson: the two commands that do everything, and short names for the rest.
#
#	make		build build/lkm
#	make demo	set everything up, build the examples and run them
#	make check	set everything up and run all tests
#	make format	give the C files their form
#	make lint	clang-tidy over all C files
#	make asan	a build in build-asan with the address and undefined behaviour sanitizers
#	make kernels	get every kernel of tools/kernels and try what works; writes bench/kernels.md
#	make foreign-kernels	get kernels of other kinds and see that they are told from ours; writes bench/foreign-kernels.md
#	make built-kernels	build kernels of kinds that Debian does not have in build/kernels, and see what is said of them
#	make bad-images	damage a kernel's image at random places, DAMAGES times, and boot it
#	make probes	use the modules of every kernel at hand as the real kernels were used; writes bench/probes.md
#	make sweep	load and unload every stock module of kernel K (6.1) as the real kernel does
#	make architectures	check all modules of Debian's arm64 and riscv64 kernels; writes bench/architectures.md
#	make relocated	relocate every stock module, and compare with real kernels; writes bench/relocated.md
#	make source	build modules from Debian's source of the kernels (300 MB), and compare with real kernels;
#			writes bench/source.md
#	make corpus	damaged modules, as the loaders of all kernels at hand answer to them
#	make campaign	modules damaged at random, the loader's answers beside those of the real kernel (needs LKM_ORACLE); writes bench/campaign.md
#	make kmod-campaign	generated trees, modules and configuration, as kmod 34 and 30 read them; writes bench/kmod-campaign.md
#	make trees	depmod, modprobe and modinfo on whole kernels' modules, packed in each way, beside kmod 34; writes bench/trees.md
#	make staying	three thousand loads, a day of guest time, kills at random; writes bench/staying.md
#	make fuzz	run each fuzz target for FUZZ_SECONDS; FUZZ_SEED repeats what random numbers did (0: new ones)
#	make bench	measure; writes results.md, depmod.md, modinfo.md, modprobe.md and sign.md (and check.md) in bench
#	make install	lkm, its links named as kmod's tools, libkmod, manual pages: below prefix (/usr/local), in DESTDIR
#	make help	show this
#	make clean
prefix = /usr/local
DESTDIR =
TESTS =
FUZZ_SECONDS = 60
FUZZ_SEED = 0
K = 6.1
DAMAGES = 100
TREES =

.NOTPARALLEL:
.PHONY: all help build install demo check setup check-kernels kernels foreign-kernels built-kernels probes bad-images format lint asan architectures campaign kmod-campaign corpus fuzz relocated sweep source staying trees bench clean

all: build

help:
	@sed -n 's/^#	//p' Makefile

build: build/build.ninja
	@ninja -C build

build/build.ninja:
	@command -v meson >/dev/null || { echo 'meson is missing: "make setup" installs what is needed' >&2; exit 1; }
	@meson setup build

install: build
	@dir='$(DESTDIR)$(prefix)'; while [ ! -e "$$dir" ]; do dir=$$(dirname "$$dir"); done; [ -w "$$dir" ] || { \
		echo "$$dir cannot be written to: \"sudo make install\", or \"make install prefix=\$$HOME/.local\"" >&2; exit 1; }
	@meson configure build -Dprefix=$(prefix)
	@DESTDIR=$(DESTDIR) meson install -C build

setup:
	@tools/setup packages

check-kernels: build
	@tools/setup kernels

kernels: build
	@tools/setup all-kernels
	@bench/kernels

foreign-kernels: build
	@tests/kernels/foreign-images bench/foreign-kernels.md

built-kernels: build
	@mkdir -p build/kernels
	@tests/kernels/built-images build/kernels

bad-images: check-kernels
	@LKM=$(CURDIR)/build/lkm LKM_SOURCE=$(CURDIR) LKM_BUILD=$(CURDIR)/build LKM_KERNELS="$$(tests/run --kernels)" \
		tests/kernels/test-bad-images $$(seq 1001 $$((1000 + $(DAMAGES))))

probes: build
	@LKM_BOOT_KERNELS="$$(tests/run --kernels check boot all)" tests/probes/compare-kernel --write bench/probes.md

demo: setup build
	@tools/setup kernels 6.1
	@tools/demo

check: setup check-kernels
	@tests/run $(TESTS)

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

lint:
	@tools/build-variant clang
	@tools/lint

asan:
	@tools/build-variant asan

architectures: build
	@build/lkm kernel fetch --suite bookworm --arch arm64 linux-image-arm64
	@build/lkm kernel fetch --suite trixie --arch arm64 linux-image-arm64
	@build/lkm kernel fetch --suite trixie --arch riscv64 linux-image-riscv64
	@LKM_ALL_MODULES=1 LKM_WRITE=$(CURDIR)/bench/architectures.md tests/run -v load/test-architectures
	@LKM_ALL_MODULES=1 LKM_WRITE=$(CURDIR)/bench/architectures.md tests/run -v load/compare-linker

campaign: build
	@tests/load/campaign --count $(or $(COUNT),400) --write bench/campaign.md

kmod-campaign: build
	@tests/kmod/campaign --times $(or $(TIMES),1) --write bench/kmod-campaign.md

corpus: build
	@LKM=build/lkm LKM_SOURCE=. LKM_BUILD=build LKM_BOOT_KERNELS="$$(tests/run --kernels check boot all)" \
		tests/load/test-corpus

relocated: build
	@LKM_ALL_MODULES=1 LKM=build/lkm LKM_SOURCE=. LKM_BUILD=build LKM_BOOT_KERNELS="$$(tests/run --kernels check boot all)" \
		tests/load/test-relocated bench/relocated.md

fuzz:
	@LKM_FUZZ_SECONDS=$(FUZZ_SECONDS) LKM_FUZZ_SEED=$(FUZZ_SEED) tests/run -v fuzz/

sweep: build
	@tests/sweep/sweep $(K)

source: check-kernels
	@LKM=$(CURDIR)/build/lkm LKM_SOURCE=$(CURDIR) tests/source/compare --write bench/source.md \
		$$(tests/run --kernels)

staying: kernels
	@LKM=$(CURDIR)/build/lkm LKM_SOURCE=$(CURDIR) LKM_BUILD=$(CURDIR)/build \
		LKM_KERNELS="$$(tests/run --kernels)" tests/staying/test-staying --full bench/staying.md

trees: check-kernels
	@tests/depmod/whole-trees --write bench/trees.md $$(tests/run --kernels) $(TREES)

bench: check-kernels
	@LKM_ORACLE=$(LKM_ORACLE) bench/run $$(tests/run --kernels)
	@bench/depmod --packed $$(tests/run --kernels | cut -d" " -f1)
	@bench/modinfo $$(tests/run --kernels)
	@bench/sign $$(tests/run --kernels | cut -d" " -f1)
	@bench/modprobe $$(tests/run --kernels | cut -d' ' -f1)
	@bench/check $$(tests/run --kernels)

clean:
	rm -rf build build-asan build-clang build-fuzz build-lto
