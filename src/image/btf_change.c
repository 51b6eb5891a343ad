/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the CRC of a symbol differs between two kernels. genksyms computes it from the declaration
 * with everything that it leads to, so both are walked side by side, breadth first: the difference
 * that is met first is the nearest one.
 */
#include "image/btf.h"

enum { MEMBER = 12, PARAMETER = 8, PAIRS_MAX = 20000 };

/* Two types that should be the same, and where they were met. */
struct pair {
	uint32_t from, to;
	size_t parent;	    /* in the queue */
	const char *member; /* of the parent; NULL: it is what the parent leads to */
};

struct comparison {
	struct btf from, to;
	VEC(struct pair) queue;
	unsigned char *seen; /* by the number in from */
	struct buf *out;
};

static const char *kind_word(const struct type *type)
{
	switch (type->kind) {
	case KIND_STRUCT:
		return "struct ";
	case KIND_UNION:
		return "union ";
	case KIND_ENUM:
	case KIND_ENUM64:
		return "enum ";
	case KIND_PTR:
		return "a pointer";
	case KIND_ARRAY:
		return "an array";
	case KIND_FUNC_PROTO:
		return "a function";
	default:
		return "";
	}
}

static void name_type(struct buf *out, const struct type *type)
{
	bool nameless = !type->name[0];

	buf_format(out, "%s%s", kind_word(type),
		   nameless && (type->kind == KIND_STRUCT || type->kind == KIND_UNION ||
				type->kind == KIND_ENUM)
			   ? "without a name"
			   : type->name);
}

static bool push(struct comparison *c, uint32_t from, uint32_t to, size_t parent,
		 const char *member)
{
	struct pair *pair;

	if (from == 0 || to == 0 || from > c->from.index.count || c->seen[from])
		return true;
	if (c->queue.n == PAIRS_MAX)
		return false;
	pair = vec_push(&c->queue);
	if (!pair)
		return false;
	c->seen[from] = 1;
	*pair = (struct pair){from, to, parent, member};
	return true;
}

/* The nearest structure above a pair, for a sentence about something inside of it. */
static void tell_place(const struct comparison *c, size_t at)
{
	struct type type;

	for (;; at = c->queue.p[at].parent) {
		const struct pair *pair = &c->queue.p[at];

		if (at == 0 || !pair->member)
			break;
		if (image_btf_type(&c->from, c->queue.p[pair->parent].from, &type) &&
		    image_btf_strip(&c->from, &type) && type.name[0]) {
			name_type(c->out, &type);
			buf_format(c->out, ", member %s: ", pair->member);
			return;
		}
	}
}

static bool differ(const struct comparison *c, size_t at, const struct type *from,
		   const struct type *to)
{
	tell_place(c, at);
	name_type(c->out, to);
	buf_text(c->out, " instead of ");
	name_type(c->out, from);
	return true;
}

static const char *member_name(const struct btf *btf, const struct type *type, uint32_t i)
{
	const char *name =
		i < type->count
			? span_string(btf->strings, span_le32(type->tail, (uint64_t)i * MEMBER))
			: NULL;

	return name ? name : "";
}

static bool has_member(const struct btf *btf, const struct type *type, const char *name)
{
	for (uint32_t i = 0; i < type->count; i++)
		if (strcmp(member_name(btf, type, i), name) == 0)
			return true;
	return false;
}

/* The first member that is not where it was. */
static bool compare_layout(const struct comparison *c, const struct type *from,
			   const struct type *to)
{
	uint32_t most = from->count > to->count ? from->count : to->count;

	for (uint32_t i = 0; i < most; i++) {
		const char *old = member_name(&c->from, from, i), *new = member_name(&c->to, to, i);
		uint32_t was = span_le32(from->tail, (uint64_t)i * MEMBER + 8) & 0xffffff;
		uint32_t is = span_le32(to->tail, (uint64_t)i * MEMBER + 8) & 0xffffff;

		if (strcmp(old, new) == 0 && was == is)
			continue;
		name_type(c->out, to);
		if (i < to->count && !has_member(&c->from, from, new))
			buf_format(c->out, ": the member %s is new", new);
		else if (i < from->count && !has_member(&c->to, to, old))
			buf_format(c->out, ": the member %s is gone", old);
		else if (strcmp(old, new) == 0)
			buf_format(c->out, ": the member %s moved from byte %u to %u", new, was / 8,
				   is / 8);
		else
			buf_text(c->out, ": its members are in another order");
		break;
	}
	if (from->size != to->size && c->out->n)
		buf_format(c->out, " (%u bytes, before %u)", to->size, from->size);
	return c->out->n > 0;
}

