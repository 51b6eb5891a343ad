/* SPDX-License-Identifier: GPL-2.0-only */
/* What a snapshot depends on. */
#include <cpuid.h>
#include <link.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "engine/process/snapshot.h"

static int add_build_id(struct dl_phdr_info *info, size_t size, void *context)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_NOTE)
			buf_add(context, (void *)(info->dlpi_addr + p->p_vaddr), p->p_memsz);
	}
	return 1; /* the first object is the program itself */
}

/* A kernel looks at the processor when it boots and believes it ever after. The word of leaf 1 that
 * holds the number of the current CPU is left out. */
static void add_processor(struct buf *buf)
{
	static const unsigned int leaves[] = {0, 1, 7, 0xd, 0x80000001, 0x80000008};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(*leaves); i++) {
		unsigned int r[4] = {0};

		__get_cpuid_count(leaves[i], 0, &r[0], &r[1], &r[2], &r[3]);
		if (leaves[i] == 1)
			r[1] = 0;
		buf_add(buf, r, sizeof(r));
	}
}

uint64_t snapshot_key(uint64_t kernel, const char *command_line)
{
	DEFER(buf_free) struct buf all = {0};

	buf_add(&all, &kernel, sizeof(kernel));
	buf_text(&all, command_line);
	dl_iterate_phdr(add_build_id, &all);
	add_processor(&all);
	return hash_bytes(buf_span(&all));
}

uint32_t snapshot_words(const char *command_line)
{
	return (uint32_t)hash_bytes(span_text(command_line));
}
