/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lkm run: what its files share.
 *
 *	run            options; from the command line to the exit status
 *	run_input      which module, which kernel
 *	run_execute    the course of a run
 *	run_verdict    what it comes to
 *	run_step       one question to the kernel, recorded with its answer
 *	run_listen     what the kernel tells and asks for meanwhile
 *	run_command    the commands of -c and of the prompt (run_prompt)
 *	run_inventory  what the module created
 *	run_trouble    oopses and the like in the log; run_source finds their source line
 *	run_explain    why the kernel refused
 *	run_gdb        a debugger for the kernel's process
 *	run_text, run_json   two views of it all
 *
 * A run is a list of steps and some findings. The steps are executed by run_execute(); a view looks
 * on: the text view prints while it goes, the JSON view at the end.
 */
#ifndef LKM_CLI_RUN_H
#define LKM_CLI_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/map.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "cli/option.h"
#include "engine/engine.h"
#include "image/catalogue.h"
#include "ko/ko.h"
#include "plan/plan.h"

struct db;
struct run_view;

struct run_options {
	const char *kernel, *engine, *append;
	struct cli_list commands;
	unsigned int timeout_ms;
	bool interactive, dry_run, keep, json, gdb;
};

struct run_record {
	int level;
	uint64_t ns;
	const char *text;
};

/* What was asked of the kernel. op and args are those of the JSON report. */
struct run_step {
	const char *op;
	VEC(const char *) args;
	const char *command; /* as the user typed it; NULL: not from a command */
	const char *module;  /* load, unload: the module's name */
	bool answered;	     /* false: it did not return; the kernel ended, or killed the task */
	long ret;
	bool was_there; /* load: EEXIST, because the kernel had asked for the module itself */
	uint64_t us;
	size_t log_begin, log_end;	 /* in run.log */
	size_t uevent_begin, uevent_end; /* in run.uevents */
	struct buf data;
	VEC(struct engine_node) nodes;
};

struct run_node {
	char type; /* as in struct engine_node; '?': not looked at */
	mode_t mode;
	const char *path;
};

struct run_param {
	const char *name;
	mode_t mode;
	const char *type;  /* from modinfo, or NULL */
	const char *value; /* NULL: not readable */
};

/* Something in the log that no well-behaved module causes. */
struct run_trouble {
	const char *kind;	     /* "oops", "BUG", "warning", ... */
	const char *headline;	     /* the line of the log */
	const char *where;	     /* "function+0x12/0x40 [module]", or NULL */
	const char *source;	     /* "file.c:12", or NULL */
	bool fatal;		     /* the kernel must not be used any more */
	const struct run_step *step; /* NULL: before the first */
};

enum run_phase { RUN_PREPARE, RUN_BOOT, RUN_LOAD, RUN_COMMANDS, RUN_UNLOAD, RUN_PHASES };

struct run_verb;
struct run_command {
	const char *text;
	const struct run_verb *verb;
	const char **words; /* the verb's arguments */
	size_t count;
	/* What some of them mean. */
	uint64_t numbers[2]; /* ioctl: request; mmap: offset, length; sleep: nanoseconds */
	struct span bytes;   /* ioctl, mmap: HEXBYTES */
};

struct run {
	struct arena *arena;
	const struct run_options *options;
	const struct run_view *view;
	bool colored;

	/* run_input */
	struct ko *ko;
	bool is_stock;	  /* it is one of db */
	const char *path; /* of the module's file */
	const char *name; /* of the module */
	const char *params;
	struct kernel *kernel;
	bool on_host;  /* the kernel is the machine's own */
	struct db *db; /* NULL: no modules of that kernel at hand */
	VEC(struct run_command) commands;
	struct plan plan;

	/* run_step */
	struct engine *engine;
	VEC(struct run_step *) steps;
	VEC(struct run_record) log;
	size_t scanned; /* records that run_trouble has seen */
	VEC(struct span) uevents;
	VEC(const char *) extras;    /* loaded by commands, oldest first */
	VEC(const char *) requested; /* loaded because the kernel asked, oldest first */
	VEC(struct span) answers;    /* to the last request_module() */
	VEC(struct ko *) opened;     /* whose bytes the kernel was or is given */
	bool out_of_memory;	     /* something could not be recorded */
	bool dead;		     /* the kernel ended: ask no more */
	bool killed;		     /* the kernel killed a task of ours: use it no more */
	struct engine_end end;
	pid_t debugger; /* 0: none was started */

	/* Findings. */
	struct map before; /* paths that were there before the first step */
	VEC(struct run_node) created;
	VEC(struct run_param) parameters;
	unsigned long taint_before, taint; /* of the kernel, at the beginning and at the end */
	const char *module_taint;
	VEC(struct run_trouble) troubles;
	VEC(struct engine_block) blocks;
	uint64_t allocated_count, allocated_bytes;
	bool blocks_known;
	VEC(const char *) notes; /* explanations, in the order of what they explain */
	struct run_step *target; /* the load of the module, NULL before */
	size_t failed_commands;

	enum cli_exit status;
	char verdict[512];
	uint64_t started_us, phase_us[RUN_PHASES];
};

