/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Uses every function of libkmod and prints what it gives, for comparing two libraries.
 *
 *	exercise DIRECTORY [CONFIG...]
 *
 * Commands stand on standard input, a line each:
 *
 *	lookup WORD, name NAME, byname NAME, path FILE	the modules
 *	loaded				those of /proc/modules
 *	file WORD			what is in the module's file
 *	probe FLAGS WORD [PARAMS]	kmod_module_probe_insert_module()
 *	insert FLAGS WORD [PARAMS], remove FLAGS WORD
 *	config, dump NUMBER		configuration, an index
 *	load, unload, validate		the indexes as resources
 *	filter FLAGS WORD		kmod_module_apply_filter()
 *	delete FILE			unlink()
 *	null				every function with NULL
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libkmod.h>

static struct kmod_ctx *ctx;

static const char *text(const char *string)
{
	return string ? string : "(null)";
}

static void log_nothing(void *data, int priority, const char *file, int line, const char *fn,
			const char *format, va_list args)
{
	++*(int *)data;
}

static void print_names(const char *title, struct kmod_list *list)
{
	struct kmod_list *l;

	printf("  %s:", title);
	kmod_list_foreach(l, list)
	{
		struct kmod_module *m = kmod_module_get_module(l);

		printf(" %s", kmod_module_get_name(m));
		kmod_module_unref(m);
	}
	printf(" |");
	kmod_list_foreach_reverse(l, list)
	{
		struct kmod_module *m = kmod_module_get_module(l);

		printf(" %s", kmod_module_get_name(m));
		kmod_module_unref(m);
	}
	putchar('\n');
	kmod_module_unref_list(list);
}

static void print_module(struct kmod_module *m)
{
	struct kmod_list *pre = NULL, *post = NULL, *weak = NULL, *sections, *l;
	int state = kmod_module_get_initstate(m);

	printf("module %s\n  path: %s\n", kmod_module_get_name(m), text(kmod_module_get_path(m)));
	printf("  options: %s\n  install: %s\n  remove: %s\n", text(kmod_module_get_options(m)),
	       text(kmod_module_get_install_commands(m)), text(kmod_module_get_remove_commands(m)));
	print_names("dependencies", kmod_module_get_dependencies(m));
	printf("  softdeps: %d\n", kmod_module_get_softdeps(m, &pre, &post));
	print_names("pre", pre);
	print_names("post", post);
	printf("  weakdeps: %d\n", kmod_module_get_weakdeps(m, &weak));
	print_names("weak", weak);
	printf("  state %d %s, refcnt %d, size %ld\n", state,
	       state < 0 ? "" : text(kmod_module_initstate_str((enum kmod_module_initstate)state)),
	       kmod_module_get_refcnt(m), kmod_module_get_size(m));
	print_names("holders", kmod_module_get_holders(m));
	sections = kmod_module_get_sections(m);
	kmod_list_foreach(l, sections) printf("  section %s %lx\n", kmod_module_section_get_name(l),
					      kmod_module_section_get_address(l));
	kmod_module_section_free_list(sections);
}

static void print_file(struct kmod_module *m)
{
	struct kmod_list *list = NULL, *l;

	printf("file %s\n", kmod_module_get_name(m));
	printf("  infos: %d\n", kmod_module_get_info(m, &list));
	kmod_list_foreach(l, list) printf("    %s=%s\n", kmod_module_info_get_key(l),
					  text(kmod_module_info_get_value(l)));
	kmod_module_info_free_list(list);
	list = NULL;
	printf("  versions: %d\n", kmod_module_get_versions(m, &list));
	kmod_list_foreach(l, list) printf("    %s %" PRIx64 "\n", kmod_module_version_get_symbol(l),
					  kmod_module_version_get_crc(l));
	kmod_module_versions_free_list(list);
	list = NULL;
	printf("  symbols: %d\n", kmod_module_get_symbols(m, &list));
	kmod_list_foreach(l, list) printf("    %s %" PRIx64 "\n", kmod_module_symbol_get_symbol(l),
					  kmod_module_symbol_get_crc(l));
	kmod_module_symbols_free_list(list);
	list = NULL;
	printf("  needs: %d\n", kmod_module_get_dependency_symbols(m, &list));
	kmod_list_foreach(l, list)
		printf("    %s %" PRIx64 " %c\n", kmod_module_dependency_symbol_get_symbol(l),
		       kmod_module_dependency_symbol_get_crc(l),
		       kmod_module_dependency_symbol_get_bind(l));
	kmod_module_dependency_symbols_free_list(list);
}

