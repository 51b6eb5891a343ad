/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of modinfo, as kmod's, and its JSON.
 *
 * A line is "KEY:" in 16 columns (a longer key touches its value) and the value; parameters come
 * last, the one that was declared first at the end. With a NUL for a separator a line is
 * "KEY=VALUE", but not those of the file and of parameters.
 */
#include <string.h>

#include "cli/modinfo.h"
#include "cli/output.h"

enum { COLUMN = 16 };

static void add_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text));
}

static void add_line(struct buf *out, const char *key, const char *value, char separator)
{
	static const char blanks[COLUMN + 1] = "                ";
	size_t length = strlen(key) + 1;

	add_text(out, key);
	buf_add(out, ":", 1);
	if (length < COLUMN)
		buf_add(out, blanks, COLUMN - length);
	add_text(out, value);
	buf_add(out, &separator, 1);
}

static void add_value(struct buf *out, const char *value, char separator)
{
	add_text(out, value);
	buf_add(out, &separator, 1);
}

static bool is_field(const struct modinfo_form *form, const char *key)
{
	return form->field && strcmp(form->field, key) == 0;
}

bool modinfo_show_head(const struct modinfo *module, const struct modinfo_form *form,
		       struct buf *out)
{
	const char *file = module->path ? module->path : "(builtin)";

	if (!module->path && !form->field)
		add_line(out, "name", module->name, form->separator);
	else if (!module->path && is_field(form, "name"))
		add_value(out, module->name, form->separator);
	if (!form->field)
		add_line(out, "filename", file, form->separator);
	else if (is_field(form, "filename"))
		add_value(out, file, form->separator);
	return !is_field(form, "filename");
}

/* Without a description the type is in parentheses only where nothing else is shown. */
static void show_params(const struct modinfo *module, const struct modinfo_form *form,
			struct buf *out)
{
	for (size_t i = module->param_count; i-- > 0;) {
		const struct ko_param *param = &module->params[i];

		if (!form->field)
			add_text(out, "parm:           ");
		add_text(out, param->name);
		if (param->description && param->type)
			buf_format(out, ":%s (%s)", param->description, param->type);
		else if (param->description)
			buf_format(out, ":%s", param->description);
		else
			buf_format(out, form->field ? ": (%s)" : ":%s", param->type);
		buf_add(out, &form->separator, 1);
	}
}

static void show_info(const struct ko_info *info, const struct modinfo_form *form, struct buf *out)
{
	if (is_field(form, info->key)) {
		add_value(out, info->value, form->separator);
	} else if (!form->field && !ko_info_is_param(info)) {
		if (form->separator)
			add_line(out, info->key, info->value, form->separator);
		else
			buf_format(out, "%s=%s%c", info->key, info->value, form->separator);
	}
}

void modinfo_show_rest(const struct modinfo *module, const struct modinfo_form *form,
		       struct buf *out)
{
	for (size_t i = 0; !is_field(form, "parm") && i < module->info_count; i++)
		show_info(&module->infos[i], form, out);
	if (!form->field || is_field(form, "parm"))
		show_params(module, form, out);
}

/* JSON ------------------------------------------------------------------------------------- */

/* The long values of a signature are broken into lines for people only. */
static json_t *value_json(const char *value)
{
	DEFER(buf_free) struct buf text = {0};

	for (const char *p = value; *p; p++)
		if (*p != '\n' && *p != '\t')
			buf_add(&text, p, 1);
	return buf_failed(&text) ? NULL : output_json_bytes(buf_string(&text), text.n);
}

static bool add_info(json_t *infos, const struct ko_info *info)
{
	json_t *list = json_object_get(infos, info->key);

	if (!list) {
		list = json_array();
		if (json_object_set_new_nocheck(infos, info->key, list) < 0)
			return false;
	}
	return json_array_append_new(list, value_json(info->value)) == 0;
}

static json_t *text_json(const char *text)
{
	return text ? output_json_bytes(text, strlen(text)) : json_null();
}

static json_t *params_json(const struct modinfo *module)
{
	json_t *list = json_array();

	for (size_t i = 0; i < module->param_count; i++) {
		const struct ko_param *param = &module->params[i];

		if (json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "name",
							  text_json(param->name), "type",
							  text_json(param->type), "description",
							  text_json(param->description))) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *modinfo_json(const struct modinfo *module, const char *field)
{
	json_t *infos = json_object();

	for (size_t i = 0; i < module->info_count; i++) {
		const struct ko_info *info = &module->infos[i];

		if (ko_info_is_param(info) || (field && strcmp(field, info->key) != 0))
			continue;
		if (!add_info(infos, info)) {
			json_decref(infos);
			return NULL;
		}
	}
	return json_pack("{s:o, s:o, s:b, s:o, s:o}", "name", text_json(module->name), "filename",
			 text_json(module->path), "builtin", module->path == NULL, "info", infos,
			 "parameters", params_json(module));
}
