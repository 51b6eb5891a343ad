/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks an engine what it is told on standard input, and tells what comes back: tests/engine/test-*.
 *
 *	engine-drive VMLINUZ MODULES-DIR CACHE-DIR|- TIMEOUT-MS [WORDS]
 *
 * WORDS go to the kernel's command line. A question is a line of words; PARAMS and TEXT may hold
 * spaces:
 *
 *	load FILE [PARAMS]	modprobe NAME [PARAMS]	unload NAME
 *	cat PATH		write PATH TEXT		ls PATH		tree PATH
 *	ioctl PATH REQUEST ARG (both hexadecimal)	poll PATH EVENTS TIMEOUT-MS
 *	sleep NS		blocks MODULE		answer on|off (request_module)
 *	syscall NUMBER ARG...	an ARG is a number, or "x" and hexadecimal bytes, whose address is
 *				passed
 *
 * What comes back are lines "KIND FIELDS...", where the last field is a text with C escapes: log
 * LEVEL NS, notice, uevent, request, node TYPE MODE, block KIND SIZE, data, total COUNT BYTES,
 * revents, and as the last one "result CODE RET MICROSECONDS TEXT". When the engine is open, the
 * same line tells of that, and "pid PID WALLS" before it who holds the kernel. After a failure
 * "end KIND TEXT".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "db/db.h"
#include "engine/engine.h"
#include "ko/ko.h"

struct bench {
	struct engine *engine;
	struct db *db;
	bool answers;
	/* What was answered to the last request_module(). */
	VEC(struct ko *) open;
	VEC(struct span) spans;
};

static void put_escaped(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = text.p[i];

		if (c == '\\' || c < ' ' || c > '~')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('\n');
}

static void put_line(const char *kind, const char *text)
{
	printf("%s ", kind);
	put_escaped(span_text(text));
}

/* ---- what the engine tells ---- */

static void on_log(void *context, const struct engine_record *record)
{
	printf("log %d %llu ", record->level, (unsigned long long)record->ns);
	put_escaped(span_text(record->text));
}

static void on_notice(void *context, const char *text)
{
	put_line("notice", text);
}

static void on_uevent(void *context, struct span event)
{
	printf("uevent ");
	put_escaped(event);
}

static void on_node(void *context, const struct engine_node *node)
{
	printf("node %c %o ", node->type, node->mode);
	put_escaped(span_text(node->path));
}

static void on_block(void *context, const struct engine_block *block)
{
	printf("block %s %llu ", block->kind, (unsigned long long)block->size);
	put_escaped(span_text(block->caller));
}

static void forget_answer(struct bench *b)
{
	vec_foreach (&b->open, ko)
		ko_close(*ko);
	vec_free(&b->open);
	vec_free(&b->spans);
}

static int add_file(struct bench *b, const char *path)
{
	struct ko **ko = vec_push(&b->open);
	struct span *span = vec_push(&b->spans);

	*ko = NULL;
	if (ko_open(ko, path, NULL) < 0)
		return -1;
	*span = ko_bytes(*ko);
	return 0;
}

static int on_request(void *context, const char *name, const struct span **modules, size_t *count)
{
	DEFER(db_list_free) struct db_list targets = {0};
	DEFER(db_list_free) struct db_list order = {0};
	struct bench *b = context;

	put_line("request", name);
	if (!b->answers || db_lookup(b->db, name, &targets, NULL) < 0)
		return -2;
	forget_answer(b);
	vec_foreach (&targets.modules, target)
		if (db_load_order(b->db, *target, &order, NULL) < 0)
			return -2;
	vec_foreach (&order.modules, module)
		if (add_file(b, (*module)->path) < 0)
			return -2;
	*modules = b->spans.p;
	*count = b->spans.n;
	return 0;
}

/* ---- questions ---- */

static int load(struct bench *b, const char *path, const char *params, long *ret, struct err *err)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	int code = ko_open(&ko, path, err);

	return code < 0 ? code
			: engine_load(b->engine, ko_bytes(ko), params ? params : "", 0, ret, err);
}

/* Dependencies that are there already do not matter. */
static int modprobe(struct bench *b, const char *name, const char *params, long *ret,
		    struct err *err)
{
	DEFER(db_list_free) struct db_list order = {0};
	const struct db_module *module;
	int code = db_find(b->db, name, &module, err);

	if (code == 0)
		code = db_load_order(b->db, module, &order, err);
	vec_foreach (&order.modules, m) {
		if (code == 0 && (*ret == 0 || *ret == -17))
			code = load(b, (*m)->path, *m == module ? params : NULL, ret, err);
	}
	return code;
}

static int read_file(struct bench *b, const char *path, long *ret, struct err *err)
{
	DEFER(buf_free) struct buf data = {0};
	int code = engine_read(b->engine, path, 1 << 20, &data, ret, err);

	printf("data ");
	put_escaped(buf_span(&data));
	return code;
}

/* "c0ffee" to bytes, in place. */
static size_t unhex(char *text)
{
	size_t n = strlen(text) / 2;

	for (size_t i = 0; i < n; i++) {
		char digits[3] = {text[2 * i], text[2 * i + 1], 0};

		text[i] = (char)strtoul(digits, NULL, 16);
	}
	return n;
}

static int do_ioctl(struct bench *b, const char *path, char *rest, long *ret, struct err *err)
{
	DEFER(buf_free) struct buf arg = {0};
	const char *request = strsep(&rest, " ");
	int code;

	if (rest)
		buf_add(&arg, rest, unhex(rest));
	code = engine_ioctl(b->engine, path, strtoul(request, NULL, 16), &arg, ret, err);
	printf("data ");
	put_escaped(buf_span(&arg));
	return code;
}

