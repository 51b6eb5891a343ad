/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening and closing a module file: container, then gate.
 */
#include <errno.h>

#include "ko/object.h"

static int take_bytes(struct ko *ko, struct span file, struct err *err)
{
	int code;

	ko->container = ko_container_of(file);
	ko->bytes = file;
	if (ko->container != KO_PLAIN) {
		code = ko_container_unpack(file, ko->path, KO_UNPACKED_MAX, &ko->unpacked, err);
		if (code < 0)
			return code;
		ko->bytes = buf_span(&ko->unpacked);
	}
	code = ko_elf_gate(ko, err);
	return code < 0 ? code : ko_modinfo_decode(ko, err);
}

static struct ko *new_ko(const char *path, struct err *err)
{
	struct arena *arena = arena_new();
	struct ko *ko = arena ? arena_alloc(arena, sizeof(*ko)) : NULL;
	char *name = ko ? arena_strdup(arena, path) : NULL;

	if (!name) {
		arena_free(arena);
		err_no_memory(err);
		return NULL;
	}
	ko->arena = arena;
	ko->path = name;
	return ko;
}

int ko_open_bytes(struct ko **out, struct span file, const char *name, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = new_ko(name, err);
	int code = ko ? take_bytes(ko, file, err) : -ENOMEM;

	if (code < 0)
		return code;
	*out = take_ptr(&ko);
	return 0;
}

int ko_open(struct ko **out, const char *path, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = new_ko(path, err);
	int code = ko ? file_map(path, &ko->map, err) : -ENOMEM;

	if (code == 0)
		code = take_bytes(ko, ko->map.bytes, err);
	if (code < 0)
		return code;
	*out = take_ptr(&ko);
	return 0;
}

void ko_close(struct ko *ko)
{
	if (!ko)
		return;
	buf_free(&ko->unpacked);
	file_unmap(&ko->map);
	arena_free(ko->arena);
}

enum ko_container ko_container(const struct ko *ko)
{
	return ko->container;
}

struct span ko_bytes(const struct ko *ko)
{
	return ko->bytes;
}
