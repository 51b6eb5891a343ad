/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of error numbers: the C library's, and those that stay inside a kernel. */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"

/* include/linux/errno.h; they should not reach a user, but modules return them. */
static const struct {
	long number;
	const char *name, *text;
} inner[] = {
	{512, "ERESTARTSYS", "interrupted, to be restarted"},
	{513, "ERESTARTNOINTR", "interrupted, to be restarted"},
	{514, "ERESTARTNOHAND", "interrupted, to be restarted"},
	{515, "ENOIOCTLCMD", "no such ioctl command"},
	{516, "ERESTART_RESTARTBLOCK", "interrupted, to be restarted"},
	{517, "EPROBE_DEFER", "the driver asks to be probed again later"},
	{518, "EOPENSTALE", "an open found a stale entry"},
	{519, "ENOPARAM", "parameter not supported"},
	{524, "ENOTSUPP", "operation is not supported"},
};

const char *run_errno_name(long number, char *space, size_t size)
{
	const char *name = number > 0 && number < 512 ? strerrorname_np((int)number) : NULL;

	for (size_t i = 0; !name && i < sizeof(inner) / sizeof(inner[0]); i++) {
		if (inner[i].number == number)
			name = inner[i].name;
	}
	if (name)
		return name;
	snprintf(space, size, "%ld", number);
	return space;
}

const char *run_errno_text(long number)
{
	const char *text = number > 0 && number < 512 ? strerrordesc_np((int)number) : NULL;

	for (size_t i = 0; !text && i < sizeof(inner) / sizeof(inner[0]); i++) {
		if (inner[i].number == number)
			text = inner[i].text;
	}
	return text ? text : "unknown error number";
}
