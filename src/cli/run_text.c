/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run for people, printed while it goes. All of it is standard output, so that a pipe gets it in
 * order; what the kernel says passes output_text(), because a module may say anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/run.h"

static const char *style(const struct run *run, enum output_style wanted)
{
	return output_style(run->colored, wanted);
}

static void heading(const struct run *run, const char *text)
{
	printf("%s%s%s\n", style(run, STYLE_BOLD), text, style(run, STYLE_PLAIN));
}

static void text_begin(struct run *run)
{
	printf("%skernel %s%s, ", style(run, STYLE_BOLD), run->kernel->release,
	       style(run, STYLE_PLAIN));
	output_format(stdout, "%s%s\n", run->on_host ? "this machine's own, " : "", run->path);
}

static void text_ask(struct run *run, const struct run_step *step)
{
	fputs(style(run, STYLE_BOLD), stdout);
	if (step->command)
		output_format(stdout, "> %s", step->command);
	else
		output_format(stdout, "%s %s", step->op, step->module);
	fputs(style(run, STYLE_PLAIN), stdout);
	if (!step->command && step->args.n > 1)
		output_format(stdout, " %s", step->args.p[1]);
	putchar('\n');
	fflush(stdout);
}

struct level {
	const char *name;
	enum output_style style;
};

static const struct level levels[] = {
	{"emerg", STYLE_RED},	{"alert", STYLE_RED},	{"crit", STYLE_RED},   {"err", STYLE_RED},
	{"warn", STYLE_YELLOW}, {"notice", STYLE_CYAN}, {"info", STYLE_PLAIN}, {"debug", STYLE_DIM},
};

/* What the kernel says of its own boot is for dmesg. */
static void text_log(struct run *run, const struct run_record *record)
{
	const struct level *level =
		&levels[record->level >= 0 && record->level < 8 ? record->level : 7];
	bool styled = level->style != STYLE_PLAIN;

	if (!run->steps.n)
		return;
	printf("  %s%5llu.%06llu %-6s ", styled ? style(run, level->style) : "",
	       (unsigned long long)(record->ns / 1000000000),
	       (unsigned long long)(record->ns / 1000 % 1000000), level->name);
	output_string(stdout, record->text);
	printf("%s\n", styled ? style(run, STYLE_PLAIN) : "");
}

static void print_data(const struct run_step *step)
{
	output_text(stdout, buf_string(&step->data), step->data.n);
	if (step->data.n && step->data.p[step->data.n - 1] != '\n')
		putchar('\n');
}

static void print_hex(const struct run_step *step)
{
	printf("%ld", step->ret);
	for (size_t i = 0; i < step->data.n; i++)
		printf("%s%02x", i ? "" : "  ", (unsigned char)step->data.p[i]);
	putchar('\n');
}

/* What a mapping holds: rows of 16 bytes, as hexdump(1) shows them with -C. */
static void print_dump(const struct run_step *step)
{
	enum { ROW = 16 };
	const unsigned char *p = (const unsigned char *)step->data.p;

	for (size_t row = 0; row < step->data.n; row += ROW) {
		size_t n = step->data.n - row < ROW ? step->data.n - row : ROW;

		printf("%08zx", row);
		for (size_t i = 0; i < ROW; i++)
			i < n ? printf(" %02x", p[row + i]) : printf("   ");
		printf("  |");
		for (size_t i = row; i < row + n; i++)
			putchar(p[i] >= ' ' && p[i] <= '~' ? p[i] : '.');
		printf("|\n");
	}
}

static void print_mode(char type, mode_t mode)
{
	putchar(type);
	for (int bit = 8; bit >= 0; bit--)
		putchar(mode >> bit & 1 ? "xwr"[bit % 3] : '-');
}

static int by_path(const void *a, const void *b)
{
	const struct engine_node *left = a, *right = b;

	return strcmp(left->path, right->path);
}

static void print_nodes(const struct run_step *step)
{
	if (step->nodes.n)
		qsort(step->nodes.p, step->nodes.n, sizeof(*step->nodes.p), by_path);
	vec_foreach (&step->nodes, node) {
		const char *slash = strrchr(node->path, '/');

		print_mode(node->type, node->mode);
		printf("  ");
		output_text(stdout, slash ? slash + 1 : node->path,
			    strlen(slash ? slash + 1 : node->path));
		putchar('\n');
	}
}

static void text_answer(struct run *run, const struct run_step *step)
{
	char space[16];

	if (step->answered && step->ret < 0)
		printf("  %s%s: %s%s\n", style(run, STYLE_RED),
		       run_errno_name(-step->ret, space, sizeof(space)), run_errno_text(-step->ret),
		       style(run, STYLE_PLAIN));
	else if (strcmp(step->op, "ioctl") == 0)
		print_hex(step);
	if (strcmp(step->op, "mmap") == 0)
		print_dump(step);
	else if (strcmp(step->op, "ioctl") != 0)
		print_data(step);
	print_nodes(step);
	fflush(stdout);
}

