/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads and unloads stock modules, each in a fresh kernel: the hands of tests/sweep/sweep.
 *
 *	sweep-drive VMLINUZ MODULES-DIR CACHE-DIR TIMEOUT-MS
 *
 * A question is a line with the name of a module. What modprobe would load for it is loaded, also
 * when something of that fails, and all is unloaded in the opposite order; the module itself after
 * three seconds once more when the first answer is EAGAIN. Nobody answers request_module(). The
 * answer is a line of JSON:
 *
 *	name		the question
 *	load, unload	what the kernel said of the module itself, negative errno or 0
 *	taint		/sys/module/NAME/taint while it is loaded
 *	dep_load	{name: errno} of those before it that could not be loaded
 *	load_log, unload_log	[[level, text], ...] meanwhile; a byte 0xNN is the character U+00NN
 *	crash		how the kernel ended, a sentence; crash_op says when ("load", "unload")
 *	error		why nothing could be tried, a sentence
 *	us		microseconds, all together
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include <jansson.h>

#include "base/map.h"
#include "base/mem.h"
#include "cli/output.h"
#include "db/db.h"
#include "engine/engine.h"

enum {
	LINE_SIZE = 512,
	TAINT_SIZE = 64,
	GUEST_EAGAIN = 11,
	GUEST_EEXIST = 17,
	O_NONBLOCK_FLAG = 04000
};

static const uint64_t LOOK_NS = 20000000, PAUSE_NS = 3000000000;

struct sweep {
	struct engine_options options;
	struct db *db;
	/* Modules that others need are read once: path to struct ko. */
	struct map kept;
	/* Of the module in question: */
	struct engine *engine;
	struct engine_end end;
	json_t *answer, *log;
};

static void on_log(void *context, const struct engine_record *record)
{
	struct sweep *s = context;

	if (s->log)
		json_array_append_new(
			s->log, json_pack("[i, o]", record->level,
					  output_json_bytes(record->text, strlen(record->text))));
}

/* *own is set when the caller has to close what is returned. */
static const struct ko *open_module(struct sweep *s, const struct db_module *module, bool keep,
				    struct ko **own, struct err *err)
{
	struct span key = span_text(module->path);
	struct ko *ko = map_get(&s->kept, key);

	if (ko || ko_open(&ko, module->path, err) < 0)
		return ko;
	if (!keep || map_add(&s->kept, key, ko) != ko)
		*own = ko;
	return ko;
}

/* What is asked of the kernel ends with it. */
static bool is_alive(struct sweep *s, const char *doing)
{
	engine_end(s->engine, &s->end);
	if (s->end.kind == ENGINE_RUNNING)
		return true;
	if (!json_object_get(s->answer, "crash"))
		json_object_update_new(s->answer, json_pack("{s:s, s:s}", "crash", s->end.text,
							    "crash_op", doing));
	return false;
}

static void load(struct sweep *s, const struct db_module *module, bool is_target)
{
	DEFER(ko_closep) struct ko *own = NULL;
	struct err err = {0};
	const struct ko *ko = open_module(s, module, !is_target, &own, &err);
	long ret = 0;

	if (!ko) {
		json_object_set_new(s->answer, "error", json_string(err.text));
		return;
	}
	engine_load(s->engine, ko_bytes(ko), "", 0, &ret, &err);
	if (!is_alive(s, "load"))
		return;
	if (is_target)
		json_object_set_new(s->answer, "load", json_integer(ret));
	else if (ret < 0 && ret != -GUEST_EEXIST)
		json_object_set_new(json_object_get(s->answer, "dep_load"), module->name,
				    json_integer(ret));
}

static void read_taint(struct sweep *s, const char *name)
{
	DEFER(buf_free) struct buf taint = {0};
	char path[LINE_SIZE];
	struct err err;
	long ret;

	snprintf(path, sizeof(path), "/sys/module/%s/taint", name);
	if (engine_read(s->engine, path, TAINT_SIZE, &taint, &ret, &err) == 0 && taint.n > 1)
		json_object_set_new(s->answer, "taint", output_json_bytes(taint.p, taint.n - 1));
}

