/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/quote.h"

void quote_words_free(struct quote_words *words)
{
	vec_free(&words->list);
}

/* Copies the word at *text without its quotes to *out, and moves both behind it. */
static void take_word(const char **text, char **out)
{
	char quote = 0;

	for (; **text && (quote || **text != ' '); ++*text) {
		if (quote ? **text == quote : **text == '"' || **text == '\'')
			quote = quote ? 0 : **text;
		else
			*(*out)++ = **text;
	}
	*(*out)++ = 0;
}

int quote_split(const char *text, struct arena *arena, struct quote_words *out, struct err *err)
{
	char *room = arena_alloc(arena, strlen(text) + 1); /* a word's NUL takes a blank's place */

	if (!room)
		return err_no_memory(err);
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		char **slot = vec_push(&out->list);

		if (!slot)
			return err_no_memory(err);
		*slot = room;
		take_word(&text, &room);
	}
	return 0;
}

static void add_param(const char *param, struct buf *out)
{
	const char *value = strchr(param, '=');
	bool quoted = value && value[1] != '"' && value[1] != '\'' && strchr(value, ' ');

	if (!quoted) {
		buf_text(out, param);
		return;
	}
	buf_add(out, param, (size_t)(value + 1 - param));
	buf_format(out, "\"%s\"", value + 1);
}

void quote_params(const char *const *params, struct buf *out)
{
	for (size_t i = 0; params[i]; i++) {
		buf_text(out, out->n ? " " : "");
		add_param(params[i], out);
	}
}
