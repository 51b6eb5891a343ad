/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a module created. /dev and /sys tell by uevents; what has none (procfs, debugfs, bare
 * kobjects) is found by listing the places of engine/places.h before and after. Only
 * what is new is looked into, so this costs a few directory listings.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "engine/places.h"

/* include/linux/panic.h and Documentation/admin-guide/tainted-kernels.rst */
static const struct run_taint taints[] = {
	{'P', "a module with a proprietary licence"},
	{'F', "a module was loaded by force"},
	{'S', "hardware out of specification"},
	{'R', "a module was unloaded by force"},
	{'M', "machine check"},
	{'B', "bad memory page or overwritten memory"},
	{'U', "asked for by a user program"},
	{'D', "the kernel oopsed"},
	{'A', "ACPI table overridden"},
	{'W', "a warning"},
	{'C', "a staging driver"},
	{'I', "workaround for firmware"},
	{'O', "a module built outside the kernel's tree"},
	{'E', "an unsigned module"},
	{'L', "soft lockup"},
	{'K', "live patch"},
	{'X', "set by the distribution"},
	{'T', "randomised structure layout"},
	{'N', "an in-kernel test"},
};

const struct run_taint *run_taint(unsigned int bit)
{
	return bit < sizeof(taints) / sizeof(taints[0]) ? &taints[bit] : NULL;
}

static struct run_node *known(struct run *run, const char *path)
{
	vec_foreach (&run->created, node) {
		if (strcmp(node->path, path) == 0)
			return node;
	}
	return NULL;
}

static void remember(struct run *run, const struct run_node *node)
{
	struct run_node *new = vec_push(&run->created);
	const char *path = arena_strdup(run->arena, node->path);

	if (new &&path)
		*new = (struct run_node){node->type, node->mode, path};
	else if (new)
		run->created.n--;
	run->out_of_memory = run->out_of_memory || !new || !path;
}

/* Processes come and go. */
static bool is_process(const char *path)
{
	return strncmp(path, "/proc/", 6) == 0 && path[6] >= '0' && path[6] <= '9';
}

static void visit_before(void *context, const struct engine_node *node)
{
	struct run *run = context;
	char *path;

	if (is_process(node->path))
		return;
	path = arena_strdup(run->arena, node->path);
	if (!path || !map_add(&run->before, span_text(path), path))
		run->out_of_memory = true;
}

/* What an engine call returned; a kernel that ended in it is remembered. */
static int unless_ended(struct run *run, int rc)
{
	if (rc == -ECONNRESET) {
		run->dead = true;
		engine_end(run->engine, &run->end);
	}
	return rc;
}

/* Names only: looking at each file of /proc costs more than running a small module. */
static int list_places(struct run *run,
		       void (*visit)(void *context, const struct engine_node *node),
		       struct err *err)
{
	struct span paths = span_of(engine_places, sizeof(engine_places));

	return unless_ended(run, engine_list_names(run->engine, paths, visit, run, err));
}

int run_inventory_before(struct run *run, struct err *err)
{
	return list_places(run, visit_before, err);
}

static void visit_new(void *context, const struct engine_node *node)
{
	struct run *run = context;

	if (!is_process(node->path) && !map_get(&run->before, span_text(node->path)) &&
	    !known(run, node->path))
		remember(run, &(struct run_node){node->type, node->mode, node->path});
}

/* The folder that a path lies in; NULL: no memory. */
static char *folder_of(struct run *run, const char *path)
{
	return arena_strndup(run->arena, path, (size_t)(strrchr(path, '/') - path));
}

static void visit_mode(void *context, const struct engine_node *node)
{
	struct run_node *new = known(context, node->path);

	if (new)
		new->mode = node->mode;
}

/* Type and mode of what is new, and what lies in it. */
static int look_at(struct run *run, size_t index, struct err *err)
{
	struct run_node node = run->created.p[index];
	char *folder = folder_of(run, node.path);
	long ret;
	int rc;

	if (!folder)
		return err_no_memory(err);
	rc = engine_list(run->engine, folder, false, visit_mode, run, &ret, err);
	if (rc == 0 && node.type == 'd')
		rc = engine_list(run->engine, node.path, true, visit_new, run, &ret, err);
	return unless_ended(run, rc);
}

static int list_new(struct run *run, struct err *err)
{
	size_t known_by_uevent = run->created.n;
	int rc = list_places(run, visit_new, err);

	for (size_t i = known_by_uevent, n = run->created.n; rc == 0 && i < n; i++)
		rc = look_at(run, i, err);
	return rc;
}

/* The value of NAME= among the NUL-terminated strings of a uevent, or NULL. */
static const char *variable(struct span event, const char *name)
{
	size_t length = strlen(name);

	for (size_t at = 0; at < event.n;) {
		const char *text = (const char *)event.p + at;

		if (strncmp(text, name, length) == 0 && text[length] == '=')
			return text + length + 1;
		at += strnlen(text, event.n - at) + 1;
	}
	return NULL;
}

static void forget(struct run *run, const char *path)
{
	struct run_node *node = known(run, path);

	if (!node)
		return;
	memmove(node, node + 1,
		(size_t)(run->created.p + run->created.n - node - 1) * sizeof(*node));
	run->created.n--;
}

