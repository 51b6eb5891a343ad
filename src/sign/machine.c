/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/machine.h"

#include <errno.h>

#include "base/file.h"
#include "base/mem.h"
#include "sign/efi.h"

#define EFI_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define EFI_SECURITY "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define EFI_SHIM "605dab50-e046-4300-abb6-3dd810dd8b23"
#define EFIVARS "/sys/firmware/efi/efivars/"

enum { ATTRIBUTES = 4 };
#define LARGEST ((size_t)1 << 20) /* of these files: they have some KiB */

/* A file of the machine; false: it is not there, or may not be read. */
static bool read_file(const char *root, const char *path, struct buf *out)
{
	DEFER(mem_freep) char *whole = mem_format("%s%s", root, path);

	return whole && file_read(whole, LARGEST, out, NULL) == 0;
}

static enum sign_known read_enforce(const char *root)
{
	DEFER(buf_free) struct buf text = {0};

	if (!read_file(root, "/sys/module/module/parameters/sig_enforce", &text))
		return SIGN_UNKNOWN;
	return buf_string(&text)[0] == 'Y' ? SIGN_YES : SIGN_NO;
}

const char *sign_lockdown_name(enum sign_lockdown lockdown)
{
	static const char *const names[] = {"unknown", "none", "integrity", "confidentiality"};

	return names[lockdown];
}

/* All words are listed; the one that applies stands in brackets. */
static enum sign_lockdown read_lockdown(const char *root)
{
	DEFER(buf_free) struct buf text = {0};
	const char *chosen;

	chosen = read_file(root, "/sys/kernel/security/lockdown", &text)
			 ? strchr(buf_string(&text), '[')
			 : NULL;
	for (int i = SIGN_LOCKDOWN_NONE; chosen && i <= SIGN_LOCKDOWN_CONFIDENTIALITY; i++) {
		const char *name = sign_lockdown_name((enum sign_lockdown)i);

		if (strncmp(chosen + 1, name, strlen(name)) == 0)
			return (enum sign_lockdown)i;
	}
	return SIGN_LOCKDOWN_UNKNOWN;
}

static enum sign_known read_secure_boot(const char *root)
{
	DEFER(buf_free) struct buf value = {0};

	if (!read_file(root, EFIVARS "SecureBoot-" EFI_GLOBAL, &value) || value.n <= ATTRIBUTES)
		return SIGN_UNKNOWN;
	return value.p[ATTRIBUTES] == 1 ? SIGN_YES : SIGN_NO;
}

int sign_machine_add_lists(struct keyring *ring, struct span lists, const char *where,
			   struct err *err)
{
	struct efi_list list;
	struct span certificate;
	int added = 0;

	while (efi_list_next(&lists, &list))
		for (size_t i = 0; list.type == EFI_X509 && efi_list_get(&list, i, &certificate);
		     i++, added++) {
			int code = keyring_add_der(ring, certificate, where, err);

			if (code < 0)
				return code;
		}
	return added;
}

static int add_variable(struct sign_machine *machine, const char *root, const char *path,
			const char *where, struct keyring *ring, struct err *err)
{
	DEFER(buf_free) struct buf value = {0};
	int added;

	if (!read_file(root, path, &value) || value.n < ATTRIBUTES)
		return 0;
	added = sign_machine_add_lists(ring, span_of(value.p + ATTRIBUTES, value.n - ATTRIBUTES),
				       where, err);
	machine->enrolled += added > 0 ? (size_t)added : 0;
	return added < 0 ? added : 0;
}

/* Into the list of what is refused, and of what is held without being at hand. */
static int add_revoked(const char *root, struct keyring *ring, struct err *err)
{
	static const char *const variables[] = {EFIVARS "dbx-" EFI_SECURITY,
						EFIVARS "MokListXRT-" EFI_SHIM};
	struct revoked *revoked = keyring_revoked(ring);
	DEFER(buf_free) struct buf keys = {0};
	int code = 0;

	if (read_file(root, "/proc/keys", &keys)) {
		code = revoked_add_text(revoked, buf_span(&keys), err);
		if (code == 0)
			code = keyring_hold(ring, buf_span(&keys), err);
	}
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables) && code == 0; i++) {
		DEFER(buf_free) struct buf value = {0};

		if (read_file(root, variables[i], &value) && value.n > ATTRIBUTES)
			code = revoked_add_lists(
				revoked, span_of(value.p + ATTRIBUTES, value.n - ATTRIBUTES), err);
	}
	return code;
}

int sign_machine_read(struct sign_machine *out, const char *root, struct keyring *ring,
		      struct err *err)
{
	int code;

	*out = (struct sign_machine){
		.enforce = read_enforce(root),
		.secure_boot = read_secure_boot(root),
		.lockdown = read_lockdown(root),
	};
	code = add_variable(out, root, EFIVARS "MokListRT-" EFI_SHIM,
			    "the machine owner's keys (MOK)", ring, err);
	if (code == 0)
		code = add_variable(out, root, EFIVARS "db-" EFI_SECURITY,
				    "the firmware's keys (db)", ring, err);
	return code < 0 ? code : add_revoked(root, ring, err);
}

int sign_machine_decide(const struct sign_machine *machine, const struct sign_verdict *verdict)
{
	if (!sign_counts_as_unsigned(verdict->code))
		return verdict->code;
	if (machine->enforce == SIGN_YES)
		return -EKEYREJECTED;
	return machine->lockdown >= SIGN_LOCKDOWN_INTEGRITY ? -EPERM : 0;
}
