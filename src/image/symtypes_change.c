/* SPDX-License-Identifier: GPL-2.0-only */
/* Which type differs between two .symtypes files. As in btf_change, both are walked side by side,
 * breadth first. */
#include "base/vec.h"
#include "image/symtypes.h"

struct comparison {
	struct symtypes *from, *to;
	VEC(struct symtypes_type *) queue; /* of from */
	struct buf *out;
};

static void comparison_free(struct comparison *c)
{
	vec_free(&c->queue);
}

static void push(struct comparison *c, struct symtypes_type *type)
{
	struct symtypes_type **slot = type && !type->queued ? vec_push(&c->queue) : NULL;

	if (!slot)
		return;
	type->queued = true;
	*slot = type;
}

static bool is_one_of(struct span word, const char *letters)
{
	return word.n == 1 && strchr(letters, word.p[0]);
}

/*
 * Cuts the next piece off a definition: the member of a structure, with commas the constant of an
 * enumeration, else all of it. What is nested is cut, too. false at the end.
 */
static bool next_piece(struct span *rest, bool commas, struct span *piece)
{
	const char *ends = commas ? ";{}," : ";{}";
	struct span word;

	*piece = span_of(NULL, 0);
	while (symtypes_word(rest, &word)) {
		if (!is_one_of(word, ends))
			*piece =
				span_of(piece->n ? piece->p : word.p,
					(size_t)(word.p + word.n - (piece->n ? piece->p : word.p)));
		else if (piece->n)
			return true;
	}
	return piece->n > 0;
}

static bool has_piece(struct span text, bool commas, struct span wanted)
{
	struct span piece;

	while (next_piece(&text, commas, &piece))
		if (span_equal(piece, wanted))
			return true;
	return false;
}

/* As a programmer writes it: keys as the names of types, blanks where they are usual. */
static void tell_piece(struct buf *out, struct span piece)
{
	bool blank = false;
	struct span word;

	buf_text(out, "\"");
	while (symtypes_word(&piece, &word)) {
		bool is_key = symtypes_is_key(word);

		if (blank && !is_one_of(word, ",)[]"))
			buf_text(out, " ");
		blank = !is_one_of(word, "([*");
		buf_text(out, symtypes_kind(word));
		buf_add(out, word.p + (is_key ? 2 : 0), word.n - (is_key ? 2 : 0));
	}
	buf_text(out, "\"");
}

static void tell_pieces(struct buf *out, const struct symtypes_type *from,
			const struct symtypes_type *to)
{
	bool commas = symtypes_is_key(from->key) && from->key.p[0] == 'e';
	struct span old_rest = from->text, new_rest = to->text, old, new;
	bool has_old, has_new, gone, is_new;

	do {
		has_old = next_piece(&old_rest, commas, &old);
		has_new = next_piece(&new_rest, commas, &new);
	} while (has_old && has_new && span_equal(old, new));
	gone = has_old && !has_piece(to->text, commas, old);
	is_new = has_new && !has_piece(from->text, commas, new);
	if (!gone && !is_new) {
		buf_text(out, "its parts are in another order");
		return;
	}
	tell_piece(out, is_new ? new : old);
	buf_text(out, !gone ? " is new" : is_new ? " instead of " : " is gone");
	if (gone && is_new)
		tell_piece(out, old);
}

static bool is_unknown(const struct symtypes_type *type)
{
	return has_piece(type->text, false, SPAN_LITERAL("UNKNOWN"));
}

static void tell(const struct comparison *c, const struct symtypes_type *from,
		 const struct symtypes_type *to)
{
	size_t prefix = symtypes_is_key(from->key) ? 2 : 0;

	buf_text(c->out, symtypes_kind(from->key));
	buf_add(c->out, from->key.p + prefix, from->key.n - prefix);
	buf_text(c->out, ": ");
	if (is_unknown(from) != is_unknown(to))
		buf_text(c->out, is_unknown(to) ? "only declared where the symbol is exported, "
						  "before it was defined there"
						: "defined where the symbol is exported, before it "
						  "was only declared there");
	else
		tell_pieces(c->out, from, to);
}

/* Whether a type differs; what it leads to is put into the queue. */
static bool compare(struct comparison *c, const struct symtypes_type *from)
{
	const struct symtypes_type *to = symtypes_get(c->to, from->key);
	struct span rest = from->text, word;

	if (!to)
		return false;
	if (!span_equal(from->text, to->text)) {
		tell(c, from, to);
		return true;
	}
	while (symtypes_word(&rest, &word))
		if (symtypes_is_key(word))
			push(c, symtypes_get(c->from, word));
	return false;
}

bool symtypes_change(struct symtypes *from, struct symtypes *to, const char *symbol,
		     struct buf *out)
{
	DEFER(comparison_free) struct comparison c = {.from = from, .to = to, .out = out};

	push(&c, symtypes_get(from, span_text(symbol)));
	for (size_t at = 0; at < c.queue.n; at++)
		if (compare(&c, c.queue.p[at]))
			return !buf_failed(out);
	return false;
}
