/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nothing of the host around the process: a network namespace without an interface, a mount
 * namespace with one empty file system, and a Landlock domain in which nothing is allowed. All of
 * it needs no privilege where the host has user namespaces for everybody.
 */
#include "engine/process/sandbox.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/engine.h"

/* A directory that every host has, to mount the new root at for the moment. */
static const char PASSAGE[] = "/proc";

/* In a chroot "/" is a directory like others: it cannot be exchanged, nor be kept from sharing its
 * mounts with the host. Who enters a mount namespace gets its true root, also in his own. */
static void leave_chroot(void)
{
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (self >= 0) {
		setns(self, CLONE_NEWNS);
		close(self);
	}
}

/* The working directory becomes the root. A host that runs from its initramfs has a root that
 * cannot be exchanged, only covered. */
static bool become_root(void)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
	return mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0 && chdir("/") == 0;
}

static bool empty_root(void)
{
	const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

	leave_chroot();
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", PASSAGE, "tmpfs", flags, "size=4k,mode=555") == 0 &&
	       chdir(PASSAGE) == 0 && become_root();
}

/* In a user namespace these are allowed to anybody; where that is forbidden, root may still. */
static int leave_namespaces(void)
{
	int left = 0;

	unshare(CLONE_NEWUSER);
	if (unshare(CLONE_NEWNET) == 0)
		left |= ENGINE_ISOLATION_NETWORK;
	if (unshare(CLONE_NEWNS) == 0 && empty_root())
		left |= ENGINE_ISOLATION_FILES;
	return left;
}

/* A new user namespace gives all capabilities in it, and root has some anyway. */
static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
		;
	syscall(SYS_capset, &header, none);
}

/*
 * Landlock's struct and numbers; the library's headers know only those of its day. What a ruleset
 * handles and no rule allows is forbidden.
 */
struct ruleset {
	uint64_t files, network, scoped;
};

static const struct {
	int version; /* of the interface, in which the size and the last bits are new */
	size_t size;
	struct ruleset all;
} rulesets[] = {
	{6, 24, {0xffff, 3, 3}}, /* signals and abstract sockets */
	{5, 16, {0xffff, 3, 0}}, /* ioctl of devices */
	{4, 16, {0x7fff, 3, 0}}, /* TCP */
	{3, 8, {0x7fff, 0, 0}},	 /* truncate */
	{2, 8, {0x3fff, 0, 0}},	 /* links and renames between directories */
	{1, 8, {0x1fff, 0, 0}},
};

enum { LANDLOCK_VERSION = 1 }; /* the flag that asks for it */

static bool restrict_by_landlock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION), fd;
	size_t i = 0;
	bool restricted;

	if (version < 1)
		return false;
	while (rulesets[i].version > version)
		i++;
	fd = syscall(SYS_landlock_create_ruleset, &rulesets[i].all, rulesets[i].size, 0);
	restricted = fd >= 0 && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	if (fd >= 0)
		close((int)fd);
	return restricted;
}

int sandbox_leave_world(void)
{
	/* A Landlock domain cannot mount. */
	int left = leave_namespaces();

	drop_capabilities();
	return left | (restrict_by_landlock() ? ENGINE_ISOLATION_LANDLOCK : 0);
}
