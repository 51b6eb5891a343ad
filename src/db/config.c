/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modprobe.d: files *.conf of the directories below (conf.c has how they are read), with lines
 *
 *	alias PATTERN MODULE
 *	blacklist MODULE
 *	options MODULE PARAMETER...
 *	install MODULE COMMAND
 *	remove MODULE COMMAND
 *	softdep MODULE pre: WORD... post: WORD...
 *	weakdep MODULE WORD...
 *
 * In the last five, and only there, MODULE may be a pattern, except for options. modules.softdep
 * and modules.weakdep of the release, which depmod makes of what modules say, are read as if they
 * lay in the first directory: between the user's own files, at the place of their names.
 *
 * Behind all of them comes the kernel's command line: "MODULE.PARAMETER" with or without
 * "=value" is an option, "modprobe.blacklist=MODULE,MODULE" a blacklist.
 */
#include "db/config.h"

#include <errno.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "db/conf.h"
#include "db/store.h"

static const char *const standard[] = {"/etc/modprobe.d",	    "/run/modprobe.d",
				       "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
				       "/lib/modprobe.d",	    NULL};

struct source {
	const char *path;
	int64_t modified;
};

struct db_config {
	struct arena *arena;
	VEC(struct db_rule) rules[DB_RULE_KINDS];
	VEC(struct source) sources;
};

struct reading {
	struct db_config *config;
	const struct db_listener *listener;
	const char *path; /* of the file that is read */
};

void db_config_free(struct db_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < DB_RULE_KINDS; i++)
		vec_free(&config->rules[i]);
	vec_free(&config->sources);
	arena_free(config->arena);
}

static struct db_config *new_config(void)
{
	struct arena *arena = arena_new();
	struct db_config *config = arena ? arena_alloc(arena, sizeof(*config)) : NULL;

	if (config)
		config->arena = arena;
	else
		arena_free(arena);
	return config;
}

static int add_rule(struct db_config *config, enum db_rule_kind kind, const char *key,
		    const char *value, struct err *err)
{
	struct db_rule rule = {.key = arena_strdup(config->arena, key)}, *slot;

	if (value)
		rule.value = arena_strdup(config->arena, value);
	slot = vec_push(&config->rules[kind]);
	if (!slot)
		return err_no_memory(err);
	*slot = rule;
	if (rule.key && (rule.value || !value))
		return 0;
	config->rules[kind].n--;
	return err_no_memory(err);
}

/* Lines -------------------------------------------------------------------------------- */

static void replace(char *text, char from, char to)
{
	while ((text = strchr(text, from)))
		*text++ = to;
}

enum rest { REST_NONE, REST_WORD, REST_ALL };
static const struct keyword {
	const char *word;
	enum db_rule_kind kind;
	enum rest rest; /* what the value is */
} keywords[] = {
	{"alias", DB_ALIAS, REST_WORD},	   {"blacklist", DB_BLACKLIST, REST_NONE},
	{"options", DB_OPTIONS, REST_ALL}, {"install", DB_INSTALL, REST_ALL},
	{"remove", DB_REMOVE, REST_ALL},   {"softdep", DB_SOFTDEP, REST_ALL},
	{"weakdep", DB_WEAKDEP, REST_ALL},
};

/* 1, 0 for a line that lacks words, or a negative errno. */
static int take_rule(struct db_config *config, const struct keyword *keyword, char *line,
		     struct err *err)
{
	char *key = db_conf_word(&line), *value = NULL;
	int code;

	if (keyword->rest != REST_NONE)
		value = keyword->rest == REST_WORD ? db_conf_word(&line) : db_conf_rest(&line);
	if (!key || !db_normal_pattern(key) || (keyword->rest != REST_NONE && !value))
		return 0;
	if (keyword->kind == DB_ALIAS && !db_normal_pattern(value))
		return 0;
	if (keyword->kind == DB_OPTIONS)
		replace(value, '\t', ' ');
	code = add_rule(config, keyword->kind, key, value, err);
	return code < 0 ? code : 1;
}

static int take_line(void *context, char *line, unsigned int number, struct err *err)
{
	const struct reading *reading = context;
	const char *word = db_conf_word(&line);
	int code = 0;

	if (!word)
		return 0;
	if (strcmp(word, "include") == 0 || strcmp(word, "config") == 0) {
		db_tell(reading->listener, DB_ERROR,
			"%s: command %s is deprecated and not parsed anymore", reading->path, word);
		return 0;
	}
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcmp(word, keywords[i].word) == 0)
			code = take_rule(reading->config, &keywords[i], line, err);
	if (code == 0)
		db_tell(reading->listener, DB_ERROR,
			"%s line %u: ignoring bad line starting with '%s'", reading->path, number,
			word);
	return code < 0 ? code : 0;
}

/* The kernel's command line ------------------------------------------------------------ */

static const char blanks[] = " \t\n\v\f\r";

/* The next item; blanks may stand between quotes. False at the end, where also an item whose quote
 * does not end is left out. */
static bool next_item(char **rest, char **item)
{
	bool quoted = false;
	char *p = *rest + strspn(*rest, blanks);

	for (*item = p; *p && (quoted || !strchr(blanks, *p)); p++)
		quoted ^= *p == '"';
	*rest = p + (*p != 0);
	if (p == *item || quoted)
		return false;
	*p = 0;
	return true;
}

static int add_blacklist(struct db_config *config, char *names, struct err *err)
{
	int code = 0;

	for (char *name; code == 0 && (name = strsep(&names, ","));)
		code = add_rule(config, DB_BLACKLIST, name, NULL, err);
	return code;
}

