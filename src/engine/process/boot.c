/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/boot.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/process/acpi.h"
#include "engine/process/clock.h"
#include "engine/process/guest.h"
#include "engine/process/hook.h"
#include "engine/process/hooks.h"
#include "engine/process/pages.h"
#include "engine/process/part.h"
#include "engine/process/patch.h"
#include "engine/process/program.h"
#include "engine/process/protect.h"
#include "engine/process/serve.h"
#include "engine/process/stub.h"
#include "engine/process/trap.h"
#include "engine/process/window.h"
#include "image/image.h"

enum {
	COMMAND_LINE_SIZE = 2048,
	MEMBLOCK_ANY_NODE = -1,
	/* Numbers of the kernel's cpufeatures.h: word 10 is CPUID(13, 1).eax. */
	X86_FEATURE_XSAVEC = 10 * 32 + 1,
	X86_FEATURE_XSAVES = 10 * 32 + 3,
};

static char command_line[COMMAND_LINE_SIZE];
static bool mem_init_must_free;

#define SET(type, variable, value) (*(type *)guest.variable = (value))

/* ---- before the start ---- */

static int load_segments(const struct image *image, struct err *err)
{
	size_t count;
	const struct image_segment *segment = image_segments(image, &count);
	struct span file = image_bytes(image), content;

	for (; count--; segment++) {
		uint64_t to = segment->paddr - LINK_PHYSICAL + IMAGE_BASE;

		if (segment->paddr < LINK_PHYSICAL || to + segment->memsz > RAM_END ||
		    segment->filesz > segment->memsz ||
		    !span_cut(file, segment->offset, segment->filesz, &content))
			return err_set(err, -ENOEXEC, "a segment of the kernel does not fit");
		memcpy((void *)to, content.p, content.n);
		image_let_go(content);
	}
	return 0;
}

/* Addresses inside instructions lie anywhere. */
struct unaligned64 {
	uint64_t value;
} __attribute__((packed));
struct unaligned32 {
	uint32_t value;
} __attribute__((packed));

enum relocation { ADD64, ADD32, SUBTRACT32 };

/* list holds the low halves of link addresses. All of a bad list is found before it does harm. */
static int relocate_list(struct span list, enum relocation how, struct err *err)
{
	const uint64_t delta = (uint64_t)IMAGE_BASE - LINK_BASE;

	for (size_t i = 0; i + 4 <= list.n; i += 4) {
		uint64_t at = (uint64_t)(int64_t)(int32_t)span_le32(list, i) + delta;

		if (at < IMAGE_BASE || at + 8 > RAM_END)
			return err_set(err, -ENOEXEC, "the kernel's relocation table is damaged");
		if (how == ADD64)
			((struct unaligned64 *)at)->value += delta;
		else
			((struct unaligned32 *)at)->value +=
				how == ADD32 ? (uint32_t)delta : -(uint32_t)delta;
	}
	return 0;
}

static int relocate(const struct image *image, struct err *err)
{
	const struct image_relocs *relocs = image_relocs(image);

	if (relocate_list(relocs->abs64, ADD64, err) < 0 ||
	    relocate_list(relocs->inverse32, SUBTRACT32, err) < 0 ||
	    relocate_list(relocs->abs32, ADD32, err) < 0)
		return err->code;
	return 0;
}

static void set_base_variables(void)
{
	SET(uint64_t, page_offset_base, 0);
	SET(uint64_t, vmalloc_base, VMALLOC_BASE);
	SET(uint64_t, vmemmap_base, VMEMMAP_BASE);
	SET(uint64_t, phys_base, -0x80000000ull);
	SET(uint64_t, physmem_end, (1ull << 46) - 1);
}

/* What the processor would save without AMX tiles, which are large and which no kernel code uses.
 */
static uint64_t fpu_mask(void)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid_count(0xd, 0, &a, &b, &c, &d))
		return 3;
	return a & 0xe7;
}

/* Where the kernel's per-CPU data is before it has been set up: in the image, when it is linked at
 * 0. */
