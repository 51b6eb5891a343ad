/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lkm check --relocated: an ELF file of the sections as they would be in memory, with the module's
 * global symbols and those that it uses, for objdump and the like. The kernel stands where its
 * image has it, without KASLR; modules begin at the start of their area, or where --base says,
 * those that are loaded before first.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/check.h"

enum { GAP = 4096 * (LOAD_REGIONS + 1) }; /* between modules: a free page behind each region */

struct memory {
	const struct image *image;
	uint64_t next;			     /* where the next module goes; 0: the first */
	VEC(struct load_verdict *) verdicts; /* of the modules loaded before */
};

static void memory_free(struct memory *memory)
{
	vec_foreach (&memory->verdicts, verdict)
		load_verdict_free(*verdict);
	vec_free(&memory->verdicts);
}

static uint64_t address_of(void *context, const char *name, const char *owner)
{
	const struct memory *memory = context;

	vec_foreach (&memory->verdicts, verdict) {
		if (!owner || strcmp((*verdict)->name, owner) != 0)
			continue;
		vec_foreach (&(*verdict)->symbols, symbol)
			if (strcmp(symbol->name, name) == 0)
				return symbol->address;
	}
	return owner ? 0 : image_address(memory->image, name);
}

static int load_one(struct memory *memory, const struct check_kernel *kernel,
		    const struct load_request *request, struct load_verdict **out, struct err *err)
{
	const struct load_places places = {
		.base = memory->next, .symbol = address_of, .context = memory};
	struct load_request placed = *request;
	int code;

	placed.places = &places;
	code = load_check(out, kernel->load, &placed, err);
	if (code < 0)
		return code;
	vec_foreach (&(*out)->sections, section)
		if (section->address + section->bytes.n > memory->next)
			memory->next = section->address + section->bytes.n;
	memory->next += GAP;
	memory->next &= ~(uint64_t)4095;
	return 0;
}

/* The oldest is the last of the request's providers. */
static int load_before(struct memory *memory, const struct check_kernel *kernel,
		       const struct load_request *request, struct err *err)
{
	for (size_t i = request->provider_count; i-- > 0;) {
		struct load_request before = {
			.bytes = ko_bytes(load_provider_ko(request->providers[i])),
			.providers = request->providers + i + 1,
			.provider_count = request->provider_count - i - 1,
		};
		DEFER(load_verdict_freep) struct load_verdict *verdict = NULL;
		int code = load_one(memory, kernel, &before, &verdict, err);
		struct load_verdict **slot = code < 0 ? NULL : vec_push(&memory->verdicts);

		if (code < 0)
			return code;
		if (!slot)
			return err_no_memory(err);
		*slot = take_ptr(&verdict);
	}
	return 0;
}

/* ---- the file ---- */

struct file {
	struct buf bytes, names;
	VEC(Elf64_Shdr) sections;
};

static void file_free(struct file *file)
{
	buf_free(&file->bytes);
	buf_free(&file->names);
	vec_free(&file->sections);
}

static void add_section(struct file *file, const char *name, Elf64_Shdr header, struct span bytes)
{
	Elf64_Shdr *slot = vec_push(&file->sections);

	while (file->bytes.n % 16 && !buf_failed(&file->bytes))
		buf_add(&file->bytes, "", 1);
	header.sh_name = (Elf64_Word)file->names.n;
	header.sh_offset = file->bytes.n;
	header.sh_size = bytes.n;
	header.sh_addralign = 1;
	if (slot)
		*slot = header;
	buf_add(&file->names, name, strlen(name) + 1);
	buf_add(&file->bytes, bytes.p, bytes.n);
}

/* Each symbol's section is the one that its address is in. */
static Elf64_Half section_of(const struct load_verdict *verdict, uint64_t address)
{
	for (size_t i = 0; i < verdict->sections.n; i++)
		if (address - verdict->sections.p[i].address < verdict->sections.p[i].bytes.n)
			return (Elf64_Half)(i + 1);
	return SHN_ABS;
}

static void add_symbols(struct file *file, const struct load_verdict *verdict)
{
	DEFER(buf_free) struct buf table = {0};
	DEFER(buf_free) struct buf names = {0};
	const Elf64_Sym none = {0};

	buf_add(&table, &none, sizeof(none));
	buf_add(&names, "", 1);
	vec_foreach (&verdict->symbols, symbol) {
		const Elf64_Sym entry = {
			.st_name = (Elf64_Word)names.n,
			.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
			.st_shndx = section_of(verdict, symbol->address),
			.st_value = symbol->address,
		};

		buf_add(&table, &entry, sizeof(entry));
		buf_add(&names, symbol->name, strlen(symbol->name) + 1);
	}
	add_section(file, ".symtab",
		    (Elf64_Shdr){.sh_type = SHT_SYMTAB,
				 .sh_link = (Elf64_Word)verdict->sections.n + 2,
				 .sh_info = 1,
				 .sh_entsize = sizeof(none)},
		    buf_span(&table));
	add_section(file, ".strtab", (Elf64_Shdr){.sh_type = SHT_STRTAB}, buf_span(&names));
	if (buf_failed(&table) || buf_failed(&names))
		file->bytes.failed = true;
}

static void set_header(struct file *file, unsigned int machine, uint64_t table)
{
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = (Elf64_Half)machine,
		.e_version = EV_CURRENT,
		.e_shoff = table,
		.e_ehsize = sizeof(header),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = (Elf64_Half)file->sections.n,
		.e_shstrndx = (Elf64_Half)(file->sections.n - 1),
	};

	memcpy(file->bytes.p, &header, sizeof(header));
}

static int write_file(const struct load_verdict *verdict, unsigned int machine, const char *path,
		      struct err *err)
{
	DEFER(file_free) struct file file = {0};
	DEFER(buf_free) struct buf names = {0};
	const Elf64_Ehdr room = {0};
	uint64_t table;

	buf_add(&file.bytes, &room, sizeof(room));
	add_section(&file, "", (Elf64_Shdr){0}, span_of("", 0));
	vec_foreach (&verdict->sections, section)
		add_section(&file, section->name,
			    (Elf64_Shdr){.sh_type = SHT_PROGBITS,
					 .sh_flags = section->flags,
					 .sh_addr = section->address},
			    section->bytes);
	add_symbols(&file, verdict);
	buf_add(&names, file.names.p, file.names.n);
	buf_add(&names, ".shstrtab", sizeof(".shstrtab"));
	add_section(&file, ".shstrtab", (Elf64_Shdr){.sh_type = SHT_STRTAB}, buf_span(&names));
	table = file.bytes.n;
	buf_add(&file.bytes, file.sections.p, file.sections.n * sizeof(*file.sections.p));
	if (buf_failed(&file.bytes) || buf_failed(&file.names) || buf_failed(&names))
		return err_no_memory(err);
	set_header(&file, machine, table);
	return file_replace(path, buf_span(&file.bytes), 0666, err);
}

int check_relocated(const struct check_kernel *kernel, const struct load_request *request,
		    uint64_t base, const char *path, struct err *err)
{
	DEFER(memory_free) struct memory memory = {.image = kernel->image, .next = base};
	DEFER(load_verdict_freep) struct load_verdict *verdict = NULL;
	int code = load_before(&memory, kernel, request, err);

	if (code == 0)
		code = load_one(&memory, kernel, request, &verdict, err);
	if (code == 0 && verdict->sections.n == 0)
		return err_set(err, -ENOEXEC, "it is refused before it is relocated");
	return code < 0 ? code : write_file(verdict, image_machine(kernel->image), path, err);
}
