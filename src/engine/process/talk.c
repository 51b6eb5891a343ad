/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One question at a time, with the events that come before its answer; and the end of the talk,
 * when the kernel's process says its last word, hangs, or is gone.
 */
#include "engine/process/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/process/snapshot.h"
#include "engine/process/trap.h"

enum { LAST_WORDS_MS = 1500 };

/* What may be heard in one call. A kernel that says more than that will not stop, and what it says
 * is kept in memory. */
enum { HEARD_MAX = 64 << 20 };

void talk_notice(const struct process *p, const char *text)
{
	if (p->listener.notice)
		p->listener.notice(p->listener.context, text);
}

void talk_set_end(struct process *p, enum engine_end_kind kind, const char *text)
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

void talk_reap(struct process *p)
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
		talk_set_end(p, ENGINE_MEMORY,
			     "the host killed its process; most likely memory ran out");
	} else if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "its process was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
		talk_set_end(p, ENGINE_CRASH, text);
	} else {
		talk_set_end(p, ENGINE_CRASH, "its process ended without a word");
	}
	suspect_snapshot(p);
}

static int is_gone(struct process *p, struct err *err)
{
	return err_set(err, -ECONNRESET, "the kernel is gone: %s", p->end.text);
}

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

static int answer_request(struct process *p, const struct reply *reply, struct err *err)
{
	const struct span *modules = NULL;
	const struct span none = span_of("", 0);
	size_t count = 0;
	int code = -ENOENT;

	if (p->listener.request_module)
		code = p->listener.request_module(p->listener.context, buf_string(&p->payload),
						  &modules, &count);
	for (size_t i = 0; code == 0 && i < count; i++)
		if (wire_send(p->socket, WIRE_MODULE, 0, 0, modules[i], none, reply->deadline,
			      err) < 0)
			return err->code;
	return wire_send(p->socket, WIRE_MODULES_END, code, 0, none, none, reply->deadline, err);
}

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

static void hear_section(const struct process *p, const struct wire_header *header)
{
	struct engine_section section = {
		.index = (size_t)header->value,
		.address = header->number,
		.bytes = buf_span(&p->payload),
	};

	if (p->listener.section)
		p->listener.section(p->listener.context, &section);
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

static void hear_part(const struct process *p, const struct wire_header *header)
{
	struct span rest = buf_span(&p->payload);
	const char *kind = span_string(rest, 0);
	const char *name = kind ? span_string(rest, strlen(kind) + 1) : NULL;
	struct engine_part part = {.kind = kind, .name = name, .needed = header->number != 0};

	if (!name || !p->listener.part)
		return;
	part.why = name + strlen(name) + 1; /* the buffer ends with a NUL of its own */
	part.hits = (unsigned int)header->value;
	p->listener.part(p->listener.context, &part);
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
		return answer_request(p, reply, err);
	case WIRE_DATA:
		if (reply->data)
			buf_add(reply->data, p->payload.p, p->payload.n);
		return 0;
	case WIRE_NODES:
		hear_nodes(p, reply);
		return 0;
	case WIRE_PART:
		hear_part(p, header);
		return 0;
	case WIRE_BLOCK:
		hear_block(p, header, reply);
		return 0;
	case WIRE_SECTION:
		hear_section(p, header);
		return 0;
	case WIRE_READY:
	case WIRE_RESULT:
		reply->value = header->value;
		reply->number = header->number;
		return 1;
	case WIRE_END:
		talk_set_end(p,
			     header->value > ENGINE_RUNNING && header->value <= ENGINE_UNABLE
				     ? (enum engine_end_kind)header->value
				     : ENGINE_CRASH,
			     buf_string(&p->payload));
		talk_reap(p);
		return is_gone(p, err);
	default:
		return err_set(err, -EPROTO, "the kernel's process sent nonsense");
	}
}

int talk_until_result(struct process *p, struct reply *reply, struct err *err)
{
	struct wire_header header;
	uint64_t heard = 0;
	int code;

	for (;;) {
		code = wire_receive(p->socket, &header, &p->payload, reply->deadline, err);
		heard += sizeof(header) + p->payload.n;
		if (code == 0 && heard > HEARD_MAX)
			code = err_set(err, -EPROTO,
				       "it said more than %d MiB in one call, most of it unasked",
				       HEARD_MAX >> 20);
		if (code == 0)
			code = hear(p, &header, reply, err);
		if (code < 0)
			return code;
		if (code > 0)
			return 0;
	}
}

/* The process is asked where it hangs, and ended when it does not say so. */
static void talk_end_by_timeout(struct process *p)
{
	struct reply reply = {.deadline = wire_deadline(LAST_WORDS_MS)};
	struct err ignored;

	kill(p->pid, TRAP_SIGNAL_REPORT);
	talk_until_result(p, &reply, &ignored);
	talk_set_end(p, ENGINE_TIMEOUT, "it did not answer any more");
	talk_reap(p);
}

/* A conversation came to nothing. How a process ended that is gone is seen when it is reaped. */
void talk_end_by_failure(struct process *p, int code, const struct err *err)
{
	if (code == -ETIMEDOUT)
		talk_end_by_timeout(p);
	else if (code != -ECONNRESET)
		talk_set_end(p, ENGINE_CRASH, err->text);
	talk_reap(p);
}

int talk_ask(struct process *p, enum wire_type type, int64_t value, uint64_t number,
	     struct span first, struct span second, struct reply *reply, struct err *err)
{
	int code;

	if (!p->pid)
		return is_gone(p, err);
	/* A kernel that logs without end, or reads a byte at a time, makes no progress. */
	reply->deadline = wire_deadline(p->timeout_ms);
	code = wire_send(p->socket, type, value, number, first, second, reply->deadline, err);
	if (code == 0)
		code = talk_until_result(p, reply, err);
	if (code == 0)
		return 0;
	talk_end_by_failure(p, code, err);
	return is_gone(p, err);
}