static uint64_t first_gs_base(void)
{
	return guest.per_cpu_load;
}

static void set_words(void)
{
	struct stub_words *words = stub_word;

	words->fpu_mask = fpu_mask();
	words->in_kernel_fpu = guest.in_kernel_fpu;
	words->irq_stack = guest.irq_stack;
	words->irq_stack_in_use = guest.irq_stack_in_use;
	words->irqentry_enter = (uint64_t)guest.irqentry_enter;
	words->irqentry_exit = (uint64_t)guest.irqentry_exit;
	words->irq_enter_rcu = (uint64_t)guest.irq_enter_rcu;
	words->irq_exit_rcu = (uint64_t)guest.irq_exit_rcu;
	words->schedule_idle = (uint64_t)guest.schedule_idle;
	words->user_mode_thread = (uint64_t)guest.user_mode_thread;
	words->kernel_wait = (uint64_t)guest.kernel_wait;
	words->schedule_tail = (uint64_t)guest.schedule_tail;
}

static size_t vmemmap_size(void)
{
	return (size_t)(RAM_END >> PAGE_SHIFT) * guest.page_size_of;
}

int boot_prepare(const struct image *image, const char *words, struct err *err)
{
	int code = guest_resolve(image, err);

	if (code < 0)
		return code;
	code = pages_create(vmemmap_size(), err);
	if (code < 0)
		return code;
	pages_expect(VMEMMAP_BASE, vmemmap_size());
	pages_expect(IMAGE_BASE, guest.end - IMAGE_BASE);
	code = protect_change(IMAGE_BASE, guest.end - IMAGE_BASE, PAGE_EXECUTE, 0);
	if (code < 0)
		return err_errno(err, "cannot make the kernel's image executable");
	code = load_segments(image, err);
	if (code == 0)
		code = relocate(image, err);
	if (code < 0)
		return code;
	/* What the linker put there is nowhere; and it would be copied to those of users, because
	 * it is above page_offset_base. */
	memset((void *)guest.page_table, 0, PAGE_BYTES);
	stub_install();
	guest.gs_base = first_gs_base();
	set_words();
	set_base_variables();
	snprintf(command_line, sizeof(command_line), "%s", words);
	mem_init_must_free = !patch_calls(image, "mm_core_init", "memblock_free_all");
	patch_install(image);
	hook_install(image);
	return part_verdict(guest.release, err);
}

static int set_gs(uint64_t base, struct err *err)
{
	guest.gs_base = base;
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, base) < 0)
		return err_errno(err, "cannot set the gs register");
	return 0;
}

int boot_connect(struct err *err)
{
	int code = window_create(err);

	if (code == 0)
		code = trap_install(err);
	if (code < 0)
		return code;
	hook_connect();
	stub_word->tick = (uint64_t)clock_tick;
	stub_word->serve = (uint64_t)serve_start;
	stub_word->enter_user = (uint64_t)program_enter;
	return set_gs(guest.gs_base, err);
}

void boot_take_stack(void)
{
	uint64_t here;

	__asm__ volatile("movq %%rsp, %0" : "=r"(here));
	stub_word->serve_stack = (here - 4096) & ~15ull;
}

_Noreturn void boot_start(void)
{
	boot_take_stack();
	stub_word->interrupt_flag = 0;
	clock_start();
	__asm__ volatile("movq %0, %%rsp\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "call *%1\n\t"
			 "ud2"
			 :
			 : "r"(guest.init_stack + guest.stack_size - 256), "r"(guest.start_kernel)
			 : "memory");
	__builtin_unreachable();
}

/* ---- hooks of the boot ---- */

static void reserve(uint64_t address, uint64_t size)
{
	if (guest.memblock_reserve)
		guest.memblock_reserve(address, size);
	else
		guest.memblock_reserve_node(address, size, MEMBLOCK_ANY_NODE, 0);
}

