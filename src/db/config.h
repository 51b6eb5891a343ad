/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration of modprobe: modprobe.d, what modules say of themselves in modules.softdep and
 * modules.weakdep, and the kernel's command line. Read once, then immutable.
 */
#ifndef LKM_DB_CONFIG_H
#define LKM_DB_CONFIG_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "db/say.h"

enum db_rule_kind {
	DB_BLACKLIST, /* module, NULL */
	DB_INSTALL,   /* module or pattern, command */
	DB_REMOVE,    /* module or pattern, command */
	DB_ALIAS,     /* pattern, module */
	DB_OPTIONS,   /* module or alias, parameters */
	DB_SOFTDEP,   /* module or pattern, words for db_dep_next() */
	DB_WEAKDEP,   /* the same */
	DB_RULE_KINDS
};
/* Keys have '_' for '-', but those that the kernel's command line blacklists. */
struct db_rule {
	const char *key, *value;
};

struct db_config_options {
	const char *dir;	  /* of the release, for modules.softdep; NULL: none */
	const char *const *paths; /* files and directories up to NULL; NULL: modprobe's own */
	const char *command_line; /* a file with the kernel's; NULL: /proc/cmdline */
	struct db_listener listener;
};

/* What cannot be read or understood is told to the listener, and left out. */
struct db_config;
int db_config_read(struct db_config **out, const struct db_config_options *options,
		   struct err *err);
void db_config_free(struct db_config *config); /* NULL is accepted */
DEFINE_DEFER(struct db_config, db_config_free)

/* Whether a directory or file that was given has changed since it was read. */
bool db_config_has_changed(const struct db_config *config);

/* All rules of a kind, in the order of reading; *n of them. config may be NULL: there are none. */
const struct db_rule *db_config_rules(const struct db_config *config, enum db_rule_kind kind,
				      size_t *n);

/* The value of the first rule whose key is the module's name or a pattern for it, NULL: none. It is
 * kmod's habit that an earlier file wins. name has '_' for '-'. */
const char *db_config_value(const struct db_config *config, enum db_rule_kind kind,
			    const char *name);
bool db_config_is_blacklisted(const struct db_config *config, const char *name);
/* Appends the parameters from all options lines of the name, or of the alias that led to it (NULL:
 * none), with a blank between them. */
void db_config_options_of(const struct db_config *config, const char *name, const char *alias,
			  struct buf *out);

/* dep_words.c: the words of a softdep's or weakdep's value. Begin with {value}. */
enum db_dep_place { DB_DEP_UNPLACED, DB_DEP_PRE, DB_DEP_POST };
struct db_dep_words {
	const char *rest;
	enum db_dep_place
		place; /* of the word that was taken, by the "pre:" or "post:" before it */
	bool is_begun;
};
bool db_dep_next(struct db_dep_words *words, enum db_rule_kind kind, struct span *word);
/* Appends the value of a rule as modprobe -c shows it. */
void db_config_show(enum db_rule_kind kind, const char *value, struct buf *out);

#endif
