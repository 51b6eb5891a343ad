/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scope-bound release of locals.
 *
 *	DEFER(file_closep) int fd = file_open(...);
 *	return take_fd(&fd);		// hand over after the last step that can fail
 *
 * The destructor belongs to the type: it takes a pointer to the variable, accepts a value that
 * was never filled in (NULL, -1) and is written beside the type.
 */
#ifndef LKM_BASE_CLEANUP_H
#define LKM_BASE_CLEANUP_H

#define DEFER(destructor) __attribute__((cleanup(destructor)))

/* The value of *pointer, which forgets it: ownership goes to the caller of take_ptr(). */
#define take_ptr(pointer)                                                                          \
	({                                                                                         \
		__typeof__(pointer) take_from = (pointer);                                         \
		__typeof__(*take_from) taken = *take_from;                                         \
		*take_from = NULL;                                                                 \
		taken;                                                                             \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Defines NAMEp(), the DEFER destructor of a type that is released by NAME(pointer). */
#define DEFINE_DEFER(type, name)                                                                   \
	static inline void name##p(type **object)                                                  \
	{                                                                                          \
		name(*object);                                                                     \
	}

#endif
