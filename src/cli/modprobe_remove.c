/* SPDX-License-Identifier: GPL-2.0-only */
/* modprobe -r */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/modprobe.h"

static void show(void *context, const struct plan_step *step)
{
	if (step->op == PLAN_REMOVE)
		printf("remove %s\n", step->command);
	else
		printf("rmmod %s\n", step->name);
	fflush(stdout);
}

static int unload(struct modprobe *modprobe, const struct db_candidate *module)
{
	const struct modprobe_options *options = &modprobe->options;
	DEFER(plan_free) struct plan plan = {0};
	struct plan_remove_request request = {
		.module = *module,
		.ignore_loaded = options->show_depends,
		.ignore_commands = options->ignore_commands,
		.holders = options->remove_holders,
		.first_time = options->first_time,
	};
	struct plan_apply apply = {
		.show = options->show_depends || modprobe->tool.shown > TOOL_WARNING ? show : NULL,
		.dry_run = options->dry_run || options->show_depends,
		.ignore_loaded = options->show_depends,
		.force_removal = options->force,
		.wait = options->wait,
		.fatal_ends = modprobe_complaint_ends(modprobe),
	};
	struct err err = {0};
	int code = plan_probe_remove(&plan, modprobe->probe, &request, &err);

	if (code < 0) {
		tool_say(&modprobe->tool, code == -ENOENT ? modprobe->complaint : TOOL_ERROR, "%s",
			 err.text);
		return code;
	}
	code = plan_probe_apply(&plan, modprobe->probe, &apply, &err);
	if (code < 0 && apply.fatal)
		tool_say(&modprobe->tool, modprobe->complaint, "%s", err.text);
	return code;
}

int modprobe_remove(struct modprobe *modprobe, const char *word)
{
	DEFER(db_candidates_free) struct db_candidates found = {0};
	struct err err = {0};
	int code = db_candidates_find(&found, modprobe->indexes, modprobe->config, word, &err);

	if (code < 0 && code != -EINVAL)
		tool_say(&modprobe->tool, TOOL_ERROR, "%s", err.text);
	if (code == 0 && found.list.n == 0) {
		tool_say(&modprobe->tool, modprobe->complaint, "Module %s not found.", word);
		code = -ENOENT;
	}
	for (size_t i = 0; code == 0 && i < found.list.n; i++)
		code = unload(modprobe, &found.list.p[i]);
	return code;
}
