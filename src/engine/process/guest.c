/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/process/layout.h"
#include "engine/process/part.h"
#include "image/image.h"

struct guest guest;

_Static_assert((uint64_t)LINK_BASE + 0x90000000 == IMAGE_BASE,
	       "guest_relocate() and layout.h differ");

enum need { MUST, MAY };

static const struct {
	enum need need;
	const char *names;
	size_t offset;
} symbols[] = {
#define F(need, result, member, symbols, arguments) {need, symbols, offsetof(struct guest, member)},
	GUEST_FUNCTIONS(F)
#undef F
#define V(need, member, symbols) {need, symbols, offsetof(struct guest, member)},
		GUEST_VARIABLES(V)
#undef V
};

static const char *const syscall_names[] = {
#define S(name) "__x64_sys_" #name,
	GUEST_SYSCALLS(S)
#undef S
};

/* The first of several names, separated by spaces, that the image has; 0 when it has none. */
static uint64_t find_first(const struct image *image, const char *names)
{
	char name[128];
	int used;

	while (sscanf(names, "%127s%n", name, &used) == 1) {
		uint64_t address = image_address(image, name);

		if (address)
			return guest_relocate(address);
		names += used;
	}
	return 0;
}

static void find_symbols(const struct image *image)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		uint64_t address = find_first(image, symbols[i].names);

		memcpy((char *)&guest + symbols[i].offset, &address, sizeof(address));
		part_tell("symbol", symbols[i].names, "", symbols[i].need == MUST, address != 0);
	}
	for (size_t i = 0; i < GUEST_SYSCALL_COUNT; i++) {
		guest.syscalls[i] = find_first(image, syscall_names[i]);
		part_tell("symbol", syscall_names[i], "", true, guest.syscalls[i] != 0);
	}
}

/* A per-CPU variable: a symbol of its own, or a member of pcpu_hot (6.2 to 6.14). */
static uint64_t find_per_cpu(const struct image *image, const char *name, const char *member)
{
	struct image_symbol symbol;
	uint64_t hot = image_address(image, "pcpu_hot");
	uint32_t offset, size;

	/* Zero-based per-CPU offsets may be 0, so image_address() would not do. */
	if (image_symbol(image, name, &symbol) == 0)
		return guest_relocate(symbol.address);
	if (hot && image_member(image, "pcpu_hot", member, &offset, &size, NULL) == 0)
		return guest_relocate(hot) + offset;
	part_tell("symbol", name, "", true, 0);
	return 0;
}

static bool look_for_member(const struct image *image, const char *type, const char *member,
			    bool must, uint32_t *offset)
{
	char name[64];
	uint32_t size;
	bool found = image_member(image, type, member, offset, &size, NULL) == 0;

	snprintf(name, sizeof(name), "%s.%s", type, member);
	part_tell("member", name, "", must, found);
	return found;
}

static void find_member(const struct image *image, const char *type, const char *member,
			uint32_t *offset)
{
	look_for_member(image, type, member, true, offset);
}

/* Its offset is not 0 where it exists. */
static void find_optional_member(const struct image *image, const char *type, const char *member,
				 uint32_t *offset)
{
	if (!look_for_member(image, type, member, false, offset))
		*offset = 0;
}

static void find_alternative(const struct image *image, struct guest_alternative *a)
{
	bool found = image_sizeof(image, "alt_instr", &a->size, NULL) == 0;

	part_tell("type", "alt_instr", "", true, found ? 1 : 0);
	find_member(image, "alt_instr", "instr_offset", &a->site);
	find_member(image, "alt_instr", "repl_offset", &a->replacement);
	find_member(image, "alt_instr", "instrlen", &a->site_length);
	find_member(image, "alt_instr", "replacementlen", &a->replacement_length);
}

static void find_types(const struct image *image)
{
	bool found = image_sizeof(image, "page", &guest.page_size_of, NULL) == 0;

	part_tell("type", "page", "", true, found ? 1 : 0);
	found = image_sizeof(image, "module", &guest.module_size, NULL) == 0;
	part_tell("type", "module", "", true, found ? 1 : 0);
	find_member(image, "module", "init", &guest.module_init);
	find_member(image, "module", "exit", &guest.module_exit);
	find_member(image, "task_struct", "stack", &guest.task_stack);
	find_member(image, "task_struct", "pid", &guest.task_pid);
	find_member(image, "task_struct", "comm", &guest.task_comm);
	find_member(image, "task_struct", "mm", &guest.task_mm);
	find_member(image, "task_struct", "flags", &guest.task_flags);
	find_member(image, "task_struct", "thread_info.flags", &guest.task_thread_flags);
	find_member(image, "mm_struct", "pgd", &guest.mm_pgd);
	find_member(image, "mm_struct", "mmap_base", &guest.mm_base);
	find_member(image, "mm_struct", "mmap_legacy_base", &guest.mm_legacy_base);
	find_member(image, "mm_struct", "task_size", &guest.mm_task_size);
	find_member(image, "mm_struct", "mm_count", &guest.mm_count);
	find_optional_member(image, "mm_struct", "get_unmapped_area", &guest.mm_find);
	find_member(image, "cea_exception_stacks", "DF_stack", &guest.double_fault_stack);
	find_member(image, "boot_params", "acpi_rsdp_addr", &guest.rsdp_address);
	find_member(image, "kmem_cache", "object_size", &guest.cache_object_size);
	find_alternative(image, &guest.alternative);
}

int guest_resolve(const struct image *image, struct err *err)
{
	const char *hz = image_config(image, "CONFIG_HZ");

	memset(&guest, 0, sizeof(guest));
	snprintf(guest.release, sizeof(guest.release), "%s", image_release(image));
	find_symbols(image);
	guest.current_task = find_per_cpu(image, "current_task", "current_task");
	guest.top_of_stack = find_per_cpu(image, "cpu_current_top_of_stack", "top_of_stack");
	guest.irq_stack = find_per_cpu(image, "hardirq_stack_ptr", "hardirq_stack_ptr");
	guest.irq_stack_in_use = find_per_cpu(image, "hardirq_stack_inuse", "hardirq_stack_inuse");
	guest.entry_stacks = find_per_cpu(image, "cea_exception_stacks", "");
	guest.exception_stacks = find_per_cpu(image, "exception_stacks", "");
	find_types(image);
	guest.stack_size = 16384;
	guest.hz = hz ? (uint32_t)strtoul(hz, NULL, 10) : 250;
	return part_verdict(guest.release, err);
}

void guest_symbol(char *out, size_t size, uint64_t address)
{
	/* The kernel writes a NUL at the end of its longest name, wherever this one ends. */
	char text[1024];
	size_t length;

	guest.sprint_symbol(text, address);
	length = strnlen(text, size - 1);
	memcpy(out, text, length);
	out[length] = 0;
}
