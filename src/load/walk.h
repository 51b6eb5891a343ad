/* SPDX-License-Identifier: GPL-2.0-only */
/* The inside of one walk through the loader; for the files of src/load only. */
#ifndef LKM_LOAD_WALK_H
#define LKM_LOAD_WALK_H

#include <elf.h>

#include "base/map.h"
#include "base/mem.h"
#include "load/load.h"
#include "sign/verify.h"

/* What differs between kernels; series.c says from when on, and why. */
enum series_delta {
	SERIES_ONE_OF_EACH,   /* exactly one symtab, .modinfo and module structure */
	SERIES_MEMORY_KINDS,  /* seven regions instead of core and init; taints after the name */
	SERIES_RELOC_TEXT,    /* "Invalid relocation target", overflow tested before the write */
	SERIES_SECTION_FILES, /* two sections of one name are an error */
	SERIES_LONG_LINES,    /* of the log */
	SERIES_BTF_ONCE,      /* a mismatch of types is told once, in other words */
	SERIES_DYNDBG_SOURCE, /* flag s */
	SERIES_TRACER_FLAGS,  /* four of them in the report on a call */
	SERIES_OPEN_NAME,     /* a name without end is read on */
	SERIES_STRING_TABLE,  /* .strtab and all section names are checked */
	SERIES_BTF_SECTION,   /* one of the types may have any name that can be printed */
	SERIES_BTF_TAG_FLAG,  /* tags may be marked as attributes */
	SERIES_BTF_WIDE,      /* 24 bits for the number of a type's parts, a section for layouts */
	SERIES_EVAL_MAPS, /* names of numbers in trace events are looked at when a module comes */
	SERIES_NO_EVAL_MAPS,	/* are not any more */
	SERIES_LONG_VERSIONS,	/* of symbols with names of any length */
	SERIES_ARM64_PREFIX,	/* arm64's relocations are spoken of with "Modules: " in front */
	SERIES_PRIVATE_SYMBOLS, /* namespaces that name the modules they are for */
	SERIES_TABLE_TYPES,	/* tables of names must be of type SHT_STRTAB */
	SERIES_RELOC_PLACES,	/* errors of relocations name section and number */
	SERIES_STATIC_CALLS,	/* are read-only after init */
	SERIES_DELTAS,
};
struct load_kernel;
/* Fills built_in. */
int builtin_read(struct load_kernel *kernel, struct err *err);
bool series_has(const char *release, enum series_delta delta);

struct load_arch; /* arch/arch.h */

/* A member of struct module. */
struct load_member {
	uint32_t offset, size;
};
enum { LOAD_FILLED = 7 };
/* Those that the loader fills in. */
void structure_read(struct load_kernel *kernel);

struct load_kernel {
	const struct image *image;
	struct keyring *keys;
	bool keys_known; /* those that are built in */
	struct sign_kernel signing;
	const struct load_arch *arch;
	bool has_layout;
	struct image_export layout; /* module_layout */
	struct map built_in;	    /* names below /sys/module */
	struct image_types types;   /* none: it is not known */
	const char *release, *vermagic;
	uint64_t linked;	/* the address of its beginning; 0: unknown */
	uint64_t text_end, end; /* of an image at its nominal place; all ones: unknown */
	uint32_t module_size;	/* 0: unknown */
	uint32_t module_used;	/* of it, without padding at the end; 0: unknown */
	uint32_t name_offset, name_size;
	uint32_t init_offset, exit_offset; /* 0: unknown */
	struct load_member filled[LOAD_FILLED], taints;
	size_t filled_count;
	uint32_t alternative_size, orc_size; /* of rows; 0: unknown */
	uint32_t capabilities;		     /* bytes for what processors can */
	const char *unknown[2];		     /* sentences */
	size_t unknown_count;
	bool export_flags;    /* exports have flags instead of a second table */
	bool marks;	      /* of places for indirect branches are read */
	bool tells_unpatched; /* returns, when they are run */
	bool modversions, force_load, constructors, dynamic_debug, btf, btf_base, btf_mismatch,
		tracing, execmem, signatures, sig_force, decompress, livepatch, retpoline,
		dynamic_ftrace, plts; /* plts: calls may go by a table in the module */
	bool has[SERIES_DELTAS];
};

struct load_provider {
	const struct ko *ko;
	const char *name;
	bool proprietary;
	struct map exports; /* name -> const struct ko_export * */
};

#define SHN_LIVEPATCH 0xff20

enum { REGION_CORE, REGION_INIT, REGION_KINDS = LOAD_REGIONS };

struct section {
	const char *name;
	uint32_t type, link, info;
	uint64_t flags, address, offset, size, alignment;
	struct span data;      /* its bytes in the file, as far as there are any */
	bool placed, nameless; /* nameless: its name lies outside of the file */
	unsigned int region;
	uint64_t place; /* address in the kernel */
};

struct region {
	uint64_t address, size, offset; /* offset: in the walk's memory */
};

struct symbol {
	const char *name;
	uint64_t value; /* once resolved: the address */
	uint32_t name_offset;
	uint16_t section;
	unsigned char info;
};

/* What a relocation did that the kernel dies of when it comes across its place. */
struct harm {
	const char *id, *sentence;
	const struct section *target;
	uint64_t address;
};

struct load_memory {
	struct mem_room sections, symbols, regions;
};

