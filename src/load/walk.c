/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of the steps. A step looks at everything it is about; what the kernel would do is
 * decided by the first step that refuses, and what later steps say is told besides.
 */
#include <errno.h>

#include "load/walk.h"

typedef bool step(struct walk *walk);

/* Kernels with struct module_memory take memory, and taint, after the name is taken. */
enum when { ALWAYS, CORE_INIT, MEMORY_KINDS };

static const struct {
	step *run;
	enum when when;
	const char *name; /* for people; what has none is no step of the kernel */
} rows[] = {
	{entry_step, ALWAYS, "the system call's own checks"},
	{signature_step, ALWAYS, "the signature"},
	{elf_step, ALWAYS, "the ELF file"},
	{identity_step, ALWAYS, "symbol table, module structure, name"},
	{blacklist_step, ALWAYS, "the kernel's blacklist"},
	{version_layout_step, ALWAYS, "the version of struct module"},
	{modinfo_early_step, CORE_INIT, "vermagic, licence and other tags"},
	{modinfo_vermagic_step, MEMORY_KINDS, "vermagic"},
	{arch_section_step, ALWAYS, "sections that the architecture demands"},
	{section_step, ALWAYS, "flags of the sections"},
	{layout_step, CORE_INIT, "memory, and where each section goes"},
	{name_step, ALWAYS, "the name among the loaded modules"},
	{layout_step, MEMORY_KINDS, "memory, and where each section goes"},
	{modinfo_taint_step, MEMORY_KINDS, "licence and other tags that taint"},
	{unsigned_step, ALWAYS, "what an unsigned module costs"},
	{percpu_step, ALWAYS, "per-CPU memory"},
	{special_step, ALWAYS, "sections with a meaning"},
	{license_step, ALWAYS, "licences of certain modules"},
	{export_crc_step, ALWAYS, "versions of its own exports"},
	{structure_step, ALWAYS, NULL},
	{namespace_step, ALWAYS, "namespaces that it imports"},
	{resolve_step, ALWAYS, "symbols, their versions and namespaces"},
	{reloc_step, ALWAYS, "relocations"},
	{keep_step, ALWAYS, NULL},
	{crash_step, ALWAYS, "code patching"},
	{tables_step, ALWAYS, "tables that parts of the kernel read"},
	{export_step, ALWAYS, "its exports among those there are"},
	{trace_step, ALWAYS, "trace events"},
	{livepatch_step, ALWAYS, "livepatch"},
	{btf_step, ALWAYS, "types (BTF)"},
	{param_step, ALWAYS, "parameters"},
	{sysfs_step, ALWAYS, "its directory in /sys/module"},
	{start_step, ALWAYS, "its code, as far as it is run"},
};

static void note_step(struct walk *walk, const char *name, size_t first)
{
	struct load_verdict *verdict = walk->verdict;
	struct load_step *slot = name ? vec_push(&verdict->steps) : NULL;

	if (!name)
		return;
	if (!slot) {
		walk->no_memory = true;
		return;
	}
	*slot = (struct load_step){
		.name = name,
		.reason = first,
		.reason_count = verdict->reasons.n - first,
		.code = walk->step_code,
		.reached = verdict->code == 0,
	};
}

static void stop(struct walk *walk)
{
	struct load_verdict *verdict = walk->verdict;
	struct load_reason *reason = &verdict->reasons.p[walk->step_reason - 1];

	verdict->code = walk->step_code;
	verdict->crash = reason->crash;
	reason->stops = true;
}

static void run_steps(struct walk *walk, enum when kind)
{
	bool more = true;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && more && !walk->no_memory; i++) {
		size_t first = walk->verdict->reasons.n;

		if (rows[i].when != ALWAYS && rows[i].when != kind)
			continue;
		walk->step_code = 0;
		more = rows[i].run(walk);
		note_step(walk, rows[i].name, first);
		if (walk->step_code < 0 && walk->verdict->code == 0 && !walk->no_memory)
			stop(walk);
	}
	walk->verdict->name = walk_text(walk, "%s", walk->name ? walk->name : "");
}

static void walk_free(struct walk *walk)
{
	vec_free(&walk->infos);
	vec_free(&walk->harms);
	map_free(&walk->version_rows);
}

struct load_memory *load_memory_new(void)
{
	return mem_zalloc(sizeof(struct load_memory));
}

void load_memory_free(struct load_memory *memory)
{
	if (!memory)
		return;
	mem_room_free(&memory->sections);
	mem_room_free(&memory->symbols);
	mem_room_free(&memory->regions);
	mem_free(memory);
}

int load_check(struct load_verdict **out, const struct load_kernel *kernel,
	       const struct load_request *request, struct err *err)
{
	DEFER(load_verdict_freep) struct load_verdict *verdict = mem_zalloc(sizeof(*verdict));
	DEFER(load_memory_freep)
	struct load_memory *own = request->memory ? NULL : load_memory_new();
	DEFER(walk_free)
	struct walk walk = {
		.kernel = kernel,
		.request = request,
		.reusable = request->memory ? request->memory : own,
	};

	if (!verdict || !walk.reusable || !(verdict->arena = arena_new()))
		return err_no_memory(err);
	walk.verdict = verdict;
	walk.arena = verdict->arena;
	walk.file = request->bytes;
	run_steps(&walk, kernel->has[SERIES_MEMORY_KINDS] ? MEMORY_KINDS : CORE_INIT);
	if (walk.no_memory)
		return err_no_memory(err);
	*out = take_ptr(&verdict);
	return 0;
}
