/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints what src/ko reads from module files, for comparison with other readers:
 * tests/ko/compare-*. One line per fact, "KIND FIELD...", after a line "file PATH". Line feeds and
 * backslashes in the texts of .modinfo get a backslash in front.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ko/ko.h"

static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			printf("\\n");
		else if (*text == '\\')
			printf("\\\\");
		else
			putchar(*text);
	}
}

static void dump_infos(const struct ko *ko)
{
	size_t n;
	const struct ko_info *infos = ko_infos(ko, &n);

	for (size_t i = 0; i < n; i++) {
		printf("info %s=", infos[i].key);
		print_escaped(infos[i].value);
		putchar('\n');
	}
	printf("name %s\nrelease %s\n", ko_name(ko), ko_release(ko));
}

static void dump_params(const struct ko *ko)
{
	size_t n;
	const struct ko_param *params = ko_params(ko, &n);

	for (size_t i = 0; i < n; i++) {
		printf("param %s|%s|", params[i].name, params[i].type ? params[i].type : "-");
		print_escaped(params[i].description ? params[i].description : "-");
		putchar('\n');
	}
}

static void dump_depends(const struct ko *ko)
{
	const char *const *names;
	size_t n = ko_depends(ko, &names);

	for (size_t i = 0; i < n; i++)
		printf("depends %s\n", names[i]);
}

static void dump_sections(const struct ko *ko)
{
	for (size_t i = 0; i < ko_section_count(ko); i++) {
		const struct ko_section *s = ko_section(ko, i);

		printf("section %zu %s %" PRIx32 " %" PRIx64 " %" PRIx64 " %zx %" PRIu32 " %" PRIu32
		       " %" PRIu64 " %" PRIx64 "\n",
		       i, s->name, s->type, s->flags, s->size, ko_section_data(ko, s).n, s->link,
		       s->info, s->alignment, s->entry_size);
	}
}

static void dump_symbols(const struct ko *ko)
{
	size_t n;
	const struct ko_symbol *symbols = ko_symbols(ko, &n);

	for (size_t i = 0; i < n; i++)
		printf("symbol %016" PRIx64 " %" PRIu64 " %u %u %u %s\n", symbols[i].value,
		       symbols[i].size, symbols[i].type, symbols[i].binding, symbols[i].section,
		       symbols[i].name);
}

static void dump_exports(const struct ko *ko)
{
	size_t n;
	const struct ko_export *exports = ko_exports(ko, &n);

	for (size_t i = 0; i < n; i++)
		printf("export %s|%s|%s|0x%08" PRIx32 "|%d\n", exports[i].name,
		       exports[i].gpl ? "gpl" : "any", exports[i].name_space, exports[i].crc,
		       exports[i].has_crc);
}

static void dump_versions(const struct ko *ko)
{
	size_t n;
	const struct ko_version *versions = ko_versions(ko, &n);

	for (size_t i = 0; i < n; i++)
		printf("version 0x%08" PRIx64 " %s\n", versions[i].crc, versions[i].name);
}

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		DEFER(ko_closep) struct ko *ko = NULL;
		struct err err;

		printf("file %s\n", argv[i]);
		if (ko_open(&ko, argv[i], &err) < 0) {
			printf("error %d %s\n", err.code, err.text);
			status = 1;
			continue;
		}
		printf("container %s\nmachine %s\nsigned %d\n", ko_container_name(ko_container(ko)),
		       ko_machine_name(ko_machine(ko)), ko_is_signed(ko));
		dump_infos(ko);
		dump_params(ko);
		dump_depends(ko);
		dump_sections(ko);
		dump_symbols(ko);
		dump_exports(ko);
		dump_versions(ko);
	}
	return status;
}