static void for_each(const char *word, void (*print)(struct kmod_module *m))
{
	struct kmod_list *list = NULL, *l;

	printf("lookup %s: %d\n", word, kmod_module_new_from_lookup(ctx, word, &list));
	kmod_list_foreach(l, list)
	{
		struct kmod_module *m = kmod_module_get_module(l);

		print(m);
		kmod_module_unref(m);
	}
	kmod_module_unref_list(list);
}

static void print_iter(const char *title, struct kmod_config_iter *iter)
{
	while (kmod_config_iter_next(iter))
		printf("%s %s %s\n", title, text(kmod_config_iter_get_key(iter)),
		       text(kmod_config_iter_get_value(iter)));
	printf("%s: end %s\n", title, text(kmod_config_iter_get_key(iter)));
	kmod_config_iter_free_iter(iter);
}

static void print_config(void)
{
	print_iter("blacklist", kmod_config_get_blacklists(ctx));
	print_iter("install", kmod_config_get_install_commands(ctx));
	print_iter("remove", kmod_config_get_remove_commands(ctx));
	print_iter("alias", kmod_config_get_aliases(ctx));
	print_iter("options", kmod_config_get_options(ctx));
	print_iter("softdep", kmod_config_get_softdeps(ctx));
	print_iter("weakdep", kmod_config_get_weakdeps(ctx));
}

static int run_install(struct kmod_module *m, const char *command, void *data)
{
	printf("  run '%s' for %s, %s\n", command, kmod_module_get_name(m), (const char *)data);
	return strstr(command, "fail") ? -EIO : 0;
}

static void print_action(struct kmod_module *m, bool install, const char *options)
{
	printf("  %s %s '%s' %s\n", install ? "install" : "insmod", kmod_module_get_name(m),
	       options, text(kmod_module_get_path(m)));
}

/* FLAGS WORD [PARAMS], for the first module of the word. */
static void change(const char *what, char *arguments)
{
	unsigned int flags = (unsigned int)strtoul(strsep(&arguments, " "), NULL, 0);
	const char *word = strsep(&arguments, " ");
	struct kmod_list *list = NULL;
	struct kmod_module *m;

	printf("%s %x %s: %d\n", what, flags, word, kmod_module_new_from_lookup(ctx, word, &list));
	m = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	if (strcmp(what, "probe") == 0)
		printf("  = %d\n", kmod_module_probe_insert_module(m, flags, arguments, run_install,
								   "data", print_action));
	else if (strcmp(what, "insert") == 0)
		printf("  = %d\n", kmod_module_insert_module(m, flags, arguments));
	else
		printf("  = %d\n", kmod_module_remove_module(m, flags));
	kmod_module_unref(m);
}

static void filter(char *arguments)
{
	unsigned int flags = (unsigned int)strtoul(strsep(&arguments, " "), NULL, 0);
	struct kmod_list *all = NULL, *left = NULL, *old = NULL;

	kmod_module_new_from_lookup(ctx, arguments, &all);
	printf("filter %x: %d\n", flags, kmod_module_apply_filter(ctx, flags, all, &left));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	printf("filtered blacklist: %d\n", kmod_module_get_filtered_blacklist(ctx, all, &old));
#pragma GCC diagnostic pop
	print_names("all", all);
	print_names("left", left);
	print_names("old", old);
}

