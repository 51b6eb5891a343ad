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
	print_field("change", reason->change);
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

enum { ALIKE_MAX = 5 }; /* that are shown */

static bool is_alike(const struct load_reason *a, const struct load_reason *b)
{
	return a->code < 0 && strcmp(a->id, b->id) == 0;
}

/* How many like this come before it; more than ALIKE_MAX are not counted. */
static size_t alike_before(const struct load_verdict *verdict, const struct load_reason *reason)
{
	const struct load_reason *other = reason;
	size_t n = 0;

	while (n <= ALIKE_MAX && other > verdict->reasons.p)
		n += is_alike(--other, reason);
	return n;
}

static size_t alike_from(const struct load_verdict *verdict, const struct load_reason *reason)
{
	const struct load_reason *end = verdict->reasons.p + verdict->reasons.n;
	size_t n = 0;

	for (const struct load_reason *other = reason; other < end; other++)
		n += is_alike(other, reason);
	return n;
}

/* What refuses, and all about parameters: those are the user's own words. */
static bool is_told(const struct load_reason *reason)
{
	return reason->code < 0 || strncmp(reason->id, "L-PAR-", 6) == 0;
}

/* Of many alike only the first: a module of another kernel disagrees about hundreds of symbols. */
static void print_told(const struct load_verdict *verdict)
{
	vec_foreach (&verdict->reasons, reason) {
		size_t before = reason->code < 0 ? alike_before(verdict, reason) : 0;

		if (is_told(reason) && (before < ALIKE_MAX || reason->stops))
			print_reason(reason);
		else if (reason->code < 0 && before == ALIKE_MAX)
			printf("       %s: %zu more like this (--explain shows them)\n", reason->id,
			       alike_from(verdict, reason));
	}
}

/* The walk as the loader takes it. */
static void print_steps(const struct load_verdict *verdict)
{
	vec_foreach (&verdict->steps, step) {
		const char *state = step->code == 0 ? "ok" : strerrorname_np(-step->code);

		printf("  %2zu. %s: %s%s\n", (size_t)(step - verdict->steps.p) + 1, step->name,
		       state, step->reached ? "" : " (the kernel does not come here)");
		for (size_t i = 0; i < step->reason_count; i++)
			print_reason(&verdict->reasons.p[step->reason + i]);
	}
}

