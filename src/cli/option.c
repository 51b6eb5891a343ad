/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong is said in the words of getopt_long(3), which people and scripts know. */
#include "cli/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/similar.h"
#include "cli/cli.h"

struct parser {
	const struct cli_command *command;
	char **argv;
	int argc, at; /* the argument that is looked at */
	char *values;
	bool done; /* a CLI_LAST was met */
	struct err *err;
};

static const struct cli_option help_option = {'h', "help", NULL, CLI_FLAG, 0, "show this help"};
static const struct cli_option no_options[] = {{0}};

static const struct cli_option *table(const struct cli_command *command)
{
	return command->options ? command->options : no_options;
}

void cli_list_free(struct cli_list *list)
{
	vec_free(list);
}

bool cli_list_end(struct cli_list *list)
{
	const char **slot = list->n ? vec_push(list) : NULL;

	if (slot)
		*slot = NULL;
	return slot || list->n == 0;
}

static const struct cli_option *by_letter(const struct cli_command *command, char letter)
{
	for (const struct cli_option *o = table(command); o->name; o++) {
		if (o->letter == letter)
			return o;
	}
	return letter == help_option.letter ? &help_option : NULL;
}

static int wrong_name(const struct parser *parser, const char *name)
{
	struct similar similar = {.wanted = name};

	similar_offer(&similar, help_option.name);
	for (const struct cli_option *o = table(parser->command); o->name; o++)
		similar_offer(&similar, o->name);
	if (similar.best)
		return err_set(parser->err, -EINVAL,
			       "unrecognized option '--%s'; did you mean --%s?", name,
			       similar.best);
	return err_set(parser->err, -EINVAL, "unrecognized option '--%s'", name);
}

static const struct cli_option *by_whole_name(const struct parser *parser, const char *name)
{
	const struct cli_option *o = table(parser->command);

	while (o->name && strcmp(o->name, name) != 0)
		o++;
	return o->name ? o : strcmp(help_option.name, name) == 0 ? &help_option : NULL;
}

static bool mean_the_same(const struct cli_option *a, const struct cli_option *b)
{
	return a->kind == b->kind && a->offset == b->offset && a != &help_option &&
	       b != &help_option;
}

/* The option of that name, or what all that begin with it mean. */
static const struct cli_option *by_name(const struct parser *parser, const char *name)
{
	const struct cli_option *found = by_whole_name(parser, name);
	size_t length = strlen(name);

	if (found)
		return found;
	for (const struct cli_option *o = table(parser->command);; o++) {
		const struct cli_option *candidate = o->name ? o : &help_option;

		if (length && !candidate->whole && strncmp(candidate->name, name, length) == 0) {
			if (found && !mean_the_same(found, candidate)) {
				err_set(parser->err, -EINVAL,
					"option '--%s' is ambiguous: --%s or --%s", name,
					found->name, candidate->name);
				return NULL;
			}
			found = candidate;
		}
		if (!o->name)
			break;
	}
	if (!found)
		wrong_name(parser, name);
	return found;
}

static int store_seconds(const struct parser *parser, const struct cli_option *option,
			 const char *value)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end || !(seconds >= 0) || seconds > 1e6)
		return err_set(parser->err, -EINVAL,
			       "--%s takes a number of seconds, such as 30 or 0.5, not '%s'",
			       option->name, value);
	*(unsigned int *)(parser->values + option->offset) = (unsigned int)(seconds * 1000 + 0.999);
	return 0;
}

static int store(struct parser *parser, const struct cli_option *option, const char *value)
{
	char *target = parser->values + option->offset;
	const char **item;

	switch (option->kind) {
	case CLI_LAST:
		parser->done = true;
		*(bool *)target = true;
		return 0;
	case CLI_FLAG:
		*(bool *)target = true;
		return 0;
	case CLI_COUNT:
		++*(unsigned int *)target;
		return 0;
	case CLI_TEXT:
		*(const char **)target = value;
		return 0;
	case CLI_NAME:
		*(const char **)target = option->name;
		return 0;
	case CLI_LIST:
		item = vec_push((struct cli_list *)target);
		if (!item)
			return err_no_memory(parser->err);
		*item = value;
		return 0;
	case CLI_SECONDS:
		return store_seconds(parser, option, value);
	}
	return 0;
}

