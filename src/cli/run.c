/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm run: its options, and what goes before and after the run itself. */
#include "cli/run.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"

static const struct cli_option options[] = {
	{'k', "kernel", "KERNEL", OPTION_TEXT(struct run_options, kernel),
	 "release or image to run on (default: what the module is built for)"},
	{'e', "engine", "ENGINE", OPTION_TEXT(struct run_options, engine),
	 "process (default), or host: the machine's own kernel, as root"},
	{'c', "command", "COMMAND", OPTION_LIST(struct run_options, commands),
	 "do this after loading; may be repeated"},
	{'i', "interactive", NULL, OPTION_FLAG(struct run_options, interactive),
	 "ask for commands at a prompt"},
	{'n', "dry-run", NULL, OPTION_FLAG(struct run_options, dry_run),
	 "print the steps and do nothing"},
	{0, "keep", NULL, OPTION_FLAG(struct run_options, keep), "do not unload"},
	{0, "timeout", "SECONDS", OPTION_SECONDS(struct run_options, timeout_ms),
	 "limit of real time for each step (30)"},
	{0, "append", "WORDS", OPTION_TEXT(struct run_options, append),
	 "more words for the kernel's command line (slub_debug=FZP ...)"},
	{0, "gdb", NULL, OPTION_FLAG(struct run_options, gdb),
	 "debug the module: show, or on a terminal start, gdb"},
	{0, "json", NULL, OPTION_FLAG(struct run_options, json), "report as one JSON document"},
	{0},
};

static const char details[] =
	"MODULE is a file (.ko, also packed), or with -k the name of a module of that kernel.\n"
	"\n"
	"Commands:\n"
	"  cat PATH                        print a file of the kernel (/proc, /sys, /dev)\n"
	"  write PATH TEXT                 write to one; \\n \\t \\xNN are understood\n"
	"  ls [PATH]                       list a directory\n"
	"  ioctl PATH REQUEST [HEXBYTES]   call ioctl with the address of these bytes\n"
	"  mmap PATH OFFSET LENGTH [HEXBYTES]\n"
	"                                  store these bytes in a mapping of a file, and show it\n"
	"  poll PATH                       what a file is ready for\n"
	"  insmod FILE [PARAM=VALUE...]    load another module\n"
	"  rmmod NAME                      unload a module\n"
	"  lsmod, dmesg                    loaded modules, the kernel's log\n"
	"  sleep SECONDS                   let the kernel's time pass\n"
	"\n"
	"Exit status: 0 it worked; 1 the kernel refused the module, its init or a command failed;\n"
	"2 wrong usage; 3 the module misbehaved; 4 lkm cannot do this here.\n";

static int run_main(int argc, char **argv);

const struct cli_command cli_run = {
	.name = "run",
	.full_name = "lkm run",
	.operands = "MODULE [PARAM=VALUE...]",
	.summary = "Run a kernel module on its own kernel in a process, and report what it did",
	.details = details,
	.options = options,
	.run = run_main,
};

static int fail(const struct run *run, enum cli_exit status, const struct err *err)
{
	if (run->options->json)
		run_json_error(err->text, status);
	return cli_fail(&cli_run, status, err);
}

static bool parse_commands(struct run *run, struct err *err)
{
	vec_foreach (&run->options->commands, text) {
		struct run_command *command = vec_push(&run->commands);

		if (!command) {
			err_no_memory(err);
			return false;
		}
		if (run_command_parse(run, *text, command, err) < 0)
			return false;
	}
	return true;
}

static int make_plan(struct run *run, struct err *err)
{
	const struct plan_run_request request = {
		.ko = run->ko,
		.path = run->path,
		.params = run->params,
		.db = run->db,
		.stock = run->is_stock,
		.keep = run->options->keep,
	};

	return plan_run(&run->plan, &request, err);
}

static void print_step(const struct plan_step *step)
{
	bool loads = step->op == PLAN_LOAD;

	output_format(stdout, "%-6s %s%s%s  (%s)\n", loads ? "load" : "unload",
		      loads ? step->path : step->name, step->params[0] ? " " : "", step->params,
		      step->reason);
}

/* The commands stand between the loads and the unloads. */
static int print_plan(const struct run *run)
{
	bool commands_done = false;

	output_format(stdout, "kernel %s (%s)\n", run->kernel->release,
		      run->on_host ? "this machine's own" : run->kernel->vmlinuz);
	vec_foreach (&run->plan.steps, step) {
		if (step->op == PLAN_UNLOAD && !commands_done) {
			vec_foreach (&run->commands, command)
				output_format(stdout, "do     %s\n", command->text);
			commands_done = true;
		}
		print_step(step);
	}
	vec_foreach (&run->commands, command)
		if (!commands_done)
			output_format(stdout, "do     %s\n", command->text);
	return CLI_OK;
}

static int run_planned(struct run *run, const struct engine_ops *ops, struct err *err)
{
	if (make_plan(run, err) < 0)
		return fail(run, CLI_UNAVAILABLE, err);
	if (run->options->dry_run)
		return print_plan(run);
	if (run_execute(run, ops, err) < 0)
		return fail(run, CLI_UNAVAILABLE, err);
	return (int)run->status;
}

static int run_checked(const struct run_options *values, char **operands)
{
	DEFER(run_free)
	struct run run = {
		.options = values,
		.view = values->json ? &run_json : &run_text,
		.colored = output_is_colored(stdout),
		.arena = arena_new(),
		.started_us = run_clock_us(),
	};
	const struct engine_ops *ops;
	struct err err = {0};
	enum cli_exit status;

	if (!run.arena)
		return cli_no_memory(&cli_run);
	ops = engine_find(values->engine, &err);
	if (!ops || !parse_commands(&run, &err))
		return fail(&run, CLI_USAGE, &err);
	run.on_host = strcmp(values->engine, "host") == 0;
	status = run_input(&run, operands[0], operands + 1, &err);
	return status == CLI_OK ? run_planned(&run, ops, &err) : fail(&run, status, &err);
}

static void release(struct run_options *values)
{
	cli_list_free(&values->commands);
}

static int run_main(int argc, char **argv)
{
	DEFER(release) struct run_options values = {.timeout_ms = 30000, .engine = "process"};
	char **operands;
	int status;

	if (!cli_begin(&cli_run, argc, argv, &values, &operands, &status))
		return status;
	if (!operands[0] || !operands[0][0])
		return cli_usage(&cli_run, "which module? lkm run MODULE.ko");
	if (values.json && (values.interactive || values.gdb))
		return cli_usage(&cli_run, "--json is for programs: not together with -i or --gdb");
	if (values.interactive && values.gdb)
		return cli_usage(&cli_run, "-i and --gdb both want the terminal");
	if (values.append && strcmp(values.engine, "host") == 0)
		return cli_usage(&cli_run, "--append: the machine's own kernel is up already");
	return run_checked(&values, operands);
}
