/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debian packages through apt-get and apt-cache, which any user may run: nothing is installed.
 *
 * For another suite or architecture than those of the machine, lists are kept in CACHE/apt-SUITE;
 * they come from the mirror that the machine's own sources name, and are updated when they are a
 * day old. The machine's lists are only read.
 */
#include "image/apt.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/program.h"
#include "base/similar.h"

#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"
enum { DAY = 24 * 60 * 60 };

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		mem_free(names->p[i]);
	vec_free(names);
}

static bool push(struct names *names, const char *name, size_t length)
{
	char **slot = vec_push(names);

	if (slot)
		*slot = mem_format("%.*s", (int)length, name);
	return slot && *slot;
}

bool names_add(struct names *names, const char *name, size_t length)
{
	for (size_t i = 0; i < names->n; i++)
		if (strlen(names->p[i]) == length && memcmp(names->p[i], name, length) == 0)
			return true;
	return push(names, name, length);
}

static bool push_all(struct names *names, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!push(names, words[i], strlen(words[i])))
			return false;
	return true;
}

/* Runs name with apt's options and two lists of words. */
static int run(const struct apt *apt, const char *name, const char *const *words,
	       const struct names *more, struct program *program, struct err *err)
{
	DEFER(names_free) struct names argv = {0};
	size_t count = 0;
	char **end;

	while (words[count])
		count++;
	if (!push_all(&argv, &name, 1) ||
	    !push_all(&argv, (const char *const *)apt->options.p, apt->options.n) ||
	    !push_all(&argv, words, count) ||
	    !push_all(&argv, (const char *const *)more->p, more->n) || !(end = vec_push(&argv)))
		return err_no_memory(err);
	*end = NULL;
	program->argv = (const char *const *)argv.p;
	return program_run(program, err);
}

static const struct names none;

/* "dlstatus:1:42.5:Retrieving file 1 of 2" */
static void on_status(void *context, const char *line)
{
	const struct apt *apt = context;
	const char *percent = strncmp(line, "dlstatus:", 9) == 0 ? strchr(line + 9, ':') : NULL;

	if (percent && apt->fetch->progress)
		apt->fetch->progress(apt->fetch->context, "downloading", atoi(percent + 1));
}

/* The first Debian mirror among the machine's sources. */
static int find_mirror(const struct apt *apt, char **mirror, struct err *err)
{
	static const char *const words[] = {"indextargets", "--format",
					    "$(ORIGIN)|$(LABEL)|$(REPO_URI)",
					    "Created-By: Packages", NULL};
	static const char start[] = "Debian|Debian|";
	DEFER(buf_free) struct buf output = {0};
	struct program program = {.output = &output};
	const char *line;
	int code = run(apt, "apt-get", words, &none, &program, err);

	if (code < 0)
		return code;
	line = strstr(buf_string(&output), start);
	if (!line)
		return err_set(err, -ENOENT,
			       "there is no Debian mirror among this machine's apt sources, or "
			       "\"apt-get update\" was never run (as root)");
	line += strlen(start);
	*mirror = mem_format("%.*s", (int)strcspn(line, "\n"), line);
	return *mirror ? 0 : err_no_memory(err);
}

static int write_sources(const char *path, const char *mirror, const char *suite, struct err *err)
{
	bool has_key = access(KEYRING, R_OK) == 0;
	DEFER(mem_freep)
	char *line = mem_format("deb %s%s %s main\n", has_key ? "[signed-by=" KEYRING "] " : "",
				mirror, suite);

	return line ? file_replace(path, span_text(line), 0644, err) : err_no_memory(err);
}

static bool add_option(struct apt *apt, const char *name, const char *directory, const char *file)
{
	DEFER(mem_freep) char *option = mem_format("-o%s=%s%s", name, directory, file);

	return option && push(&apt->options, option, strlen(option));
}

static bool is_old(const char *stamp)
{
	struct stat st;

	return stat(stamp, &st) < 0 || st.st_mtime + DAY < time(NULL);
}

static int make_dirs(const char *directory, struct err *err)
{
	static const char *const below[] = {"lists/partial", "cache/archives/partial"};
	int code = 0;

	for (size_t i = 0; i < sizeof(below) / sizeof(*below) && code == 0; i++) {
		DEFER(mem_freep) char *path = mem_format("%s/%s", directory, below[i]);

		code = path ? file_make_dirs(path, 0755, err) : err_no_memory(err);
	}
	return code;
}

