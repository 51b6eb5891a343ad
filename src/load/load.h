/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The static loader: what a kernel would do with a module, without loading it.
 *
 * It walks through the steps of load_module() in the kernel's order, up to the call of the module's
 * init. Each check has an identifier, L-GROUP-NN, that never changes its meaning. Where the
 * kernel has no check and would crash, the module is refused with an identifier L-CRASH-NN.
 *
 * Files of the folder, in the loader's order: kernel (what is known of a kernel), series (what
 * differs between kernels), verdict (reasons, lines, taints), entry (the system call), signature,
 * elf (the kernel's gate), identity, modinfo, layout, present (modules that are there already),
 * version, resolve, reloc, keep (what is shown of it), param and param_type, walk (the order of the
 * steps); arch has what differs between architectures.
 */
#ifndef LKM_LOAD_LOAD_H
#define LKM_LOAD_LOAD_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/span.h"
#include "base/vec.h"
#include "image/image.h"
#include "ko/ko.h"

/* What the checks need of a kernel; immutable, so that threads may share it. The image is borrowed
 * and must have been given its configuration. -ENOTSUP names what the image lacks and no check can
 * do without. */
struct load_kernel;
int load_kernel_open(struct load_kernel **out, const struct image *image, struct err *err);
/* Trusts the certificates in a file or a directory besides those that are built in, as if they had
 * been enrolled. Not while another thread checks. */
int load_kernel_trust(struct load_kernel *kernel, const char *path, struct err *err);
/* Refuses what has a hash in a file (sign/revoked.h), as if the kernel had it in its list. */
int load_kernel_revoke(struct load_kernel *kernel, const char *path, struct err *err);
/* Trusts and refuses what a machine's firmware, shim and kernel tell; root stands in front of /sys
 * and /proc. */
int load_kernel_enrol(struct load_kernel *kernel, const char *root, struct err *err);
/* What is not known of it, as sentences: checks that need it are left out. */
const char *const *load_kernel_unknown(const struct load_kernel *kernel, size_t *count);
void load_kernel_close(struct load_kernel *kernel); /* NULL is accepted */
DEFINE_DEFER(struct load_kernel, load_kernel_close)

/* A module that is loaded before; the ko is borrowed. Immutable once opened. */
struct load_provider;
int load_provider_open(struct load_provider **out, const struct ko *ko, struct err *err);
const struct ko *load_provider_ko(const struct load_provider *provider);
void load_provider_close(struct load_provider *provider); /* NULL is accepted */

/* Taints: bits as in /proc/sys/kernel/tainted. */
enum load_taint {
	LOAD_TAINT_P = 1 << 0,
	LOAD_TAINT_F = 1 << 1,
	LOAD_TAINT_U = 1 << 6,
	LOAD_TAINT_W = 1 << 9,
	LOAD_TAINT_C = 1 << 10,
	LOAD_TAINT_O = 1 << 12,
	LOAD_TAINT_E = 1 << 13,
	LOAD_TAINT_K = 1 << 15,
	LOAD_TAINT_N = 1 << 18,
};
/* Their letters in the order of the bits; out has room for 32 characters. */
void load_taint_text(unsigned int taints, char *out);

/* Flags of finit_module(2). */
enum { LOAD_IGNORE_MODVERSIONS = 1, LOAD_IGNORE_VERMAGIC = 2, LOAD_COMPRESSED = 4 };

/* What the system allows at the moment. All zero: a kernel that was just started. */
struct load_policy {
	bool modules_disabled; /* /proc/sys/kernel/modules_disabled */
	bool sig_enforce;      /* /sys/module/module/parameters/sig_enforce */
	bool lockdown;	       /* /sys/kernel/security/lockdown: integrity or more */
	const char *blacklist; /* module_blacklist= of the command line, or NULL */
};

/*
 * Where things are in memory, for a walk whose result is kept. A region is one allocation of the
 * kernel: core and init, or since 6.4 text, data, rodata, ro_after_init, init's text, data and
 * rodata. An address of 0 is for the loader to choose.
 */
enum { LOAD_REGIONS = 7 };
struct load_places {
	uint64_t regions[LOAD_REGIONS];
	uint64_t base;	 /* of those regions whose address is 0, one after the other */
	uint64_t percpu; /* of the module's per-CPU variables; 0: for the loader to choose */
	/* An export of the kernel (owner NULL) or of a module; NULL: all have one nominal address.
	 */
	uint64_t (*symbol)(void *context, const char *name, const char *owner);
	void *context;
};

/* What a check works in. It serves one check after the other, which saves taking and giving back a
 * module's size each time. NULL: out of memory. */
struct load_memory;
struct load_memory *load_memory_new(void);
void load_memory_free(struct load_memory *memory); /* NULL is accepted */
DEFINE_DEFER(struct load_memory, load_memory_free)

/* A module that is in the kernel, by its name, and what it does there: it runs, its init runs, its
 * exit runs. */
enum load_state { LOAD_LIVE, LOAD_COMING, LOAD_GOING };
struct load_present {
	const char *name;
	enum load_state state;
};

struct load_request {
	struct load_memory *memory; /* of no other check at the time; NULL: for this one only */
	struct span bytes;	    /* the module's file, unpacked */
	const char *params;	    /* as one line; NULL: none */
	unsigned int flags;	    /* of finit_module(2) */
	bool init_module;	    /* loaded by init_module(2) */
	unsigned int taints;	    /* of the kernel, before */
	struct load_policy policy;
	const struct load_places *places;	      /* NULL: nothing is kept */
	const struct load_provider *const *providers; /* newest first */
	size_t provider_count;
	/* What is known of modules that are there; providers that are not among them run. */
	const struct load_present *present;
	size_t present_count;
};

/* One finding. Strings belong to the verdict; NULL where there is nothing to say. */
struct load_reason {
	const char *id;
	int code;   /* negative errno; 0: a warning, or only a taint */
	bool stops; /* it decides the errno of the load */
	bool crash; /* the kernel has no check here: it would crash */
	const char *sentence;
	const char *subject; /* the symbol it is about */
	bool absent;	     /* nothing exports the subject */
	const char *line;    /* what the kernel logs for it */
	const char *wanted, *found;
	const char *change; /* what changed between both, where the caller finds out */
	const char *fix;
};

/* A section in memory as it is after relocation, before the kernel patches code or sorts tables.
 * The bytes belong to the verdict. */
struct load_section {
	const char *name;
	size_t index; /* in the file */
	unsigned int region;
	uint64_t address, flags; /* flags: SHF_... */
	struct span bytes;
};

/* A global symbol of the module, or one of others that it uses. */
struct load_symbol {
	const char *name;
	uint64_t address;
};

struct load_line {
	int level; /* 0 to 7 */
	const char *text;
};

/* A step of the loader, in its order. */
struct load_step {
	const char *name;	     /* what it looks at */
	size_t reason, reason_count; /* its part of the reasons */
	int code;		     /* 0, or the errno that it ends with */
	bool reached;		     /* by the kernel; what is behind the one that stops is not */
};

struct load_verdict {
	int code;   /* 0: it loads as far as its init; else the negative errno */
	bool crash; /* refused because the kernel would crash */
	const char *name;
	unsigned int taints;	     /* what it adds to the kernel's */
	uint64_t coresize, initsize; /* bytes; 0: not reached */
	VEC(struct load_reason)
	reasons; /* in the order of the loader, also behind the one that stops */
	VEC(struct load_step) steps;
	VEC(struct load_line) lines;	   /* the kernel's log */
	VEC(struct load_section) sections; /* when the request has places and it gets that far */
	VEC(struct load_symbol) symbols;
	struct arena *arena;
};

/* Fails only when memory runs out. *out is untouched on failure. */
int load_check(struct load_verdict **out, const struct load_kernel *kernel,
	       const struct load_request *request, struct err *err);
void load_verdict_free(struct load_verdict *verdict); /* NULL is accepted */
DEFINE_DEFER(struct load_verdict, load_verdict_free)

#endif
