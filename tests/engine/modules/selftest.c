// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel does for a module, tried out: each part of a kernel that has once been wrong in a
 * process without anybody noticing. Says "NAME: ok" or "NAME: what is wrong" for each; a real
 * kernel says "ok" to all of them.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/jump_label.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("tries out what kernels do for modules");

/* ---- softirqs ---- */

static int tasklet_runs;
static bool tasklet_in_softirq;

static void on_tasklet(struct tasklet_struct *t)
{
	tasklet_runs++;
	tasklet_in_softirq = in_serving_softirq();
}
static DECLARE_TASKLET(tasklet, on_tasklet);

/* Scheduled with bottom halves off, it runs at the latest where they come on again: here. */
static const char *softirq(void)
{
	tasklet_runs = 0;
	local_bh_disable();
	tasklet_schedule(&tasklet);
	if (tasklet_runs)
		return "ran while it must not";
	local_bh_enable();
	if (tasklet_runs != 1)
		return "did not run in the context of the process";
	return tasklet_in_softirq ? NULL : "ran outside of a softirq";
}

static int irq_works;
static bool irq_work_in_irq;

static void on_irq_work(struct irq_work *work)
{
	irq_works++;
	irq_work_in_irq = in_hardirq();
}

static const char *irq_works_run(void)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(on_irq_work);

	irq_works = 0;
	irq_work_queue(&work);
	irq_work_sync(&work);
	if (irq_works != 1)
		return "did not run";
	return irq_work_in_irq ? NULL : "ran outside of an interrupt";
}

/* ---- grace periods ---- */

DEFINE_STATIC_SRCU(srcu);

static const char *grace_periods(void)
{
	int index = srcu_read_lock(&srcu);

	srcu_read_unlock(&srcu, index);
	synchronize_srcu(&srcu);
	synchronize_srcu_expedited(&srcu);
	synchronize_rcu();
	rcu_barrier();
	return NULL;
}

/* ---- memory ---- */

enum { PAGES = 7 };

static const char *compare_views(struct page **pages, char *view)
{
	for (int i = 0; i < PAGES; i++) {
		memset(page_address(pages[i]), 'a' + i, PAGE_SIZE);
		if (view[i * PAGE_SIZE] != 'a' + i || view[(i + 1) * PAGE_SIZE - 1] != 'a' + i)
			return "the mapping does not show its pages";
		view[i * PAGE_SIZE + 5] = 'z';
		if (((char *)page_address(pages[i]))[5] != 'z')
			return "the pages do not show what was written through the mapping";
		if (vmalloc_to_page(view + i * PAGE_SIZE) != pages[i])
			return "vmalloc_to_page() finds another page";
	}
	return NULL;
}

/* The pages lie backwards and apart from each other. */
static const char *with_scattered_pages(const char *(*use)(struct page **pages))
{
	struct page *pages[2 * PAGES];
	struct page *chosen[PAGES];
	const char *result;

	for (int i = 0; i < 2 * PAGES; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (int i = 0; i < PAGES; i++)
		chosen[i] = pages[2 * PAGES - 1 - 2 * i];
	result = use(chosen);
	for (int i = 0; i < 2 * PAGES; i++)
		__free_page(pages[i]);
	return result;
}

static const char *use_vmap(struct page **pages)
{
	char *view = vmap(pages, PAGES, VM_MAP, PAGE_KERNEL), *second;
	const char *result;

	if (!view)
		return "no mapping";
	second = vmap(pages, PAGES, VM_MAP, PAGE_KERNEL);
	if (!second)
		return "no second mapping";
	result = compare_views(pages, view);
	if (!result && memcmp(view, second, PAGES * PAGE_SIZE))
		result = "two mappings differ";
	vunmap(view);
	if (!result && second[5] != 'z')
		result = "the second mapping went with the first";
	vunmap(second);
	return result;
}

static const char *vmap_scattered(void)
{
	return with_scattered_pages(use_vmap);
}

static const char *use_vm_map_ram(struct page **pages)
{
	char *view = vm_map_ram(pages, PAGES, -1);
	const char *result;

	if (!view)
		return "no mapping";
	result = compare_views(pages, view);
	vm_unmap_ram(view, PAGES);
	vm_unmap_aliases();
	return result;
}

static const char *vm_map_ram_scattered(void)
{
	return with_scattered_pages(use_vm_map_ram);
}

static const char *vmalloc_many(void)
{
	char *blocks[64];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 64; i++) {
			blocks[i] = vzalloc((i + 1) * 3000);
			if (!blocks[i] || memchr_inv(blocks[i], 0, (i + 1) * 3000))
				return "not zeroed";
			memset(blocks[i], i, (i + 1) * 3000);
		}
		for (int i = 0; i < 64; i++) {
			if (memchr_inv(blocks[i], i, (i + 1) * 3000))
				return "changed";
			vfree(blocks[i]);
		}
	}
	return NULL;
}

