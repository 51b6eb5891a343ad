/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The source line of an address in a module, by elfutils' libdw: it relocates the debug information
 * of an object file, which a plain DWARF reader does not. The library is opened when a module
 * crashes and not before; every other run would pay for it.
 */
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/run.h"

#define LIBRARY "libdw.so.1"

/* The functions that are used, under their own names. */
#define FUNCTIONS(F)                                                                               \
	F(dwfl_begin)                                                                              \
	F(dwfl_end)                                                                                \
	F(dwfl_report_begin)                                                                       \
	F(dwfl_report_offline)                                                                     \
	F(dwfl_report_end)                                                                         \
	F(dwfl_linux_proc_find_elf)                                                                \
	F(dwfl_offline_section_address)                                                            \
	F(dwfl_standard_find_debuginfo)                                                            \
	F(dwfl_module_getsymtab)                                                                   \
	F(dwfl_module_getsym)                                                                      \
	F(dwfl_module_getsrc)                                                                      \
	F(dwfl_module_addrdie)                                                                     \
	F(dwfl_lineinfo)                                                                           \
	F(dwarf_getscopes)                                                                         \
	F(dwarf_getscopes_die)                                                                     \
	F(dwarf_tag)                                                                               \
	F(dwarf_attr)                                                                              \
	F(dwarf_formudata)                                                                         \
	F(dwarf_getsrcfiles)                                                                       \
	F(dwarf_filesrc)

struct libdw {
	void *handle;
#define F(name) __typeof__(&(name)) name;
	FUNCTIONS(F)
#undef F
};

static void libdw_close(struct libdw *dw)
{
	if (dw->handle)
		dlclose(dw->handle);
}

static bool libdw_open(struct libdw *dw)
{
	bool complete;

	dw->handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
	complete = dw->handle != NULL;
#define F(name)                                                                                    \
	dw->name = complete ? (__typeof__(dw->name))dlsym(dw->handle, #name) : NULL;               \
	complete = complete && dw->name;
	FUNCTIONS(F)
#undef F
	return complete;
}

/* The address that libdw has given to a function of the module; 0: there is none. */
static uint64_t address_of(const struct libdw *dw, Dwfl_Module *module, const char *function)
{
	int count = dw->dwfl_module_getsymtab(module);

	for (int i = 1; i < count; i++) {
		GElf_Sym symbol;
		GElf_Word section;
		const char *name = dw->dwfl_module_getsym(module, i, &symbol, &section);

		if (name && GELF_ST_TYPE(symbol.st_info) == STT_FUNC && strcmp(name, function) == 0)
			return symbol.st_value;
	}
	return 0;
}

/* Builds leave long absolute paths; the name is what the reader knows. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

struct place {
	const char *file;
	uint64_t line;
};

static uint64_t number_of(const struct libdw *dw, Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;

	if (dw->dwarf_attr(die, name, &attribute))
		dw->dwarf_formudata(&attribute, &value);
	return value;
}

/* The entries around an address from the innermost on, as they lie in each other. The caller frees
 * *out; 0: none. */
static int scopes_around(const struct libdw *dw, Dwarf_Die *unit, uint64_t address, Dwarf_Die **out)
{
	Dwarf_Die *scopes = NULL;
	int count = dw->dwarf_getscopes(unit, address, &scopes);

	count = count > 0 ? dw->dwarf_getscopes_die(&scopes[0], out) : 0;
	free(scopes);
	return count;
}

/* Where the outermost inlined function around an address is called: that is the line in the
 * function which the kernel's report names. False when nothing is inlined there. */
static bool outer_call(const struct libdw *dw, Dwfl_Module *module, uint64_t address,
		       struct place *out)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = dw->dwfl_module_addrdie(module, address, &bias), *scopes = NULL;
	int count = unit ? scopes_around(dw, unit, address - bias, &scopes) : 0;
	Dwarf_Files *files;
	size_t file_count;
	bool found = false;

	for (int i = count; i-- > 0 && !found;) {
		if (dw->dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine ||
		    dw->dwarf_getsrcfiles(unit, &files, &file_count) < 0)
			continue;
		out->file = dw->dwarf_filesrc(files, number_of(dw, &scopes[i], DW_AT_call_file),
					      NULL, NULL);
		out->line = number_of(dw, &scopes[i], DW_AT_call_line);
		found = out->file && out->line;
	}
	free(scopes);
	return found;
}

/* "file.c:12", and for an inlined function "file.c:12 (inlined.h:3)". */
static const char *describe(const struct libdw *dw, Dwfl_Module *module, uint64_t address,
			    struct arena *arena)
{
	Dwfl_Line *line = dw->dwfl_module_getsrc(module, address);
	int number = 0;
	const char *file = line ? dw->dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	struct place outer;

	if (!file)
		return NULL;
	if (outer_call(dw, module, address, &outer))
		return arena_format(arena, "%s:%llu (%s:%d)", base_name(outer.file),
				    (unsigned long long)outer.line, base_name(file), number);
	return arena_format(arena, "%s:%d", base_name(file), number);
}

static const char *line_of(const struct libdw *dw, Dwfl *dwfl, int fd, struct arena *arena,
			   const char *path, const char *function, uint64_t offset)
{
	Dwfl_Module *module;
	uint64_t address;

	dw->dwfl_report_begin(dwfl);
	module = dw->dwfl_report_offline(dwfl, "module", path, fd);
	dw->dwfl_report_end(dwfl, NULL, NULL);
	address = module ? address_of(dw, module, function) : 0;
	return address ? describe(dw, module, address + offset, arena) : NULL;
}

const char *run_source_line(struct arena *arena, const char *path, const char *function,
			    uint64_t offset)
{
	DEFER(libdw_close) struct libdw dw = {0};
	Dwfl_Callbacks callbacks = {0};
	const char *line = NULL;
	Dwfl *dwfl;
	int fd;

	if (!libdw_open(&dw))
		return NULL;
	callbacks.find_elf = dw.dwfl_linux_proc_find_elf;
	callbacks.find_debuginfo = dw.dwfl_standard_find_debuginfo;
	callbacks.section_address = dw.dwfl_offline_section_address;
	dwfl = dw.dwfl_begin(&callbacks);
	fd = dwfl ? file_open(path, O_RDONLY, NULL) : -1;
	if (fd >= 0)
		line = line_of(&dw, dwfl, fd, arena, path, function, offset);
	if (dwfl)
		dw.dwfl_end(dwfl);
	return line;
}
