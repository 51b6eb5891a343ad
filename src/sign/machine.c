/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sign/machine.h"

#include <errno.h>

#include "base/file.h"
#include "base/mem.h"

#define EFI_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define EFI_SECURITY "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define EFI_SHIM "605dab50-e046-4300-abb6-3dd810dd8b23"
#define EFIVARS "/sys/firmware/efi/efivars/"

enum { ATTRIBUTES = 4, GUID = 16, LIST_HEAD = GUID + 12 };
#define LARGEST ((size_t)1 << 20) /* of these files: they have some KiB */

static const struct span type_x509 =
	SPAN_LITERAL("\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72");

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

static int add_list(struct keyring *ring, struct span signatures, uint64_t size, const char *where,
		    struct err *err)
{
	struct span one;
	int added = 0;

	for (uint64_t at = 0; span_cut(signatures, at, size, &one); at += size) {
		int code = keyring_add_der(ring, span_of(one.p + GUID, one.n - GUID), where, err);

		if (code < 0)
			return code;
		added++;
	}
	return added;
}

int sign_machine_add_lists(struct keyring *ring, struct span lists, const char *where,
			   struct err *err)
{
	int added = 0;

	while (lists.n >= LIST_HEAD) {
		uint32_t size = span_le32(lists, GUID), head = span_le32(lists, GUID + 4),
			 each = span_le32(lists, GUID + 8);
		struct span signatures;
		int count = 0;

		if (size < LIST_HEAD || head > size - LIST_HEAD ||
		    !span_cut(lists, LIST_HEAD + (uint64_t)head, size - LIST_HEAD - head,
			      &signatures))
			break;
		if (span_starts(lists, type_x509) && each > GUID)
			count = add_list(ring, signatures, each, where, err);
		if (count < 0)
			return count;
		added += count;
		lists = span_of(lists.p + size, lists.n - size);
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
	return code;
}

int sign_machine_decide(const struct sign_machine *machine, const struct sign_verdict *verdict)
{
	if (!sign_counts_as_unsigned(verdict->code))
		return verdict->code;
	if (machine->enforce == SIGN_YES)
		return -EKEYREJECTED;
	return machine->lockdown >= SIGN_LOCKDOWN_INTEGRITY ? -EPERM : 0;
}
