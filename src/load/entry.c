/* SPDX-License-Identifier: GPL-2.0-only */
/* What the system calls check themselves, before they look into the file. */
#include <errno.h>

#include "base/buf.h"
#include "load/walk.h"

enum { KNOWN_FLAGS = LOAD_IGNORE_MODVERSIONS | LOAD_IGNORE_VERMAGIC | LOAD_COMPRESSED };

/* A kernel knows the one form that it is configured for. */
static const struct {
	const char *option, *line;
	enum ko_container form;
} packings[] = {
	{"CONFIG_MODULE_COMPRESS_GZIP", "not a gzip compressed module", KO_GZIP},
	{"CONFIG_MODULE_COMPRESS_XZ", "not an xz compressed module", KO_XZ},
	{"CONFIG_MODULE_COMPRESS_ZSTD", "not a zstd compressed module", KO_ZSTD},
};

static bool unpack_as(struct walk *walk, size_t packing)
{
	DEFER(buf_free) struct buf unpacked = {0};
	struct err err;
	void *kept;

	if (ko_container_of(walk->file) != packings[packing].form) {
		walk_reason(walk, "L-ZIP-02", -EINVAL, "it is not packed as the kernel wants it")
			->fix = "load it without the flag for compressed files";
		walk_line(walk, 3, "%s", packings[packing].line);
		return false;
	}
	if (ko_container_unpack(walk->file, "the module", KO_UNPACKED_MAX, &unpacked, &err) < 0) {
		walk_reason(walk, "L-ZIP-03", -EINVAL, "it cannot be unpacked: %s", err.text);
		return false;
	}
	kept = arena_alloc(walk->arena, unpacked.n + 1);
	if (!kept) {
		walk->no_memory = true;
		return false;
	}
	memcpy(kept, unpacked.p, unpacked.n);
	walk->file = span_of(kept, unpacked.n);
	return true;
}

static bool unpack(struct walk *walk)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
		if (image_config(walk->kernel->image, packings[i].option))
			return unpack_as(walk, i);
	return true;
}

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
	return walk->step_code == 0 && (!(request->flags & LOAD_COMPRESSED) || unpack(walk));
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
