/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lkm run -i: the commands at a prompt. On a terminal with libedit: history (kept in the cache) and
 * completion of the verbs. Libedit is opened only here, as it costs start-up time; without it, or
 * when standard input is no terminal, lines are simply read.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/run.h"

#define LIBRARY "libedit.so.2"
#define PROMPT "lkm> "

/* The part of libedit's readline interface that is used. */
struct editor {
	void *handle;
	char *(*readline)(const char *prompt);
	int (*add_history)(const char *line);
	int (*read_history)(const char *path);
	int (*write_history)(const char *path);
	char *history_path;
};

/* Called by libedit with state 0 for the first match of a word. The words of a line behind the verb
 * are paths of the kernel, which it does not know. */
static char *complete_verb(const char *word, int state)
{
	size_t found = 0;

	for (size_t i = 0; run_command_name(i); i++) {
		const char *name = run_command_name(i);

		if (strncmp(name, word, strlen(word)) == 0 && found++ == (size_t)state)
			return strdup(name);
	}
	return NULL;
}

static bool editor_open(struct editor *editor)
{
	char *(**completion)(const char *, int);
	char *cache = NULL;

	editor->handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
	if (!editor->handle)
		return false;
	editor->readline = (char *(*)(const char *))dlsym(editor->handle, "readline");
	editor->add_history = (int (*)(const char *))dlsym(editor->handle, "add_history");
	editor->read_history = (int (*)(const char *))dlsym(editor->handle, "read_history");
	editor->write_history = (int (*)(const char *))dlsym(editor->handle, "write_history");
	completion = (char *(**)(const char *, int))dlsym(editor->handle,
							  "rl_completion_entry_function");
	if (!editor->readline || !editor->add_history || !editor->read_history ||
	    !editor->write_history || !completion)
		return false;
	*completion = complete_verb;
	if (file_cache_dir(&cache, NULL) == 0)
		editor->history_path = mem_format("%s/history", cache);
	mem_free(cache);
	if (editor->history_path)
		editor->read_history(editor->history_path);
	return true;
}

static void editor_close(struct editor *editor)
{
	if (editor->history_path)
		editor->write_history(editor->history_path);
	mem_free(editor->history_path);
	if (editor->handle)
		dlclose(editor->handle);
}

/* A line without its end, to be freed with free(); NULL at the end of input. */
static char *read_line(const struct editor *editor)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (editor->readline)
		return editor->readline(PROMPT);
	length = getline(&line, &size, stdin);
	if (length < 0) {
		free(line);
		return NULL;
	}
	if (length && line[length - 1] == '\n')
		line[length - 1] = 0;
	return line;
}

static void print_help(void)
{
	for (size_t i = 0; run_command_name(i); i++)
		printf("  %s %s\n", run_command_name(i), run_command_synopsis(i));
	printf("  quit\n");
}

/* false: no more lines are wanted. A line that is wrong is explained and forgotten. */
static bool do_line(struct run *run, const char *line, int *rc, struct err *err)
{
	char *text = arena_strdup(run->arena, line + strspn(line, " \t"));
	struct run_command command;
	struct err wrong = {0};

	if (!text) {
		*rc = err_no_memory(err);
		return false;
	}
	if (!*text || *text == '#')
		return true;
	if (strcmp(text, "quit") == 0 || strcmp(text, "exit") == 0)
		return false;
	if (strcmp(text, "help") == 0)
		print_help();
	else if (run_command_parse(run, text, &command, &wrong) < 0)
		output_format(stdout, "%s\n", wrong.text);
	else
		*rc = run_command_do(run, &command, err);
	return *rc == 0 && !run->dead && !run->killed && !run_trouble_fatal(run);
}

int run_prompt(struct run *run, struct err *err)
{
	struct editor editor = {0};
	bool wanted = true;
	int rc = 0;

	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !editor_open(&editor))
		editor.readline = NULL;
	while (wanted) {
		char *line;

		fflush(stdout);
		line = read_line(&editor);
		if (!line)
			break;
		if (editor.readline && *line)
			editor.add_history(line);
		wanted = do_line(run, line, &rc, err);
		free(line);
	}
	editor_close(&editor);
	return rc;
}