static const char *per_cpu_memory(void)
{
	void __percpu *blocks[100];

	for (int i = 0; i < 100; i++) {
		blocks[i] = __alloc_percpu(4096, 64);
		if (!blocks[i] || memchr_inv(this_cpu_ptr(blocks[i]), 0, 4096))
			return "not zeroed";
		memset(this_cpu_ptr(blocks[i]), 0xa5, 4096);
	}
	for (int i = 0; i < 100; i++)
		free_percpu(blocks[i]);
	return NULL;
}

static DEFINE_PER_CPU(int, counter);

static const char *per_cpu_variable(void)
{
	this_cpu_write(counter, 5);
	this_cpu_add(counter, 2);
	if (*per_cpu_ptr(&counter, 0) != 7)
		return "lost a write";
	return this_cpu_read(counter) == 7 ? NULL : "has two values";
}

/* ---- text that changes itself ---- */

static DEFINE_STATIC_KEY_FALSE(off_key);
static DEFINE_STATIC_KEY_TRUE(on_key);

static noinline int branches(void)
{
	return (static_branch_unlikely(&off_key) ? 1 : 0) | (static_branch_likely(&on_key) ? 2 : 0);
}

static const char *jump_labels(void)
{
	if (branches() != 2)
		return "wrong to begin with";
	for (int i = 0; i < 10; i++) {
		static_branch_enable(&off_key);
		static_branch_disable(&on_key);
		if (branches() != 1)
			return "did not change";
		static_branch_disable(&off_key);
		static_branch_enable(&on_key);
		if (branches() != 2)
			return "did not change back";
	}
	return NULL;
}

/* ---- tasks and time ---- */

static int work_runs;

static void on_work(struct work_struct *work)
{
	work_runs++;
}
static DECLARE_WORK(work, on_work);
static DECLARE_DELAYED_WORK(delayed_work, on_work);

static const char *workqueues(void)
{
	struct workqueue_struct *own = alloc_ordered_workqueue("selftest", WQ_MEM_RECLAIM);

	if (!own)
		return "no workqueue";
	work_runs = 0;
	schedule_work(&work);
	flush_work(&work);
	queue_work(own, &work);
	destroy_workqueue(own);
	queue_delayed_work(system_unbound_wq, &delayed_work, msecs_to_jiffies(50));
	msleep(100);
	if (work_runs != 3)
		return "did not run three times";
	queue_delayed_work(system_wq, &delayed_work, HZ);
	cancel_delayed_work_sync(&delayed_work);
	return work_runs == 3 ? NULL : "ran after it was cancelled";
}

static int timer_runs;

static enum hrtimer_restart on_hrtimer(struct hrtimer *t)
{
	timer_runs++;
	hrtimer_forward_now(t, ms_to_ktime(20));
	return HRTIMER_RESTART;
}

static const char *hrtimers(void)
{
	static struct hrtimer timer;

	timer_runs = 0;
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer.function = on_hrtimer;
	hrtimer_start(&timer, ms_to_ktime(20), HRTIMER_MODE_REL);
	msleep(210);
	hrtimer_cancel(&timer);
	return timer_runs >= 8 && timer_runs <= 11 ? NULL : "not about ten times in 210 ms";
}

static void on_timer(struct timer_list *t)
{
	timer_runs++;
}
static DEFINE_TIMER(timer, on_timer);

static const char *timers(void)
{
	timer_runs = 0;
	mod_timer(&timer, jiffies + 2);
	msleep(50);
	return timer_runs == 1 ? NULL : "did not run once";
}

