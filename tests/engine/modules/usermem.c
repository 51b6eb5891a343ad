// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory, as a module meets it: that of the task which loads it, pages taken from there, a
 * device that can be mapped, and pointers that are no user's. Each line it prints is the same on
 * any machine. With follow=N it makes the mistake to follow a user's pointer itself, which an
 * access of the N-th kind has just gone to.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("uses user memory");

static int follow;
module_param(follow, int, 0);

enum { SIZE = 4 * PAGE_SIZE };

static char kernel_bytes[64] = "the kernel's own";
static char buffer[SIZE];

static unsigned long map(unsigned long protection)
{
	return vm_mmap(NULL, 0, SIZE, protection, MAP_ANONYMOUS | MAP_PRIVATE, 0);
}

static void say(const char *what, long value)
{
	pr_info("%s: %ld\n", what, value);
}

/* Pages that nobody has touched, some of which can only be read. */
static void copies(void)
{
	unsigned long at = map(PROT_READ | PROT_WRITE), constant = map(PROT_READ);
	u32 word = 0;

	say("mapped", !IS_ERR_VALUE(at) && !IS_ERR_VALUE(constant));
	say("zero at first",
	    copy_from_user(buffer, (void __user *)at, SIZE) == 0 && !memchr_inv(buffer, 0, SIZE));
	memset(buffer, 0xa5, SIZE);
	say("left by copy_to_user", copy_to_user((void __user *)at, buffer, SIZE));
	say("put_user", put_user(0x12345678, (u32 __user *)(at + PAGE_SIZE)));
	say("get_user", get_user(word, (u32 __user *)(at + PAGE_SIZE)));
	say("word", word);
	vm_munmap(at + SIZE - PAGE_SIZE, PAGE_SIZE);
	say("left across the end",
	    copy_to_user((void __user *)(at + SIZE - PAGE_SIZE - 8), buffer, 16));
	say("left of a constant", copy_to_user((void __user *)constant, buffer, 64));
	say("clear_user", clear_user((void __user *)at, SIZE));
	say("cleared",
	    copy_from_user(buffer, (void __user *)at, SIZE) == 0 && !memchr_inv(buffer, 0, SIZE));
	say("strnlen_user", strnlen_user((char __user *)at, 100));
	vm_munmap(at, SIZE);
	vm_munmap(constant, SIZE);
	say("left when unmapped", copy_from_user(buffer, (void __user *)at, 100));
}

/* A frame that was mapped is given back and comes again as another one. */
static void remaps(void)
{
	unsigned long at = map(PROT_READ | PROT_WRITE);
	u32 word = 1;

	put_user(0xdead, (u32 __user *)at);
	vm_munmap(at, SIZE);
	at = vm_mmap(NULL, at, SIZE, PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, 0);
	get_user(word, (u32 __user *)at);
	say("mapped anew", word);
	vm_munmap(at, SIZE);
}

static void pages(void)
{
	unsigned long at = map(PROT_READ | PROT_WRITE);
	struct page *page[4];
	long got = get_user_pages_fast(at, 4, FOLL_WRITE, page);
	u32 word = 0;

	say("pages", got);
	for (int i = 0; i < got; i++)
		*(u32 *)page_address(page[i]) = i + 1;
	get_user(word, (u32 __user *)(at + 2 * PAGE_SIZE));
	say("of the third", word);
	put_user(77, (u32 __user *)(at + 3 * PAGE_SIZE));
	say("of the fourth", got == 4 ? *(u32 *)page_address(page[3]) : 0);
	for (int i = 0; i < got; i++)
		put_page(page[i]);
	vm_munmap(at, SIZE);
	say("pages of nothing", get_user_pages_fast(at, 1, FOLL_WRITE, page));
}

