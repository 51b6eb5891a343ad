/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running kernel: the modules that are loaded, what /sys/module tells of each, inserting and
 * removing. A plain library: no state, no output, LGPL, as libkmod.so.2 links it.
 *
 * Files of the folder: modules (/proc/modules), attribute (/sys/module), insert (system calls), log
 * (/dev/kmsg).
 *
 * Names are as the kernel has them, with '_'. Where there is no such module the code is -ENOENT.
 */
#ifndef LKM_ENGINE_HOST_HOST_H
#define LKM_ENGINE_HOST_HOST_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"

struct host {
	const char *root; /* stands in front of /proc and /sys; "" for the machine's own */
};

enum host_state {
	HOST_LIVE,
	HOST_COMING,  /* its init runs */
	HOST_GOING,   /* its exit runs */
	HOST_UNSTATED /* known without a state: built in, or about to come */
};

/* One line of /proc/modules. */
struct host_module {
	const char *name;
	uint64_t size;	   /* bytes */
	long references;   /* -1: the kernel does not count, as it cannot remove modules */
	struct span users; /* names of modules, each with a ',' behind it; empty: none */
	enum host_state state;
	uint64_t address; /* 0: hidden from us */
};
struct host_modules {
	VEC(struct host_module) list; /* in the kernel's order, the youngest first */
	struct buf text;	      /* holds what list points to */
};
void host_modules_free(struct host_modules *modules); /* serves as DEFER destructor */
int host_modules_read(const struct host *host, struct host_modules *out, struct err *err);
/* From text as /proc/modules has it; any bytes may be given. A field that is missing or odd is 0.
 */
int host_modules_parse(struct span text, struct host_modules *out, struct err *err);

/* /sys/module/NAME; sizes in bytes. */
int host_state(const struct host *host, const char *name, enum host_state *out, struct err *err);
int host_size(const struct host *host, const char *name, uint64_t *out, struct err *err);
int host_references(const struct host *host, const char *name, long *out, struct err *err);

/* The modules that use it, in the order of the directory; {0} is an empty list. */
struct host_names {
	VEC(char *) list;
};
void host_names_free(struct host_names *names); /* serves as DEFER destructor */
int host_holders(const struct host *host, const char *name, struct host_names *out,
		 struct err *err);

/* Where its sections are in memory, in the order of the directory. */
struct host_section {
	char *name;
	uint64_t address; /* 0: hidden from us */
};
struct host_sections {
	VEC(struct host_section) list;
};
void host_sections_free(struct host_sections *sections); /* serves as DEFER destructor */
int host_sections(const struct host *host, const char *name, struct host_sections *out,
		  struct err *err);

/* Inserts a module file. The kernel reads it itself where it can (also a packed one); an older
 * kernel, or one that does not know the packing, gets the unpacked bytes. The code is the
 * kernel's answer. */
enum {
	HOST_IGNORE_VERSIONS = 1, /* CRCs of symbols */
	HOST_IGNORE_VERMAGIC = 2,
};
int host_insert(const struct host *host, const char *path, const char *params, unsigned int flags,
		struct err *err);
/* The same for an unpacked module in memory; name is for messages. */
int host_insert_bytes(struct span module, const char *name, const char *params, unsigned int flags,
		      struct err *err);

/* Removes a module now or not at all: -EWOULDBLOCK when it is in use. force: also when it is. */
int host_remove(const char *name, bool force, struct err *err);

/* The kernel's log from now on. Where it may not be read it has nothing. */
enum { HOST_RECORD_MAX = 8192 };
struct host_log {
	int fd;
	char text[HOST_RECORD_MAX];
};
struct host_record {
	unsigned int level; /* 0 KERN_EMERG ... 7 KERN_DEBUG */
	uint64_t us;	    /* since the machine was started */
	const char *text;   /* without a line feed at its end; until the next call */
};
void host_log_begin(const struct host *host, struct host_log *log);
void host_log_end(struct host_log *log); /* serves as DEFER destructor */
/* The next record of the kernel's own; false: none at the moment. */
bool host_log_next(struct host_log *log, struct host_record *out);
/* Appends what has come since the last call, each record with a line feed. */
void host_log_read(struct host_log *log, struct buf *out);

#endif
