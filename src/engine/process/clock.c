/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/clock.h"

#include <string.h>
#include <sys/time.h>

#include "engine/process/guest.h"
#include "engine/process/hooks.h"
#include "engine/process/program.h"

struct clock clock;

static uint64_t seen_ticks; /* at the last real alarm */
static uint64_t limit;	    /* in guest time; 0: none */

enum { REAL_TICK_US = 4000 };

static const int64_t WALL_SECONDS = 1700000000;

static uint64_t tick_ns(void)
{
	return 1000000000 / guest.hz;
}

void clock_tick(void)
{
	/* Busy-waits in atomic context could not tick; their time is made up for here. */
	uint64_t ticks = 1 + clock.delayed / tick_ns();

	clock.delayed %= tick_ns();
	clock.now += ticks * tick_ns();
	clock.ticks++;
	guest.do_timer(ticks);
	guest.update_wall_time();
	guest.update_process_times(0);
	if (clock.irq_work_raised) {
		clock.irq_work_raised = false;
		guest.irq_work_run();
	}
	if (limit && clock.now > limit)
		program_stalled();
}

void clock_set_limit(uint64_t ns)
{
	limit = ns ? clock.now + ns : 0;
}

void clock_start(void)
{
	struct itimerval every = {
		.it_interval.tv_usec = REAL_TICK_US,
		.it_value.tv_usec = REAL_TICK_US,
	};

	setitimer(ITIMER_REAL, &every, NULL);
}

bool clock_is_stalled(void)
{
	bool stalled = clock.ticks == seen_ticks;

	seen_ticks = clock.ticks;
	return stalled;
}

void clock_raise_irq_work(void)
{
	clock.irq_work_raised = true;
}

uint64_t clock_now(void)
{
	return clock.now;
}

/* struct timespec64: seconds, nanoseconds. */
void clock_read_wall(void *wall, void *boot_offset)
{
	int64_t *time = wall;

	time[0] = WALL_SECONDS;
	time[1] = 0;
	memset(boot_offset, 0, 16);
}

void clock_delay_ns(unsigned long ns)
{
	clock.delayed += ns;
}

void clock_delay_us(unsigned long us)
{
	clock_delay_ns(us * 1000);
}

/* The kernel scales a constant number of microseconds by 2^32 / 10^6. */
void clock_delay_const(unsigned long scaled)
{
	clock_delay_ns(scaled * 1000 / 0x10c7);
}
