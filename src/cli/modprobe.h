/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of modprobe: modprobe.c has the options and opens the release, _load.c and _remove.c
 * change the kernel or say what they would do, _show.c answers questions.
 */
#ifndef LKM_CLI_MODPROBE_H
#define LKM_CLI_MODPROBE_H

#include "cli/option.h"
#include "cli/output.h"
#include "cli/tool.h"
#include "plan/probe.h"

struct modprobe_options {
	bool all, remove, remove_holders, first_time, ignore_commands, use_blacklist;
	bool force, force_modversion, force_vermagic;
	bool show_alias, show_depends, show_config, show_modversions, show_exports;
	bool dry_run, syslog, quiet, version, json;
	unsigned int verbose, wait; /* wait: milliseconds */
	const char *wait_text, *dirname, *set_version;
	struct cli_list config;
};

struct modprobe {
	struct tool tool;
	struct modprobe_options options;
	enum tool_level complaint; /* of a word that cannot be served */
	char *dir;
	struct db_config *config;
	struct db_indexes *indexes;
	struct plan_kernel kernel;
	struct plan_probe *probe;
	json_t *json; /* of -D and -c; NULL: text */
	bool json_incomplete;
};

/* All return 0, or a negative errno when everything is said. */
int modprobe_load(struct modprobe *modprobe, const char *word, const char *params);
int modprobe_remove(struct modprobe *modprobe, const char *word);
int modprobe_show_config(struct modprobe *modprobe);
int modprobe_show_modversions(struct modprobe *modprobe, const char *word);
int modprobe_show_exports(struct modprobe *modprobe, const char *word);

/* Whether a word is a file, not a name. */
bool modprobe_is_path(const char *word);
/* The modules that a word stands for; -ENOENT when there is none. */
int modprobe_find(struct modprobe *modprobe, const char *word, struct db_candidates *out);
/* Whether a complaint at this level, when it is shown, ends the program. */
bool modprobe_complaint_ends(const struct modprobe *modprobe);

#endif
