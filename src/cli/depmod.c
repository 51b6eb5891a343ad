/* SPDX-License-Identifier: GPL-2.0-only */
/* depmod [-aA] [OPTION...] [RELEASE [FILE...]] */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "cli/depmod.h"
#include "cli/option.h"
#include "cli/tool.h"

enum { MEMORY_USUAL = 16 << 20 }; /* for the 4,000 modules of a distribution */

struct depmod_options {
	bool all, quick, errsyms, show, warn, version, no_cache, json;
	const char *basedir, *moduledir, *outdir, *symvers, *filesyms, *prefix, *ignored;
	struct cli_list config;
	unsigned int verbose;
};

#define IGNORED "ignored, as by kmod before version 34", .whole = true

static const struct cli_option table[] = {
	{'a', "all", NULL, OPTION_FLAG(struct depmod_options, all),
	 "all modules of the release (default without FILE)"},
	{'A', "quick", NULL, OPTION_FLAG(struct depmod_options, quick),
	 "only if a module is newer than modules.dep"},
	{'b', "basedir", "DIR", OPTION_TEXT(struct depmod_options, basedir),
	 "the directory that stands for / (default: /)"},
	{'m', "moduledir", "DIR", OPTION_TEXT(struct depmod_options, moduledir),
	 "where releases are below it (default: lib/modules)"},
	{'o', "outdir", "DIR", OPTION_TEXT(struct depmod_options, outdir),
	 "write below this one instead of --basedir"},
	{'C', "config", "PATH", OPTION_LIST(struct depmod_options, config),
	 "file or directory to read instead of depmod.d"},
	{'E', "symvers", "FILE", OPTION_TEXT(struct depmod_options, symvers),
	 "the kernel's symbols and CRCs (Module.symvers)"},
	{'F', "filesyms", "FILE", OPTION_TEXT(struct depmod_options, filesyms),
	 "the kernel's symbols (System.map)"},
	{'e', "errsyms", NULL, OPTION_FLAG(struct depmod_options, errsyms),
	 "report symbols that nobody exports; needs -E or -F"},
	{'n', "show", NULL, OPTION_FLAG(struct depmod_options, show),
	 "print the text files instead of writing any"},
	{0, "dry-run", NULL, OPTION_FLAG(struct depmod_options, show), "the same as --show"},
	{0, "json", NULL, OPTION_FLAG(struct depmod_options, json), "with -n: for programs, JSON"},
	{'P', "symbol-prefix", "C", OPTION_TEXT(struct depmod_options, prefix),
	 "a character that symbols of this machine begin with"},
	{'w', "warn", NULL, OPTION_FLAG(struct depmod_options, warn), "report double aliases"},
	{'v', "verbose", NULL, OPTION_COUNT(struct depmod_options, verbose),
	 "say which symbol needs which module"},
	{0, "no-cache", NULL, OPTION_FLAG(struct depmod_options, no_cache),
	 "read all modules, also those that are as the last run saw them"},
	{'V', "version", NULL, OPTION_LAST(struct depmod_options, version), "show the version"},
	{'q', "quiet", NULL, OPTION_NAME(struct depmod_options, ignored), IGNORED},
	{'u', "unresolved-error", NULL, OPTION_NAME(struct depmod_options, ignored), IGNORED},
	{'r', "root", NULL, OPTION_NAME(struct depmod_options, ignored), IGNORED},
	{0, "map", NULL, OPTION_NAME(struct depmod_options, ignored), IGNORED},
	{0}};

struct depmod {
	struct tool tool;
	struct depmod_options options;
	struct utsname kernel;
	const char *release;
	char *dir, *outdir, *cache;
};

static void depmod_free(struct depmod *depmod)
{
	cli_list_free(&depmod->options.config);
	mem_free(depmod->dir);
	mem_free(depmod->outdir);
	mem_free(depmod->cache);
}

static void say(void *context, enum db_level level, const char *text)
{
	const struct depmod *depmod = context;

	if (level == DB_NEEDS)
		fprintf(depmod->options.json ? stderr : stdout, "%s\n", text);
	else
		tool_say(&depmod->tool, tool_level_of(level), "%s", text);
}

static int fail(const struct depmod *depmod, const struct err *err)
{
	/* Cycles were reported one by one, as errors; this is their sum. */
	tool_say(&depmod->tool, err->code == -ELOOP ? TOOL_ERROR : TOOL_FATAL, "%s", err->text);
	return TOOL_FAILED;
}

static bool is_release(const char *text)
{
	unsigned int major, minor;

	return sscanf(text, "%u.%u", &major, &minor) == 2;
}

static bool set_dirs(struct depmod *depmod)
{
	const struct depmod_options *options = &depmod->options;
	const char *base = options->basedir ? options->basedir : "";
	const char *below = options->moduledir ? options->moduledir : "lib/modules";

	depmod->dir = tool_release_dir(base, below, depmod->release);
	depmod->outdir =
		tool_release_dir(options->outdir ? options->outdir : base, below, depmod->release);
	return depmod->dir && depmod->outdir;
}

