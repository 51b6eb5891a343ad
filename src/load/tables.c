/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables that parts of the kernel go through when a module comes, without a look at what the
 * pointers in their rows lead to. A name of one counts only when it is loaded.
 */
#include "load/arch/arch.h"
#include "load/param.h"

/* Taints that do not keep the kernel from trusting a module's trace events. */
enum { HARMLESS = LOAD_TAINT_O | LOAD_TAINT_C | LOAD_TAINT_E | LOAD_TAINT_N };

enum { PARAM_ROW = 40, PARAM_MODE = 24, KEY_USE = 16, KEY_USE_KEY = 8 };
enum { EXPORT = 12, EXPORT_NAME = 4, STATIC_CALL = 8, STATIC_CALL_KEY = 4 };

struct table {
	const char *name;
	unsigned int row, pointer; /* size, and where in it the pointer stands */
	bool trace;		   /* of trace events */
	const char *with;	   /* read only with a section of that name */
};

static const char eval_map[] = "_ftrace_eval_map";

static const struct table tables[] = {
	{"_ftrace_events", 8, 0, true, NULL},
	{eval_map, 8, 0, true, NULL},
	{"___srcu_struct_ptrs", 8, 0, false, NULL},
	{"__dyndbg_classes", 56, 24, false, "__dyndbg"},
};

static bool exists(const struct walk *walk, uint64_t address)
{
	return arch_bytes_at(walk, address, 1) || load_kernel_covers(walk->kernel, address);
}

static bool is_read(struct walk *walk, const struct table *table)
{
	const struct section *with = table->with ? elf_find(walk, table->with) : NULL;

	if (table->name == eval_map &&
	    (!walk->kernel->has[SERIES_EVAL_MAPS] || walk->kernel->has[SERIES_NO_EVAL_MAPS]))
		return false;
	if (table->trace)
		return walk->kernel->tracing && !(walk->taints & ~(unsigned int)HARMLESS);
	return !table->with || (with && with->size > 0);
}

static bool check_table(struct walk *walk, const struct table *table)
{
	const struct section *section = elf_find(walk, table->name);

	if (!section || !section->placed || !is_read(walk, table))
		return true;
	for (uint64_t at = 0; at + table->row <= arch_table_size(section); at += table->row) {
		const unsigned char *row = layout_at(walk, section->place + at, table->row);

		if (row && exists(walk, span_le64(span_of(row, table->row), table->pointer)))
			continue;
		walk_crash(walk, "L-CRASH-22", "a pointer in section %s leads nowhere",
			   table->name);
		return false;
	}
	return true;
}

static uint64_t relative(uint64_t address, const unsigned char *at)
{
	return address + (uint64_t)(int64_t)(int32_t)span_le32(span_of(at, 4), 0);
}

/* Its own exports are looked up by their names, so these must exist. */
static bool check_exports(struct walk *walk, const char *name)
{
	const struct section *section = elf_find(walk, name);

	for (uint64_t at = 0; section && section->placed && at + EXPORT <= arch_table_size(section);
	     at += EXPORT) {
		uint64_t place = section->place + at + EXPORT_NAME;
		const unsigned char *to = layout_at(walk, place, 4);

		if (to && exists(walk, relative(place, to)))
			continue;
		walk_crash(walk, "L-CRASH-22", "the name of an export in %s lies nowhere", name);
		return false;
	}
	return true;
}

/* The kernel writes to the keys of static calls, and sorts their sites. */
static bool check_static_calls(struct walk *walk)
{
	const struct section *section = elf_find(walk, ".static_call_sites");

	for (uint64_t at = 0;
	     section && section->placed && at + STATIC_CALL <= arch_table_size(section);
	     at += STATIC_CALL) {
		uint64_t place = section->place + at;
		const unsigned char *row = layout_at(walk, place, STATIC_CALL);
		uint64_t key =
			row ? relative(place + STATIC_CALL_KEY, row + STATIC_CALL_KEY) & ~3ull : 0;

		if (row && exists(walk, key) && arch_section_at(walk, key) != section)
			continue;
		walk_crash(walk, "L-CRASH-22", "the key of a static call lies nowhere");
		return false;
	}
	return true;
}

/* The kernel writes to the rows of static keys, and to their keys. */
static bool check_keys(struct walk *walk)
{
	const struct section *section = elf_find(walk, "__jump_table"), *holder;

	for (uint64_t at = 0;
	     section && section->placed && at + KEY_USE <= arch_table_size(section);
	     at += KEY_USE) {
		uint64_t place = section->place + at + KEY_USE_KEY;
		const unsigned char *row = layout_at(walk, place, 8);
		uint64_t key = row ? (place + span_le64(span_of(row, 8), 0)) & ~UINT64_C(3) : 0;

		holder = arch_section_at(walk, key);
		if (!(section->flags & SHF_WRITE) || !exists(walk, key) ||
		    (holder && !(holder->flags & SHF_WRITE))) {
			walk_crash(walk, "L-CRASH-22",
				   "the kernel cannot write to a static key of the module");
			return false;
		}
	}
	return true;
}

/* A name is read when parameters are given, and for a file. */
static bool check_params(struct walk *walk)
{
	const char *given = walk->request->params;
	const unsigned char *row;

	for (uint64_t n = 0; (row = param_row(walk, n)); n++) {
		struct span span = span_of(row, PARAM_ROW);

		if (exists(walk, span_le64(span, 0)) ||
		    (span_le16(span, PARAM_MODE) == 0 && !(given && *given)))
			continue;
		walk_crash(walk, "L-CRASH-22", "the name of a parameter lies nowhere");
		return false;
	}
	return true;
}

/* For the whole system, the first time: trace_printk() is for looking for an error. */
static void check_trace_printk(struct walk *walk)
{
	static const char frame[] = "**********************************************************",
			  notice[] = "**   NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE   **",
			  empty[] = "**                                                      **";
	static const char *const lines[] = {
		"",
		frame,
		notice,
		empty,
		"** trace_printk() being used. Allocating extra memory.  **",
		empty,
		"** This means that this is a DEBUG kernel and it is     **",
		"** unsafe for production use.                           **",
		empty,
		"** If you see this message and you are not debugging    **",
		"** the kernel, report this immediately to your vendor!  **",
		empty,
		notice,
		frame,
	};
	const struct section *texts = elf_find(walk, "__trace_printk_fmt");

	if (!texts || texts->size < sizeof(uint64_t) || !walk->kernel->tracing)
		return;
	walk_reason(walk, "L-SEC-11", 0, "it uses trace_printk()");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		walk_line(walk, 4, "%s", lines[i]);
}

bool trace_step(struct walk *walk)
{
	const struct section *events = elf_find(walk, "_ftrace_events");

	check_trace_printk(walk);
	if (!events || events->size < sizeof(uint64_t) ||
	    !(walk->taints & ~(unsigned int)HARMLESS) || !walk->kernel->tracing)
		return true;
	walk_reason(walk, "L-SEC-07", 0, "its trace events are left out, because of its taints");
	walk_line(walk, 3, "%s: module has bad taint, not creating trace events", walk->name);
	return true;
}

bool tables_step(struct walk *walk)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!check_table(walk, &tables[i]))
			return true;
	if (check_exports(walk, "__ksymtab") &&
	    (walk->kernel->export_flags || check_exports(walk, "__ksymtab_gpl")) &&
	    check_static_calls(walk) && check_keys(walk))
		check_params(walk);
	return true;
}
