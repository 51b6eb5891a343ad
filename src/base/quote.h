/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words with quotes, in the two manners that modprobe knows.
 */
#ifndef LKM_BASE_QUOTE_H
#define LKM_BASE_QUOTE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/vec.h"

/* Cuts a text at its blanks; '"' and '\'' keep blanks together and go away, also within a word.
 * The words live in arena. -ENOMEM is the only error. */
struct quote_words {
	VEC(char *) list;
};
void quote_words_free(struct quote_words *words); /* serves as DEFER destructor */
int quote_split(const char *text, struct arena *arena, struct quote_words *out, struct err *err);

/* Appends the parameters of a module as the kernel wants them: with blanks between them, and with
 * '"' around a value that has blanks but no quote in front. */
void quote_params(const char *const *params, struct buf *out);

#endif
