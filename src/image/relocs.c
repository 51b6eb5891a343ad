/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The KASLR relocation table (CONFIG_RANDOMIZE_BASE), which the kernel's build appends to the ELF
 * file: u32 words from the end of the ELF part to the end of the file. It holds lists, each with
 * a zero word before it:
 *
 *	0 [64-bit] 0 [inverse 32-bit] 0 [32-bit]	zero-based per-CPU data (until 6.14)
 *	0 [64-bit] 0 [32-bit]				later
 *
 * A word is the low half of a link address, to be sign-extended. The number of zero words tells
 * the two forms apart; it must agree with the program headers.
 */
#include "image/internal.h"

enum { LISTS_MAX = 3, TOTAL_MIN = 1000 };

/* Where the zero words are; returns how many, at most one more than LISTS_MAX. */
static size_t find_zeroes(struct span table, uint64_t zeroes[LISTS_MAX])
{
	size_t found = 0;

	for (uint64_t at = 0; at < table.n && found <= LISTS_MAX; at += 4) {
		if (span_le32(table, at) != 0)
			continue;
		if (found < LISTS_MAX)
			zeroes[found] = at;
		found++;
	}
	return found;
}

/* Each location must lie in memory that is loaded from the file, except for the per-CPU segment's,
 * which the table addresses where it is loaded. */
static bool check_locations(struct span list, const struct image_elf *elf)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct image_segment *s = &elf->segments[i];

		if (s->vaddr == 0 || s->memsz == 0)
			continue;
		first = s->vaddr < first ? s->vaddr : first;
		last = s->vaddr + s->memsz > last ? s->vaddr + s->memsz : last;
	}
	for (uint64_t at = 0; at < list.n; at += 4) {
		uint64_t address = (uint64_t)(int64_t)(int32_t)span_le32(list, at);

		if (address < first || address > last - 8)
			return false;
	}
	return true;
}

static struct span list_between(struct span table, uint64_t zero, uint64_t end)
{
	return span_of(table.p + zero + 4, end - zero - 4);
}

bool image_relocs_parse(struct image_relocs *out, const struct image_elf *elf)
{
	uint64_t start = (elf->end + 3) & ~(uint64_t)3, zeroes[LISTS_MAX];
	struct image_relocs relocs = {.has_inverse32 = image_elf_has_percpu_segment(elf)};
	size_t lists = relocs.has_inverse32 ? 3 : 2;
	struct span table;

	*out = (struct image_relocs){0};
	if (start >= elf->file.n || !span_cut(elf->file, start, elf->file.n - start, &table) ||
	    table.n % 4 != 0 || find_zeroes(table, zeroes) != lists || zeroes[0] != 0)
		return false;
	relocs.abs64 = list_between(table, zeroes[0], zeroes[1]);
	if (relocs.has_inverse32)
		relocs.inverse32 = list_between(table, zeroes[1], zeroes[2]);
	relocs.abs32 = list_between(table, zeroes[lists - 1], table.n);
	if (table.n / 4 < TOTAL_MIN || !check_locations(relocs.abs64, elf) ||
	    !check_locations(relocs.inverse32, elf) || !check_locations(relocs.abs32, elf))
		return false;
	*out = relocs;
	return true;
}
