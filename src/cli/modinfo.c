/* SPDX-License-Identifier: GPL-2.0-only */
/* modinfo [OPTION...] MODULE|FILE|ALIAS...: what modules say of themselves. */
#include "cli/modinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "cli/option.h"
#include "cli/output.h"
#include "cli/tool.h"
#include "db/builtin.h"
#include "db/indexes.h"

struct modinfo_options {
	bool null, modname, version, json;
	const char *field, *release, *basedir;
};

static const struct cli_option table[] = {
	{'a', "author", NULL, OPTION_NAME(struct modinfo_options, field), "only the authors"},
	{'d', "description", NULL, OPTION_NAME(struct modinfo_options, field),
	 "only the description"},
	{'l', "license", NULL, OPTION_NAME(struct modinfo_options, field), "only the licence"},
	{'p', "parameters", NULL, OPTION_NAME(struct modinfo_options, field),
	 "only the parameters"},
	{'n', "filename", NULL, OPTION_NAME(struct modinfo_options, field), "only the file"},
	{'0', "null", NULL, OPTION_FLAG(struct modinfo_options, null),
	 "end each value with a NUL instead of a line feed"},
	{'m', "modname", NULL, OPTION_FLAG(struct modinfo_options, modname),
	 "words are names of modules, not files or aliases"},
	{'F', "field", "FIELD", OPTION_TEXT(struct modinfo_options, field), "only this field"},
	{'k', "set-version", "RELEASE", OPTION_TEXT(struct modinfo_options, release),
	 "modules of this release instead of the running one"},
	{'b', "basedir", "DIR", OPTION_TEXT(struct modinfo_options, basedir),
	 "the directory that stands for / (default: /)"},
	{0, "json", NULL, OPTION_FLAG(struct modinfo_options, json), "for programs: JSON"},
	{'V', "version", NULL, OPTION_LAST(struct modinfo_options, version), "show the version"},
	{0}};

struct work {
	struct tool tool;
	struct modinfo_options options;
	struct modinfo_form form;
	struct db_indexes *indexes;
	struct ko_memory *memory; /* of one file after the other */
	struct buf out;
	bool out_of_memory;
	json_t *list; /* with --json: of all modules */
};

static void work_free(struct work *work)
{
	db_indexes_free(work->indexes);
	ko_memory_free(work->memory);
	buf_free(&work->out);
	json_decref(work->list);
}

static void modinfo_free(struct modinfo *module)
{
	arena_free(module->arena);
}

/* What was collected goes out, before messages and when it is enough. */
static void flush(struct work *work)
{
	fwrite(buf_string(&work->out), 1, work->out.n, stdout);
	work->out_of_memory |= buf_failed(&work->out);
	buf_clear(&work->out);
}

static int fail(struct work *work, const struct modinfo *module, const struct err *err)
{
	flush(work);
	tool_say(&work->tool, TOOL_ERROR, "could not get modinfo from '%s': %s (%s)", module->name,
		 strerror(-err->code), err->text);
	return err->code;
}

static void complain_of_params(struct work *work, const struct modinfo *module)
{
	for (size_t i = 0; i < module->info_count; i++) {
		const struct ko_info *info = &module->infos[i];

		if (!ko_info_is_param(info) || strchr(info->value, ':'))
			continue;
		flush(work);
		tool_say(&work->tool, TOOL_ERROR, "Found invalid \"%s=%s\": missing ':'", info->key,
			 info->value);
	}
}

/* Everything is known of the module. */
static int finish(struct work *work, struct modinfo *module, struct err *err)
{
	if (!work->form.field || strcmp(work->form.field, "parm") == 0)
		complain_of_params(work, module);
	if (!work->list)
		modinfo_show_rest(module, &work->form, &work->out);
	else if (json_array_append_new(work->list, modinfo_json(module, work->form.field)) < 0)
		return err_no_memory(err);
	if (work->out.n > 65536)
		flush(work);
	return 0;
}

static bool begin(struct work *work, const struct modinfo *module)
{
	return work->list || modinfo_show_head(module, &work->form, &work->out);
}

static int read_file(struct modinfo *module, const struct ko *ko, struct err *err)
{
	if (!ko_section_named(ko, ".modinfo"))
		return err_set(err, -ENODATA, "it has no section .modinfo");
	module->infos = ko_description(ko, &module->info_count);
	module->params = ko_params(ko, &module->param_count);
	return module->infos && module->params ? 0 : err_no_memory(err);
}

static int show_file(struct work *work, const char *name, const char *path)
{
	struct modinfo module = {.name = name, .path = path};
	DEFER(ko_closep) struct ko *ko = NULL;
	struct err err = {0};
	int code;

	if (!begin(work, &module))
		return 0;
	code = ko_open_at(&ko, AT_FDCWD, path, work->memory, &err);
	if (code == 0)
		code = read_file(&module, ko, &err);
	if (code == 0)
		code = ko_failed(ko, &err);
	if (code == 0)
		code = finish(work, &module, &err);
	return code < 0 ? fail(work, &module, &err) : 0;
}

