/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzes what is read of the running kernel: the input is /proc/sys/kernel/osrelease,
 * /proc/kallsyms and the configuration, with a NUL in between. It is a kernel with exports, or an
 * error with a sentence. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {"proc/sys/kernel/osrelease", "proc/kallsyms", "config"};
enum { FILES = sizeof(files) / sizeof(*files) };

static char root[] = "/tmp/lkm-fuzz-XXXXXX";

static void remove_root(void)
{
	file_remove_tree(root, NULL);
}

static void make_root(void)
{
	char path[64];

	if (!mkdtemp(root))
		abort();
	atexit(remove_root);
	snprintf(path, sizeof(path), "%s/proc/sys/kernel", root);
	if (file_make_dirs(path, 0755, NULL) < 0)
		abort();
}

static void write_file(const char *name, struct span content)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	if (!file || fwrite(content.p, 1, content.n, file) != content.n || fclose(file) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(image_closep) struct image *image = NULL;
	struct span rest = span_of(data, size);
	struct err err = {0};
	char config[64];
	bool gpl_known;

	if (access(root, F_OK) < 0)
		make_root();
	for (int i = 0; i < FILES; i++) {
		const unsigned char *end = rest.n ? memchr(rest.p, 0, rest.n) : NULL;
		size_t length = end ? (size_t)(end - rest.p) : rest.n;

		write_file(files[i], span_of(rest.p, length));
		length += end != NULL;
		rest = span_of(rest.p + length, rest.n - length);
	}
	snprintf(config, sizeof(config), "%s/config", root);
	if (image_open_running(&image, root, config, &gpl_known, &err) < 0
		    ? err.text[0] == 0
		    : image_export_count(image) == 0 || !image_release(image))
		abort();
	return 0;
}
