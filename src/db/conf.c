/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files, *.conf of several directories. They are read in order of their names
 * whatever directory they are in; of one name only the file that was added first counts.
 *
 * A line whose first byte is '#' is a comment. A backslash at the end of a line continues it, any
 * other makes the next byte an ordinary one. What follows a NUL does not count.
 */
#include "db/conf.h"

#include <errno.h>
#include <stdlib.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"

static const size_t file_max = 16 << 20;

void db_conf_free(struct db_conf *conf)
{
	vec_foreach (&conf->files, file)
		mem_free(file->path);
	vec_free(&conf->files);
}

int db_conf_add_file(struct db_conf *conf, char *path, struct err *err)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	struct db_conf_file *slot;

	if (!path)
		return err_no_memory(err);
	vec_foreach (&conf->files, file)
		if (strcmp(file->name, slash ? slash + 1 : path) == 0) {
			mem_free(path);
			return 0;
		}
	slot = vec_push(&conf->files);
	if (!slot) {
		mem_free(path);
		return err_no_memory(err);
	}
	*slot = (struct db_conf_file){path, slash ? slash + 1 : path};
	return 0;
}

struct listing {
	struct db_conf *conf;
	const char *dir;
	const struct db_listener *listener;
};

static int take_entry(void *context, const struct dir_entry *entry, struct err *err)
{
	const struct listing *listing = context;
	size_t length = strlen(entry->name);

	if (entry->name[0] == '.')
		return 0;
	if (length < 6 || strcmp(entry->name + length - 5, ".conf") != 0) {
		db_tell(listing->listener, DB_INFO,
			"%s/%s is ignored: its name does not end in .conf", listing->dir,
			entry->name);
		return 0;
	}
	if (entry->code < 0 || entry->type == DIR_DIRECTORY) {
		db_tell(listing->listener, DB_ERROR, "%s/%s is not a configuration file: %s",
			listing->dir, entry->name,
			entry->code < 0 ? strerror(-entry->code) : "it is a directory");
		return 0;
	}
	return db_conf_add_file(listing->conf, mem_format("%s/%s", listing->dir, entry->name), err);
}

int db_conf_add(struct db_conf *conf, const char *path, const struct db_listener *listener,
		struct err *err)
{
	struct listing listing = {conf, path, listener};
	struct err why = {0};
	int code = dir_scan(path, take_entry, &listing, &why);

	if (code == -ENOTDIR)
		return db_conf_add_file(conf, mem_strdup(path), err);
	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0)
		db_tell(listener, code == -ENOENT ? DB_INFO : DB_ERROR, "%s", why.text);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct db_conf_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void db_conf_sort(struct db_conf *conf)
{
	if (conf->files.n)
		qsort(conf->files.p, conf->files.n, sizeof(*conf->files.p), by_name);
}

/* How many bytes come before the next one that is a line feed or a backslash. */
static size_t plain_length(struct span rest)
{
	size_t i = 0;

	while (i < rest.n && rest.p[i] != '\n' && rest.p[i] != '\\')
		i++;
	return i;
}

static void skip(struct span *rest, size_t length)
{
	*rest = span_of(rest->p + length, rest->n - length);
}

/* The next line with its continuations, without the backslashes. */
static bool next_line(struct span *rest, struct buf *line, unsigned int *number)
{
	bool ended = rest->n == 0;

	buf_clear(line);
	if (ended)
		return false;
	while (!ended) {
		size_t plain = plain_length(*rest);

		buf_add(line, rest->p, plain);
		skip(rest, plain);
		ended = rest->n == 0 || rest->p[0] == '\n';
		skip(rest, rest->n > 0);
		if (ended || rest->n == 0)
			continue;
		if (rest->p[0] == '\n')
			++*number;
		else
			buf_add(line, rest->p, 1);
		skip(rest, 1);
	}
	++*number;
	return true;
}

int db_conf_read(const char *path, db_conf_visit *visit, void *context, struct err *err)
{
	DEFER(buf_free) struct buf bytes = {0}, line = {0};
	unsigned int number = 0;
	struct span rest;
	int code = file_read(path, file_max, &bytes, err);

	rest = buf_span(&bytes);
	while (code == 0 && next_line(&rest, &line, &number)) {
		if (buf_failed(&line))
			return err_no_memory(err);
		if (line.n && line.p[0] && line.p[0] != '#')
			code = visit(context, line.p, number, err);
	}
	return code;
}

char *db_conf_word(char **line)
{
	char *word = *line + strspn(*line, " \t");
	char *end = word + strcspn(word, " \t");

	*line = end;
	if (*end) {
		*end = 0;
		*line = end + 1;
	}
	return *word ? word : NULL;
}

char *db_conf_rest(char **line)
{
	char *rest = *line;

	*line += strlen(rest);
	return *rest ? rest : NULL;
}
