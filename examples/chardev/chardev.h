/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* The ioctl interface of /dev/chardev_example, for the module and for programs. */
#ifndef CHARDEV_H
#define CHARDEV_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Types of fixed size, no holes: a 32-bit program under a 64-bit kernel sees the same struct. */
struct chardev_status {
	__u32 used;	/* bytes of text */
	__u32 capacity; /* bytes there is room for */
};

#define CHARDEV_IOC_MAGIC 0xE0
#define CHARDEV_IOC_CLEAR _IO(CHARDEV_IOC_MAGIC, 0)
#define CHARDEV_IOC_STATUS _IOR(CHARDEV_IOC_MAGIC, 1, struct chardev_status)
/* Keeps so many bytes of the text; -EINVAL when it is shorter. */
#define CHARDEV_IOC_TRUNCATE _IOW(CHARDEV_IOC_MAGIC, 2, __u32)

#endif
