/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for people and JSON for programs.
 *
 * Colours only on a terminal, and never when NO_COLOR is set to anything; TERM=dumb is no terminal
 * for colours either. Progress goes to standard error and only when that is a terminal. JSON is one
 * document on standard output whose first field is "version": 1.
 */
#ifndef LKM_CLI_OUTPUT_H
#define LKM_CLI_OUTPUT_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

enum output_style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_CYAN,
};

bool output_is_colored(FILE *stream);
/* The escape sequence that starts a style (STYLE_PLAIN: that ends all), "" when !colored. */
const char *output_style(bool colored, enum output_style style);

/* Before any other file is opened: a standard stream that is closed gets a stand-in that can
 * neither be read nor written, so that no file gets its number and what is printed. */
void output_begin(void);
/* Whether this standard stream is more than that stand-in. */
bool output_is_open(int fd);
/* At the end: all that was printed has left. False: some of it is lost. */
bool output_end(void);

/* "WHO: sentence" on standard error, with the end of line; through output_text(), as names from
 * files may be in it. */
void output_error(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));
void output_verror(const char *who, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* One line that is overwritten by the next and disappears with progress_end(). */
struct progress {
	bool enabled;
};
void progress_begin(struct progress *progress);
void progress_show(struct progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void progress_end(struct progress *progress); /* serves as DEFER destructor */

/* A text from outside (log, file content) as it may go to a terminal: control characters except
 * newline and tab are written as \xNN. */
void output_text(FILE *stream, const char *text, size_t length);
void output_string(FILE *stream, const char *text);
void output_format(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A new document {"version": 1}; NULL: out of memory. */
json_t *output_json_new(void);
/* Byte-exact string: a byte 0xNN that is not ASCII becomes the character U+00NN. */
json_t *output_json_bytes(const void *bytes, size_t length);
/* Such a string into an object; false: out of memory, also when it is NULL for that reason. */
bool output_json_set(json_t *object, const char *key, const char *text);
/* Prints the document and drops the reference. False: out of memory, also when it is NULL for that
 * reason; what is lost on its way out, output_end() notices. */
bool output_json_print(json_t *document);

#endif
