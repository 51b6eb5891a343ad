// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapped - a device whose memory programs can have in their own address space: what one of them
 * stores there all others see, and so does the module.
 *
 * mmap() only notes what shall be where. A page comes when it is touched for the first time: the
 * processor faults, and the kernel asks fault() for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

enum { PAGES = 2, SIZE = PAGES * PAGE_SIZE };

static char *memory; /* whole pages, zeroed: a program must not see what was there before */

static vm_fault_t mapped_fault(struct vm_fault *fault)
{
	if (fault->pgoff >= PAGES)
		return VM_FAULT_SIGBUS; /* that is the signal the program gets */
	fault->page = vmalloc_to_page(memory + fault->pgoff * PAGE_SIZE);
	get_page(fault->page); /* the mapping holds the page, and gives it back by itself */
	pr_info("page %lu is mapped\n", fault->pgoff);
	return 0;
}

static const struct vm_operations_struct mapped_area = {
	.fault = mapped_fault,
};

static int mapped_mmap(struct file *file, struct vm_area_struct *area)
{
	area->vm_ops = &mapped_area;
	return 0;
}

static ssize_t mapped_read(struct file *file, char __user *to, size_t count, loff_t *position)
{
	return simple_read_from_buffer(to, count, position, memory, SIZE);
}

static const struct file_operations mapped_operations = {
	.owner = THIS_MODULE, /* a mapping keeps its file open, and so the module loaded */
	.read = mapped_read,
	.llseek = default_llseek,
	.mmap = mapped_mmap,
};

static struct miscdevice mapped_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mapped_example",
	.fops = &mapped_operations,
	.mode = 0666,
};

static int __init mapped_init(void)
{
	int error;

	memory = vmalloc_user(SIZE);
	if (!memory)
		return -ENOMEM;
	error = misc_register(&mapped_device); /* from here on programs may come */
	if (error)
		vfree(memory);
	return error;
}
module_init(mapped_init);

static void __exit mapped_exit(void)
{
	misc_deregister(&mapped_device);
	vfree(memory);
}
module_exit(mapped_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A character device that can be mapped");
