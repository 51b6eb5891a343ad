/* SPDX-License-Identifier: GPL-2.0-only */
/* lkm sign: signs modules, as scripts/sign-file of a kernel does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/option.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "sign/file.h"
#include "sign/verify.h"

struct sign_options {
	const char *key, *certificate, *hash, *passphrase, *signature, *output;
	bool strip, replace, remove, detached, key_id, allow_expired, json;
};

static const struct cli_option options[] = {
	{'k', "key", "KEY", OPTION_TEXT(struct sign_options, key),
	 "the private key: a file (PEM, DER) or a pkcs11: URI"},
	{'c', "cert", "FILE", OPTION_TEXT(struct sign_options, certificate),
	 "its certificate (PEM, DER); default: in the key's file"},
	{0, "hash", "NAME", OPTION_TEXT(struct sign_options, hash),
	 "sha256 (the default), sha384, sha512, sha224 or sha1"},
	{0, "passphrase-file", "FILE", OPTION_TEXT(struct sign_options, passphrase),
	 "the key's passphrase is the first line of this file"},
	{'o', "output", "PATH", OPTION_TEXT(struct sign_options, output),
	 "write to this file or directory and leave the module as it is"},
	{'d', "detached", NULL, OPTION_FLAG(struct sign_options, detached),
	 "write the signature to MODULE.p7s instead of into the module"},
	{'s', "signature", "FILE", OPTION_TEXT(struct sign_options, signature),
	 "put in this signature, which was made elsewhere, instead of making one"},
	{0, "strip", NULL, OPTION_FLAG(struct sign_options, strip),
	 "take the debug information out before (with $STRIP, or strip)"},
	{0, "replace", NULL, OPTION_FLAG(struct sign_options, replace),
	 "take off a signature that is there already"},
	{0, "remove", NULL, OPTION_FLAG(struct sign_options, remove),
	 "only take the signature off"},
	{0, "key-id", NULL, OPTION_FLAG(struct sign_options, key_id),
	 "name the key by its identifier, not by issuer and serial number"},
	{0, "allow-expired", NULL, OPTION_FLAG(struct sign_options, allow_expired),
	 "take a certificate that is not valid today: kernels do not look"},
	{0, "json", NULL, OPTION_FLAG(struct sign_options, json), "print JSON"},
	{0},
};

struct command {
	struct sign_options options;
	struct cli_files files;
	struct signer *signer;
	struct keyring
		*ring; /* to check a signature that was made elsewhere; NULL: no certificate */
	struct buf message;
	struct sign_job job;
	bool into_directory;
	struct err *results; /* one for each file */
};

static void command_free(struct command *command)
{
	signer_close(command->signer);
	keyring_free(command->ring);
	buf_free(&command->message);
	cli_files_free(&command->files);
}

static int open_signer(struct command *command, struct err *err)
{
	const struct sign_options *given = &command->options;
	struct passphrase passphrase = {.file = given->passphrase, .key = given->key};
	struct signer_request request = {
		.key = given->key,
		.certificate = given->certificate ? given->certificate : given->key,
		.hash = ko_hash_by_name(given->hash ? given->hash : "sha256"),
		.by_key_id = given->key_id,
		.allow_expired = given->allow_expired,
		.passphrase = passphrase_ask,
		.context = &passphrase,
	};
	int code = signer_open(&command->signer, &request, err);

	if (code < 0 && passphrase.err.code < 0)
		return err_set(err, passphrase.err.code, "%s", passphrase.err.text);
	return code;
}

static int read_signature(struct command *command, struct err *err)
{
	const struct sign_options *given = &command->options;
	int code = file_read(given->signature, KO_MESSAGE_MAX, &command->message, err);
	DEFER(ko_pkcs7_free) struct ko_pkcs7 message = {0};

	if (code == 0 &&
	    (ko_pkcs7_read(buf_span(&command->message), &message) == KO_MESSAGE_MALFORMED ||
	     message.signers.n == 0))
		code = err_set(err, -EBADMSG,
			       "%s is no signature (a PKCS#7 message, as --detached makes it)",
			       given->signature);
	if (code == 0 && given->certificate)
		code = keyring_new(&command->ring, err);
	if (code == 0 && given->certificate)
		code = keyring_add_path(command->ring, given->certificate, err);
	return code;
}

static int prepare(struct command *command, char *const *operands, struct err *err)
{
	const struct sign_options *given = &command->options;
	struct stat st;
	int code = cli_files_find(&command->files, operands, err);

	if (code < 0)
		return code;
	command->into_directory =
		given->output && stat(given->output, &st) == 0 && S_ISDIR(st.st_mode);
	if (given->output && !command->into_directory && command->files.paths.n > 1)
		return err_set(err, -ENOTDIR, "%s is not a directory, which several modules need",
			       given->output);
	if (given->signature)
		code = read_signature(command, err);
	else if (!given->remove)
		code = open_signer(command, err);
	command->results = arena_array(command->files.arena, command->files.paths.n,
				       sizeof(*command->results));
	if (code == 0 && !command->results)
		code = err_no_memory(err);
	command->job = (struct sign_job){
		.signer = command->signer,
		.message = buf_span(&command->message),
		.certificates = command->ring,
		.strip = given->strip ? getenv("STRIP") ? getenv("STRIP") : "strip" : NULL,
		.replace = given->replace || given->remove,
		.detached = given->detached,
		.output = given->output,
	};
	return code;
}

