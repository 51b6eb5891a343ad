/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel that can be talked to.
 *
 * struct engine_ops is what each engine implements (process: the image booted in a process; later
 * host and vm). Callers use the functions below and never see which one it is.
 *
 * Two kinds of failure are kept apart. What the *kernel* answers comes back in *ret (0 or a
 * positive count, or a negative errno of the guest); the function itself then returns 0. A
 * function returns a negative errno with a sentence only when the engine could not put the
 * question or the kernel is gone (-ECONNRESET; engine_end() tells why).
 */
#ifndef LKM_ENGINE_ENGINE_H
#define LKM_ENGINE_ENGINE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/span.h"

/* A *ret: the kernel killed the task that did the call (an oops). The kernel itself goes on. */
#define ENGINE_KILLED (-4096L)

struct engine_record {	  /* one record of the kernel log */
	int level;	  /* 0 KERN_EMERG ... 7 KERN_DEBUG */
	uint64_t ns;	  /* guest time */
	const char *text; /* no trailing newline; may hold newlines */
};

/* Something in a kernel's image that an engine calls, replaces or changes. */
struct engine_part {
	const char *kind; /* "symbol", "type", "member", "hook", "patch" */
	const char *name; /* several: alternatives, separated by spaces */
	const char *why;
	bool needed;	   /* else nothing is lost without it */
	unsigned int hits; /* how often it was found */
};

/* A section of a module in the kernel's memory, just relocated; with index 0 its struct module,
 * which the kernel has filled in by then. The bytes live until the listener returns. */
struct engine_section {
	size_t index; /* in the module's file */
	uint64_t address;
	struct span bytes;
};

/* What the kernel tells and asks while it works. Called from within the functions below, in the
 * order of events. Each may be NULL. */
struct engine_listener {
	void *context;
	void (*log)(void *context, const struct engine_record *record);
	/* Something the user may want to know, one sentence. */
	void (*notice)(void *context, const char *text);
	/* A uevent: "add@/module/hello" and its variables, each NUL-terminated. */
	void (*uevent)(void *context, struct span event);
	/* Each part of the image, while a kernel is booted (not when it is restored). */
	void (*part)(void *context, const struct engine_part *part);
	/* Of a load with ENGINE_LOAD_SHOW. */
	void (*section)(void *context, const struct engine_section *section);
	/* The kernel's request_module(name). Answer: the files to load, in order (a module
	 * that is already loaded is harmless). Returns 0 and fills modules (spans live until
	 * the next call), or -ENOENT. */
	int (*request_module)(void *context, const char *name, const struct span **modules,
			      size_t *count);
};

struct engine_options {
	const char *kernel_path; /* vmlinuz or vmlinux */
	const char *config_path; /* or NULL */
	const char *append;	 /* more words for the kernel's command line, or NULL */
	const char *cache_dir;	 /* for image and snapshot; NULL: keep nothing */
	unsigned int timeout_ms; /* real time for one call; 0: none */
	bool breakpoints;	 /* a debugger will set some: text is not write-protected */
	struct engine_listener listener;
};

enum engine_end_kind {
	ENGINE_RUNNING,
	ENGINE_PANIC,	/* the kernel panicked */
	ENGINE_TIMEOUT, /* a call did not return in timeout_ms of real time */
	ENGINE_STALL,	/* nothing in the kernel can run any more, the call waits for ever */
	ENGINE_CRASH,	/* the process died of a signal, without the kernel's own report */
	ENGINE_MEMORY,	/* ... because it got no memory */
	ENGINE_UNABLE,	/* it could not even start */
	ENGINE_DAMAGED, /* what was kept of it was damaged: nothing that a module did */
};

struct engine_end {
	enum engine_end_kind kind;
	char text[256];
};

/* A node of a directory listing. */
struct engine_node {
	char type;   /* '-' file, 'd' directory, 'l' link, 'c', 'b', 'p', 's' */
	mode_t mode; /* permission bits */
	const char *path;
};

/* How a directory is listed. */
enum {
	ENGINE_LIST_RECURSIVE = 1, /* depth first */
	ENGINE_LIST_NAMES = 2,	   /* names and types only, no modes: nothing is looked at */
};

/* Memory that a module took and has not given back. */
struct engine_block {
	uint64_t address, size;
	char kind[16];	  /* "kmalloc", "vmalloc", "pages", "percpu", "slab" */
	char caller[128]; /* "function+0x12/0x40 [module]" */
};

/* The walls between a module and the host. */
enum {
	ENGINE_ISOLATION_FILTER = 1, /* few system calls (seccomp) */
	ENGINE_ISOLATION_LANDLOCK =
		2, /* no files, no connections, no signals to others (Landlock) */
	ENGINE_ISOLATION_NETWORK = 4, /* a network of its own, empty */
	ENGINE_ISOLATION_FILES = 8,   /* a file system of its own, empty */
};

/* Of a system call: a value, or the address of bytes, which are left as the kernel leaves them. */
struct engine_argument {
	uint64_t value;
	struct buf *bytes; /* NULL: the value counts */
};
enum { ENGINE_ARGUMENTS = 6 };

/* What each implementation begins its own struct with. */
struct engine {
	const struct engine_ops *ops;
};

