// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev - a character device: a notepad that everybody who opens it shares.
 *
 *	echo hello >/dev/chardev_example	appends
 *	cat /dev/chardev_example		reads from the start
 *
 * A misc device needs no major number of its own, and its node in /dev appears and goes by itself.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "chardev.h"

static char text[256];
static size_t used;
static DEFINE_MUTEX(lock); /* protects text and used; may sleep, as copying from a user may */
static DECLARE_WAIT_QUEUE_HEAD(more_text);

static ssize_t chardev_read(struct file *file, char __user *to, size_t count, loff_t *position)
{
	ssize_t done;

	if (mutex_lock_interruptible(&lock))
		return -ERESTARTSYS; /* a signal came: the system call is made again after it */
	/* Never more than there is, never beyond the user's buffer, 0 at the end. */
	done = simple_read_from_buffer(to, count, position, text, used);
	mutex_unlock(&lock);
	return done;
}

static ssize_t chardev_write(struct file *file, const char __user *from, size_t count,
			     loff_t *position)
{
	ssize_t done = -ENOSPC;

	if (mutex_lock_interruptible(&lock))
		return -ERESTARTSYS;
	count = min(count, sizeof(text) - used);
	if (count) {
		/* The pointer is the user's and may be wrong: only copy_from_user() reads it. */
		done = copy_from_user(text + used, from, count) ? -EFAULT : count;
		if (done > 0)
			used += done;
	}
	mutex_unlock(&lock);
	if (done > 0)
		wake_up_interruptible(&more_text);
	return done;
}

static int truncate_to(__u32 length)
{
	if (length > used)
		return -EINVAL;
	used = length;
	return 0;
}

static long ioctl_locked(unsigned int command, void __user *argument)
{
	struct chardev_status status = {.used = used, .capacity = sizeof(text)};
	__u32 length;

	switch (command) {
	case CHARDEV_IOC_CLEAR:
		return truncate_to(0);
	case CHARDEV_IOC_STATUS:
		return copy_to_user(argument, &status, sizeof(status)) ? -EFAULT : 0;
	case CHARDEV_IOC_TRUNCATE:
		if (copy_from_user(&length, argument, sizeof(length)))
			return -EFAULT;
		return truncate_to(length);
	default:
		return -ENOTTY; /* "inappropriate ioctl for device" */
	}
}

static long chardev_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	long answer;

	mutex_lock(&lock);
	answer = ioctl_locked(command, (void __user *)argument);
	mutex_unlock(&lock);
	return answer;
}

/* poll_wait() does not wait: it notes where to be woken, and we tell how things are now. */
static __poll_t chardev_poll(struct file *file, poll_table *table)
{
	__poll_t ready = 0;

	poll_wait(file, &more_text, table);
	mutex_lock(&lock);
	if (file->f_pos < used)
		ready |= EPOLLIN | EPOLLRDNORM;
	if (used < sizeof(text))
		ready |= EPOLLOUT | EPOLLWRNORM;
	mutex_unlock(&lock);
	return ready;
}

static const struct file_operations chardev_operations = {
	.owner = THIS_MODULE, /* an open file keeps the module loaded */
	.read = chardev_read,
	.write = chardev_write,
	.llseek = default_llseek,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = chardev_poll,
};

static struct miscdevice chardev_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "chardev_example",
	.fops = &chardev_operations,
	.mode = 0666,
};

/* Nothing else to do at load and unload: this makes both functions. */
module_misc_device(chardev_device);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A character device with read, write, ioctl and poll");