static bool compare_structures(struct comparison *c, size_t at, const struct type *from,
			       const struct type *to)
{
	if (strcmp(from->name, to->name) != 0)
		return differ(c, at, from, to);
	if (compare_layout(c, from, to))
		return true;
	for (uint32_t i = 0; i < from->count; i++)
		push(c, span_le32(from->tail, (uint64_t)i * MEMBER + 4),
		     span_le32(to->tail, (uint64_t)i * MEMBER + 4), at,
		     member_name(&c->from, from, i));
	return false;
}

static bool compare_functions(struct comparison *c, size_t at, const struct type *from,
			      const struct type *to)
{
	if (from->count != to->count) {
		buf_format(c->out, "a function takes %u parameters, before %u", to->count,
			   from->count);
		return true;
	}
	push(c, from->size, to->size, at, NULL);
	for (uint32_t i = 0; i < from->count; i++)
		push(c, span_le32(from->tail, (uint64_t)i * PARAMETER + 4),
		     span_le32(to->tail, (uint64_t)i * PARAMETER + 4), at, NULL);
	return false;
}

static bool compare_arrays(struct comparison *c, size_t at, const struct type *from,
			   const struct type *to)
{
	uint32_t was = span_le32(from->tail, 8), is = span_le32(to->tail, 8);

	if (was != is) {
		tell_place(c, at);
		buf_format(c->out, "an array of %u, before %u", is, was);
		return true;
	}
	push(c, span_le32(from->tail, 0), span_le32(to->tail, 0), at, NULL);
	return false;
}

/* Whether a pair differs; what it leads to is put into the queue. */
static bool compare(struct comparison *c, size_t at)
{
	const struct pair pair = c->queue.p[at];
	struct type from, to;

	if (!image_btf_type(&c->from, pair.from, &from) || !image_btf_type(&c->to, pair.to, &to) ||
	    !image_btf_strip(&c->from, &from) || !image_btf_strip(&c->to, &to))
		return false;
	if (from.kind == KIND_FWD || to.kind == KIND_FWD)
		return strcmp(from.name, to.name) != 0 && differ(c, at, &from, &to);
	if (from.kind != to.kind)
		return differ(c, at, &from, &to);
	switch (from.kind) {
	case KIND_STRUCT:
	case KIND_UNION:
		return compare_structures(c, at, &from, &to);
	case KIND_FUNC_PROTO:
		return compare_functions(c, at, &from, &to);
	case KIND_ARRAY:
		return compare_arrays(c, at, &from, &to);
	case KIND_PTR:
	case KIND_FUNC:
	case KIND_VAR:
		push(c, from.size, to.size, at, NULL);
		return false;
	case KIND_INT:
	case KIND_FLOAT:
	case KIND_ENUM:
	case KIND_ENUM64:
		return (from.size != to.size || from.count != to.count ||
			strcmp(from.name, to.name) != 0) &&
		       differ(c, at, &from, &to);
	default:
		return false;
	}
}

static uint32_t find_symbol(const struct btf *btf, const char *name)
{
	struct type type;

	for (uint32_t number = 1; number <= btf->index.count; number++)
		if (image_btf_type(btf, number, &type) &&
		    (type.kind == KIND_FUNC || type.kind == KIND_VAR) &&
		    strcmp(type.name, name) == 0)
			return number;
	return 0;
}

static void comparison_free(struct comparison *c)
{
	vec_free(&c->queue);
	mem_free(c->seen);
}

bool image_type_change(const struct image *from, const struct image *to, const char *symbol,
		       struct buf *out)
{
	DEFER(comparison_free) struct comparison c = {.out = out};

	if (image_btf_get(&c.from, from, NULL) < 0 || image_btf_get(&c.to, to, NULL) < 0)
		return false;
	c.seen = mem_zalloc(c.from.index.count + 1);
	if (!c.seen || !push(&c, find_symbol(&c.from, symbol), find_symbol(&c.to, symbol), 0, NULL))
		return false;
	for (size_t at = 0; at < c.queue.n; at++)
		if (compare(&c, at))
			return !buf_failed(out);
	return false;
}
