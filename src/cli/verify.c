/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm verify: whether modules are signed by a key that is trusted. */
#include "cli/verify.h"

#include <errno.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "cli/option.h"
#include "image/image.h"
#include "ko/ko.h"

struct verify_options {
	struct cli_list certificates, kernels, revoked;
	const char *signature, *root;
	bool verbose, json;
};

static const struct cli_option options[] = {
	{'c', "cert", "PATH", OPTION_LIST(struct verify_options, certificates),
	 "trust this certificate, or those in this directory; may be repeated"},
	{'k', "kernel", "KERNEL", OPTION_LIST(struct verify_options, kernels),
	 "trust the keys that are built into this kernel; may be repeated"},
	{0, "revoked", "FILE", OPTION_LIST(struct verify_options, revoked),
	 "refuse what has a hash in this file (bin:HEX, tbs:HEX, or a dbx); may be repeated"},
	{'s', "signature", "FILE", OPTION_TEXT(struct verify_options, signature),
	 "the signature is in this file, not in the module"},
	{0, "root", "DIRECTORY", OPTION_TEXT(struct verify_options, root),
	 "the machine that is asked about has its / here"},
	{'v', "verbose", NULL, OPTION_FLAG(struct verify_options, verbose),
	 "show the keys, and each of many modules"},
	{0, "json", NULL, OPTION_FLAG(struct verify_options, json), "print JSON"},
	{0},
};

struct command {
	struct verify verify;
	struct verify_options options;
	struct cli_files files;
	struct buf message; /* of --signature */
	struct err kernel_err;
};

static void command_free(struct command *command)
{
	keyring_free(command->verify.ring);
	cli_list_free(&command->options.certificates);
	cli_list_free(&command->options.kernels);
	cli_list_free(&command->options.revoked);
	cli_files_free(&command->files);
	buf_free(&command->message);
}

static int add_kernel(struct keyring *ring, const char *spec, struct err *err)
{
	DEFER(kernel_freep) struct kernel *kernel = NULL;
	DEFER(image_closep) struct image *image = NULL;
	DEFER(mem_freep) char *cache_dir = NULL, *where = NULL;
	size_t before = keyring_count(ring);
	int code = catalogue_find(&kernel, spec, err);

	if (code < 0)
		return code;
	if (!kernel->vmlinuz)
		return err_set(err, -ENOENT,
			       "of kernel %s only the modules are at hand; get the rest with: lkm "
			       "kernel fetch %s",
			       kernel->release, kernel->release);
	file_cache_dir(&cache_dir, NULL);
	code = image_open(&image, kernel->vmlinuz, cache_dir, err);
	if (code < 0)
		return code;
	where = mem_format("built into kernel %s", image_release(image));
	if (!where)
		return err_no_memory(err);
	code = keyring_add_der(ring, image_certificates(image), where, err);
	if (code == 0 && keyring_count(ring) == before)
		code = err_set(err, -ENOENT, "the image of kernel %s tells of no built-in keys",
			       image_release(image));
	return code;
}

/* Without its kernel a machine can still be asked: the answer says what is missing. */
static int add_machine(struct command *command, struct err *err)
{
	const char *root = command->options.root ? command->options.root : "";
	struct utsname host;

	command->verify.for_machine = true;
	if (command->options.kernels.n == 0 && command->options.certificates.n == 0) {
		uname(&host);
		if (add_kernel(command->verify.ring, host.release, &command->kernel_err) < 0)
			command->verify.kernel_note = command->kernel_err.text;
	}
	return sign_machine_read(&command->verify.machine, root, command->verify.ring, err);
}

static int collect_keys(struct command *command, struct err *err)
{
	const struct verify_options *given = &command->options;
	struct keyring *ring = NULL;
	int code = keyring_new(&ring, err);

	command->verify.ring = ring;
	for (size_t i = 0; i < given->certificates.n && code == 0; i++)
		code = keyring_add_path(ring, given->certificates.p[i], err);
	for (size_t i = 0; i < given->kernels.n && code == 0; i++)
		code = add_kernel(ring, given->kernels.p[i], err);
	for (size_t i = 0; i < given->revoked.n && code == 0; i++)
		code = revoked_add_path(keyring_revoked(ring), given->revoked.p[i], err);
	if (code == 0 && (given->root || given->certificates.n + given->kernels.n == 0))
		code = add_machine(command, err);
	return code;
}

