/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameters as .modinfo tells them: "parm=NAME:DESCRIPTION" from MODULE_PARM_DESC() and
 * "parmtype=NAME:TYPE" from module_param(). Either may be missing; the last of a kind counts, as
 * modinfo prints it. A string without ':' is none.
 */
#include <stdlib.h>

#include "ko/object.h"

/* One of the two strings. Sorting by name brings the two together without comparing each with
 * each, which a hostile file could make slow. */
struct piece {
	char *name;
	const char *text;
	size_t position;
	bool is_type;
};

struct found {
	struct ko_param param;
	size_t position;
};

static int by_name(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->position < y->position ? -1 : x->position > y->position;
}

static int by_position(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->position < y->position ? -1 : x->position > y->position;
}

static bool split_piece(struct arena *arena, const struct ko_info *info, struct piece *piece)
{
	size_t length = strcspn(info->value, ":");

	piece->is_type = strcmp(info->key, "parmtype") == 0;
	piece->name = arena_strndup(arena, info->value, length);
	piece->text = info->value + length + 1;
	return piece->name != NULL;
}

bool ko_info_is_param(const struct ko_info *info)
{
	return strcmp(info->key, "parm") == 0 || strcmp(info->key, "parmtype") == 0;
}

static struct piece *collect(struct arena *arena, const struct ko_info *infos, size_t info_count,
			     size_t *count)
{
	struct piece *pieces = arena_array(arena, info_count, sizeof(*pieces));
	size_t n = 0;

	for (size_t i = 0; pieces && i < info_count; i++) {
		if (!ko_info_is_param(&infos[i]) || !strchr(infos[i].value, ':'))
			continue;
		if (!split_piece(arena, &infos[i], &pieces[n]))
			return NULL;
		pieces[n++].position = i;
	}
	*count = n;
	return pieces;
}

static size_t merge(const struct piece *pieces, size_t n, struct found *found)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		struct ko_param *param;

		if (i == 0 || strcmp(pieces[i].name, pieces[i - 1].name) != 0) {
			found[used].position = pieces[i].position;
			found[used++].param.name = pieces[i].name;
		}
		param = &found[used - 1].param;
		if (pieces[i].is_type)
			param->type = pieces[i].text;
		else
			param->description = pieces[i].text;
	}
	return used;
}

const struct ko_param *ko_params_of(struct arena *arena, const struct ko_info *infos,
				    size_t info_count, size_t *count)
{
	size_t n = 0;
	struct piece *pieces = collect(arena, infos, info_count, &n);
	struct found *found = pieces ? arena_array(arena, n, sizeof(*found)) : NULL;
	struct ko_param *params = found ? arena_array(arena, n, sizeof(*params)) : NULL;

	*count = 0;
	if (!params)
		return NULL;
	qsort(pieces, n, sizeof(*pieces), by_name);
	n = merge(pieces, n, found);
	qsort(found, n, sizeof(*found), by_position);
	for (size_t i = 0; i < n; i++)
		params[i] = found[i].param;
	*count = n;
	return params;
}

const struct ko_param *ko_params(const struct ko *ko, size_t *count)
{
	struct ko *own = ko_mutable(ko);

	if (!ko->params.p)
		own->params.p = ko_params_of(ko->arena, ko->infos.p, ko->infos.n, &own->params.n);
	*count = ko->params.n;
	return ko->params.p;
}
