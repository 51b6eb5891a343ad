/* SPDX-License-Identifier: GPL-2.0-only */
/* rmmod MODULE... */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "db/indexes.h"
#include "engine/host/host.h"

struct rmmod_options {
	struct tool_options common;
	bool force;
};

static const struct cli_option table[] = {
	{'f', "force", NULL, OPTION_FLAG(struct rmmod_options, force),
	 "also a module in use; a crash is what this can lead to"},
	TOOL_OPTIONS,
	{0}};

static const struct host host = {""};

/* 1, 0; what cannot be read has nothing built in. */
static bool is_builtin(const char *name)
{
	DEFER(db_indexes_freep) struct db_indexes *indexes = NULL;
	DEFER(mem_freep) char *dir = NULL;
	struct utsname kernel;

	uname(&kernel);
	dir = tool_release_dir("", "lib/modules", kernel.release);
	return dir && db_indexes_new(&indexes, dir, NULL) == 0 &&
	       db_indexes_is_builtin(indexes, name, NULL) == 1;
}

static int say_holders(const struct tool *tool, const char *name, const struct host_names *holders)
{
	DEFER(buf_free) struct buf text = {0};

	vec_foreach (&holders->list, holder)
		buf_format(&text, " %s", *holder);
	tool_say(tool, TOOL_ERROR, "Module %s is in use by:%s", name, buf_string(&text));
	return -EBUSY;
}

/* Whether a module can be removed: what stands against it is said. */
static int check(const struct tool *tool, const char *name)
{
	DEFER(host_names_free) struct host_names holders = {0};
	enum host_state state;
	struct err err = {0};
	long references;
	int code;

	if (is_builtin(name)) {
		tool_say(tool, TOOL_ERROR, "Module %s is builtin.", name);
		return -ENOENT;
	}
	if (host_state(&host, name, &state, &err) < 0) {
		tool_say(tool, TOOL_ERROR, "Module %s is not currently loaded", name);
		return -ENOENT;
	}
	if (host_holders(&host, name, &holders, &err) < 0)
		tool_say(tool, TOOL_ERROR, "%s", err.text);
	if (holders.list.n)
		return say_holders(tool, name, &holders);
	code = host_references(&host, name, &references, &err);
	if (code == -ENOENT)
		tool_say(tool, TOOL_ERROR, "Module unloading is not supported");
	else if (code < 0)
		tool_say(tool, TOOL_ERROR, "%s", err.text);
	else if (references > 0)
		tool_say(tool, TOOL_ERROR, "Module %s is in use", name);
	return code < 0 ? code : references > 0 ? -EBUSY : 0;
}

static int unload(const struct tool *tool, const struct rmmod_options *options, const char *word)
{
	DEFER(mem_freep) char *name = tool_module_name(word);
	int64_t modified;
	int code;

	if (!name) {
		tool_say(tool, TOOL_ERROR, "out of memory");
		return -ENOMEM;
	}
	if (strchr(word, '/') && file_modified(word, &modified, NULL) < 0) {
		tool_say(tool, TOOL_ERROR, "Module %s is not currently loaded", word);
		return -ENOENT;
	}
	if (!options->force && check(tool, name) < 0)
		return -EBUSY;
	code = host_remove(name, options->force, NULL);
	if (code < 0) {
		tool_say(tool, TOOL_ERROR, "could not remove '%s': %s", name, strerror(-code));
		tool_say(tool, TOOL_ERROR, "could not remove module %s: %s", word, strerror(-code));
	}
	return code;
}

static int rmmod_run(int argc, char **argv)
{
	struct rmmod_options options = {0};
	struct tool tool = {&cli_rmmod, TOOL_ERROR};
	char **operands;
	int status = 0;

	if (!tool_begin(&tool, &cli_rmmod, argc, argv, &options.common, &operands, &status))
		return status;
	if (!operands[0]) {
		tool_say(&tool, TOOL_ERROR, "missing module name.");
		return TOOL_FAILED;
	}
	for (; *operands; operands++)
		if (unload(&tool, &options, *operands) < 0)
			status = TOOL_FAILED;
	return status;
}

const struct cli_command cli_rmmod = {
	.name = "rmmod",
	.full_name = "rmmod",
	.operands = "MODULE...",
	.summary = "Unload modules, nothing else",
	.options = table,
	.run = rmmod_run,
	.usage_status = TOOL_FAILED,
};
