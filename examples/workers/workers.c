// SPDX-License-Identifier: GPL-2.0-only
/*
 * workers - three ways to do something later: a timer, a work item, a thread.
 *
 * Each round starts in the timer, goes on in the work item and ends in the thread. The counts are
 * files: /sys/module/workers/parameters/{timers,works,threads}.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

static unsigned int rounds = 5;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "how many rounds");

static unsigned int period_ms = 100;
module_param(period_ms, uint, 0444);
MODULE_PARM_DESC(period_ms, "milliseconds between two rounds");

/* Each is written in one place only, so that no lock is needed. */
static unsigned int timers, works, threads;
module_param(timers, uint, 0444);
MODULE_PARM_DESC(timers, "rounds begun by the timer");
module_param(works, uint, 0444);
MODULE_PARM_DESC(works, "rounds that the work item has handed on");
module_param(threads, uint, 0444);
MODULE_PARM_DESC(threads, "rounds that the thread has ended");

static DECLARE_WAIT_QUEUE_HEAD(thread_wait);
static struct task_struct *thread;

/* In a process of the kernel's pool: may sleep, but others wait for the pool, too. */
static void work_function(struct work_struct *work)
{
	pr_info("round %u: work item, may sleep: %s\n", ++works, in_task() ? "yes" : "no");
	wake_up(&thread_wait);
}
static DECLARE_WORK(work, work_function);

/* In a soft interrupt, on top of whatever runs: short, and never sleeping. */
static void timer_function(struct timer_list *timer)
{
	pr_info("round %u: timer, may sleep: %s\n", ++timers, in_task() ? "yes" : "no");
	schedule_work(&work);
	if (timers < rounds)
		mod_timer(timer, jiffies + msecs_to_jiffies(period_ms));
}
static DEFINE_TIMER(timer, timer_function);

/* A process of our own: may sleep and take its time. */
static int thread_function(void *unused)
{
	while (!kthread_should_stop()) {
		wait_event_interruptible(thread_wait,
					 kthread_should_stop() || READ_ONCE(works) > threads);
		if (READ_ONCE(works) > threads)
			pr_info("round %u: thread %s\n", ++threads, current->comm);
	}
	return 0;
}

static int __init workers_init(void)
{
	thread = kthread_run(thread_function, NULL, "workers");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	if (rounds)
		mod_timer(&timer, jiffies + msecs_to_jiffies(period_ms));
	return 0;
}

/*
 * When this returns our code is gone: whatever could still call it must have ended. First who
 * starts others, then who is started.
 */
static void __exit workers_exit(void)
{
	timer_delete_sync(&timer);
	cancel_work_sync(&work);
	kthread_stop(thread);
	pr_info("%u rounds begun, %u ended\n", timers, threads);
}

module_init(workers_init);
module_exit(workers_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A timer, a work item and a kernel thread");
