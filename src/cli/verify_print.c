/* SPDX-License-Identifier: GPL-2.0-only */
/* What "lkm verify" found, for people and for programs. */
#include <errno.h>
#include <string.h>

#include "cli/output.h"
#include "cli/verify.h"

static const char *status_name(const struct verify_result *result)
{
	if (result->err.code < 0)
		return "unknown";
	if (result->verdict.code == 0)
		return "good";
	return sign_counts_as_unsigned(result->verdict.code) ? "unsigned" : "bad";
}

static bool is_good(const struct verify_result *result)
{
	return result->err.code == 0 && result->verdict.code == 0;
}

static const char *known_name(enum sign_known known)
{
	static const char *const names[] = {"unknown", "no", "yes"};

	return names[known];
}

static void print_good(const struct sign_verdict *verdict)
{
	const char *hash = ko_hash_name(verdict->hash), *kind = ko_key_kind_name(verdict->kind);

	if (verdict->through == 0)
		output_format(stdout, "signed by %s (%s, %s), %s\n", verdict->key->name, hash, kind,
			      verdict->key->where);
	else
		output_format(stdout,
			      "signed (%s, %s) with %u certificate%s inside, which %s stands "
			      "behind, %s\n",
			      hash, kind, verdict->through, verdict->through == 1 ? "" : "s",
			      verdict->key->name, verdict->key->where);
}

/* The signature itself is not checked by what /proc/keys tells of a key. */
static const char *const unseen[] = {
	[HELD_UNKNOWN] = "loads if the kernel has the key; that cannot be seen",
	[HELD_NAME] = "the kernel has a key of that name; it loads if that is the one and the "
		      "signature is good, which cannot be checked without the key",
	[HELD_ID] = "the kernel has the key; it loads if the signature is good, which cannot be "
		    "checked without the key",
};

static void print_decision(const struct verify *verify, const struct sign_verdict *verdict)
{
	const struct sign_machine *machine = &verify->machine;
	int code = sign_machine_decide(machine, verdict);

	if (verdict->code == -ENOKEY && verify->kernel_note && verdict->held != HELD_NOT)
		printf("  here: %s\n", unseen[verdict->held]);
	else if (code < 0)
		printf("  here: refused (%s)\n", strerrorname_np(-code));
	else if (machine->enforce == SIGN_UNKNOWN || machine->lockdown == SIGN_LOCKDOWN_UNKNOWN)
		printf("  here: loads and taints the kernel (E), unless it insists on signatures; "
		       "that cannot be seen\n");
	else
		printf("  here: loads, and taints the kernel (E)\n");
}

static void print_result(const struct verify *verify, const struct verify_result *result)
{
	const struct sign_verdict *verdict = &result->verdict;
	bool colored = output_is_colored(stdout);
	bool good = is_good(result);

	output_string(stdout, result->path);
	printf(": %s", output_style(colored, good ? STYLE_GREEN : STYLE_RED));
	if (result->err.code < 0)
		output_format(stdout, "%s\n", result->err.text);
	else if (good)
		print_good(verdict);
	else
		output_format(stdout, "%s (%s %s)\n", verdict->sentence, verdict->id,
			      strerrorname_np(-verdict->code));
	printf("%s", output_style(colored, STYLE_PLAIN));
	if (result->err.code == 0 && !good && verify->for_machine)
		print_decision(verify, verdict);
}

static void print_machine(const struct verify *verify)
{
	const struct sign_machine *machine = &verify->machine;

	printf("this machine: Secure Boot %s, sig_enforce %s, lockdown %s, %zu keys enrolled\n",
	       known_name(machine->secure_boot), known_name(machine->enforce),
	       sign_lockdown_name(machine->lockdown), machine->enrolled);
	if (verify->kernel_note)
		output_format(stdout, "its kernel's own keys are not known: %s\n",
			      verify->kernel_note);
}