/* A file for each directory of modules; NULL: there is no place for it, and all is read. Root's
 * place does not depend on whose environment it has. */
static char *cache_path(const char *dir)
{
	DEFER(mem_freep) char *cache = NULL;

	if (geteuid() == 0 && !getenv("XDG_CACHE_HOME"))
		cache = mem_strdup("/var/cache/lkm");
	else
		file_cache_dir(&cache, NULL);
	return cache ? mem_format("%s/depmod/%016" PRIx64, cache, hash_bytes(span_text(dir)))
		     : NULL;
}

/* What was kept of directories that nobody makes indexes of any more, as of images. */
static void forget_old(const char *cache)
{
	enum { DAYS = 90 };
	DEFER(mem_freep) char *dir = cache ? mem_strdup(cache) : NULL;

	if (!dir)
		return;
	file_touch(cache);
	*strrchr(dir, '/') = 0;
	file_prune(dir, DAYS);
}

static int show(const struct depmod *depmod, struct db_build *build, struct err *err)
{
	DEFER(buf_free) struct buf text = {0};
	int code;

	if (depmod->options.json)
		return depmod_print_json(build, depmod->release, err);
	code = db_build_text(build, &text, err);
	if (code == 0)
		fwrite(buf_string(&text), 1, text.n, stdout);
	return code;
}

/* Those that we may run on. */
static unsigned int processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (unsigned int)CPU_COUNT(&set);
}

static int build(struct depmod *depmod, const char *const *files)
{
	const struct depmod_options *options = &depmod->options;
	struct db_build_options wanted = {
		.dir = depmod->dir,
		.release = depmod->release,
		.config = options->config.n ? options->config.p : NULL,
		.symvers = options->symvers,
		.system_map = options->filesyms,
		.files = files,
		.symbol_prefix = options->prefix ? options->prefix[0] : 0,
		.report_unknown = options->errsyms,
		.report_duplicates = options->warn,
		.report_needs = options->verbose,
		.threads = processors(),
		.cache = depmod->cache,
		.listener = {say, depmod},
	};
	DEFER(db_build_freep) struct db_build *result = NULL;
	struct err err = {0};
	int code;

	mem_expect(MEMORY_USUAL);
	code = db_build(&result, &wanted, &err);

	if (code == 0)
		code = options->show ? show(depmod, result, &err)
				     : db_build_write(result, depmod->outdir, &err);
	forget_old(depmod->cache);
	return code < 0 ? fail(depmod, &err) : 0;
}

static int prepare(struct depmod *depmod, const char *release)
{
	const struct depmod_options *options = &depmod->options;

	if (options->ignored)
		tool_say(&depmod->tool, TOOL_WARNING, "Ignored deprecated option --%s",
			 options->ignored);
	if (options->prefix && strlen(options->prefix) != 1) {
		tool_say(&depmod->tool, TOOL_FATAL, "-P only takes a single char");
		return TOOL_FAILED;
	}
	if (options->json && (!options->show || options->quick)) {
		tool_say(&depmod->tool, TOOL_FATAL, "--json is for -n, and not with -A");
		return TOOL_FAILED;
	}
	if (release && !is_release(release)) {
		tool_say(&depmod->tool, TOOL_ERROR, "Bad version passed %s", release);
		return TOOL_FAILED;
	}
	uname(&depmod->kernel);
	depmod->release = release ? release : depmod->kernel.release;
	if (!set_dirs(depmod) || !cli_list_end(&depmod->options.config)) {
		tool_say(&depmod->tool, TOOL_FATAL, "out of memory");
		return TOOL_FAILED;
	}
	if (!options->no_cache)
		depmod->cache = cache_path(depmod->dir);
	return 0;
}

static int depmod_run(int argc, char **argv)
{
	DEFER(depmod_free) struct depmod depmod = {.tool = {&cli_depmod, TOOL_WARNING}};
	struct depmod_options *options = &depmod.options;
	const char *const *files = NULL;
	char **operands;
	int status;

	if (!cli_begin(&cli_depmod, argc, argv, options, &operands, &status))
		return status;
	if (options->version) {
		tool_version();
		return 0;
	}
	depmod.tool.shown += options->verbose;
	status = prepare(&depmod, operands[0]);
	if (status)
		return status;
	if (operands[0] && operands[1] && !options->all)
		files = (const char *const *)operands + 1;
	if (options->quick) {
		if (options->show || db_build_is_outdated(depmod.dir, NULL) == 0)
			return 0;
		files = NULL;
	}
	return build(&depmod, files);
}

const struct cli_command cli_depmod = {
	.name = "depmod",
	.full_name = "depmod",
	.operands = "[RELEASE [FILE...]]",
	.summary = "Write the indexes of a release's modules: dependencies, aliases, symbols",
	.options = table,
	.run = depmod_run,
	.usage_status = TOOL_FAILED,
};
