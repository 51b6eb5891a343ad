/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of the steps. A step looks at everything it is about; what the kernel would do is
 * decided by the first step that refuses, and what later steps say is told besides.
 */
#include <errno.h>

#include "load/walk.h"

typedef bool step(struct walk *walk);

static step *const steps_core_init[] = {
	entry_step,
	signature_step,
	elf_step,
	identity_step,
	blacklist_step,
	version_layout_step,
	modinfo_early_step,
	arch_section_step,
	section_step,
	layout_step,
	name_step,
	unsigned_step,
	percpu_step,
	special_step,
	license_step,
	export_crc_step,
	structure_step,
	namespace_step,
	resolve_step,
	reloc_step,
	keep_step,
	crash_step,
	tables_step,
	export_step,
	trace_step,
	livepatch_step,
	btf_step,
	param_step,
	sysfs_step,
	start_step,
	NULL,
};

/* With struct module_memory the taints come when the name is taken. */
static step *const steps_memory_kinds[] = {
	entry_step,
	signature_step,
	elf_step,
	identity_step,
	blacklist_step,
	version_layout_step,
	modinfo_vermagic_step,
	arch_section_step,
	section_step,
	name_step,
	layout_step,
	modinfo_taint_step,
	unsigned_step,
	percpu_step,
	special_step,
	license_step,
	export_crc_step,
	structure_step,
	namespace_step,
	resolve_step,
	reloc_step,
	keep_step,
	crash_step,
	tables_step,
	export_step,
	trace_step,
	livepatch_step,
	btf_step,
	param_step,
	sysfs_step,
	start_step,
	NULL,
};

/* For people; what has no name is no step of the kernel. */
static const struct {
	step *run;
	const char *name;
} names[] = {
	{entry_step, "the system call's own checks"},
	{signature_step, "the signature"},
	{elf_step, "the ELF file"},
	{identity_step, "symbol table, module structure, name"},
	{blacklist_step, "the kernel's blacklist"},
	{version_layout_step, "the version of struct module"},
	{modinfo_early_step, "vermagic, licence and other tags"},
	{modinfo_vermagic_step, "vermagic"},
	{modinfo_taint_step, "licence and other tags that taint"},
	{arch_section_step, "sections that the architecture demands"},
	{section_step, "flags of the sections"},
	{layout_step, "memory, and where each section goes"},
	{name_step, "the name among the loaded modules"},
	{unsigned_step, "what an unsigned module costs"},
	{percpu_step, "per-CPU memory"},
	{special_step, "sections with a meaning"},
	{license_step, "licences of certain modules"},
	{export_crc_step, "versions of its own exports"},
	{namespace_step, "namespaces that it imports"},
	{resolve_step, "symbols, their versions and namespaces"},
	{reloc_step, "relocations"},
	{crash_step, "code patching"},
	{tables_step, "tables that parts of the kernel read"},
	{export_step, "its exports among those there are"},
	{trace_step, "trace events"},
	{livepatch_step, "livepatch"},
	{btf_step, "types (BTF)"},
	{param_step, "parameters"},
	{sysfs_step, "its directory in /sys/module"},
	{start_step, "its code, as far as it is run"},
};

static const char *name_of(step *run)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].run == run)
			return names[i].name;
	return NULL;
}

static void note_step(struct walk *walk, step *run, size_t first)
{
	struct load_verdict *verdict = walk->verdict;
	const char *name = name_of(run);
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

static void run_steps(struct walk *walk, step *const *steps)
{
	bool more = true;

	for (; *steps && more && !walk->no_memory; steps++) {
		size_t first = walk->verdict->reasons.n;

		walk->step_code = 0;
		more = (*steps)(walk);
		note_step(walk, *steps, first);
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
	run_steps(&walk, kernel->has[SERIES_MEMORY_KINDS] ? steps_memory_kinds : steps_core_init);
	if (walk.no_memory)
		return err_no_memory(err);
	*out = take_ptr(&verdict);
	return 0;
}
