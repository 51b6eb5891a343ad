/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is needed to build modules for a kernel, without installing it: CACHE/headers/REL holds the
 * unpacked packages. Two things in them are absolute and are made to lead there: the links
 * lib/modules/REL/build and source, and the lines of usr/src/linux-headers-REL/Makefile that
 * include the common part's and say where it lies itself.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/program.h"
#include "image/catalogue.h"
#include "image/package.h"

static const char *const header_parts[] = {"linux-headers-", "linux-kbuild-", NULL};
enum { MAKEFILE_MAX = 1 << 20 };

/* Writes home before each "/usr/src/". */
static int mend_makefile(const char *path, const char *home, struct err *err)
{
	static const char wanted[] = "/usr/src/";
	DEFER(buf_free) struct buf old = {0};
	DEFER(buf_free) struct buf new = {0};
	const char *rest, *hit;
	int code = file_read(path, MAKEFILE_MAX, &old, err);

	if (code < 0)
		return code;
	for (rest = buf_string(&old); (hit = strstr(rest, wanted)); rest = hit + strlen(wanted)) {
		buf_add(&new, rest, (size_t)(hit - rest));
		buf_format(&new, "%s%s", home, wanted);
	}
	buf_text(&new, rest);
	if (buf_failed(&new))
		return err_no_memory(err);
	return file_replace(path, buf_span(&new), 0644, err);
}

static int mend_links(const struct stage *stage, const char *release, struct err *err)
{
	static const char *const places[] = {"lib/modules", "usr/lib/modules"};
	static const char *const names[] = {"build", "source"};
	int code = 0;

	for (int i = 0; i < 4 && code == 0; i++) {
		DEFER(mem_freep)
		char *link = mem_format("%s/%s/%s/%s", stage->root, places[i / 2], release,
					names[i % 2]);
		char target[512];
		DEFER(mem_freep) char *mended = NULL;
		ssize_t length = link ? readlink(link, target, sizeof(target) - 1) : -1;

		if (length <= 0 || target[0] != '/')
			continue;
		target[length] = 0;
		mended = mem_format("%s..%s", i / 2 ? "../../../" : "../../", target);
		code = mended ? file_link(mended, link, err) : err_no_memory(err);
	}
	return code;
}

static int settle(struct stage *stage, const char *release, struct err *err)
{
	DEFER(mem_freep) char *home = mem_format("%s/%s", stage->parent, release);
	DEFER(mem_freep)
	char *makefile = mem_format("%s/usr/src/linux-headers-%s/Makefile", stage->root, release);
	int code;

	if (!home || !makefile)
		return err_no_memory(err);
	code = mend_makefile(makefile, home, err);
	if (code == 0)
		code = mend_links(stage, release, err);
	return code < 0 ? code : stage_commit(stage, release, err);
}

int fetch_headers(const struct fetch *fetch, const char *release, struct err *err)
{
	DEFER(mem_freep) char *there = NULL;
	DEFER(mem_freep) char *package = mem_format("linux-headers-%s", release);
	DEFER(names_free) struct names packages = {0};
	DEFER(apt_close) struct apt apt = {0};
	DEFER(signals_release) struct signals_held signals = {0};
	DEFER(stage_close) struct stage stage = {.lock = -1};
	int code;

	if (!package)
		return err_no_memory(err);
	if (catalogue_headers(&there, release, NULL) == 0)
		return 0;
	fetch_tell(fetch, "asking apt");
	code = apt_open(&apt, fetch, err);
	if (code == 0)
		code = package_collect(&apt, package, header_parts, &packages, err);
	if (code < 0)
		return code;
	signals_hold(&signals);
	code = stage_open(&stage, fetch->cache_dir, "headers", err);
	if (code == 0)
		code = package_fetch(&apt, &packages, &stage, err);
	return code < 0 ? code : settle(&stage, release, err);
}