/* The tables are in the first page of RAM. */
static void set_up_acpi(void)
{
	acpi_write_tables(RAM_BASE);
	reserve(RAM_BASE, ACPI_TABLES_SIZE);
	*(uint64_t *)(guest.boot_params + guest.rsdp_address) = RAM_BASE;
	/* No PCI host bridge and no interrupt controllers to look for. */
	SET(int, acpi_pci_disabled, 1);
	SET(int, acpi_noirq, 1);
	guest.acpi_boot_table_init();
	if (guest.acpi_table_init_complete)
		guest.acpi_table_init_complete();
}

void *boot_acpi_map_table(unsigned long physical, unsigned long size)
{
	return (void *)physical;
}

void boot_setup_arch(char **kernel_command_line)
{
	strcpy((char *)guest.boot_command_line, command_line);
	guest.early_cpu_init();
	/* xsaves and xrstors are privileged, and the size of a compact area is that of the host's
	 * kernel; the plain forms do. */
	guest.setup_clear_cpu_cap(X86_FEATURE_XSAVEC);
	guest.setup_clear_cpu_cap(X86_FEATURE_XSAVES);
	guest.fpu_init_system((void *)guest.boot_cpu_data);
	guest.jump_label_init();
	if (guest.static_call_init)
		guest.static_call_init();
	guest.memblock_add(RAM_BASE, RAM_SIZE);
	reserve(IMAGE_BASE, guest.end - IMAGE_BASE);
	SET(uint64_t, max_pfn, RAM_END >> PAGE_SHIFT);
	SET(uint64_t, max_low_pfn, RAM_END >> PAGE_SHIFT);
	SET(uint64_t, max_pfn_mapped, RAM_END >> PAGE_SHIFT);
	if (guest.max_low_pfn_mapped)
		SET(uint64_t, max_low_pfn_mapped, RAM_END >> PAGE_SHIFT);
	if (guest.memblock_set_current_limit)
		guest.memblock_set_current_limit(RAM_END);
	set_up_acpi();
	guest.initmem_init();
	guest.paging_init();
	if (guest.unwind_init)
		guest.unwind_init();
	*kernel_command_line = (char *)guest.boot_command_line;
}

/* No exception arrives on the stacks of the CPU's entry area, and it is not mapped. But the kernel
 * goes to that for double faults by itself, to tell of a stack that somebody left: it is given the
 * one which would be mapped there, the first of its kind. */
static void set_double_fault_stack(void)
{
	*guest_per_cpu(guest.entry_stacks) =
		(uint64_t)guest_per_cpu(guest.exception_stacks) - guest.double_fault_stack;
}

void boot_init_irq(void)
{
	guest.irq_init_percpu_irqstack(0);
	set_double_fault_stack();
}

void boot_mem_init(void)
{
	if (mem_init_must_free)
		guest.memblock_free_all();
	SET(int, after_bootmem, 1);
}

void boot_calibrate_delay(void)
{
	SET(uint64_t, loops_per_jiffy, 4000000);
}

void boot_smp_prepare_cpus(void)
{
	if (guest.smp_prepare_cpus_common)
		guest.smp_prepare_cpus_common();
}

void boot_console_init(void)
{
	if (guest.n_tty_init)
		guest.n_tty_init();
	if (guest.conswitchp && guest.dummy_con && guest.con_init) {
		SET(uint64_t, conswitchp, guest.dummy_con);
		guest.con_init();
	}
}

/* What a kernel frees after its boot stays: text as compiled, without alternatives, jumps to
 * code there that asks which features the processor has (.altinstr_aux). */
void boot_mark_rodata(void)
{
	const uint32_t text = PAGE_READ_ONLY | PAGE_EXECUTE;

	protect_change(IMAGE_BASE, guest.end - IMAGE_BASE, 0, PAGE_EXECUTE);
	protect_change(guest.text, guest.etext - guest.text, text, 0);
	protect_change(guest.init_text, guest.init_end - guest.init_text, text, 0);
	protect_change(guest.rodata, guest.end_rodata - guest.rodata, PAGE_READ_ONLY, 0);
	stub_protect();
}

void boot_switch_gs(void)
{
	set_gs(*(uint64_t *)guest.per_cpu_offset, NULL);
}
