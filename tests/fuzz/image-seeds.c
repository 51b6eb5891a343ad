/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include <stdio.h>

#include "../image/sample.h"
#include "../ko/pack.h"

static const struct sample samples[] = {
	{.layout = SAMPLE_OLD, .pad = 8},
	{.layout = SAMPLE_OLD_SEQS, .pad = 8, .percpu = true},
	{.layout = SAMPLE_NEW, .pad = 4, .percpu = true, .config = "CONFIG_X=y\n"},
	{.layout = SAMPLE_PLACE, .pad = 4, .flag_table = true},
};

static int write_file(const char *directory, const char *name, size_t number, struct buf *bytes)
{
	char path[4096];
	FILE *file;
	int good;

	snprintf(path, sizeof(path), "%s/%s%zu", directory, name, number);
	file = fopen(path, "wb");
	good = file && fwrite(bytes->p, 1, bytes->n, file) == bytes->n && fclose(file) == 0;
	if (!good)
		perror(path);
	buf_free(bytes);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct buf vmlinux = {0}, payload = {0}, file = {0};

		sample_vmlinux(&samples[i], &vmlinux);
		if (i == 0)
			pack_gzip(buf_span(&vmlinux), &payload);
		else if (i == 1)
			pack_zstd(buf_span(&vmlinux), &payload);
		else
			sample_lz4(buf_span(&vmlinux), &payload);
		if (i > 0)
			sample_number(&payload, 4, vmlinux.n);
		sample_bzimage(buf_span(&payload), &file);
		failed |= write_file(argv[1], "vmlinux", i, &vmlinux);
		failed |= write_file(argv[1], "vmlinuz", i, &file);
		buf_free(&payload);
	}
	return failed;
}