static int verify_bytes(const struct command *command, struct span bytes,
			struct verify_result *result)
{
	static const struct sign_kernel any;
	struct keyring *ring = command->verify.ring;
	struct ko_signature signature;

	if (command->options.signature)
		return sign_verify_message(ring, &any, bytes, buf_span(&command->message),
					   &result->verdict, &result->err);
	return sign_verify(ring, &any, bytes, &signature, &result->verdict, &result->err);
}

/* To say of what is no module that it has no signature would be true, and of no use. */
static bool is_module(struct span bytes, struct verify_result *result)
{
	DEFER(ko_closep) struct ko *ko = NULL;

	return span_starts(bytes, SPAN_LITERAL("\177ELF")) ||
	       ko_open(&ko, result->path, &result->err) == 0;
}

/* A packed module is signed first and packed then. */
static void verify_one(void *context, unsigned int thread, size_t index)
{
	struct command *command = context;
	struct verify_result *result = &command->verify.results[index];
	DEFER(file_unmap) struct file_map map = {0};
	DEFER(buf_free) struct buf unpacked = {0};
	struct span bytes;

	result->path = command->files.paths.p[index];
	if (file_map(result->path, &map, &result->err) < 0)
		return;
	bytes = map.bytes;
	if (ko_container_of(bytes) != KO_PLAIN) {
		if (ko_container_unpack(bytes, result->path, KO_UNPACKED_MAX, &unpacked,
					&result->err) < 0)
			return;
		bytes = buf_span(&unpacked);
	}
	if (is_module(bytes, result))
		verify_bytes(command, bytes, result);
}

static int status_of(const struct verify *verify)
{
	int status = CLI_OK;

	for (size_t i = 0; i < verify->count; i++) {
		const struct verify_result *result = &verify->results[i];

		if (result->err.code < 0)
			return CLI_UNAVAILABLE;
		if (result->verdict.code < 0)
			status = CLI_REFUSED;
	}
	return status;
}

static int prepare(struct command *command, char *const *operands, struct err *err)
{
	struct verify *verify = &command->verify;
	int code = cli_files_find(&command->files, operands, err);

	if (code == 0)
		code = collect_keys(command, err);
	if (code == 0 && command->options.signature)
		code = file_read(command->options.signature, KO_MESSAGE_MAX, &command->message,
				 err);
	if (code < 0)
		return code;
	verify->count = command->files.paths.n;
	verify->verbose = command->options.verbose;
	verify->results =
		arena_array(command->files.arena, verify->count, sizeof(*verify->results));
	return verify->results ? 0 : err_no_memory(err);
}

static int verify_main(int argc, char **argv)
{
	DEFER(command_free) struct command command = {0};
	struct err err = {0};
	char **operands;
	int status;

	if (!cli_begin(&cli_verify, argc, argv, &command.options, &operands, &status))
		return status;
	if (!*operands)
		return cli_usage(&cli_verify, "which module?");
	if (command.options.signature && operands[1])
		return cli_usage(&cli_verify, "a signature file belongs to one module");
	if (prepare(&command, operands, &err) < 0)
		return cli_fail(&cli_verify, CLI_UNAVAILABLE, &err);
	cli_files_work(command.verify.count, "verified", verify_one, &command);
	if (!command.options.json)
		verify_print_text(&command.verify);
	else if (!verify_print_json(&command.verify))
		return cli_no_memory(&cli_verify);
	return status_of(&command.verify);
}

const struct cli_command cli_verify = {
	.name = "verify",
	.full_name = "lkm verify",
	.operands = "MODULE|DIRECTORY...",
	.summary = "Tell whether modules are signed by a trusted key",
	.details = "Without --cert and --kernel, this machine is asked: the keys of the running "
		   "kernel, of its\n"
		   "owner and firmware, and what it does with modules that none of them signed.\n"
		   "\n"
		   "Exit status: 0 all are signed by a trusted key; 1 at least one is not; 2 wrong "
		   "usage;\n"
		   "4 lkm cannot tell (no such file, kernel not at hand).\n",
	.options = options,
	.run = verify_main,
};
