/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/user_limit.h"

#include <string.h>

#include "engine/process/guest.h"
#include "engine/process/layout.h"
#include "engine/process/stub.h"
#include "image/image.h"

/*
 * mov $constant,%reg: the limit, or some bytes less for an access of several. Alternatives for five
 * levels of page tables have it in assembly, so it is never part of another number.
 */
static unsigned int lower_in(unsigned char *text, size_t length)
{
	enum { IMMEDIATE = 2, SIZE = 10 }; /* REX.W, opcode, 8 bytes */
	const uint64_t limit = (1ull << 47) - PAGE_BYTES;
	unsigned int hits = 0;

	for (size_t at = 0; at + SIZE <= length; at++) {
		uint64_t value;

		if ((text[at] & 0xfe) != 0x48 || (text[at + 1] & 0xf8) != 0xb8)
			continue;
		memcpy(&value, text + at + IMMEDIATE, sizeof(value));
		if (value > limit || value < limit - sizeof(value))
			continue;
		value = value - limit + USER_END;
		memcpy(text + at + IMMEDIATE, &value, sizeof(value));
		hits++;
	}
	return hits;
}

/* 6.11 and later have the limit in some places as a number that the boot fills in, and tell where:
 * distances from the list to the places. */
static void fill_in(const struct image *image)
{
	uint64_t variable = guest_relocate(image_address(image, "USER_PTR_MAX"));
	uint64_t at = guest_relocate(image_address(image, "__start_runtime_ptr_USER_PTR_MAX"));
	uint64_t end = guest_relocate(image_address(image, "__stop_runtime_ptr_USER_PTR_MAX"));
	const uint64_t limit = USER_END;

	if (variable)
		memcpy((void *)variable, &limit, sizeof(limit));
	for (; at && at < end; at += sizeof(int32_t))
		memcpy((char *)at + *(const int32_t *)at, &limit, sizeof(limit));
}

/* And from 6.10 on put_user() tells kernel from user addresses by the sign of rcx: mov %rcx,%rbx;
 * sar $63,%rbx; or %rbx,%rcx. It becomes a call, and a nop of five bytes. */
static void replace_sign_tests(void)
{
	enum { CALL_SIZE = 5 };
	static const unsigned char test[10] = {0x48, 0x89, 0xcb, 0x48, 0xc1,
					       0xfb, 0x3f, 0x48, 0x09, 0xd9};
	static const unsigned char call[10] = {0xe8, 0, 0, 0, 0, 0x0f, 0x1f, 0x44, 0, 0};
	unsigned char *at = (unsigned char *)guest.text, *end = (unsigned char *)guest.etext;

	while ((at = memmem(at, (size_t)(end - at), test, sizeof(test)))) {
		int32_t distance =
			(int32_t)(stub_address(stub_limit_rcx) - (uint64_t)(at + CALL_SIZE));

		memcpy(at, call, sizeof(call));
		memcpy(at + 1, &distance, sizeof(distance));
		at += sizeof(test);
	}
}

unsigned int user_limit_lower(const struct image *image)
{
	fill_in(image);
	replace_sign_tests();
	return lower_in((unsigned char *)guest.text, guest.etext - guest.text) +
	       lower_in((unsigned char *)guest.init_text, guest.init_etext - guest.init_text);
}

void user_limit_lower_module(const Elf64_Ehdr *header, const Elf64_Shdr *sections)
{
	for (const Elf64_Shdr *s = sections; s < sections + header->e_shnum; s++)
		if ((s->sh_flags & SHF_EXECINSTR) && (s->sh_flags & SHF_ALLOC))
			lower_in((unsigned char *)s->sh_addr, s->sh_size);
}