static void print_keys(const struct verify *verify)
{
	for (size_t i = 0; i < keyring_count(verify->ring); i++) {
		const struct keyring_key *key = keyring_key(verify->ring, i);

		output_format(stdout, "key: %s, %s\n", key->name, key->where);
	}
}

void verify_print_text(const struct verify *verify)
{
	size_t good = 0;

	if (verify->for_machine)
		print_machine(verify);
	if (verify->verbose)
		print_keys(verify);
	for (size_t i = 0; i < verify->count; i++) {
		const struct verify_result *result = &verify->results[i];

		good += is_good(result);
		if (verify->count == 1 || verify->verbose || !is_good(result))
			print_result(verify, result);
	}
	if (verify->count > 1)
		printf("%zu modules: %zu signed by a trusted key, %zu not\n", verify->count, good,
		       verify->count - good);
}

static json_t *text(const char *text)
{
	return output_json_bytes(text, strlen(text));
}

static json_t *json_log(const struct sign_verdict *verdict)
{
	json_t *log = json_array();

	for (size_t i = 0; i < verdict->line_count; i++)
		json_array_append_new(log, json_pack("[i, o]", verdict->lines[i].level,
						     text(verdict->lines[i].text)));
	return log;
}

static json_t *json_verdict(const struct verify *verify, const struct verify_result *result)
{
	const struct sign_verdict *verdict = &result->verdict;
	json_t *object =
		json_pack("{s:o, s:s}", "file", text(result->path), "status", status_name(result));

	if (result->err.code < 0) {
		json_object_set_new(object, "error", text(result->err.text));
		return object;
	}
	json_object_set_new(object, "signer", text(verdict->signer));
	json_object_set_new(object, "key_id", text(verdict->key_id));
	json_object_set_new(object, "hash", text(ko_hash_name(verdict->hash)));
	json_object_set_new(object, "kind", text(ko_key_kind_name(verdict->kind)));
	if (verdict->key)
		json_object_set_new(object, "key",
				    json_pack("{s:o, s:o, s:i}", "name", text(verdict->key->name),
					      "where", text(verdict->key->where), "through",
					      (int)verdict->through));
	if (verdict->code < 0) {
		json_object_set_new(object, "errno", text(strerrorname_np(-verdict->code)));
		json_object_set_new(object, "id", text(verdict->id));
		json_object_set_new(object, "reason", text(verdict->sentence));
		json_object_set_new(object, "log", json_log(verdict));
	}
	if (verify->for_machine && verdict->code == -ENOKEY)
		json_object_set_new(object, "held", text(held_name(verdict->held)));
	if (verify->for_machine)
		json_object_set_new(
			object, "loads_here",
			json_boolean(sign_machine_decide(&verify->machine, verdict) == 0));
	return object;
}

static json_t *json_machine(const struct sign_machine *machine)
{
	return json_pack("{s:s, s:s, s:s, s:I}", "secure_boot", known_name(machine->secure_boot),
			 "sig_enforce", known_name(machine->enforce), "lockdown",
			 sign_lockdown_name(machine->lockdown), "enrolled",
			 (json_int_t)machine->enrolled);
}

bool verify_print_json(const struct verify *verify)
{
	json_t *document = output_json_new(), *keys = json_array(), *files = json_array();

	for (size_t i = 0; i < keyring_count(verify->ring); i++) {
		const struct keyring_key *key = keyring_key(verify->ring, i);

		json_array_append_new(keys, json_pack("{s:o, s:o}", "name", text(key->name),
						      "where", text(key->where)));
	}
	for (size_t i = 0; i < verify->count; i++)
		json_array_append_new(files, json_verdict(verify, &verify->results[i]));
	if (verify->for_machine)
		json_object_set_new(document, "machine", json_machine(&verify->machine));
	json_object_set_new(document, "keys", keys);
	json_object_set_new(document, "files", files);
	return output_json_print(document);
}