/* A kernel that has no file about what is built in is an old one, and no error. */
static int show_builtin(struct work *work, const char *name)
{
	DEFER(modinfo_free) struct modinfo module = {.name = name, .arena = arena_new()};
	struct ko_info *infos = NULL;
	struct err err = {0};
	int code;

	if (!module.arena)
		return fail(work, &module, (err_no_memory(&err), &err));
	if (!begin(work, &module))
		return 0;
	code = db_builtin_infos(db_indexes_dir(work->indexes), name, module.arena, &infos,
				&module.info_count, &err);
	module.infos = infos;
	if (code == 0) {
		module.params =
			ko_params_of(module.arena, infos, module.info_count, &module.param_count);
		code = module.params ? 0 : err_no_memory(&err);
	}
	if (code == 0 || (code == -ENOENT && work->list))
		code = finish(work, &module, &err);
	return code < 0 && code != -ENOENT ? fail(work, &module, &err) : 0;
}

static int show_candidate(struct work *work, const struct db_candidate *candidate)
{
	DEFER(mem_freep) char *path = NULL;
	struct modinfo module = {.name = candidate->name};
	const char *line;
	struct err err = {0};
	int found = db_indexes_dep_line(work->indexes, candidate->name, &line, &err);

	if (found == 0)
		return show_builtin(work, candidate->name);
	if (found < 0)
		return fail(work, &module, &err);
	path = db_indexes_file(work->indexes, span_of(line, strcspn(line, ":")));
	return path ? show_file(work, candidate->name, path)
		    : fail(work, &module, (err_no_memory(&err), &err));
}

static int show_path(struct work *work, const char *path)
{
	DEFER(mem_freep) char *whole = file_absolute(path), *name = tool_module_name(path);

	if (whole && name)
		return show_file(work, name, whole);
	tool_say(&work->tool, TOOL_ERROR, "Module file %s not found.", path);
	return -ENOMEM;
}

static int show_word(struct work *work, const char *word)
{
	DEFER(db_candidates_free) struct db_candidates found = {0};
	bool by_name = work->options.modname;
	struct err err = {0};
	int code = by_name ? db_candidates_find_name(&found, work->indexes, word, &err)
			   : db_candidates_find(&found, work->indexes, NULL, word, &err);

	if (code == 0 && found.list.n == 0)
		code = -ENOENT;
	if (code < 0) {
		const char *kind = by_name ? "name " : code == -ENOENT ? "" : "alias ";

		flush(work);
		if (code != -ENOENT && code != -EINVAL)
			tool_say(&work->tool, TOOL_ERROR, "%s", err.text);
		tool_say(&work->tool, TOOL_ERROR, "Module %s%s not found.", kind, word);
	}
	for (size_t i = 0; i < found.list.n && (i == 0 || !by_name); i++) {
		int one = show_candidate(work, &found.list.p[i]);

		code = one < 0 ? one : code;
	}
	return code;
}

static bool is_module_file(const char *word)
{
	static const char *const endings[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst"};
	size_t length = strlen(word);
	struct stat st;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (length > n && strcmp(word + length - n, endings[i]) == 0)
			return stat(word, &st) == 0 && S_ISREG(st.st_mode);
	}
	return false;
}

static void set_form(struct work *work)
{
	const char *field = work->options.field;

	work->form.separator = work->options.null ? 0 : '\n';
	work->form.field = field && strcmp(field, "parameters") == 0 ? "parm" : field;
}

static int open_release(struct work *work, struct err *err)
{
	const struct modinfo_options *options = &work->options;
	DEFER(mem_freep) char *dir = NULL;
	struct utsname kernel;

	uname(&kernel);
	dir = tool_release_dir(options->basedir ? options->basedir : "", "lib/modules",
			       options->release ? options->release : kernel.release);
	return dir ? db_indexes_new(&work->indexes, dir, err) : err_no_memory(err);
}

static int prepare(struct work *work, struct err *err)
{
	set_form(work);
	work->memory = ko_memory_new();
	if (!work->memory || (work->options.json && !(work->list = json_array())))
		return err_no_memory(err);
	return open_release(work, err);
}

/* All that is left goes out. */
static int close_output(struct work *work, struct err *err)
{
	json_t *document;

	if (!work->list) {
		flush(work);
		return work->out_of_memory ? err_no_memory(err) : 0;
	}
	document = output_json_new();
	if (document && json_object_set(document, "modules", work->list) < 0) {
		json_decref(document);
		document = NULL;
	}
	return output_json_print(document) ? 0 : err_no_memory(err);
}

static int modinfo_run(int argc, char **argv)
{
	DEFER(work_free)
	struct work work = {.tool = {.command = &cli_modinfo, .shown = TOOL_ERROR}};
	struct err err = {0};
	char **operands;
	int status, code;
	bool failed = false;

	if (!cli_begin(&cli_modinfo, argc, argv, &work.options, &operands, &status))
		return status;
	if (work.options.version) {
		tool_version();
		return 0;
	}
	if (!operands[0])
		err_set(&err, -EINVAL, "missing module or filename.");
	else
		prepare(&work, &err);
	for (; err.code == 0 && *operands; operands++) {
		code = !work.options.modname && is_module_file(*operands)
			       ? show_path(&work, *operands)
			       : show_word(&work, *operands);
		failed = failed || code < 0;
	}
	if (err.code == 0)
		close_output(&work, &err);
	if (err.code < 0)
		tool_say(&work.tool, TOOL_ERROR, "%s", err.text);
	return failed || err.code < 0 ? TOOL_FAILED : 0;
}

const struct cli_command cli_modinfo = {
	.name = "modinfo",
	.full_name = "modinfo",
	.operands = "MODULE|FILE|ALIAS...",
	.summary =
		"Show what modules say of themselves: author, parameters, signature and the like",
	.options = table,
	.run = modinfo_run,
	.usage_status = TOOL_FAILED,
};
