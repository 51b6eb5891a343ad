/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor's side: starts the kernel's process, asks it, hears it, and tells how it ended. No
 * module code ever runs here, and nothing that comes over the wire is trusted.
 */
#include "engine/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "engine/process/child.h"
#include "engine/process/snapshot.h"
#include "engine/process/trap.h"
#include "engine/process/wire.h"
#include "image/image.h"

/* notests: a quarter of the boot would go into known-answer tests of RSA; the kernel gets them back
 * before a module is loaded (serve.c). nr_uarts: else there are ports that answer all ones, and
 * drivers wait for them for ever. panic=-1: a panic ends the process at once. devkmsg: a user may
 * write as much as he likes. */
static const char COMMAND_LINE[] = "quiet cryptomgr.notests=1 8250.nr_uarts=0 panic=-1 "
				   "log_buf_len=4M printk.time=1 printk.devkmsg=on";

enum {
	SNAPSHOT_DAYS = 30,
	BOOT_TIMEOUT_MS = 60000,
	LAST_WORDS_MS = 1500,
	COMMAND_LINE_SIZE = 2048
};

struct process {
	struct engine engine;
	struct engine_listener listener;
	unsigned int timeout_ms;
	pid_t pid; /* 0: reaped */
	int socket;
	struct buf payload;
	struct engine_end end;
	char *snapshot_path;
	int snapshot; /* what it was restored from; -1: booted */
};

static void notice(const struct process *p, const char *text)
{
	if (p->listener.notice)
		p->listener.notice(p->listener.context, text);
}

/* ---- the end ---- */

static void set_end(struct process *p, enum engine_end_kind kind, const char *text)
{
	if (p->end.kind != ENGINE_RUNNING)
		return;
	p->end.kind = kind;
	snprintf(p->end.text, sizeof(p->end.text), "%.*s", (int)sizeof(p->end.text) - 1, text);
}

/* Strange ends may come from a damaged snapshot: only now is it read whole. */
static void suspect_snapshot(struct process *p)
{
	struct err err;

	if (p->snapshot < 0)
		return;
	/* That it cannot be read, for want of memory, says nothing of it. */
	if (snapshot_verify(p->snapshot, p->snapshot_path, &err) != -ENOEXEC)
		return;
	unlink(p->snapshot_path);
	p->end.kind = ENGINE_DAMAGED;
	snprintf(p->end.text, sizeof(p->end.text),
		 "the kept kernel was damaged and has been removed; run it again");
}

static void reap(struct process *p)
{
	char text[128];
	int status = 0;

	if (!p->pid)
		return;
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		set_end(p, ENGINE_MEMORY,
			"the host killed its process; most likely memory ran out");
	} else if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "its process was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
		set_end(p, ENGINE_CRASH, text);
	} else {
		set_end(p, ENGINE_CRASH, "its process ended without a word");
	}
	suspect_snapshot(p);
}

static int is_gone(struct process *p, struct err *err)
{
	return err_set(err, -ECONNRESET, "the kernel is gone: %s", p->end.text);
}

/* ---- events ---- */

/* Up to the NUL that the frame ends with at the latest. */
static struct span after_text(const struct buf *payload)
{
	size_t used = strlen(buf_string(payload)) + 1;

	return used < payload->n ? span_of(payload->p + used, payload->n - used) : span_of("", 0);
}

static void hear_log(const struct process *p, const struct wire_header *header)
{
	struct engine_record record = {
		.level = (int)(header->value & 7),
		.ns = header->number,
		.text = buf_string(&p->payload),
	};

	if (p->listener.log)
		p->listener.log(p->listener.context, &record);
}

static int answer_request(struct process *p, struct err *err)
{
	const struct span *modules = NULL;
	const struct span none = span_of("", 0);
	size_t count = 0;
	int code = -ENOENT;

	if (p->listener.request_module)
		code = p->listener.request_module(p->listener.context, buf_string(&p->payload),
						  &modules, &count);
	for (size_t i = 0; code == 0 && i < count; i++)
		if (wire_send(p->socket, WIRE_MODULE, 0, 0, modules[i], none, err) < 0)
			return err->code;
	return wire_send(p->socket, WIRE_MODULES_END, code, 0, none, none, err);
}

