// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the compiler says about types of the kernel, as numbers in a section of the object file:
 * size of the type, then offset and size of one member of it.
 */
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>

#define ROW(type, member)                                                                          \
	{                                                                                          \
		sizeof(type), offsetof(type, member), sizeof(((type *)0)->member)                  \
	}

static const unsigned long layout[][3] __attribute__((section(".layout"), used)) = {
	ROW(struct task_struct, comm), ROW(struct task_struct, thread.sp),
	ROW(struct page, _refcount),   ROW(struct file, f_op),
	ROW(struct module, init),      ROW(struct module, name),
	ROW(struct inode, i_sb),       ROW(struct sk_buff, cb),
	ROW(struct seq_file, lock),    ROW(struct device, kobj.parent),
	ROW(struct super_block, s_id), ROW(struct work_struct, entry.next),
};

MODULE_DESCRIPTION("Layout of types, for comparison");
MODULE_LICENSE("GPL");
