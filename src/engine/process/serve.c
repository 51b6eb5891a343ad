/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/serve.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/places.h"
#include "engine/process/clock.h"
#include "engine/process/listing.h"
#include "engine/process/log.h"
#include "engine/process/mapping.h"
#include "engine/process/program.h"
#include "engine/process/serve_state.h"
#include "engine/process/show.h"
#include "engine/process/syscall.h"
#include "engine/process/track.h"
#include "engine/process/user.h"
#include "engine/process/window.h"
#include "engine/process/wire.h"

enum {
	CHUNK = 65536,
	QUIET_MS = 200, /* guest time in which what the boot started comes to rest */
	PAYLOAD_SIZE = 96 << 20,
	UEVENT_BUFFER = 16 << 20,
};

/* Nothing waits longer than this in guest time unless it waits for ever. */
static const uint64_t WAIT_LIMIT_NS = 1200ull * 1000000000;

_Static_assert((int)WIRE_MAX < (int)PAYLOAD_SIZE, "a frame fits, with a NUL behind it");

struct serve_state serve_state = {.uevent_fd = -1};
static void (*when_ready)(void);
static bool in_call;
/* All that a call of the kernel reads or writes is at user addresses: in the window, or in the
 * worker's own memory. */
static char *chunk;
static struct buf payload;

void serve_when_ready(void (*ready)(void))
{
	when_ready = ready;
}

static void set_name(const char *name)
{
	size_t top = window_top();

	SYSCALL(prctl, PR_SET_NAME, (long)window_push_text(name));
	window_pop(top);
}

static void sleep_ms(uint64_t ms)
{
	syscall_function((uint64_t)guest.msleep, (long[6]){(long)ms});
}

static void mount_all(void)
{
	static const struct {
		const char *type, *dir;
	} mounts[] = {
		{"devtmpfs", "/dev"},
		{"proc", "/proc"},
		{"sysfs", "/sys"},
		{"debugfs", "/sys/kernel/debug"},
		{"tracefs", "/sys/kernel/tracing"},
		{"tmpfs", "/tmp"},
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		size_t top = window_top();
		const char *dir = window_push_text(mounts[i].dir);
		const char *type = window_push_text(mounts[i].type);

		SYSCALL(mkdirat, AT_FDCWD, (long)dir, 0755);
		SYSCALL(mount, (long)type, (long)dir, (long)type, 0, 0);
		window_pop(top);
	}
}

/* The command line forbids the boot's own self-tests of ciphers; those of modules take place. */
static void allow_cipher_tests(void)
{
	size_t top = window_top();
	const char *path = window_push_text("/sys/module/cryptomgr/parameters/notests");
	long fd = SYSCALL(openat, AT_FDCWD, (long)path, O_WRONLY, 0);

	if (fd >= 0) {
		SYSCALL(write, fd, (long)window_push_text("N"), 1);
		SYSCALL(close, fd);
	}
	window_pop(top);
}

/* ---- uevents: a netlink socket, as udev has it ---- */

static void open_uevents(void)
{
	size_t top = window_top();
	struct sockaddr_nl *address = window_push(sizeof(*address));
	int *size = window_push(sizeof(*size));
	long fd = SYSCALL(socket, AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);

	serve_state.uevent_fd = (int)fd;
	*address = (struct sockaddr_nl){.nl_family = AF_NETLINK, .nl_groups = 1};
	*size = UEVENT_BUFFER;
	if (fd >= 0) {
		SYSCALL(setsockopt, fd, SOL_SOCKET, SO_RCVBUFFORCE, (long)size, sizeof(*size));
		SYSCALL(bind, fd, (long)address, sizeof(*address));
	}
	window_pop(top);
}

static void pass_uevents(void)
{
	long got;

	if (serve_state.uevent_fd < 0)
		return;
	while ((got = SYSCALL(recvfrom, serve_state.uevent_fd, (long)chunk, CHUNK, MSG_DONTWAIT, 0,
			      0)) > 0)
		wire_say(WIRE_UEVENT, 0, 0, chunk, (size_t)got);
}

/* ---- requests ---- */

struct request {
	struct wire_header header;
	/* Both in the window. */
	const char *text; /* path or name, NUL-terminated */
	char *rest;	  /* what follows its NUL */
	size_t rest_length;
};

static void answer(long result, uint64_t number)
{
	log_end_line();
	pass_uevents();
	in_call = false;
	wire_say(WIRE_RESULT, result, number, NULL, 0);
}

static void do_load(const struct request *r)
{
	long result;

	set_name("insmod");
	track_new_generation();
	show_next_load(r->header.number == 1);
	result = SYSCALL(init_module, (long)r->rest, (long)r->rest_length, (long)r->text);
	set_name("lkm");
	answer(result, 0);
}

static void do_unload(const struct request *r)
{
	long result;

	set_name("rmmod");
	track_new_generation();
	result = SYSCALL(delete_module, (long)r->text, r->header.value);
	set_name("lkm");
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

/* The first look at a directory makes its entries in the kernel's memory, and a restored kernel
 * would do so, page by page, in every run. */
static void look_around(void)
{
	size_t top = window_top();
	char *paths = window_push(sizeof(engine_places));

	memcpy(paths, engine_places, sizeof(engine_places));
	listing_send(paths, paths + sizeof(engine_places), ENGINE_LIST_NAMES, true);
	window_pop(top);
}

/* ---- the loop ---- */

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

/* The first pages of the window: a restored process and a booted one have them alike. */
static void set_up_window(void)
{
	window_pop(0);
	chunk = window_push(CHUNK);
	if (!payload.p)
		payload = (struct buf){.p = window_take(PAYLOAD_SIZE), .size = PAYLOAD_SIZE};
}

_Noreturn void serve_resume(void)
{
	struct request r;
	size_t top;

	set_up_window();
	top = window_top();
	program_allow_modprobe();
	clock_start();
	for (;;) {
		wire_hear(&r.header, &payload);
		in_call = true;
		r.text = buf_string(&payload);
		r.rest = payload.p + strlen(r.text) + 1;
		r.rest_length =
			(size_t)(payload.p + payload.n > r.rest ? payload.p + payload.n - r.rest
								: 0);
		clock_set_limit(WAIT_LIMIT_NS);
		perform(&r);
		window_pop(top);
	}
}

_Noreturn void serve_start(void)
{
	bool first = !serve_state.started;

	serve_state.started = true;
	set_up_window();
	user_enter();
	set_name("lkm");
	if (first) {
		mount_all();
		allow_cipher_tests();
		look_around();
	}
	open_uevents();
	if (first && when_ready) {
		sleep_ms(QUIET_MS);
		when_ready();
	}
	if (in_call)
		answer(ENGINE_KILLED, 0);
	serve_resume();
}
