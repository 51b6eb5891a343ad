/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the kernel said no. It gives one number for dozens of causes and tells the rest in its log;
 * the rows below know these lines ("NAME: " in front of each) and what to do.
 */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/similar.h"
#include "cli/run.h"
#include "db/db.h"
#include "image/image.h"

struct refusal {
	struct run *run;
	const struct run_step *step;
	const struct ko *ko; /* of a load */
	const char *line;    /* of the log, behind "NAME: " */
};

/* The word behind a prefix, up to a character of stop, in the run's arena; NULL: there is none, as
 * a module may print half of what the loader prints. */
static const char *word_after(const struct refusal *r, const char *prefix, const char *stop)
{
	const char *begin = strstr(r->line, prefix);

	if (!begin)
		return NULL;
	begin += strlen(prefix);
	return arena_strndup(r->run->arena, begin, strcspn(begin, stop));
}

/* Unknown symbols ---------------------------------------------------------------------- */

static bool is_gpl(const char *license)
{
	static const char *const fine[] = {
		"GPL",		"GPL v2",	"GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

	for (size_t i = 0; license && i < sizeof(fine) / sizeof(fine[0]); i++) {
		if (strcmp(license, fine[i]) == 0)
			return true;
	}
	return false;
}

static bool exports(const char *path, const char *symbol, bool *gpl_only)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	const struct ko_export *list;
	size_t count;

	if (ko_open(&ko, path, NULL) < 0)
		return false;
	list = ko_exports(ko, &count);
	for (size_t i = 0; list && i < count; i++) {
		if (strcmp(list[i].name, symbol) == 0) {
			*gpl_only = list[i].gpl;
			return true;
		}
	}
	return false;
}

/* Whether the kernel itself exports a symbol, for GPL modules only. */
static bool kernel_exports_gpl(const struct run *run, const char *symbol)
{
	DEFER(mem_freep) char *cache = NULL;
	DEFER(image_closep) struct image *image = NULL;
	struct image_export export;

	file_cache_dir(&cache, NULL);
	return run->kernel->vmlinuz && image_open(&image, run->kernel->vmlinuz, cache, NULL) == 0 &&
	       image_export(image, symbol, &export) && export.gpl;
}

/* The file whose exports have the symbol: among those loaded by plan, those of the kernel, and
 * those that lie beside the module. NULL: none. */
static const char *find_exporter(const struct refusal *r, const char *symbol, bool *gpl_only)
{
	DEFER(db_list_free) struct db_list found = {0};
	DEFER(db_closep) struct db *beside = NULL;
	char *path = arena_strdup(r->run->arena, r->step->args.p[0]);
	char word[256];

	vec_foreach (&r->run->plan.steps, step) {
		if (step->op == PLAN_LOAD && exports(step->path, symbol, gpl_only))
			return step->path;
	}
	snprintf(word, sizeof(word), "symbol:%s", symbol);
	if (r->run->db)
		db_lookup(r->run->db, word, &found, NULL);
	if (path && db_open_folder(&beside, dirname(path), NULL) == 0)
		db_dependencies_of(beside, r->ko, &found, NULL);
	vec_foreach (&found.modules, module) {
		if (exports((*module)->path, symbol, gpl_only))
			return arena_strdup(r->run->arena, (*module)->path);
	}
	return NULL;
}

static void unknown_symbol(const struct refusal *r)
{
	const char *symbol = word_after(r, "Unknown symbol ", " ");
	const char *license = ko_info(r->ko, "license");
	bool gpl_only = false;
	const char *path = symbol ? find_exporter(r, symbol, &gpl_only) : NULL;

	if (!symbol)
		return;
	if (!path)
		gpl_only = kernel_exports_gpl(r->run, symbol);
	if (gpl_only && !is_gpl(license))
		run_note(r->run,
			 "%s exports %s for GPL modules only, and the licence of %s is \"%s\"",
			 path ? path : "the kernel", symbol, r->step->module,
			 license ? license : "not given");
	else if (path)
		run_note(r->run, "%s is exported by %s, which has to be loaded first", symbol,
			 path);
	else if (!r->run->plan.missing.n)
		run_note(r->run,
			 "neither kernel %s nor a module at hand exports %s; if another module of "
			 "yours does, its .ko file must lie beside %s",
			 r->run->kernel->release, symbol, r->step->args.p[0]);
}

/* Built for another kernel ---------------------------------------------------------------- */

static void other_kernel(const struct refusal *r)
{
	const char *release = ko_release(r->ko);

	if (strcmp(release, r->run->kernel->release) == 0)
		run_note(r->run,
			 "it was built for a kernel of this release with another configuration, or "
			 "against headers that do not belong to it: build it again");
	else
		run_note(r->run,
			 "it was built for %s: run it there (-k %s), or build it for %s (make -C "
			 "\"$(lkm kernel path --headers %s)\" M=$PWD modules)",
			 release, release, r->run->kernel->release, r->run->kernel->release);
}

static void symbol_version(const struct refusal *r)
{
	const char *symbol = word_after(r, "disagrees about version of symbol ", " ");

	if (symbol)
		run_note(r->run, "%s has another interface there than at the time of the build",
			 symbol);
	other_kernel(r);
}

static void name_space(const struct refusal *r)
{
	const char *space = word_after(r, "from namespace ", ",");

	if (space)
		run_note(r->run, "add MODULE_IMPORT_NS(%s) to the source of %s", space,
			 r->run->name);
}

