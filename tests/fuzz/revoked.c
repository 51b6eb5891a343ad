/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzes what is read of lists of revoked hashes and of keys: the input is a text (/proc/keys) and
 * EFI signature lists (db, dbx) at once. */
#include <stdlib.h>

#include "sign/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(keyring_freep) struct keyring *ring = NULL;
	struct span bytes = span_of(data, size);
	struct revoked *revoked;
	struct err err = {0};
	int added;

	if (keyring_new(&ring, &err) < 0)
		abort();
	revoked = keyring_revoked(ring);
	if (revoked_add_text(revoked, bytes, &err) < 0 ||
	    revoked_add_lists(revoked, bytes, &err) < 0)
		abort();
	added = sign_machine_add_lists(ring, bytes, "here", &err);
	if (added < 0 || keyring_count(ring) > size)
		abort();
	if (keyring_hold(ring, bytes, &err) < 0 || !*held_name(keyring_holds(ring, "a", "0")))
		abort();
	return 0;
}
