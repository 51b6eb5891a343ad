/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the files that fuzzing begins with into the directory of its argument. */
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "db/trie.h"

static const char *const keys[][4] = {
	{NULL},
	{"abc", "abd", "ab", NULL},
	{"pci:v*d[0-9]*", "pci:v0000*", "pci:*", NULL},
	{"symbol:a", "symbol:b", "symbol:b", NULL},
	{"symbol:~", NULL}, /* "~" stands for what no index should hold */
};

static int make(const char *path, const char *const *key, struct err *err)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf index = {0};
	DEFER(buf_free) struct buf file = {0};
	int code = 0;

	for (uint32_t i = 0; code == 0 && key[i]; i++)
		code = db_trie_add(&trie, span_text(key[i]), span_text("module"), i, err);
	if (code == 0)
		code = db_trie_write(&trie, &index, err);
	for (size_t i = 0; i < index.n; i++)
		if (index.p[i] == '~')
			index.p[i] = (char)0xb3;
	buf_add(&file, "pci:v00d1", sizeof("pci:v00d1"));
	buf_add(&file, index.p, index.n);
	return code < 0 ? code : file_replace(path, buf_span(&file), 0644, err);
}

int main(int argc, char **argv)
{
	struct err err = {0};

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		DEFER(mem_freep) char *path = mem_format("%s/seed%zu", argv[1], i);

		if (!path || make(path, keys[i], &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
	}
	return 0;
}
