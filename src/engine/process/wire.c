/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_MS = 1000 };

static int own_fd = -1;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t wire_deadline(unsigned int timeout_ms)
{
	return timeout_ms ? now_ms() + timeout_ms : -1;
}

/* Waits until fd is ready for events, or the moment deadline (negative: none). */
static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd poller = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();
		int got;

		if (deadline >= 0 && left < 0)
			return -ETIMEDOUT;
		got = poll(&poller, 1, (int)left);
		if (got > 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
	}
}

/* With a deadline it waits in poll() only: who reads a little now and then must not hold us. */
static ssize_t send_some(int fd, const struct msghdr *message, int64_t deadline)
{
	const int flags = MSG_NOSIGNAL | (deadline < 0 ? 0 : MSG_DONTWAIT);

	for (;;) {
		ssize_t put = sendmsg(fd, message, flags);
		int code = 0;

		if (put >= 0)
			return put;
		if (errno == EAGAIN)
			code = wait_for(fd, POLLOUT, deadline);
		else if (errno != EINTR)
			code = -ECONNRESET;
		if (code < 0)
			return code;
	}
}

static int send_vector(int fd, struct iovec *part, int count, int64_t deadline)
{
	while (count) {
		struct msghdr message = {.msg_iov = part, .msg_iovlen = (size_t)count};
		ssize_t put = send_some(fd, &message, deadline);

		if (put < 0)
			return (int)put;
		for (; count && (size_t)put >= part->iov_len; part++, count--)
			put -= (ssize_t)part->iov_len;
		if (count) {
			part->iov_base = (char *)part->iov_base + put;
			part->iov_len -= (size_t)put;
		}
	}
	return 0;
}

static int refused(int code, struct err *err)
{
	return code == -ETIMEDOUT
		       ? err_set(err, code, "the kernel's process did not answer in time")
		       : err_set(err, -ECONNRESET, "the kernel's process is gone");
}

int wire_send(int fd, enum wire_type type, int64_t value, uint64_t number, struct span first,
	      struct span second, int64_t deadline, struct err *err)
{
	struct wire_header header = {type, (uint32_t)(first.n + second.n), value, number};
	struct iovec parts[] = {
		{&header, sizeof(header)},
		{(void *)first.p, first.n},
		{(void *)second.p, second.n},
	};
	int code;

	if (first.n > WIRE_MAX || second.n > WIRE_MAX - first.n)
		return err_set(err, -EFBIG, "a message of %zu bytes to the kernel is too long",
			       first.n + second.n);
	code = send_vector(fd, parts, 3, deadline);
	return code < 0 ? refused(code, err) : 0;
}

static int receive_all(int fd, void *bytes, size_t length, int64_t deadline)
{
	char *p = bytes;

	while (length) {
		int code = deadline < 0 ? 0 : wait_for(fd, POLLIN, deadline);
		ssize_t got;

		if (code < 0)
			return code;
		got = read(fd, p, length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -ECONNRESET;
		p += got;
		length -= (size_t)got;
	}
	return 0;
}

int wire_receive(int fd, struct wire_header *header, struct buf *payload, int64_t deadline,
		 struct err *err)
{
	int code = deadline < 0 ? 0 : wait_for(fd, POLLIN, deadline);

	buf_clear(payload);
	/* Half a frame would spoil what is said next: one that has begun may end. */
	if (deadline >= 0)
		deadline += FRAME_MS;
	if (code == 0)
		code = receive_all(fd, header, sizeof(*header), deadline);
	if (code == 0 && header->length > WIRE_MAX)
		return err_set(err, -EPROTO, "the kernel's process sent nonsense");
	if (code == 0 && !buf_reserve(payload, header->length))
		return err_no_memory(err);
	if (code == 0)
		code = receive_all(fd, payload->p, header->length, deadline);
	if (code < 0)
		return refused(code, err);
	payload->n = header->length;
	payload->p[payload->n] = 0;
	return 0;
}

void wire_set(int fd)
{
	own_fd = fd;
}

void wire_say(enum wire_type type, int64_t value, uint64_t number, const void *bytes, size_t length)
{
	if (wire_send(own_fd, type, value, number, span_of(bytes, length), span_of("", 0), -1,
		      NULL) < 0)
		_exit(0);
}

void wire_log(int level, uint64_t ns, const char *text, size_t length)
{
	wire_say(WIRE_LOG, level, ns, text, length);
}

void wire_hear(struct wire_header *header, struct buf *payload)
{
	if (wire_receive(own_fd, header, payload, -1, NULL) < 0)
		_exit(0);
}
