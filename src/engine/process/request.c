/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/request.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/process/clock.h"
#include "engine/process/listing.h"
#include "engine/process/log.h"
#include "engine/process/mapping.h"
#include "engine/process/show.h"
#include "engine/process/syscall.h"
#include "engine/process/track.h"
#include "engine/process/uevent.h"
#include "engine/process/user.h"
#include "engine/process/window.h"
#include "engine/process/wire.h"

enum {
	CHUNK = 65536,
	PAYLOAD_SIZE = 96 << 20,
};

/* Nothing waits longer than this in guest time unless it waits for ever. */
static const uint64_t WAIT_LIMIT_NS = 1200ull * 1000000000;

_Static_assert((int)WIRE_MAX < (int)PAYLOAD_SIZE, "a frame fits, with a NUL behind it");

static bool in_call;
/* All that a call of the kernel reads or writes is at user addresses: in the window, or in the
 * worker's own memory. */
static char *chunk;
static struct buf payload;

struct request {
	struct wire_header header;
	/* Both in the window. */
	const char *text; /* path or name, NUL-terminated */
	char *rest;	  /* what follows its NUL */
	size_t rest_length;
};

void request_name_worker(const char *name)
{
	size_t top = window_top();

	SYSCALL(prctl, PR_SET_NAME, (long)window_push_text(name));
	window_pop(top);
}

static void answer(long result, uint64_t number)
{
	log_end_line();
	uevent_pass(chunk, CHUNK);
	in_call = false;
	wire_say(WIRE_RESULT, result, number, NULL, 0);
}

static void do_load(const struct request *r)
{
	long result;

	request_name_worker("insmod");
	track_new_generation();
	show_next_load(r->header.number == 1);
	result = SYSCALL(init_module, (long)r->rest, (long)r->rest_length, (long)r->text);
	request_name_worker("lkm");
	answer(result, 0);
}

static void do_unload(const struct request *r)
{
	long result;

	request_name_worker("rmmod");
	track_new_generation();
	result = SYSCALL(delete_module, (long)r->text, r->header.value);
	request_name_worker("lkm");
	answer(result, 0);
}

static long open_path(const char *path, int flags)
{
	return SYSCALL(openat, AT_FDCWD, (long)path, flags, 0644);
}

/* Bytes of the worker's own memory go to the supervisor. */
static void pass_on(uint64_t length)
{
	if (user_get(chunk, USER_HEAP, length))
		wire_say(WIRE_DATA, 0, 0, chunk, length);
}

static void do_read(const struct request *r)
{
	long fd = open_path(r->text, O_RDONLY | O_NONBLOCK), got = 0;
	uint64_t total = 0;

	if (fd < 0) {
		answer(fd, 0);
		return;
	}
	while (total < r->header.number) {
		uint64_t left = r->header.number - total;

		user_forget();
		got = SYSCALL(read, fd, USER_HEAP, (long)(left < CHUNK ? left : CHUNK));
		if (got <= 0)
			break;
		pass_on((uint64_t)got);
		total += (uint64_t)got;
	}
	SYSCALL(close, fd);
	answer(got < 0 ? got : (long)total, 0);
}

/* What follows the path, in the worker's own memory if it is not too long for that. */
static long argument(const struct request *r)
{
	user_forget();
	return r->rest_length <= USER_HEAP_SIZE && user_put(USER_HEAP, r->rest, r->rest_length)
		       ? USER_HEAP
		       : (long)r->rest;
}

static void do_write(const struct request *r)
{
	long fd = open_path(r->text, O_WRONLY), result;

	if (fd < 0) {
		answer(fd, 0);
		return;
	}
	result = SYSCALL(write, fd, argument(r), (long)r->rest_length);
	SYSCALL(close, fd);
	answer(result, 0);
}

static void do_ioctl(const struct request *r)
{
	long fd = open_path(r->text, O_RDWR), result, where;

	if (fd < 0)
		fd = open_path(r->text, O_RDONLY);
	if (fd < 0) {
		answer(fd, 0);
		return;
	}
	where = argument(r);
	result = SYSCALL(ioctl, fd, (long)r->header.number, where);
	SYSCALL(close, fd);
	if (where == USER_HEAP)
		user_get(r->rest, USER_HEAP, r->rest_length);
	wire_say(WIRE_DATA, 0, 0, r->rest, r->rest_length);
	answer(result, 0);
}

