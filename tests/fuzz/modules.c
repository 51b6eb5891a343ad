/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzes the reader of /proc/modules: the input is one. Each line with a word in it is a module,
 * and what is read of it lies in the text. */
#include <stdlib.h>

#include "engine/host/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_within(const struct host_modules *modules, const void *p, size_t length)
{
	const char *begin = modules->text.p, *at = p;

	return at >= begin && at + length <= begin + modules->text.n;
}

static size_t lines_with_words(const uint8_t *data, size_t size)
{
	bool in_word = false;
	size_t n = 0;

	for (size_t i = 0; i < size && data[i]; i++) {
		if (data[i] == '\n')
			in_word = false;
		else if (data[i] != ' ' && data[i] != '\t' && !in_word) {
			in_word = true;
			n++;
		}
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_modules modules = {0};
	struct err err = {0};
	int code = host_modules_parse(span_of(data, size), &modules, &err);

	if (code < 0 || modules.list.n != lines_with_words(data, size))
		abort();
	vec_foreach (&modules.list, module) {
		if (!module->name[0] || !is_within(&modules, module->name, strlen(module->name)))
			abort();
		if (module->users.n && !is_within(&modules, module->users.p, module->users.n))
			abort();
	}
	host_modules_free(&modules);
	return 0;
}
