/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A growing array of any type.
 *
 *	VEC(struct symbol) symbols = {0};
 *	struct symbol *one = vec_push(&symbols);	// NULL: out of memory
 *	vec_foreach(&symbols, s) ...
 *	vec_free(&symbols);
 */
#ifndef LKM_BASE_VEC_H
#define LKM_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *p;                                                                           \
		size_t n, size;                                                                    \
	}

bool vec_grow(void **p, size_t *size, size_t need, size_t element);
void vec_release(void **p, size_t *n, size_t *size);

/* A pointer to a new element at the end, not initialised. */
#define vec_push(vec)                                                                              \
	((vec)->n < (vec)->size || vec_grow((void **)&(vec)->p, &(vec)->size, (vec)->n + 1,        \
					    sizeof(*(vec)->p))                                     \
		 ? &(vec)->p[(vec)->n++]                                                           \
		 : NULL)
#define vec_free(vec) vec_release((void **)&(vec)->p, &(vec)->n, &(vec)->size)
#define vec_foreach(vec, item)                                                                     \
	for (__typeof__(&*(vec)->p) item = (vec)->p; (vec)->n > 0 && item < (vec)->p + (vec)->n;   \
	     item++)

#endif
