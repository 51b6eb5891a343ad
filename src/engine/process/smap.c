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
/* nop %edx: it differs in one byte. */
static const unsigned char mark[CLAC_SIZE] = {0x0f, 0x1f, 0xca};

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

/* Bytes that look like a mark could be part of anything. */
static bool is_marked(const struct text *text)
{
	for (const Elf64_Shdr *s = text->begin; s < text->end; s++)
		if (is_text(s) && memmem((void *)s->sh_addr, s->sh_size, mark, CLAC_SIZE))
			return true;
	return false;
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

	if (!smap_in_processor() || is_marked(text))
		return 0;
	for (; entry + a->size <= end; entry += a->size) {
		uint64_t site = target(entry, a->site);
		uint64_t replacement = target(entry, a->replacement);

		if (length(entry, a->site_length) != CLAC_SIZE ||
		    length(entry, a->replacement_length) != CLAC_SIZE || !has(text, site) ||
		    !has(text, replacement) || !is_at(replacement, clac))
			continue;
		memcpy((void *)site, mark, CLAC_SIZE);
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

	return begin ? mark_in(&text, begin,
			       guest_relocate(image_address(image, "__alt_instructions_end")))
		     : 0;
}

void smap_mark_module(const Elf64_Ehdr *header, const Elf64_Shdr *first)
{
	const struct text text = {first, first + header->e_shnum};
	const char *names = (const char *)header + first[header->e_shstrndx].sh_offset;

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

	if (ip == armed || ends == ENDS)
		return;
	armed = ip;
	for (uint64_t at = ip - NEARBY; at < ip + NEARBY; at++) {
		/* All of a page, or none. */
		if (!protect_is_mapped(at) || !protect_is_mapped(at + CLAC_SIZE - 1)) {
			at |= PAGE_BYTES - 1;
			continue;
		}
		if (is_at(at, mark))
			put(at, clac);
	}
}

bool smap_end(uint64_t *ip)
{
	if (!is_at(*ip, clac))
		return false;
	if (ends == ENDS) {
		put(*ip, mark);
	} else {
		user_forget();
		ends++;
	}
	*ip += CLAC_SIZE;
	return true;
}
