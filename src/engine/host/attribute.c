/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /sys/module/NAME: the files initstate ("live", "coming", "going"), coresize and refcnt (decimal);
 * the directories holders (links named as the modules) and sections (a file per section, with its
 * address in hexadecimal). What is built in has a directory without initstate.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"
#include "engine/host/host.h"

enum { ATTRIBUTE_MAX = 4096 };

static char *path_of(const struct host *host, const char *name, const char *attribute)
{
	return mem_format("%s/sys/module/%s/%s", host->root, name, attribute);
}

static int read_file(const char *path, struct buf *out, struct err *err)
{
	int code = file_read(path, ATTRIBUTE_MAX, out, err);

	while (code == 0 && out->n && out->p[out->n - 1] == '\n')
		out->p[--out->n] = 0;
	return code;
}

static int read_attribute(const struct host *host, const char *name, const char *attribute,
			  struct buf *out, struct err *err)
{
	DEFER(mem_freep) char *path = path_of(host, name, attribute);

	return path ? read_file(path, out, err) : err_no_memory(err);
}

static int damaged(const char *name, const char *attribute, const struct buf *text, struct err *err)
{
	return err_set(err, -EINVAL, "/sys/module/%s/%s has '%s', which is no such value", name,
		       attribute, buf_string(text));
}

static bool is_directory(const struct host *host, const char *name)
{
	DEFER(mem_freep) char *path = path_of(host, name, ".");
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int host_state(const struct host *host, const char *name, enum host_state *out, struct err *err)
{
	static const char *const words[] = {
		[HOST_LIVE] = "live",
		[HOST_COMING] = "coming",
		[HOST_GOING] = "going",
	};
	DEFER(buf_free) struct buf text = {0};
	int code = read_attribute(host, name, "initstate", &text, err);

	if (code == -ENOENT && is_directory(host, name)) {
		*out = HOST_UNSTATED;
		return 0;
	}
	if (code < 0)
		return code;
	for (int i = HOST_LIVE; i <= HOST_GOING; i++)
		if (strcmp(buf_string(&text), words[i]) == 0) {
			*out = (enum host_state)i;
			return 0;
		}
	return damaged(name, "initstate", &text, err);
}

static int read_number(const struct host *host, const char *name, const char *attribute,
		       long long *out, struct err *err)
{
	DEFER(buf_free) struct buf text = {0};
	int code = read_attribute(host, name, attribute, &text, err);
	char *end;

	if (code < 0)
		return code;
	*out = strtoll(buf_string(&text), &end, 10);
	return text.n && *end == 0 ? 0 : damaged(name, attribute, &text, err);
}

int host_size(const struct host *host, const char *name, uint64_t *out, struct err *err)
{
	long long value;
	int code = read_number(host, name, "coresize", &value, err);

	if (code == 0)
		*out = (uint64_t)value;
	return code;
}

int host_references(const struct host *host, const char *name, long *out, struct err *err)
{
	long long value;
	int code = read_number(host, name, "refcnt", &value, err);

	if (code == 0)
		*out = (long)value;
	return code;
}

void host_names_free(struct host_names *names)
{
	vec_foreach (&names->list, name)
		mem_free(*name);
	vec_free(&names->list);
}

static int add_name(void *context, const struct dir_entry *entry, struct err *err)
{
	struct host_names *names = context;
	char **slot = vec_push(&names->list);

	if (!slot)
		return err_no_memory(err);
	*slot = mem_strdup(entry->name);
	return *slot ? 0 : err_no_memory(err);
}

int host_holders(const struct host *host, const char *name, struct host_names *out, struct err *err)
{
	DEFER(mem_freep) char *path = path_of(host, name, "holders");

	return path ? dir_scan(path, add_name, out, err) : err_no_memory(err);
}

void host_sections_free(struct host_sections *sections)
{
	vec_foreach (&sections->list, section)
		mem_free(section->name);
	vec_free(&sections->list);
}

struct section_reader {
	const char *directory;
	struct host_sections *out;
};

static int add_section(void *context, const struct dir_entry *entry, struct err *err)
{
	const struct section_reader *reader = context;
	DEFER(mem_freep) char *path = mem_format("%s/%s", reader->directory, entry->name);
	DEFER(buf_free) struct buf text = {0};
	struct host_section *slot;
	int code = path ? read_file(path, &text, err) : err_no_memory(err);

	if (code < 0)
		return code;
	slot = vec_push(&reader->out->list);
	if (!slot)
		return err_no_memory(err);
	slot->name = mem_strdup(entry->name);
	slot->address = strtoull(buf_string(&text), NULL, 16);
	return slot->name ? 0 : err_no_memory(err);
}

int host_sections(const struct host *host, const char *name, struct host_sections *out,
		  struct err *err)
{
	DEFER(mem_freep) char *path = path_of(host, name, "sections");
	struct section_reader reader = {path, out};

	return path ? dir_scan(path, add_section, &reader, err) : err_no_memory(err);
}
