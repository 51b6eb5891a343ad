/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel in this process as our code sees it: functions that we call, variables that we set,
 * offsets that we need. Everything is found in the image by name (kallsyms) or type (BTF), once,
 * before the boot; the result holds addresses of the relocated kernel only, no host pointers, and
 * is saved with a snapshot.
 */
#ifndef LKM_ENGINE_PROCESS_GUEST_H
#define LKM_ENGINE_PROCESS_GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct image;
struct pt_regs;

/*
 * F(need, result, member, symbols, arguments): symbols are alternative names, tried in order; a
 * MUST that is missing is reported with all others before anything is booted.
 */
#define GUEST_FUNCTIONS(F)                                                                         \
	/* start */                                                                                \
	F(MUST, void, start_kernel, "start_kernel", (void))                                        \
	F(MUST, void, early_cpu_init, "early_cpu_init", (void))                                    \
	F(MUST, void, setup_clear_cpu_cap, "setup_clear_cpu_cap", (unsigned int))                  \
	F(MUST, void, fpu_init_system, "fpu__init_system", (void *))                               \
	F(MUST, void, jump_label_init, "jump_label_init", (void))                                  \
	F(MAY, void, static_call_init, "static_call_init", (void))                                 \
	F(MUST, void, acpi_boot_table_init, "acpi_boot_table_init", (void))                        \
	F(MAY, void, acpi_table_init_complete, "acpi_table_init_complete", (void))                 \
	F(MAY, void, unwind_init, "unwind_init", (void))                                           \
	F(MUST, int, memblock_add, "memblock_add", (uint64_t, uint64_t))                           \
	F(MAY, int, memblock_reserve, "memblock_reserve", (uint64_t, uint64_t))                    \
	F(MAY, int, memblock_reserve_node, "__memblock_reserve", (uint64_t, uint64_t, int, int))   \
	F(MAY, void, memblock_set_current_limit, "memblock_set_current_limit", (uint64_t))         \
	F(MUST, void, initmem_init, "initmem_init", (void))                                        \
	F(MUST, void, paging_init, "paging_init", (void))                                          \
	F(MUST, void, memblock_free_all, "memblock_free_all", (void))                              \
	F(MUST, int, irq_init_percpu_irqstack, "irq_init_percpu_irqstack", (unsigned int))         \
	F(MAY, void, smp_prepare_cpus_common, "smp_prepare_cpus_common", (void))                   \
	F(MAY, void, n_tty_init, "n_tty_init", (void))                                             \
	F(MAY, int, con_init, "con_init", (void))                                                  \
	/* time */                                                                                 \
	F(MUST, void, do_timer, "do_timer", (unsigned long))                                       \
	F(MUST, void, update_wall_time, "update_wall_time", (void))                                \
	F(MUST, void, update_process_times, "update_process_times", (int))                         \
	F(MUST, void, irq_work_run, "irq_work_run", (void))                                        \
	F(MUST, void, irqentry_enter, "irqentry_enter", (void))                                    \
	F(MUST, void, irqentry_exit, "irqentry_exit", (void))                                      \
	F(MUST, void, irq_enter_rcu, "irq_enter_rcu", (void))                                      \
	F(MUST, void, irq_exit_rcu, "irq_exit_rcu", (void))                                        \
	/* tasks */                                                                                \
	F(MUST, void, schedule_idle, "schedule_idle", (void))                                      \
	F(MUST, void, schedule_tail, "schedule_tail", (void *))                                    \
	F(MUST, int, user_mode_thread, "user_mode_thread", (void *, void *, unsigned long))        \
	F(MUST, int, kernel_wait, "kernel_wait", (int, int *))                                     \
	F(MUST, void, do_exit, "do_exit", (long))                                                  \
	F(MUST, void, msleep, "msleep", (unsigned int))                                            \
	F(MUST, void, task_work_run, "task_work_run", (void))                                      \
	F(MUST, void, flush_delayed_fput, "flush_delayed_fput", (void))                            \
	F(MUST, bool, get_signal, "get_signal", (void *))                                          \
	F(MUST, void *, mm_alloc, "mm_alloc", (void))                                              \
	F(MUST, void, kthread_use_mm, "kthread_use_mm", (void *))                                  \
	F(MUST, void, arch_get_unmapped_area, "arch_get_unmapped_area", (void))                    \
	F(MUST, unsigned long, copy_from_user, "_copy_from_user", (void *, uint64_t, size_t))      \
	F(MUST, unsigned long, copy_to_user, "_copy_to_user", (uint64_t, const void *, size_t))    \
	F(MAY, long, x64_sys_call, "x64_sys_call", (const long *regs, unsigned int number))        \
	/* exceptions */                                                                           \
	F(MUST, void, exc_page_fault, "exc_page_fault", (void))                                    \
	F(MUST, void, exc_general_protection, "exc_general_protection", (void))                    \
	F(MUST, void, exc_invalid_op, "exc_invalid_op", (void))                                    \
	F(MUST, void, exc_divide_error, "exc_divide_error", (void))                                \
	F(MUST, void, exc_int3, "exc_int3", (void))                                                \
	F(MUST, void, exc_double_fault, "exc_double_fault", (void))                                \
	F(MAY, void, exc_debug, "exc_debug", (void))                                               \
	F(MAY, void, exc_overflow, "exc_overflow", (void))                                         \
	F(MAY, void, exc_bounds, "exc_bounds", (void))                                             \
	F(MAY, void, exc_stack_segment, "exc_stack_segment", (void))                               \
	F(MAY, void, exc_alignment_check, "exc_alignment_check", (void))                           \
	F(MAY, void, exc_coprocessor_error, "exc_coprocessor_error", (void))                       \
	F(MAY, void, exc_simd_coprocessor_error, "exc_simd_coprocessor_error", (void))             \
	F(MUST, void *, search_exception_tables, "search_exception_tables", (unsigned long))       \
	F(MUST, void, show_regs, "show_regs", (struct pt_regs *))                                  \
	F(MAY, void, show_state_filter, "show_state_filter", (unsigned int))                       \
	F(MUST, int, sprint_symbol, "sprint_symbol", (char *, unsigned long))                      \
	F(MAY, int, is_text, "__kernel_text_address", (unsigned long))                             \
	/* log and memory */                                                                       \
	F(MUST, bool, kmsg_dump_get_line, "kmsg_dump_get_line",                                    \
	  (void *, bool, char *, size_t, size_t *))                                                \
	F(MUST, int, printk, "_printk", (const char *, ...))                                       \
	F(MUST, void *, vmalloc_node_range, "__vmalloc_node_range __vmalloc_node_range_noprof",    \
	  (unsigned long size, unsigned long align, unsigned long start, unsigned long end,        \
	   unsigned int gfp, unsigned long prot, unsigned long flags, int node,                    \
	   const void *caller))

