/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel patches in a module's code when it is in place. Sections, of which the last one
 * of a name counts, loaded or not, list the sites:
 *
 *	.parainstructions	16 bytes: instruction*, u8 kind, u8 length
 *	.retpoline_sites	s32 to a jump or call of a thunk
 *	.return_sites		s32 to a jump to the thunk of returns
 *	.altinstructions	s32 to the instruction, s32 to another, u16 feature, ...,
 *				u8 length, u8 length
 *	.orc_unwind_ip		s32 to code
 *	.orc_unwind		as many descriptions of the stack there
 *	__mcount_loc		addresses of calls of the tracer
 *
 * An s32 is relative to its own place. The kernel trusts these numbers: a site that does not exist
 * crashes it, one where it finds something else makes it warn, or is passed over.
 */
#include "load/arch/arch.h"

enum { PREFIX_CS = 0x2e };
enum { SITE = 4, CALL = 5, PARAVIRT = 16, THUNKS = 16, THUNK = 32, LONGEST_ALTERNATIVE = 254 };

struct table {
	const struct section *section; /* NULL: there is none */
	uint64_t address, size;
};

static struct table find_table(struct walk *walk, const char *name)
{
	const struct section *section = arch_section(walk, name);

	if (!section)
		return (struct table){0};
	return (struct table){section, arch_section_address(section), arch_table_size(section)};
}

static uint64_t led_to(uint64_t address, const unsigned char *row)
{
	return address + (uint64_t)(int64_t)(int32_t)span_le32(span_of(row, SITE), 0);
}

static void warn(struct walk *walk)
{
	if (walk->verdict->code == 0)
		walk->verdict->taints |= LOAD_TAINT_W;
}

static bool crash(struct walk *walk, const struct table *table, const char *what)
{
	walk_crash(walk, "L-CRASH-09", "%s lists %s", table->section->name, what);
	return false;
}

/* The code at a site; NULL where the kernel reads code of its own, or crashes (then *fine is
 * false). */
static const unsigned char *site_code(struct walk *walk, const struct table *table,
				      uint64_t address, bool *fine)
{
	const unsigned char *code = arch_bytes_at(walk, address, CALL);

	*fine = code || load_kernel_covers(walk->kernel, address) ||
		crash(walk, table, "a place that does not exist");
	return code;
}

static bool check_paravirt(struct walk *walk)
{
	const struct table table = find_table(walk, ".parainstructions");
	bool reads = image_address(walk->kernel->image, "apply_paravirt") != 0;

	for (uint64_t at = 0; reads && table.section && at < table.size; at += PARAVIRT) {
		const unsigned char *row = arch_bytes_at(walk, table.address + at, PARAVIRT);
		uint64_t address = row ? span_le64(span_of(row, PARAVIRT), 0) : 0;

		if (!arch_bytes_at(walk, address, CALL))
			return crash(walk, &table, "a place that does not exist");
	}
	return true;
}

static uint64_t displaced(uint64_t address, const unsigned char *code)
{
	return led_to(address + CALL, code + 1);
}

/* A return that the kernel would patch, but that leads elsewhere: it warns, and dies of one that is
 * run while the module starts. What is no jump at all is passed over. */
static bool lost_return(struct walk *walk, uint64_t address, uint64_t leads,
			const unsigned char *code)
{
	bool starts = leads && layout_is_init(walk, address), warned = walk->lost_return;
	static const char sentence[] = "a return that the kernel patches has lost its relocation";
	static const unsigned char unknown[CALL];

	walk->lost_return = true;
	if (!code)
		code = unknown;
	if (starts)
		walk_crash(walk, "L-CRASH-09", "%s", sentence);
	else if (!warned)
		walk_reason(walk, "L-CRASH-09", 0, "%s", sentence);
	if (!warned)
		walk_line(walk, 4, "missing return thunk: %jx-%s: %02x %02x %02x %02x %02x",
			  (uintmax_t)address,
			  leads ? walk_text(walk, "%jx", (uintmax_t)leads) : "0x0", code[0],
			  code[1], code[2], code[3], code[4]);
	warn(walk);
	return !starts;
}