static void do_mmap(const struct request *r)
{
	bool stores = r->rest_length != 0;
	long fd = open_path(r->text, stores ? O_RDWR : O_RDONLY), result;

	if (fd < 0) {
		answer(fd, 0);
		return;
	}
	result = mapping_use((int)fd, r->header.number, (uint64_t)r->header.value, r->rest,
			     r->rest_length);
	answer(result, 0);
}

static void do_poll(const struct request *r)
{
	long fd = open_path(r->text, O_RDWR | O_NONBLOCK), result;
	struct pollfd *poller = window_push(sizeof(*poller));

	if (fd < 0)
		fd = open_path(r->text, O_RDONLY | O_NONBLOCK);
	if (fd < 0) {
		answer(fd, 0);
		return;
	}
	*poller = (struct pollfd){.fd = (int)fd, .events = (short)r->header.number};
	result = SYSCALL(poll, (long)poller, 1, r->header.value);
	SYSCALL(close, fd);
	answer(result, (uint64_t)(unsigned short)poller->revents);
}

static void do_sleep(const struct request *r)
{
	/* struct timespec, whose header has a clock() of its own. */
	long *time = window_push(2 * sizeof(*time));

	time[0] = (long)(r->header.number / 1000000000);
	time[1] = (long)(r->header.number % 1000000000);
	clock_set_limit(0);
	answer(SYSCALL(nanosleep, (long)time, 0), 0);
}

static void do_blocks(const struct request *r)
{
	uint64_t bytes, count = track_report(r->text, &bytes);

	answer((long)count, bytes);
}

enum { ARGUMENTS = 6 };

static void do_syscall(const struct request *r)
{
	struct wire_argument arguments[ARGUMENTS];
	long values[ARGUMENTS], where = argument(r), result;
	size_t at = sizeof(arguments);

	if (r->rest_length < at) {
		answer(-22, 0);
		return;
	}
	memcpy(arguments, r->rest, sizeof(arguments));
	for (int i = 0; i < ARGUMENTS; i++) {
		values[i] = arguments[i].has_bytes ? where + (long)at : (long)arguments[i].value;
		at += arguments[i].length;
	}
	result = at > r->rest_length ? -22 : syscall_number((unsigned int)r->header.number, values);
	if (where == USER_HEAP)
		user_get(r->rest, USER_HEAP, r->rest_length);
	wire_say(WIRE_DATA, 0, 0, r->rest + sizeof(arguments), r->rest_length - sizeof(arguments));
	answer(result, 0);
}

static void do_list(const struct request *r)
{
	answer(listing_send(r->text, r->rest + r->rest_length, r->header.value, false), 0);
}

static void perform(const struct request *r)
{
	switch (r->header.type) {
	case WIRE_LOAD:
		do_load(r);
		break;
	case WIRE_UNLOAD:
		do_unload(r);
		break;
	case WIRE_READ:
		do_read(r);
		break;
	case WIRE_WRITE:
		do_write(r);
		break;
	case WIRE_LIST:
		do_list(r);
		break;
	case WIRE_IOCTL:
		do_ioctl(r);
		break;
	case WIRE_MMAP:
		do_mmap(r);
		break;
	case WIRE_POLL:
		do_poll(r);
		break;
	case WIRE_SLEEP:
		do_sleep(r);
		break;
	case WIRE_BLOCKS:
		do_blocks(r);
		break;
	case WIRE_SYSCALL:
		do_syscall(r);
		break;
	default:
		answer(-22, 0);
	}
}

void request_set_up(void)
{
	window_pop(0);
	chunk = window_push(CHUNK);
	if (!payload.p)
		payload = (struct buf){.p = window_take(PAYLOAD_SIZE), .size = PAYLOAD_SIZE};
}

void request_serve(void)
{
	size_t top = window_top();
	struct request r;

	wire_hear(&r.header, &payload);
	in_call = true;
	r.text = buf_string(&payload);
	r.rest = payload.p + strlen(r.text) + 1;
	r.rest_length =
		(size_t)(payload.p + payload.n > r.rest ? payload.p + payload.n - r.rest : 0);
	clock_set_limit(WAIT_LIMIT_NS);
	perform(&r);
	window_pop(top);
}

void request_end_killed(void)
{
	if (in_call)
		answer(ENGINE_KILLED, 0);
}