/* V(need, member, symbols): addresses of variables. */
#define GUEST_VARIABLES(V)                                                                         \
	V(MUST, text, "_text")                                                                     \
	V(MUST, etext, "_etext")                                                                   \
	V(MUST, init_text, "_sinittext")                                                           \
	V(MUST, init_etext, "_einittext")                                                          \
	V(MUST, init_end, "__init_end")                                                            \
	V(MUST, rodata, "__start_rodata")                                                          \
	V(MUST, end_rodata, "__end_rodata")                                                        \
	V(MUST, end, "_end")                                                                       \
	V(MUST, init_stack, "init_stack __start_init_stack init_thread_union")                     \
	V(MUST, page_offset_base, "page_offset_base")                                              \
	V(MUST, vmalloc_base, "vmalloc_base")                                                      \
	V(MUST, vmemmap_base, "vmemmap_base")                                                      \
	V(MUST, phys_base, "phys_base")                                                            \
	V(MUST, physmem_end, "physmem_end direct_map_physmem_end")                                 \
	V(MUST, boot_command_line, "boot_command_line")                                            \
	V(MUST, boot_cpu_data, "boot_cpu_data")                                                    \
	V(MUST, page_table, "init_top_pgt swapper_pg_dir")                                         \
	V(MUST, max_pfn, "max_pfn")                                                                \
	V(MUST, max_low_pfn, "max_low_pfn")                                                        \
	V(MUST, max_pfn_mapped, "max_pfn_mapped")                                                  \
	V(MAY, max_low_pfn_mapped, "max_low_pfn_mapped")                                           \
	V(MUST, boot_params, "boot_params")                                                        \
	V(MUST, acpi_pci_disabled, "acpi_pci_disabled")                                            \
	V(MUST, acpi_noirq, "acpi_noirq")                                                          \
	V(MUST, after_bootmem, "after_bootmem")                                                    \
	V(MUST, loops_per_jiffy, "loops_per_jiffy")                                                \
	V(MAY, conswitchp, "conswitchp")                                                           \
	V(MAY, dummy_con, "dummy_con")                                                             \
	V(MUST, per_cpu_offset, "__per_cpu_offset")                                                \
	V(MAY, per_cpu_load, "__per_cpu_load")                                                     \
	V(MUST, pv_ops, "pv_ops")                                                                  \
	V(MUST, modprobe_path, "modprobe_path")                                                    \
	V(MAY, in_kernel_fpu, "in_kernel_fpu")

