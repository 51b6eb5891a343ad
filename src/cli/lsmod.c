/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lsmod, and "kmod list": the modules that are loaded.
 *
 * Rows come from /proc/modules, their numbers and users from /sys/module, as in kmod's lsmod. A
 * module that goes away meanwhile keeps what /proc/modules said of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/kmod.h"
#include "cli/option.h"
#include "cli/output.h"
#include "cli/tool.h"
#include "engine/host/host.h"

struct lsmod_options {
	struct tool_options common;
	bool json;
};

const struct cli_option cli_lsmod_options[] = {
	TOOL_OPTIONS,
	{0, "json", NULL, OPTION_FLAG(struct lsmod_options, json), "for programs: JSON"},
	{0}};

static const struct host host = {.root = ""};

struct row {
	const char *name;
	uint64_t size;
	long references;
	struct host_names users;
};

static void row_free(struct row *row)
{
	host_names_free(&row->users);
}

static int add_user(struct host_names *users, struct span name, struct err *err)
{
	char **slot = vec_push(&users->list);

	if (!slot)
		return err_no_memory(err);
	*slot = mem_format("%.*s", (int)name.n, (const char *)name.p);
	return *slot ? 0 : err_no_memory(err);
}

/* The users that /proc/modules names. */
static int split_users(struct span text, struct host_names *users, struct err *err)
{
	int code = 0;

	while (code == 0 && text.n) {
		const unsigned char *comma = memchr(text.p, ',', text.n);
		size_t length = comma ? (size_t)(comma - text.p) : text.n;
		size_t taken = length + (comma != NULL);

		if (text.p[0] != '[') /* [permanent] is nobody */
			code = add_user(users, span_of(text.p, length), err);
		text = span_of(text.p + taken, text.n - taken);
	}
	return code;
}

static int fill_row(struct row *row, const struct host_module *module, struct err *err)
{
	int code;

	row->name = module->name;
	if (host_size(&host, module->name, &row->size, err) < 0)
		row->size = module->size;
	if (host_references(&host, module->name, &row->references, err) < 0)
		row->references = module->references;
	code = host_holders(&host, module->name, &row->users, err);
	if (code == -ENOENT || code == -EACCES)
		code = split_users(module->users, &row->users, err);
	return code;
}

static void print_row(const struct row *row)
{
	printf("%-19s %8ju  %ld", row->name, (uintmax_t)row->size, row->references);
	for (size_t i = 0; i < row->users.list.n; i++)
		printf("%c%s", i ? ',' : ' ', row->users.list.p[i]);
	putchar('\n');
}

static json_t *row_json(const struct row *row)
{
	json_t *users = json_array();

	vec_foreach (&row->users.list, user)
		if (json_array_append_new(users, output_json_bytes(*user, strlen(*user))) < 0) {
			json_decref(users);
			return NULL;
		}
	return json_pack("{s:o, s:I, s:I, s:o}", "name",
			 output_json_bytes(row->name, strlen(row->name)), "size",
			 (json_int_t)row->size, "references", (json_int_t)row->references,
			 "used_by", users);
}

/* Prints the modules, or adds them to array when there is one. */
static int list(const struct host_modules *modules, json_t *array, struct err *err)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < modules->list.n; i++) {
		DEFER(row_free) struct row row = {0};

		code = fill_row(&row, &modules->list.p[i], err);
		if (code == 0 && array)
			code = json_array_append_new(array, row_json(&row)) ? err_no_memory(err)
									    : 0;
		else if (code == 0)
			print_row(&row);
	}
	return code;
}

static int show(const struct host_modules *modules, bool json, struct err *err)
{
	json_t *array = json ? json_array() : NULL;
	json_t *document = json ? output_json_new() : NULL;
	int code;

	if (json && (!document || json_object_set_new(document, "modules", array) < 0)) {
		json_decref(document);
		return err_no_memory(err);
	}
	if (!json)
		puts("Module                  Size  Used by");
	code = list(modules, array, err);
	if (code < 0) {
		json_decref(document);
		return code;
	}
	return !json || output_json_print(document) ? 0 : err_no_memory(err);
}

int cli_list_modules(const struct cli_command *command, const struct cli_command *speaker, int argc,
		     char **argv)
{
	DEFER(host_modules_free) struct host_modules modules = {0};
	struct lsmod_options options = {0};
	struct tool tool = {.command = speaker, .shown = TOOL_ERROR};
	struct err err = {0};
	char **operands;
	int status, code;

	if (!tool_begin(&tool, command, argc, argv, &options.common, &operands, &status))
		return status;
	if (operands[0]) {
		tool_say(&tool, TOOL_ERROR, "too many arguments provided.");
		return TOOL_FAILED;
	}
	code = host_modules_read(&host, &modules, &err);
	if (code < 0) {
		tool_say(&tool, TOOL_ERROR, "could not open /proc/modules: %s", strerror(-code));
		tool_say(&tool, TOOL_ERROR, "could not get list of modules: %s", strerror(-code));
		return TOOL_FAILED;
	}
	if (show(&modules, options.json, &err) < 0) {
		tool_say(&tool, TOOL_ERROR, "%s", err.text);
		return TOOL_FAILED;
	}
	return 0;
}

static int lsmod_run(int argc, char **argv)
{
	return cli_list_modules(&cli_lsmod, &cli_lsmod, argc, argv);
}

const struct cli_command cli_lsmod = {
	.name = "lsmod",
	.full_name = "lsmod",
	.operands = "",
	.summary = "List the modules that are loaded",
	.options = cli_lsmod_options,
	.run = lsmod_run,
	.usage_status = TOOL_FAILED,
};
