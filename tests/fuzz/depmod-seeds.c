/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "db/build.h"
#include "depmod-module.h"

static const char *const configs[] = {
	"",
	"search updates built-in external\noverride a * extra\nexclude b c\n",
	"# comment\nexternal ^6[.] nonexistent\nsearch \\\n x\\ y\ninclude z\n",
};

static void ignore(void *context, enum db_level level, const char *text)
{
}

/* What a run keeps of a small tree. */
static int make_kept(struct buf *out, struct err *err)
{
	static const char *const none[] = {"none", NULL};
	const struct db_build_options options = {
		.dir = "tree",
		.release = "6.1.0",
		.config = none,
		.cache = "kept",
		.listener = {ignore, NULL},
	};
	DEFER(db_build_freep) struct db_build *build = NULL;
	int code = file_make_dirs("tree/kernel", 0700, err);

	if (code == 0)
		code = depmod_module_write("tree/kernel/a.ko", "__crc_given", err);
	usleep(20000); /* what is of this instant is not kept */
	if (code == 0)
		code = db_build(&build, &options, err);
	if (code == 0)
		code = db_build_write(build, "out", err);
	return code < 0 ? code : file_read("kept", 1 << 20, out, err);
}

static int write_seeds(const char *dir, const struct buf *kept, struct err *err)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < sizeof(configs) / sizeof(configs[0]); i++) {
		DEFER(buf_free) struct buf seed = {0};
		char path[4096];

		buf_add(&seed, configs[i], strlen(configs[i]) + 1);
		buf_add(&seed, kept->p, i == 1 ? 0 : kept->n);
		snprintf(path, sizeof(path), "%s/%zu", dir, i);
		code = file_replace(path, buf_span(&seed), 0644, err);
	}
	return code;
}

int main(int argc, char **argv)
{
	char work[] = "/tmp/lkm-seeds-XXXXXX";
	DEFER(buf_free) struct buf kept = {0};
	struct err err = {0};
	int code;

	if (argc != 2 || argv[1][0] != '/' || !mkdtemp(work) || chdir(work) < 0)
		return 1;
	code = make_kept(&kept, &err);
	if (code == 0)
		code = write_seeds(argv[1], &kept, &err);
	file_remove_tree(work, NULL);
	if (code < 0)
		fprintf(stderr, "%s\n", err.text);
	return code < 0;
}
