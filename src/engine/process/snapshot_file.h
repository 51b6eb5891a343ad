/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of snapshot.h, as those see it who write it and read it. */
#ifndef LKM_ENGINE_PROCESS_SNAPSHOT_FILE_H
#define LKM_ENGINE_PROCESS_SNAPSHOT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "engine/process/clock.h"
#include "engine/process/guest.h"
#include "engine/process/hook.h"
#include "engine/process/log.h"
#include "engine/process/serve_state.h"
#include "engine/process/track.h"

#define SNAPSHOT_MAGIC "lkmsnap" /* and its NUL */

enum {
	SNAPSHOT_VERSION = 4, /* grows with each change of the file's layout */
	SNAPSHOT_REGIONS = 3,
	SNAPSHOT_MAX_RUNS = 65536,
};

/* A stretch of pages that is in the file. */
struct snapshot_extent {
	uint64_t offset, length;
};

struct snapshot_region {
	uint64_t address, length, offset;
};

struct snapshot_header {
	char magic[8];
	uint32_t version, state_size;
	uint64_t key, file_size;
	struct snapshot_region regions[SNAPSHOT_REGIONS];
	uint32_t run_count, extent_count;
	uint64_t tables_offset, tables_size; /* state, runs, extents */
	uint64_t tables_hash, pages_hash;
	uint64_t header_hash; /* of all above */
};

/* Our own variables that belong to the kernel. */
struct snapshot_state {
	struct guest guest;
	struct clock clock;
	struct log_position log_position;
	struct serve_state serve_state;
	struct hook_originals hook_originals;
	struct track_originals track_originals;
};

void snapshot_gather(struct snapshot_state *state);
void snapshot_scatter(const struct snapshot_state *state);

static inline uint64_t snapshot_header_hash(const struct snapshot_header *header)
{
	return hash_bytes(span_of(header, offsetof(struct snapshot_header, header_hash)));
}

/* That of all extents in their order grows by the one of these bytes. */
static inline uint64_t snapshot_add_hash(uint64_t hash, struct span bytes)
{
	return hash * 31 + hash_bytes(bytes);
}

#endif
