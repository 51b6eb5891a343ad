/* SPDX-License-Identifier: GPL-2.0-only */
/* insmod FILE [PARAM=VALUE...] */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/quote.h"
#include "cli/option.h"
#include "cli/refusal.h"
#include "cli/tool.h"

struct insmod_options {
	struct tool_options common;
	bool force, force_modversion, force_vermagic;
};

static const struct cli_option table[] = {
	{'f', "force", NULL, OPTION_FLAG(struct insmod_options, force), "both below"},
	{0, "force-modversion", NULL, OPTION_FLAG(struct insmod_options, force_modversion),
	 "load in spite of other versions of symbols", .whole = true},
	{0, "force-vermagic", NULL, OPTION_FLAG(struct insmod_options, force_vermagic),
	 "load although built for another kernel", .whole = true},
	TOOL_OPTIONS,
	{0}};

static const struct host host = {""};

static const char *why(int code)
{
	switch (-code) {
	case ENOEXEC:
		return "Invalid module format";
	case ENOENT:
		return "Unknown symbol in module";
	case ESRCH:
		return "Module has wrong symbol version";
	case EINVAL:
		return "Invalid parameters";
	default:
		return strerror(-code);
	}
}

static int insert(const struct tool *tool, const struct insmod_options *options, const char *path,
		  const char *params)
{
	DEFER(host_log_end) struct host_log log = {-1};
	struct err err = {0};
	unsigned int flags =
		(options->force || options->force_modversion ? HOST_IGNORE_VERSIONS : 0) |
		(options->force || options->force_vermagic ? HOST_IGNORE_VERMAGIC : 0);
	int64_t modified;
	int code = file_modified(path, &modified, &err);

	if (code < 0) {
		tool_say(tool, TOOL_ERROR, "could not load module %s: %s", path, strerror(-code));
		return TOOL_FAILED;
	}
	host_log_begin(&host, &log);
	code = host_insert(&host, path, params, flags, &err);
	if (code == 0)
		return 0;
	tool_say(tool, TOOL_INFO, "%s", err.text);
	tool_say(tool, TOOL_ERROR, "could not insert module %s: %s", path, why(code));
	refusal_explain(tool, code, &log);
	return TOOL_FAILED;
}

static int insmod_run(int argc, char **argv)
{
	DEFER(buf_free) struct buf params = {0};
	struct insmod_options options = {0};
	struct tool tool = {&cli_insmod, TOOL_ERROR};
	char **operands;
	int status;

	if (!tool_begin(&tool, &cli_insmod, argc, argv, &options.common, &operands, &status))
		return status;
	if (!operands[0]) {
		tool_say(&tool, TOOL_ERROR, "missing filename.");
		return TOOL_FAILED;
	}
	if (strcmp(operands[0], "-") == 0) {
		tool_say(&tool, TOOL_ERROR, "this tool does not support loading from stdin!");
		return TOOL_FAILED;
	}
	quote_params((const char *const *)operands + 1, &params);
	if (buf_failed(&params)) {
		tool_say(&tool, TOOL_ERROR, "out of memory");
		return TOOL_FAILED;
	}
	return insert(&tool, &options, operands[0], buf_string(&params));
}

const struct cli_command cli_insmod = {
	.name = "insmod",
	.full_name = "insmod",
	.operands = "FILE [PARAM=VALUE...]",
	.summary = "Load a module file as it is, without what it needs",
	.options = table,
	.run = insmod_run,
	.usage_status = TOOL_FAILED,
};