static int do_poll(struct bench *b, const char *path, char *rest, long *ret, struct err *err)
{
	const char *events = strsep(&rest, " ");
	unsigned int revents = 0;
	int code = engine_poll(b->engine, path, (unsigned int)strtoul(events, NULL, 16),
			       rest ? atoi(rest) : 0, &revents, ret, err);

	printf("revents %x\n", revents);
	return code;
}

/* What the kernel leaves in the bytes comes back as data, one line for each. */
static int do_syscall(struct bench *b, const char *number, char *rest, long *ret, struct err *err)
{
	struct engine_argument arguments[ENGINE_ARGUMENTS] = {0};
	struct buf bytes[ENGINE_ARGUMENTS] = {0};
	char *word;
	int code;

	for (int i = 0; i < ENGINE_ARGUMENTS && (word = strsep(&rest, " ")); i++) {
		if (*word != 'x') {
			arguments[i].value = (uint64_t)strtoll(word, NULL, 0);
			continue;
		}
		buf_add(&bytes[i], word + 1, unhex(word + 1));
		arguments[i].bytes = &bytes[i];
	}
	code = engine_syscall(b->engine, (unsigned int)atoi(number), arguments, ret, err);
	for (int i = 0; i < ENGINE_ARGUMENTS; i++) {
		if (arguments[i].bytes) {
			printf("data ");
			put_escaped(buf_span(&bytes[i]));
		}
		buf_free(&bytes[i]);
	}
	return code;
}

static int blocks(struct bench *b, const char *module, struct err *err)
{
	uint64_t count = 0, bytes = 0;
	int code = engine_blocks(b->engine, module, on_block, NULL, &count, &bytes, err);

	printf("total %llu %llu\n", (unsigned long long)count, (unsigned long long)bytes);
	return code;
}

static int answer(struct bench *b, char *line, long *ret, struct err *err)
{
	struct engine *e = b->engine;
	const char *verb = strsep(&line, " "), *word = strsep(&line, " ");

	word = word ? word : "";
	if (!strcmp(verb, "load"))
		return load(b, word, line, ret, err);
	if (!strcmp(verb, "modprobe"))
		return modprobe(b, word, line, ret, err);
	if (!strcmp(verb, "unload"))
		return engine_unload(e, word, 04000 /* O_NONBLOCK */, ret, err);
	if (!strcmp(verb, "cat"))
		return read_file(b, word, ret, err);
	if (!strcmp(verb, "write"))
		return engine_write(e, word, span_text(line ? line : ""), ret, err);
	if (!strcmp(verb, "ls") || !strcmp(verb, "tree"))
		return engine_list(e, word, *verb == 't', on_node, NULL, ret, err);
	if (!strcmp(verb, "ioctl"))
		return do_ioctl(b, word, line, ret, err);
	if (!strcmp(verb, "poll"))
		return do_poll(b, word, line, ret, err);
	if (!strcmp(verb, "syscall"))
		return do_syscall(b, word, line, ret, err);
	if (!strcmp(verb, "sleep"))
		return engine_sleep(e, strtoull(word, NULL, 10), ret, err);
	if (!strcmp(verb, "blocks"))
		return blocks(b, word, err);
	if (!strcmp(verb, "answer")) {
		b->answers = !strcmp(word, "on");
		return 0;
	}
	return err_set(err, -22, "unknown question %s", verb);
}

static long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void put_result(int code, long ret, long start, const struct err *err)
{
	printf("result %d %ld %ld ", code, ret, microseconds() - start);
	put_escaped(span_text(code < 0 ? err->text : ""));
}

/* Up to the last question, or the end of the kernel. */
static void converse(struct bench *b)
{
	struct engine_end end = {0};
	struct err err;
	static char line[1 << 20];

	while (end.kind == ENGINE_RUNNING && fgets(line, sizeof(line), stdin)) {
		long start = microseconds(), ret = 0;
		int code;

		line[strcspn(line, "\n")] = 0;
		code = answer(b, line, &ret, &err);
		engine_end(b->engine, &end);
		if (end.kind != ENGINE_RUNNING) {
			printf("end %d ", (int)end.kind);
			put_escaped(span_text(end.text));
		}
		put_result(code, ret, start, &err);
	}
}

int main(int argc, char **argv)
{
	struct bench b = {.answers = true};
	struct err err = {0};
	long start = microseconds();
	int code;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 5)
		return 2;
	struct engine_options options = {
		.kernel_path = argv[1],
		.cache_dir = strcmp(argv[3], "-") ? argv[3] : NULL,
		.timeout_ms = (unsigned int)atoi(argv[4]),
		.append = argv[5],
		.listener = {.context = &b,
			     .log = on_log,
			     .notice = on_notice,
			     .uevent = on_uevent,
			     .request_module = on_request},
	};
	code = db_open(&b.db, argv[2], &err);
	if (code == 0)
		code = engine_open(&b.engine, engine_find("process", NULL), &options, &err);
	if (code == 0)
		printf("pid %d %u\n", (int)engine_pid(b.engine), engine_isolation(b.engine));
	put_result(code, 0, start, &err);
	if (code == 0)
		converse(&b);
	engine_close(b.engine);
	db_close(b.db);
	forget_answer(&b);
	return code != 0;
}
