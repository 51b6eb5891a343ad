/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/child.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/process/boot.h"
#include "engine/process/hook.h"
#include "engine/process/log.h"
#include "engine/process/page_table.h"
#include "engine/process/pages.h"
#include "engine/process/part.h"
#include "engine/process/program.h"
#include "engine/process/sandbox.h"
#include "engine/process/serve.h"
#include "engine/process/snapshot.h"
#include "engine/process/wire.h"
#include "image/image.h"

static struct child_job job;

static _Noreturn void give_up(const struct err *err)
{
	wire_say(WIRE_END, ENGINE_UNABLE, 0, err->text, strlen(err->text));
	_exit(0);
}

/* Returns which walls stand. */
static uint64_t lock_in(void)
{
	struct err err;
	int walls = sandbox_lock(job.socket, pages_fd(), &err);

	if (walls < 0)
		give_up(&err);
	return (uint64_t)walls;
}

/* The kernel is up, its first worker waits for work: the moment to keep. */
static void booted(void)
{
	struct err err = {0};

	log_skip();
	if (job.snapshot >= 0)
		snapshot_save(job.snapshot, job.key, &err);
	close(job.snapshot);
	hook_observe();
	wire_say(WIRE_READY, err.code, lock_in(), err.text, strlen(err.text));
}

static _Noreturn void boot(void)
{
	struct err err;

	serve_when_ready(booted);
	if (job.report_parts)
		part_report();
	if (boot_prepare(job.image, job.command_line, &err) < 0 || boot_connect(&err) < 0)
		give_up(&err);
	/* Everything is copied; as many pages again would stay in memory. */
	image_close(job.image);
	boot_start();
}

static _Noreturn void restore(void)
{
	struct err err;

	if (snapshot_restore(job.snapshot, &err) < 0 || boot_connect(&err) < 0)
		give_up(&err);
	close(job.snapshot);
	boot_take_stack();
	hook_observe();
	wire_say(WIRE_READY, 0, lock_in(), NULL, 0);
	serve_resume();
}

_Noreturn void child_run(const struct child_job *what)
{
	const int keep[] = {what->socket, what->snapshot};
	struct err err;

	job = *what;
	wire_set(job.socket);
	if (job.breakpoints)
		page_table_open_text();
	/* A limit on the size of files shall be an error, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	if (sandbox_enter(job.supervisor, keep, 2, &err) < 0)
		give_up(&err);
	if (job.image)
		boot();
	else
		restore();
}
