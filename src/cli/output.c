/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

void output_begin(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH) != fd)
			abort(); /* the lowest number is not the one that is free */
}

bool output_is_open(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_PATH);
}

bool output_end(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}

bool output_is_colored(FILE *stream)
{
	const char *term = getenv("TERM");

	return !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0 && isatty(fileno(stream));
}

const char *output_style(bool colored, enum output_style style)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "\033[0m", [STYLE_BOLD] = "\033[1m",   [STYLE_DIM] = "\033[2m",
		[STYLE_RED] = "\033[31m",  [STYLE_GREEN] = "\033[32m", [STYLE_YELLOW] = "\033[33m",
		[STYLE_CYAN] = "\033[36m",
	};

	return colored ? codes[style] : "";
}

static void output_vformat(FILE *stream, const char *format, va_list args)
{
	DEFER(buf_free) struct buf text = {0};

	buf_vformat(&text, format, args);
	output_text(stream, buf_string(&text), text.n);
}

void output_format(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	output_vformat(stream, format, args);
	va_end(args);
}

void output_verror(const char *who, const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", who);
	output_vformat(stderr, format, args);
	fputc('\n', stderr);
}

void output_error(const char *who, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	output_verror(who, format, args);
	va_end(args);
}

void progress_begin(struct progress *progress)
{
	progress->enabled = isatty(STDERR_FILENO);
}

static size_t columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* Only what is on one line can be taken back. */
void progress_show(struct progress *progress, const char *format, ...)
{
	char text[256];
	size_t room = columns();
	va_list args;

	if (!progress->enabled)
		return;
	va_start(args, format);
	vsnprintf(text, room < sizeof(text) ? room : sizeof(text), format, args);
	va_end(args);
	fputs("\r\033[K", stderr);
	output_string(stderr, text);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->enabled)
		fputs("\r\033[K", stderr);
}

void output_text(FILE *stream, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
			fprintf(stream, "\\x%02x", c);
		else
			fputc(c, stream);
	}
}

void output_string(FILE *stream, const char *text)
{
	output_text(stream, text, strlen(text));
}

json_t *output_json_new(void)
{
	return json_pack("{s:i}", "version", 1);
}

json_t *output_json_bytes(const void *bytes, size_t length)
{
	DEFER(buf_free) struct buf text = {0};
	const unsigned char *p = bytes;

	for (size_t i = 0; i < length; i++) {
		unsigned char utf8[2] = {(unsigned char)(0xc0 | p[i] >> 6),
					 (unsigned char)(0x80 | (p[i] & 0x3f))};

		if (p[i] < 0x80)
			buf_add(&text, &p[i], 1);
		else
			buf_add(&text, utf8, 2);
	}
	return buf_failed(&text) ? NULL : json_stringn(buf_string(&text), text.n);
}

bool output_json_set(json_t *object, const char *key, const char *text)
{
	return json_object_set_new(object, key, output_json_bytes(text, strlen(text))) == 0;
}

bool output_json_print(json_t *document)
{
	bool fine =
		document && (json_dumpf(document, stdout, JSON_INDENT(1)) == 0 || ferror(stdout));

	if (fine)
		putchar('\n');
	json_decref(document);
	return fine;
}