/* NULL, everywhere: no function may crash. */
static void no_context(void)
{
	printf("%p %p %d %d %d\n", (void *)kmod_ref(NULL), (void *)kmod_unref(NULL),
	       kmod_load_resources(NULL), kmod_validate_resources(NULL),
	       kmod_dump_index(NULL, 0, 1));
	kmod_unload_resources(NULL);
	kmod_set_log_priority(NULL, 1);
	kmod_set_log_fn(NULL, NULL, NULL);
	kmod_set_userdata(NULL, NULL);
	printf("%d %p %s\n", kmod_get_log_priority(NULL), kmod_get_userdata(NULL),
	       text(kmod_get_dirname(NULL)));
	printf("%p %p %p\n", (void *)kmod_list_next(NULL, NULL), (void *)kmod_list_prev(NULL, NULL),
	       (void *)kmod_list_last(NULL));
	printf("%p %s %s %d\n", (void *)kmod_config_get_aliases(NULL),
	       text(kmod_config_iter_get_key(NULL)), text(kmod_config_iter_get_value(NULL)),
	       kmod_config_iter_next(NULL));
	kmod_config_iter_free_iter(NULL);
}

static void no_names(void)
{
	struct kmod_list *list = NULL;
	struct kmod_module *m = NULL;

	printf("%d %d %d %d %d\n", kmod_module_new_from_name(NULL, "x", &m),
	       kmod_module_new_from_path(NULL, "x", &m),
	       kmod_module_new_from_lookup(NULL, "x", &list),
	       kmod_module_new_from_name_lookup(NULL, "x", &m),
	       kmod_module_new_from_loaded(NULL, &list));
	printf("%d %d %d %d\n", kmod_module_new_from_name(ctx, NULL, &m),
	       kmod_module_new_from_path(ctx, "/nonexistent", &m),
	       kmod_module_new_from_path(ctx, NULL, &m),
	       kmod_module_new_from_lookup(ctx, NULL, &list));
}

static void no_module(void)
{
	struct kmod_list *list = NULL;

	printf("%p %p %d %p\n", (void *)kmod_module_ref(NULL), (void *)kmod_module_unref(NULL),
	       kmod_module_unref_list(NULL), (void *)kmod_module_get_module(NULL));
	printf("%s %s %s %s %s\n", text(kmod_module_get_name(NULL)),
	       text(kmod_module_get_path(NULL)), text(kmod_module_get_options(NULL)),
	       text(kmod_module_get_install_commands(NULL)),
	       text(kmod_module_get_remove_commands(NULL)));
	printf("%p %d %d %d\n", (void *)kmod_module_get_dependencies(NULL),
	       kmod_module_get_softdeps(NULL, &list, &list), kmod_module_get_weakdeps(NULL, &list),
	       kmod_module_apply_filter(NULL, KMOD_FILTER_BUILTIN, NULL, &list));
	printf("%d %d %d\n", kmod_module_insert_module(NULL, 0, NULL),
	       kmod_module_remove_module(NULL, 0),
	       kmod_module_probe_insert_module(NULL, 0, NULL, NULL, NULL, NULL));
	printf("%d %d %ld %p %p %s\n", kmod_module_get_initstate(NULL),
	       kmod_module_get_refcnt(NULL), kmod_module_get_size(NULL),
	       (void *)kmod_module_get_holders(NULL), (void *)kmod_module_get_sections(NULL),
	       text(kmod_module_initstate_str((enum kmod_module_initstate)77)));
	printf("%d %d %d %d\n", kmod_module_get_info(NULL, &list),
	       kmod_module_get_versions(NULL, &list), kmod_module_get_symbols(NULL, &list),
	       kmod_module_get_dependency_symbols(NULL, &list));
}

