/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of lkm kernel test, for people and as JSON. */
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "cli/kernel_test.h"
#include "cli/output.h"
#include "cli/run.h"

static const char *const result_names[] = {
	[PROBE_WORKS] = "works", [PROBE_FAILS] = "fails", [PROBE_ABSENT] = "absent"};

enum { LABEL_WIDTH = 10, NAME_WIDTH = 12 };

static void print_label(const char *label)
{
	printf("  %-*s", LABEL_WIDTH, label);
}

/* ---- parts ---- */

static const struct {
	const char *kind, *plural;
} kinds[] = {{"symbol", "symbols"}, {"member", "members"}, {"hook", "hooks"}, {"patch", "patches"}};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static void print_counts(const struct kernel_test *test)
{
	size_t without = 0;

	print_label("image");
	for (size_t k = 0; k < KINDS; k++) {
		size_t found = 0, all = 0;

		vec_foreach (&test->parts, part) {
			if (strcmp(part->kind, kinds[k].kind) != 0)
				continue;
			all += part->hits || part->needed;
			found += part->hits != 0;
			without += !part->hits && !part->needed;
		}
		printf("%s%zu of %zu %s", k ? ", " : "", found, all, kinds[k].plural);
	}
	printf("; %zu of other kernels\n", without);
}

static void print_missing(const struct kernel_test *test)
{
	vec_foreach (&test->parts, part) {
		if (part->hits || !part->needed)
			continue;
		print_label("missing");
		output_format(stdout, "%s %s%s%s%s\n", part->kind, part->name,
			      *part->why ? " (" : "", part->why, *part->why ? ")" : "");
	}
}

/* ---- boot ---- */

/* That there is no device is what most of them are right to find. */
static bool is_strange(const struct kernel_initcall *call)
{
	return call->ret != 0 && call->ret != -ENODEV;
}

static void print_initcalls(const struct kernel_test *test)
{
	size_t without_device = 0, strange = 0;

	vec_foreach (&test->initcalls, call) {
		without_device += call->ret == -ENODEV;
		strange += is_strange(call);
	}
	printf("%zu initcalls: %zu found no device, %zu returned something else than 0\n",
	       test->initcalls.n, without_device, strange);
	vec_foreach (&test->initcalls, call) {
		char number[32];

		if (!is_strange(call))
			continue;
		print_label("");
		snprintf(number, sizeof(number), "%ld", call->ret);
		output_format(stdout, "%s: %s\n", call->name,
			      call->ret > 0 ? number
					    : run_errno_name(-call->ret, number, sizeof(number)));
	}
}

static void print_boot(const struct kernel_test *test)
{
	if (test->boot_ms == 0)
		return;
	print_label("boot");
	printf("%.0f ms, ", test->boot_ms);
	print_initcalls(test);
	vec_foreach (&test->complaints, complaint) {
		print_label("");
		output_format(stdout, "the kernel says: %s\n", *complaint);
	}
	if (test->restore_ms == 0)
		return;
	print_label("kept");
	printf("comes back in %.1f ms\n", test->restore_ms);
}

/* ---- walls ---- */

static const struct {
	unsigned int wall; /* ENGINE_ISOLATION_... */
	const char *name, *shows;
} walls[] = {
	{ENGINE_ISOLATION_FILTER, "filter", "system call filter (seccomp)"},
	{ENGINE_ISOLATION_LANDLOCK, "landlock", "Landlock domain"},
	{ENGINE_ISOLATION_NETWORK, "network", "empty network namespace"},
	{ENGINE_ISOLATION_FILES, "files", "empty mount namespace"},
};
enum { WALLS = sizeof(walls) / sizeof(*walls) };

static void print_some_walls(const char *label, unsigned int some)
{
	const char *separator = "";

	if (!some)
		return;
	print_label(label);
	for (size_t i = 0; i < WALLS; i++) {
		if (!(some & walls[i].wall))
			continue;
		printf("%s%s", separator, walls[i].shows);
		separator = ", ";
	}
	putchar('\n');
}