/* Whether code that is given back after init returns. */
static bool init_returns(const struct walk *walk, uint64_t thunk)
{
	for (size_t i = 1; i < walk->section_count; i++) {
		const struct section *table = &walk->sections[i];
		const struct section *target =
			table->info < walk->section_count ? &walk->sections[table->info] : NULL;

		if (table->type != SHT_RELA || !target || !(target->flags & SHF_EXECINSTR) ||
		    !target->placed || !layout_is_init(walk, target->place))
			continue;
		for (uint64_t n = 0; n < table->data.n / sizeof(Elf64_Rela); n++) {
			uint32_t symbol = reloc_read(table->data, n).symbol;

			if (symbol < walk->symbol_count && walk->symbols[symbol].value == thunk)
				return true;
		}
	}
	return false;
}

static bool check_returns(struct walk *walk)
{
	const struct table table = find_table(walk, ".return_sites");
	uint64_t thunk = arch_import(walk, "__x86_return_thunk");
	bool patched = false;

	for (uint64_t at = 0; table.section && at < table.size; at += SITE) {
		const unsigned char *row = arch_bytes_at(walk, table.address + at, SITE), *code;
		uint64_t address, leads;
		bool fine;

		if (!row)
			return true;
		address = led_to(table.address + at, row);
		code = site_code(walk, &table, address, &fine);
		if (!fine)
			return false;
		leads = code && code[0] == 0xe9 ? displaced(address, code) : 0;
		if (leads && leads == thunk)
			patched |= layout_is_init(walk, address);
		else if (!lost_return(walk, address, leads, code))
			return false;
	}
	walk->starts_unpatched =
		walk->kernel->tells_unpatched && thunk && !patched && init_returns(walk, thunk);
	return true;
}

/* A jump, a call, or a jump on a condition, to one of the thunks; it may be filled up by a prefix.
 */
static bool is_retpoline(const struct walk *walk, uint64_t address)
{
	const unsigned char *code = arch_bytes_at(walk, address, CALL + 1);
	uint64_t thunks = load_kernel_address(walk->kernel, "__x86_indirect_thunk_array");
	bool wide = code && code[0] == 0x0f && code[1] >= 0x80 && code[1] <= 0x8f;
	bool filled = code && code[0] == PREFIX_CS, more = wide || filled;

	if (!code || (!wide && code[filled] != 0xe8 && code[filled] != 0xe9))
		return false;
	return displaced(address + more, code + more) - thunks < (uint64_t)THUNKS * THUNK;
}

static bool check_retpolines(struct walk *walk)
{
	const struct table table = find_table(walk, ".retpoline_sites");
	bool told = false;

	for (uint64_t at = 0; table.section && at < table.size; at += SITE) {
		const unsigned char *row = arch_bytes_at(walk, table.address + at, SITE), *code;
		bool fine;

		if (!row)
			return true;
		code = site_code(walk, &table, led_to(table.address + at, row), &fine);
		if (!fine)
			return false;
		if (told || (code && is_retpoline(walk, led_to(table.address + at, row))))
			continue;
		walk_reason(walk, "L-CRASH-09", 0,
			    "an indirect call that the kernel patches calls none of its thunks");
		warn(walk);
		told = true;
	}
	return true;
}

static bool check_alternatives(struct walk *walk)
{
	const struct table table = find_table(walk, ".altinstructions");
	uint32_t row_size = walk->kernel->alternative_size;

	for (uint64_t at = 0; table.section && row_size && at < table.size; at += row_size) {
		const unsigned char *row = arch_bytes_at(walk, table.address + at, row_size);
		struct span span = span_of(row, row ? row_size : 0);
		uint64_t address;
		bool fine;

		if (!row)
			return crash(walk, &table, "half a site");
		address = led_to(table.address + at, row);
		site_code(walk, &table, address, &fine);
		if (!fine)
			return false;
		if (row[row_size - 2] > LONGEST_ALTERNATIVE)
			return crash(walk, &table, "an instruction that is too long");
		if ((span_le16(span, 2 * (uint64_t)SITE) & 0x7fff) / 8 >=
		    walk->kernel->capabilities)
			return crash(walk, &table, "a processor's feature that there is not");
	}
	return true;
}

/* Where an indirect branch may lead to is marked; the kernel takes marks away that are not needed.
 */
