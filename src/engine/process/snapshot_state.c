/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "engine/process/snapshot_file.h"

void snapshot_gather(struct snapshot_state *state)
{
	memset(state, 0, sizeof(*state));
	state->guest = guest;
	state->clock = clock;
	state->log_position = log_position;
	state->serve_state = serve_state;
	state->hook_originals = hook_originals;
	state->track_originals = track_originals;
}

void snapshot_scatter(const struct snapshot_state *state)
{
	guest = state->guest;
	clock = state->clock;
	log_position = state->log_position;
	serve_state = state->serve_state;
	hook_originals = state->hook_originals;
	track_originals = state->track_originals;
}
