/* SPDX-License-Identifier: GPL-2.0-only */
/* What a child does with a path, and what it passes on. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "engine/machine/machine.h"

enum { CHUNK = 65536, DEPTH_MAX = 32 };

struct file_request {
	const char *path;
	uint64_t number; /* read: limit; ioctl: request; mmap: offset; poll: events */
	uint64_t length; /* mmap: bytes; poll: milliseconds */
	struct span data;
};

static int ask(struct engine *e, machine_work *work, const void *request, struct buf *output,
	       long *ret, struct err *err)
{
	return machine_call((struct machine *)e, &(struct machine_call){work, request, false},
			    output, ret, err);
}

/* The child's end of the pipe has a reader as long as it matters. */
static void pass_on(int out, const void *bytes, size_t length)
{
	file_write_all(out, bytes, length, "the pipe", NULL);
}

/* A device that can only be read is opened for that. */
static int open_both(const char *path, int flags)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | flags);

	return fd < 0 ? open(path, O_RDONLY | O_CLOEXEC | flags) : fd;
}

static long do_read(const void *request, int out)
{
	const struct file_request *r = request;
	DEFER(file_closep) int fd = open(r->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char chunk[CHUNK];
	uint64_t total = 0;

	while (fd >= 0 && total < r->number) {
		uint64_t left = r->number - total;
		ssize_t got = read(fd, chunk, left < CHUNK ? left : CHUNK);

		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		pass_on(out, chunk, (size_t)got);
		total += (uint64_t)got;
	}
	return fd < 0 ? -errno : (long)total;
}

int machine_read(struct engine *e, const char *path, size_t limit, struct buf *out, long *ret,
		 struct err *err)
{
	return ask(e, do_read, &(struct file_request){path, limit}, out, ret, err);
}

static long do_write(const void *request, int out)
{
	const struct file_request *r = request;
	DEFER(file_closep) int fd = open(r->path, O_WRONLY | O_CLOEXEC);
	ssize_t put = fd < 0 ? -1 : write(fd, r->data.p, r->data.n);

	return put < 0 ? -errno : put;
}

int machine_write(struct engine *e, const char *path, struct span data, long *ret, struct err *err)
{
	DEFER(buf_free) struct buf nothing = {0};

	return ask(e, do_write, &(struct file_request){.path = path, .data = data}, &nothing, ret,
		   err);
}

/* Listings: for each node a mode, and its path with a NUL -------------------------------------- */

struct list_request {
	struct span paths;
	unsigned int flags; /* ENGINE_LIST_... */
};

static long list_directory(const struct list_request *r, const char *path, int depth, int out);

static void list_entry(const struct list_request *r, const char *path, unsigned char type,
		       int depth, int out)
{
	struct stat st = {.st_mode = DTTOIF(type)};
	uint32_t mode;

	if (!(r->flags & ENGINE_LIST_NAMES) && lstat(path, &st) < 0)
		return;
	mode = st.st_mode;
	pass_on(out, &mode, sizeof(mode));
	pass_on(out, path, strlen(path) + 1);
	if (r->flags & ENGINE_LIST_RECURSIVE && S_ISDIR(mode) && depth < DEPTH_MAX)
		list_directory(r, path, depth + 1, out);
}

static long list_directory(const struct list_request *r, const char *path, int depth, int out)
{
	DIR *dir = opendir(path);
	char child[PATH_MAX];

	if (!dir)
		return -errno;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(child, sizeof(child), "%s/%s", strcmp(path, "/") ? path : "",
			 entry->d_name);
		list_entry(r, child, entry->d_type, depth, out);
	}
	closedir(dir);
	return 0;
}

static long do_list(const void *request, int out)
{
	const struct list_request *r = request;
	const char *path = (const char *)r->paths.p, *end = path + r->paths.n;
	long first = list_directory(r, path, 0, out);

	while ((path += strlen(path) + 1) < end)
		list_directory(r, path, 0, out);
	return first;
}

static char type_of(mode_t mode)
{
	static const char types[] = "?pc?d?b?-?l?s???";

	return types[mode >> 12 & 15];
}