/* What could not be looked at. */
static void print_unknown(const struct check_kernel *kernel)
{
	size_t count;
	const char *const *sentences = load_kernel_unknown(kernel->load, &count);

	for (size_t i = 0; i < count; i++)
		printf("not checked on %s: %s\n", kernel->kernel->release, sentences[i]);
	vec_foreach (&kernel->running.unread, sentence)
		printf("not checked on %s: %s\n", kernel->kernel->release, *sentence);
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
	if (explain) {
		print_steps(verdict);
		print_log(verdict);
		return;
	}
	print_told(verdict);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int column_width(const struct check_kernel *kernel)
{
	enum { IDENTIFIER = 10 /* L-CRASH-01 */ };
	int width = (int)strlen(kernel->kernel->release);

	return width < IDENTIFIER ? IDENTIFIER : width;
}

/* One cell of the table: what decides. */
static void print_cell(const struct check_pair *pair, bool colored)
{
	const struct load_verdict *verdict = pair->verdict;
	bool loads = verdict && verdict->code == 0;
	const char *text = loads ? "loads" : "?";

	for (size_t i = 0; verdict && i < verdict->reasons.n; i++)
		if (verdict->reasons.p[i].stops)
			text = verdict->reasons.p[i].id;
	printf("  %s%-*s%s", output_style(colored, loads ? STYLE_GREEN : STYLE_RED),
	       column_width(pair->kernel), text, output_style(colored, STYLE_PLAIN));
}

/* Modules downwards, kernels to the right. */
static void print_table(const struct check_pair *pairs, size_t count, size_t kernels, bool colored)
{
	int width = 0;

	for (size_t i = 0; i < count; i += kernels)
		if ((int)strlen(base_name(pairs[i].path)) > width)
			width = (int)strlen(base_name(pairs[i].path));
	printf("\n%*s", width, "");
	for (size_t k = 0; k < kernels; k++)
		printf("  %-*s", column_width(pairs[k].kernel), pairs[k].kernel->kernel->release);
	putchar('\n');
	for (size_t i = 0; i < count; i += kernels) {
		const char *name = base_name(pairs[i].path);

		show(name);
		printf("%*s", width - (int)strlen(name), "");
		for (size_t k = 0; k < kernels; k++)
			print_cell(&pairs[i + k], colored);
		putchar('\n');
	}
	putchar('\n');
}

static void print_pair(const struct check_pair *pair, bool explain, bool colored)
{
	show(pair->path);
	printf(" on ");
	if (pair->verdict) {
		print_verdict(pair, explain, colored);
		return;
	}
	printf("%s: ", pair->kernel->kernel->release);
	show(pair->err.text);
	putchar('\n');
}

void check_print_text(const struct check_pair *pairs, size_t count, size_t kernels, bool explain)
{
	bool colored = output_is_colored(stdout);
	size_t load = 0, refused = 0;

	for (size_t i = 0; i < count; i++) {
		print_pair(&pairs[i], explain, colored);
		load += pairs[i].verdict && pairs[i].verdict->code == 0;
		refused += pairs[i].verdict && pairs[i].verdict->code != 0;
	}
	for (size_t k = 0; k < kernels; k++)
		print_unknown(pairs[k].kernel);
	if (kernels > 1 && count > kernels)
		print_table(pairs, count, kernels, colored);
	if (count > 1)
		printf("%zu load, %zu refused, %zu could not be checked\n", load, refused,
		       count - load - refused);
}

static json_t *text_json(const char *text)
{
	return text ? output_json_bytes(text, strlen(text)) : json_null();
}

static json_t *reason_json(const struct load_reason *reason)
{
	return json_pack("{s:s, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
			 reason->id, "errno",
			 reason->code ? json_string(strerrorname_np(-reason->code)) : json_null(),
			 "stops", (int)reason->stops, "crash", (int)reason->crash, "text",
			 text_json(reason->sentence), "subject", text_json(reason->subject), "line",
			 text_json(reason->line), "wanted", text_json(reason->wanted), "found",
			 text_json(reason->found), "change", text_json(reason->change), "fix",
			 text_json(reason->fix));
}

static json_t *steps_json(const struct load_verdict *verdict)
{
	json_t *steps = json_array();

	vec_foreach (&verdict->steps, step)
		json_array_append_new(
			steps, json_pack("{s:s, s:o, s:b}", "step", step->name, "errno",
					 step->code ? json_string(strerrorname_np(-step->code))
						    : json_null(),
					 "reached", (int)step->reached));
	return steps;
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
	return json_pack("{s:b, s:o, s:b, s:s, s:I, s:I, s:o, s:o, s:o}", "loads",
			 verdict->code == 0, "errno",
			 verdict->code ? json_string(strerrorname_np(-verdict->code)) : json_null(),
			 "crash", (int)verdict->crash, "taints", taints, "coresize",
			 (json_int_t)verdict->coresize, "initsize", (json_int_t)verdict->initsize,
			 "steps", steps_json(verdict), "reasons", reasons, "log", log);
}

static json_t *kernel_json(const struct check_kernel *kernel)
{
	size_t count;
	const char *const *sentences = load_kernel_unknown(kernel->load, &count);
	json_t *unknown = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(unknown, text_json(sentences[i]));
	vec_foreach (&kernel->running.unread, sentence)
		json_array_append_new(unknown, text_json(*sentence));
	return json_pack("{s:o, s:b, s:o}", "release", text_json(kernel->kernel->release),
			 "running", (int)kernel->is_running, "not_checked", unknown);
}

bool check_print_json(const struct check_pair *pairs, size_t count, size_t kernels)
{
	json_t *document = output_json_new(), *results = json_array(), *list = json_array();

	for (size_t k = 0; k < kernels; k++)
		json_array_append_new(list, kernel_json(pairs[k].kernel));
	for (size_t i = 0; i < count; i++) {
		const struct check_pair *pair = &pairs[i];
		json_t *one = pair->verdict
				      ? verdict_json(pair->verdict)
				      : json_pack("{s:o}", "error", text_json(pair->err.text));

		json_object_set_new(one, "module", text_json(pair->path));
		json_object_set_new(one, "kernel", text_json(pair->kernel->kernel->release));
		json_array_append_new(results, one);
	}
	json_object_set_new(document, "kernels", list);
	json_object_set_new(document, "results", results);
	return output_json_print(document);
}
