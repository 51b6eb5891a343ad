/* SPDX-License-Identifier: GPL-2.0-only */
#include "image/package.h"

#include <dirent.h>
#include <errno.h>

#include "base/program.h"

/* The rest of a package's name behind one of the beginnings; NULL: it is another. */
const char *package_part(const char *package, const char *const *beginnings)
{
	for (; *beginnings; beginnings++)
		if (strncmp(package, *beginnings, strlen(*beginnings)) == 0)
			return package + strlen(*beginnings);
	return NULL;
}

/* first, and what it leads to. */
int package_collect(const struct apt *apt, const char *first, const char *const *beginnings,
		    struct names *out, struct err *err)
{
	int code = names_add(out, first, strlen(first)) ? 0 : err_no_memory(err);

	for (size_t i = 0; i < out->n && code == 0; i++) {
		DEFER(names_free) struct names depends = {0};

		code = apt_depends(apt, out->p[i], &depends, err);
		for (size_t k = 0; k < depends.n && code == 0; k++)
			if (package_part(depends.p[k], beginnings) &&
			    !names_add(out, depends.p[k], strlen(depends.p[k])))
				code = err_no_memory(err);
	}
	return code;
}

int package_unpack(const struct fetch *fetch, const char *package, const struct stage *stage,
		   struct err *err)
{
	const char *const argv[] = {"dpkg-deb", "-x", package, stage->root, NULL};
	struct program program = {.argv = argv};
	int code;

	fetch_tell(fetch, "unpacking");
	code = program_run(&program, err);
	return stage_explain(stage, code, err);
}

static int unpack_all(const struct fetch *fetch, const struct stage *stage, struct err *err)
{
	DIR *dir = opendir(stage->directory);
	struct dirent *entry;
	int code = 0;

	while (dir && code == 0 && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		DEFER(mem_freep)
		char *path = mem_format("%s/%s", stage->directory, entry->d_name);

		if (!path)
			code = err_no_memory(err);
		else if (dot && strcmp(dot, ".deb") == 0)
			code = package_unpack(fetch, path, stage, err);
	}
	if (dir)
		closedir(dir);
	return code;
}

/* With old lists the files may be gone from the mirror: once more with new ones. */
static int download(const struct apt *apt, const struct names *packages, const struct stage *stage,
		    struct err *err)
{
	int code = apt_download(apt, packages, stage->directory, err);

	if (code == -EIO && apt->stamp && apt_update(apt, NULL) == 0)
		code = apt_download(apt, packages, stage->directory, err);
	code = stage_explain(stage, code, err);
	if (code == -EIO && !apt->stamp)
		err_add(err,
			"the packages cannot be got (when the lists are old: \"apt-get update\" as "
			"root, or --suite)");
	return code;
}

int package_fetch(const struct apt *apt, const struct names *packages, const struct stage *stage,
		  struct err *err)
{
	int code = download(apt, packages, stage, err);

	return code < 0 ? code : unpack_all(apt->fetch, stage, err);
}
