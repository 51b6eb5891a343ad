/* SPDX-License-Identifier: GPL-2.0-only */
/* Reasons, log lines and taints, as a walk finds them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "load/walk.h"

/* printk cuts the rest; the level and the end take three bytes more. */
enum { LINE_LONGEST = 989, LINE_LONGER = 1021 };

/* Names may be as long as the file, and in every sentence: what printk would cut is not kept. */
enum { TEXT_LONGEST = LINE_LONGER };

static const char *format_text(struct walk *walk, const char *format, va_list args)
{
	DEFER(buf_free) struct buf text = {0};
	const char *kept = NULL;

	buf_vformat(&text, format, args);
	if (!buf_failed(&text))
		kept = arena_strndup(walk->arena, text.p,
				     text.n < TEXT_LONGEST ? text.n : TEXT_LONGEST);
	if (!kept)
		walk->no_memory = true;
	return kept ? kept : "";
}

const char *walk_text(struct walk *walk, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = format_text(walk, format, args);
	va_end(args);
	return text;
}

static struct load_reason *add_reason(struct walk *walk, const char *id, int code,
				      const char *format, va_list args)
{
	struct load_reason *reason = vec_push(&walk->verdict->reasons);

	if (!reason) {
		walk->no_memory = true;
		reason = &walk->scratch;
	}
	*reason = (struct load_reason){
		.id = id, .code = code, .sentence = format_text(walk, format, args)};
	if (code < 0) {
		walk->step_code = code;
		walk->step_reason = walk->verdict->reasons.n;
	}
	return reason;
}

struct load_reason *walk_reason(struct walk *walk, const char *id, int code, const char *format,
				...)
{
	struct load_reason *reason;
	va_list args;

	va_start(args, format);
	reason = add_reason(walk, id, code, format, args);
	va_end(args);
	return reason;
}

struct load_reason *walk_crash(struct walk *walk, const char *id, const char *format, ...)
{
	struct load_reason *reason;
	va_list args;

	va_start(args, format);
	reason = add_reason(walk, id, -ENOEXEC, format, args);
	va_end(args);
	reason->crash = true;
	return reason;
}

static void add_line(struct walk *walk, int level, const char *text)
{
	size_t longest = walk->kernel->has[SERIES_LONG_LINES] ? LINE_LONGER : LINE_LONGEST;
	struct load_line *line;

	if (walk->verdict->code < 0)
		return; /* the kernel does not come here */
	if (strlen(text) > longest)
		text = walk_text(walk, "%.*s", (int)longest, text);
	line = vec_push(&walk->verdict->lines);
	if (!line)
		walk->no_memory = true;
	else
		*line = (struct load_line){level, text};
}

void walk_line(struct walk *walk, int level, const char *format, ...)
{
	struct load_verdict *verdict = walk->verdict;
	const char *text;
	va_list args;

	va_start(args, format);
	text = format_text(walk, format, args);
	va_end(args);
	if (verdict->reasons.n && !verdict->reasons.p[verdict->reasons.n - 1].line)
		verdict->reasons.p[verdict->reasons.n - 1].line = text;
	add_line(walk, level, text);
}

void walk_say(struct walk *walk, int level, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = format_text(walk, format, args);
	va_end(args);
	add_line(walk, level, text);
}

bool walk_has_taint(const struct walk *walk, unsigned int taint)
{
	return (walk->request->taints | walk->verdict->taints) & taint;
}

void walk_taint(struct walk *walk, unsigned int taint)
{
	walk->taints |= taint;
	walk_taint_kernel(walk, taint);
}

void walk_taint_kernel(struct walk *walk, unsigned int taint)
{
	unsigned int unreliable = LOAD_TAINT_P | LOAD_TAINT_F;

	if ((taint & unreliable) && !walk_has_taint(walk, unreliable))
		walk_line(walk, 4, "Disabling lock debugging due to kernel taint");
	if (walk->verdict->code == 0)
		walk->verdict->taints |= taint;
}

/* The kernel's copy of the file ends with a page, which zeros fill up. */
static bool is_behind(const struct walk *walk, struct span span, uint64_t offset)
{
	enum { PAGE = 4096 };
	uint64_t page_end = (walk->file.n + PAGE - 1) & ~(uint64_t)(PAGE - 1);

	return span.p + span.n == walk->file.p + walk->file.n && offset >= span.n &&
	       offset - span.n < page_end - walk->file.n;
}

const char *walk_string(struct walk *walk, struct span span, uint64_t offset)
{
	const char *text = is_behind(walk, span, offset) ? "" : span_string(span, offset);

	if (text || offset >= span.n)
		return text;
	text = arena_strndup(walk->arena, (const char *)span.p + offset, span.n - offset);
	if (!text)
		walk->no_memory = true;
	return text ? text : "";
}

void load_taint_text(unsigned int taints, char *out)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTN";

	for (size_t i = 0; letters[i]; i++)
		if (taints >> i & 1)
			*out++ = letters[i];
	*out = '\0';
}

void load_verdict_free(struct load_verdict *verdict)
{
	if (!verdict)
		return;
	vec_free(&verdict->reasons);
	vec_free(&verdict->steps);
	vec_free(&verdict->lines);
	vec_free(&verdict->sections);
	vec_free(&verdict->symbols);
	arena_free(verdict->arena);
	mem_free(verdict);
}