/* Points apt at lists in CACHE/apt-SUITE, or CACHE/apt-SUITE-ARCHITECTURE. */
static int use_suite(struct apt *apt, const char *suite, struct err *err)
{
	const char *architecture = apt->fetch->architecture;
	DEFER(mem_freep)
	char *own = mem_format("%s/apt-%s%s%s", apt->fetch->cache_dir, suite,
			       architecture ? "-" : "", architecture ? architecture : "");
	DEFER(mem_freep) char *sources = own ? mem_format("%s/sources.list", own) : NULL;
	DEFER(mem_freep) char *mirror = NULL;
	int code;

	apt->stamp = own ? mem_format("%s/updated", own) : NULL;
	if (!sources || !apt->stamp)
		return err_no_memory(err);
	code = find_mirror(apt, &mirror, err);
	if (code == 0)
		code = make_dirs(own, err);
	if (code == 0)
		code = write_sources(sources, mirror, suite, err);
	if (code < 0)
		return code;
	/* Without the status, since what is installed may be newer than anything in the suite. */
	if (!add_option(apt, "Dir::State::Lists", own, "/lists") ||
	    !add_option(apt, "Dir::State::status", "/dev/null", "") ||
	    !add_option(apt, "Dir::Cache", own, "/cache") ||
	    !add_option(apt, "Dir::Etc::sourcelist", sources, "") ||
	    !add_option(apt, "Dir::Etc::sourceparts", "/dev/null", "") ||
	    (architecture && !add_option(apt, "APT::Architecture", architecture, "")) ||
	    (architecture && !add_option(apt, "APT::Architectures", architecture, "")))
		return err_no_memory(err);
	return is_old(apt->stamp) ? apt_update(apt, err) : 0;
}

/* Names go into file names and command lines. */
static bool is_plain(const char *name)
{
	return isalnum((unsigned char)name[0]) &&
	       name[strspn(
		       name,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-_~")] == 0;
}

int apt_open(struct apt *apt, const struct fetch *fetch, struct err *err)
{
	*apt = (struct apt){.fetch = fetch};
	if (fetch->architecture && !is_plain(fetch->architecture))
		return err_set(err, -EINVAL, "\"%s\" is no name of an architecture",
			       fetch->architecture);
	if (fetch->architecture && !fetch->suite)
		return err_set(err, -EINVAL,
			       "which suite? This machine's apt has no lists for %s (choose one "
			       "with --suite, such as bookworm)",
			       fetch->architecture);
	if (!fetch->suite)
		return 0;
	if (!is_plain(fetch->suite))
		return err_set(err, -EINVAL, "\"%s\" is no name of a suite", fetch->suite);
	return use_suite(apt, fetch->suite, err);
}

void apt_close(struct apt *apt)
{
	names_free(&apt->options);
	mem_free(take_ptr(&apt->stamp));
}

int apt_update(const struct apt *apt, struct err *err)
{
	static const char *const words[] = {"-q", "-oAPT::Status-Fd=3", "-eany", "update", NULL};
	struct program program = {.status = on_status, .context = (void *)apt};
	int code = run(apt, "apt-get", words, &none, &program, err);

	if (code == -EINTR)
		return code;
	if (code < 0)
		return err_add(
			err,
			"the list of packages of the suite %s cannot be got (is there such a "
			"suite, and a network?)",
			apt->fetch->suite);
	return file_replace(apt->stamp, span_text(""), 0644, err);
}

static int unknown_package(const struct apt *apt, const char *package, struct err *err)
{
	static const char *const words[] = {"pkgnames", "linux-", NULL};
	struct similar similar = {.wanted = package};
	DEFER(buf_free) struct buf output = {0};
	struct program program = {.output = &output};
	char *rest, *name;

	run(apt, "apt-cache", words, &none, &program, NULL);
	for (name = output.n ? strtok_r(output.p, "\n", &rest) : NULL; name;
	     name = strtok_r(NULL, "\n", &rest))
		similar_offer(&similar, name);
	return err_set(err, -ENOENT, "%s has no package %s%s%s%s; %s",
		       apt->fetch->suite ? apt->fetch->suite : "this machine's suite", package,
		       similar.best ? " (did you mean " : "", similar.best ? similar.best : "",
		       similar.best ? "?)" : "",
		       apt->fetch->suite ? "other suites may have it"
					 : "\"apt-get update\" (as root) gets newer lists, --suite "
					   "those of another suite, such as bookworm-backports");
}

/* "Depends: a (>= 1) | b, c:any": a and c. */
static bool add_depends(const char *line, struct names *out)
{
	for (const char *end = line + strcspn(line, "\n"); line < end;) {
		size_t length;

		line += strspn(line, " ,");
		length = strcspn(line, " ,|:(\n");
		if (length && !names_add(out, line, length))
			return false;
		line += strcspn(line, ",\n");
	}
	return true;
}

int apt_depends(const struct apt *apt, const char *package, struct names *out, struct err *err)
{
	static const char *const words[] = {"show", "--no-all-versions", NULL};
	static const char field[] = "\nDepends:";
	struct names one = {(char **)&package, 1, 1};
	DEFER(buf_free) struct buf output = {0};
	struct program program = {.output = &output};
	const char *line;
	int code;

	if (!is_plain(package))
		return err_set(err, -EINVAL, "\"%s\" is no name of a kernel or a package", package);
	code = run(apt, "apt-cache", words, &one, &program, err);
	if (code == -EINTR || code == -ENOENT || code == -ENOMEM)
		return code;
	if (code < 0 || output.n == 0)
		return unknown_package(apt, package, err);
	line = strstr(output.p, field);
	return !line || add_depends(line + strlen(field), out) ? 0 : err_no_memory(err);
}

int apt_download(const struct apt *apt, const struct names *packages, const char *directory,
		 struct err *err)
{
	static const char *const words[] = {"-q", "-oAPT::Status-Fd=3", "download", NULL};
	struct program program = {
		.directory = directory, .status = on_status, .context = (void *)apt};

	return run(apt, "apt-get", words, packages, &program, err);
}
