/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's copy_from_user() and copy_to_user() stand for a program's loads and stores: like
 * these they fault a page in when it is first touched.
 */
#include "engine/process/mapping.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "engine/process/guest.h"
#include "engine/process/syscall.h"
#include "engine/process/window.h"
#include "engine/process/wire.h"

enum { CHUNK = 4096, GUEST_EFAULT = -14 };

static bool store(uint64_t at, const void *bytes, size_t length)
{
	return syscall_function((uint64_t)guest.copy_to_user,
				(long[6]){(long)at, (long)bytes, (long)length}) == 0;
}

static bool send_all(uint64_t at, uint64_t length)
{
	size_t top = window_top();
	void *chunk = window_push(CHUNK);
	bool sent = true;

	for (uint64_t done = 0; sent && done < length; done += CHUNK) {
		uint64_t n = length - done < CHUNK ? length - done : CHUNK;

		sent = syscall_function((uint64_t)guest.copy_from_user,
					(long[6]){(long)chunk, (long)(at + done), (long)n}) == 0;
		if (sent)
			wire_say(WIRE_DATA, 0, 0, chunk, n);
	}
	window_pop(top);
	return sent;
}

long mapping_use(int fd, uint64_t offset, uint64_t length, const void *stored, size_t stored_length)
{
	long access = PROT_READ | (stored_length ? PROT_WRITE : 0);
	long at = SYSCALL(mmap, 0, (long)length, access, MAP_SHARED, fd, (long)offset);
	bool done;

	SYSCALL(close, fd);
	if (at < 0)
		return at;
	done = store((uint64_t)at, stored, stored_length) && send_all((uint64_t)at, length);
	SYSCALL(munmap, at, (long)length);
	return done ? (long)length : GUEST_EFAULT;
}
