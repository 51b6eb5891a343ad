/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inserting and removing, by finit_module(2), init_module(2) and delete_module(2).
 *
 * finit_module() reads the file in the kernel, where a security module may want to see it, and
 * takes flags. It does not exist before Linux 3.8, and unpacks only what /sys/module/compression
 * names, from Linux 5.17 on; otherwise the bytes are unpacked here. init_module() has no flags:
 * what is to be ignored is taken out of the bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/module.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "engine/host/host.h"
#include "ko/ko.h"

/* Not in the headers of older kernels. */
enum { INIT_COMPRESSED_FILE = 4 };

/* What the kernel unpacks itself; KO_PLAIN: nothing. */
static enum ko_container kernel_container(const struct host *host)
{
	DEFER(mem_freep) char *path = mem_format("%s/sys/module/compression", host->root);
	DEFER(buf_free) struct buf text = {0};

	if (!path || file_read(path, 64, &text, NULL) < 0)
		return KO_PLAIN;
	for (int i = KO_GZIP; i <= KO_ZSTD; i++)
		if (strcspn(buf_string(&text), "\n") == strlen(ko_container_name(i)) &&
		    span_starts(buf_span(&text), span_text(ko_container_name(i))))
			return (enum ko_container)i;
	return KO_PLAIN;
}

static unsigned int kernel_flags(unsigned int flags, enum ko_container container)
{
	return (flags & HOST_IGNORE_VERSIONS ? MODULE_INIT_IGNORE_MODVERSIONS : 0) |
	       (flags & HOST_IGNORE_VERMAGIC ? MODULE_INIT_IGNORE_VERMAGIC : 0) |
	       (container != KO_PLAIN ? INIT_COMPRESSED_FILE : 0);
}

/* -ENOSYS: the kernel cannot read this file itself. */
static int insert_file(const struct host *host, int fd, enum ko_container container,
		       const char *path, const char *params, unsigned int flags, struct err *err)
{
	if (container != KO_PLAIN && container != kernel_container(host))
		return -ENOSYS;
	if (syscall(SYS_finit_module, fd, params, kernel_flags(flags, container)) == 0)
		return 0;
	return err_errno(err, "the kernel does not take %s", path);
}

static int insert_plain(struct span module, const char *name, const char *params, struct err *err)
{
	if (syscall(SYS_init_module, module.p, (unsigned long)module.n, params) == 0)
		return 0;
	return err_errno(err, "the kernel does not take %s", name);
}

int host_insert_bytes(struct span module, const char *name, const char *params, unsigned int flags,
		      struct err *err)
{
	DEFER(buf_free) struct buf changed = {0};
	int code = 0;

	if (flags == 0)
		return insert_plain(module, name, params, err);
	buf_add(&changed, module.p, module.n);
	if (buf_failed(&changed))
		return err_no_memory(err);
	if (flags & HOST_IGNORE_VERSIONS)
		code = ko_forget_versions(&changed, name, err);
	if (code == 0 && (flags & HOST_IGNORE_VERMAGIC))
		code = ko_forget_vermagic(&changed, name, err);
	return code < 0 ? code : insert_plain(buf_span(&changed), name, params, err);
}

static int insert_unpacked(struct span file, const char *path, const char *params,
			   unsigned int flags, struct err *err)
{
	DEFER(buf_free) struct buf unpacked = {0};
	int code;

	if (ko_container_of(file) == KO_PLAIN)
		return host_insert_bytes(file, path, params, flags, err);
	code = ko_container_unpack(file, path, KO_UNPACKED_MAX, &unpacked, err);
	return code < 0 ? code : host_insert_bytes(buf_span(&unpacked), path, params, flags, err);
}

int host_insert(const struct host *host, const char *path, const char *params, unsigned int flags,
		struct err *err)
{
	DEFER(file_closep) int fd = file_open(path, O_RDONLY | O_NONBLOCK, err);
	DEFER(file_unmap) struct file_map file = {0};
	int code = fd < 0 ? fd : file_map_fd(fd, path, &file, err);

	if (code < 0)
		return code;
	code = insert_file(host, fd, ko_container_of(file.bytes), path, params, flags, err);
	return code == -ENOSYS ? insert_unpacked(file.bytes, path, params, flags, err) : code;
}

int host_remove(const char *name, bool force, struct err *err)
{
	if (syscall(SYS_delete_module, name, O_NONBLOCK | (force ? O_TRUNC : 0)) == 0)
		return 0;
	return err_errno(err, "the kernel does not remove %s", name);
}
