/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest time. It advances by ticks of 1/HZ: when nothing in the kernel can run (so a sleep of an
 * hour takes a moment), when kernel code spins without end of its own (a real timer of 4 ms
 * notices), and by the length of each busy-wait.
 */
#ifndef LKM_ENGINE_PROCESS_CLOCK_H
#define LKM_ENGINE_PROCESS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* State that a snapshot keeps. */
struct clock {
	uint64_t now; /* ns of guest time */
	uint64_t ticks;
	uint64_t delayed; /* ns of busy-wait that no tick has accounted for */
	bool irq_work_raised;
};
extern struct clock clock;

/* Called in interrupt context by stub.S; the address goes into its words. */
void clock_tick(void);

/* Starts the real timer of this process; SIGALRM calls clock_is_stalled(). */
void clock_start(void);
/* True when no tick has happened since the last call: somebody spins. */
bool clock_is_stalled(void);

/* From now on ns of guest time may pass before the kernel is given up: it only waits. 0: no bound.
 */
void clock_set_limit(uint64_t ns);

#endif