static void no_entry(void)
{
	printf("%s %s %s %s %s %s\n", text(kmod_module_info_get_key(NULL)),
	       text(kmod_module_info_get_value(NULL)), text(kmod_module_version_get_symbol(NULL)),
	       text(kmod_module_symbol_get_symbol(NULL)),
	       text(kmod_module_dependency_symbol_get_symbol(NULL)),
	       text(kmod_module_section_get_name(NULL)));
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n", kmod_module_version_get_crc(NULL),
	       kmod_module_symbol_get_crc(NULL), kmod_module_dependency_symbol_get_crc(NULL),
	       kmod_module_dependency_symbol_get_bind(NULL));
	kmod_module_info_free_list(NULL);
	kmod_module_versions_free_list(NULL);
	kmod_module_symbols_free_list(NULL);
	kmod_module_dependency_symbols_free_list(NULL);
	kmod_module_section_free_list(NULL);
}

static void nothing(void)
{
	no_context();
	no_names();
	no_module();
	no_entry();
}

static void one(const char *command, char *argument)
{
	struct kmod_module *m = NULL;
	struct kmod_list *list = NULL, *l;
	int code;

	if (strcmp(command, "name") == 0)
		code = kmod_module_new_from_name(ctx, argument, &m);
	else if (strcmp(command, "byname") == 0)
		code = kmod_module_new_from_name_lookup(ctx, argument, &m);
	else if (strcmp(command, "path") == 0)
		code = kmod_module_new_from_path(ctx, argument, &m);
	else
		code = kmod_module_new_from_loaded(ctx, &list);
	printf("%s %s: %d\n", command, text(argument), code);
	if (m)
		print_module(m);
	kmod_module_unref(m);
	kmod_list_foreach(l, list)
	{
		struct kmod_module *loaded = kmod_module_get_module(l);

		print_module(loaded);
		kmod_module_unref(loaded);
	}
	kmod_module_unref_list(list);
}

static void run(char *line)
{
	const char *command = strsep(&line, " ");

	if (strcmp(command, "lookup") == 0)
		for_each(line, print_module);
	else if (strcmp(command, "file") == 0)
		for_each(line, print_file);
	else if (strcmp(command, "config") == 0)
		print_config();
	else if (strcmp(command, "dump") == 0)
		printf("dump: %d\n",
		       (fflush(stdout), kmod_dump_index(ctx, (enum kmod_index)atoi(line), 1)));
	else if (strcmp(command, "load") == 0)
		printf("load: %d\n", kmod_load_resources(ctx));
	else if (strcmp(command, "unload") == 0)
		kmod_unload_resources(ctx);
	else if (strcmp(command, "validate") == 0)
		printf("validate: %d\n", kmod_validate_resources(ctx));
	else if (strcmp(command, "delete") == 0)
		unlink(line);
	else if (strcmp(command, "filter") == 0)
		filter(line);
	else if (strcmp(command, "null") == 0)
		nothing();
	else if (strcmp(command, "probe") == 0 || strcmp(command, "insert") == 0 ||
		 strcmp(command, "remove") == 0)
		change(command, line);
	else
		one(command, line);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *const *config = (const char *const *)argv + 2;
	char line[1 << 16];
	int messages = 0;

	ctx = argc >= 2 ? kmod_new(argv[1][0] ? argv[1] : NULL, config[0] ? config : NULL) : NULL;
	if (!ctx) {
		printf("no context\n");
		return 1;
	}
	kmod_set_log_fn(ctx, log_nothing, &messages);
	printf("priority %d, directory %s\n", kmod_get_log_priority(ctx), kmod_get_dirname(ctx));
	kmod_set_log_priority(ctx, 3);
	kmod_set_userdata(ctx, argv);
	printf("priority %d, userdata %d, references %d\n", kmod_get_log_priority(ctx),
	       kmod_get_userdata(ctx) == argv, kmod_ref(ctx) == ctx && kmod_unref(ctx) == ctx);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		run(line);
	}
	printf("freed %d\n", kmod_unref(ctx) == NULL);
	return 0;
}
