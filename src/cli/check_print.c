/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdicts of "lkm check", for people and for programs. */
#include <string.h>

#include "cli/check.h"
#include "cli/output.h"

static void show(const char *text)
{
	output_text(stdout, text, strlen(text));
}

static void print_field(const char *what, const char *text)
{
	if (!text)
		return;
	printf("      %s: ", what);
	show(text);
	putchar('\n');
}

static void print_reason(const struct load_reason *reason)
{
	printf("    %s %s: ", reason->stops ? "=>" : "  ", reason->id);
	show(reason->sentence);
	if (reason->crash)
		printf(" (the kernel does not check this and would crash)");
	putchar('\n');
	print_field("the kernel says", reason->line);
	print_field("wanted", reason->wanted);
	print_field("found ", reason->found);
	print_field("do    ", reason->fix);
}

static void print_log(const struct load_verdict *verdict)
{
	if (verdict->lines.n)
		puts("    the kernel's log:");
	vec_foreach (&verdict->lines, line) {
		printf("      <%d>", line->level);
		show(line->text);
		putchar('\n');
	}
}

static void print_verdict(const struct check_pair *pair, bool explain, bool colored)
{
	const struct load_verdict *verdict = pair->verdict;
	bool loads = verdict->code == 0;
	char taints[32];

	load_taint_text(verdict->taints, taints);
	printf("%s: %s%s%s", pair->kernel->kernel->release,
	       output_style(colored, loads ? STYLE_GREEN : STYLE_RED), loads ? "loads" : "refused",
	       output_style(colored, STYLE_PLAIN));
	if (verdict->crash)
		printf(" (would crash the kernel)");
	else if (!loads)
		printf(" (%s: %s)", strerrorname_np(-verdict->code), strerror(-verdict->code));
	if (taints[0])
		printf(", taints %s", taints);
	putchar('\n');
	vec_foreach (&verdict->reasons, reason)
		if (explain || reason->code < 0)
			print_reason(reason);
	if (explain)
		print_log(verdict);
}

bool check_print_text(const struct check_pair *pairs, size_t count, bool explain)
{
	bool colored = output_is_colored(stdout);
	size_t load = 0, refused = 0;

	for (size_t i = 0; i < count; i++) {
		show(pairs[i].path);
		printf(" on ");
		if (!pairs[i].verdict) {
			printf("%s: ", pairs[i].kernel->kernel->release);
			show(pairs[i].err.text);
			putchar('\n');
			continue;
		}
		load += pairs[i].verdict->code == 0;
		refused += pairs[i].verdict->code != 0;
		print_verdict(&pairs[i], explain, colored);
	}
	if (count > 1)
		printf("%zu load, %zu refused, %zu could not be checked\n", load, refused,
		       count - load - refused);
	return fflush(stdout) == 0 && !ferror(stdout);
}

static json_t *text_json(const char *text)
{
	return text ? output_json_bytes(text, strlen(text)) : json_null();
}

static json_t *reason_json(const struct load_reason *reason)
{
	return json_pack("{s:s, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "id", reason->id, "errno",
			 reason->code ? json_string(strerrorname_np(-reason->code)) : json_null(),
			 "stops", (int)reason->stops, "crash", (int)reason->crash, "text",
			 text_json(reason->sentence), "line", text_json(reason->line), "wanted",
			 text_json(reason->wanted), "found", text_json(reason->found), "fix",
			 text_json(reason->fix));
}

static json_t *verdict_json(const struct load_verdict *verdict)
{
	json_t *reasons = json_array(), *log = json_array();
	char taints[32];

	load_taint_text(verdict->taints, taints);
	vec_foreach (&verdict->reasons, reason)
		json_array_append_new(reasons, reason_json(reason));
	vec_foreach (&verdict->lines, line)
		json_array_append_new(log, json_pack("{s:i, s:o}", "level", line->level, "text",
						     text_json(line->text)));
	return json_pack(
		"{s:b, s:o, s:b, s:s, s:I, s:I, s:o, s:o}", "loads", verdict->code == 0, "errno",
		verdict->code ? json_string(strerrorname_np(-verdict->code)) : json_null(), "crash",
		(int)verdict->crash, "taints", taints, "coresize", (json_int_t)verdict->coresize,
		"initsize", (json_int_t)verdict->initsize, "reasons", reasons, "log", log);
}

bool check_print_json(const struct check_pair *pairs, size_t count)
{
	json_t *document = output_json_new(), *results = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct check_pair *pair = &pairs[i];
		json_t *one = pair->verdict
				      ? verdict_json(pair->verdict)
				      : json_pack("{s:o}", "error", text_json(pair->err.text));

		json_object_set_new(one, "module", text_json(pair->path));
		json_object_set_new(one, "kernel", text_json(pair->kernel->kernel->release));
		json_array_append_new(results, one);
	}
	json_object_set_new(document, "results", results);
	return output_json_print(document);
}
