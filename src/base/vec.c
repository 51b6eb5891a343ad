/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/vec.h"

#include "base/mem.h"

bool vec_grow(void **p, size_t *size, size_t need, size_t element)
{
	size_t wanted = need > 2 * *size ? need : 2 * *size;
	void *grown;

	if (wanted < 8)
		wanted = 8;
	grown = mem_resize(*p, wanted, element);
	if (!grown)
		return false;
	*p = grown;
	*size = wanted;
	return true;
}

void vec_release(void **p, size_t *n, size_t *size)
{
	mem_free(*p);
	*p = NULL;
	*n = *size = 0;
}
