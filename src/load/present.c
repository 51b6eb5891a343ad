/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modules that are in the kernel already: their names are taken, and what they export can be used
 * while they are neither starting nor going.
 */
#include <errno.h>

#include "load/walk.h"

static const struct load_present *find(const struct walk *walk, const char *name)
{
	const struct load_request *request = walk->request;

	for (size_t i = 0; i < request->present_count; i++)
		if (strcmp(request->present[i].name, name) == 0)
			return &request->present[i];
	return NULL;
}

static bool is_provider(const struct walk *walk, const char *name)
{
	for (size_t i = 0; i < walk->request->provider_count; i++)
		if (strcmp(walk->request->providers[i]->name, name) == 0)
			return true;
	return false;
}

/* Which of the two errors it is shows when init is over; most often init ends well. */
static void refuse_coming(struct walk *walk)
{
	walk_reason(walk, "L-NAM-04", -EEXIST,
		    "a module of the name %s is just starting: the kernel waits until its init is "
		    "over, and refuses this one then (EEXIST, or EBUSY if that init failed)",
		    walk->name)
		->fix = "wait until it is loaded; init that never ends needs a reboot";
}

static void refuse_going(struct walk *walk)
{
	walk_reason(walk, "L-NAM-02", -EBUSY, "a module of the name %s is just being removed",
		    walk->name)
		->fix = "try again when lsmod shows it no longer; exit that never ends needs a "
			"reboot";
}

bool name_step(struct walk *walk)
{
	const struct load_present *present = find(walk, walk->name);

	if (present && present->state == LOAD_COMING) {
		refuse_coming(walk);
	} else if (present && present->state == LOAD_GOING) {
		refuse_going(walk);
	} else if (present || is_provider(walk, walk->name)) {
		walk_reason(walk, "L-NAM-01", -EEXIST, "a module of the name %s is loaded already",
			    walk->name)
			->fix = walk_text(walk, "rmmod %s", walk->name);
	}
	return true;
}

bool present_use(struct walk *walk, const char *owner, const char *symbol)
{
	const struct load_present *present = find(walk, owner);
	struct load_reason *reason;

	if (!present || present->state == LOAD_LIVE)
		return true;
	if (present->state == LOAD_COMING)
		reason = walk_reason(walk, "L-SYM-07", 0,
				     "the module %s, which exports %s, is just starting: the "
				     "kernel waits up to 30 seconds for the end of its init, and "
				     "refuses this one if that takes longer (EBUSY) or fails "
				     "(ENOENT)",
				     owner, symbol);
	else
		reason = walk_reason(walk, "L-SYM-08", -ENOENT,
				     "the module %s, which exports %s, is just being removed",
				     owner, symbol);
	reason->subject = walk_text(walk, "%s", symbol);
	reason->fix = walk_text(walk,
				present->state == LOAD_COMING
					? "load this one when lsmod shows %s as Live"
					: "load %s again when lsmod shows it no longer",
				owner);
	return present->state == LOAD_COMING;
}
