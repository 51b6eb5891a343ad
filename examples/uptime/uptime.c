// SPDX-License-Identifier: GPL-2.0-only
/*
 * uptime - a file in /proc that tells how long the module has been loaded.
 *
 * The text is made when somebody reads. seq_file does the tedious part: it grows the buffer until
 * the text fits, and serves readers that take it in small pieces.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#define FILE_NAME "uptime_example"

static ktime_t loaded_at;
static atomic_t times_read = ATOMIC_INIT(0); /* two processes may read at the same moment */

static int uptime_show(struct seq_file *file, void *unused)
{
	s64 age = ktime_divns(ktime_sub(ktime_get(), loaded_at), NSEC_PER_SEC);

	seq_printf(file, "loaded: %lld s ago\n", age);
	seq_printf(file, "read:   %d times\n", atomic_inc_return(&times_read));
	return 0;
}

static int __init uptime_init(void)
{
	loaded_at = ktime_get();
	/* From here on the file can be read: everything it shows must be ready. */
	if (!proc_create_single(FILE_NAME, 0444, NULL, uptime_show))
		return -ENOMEM;
	pr_info("read /proc/" FILE_NAME "\n");
	return 0;
}

static void __exit uptime_exit(void)
{
	/* Waits until the last reader is out of uptime_show(). */
	remove_proc_entry(FILE_NAME, NULL);
	pr_info("was read %d times\n", atomic_read(&times_read));
}

module_init(uptime_init);
module_exit(uptime_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A /proc entry through seq_file");
