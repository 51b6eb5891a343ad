// SPDX-License-Identifier: GPL-2.0-only
/*
 * params - module parameters of several types, at load and afterwards.
 *
 *	insmod params.ko number=42 name=moon numbers=1,2,3
 *	cat /sys/module/params/parameters/number
 *
 * The last argument of module_param() is the mode of the file below /sys/module/params/parameters:
 * 0644 can be changed at any time, 0444 only read, 0200 only written, 0 has no file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static int number = 7;
module_param(number, int, 0644);
MODULE_PARM_DESC(number, "any number");

static bool verbose;
module_param(verbose, bool, 0644);
MODULE_PARM_DESC(verbose, "report the values at load, too");

/*
 * 0444: a write would free the old string while somebody may be reading it. Whoever wants a
 * string that can be changed reads it under kernel_param_lock().
 */
static char *name = "world";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "whom to greet");

static int numbers[4];
static unsigned int numbers_count;
module_param_array(numbers, int, &numbers_count, 0444);
MODULE_PARM_DESC(numbers, "up to four numbers, separated by commas");

/* A parameter can bring its own functions: this one refuses what is out of range. */
static unsigned int percent = 50;

static int percent_set(const char *text, const struct kernel_param *param)
{
	return param_set_uint_minmax(text, param, 0, 100);
}

static const struct kernel_param_ops percent_ops = {
	.set = percent_set,
	.get = param_get_uint,
};
module_param_cb(percent, &percent_ops, &percent, 0644);
MODULE_PARM_DESC(percent, "0 to 100");

static void report(void)
{
	unsigned int i;

	pr_info("number=%d percent=%u verbose=%d name=%s\n", number, percent, verbose, name);
	for (i = 0; i < numbers_count; i++)
		pr_info("numbers[%u]=%d\n", i, numbers[i]);
}

/* Nothing is stored here: writing to the file is the way to ask for something. */
static int report_set(const char *text, const struct kernel_param *param)
{
	report();
	return 0;
}

static const struct kernel_param_ops report_ops = {
	.set = report_set,
};
module_param_cb(report, &report_ops, NULL, 0200);
MODULE_PARM_DESC(report, "write anything to see all values in the log");

static int __init params_init(void)
{
	pr_info("hello, %s\n", name);
	if (verbose)
		report();
	return 0;
}

static void __exit params_exit(void)
{
	pr_info("goodbye, %s\n", name);
}

module_init(params_init);
module_exit(params_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Module parameters of several types");
