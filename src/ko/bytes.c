/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes of a module file: all of them in memory, or read from the file where they are asked
 * for.
 *
 * What is read is kept as the window until something outside of it is asked for, so that parts that
 * lie side by side, as the symbols and their names do, cost one read.
 */
#include <errno.h>

#include "ko/object.h"

void ko_hold_bytes(struct ko *ko, struct span bytes)
{
	ko->size = bytes.n;
	ko->window_offset = 0;
	ko->window = bytes;
}

static bool read_window(struct ko *ko, uint64_t offset, uint64_t length)
{
	struct err *fault = ko->fault.code ? NULL : &ko->fault; /* the first one counts */
	void *bytes = length > KO_UNPACKED_MAX ? NULL : arena_bytes(ko->arena, length);

	if (!bytes) {
		err_no_memory(fault);
		return false;
	}
	if (file_read_at(ko->fd, offset, bytes, length, ko->path, fault) < 0)
		return false;
	ko->window_offset = offset;
	ko->window = span_of(bytes, length);
	return true;
}

static bool in_window(const struct ko *ko, uint64_t offset, uint64_t length, struct span *out)
{
	return offset >= ko->window_offset &&
	       span_cut(ko->window, offset - ko->window_offset, length, out);
}

static bool in_file(const struct ko *ko, uint64_t offset, uint64_t length)
{
	return offset <= ko->size && length <= ko->size - offset;
}

bool ko_fetch(struct ko *ko, uint64_t offset, uint64_t length, struct span *out)
{
	if (length == 0) {
		*out = span_of("", 0);
		return in_file(ko, offset, length);
	}
	if (in_window(ko, offset, length, out))
		return true;
	if (ko->fd < 0 || !in_file(ko, offset, length) || !read_window(ko, offset, length))
		return false;
	*out = ko->window;
	return true;
}

void ko_fetch_ahead(struct ko *ko, uint64_t offset, uint64_t length)
{
	struct span unused;

	if (ko->fd >= 0 && in_file(ko, offset, length) && !in_window(ko, offset, length, &unused))
		read_window(ko, offset, length);
}

void ko_fetch_together(struct ko *ko, const struct ko_section *a, const struct ko_section *b)
{
	enum { GAP_MAX = 4096 }; /* takes as long as another system call */
	const struct ko_section *first = a->offset < b->offset ? a : b;
	const struct ko_section *last = first == a ? b : a;
	uint64_t end = first->offset + first->size;

	if (last->offset < end || last->offset - end > GAP_MAX)
		return;
	ko_fetch_ahead(ko, first->offset, last->offset + last->size - first->offset);
	ko_section_data(ko, a);
	ko_section_data(ko, b);
}

int ko_failed(const struct ko *ko, struct err *err)
{
	return ko->fault.code ? err_set(err, ko->fault.code, "%s", ko->fault.text) : 0;
}

struct span ko_bytes(const struct ko *ko)
{
	struct span bytes = {NULL, 0};

	ko_fetch(ko_mutable(ko), 0, ko->size, &bytes);
	return bytes;
}

const struct file_id *ko_file(const struct ko *ko)
{
	return &ko->file;
}