/* "MODULE.PARAMETER[=value]"; the boot loader may have put the quotes of a value around the whole,
 * and then they go back. Anything else is the kernel's own. */
static int take_item(const struct reading *reading, char *item, struct err *err)
{
	static const char blacklist[] = "blacklist=", ends[] = ".=\" \t\n\v\f\r";
	DEFER(buf_free) struct buf parameter = {0};
	bool quoted = item[0] == '"';
	char *name = item + quoted, *param = name + strcspn(name, ends), *value;

	if (*param != '.')
		return 0;
	*param++ = 0;
	value = param + strcspn(param, ends);
	if (*value ? *value != '=' : quoted)
		return 0;
	if (strcmp(name, "modprobe") == 0 && strncmp(param, blacklist, strlen(blacklist)) == 0)
		return add_blacklist(reading->config, param + strlen(blacklist), err);
	if (!db_normal_pattern(name)) {
		db_tell(reading->listener, DB_ERROR,
			"Ignoring bad option on kernel command line while parsing module name: "
			"'%s'",
			name);
		return 0;
	}
	value += *value == '=';
	buf_add(&parameter, param, (size_t)(value - param));
	buf_text(&parameter, quoted ? "\"" : "");
	buf_text(&parameter, value);
	if (buf_failed(&parameter))
		return err_no_memory(err);
	return add_rule(reading->config, DB_OPTIONS, name, buf_string(&parameter), err);
}

static int read_command_line(const struct reading *reading, struct err *err)
{
	static const size_t limit = 1 << 20;
	DEFER(buf_free) struct buf text = {0};
	struct err why = {0};
	int code = file_read(reading->path, limit, &text, &why);
	char *rest = text.p, *item;

	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0 && code != -ENOENT)
		db_tell(reading->listener, DB_ERROR, "%s", why.text);
	for (code = 0; code == 0 && rest && next_item(&rest, &item);)
		code = take_item(reading, item, err);
	return code;
}

/* Reading ------------------------------------------------------------------------------ */

static int add_source(struct db_config *config, const char *path, struct err *err)
{
	int64_t modified;
	struct source *slot;

	if (file_modified(path, &modified, NULL) < 0)
		return 0;
	slot = vec_push(&config->sources);
	if (!slot)
		return err_no_memory(err);
	*slot = (struct source){arena_strdup(config->arena, path), modified};
	return slot->path ? 0 : err_no_memory(err);
}

static int list_files(struct db_config *config, const struct db_config_options *options,
		      struct db_conf *conf, struct err *err)
{
	static const char *const own[] = {"modules.softdep", "modules.weakdep"};
	const char *const *path = options->paths ? options->paths : standard;
	int code = 0;

	for (size_t i = 0; code == 0 && options->dir && i < sizeof(own) / sizeof(own[0]); i++)
		code = db_conf_add_file(conf, mem_format("%s/%s", options->dir, own[i]), err);
	for (; code == 0 && *path; path++) {
		code = add_source(config, *path, err);
		if (code == 0)
			code = db_conf_add(conf, *path, &options->listener, err);
	}
	db_conf_sort(conf);
	return code;
}

static int read_file(struct reading *reading, const char *path, struct err *err)
{
	struct err why = {0};
	int code;

	reading->path = path;
	code = db_conf_read(path, take_line, reading, &why);
	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0 && code != -ENOENT)
		db_tell(reading->listener, DB_WARNING, "%s", why.text);
	return 0;
}

int db_config_read(struct db_config **out, const struct db_config_options *options, struct err *err)
{
	DEFER(db_conf_free) struct db_conf conf = {0};
	DEFER(db_config_freep) struct db_config *config = new_config();
	struct reading reading = {config, &options->listener, NULL};
	int code = config ? list_files(config, options, &conf, err) : err_no_memory(err);

	for (size_t i = 0; code == 0 && i < conf.files.n; i++)
		code = read_file(&reading, conf.files.p[i].path, err);
	reading.path = options->command_line ? options->command_line : "/proc/cmdline";
	if (code == 0)
		code = read_command_line(&reading, err);
	if (code == 0)
		*out = take_ptr(&config);
	return code;
}

/* Asking ------------------------------------------------------------------------------- */

bool db_config_has_changed(const struct db_config *config)
{
	int64_t modified;

	vec_foreach (&config->sources, source)
		if (file_modified(source->path, &modified, NULL) < 0 ||
		    modified != source->modified)
			return true;
	return false;
}

const struct db_rule *db_config_rules(const struct db_config *config, enum db_rule_kind kind,
				      size_t *n)
{
	*n = config ? config->rules[kind].n : 0;
	return config ? config->rules[kind].p : NULL;
}

const char *db_config_value(const struct db_config *config, enum db_rule_kind kind,
			    const char *name)
{
	vec_foreach (&config->rules[kind], rule)
		if (db_alias_match(span_text(rule->key), span_text(name)))
			return rule->value;
	return NULL;
}

bool db_config_is_blacklisted(const struct db_config *config, const char *name)
{
	vec_foreach (&config->rules[DB_BLACKLIST], rule)
		if (strcmp(rule->key, name) == 0)
			return true;
	return false;
}

void db_config_options_of(const struct db_config *config, const char *name, const char *alias,
			  struct buf *out)
{
	vec_foreach (&config->rules[DB_OPTIONS], rule) {
		if (strcmp(rule->key, name) != 0 && !(alias && strcmp(rule->key, alias) == 0))
			continue;
		if (!rule->value[0])
			continue;
		buf_text(out, out->n ? " " : "");
		buf_text(out, rule->value);
	}
}