static void check_marks(struct walk *walk)
{
	static const unsigned char mark[] = {0xf3, 0x0f, 0x1e, 0xfa};
	const struct table table = find_table(walk, ".ibt_endbr_seal");

	for (uint64_t at = 0; walk->kernel->marks && table.section && at < table.size; at += SITE) {
		const unsigned char *row = arch_bytes_at(walk, table.address + at, SITE), *code;

		if (!row)
			return;
		code = arch_bytes_at(walk, led_to(table.address + at, row), sizeof(mark));
		if (code && memcmp(code, mark, sizeof(mark)) == 0)
			continue;
		walk_reason(walk, "L-CRASH-09", 0,
			    "a place that is said to be marked for indirect branches is not");
		warn(walk);
		return;
	}
}

/* Whether so many bytes, from a section in the kernel's copy of the file on, are also headers of
 * sections that count: the first does not. */
static bool sorts_headers(const struct walk *walk, const struct section *section, uint64_t size)
{
	uint64_t headers = span_le64(walk->file, offsetof(Elf64_Ehdr, e_shoff));

	return !section->placed && section->offset < headers &&
	       size > headers + sizeof(Elf64_Shdr) - section->offset;
}

/* Both tables are sorted by the first; where the second is shorter, what is behind it is, too. */
static bool check_unwinding(struct walk *walk)
{
	const struct table places = find_table(walk, ".orc_unwind_ip");
	const struct table rows = find_table(walk, ".orc_unwind");
	uint32_t size = walk->kernel->orc_size;

	if (!places.section || !rows.section || size == 0 ||
	    (places.size % SITE == 0 && rows.size % size == 0 &&
	     places.size / SITE == rows.size / size))
		return true;
	walk_reason(walk, "L-SEC-10", 0,
		    "what it tells of its stack is no pair of tables of one length");
	warn(walk);
	return !sorts_headers(walk, rows.section, places.size / SITE * size) ||
	       crash(walk, &rows, "less than there is to sort");
}

/* The lowest place in __mcount_loc that is no call of the tracer; 0: there is none. */
static uint64_t lost_call(const struct walk *walk, const struct section *places, uint64_t tracer)
{
	uint64_t lost = 0;

	for (uint64_t at = 0; at + 8 <= arch_table_size(places); at += 8) {
		const unsigned char *place = layout_at(walk, places->place + at, 8), *code;
		uint64_t address = place ? span_le64(span_of(place, 8), 0) : 0;

		code = address ? layout_at(walk, address, CALL) : NULL;
		if (address && (!code || code[0] != 0xe8 || displaced(address, code) != tracer) &&
		    (!lost || address < lost))
			lost = address;
	}
	return lost;
}

static void call_line(struct walk *walk, const char *what, const unsigned char code[CALL])
{
	walk_say(walk, 4, " %s %02x:%02x:%02x:%02x:%02x", what, code[0], code[1], code[2], code[3],
		 code[4]);
}

/* The tracer gives up at the first call that is not its own, with a report. */
static void check_calls(struct walk *walk)
{
	const struct section *places = elf_find(walk, "__mcount_loc");
	const char *flags = walk->kernel->has[SERIES_TRACER_FLAGS] ? "    " : "  ";
	uint64_t tracer = arch_import(walk, "__fentry__"), address;
	unsigned char wanted[CALL] = {0xe8};
	const unsigned char *code;

	if (!tracer)
		tracer = load_kernel_address(walk->kernel, "__fentry__");
	if (!walk->kernel->dynamic_ftrace || !places || !places->placed)
		return;
	address = lost_call(walk, places, tracer);
	if (!address)
		return;
	for (int i = 0; i < 4; i++)
		wanted[i + 1] = (unsigned char)((tracer - address - CALL) >> 8 * i);
	walk_reason(walk, "L-CRASH-09", 0, "a function does not begin with a call of the tracer");
	code = layout_at(walk, address, CALL);
	if (!code)
		code = load_kernel_bytes(walk->kernel, address, CALL);
	if (code) {
		call_line(walk, "actual:  ", code);
		call_line(walk, "expected:", wanted);
	}
	walk_say(walk, 4, " (0)%s\n expected tramp: %016jx", flags, (uintmax_t)tracer);
	warn(walk);
}

bool x86_64_patch(struct walk *walk)
{
	if (!check_paravirt(walk) || !check_retpolines(walk) || !check_returns(walk) ||
	    !check_alternatives(walk))
		return false;
	check_marks(walk);
	if (!check_unwinding(walk))
		return false;
	check_calls(walk);
	return true;
}
