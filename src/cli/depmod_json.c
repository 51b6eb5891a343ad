/* SPDX-License-Identifier: GPL-2.0-only */
/* depmod -n --json */
#include <errno.h>
#include <string.h>

#include "cli/depmod.h"
#include "cli/output.h"

static json_t *text_json(struct span text)
{
	return output_json_bytes(text.p, text.n);
}

static json_t *list_json(const struct db_build_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++)
		if (json_array_append_new(array, text_json(list->p[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static int add_module(void *context, const struct db_build_module *module, struct err *err)
{
	json_t *one = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "path", text_json(module->path), "name",
		text_json(module->name), "dependencies", list_json(&module->dependencies),
		"aliases", list_json(&module->aliases), "softdeps", list_json(&module->softdeps),
		"weakdeps", list_json(&module->weakdeps), "symbols", list_json(&module->symbols));

	return json_array_append_new(context, one) < 0 ? err_no_memory(err) : 0;
}

int depmod_print_json(struct db_build *build, const char *release, struct err *err)
{
	json_t *document = output_json_new(), *modules = NULL;
	int code = 0;

	if (json_object_set_new(document, "release", output_json_bytes(release, strlen(release))) <
		    0 ||
	    json_object_set_new(document, "modules", modules = json_array()) < 0)
		code = err_no_memory(err);
	if (code == 0)
		code = db_build_each(build, add_module, modules, err);
	if (code < 0) {
		json_decref(document);
		return code;
	}
	return output_json_print(document) ? 0 : err_no_memory(err);
}