/* What the host forbids or does not know is named, too: it may be had by changing the host. */
static void print_walls(const struct kernel_test *test)
{
	unsigned int all = 0;

	if (test->boot_ms == 0)
		return;
	for (size_t i = 0; i < WALLS; i++)
		all |= walls[i].wall;
	print_some_walls("walls", test->isolation);
	print_some_walls("no walls", all & ~test->isolation);
}

/* ---- probes ---- */

static void print_probe(const struct kernel_probe_answer *probe, bool colored)
{
	static const enum output_style styles[] = {[PROBE_WORKS] = STYLE_GREEN,
						   [PROBE_FAILS] = STYLE_RED,
						   [PROBE_ABSENT] = STYLE_YELLOW};

	printf("  %s%-*s%s%-*s", output_style(colored, styles[probe->result]), LABEL_WIDTH,
	       result_names[probe->result], output_style(colored, STYLE_PLAIN), NAME_WIDTH,
	       probe->name);
	output_format(stdout, "%s%s%s\n", probe->shows, probe->detail ? ": " : "",
		      probe->detail ? probe->detail : "");
}

void kernel_test_print(const struct kernel_test *test)
{
	bool colored = output_is_colored(stdout);

	output_format(stdout, "%s, %s\n", test->release,
		      test->vmlinuz ? test->vmlinuz : "no image");
	if (test->parts.n)
		print_counts(test);
	print_missing(test);
	print_boot(test);
	print_walls(test);
	vec_foreach (&test->probes, probe)
		print_probe(probe, colored);
	if (test->trouble.code)
		output_format(stdout, "FAILED: %s\n", test->trouble.text);
	else
		puts(kernel_test_passed(test) ? "OK: everything that was tried works"
					      : "FAILED: not everything works");
	fflush(stdout);
}

/* ---- JSON ---- */

static json_t *text_json(const char *text)
{
	return text ? output_json_bytes(text, strlen(text)) : json_null();
}

static json_t *parts_json(const struct kernel_test *test)
{
	json_t *parts = json_array();

	vec_foreach (&test->parts, part)
		json_array_append_new(
			parts, json_pack("{s:o, s:o, s:o, s:b, s:i}", "kind", text_json(part->kind),
					 "name", text_json(part->name), "why", text_json(part->why),
					 "needed", (int)part->needed, "found", (int)part->hits));
	return parts;
}

static json_t *initcalls_json(const struct kernel_test *test)
{
	json_t *calls = json_array();

	vec_foreach (&test->initcalls, call)
		json_array_append_new(calls, json_pack("{s:o, s:I}", "name", text_json(call->name),
						       "ret", (json_int_t)call->ret));
	return calls;
}

static json_t *complaints_json(const struct kernel_test *test)
{
	json_t *complaints = json_array();

	vec_foreach (&test->complaints, complaint)
		json_array_append_new(complaints, text_json(*complaint));
	return complaints;
}

static json_t *isolation_json(const struct kernel_test *test)
{
	json_t *isolation = json_object();

	if (test->boot_ms == 0)
		return isolation;
	for (size_t i = 0; i < WALLS; i++)
		json_object_set_new(isolation, walls[i].name,
				    json_boolean(test->isolation & walls[i].wall));
	return isolation;
}

static json_t *probes_json(const struct kernel_test *test)
{
	json_t *probes = json_array();

	vec_foreach (&test->probes, probe)
		json_array_append_new(probes, json_pack("{s:s, s:s, s:s, s:o}", "name", probe->name,
							"shows", probe->shows, "result",
							result_names[probe->result], "detail",
							text_json(probe->detail)));
	return probes;
}

json_t *kernel_test_json(const struct kernel_test *test)
{
	return json_pack("{s:o, s:o, s:b, s:o, s:o, s:f, s:f, s:o, s:o, s:o, s:o}", "release",
			 text_json(test->release), "vmlinuz", text_json(test->vmlinuz), "ok",
			 (int)kernel_test_passed(test), "error",
			 text_json(test->trouble.code ? test->trouble.text : NULL), "parts",
			 parts_json(test), "boot_ms", test->boot_ms, "restore_ms", test->restore_ms,
			 "initcalls", initcalls_json(test), "isolation", isolation_json(test),
			 "complaints", complaints_json(test), "probes", probes_json(test));
}
