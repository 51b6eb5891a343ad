/* SPDX-License-Identifier: GPL-2.0-only */
/* modprobe [OPTION...] MODULE [PARAM=VALUE...]; the parts of the work: modprobe.h */
#include "cli/modprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/quote.h"

static const struct cli_option table[] = {
	{'a', "all", NULL, OPTION_FLAG(struct modprobe_options, all),
	 "every word is a module, none a parameter"},
	{'r', "remove", NULL, OPTION_FLAG(struct modprobe_options, remove),
	 "unload, and what nobody uses any more"},
	{0, "remove-holders", NULL, OPTION_FLAG(struct modprobe_options, remove_holders),
	 "with -r: first the modules that use it"},
	{0, "remove-dependencies", NULL, OPTION_FLAG(struct modprobe_options, remove_holders),
	 "the same, an old name"},
	{'w', "wait", "MSEC", OPTION_TEXT(struct modprobe_options, wait_text),
	 "with -r: wait so long for a module to be let go"},
	{0, "first-time", NULL, OPTION_FLAG(struct modprobe_options, first_time),
	 "fail when it is loaded already, or with -r is not"},
	{'i', "ignore-install", NULL, OPTION_FLAG(struct modprobe_options, ignore_commands),
	 "without install and remove commands and softdeps"},
	{0, "ignore-remove", NULL, OPTION_FLAG(struct modprobe_options, ignore_commands),
	 "the same"},
	{'b', "use-blacklist", NULL, OPTION_FLAG(struct modprobe_options, use_blacklist),
	 "the blacklist is for names too, not only aliases"},
	{'f', "force", NULL, OPTION_FLAG(struct modprobe_options, force),
	 "both below; with -r: also when it is in use"},
	{0, "force-modversion", NULL, OPTION_FLAG(struct modprobe_options, force_modversion),
	 "load in spite of other versions of symbols"},
	{0, "force-vermagic", NULL, OPTION_FLAG(struct modprobe_options, force_vermagic),
	 "load although built for another kernel"},
	{'R', "show-alias", NULL, OPTION_FLAG(struct modprobe_options, show_alias),
	 "print the names of modules that a word stands for"},
	{0, "resolve-alias", NULL, OPTION_FLAG(struct modprobe_options, show_alias),
	 "the same, an old name"},
	{'D', "show-depends", NULL, OPTION_FLAG(struct modprobe_options, show_depends),
	 "print what would be done if nothing were loaded"},
	{'c', "show-config", NULL, OPTION_FLAG(struct modprobe_options, show_config),
	 "print the configuration and all aliases"},
	{0, "showconfig", NULL, OPTION_FLAG(struct modprobe_options, show_config),
	 "the same, an old name"},
	{0, "show-modversions", NULL, OPTION_FLAG(struct modprobe_options, show_modversions),
	 "print the versions of symbols that it was built with"},
	{0, "dump-modversions", NULL, OPTION_FLAG(struct modprobe_options, show_modversions),
	 "the same, an old name"},
	{0, "show-exports", NULL, OPTION_FLAG(struct modprobe_options, show_exports),
	 "print the symbols that it exports, with versions"},
	{'n', "dry-run", NULL, OPTION_FLAG(struct modprobe_options, dry_run),
	 "change nothing; with -v: print what would be done"},
	{0, "show", NULL, OPTION_FLAG(struct modprobe_options, dry_run), "the same, an old name"},
	{'C', "config", "PATH", OPTION_LIST(struct modprobe_options, config),
	 "file or directory to read instead of modprobe.d"},
	{'d', "dirname", "DIR", OPTION_TEXT(struct modprobe_options, dirname),
	 "the directory that stands for / (default: /)"},
	{'S', "set-version", "RELEASE", OPTION_TEXT(struct modprobe_options, set_version),
	 "of which kernel (default: the running one)"},
	{'s', "syslog", NULL, OPTION_FLAG(struct modprobe_options, syslog),
	 "send messages to the system's log"},
	{'q', "quiet", NULL, OPTION_FLAG(struct modprobe_options, quiet), "say nothing"},
	{'v', "verbose", NULL, OPTION_COUNT(struct modprobe_options, verbose),
	 "print what is done; twice: say more"},
	{'V', "version", NULL, OPTION_LAST(struct modprobe_options, version), "show the version"},
	{0, "json", NULL, OPTION_FLAG(struct modprobe_options, json),
	 "with -D or -c: for programs, JSON"},
	{0}};

