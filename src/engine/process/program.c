/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/program.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/process/guest.h"
#include "engine/process/hooks.h"
#include "engine/process/log.h"
#include "engine/process/syscall.h"
#include "engine/process/wire.h"

enum { GUEST_ENOENT = -2, GUEST_EEXIST = -17 };

static bool modprobe_allowed;

void program_allow_modprobe(void)
{
	modprobe_allowed = true;
}

static void set_name(const char *name)
{
	strncpy((char *)guest_current() + guest.task_comm, name, 15);
}

/* Loads what the supervisor sends. The name is argv[3] of "modprobe -q -- NAME". */
static _Noreturn void modprobe(const char *const *argv)
{
	struct buf module = {0};
	struct wire_header header;
	long status = 0;

	set_name("modprobe");
	wire_say(WIRE_REQUEST, 0, 0, argv[3], strlen(argv[3]));
	for (;;) {
		long code;

		wire_hear(&header, &module);
		if (header.type != WIRE_MODULE)
			break;
		code = syscall_direct(GUEST_SYS_init_module,
				      (long[6]){(long)module.p, (long)module.n, (long)""});
		if (code < 0 && code != GUEST_EEXIST)
			status = 1;
	}
	buf_free(&module);
	if (header.value < 0)
		status = 1;
	guest.do_exit(status << 8);
	__builtin_unreachable();
}

int program_execve(const char *path, const char *const *argv, const char *const *envp)
{
	if (guest_current_pid() == 1)
		return 1;
	if (!modprobe_allowed || strcmp(path, (const char *)guest.modprobe_path) != 0)
		return GUEST_ENOENT;
	for (int i = 0; i < 4; i++)
		if (!argv[i])
			return GUEST_ENOENT;
	modprobe(argv);
}

_Noreturn void program_end(int kind, const char *sentence)
{
	log_drain();
	wire_say(WIRE_END, kind, 0, sentence, strlen(sentence));
	_exit(0);
}

_Noreturn void program_stalled(void)
{
	program_end(ENGINE_STALL, "the call waits for something that never happens");
}

void program_machine_end(void)
{
	program_end(ENGINE_PANIC, "the kernel stopped the machine");
}
