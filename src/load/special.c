/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections that the kernel looks for by name once the module has its memory, and its per-CPU
 * memory, which comes before that.
 */
#include <errno.h>

#include "load/walk.h"

/*
 * include/linux/percpu.h: a unit has at least 32 KiB, which is the most that can be asked for;
 * modules get theirs from a reserve of 8 KiB (PERCPU_MODULE_RESERVE). Neither is in the image.
 */
enum { PERCPU_LARGEST = 32768, PERCPU_RESERVE = 8192, PERCPU_STEP = 4, PAGE = 4096 };

static void no_percpu(struct walk *walk, uint64_t size, uint64_t alignment)
{
	uint64_t rounded = (size + PERCPU_STEP - 1) & ~(uint64_t)(PERCPU_STEP - 1);

	walk_reason(walk, "L-SEC-03", -ENOMEM, "it wants %ju bytes of per-CPU memory",
		    (uintmax_t)size)
		->fix = "allocate large per-CPU variables with alloc_percpu()";
	if (rounded > PERCPU_LARGEST) {
		walk_say(walk, 4, "illegal size (%ju) or align (%ju) for percpu allocation",
			 (uintmax_t)rounded, (uintmax_t)alignment);
		if (walk->verdict->code == 0)
			walk->verdict->taints |= LOAD_TAINT_W;
	} else {
		walk_say(walk, 4,
			 "percpu: allocation failed, size=%ju align=%ju atomic=0, alloc from "
			 "reserved chunk failed",
			 (uintmax_t)rounded, (uintmax_t)alignment);
	}
	walk_line(walk, 4, "%s: Could not allocate %ju bytes percpu data", walk->name,
		  (uintmax_t)size);
}

bool percpu_step(struct walk *walk)
{
	uint64_t size = walk->percpu ? walk->percpu->size : 0, alignment;

	if (size == 0)
		return true;
	alignment = walk->percpu->alignment;
	if (alignment > PAGE) {
		walk_reason(walk, "L-SEC-02", 0,
			    "its per-CPU memory is aligned to more than a page");
		walk_line(walk, 4, "%s: per-cpu alignment %ju > %d", walk->name,
			  (uintmax_t)alignment, PAGE);
		alignment = PAGE;
	}
	if (alignment < PERCPU_STEP)
		alignment = PERCPU_STEP;
	if (size > PERCPU_RESERVE)
		no_percpu(walk, size, alignment);
	return true;
}

/* Section 0 is what the kernel finds when there is none of a name; it has an address only when it
 * claims to be loaded. */
static bool has_address(struct walk *walk, const char *name)
{
	return elf_find(walk, name) || walk->sections[0].placed;
}

static void check_constructors(struct walk *walk)
{
	if (!walk->kernel->constructors || !elf_find(walk, ".ctors") ||
	    !elf_find(walk, ".init_array"))
		return;
	walk_reason(walk, "L-SEC-04", -EINVAL, "it has constructors of two kinds");
	walk_line(walk, 4, "%s: has both .ctors and .init_array.", walk->name);
}

/* Where exports have flags, those for GPL modules have no table of their own. */
static void check_obsolete(struct walk *walk)
{
	static const char *const names[] = {"__ksymtab_gpl", "__kcrctab_gpl"};

	for (size_t i = 0; walk->kernel->export_flags && i < 2; i++) {
		if (!elf_find(walk, names[i]))
			continue;
		walk_reason(walk, "L-SEC-12", 0, "the kernel does not read its section %s",
			    names[i]);
		walk_line(walk, 4, "%s: ignoring obsolete section %s", walk->name, names[i]);
	}
}

bool special_step(struct walk *walk)
{
	check_constructors(walk);
	for (size_t i = 0; i < walk->section_count; i++)
		if (walk->sections[i].nameless) {
			walk_crash(walk, "L-CRASH-17",
				   "the name of section %zu lies outside of the file", i);
			return false;
		}
	check_obsolete(walk);
	if (has_address(walk, "__obsparm")) {
		walk_reason(walk, "L-SEC-05", 0, "it has parameters of a form that is gone");
		walk_line(walk, 4, "%s: Ignoring obsolete parameters", walk->name);
	}
	return true;
}

/* What cannot be told apart from ordinary modules by a tag. */
bool license_step(struct walk *walk)
{
	static const char *const foreign[] = {"driverloader", "lve"};
	bool had = walk->kernel->has[SERIES_MEMORY_KINDS]
			   ? walk->request->taints & LOAD_TAINT_P /* asked before all taints */
			   : walk_has_taint(walk, LOAD_TAINT_P);

	if (strcmp(walk->name, "ndiswrapper") == 0) {
		walk_reason(walk, "L-MOD-10", 0, "the kernel knows %s as a wrapper of drivers",
			    walk->name);
		walk_taint_kernel(walk, LOAD_TAINT_P);
	}
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (strcmp(walk->name, foreign[i]) == 0) {
			walk_reason(walk, "L-MOD-11", 0, "the kernel knows %s as proprietary",
				    walk->name);
			walk_taint(walk, LOAD_TAINT_P);
		}
	if (!had && walk_has_taint(walk, LOAD_TAINT_P))
		walk_line(walk, 4, "%s: module license taints kernel.", walk->name);
	return true;
}
