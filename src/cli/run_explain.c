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

/* The word behind a prefix, up to a character of stop, in the run's arena; NULL: no memory. */
static const char *word_after(const struct refusal *r, const char *prefix, const char *stop)
{
	const char *begin = strstr(r->line, prefix) + strlen(prefix);

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

static bool exports_gpl(const struct ko *ko, const char *symbol)
{
	size_t count;
	const struct ko_export *exports = ko_exports(ko, &count);

	for (size_t i = 0; exports && i < count; i++) {
		if (strcmp(exports[i].name, symbol) == 0)
			return exports[i].gpl;
	}
	return false;
}

/* Whether the kernel itself exports a symbol, for GPL modules only. */
static bool kernel_exports_gpl(const struct run *run, const char *symbol)
{
	DEFER(mem_freep) char *cache = NULL;
	DEFER(image_closep) struct image *image = NULL;
	const struct image_export *exports;
	size_t count;

	file_cache_dir(&cache, NULL);
	if (image_open(&image, run->kernel->vmlinuz, cache, NULL) < 0)
		return false;
	exports = image_exports(image, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(exports[i].name, symbol) == 0)
			return exports[i].gpl;
	}
	return false;
}

/* The module of db that exports it, or NULL. */
static const struct db_module *exporter_in(struct db *db, const char *symbol, struct db_list *found)
{
	char word[256];

	snprintf(word, sizeof(word), "symbol:%s", symbol);
	if (!db || db_lookup(db, word, found, NULL) < 0 || !found->modules.n)
		return NULL;
	return found->modules.p[0];
}

static void note_exporter(const struct refusal *r, const struct db_module *module,
			  const char *symbol)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	bool gpl_only = ko_open(&ko, module->path, NULL) == 0 && exports_gpl(ko, symbol);

	if (gpl_only && !is_gpl(ko_info(r->ko, "license")))
		run_note(r->run,
			 "%s exports %s for GPL modules only, and the licence of %s is \"%s\"",
			 module->name, symbol, r->run->name, ko_info(r->ko, "license"));
	else
		run_note(r->run, "%s is exported by the module %s (%s), which was not loaded first",
			 symbol, module->name, module->path);
}

static void unknown_symbol(const struct refusal *r)
{
	DEFER(db_list_free) struct db_list found = {0}, beside_found = {0};
	DEFER(db_closep) struct db *beside = NULL;
	const char *symbol = word_after(r, "Unknown symbol ", " ");
	char *path = arena_strdup(r->run->arena, r->step->args.p[0]);
	const struct db_module *module;

	if (!symbol || !path)
		return;
	db_open_folder(&beside, dirname(path), NULL);
	module = exporter_in(beside, symbol, &beside_found);
	if (!module)
		module = exporter_in(r->run->db, symbol, &found);
	if (module)
		note_exporter(r, module, symbol);
	else if (kernel_exports_gpl(r->run, symbol) && !is_gpl(ko_info(r->ko, "license")))
		run_note(r->run,
			 "the kernel exports %s for GPL modules only, and the licence of %s is "
			 "\"%s\"",
			 symbol, r->run->name, ko_info(r->ko, "license"));
	else
		run_note(r->run,
			 "neither kernel %s nor a module at hand exports %s; either it is no "
			 "exported symbol of that kernel, or the .ko file that exports it must lie "
			 "beside %s",
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
			 "/lib/modules/%s/build M=$PWD modules)",
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
	{0, "unknown parameter '", unknown_param, NULL},
	{EINVAL, "invalid for parameter `", bad_value, NULL},
	{0, "can only take ", NULL, "fewer values, separated by commas"},
};

static void explain_lines(struct refusal *r, bool *explained)
{
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
			*explained = true;
			break;
		}
	}
}

/* Its object in /sys is made right before init is called: a uevent tells that it got so far. */
static bool reached_init(const struct refusal *r)
{
	const struct run *run = r->run;
	char header[128];

	snprintf(header, sizeof(header), "add@/module/%s", r->step->module);
	for (size_t i = r->step->uevent_begin; i < r->step->uevent_end; i++) {
		if (strcmp((const char *)run->uevents.p[i].p, header) == 0)
			return true;
	}
	return false;
}

/* What an errno means when the loader gives it without a word in the log. */
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
	{ENOMEM, "the kernel got no memory for it"},
	{EPERM, "a policy of the kernel forbids it (lockdown, or a blacklist)"},
	{ENODEV, "that is how drivers say that their hardware is not there"},
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
	bool explained = false;
	char space[16];

	explain_lines(&refusal, &explained);
	if (step->ret >= 0)
		return;
	if (reached_init(&refusal))
		run_note(run, "the kernel accepted it; its init function returned -%s (%s)%s%s",
			 run_errno_name(-step->ret, space, sizeof(space)),
			 run_errno_text(-step->ret), step->ret == -ENODEV ? ": " : "",
			 step->ret == -ENODEV ? silent_text(step->ret) : "");
	else if (!explained && silent_text(step->ret))
		run_note(run, "%s", silent_text(step->ret));
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
	if (ko)
		explain_load(run, step, ko);
	else if (step->ret < 0)
		explain_unload(run, step);
}
