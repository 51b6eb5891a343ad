/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's uevents, from a netlink socket, as udev has it. */
#ifndef LKM_ENGINE_PROCESS_UEVENT_H
#define LKM_ENGINE_PROCESS_UEVENT_H

#include <stddef.h>

/* The worker's socket; without one nothing is passed on. */
void uevent_open(void);

/* Passes on to the supervisor what has come. room is memory at user addresses. */
void uevent_pass(char *room, size_t size);

#endif
