/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/program.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "engine/engine.h"
#include "engine/process/guest.h"
#include "engine/process/hooks.h"
#include "engine/process/layout.h"
#include "engine/process/log.h"
#include "engine/process/syscall.h"
#include "engine/process/window.h"
#include "engine/process/wire.h"

enum { GUEST_ENOENT = -2, GUEST_ENOMEM = -12, GUEST_EEXIST = -17, TASK_UNINTERRUPTIBLE = 2 };

/* The kernel itself allows 50 at a time. */
enum { MODPROBES = 64, PATIENCE_MS = 10000 };

static bool modprobe_allowed;

void program_allow_modprobe(void)
{
	modprobe_allowed = true;
}

static void set_name(const char *name)
{
	strncpy((char *)guest_current() + guest.task_comm, name, 15);
}

/* Tasks that have executed modprobe and not yet left for user mode. */
static struct {
	int pid; /* 0: free */
	char name[128];
} modprobes[MODPROBES];

typedef VEC(struct buf) module_list;

/* All of the answer, before anything of it is used: while a module is loaded other tasks run, and
 * what they hear must not be the rest of this. Returns 0 or a negative errno. */
static long hear_modules(module_list *modules)
{
	struct buf payload = {0}, *module;
	struct wire_header header;

	for (;;) {
		wire_hear(&header, &payload);
		if (header.type != WIRE_MODULE)
			break;
		module = vec_push(modules);
		if (!module)
			program_end(ENGINE_MEMORY, "no memory for the modules it asked for");
		*module = payload;
		payload = (struct buf){0};
	}
	buf_free(&payload);
	return header.type == WIRE_MODULES_END ? (long)header.value : GUEST_ENOENT;
}

/* Room in the window; what others have there they give back soon. */
static char *wait_for_window(size_t length)
{
	char *bytes = window_take(length);

	for (int i = 0; !bytes && i < PATIENCE_MS; i++) {
		guest.msleep(1);
		bytes = window_take(length);
	}
	return bytes;
}

/* From the window, whose memory the system call takes for a user's. */
static long load_module(const struct buf *module)
{
	char *bytes = wait_for_window(module->n + 1);
	long code;

	if (!bytes)
		return GUEST_ENOMEM;
	memcpy(bytes, module->p, module->n);
	/* No parameters: the NUL behind the module. */
	code = syscall_direct(GUEST_SYS_init_module,
			      (long[6]){(long)bytes, (long)module->n, (long)(bytes + module->n)});
	window_give(bytes, module->n + 1);
	return code;
}

static long request_modules(const char *name)
{
	module_list modules = {0};
	long failed, code;

	wire_say(WIRE_REQUEST, 0, 0, name, strlen(name));
	failed = hear_modules(&modules) < 0;
	vec_foreach (&modules, module) {
		code = load_module(module);
		failed |= code < 0 && code != GUEST_EEXIST;
		buf_free(module);
	}
	vec_free(&modules);
	return failed;
}

static _Noreturn void modprobe(const char *name)
{
	set_name("modprobe");
	guest.do_exit(request_modules(name) << 8);
	__builtin_unreachable();
}

/* argv is "modprobe -q -- NAME"; the kernel frees it before the program runs. */
static int execute_modprobe(const char *const *argv)
{
	for (int i = 0; i < 4; i++)
		if (!argv[i])
			return GUEST_ENOENT;
	for (int i = 0; i < MODPROBES; i++) {
		if (modprobes[i].pid)
			continue;
		modprobes[i].pid = guest_current_pid();
		strncpy(modprobes[i].name, argv[3], sizeof(modprobes[i].name) - 1);
		return 0;
	}
	return GUEST_ENOENT;
}

int program_execve(const char *path, const char *const *argv, const char *const *envp)
{
	if (guest_current_pid() == 1)
		return 0;
	if (!modprobe_allowed || strcmp(path, (const char *)guest.modprobe_path) != 0)
		return GUEST_ENOENT;
	return execute_modprobe(argv);
}

int program_enter(void)
{
	int pid = guest_current_pid();
	char name[sizeof(modprobes->name)];

	for (int i = 0; i < MODPROBES; i++) {
		if (modprobes[i].pid != pid)
			continue;
		memcpy(name, modprobes[i].name, sizeof(name));
		modprobes[i].pid = 0;
		modprobe(name);
	}
	return pid == 1 ? PROGRAM_INIT : PROGRAM_WORKER;
}

_Noreturn void program_end(int kind, const char *sentence)
{
	log_drain();
	wire_say(WIRE_END, kind, 0, sentence, strlen(sentence));
	_exit(0);
}

_Noreturn void program_stalled(void)
{
	if (guest.show_state_filter)
		guest.show_state_filter(TASK_UNINTERRUPTIBLE);
	program_end(ENGINE_STALL, "the call waits for something that never happens");
}

void program_machine_end(void)
{
	program_end(ENGINE_PANIC, "the kernel stopped the machine");
}
