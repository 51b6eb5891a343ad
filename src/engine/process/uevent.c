/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/uevent.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include "engine/process/serve_state.h"
#include "engine/process/syscall.h"
#include "engine/process/window.h"
#include "engine/process/wire.h"

enum { BUFFER = 16 << 20 };

void uevent_open(void)
{
	size_t top = window_top();
	struct sockaddr_nl *address = window_push(sizeof(*address));
	int *size = window_push(sizeof(*size));
	long fd = SYSCALL(socket, AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);

	serve_state.uevent_fd = (int)fd;
	*address = (struct sockaddr_nl){.nl_family = AF_NETLINK, .nl_groups = 1};
	*size = BUFFER;
	if (fd >= 0) {
		SYSCALL(setsockopt, fd, SOL_SOCKET, SO_RCVBUFFORCE, (long)size, sizeof(*size));
		SYSCALL(bind, fd, (long)address, sizeof(*address));
	}
	window_pop(top);
}

void uevent_pass(char *room, size_t size)
{
	long got;

	if (serve_state.uevent_fd < 0)
		return;
	while ((got = SYSCALL(recvfrom, serve_state.uevent_fd, (long)room, (long)size, MSG_DONTWAIT,
			      0, 0)) > 0)
		wire_say(WIRE_UEVENT, 0, 0, room, (size_t)got);
}
