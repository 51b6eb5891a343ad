// SPDX-License-Identifier: GPL-2.0-only
/*
 * loglevels - the levels of the kernel log, a rate limit, and messages that sleep until wanted.
 *
 *	insmod loglevels.ko level=3		one message at level 3, KERN_ERR
 *	echo 20 >/sys/module/loglevels/parameters/flood		twenty messages: the first five pass
 *	echo 'module loglevels +p' >/sys/kernel/debug/dynamic_debug/control	wakes pr_debug()
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/ratelimit.h>

/* Each call has its level in the text itself, so the level cannot be an argument. */
static int say(unsigned int level)
{
	switch (level) {
	case 0:
		pr_emerg("the system is unusable\n");
		break;
	case 1:
		pr_alert("somebody must act at once\n");
		break;
	case 2:
		pr_crit("critical\n");
		break;
	case 3:
		pr_err("an error\n");
		break;
	case 4:
		pr_warn("a warning\n");
		break;
	case 5:
		pr_notice("normal, but worth a notice\n");
		break;
	case 6:
		pr_info("for information\n");
		break;
	case 7:
		/* Compiled in, but asleep: dynamic debug switches each such line on and off. */
		pr_debug("for whoever looks for a defect\n");
		break;
	default:
		return -EINVAL;
	}
	return 0;
}

static unsigned int level = 6;

static int level_set(const char *text, const struct kernel_param *param)
{
	return param_set_uint_minmax(text, param, 0, 7) ?: say(level);
}

static const struct kernel_param_ops level_ops = {
	.set = level_set,
	.get = param_get_uint,
};
module_param_cb(level, &level_ops, &level, 0644);
MODULE_PARM_DESC(level, "says something at this level: 0 (emergency) to 7 (debug)");

/*
 * What an attacker or a broken device can trigger must not fill the disk: five messages per
 * second, and then a count of those that were left out.
 */
static int flood_set(const char *text, const struct kernel_param *param)
{
	static DEFINE_RATELIMIT_STATE(limit, HZ, 5);
	unsigned int count, i;
	int error = kstrtouint(text, 0, &count);

	if (error)
		return error;
	for (i = 1; i <= count; i++)
		if (__ratelimit(&limit))
			pr_info("message %u of %u\n", i, count);
	return 0;
}

static const struct kernel_param_ops flood_ops = {
	.set = flood_set,
};
module_param_cb(flood, &flood_ops, NULL, 0200);
MODULE_PARM_DESC(flood, "says something that many times, five times per second at most");

static int __init loglevels_init(void)
{
	pr_debug("loaded\n");
	return 0;
}

static void __exit loglevels_exit(void)
{
	pr_debug("unloaded\n");
}

module_init(loglevels_init);
module_exit(loglevels_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("The levels of the kernel log, a rate limit and dynamic debug");