/* Workers that the module has started come to their turn, too. */
static void look(struct sweep *s, const char *name)
{
	struct err err;
	long ret;

	engine_sleep(s->engine, LOOK_NS, &ret, &err);
	if (is_alive(s, "load"))
		read_taint(s, name);
}

/* The kernel's log goes to a list of its own while the target is worked on. */
static void begin_log(struct sweep *s, const char *key, bool is_target)
{
	s->log = is_target ? json_array() : NULL;
	if (s->log)
		json_object_set_new(s->answer, key, s->log);
}

/* What a module has begun in the background, such as the self-test of a cipher, may hold it for a
 * while. */
static void unload(struct sweep *s, const char *name, bool is_target)
{
	struct err err;
	long ret, slept;

	begin_log(s, "unload_log", is_target);
	engine_unload(s->engine, name, O_NONBLOCK_FLAG, &ret, &err);
	if (ret == -GUEST_EAGAIN && is_target) {
		s->log = NULL;
		engine_sleep(s->engine, PAUSE_NS, &slept, &err);
		begin_log(s, "unload_log", true);
		engine_unload(s->engine, name, O_NONBLOCK_FLAG, &ret, &err);
	}
	s->log = NULL;
	if (is_alive(s, "unload") && is_target)
		json_object_set_new(s->answer, "unload", json_integer(ret));
}

static void load_and_unload(struct sweep *s, const struct db_list *order,
			    const struct db_module *target)
{
	const struct db_module **modules = order->modules.p;

	for (size_t i = 0; i < order->modules.n && s->end.kind == ENGINE_RUNNING; i++) {
		begin_log(s, "load_log", modules[i] == target);
		load(s, modules[i], modules[i] == target);
		if (modules[i] == target && s->end.kind == ENGINE_RUNNING)
			look(s, target->name);
		s->log = NULL;
	}
	for (size_t i = order->modules.n; i-- > 0 && s->end.kind == ENGINE_RUNNING;)
		unload(s, modules[i]->name, modules[i] == target);
}

static int try(struct sweep *s, const char *name, struct err *err)
{
	DEFER(db_list_free) struct db_list order = {0};
	const struct db_module *target;
	int code = db_find(s->db, name, &target, err);

	if (code == 0)
		code = db_load_order(s->db, target, &order, err);
	if (code == 0)
		code = engine_open(&s->engine, engine_find("process", NULL), &s->options, err);
	if (code < 0)
		return code;
	s->end.kind = ENGINE_RUNNING;
	load_and_unload(s, &order, target);
	engine_close(s->engine);
	s->engine = NULL;
	return 0;
}

static long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void answer(struct sweep *s, const char *name)
{
	const long start = microseconds();
	struct err err = {0};

	s->answer = json_pack("{s:s, s:{}}", "name", name, "dep_load");
	if (try(s, name, &err) < 0)
		json_object_set_new(s->answer, "error", json_string(err.text));
	json_object_set_new(s->answer, "us", json_integer(microseconds() - start));
	json_dumpf(s->answer, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(s->answer);
}

int main(int argc, char **argv)
{
	struct sweep s = {0};
	struct err err = {0};
	char line[LINE_SIZE];

	if (argc != 5)
		return 2;
	/* It is out of reach of the terminal's Ctrl-C, which is the sweep's; nor does it outlive
	 * it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	s.options = (struct engine_options){
		.kernel_path = argv[1],
		.cache_dir = argv[3],
		.timeout_ms = (unsigned int)atoi(argv[4]),
		.listener = {.context = &s, .log = on_log},
	};
	if (db_open(&s.db, argv[2], &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		answer(&s, line);
	}
	for (size_t i = 0; i < s.kept.size; i++)
		ko_close(s.kept.slots[i].value);
	map_free(&s.kept);
	db_close(s.db);
	return 0;
}