struct engine_ops {
	const char *name;
	int (*open)(struct engine **out, const struct engine_options *options, struct err *err);
	int (*load)(struct engine *e, struct span module, const char *params, unsigned int flags,
		    long *ret, struct err *err);
	int (*unload)(struct engine *e, const char *name, unsigned int flags, long *ret,
		      struct err *err);
	int (*read)(struct engine *e, const char *path, size_t limit, struct buf *out, long *ret,
		    struct err *err);
	int (*write)(struct engine *e, const char *path, struct span data, long *ret,
		     struct err *err);
	int (*list)(struct engine *e, struct span paths, unsigned int flags,
		    void (*visit)(void *context, const struct engine_node *node), void *context,
		    long *ret, struct err *err);
	int (*ioctl)(struct engine *e, const char *path, unsigned long request, struct buf *arg,
		     long *ret, struct err *err);
	int (*mmap)(struct engine *e, const char *path, uint64_t offset, size_t length,
		    struct span stored, struct buf *out, long *ret, struct err *err);
	int (*poll)(struct engine *e, const char *path, unsigned int events, int timeout_ms,
		    unsigned int *revents, long *ret, struct err *err);
	int (*syscall)(struct engine *e, unsigned int number,
		       const struct engine_argument arguments[ENGINE_ARGUMENTS], long *ret,
		       struct err *err);
	int (*sleep)(struct engine *e, uint64_t ns, long *ret, struct err *err);
	int (*blocks)(struct engine *e, const char *module,
		      void (*visit)(void *context, const struct engine_block *block), void *context,
		      uint64_t *total_count, uint64_t *total_bytes, struct err *err);
	pid_t (*pid)(const struct engine *e);
	unsigned int (*isolation)(const struct engine *e); /* may be NULL */
	void (*end)(const struct engine *e, struct engine_end *out);
	void (*close)(struct engine *e);
};

/* By name ("process"); the one place that knows the implementations. NULL with a sentence that
 * tells which there are. */
const struct engine_ops *engine_find(const char *name, struct err *err);

/* Booting happens here, or the mapping of a snapshot. */
int engine_open(struct engine **out, const struct engine_ops *ops,
		const struct engine_options *options, struct err *err);
void engine_close(struct engine *engine); /* NULL is accepted */
DEFINE_DEFER(struct engine, engine_close)

/* A flag of engine_load(): the module's sections are shown to the listener, and it is loaded
 * without its init and exit, so that none of its code runs. */
#define ENGINE_LOAD_SHOW (1u << 31)
/* finit_module(2)'s answer for an uncompressed module; flags: MODULE_INIT_IGNORE_*. */
int engine_load(struct engine *e, struct span module, const char *params, unsigned int flags,
		long *ret, struct err *err);
/* delete_module(2). */
int engine_unload(struct engine *e, const char *name, unsigned int flags, long *ret,
		  struct err *err);
/* Opens, reads to the end or limit, closes. *ret: bytes read, or the errno of the step that
 * failed; out keeps what was read before. */
int engine_read(struct engine *e, const char *path, size_t limit, struct buf *out, long *ret,
		struct err *err);
/* Opens, one write(2), closes. */
int engine_write(struct engine *e, const char *path, struct span data, long *ret, struct err *err);
/* Directory entries ("." and ".." left out), depth first when recursive. */
int engine_list(struct engine *e, const char *path, bool recursive,
		void (*visit)(void *context, const struct engine_node *node), void *context,
		long *ret, struct err *err);
/* The entries of several directories, NUL-terminated paths one after the other, with their types
 * but without modes (0). One that is not there is passed over. */
int engine_list_names(struct engine *e, struct span paths,
		      void (*visit)(void *context, const struct engine_node *node), void *context,
		      struct err *err);
/* Opens, one ioctl(2) with a pointer to arg's bytes (kept in arg as the kernel left them),
 * closes. */
int engine_ioctl(struct engine *e, const char *path, unsigned long request, struct buf *arg,
		 long *ret, struct err *err);
/* Opens, maps length bytes from offset on, shared, and closes; stores bytes at their beginning,
 * appends to out what the mapping then holds, unmaps. *ret: length, or the errno of the step that
 * failed (out is as it was); -EFAULT is where a program would get a SIGBUS. Writable only when
 * something is stored. */
int engine_mmap(struct engine *e, const char *path, uint64_t offset, size_t length,
		struct span stored, struct buf *out, long *ret, struct err *err);
int engine_poll(struct engine *e, const char *path, unsigned int events, int timeout_ms,
		unsigned int *revents, long *ret, struct err *err);
/* A system call by its number (x86-64), done by one long-lived process: what it opens or mounts
 * stays. Bytes hold no pointers of their own. */
int engine_syscall(struct engine *e, unsigned int number,
		   const struct engine_argument arguments[ENGINE_ARGUMENTS], long *ret,
		   struct err *err);
/* Lets guest time pass. */
int engine_sleep(struct engine *e, uint64_t ns, long *ret, struct err *err);
/* What module (by name) allocated and has not freed; visit may be NULL. The totals count all it
 * ever allocated. */
int engine_blocks(struct engine *e, const char *module,
		  void (*visit)(void *context, const struct engine_block *block), void *context,
		  uint64_t *total_count, uint64_t *total_bytes, struct err *err);
/* The process that holds the kernel, for a debugger; 0 when there is none. */
pid_t engine_pid(const struct engine *e);
/* ENGINE_ISOLATION_...; 0 when it has none. Some hosts do not allow all that an engine can do. */
unsigned int engine_isolation(const struct engine *e);
void engine_end(const struct engine *e, struct engine_end *out);
const char *engine_name(const struct engine *e);

#endif
