/* SPDX-License-Identifier: GPL-2.0-only */
/* kmod static-nodes: modules.devname of the running kernel, for those who make the nodes at boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/kmod.h"
#include "cli/tool.h"
#include "db/devname.h"

enum { DEVNAME_MAX = 16 << 20 };

struct static_nodes_options {
	const char *format, *output;
};

static const struct cli_option table[] = {
	{'f', "format", "FORMAT", OPTION_TEXT(struct static_nodes_options, format),
	 "human (default), tmpfiles or devname"},
	{'o', "output", "FILE", OPTION_TEXT(struct static_nodes_options, output),
	 "write this file instead of standard output"},
	{0}};

static void write_human(struct buf *out, const struct db_devname *d)
{
	buf_format(out,
		   "Module: %.*s\n\tDevice node: /dev/%.*s\n\t\tType: %s device\n"
		   "\t\tMajor: %u\n\t\tMinor: %u\n",
		   (int)d->module.n, (const char *)d->module.p, (int)d->node.n,
		   (const char *)d->node.p, d->type == 'c' ? "character" : "block", d->major,
		   d->minor);
}

/* A line for the node, and before it one for the directory that it is in. */
static void write_tmpfiles(struct buf *out, const struct db_devname *d)
{
	const unsigned char *slash = memrchr(d->node.p, '/', d->node.n);

	if (slash)
		buf_format(out, "d /dev/%.*s 0755 - - -\n", (int)(slash - d->node.p),
			   (const char *)d->node.p);
	buf_format(out, "%c! /dev/%.*s 0600 - - - %u:%u\n", d->type, (int)d->node.n,
		   (const char *)d->node.p, d->major, d->minor);
}

static void write_devname(struct buf *out, const struct db_devname *d)
{
	buf_format(out, "%.*s %.*s %c%u:%u\n", (int)d->module.n, (const char *)d->module.p,
		   (int)d->node.n, (const char *)d->node.p, d->type, d->major, d->minor);
}

static const struct format {
	const char *name;
	void (*write)(struct buf *out, const struct db_devname *devname);
} formats[] = {
	{"human", write_human},
	{"tmpfiles", write_tmpfiles},
	{"devname", write_devname},
};

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

/* Bad lines are said and left out; false when there was one. */
static bool convert(struct span text, const struct format *format, struct buf *out)
{
	struct db_devname devname;
	struct span line;
	bool fine = true;

	for (int got; (got = db_devname_next(&text, &line, &devname)) != 0;) {
		if (got > 0) {
			format->write(out, &devname);
			continue;
		}
		fprintf(stderr, "Error: invalid devname entry: %.*s\n", (int)line.n,
			(const char *)line.p);
		fine = false;
	}
	return fine;
}

static int make_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	DEFER(mem_freep) char *dir = NULL;

	if (!slash || slash == path)
		return 0;
	dir = mem_format("%.*s", (int)(slash - path), path);
	return dir ? file_make_dirs(dir, 0755, err) : err_no_memory(err);
}

/* A pipe or a device is written to, a file replaced. */
static int write_out(const char *path, struct span bytes, struct err *err)
{
	DEFER(file_closep) int fd = -1;
	struct stat st;
	int code;

	if (!path) {
		fwrite(bytes.p, 1, bytes.n, stdout);
		return 0;
	}
	code = make_parent(path, err);
	if (code < 0)
		return code;
	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode))
		return file_replace(path, bytes, 0644, err);
	fd = file_open(path, O_WRONLY | O_TRUNC, err);
	return fd < 0 ? fd : file_write_all(fd, bytes.p, bytes.n, path, err);
}

static int show(const struct format *format, const char *output)
{
	DEFER(buf_free) struct buf text = {0};
	DEFER(buf_free) struct buf out = {0};
	DEFER(mem_freep) char *path = NULL;
	struct utsname kernel;
	struct err err = {0};
	bool fine;
	int code;

	uname(&kernel);
	path = mem_format("/lib/modules/%s/modules.devname", kernel.release);
	code = path ? file_read(path, DEVNAME_MAX, &text, &err) : err_no_memory(&err);
	if (code == -ENOENT) {
		fprintf(stderr, "Warning: %s not found - ignoring\n", path);
		return 0;
	}
	fine = code == 0 && convert(buf_span(&text), format, &out);
	if (code == 0)
		code = buf_failed(&out) ? err_no_memory(&err)
					: write_out(output, span_of(buf_string(&out), out.n), &err);
	if (code < 0)
		fprintf(stderr, "Error: %s\n", err.text);
	return fine && code == 0 ? 0 : TOOL_FAILED;
}

static int static_nodes_run(int argc, char **argv)
{
	struct static_nodes_options options = {.format = "human"};
	const struct format *format;
	char **operands;
	int status;

	if (!cli_begin(&cli_kmod_static_nodes, argc, argv, &options, &operands, &status))
		return status;
	format = find_format(options.format);
	if (!format) {
		fprintf(stderr, "Unknown format: '%s'.\n", options.format);
		cli_option_help(&cli_kmod_static_nodes, stdout);
		return TOOL_FAILED;
	}
	return show(format, options.output);
}

const struct cli_command cli_kmod_static_nodes = {
	.name = "static-nodes",
	.full_name = "kmod static-nodes",
	.operands = "",
	.summary = "Tell the device nodes whose opening loads a module of the running kernel",
	.options = table,
	.run = static_nodes_run,
	.usage_status = TOOL_FAILED,
};
