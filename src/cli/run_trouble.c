/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Oopses, BUGs and warnings: told by the lines that the kernel prints for them, which have been the
 * same for many years. Where it happened follows in a later line, in one of these forms:
 *
 *	RIP: 0010:function+0x12/0x40 [module]
 *	WARNING: CPU: 0 PID: 1 at file.c:6 function+0x11/0x1000 [module]
 *	 function+0x12/0x40 [module]		(call trace; "? " in front: only found on the stack)
 */
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"

struct pattern {
	const char *text;
	const char *kind;
	bool fatal;
	const char *also; /* must follow somewhere in the line; NULL: nothing */
};

/* In the order in which they are tried: the line begins with text. */
static const struct pattern patterns[] = {
	{"kernel BUG at ", "BUG", true, NULL},
	{"BUG: scheduling while atomic", "sleep in atomic context", false, NULL},
	{"BUG: sleeping function called from invalid context", "sleep in atomic context", false,
	 NULL},
	{"BUG: workqueue lockup", "hang", false, NULL},
	{"watchdog: BUG: soft lockup", "hang", false, NULL},
	{"BUG: KASAN:", "memory error", false, NULL},
	{"BUG: KFENCE:", "memory error", false, NULL},
	{"BUG: Bad page", "memory error", false, NULL},
	{"BUG: kernel NULL pointer dereference", "oops", true, NULL},
	{"BUG: unable to handle", "oops", true, NULL},
	{"BUG: stack guard page was hit", "oops", true, NULL},
	{"BUG: TASK stack guard page was hit", "oops", true, NULL},
	{"BUG: ", "BUG", false, NULL},
	{"BUG ", "memory error", false,
	 "ainted"}, /* SLUB: "BUG kmalloc-64 (Tainted: G ...): ..." */
	{"WARNING: ", "warning", false, "+0x"},
	{"UBSAN: ", "undefined behaviour", false, NULL},
	{"INFO: task ", "hang", false, NULL},
	{"INFO: rcu_", "hang", false, NULL},
	{"rcu: INFO: ", "hang", false, NULL},
	{"Kernel panic - not syncing", "panic", true, NULL},
	{"general protection fault", "oops", true, NULL},
	{"divide error: ", "oops", true, NULL},
	{"invalid opcode: ", "oops", true, NULL},
	{"stack segment: ", "oops", true, NULL},
	{"int3: ", "oops", true, NULL},
	{"traps: PANIC", "oops", true, NULL},
	{"Oops: ", "oops", true, NULL},
};

static const struct pattern *match(const char *text)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		const struct pattern *p = &patterns[i];

		if (strncmp(text, p->text, strlen(p->text)) == 0 &&
		    (!p->also || strstr(text, p->also)))
			return p;
	}
	return NULL;
}

bool run_trouble_begins(const char *text)
{
	return match(text) != NULL;
}

/* A line that begins a report, but belongs to the one before: a BUG comes with an invalid opcode,
 * every fault with "Oops:". */
static bool continues(const struct run *run, const struct pattern *p)
{
	const struct run_trouble *last;

	if (!run->troubles.n)
		return false;
	last = &run->troubles.p[run->troubles.n - 1];
	return last->step == run_last(run) && last->fatal && p->fatal &&
	       strcmp(p->kind, "panic") != 0;
}

static bool in_module(const char *place, const char *module)
{
	const char *open = strstr(place, " [");
	size_t length = strlen(module);

	return open && strncmp(open + 2, module, length) == 0 &&
	       (open[2 + length] == ']' || open[2 + length] == ' ');
}

char *run_trouble_place(struct arena *arena, const char *text)
{
	const char *plus = strstr(text, "+0x"), *begin = plus, *end;
	char *rest;

	if (!plus)
		return NULL;
	while (begin > text && begin[-1] != ' ' && begin[-1] != ':')
		begin--;
	strtoull(plus + 1, &rest, 16);
	if (begin == plus || *rest != '/')
		return NULL;
	strtoull(rest + 1, &rest, 16);
	end = rest;
	if (end[0] == ' ' && end[1] == '[') {
		const char *close = strchr(end, ']');

		end = close ? close + 1 : end;
	}
	return arena_strndup(arena, begin, (size_t)(end - begin));
}

/* The best place for a report that spans the records from begin: the instruction itself when it is
 * in the module, else the module's innermost function in the call trace, else the instruction. */
static const char *find_place(struct run *run, size_t begin, size_t end)
{
	const char *instruction = NULL;

	for (size_t i = begin; i < end; i++) {
		const char *text = run->log.p[i].text;
		bool leads = i == begin || strncmp(text, "RIP: ", 5) == 0;
		char *place;

		if (i > begin && strncmp(text, "---[ end trace", 14) == 0)
			break;
		if (strstr(text, " ? ") || strncmp(text, "? ", 2) == 0)
			continue;
		place = run_trouble_place(run->arena, text);
		if (place && in_module(place, run->name))
			return place;
		if (place && leads && !instruction)
			instruction = place;
	}
	return instruction;
}

/* A line of the call trace holds the address behind the call. */
static bool is_return_address(const struct run *run, size_t begin, size_t end, const char *place)
{
	for (size_t i = begin; i < end; i++) {
		const char *text = run->log.p[i].text, *found = strstr(text, place);

		if (found)
			return found == text + strspn(text, " ");
	}
	return false;
}

const char *run_trouble_source(struct run *run, const char *place, bool behind_call)
{
	const char *plus = place ? strchr(place, '+') : NULL;
	uint64_t offset = plus ? strtoull(plus + 1, NULL, 16) : 0;
	const char *function;

	if (!plus || !in_module(place, run->name) || offset < behind_call)
		return NULL;
	function = arena_strndup(run->arena, place, (size_t)(plus - place));
	return function ? run_source_line(run->arena, run->path, function, offset - behind_call)
			: NULL;
}

static void add(struct run *run, const struct pattern *p, size_t at)
{
	struct run_trouble *trouble = vec_push(&run->troubles);

	if (!trouble) {
		run->out_of_memory = true;
		return;
	}
	*trouble = (struct run_trouble){
		.kind = p->kind,
		.headline = run->log.p[at].text,
		.where = find_place(run, at, run->log.n),
		.fatal = p->fatal,
		.step = run_last(run),
	};
	trouble->source = run_trouble_source(
		run, trouble->where,
		trouble->where && is_return_address(run, at, run->log.n, trouble->where));
}

void run_trouble_scan(struct run *run)
{
	for (; run->scanned < run->log.n; run->scanned++) {
		const struct pattern *p = match(run->log.p[run->scanned].text);

		if (p && !continues(run, p))
			add(run, p, run->scanned);
	}
}

bool run_trouble_fatal(const struct run *run)
{
	vec_foreach (&run->troubles, trouble) {
		if (trouble->fatal)
			return true;
	}
	return false;
}
