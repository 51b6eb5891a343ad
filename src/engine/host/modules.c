/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/modules, a line per module:
 *
 *	NAME SIZE REFERENCES USERS STATE ADDRESS [(TAINTS)]
 *
 * USERS is "-" or a list with a ',' behind each name, in which "[permanent]," stands for one that
 * cannot be removed. REFERENCES and USERS are "-" where the kernel cannot remove modules. STATE is
 * Live, Loading or Unloading; ADDRESS is 0 for those who may not see it.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "engine/host/host.h"

enum { TEXT_MAX = 16 << 20 };

void host_modules_free(struct host_modules *modules)
{
	vec_free(&modules->list);
	buf_free(&modules->text);
}

/* The next word of a line, ended by a NUL; "" behind the last. */
static const char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");

	*rest = word + strcspn(word, " \t");
	if (**rest)
		*(*rest)++ = 0;
	return word;
}

static enum host_state state_of(const char *word)
{
	if (strcmp(word, "Loading") == 0)
		return HOST_COMING;
	return strcmp(word, "Unloading") == 0 ? HOST_GOING : HOST_LIVE;
}

static struct host_module parse_line(char *line)
{
	struct host_module module = {.name = next_word(&line)};
	const char *word;

	module.size = strtoull(next_word(&line), NULL, 10);
	word = next_word(&line);
	module.references = strcmp(word, "-") == 0 ? -1 : strtol(word, NULL, 10);
	word = next_word(&line);
	module.users = span_text(strcmp(word, "-") == 0 ? "" : word);
	module.state = state_of(next_word(&line));
	module.address = strtoull(next_word(&line), NULL, 16);
	return module;
}

static int parse(struct host_modules *out, struct err *err)
{
	char *rest = out->text.p;

	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		struct host_module module = parse_line(line), *slot;

		if (!module.name[0])
			continue;
		slot = vec_push(&out->list);
		if (!slot)
			return err_no_memory(err);
		*slot = module;
	}
	return 0;
}

int host_modules_parse(struct span text, struct host_modules *out, struct err *err)
{
	buf_add(&out->text, text.p, text.n);
	return buf_failed(&out->text) ? err_no_memory(err) : parse(out, err);
}

int host_modules_read(const struct host *host, struct host_modules *out, struct err *err)
{
	DEFER(mem_freep) char *path = mem_format("%s/proc/modules", host->root);
	int code = path ? file_read(path, TEXT_MAX, &out->text, err) : err_no_memory(err);

	return code < 0 ? code : parse(out, err);
}
