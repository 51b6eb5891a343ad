// SPDX-License-Identifier: GPL-2.0-only
/* A parameter of each type. */
#include <linux/module.h>

static bool flag, reversed, once = true;
static int flag_number, number, unsafe_number, hidden, twice, both;
static unsigned char small;
static short half;
static unsigned short positive_half;
static unsigned int positive, hex;
static long wide;
static unsigned long positive_wide;
static unsigned long long widest;
static char *text = "default";
static char word[8] = "abc";
static int list[4], list_count, open_list[3];
static char *words[3];
static int words_count;
static bool flags[2];
static unsigned char bytes[3];
static unsigned int hardware;

module_param(flag, bool, 0644);
module_param(reversed, invbool, 0644);
module_param(once, bool_enable_only, 0644);
module_param(flag_number, bint, 0644);
module_param(small, byte, 0644);
module_param(half, short, 0644);
module_param(positive_half, ushort, 0644);
module_param(number, int, 0644);
module_param(positive, uint, 0444);
module_param(wide, long, 0644);
module_param(positive_wide, ulong, 0644);
module_param(widest, ullong, 0644);
module_param(hex, hexint, 0644);
module_param(text, charp, 0644);
module_param_string(word, word, sizeof(word), 0644);
module_param_array(list, int, &list_count, 0644);
module_param_array(open_list, int, NULL, 0644);
module_param_array(words, charp, &words_count, 0444);
module_param_array(flags, bool, NULL, 0);
module_param_array(bytes, byte, NULL, 0);
module_param(hidden, int, 0);
module_param_unsafe(unsafe_number, int, 0644);
module_param_named(first_name, twice, int, 0200);
module_param_named(with_minus, both, int, 0600);
module_param_hw(hardware, uint, ioport, 0444);

static int own_set(const char *value, const struct kernel_param *param)
{
	return value && *value == 'y' ? 0 : -ERANGE;
}

static const struct kernel_param_ops own_ops = {
	.set = own_set,
};
module_param_cb(own, &own_ops, NULL, 0200);

static const struct kernel_param_ops free_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = own_set,
};
module_param_cb(own_free, &free_ops, NULL, 0200);

static int __init cparams_init(void)
{
	return 0;
}
module_init(cparams_init);

static void __exit cparams_exit(void)
{
}
module_exit(cparams_exit);

MODULE_LICENSE("GPL");
