/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of -c and of the prompt: words as in a shell ('...', "..." and backslash), the first
 * one a verb of the table.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/similar.h"
#include "cli/run.h"

enum { ANY = 255, MAPPING_LIMIT = 16 << 20 };

struct run_verb {
	const char *name;
	const char *synopsis;	  /* behind the name */
	unsigned int least, most; /* words */
	/* What words mean, so that a wrong one is known before a kernel is started. NULL: just
	 * text. */
	int (*read)(struct run *run, struct run_command *command, struct err *err);
	int (*run)(struct run *run, const struct run_command *command, struct err *err);
};

/* Words ------------------------------------------------------------------------------- */

/* One word from *text on, without its quotes; NULL with err set when a quote is open. */
static const char *next_word(struct run *run, const char **text, struct err *err)
{
	DEFER(buf_free) struct buf word = {0};
	const char *p = *text;
	char quote = 0, *copy;

	buf_text(&word, "");
	for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
		if (quote ? *p == quote : *p == '\'' || *p == '"')
			quote = quote ? 0 : *p;
		else if (*p == '\\' && quote != '\'' && p[1] && strchr(" \t'\"", p[1]))
			buf_add(&word, ++p, 1);
		else
			buf_add(&word, p, 1);
	}
	if (quote) {
		err_set(err, -EINVAL, "the quote %c is not closed", quote);
		return NULL;
	}
	copy = arena_strdup(run->arena, buf_string(&word));
	if (!copy || buf_failed(&word))
		err_no_memory(err);
	*text = p;
	return copy;
}

static int split(struct run *run, const char *text, struct run_command *out, struct err *err)
{
	size_t most = strlen(text) / 2 + 2;

	out->words = arena_array(run->arena, most, sizeof(*out->words));
	if (!out->words)
		return err_no_memory(err);
	for (;;) {
		while (isspace((unsigned char)*text))
			text++;
		if (!*text)
			return 0;
		out->words[out->count] = next_word(run, &text, err);
		if (!out->words[out->count])
			return err->code;
		out->count++;
	}
}

/* \n \t \\ and \xNN, for what is written. */
static size_t unescape(char *text)
{
	char *out = text;

	for (const char *p = text; *p; p++) {
		char digits[3] = "", *end = digits;

		if (*p != '\\' || !p[1]) {
			*out++ = *p;
			continue;
		}
		p++;
		if (*p == 'x' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2])) {
			memcpy(digits, p + 1, 2);
			*out++ = (char)strtoul(digits, &end, 16);
			p += 2;
		} else if (*p == 'n' || *p == 't') {
			*out++ = *p == 'n' ? '\n' : '\t';
		} else {
			if (*p != '\\')
				*out++ = '\\';
			*out++ = *p;
		}
	}
	return (size_t)(out - text);
}

/* The words from first on, with single spaces between. */
static char *join(struct run *run, const struct run_command *command, size_t first)
{
	DEFER(buf_free) struct buf text = {0};

	for (size_t i = first; i < command->count; i++)
		buf_format(&text, "%s%s", i > first ? " " : "", command->words[i]);
	return buf_failed(&text) ? NULL : arena_strdup(run->arena, buf_string(&text));
}

/* Verbs ------------------------------------------------------------------------------- */

static int do_cat(struct run *run, const struct run_command *command, struct err *err)
{
	return run_read(run, command->words[0], command->text, err);
}

static int do_write(struct run *run, const struct run_command *command, struct err *err)
{
	char *text = join(run, command, 1);

	if (!text)
		return err_no_memory(err);
	return run_write(run, command->words[0], span_of(text, unescape(text)), command->text, err);
}

static int do_ls(struct run *run, const struct run_command *command, struct err *err)
{
	return run_list(run, command->count ? command->words[0] : "/", command->text, err);
}

static int read_insmod(struct run *run, struct run_command *command, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;

	(void)run;
	return ko_open(&ko, command->words[0], err);
}

static int do_insmod(struct run *run, const struct run_command *command, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	char *params = join(run, command, 1);
	int rc;

	if (!params)
		return err_no_memory(err);
	rc = ko_open(&ko, command->words[0], err);
	return rc < 0 ? rc : run_load(run, command->words[0], ko, params, command->text, err);
}

/* A file's name is understood, too: "rmmod ./hello.ko". */
static int do_rmmod(struct run *run, const struct run_command *command, struct err *err)
{
	const char *slash = strrchr(command->words[0], '/');
	char *name = arena_strdup(run->arena, slash ? slash + 1 : command->words[0]);

	if (!name)
		return err_no_memory(err);
	ko_normal_name(name);
	return run_unload(run, name, command->text, err);
}

static int do_lsmod(struct run *run, const struct run_command *command, struct err *err)
{
	return run_read(run, "/proc/modules", command->text, err);
}

static int do_dmesg(struct run *run, const struct run_command *command, struct err *err)
{
	return run_dmesg(run, command->text, err);
}

static int read_sleep(struct run *run, struct run_command *command, struct err *err)
{
	char *end;
	double seconds = strtod(command->words[0], &end);

	(void)run;
	if (end == command->words[0] || *end || !(seconds >= 0) || seconds > 1e9)
		return err_set(err, -EINVAL, "sleep takes a number of seconds, not '%s'",
			       command->words[0]);
	command->numbers[0] = (uint64_t)(seconds * 1e9);
	return 0;
}

static int do_sleep(struct run *run, const struct run_command *command, struct err *err)
{
	return run_sleep(run, command->numbers[0], command->text, err);
}

