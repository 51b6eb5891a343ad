/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine/process/part.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "engine/process/wire.h"

enum { NAMED = 3 }; /* that many in the verdict, which is one sentence */

static bool reporting;
static struct buf missing;
static unsigned int unnamed;

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

static void lack(const char *kind, const char *name)
{
	static unsigned int named;

	if (named == NAMED) {
		unnamed++;
		return;
	}
	named++;
	buf_format(&missing, "%s %s (%s)", missing.n ? "," : "", name, kind);
}

void part_tell(const char *kind, const char *name, const char *why, bool needed, unsigned int hits)
{
	if (reporting)
		say(kind, name, why, needed, hits);
	if (needed && !hits)
		lack(kind, name);
}

int part_verdict(const char *release, struct err *err)
{
	if (!missing.n && !buf_failed(&missing))
		return 0;
	if (unnamed)
		buf_format(&missing, " and %u more, which lkm kernel test tells", unnamed);
	return err_set(err, -ENOTSUP,
		       "kernel %s cannot be booted in a process, it has not what this needs:%s",
		       release, buf_string(&missing));
}
