/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load-relocated VMLINUZ CONFIG MODULES-DIR: what the loader makes of modules is compared with what
 * a real kernel has in memory. Reads paths of modules from standard input; for each a line
 *
 *	PATH same|differs CORESIZE INITSIZE WANTED-CORESIZE WANTED-INITSIZE [TEXT]
 *
 * The kernel runs in a process and loads the module behind its dependencies, without running
 * anything of it. The loader is given the addresses that this kernel chose, for the module's
 * regions, its per-CPU variables and all symbols, and must come to the same bytes at the same
 * places. Of the module structure only init and exit are compared: the rest is the kernel's own
 * by then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "db/db.h"
#include "engine/engine.h"
#include "load/load.h"

struct shown {
	size_t index;
	uint64_t address;
	struct buf bytes;
};

/* One module that the kernel has. */
struct loaded {
	struct ko *ko;
	struct load_provider *provider;
	struct load_verdict *verdict;
	VEC(struct shown) sections; /* as the kernel has them; index 0: struct module */
};

struct compare {
	struct image *image;
	struct load_kernel *kernel;
	struct db *db;
	struct engine *engine;
	struct engine_options options;
	uint64_t slide;		      /* between the image's addresses and the running kernel's */
	VEC(struct loaded *) modules; /* in the order they were loaded in */
};

static void on_section(void *context, const struct engine_section *section)
{
	struct compare *compare = context;
	struct loaded *module = compare->modules.p[compare->modules.n - 1];
	struct shown *shown = vec_push(&module->sections);

	*shown = (struct shown){.index = section->index, .address = section->address};
	buf_add(&shown->bytes, section->bytes.p, section->bytes.n);
}

static void forget_modules(struct compare *compare)
{
	vec_foreach (&compare->modules, slot) {
		struct loaded *module = *slot;

		vec_foreach (&module->sections, shown)
			buf_free(&shown->bytes);
		vec_free(&module->sections);
		load_verdict_free(module->verdict);
		load_provider_close(module->provider);
		ko_close(module->ko);
		mem_free(module);
	}
	vec_free(&compare->modules);
}

/* ---- where things are in the running kernel ---- */

static uint64_t member(const struct compare *compare, const struct loaded *module, const char *path,
		       uint64_t width)
{
	uint32_t offset, size;
	uint64_t value = 0;

	if (image_member(compare->image, "module", path, &offset, &size, NULL) < 0)
		return 0;
	vec_foreach (&module->sections, shown)
		if (shown->index == 0)
			span_number(buf_span(&shown->bytes), offset, width, false, &value);
	return value;
}

static uint64_t symbol_address(void *context, const char *name, const char *owner)
{
	struct compare *compare = context;
	uint64_t address;

	vec_foreach (&compare->modules, slot) {
		const struct loaded *module = *slot;

		if (!owner || strcmp(ko_name(module->ko), owner) != 0)
			continue;
		vec_foreach (&module->verdict->symbols, symbol)
			if (strcmp(symbol->name, name) == 0)
				return symbol->address;
	}
	address = image_address(compare->image, name);
	return address >= UINT64_C(0xffffffff80000000) ? address + compare->slide : address;
}

static const struct shown *find_shown(const struct loaded *module, size_t index)
{
	vec_foreach (&module->sections, shown)
		if (shown->index == index)
			return shown;
	return NULL;
}

/* A member of region i: of mem[i], or in kernels before 6.4 of one of the two layouts. 0: there is
 * none. */
static uint64_t region_member(const struct compare *compare, const struct loaded *module,
			      unsigned int i, const char *name, uint64_t width)
{
	const struct shown *structure = find_shown(module, 0);
	uint32_t mem, all, offset, size;
	uint64_t value = 0;
	char path[64];

	if (image_member(compare->image, "module", "mem", &mem, &all, NULL) < 0) {
		snprintf(path, sizeof(path), "%s_layout.%s", i ? "init" : "core", name);
		return i < 2 ? member(compare, module, path, width) : 0;
	}
	if (!structure ||
	    image_member(compare->image, "module_memory", name, &offset, &size, NULL) < 0)
		return 0;
	span_number(buf_span(&structure->bytes), mem + all / LOAD_REGIONS * i + offset, width,
		    false, &value);
	return value;
}

static int check_module(struct compare *compare, struct loaded *module, struct err *err)
{
	VEC(const struct load_provider *) providers = {0};
	struct load_places places = {.symbol = symbol_address, .context = compare};
	struct load_request request = {.bytes = ko_bytes(module->ko), .places = &places};
	int code;

	for (size_t i = compare->modules.n - 1; i-- > 0;)
		*vec_push(&providers) = compare->modules.p[i]->provider;
	request.providers = providers.p;
	request.provider_count = providers.n;
	places.percpu = member(compare, module, "percpu", 8);
	for (unsigned int i = 0; i < LOAD_REGIONS; i++)
		places.regions[i] = region_member(compare, module, i, "base", 8);
	code = load_check(&module->verdict, compare->kernel, &request, err);
	vec_free(&providers);
	return code;
}

/* ---- loading ---- */

static int load(struct compare *compare, const char *path, long *ret, struct err *err)
{
	struct loaded *module = mem_zalloc(sizeof(*module));
	int code;

	*vec_push(&compare->modules) = module;
	code = ko_open(&module->ko, path, err);
	if (code == 0)
		code = load_provider_open(&module->provider, module->ko, err);
	if (code == 0)
		code = engine_load(compare->engine, ko_bytes(module->ko), "", ENGINE_LOAD_SHOW, ret,
				   err);
	if (code == 0)
		code = check_module(compare, module, err);
	return code;
}

