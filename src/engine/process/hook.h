/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks: functions of the kernel that are replaced by name.
 *
 * hooks.c holds the table. A hook is a jump written over the first instruction of the function
 * (behind an endbr64) to a thunk in the stub area; the thunk's slot holds the address of our C
 * function. A wrapped function keeps its body: the jump replaces the "call __fentry__", or its
 * nop, that begins every traceable function, and the original goes on behind it.
 *
 * Hooked functions run on the caller's kernel stack (16 KiB). They must be small, must not print,
 * must not allocate, and - unless they never return into the kernel - must not be on a stack
 * while a snapshot is taken.
 */
#ifndef LKM_ENGINE_PROCESS_HOOK_H
#define LKM_ENGINE_PROCESS_HOOK_H

#include <stdint.h>

#include "base/err.h"

struct image;

enum hook_action {
	HOOK_RETURN, /* does nothing and returns value */
	HOOK_CALL,   /* our C function instead */
	HOOK_WRAP,   /* our C function, which calls *original */
	HOOK_STUB,   /* code of the stub area instead */
};

enum hook_need {
	HOOK_MAY,  /* nothing is lost on a kernel that has none of the names */
	HOOK_MUST, /* at least one of the names must exist */
};

struct hook {
	const char *symbols; /* separated by spaces; each that exists is hooked */
	enum hook_need need;
	enum hook_action action;
	long value;	    /* HOOK_RETURN */
	const void *target; /* HOOK_CALL, HOOK_WRAP: C function; HOOK_STUB: entry in stub.S */
	uint64_t *original; /* HOOK_WRAP: where to go on */
	const char *why;
	/* The row counts only in a kernel that has this symbol, or with a '!' in front only in one
	 * that has not; NULL: always. */
	const char *when;
};

extern const struct hook hooks[];
extern const unsigned int hook_count;

/* Writes all hooks into the relocated image, and tells of each row (part.h). A MUST without a
 * symbol, or a wrapped function that is not traceable, is a part that is missing. */
void hook_install(const struct image *image);

/* Points the slots at our functions, wherever they are in this process. A wrapped function stays
 * alone: a task may sleep in it, and then ours would be on its stack in a snapshot. */
void hook_connect(void);

/* From now on wrapped functions are wrapped. No snapshot may follow. */
void hook_observe(void);

/* The originals of wrapped functions: kernel addresses, part of a snapshot. */
struct hook_originals {
	uint64_t vprintk_emit, apply_relocate_add, module_finalize, switch_mm;
};
extern struct hook_originals hook_originals;

#endif
