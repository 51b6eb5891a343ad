/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes what depmod reads beside modules: the input is a file of depmod.d, ended by a NUL, and
 * then what a run before has kept. Of that the checksum is made right here, and the modules are
 * made to be in the state of one that is there, so that they are used; another one is new.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "db/build_kept.h"
#include "depmod-module.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/lkm-fuzz-depmod-XXXXXX";
static const char known[] = "tree/kernel/a.ko";

static void clean_up(void)
{
	file_remove_tree(dir, NULL);
}

/* Names in the input are relative to a directory of our own. */
static void begin(void)
{
	if (!mkdtemp(dir) || chdir(dir) < 0 || file_make_dirs("tree/kernel", 0700, NULL) < 0)
		abort();
	atexit(clean_up);
	if (depmod_module_write(known, "__crc_given", NULL) < 0 ||
	    depmod_module_write("tree/kernel/b.ko", "__crc_other", NULL) < 0)
		abort();
}

static void ignore(void *context, enum db_level level, const char *text)
{
}

static void make_current(struct buf *kept)
{
	struct kept_head *head = (struct kept_head *)kept->p;
	struct kept_module *modules = (struct kept_module *)(head + 1);
	const size_t hashed_from = offsetof(struct kept_head, symbols);
	struct file_id id;

	if (file_identify(AT_FDCWD, known, &id) < 0)
		abort();
	for (uint64_t i = 0; i < head->counts[KEPT_MODULES]; i++) {
		if ((char *)&modules[i + 1] > (char *)kept->p + kept->n)
			break;
		modules[i].id = id;
	}
	head->hash = hash_bytes(span_of(kept->p + hashed_from, kept->n - hashed_from));
}

static void write_kept(struct span bytes)
{
	DEFER(buf_free) struct buf kept = {0};

	buf_add(&kept, bytes.p, bytes.n);
	if (kept.n >= sizeof(struct kept_head))
		make_current(&kept);
	if (file_replace("kept", buf_span(&kept), 0600, NULL) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const config[] = {"x.conf", NULL};
	static bool ready;
	const struct db_build_options options = {
		.dir = "tree",
		.release = "6.1.0",
		.config = config,
		.cache = "kept",
		.listener = {ignore, NULL},
	};
	DEFER(db_build_freep) struct db_build *build = NULL;
	DEFER(buf_free) struct buf text = {0};
	const char *lines = span_string(span_of(data, size), 0);
	size_t length = lines ? strlen(lines) + 1 : 0;
	struct err err = {0};
	int code;

	/* "external 6 /" would have the whole machine indexed. */
	if (!lines || strchr(lines, '/') || strstr(lines, ".."))
		return 0;
	if (!ready)
		begin();
	ready = true;
	write_kept(span_of(data + length, size - length));
	if (file_replace("x.conf", span_text(lines), 0600, NULL) < 0)
		abort();
	code = db_build(&build, &options, &err);
	if (code == 0)
		code = db_build_text(build, &text, &err);
	if (code == 0)
		code = db_build_write(build, "out", &err);
	if (code < 0 && (err.code != code || !err.text[0]))
		abort();
	return 0;
}
