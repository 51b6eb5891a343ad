/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes a module file: container, gate, and every table behind it.
 *
 *	tools/build-variant fuzz
 *	build-fuzz/tests/fuzz/fuzz-ko-seeds CORPUS
 *	build-fuzz/tests/fuzz/fuzz-ko -max_total_time=120 CORPUS
 */
#include <stdlib.h>

#include "ko/ko.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t touched;

/* Reads the whole string, so that the sanitizers see one without an end. */
static void touch(const char *text)
{
	if (!text)
		abort();
	touched += strlen(text);
}

static void touch_infos(const struct ko *ko)
{
	const char *const *depends;
	size_t n;
	const struct ko_info *infos = ko_infos(ko, &n);
	const struct ko_param *params;

	for (size_t i = 0; i < n; i++) {
		touch(infos[i].key);
		touch(infos[i].value);
	}
	infos = ko_description(ko, &n);
	for (size_t i = 0; i < n; i++) {
		touch(infos[i].key);
		touch(infos[i].value);
	}
	params = ko_params(ko, &n);
	for (size_t i = 0; i < n; i++)
		touch(params[i].name);
	n = ko_depends(ko, &depends);
	for (size_t i = 0; i < n; i++)
		touch(depends[i]);
	touch(ko_name(ko));
	touch(ko_release(ko));
}

static void touch_tables(const struct ko *ko)
{
	size_t n;
	const struct ko_symbol *symbols = ko_symbols(ko, &n);
	const struct ko_export *exports;
	const struct ko_version *versions;

	for (size_t i = 0; i < n; i++)
		touch(symbols[i].name);
	exports = ko_exports(ko, &n);
	for (size_t i = 0; i < n; i++) {
		touch(exports[i].name);
		touch(exports[i].name_space);
	}
	versions = ko_versions(ko, &n);
	for (size_t i = 0; i < n; i++)
		touch(versions[i].name);
	touched += ko_is_signed(ko);
}

static void touch_links(const struct ko *ko)
{
	size_t n;
	const struct ko_link *links = ko_exported(ko, &n);

	for (size_t i = 0; i < n; i++)
		touch(links[i].name);
	links = ko_imported(ko, &n);
	for (size_t i = 0; i < n; i++)
		touch(links[i].name);
}

static void touch_sections(const struct ko *ko)
{
	for (size_t i = 0; i < ko_section_count(ko); i++) {
		const struct ko_section *section = ko_section(ko, i);
		struct span data = ko_section_data(ko, section);

		touch(section->name);
		if (data.n)
			touched += data.p[0] + data.p[data.n - 1];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(ko_closep) struct ko *ko = NULL;
	struct err err = {0};
	int code = ko_open_bytes(&ko, span_of(data, size), "fuzz.ko", &err);

	if (code < 0) {
		if (ko || err.code != code || !err.text[0])
			abort();
		return 0;
	}
	touch_sections(ko);
	touch_infos(ko);
	touch_tables(ko);
	touch_links(ko);
	return 0;
}