static void modprobe_free(struct modprobe *modprobe)
{
	cli_list_free(&modprobe->options.config);
	plan_probe_free(modprobe->probe);
	db_indexes_free(modprobe->indexes);
	db_config_free(modprobe->config);
	mem_free(modprobe->dir);
	json_decref(modprobe->json);
}

static void say(void *context, enum db_level level, const char *text)
{
	const struct modprobe *modprobe = context;

	tool_say(&modprobe->tool, tool_level_of(level), "%s", text);
}

bool modprobe_is_path(const char *word)
{
	return word[0] == '/' || strncmp(word, "./", 2) == 0;
}

bool modprobe_complaint_ends(const struct modprobe *modprobe)
{
	return modprobe->complaint == TOOL_FATAL && modprobe->tool.shown >= TOOL_FATAL;
}

int modprobe_find(struct modprobe *modprobe, const char *word, struct db_candidates *out)
{
	struct err err = {0};
	int code = db_candidates_find(out, modprobe->indexes, modprobe->config, word, &err);

	if (code == 0 && out->list.n)
		return 0;
	if (code < 0 && code != -EINVAL)
		tool_say(&modprobe->tool, TOOL_ERROR, "%s", err.text);
	tool_say(&modprobe->tool, modprobe->complaint, "Module %s not found in directory %s", word,
		 modprobe->dir);
	return -ENOENT;
}

/* Commands of the configuration may call modprobe, which then is to behave like this one. */
static int pass_on(const struct modprobe_options *options)
{
	DEFER(buf_free) struct buf text = {0};
	const char *before = getenv("MODPROBE_OPTIONS");

	buf_text(&text, before ? before : "");
	for (size_t i = 0; i + 1 < options->config.n; i++)
		buf_format(&text, strchr(options->config.p[i], ' ') ? " -C '%s'" : " -C %s",
			   options->config.p[i]);
	buf_text(&text, options->syslog ? " -s" : "");
	buf_text(&text, options->quiet ? " -q" : "");
	for (unsigned int i = 0; i < options->verbose; i++)
		buf_text(&text, " -v");
	if (buf_failed(&text))
		return -ENOMEM;
	return text.n ? setenv("MODPROBE_OPTIONS", buf_string(&text) + (text.p[0] == ' '), 1) : 0;
}

static int read_wait(struct modprobe *modprobe)
{
	const char *text = modprobe->options.wait_text;
	unsigned long value;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	value = strtoul(text, &end, 0);
	if (!*text || *end || errno) {
		tool_say(&modprobe->tool, TOOL_ERROR, "unexpected wait value '%s'.", text);
		return -EINVAL;
	}
	modprobe->options.wait = value < 0x7fffffff ? (unsigned int)value : 0x7fffffff;
	return 0;
}

static int open_release(struct modprobe *modprobe, struct err *err)
{
	const struct modprobe_options *options = &modprobe->options;
	struct db_listener listener = {say, modprobe};
	struct utsname kernel;
	int code;

	uname(&kernel);
	modprobe->dir =
		tool_release_dir(options->dirname ? options->dirname : "", "lib/modules",
				 options->set_version ? options->set_version : kernel.release);
	if (!modprobe->dir || !cli_list_end(&modprobe->options.config))
		return err_no_memory(err);
	code = db_indexes_new(&modprobe->indexes, modprobe->dir, err);
	if (code == 0)
		code = db_config_read(&modprobe->config,
				      &(struct db_config_options){
					      .dir = modprobe->dir,
					      .paths = options->config.n ? options->config.p : NULL,
					      .listener = listener,
				      },
				      err);
	if (code < 0)
		return code;
	modprobe->kernel = plan_host(NULL);
	return plan_probe_new(&modprobe->probe,
			      &(struct plan_probe_options){modprobe->indexes, modprobe->config,
							   &modprobe->kernel, listener},
			      err);
}

static int prepare(struct modprobe *modprobe)
{
	struct modprobe_options *options = &modprobe->options;
	struct err err = {0};
	int code = open_release(modprobe, &err);

	if (code == 0 && pass_on(options) < 0)
		code = err_no_memory(&err);
	if (code == 0 && options->json && !(modprobe->json = output_json_new()))
		code = err_no_memory(&err);
	if (code < 0)
		tool_say(&modprobe->tool, TOOL_ERROR, "%s", err.text);
	return code;
}

