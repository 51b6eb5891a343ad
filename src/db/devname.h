/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modules.devname: device nodes that can be made before their modules are loaded, because opening
 * one loads its module.
 */
#ifndef LKM_DB_DEVNAME_H
#define LKM_DB_DEVNAME_H

#include "base/span.h"

struct db_devname {
	struct span module, node; /* node: below /dev */
	char type;		  /* 'c' or 'b' */
	unsigned int major, minor;
};

/* Takes the next line "MODULE NODE cMAJOR:MINOR" (or b) from the front of rest, past comments. 1:
 * out is filled; 0: there is none; -EINVAL: it is no such line. */
int db_devname_next(struct span *rest, struct span *line, struct db_devname *out);

#endif
