/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes: small uses of a kernel, each in a fresh copy of it. A probe is a list of steps; it works
 * when every step does and the kernel reports no bug meanwhile.
 */
#include <errno.h>
#include <string.h>

#include "cli/kernel_test.h"
#include "cli/run.h"

enum { CONTENT_LIMIT = 1 << 20, GUEST_EEXIST = 17, GUEST_O_NONBLOCK = 04000, STEPS_MAX = 8 };

enum step_kind {
	END,
	LOAD,	/* what: a module, with all that it needs; text: its parameters or NULL */
	UNLOAD, /* what: a module */
	WRITE,	/* what: a path; text: all of it is taken */
	READ,	/* what: a path; text: stands in it */
	SLEEP,	/* an hour of guest time */
};

struct step {
	enum step_kind kind;
	const char *what, *text;
};

struct probe {
	const char *name, *shows;
	struct step steps[STEPS_MAX];
};

static const uint64_t HOUR_NS = 3600ull * 1000000000;

static const struct probe probes[] = {
	{"proc", "system calls, procfs", {{READ, "/proc/version", "Linux version "}}},
	{"timers", "sleeping, the tick", {{SLEEP}, {READ, "/proc/uptime", "36"}}},
	{"static keys",
	 "text that the kernel changes while it runs",
	 {{LOAD, "test_static_keys"}, {UNLOAD, "test_static_keys"}}},
	{"bpf", "the BPF interpreter and JIT", {{LOAD, "test_bpf"}, {UNLOAD, "test_bpf"}}},
	{"raid6_pq", "loops that wait for the tick", {{LOAD, "raid6_pq"}, {UNLOAD, "raid6_pq"}}},
	{"serpent",
	 "a cipher and its self-test",
	 {{LOAD, "serpent_generic"},
	  {SLEEP},
	  {READ, "/proc/crypto",
	   "serpent-generic\nmodule       : serpent_generic\npriority     : 100\nrefcnt       : 1\n"
	   "selftest     : passed"},
	  {UNLOAD, "serpent_generic"}}},
	{"brd",
	 "a block device in memory",
	 {{LOAD, "brd", "rd_nr=1 rd_size=1024"},
	  {WRITE, "/dev/ram0", "written"},
	  {READ, "/dev/ram0", "written"},
	  {UNLOAD, "brd"}}},
	{"null_blk",
	 "a block device with queues",
	 {{LOAD, "null_blk"}, {WRITE, "/dev/nullb0", "written"}, {UNLOAD, "null_blk"}}},
	{"loop", "irq_work, SRCU", {{LOAD, "loop"}, {UNLOAD, "loop"}}},
	{"zram",
	 "a compressed block device",
	 {{LOAD, "zram"},
	  {WRITE, "/sys/block/zram0/disksize", "1048576"},
	  {WRITE, "/dev/zram0", "written"},
	  {READ, "/dev/zram0", "written"},
	  {WRITE, "/sys/block/zram0/reset", "1"},
	  {UNLOAD, "zram"}}},
	{"scsi_debug",
	 "a SCSI host and its disk",
	 {{LOAD, "sd_mod"},
	  {LOAD, "scsi_debug", "dev_size_mb=8"},
	  {SLEEP},
	  {READ, "/sys/block/sda/size", "16384"},
	  {READ, "/dev/sda", ""},
	  {UNLOAD, "scsi_debug"}}},
	{"ext4",
	 "a file system type",
	 {{LOAD, "ext4"}, {READ, "/proc/filesystems", "\text4\n"}, {UNLOAD, "ext4"}}},
	{"dummy",
	 "a network device, RCU",
	 {{LOAD, "dummy"}, {READ, "/sys/class/net/dummy0/operstate", "down"}, {UNLOAD, "dummy"}}},
	{"nf_tables", "network name spaces", {{LOAD, "nf_tables"}, {UNLOAD, "nf_tables"}}},
	{"snd_dummy",
	 "a sound card",
	 {{LOAD, "snd_dummy"}, {READ, "/proc/asound/cards", "Dummy"}, {UNLOAD, "snd_dummy"}}},
	{"vivid",
	 "a camera",
	 {{LOAD, "vivid"},
	  {READ, "/sys/class/video4linux/video0/name", "vivid"},
	  {UNLOAD, "vivid"}}},
	{"dummy_hcd",
	 "a USB bus",
	 {{LOAD, "dummy_hcd"},
	  {READ, "/sys/bus/usb/devices/usb1/product", "Dummy host controller"},
	  {UNLOAD, "dummy_hcd"}}},
	{"i2c_stub",
	 "an I2C bus and its chip",
	 {{LOAD, "i2c_stub", "chip_addr=0x50"},
	  {READ, "/sys/bus/i2c/devices/i2c-0/name", "SMBus stub driver"},
	  {UNLOAD, "i2c_stub"}}},
};

/* One probe at work. */
struct work {
	struct kernel_test *test;
	struct db *db;
	struct engine *engine;
	struct kernel_probe_answer *answer;
	/* What was answered to the last request_module(). */
	VEC(struct ko *) asked;
	VEC(struct span) spans;
};

static void set_detail(struct work *w, enum kernel_probe_result result, const char *detail)
{
	if (w->answer->result != PROBE_WORKS)
		return;
	w->answer->result = result;
	w->answer->detail = detail ? detail : "no memory";
}

#define FAILS(w, ...) set_detail(w, PROBE_FAILS, arena_format((w)->test->arena, __VA_ARGS__))