/* "add@/devices/virtual/misc/x": a new directory of /sys, and with DEVNAME a device file. */
static void from_uevent(struct run *run, struct span event)
{
	const char *header = (const char *)event.p, *at = strchr(header, '@');
	const char *path = at ? arena_format(run->arena, "/sys%s", at + 1) : NULL;
	const char *device = variable(event, "DEVNAME"), *mode = variable(event, "DEVMODE");
	const char *subsystem = variable(event, "SUBSYSTEM");
	struct engine_node node = {'d', 0755, path};

	if (!path || strncmp(path, "/sys/module/", 12) == 0)
		return;
	if (strncmp(header, "remove@", 7) == 0)
		forget(run, path);
	if (strncmp(header, "add@", 4) != 0)
		return;
	visit_new(run, &node);
	if (!device)
		return;
	node.path = arena_format(run->arena, "/dev/%s", device[0] == '/' ? device + 5 : device);
	node.type = subsystem && strcmp(subsystem, "block") == 0 ? 'b' : 'c';
	node.mode = mode ? (mode_t)strtoul(mode, NULL, 8) : 0600;
	if (node.path)
		visit_new(run, &node);
}

static int by_path(const void *a, const void *b)
{
	const struct run_node *left = a, *right = b;

	return strcmp(left->path, right->path);
}

/* Parameters ------------------------------------------------------------------------- */

static const char *modinfo_type(const struct run *run, const char *name)
{
	size_t count;
	const struct ko_param *params = ko_params(run->ko, &count);

	for (size_t i = 0; params && i < count; i++) {
		if (strcmp(params[i].name, name) == 0)
			return params[i].type;
	}
	return NULL;
}

static void visit_param(void *context, const struct engine_node *node)
{
	struct run *run = context;
	const char *slash = strrchr(node->path, '/');
	struct run_param *param = vec_push(&run->parameters);

	if (param) {
		*param = (struct run_param){.mode = node->mode};
		param->name = arena_strdup(run->arena, slash ? slash + 1 : node->path);
	}
	if (!param || !param->name) {
		run->parameters.n -= param != NULL;
		run->out_of_memory = true;
	} else {
		param->type = modinfo_type(run, param->name);
	}
}

static const char *module_file(struct run *run, const char *file)
{
	const char *path = arena_format(run->arena, "/sys/module/%s/%s", run->name, file);

	run->out_of_memory = run->out_of_memory || !path;
	return path ? path : "/";
}

static void trim_newline(char *text)
{
	size_t length = strlen(text);

	if (length && text[length - 1] == '\n')
		text[length - 1] = 0;
}

static int by_name(const void *a, const void *b)
{
	const struct run_param *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int list_parameters(struct run *run, struct err *err)
{
	const char *folder = module_file(run, "parameters");
	long ret;
	int rc = unless_ended(run,
			      engine_list(run->engine, folder, false, visit_param, run, &ret, err));

	if (run->parameters.n)
		qsort(run->parameters.p, run->parameters.n, sizeof(*run->parameters.p), by_name);
	vec_foreach (&run->parameters, param) {
		char *path = arena_format(run->arena, "%s/%s", folder, param->name);

		if (rc == 0 && path && param->mode & 0444)
			param->value = run_peek(run, path);
		if (param->value)
			trim_newline((char *)param->value);
	}
	return rc;
}

int run_inventory_after(struct run *run, struct err *err)
{
	int rc;

	for (size_t i = run->target->uevent_begin; i < run->target->uevent_end; i++)
		from_uevent(run, run->uevents.p[i]);
	rc = list_new(run, err);
	if (run->created.n)
		qsort(run->created.p, run->created.n, sizeof(*run->created.p), by_path);
	if (rc == 0)
		rc = list_parameters(run, err);
	run->module_taint = rc == 0 ? run_peek(run, module_file(run, "taint")) : NULL;
	if (run->module_taint)
		trim_newline((char *)run->module_taint);
	return rc;
}

unsigned long run_inventory_taint(struct run *run)
{
	const char *text = run_peek(run, "/proc/sys/kernel/tainted");

	return text ? strtoul(text, NULL, 10) : 0;
}

static void visit_block(void *context, const struct engine_block *block)
{
	struct run *run = context;
	struct engine_block *new = vec_push(&run->blocks);

	if (new)
		*new = *block;
	else
		run->out_of_memory = true;
}

static int ask_blocks(struct run *run, struct err *err)
{
	run->blocks.n = 0;
	return engine_blocks(run->engine, run->name, visit_block, run, &run->allocated_count,
			     &run->allocated_bytes, err);
}

/* kfree_rcu() collects blocks and frees them seconds later: what is still there after that time is
 * left for good. */
int run_inventory_blocks(struct run *run, struct err *err)
{
	const uint64_t patience_ns = 15 * 1000000000ull;
	long ret;
	int rc = ask_blocks(run, err);

	if (rc == 0 && run->blocks.n)
		rc = engine_sleep(run->engine, patience_ns, &ret, err);
	if (rc == 0 && run->blocks.n)
		rc = ask_blocks(run, err);
	run->blocks_known = rc == 0;
	return rc == -ENOTSUP ? 0 : unless_ended(run, rc);
}
