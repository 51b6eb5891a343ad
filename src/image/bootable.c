/* SPDX-License-Identifier: GPL-2.0-only */
/* What the process engine needs of a kernel, each with the way to see whether it is there. */
#include <elf.h>
#include <errno.h>

#include "image/internal.h"
#include "ko/ko.h"

static bool has_machine(const struct image *image)
{
	return image->elf.machine == EM_X86_64 && image->elf.readable;
}

static bool has_kernel_addresses(const struct image *image)
{
	return (int64_t)image_elf_base(&image->elf) < 0;
}

static bool has_relocs(const struct image *image)
{
	return image->relocs.abs64.n > 0;
}

static bool has_symbols(const struct image *image)
{
	return image->symbols.count > 0;
}

static bool has_data_symbols(const struct image *image)
{
	return image_address(image, "init_task") != 0;
}

static bool has_memory_layout(const struct image *image)
{
	return image_address(image, "page_offset_base") && image_address(image, "vmalloc_base");
}

static bool has_vmemmap(const struct image *image)
{
	return image_address(image, "vmemmap_base") != 0;
}

static bool has_smp(const struct image *image)
{
	return image_address(image, "__per_cpu_offset") != 0;
}

static bool has_modules(const struct image *image)
{
	return image_address(image, "__x64_sys_init_module") != 0;
}

static bool has_types(const struct image *image)
{
	struct span unused;

	return image_elf_section(&image->elf, ".BTF", &unused) ||
	       image_address(image, "__start_BTF") != 0;
}

/* In the order in which they are told: a kernel that lacks one often lacks all that follow. */
static const struct {
	bool (*has)(const struct image *image);
	const char *sentence;
} needs[] = {
	{has_machine, "it is a kernel for %s; only those of x86-64 run in a process"},
	{has_kernel_addresses, "it runs as a program, at a program's addresses (User Mode Linux?)"},
	/* it is moved to where a process may have it */
	{has_relocs, "it has no relocation table: either CONFIG_RANDOMIZE_BASE is off, or this is "
		     "the vmlinux of a debug package (take the vmlinuz instead)"},
	/* parts of it are replaced by name, */
	{has_symbols, "it has no table of its symbols (CONFIG_KALLSYMS is off)"},
	/* its variables are set by name, */
	{has_data_symbols, "its symbols are those of functions only (CONFIG_KALLSYMS_ALL is off)"},
	/* among them where memory is said to begin */
	{has_memory_layout, "its memory layout is fixed (CONFIG_RANDOMIZE_MEMORY is off)"},
	{has_vmemmap, "its memory map is no array (CONFIG_SPARSEMEM_VMEMMAP is off)"},
	{has_smp, "it is for one processor only (CONFIG_SMP is off)"},
	{has_modules, "it cannot load modules (CONFIG_MODULES is off)"},
	/* places of structure members */
	{has_types, "it has no type information (CONFIG_DEBUG_INFO_BTF is off)"},
};

int image_bootable(const struct image *image, struct err *err)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		if (needs[i].has(image))
			continue;
		if (i == 0)
			return err_set(err, -ENOTSUP, needs[i].sentence,
				       ko_machine_name(image->elf.machine));
		return err_set(err, -ENOTSUP, "%s", needs[i].sentence);
	}
	return 0;
}
