/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "db/devname.h"

#include <errno.h>

#include "db/store.h"

/* A decimal number at the front of text, which loses it. */
static bool take_number(struct span *text, unsigned int *out)
{
	uint64_t value = 0;
	size_t n = 0;

	for (; n < text->n && text->p[n] >= '0' && text->p[n] <= '9' && value <= UINT32_MAX; n++)
		value = value * 10 + (text->p[n] - '0');
	*out = (unsigned int)value;
	*text = span_of(text->p + n, text->n - n);
	return n > 0 && value <= UINT32_MAX;
}

static bool parse(struct span line, struct db_devname *out)
{
	struct span device;

	if (!db_next_word(&line, &out->module) || !db_next_word(&line, &out->node) ||
	    !db_next_word(&line, &device))
		return false;
	out->type = (char)device.p[0];
	device = span_of(device.p + 1, device.n - 1);
	if ((out->type != 'c' && out->type != 'b') || !take_number(&device, &out->major) ||
	    device.n == 0 || device.p[0] != ':')
		return false;
	device = span_of(device.p + 1, device.n - 1);
	return take_number(&device, &out->minor);
}

int db_devname_next(struct span *rest, struct span *line, struct db_devname *out)
{
	while (db_next_line(rest, line))
		if (line->n == 0 || line->p[0] != '#')
			return parse(*line, out) ? 1 : -EINVAL;
	return 0;
}
