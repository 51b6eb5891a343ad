/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of "lkm check" share: the kernels that modules are checked against, and the
 * verdict on one pair. */
#ifndef LKM_CLI_CHECK_H
#define LKM_CLI_CHECK_H

#include <pthread.h>

#include "base/map.h"
#include "base/buf.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "db/db.h"
#include "engine/host/host.h"
#include "image/catalogue.h"
#include "load/load.h"

/* A module that is loaded before another. */
struct check_provider {
	struct ko *ko;
	struct load_provider *provider;
};

/* What the running kernel does at the moment. */
struct check_running {
	unsigned int taints;
	struct load_policy policy;
	struct buf blacklist; /* of the command line */
	struct host_modules loaded;
	VEC(struct load_present) present; /* the same, for the loader */
	VEC(const char *) unread;	  /* sentences: what could not be found out */
};
/* root stands in front of /proc and /sys. */
int check_running_read(struct check_running *running, const char *root, struct err *err);
/* Adds to unread; sentence is not copied. */
void check_running_note(struct check_running *running, const char *sentence);
void check_running_free(struct check_running *running);

struct check_kernel {
	struct kernel *kernel;
	bool is_running;
	struct check_running running;
	struct image *image;
	struct load_kernel *load;
	struct db *db;	      /* NULL: its modules are not at hand */
	pthread_mutex_t lock; /* of the db and the providers */
	char *rebuild;	      /* how to build modules for it, as a command */
	struct map by_path;   /* -> struct check_provider * */
	VEC(struct check_provider *) providers;
};

/* spec is as catalogue_find() takes it, or a package's file, or "running". */
int check_kernel_open(struct check_kernel **out, const char *spec, struct progress *progress,
		      struct err *err);
void check_kernel_close(struct check_kernel *kernel); /* NULL is accepted */

/* Fills kernel->rebuild. */
int check_fix_prepare(struct check_kernel *kernel, struct err *err);
/* Turns what a verdict tells to do into commands, as far as can be. Threads may share the kernel.
 */
void check_fix(struct check_kernel *kernel, struct load_verdict *verdict);

/* Finds out which types changed, for the first symbols whose versions differ. symtypes are
 * directories with .symtypes files of either side. */
struct cli_list;
void check_change(const struct check_kernel *kernel, const struct ko *ko,
		  const struct cli_list *symtypes, struct load_verdict *verdict);

struct check_provider *check_provider_open(const char *path, struct err *err);
void check_provider_close(struct check_provider *provider); /* NULL is accepted */
/* The unpacked file at path when it has been opened for another module; kept by the kernel. */
bool check_provider_bytes(struct check_kernel *kernel, const char *path, struct span *bytes);

struct check_providers {
	VEC(const struct load_provider *) list;
};
/* The modules that are checked together, by name: each may provide symbols for others. */
struct check_given {
	struct map by_name; /* -> path */
};
/* path must live as long as given; of two with one name the first stays. */
int check_given_add(struct check_given *given, struct arena *arena, const char *path,
		    struct err *err);
void check_given_free(struct check_given *given);

/* One pair of a module and a kernel. */
struct check_pair {
	const char *path;
	struct check_kernel *kernel;
	struct load_verdict *verdict; /* NULL: the file could not be read */
	struct err err;
};

/* Appends the modules that modprobe would load before, as far as they are there, in that order. */
int check_dependencies(struct check_pair *pair, const struct check_given *given,
		       const struct ko *ko, struct check_providers *out);

/* Writes the module's sections as they would be in the kernel's memory, from base on. */
int check_relocated(const struct check_kernel *kernel, const struct load_request *request,
		    uint64_t base, const char *path, struct err *err);

/* Prints all pairs, of which those of a module with all kernels follow each other. False: out of
 * memory. */
void check_print_text(const struct check_pair *pairs, size_t count, size_t kernels, bool explain);
bool check_print_json(const struct check_pair *pairs, size_t count, size_t kernels);

#endif
