/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Modules that need each other in a circle, and how they are reported: in kmod's order and words.
 */
#include <errno.h>

#include "db/build_internal.h"

enum { STEPS_MAX = 1 << 16 };

struct step {
	struct build_module *module;
	size_t from; /* the step that led here; SIZE_MAX: none */
};

struct search_state {
	VEC(struct step) steps; /* all that were made */
	VEC(size_t) stack;	/* those to go on from */
	VEC(struct build_module *) in_cycles;
	size_t next; /* index of the module to begin with, should it still have users */
};

static void search_free(struct search_state *search)
{
	vec_free(&search->steps);
	vec_free(&search->stack);
	vec_free(&search->in_cycles);
}

static bool add_step(struct search_state *search, struct build_module *module, size_t from)
{
	struct step *step = vec_push(&search->steps);
	size_t *slot = step ? vec_push(&search->stack) : NULL;

	if (!slot)
		return false;
	*step = (struct step){module, from};
	*slot = search->steps.n - 1;
	return true;
}

static bool note_cyclic(struct search_state *search, struct build_module *module)
{
	struct build_module **slot;

	vec_foreach (&search->in_cycles, known)
		if (*known == module)
			return true;
	slot = vec_push(&search->in_cycles);
	if (slot)
		*slot = module;
	return slot;
}

/* As in kmod, where the list goes on behind the one that was taken from it last. */
static void leave_out(struct search_state *search, struct build_module *module)
{
	if (module->users)
		search->next = module->index + 1;
	module->users = 0;
}

/* Says the way that led to a step, whose module is also where it began. */
static bool report_cycle(struct db_build *build, struct search_state *search, size_t last)
{
	DEFER(build_modules_free) struct build_modules path = {0};
	DEFER(buf_free) struct buf text = {0}, longer = {0};

	buf_text(&text, (const char *)search->steps.p[last].module->name.p);
	for (size_t at = search->steps.p[last].from; at != SIZE_MAX;
	     at = search->steps.p[at].from) {
		struct build_module *module = search->steps.p[at].module;

		buf_clear(&longer);
		buf_format(&longer, "%s -> %s", (const char *)module->name.p, buf_string(&text));
		buf_clear(&text);
		buf_text(&text, buf_string(&longer));
		if (!note_cyclic(search, module) || !build_modules_push(&path, module))
			return false;
	}
	while (path.list.n)
		leave_out(search, path.list.p[--path.list.n]);
	build_say(build, DB_ERROR, "Cycle detected: %s", buf_string(&text));
	return !buf_failed(&text) && !buf_failed(&longer);
}

/* Whether the way to a step has been at its module before. */
static bool is_on_way(const struct search_state *search, size_t last)
{
	for (size_t at = search->steps.p[last].from; at != SIZE_MAX; at = search->steps.p[at].from)
		if (search->steps.p[at].module == search->steps.p[last].module)
			return true;
	return false;
}

/* All ways back to root, of which there may be very many: up to STEPS_MAX. */
static bool search_from(struct db_build *build, struct search_state *search,
			struct build_module *root)
{
	leave_out(search, root);
	search->steps.n = search->stack.n = 0;
	if (!add_step(search, root, SIZE_MAX))
		return false;
	while (search->stack.n && search->steps.n < STEPS_MAX) {
		size_t at = search->stack.p[--search->stack.n];
		struct build_module *module = search->steps.p[at].module;

		if (is_on_way(search, at)) {
			if (module == root && !report_cycle(build, search, at))
				return false;
			continue;
		}
		if (module->depend_count == 0)
			leave_out(search, module);
		for (size_t i = 0; i < module->depend_count; i++)
			if (!add_step(search, module->depends[i], at))
				return false;
	}
	return true;
}

int build_report_cycles(struct db_build *build, struct err *err)
{
	DEFER(search_free) struct search_state search = {0};

	size_t n = build->modules.n;

	for (size_t seen = 0; seen < n; seen++) {
		struct build_module *module = build->modules.p[search.next++ % n];

		if (!module->users)
			continue;
		if (!search_from(build, &search, module))
			return err_no_memory(err);
		seen = 0;
	}
	return err_set(err, -ELOOP, "Found %zu modules in dependency cycles!", search.in_cycles.n);
}
