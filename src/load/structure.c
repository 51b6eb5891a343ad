/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module structure in memory. The file holds it as it was compiled; by the time of relocation
 * the kernel has filled in a part of it, which a relocation there meets. Of the rest, what the file
 * has is taken as it is: taints, too.
 */
#include "load/walk.h"

/* Of what is filled in, which may be a number, a pointer, or a structure that begins with them. */
enum { FILLED = 24 };

void structure_read(struct load_kernel *kernel)
{
	static const char *const filled[LOAD_FILLED] = {"state",       "list",	 "source_list",
							"target_list", "refcnt", "core_layout",
							"init_layout"};
	struct load_member *member = kernel->filled;

	for (size_t i = 0; i < LOAD_FILLED; i++)
		if (image_member(kernel->image, "module", filled[i], &member->offset, &member->size,
				 NULL) == 0)
			member++;
	kernel->filled_count = (size_t)(member - kernel->filled);
	if (image_member(kernel->image, "module", "taints", &kernel->taints.offset,
			 &kernel->taints.size, NULL) < 0)
		kernel->taints.size = 0;
}

static unsigned char *member_at(struct walk *walk, const struct load_member *member)
{
	return layout_at(walk, walk->this_module->place + member->offset, member->size);
}

bool structure_step(struct walk *walk)
{
	const struct load_kernel *kernel = walk->kernel;
	unsigned char *taints = member_at(walk, &kernel->taints);

	if (taints && kernel->taints.size == sizeof(uint64_t))
		walk->taints |= (unsigned int)span_le64(span_of(taints, sizeof(uint64_t)), 0);
	if (walk->request->places)
		return true;
	/* Only that they are not zero matters. */
	for (size_t i = 0; i < kernel->filled_count; i++) {
		const struct load_member *member = &kernel->filled[i];
		unsigned char *at = member_at(walk, member);

		if (at)
			memset(at, 0xff, member->size < FILLED ? member->size : FILLED);
	}
	if (taints && walk->taints)
		taints[0] = 1;
	return true;
}
