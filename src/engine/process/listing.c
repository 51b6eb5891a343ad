/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/process/syscall.h"
#include "engine/process/window.h"
#include "engine/process/wire.h"

enum { CHUNK = 65536, PATH_LENGTH = 4096, MAX_DEPTH = 32 };

/* Nodes are sent many at a time: a frame costs two switches between processes. */
struct listing {
	long flags; /* ENGINE_LIST_... */
	bool silent;
	struct buf nodes;
};

static void send_nodes(struct listing *listing)
{
	if (listing->nodes.n && !listing->silent)
		wire_say(WIRE_NODES, 0, 0, listing->nodes.p, listing->nodes.n);
	buf_clear(&listing->nodes);
}

static void listing_free(struct listing *listing)
{
	buf_free(&listing->nodes);
}

static long list_directory(struct listing *listing, const char *path, int depth);

static void add_node(struct listing *listing, uint32_t mode, const char *path)
{
	buf_add(&listing->nodes, &mode, sizeof(mode));
	buf_add(&listing->nodes, path, strlen(path) + 1);
	if (listing->nodes.n > CHUNK)
		send_nodes(listing);
}

/* False when it is not there any more. */
static bool look_at(const char *path, uint32_t *mode)
{
	size_t top = window_top();
	struct stat *st = window_push(sizeof(*st));
	bool there =
		st && SYSCALL(newfstatat, AT_FDCWD, (long)path, (long)st, AT_SYMLINK_NOFOLLOW) == 0;

	if (there)
		*mode = st->st_mode;
	window_pop(top);
	return there;
}

/* type as in a directory entry, which are the file type bits of a mode. */
static void list_entry(struct listing *listing, const char *path, uint8_t type, int depth)
{
	uint32_t mode = DTTOIF(type);

	if (!(listing->flags & ENGINE_LIST_NAMES) && !look_at(path, &mode))
		return;
	add_node(listing, mode, path);
	if (listing->flags & ENGINE_LIST_RECURSIVE && S_ISDIR(mode) && depth < MAX_DEPTH)
		list_directory(listing, path, depth + 1);
}

struct guest_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static long list_directory(struct listing *listing, const char *path, int depth)
{
	long fd = SYSCALL(openat, AT_FDCWD, (long)path, O_RDONLY | O_DIRECTORY, 0), got = 0;
	size_t top = window_top();
	char *entries = window_push(CHUNK), *child = window_push(PATH_LENGTH);

	while (fd >= 0 && child && (got = SYSCALL(getdents64, fd, (long)entries, CHUNK)) > 0) {
		for (long at = 0; at < got;) {
			const struct guest_dirent *entry = (void *)(entries + at);

			at += entry->reclen;
			if (!strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
				continue;
			snprintf(child, PATH_LENGTH, "%s/%s", strcmp(path, "/") ? path : "",
				 entry->name);
			list_entry(listing, child, entry->type, depth);
		}
	}
	if (fd >= 0)
		SYSCALL(close, fd);
	window_pop(top);
	return fd < 0 ? fd : 0;
}

long listing_send(const char *paths, const char *end, long flags, bool silent)
{
	DEFER(listing_free) struct listing listing = {.flags = flags, .silent = silent};
	long first = list_directory(&listing, paths, 0);

	while ((paths += strlen(paths) + 1) < end)
		list_directory(&listing, paths, 0);
	send_nodes(&listing);
	return first;
}