static void on_log(void *context, const struct engine_record *record)
{
	struct work *w = context;

	if (run_trouble_begins(record->text))
		FAILS(w, "the kernel says: %s", record->text);
}

static void say_kernel_answer(struct work *w, const char *doing, const char *what, long ret)
{
	char space[32];

	if (ret == ENGINE_KILLED)
		FAILS(w, "%s %s: the kernel killed the task", doing, what);
	else
		FAILS(w, "%s %s: %s", doing, what,
		      ret < 0 ? run_errno_name(-ret, space, sizeof(space)) : "not all of it");
}

static int load_file(struct work *w, const struct db_module *module, const char *params, long *ret,
		     struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	int code = ko_open(&ko, module->path, err);

	return code < 0 ? code : engine_load(w->engine, ko_bytes(ko), params, 0, ret, err);
}

/* Something that a module needs may already be loaded. */
static int load(struct work *w, const struct step *step, struct err *err)
{
	DEFER(db_list_free) struct db_list order = {0};
	const struct db_module *target;
	int code;

	if (!w->db || db_find(w->db, step->what, &target, err) < 0) {
		set_detail(w, PROBE_ABSENT,
			   arena_format(w->test->arena, "there is no module %s", step->what));
		return 0;
	}
	code = db_load_order(w->db, target, &order, err);
	vec_foreach (&order.modules, module) {
		const char *params = *module == target && step->text ? step->text : "";
		long ret = 0;

		if (code == 0)
			code = load_file(w, *module, params, &ret, err);
		if (code == 0 && ret < 0 && ret != -GUEST_EEXIST)
			say_kernel_answer(w, "load", (*module)->name, ret);
	}
	return code;
}

static int read_back(struct work *w, const struct step *step, struct err *err)
{
	DEFER(buf_free) struct buf content = {0};
	long ret = 0;
	int code = engine_read(w->engine, step->what, CONTENT_LIMIT, &content, &ret, err);

	if (code == 0 && ret < 0)
		say_kernel_answer(w, "read", step->what, ret);
	else if (code == 0 && !memmem(content.p, content.n, step->text, strlen(step->text)))
		FAILS(w, "read %s: '%s' is not in it", step->what, step->text);
	return code;
}

static int do_step(struct work *w, const struct step *step, struct err *err)
{
	long ret = 0;
	int code = 0;

	switch (step->kind) {
	case END:
		break;
	case LOAD:
		return load(w, step, err);
	case READ:
		return read_back(w, step, err);
	case UNLOAD:
		code = engine_unload(w->engine, step->what, GUEST_O_NONBLOCK, &ret, err);
		if (code == 0 && ret < 0)
			say_kernel_answer(w, "unload", step->what, ret);
		break;
	case WRITE:
		code = engine_write(w->engine, step->what, span_text(step->text), &ret, err);
		if (code == 0 && ret != (long)strlen(step->text))
			say_kernel_answer(w, "write", step->what, ret);
		break;
	case SLEEP:
		code = engine_sleep(w->engine, HOUR_NS, &ret, err);
		if (code == 0 && ret < 0)
			say_kernel_answer(w, "sleep", "an hour", ret);
		break;
	}
	return code;
}

static void forget_answer(struct work *w)
{
	vec_foreach (&w->asked, ko)
		ko_close(*ko);
	vec_free(&w->asked);
	vec_free(&w->spans);
}

/* The kernel's request_module(), answered as modprobe would. */
static int on_request(void *context, const char *name, const struct span **modules, size_t *count)
{
	DEFER(db_list_free) struct db_list targets = {0};
	DEFER(db_list_free) struct db_list order = {0};
	struct work *w = context;

	if (!w->db || db_lookup(w->db, name, &targets, NULL) < 0)
		return -ENOENT;
	forget_answer(w);
	vec_foreach (&targets.modules, target)
		db_load_order(w->db, *target, &order, NULL);
	vec_foreach (&order.modules, module) {
		DEFER(ko_closep) struct ko *ko = NULL;
		struct ko **kept;
		struct span *span;

		if (ko_open(&ko, (*module)->path, NULL) < 0 || !(span = vec_push(&w->spans)))
			return -ENOENT;
		*span = ko_bytes(ko);
		kept = vec_push(&w->asked);
		if (!kept)
			return -ENOENT;
		*kept = take_ptr(&ko);
	}
	*modules = w->spans.p;
	*count = w->spans.n;
	return 0;
}

static void run_probe(struct work *w, const struct probe *probe,
		      const struct engine_options *options)
{
	DEFER(engine_closep) struct engine *engine = NULL;
	struct engine_options own = *options;
	struct err err = {0};
	int code;

	own.listener =
		(struct engine_listener){.context = w, .log = on_log, .request_module = on_request};
	code = engine_open(&engine, engine_find("process", NULL), &own, &err);
	w->engine = engine;
	for (const struct step *step = probe->steps;
	     code == 0 && step->kind != END && w->answer->result == PROBE_WORKS; step++)
		code = do_step(w, step, &err);
	if (code < 0)
		FAILS(w, "%s", err.text);
	forget_answer(w);
}

int kernel_probe_all(struct kernel_test *test, const struct engine_options *options, struct db *db,
		     struct err *err)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		struct work work = {.test = test, .db = db, .answer = vec_push(&test->probes)};

		if (!work.answer)
			return err_no_memory(err);
		*work.answer = (struct kernel_probe_answer){
			.name = probes[i].name, .shows = probes[i].shows, .result = PROBE_WORKS};
		run_probe(&work, &probes[i], options);
	}
	return 0;
}