static int remove_all(struct modprobe *modprobe, char **words)
{
	int result = 0;

	for (; *words; words++) {
		int code = modprobe_remove(modprobe, *words);

		if (code < 0)
			result = code;
		/* kmod says nothing of a word whose brackets do not fit */
		if (code < 0 && code != -EINVAL && modprobe_complaint_ends(modprobe))
			break;
	}
	return result;
}

static int load_all(struct modprobe *modprobe, char **words)
{
	int result = 0;

	for (; *words; words++) {
		int code = modprobe_load(modprobe, *words, NULL);

		result = code < 0 ? code : result;
	}
	return result;
}

static int load_one(struct modprobe *modprobe, char **words)
{
	DEFER(buf_free) struct buf params = {0};

	quote_params((const char *const *)words + 1, &params);
	if (buf_failed(&params)) {
		tool_say(&modprobe->tool, TOOL_ERROR, "out of memory");
		return -ENOMEM;
	}
	return modprobe_load(modprobe, words[0], words[1] ? buf_string(&params) : NULL);
}

static int act(struct modprobe *modprobe, char **words)
{
	const struct modprobe_options *options = &modprobe->options;

	if (options->show_config)
		return modprobe_show_config(modprobe);
	if (options->show_modversions)
		return modprobe_show_modversions(modprobe, words[0]);
	if (options->show_exports)
		return modprobe_show_exports(modprobe, words[0]);
	if (options->remove)
		return remove_all(modprobe, words);
	return options->all ? load_all(modprobe, words) : load_one(modprobe, words);
}

static int finish(struct modprobe *modprobe, int code)
{
	json_t *document = modprobe->json;

	modprobe->json = NULL;
	if (!document || (!modprobe->json_incomplete && output_json_print(document)))
		return code;
	tool_say(&modprobe->tool, TOOL_ERROR, "out of memory");
	return -ENOMEM;
}

static void settle(struct modprobe *modprobe)
{
	struct modprobe_options *options = &modprobe->options;

	modprobe->tool.shown =
		options->quiet ? TOOL_NOTHING : (enum tool_level)(TOOL_WARNING + options->verbose);
	modprobe->tool.syslog = options->syslog || !output_is_open(STDERR_FILENO);
	modprobe->complaint = options->all ? TOOL_WARNING : TOOL_FATAL;
}

static int modprobe_main(int argc, char **argv)
{
	DEFER(modprobe_free) struct modprobe modprobe = {.tool = {&cli_modprobe, TOOL_WARNING}};
	char **operands;
	int status;

	if (!cli_begin(&cli_modprobe, argc, argv, &modprobe.options, &operands, &status))
		return status;
	if (modprobe.options.version) {
		tool_version();
		return 0;
	}
	settle(&modprobe);
	if (read_wait(&modprobe) < 0)
		return TOOL_FAILED;
	if (!operands[0] && !modprobe.options.show_config) {
		tool_say(&modprobe.tool, TOOL_ERROR, "missing parameters. See -h.");
		return TOOL_FAILED;
	}
	if (prepare(&modprobe) < 0)
		return TOOL_FAILED;
	return finish(&modprobe, act(&modprobe, operands)) < 0 ? TOOL_FAILED : 0;
}

/* The words of $MODPROBE_OPTIONS go in front of the arguments. */
static int modprobe_run(int argc, char **argv)
{
	DEFER(arena_freep) struct arena *arena = arena_new();
	DEFER(quote_words_free) struct quote_words words = {0};
	const char *environment = getenv("MODPROBE_OPTIONS");
	char **all;
	struct err err = {0};

	if (!environment)
		return modprobe_main(argc, argv);
	if (!arena || quote_split(environment, arena, &words, &err) < 0 ||
	    !(all = arena_array(arena, (size_t)argc + words.list.n + 1, sizeof(char *)))) {
		output_error(cli_modprobe.name, "out of memory");
		return TOOL_FAILED;
	}
	all[0] = argv[0];
	for (size_t i = 0; i < words.list.n; i++)
		all[1 + i] = words.list.p[i];
	for (int i = 1; i < argc; i++)
		all[words.list.n + (size_t)i] = argv[i];
	return modprobe_main(argc + (int)words.list.n, all);
}

const struct cli_command cli_modprobe = {
	.name = "modprobe",
	.full_name = "modprobe",
	.operands = "MODULE [PARAM=VALUE...]",
	.summary = "Load a module and what it needs, or unload it",
	.options = table,
	.run = modprobe_run,
	.usage_status = TOOL_FAILED,
};