static void bad_value(const struct refusal *r)
{
	size_t count;
	const struct ko_param *params = ko_params(r->ko, &count);
	const char *name = word_after(r, "for parameter `", "'");

	for (size_t i = 0; name && params && i < count; i++) {
		if (strcmp(params[i].name, name) == 0 && params[i].type)
			run_note(r->run, "%s takes a value of type %s", name, params[i].type);
	}
}

static void unknown_param(const struct refusal *r)
{
	const char *name = word_after(r, "unknown parameter '", "'");
	struct similar similar = {.wanted = name};
	size_t count;
	const struct ko_param *params = ko_params(r->ko, &count);

	if (!name || !params)
		return;
	for (size_t i = 0; i < count; i++)
		similar_offer(&similar, params[i].name);
	if (similar.best)
		run_note(r->run, "%s has no parameter %s; did you mean %s?", r->run->name, name,
			 similar.best);
	else if (!count)
		run_note(r->run, "%s has no parameters", r->run->name);
	else
		run_note(r->run, "%s has no parameter %s; 'modinfo -p %s' lists those it has",
			 r->run->name, name, r->step->args.p[0]);
}

/* Lines of the log, tried for each line of a load. Those with ret 0 only warn. */
static const struct {
	int ret; /* the errno that comes with it; 0: any, also success */
	const char *contains;
	void (*explain)(const struct refusal *refusal);
	const char *text; /* when there is nothing to find out */
} lines[] = {
	{ENOENT, "Unknown symbol ", unknown_symbol, NULL},
	{EINVAL, "disagrees about version of symbol ", symbol_version, NULL},
	{ENOEXEC, "disagrees about version of symbol ", symbol_version, NULL},
	{EINVAL, "uses symbol ", name_space, NULL},
	{ENOEXEC, "version magic ", other_kernel, NULL},
	{ENOEXEC, "section size must match", other_kernel, NULL},
	{ENOEXEC, "Invalid relocation target", NULL,
	 "it expects bytes that are not there: the file is damaged, or was changed after it was "
	 "built"},
	{EINVAL, "livepatch: failed to find location for function", NULL,
	 "a live patch needs ftrace, and the kernel in a process has none: its sites, the calls at "
	 "the beginnings of functions, are lkm's own"},
	{0, "unknown parameter '", unknown_param, NULL},
	{EINVAL, "invalid for parameter `", bad_value, NULL},
	{0, "can only take ", NULL, "fewer values, separated by commas"},
};

/* True when one tells why the load failed. */
static bool explain_lines(struct refusal *r)
{
	bool explained = false;
	const struct run *run = r->run;
	size_t prefix = strlen(r->step->module);

	for (size_t i = r->step->log_begin; i < r->step->log_end; i++) {
		r->line = run->log.p[i].text;
		if (strncmp(r->line, r->step->module, prefix) == 0 && r->line[prefix] == ':')
			r->line += prefix + 1;
		for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++) {
			if (!strstr(r->line, lines[k].contains) ||
			    (lines[k].ret && r->step->ret != -lines[k].ret))
				continue;
			if (lines[k].explain)
				lines[k].explain(r);
			else
				run_note(r->run, "%s", lines[k].text);
			explained = explained || lines[k].ret;
			break;
		}
	}
	return explained;
}

/* What an errno means when the loader gives it without a word in the log. Any other number comes
 * from the module's init. */
static const struct {
	int ret;
	const char *text;
} silent[] = {
	{EEXIST, "a module of that name is loaded already"},
	{ENOEXEC, "the kernel takes the file for no module of its own; it was damaged, or changed "
		  "after the build"},
	{EKEYREJECTED, "its signature does not fit: the file was changed after it was signed"},
	{EBADMSG, "its signature is damaged; sign it again, as the last step after strip"},
	{ENOKEY, "it is not signed with a key that the kernel trusts"},
};

static const char *silent_text(long ret)
{
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		if (silent[i].ret == -ret)
			return silent[i].text;
	}
	return NULL;
}

static void explain_load(struct run *run, const struct run_step *step, const struct ko *ko)
{
	struct refusal refusal = {run, step, ko, NULL};
	char space[16];

	if (explain_lines(&refusal) || step->ret >= 0)
		return;
	if (silent_text(step->ret))
		run_note(run, "%s", silent_text(step->ret));
	else
		run_note(run, "the kernel accepted it; its init function returned -%s%s",
			 run_errno_name(-step->ret, space, sizeof(space)),
			 step->ret == -ENODEV ? ", as drivers do when their hardware is not there"
					      : "");
}

static void explain_unload(struct run *run, const struct run_step *step)
{
	if (step->ret == -EBUSY)
		run_note(run, "%s has no exit function: it cannot be unloaded", step->module);
	else if (step->ret == -EAGAIN)
		run_note(run,
			 "%s is in use: a file of it is open, another module needs it, or it "
			 "holds itself",
			 step->module);
	else if (step->ret == -ENOENT)
		run_note(run, "no module %s is loaded", step->module);
}

void run_explain(struct run *run, const struct run_step *step, const struct ko *ko)
{
	if (!step->answered)
		return;
	if (step->was_there)
		run_note(run, "the kernel had asked for %s itself, and has it", step->module);
	else if (ko)
		explain_load(run, step, ko);
	else if (step->ret < 0)
		explain_unload(run, step);
}
