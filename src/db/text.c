/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names, and the lines and words of depmod's text files.
 */
#include <errno.h>

#include "db/store.h"

int db_text(struct db *db, struct text *text, const char *name, struct span *out, struct err *err)
{
	DEFER(mem_freep) char *path = NULL;
	int code;

	if (!text->tried) {
		path = mem_format("%s/%s", db->dir, name);
		if (!path)
			return err_no_memory(err);
		code = file_map(path, &text->map, err);
		if (code < 0 && code != -ENOENT)
			return code;
		text->tried = true;
	}
	*out = text->map.bytes;
	return 0;
}

bool db_next_line(struct span *rest, struct span *line)
{
	const unsigned char *end;

	if (rest->n == 0)
		return false;
	end = memchr(rest->p, '\n', rest->n);
	*line = span_of(rest->p, end ? (size_t)(end - rest->p) : rest->n);
	*rest = span_of(rest->p + line->n, rest->n - line->n);
	if (end)
		*rest = span_of(rest->p + 1, rest->n - 1);
	return true;
}

bool db_next_piece(struct span *rest, size_t size, struct span *line)
{
	struct span head = span_of(rest->p, rest->n < size ? rest->n : size - 1);
	bool found = db_next_line(&head, line);

	if (found)
		*rest = span_of(head.p, rest->n - (size_t)(head.p - rest->p));
	return found;
}

static bool is_blank(unsigned char byte)
{
	return byte == ' ' || byte == '\t';
}

bool db_next_word(struct span *rest, struct span *word)
{
	size_t begin = 0, end;

	while (begin < rest->n && is_blank(rest->p[begin]))
		begin++;
	for (end = begin; end < rest->n && !is_blank(rest->p[end]);)
		end++;
	*word = span_of(rest->p + begin, end - begin);
	*rest = span_of(rest->p + end, rest->n - end);
	return word->n > 0;
}

struct span db_name_part(struct span path)
{
	size_t begin = path.n, end;

	while (begin && path.p[begin - 1] != '/')
		begin--;
	for (end = begin; end < path.n && path.p[end] != '.';)
		end++;
	return span_of(path.p + begin, end - begin);
}

static unsigned char fold(unsigned char byte)
{
	return byte == '-' ? '_' : byte;
}

char *db_normal_name(struct span name)
{
	char *copy = mem_alloc(name.n + 1);

	if (!copy)
		return NULL;
	for (size_t i = 0; i < name.n; i++)
		copy[i] = (char)fold(name.p[i]);
	copy[name.n] = 0;
	return copy;
}

bool db_same_name(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

bool db_normal_pattern(char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '-')
			*pattern = '_';
		else if (*pattern == ']')
			return false;
		else if (*pattern == '[') {
			pattern = strchr(pattern, ']');
			if (!pattern)
				return false;
		}
	}
	return true;
}
