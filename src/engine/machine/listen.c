/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel tells by itself: its log, and uevents by a netlink socket. Other parts of a
 * machine talk in the meantime, too.
 */
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/machine/machine.h"

enum { KERNEL_GROUP = 1, BUFFER = 16 << 20, UEVENT_MAX = 8192 };

static int open_uevents(void)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
	DEFER(file_closep)
	int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	int size = BUFFER;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return take_fd(&fd);
}

void machine_listen_begin(struct machine *machine)
{
	host_log_begin(&machine->host, &machine->log);
	machine->uevents = open_uevents();
	if (machine->log.fd < 0 && machine->listener.notice)
		machine->listener.notice(machine->listener.context,
					 "/dev/kmsg cannot be read: what the kernel logs is not "
					 "shown, and no oops is noticed");
}

void machine_listen_end(struct machine *machine)
{
	host_log_end(&machine->log);
	file_close(take_fd(&machine->uevents));
}

static void listen_log(struct machine *machine)
{
	struct host_record record;

	while (host_log_next(&machine->log, &record)) {
		const struct engine_record told = {(int)record.level, record.us * 1000,
						   record.text};

		if (machine->listener.log)
			machine->listener.log(machine->listener.context, &told);
	}
}

/* Only root can send to the group, but programs do: udev repeats events to another one. */
static void listen_uevents(struct machine *machine)
{
	char text[UEVENT_MAX + 1];
	ssize_t got;

	while (machine->uevents >= 0 && (got = recv(machine->uevents, text, UEVENT_MAX, 0)) > 0) {
		text[got] = 0;
		if (machine->listener.uevent && strchr(text, '@'))
			machine->listener.uevent(machine->listener.context,
						 span_of(text, (size_t)got));
	}
}

void machine_listen(struct machine *machine)
{
	listen_log(machine);
	listen_uevents(machine);
}
