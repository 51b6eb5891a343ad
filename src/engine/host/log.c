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

enum { RECORD_MAX = 8192, RECORDS_MAX = 10000 };

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

static void add_text(const char *text, struct buf *out)
{
	for (; *text && *text != '\n'; text++) {
		int high = text[0] == '\\' && text[1] == 'x' ? hex_digit(text[2]) : -1;
		int low = high >= 0 ? hex_digit(text[3]) : -1;
		char byte = low >= 0 ? (char)(high * 16 + low) : *text;

		buf_add(out, &byte, 1);
		text += low >= 0 ? 3 : 0;
	}
	buf_text(out, "\n");
}

void host_log_read(struct host_log *log, struct buf *out)
{
	char record[RECORD_MAX];

	for (unsigned int i = 0; log->fd >= 0 && i < RECORDS_MAX; i++) {
		ssize_t n = read(log->fd, record, sizeof(record) - 1);
		const char *text;

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			return;
		record[n] = 0;
		text = strchr(record, ';');
		if (text && strtoul(record, NULL, 10) < 8)
			add_text(text + 1, out);
	}
}