static int read_bytes(struct run *run, const char *text, struct span *out, struct err *err)
{
	size_t n = 0;
	unsigned char *bytes = arena_array(run->arena, strlen(text) / 2 + 1, 1);

	if (!bytes)
		return err_no_memory(err);
	for (const char *p = text; *p; p += 2) {
		char digits[3] = {p[0], p[1], 0};

		if (!isxdigit((unsigned char)p[0]) || !isxdigit((unsigned char)p[1]))
			return err_set(err, -EINVAL,
				       "'%s' is no row of bytes: two hexadecimal digits for each, "
				       "such as 01ff",
				       text);
		bytes[n++] = (unsigned char)strtoul(digits, NULL, 16);
	}
	*out = span_of(bytes, n);
	return 0;
}

/* A number as C has it: 16, 0x10. */
static int read_number(const char *text, const char *what, uint64_t *out, struct err *err)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return isdigit((unsigned char)*text) && !*end && !errno
		       ? 0
		       : err_set(err, -EINVAL, "'%s' is no %s", text, what);
}

static int read_ioctl(struct run *run, struct run_command *command, struct err *err)
{
	int rc = read_number(command->words[1], "number of an ioctl request, such as 0x5401",
			     &command->numbers[0], err);

	if (rc == 0 && command->count > 2)
		rc = read_bytes(run, command->words[2], &command->bytes, err);
	return rc;
}

static int do_ioctl(struct run *run, const struct run_command *command, struct err *err)
{
	return run_ioctl(run, command->words[0], command->numbers[0], command->bytes, command->text,
			 err);
}

static int read_mmap(struct run *run, struct run_command *command, struct err *err)
{
	uint64_t *offset = &command->numbers[0], *length = &command->numbers[1];
	int rc = read_number(command->words[1], "offset in a file, such as 4096", offset, err);

	if (rc == 0)
		rc = read_number(command->words[2], "number of bytes, such as 4096", length, err);
	if (rc == 0 && command->count > 3)
		rc = read_bytes(run, command->words[3], &command->bytes, err);
	if (rc == 0 && (*length > MAPPING_LIMIT || command->bytes.n > *length))
		rc = err_set(err, -EINVAL, "mmap maps up to %d bytes, and at least those it stores",
			     MAPPING_LIMIT);
	return rc;
}

static int do_mmap(struct run *run, const struct run_command *command, struct err *err)
{
	return run_mmap(run, command->words[0], command->numbers[0], command->numbers[1],
			command->bytes, command->text, err);
}

static int do_poll(struct run *run, const struct run_command *command, struct err *err)
{
	return run_poll(run, command->words[0], command->text, err);
}

static const struct run_verb verbs[] = {
	{"cat", "PATH", 1, 1, NULL, do_cat},
	{"write", "PATH TEXT", 2, ANY, NULL, do_write},
	{"ls", "[PATH]", 0, 1, NULL, do_ls},
	{"ioctl", "PATH REQUEST [HEXBYTES]", 2, 3, read_ioctl, do_ioctl},
	{"mmap", "PATH OFFSET LENGTH [HEXBYTES]", 3, 4, read_mmap, do_mmap},
	{"poll", "PATH", 1, 1, NULL, do_poll},
	{"insmod", "FILE [PARAM=VALUE...]", 1, ANY, read_insmod, do_insmod},
	{"rmmod", "NAME", 1, 1, NULL, do_rmmod},
	{"lsmod", "", 0, 0, NULL, do_lsmod},
	{"dmesg", "", 0, 0, NULL, do_dmesg},
	{"sleep", "SECONDS", 1, 1, read_sleep, do_sleep},
};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

const char *run_command_name(size_t i)
{
	return i < VERBS ? verbs[i].name : NULL;
}

const char *run_command_synopsis(size_t i)
{
	return i < VERBS ? verbs[i].synopsis : NULL;
}

static const struct run_verb *find_verb(const char *name, struct err *err)
{
	struct similar similar = {.wanted = name};

	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
		similar_offer(&similar, verbs[i].name);
	}
	if (similar.best)
		err_set(err, -EINVAL, "there is no command '%s'; did you mean '%s'?", name,
			similar.best);
	else
		err_set(err, -EINVAL,
			"there is no command '%s'; there are cat, write, ls, ioctl, mmap, poll, "
			"insmod, "
			"rmmod, lsmod, dmesg and sleep",
			name);
	return NULL;
}

int run_command_parse(struct run *run, const char *text, struct run_command *out, struct err *err)
{
	struct run_command command = {.text = text};
	int rc = split(run, text, &command, err);

	if (rc < 0)
		return rc;
	if (!command.count)
		return err_set(err, -EINVAL, "a command is empty");
	command.verb = find_verb(command.words[0], err);
	if (!command.verb)
		return err->code;
	command.words++;
	command.count--;
	if (command.count < command.verb->least || command.count > command.verb->most)
		return err_set(err, -EINVAL, "'%s' is not complete or has too much; it is: %s %s",
			       text, command.verb->name, command.verb->synopsis);
	rc = command.verb->read ? command.verb->read(run, &command, err) : 0;
	if (rc == 0)
		*out = command;
	return rc;
}

/* A command that could not even be put to the kernel (no such module file) fails like one that
 * the kernel refused: the run goes on. */
int run_command_do(struct run *run, const struct run_command *command, struct err *err)
{
	size_t steps = run->steps.n;
	int rc = command->verb->run(run, command, err);
	const struct run_step *last = run_last(run);

	if (rc == -ECONNRESET || rc == -ENOMEM)
		return rc;
	if (rc < 0)
		run_note(run, "%s: %s", command->text, err->text);
	if (rc < 0 || run->steps.n == steps || last->ret < 0)
		run->failed_commands++;
	return 0;
}