struct walk {
	const struct load_kernel *kernel;
	const struct load_request *request;
	struct load_verdict *verdict;
	struct arena *arena;	      /* of the verdict */
	struct load_memory *reusable; /* what the walk alone needs */
	struct load_reason scratch;
	bool no_memory;
	int step_code; /* errno of the running step */
	size_t step_reason;

	struct span file;
	bool is_signed;
	const char *unsigned_why; /* how the kernel calls a module without a signature */
	struct section *sections;
	size_t section_count;
	struct section *symtab, *strtab, *modinfo, *versions, *this_module, *percpu;
	struct section *long_crcs, *long_names; /* the versions that count where there are both */
	struct span names;	 /* of symbols: from .strtab to the end of the file */
	VEC(const char *) infos; /* tag=value */
	const char *name, *info_name;
	unsigned int taints; /* the module's own */
	bool uses_gpl_only;
	struct map version_rows; /* symbol -> its CRC in the file */
	struct symbol *symbols;
	size_t symbol_count;
	struct region regions[REGION_KINDS];
	unsigned char *memory; /* of all regions, one after the other */
	uint64_t memory_size;
	bool lost_return, starts_unpatched; /* a return; all of those of init */
	VEC(struct harm) harms;
};

/* Where a symbol of the kernel lies, for an image at its nominal place; that place itself when the
 * image does not tell. */
uint64_t load_kernel_address(const struct load_kernel *kernel, const char *name);
/* Whether an address is the kernel's, then. */
bool load_kernel_covers(const struct load_kernel *kernel, uint64_t address);
/* NULL: it has none there. */
const unsigned char *load_kernel_bytes(const struct load_kernel *kernel, uint64_t address,
				       uint64_t length);

/* keys */
int load_keys_read(struct load_kernel *kernel, struct err *err);
/* A module that is loaded may have a hash that is not built in. */
void load_keys_bring(struct sign_kernel *signing, const char *module);

/* verdict: the reason belongs to the running step; more may be said of it afterwards. */
struct load_reason *walk_reason(struct walk *walk, const char *id, int code, const char *format,
				...) __attribute__((format(printf, 4, 5)));
struct load_reason *walk_crash(struct walk *walk, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line of the kernel's log, for the newest reason. */
void walk_line(struct walk *walk, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line that comes before the reason is known. */
void walk_say(struct walk *walk, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *walk_text(struct walk *walk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void walk_taint(struct walk *walk, unsigned int taint);
void walk_taint_kernel(struct walk *walk, unsigned int taint);	  /* not the module */
bool walk_has_taint(const struct walk *walk, unsigned int taint); /* the kernel has it by now */
/* The string at offset, cut at the end of the span; NULL outside. Behind the file it is empty as
 * far as the page goes. */
const char *walk_string(struct walk *walk, struct span span, uint64_t offset);

/* Steps; false: what follows cannot be looked at. */
bool entry_step(struct walk *walk);
bool signature_step(struct walk *walk);
bool elf_step(struct walk *walk);
bool identity_step(struct walk *walk);
bool blacklist_step(struct walk *walk);
/* Whether the tables of versions are whole; finds them. */
bool version_find(struct walk *walk);
bool version_layout_step(struct walk *walk);
bool modinfo_vermagic_step(struct walk *walk);
bool modinfo_taint_step(struct walk *walk);
bool modinfo_early_step(struct walk *walk);
bool arch_section_step(struct walk *walk);
bool section_step(struct walk *walk);
bool layout_step(struct walk *walk);
bool structure_step(struct walk *walk);
bool name_step(struct walk *walk);
bool unsigned_step(struct walk *walk);
bool percpu_step(struct walk *walk);
bool special_step(struct walk *walk);
bool license_step(struct walk *walk);
bool export_crc_step(struct walk *walk);
bool namespace_step(struct walk *walk);
bool resolve_step(struct walk *walk);
bool reloc_step(struct walk *walk);
bool keep_step(struct walk *walk);
bool crash_step(struct walk *walk);
bool export_step(struct walk *walk);
bool btf_step(struct walk *walk);
bool trace_step(struct walk *walk);
bool tables_step(struct walk *walk);
bool livepatch_step(struct walk *walk);
bool param_step(struct walk *walk);
bool sysfs_step(struct walk *walk);
bool start_step(struct walk *walk);

struct section *elf_find(struct walk *walk, const char *name); /* SHF_ALLOC; NULL: none */
/* A section's bytes in the file, whatever its type says, as far as there are any. */
struct span elf_raw(const struct walk *walk, const struct section *section);
const char *modinfo_get(const struct walk *walk, const char *tag);
bool modinfo_is_gpl(const char *license);
/* Whether the module may use a symbol of a namespace; NULL, "": it is in none. */
bool namespace_check(struct walk *walk, const char *symbol, const char *name_space);
/* Whether a symbol of the module owner can be used at the moment; false: it ends with ENOENT. */
bool present_use(struct walk *walk, const char *owner, const char *symbol);
/* The forced load that the kernel makes of a missing version or vermagic. */
bool version_force(struct walk *walk, const char *id, const char *what, const char *sentence);
/* Whether the version of a symbol that is provided with a CRC fits. */
bool version_check(struct walk *walk, const char *symbol, bool has_crc, uint32_t crc);
/* Symbols of a live patch's relocations; *apply: they are for now. */
bool livepatch_resolve(struct walk *walk, const struct section *section, bool *apply);
/* The memory at an address, NULL when length bytes are not in one region. */
unsigned char *layout_at(const struct walk *walk, uint64_t address, uint64_t length);
bool layout_is_init(const struct walk *walk, uint64_t address); /* given back after init */

#endif