/* The value of an option that takes one: attached to it, or the next argument. */
static int value_of(struct parser *parser, const struct cli_option *option, const char *attached,
		    const char **value)
{
	if (attached) {
		*value = attached;
		return 0;
	}
	if (parser->at + 1 >= parser->argc && parser->argv[parser->at][1] == '-')
		return err_set(parser->err, -EINVAL, "option '--%s' requires an argument: %s",
			       option->name, option->argument);
	if (parser->at + 1 >= parser->argc)
		return err_set(parser->err, -EINVAL, "option requires an argument -- '%c': %s",
			       option->letter, option->argument);
	*value = parser->argv[++parser->at];
	return 0;
}

static enum cli_parsed parse_long(struct parser *parser, char *name)
{
	const struct cli_option *option;
	const char *value = NULL;
	char *equals = strchr(name, '=');

	if (equals)
		*equals = 0;
	option = by_name(parser, name);
	if (!option)
		return CLI_WRONG;
	if (equals && !option->argument) {
		err_set(parser->err, -EINVAL, "option '--%s' doesn't allow an argument",
			option->name);
		return CLI_WRONG;
	}
	if (option == &help_option)
		return CLI_ASKED_HELP;
	if (option->argument && value_of(parser, option, equals ? equals + 1 : NULL, &value) < 0)
		return CLI_WRONG;
	return store(parser, option, value) < 0 ? CLI_WRONG : CLI_PARSED;
}

static enum cli_parsed parse_letters(struct parser *parser, const char *letters)
{
	for (; *letters && !parser->done; letters++) {
		const struct cli_option *option = by_letter(parser->command, *letters);
		const char *value = NULL;

		if (!option) {
			err_set(parser->err, -EINVAL, "invalid option -- '%c'", *letters);
			return CLI_WRONG;
		}
		if (option == &help_option)
			return CLI_ASKED_HELP;
		if (option->argument) {
			if (value_of(parser, option, letters[1] ? letters + 1 : NULL, &value) < 0)
				return CLI_WRONG;
			letters = "-";
		}
		if (store(parser, option, value) < 0)
			return CLI_WRONG;
	}
	return CLI_PARSED;
}

enum cli_parsed cli_option_parse(const struct cli_command *command, int argc, char **argv,
				 void *values, char ***operands, struct err *err)
{
	struct parser parser = {command, argv, argc, 1, values, false, err};
	enum cli_parsed parsed;
	bool literal = false;
	int count = 0;

	for (; parser.at < argc && !parser.done; parser.at++) {
		char *argument = argv[parser.at];

		if (literal || argument[0] != '-' || !argument[1]) {
			argv[1 + count++] = argument;
			literal = literal || command->options_first;
			continue;
		}
		if (strcmp(argument, "--") == 0) {
			literal = true;
			continue;
		}
		parsed = argument[1] == '-' ? parse_long(&parser, argument + 2)
					    : parse_letters(&parser, argument + 1);
		if (parsed != CLI_PARSED)
			return parsed;
	}
	argv[1 + count] = NULL;
	*operands = argv + 1;
	return CLI_PARSED;
}

/* Help --------------------------------------------------------------------------------- */

#define HELP_COLUMN 30

static void help_row(FILE *out, const char *left, const char *help)
{
	int width = fprintf(out, "  %s", left);

	if (width > HELP_COLUMN - 2)
		fprintf(out, "\n%*s%s\n", HELP_COLUMN, "", help);
	else
		fprintf(out, "%*s%s\n", HELP_COLUMN - width, "", help);
}

static void help_option_row(FILE *out, const struct cli_option *option)
{
	char left[128], letter[8] = "    ";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name,
		 option->argument ? " " : "", option->argument ? option->argument : "");
	help_row(out, left, option->help);
}

void cli_option_help(const struct cli_command *command, FILE *out)
{
	fprintf(out, "usage: %s%s", command->full_name,
		command->children ? " COMMAND" : " [OPTION...]");
	if (command->operands[0])
		fprintf(out, " %s", command->operands);
	fprintf(out, "\n\n%s.\n", command->summary);
	if (command->children) {
		fprintf(out, "\nCommands:\n");
		for (const struct cli_command *const *c = command->children; *c; c++)
			help_row(out, (*c)->name, (*c)->summary);
	}
	fprintf(out, "\nOptions:\n");
	for (const struct cli_option *o = table(command); o->name; o++)
		help_option_row(out, o);
	help_option_row(out, &help_option);
	if (command->details)
		fprintf(out, "\n%s", command->details);
}
