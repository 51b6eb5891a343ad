/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/serve.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/places.h"
#include "engine/process/clock.h"
#include "engine/process/listing.h"
#include "engine/process/program.h"
#include "engine/process/request.h"
#include "engine/process/serve_state.h"
#include "engine/process/syscall.h"
#include "engine/process/uevent.h"
#include "engine/process/user.h"
#include "engine/process/window.h"

enum { QUIET_MS = 200 }; /* guest time in which what the boot started comes to rest */

struct serve_state serve_state = {.uevent_fd = -1};
static void (*when_ready)(void);

void serve_when_ready(void (*ready)(void))
{
	when_ready = ready;
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

_Noreturn void serve_resume(void)
{
	request_set_up();
	program_allow_modprobe();
	clock_start();
	for (;;)
		request_serve();
}

_Noreturn void serve_start(void)
{
	bool first = !serve_state.started;

	serve_state.started = true;
	request_set_up();
	user_enter();
	request_name_worker("lkm");
	if (first) {
		mount_all();
		allow_cipher_tests();
		look_around();
	}
	uevent_open();
	if (first && when_ready) {
		sleep_ms(QUIET_MS);
		when_ready();
	}
	request_end_killed();
	serve_resume();
}