/* What the answers of one call are put into; NULL members are not expected. */
struct reply {
	struct buf *data;
	void (*visit_node)(void *context, const struct engine_node *node);
	void (*visit_block)(void *context, const struct engine_block *block);
	void *context;
	int64_t value;
	uint64_t number;
};

static char node_type(uint64_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return '-';
	}
}

/* Only whole nodes count; what is cut short is left out. */
static void hear_nodes(const struct process *p, const struct reply *reply)
{
	struct span rest = buf_span(&p->payload);
	const char *path;

	while (reply->visit_node && (path = span_string(rest, sizeof(uint32_t)))) {
		uint32_t mode = span_le32(rest, 0);
		size_t length = sizeof(mode) + strlen(path) + 1;
		struct engine_node node = {node_type(mode), mode & 07777, path};

		reply->visit_node(reply->context, &node);
		rest = span_of(rest.p + length, rest.n - length);
	}
}

static void hear_block(const struct process *p, const struct wire_header *header,
		       const struct reply *reply)
{
	struct engine_block block = {.address = (uint64_t)header->value, .size = header->number};
	struct span caller = after_text(&p->payload);

	snprintf(block.kind, sizeof(block.kind), "%s", buf_string(&p->payload));
	snprintf(block.caller, sizeof(block.caller), "%.*s", (int)caller.n, (const char *)caller.p);
	if (reply->visit_block)
		reply->visit_block(reply->context, &block);
}

/* One frame. 1: it was the result or WIRE_READY; 0: go on. */
static int hear(struct process *p, const struct wire_header *header, struct reply *reply,
		struct err *err)
{
	switch (header->type) {
	case WIRE_LOG:
		hear_log(p, header);
		return 0;
	case WIRE_UEVENT:
		if (p->listener.uevent)
			p->listener.uevent(p->listener.context, buf_span(&p->payload));
		return 0;
	case WIRE_REQUEST:
		return answer_request(p, err);
	case WIRE_DATA:
		if (reply->data)
			buf_add(reply->data, p->payload.p, p->payload.n);
		return 0;
	case WIRE_NODES:
		hear_nodes(p, reply);
		return 0;
	case WIRE_BLOCK:
		hear_block(p, header, reply);
		return 0;
	case WIRE_READY:
	case WIRE_RESULT:
		reply->value = header->value;
		reply->number = header->number;
		return 1;
	case WIRE_END:
		set_end(p,
			header->value > ENGINE_RUNNING && header->value <= ENGINE_UNABLE
				? (enum engine_end_kind)header->value
				: ENGINE_CRASH,
			buf_string(&p->payload));
		reap(p);
		return is_gone(p, err);
	default:
		return err_set(err, -EPROTO, "the kernel's process sent nonsense");
	}
}

static int hear_until_result(struct process *p, struct reply *reply, unsigned int timeout_ms,
			     struct err *err)
{
	/* Of the whole call: a kernel that logs without end makes no progress. */
	const int64_t deadline = wire_deadline(timeout_ms);
	struct wire_header header;
	int code;

	for (;;) {
		code = wire_receive(p->socket, &header, &p->payload, deadline, err);
		if (code == 0)
			code = hear(p, &header, reply, err);
		if (code < 0)
			return code;
		if (code > 0)
			return 0;
	}
}

/* The process is asked where it hangs, and ended when it does not say so. */
static void end_by_timeout(struct process *p)
{
	struct reply reply = {0};
	struct err ignored;

	kill(p->pid, TRAP_SIGNAL_REPORT);
	hear_until_result(p, &reply, LAST_WORDS_MS, &ignored);
	set_end(p, ENGINE_TIMEOUT, "it did not answer any more");
	reap(p);
}