/* What a view is told; each may be NULL. */
struct run_view {
	void (*begin)(struct run *run); /* the kernel is up */
	void (*ask)(struct run *run, const struct run_step *step);
	void (*log)(struct run *run, const struct run_record *record);
	void (*answer)(struct run *run, const struct run_step *step);
	void (*note)(struct run *run, const char *text); /* an explanation */
	void (*inventory)(struct run *run);		 /* what the module created */
	void (*end)(struct run *run);			 /* everything is known */
};
extern const struct run_view run_text, run_json;

/* The JSON document of a run that could not even begin. */
void run_json_error(const char *error, enum cli_exit status);

void run_free(struct run *run); /* serves as DEFER destructor */
uint64_t run_clock_us(void);

/* run_input.c: fills ko, path, name, params, kernel, db. Returns CLI_OK or the exit status. */
enum cli_exit run_input(struct run *run, const char *module, char **params, struct err *err);

/* run_execute.c: everything from opening the engine to the verdict. Fails only when nothing could
 * be started; then status is set, too. */
int run_execute(struct run *run, const struct engine_ops *ops, struct err *err);

/* run_step.c. Each asks one thing and records it; -ECONNRESET: the kernel is gone, said in
 * run->end; other negative values: could not be asked. What the kernel answered is in the step. */
int run_load(struct run *run, const char *path, const struct ko *ko, const char *params,
	     const char *command, struct err *err);
int run_unload(struct run *run, const char *name, const char *command, struct err *err);
/* Lets guest time pass, unrecorded, until what the kernel asked for without waiting is loaded: who
 * comes first shall not depend on chance. */
int run_settle(struct run *run, struct err *err);
int run_read(struct run *run, const char *path, const char *command, struct err *err);
int run_write(struct run *run, const char *path, struct span data, const char *command,
	      struct err *err);
int run_list(struct run *run, const char *path, const char *command, struct err *err);
int run_ioctl(struct run *run, const char *path, unsigned long request, struct span arg,
	      const char *command, struct err *err);
/* stored: bytes for the beginning of the mapping. */
int run_mmap(struct run *run, const char *path, uint64_t offset, size_t length, struct span stored,
	     const char *command, struct err *err);
int run_poll(struct run *run, const char *path, const char *command, struct err *err);
int run_sleep(struct run *run, uint64_t ns, const char *command, struct err *err);
int run_dmesg(struct run *run, const char *command, struct err *err);
struct run_step *run_last(const struct run *run); /* NULL: none yet */
/* A path of the kernel as text without recording a step; NULL when it cannot be read. */
const char *run_peek(struct run *run, const char *path);
/* Whether the kernel has the module of a load. */
bool run_step_succeeded(const struct run_step *step);
/* Whether a module was loaded by a step, and not unloaded since. */
bool run_was_loaded(const struct run *run, const char *name);

/* run_listen.c */
struct engine_listener run_listener(struct run *run);
bool run_is_requested(const struct run *run, const char *name); /* loaded because it asked */
void run_note(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* run_verdict.c: fills status and verdict. */
void run_judge(struct run *run);

/* run_command.c */
int run_command_parse(struct run *run, const char *text, struct run_command *out, struct err *err);
int run_command_do(struct run *run, const struct run_command *command, struct err *err);
/* The i-th verb's name and synopsis, NULL behind the last. */
const char *run_command_name(size_t i);
const char *run_command_synopsis(size_t i);

/* run_prompt.c: reads commands until the end of input or "quit". */
int run_prompt(struct run *run, struct err *err);

/* run_inventory.c */
int run_inventory_before(struct run *run, struct err *err);
int run_inventory_after(struct run *run, struct err *err);
unsigned long run_inventory_taint(struct run *run);
int run_inventory_blocks(struct run *run, struct err *err);
/* The i-th taint's letter and meaning. */
struct run_taint {
	char letter;
	const char *meaning;
};
const struct run_taint *run_taint(unsigned int bit); /* NULL: unknown */

/* Whether a line of the log begins the report of an oops, a BUG, a warning. */
bool run_trouble_begins(const char *text);
/* run_trouble.c: looks through what is new in the log. */
void run_trouble_scan(struct run *run);
bool run_trouble_fatal(const struct run *run);
/* The first "function+0x12/0x40 [module]" of a text, without what is around it; NULL: none. */
char *run_trouble_place(struct arena *arena, const char *text);
/* "file.c:12" of such a place when it is in the module that is run, else NULL. behind_call: it is a
 * return address. */
const char *run_trouble_source(struct run *run, const char *place, bool behind_call);

/* run_source.c: "file.c:12" of an address in a module, given as function and offset into it; NULL
 * when the file has no debug information (or libdw is not installed). */
const char *run_source_line(struct arena *arena, const char *path, const char *function,
			    uint64_t offset);

/* run_explain.c: adds notes on a load or unload that failed, and on parameters. */
void run_explain(struct run *run, const struct run_step *step, const struct ko *ko);

/* run_gdb.c: prints the command line that debugs the loaded module in the engine's process. On a
 * terminal it is started, else a debugger is waited for until the timeout. */
int run_gdb(struct run *run, struct err *err);
void run_gdb_wait(const struct run *run); /* until the started one has ended */

/* "ENOENT" for 2; a number as text for one without name. */
const char *run_errno_name(long number, char *space, size_t size);
const char *run_errno_text(long number);

#endif