/* The line of kallsyms that has _text. */
static int find_slide(struct compare *compare, struct err *err)
{
	struct buf text = {0};
	const char *found;
	long ret;
	int code = engine_read(compare->engine, "/proc/kallsyms", 1 << 16, &text, &ret, err);

	found = code == 0 ? strstr(buf_string(&text), " T _text\n") : NULL;
	if (code == 0 && (!found || found < buf_string(&text) + 16))
		code = err_set(err, -1, "no _text in /proc/kallsyms");
	if (code == 0)
		compare->slide =
			strtoull(found - 16, NULL, 16) - image_address(compare->image, "_text");
	buf_free(&text);
	return code;
}

static int load_all(struct compare *compare, const char *path, struct err *err)
{
	struct db_list order = {0};
	struct ko *ko = NULL;
	long ret = 0;
	int code = ko_open(&ko, path, err);

	if (code == 0)
		code = engine_open(&compare->engine, engine_find("process", NULL),
				   &compare->options, err);
	if (code == 0)
		code = find_slide(compare, err);
	if (code == 0)
		code = db_dependencies_of(compare->db, ko, &order, err);
	for (size_t i = 0; i < order.modules.n && code == 0; i++)
		code = load(compare, order.modules.p[i]->path, &ret, err);
	if (code == 0)
		code = load(compare, path, &ret, err);
	db_list_free(&order);
	ko_close(ko);
	return code;
}

/* ---- comparing ---- */

static const struct load_section *find_own(const struct load_verdict *verdict, size_t index)
{
	vec_foreach (&verdict->sections, section)
		if (section->index == index)
			return section;
	return NULL;
}

static bool same_pointer(const struct compare *compare, struct span a, struct span b,
			 const char *name)
{
	uint32_t offset, size;

	return image_member(compare->image, "module", name, &offset, &size, NULL) == 0 &&
	       span_le64(a, offset) == span_le64(b, offset);
}

static const char *first_other_byte(struct span own, struct span kernel)
{
	static char text[80];

	for (size_t i = 0; i < own.n; i++) {
		if (own.p[i] == kernel.p[i])
			continue;
		snprintf(text, sizeof(text), "has other bytes from 0x%zx on: %08x, the kernel %08x",
			 i, span_le32(own, i), span_le32(kernel, i));
		return text;
	}
	return NULL;
}

static const char *difference(const struct compare *compare, const struct shown *shown,
			      const struct load_section *own)
{
	struct span bytes = buf_span(&shown->bytes);

	if (!own)
		return "is not kept";
	if (own->address != shown->address)
		return "lies elsewhere";
	if (own->bytes.n != bytes.n)
		return "has another size";
	if (strcmp(own->name, ".gnu.linkonce.this_module") == 0)
		return same_pointer(compare, own->bytes, bytes, "init") &&
				       same_pointer(compare, own->bytes, bytes, "exit")
			       ? NULL
			       : "has another init or exit";
	return first_other_byte(own->bytes, bytes);
}

/* Core has the first four regions, init the others; or they are the two regions. */
static uint64_t size_of(const struct compare *compare, const struct loaded *module, bool init)
{
	uint32_t mem, size;
	uint64_t sum = 0;

	if (image_member(compare->image, "module", "mem", &mem, &size, NULL) < 0)
		return region_member(compare, module, init, "size", 4);
	for (unsigned int i = init ? 4 : 0; i < (init ? LOAD_REGIONS : 4); i++)
		sum += region_member(compare, module, i, "size", 4);
	return sum;
}

static void compare_module(struct compare *compare, const char *path)
{
	struct err err = {0};
	int code = load_all(compare, path, &err);
	const struct loaded *module =
		compare->modules.n ? compare->modules.p[compare->modules.n - 1] : NULL;
	const char *what = NULL, *name = "";
	size_t count = 0;

	if (code < 0 || !module || !module->verdict) {
		printf("%s differs 0 0 0 0 %s\n", path, err.text);
	} else {
		vec_foreach (&module->sections, shown) {
			const struct load_section *own = find_own(module->verdict, shown->index);

			if (shown->index == 0 || what)
				continue;
			count++;
			what = difference(compare, shown, own);
			name = own ? own->name : "a section";
		}
		printf("%s %s %ju %ju %ju %ju %zu sections; %s %s\n", path,
		       what || !find_shown(module, 0) ? "differs" : "same",
		       (uintmax_t)module->verdict->coresize, (uintmax_t)module->verdict->initsize,
		       (uintmax_t)size_of(compare, module, false),
		       (uintmax_t)size_of(compare, module, true), count, name, what ? what : "");
	}
	fflush(stdout);
	engine_close(compare->engine);
	compare->engine = NULL;
	forget_modules(compare);
}

int main(int argc, char **argv)
{
	struct compare compare = {0};
	static char line[4096];
	char *cache = NULL;
	struct err err = {0};
	int code;

	if (argc != 4)
		return 2;
	file_cache_dir(&cache, NULL);
	compare.options = (struct engine_options){
		.kernel_path = argv[1],
		.config_path = argv[2],
		.cache_dir = cache,
		.timeout_ms = 60000,
		.listener = {.context = &compare, .section = on_section},
	};
	code = image_open(&compare.image, argv[1], cache, &err);
	if (code == 0)
		code = image_add_config(compare.image, argv[2], &err);
	if (code == 0)
		code = load_kernel_open(&compare.kernel, compare.image, &err);
	if (code == 0)
		code = db_open(&compare.db, argv[3], &err);
	while (code == 0 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		compare_module(&compare, line);
	}
	if (code < 0)
		fprintf(stderr, "%s\n", err.text);
	db_close(compare.db);
	load_kernel_close(compare.kernel);
	image_close(compare.image);
	mem_free(cache);
	return code < 0;
}
