/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the supervisor and the kernel's process say to each other, over one socket.
 *
 * A frame is a header and length bytes. The supervisor asks, one question at a time; the kernel's
 * process answers with any number of events (log, uevent, nodes, data, block) and then WIRE_RESULT.
 * In between it may ask for modules (WIRE_REQUEST), which the supervisor answers by one WIRE_MODULE
 * for each file and an empty WIRE_MODULES_END, whose value is 0 or a negative errno. WIRE_END is
 * the last word of a kernel that stops.
 *
 * The supervisor must not trust what it reads: a module that went wild may have written it.
 */
#ifndef LKM_ENGINE_PROCESS_WIRE_H
#define LKM_ENGINE_PROCESS_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum wire_type {
	/* to the kernel's process; value and number are given as (value, number) */
	WIRE_LOAD = 1,	  /* (flags, 1: only show it): parameters, NUL, module */
	WIRE_UNLOAD,	  /* (flags): name */
	WIRE_READ,	  /* (0, limit): path */
	WIRE_WRITE,	  /* path, NUL, bytes */
	WIRE_LIST,	  /* (ENGINE_LIST_...): paths, NUL-terminated each */
	WIRE_IOCTL,	  /* (0, request): path, NUL, argument */
	WIRE_MMAP,	  /* (length, offset): path, NUL, bytes to store */
	WIRE_POLL,	  /* (timeout in ms, events): path */
	WIRE_SLEEP,	  /* (0, ns) */
	WIRE_BLOCKS,	  /* name */
	WIRE_SYSCALL,	  /* (0, number of the call): NUL, struct wire_argument[6], their bytes */
	WIRE_MODULE,	  /* module */
	WIRE_MODULES_END, /* (0 or -errno) */
	/* from the kernel's process */
	WIRE_READY = 64, /* (0 or why there is no snapshot, ENGINE_ISOLATION_...): that sentence */
	WIRE_LOG,	 /* (level, ns): text */
	WIRE_UEVENT,	 /* header and variables, NUL-terminated each */
	WIRE_REQUEST,	 /* module name or alias */
	WIRE_DATA,	 /* bytes of a file or of a mapping, or those of arguments */
	WIRE_NODES,	 /* any number of: mode with type (u32), path, NUL */
	WIRE_PART,	 /* (found, needed): kind, NUL, name, NUL, why */
	WIRE_BLOCK,	 /* (address, size): kind, NUL, caller */
	WIRE_SECTION,	 /* (index in the file or 0, address): bytes */
	WIRE_RESULT,	 /* (answer of the kernel, a number that belongs to it) */
	WIRE_END,	 /* (enum engine_end_kind): sentence */
};

enum { WIRE_MAX = 95 << 20 }; /* a longer frame is an error */

struct wire_header {
	uint32_t type, length;
	int64_t value;
	uint64_t number;
};

/* Of a system call: a value, or so many bytes whose address is passed. */
struct wire_argument {
	uint64_t value;
	uint32_t length, has_bytes;
};

/* One end, in either process. Both work on blocking sockets. Sending parts saves a copy. */
int wire_send(int fd, enum wire_type type, int64_t value, uint64_t number, struct span first,
	      struct span second, int64_t deadline, struct err *err);
/* Both: -ETIMEDOUT when at the moment deadline (negative: none) the other side has not read, or
 * sent, a whole frame; -ECONNRESET when it is gone; -EPROTO when it cannot be a frame. payload is
 * cleared first. */
int wire_receive(int fd, struct wire_header *header, struct buf *payload, int64_t deadline,
		 struct err *err);
/* The moment in so many milliseconds from now; of 0: none. */
int64_t wire_deadline(unsigned int timeout_ms);

/* The kernel's process has one end only; nothing it sends can be refused, it ends instead. These
 * may be called anywhere, also in a signal handler: they do not allocate. */
void wire_set(int fd);
void wire_say(enum wire_type type, int64_t value, uint64_t number, const void *bytes,
	      size_t length);
void wire_log(int level, uint64_t ns, const char *text, size_t length);
void wire_hear(struct wire_header *header, struct buf *payload);

#endif