static int turns;

static int thread(void *data)
{
	while (!kthread_should_stop()) {
		turns++;
		schedule_timeout_interruptible(1);
	}
	return 42;
}

static const char *kthreads(void)
{
	struct task_struct *task = kthread_run(thread, NULL, "selftest");

	if (IS_ERR(task))
		return "no thread";
	turns = 0;
	msleep(100);
	if (kthread_stop(task) != 42)
		return "wrong result";
	return turns > 5 ? NULL : "made no progress";
}

/* Nobody sleeps, so time must pass by itself; with a bound for a kernel in which it does not. */
static const char *spinning(void)
{
	unsigned long until = jiffies + 3;
	u64 turns_left = 20ull << 30;

	while (time_before(jiffies, until) && --turns_left)
		cpu_relax();
	return turns_left ? NULL : "jiffies stand still";
}

static const char *clocks(void)
{
	ktime_t start = ktime_get();
	s64 slept;

	msleep(1000);
	slept = ktime_ms_delta(ktime_get(), start);
	if (slept < 1000 || slept > 1100)
		return "a second is no second";
	start = ktime_get();
	for (int i = 0; i < 100; i++)
		mdelay(1);
	msleep(8);
	slept = ktime_ms_delta(ktime_get(), start);
	return slept >= 100 ? NULL : "busy waits do not last";
}

static const char *timeouts(void)
{
	DECLARE_COMPLETION_ONSTACK(never);

	if (wait_for_completion_timeout(&never, HZ / 5))
		return "completed by itself";
	complete(&never);
	return wait_for_completion_timeout(&never, HZ / 5) ? NULL : "not completed";
}

/* ---- faults that are no errors ---- */

static const char *exception_table(void)
{
	char byte;
	long value = 1;

	if (!copy_from_kernel_nofault(&byte, (void *)8, 1))
		return "address 8 can be read";
	if (copy_from_kernel_nofault(&byte, &value, 1) || byte != 1)
		return "own memory cannot be read";
	if (!copy_from_kernel_nofault(&value, (void *)0xdead000000000000, 8))
		return "a non-canonical address can be read";
	if (copy_from_user(&value, (void __user *)8, sizeof(value)) != sizeof(value))
		return "address 8 is the user's";
	if (copy_to_user((void __user *)8, &value, sizeof(value)) != sizeof(value))
		return "address 8 can be written";
	if (get_user(value, (long __user *)16) != -EFAULT)
		return "get_user() has read address 16";
	return put_user(value, (long __user *)16) == -EFAULT ? NULL : "put_user() wrote";
}

static const char *atomics(void)
{
	atomic_t count = ATOMIC_INIT(0);
	unsigned long flags;

	local_irq_save(flags);
	if (!irqs_disabled())
		return "interrupts cannot be disabled";
	local_irq_restore(flags);
	if (irqs_disabled())
		return "interrupts stay disabled";
	preempt_disable();
	if (!in_atomic())
		return "preempt_disable() does not count";
	preempt_enable();
	atomic_inc(&count);
	return atomic_read(&count) == 1 && !in_atomic() ? NULL : "atomic for ever";
}

static const struct {
	const char *name;
	const char *(*run)(void);
} tests[] = {
	{"softirq", softirq},
	{"irq_work", irq_works_run},
	{"grace_periods", grace_periods},
	{"vmap", vmap_scattered},
	{"vm_map_ram", vm_map_ram_scattered},
	{"vmalloc", vmalloc_many},
	{"per_cpu_memory", per_cpu_memory},
	{"per_cpu_variable", per_cpu_variable},
	{"jump_labels", jump_labels},
	{"workqueues", workqueues},
	{"hrtimers", hrtimers},
	{"timers", timers},
	{"kthreads", kthreads},
	{"spinning", spinning},
	{"clocks", clocks},
	{"timeouts", timeouts},
	{"exception_table", exception_table},
	{"atomics", atomics},
};

static int __init selftest_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(tests); i++) {
		const char *wrong = tests[i].run();

		pr_info("%s: %s\n", tests[i].name, wrong ? wrong : "ok");
	}
	return 0;
}
module_init(selftest_init);

static void __exit selftest_exit(void)
{
}
module_exit(selftest_exit);