/* The system calls that request.c performs for the user's commands. */
#define GUEST_SYSCALLS(S)                                                                          \
	S(openat)                                                                                  \
	S(close)                                                                                   \
	S(read)                                                                                    \
	S(write)                                                                                   \
	S(ioctl)                                                                                   \
	S(poll)                                                                                    \
	S(getdents64)                                                                              \
	S(newfstatat)                                                                              \
	S(readlinkat)                                                                              \
	S(mkdirat)                                                                                 \
	S(mount)                                                                                   \
	S(prctl)                                                                                   \
	S(init_module)                                                                             \
	S(delete_module)                                                                           \
	S(socket)                                                                                  \
	S(bind)                                                                                    \
	S(setsockopt)                                                                              \
	S(recvfrom)                                                                                \
	S(nanosleep)                                                                               \
	S(mmap)                                                                                    \
	S(munmap)

enum guest_syscall {
#define S(name) GUEST_SYS_##name,
	GUEST_SYSCALLS(S)
#undef S
		GUEST_SYSCALL_COUNT
};

/* Offsets in struct alt_instr, the kernel's own record of text that it may replace; size 0:
 * unknown. */
struct guest_alternative {
	uint32_t size, site, replacement, site_length, replacement_length;
};

struct guest {
#define F(need, result, member, symbols, arguments) result(*member) arguments;
	GUEST_FUNCTIONS(F)
#undef F
#define V(need, member, symbols) uint64_t member;
	GUEST_VARIABLES(V)
#undef V
	uint64_t syscalls[GUEST_SYSCALL_COUNT];
	/* Offsets of per-CPU variables, to be used with the gs base. */
	uint64_t current_task, top_of_stack, irq_stack, irq_stack_in_use;
	uint64_t entry_stacks, exception_stacks;
	uint32_t page_size_of;			  /* sizeof(struct page) */
	uint32_t task_stack, task_pid, task_comm; /* offsets in struct task_struct */
	uint32_t task_mm, task_flags, task_thread_flags;
	uint32_t mm_pgd, mm_base, mm_legacy_base, mm_task_size, mm_count; /* in struct mm_struct */
	uint32_t mm_find;	     /* mm_struct.get_unmapped_area; 0: this kernel has none */
	uint32_t double_fault_stack; /* offset in struct cea_exception_stacks */
	uint32_t rsdp_address;	     /* offset in struct boot_params */
	uint32_t module_size, module_init, module_exit; /* struct module; offsets */
	uint32_t cache_object_size;			/* offset in struct kmem_cache */
	struct guest_alternative alternative;
	unsigned char clac_nop[3]; /* what stands for clac (smap.h); zeros: nothing does */
	uint32_t stack_size;	   /* of a kernel stack */
	uint32_t hz;
	uint64_t gs_base;
	char release[72];
};

/* The one kernel of this process. */
extern struct guest guest;

/* The relocated address of a symbol's link address; per-CPU offsets stay as they are. */
static inline uint64_t guest_relocate(uint64_t address)
{
	return address >= 0xffffffff80000000 ? address + 0x90000000 : address;
}

/* Fills guest from an image. -ENOTSUP with all missing names in one sentence. */
int guest_resolve(const struct image *image, struct err *err);

/* The per-CPU variable at an offset, of the only CPU. */
static inline uint64_t *guest_per_cpu(uint64_t offset)
{
	return (uint64_t *)(guest.gs_base + offset);
}

/* struct task_struct of the running task, and parts of it. */
static inline uint64_t guest_current(void)
{
	return *guest_per_cpu(guest.current_task);
}

static inline uint64_t guest_current_stack(void)
{
	return *(uint64_t *)(guest_current() + guest.task_stack);
}

static inline int guest_current_pid(void)
{
	return *(int *)(guest_current() + guest.task_pid);
}

/* "function+0x12/0x40 [module]", cut to size bytes with their NUL. */
void guest_symbol(char *out, size_t size, uint64_t address);

#endif
