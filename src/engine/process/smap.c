/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/smap.h"

#include <cpuid.h>
#include <string.h>

#include "engine/process/guest.h"
#include "engine/process/layout.h"
#include "engine/process/protect.h"
#include "engine/process/user.h"
#include "image/image.h"

enum { CLAC_SIZE = 3, CPUID_7_EBX_SMAP = 1 << 20, ENDS = 10000 };
static const unsigned char clac[CLAC_SIZE] = {0x0f, 0x01, 0xca};
/* nop %eax and its like, which differ in six bits of their last byte. */
static const unsigned char nop[CLAC_SIZE] = {0x0f, 0x1f, 0xc0};
enum { NOPS = 64 };

/* An access in assembly ends behind a jump to another routine of its file, or in its fixup. */
static const uint64_t NEARBY = 1024;

bool smap_in_processor(void)
{
	unsigned int a, b = 0, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & CPUID_7_EBX_SMAP;
}

/* Byte by byte: another instruction may end where its page does. */
static bool is_at(uint64_t ip, const unsigned char *instruction)
{
	const unsigned char *at = (const unsigned char *)ip;

	return at[0] == instruction[0] && at[1] == instruction[1] && at[2] == instruction[2];
}

/* ---- struct alt_instr: where text may be replaced, and by what ---- */

/* Pieces of text. */
struct text {
	const Elf64_Shdr *begin, *end;
};

static bool is_text(const Elf64_Shdr *s)
{
	return s->sh_flags & SHF_EXECINSTR && s->sh_flags & SHF_ALLOC && s->sh_size >= CLAC_SIZE;
}

static bool has(const struct text *text, uint64_t address)
{
	for (const Elf64_Shdr *s = text->begin; s < text->end; s++)
		if (is_text(s) && address >= s->sh_addr &&
		    address - s->sh_addr <= s->sh_size - CLAC_SIZE)
			return true;
	return false;
}

static uint64_t bit_of(const unsigned char *instruction)
{
	return 1ull << (instruction[CLAC_SIZE - 1] - nop[CLAC_SIZE - 1]);
}

/* A bit for each of the nops whose bytes are there: they could be part of anything. */
static uint64_t nops_in(const struct text *text)
{
	uint64_t found = 0;

	for (const Elf64_Shdr *s = text->begin; s < text->end; s++) {
		const unsigned char *at = (const unsigned char *)s->sh_addr;
		const unsigned char *end = at + s->sh_size;

		while (is_text(s) && (at = memmem(at, (size_t)(end - at), nop, CLAC_SIZE - 1))) {
			if (end - at >= CLAC_SIZE && at[CLAC_SIZE - 1] >= nop[CLAC_SIZE - 1])
				found |= bit_of(at);
			at++;
		}
	}
	return found;
}

/* Leaves none where all are taken. */
static void choose_nop(const struct text *text)
{
	uint64_t taken = nops_in(text);

	for (unsigned char i = 0; i < NOPS && !guest.clac_nop[0]; i++) {
		if (taken >> i & 1)
			continue;
		memcpy(guest.clac_nop, nop, CLAC_SIZE);
		guest.clac_nop[CLAC_SIZE - 1] |= i;
	}
}

/* Both are distances from the member itself. */
static uint64_t target(uint64_t entry, uint32_t member)
{
	int32_t distance;

	memcpy(&distance, (const char *)entry + member, sizeof(distance));
	return entry + member + (uint64_t)(int64_t)distance;
}

static uint8_t length(uint64_t entry, uint32_t member)
{
	return *((const uint8_t *)entry + member);
}

/* Only text of its own is looked at, or written: a module's table may be anything. */
static unsigned int mark_in(const struct text *text, uint64_t entry, uint64_t end)
{
	const struct guest_alternative *a = &guest.alternative;
	unsigned int hits = 0;

	for (; entry + a->size <= end; entry += a->size) {
		uint64_t site = target(entry, a->site);
		uint64_t replacement = target(entry, a->replacement);

		if (length(entry, a->site_length) != CLAC_SIZE ||
		    length(entry, a->replacement_length) != CLAC_SIZE || !has(text, site) ||
		    !has(text, replacement) || !is_at(replacement, clac))
			continue;
		memcpy((void *)site, guest.clac_nop, CLAC_SIZE);
		hits++;
	}
	return hits;
}

unsigned int smap_mark(const struct image *image)
{
	const Elf64_Shdr all = {.sh_flags = SHF_ALLOC | SHF_EXECINSTR,
				.sh_addr = guest.text,
				.sh_size = guest.init_end - guest.text};
	const struct text text = {&all, &all + 1};
	uint64_t begin = guest_relocate(image_address(image, "__alt_instructions"));

	if (!begin || !smap_in_processor())
		return 0;
	choose_nop(&text);
	if (!guest.clac_nop[0])
		return 0;
	return mark_in(&text, begin,
		       guest_relocate(image_address(image, "__alt_instructions_end")));
}

void smap_mark_module(const Elf64_Ehdr *header, const Elf64_Shdr *first)
{
	const struct text text = {first, first + header->e_shnum};
	const char *names = (const char *)header + first[header->e_shstrndx].sh_offset;

	if (!guest.clac_nop[0] || nops_in(&text) & bit_of(guest.clac_nop))
		return;
	for (const Elf64_Shdr *s = text.begin; s < text.end; s++)
		if (s->sh_flags & SHF_ALLOC && !strcmp(names + s->sh_name, ".altinstructions"))
			mark_in(&text, s->sh_addr, s->sh_addr + s->sh_size);
}

/* ---- ends that count ---- */

static unsigned int ends;

static void put(uint64_t at, const unsigned char *instruction)
{
	protect_open((void *)at, CLAC_SIZE);
	memcpy((void *)at, instruction, CLAC_SIZE);
	protect_close((void *)at, CLAC_SIZE);
}

void smap_arm(uint64_t ip)
{
	static uint64_t armed;

	if (ip == armed || ends == ENDS || !guest.clac_nop[0])
		return;
	armed = ip;
	for (uint64_t at = ip - NEARBY; at < ip + NEARBY; at++) {
		/* All of a page, or none. */
		if (!protect_is_mapped(at) || !protect_is_mapped(at + CLAC_SIZE - 1)) {
			at |= PAGE_BYTES - 1;
			continue;
		}
		if (is_at(at, guest.clac_nop))
			put(at, clac);
	}
}

bool smap_end(uint64_t *ip)
{
	if (!is_at(*ip, clac))
		return false;
	if (ends == ENDS) {
		put(*ip, guest.clac_nop);
	} else {
		user_forget();
		ends++;
	}
	*ip += CLAC_SIZE;
	return true;
}
