/* SPDX-License-Identifier: GPL-2.0-only */
/* The C functions that hooks.c puts in place of the kernel's, by the file that has them. */
#ifndef LKM_ENGINE_PROCESS_HOOKS_H
#define LKM_ENGINE_PROCESS_HOOKS_H

#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* boot.c */
void boot_setup_arch(char **command_line);
void boot_init_irq(void);
void boot_mem_init(void);
void boot_calibrate_delay(void);
void boot_smp_prepare_cpus(void);
void boot_console_init(void);
void boot_switch_gs(void);
void boot_mark_rodata(void);
void *boot_acpi_map_table(unsigned long physical, unsigned long size);

/* memory.c */
int memory_vmap_pages(unsigned long address, unsigned long end, unsigned long prot, void **pages);
void memory_vunmap(unsigned long start, unsigned long end);
int memory_map_device(unsigned long address, unsigned long end, uint64_t physical);
void *memory_vmalloc_to_page(const void *address);
uint64_t memory_virt_to_phys(const void *address);
void *memory_module_alloc(unsigned long size);
void *memory_execmem_alloc(unsigned int type, size_t size);
void memory_dump_pagetable(unsigned long address);
int memory_change_attributes(const unsigned long *address, int pages, unsigned long set,
			     unsigned long clear, int force_split, int flags);
const unsigned long *memory_lookup_address(const void *pgd, unsigned long address,
					   unsigned int *level);
const unsigned long *memory_lookup_attributes(const void *pgd, unsigned long address,
					      unsigned int *level, bool *no_execute,
					      bool *writable);

/* user.c */
void user_flush(uint64_t mm, uint64_t start, uint64_t end, unsigned int shift, bool tables);
void user_switch_mm(uint64_t previous, uint64_t next, uint64_t task);

/* text.c */
void *text_poke(void *address, const void *opcode, size_t length);
void text_poke_queue(void *address, const void *opcode, size_t length, const void *emulate);
void *text_poke_with(void (*copy)(void *, const void *, size_t), void *address, const void *source,
		     size_t length);
void *text_set(void *address, int byte, size_t length);
int text_finalize_module(const Elf64_Ehdr *header, const Elf64_Shdr *sections, void *module);

/* clock.c */
void clock_raise_irq_work(void);
uint64_t clock_now(void);
void clock_read_wall(void *wall, void *boot_offset);
void clock_delay_ns(unsigned long ns);
void clock_delay_us(unsigned long us);
void clock_delay_const(unsigned long scaled);

/* log.c */
int log_vprintk_emit(int facility, int level, const void *info, const char *format, va_list args);

/* show.c */
int show_relocated(Elf64_Shdr *sections, const char *names, unsigned int symbols,
		   unsigned int table, void *module);

/* program.c */
int program_execve(const char *path, const char *const *argv, const char *const *envp);
void program_machine_end(void);

#endif
