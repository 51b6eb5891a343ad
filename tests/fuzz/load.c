/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes the static loader as a whole: the input is a module, the kernels are small ones of three
 * architectures and two generations, known by headers that are written when the target starts. A
 * byte of padding in the ELF header chooses the request: flags, init_module, parameters, policy.
 *
 * Besides what the sanitizers find: a verdict that refuses names a reason that stops, one that
 * does not refuse has none, asking twice gives the same answer, and the answer outlives the module.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "load/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KERNELS = 4 };

static const struct {
	const char *release, *option;
} kernels[KERNELS] = {
	{"6.1.0-fuzz", "CONFIG_X86_64"},
	{"6.13.0-fuzz", "CONFIG_X86_64"},
	{"6.12.0-fuzz", "CONFIG_ARM64"},
	{"6.12.0-fuzz", "CONFIG_RISCV"},
};

static const char symvers[] = "0x12345678\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
			      "0x11111111\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"
			      "0x22222222\tgpl_only\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
			      "0x33333333\tspaced\tvmlinux\tEXPORT_SYMBOL\tSPACE\n"
			      "0x44444444\tparam_ops_int\tvmlinux\tEXPORT_SYMBOL\t\n"
			      "0x55555555\tothers\tdrivers/other\tEXPORT_SYMBOL\t\n";

static struct load_kernel *opened[KERNELS];

static void write_text(const char *directory, const char *name, const char *text)
{
	DEFER(mem_freep) char *path = mem_format("%s/%s", directory, name);
	char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash)
		abort();
	*slash = '\0';
	if (file_make_dirs(path, 0755, NULL) < 0)
		abort();
	*slash = '/';
	if (file_replace(path, span_text(text), 0644, NULL) < 0)
		abort();
}

static struct load_kernel *open_kernel(const char *release, const char *option)
{
	char directory[] = "/tmp/lkm-fuzz-XXXXXX", text[512];
	struct load_kernel *kernel = NULL;
	struct image *image = NULL; /* lives as long as the process */

	if (!mkdtemp(directory))
		abort();
	snprintf(text, sizeof(text), "#define UTS_RELEASE \"%s\"\n", release);
	write_text(directory, "include/generated/utsrelease.h", text);
	snprintf(text, sizeof(text),
		 "%s=y\nCONFIG_64BIT=y\nCONFIG_SMP=y\nCONFIG_MODULES=y\nCONFIG_MODVERSIONS=y\n"
		 "CONFIG_MODULE_UNLOAD=y\nCONFIG_MODULE_FORCE_LOAD=y\nCONFIG_MODULE_SIG=y\n"
		 "CONFIG_LIVEPATCH=y\nCONFIG_DYNAMIC_FTRACE=y\nCONFIG_MODULE_SECTIONS=y\n"
		 "CONFIG_RETPOLINE=y\nCONFIG_CRYPTO_SHA256=y\n",
		 option);
	write_text(directory, "include/config/auto.conf", text);
	write_text(directory, "Module.symvers", symvers);
	if (image_open_headers(&image, directory, NULL) < 0 ||
	    load_kernel_open(&kernel, image, NULL) < 0)
		abort();
	file_remove_tree(directory, NULL);
	return kernel;
}

static size_t touched;

static void touch(const char *text)
{
	touched += text ? strlen(text) : 0;
}

static void check_verdict(const struct load_verdict *verdict)
{
	size_t stops = 0;

	vec_foreach (&verdict->reasons, reason) {
		stops += reason->stops;
		touch(reason->id);
		touch(reason->subject);
		touch(reason->sentence);
		touch(reason->line);
		touch(reason->wanted);
		touch(reason->found);
		touch(reason->fix);
	}
	vec_foreach (&verdict->lines, line)
		touch(line->text);
	touch(verdict->name);
	if (stops != (verdict->code < 0))
		abort();
}

static void check(const struct load_kernel *kernel, const struct load_request *request)
{
	DEFER(load_verdict_freep) struct load_verdict *verdict = NULL;
	DEFER(load_verdict_freep) struct load_verdict *again = NULL;
	struct load_request gone = *request;
	unsigned char *copy = mem_alloc(request->bytes.n);
	int code;

	if (!copy)
		abort();
	if (request->bytes.n)
		memcpy(copy, request->bytes.p, request->bytes.n);
	gone.bytes.p = copy;
	code = load_check(&verdict, kernel, &gone, NULL);
	mem_free(copy);
	if (code < 0)
		return; /* no memory: a module may ask for 2 GiB */
	check_verdict(verdict);
	if (load_check(&again, kernel, request, NULL) < 0)
		return;
	if (verdict->code != again->code || verdict->reasons.n != again->reasons.n ||
	    verdict->taints != again->taints || verdict->coresize != again->coresize)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const lines[] = {NULL, "number=5 name=text", "list=1,2,3 -- rest",
					    "dyndbg=+p \"number=1 2\" odd"};
	unsigned int choice = size > 15 ? data[15] : 0; /* padding of e_ident: nobody reads it */
	struct load_request request = {
		.bytes = span_of(data, size),
		.params = lines[choice & 3],
		.flags = choice >> 2 & 3,
		.init_module = choice & 0x10,
		.policy = {.sig_enforce = choice & 0x20, .lockdown = choice & 0x40},
	};

	for (int i = 0; i < KERNELS; i++) {
		if (!opened[i])
			opened[i] = open_kernel(kernels[i].release, kernels[i].option);
		check(opened[i], &request);
	}
	return 0;
}
