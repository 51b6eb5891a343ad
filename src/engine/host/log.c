/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /dev/kmsg: each read(2) gives one record,
 *
 *	PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,...];TEXT
 *	 KEY=VALUE
 *	...
 *
 * PRIORITY is 8 times the facility, 0 the kernel's own, plus the level. In TEXT a byte that cannot
 * be printed is "\xNN". A read of a record that was overwritten meanwhile fails with EPIPE, and the
 * next one goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "engine/host/host.h"

enum { RECORDS_MAX = 10000 };

void host_log_begin(const struct host *host, struct host_log *log)
{
	DEFER(mem_freep) char *path = mem_format("%s/dev/kmsg", host->root);

	log->fd = path ? file_open(path, O_RDONLY | O_NONBLOCK, NULL) : -1;
	if (log->fd >= 0 && lseek(log->fd, 0, SEEK_END) < 0)
		host_log_end(log);
}

void host_log_end(struct host_log *log)
{
	file_close(log->fd);
	log->fd = -1;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Puts the bytes of an escaped line in its place, and a NUL behind them. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text && *text != '\n'; text++) {
		int high = text[0] == '\\' && text[1] == 'x' ? hex_digit(text[2]) : -1;
		int low = high >= 0 ? hex_digit(text[3]) : -1;

		*to++ = low >= 0 ? (char)(high * 16 + low) : *text;
		text += low >= 0 ? 3 : 0;
	}
	*to = 0;
}

/* "PRIORITY,SEQUENCE,MICROSECONDS,..."; false: it is not the kernel's own. */
static bool parse(char *record, struct host_record *out)
{
	char *text = strchr(record, ';'), *end = record;
	unsigned long priority = strtoul(record, &end, 10);

	if (!text || priority >= 8)
		return false;
	strtoull(end + (*end == ','), &end, 10);
	*out = (struct host_record){(unsigned int)priority, strtoull(end + (*end == ','), NULL, 10),
				    text + 1};
	unescape(text + 1);
	return true;
}

bool host_log_next(struct host_log *log, struct host_record *out)
{
	for (unsigned int i = 0; log->fd >= 0 && i < RECORDS_MAX; i++) {
		ssize_t n = read(log->fd, log->text, sizeof(log->text) - 1);

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			return false;
		log->text[n] = 0;
		if (parse(log->text, out))
			return true;
	}
	return false;
}

void host_log_read(struct host_log *log, struct buf *out)
{
	struct host_record record;

	for (unsigned int i = 0; i < RECORDS_MAX && host_log_next(log, &record); i++)
		buf_format(out, "%s\n", record.text);
}
