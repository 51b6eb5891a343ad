/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every function of the kernel that is replaced, and why. Names that only some kernels have stand
 * beside those that they replace; which kernels is said where it is known.
 */
#include "engine/process/hooks.h"

#include <errno.h>

#include "engine/process/hook.h"
#include "engine/process/stub.h"
#include "engine/process/user.h"
#include "engine/process/track.h"

#define NOTHING(need, symbols, why)                                                                \
	{                                                                                          \
		symbols, need, HOOK_RETURN, 0, NULL, NULL, why                                     \
	}
#define REFUSE(symbols, why)                                                                       \
	{                                                                                          \
		symbols, HOOK_MAY, HOOK_RETURN, -EOPNOTSUPP, NULL, NULL, why                       \
	}
#define CALL(need, symbols, function, why)                                                         \
	{                                                                                          \
		symbols, need, HOOK_CALL, 0, function, NULL, why                                   \
	}
#define WRAP(need, symbol, function, origin, why)                                                  \
	{                                                                                          \
		symbol, need, HOOK_WRAP, 0, function, &hook_originals.origin, why                  \
	}
#define STUB_WHEN(when, symbol, entry, why)                                                        \
	{                                                                                          \
		symbol, HOOK_MUST, HOOK_STUB, 0, entry, NULL, why, when                            \
	}
#define STUB(need, symbols, entry, why)                                                            \
	{                                                                                          \
		symbols, need, HOOK_STUB, 0, entry, NULL, why                                      \
	}
#define TRACK(symbol, function, origin)                                                            \
	{symbol,                                                                                   \
	 HOOK_MAY,                                                                                 \
	 HOOK_WRAP,                                                                                \
	 0,                                                                                        \
	 function,                                                                                 \
	 &track_originals.origin,                                                                  \
	 "what modules leave behind",                                                              \
	 NULL},
#define MUST HOOK_MUST
#define MAY HOOK_MAY

