/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The source line of an address in a module, by elfutils' libdw: it relocates the debug information
 * of an object file, which a plain DWARF reader does not. The library is opened when a module
 * crashes and not before; every other run would pay for it.
 */
#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
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
	F(dwfl_lineinfo)

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

/* The last two parts of a path say enough: builds leave long absolute ones. */
static const char *short_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *line_of(const struct libdw *dw, Dwfl *dwfl, int fd, struct arena *arena,
			   const char *path, const char *function, uint64_t offset)
{
	Dwfl_Module *module;
	Dwfl_Line *line;
	uint64_t address;
	const char *file;
	int number = 0;

	dw->dwfl_report_begin(dwfl);
	module = dw->dwfl_report_offline(dwfl, "module", path, fd);
	dw->dwfl_report_end(dwfl, NULL, NULL);
	address = module ? address_of(dw, module, function) : 0;
	line = address ? dw->dwfl_module_getsrc(module, address + offset) : NULL;
	file = line ? dw->dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	return file ? arena_format(arena, "%s:%d", short_path(file), number) : NULL;
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
