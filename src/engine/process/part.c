/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/part.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "engine/process/wire.h"

static bool reporting;
static struct buf missing;

void part_report(void)
{
	reporting = true;
}

static void say(const char *kind, const char *name, const char *why, bool needed, unsigned int hits)
{
	DEFER(buf_free) struct buf text = {0};

	buf_add(&text, kind, strlen(kind) + 1);
	buf_add(&text, name, strlen(name) + 1);
	buf_text(&text, why);
	if (!buf_failed(&text))
		wire_say(WIRE_PART, hits, needed, text.p, text.n);
}

void part_tell(const char *kind, const char *name, const char *why, bool needed, unsigned int hits)
{
	if (reporting)
		say(kind, name, why, needed, hits);
	if (needed && !hits)
		buf_format(&missing, "%s %s (%s)", missing.n ? "," : "", name, kind);
}

int part_verdict(const char *release, struct err *err)
{
	if (!missing.n && !buf_failed(&missing))
		return 0;
	return err_set(err, -ENOTSUP,
		       "kernel %s cannot be booted in a process, it has not what this needs:%s",
		       release, buf_string(&missing));
}