static void strangers(void)
{
	char own[64];

	say("the kernel's is a user's", access_ok((void __user *)kernel_bytes, 64) ? 1 : 0);
	say("left from the kernel", copy_from_user(own, (void __user *)kernel_bytes, 64));
	say("left to the kernel", copy_to_user((void __user *)kernel_bytes, own, 64));
	say("get_user of the kernel", get_user(own[0], (char __user *)kernel_bytes));
	say("put_user to the stack", put_user(1, (char __user *)own));
	say("strncpy_from_user", strncpy_from_user(own, (char __user *)kernel_bytes, 64));
	say("still there", !strcmp(kernel_bytes, "the kernel's own"));
}

/* ---- a device ---- */

static char *shared;

static int usermem_mmap(struct file *file, struct vm_area_struct *area)
{
	return remap_vmalloc_range(area, shared, 0);
}

enum { TAKE_PAGE = 0x5501, FOLLOW };

/* The argument is a user's. */
static long usermem_ioctl(struct file *file, unsigned int request, unsigned long argument)
{
	struct page *page;
	u32 word;

	if (request == FOLLOW)
		return *(u32 *)argument;
	word = get_user_pages_fast(argument, 1, FOLL_WRITE, &page);
	if (word != 1)
		return -EIO;
	*(u32 *)(page_address(page) + offset_in_page(argument)) = 4711;
	put_page(page);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.mmap = usermem_mmap,
	.unlocked_ioctl = usermem_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "usermem",
	.fops = &operations,
};

/* As a program would do it, with a file of this device. */
static void device_pages(void)
{
	struct file *file = filp_open("/dev/usermem", O_RDWR, 0);
	unsigned long at;
	u32 word = 0;

	say("opened", !IS_ERR(file));
	if (IS_ERR(file))
		return;
	at = vm_mmap(file, 0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	say("device mapped", !IS_ERR_VALUE(at));
	strcpy(shared, "x");
	get_user(word, (u32 __user *)at);
	say("seen", word);
	put_user('y', (u32 __user *)(at + PAGE_SIZE));
	say("written", shared[PAGE_SIZE]);
	vm_munmap(at, SIZE);
	filp_close(file, NULL);
}

/* What is inlined here: its end is in the text of this module. */
static long inline_access(u32 __user *at)
{
	u32 word;

	if (!user_read_access_begin(at, sizeof(*at)))
		return -EFAULT;
	unsafe_get_user(word, at, failed);
	user_read_access_end();
	return word;
failed:
	user_read_access_end();
	return -EFAULT;
}

enum {
	FOLLOW_NOTHING = 1,
	FOLLOW_COPY,
	FOLLOW_GET,
	FOLLOW_PUT,
	FOLLOW_CLEAR,
	FOLLOW_STRING,
	FOLLOW_INLINE
};

static long access(int kind, void __user *at)
{
	u32 word;

	switch (kind) {
	case FOLLOW_COPY:
		return copy_from_user(buffer, at, SIZE);
	case FOLLOW_GET:
		return get_user(word, (u32 __user *)at);
	case FOLLOW_PUT:
		return put_user(1, (u32 __user *)at);
	case FOLLOW_CLEAR:
		return clear_user(at, SIZE);
	case FOLLOW_STRING:
		return strncpy_from_user(buffer, at, SIZE);
	case FOLLOW_INLINE:
		return inline_access(at);
	}
	return 0;
}

static noinline void follow_pointer(void)
{
	unsigned long at = map(PROT_READ | PROT_WRITE);

	say("accessed", access(follow, (void __user *)at));
	say("followed", *(volatile u32 *)at);
}

static int __init usermem_init(void)
{
	int code;

	if (follow) {
		follow_pointer();
		return -ECANCELED;
	}
	say("has an mm", current->mm != NULL);
	copies();
	remaps();
	pages();
	strangers();
	shared = vmalloc_user(SIZE);
	code = misc_register(&device);
	if (code)
		return code;
	device_pages();
	return 0;
}
module_init(usermem_init);

static void __exit usermem_exit(void)
{
	misc_deregister(&device);
	vfree(shared);
}
module_exit(usermem_exit);
