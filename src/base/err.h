/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors as values: a code and one sentence.
 *
 * A function that can fail returns 0 or a negative errno and fills the caller's struct err, which
 * is its last argument. err_set() stands where the error is found and names the object (file,
 * section, symbol); err_add() puts context before the sentence on the way up. Nothing is
 * allocated, so that running out of memory can be reported and nothing needs to be freed. Only
 * src/cli prints.
 */
#ifndef LKM_BASE_ERR_H
#define LKM_BASE_ERR_H

struct err {
	int code; /* negative errno, as returned; 0: no error */
	char text[1024];
};

/* Both return err->code, so that "return err_set(err, -ENOEXEC, ...)" is one line. err may be
 * NULL for a caller that only wants the code. A text that is too long loses its tail. */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int err_add(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* err_set() for a failed system call: appends ": " and the text of errno. Reads errno, hence
 * must follow the call at once. */
int err_errno(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

int err_no_memory(struct err *err);

#endif