/* A conversation came to nothing. How a process ended that is gone is seen when it is reaped. */
static void end_by_failure(struct process *p, int code, const struct err *err)
{
	if (code == -ETIMEDOUT)
		end_by_timeout(p);
	else if (code != -ECONNRESET)
		set_end(p, ENGINE_CRASH, err->text);
	reap(p);
}

static int converse(struct process *p, enum wire_type type, int64_t value, uint64_t number,
		    struct span first, struct span second, struct reply *reply, struct err *err)
{
	int code;

	if (!p->pid)
		return is_gone(p, err);
	code = wire_send(p->socket, type, value, number, first, second, err);
	if (code == 0)
		code = hear_until_result(p, reply, p->timeout_ms, err);
	if (code == 0)
		return 0;
	end_by_failure(p, code, err);
	return is_gone(p, err);
}

/* ---- start ---- */

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
		notice(p, text);
		return -1;
	}
	return take_fd(&fd);
}

static int start_child(struct process *p, const struct child_job *job, struct err *err)
{
	const struct timeval patience = {.tv_sec = (p->timeout_ms + 999) / 1000};
	int sockets[2];
	struct child_job own = *job;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_errno(err, "cannot talk to another process");
	own.socket = sockets[1];
	p->pid = fork();
	if (p->pid == 0)
		child_run(&own);
	close(sockets[1]);
	p->socket = sockets[0];
	/* A kernel that went wild may have stopped reading. */
	setsockopt(p->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (p->pid < 0) {
		p->pid = 0;
		return err_errno(err, "cannot start a process for the kernel");
	}
	return 0;
}

static int wait_ready(struct process *p, struct reply *reply, struct err *err)
{
	int code = hear_until_result(p, reply, BOOT_TIMEOUT_MS, err);

	if (code == 0)
		return 0;
	end_by_failure(p, code, err);
	return err_set(err, p->end.kind == ENGINE_UNABLE ? -ENOTSUP : -ECONNRESET, "%s",
		       p->end.text);
}

static int restore(struct process *p, int snapshot, struct err *err)
{
	struct child_job job = {.snapshot = snapshot};
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
	notice(p, err.text);
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
	notice(p, err.text);
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
	code = start_child(p, &job, err);
	if (code == 0)
		code = wait_ready(p, &reply, err);
	if (code == 0)
		keep_snapshot(p, &file, &reply);
	return code;
}

static void process_close(struct engine *engine)
{
	struct process *p = (struct process *)engine;

	set_end(p, ENGINE_UNABLE, "closed");
	if (p->snapshot >= 0 && p->pid) {
		/* A good end: nothing to suspect. */
		close(p->snapshot);
		p->snapshot = -1;
	}
	reap(p);
	file_close(p->snapshot);
	file_close(p->socket);
	buf_free(&p->payload);
	mem_free(p->snapshot_path);
	mem_free(p);
}

static int start(struct process *p, const struct engine_options *options, struct err *err)
{
	uint64_t kernel = file_identity(options->kernel_path, err), key;
	char command_line[COMMAND_LINE_SIZE];
	int fd;

	if (!kernel)
		return err->code;
	snprintf(command_line, sizeof(command_line), "%s%s%s", COMMAND_LINE,
		 options->append ? " " : "", options->append ? options->append : "");
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

static int process_open(struct engine **out, const struct engine_options *options, struct err *err)
{
	struct process *p = mem_zalloc(sizeof(*p));
	int code;

	if (!p)
		return err_no_memory(err);
	p->engine.ops = &process_engine;
	p->listener = options->listener;
	p->timeout_ms = options->timeout_ms;
	p->socket = p->snapshot = -1;
	code = start(p, options, err);
	if (code < 0) {
		process_close(&p->engine);
		return code;
	}
	*out = &p->engine;
	return 0;
}

/* ---- calls ---- */

static const struct span nothing = {(const unsigned char *)"", 0};

/* A string with its NUL. */
static struct span with_nul(const char *text)
{
	return span_of(text, strlen(text) + 1);
}

static int simple(struct engine *engine, enum wire_type type, int64_t value, uint64_t number,
		  struct span first, struct span second, struct reply *reply, long *ret,
		  struct err *err)
{
	int code =
		converse((struct process *)engine, type, value, number, first, second, reply, err);

	if (code == 0)
		*ret = (long)reply->value;
	return code;
}

static int process_load(struct engine *e, struct span module, const char *params,
			unsigned int flags, long *ret, struct err *err)
{
	struct reply reply = {0};

	return simple(e, WIRE_LOAD, flags, 0, with_nul(params), module, &reply, ret, err);
}

static int process_unload(struct engine *e, const char *name, unsigned int flags, long *ret,
			  struct err *err)
{
	struct reply reply = {0};

	return simple(e, WIRE_UNLOAD, flags, 0, with_nul(name), nothing, &reply, ret, err);
}

static int process_read(struct engine *e, const char *path, size_t limit, struct buf *out,
			long *ret, struct err *err)
{
	struct reply reply = {.data = out};

	return simple(e, WIRE_READ, 0, limit, with_nul(path), nothing, &reply, ret, err);
}

static int process_write(struct engine *e, const char *path, struct span data, long *ret,
			 struct err *err)
{
	struct reply reply = {0};

	return simple(e, WIRE_WRITE, 0, 0, with_nul(path), data, &reply, ret, err);
}

static int process_list(struct engine *e, struct span paths, unsigned int flags,
			void (*visit)(void *context, const struct engine_node *node), void *context,
			long *ret, struct err *err)
{
	struct reply reply = {.visit_node = visit, .context = context};

	return simple(e, WIRE_LIST, flags, 0, paths, nothing, &reply, ret, err);
}

static int process_ioctl(struct engine *e, const char *path, unsigned long request, struct buf *arg,
			 long *ret, struct err *err)
{
	DEFER(buf_free) struct buf back = {0};
	struct reply reply = {.data = &back};
	int code =
		simple(e, WIRE_IOCTL, 0, request, with_nul(path), buf_span(arg), &reply, ret, err);

	if (code == 0 && arg->n)
		memcpy(arg->p, back.p, back.n < arg->n ? back.n : arg->n);
	return code;
}

static int process_poll(struct engine *e, const char *path, unsigned int events, int timeout_ms,
			unsigned int *revents, long *ret, struct err *err)
{
	struct reply reply = {0};
	int code =
		simple(e, WIRE_POLL, timeout_ms, events, with_nul(path), nothing, &reply, ret, err);

	if (code == 0)
		*revents = (unsigned int)reply.number;
	return code;
}

static int process_sleep(struct engine *e, uint64_t ns, long *ret, struct err *err)
{
	struct reply reply = {0};

	return simple(e, WIRE_SLEEP, 0, ns, nothing, nothing, &reply, ret, err);
}

static int process_blocks(struct engine *e, const char *module,
			  void (*visit)(void *context, const struct engine_block *block),
			  void *context, uint64_t *total_count, uint64_t *total_bytes,
			  struct err *err)
{
	struct reply reply = {.visit_block = visit, .context = context};
	long count;
	int code = simple(e, WIRE_BLOCKS, 0, 0, with_nul(module), nothing, &reply, &count, err);

	if (code == 0) {
		*total_count = (uint64_t)count;
		*total_bytes = reply.number;
	}
	return code;
}

static pid_t process_pid(const struct engine *e)
{
	return ((const struct process *)e)->pid;
}

static void process_end(const struct engine *e, struct engine_end *out)
{
	*out = ((const struct process *)e)->end;
}

const struct engine_ops process_engine = {
	.name = "process",
	.open = process_open,
	.load = process_load,
	.unload = process_unload,
	.read = process_read,
	.write = process_write,
	.list = process_list,
	.ioctl = process_ioctl,
	.poll = process_poll,
	.sleep = process_sleep,
	.blocks = process_blocks,
	.pid = process_pid,
	.end = process_end,
	.close = process_close,
};