int machine_list(struct engine *e, struct span paths, unsigned int flags,
		 void (*visit)(void *context, const struct engine_node *node), void *context,
		 long *ret, struct err *err)
{
	const struct list_request request = {paths, flags};
	DEFER(buf_free) struct buf nodes = {0};
	int code = ask(e, do_list, &request, &nodes, ret, err);
	uint32_t mode;

	for (size_t at = 0; code == 0 && at + sizeof(mode) < nodes.n;) {
		const char *path = nodes.p + at + sizeof(mode);

		memcpy(&mode, nodes.p + at, sizeof(mode));
		visit(context, &(struct engine_node){type_of(mode), mode & 07777, path});
		at += sizeof(mode) + strlen(path) + 1;
	}
	return code;
}

/* Devices -------------------------------------------------------------------------------------- */

static long do_ioctl(const void *request, int out)
{
	const struct file_request *r = request;
	DEFER(file_closep) int fd = open_both(r->path, 0);
	DEFER(buf_free) struct buf argument = {0};
	long result;

	if (fd < 0)
		return -errno;
	buf_add(&argument, r->data.p, r->data.n);
	if (buf_failed(&argument))
		return -ENOMEM;
	result = ioctl(fd, r->number, argument.p);
	result = result < 0 ? -errno : result;
	pass_on(out, argument.p, argument.n);
	return result;
}

int machine_ioctl(struct engine *e, const char *path, unsigned long request, struct buf *arg,
		  long *ret, struct err *err)
{
	DEFER(buf_free) struct buf back = {0};
	const struct file_request r = {.path = path, .number = request, .data = buf_span(arg)};
	int code = ask(e, do_ioctl, &r, &back, ret, err);

	if (code == 0 && back.n == arg->n && arg->n)
		memcpy(arg->p, back.p, arg->n);
	return code;
}

static sigjmp_buf no_page;

static void on_bus_error(int signal)
{
	(void)signal;
	siglongjmp(no_page, 1);
}

/* The mapping is touched here, where a page may be refused. */
static long use_mapping(unsigned char *mapping, const struct file_request *r, struct buf *copy)
{
	if (sigsetjmp(no_page, 1))
		return -EFAULT;
	signal(SIGBUS, on_bus_error);
	signal(SIGSEGV, on_bus_error);
	if (r->data.n)
		memcpy(mapping, r->data.p, r->data.n);
	buf_add(copy, mapping, r->length);
	return buf_failed(copy) ? -ENOMEM : (long)r->length;
}

static long do_mmap(const void *request, int out)
{
	const struct file_request *r = request;
	bool stores = r->data.n != 0;
	DEFER(file_closep) int fd = open(r->path, (stores ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	DEFER(buf_free) struct buf copy = {0};
	void *mapping;
	long result;

	if (fd < 0)
		return -errno;
	mapping = mmap(NULL, r->length, PROT_READ | (stores ? PROT_WRITE : 0), MAP_SHARED, fd,
		       (off_t)r->number);
	if (mapping == MAP_FAILED)
		return -errno;
	result = use_mapping(mapping, r, &copy);
	if (result >= 0)
		pass_on(out, copy.p, copy.n);
	return result;
}

int machine_mmap(struct engine *e, const char *path, uint64_t offset, size_t length,
		 struct span stored, struct buf *out, long *ret, struct err *err)
{
	return ask(e, do_mmap, &(struct file_request){path, offset, length, stored}, out, ret, err);
}

static long do_poll(const void *request, int out)
{
	const struct file_request *r = request;
	DEFER(file_closep) int fd = open_both(r->path, O_NONBLOCK);
	struct pollfd poller = {.fd = fd, .events = (short)r->number};
	int ready = fd < 0 ? -1 : poll(&poller, 1, (int)r->length);

	if (ready < 0)
		return -errno;
	pass_on(out, &poller.revents, sizeof(poller.revents));
	return ready;
}

int machine_poll(struct engine *e, const char *path, unsigned int events, int timeout_ms,
		 unsigned int *revents, long *ret, struct err *err)
{
	const struct file_request r = {path, events, (uint64_t)timeout_ms};
	DEFER(buf_free) struct buf back = {0};
	unsigned short bits = 0;
	int code = ask(e, do_poll, &r, &back, ret, err);

	if (code == 0 && back.n == sizeof(bits))
		memcpy(&bits, back.p, sizeof(bits));
	*revents = bits;
	return code;
}
