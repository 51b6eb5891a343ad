/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the running kernel does at the moment, as far as this user may read it:
 *
 *	/proc/sys/kernel/tainted		decimal number
 *	/proc/sys/kernel/modules_disabled	"0" or "1"
 *	/proc/cmdline				module_blacklist=a,b
 *	/proc/modules				by engine/host
 *	sig_enforce, lockdown			by sign/machine
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/check.h"
#include "sign/machine.h"

enum { TEXT_MAX = 1 << 16 };

static bool read_text(const char *root, const char *path, struct buf *out)
{
	DEFER(mem_freep) char *whole = mem_format("%s%s", root, path);

	return whole && file_read(whole, TEXT_MAX, out, NULL) == 0 && buf_string(out);
}

void check_running_note(struct check_running *running, const char *sentence)
{
	const char **slot = vec_push(&running->unread);

	if (slot)
		*slot = sentence;
}

static void read_numbers(struct check_running *running, const char *root)
{
	DEFER(buf_free) struct buf tainted = {0};
	DEFER(buf_free) struct buf disabled = {0};

	if (read_text(root, "/proc/sys/kernel/tainted", &tainted))
		running->taints = (unsigned int)strtoul(tainted.p, NULL, 10);
	if (read_text(root, "/proc/sys/kernel/modules_disabled", &disabled))
		running->policy.modules_disabled = disabled.p[0] == '1';
	else
		check_running_note(
			running,
			"whether it takes modules at all: /proc/sys/kernel/modules_disabled cannot "
			"be read");
}

static void read_blacklist(struct check_running *running, const char *root)
{
	static const char option[] = "module_blacklist=";
	DEFER(buf_free) struct buf line = {0};
	const char *found;

	if (!read_text(root, "/proc/cmdline", &line))
		return;
	found = strstr(line.p, option);
	if (!found)
		return;
	found += strlen(option);
	buf_add(&running->blacklist, found, strcspn(found, " \n"));
	if (buf_string(&running->blacklist))
		running->policy.blacklist = running->blacklist.p;
}

static int read_policy(struct check_running *running, const char *root, struct err *err)
{
	DEFER(keyring_freep) struct keyring *ring = NULL;
	struct sign_machine machine;
	int code = keyring_new(&ring, err);

	if (code == 0)
		code = sign_machine_read(&machine, root, ring, err);
	if (code < 0)
		return code;
	running->policy.sig_enforce = machine.enforce == SIGN_YES;
	running->policy.lockdown = machine.lockdown == SIGN_LOCKDOWN_INTEGRITY ||
				   machine.lockdown == SIGN_LOCKDOWN_CONFIDENTIALITY;
	if (machine.enforce == SIGN_UNKNOWN)
		check_running_note(
			running,
			"whether unsigned modules are refused: sig_enforce cannot be read");
	if (machine.lockdown == SIGN_LOCKDOWN_UNKNOWN)
		check_running_note(
			running,
			"whether unsigned modules are refused: /sys/kernel/security/lockdown "
			"cannot be read");
	return 0;
}

static int read_present(struct check_running *running, struct err *err)
{
	static const enum load_state states[] = {
		[HOST_LIVE] = LOAD_LIVE,
		[HOST_COMING] = LOAD_COMING,
		[HOST_GOING] = LOAD_GOING,
		[HOST_UNSTATED] = LOAD_LIVE,
	};

	vec_foreach (&running->loaded.list, module) {
		struct load_present *slot = vec_push(&running->present);

		if (!slot)
			return err_no_memory(err);
		*slot = (struct load_present){module->name, states[module->state]};
	}
	return 0;
}

int check_running_read(struct check_running *running, const char *root, struct err *err)
{
	const struct host host = {root};
	int code;

	read_numbers(running, root);
	read_blacklist(running, root);
	if (host_modules_read(&host, &running->loaded, NULL) < 0)
		check_running_note(running,
				   "which modules are loaded: /proc/modules cannot be read");
	code = read_present(running, err);
	return code < 0 ? code : read_policy(running, root, err);
}

void check_running_free(struct check_running *running)
{
	buf_free(&running->blacklist);
	host_modules_free(&running->loaded);
	vec_free(&running->present);
	vec_free(&running->unread);
}
