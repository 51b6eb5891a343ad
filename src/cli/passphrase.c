/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/passphrase.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

enum { LONGEST = 65536 };

static int copy(char *out, int size, const char *text)
{
	size_t length = strcspn(text, "\n");

	if (length > (size_t)size)
		return -1;
	memcpy(out, text, length);
	return (int)length;
}

static int from_file(struct passphrase *passphrase, char *out, int size)
{
	DEFER(buf_free) struct buf text = {0};
	int length = -1;

	if (file_read(passphrase->file, LONGEST, &text, &passphrase->err) == 0)
		length = copy(out, size, buf_string(&text));
	if (text.n)
		explicit_bzero(text.p, text.n);
	return length;
}

/* What is typed is not shown. */
static int from_terminal(const struct passphrase *passphrase, char *out, int size)
{
	DEFER(file_closep) int fd = file_open("/dev/tty", O_RDWR, NULL);
	struct termios before, quiet;
	char line[512];
	ssize_t got;

	if (fd < 0 || tcgetattr(fd, &before) < 0)
		return -1;
	dprintf(fd, "passphrase of %s: ", passphrase->key);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fd, TCSAFLUSH, &quiet);
	got = read(fd, line, sizeof(line) - 1);
	tcsetattr(fd, TCSAFLUSH, &before);
	dprintf(fd, "\n");
	line[got > 0 ? got : 0] = 0;
	got = got > 0 ? copy(out, size, line) : -1;
	explicit_bzero(line, sizeof(line));
	return (int)got;
}

int passphrase_ask(void *context, char *out, int size)
{
	struct passphrase *passphrase = context;
	const char *pin = getenv("KBUILD_SIGN_PIN");

	if (passphrase->file)
		return from_file(passphrase, out, size);
	return pin ? copy(out, size, pin) : from_terminal(passphrase, out, size);
}