const struct hook hooks[] = {
	/* ---- The machine that is not there ---- */
	CALL(MUST, "setup_arch", boot_setup_arch, "our memory, no firmware"),
	NOTHING(MUST, "trap_init", "exceptions come from trap.c"),
	NOTHING(MAY, "pti_init pti_finalize init_espfix_bsp poking_init mem_encrypt_init",
		"page tables"),
	CALL(MUST, "init_IRQ", boot_init_irq,
	     "no interrupt controller, but softirqs need the stack"),
	NOTHING(MUST, "time_init", "no clock device: clock.c ticks"),
	NOTHING(MAY, "arch_cpu_finalize_init",
		"no alternatives, no mitigations: the unpatched code is the general one"),
	CALL(MUST, "calibrate_delay", boot_calibrate_delay, "would wait for ticks"),
	NOTHING(MAY, "efi_enter_virtual_mode arch_post_acpi_subsys_init", "no firmware"),
	CALL(MUST, "native_smp_prepare_cpus", boot_smp_prepare_cpus,
	     "one CPU; its masks are needed"),
	CALL(MUST, "__acpi_map_table", boot_acpi_map_table, "physical is virtual"),
	NOTHING(MUST, "__acpi_unmap_table", "physical is virtual"),
	NOTHING(MAY, "native_smp_prepare_boot_cpu native_smp_cpus_done", "one CPU"),
	NOTHING(MAY, "sched_init_numa", "divides by what the firmware would have said"),
	CALL(MAY, "console_init", boot_console_init, "a virtual console on no hardware"),
	NOTHING(MAY, "do_init_real_mode", "initcall: writes below 1 MiB"),
	NOTHING(MAY, "mcheck_init_device", "initcall: machine checks are not set up"),
	NOTHING(MAY, "tracer_init_tracefs",
		"initcall: trace_init is off (6.12 and later need this)"),

	/* ---- Memory ---- */
	CALL(MUST, "mem_init", boot_mem_init, "hands our RAM to the page allocator"),
	NOTHING(MUST, "vmemmap_populate", "it is mapped already"),
	NOTHING(MAY, "pcpu_populate_pte", "no page tables"),
	CALL(MUST,
	     "vmap_pages_range_noflush __vmap_pages_range_noflush vmap_small_pages_range_noflush",
	     memory_vmap_pages, "aliases of RAM; vmap() takes the third door"),
	CALL(MUST, "vunmap_range_noflush __vunmap_range_noflush vunmap_range", memory_vunmap,
	     "aliases of RAM"),
	CALL(MUST, "vmap_range_noflush ioremap_page_range", memory_map_device,
	     "device memory reads all ones, as if nobody answered"),
	CALL(MUST, "vmalloc_to_page", memory_vmalloc_to_page, "no page tables to walk"),
	CALL(MAY, "slow_virt_to_phys", memory_virt_to_phys, "no page tables to walk"),
	CALL(MAY, "module_alloc", memory_module_alloc, "modules within reach of rel32 (up to 6.9)"),
	CALL(MAY, "execmem_alloc execmem_alloc_rw", memory_execmem_alloc,
	     "the same since 6.10; _rw since 7.2"),
	NOTHING(MAY, "execmem_is_rox execmem_restore_rox execmem_make_temp_rw",
		"no cache of read-only text (6.16 and later)"),
	CALL(MUST, "change_page_attr_set_clr", memory_change_attributes,
	     "set_memory_ro() and its like: the host protects"),
	NOTHING(MAY,
		"__change_page_attr_set_clr "
		"set_direct_map_invalid_noflush set_direct_map_default_noflush",
		"no page tables"),
	NOTHING(MAY, "flush_tlb_all flush_tlb_kernel_range flush_tlb_one_kernel load_new_mm_cr3",
		"no page tables"),
	CALL(MUST, "flush_tlb_mm_range", user_flush, "the host's mappings are the TLB"),
	CALL(MUST, "arch_tlbbatch_flush", user_forget, "the host's mappings are the TLB"),
	WRAP(MUST, "switch_mm_irqs_off", user_switch_mm, switch_mm, "another user's memory"),
	NOTHING(MAY, "__set_fixmap native_set_fixmap", "no page tables"),
	NOTHING(MAY, "ptdump_walk_pgd_level_core lookup_address", "no page tables to walk"),
	CALL(MAY, "lookup_address_in_pgd", memory_lookup_address, "an oops prints what it finds"),
	CALL(MAY, "lookup_address_in_pgd_attr", memory_lookup_attributes,
	     "an oops prints what it finds (6.12 and later)"),
	CALL(MAY, "dump_pagetable", memory_dump_pagetable, "an oops prints this line"),
	CALL(MUST, "mark_rodata_ro", boot_mark_rodata, "the image's protection, by the host"),
	NOTHING(MUST, "free_initmem", "the image is no free memory"),
	NOTHING(MAY, "ftrace_free_init_mem kprobe_free_init_mem", "the image is no free memory"),

	/* ---- Text that changes itself ---- */
	CALL(MAY, "text_poke text_poke_early text_poke_kgdb text_poke_copy text_poke_copy_locked",
	     text_poke, "a copy: there is one CPU"),
	CALL(MUST,
	     "text_poke_bp text_poke_queue smp_text_poke_single smp_text_poke_batch_add "
	     "__smp_text_poke_batch_add",
	     text_poke_queue, "jump labels, static calls (smp_ names: 6.16 and later)"),
	NOTHING(MAY, "jump_label_text_reserved",
		"for kprobes decodes the site of each jump label, and some are under a hook"),
	CALL(MAY, "__text_poke", text_poke_with, "the general door"),
	CALL(MAY, "text_poke_set", text_set, "BPF clears what it frees"),
	NOTHING(MAY,
		"text_poke_finish text_poke_sync smp_text_poke_batch_finish "
		"smp_text_poke_sync_each_cpu",
		"nothing is pending"),
	NOTHING(MAY,
		"apply_alternatives apply_paravirt apply_retpolines apply_returns "
		"apply_ibt_endbr apply_seal_endbr apply_fineibt alternatives_smp_module_add "
		"alternatives_smp_unlock",
		"text stays as compiled, also that of modules"),

	/* ---- CPU ---- */
	CALL(MUST, "switch_to_new_gdt load_percpu_segment switch_gdt_and_percpu_base",
	     boot_switch_gs, "the per-CPU base (first two: 6.1)"),
	NOTHING(MAY, "load_direct_gdt load_fixmap_gdt", "descriptor tables"),
	NOTHING(MAY, "native_load_gs_index asm_load_gs_index start_thread_common",
		"segment registers are ours"),
	NOTHING(MAY, "smp_call_function_many_cond native_smp_send_reschedule", "one CPU"),
	NOTHING(MAY,
		"native_safe_halt pv_native_safe_halt native_halt native_write_cr0 "
		"native_write_cr4 native_flush_tlb_local native_flush_tlb_global "
		"native_flush_tlb_one_user",
		"privileged, without effect here"),
	STUB(MUST, "native_save_fl pv_native_save_fl", stub_save_fl,
	     "the interrupt flag is a word"),
	STUB(MUST, "native_irq_disable pv_native_irq_disable", stub_irq_disable,
	     "the interrupt flag is a word"),
	STUB(MUST, "native_irq_enable pv_native_irq_enable", stub_irq_enable,
	     "the interrupt flag is a word"),

	/* ---- Time ---- */
	CALL(MUST, "arch_irq_work_raise", clock_raise_irq_work, "the tick runs it"),
	CALL(MUST, "sched_clock", clock_now, "guest time"),
	CALL(MAY, "read_persistent_wall_and_boot_offset", clock_read_wall,
	     "the same date in every run"),
	CALL(MAY, "__ndelay", clock_delay_ns, "guest time passes instead"),
	CALL(MAY, "__udelay", clock_delay_us, "guest time passes instead"),
	CALL(MAY, "__const_udelay", clock_delay_const, "guest time passes instead"),
	CALL(MAY, "__delay", clock_delay_ns, "guest time passes; a loop is a nanosecond"),

	/* ---- The way to user mode ---- */
	STUB(MUST, "cpu_startup_entry", stub_idle, "the idle loop, where time passes"),
	CALL(MUST, "kernel_execve", program_execve, "init and modprobe are programs of ours"),
	STUB_WHEN("!ret_from_fork_asm", "syscall_exit_to_user_mode", stub_user_mode,
		  "and this is where they run (6.1)"),
	STUB_WHEN("ret_from_fork_asm", "ret_from_fork", stub_ret_from_fork,
		  "since 6.5 it is C, with the way to user mode inlined in some kernels"),
	NOTHING(MUST, "init_eaccess", "/init exists"),
	NOTHING(MAY, "prepare_namespace console_on_rootfs wait_for_initramfs", "no root device"),

	/* ---- Log, bugs, the end ---- */
	WRAP(MUST, "vprintk_emit", log_vprintk_emit, vprintk_emit,
	     "each record is passed on at once"),
	WRAP(MAY, "apply_relocate_add", show_relocated, apply_relocate_add,
	     "a load that only shows"),
	WRAP(MUST, "module_finalize", text_finalize_module, module_finalize,
	     "the end of user addresses is in a module's text, too; a load that only shows"),
	CALL(MUST, "emergency_restart machine_restart machine_halt machine_power_off",
	     program_machine_end, "the end of this process"),

	/* ---- Tracing: the fentry sites are ours ---- */
	NOTHING(MAY,
		"ftrace_init early_trace_init trace_init ftrace_module_init "
		"ftrace_module_enable ftrace_release_mod",
		"would rewrite every function's first instruction"),
	REFUSE("__register_ftrace_function",
	       "no function would ever call it, and 0 would promise that"),
	REFUSE("trace_kprobe_create", "there is no trace buffer for its events"),
	NOTHING(MAY, "tracing_log_err", "early_trace_init did not make its list"),

/* ---- Who allocated what (track.h) ---- */
#define A(function, kind, size, caller) TRACK(#function, track_##function, function)
#define R(function, argument) TRACK(#function, track_##function, function)
	TRACK_ALLOCATORS(A) TRACK_RELEASES(R)
#undef A
#undef R
		TRACK("kmem_cache_free_bulk", track_kmem_cache_free_bulk, kmem_cache_free_bulk)};

const unsigned int hook_count = sizeof(hooks) / sizeof(*hooks);

_Static_assert(sizeof(hooks) / sizeof(*hooks) <= STUB_SLOT_COUNT, "more hooks than slots");
