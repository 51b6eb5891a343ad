/* SPDX-License-Identifier: GPL-2.0-only */
/* The way out as a command, where only the kernel's surroundings tell it: its headers, and which of
 * its modules exports a symbol. */
#include <string.h>

#include "base/mem.h"
#include "cli/check.h"

/* Reasons that a build against the kernel's headers does away with. */
static const char *const rebuilt[] = {"L-VER-01", "L-VER-02", "L-VER-03", "L-VER-05", "L-VER-06",
				      "L-VER-07", "L-MOD-01", "L-MOD-02", "L-INF-07", "L-CRASH-01"};

static bool is_rebuilt(const char *id)
{
	for (size_t i = 0; i < sizeof(rebuilt) / sizeof(*rebuilt); i++)
		if (strcmp(id, rebuilt[i]) == 0)
			return true;
	return false;
}

int check_fix_prepare(struct check_kernel *kernel, struct err *err)
{
	const char *release = kernel->kernel->release;
	DEFER(mem_freep) char *headers = NULL;

	if (kernel->kernel->headers)
		headers = mem_strdup(kernel->kernel->headers);
	else
		catalogue_headers(&headers, release, NULL);
	kernel->rebuild = headers ? mem_format("make -C %s M=$PWD modules", headers)
				  : mem_format("lkm kernel fetch --headers %s; then build it "
					       "against these headers",
					       release);
	return kernel->rebuild ? 0 : err_no_memory(err);
}

/* The module of the kernel's tree that exports a symbol; the caller holds the lock. */
static const struct db_module *exporter_of(struct check_kernel *kernel, const char *symbol)
{
	DEFER(db_list_free) struct db_list list = {0};
	DEFER(mem_freep) char *word = mem_format("symbol:%s", symbol);

	if (!word || !kernel->db || db_lookup(kernel->db, word, &list, NULL) < 0)
		return NULL;
	return list.modules.n ? list.modules.p[0] : NULL;
}

static void fix_symbol(struct check_kernel *kernel, struct load_verdict *verdict,
		       struct load_reason *reason)
{
	const struct db_module *module = exporter_of(kernel, reason->subject);
	const char *fix = NULL;

	if (module && kernel->is_running)
		fix = arena_format(verdict->arena, "modprobe %s", module->name);
	else if (module)
		fix = arena_format(verdict->arena,
				   "modprobe %s before (to check with it: --with %s)", module->name,
				   module->path);
	else if (image_address(kernel->image, reason->subject))
		fix = "do without it: the kernel has it, but does not export it to modules";
	if (fix)
		reason->fix = fix;
}

/* Of more symbols than anybody reads about nothing is looked up: each takes milliseconds. */
enum { LOOKED_UP = 200 };

void check_fix(struct check_kernel *kernel, struct load_verdict *verdict)
{
	unsigned int looked_up = 0;

	pthread_mutex_lock(&kernel->lock);
	vec_foreach (&verdict->reasons, reason) {
		if (is_rebuilt(reason->id))
			reason->fix = kernel->rebuild;
		else if (reason->absent && looked_up++ < LOOKED_UP)
			fix_symbol(kernel, verdict, reason);
	}
	pthread_mutex_unlock(&kernel->lock);
}