/* What is to be said before the kernel is up is about lkm's own affairs, not part of the report. */
static void text_note(struct run *run, const char *text)
{
	if (!run->engine) {
		output_error("lkm run", "%s", text);
		return;
	}
	printf("  %s", style(run, STYLE_YELLOW));
	output_string(stdout, text);
	printf("%s\n", style(run, STYLE_PLAIN));
}

/* Findings --------------------------------------------------------------------------- */

/* Below a new directory only its own entries: a device has dozens of attributes. */
static bool is_detail(const struct run *run, const struct run_node *node)
{
	if (strncmp(node->path, "/sys/devices/", 13) != 0)
		return false;
	vec_foreach (&run->created, other) {
		size_t length = strlen(other->path);

		if (other->type == 'd' && strncmp(node->path, other->path, length) == 0 &&
		    node->path[length] == '/')
			return true;
	}
	return false;
}

static void print_created(const struct run *run)
{
	if (!run->created.n)
		return;
	heading(run, "created");
	vec_foreach (&run->created, node) {
		if (is_detail(run, node))
			continue;
		printf("  ");
		print_mode(node->type, node->mode);
		printf("  ");
		output_string(stdout, node->path);
		putchar('\n');
	}
}

static void print_parameters(const struct run *run)
{
	int width = 0;

	if (!run->parameters.n)
		return;
	heading(run, "parameters");
	vec_foreach (&run->parameters, param) {
		int length = (int)strlen(param->name);

		width = length > width && length < 32 ? length : width;
	}
	vec_foreach (&run->parameters, param) {
		printf("  ");
		print_mode('-', param->mode);
		output_format(stdout, "  %-*s ", width, param->name);
		if (param->value)
			output_string(stdout, param->value);
		else
			printf("%s(not readable)%s", style(run, STYLE_DIM),
			       style(run, STYLE_PLAIN));
		fputs(style(run, STYLE_DIM), stdout);
		if (param->type)
			output_format(stdout, "  %s", param->type);
		printf("%s\n", style(run, STYLE_PLAIN));
	}
}

static void print_taints(const struct run *run, const char *letters)
{
	if (!letters || !letters[0])
		return;
	heading(run, "taints the kernel");
	for (const char *letter = letters; *letter; letter++) {
		for (unsigned int bit = 0; run_taint(bit); bit++) {
			if (run_taint(bit)->letter == *letter)
				printf("  %c  %s\n", *letter, run_taint(bit)->meaning);
		}
	}
}

static void text_inventory(struct run *run)
{
	print_created(run);
	print_parameters(run);
	print_taints(run, run->module_taint);
	fflush(stdout);
}

static void print_troubles(const struct run *run)
{
	if (!run->troubles.n)
		return;
	heading(run, "went wrong");
	vec_foreach (&run->troubles, trouble) {
		printf("  %s%s%s: ", style(run, STYLE_RED), trouble->kind, style(run, STYLE_PLAIN));
		output_string(stdout, trouble->headline);
		putchar('\n');
		if (trouble->where)
			output_format(stdout, "    in %s\n", trouble->where);
		if (trouble->source)
			output_format(stdout, "    at %s\n", trouble->source);
	}
}

static void print_blocks(const struct run *run)
{
	if (!run->blocks.n)
		return;
	heading(run, "left behind");
	vec_foreach (&run->blocks, block)
		output_format(stdout, "  %8llu bytes  %-8s by %s\n",
			      (unsigned long long)block->size, block->kind, block->caller);
}

static void print_times(const struct run *run)
{
	static const char *const names[] = {
		[RUN_PREPARE] = "prepare",   [RUN_BOOT] = "boot",     [RUN_LOAD] = "load",
		[RUN_COMMANDS] = "commands", [RUN_UNLOAD] = "unload",
	};
	uint64_t total = 0;

	printf("%s", style(run, STYLE_DIM));
	for (int phase = 0; phase < RUN_PHASES; phase++) {
		printf("%s %.1f ms, ", names[phase], (double)run->phase_us[phase] / 1000);
		total += run->phase_us[phase];
	}
	printf("together %.1f ms%s\n", (double)total / 1000, style(run, STYLE_PLAIN));
}

static void text_end(struct run *run)
{
	print_troubles(run);
	print_blocks(run);
	if (run->blocks_known && !run->blocks.n && run->allocated_count)
		printf("%sallocated %llu block%s, %llu bytes: all freed%s\n", style(run, STYLE_DIM),
		       (unsigned long long)run->allocated_count,
		       run->allocated_count == 1 ? "" : "s",
		       (unsigned long long)run->allocated_bytes, style(run, STYLE_PLAIN));
	printf("%s%s%s: ", style(run, run->status == CLI_OK ? STYLE_GREEN : STYLE_RED),
	       run->status == CLI_OK ? "OK" : "FAILED", style(run, STYLE_PLAIN));
	output_string(stdout, run->verdict);
	putchar('\n');
	print_times(run);
	fflush(stdout);
}

const struct run_view run_text = {
	.begin = text_begin,
	.ask = text_ask,
	.log = text_log,
	.answer = text_answer,
	.note = text_note,
	.inventory = text_inventory,
	.end = text_end,
};
