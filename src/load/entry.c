/* SPDX-License-Identifier: GPL-2.0-only */
/* What the system calls check themselves, before they look into the file. */
#include <errno.h>

#include "load/walk.h"

enum { KNOWN_FLAGS = LOAD_IGNORE_MODVERSIONS | LOAD_IGNORE_VERMAGIC | LOAD_COMPRESSED };

bool entry_step(struct walk *walk)
{
	const struct load_request *request = walk->request;

	if (request->policy.modules_disabled)
		walk_reason(walk, "L-SYS-01", -EPERM, "the system takes no more modules")->fix =
			"only a reboot ends that (/proc/sys/kernel/modules_disabled)";
	else if (!request->init_module && (request->flags & ~(unsigned int)KNOWN_FLAGS))
		walk_reason(walk, "L-SYS-02", -EINVAL, "finit_module(2) knows no flags 0x%x",
			    request->flags & ~(unsigned int)KNOWN_FLAGS);
	else if (!request->init_module && walk->file.n == 0)
		walk_reason(walk, "L-SYS-06", -EINVAL, "the file is empty");
	else if (!request->init_module && walk->file.n > INT32_MAX)
		walk_reason(walk, "L-SYS-07", -EFBIG, "the file is larger than 2 GiB");
	else if (request->init_module && walk->file.n < sizeof(Elf64_Ehdr))
		walk_reason(walk, "L-SYS-10", -ENOEXEC, "%zu bytes are no module", walk->file.n);
	else if ((request->flags & LOAD_COMPRESSED) && !walk->kernel->decompress)
		walk_reason(walk, "L-ZIP-01", -EOPNOTSUPP,
			    "the kernel cannot unpack modules itself")
			->fix = "unpack the module, as insmod and modprobe do";
	return walk->step_code == 0;
}

/* A list of the kernel's command line: names between commas. */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
		if (strncmp(list, name, length) == 0 && (list[length] == ',' || !list[length]))
			return true;
	return false;
}

bool blacklist_step(struct walk *walk)
{
	if (!is_listed(walk->request->policy.blacklist, walk->info_name))
		return true;
	walk_reason(walk, "L-BLK-01", -EPERM, "the kernel's command line forbids the module %s",
		    walk->info_name)
		->fix = "remove it from module_blacklist= on the kernel's command line";
	walk_line(walk, 3, "Module %s is blacklisted", walk->info_name);
	return true;
}