static void sign_one(void *context, unsigned int thread, size_t index)
{
	struct command *command = context;
	const char *path = command->files.paths.p[index];
	const char *slash = strrchr(path, '/');
	DEFER(mem_freep) char *output = NULL;
	struct sign_job job = command->job;
	struct err *err = &command->results[index];

	if (command->into_directory) {
		output = mem_format("%s/%s%s", job.output, slash ? slash + 1 : path,
				    job.detached ? ".p7s" : "");
		if (!output) {
			err_no_memory(err);
			return;
		}
		job.output = output;
	}
	sign_file(&job, path, err);
}

static size_t count_failed(const struct command *command)
{
	size_t failed = 0;

	for (size_t i = 0; i < command->files.paths.n; i++)
		failed += command->results[i].code < 0;
	return failed;
}

static const char *what_was_done(const struct command *command)
{
	return command->options.remove ? "signature removed" : "signed";
}

static void print_text(const struct command *command)
{
	size_t count = command->files.paths.n, failed = count_failed(command);

	for (size_t i = 0; i < count; i++)
		if (command->results[i].code < 0)
			output_error(cli_sign.full_name, "%s", command->results[i].text);
	if (count == 1 && !failed)
		output_format(stdout, "%s: %s%s%s\n", command->files.paths.p[0],
			      what_was_done(command), command->signer ? " by " : "",
			      command->signer ? signer_name(command->signer) : "");
	else if (count > 1)
		printf("%zu modules: %s; %zu failed\n", count - failed, what_was_done(command),
		       failed);
}

static bool print_json(const struct command *command)
{
	json_t *document = output_json_new(), *files = json_array();

	for (size_t i = 0; i < command->files.paths.n; i++) {
		const struct err *result = &command->results[i];
		const char *path = command->files.paths.p[i];
		json_t *object =
			json_pack("{s:o, s:b}", "file", output_json_bytes(path, strlen(path)),
				  "done", result->code == 0);

		if (result->code < 0)
			json_object_set_new(object, "error",
					    output_json_bytes(result->text, strlen(result->text)));
		json_array_append_new(files, object);
	}
	if (command->signer)
		json_object_set_new(document, "signer",
				    output_json_bytes(signer_name(command->signer),
						      strlen(signer_name(command->signer))));
	json_object_set_new(document, "files", files);
	return output_json_print(document);
}

/* Which options go together. Returns what is wrong, NULL when nothing is. */
static const char *misuse(const struct sign_options *given)
{
	const char *hash = given->hash;

	if (given->remove && (given->key || given->signature || given->detached || given->strip))
		return "--remove only takes the signature off";
	if (given->signature && (given->key || given->strip || given->detached))
		return "--signature takes a signature that is there: no --key, --strip, --detached";
	if (!given->remove && !given->signature && (!given->key || !given->key[0]))
		return "which key? (--key)";
	if (given->key && !given->certificate && strncmp(given->key, "pkcs11:", 7) == 0)
		return "the certificate of a key in a token is a file: give it with --cert (-c)";
	if (given->detached && given->strip)
		return "a detached signature is that of the module as it is: strip it before";
	if (hash && (strncmp(hash, "sha", 3) != 0 || ko_hash_by_name(hash) == KO_HASH_UNKNOWN))
		return "--hash takes sha256, sha384, sha512, sha224 or sha1";
	return NULL;
}

static int sign_main(int argc, char **argv)
{
	DEFER(command_free) struct command command = {0};
	struct err err = {0};
	const char *wrong;
	char **operands;
	int status;

	if (!cli_begin(&cli_sign, argc, argv, &command.options, &operands, &status))
		return status;
	wrong = *operands ? misuse(&command.options) : "which module?";
	if (!wrong && command.options.signature && operands[1])
		wrong = "a signature file belongs to one module";
	if (wrong)
		return cli_usage(&cli_sign, "%s", wrong);
	if (prepare(&command, operands, &err) < 0)
		return cli_fail(&cli_sign, CLI_UNAVAILABLE, &err);
	cli_files_work(command.files.paths.n, "signed", sign_one, &command);
	if (!command.options.json)
		print_text(&command);
	else if (!print_json(&command))
		return cli_no_memory(&cli_sign);
	return count_failed(&command) == 0 ? CLI_OK : CLI_UNAVAILABLE;
}

const struct cli_command cli_sign = {
	.name = "sign",
	.full_name = "lkm sign",
	.operands = "MODULE|DIRECTORY...",
	.summary = "Sign modules, so that a kernel with the certificate trusts them",
	.details =
		"Packed modules are unpacked, signed and packed again. A module is replaced as a "
		"whole or not\nat all.\n"
		"\n"
		"Exit status: 0 all are signed; 2 wrong usage; 4 at least one could not be.\n",
	.options = options,
	.run = sign_main,
};
