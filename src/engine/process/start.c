/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel's process: restored from a snapshot that fits, else booted, and then kept as one. */
#include "engine/process/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "engine/process/child.h"
#include "engine/process/snapshot.h"
#include "image/image.h"

/* notests: a quarter of the boot would go into known-answer tests of RSA; the kernel gets them back
 * before a module is loaded (serve.c). nr_uarts: else there are ports that answer all ones, and
 * drivers wait for them for ever. panic=-1: a panic ends the process at once. devkmsg: a user may
 * write as much as he likes. */
static const char COMMAND_LINE[] = "quiet cryptomgr.notests=1 8250.nr_uarts=0 panic=-1 "
				   "log_buf_len=4M printk.time=1 printk.devkmsg=on";

enum { SNAPSHOT_DAYS = 30, BOOT_TIMEOUT_MS = 60000, COMMAND_LINE_SIZE = 2048 };

/* Which file it is and that it has not changed, without reading it; 0 when it cannot be read. */
static uint64_t file_identity(const char *path, struct err *err)
{
	struct stat st;
	uint64_t parts[6];

	if (stat(path, &st) < 0) {
		err_errno(err, "cannot read the kernel %s", path);
		return 0;
	}
	parts[0] = st.st_dev;
	parts[1] = st.st_ino;
	parts[2] = (uint64_t)st.st_size;
	parts[3] = (uint64_t)st.st_mtim.tv_sec;
	parts[4] = (uint64_t)st.st_mtim.tv_nsec;
	parts[5] = (uint64_t)st.st_ctim.tv_sec;
	return hash_bytes(span_of(parts, sizeof(parts))) | 1;
}

/* An existing snapshot that fits, else -1. Says when one was damaged. */
static int open_snapshot(struct process *p, uint64_t key)
{
	DEFER(file_closep) int fd = file_open(p->snapshot_path, O_RDONLY, NULL);
	char text[sizeof(((struct err *)0)->text) + 64];
	struct err err;

	if (fd < 0)
		return -1;
	if (snapshot_check(fd, p->snapshot_path, key, &err) < 0) {
		snprintf(text, sizeof(text), "%s; the kernel is booted anew", err.text);
		talk_notice(p, text);
		return -1;
	}
	return take_fd(&fd);
}

static int start_child(struct process *p, const struct child_job *job, struct err *err)
{
	int sockets[2];
	struct child_job own = *job;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_errno(err, "cannot talk to another process");
	own.socket = sockets[1];
	own.supervisor = getpid();
	p->pid = fork();
	if (p->pid == 0)
		child_run(&own);
	close(sockets[1]);
	p->socket = sockets[0];
	if (p->pid < 0) {
		p->pid = 0;
		return err_errno(err, "cannot start a process for the kernel");
	}
	return 0;
}

static int wait_ready(struct process *p, struct reply *reply, struct err *err)
{
	int code;

	reply->deadline = wire_deadline(BOOT_TIMEOUT_MS);
	code = talk_until_result(p, reply, err);
	p->isolation = (unsigned int)reply->number;
	if (code == 0)
		return 0;
	talk_end_by_failure(p, code, err);
	return err_set(err, p->end.kind == ENGINE_UNABLE ? -ENOTSUP : -ECONNRESET, "%s",
		       p->end.text);
}

static int restore(struct process *p, int snapshot, struct err *err)
{
	struct child_job job = {.snapshot = snapshot, .breakpoints = p->breakpoints};
	struct reply reply = {0};
	int code = start_child(p, &job, err);

	p->snapshot = snapshot;
	file_touch(p->snapshot_path);
	return code < 0 ? code : wait_ready(p, &reply, err);
}

/* Where the snapshot of a boot goes; -1 when it cannot be kept, which is only a notice. */
static int create_snapshot(struct process *p, const char *cache_dir, struct file_new *file)
{
	DEFER(mem_freep) char *dir = mem_format("%s/snapshots", cache_dir);
	struct err err;

	/* Those of kernels that are gone, and of command lines tried once, would pile up. */
	if (dir)
		file_prune(dir, SNAPSHOT_DAYS);
	if (dir && file_make_dirs(dir, 0700, &err) == 0 &&
	    file_create(p->snapshot_path, 0600, file, &err) == 0)
		return file->fd;
	talk_notice(p, err.text);
	return -1;
}

static void keep_snapshot(struct process *p, struct file_new *file, const struct reply *reply)
{
	struct err err;

	if (file->fd < 0)
		return;
	if (reply->value == 0 && file_commit(file, &err) == 0)
		return;
	if (reply->value)
		err_set(&err, (int)reply->value, "%s", buf_string(&p->payload));
	err_add(&err, "the booted kernel could not be kept, the next run boots again");
	talk_notice(p, err.text);
}

static int boot(struct process *p, const struct engine_options *options, uint64_t key,
		const char *command_line, struct err *err)
{
	DEFER(image_closep) struct image *image = NULL;
	DEFER(file_abandon) struct file_new file = {.fd = -1};
	struct child_job job = {.snapshot = -1, .key = key, .command_line = command_line};
	struct reply reply = {0};
	int code = image_open(&image, options->kernel_path, options->cache_dir, err);

	if (code == 0 && options->config_path)
		image_add_config(image, options->config_path, NULL);
	if (code < 0)
		return code;
	if (image_bootable(image, err) < 0)
		return err_add(err, "%s cannot be run", options->kernel_path);
	if (p->snapshot_path)
		job.snapshot = create_snapshot(p, options->cache_dir, &file);
	job.image = image;
	job.report_parts = p->listener.part != NULL;
	job.breakpoints = p->breakpoints;
	code = start_child(p, &job, err);
	if (code == 0)
		code = wait_ready(p, &reply, err);
	if (code == 0)
		keep_snapshot(p, &file, &reply);
	return code;
}

int start_process(struct process *p, const struct engine_options *options, struct err *err)
{
	uint64_t kernel = file_identity(options->kernel_path, err), key;
	char command_line[COMMAND_LINE_SIZE];
	int fd, length;

	if (!kernel)
		return err->code;
	length = snprintf(command_line, sizeof(command_line), "%s%s%s", COMMAND_LINE,
			  options->append ? " " : "", options->append ? options->append : "");
	if (length >= COMMAND_LINE_SIZE)
		return err_set(err, -E2BIG,
			       "the kernel's command line takes %d bytes, and with the words to "
			       "append it has %d",
			       COMMAND_LINE_SIZE - 1, length);
	key = snapshot_key(kernel, command_line);
	if (!options->cache_dir)
		return boot(p, options, key, command_line, err);
	/* The name does not depend on the build, so that a new lkm replaces the old one's. */
	p->snapshot_path = mem_format("%s/snapshots/%016llx-%08x", options->cache_dir,
				      (unsigned long long)kernel, snapshot_words(command_line));
	if (!p->snapshot_path)
		return err_no_memory(err);
	fd = open_snapshot(p, key);
	return fd >= 0 ? restore(p, fd, err) : boot(p, options, key, command_line, err);
}
