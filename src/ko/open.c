/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening and closing a module file: container, then gate.
 */
#include <errno.h>

#include "ko/object.h"

enum {
	HEAD = 64,     /* enough to tell a container, and an ELF header */
	SMALL = 16384, /* a file up to this size has its parts read all at once */
};

struct ko_memory *ko_memory_new(void)
{
	struct ko_memory *memory = mem_zalloc(sizeof(*memory));

	if (!memory)
		return NULL;
	memory->unpacker = KO_UNPACKER_NONE;
	memory->unseen = true;
	memory->arena = arena_new();
	if (memory->arena)
		return memory;
	mem_free(memory);
	return NULL;
}

void ko_memory_free(struct ko_memory *memory)
{
	if (!memory)
		return;
	ko_unpacker_free(&memory->unpacker);
	buf_free(&memory->unpacked);
	arena_free(memory->arena);
	mem_free(memory);
}

static void recycle(struct ko_memory *memory)
{
	buf_clear(&memory->unpacked);
	arena_reset(memory->arena);
}

static int unpack(struct ko *ko, struct span file, struct err *err)
{
	struct buf *out = &ko->memory->unpacked;
	int code =
		ko_unpacker_run(&ko->memory->unpacker, file, ko->path, KO_UNPACKED_MAX, out, err);

	ko_hold_bytes(ko, buf_span(out));
	return code;
}

static int take_bytes(struct ko *ko, struct span file, struct err *err)
{
	int code = 0;

	ko->container = ko_container_of(file);
	if (ko->container == KO_PLAIN)
		ko_hold_bytes(ko, file);
	else
		code = unpack(ko, file, err);
	if (code == 0)
		code = ko_elf_gate(ko, err);
	return code < 0 ? code : ko_modinfo_decode(ko, err);
}

static struct ko *new_ko(struct ko_memory *memory, const char *path, struct err *err)
{
	struct ko_memory *own = memory ? NULL : ko_memory_new();
	struct arena *arena = memory ? memory->arena : own ? own->arena : NULL;
	struct ko *ko = arena ? arena_alloc(arena, sizeof(*ko)) : NULL;
	char *name = ko ? arena_strdup(arena, path) : NULL;

	if (!name) {
		if (memory)
			recycle(memory);
		ko_memory_free(own);
		err_no_memory(err);
		return NULL;
	}
	ko->memory = memory ? memory : own;
	ko->owns_memory = own;
	ko->arena = arena;
	ko->path = name;
	ko->fd = -1;
	return ko;
}

int ko_open_bytes(struct ko **out, struct span file, const char *name, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = new_ko(NULL, name, err);
	int code = ko ? take_bytes(ko, file, err) : -ENOMEM;

	if (code < 0)
		return code;
	*out = take_ptr(&ko);
	return 0;
}

int ko_open(struct ko **out, const char *path, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = new_ko(NULL, path, err);
	int code = ko ? file_map(path, &ko->map, err) : -ENOMEM;

	if (code == 0)
		code = take_bytes(ko, ko->map.bytes, err);
	if (code < 0)
		return code;
	*out = take_ptr(&ko);
	return 0;
}

/* A packed file has no parts: all of it is read and unpacked. */
static int take_packed(struct ko *ko, struct err *err)
{
	struct span packed;
	int code;

	if (!ko_fetch(ko, 0, ko->size, &packed))
		return ko_failed(ko, err);
	file_close(take_fd(&ko->fd));
	code = unpack(ko, packed, err);
	return code == -EBADMSG ? ko_damaged(err) : code;
}

static int take_parts(struct ko *ko, struct err *err)
{
	struct span head = {NULL, 0};
	int code = 0;

	ko->size = ko->file.size;
	if (!ko_fetch(ko, 0, ko->size <= SMALL ? ko->size : HEAD, &head))
		return ko_failed(ko, err);
	ko->container = ko_container_of(head);
	if (ko->container != KO_PLAIN)
		code = take_packed(ko, err);
	if (code == 0)
		code = ko_elf_gate(ko, err);
	if (code == 0)
		code = ko_modinfo_decode(ko, err);
	return code < 0 ? code : ko_failed(ko, err);
}

int ko_open_at(struct ko **out, int dir, const char *path, struct ko_memory *memory,
	       struct err *err)
{
	DEFER(ko_closep) struct ko *ko = new_ko(memory, path, err);
	int code;

	if (!ko)
		return -ENOMEM;
	ko->is_tolerant = true;
	ko->fd = file_open_at(dir, path, &ko->memory->unseen, &ko->file, err);
	code = ko->fd < 0 ? ko->fd : take_parts(ko, err);
	if (code < 0)
		return code;
	*out = take_ptr(&ko);
	return 0;
}

void ko_close(struct ko *ko)
{
	struct ko_memory *memory = ko ? ko->memory : NULL;

	if (!ko)
		return;
	file_close(ko->fd);
	file_unmap(&ko->map);
	if (ko->owns_memory)
		ko_memory_free(memory);
	else
		recycle(memory);
}

enum ko_container ko_container(const struct ko *ko)
{
	return ko->container;
}
