/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include <lzma.h>
#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

#include "../ko/sample.h"
#include "base/file.h"

static int write_seed(const char *dir, const char *name, const void *bytes, size_t length)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

static int write_packed(const char *dir, const struct buf *plain)
{
	static unsigned char out[1 << 16];
	size_t used = 0;
	z_stream z = {.next_in = (unsigned char *)plain->p,
		      .avail_in = (unsigned int)plain->n,
		      .next_out = out,
		      .avail_out = sizeof(out)};
	int failed;

	lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, (unsigned char *)plain->p, plain->n, out,
				&used, sizeof(out));
	failed = write_seed(dir, "xz", out, used);
	used = ZSTD_compress(out, sizeof(out), plain->p, plain->n, 3);
	failed |= write_seed(dir, "zstd", out, used);
	deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, 0);
	deflate(&z, Z_FINISH);
	used = z.total_out;
	deflateEnd(&z);
	return failed | write_seed(dir, "gzip", out, used);
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < 4; i++) {
		struct sample sample;
		DEFER(buf_free) struct buf file = {0};
		char name[20];

		sample_init(&sample, i & 1, i & 2);
		sample_module(&sample, &file);
		sample_free(&sample);
		snprintf(name, sizeof(name), "elf%d%s", i & 1 ? 64 : 32, i & 2 ? "be" : "le");
		failed |= write_seed(argv[1], name, file.p, file.n);
		if (i == 1)
			failed |= write_packed(argv[1], &file);
	}
	return failed;
}
