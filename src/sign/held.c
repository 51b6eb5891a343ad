/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/held.h"

enum { FIELDS = 7 }; /* in front of the type */

static struct span take_until(struct span *rest, unsigned char end)
{
	const unsigned char *found = rest->n ? memchr(rest->p, end, rest->n) : NULL;
	size_t length = found ? (size_t)(found - rest->p) : rest->n;
	struct span taken = span_of(rest->p, length);

	length += found != NULL;
	*rest = span_of(rest->p + length, rest->n - length);
	return taken;
}

static struct span take_word(struct span *rest)
{
	struct span word;

	do
		word = take_until(rest, ' ');
	while (word.n == 0 && rest->n);
	return word;
}

/* The last place of ": " in front of the end; false: there is none. */
static bool split(struct span text, struct span *before, struct span *behind)
{
	for (size_t at = text.n; at-- > 1;)
		if (text.p[at - 1] == ':' && text.p[at] == ' ') {
			*before = span_of(text.p, at - 1);
			*behind = span_of(text.p + at + 1, text.n - at - 1);
			return true;
		}
	return false;
}

/* Subject and identifier in a line; false: it is not of a certificate. */
static bool read_line(struct span line, struct span *subject, struct span *id)
{
	static const struct span type = SPAN_LITERAL("asymmetri");
	struct span kind, rest;

	for (int i = 0; i < FIELDS; i++)
		take_word(&line);
	return span_equal(take_word(&line), type) && split(line, &rest, &kind) &&
	       split(rest, subject, id);
}

/* A subject is its common name, or its organisation, ": " and that. */
static bool is_of(struct span subject, struct span signer)
{
	struct span organisation, name;

	return span_equal(subject, signer) ||
	       (split(subject, &organisation, &name) && span_equal(name, signer));
}

enum held held_find(struct span text, const char *signer, const char *id)
{
	enum held found = HELD_UNKNOWN;

	while (text.n && found != HELD_ID) {
		struct span subject, own, line = take_until(&text, '\n');

		if (!read_line(line, &subject, &own))
			continue;
		if (found == HELD_UNKNOWN)
			found = HELD_NOT;
		if (*id && span_equal(own, span_text(id)))
			found = HELD_ID;
		else if (*signer && is_of(subject, span_text(signer)))
			found = HELD_NAME;
	}
	return found;
}

const char *held_name(enum held held)
{
	static const char *const names[] = {"unknown", "no", "name", "id"};

	return names[held];
}
