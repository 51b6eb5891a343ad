/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "db/trie.h"

void fake_load(struct fake *fake, const char *name, long references)
{
	struct fake_module *module = &fake->modules[fake->n];

	if (fake->n == sizeof(fake->modules) / sizeof(fake->modules[0]))
		return;
	fake->n++;
	snprintf(module->name, sizeof(module->name), "%s", name);
	module->references = references;
}

void fake_free(struct fake *fake)
{
	buf_free(&fake->calls);
}

static struct fake_module *find(struct fake *fake, const char *name)
{
	for (size_t i = 0; i < fake->n; i++)
		if (strcmp(fake->modules[i].name, name) == 0)
			return &fake->modules[i];
	return NULL;
}

static int state(void *context, const char *name, enum plan_state *out, struct err *err)
{
	if (!find(context, name))
		return err_set(err, -ENOENT, "there is no %s", name);
	*out = PLAN_STATE_LIVE;
	return 0;
}

static int references(void *context, const char *name, long *out, struct err *err)
{
	const struct fake_module *module = find(context, name);

	if (!module)
		return err_set(err, -ENOENT, "there is no %s", name);
	*out = module->references;
	return 0;
}

/* Who is named "user_of_NAME". */
static int holders(void *context, const char *name, struct plan_names *out, struct err *err)
{
	char *user = arena_format(out->arena, "user_of_%s", name);
	const char **slot;

	if (!user)
		return err_no_memory(err);
	if (!find(context, user))
		return 0;
	slot = vec_push(&out->list);
	if (!slot)
		return err_no_memory(err);
	*slot = user;
	return 0;
}

static int insert(void *context, const char *path, const char *params, unsigned int force,
		  struct err *err)
{
	struct fake *fake = context;
	const char *slash = strrchr(path, '/');
	char name[64] = "";

	buf_format(&fake->calls, "insert %s %s%u\n", slash ? slash + 1 : path, params, force);
	if (fake->insert_fails)
		return err_set(err, -fake->insert_fails, "refused");
	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : path);
	name[strcspn(name, ".")] = 0;
	fake_load(fake, name, 0);
	return 0;
}

static int remove_module(void *context, const char *name, bool force, struct err *err)
{
	struct fake *fake = context;
	struct fake_module *module = find(fake, name);

	buf_format(&fake->calls, "remove %s%s\n", name, force ? " force" : "");
	if (fake->busy) {
		fake->busy--;
		return err_set(err, -EAGAIN, "busy");
	}
	if (fake->remove_fails || !module)
		return err_set(err, module ? -fake->remove_fails : -ENOENT, "refused");
	*module = fake->modules[--fake->n];
	return 0;
}

static int command(void *context, const char *text, const char *name, int *status, struct err *err)
{
	struct fake *fake = context;

	buf_format(&fake->calls, "command %s: %s\n", name, text);
	*status = fake->command_status;
	return 0;
}

static void wait_for(void *context, unsigned int milliseconds)
{
	struct fake *fake = context;

	buf_format(&fake->calls, "pause %u\n", milliseconds);
}

struct plan_kernel fake_kernel(struct fake *fake)
{
	return (struct plan_kernel){state,	   references, holders,	 insert,
				    remove_module, command,    wait_for, fake};
}

static void must(int code)
{
	if (code < 0)
		abort();
}

static void write_index(const char *dir, const char *name, const char *const *pairs)
{
	DEFER(db_trie_free) struct db_trie trie = {0};
	DEFER(buf_free) struct buf out = {0};
	char path[512];

	for (uint32_t i = 0; pairs && pairs[2 * i]; i++)
		must(db_trie_add(&trie, span_text(pairs[2 * i]), span_text(pairs[2 * i + 1]), i,
				 NULL));
	must(db_trie_write(&trie, &out, NULL));
	snprintf(path, sizeof(path), "%s/modules.%s.bin", dir, name);
	must(file_replace(path, buf_span(&out), 0644, NULL));
}

void fake_release(const char *dir, const char *const *dep, const char *const *alias,
		  const char *const *builtin)
{
	write_index(dir, "dep", dep);
	write_index(dir, "alias", alias);
	write_index(dir, "builtin", builtin);
	for (; dep && *dep; dep += 2) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%.*s", dir, (int)strcspn(dep[1], ":"), dep[1]);
		must(file_replace(path, span_text(""), 0644, NULL));
	}
}
